"""The answers' shapes: what the OpenAPI document shows, and what each role may read. No field is here by accident."""

from pydantic import BaseModel


class MoneyView(BaseModel):
    """Minor units (fen, cents) of one currency."""

    amount: int
    currency: str


class PriceStepView(BaseModel):
    name: str
    amount: MoneyView


class ReturnTermsView(BaseModel):
    """What may come back, until when, and who pays its way: as it was when the goods were bought."""

    policy: str
    version: int
    returnable: bool  # false: only what is bad, wrong, missing or damaged.
    exclusion: str | None = None  # Why not.
    window_days: int
    quality_window_days: int
    until: str | None = None  # Exclusive; once it was received.
    quality_until: str | None = None
    kinds: list[str]
    evidence_for: list[str]  # Reasons that need a photo or a video.
    freight_payer: dict[str, str]  # By reason: who pays the way back;
    freight_max: MoneyView  # merchant and platform up to so much.
    decision_seconds: int
    waybill_seconds: int
    inspection_seconds: int
    answer_seconds: int
    refund_promise_seconds: int


class ExclusionView(BaseModel):
    """Goods that do not come back without a reason: their buyer confirms it, by the SKU."""

    sku: str
    exclusion: str


class LineView(BaseModel):
    line: int
    sku: str
    name: str
    spec: str = ""
    flags: list[str] = []
    quantity: int
    unit_price: MoneyView
    price_steps: list[PriceStepView]
    payable: MoneyView
    points: int = 0
    cancelled: int = 0
    returned: int = 0
    cancellable: int = 0
    returns: ReturnTermsView


class SeenView(BaseModel):
    """Where a carrier saw a parcel, and when."""

    at: str
    status: str
    text: str
    place: str = ""


class ParcelView(BaseModel):
    """*track* and the notes about it are filled where one order is read."""

    parcel: int
    state: str
    state_text: str
    warehouse: str
    reasons: list[str]  # Codes, cut after cut,
    why: list[str]  # and the same in words.
    contents: dict[str, int]
    goods: MoneyView
    freight: MoneyView
    cost: MoneyView | None = None  # What we reckon that it costs to send: for merchants and the platform.
    service: str | None = None
    weight_grams: int = 0
    progress: str | None = None  # At its warehouse.
    progress_text: str | None = None
    carrier: str | None = None
    waybill: str | None = None
    shipped_at: str | None = None
    deliver_by: str | None = None  # As promised.
    delivered_at: str | None = None
    tracking: str | None = None  # Where it was seen last.
    tracking_text: str | None = None
    tracking_notes: list[str] = []
    track: list[SeenView] = []
    refused: str | None = None  # Why the buyer did not take it.


class ObstacleView(BaseModel):
    """Why a paid part cannot be sent as it is; people look at it."""

    code: str
    reason: str
    next_steps: list[str]
    skus: list[str]


class DeclaredLineView(BaseModel):
    sku: str
    name: str
    hs_code: str
    origin: str
    quantity: int
    unit_value: MoneyView
    paid: MoneyView


class DeclarationView(BaseModel):
    """One parcel as customs shall see it: what was ordered, what was paid, what is sent."""

    number: str  # The order number of this parcel alone.
    parcel: int
    carrier: str | None = None
    waybill: str | None = None
    lines: list[DeclaredLineView]
    value: MoneyView
    freight: MoneyView
    payment_provider: str | None = None
    payment_number: str | None = None
    paid: MoneyView | None = None  # By the whole payment.
    mismatches: list[str]  # Codes; none: order, payment and waybill agree.


class CustomsView(BaseModel):
    order_id: str
    declarations: list[DeclarationView]


class SubOrderView(BaseModel):
    sub_order_id: str
    merchant_id: str
    state: str
    state_text: str
    goods: MoneyView
    freight: MoneyView
    freight_steps: list[PriceStepView]
    payable: MoneyView
    refunded: MoneyView
    refunding: MoneyView
    ship_by: str
    deliver_by: str
    next: str | None = None  # What happens next, where its buyer can only wait.
    obstacle: ObstacleView | None = None
    lines: list[LineView]
    parcels: list[ParcelView]


