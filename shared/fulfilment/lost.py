"""What people found out about a parcel that nobody else tells of any more: two ways out of waiting for ever.

recalled     its warehouse does not send it, whatever its system says: its merchant does, or cancels it;
             of a parcel that was asked back that is the answer: it is stopped
lost         on its way to the buyer, or back: what is in it is written off, and refunded to the buyer

Who bears a loss is whoever chose the carrier: the merchant, whose escrow the refund comes from, and who claims it from
the carrier. Its freight goes back with the last of the goods, unless the buyer had refused them for no fault of theirs.
"""

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.engine import decide
from shared.errors import NotFound
from shared.fulfilment.progress import REFUSED
from shared.fulfilment.reports import stop
from shared.fulfilment.returning import Counted, give_back, restock
from shared.lifecycle import Event, ParcelState
from shared.model import Parcel, WholeOrder
from shared.policy import Action, require_order


def recall_parcel(
    shop: Shop, order_id: str, parcel: int, *, reason: str, caller: Caller, now: int, request: Request
) -> Outcome:
    """People found that its warehouse will not send it. *reason* is a code, kept in the history.

    Raises ``NotFound``, ``TransitionRefused``.
    """

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.RECALL_PARCEL, whole)
        return decide_recall(whole, parcel, reason=reason, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_recall(
    whole: WholeOrder,
    number: int,
    *,
    reason: str,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    parcel = _numbered(whole, number)
    if parcel.state is ParcelState.INTERCEPTING:
        draft = Draft(whole, event=Event.INTERCEPT_ACCEPTED, caller=caller, now=now)
        about = stop(draft, parcel, now=now)
        return draft.finish(request=request, about=about, note={"reason": reason})
    draft = Draft(whole, event=Event.PARCEL_RECALLED, caller=caller, now=now)
    draft.move(parcel, Event.PARCEL_RECALLED, progress=f"{REFUSED}{reason}")
    return draft.finish(request=request, about=parcel.subject, note={"reason": reason})


def write_off_parcel(
    shop: Shop, order_id: str, parcel: int, *, reason: str, caller: Caller, now: int, request: Request
) -> Outcome:
    """People found that what is in it is lost for good. Raises ``NotFound``, ``TransitionRefused``."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.WRITE_OFF_PARCEL, whole)
        return decide_loss(whole, parcel, reason=reason, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_loss(
    whole: WholeOrder,
    number: int,
    *,
    reason: str,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    """Whatever is still in the parcel: off the books of its warehouse, and back to the buyer in money."""
    parcel = _numbered(whole, number)
    decide("parcel", parcel.state, Event.PARCEL_LOST, caller.actor)
    units = {int(line): count for line, count in parcel.contents.items()}
    draft = Draft(whole, event=Event.PARCEL_LOST, caller=caller, now=now)
    restock(draft, parcel, Counted(number, {line: {"scrap": count} for line, count in units.items()}))
    draft.move(parcel, Event.PARCEL_LOST, contents={})
    about = give_back(draft, whole, parcel, units, event=Event.PARCEL_LOST, reason="lost", now=now)
    note: dict[str, str | int] = {"reason": reason, "lost": sum(units.values())}
    return draft.finish(request=request, about=about or parcel.subject, note=note)


def _numbered(whole: WholeOrder, number: int) -> Parcel:
    found = next((parcel for parcel in whole.parcels if parcel.number == number), None)
    if found is None:
        raise NotFound("no such parcel")
    return found
