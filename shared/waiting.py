"""From when the clock of a state runs, and how long: what a deadline row leaves open, as its subject decides."""

from collections.abc import Mapping

from shared.lifecycle import OrderState, ParcelState, RefundState, SubOrderState
from shared.model import Order, Parcel, Refund, Row, Settlement, SubOrder


def clock_begins(row: Row, state: str, now: int, policy: Mapping[str, int]) -> int:
    """From when the clock of *state* runs: now, but for goods that ship after a date, from that date.

    Delivered goods are received by themselves so long after they were reported, but not before the receipt deadline
    that runs from their shipment is over, and what the buyer added to it. Being separated wins nobody time to pay.
    A merchant is owed on the day that its contract names, or after the platform's usual delay where it has none, but
    not before the after-sale window is over (RULES 11.1).
    """
    if isinstance(row, Settlement) and row.due_at is None:
        delay, window = policy["settlement_delay_seconds"], row.window_ends_at or 0
        earliest = now + delay if row.payable_from is None else row.payable_from
        return max(now, earliest, window) - delay
    if isinstance(row, Order) and row.separated_from and state == OrderState.PENDING_PAYMENT:
        return row.placed_at
    if isinstance(row, SubOrder) and row.ships_at and state == SubOrderState.AWAITING_SHIPMENT:
        return max(now, row.ships_at)
    if isinstance(row, SubOrder) and state == SubOrderState.DELIVERED and row.shipped_at is not None:
        latest = row.shipped_at + policy["receipt_timeout_seconds"] + row.extended
        return max(now, latest - policy["receipt_after_delivery_seconds"])
    return now


def patience(row: Row, state: str, now: int, policy_seconds: int) -> int:
    """How long the clock of *state* runs: what the policy says, but ever longer where nobody answers.

    A quarter of the time since the first question, at most six hours, or a day: an outage costs dozens of questions.
    """
    if row.state != state:
        return policy_seconds  # Nobody was asked yet, or not under this number.
    if isinstance(row, Refund) and state == RefundState.REQUESTED:
        begun = row.requested_at
    elif isinstance(row, Order) and state == OrderState.CLOSING and row.closing_since is not None:
        begun = row.closing_since
    elif isinstance(row, Parcel) and state in LONGEST_WAITS and row.asked_since:
        begun = row.asked_since
    else:
        return policy_seconds
    return max(policy_seconds, min((now - begun) // 4, LONGEST_WAITS.get(state, PATIENCE_SECONDS_MAX)))


PATIENCE_SECONDS_MAX = 6 * 3600
LONGEST_WAITS: Mapping[str, int] = {
    ParcelState.PUSHING: PATIENCE_SECONDS_MAX,
    ParcelState.INTERCEPTING: PATIENCE_SECONDS_MAX,
    ParcelState.AT_WAREHOUSE: 24 * 3600,
}