class FailureView(BaseModel):
    """Why a payment or a refund failed, and what to do next."""

    code: str
    reason: str
    next_steps: list[str]


class PayWithView(BaseModel):
    """How to go on: send the browser there (redirect), show it as a QR code, or hand it to the provider's script."""

    kind: str
    value: str


class PaymentView(BaseModel):
    reference: str
    provider: str
    state: str
    state_text: str
    amount: MoneyView
    pay_url: str | None = None
    pay_with: PayWithView | None = None
    transaction_id: str | None = None
    paid_at: str | None = None
    failure: FailureView | None = None


class RefundView(BaseModel):
    refund_id: str
    provider: str
    state: str
    state_text: str
    amount: MoneyView
    reason: str
    requested_at: str
    expected_by: str | None = None
    finished_at: str | None = None
    failure: FailureView | None = None


class DisputeView(BaseModel):
    """The payer's bank takes the money back, or threatens to. Refunds wait until it has decided."""

    dispute: int
    state: str
    state_text: str
    amount: MoneyView
    opened_at: str


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


class CouponUsedView(BaseModel):
    coupon: str
    kind: str
    off: MoneyView


class OrderForBuyer(OrderSummary):
    version: int
    separated_from: str | None = None  # The order that these parts were placed with.
    channel: str
    terms_version: int
    payment_method: str
    coupons: list[CouponUsedView]
    points: int
    review: list[str]  # Why people look at it before anything is sent.
    goods: MoneyView
    freight: MoneyView
    paid: MoneyView
    refunded: MoneyView  # Sent back, as the provider says.
    refunding: MoneyView  # Promised, and not yet sent.
    sub_orders: list[SubOrderView]
    payments: list[PaymentView]
    refunds: list[RefundView]
    disputes: list[DisputeView]
    countdowns: list[Countdown]
    allowed_actions: list[AllowedAction]


class OrderPage(BaseModel):
    orders: list[OrderSummary]
    next_cursor: str | None = None


class QuotedPart(BaseModel):
    """One merchant's part of a quote."""

    merchant_id: str
    goods: MoneyView
    freight: MoneyView
    freight_steps: list[PriceStepView]


class QuoteView(BaseModel):
    goods: MoneyView
    freight: MoneyView
    payable: MoneyView
    coupons: list[CouponUsedView]
    points: int
    points_max: int  # As many as these goods take.
    to_confirm: list[ExclusionView]  # The order names these SKUs in confirmed_exclusions.
    sub_orders: list[QuotedPart]
    lines: list[LineView]


class ConfirmedLine(BaseModel):
    line: int
    sku: str
    name: str
    spec: str
    quantity: int
    unit_price: int
    payable: int


class PromiseView(BaseModel):
    sub_order_id: str
    ship_by: str
    deliver_by: str


class ConfirmationView(BaseModel):
    """What was agreed. Amounts are minor units of *currency*; the event ``order_placed`` carries the same."""

    order_id: str
    placed_at: str
    currency: str
    lines: list[ConfirmedLine]
    goods: int
    freight: int
    total: int
    points: int
    payment_method: str
    confirmed_exclusions: list[ExclusionView]
    address: dict[str, str]
    promised: list[PromiseView]


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


class OrderForReview(OrderSummary):
    """What a reviewer looks at: why, for whom, what, for how much. Where it goes is not theirs to know."""

    buyer_id: str
    level: str
    reasons: list[str]
    paid: MoneyView
    payment_method: str
    country: str
    checklist: list[str]
    sub_orders: list[SubOrderView]
    payments: list[PaymentView]
    countdowns: list[Countdown]
    allowed_actions: list[AllowedAction]


class ReviewPage(BaseModel):
    queue: str
    orders: list[OrderForReview]
    next_cursor: str | None = None


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
