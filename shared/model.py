"""What an order consists of: values, as they are stored and decided upon.

One order is one partition of the Orders table. ``WholeOrder`` is all of it that decisions need; history, keys
and personal data (sort keys that begin with ``#``) are read only where they are shown.

    ORDER          the payment group, its version and totals          1
    LINES#01       what was bought and agreed, with the frozen spread  1..5; prices and terms never change
    SUB#01         one merchant's part                                 1..n
    PAY#01         one try to pay                                      0..n
    REFUND#01      money on its way back                               0..n
    DISPUTE#01     money that the payer's bank takes back               0..n
    PARCEL#01      goods of one sub-order from one warehouse           0..n
    SETTLE#01      what the merchant of sub-order 01 is owed           0..1 per sub-order
    MOVE#01        stock of a very long order that moves in chunks     0..n
    CASE#01        what the buyer asks for after shipment              0..n

All amounts are minor units of the order's one currency, all times epoch seconds UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from shared.case_rows import AfterSale
from shared.goods import Flag, Held, StockMove
from shared.lifecycle import (
    CaseState,
    DisputeState,
    OrderState,
    ParcelState,
    PaymentState,
    RefundState,
    SettlementState,
    SubOrderState,
    TransferState,
)
from shared.money_rows import Dispute, Payment, Quarantined, Refund, RefundPart, Settlement

__all__ = [
    "KINDS",
    "STATES",
    "AfterSale",
    "Dispute",
    "Line",
    "Order",
    "Parcel",
    "Payment",
    "Quarantined",
    "Refund",
    "RefundPart",
    "Row",
    "Settlement",
    "Snapshot",
    "SubOrder",
    "Transfer",
    "UsedCoupon",
    "WholeOrder",
    "stage_of",
    "sub_order_id",
]


class Line(NamedTuple):
    """What was bought, as it was when it was bought."""

    number: int
    sub_order: int
    sku: str
    name: str
    merchant_id: str
    quantity: int
    unit_price_minor: int
    steps: tuple[tuple[str, int], ...]  # (name of the price step, amount for the whole line)
    payable_minor: int  # In money, goods only; points are on top, freight belongs to the sub-order.
    weight_grams: int  # of one unit
    allocation: tuple[Held, ...]
    points: int = 0  # Paid in points for the whole line; their worth is its step "points".
    category: str = ""
    spec: str = ""
    flags: tuple[str, ...] = ()  # of Flag
    volume_cm3: int = 0  # of one unit
    size_class: str = ""
    hs_code: str = ""  # Cross-border: the customs' number for such goods,
    origin: str = ""  # and where they were made, ISO 3166-1 alpha-2.
    return_policy: str = ""  # Which of Snapshot.returns holds for it.
    replaces: int = 0  # The line that these units make good; they cost nothing, and stand in for its units.

    @property
    def is_deferred(self) -> bool:
        return Flag.DEFERRED in self.flags


class UsedCoupon(NamedTuple):
    coupon_id: str
    template_id: str
    kind: str
    off_minor: int
    merchant_share_pct: int
    ends_at: int


class Snapshot(NamedTuple):
    """What was agreed when the order was placed, and never changes: stored beside its lines."""

    policy: Mapping[str, int]  # shared.settings.Policy as it was then
    terms_version: int = 0  # 0: nothing was published yet
    channel: str = "web"
    level: str = ""
    coupons: tuple[UsedCoupon, ...] = ()
    points: int = 0
    payment_method: str = ""
    review: tuple[str, ...] = ()  # Why people must look at it before anything is sent; empty: nobody must.
    returns: Mapping[str, Mapping[str, Any]] = {}  # policy id -> shared.aftersale.return_policy, as stored
    contracts: Mapping[str, Mapping[str, Any]] = {}  # merchant -> shared.ledger.contract, as stored


@dataclass(frozen=True, kw_only=True)
class Order:
    machine: ClassVar[str] = "order"
    order_id: str
    buyer_id: str
    state: OrderState
    version: int  # = number of EVENT rows
    stage: str  # The fold of the children: what a buyer reads.
    currency: str
    goods_minor: int
    freight_minor: int
    payable_minor: int
    country: str
    placed_at: int
    captured_minor: int = 0  # For this order's payable: 0 or payable_minor.
    refund_reserved_minor: int = 0  # Promised back out of what was captured, done or not.
    paid_at: int | None = None
    due_at: int | None = None
    closing_since: int | None = None  # When the providers were first asked to close.
    separated_from: str | None = None  # The order that these parts were placed with.

    @property
    def subject(self) -> str:
        return "ORDER"


@dataclass(frozen=True, kw_only=True)
class SubOrder:
    machine: ClassVar[str] = "sub_order"
    number: int
    merchant_id: str
    state: SubOrderState
    goods_minor: int
    freight_minor: int
    payable_minor: int
    cancelled: Mapping[str, int] = field(default_factory=dict)  # line number -> units
    returned: Mapping[str, int] = field(default_factory=dict)  # line number -> units that left and came back
    waived: Mapping[str, int] = field(
        default_factory=dict
    )  # line number -> units paid back that did not come back
    reduced: Mapping[str, int] = field(
        default_factory=dict
    )  # line number -> amount given back for units that are kept
    withheld_minor: int = 0  # Paid for units that came back worth less: the merchant's.
    replaces: int | None = None  # The sub-order that this one makes good, at no price,
    case: int | None = None  # and the case that asked for it.
    refunded_goods_minor: int = 0
    refunded_freight_minor: int = 0
    given_back_minor: int = (
        0  # Besides goods and freight: goodwill, refunds made at the provider, lost disputes.
    )
    split_at: int | None = None
    completed_at: int | None = None
    boost_seconds: int = 0  # So much earlier in every work list.
    ships_at: int | None = None  # Presale: not before.
    freight_steps: tuple[
        tuple[str, int], ...
    ] = ()  # (name of the step, amount); they add up to freight_minor
    queue: str | None = None  # Sparse index: the work list this sub-order stands in.
    priority: str | None = None
    shipped_at: int | None = None  # When the last of it left.
    extended: int = 0  # So many seconds did the buyer add to the receipt deadline, once.
    obstacle: str = ""  # Why it could not be split: "<obstacle>: <sku> <sku>"; people decide.
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"SUB#{self.number:02}"

    def gone(self, line: Line) -> int:
        """Units of *line* that the buyer does not pay any more: cancelled, come back, or paid back without that."""
        number = str(line.number)
        return self.cancelled.get(number, 0) + self.returned.get(number, 0) + self.waived.get(number, 0)

    @property
    def kept_minor(self) -> int:
        """What of the payable amount has not been promised back."""
        gone = self.refunded_goods_minor + self.refunded_freight_minor + self.given_back_minor
        return self.payable_minor - gone


@dataclass(frozen=True, kw_only=True)
class Parcel:
    machine: ClassVar[str] = "parcel"
    number: int
    sub_order: int
    warehouse: str
    state: ParcelState
    contents: Mapping[str, int]  # line number -> units
    goods_minor: int  # Its share of what the buyer pays for the sub-order.
    freight_minor: int
    cuts: tuple[str, ...]  # Why these goods travel together, and apart from the others.
    service: str = ""  # The carrier's service that was chosen for it, and what we reckon that costs us.
    cost_minor: int = 0
    cost_currency: str = ""  # Empty: nothing is known of its tariff.
    grams: int = 0
    cm3: int = 0
    transit_seconds: int = 0  # From shipment to delivery, as the service promises; 0: it promises nothing.
    asked_since: int | None = None  # When its warehouse's system was first told to send it, or to stop.
    progress: str = ""  # What that system said last: accepted, picking, packed, or why it refused.
    carrier: str | None = None
    waybill: str | None = None
    shipped_at: int | None = None
    tracked_at: int | None = None  # The time of the carrier's checkpoint that last moved it: only forward.
    delivered_at: int | None = None
    claimed_at: int | None = None  # The time of a delivery that only an unsigned message told of.
    reason: str = ""  # Why its warehouse was asked to stop.
    trouble: str = ""  # The carrier's own code of what went wrong.
    refused: str = ""  # Why the buyer did not take it.
    is_given_up: bool = False  # Written off as a case paid for the last of it: it was not lost.
    after: Mapping[str, int] = field(
        default_factory=dict
    )  # Of lines in shards: so many units had left before these.
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"PARCEL#{self.number:02}"


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Moves that one transaction cannot hold: carried out in order, so many at a time."""

    machine: ClassVar[str] = "transfer"
    number: int
    kind: str  # reserve, release or ship
    state: TransferState
    moves: tuple[StockMove, ...]
    moved: int = 0  # So many of them are done.
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"MOVE#{self.number:02}"


