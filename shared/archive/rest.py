"""When is an order at rest for good? When nothing of it waits for anybody, and its time has passed (RULES 7.6, 9.6).

Every reason why it is not is a row of ``UNREST``. An order that is not at rest waits, however old it is.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from shared.lifecycle import (
    DisputeState,
    OrderState,
    ParcelState,
    PaymentState,
    RefundState,
    SettlementState,
    SubOrderState,
    TransferState,
)
from shared.model import WholeOrder

DAY_SECONDS = 86_400
OVER = (OrderState.PAID, OrderState.CANCELLED)
PARTS_OVER = (
    SubOrderState.COMPLETED,
    SubOrderState.CANCELLED,
    SubOrderState.CLOSED,
    SubOrderState.SEPARATED,
)
PAID_OUT = (SubOrderState.COMPLETED, SubOrderState.CLOSED)  # What is kept of these is its merchant's.
REFUNDS_OVER = (RefundState.SUCCEEDED, RefundState.FAILED, RefundState.COVERED)
DISPUTES_OVER = (DisputeState.WON, DisputeState.LOST)
PARCELS_OVER = (
    ParcelState.DELIVERED,  # Its sub-order says whether anybody still waits for its receipt.
    ParcelState.RECEIVED,
    ParcelState.CAME_BACK,
    ParcelState.WRITTEN_OFF,
    ParcelState.CANCELLED,
)
TRANSFERS_OVER = (TransferState.DONE, TransferState.DROPPED)


class Seen(NamedTuple):
    """Everything that is known of one order. *events* are its EVENT rows, as stored."""

    whole: WholeOrder
    events: tuple[Mapping[str, Any], ...]
    has_open_entry: bool  # Of the register.


def unrest(seen: Seen, *, now: int) -> tuple[str, ...]:
    """Why the order is not at rest at *now*, epoch seconds: names of ``UNREST``. Empty: it is, for good."""
    whole = seen.whole
    due_at = whole.order.placed_at + whole.snapshot.policy["archive_after_days"] * DAY_SECONDS
    young = ("young",) if now < due_at else ()
    return (*young, *(name for name, is_so in UNREST.items() if is_so(seen)))


def _any_other(states: Iterable[str], over: Iterable[str]) -> bool:
    return bool(set(states) - set(over))


def _is_unsettled(whole: WholeOrder) -> bool:
    """Something of a finished part is kept, and nobody has reckoned yet whose it is."""
    if whole.order.paid_at is None:
        return False
    settled = {row.number for row in whole.settlements if row.state is SettlementState.SETTLED}
    kept = (part for part in whole.sub_orders if part.state in PAID_OUT and part.kept_minor)
    return any(part.number not in settled for part in kept)


def _is_payment_open(whole: WholeOrder) -> bool:
    return any(
        payment.state is PaymentState.OPEN or payment.held_minor or payment.ask_at is not None
        for payment in whole.payments
    )


def _is_refund_open(whole: WholeOrder) -> bool:
    asked = any(refund.ask_at is not None for refund in whole.refunds)
    return asked or _any_other((refund.state for refund in whole.refunds), REFUNDS_OVER)


# fmt: off
UNREST: dict[str, Callable[[Seen], bool]] = {
    "order_open":          lambda seen: seen.whole.order.state not in OVER,
    "sub_order_open":      lambda seen: _any_other((part.state for part in seen.whole.sub_orders), PARTS_OVER),
    "case_open":           lambda seen: any(case.is_open for case in seen.whole.cases),
    "dispute_open":        lambda seen: _any_other((row.state for row in seen.whole.disputes), DISPUTES_OVER),
    "payment_open":        lambda seen: _is_payment_open(seen.whole),
    "refund_open":         lambda seen: _is_refund_open(seen.whole),
    "parcel_open":         lambda seen: _any_other((row.state for row in seen.whole.parcels), PARCELS_OVER),
    "settlement_waiting":  lambda seen: any(row.state is SettlementState.WAITING for row in seen.whole.settlements),
    "unsettled":           lambda seen: _is_unsettled(seen.whole),
    "stock_moving":        lambda seen: _any_other((row.state for row in seen.whole.transfers), TRANSFERS_OVER),
    "clock_running":       lambda seen: any(row.due_at is not None for row in seen.whole.rows.values()),
    "effects_unfinished":  lambda seen: any("unfinished_since" in event for event in seen.events),
    "register_entry_open": lambda seen: seen.has_open_entry,
}
# fmt: on
