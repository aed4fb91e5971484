"""What an order consists of: values, as they are stored and decided upon.

One order is one partition of the Orders table. ``WholeOrder`` is all of it that decisions need; history, keys
and personal data (sort keys that begin with ``#``) are read only where they are shown.

    ORDER          the payment group, its version and totals          1
    LINES#01       what was bought, with the frozen spread: never changes
    SUB#01         one merchant's part                                 1..n
    PAY#01         one try to pay                                      0..n
    REFUND#01      money on its way back                               0..n
    PARCEL#01      goods of one sub-order from one warehouse           0..n
    SETTLE#01      what the merchant of sub-order 01 is owed           0..1 per sub-order

All amounts are minor units of the order's one currency, all times epoch seconds UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from shared.lifecycle import (
    OrderState,
    ParcelState,
    PaymentState,
    RefundState,
    SettlementState,
    SubOrderState,
)


class Sku(NamedTuple):
    sku: str
    name: str
    merchant_id: str
    unit_price_minor: int
    currency: str
    is_on_sale: bool
    weight_grams: int
    volume_cm3: int
    category: str


class Goods(NamedTuple):
    """What a checkout must know, as one read batch found it."""

    skus: dict[str, Sku]
    available: dict[str, dict[str, int]]  # sku -> warehouse -> units


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
    payable_minor: int  # Goods only; freight belongs to the sub-order.
    weight_grams: int
    allocation: tuple[tuple[str, int], ...]  # (warehouse, units reserved there)


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
    refunded_goods_minor: int = 0
    refunded_freight_minor: int = 0
    split_at: int | None = None
    completed_at: int | None = None
    queue: str | None = None  # Sparse index: the work list this sub-order stands in.
    priority: str | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"SUB#{self.number:02}"

    @property
    def kept_minor(self) -> int:
        """What of the payable amount has not been promised back."""
        return self.payable_minor - self.refunded_goods_minor - self.refunded_freight_minor


@dataclass(frozen=True, kw_only=True)
class Payment:
    machine: ClassVar[str] = "payment"
    number: int
    provider: str
    reference: str  # Our number at the provider, chosen before the provider hears of it.
    amount_minor: int
    currency: str
    state: PaymentState
    started_at: int
    transaction_id: str | None = None
    paid_at: int | None = None
    failure: str | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"PAY#{self.number:02}"


class RefundPart(NamedTuple):
    sub_order: int
    goods_minor: int
    freight_minor: int


@dataclass(frozen=True, kw_only=True)
class Refund:
    machine: ClassVar[str] = "refund"
    number: int
    refund_id: str
    payment: int  # number of the attempt whose money goes back
    transaction_id: str
    amount_minor: int
    currency: str
    reason: str
    state: RefundState
    requested_at: int
    parts: tuple[RefundPart, ...] = ()  # Empty: the money never paid for anything (late, doubled, wrong).
    round: int = 1  # A new number at the provider only after a final failure.
    finished_at: int | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"REFUND#{self.number:02}"

    @property
    def provider_refund_id(self) -> str:
        return self.numbers_used[-1]

    @property
    def numbers_used(self) -> tuple[str, ...]:
        """The numbers under which the provider was asked: one a round."""
        return (self.refund_id, *(f"{self.refund_id}x{n}" for n in range(2, self.round + 1)))


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
    carrier: str | None = None
    waybill: str | None = None
    shipped_at: int | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"PARCEL#{self.number:02}"


@dataclass(frozen=True, kw_only=True)
class Settlement:
    machine: ClassVar[str] = "settlement"
    number: int  # of the sub-order
    merchant_id: str
    amount_minor: int
    currency: str
    state: SettlementState
    opened_at: int
    settled_at: int | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"SETTLE#{self.number:02}"


Row = Order | SubOrder | Payment | Refund | Parcel | Settlement
T = TypeVar("T", bound=Row)
KINDS: dict[str, type[Row]] = {
    "ORDER": Order,
    "SUB": SubOrder,
    "PAY": Payment,
    "REFUND": Refund,
    "PARCEL": Parcel,
    "SETTLE": Settlement,
}
STATES: dict[type[Row], Any] = {
    Order: OrderState,
    SubOrder: SubOrderState,
    Payment: PaymentState,
    Refund: RefundState,
    Parcel: ParcelState,
    Settlement: SettlementState,
}


@dataclass(frozen=True)
class WholeOrder:
    """An order with everything that decisions need, read in one consistent query."""

    order: Order
    lines: tuple[Line, ...]
    rows: Mapping[str, Row]  # by subject, the order itself included

    @classmethod
    def of(cls, rows: Iterable[Row], lines: tuple[Line, ...]) -> Self:
        by_subject = {row.subject: row for row in rows}
        order = by_subject["ORDER"]
        assert isinstance(order, Order)
        return cls(order, lines, by_subject)

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
    def parcels(self) -> tuple[Parcel, ...]:
        return self._all(Parcel)

    @property
    def settlements(self) -> tuple[Settlement, ...]:
        return self._all(Settlement)

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
        SubOrderState.AWAITING_SHIPMENT,
        SubOrderState.AWAITING_RECEIPT,
        SubOrderState.COMPLETED,
        SubOrderState.CANCELLED,
    )
    states = {sub_order.state for sub_order in sub_orders}
    return next(state for state in slowest_first if state in states)
