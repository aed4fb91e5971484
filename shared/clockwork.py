"""A deadline came. Or so somebody says: a schedule may be early, late, doubled or left over; the sweeper guesses.

What counts is the deadline on the row, read now. If it has passed, the event of the table happens, once: the
write is conditional on the version that was read.
"""

from collections.abc import Callable

from shared.aftersale.lateness import expire_case
from shared.changes import CLOCK, Change, Draft
from shared.commands import Outcome, Shop, carry_out
from shared.fulfilment.progress import is_late
from shared.fulfilment.receipt import decide_receipt, is_unfinished
from shared.fulfilment.tracking import is_silent
from shared.ledger.settlement import settle
from shared.lifecycle import MACHINES, Event, Fact, ParcelState, deadline_in
from shared.model import Parcel, Row, Settlement, SubOrder, WholeOrder
from shared.ordering.giving_up import decide_unpaid
from shared.ordering.review import decide_overdue


def expire(shop: Shop, order_id: str, subject: str, now: int) -> Outcome:
    """Let the clock act on one row, if its time has come."""
    if subject.startswith("CASE#"):
        return expire_case(shop, order_id, subject, now)
    if subject.startswith("PARCEL#"):
        whole = shop.orders.read(order_id)
        row = whole.rows.get(subject)
        is_under_way = isinstance(row, Parcel) and row.state is ParcelState.IN_TRANSIT
        if isinstance(row, Parcel) and is_under_way and _was_seen(shop, whole, row, now):
            return Outcome(whole)
    while True:
        outcome = carry_out(shop, order_id, lambda whole: decide_expiry(whole, subject, now=now))
        if not is_unfinished(outcome):
            return outcome


def _was_seen(shop: Shop, whole: WholeOrder, parcel: Parcel, now: int) -> bool:
    """Whether somebody saw the parcel since its silence was reckoned: then it is looked at again later.

    What trackers tell of a parcel that only moves on is kept beside the order, so its row does not know of it.
    """
    if parcel.due_at is None or parcel.due_at > now:
        return False
    patience = whole.snapshot.policy["silence_seconds"]
    track = shop.tracks.read(whole.order.order_id, parcel.number)
    if is_silent(parcel, track, now=now, patience_seconds=patience):
        return False
    until = max(track.seen_at or 0, parcel.shipped_at or 0) + patience
    shop.tracks.postpone(whole.order.order_id, parcel.subject, was=parcel.due_at, until=until)
    return True


def decide_expiry(whole: WholeOrder, subject: str, *, now: int) -> Change | None:
    row = whole.rows.get(subject)
    if row is None or row.due_at is None or now < row.due_at:
        return None
    deadline = deadline_in(MACHINES[row.machine], row.state)
    assert deadline is not None, "a row with a due time is in a state with a clock"
    act = ACTS.get(deadline.event, _note_the_time)
    return act(whole, row, deadline.event, now)


def _note_the_time(whole: WholeOrder, row: Row, event: Event, now: int) -> Change:
    """The table alone says what follows: an effect again, a warning, a new wait."""
    draft = Draft(whole, event=event, caller=CLOCK, now=now)
    draft.move(row, event, _facts(whole, row, now))
    return draft.finish(about=row.subject)


def _facts(whole: WholeOrder, row: Row, now: int) -> frozenset[Fact]:
    """Why the clock can do nothing yet (a bank, or a case, may decide otherwise), or does more: it is late."""
    found = {
        Fact.DISPUTED: whole.is_disputed,
        Fact.CASE_OPEN: isinstance(row, SubOrder | Settlement) and whole.has_open_case(row.number),
        Fact.LATE: isinstance(row, Parcel) and is_late(whole, row, now),
    }
    return frozenset(fact for fact, is_so in found.items() if is_so)


def _abandon(whole: WholeOrder, _row: Row, event: Event, now: int) -> Change:
    return decide_unpaid(whole, event, caller=CLOCK, now=now)


def _review(whole: WholeOrder, _row: Row, event: Event, now: int) -> Change:
    return decide_overdue(whole, event, now)


def _receive(whole: WholeOrder, row: Row, event: Event, now: int) -> Change:
    assert isinstance(row, SubOrder)
    if whole.is_disputed or whole.has_open_case(row.number):
        return _note_the_time(whole, row, event, now)
    return decide_receipt(whole, (row,), event=event, caller=CLOCK, now=now)


def _settle(whole: WholeOrder, row: Row, event: Event, now: int) -> Change:
    assert isinstance(row, Settlement)
    if whole.is_disputed or whole.has_open_case(row.number):
        return _note_the_time(whole, row, event, now)
    draft = Draft(whole, event=event, caller=CLOCK, now=now)
    settle(draft, row, now=now)
    return draft.finish(about=row.subject)


Act = Callable[[WholeOrder, Row, Event, int], Change]
ACTS: dict[Event, Act] = {
    Event.PLACING_TIMED_OUT: _abandon,
    Event.PAYMENT_TIMED_OUT: _abandon,
    Event.REVIEW_OVERDUE: _review,
    Event.REVIEW_TIMED_OUT: _review,
    Event.RECEIPT_TIMED_OUT: _receive,
    Event.SETTLEMENT_DUE: _settle,
}
