"""How far is a sub-order? What its parcels say of it, as the facts that its table asks for."""

from shared.changes import Draft
from shared.lifecycle import Event, Fact, ParcelState, SubOrderState
from shared.model import Parcel, SubOrder, WholeOrder
from shared.ordering.confirmation import promise
from shared.splitting.whereabouts import STILL_HERE

OVER = (
    ParcelState.CANCELLED,
    ParcelState.CAME_BACK,
    ParcelState.WRITTEN_OFF,
)  # The buyer does not get these.
ASKED = (ParcelState.PUSHING, ParcelState.INTERCEPTING)
ARRIVED = (ParcelState.DELIVERED, ParcelState.RECEIVED)
REFUSED = "refused:"  # The progress of a parcel that its warehouse's system would not take.


def facts_of(whole: WholeOrder, sub_order: SubOrder) -> frozenset[Fact]:
    """What is true of *sub_order* as its parcels stand. Before it was split, all of it waits.

    What is missing in a parcel that came back has not arrived: no clock may take it for received, so people decide.
    """
    lines, parcels = whole.lines_of(sub_order), whole.parcels_of(sub_order)
    states = {parcel.state for parcel in parcels if parcel.state not in OVER and parcel.contents}
    has_left = bool(parcels) and not states & set(STILL_HERE)
    found = {
        Fact.NOTHING_LEFT: all(sub_order.gone(line) == line.quantity for line in lines),
        Fact.STILL_ASKING: ParcelState.INTERCEPTING in states,
        Fact.EVERYTHING_SHIPPED: has_left,
        Fact.EVERYTHING_DELIVERED: has_left and states <= set(ARRIVED),
    }
    return frozenset(fact for fact, is_so in found.items() if is_so)


def follow(draft: Draft, number: int, event: Event) -> None:
    """Step the sub-order *number* after one of its parcels, where what happened means something to it.

    Delivery means something only when it is the last one; trouble only when all had arrived.
    """
    sub_order = draft.whole.sub_orders[number - 1]
    facts = facts_of(draft.whole, sub_order)
    if event is Event.PARCEL_DELIVERED:
        is_meant = sub_order.state is SubOrderState.AWAITING_RECEIPT and Fact.EVERYTHING_DELIVERED in facts
    else:
        is_meant = sub_order.state is SubOrderState.DELIVERED and Fact.EVERYTHING_DELIVERED not in facts
    if is_meant:
        draft.move(sub_order, event, facts)


def is_late(whole: WholeOrder, parcel: Parcel, now: int) -> bool:
    """Whether its warehouse should have answered long ago; or, where it has the parcel, have sent it."""
    if parcel.asked_since is None or parcel.state not in (*ASKED, ParcelState.AT_WAREHOUSE):
        return False
    since = parcel.asked_since + whole.snapshot.policy["parcel_attention_seconds"]
    if parcel.state is ParcelState.AT_WAREHOUSE:
        since = max(since, promise(whole, whole.sub_orders[parcel.sub_order - 1]).ship_by)
    return now >= since


def was_pushed(parcel: Parcel) -> bool:
    """Whether its warehouse's system had it, so that it takes back what was in it."""
    return parcel.asked_since is not None and not parcel.progress.startswith(REFUSED)


def last_shipped_at(parcels: tuple[Parcel, ...]) -> int | None:
    return max((p.shipped_at for p in parcels if p.shipped_at is not None), default=None)
