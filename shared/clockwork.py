"""A deadline came. Or so somebody says: a schedule may be early, late, doubled or left over; the sweeper guesses.

What counts is the deadline on the row, read now. If it has passed, the event of the table happens, once: the
write is conditional on the version that was read.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from shared.aftersale.cancellation import decide_unpaid
from shared.changes import CLOCK, Change, Draft
from shared.commands import Outcome, Shop, carry_out
from shared.fulfilment.receipt import decide_receipt
from shared.ledger.settlement import settle
from shared.lifecycle import MACHINES, Event, deadline_in
from shared.model import Row, Settlement, SubOrder, WholeOrder


def expire(shop: Shop, order_id: str, subject: str, now: int) -> Outcome:
    """Let the clock act on one row, if its time has come."""
    policy = asdict(shop.settings.policy)
    return carry_out(shop, order_id, lambda whole: decide_expiry(whole, subject, now=now, policy=policy))


def decide_expiry(whole: WholeOrder, subject: str, *, now: int, policy: Mapping[str, int]) -> Change | None:
    row = whole.rows.get(subject)
    if row is None or row.due_at is None or now < row.due_at:
        return None
    deadline = deadline_in(MACHINES[row.machine], row.state)
    assert deadline is not None, "a row with a due time is in a state with a clock"
    act = ACTS.get(deadline.event, _note_the_time)
    return act(whole, row, deadline.event, now, policy)


def _note_the_time(whole: WholeOrder, row: Row, event: Event, now: int, policy: Mapping[str, int]) -> Change:
    """The table alone says what follows: an effect again, a warning, a new wait."""
    draft = Draft(whole, event=event, caller=CLOCK, now=now, policy=policy)
    draft.move(row, event)
    return draft.finish(about=row.subject)


def _abandon(whole: WholeOrder, _row: Row, event: Event, now: int, policy: Mapping[str, int]) -> Change:
    return decide_unpaid(whole, event, caller=CLOCK, now=now, policy=policy)


def _receive(whole: WholeOrder, row: Row, event: Event, now: int, policy: Mapping[str, int]) -> Change:
    assert isinstance(row, SubOrder)
    return decide_receipt(whole, (row,), event=event, caller=CLOCK, now=now, policy=policy)


def _settle(whole: WholeOrder, row: Row, event: Event, now: int, policy: Mapping[str, int]) -> Change:
    assert isinstance(row, Settlement)
    draft = Draft(whole, event=event, caller=CLOCK, now=now, policy=policy)
    settle(draft, row, now=now)
    return draft.finish(about=row.subject)


Act = Callable[[WholeOrder, Row, Event, int, Mapping[str, int]], Change]
ACTS: dict[Event, Act] = {
    Event.PAYMENT_TIMED_OUT: _abandon,
    Event.RECEIPT_TIMED_OUT: _receive,
    Event.SETTLEMENT_DUE: _settle,
}
