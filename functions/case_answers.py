"""What is answered of after-sale cases. Amounts are minor units, times RFC 3339 UTC."""

from typing import Any

from pydantic import BaseModel

from functions.answers import AllowedAction, Countdown, MoneyView, SeenView


class CaseLineView(BaseModel):
    line: int
    sku: str
    name: str
    quantity: int
    counted: dict[str, int]  # By grade, once it was inspected.
    rate_pct: int  # Of its worth, so much goes back.


class OfferView(BaseModel):
    """What the merchant offers instead."""

    kind: str
    text: str
    amount: MoneyView | None = None


class SendBackView(BaseModel):
    """Where the goods are to go, and how."""

    warehouse: str
    address: str | None  # As it was published for the warehouse; told while the goods are to be sent.
    country: str | None
    region: str | None
    demands: list[str]
    send_by: str | None
    carrier: str | None = None
    waybill: str | None = None
    sent_at: str | None = None
    tracking: str | None = None  # Where it was seen last; only where one case is read by itself.
    tracking_text: str | None = None
    track: list[SeenView] = []
    who_pays: str
    who_pays_text: str
    freight: MoneyView | None  # What sending it cost, says the buyer.


class CaseView(BaseModel):
    """One after-sale case, as either side and the platform read it."""

    case_id: str
    order_id: str
    sub_order_id: str
    merchant_id: str
    kind: str
    kind_text: str
    reason: str
    reason_text: str
    state: str
    state_text: str
    opened_at: str
    finished_at: str | None
    lines: list[CaseLineView]
    asked: MoneyView | None
    refundable: MoneyView  # If all of it goes back, as things stand.
    refund: MoneyView | None
    refund_state: str | None
    refund_by: str | None  # Promised.
    swap: str | None
    evidence: list[str]
    refusal: str | None
    alternatives: list[OfferView]
    send_back: SendBackView | None
    ruling: str | None
    points: int  # Given besides.
    replacement: str | None  # The sub-order that makes it good.
    next: str
    countdowns: list[Countdown]
    allowed_actions: list[AllowedAction]


class CasesView(BaseModel):
    """What one request opened: a case for each warehouse that its goods go back to."""

    cases: list[CaseView]


class CasePage(BaseModel):
    cases: list[CaseView]
    next_cursor: str | None


Fields = dict[str, Any]