Row = Order | SubOrder | Payment | Refund | Dispute | Parcel | Settlement | Transfer | AfterSale
T = TypeVar("T", bound=Row)
KINDS: dict[str, type[Row]] = {
    "ORDER": Order,
    "SUB": SubOrder,
    "PAY": Payment,
    "REFUND": Refund,
    "DISPUTE": Dispute,
    "PARCEL": Parcel,
    "SETTLE": Settlement,
    "MOVE": Transfer,
    "CASE": AfterSale,
}
STATES: dict[type[Row], Any] = {
    Order: OrderState,
    SubOrder: SubOrderState,
    Payment: PaymentState,
    Refund: RefundState,
    Dispute: DisputeState,
    Parcel: ParcelState,
    Settlement: SettlementState,
    Transfer: TransferState,
    AfterSale: CaseState,
}


@dataclass(frozen=True)
class WholeOrder:
    """An order with everything that decisions need, read in one consistent query."""

    order: Order
    lines: tuple[Line, ...]
    rows: Mapping[str, Row]  # by subject, the order itself included
    snapshot: Snapshot

    @classmethod
    def of(cls, rows: Iterable[Row], lines: tuple[Line, ...], snapshot: Snapshot) -> Self:
        by_subject = {row.subject: row for row in rows}
        order = by_subject["ORDER"]
        assert isinstance(order, Order)
        return cls(order, lines, by_subject, snapshot)

    def with_rows(self, rows: Iterable[Row]) -> Self:
        merged = {**self.rows, **{row.subject: row for row in rows}}
        order = merged["ORDER"]
        assert isinstance(order, Order)
        return replace(self, order=order, rows=merged)

    @property
    def sub_orders(self) -> tuple[SubOrder, ...]:
        return self._all(SubOrder)

    @property
    def payments(self) -> tuple[Payment, ...]:
        return self._all(Payment)

    @property
    def refunds(self) -> tuple[Refund, ...]:
        return self._all(Refund)

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        return self._all(Dispute)

    @property
    def is_disputed(self) -> bool:
        return any(dispute.state is DisputeState.PENDING for dispute in self.disputes)

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        return self._all(Parcel)

    @property
    def settlements(self) -> tuple[Settlement, ...]:
        return self._all(Settlement)

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        return self._all(Transfer)

    @property
    def cases(self) -> tuple[AfterSale, ...]:
        return self._all(AfterSale)

    def has_open_case(self, sub_order: int) -> bool:
        """Of it, or of what was sent to make it good: the money of both is its own."""
        open_cases = (case for case in self.cases if case.is_open)
        return any(
            sub_order in (case.sub_order, self.sub_orders[case.sub_order - 1].replaces) for case in open_cases
        )

    def lines_of(self, sub_order: SubOrder) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.sub_order == sub_order.number)

    def parcels_of(self, sub_order: SubOrder) -> tuple[Parcel, ...]:
        return tuple(parcel for parcel in self.parcels if parcel.sub_order == sub_order.number)

    def winning_payment(self) -> Payment | None:
        return next((p for p in self.payments if p.state is PaymentState.SUCCEEDED), None)

    def _all(self, kind: type[T]) -> tuple[T, ...]:
        in_order = sorted(self.rows, key=lambda subject: (len(subject), subject))  # #100 stands behind #99.
        return tuple(row for row in map(self.rows.__getitem__, in_order) if isinstance(row, kind))


def sub_order_id(order_id: str, number: int) -> str:
    """A sub-order's public number.

    >>> sub_order_id("01HF7YAT000000000000000000", 2)
    '01HF7YAT000000000000000000-02'
    """
    return f"{order_id}-{number:02}"


def stage_of(order: Order, sub_orders: Iterable[SubOrder]) -> str:
    """Fold the children into what a buyer reads of the whole order.

    Before payment only the payment group has a state. After it the order is as far as its slowest living
    part; an order without living parts is cancelled.
    """
    if order.state is not OrderState.PAID:
        return order.state
    slowest_first = (
        SubOrderState.ESCALATED,
        SubOrderState.UNDER_REVIEW,
        SubOrderState.INTERCEPTING,
        SubOrderState.AWAITING_SHIPMENT,
        SubOrderState.AWAITING_RECEIPT,
        SubOrderState.DELIVERED,
        SubOrderState.COMPLETED,
        SubOrderState.CLOSED,
        SubOrderState.CANCELLED,
    )
    states = {sub_order.state for sub_order in sub_orders}
    return next(state for state in slowest_first if state in states)
