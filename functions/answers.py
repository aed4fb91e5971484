"""The answers' shapes: what the OpenAPI document shows, and what each role may read. No field is here by accident."""

from typing import Any

from pydantic import BaseModel


class MoneyView(BaseModel):
    """Minor units (fen, cents) of one currency."""

    amount: int
    currency: str


class PriceStepView(BaseModel):
    name: str
    amount: MoneyView


class LineView(BaseModel):
    line: int
    sku: str
    name: str
    quantity: int
    unit_price: MoneyView
    price_steps: list[PriceStepView]
    payable: MoneyView
    cancelled: int = 0
    cancellable: int = 0


class ParcelView(BaseModel):
    parcel: int
    state: str
    state_text: str
    warehouse: str
    reasons: list[str]
    contents: dict[str, int]
    goods: MoneyView
    freight: MoneyView
    carrier: str | None = None
    waybill: str | None = None
    shipped_at: str | None = None


class SubOrderView(BaseModel):
    sub_order_id: str
    merchant_id: str
    state: str
    state_text: str
    goods: MoneyView
    freight: MoneyView
    payable: MoneyView
    refunded: MoneyView
    refunding: MoneyView
    lines: list[LineView]
    parcels: list[ParcelView]


class PaymentView(BaseModel):
    reference: str
    provider: str
    state: str
    state_text: str
    amount: MoneyView
    pay_url: str | None = None
    failure: str | None = None


class RefundView(BaseModel):
    refund_id: str
    state: str
    state_text: str
    amount: MoneyView
    reason: str
    requested_at: str


class Countdown(BaseModel):
    about: str
    event: str
    at: str
    seconds: int


class AllowedAction(BaseModel):
    action: str
    text: str
    allowed: bool
    reason: str | None = None


class OrderSummary(BaseModel):
    order_id: str
    state: str
    state_text: str
    placed_at: str
    payable: MoneyView


class OrderForBuyer(OrderSummary):
    version: int
    goods: MoneyView
    freight: MoneyView
    paid: MoneyView
    refunded: MoneyView  # Sent back, as the provider says.
    refunding: MoneyView  # Promised, and not yet sent.
    sub_orders: list[SubOrderView]
    payments: list[PaymentView]
    refunds: list[RefundView]
    countdowns: list[Countdown]
    allowed_actions: list[AllowedAction]


class OrderPage(BaseModel):
    orders: list[OrderSummary]
    next_cursor: str | None = None


class QuoteView(BaseModel):
    goods: MoneyView
    freight: MoneyView
    payable: MoneyView
    sub_orders: list[dict[str, Any]]
    lines: list[LineView]


class TimelineEntry(BaseModel):
    version: int
    event: str
    actor: str
    at: str
    steps: list[str]
    note: dict[str, str | int]


class Timeline(BaseModel):
    order_id: str
    events: list[TimelineEntry]
    next_cursor: str | None = None


class SubOrderForMerchant(SubOrderView):
    order_id: str
    paid_at: str | None = None
    country: str
    countdowns: list[Countdown]
    allowed_actions: list[AllowedAction]


class AddressForMerchant(BaseModel):
    """Where to send it. The phone is masked: the carrier reaches the buyer through the platform."""

    name: str
    phone: str
    country: str
    region: str | None = None
    city: str
    street: str
    postcode: str | None = None


class ShippingOrder(SubOrderForMerchant):
    """A sub-order with its address, while there is something to send."""

    address: AddressForMerchant | None = None


class MerchantPage(BaseModel):
    queue: str
    sub_orders: list[SubOrderForMerchant]
    next_cursor: str | None = None
