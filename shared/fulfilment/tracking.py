"""Where are the parcels? What trackers tell, applied forward only; told twice, or late, it changes nothing.

    every checkpoint               kept beside the order (``shared.store.tracks``): what the buyer sees
    delivered                      the parcel is delivered; with the last one the receipt clock starts
      told by an unsigned message  claimed: the carrier is asked itself, before money hangs on it
    damaged, held, lost, ...       in trouble: people look; after delivery it stops the receipt clock again
    refused, on its way back       the reverse flow
    anything else                  only ends trouble

What counts is when something happened, not when it was told: a checkpoint that is not newer than the one that moved the
parcel last moves nothing. Nor does one from before it was shipped: waybill numbers are used again after years.
"""

from collections.abc import Iterable
from functools import partial

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.engine import may
from shared.errors import Invalid, NotFound
from shared.fulfilment.carriers.port import Checkpoint, Status, Told, Tracking
from shared.fulfilment.case_ways import heard_of_return
from shared.fulfilment.progress import follow
from shared.fulfilment.shipping import WRONG_WAYBILL, bearer, coming_back, is_misnumbered, names_of
from shared.fulfilment.sightings import FUTURE_SECONDS, keep
from shared.lifecycle import Actor, Event, ParcelState
from shared.model import Parcel, WholeOrder
from shared.policy import Action, require_order
from shared.store.tracks import Track

DAY = 86_400
EARLY_SECONDS = 3 * DAY  # Labels are printed, and sometimes scanned, before a merchant says that it shipped.
MEANS = {
    Status.DELIVERED: Event.PARCEL_DELIVERED,
    Status.EXCEPTION: Event.PARCEL_TROUBLED,
    Status.LOST: Event.PARCEL_TROUBLED,
    Status.CANCELLED: Event.PARCEL_TROUBLED,
    Status.REFUSED: Event.PARCEL_RETURNING,
    Status.RETURNING: Event.PARCEL_RETURNING,
    Status.RETURNED: Event.PARCEL_RETURNED,
}
RANK = {
    Event.PARCEL_DELIVERED: 1,
    Event.PARCEL_TROUBLED: 2,
    Event.PARCEL_RETURNING: 3,
    Event.PARCEL_RETURNED: 4,
}
STANDS = {
    ParcelState.DELIVERED: 1,
    ParcelState.TROUBLED: 2,
    ParcelState.RETURNING: 3,
    ParcelState.RETURNED: 4,
}
SAYS_NOTHING = (Status.UNKNOWN, Status.EXPIRED)
UNDER_WAY = (ParcelState.IN_TRANSIT, ParcelState.TROUBLED, ParcelState.DELIVERED, ParcelState.RETURNING)


def receive(shop: Shop, trackings: Iterable[Tracking], *, now: int) -> Told:
    """Book what an authentic message says. The worst of what became of its parcels is what is told."""
    return _worst([_one(shop, tracking, now) for tracking in trackings])


def _worst(outcomes: list[Told]) -> Told:
    for told in (Told.UNKNOWN_WAYBILL, Told.APPLIED, Told.DUPLICATE):
        if told in outcomes:
            return told
    return Told.NO_EFFECT


def _one(shop: Shop, tracking: Tracking, now: int) -> Told:
    for name in names_of(tracking.carrier, tracking.waybill):
        order_id = shop.orders.booked(name)
        if order_id is None:
            break
        whole = shop.orders.read(order_id)
        parcel = bearer(whole, tracking.carrier, tracking.waybill)
        if parcel is not None:
            return heard(shop, order_id, parcel, tracking, now=now)
        if returns := coming_back(whole, tracking.carrier, tracking.waybill):
            return _worst([heard_of_return(shop, order_id, case, tracking, now=now) for case in returns])
    return Told.UNKNOWN_WAYBILL


def heard(shop: Shop, order_id: str, parcel: Parcel, tracking: Tracking, *, now: int) -> Told:
    """Keep what is believable of *tracking*, and do what it means. Safe to repeat. Raises ``Conflict``.

    Of a number that is another parcel's nothing is believed: neither what is told, nor what we are answered.
    """
    if is_misnumbered(parcel):
        return Told.NO_EFFECT
    believable = tracking._replace(checkpoints=_believable(parcel, tracking, now))
    is_new = keep(shop, order_id, parcel.number, believable.checkpoints, tracking.source)
    decision = partial(decide_tracking, number=parcel.number, tracking=believable, now=now)
    if carry_out(shop, order_id, decision).change is not None:
        return Told.APPLIED
    return Told.NO_EFFECT if is_new else Told.DUPLICATE


def _believable(parcel: Parcel, tracking: Tracking, now: int) -> tuple[Checkpoint, ...]:
    """Without what happened before the parcel left, to somebody else's, and what has not happened yet."""
    assert parcel.shipped_at is not None, "what has a waybill was shipped"
    earliest = parcel.shipped_at - EARLY_SECONDS
    return tuple(one for one in tracking.checkpoints if earliest <= one.at <= now + FUTURE_SECONDS)


def decide_tracking(whole: WholeOrder, number: int, *, tracking: Tracking, now: int) -> Change | None:
    """The event that these checkpoints are for the parcel *number*; None: they move nothing."""
    parcel = next(p for p in whole.parcels if p.number == number)
    found = _meant(parcel, tracking.checkpoints)
    if found is None:
        return None
    event, checkpoint = found
    if event is Event.PARCEL_DELIVERED and not tracking.is_proven:
        if checkpoint.at <= (parcel.claimed_at or 0):
            return None  # Asked already.
        event = Event.DELIVERY_CLAIMED
    if not may("parcel", parcel.state, event, Actor.CARRIER):
        return None
    caller = Caller(Actor.CARRIER, tracking.source)
    draft = Draft(whole, event=event, caller=caller, now=now)
    move_parcel(draft, parcel, event, checkpoint._replace(at=min(checkpoint.at, now)))
    note = {"tracker": tracking.source, "code": checkpoint.code}
    return draft.finish(about=parcel.subject, note=note)


def _meant(parcel: Parcel, checkpoints: tuple[Checkpoint, ...]) -> tuple[Event, Checkpoint] | None:
    """The last thing that happened to the parcel and means something, if it is newer than what moved it before."""
    if parcel.state not in UNDER_WAY:
        return None
    news = [one for one in checkpoints if one.status not in SAYS_NOTHING and _is_news(parcel, one)]
    meant = [one for one in news if one.status in MEANS]
    moving = [one for one in news if one.status not in MEANS]
    if meant:
        last = meant[-1]
        goes_on = moving and moving[-1].at > last.at and MEANS[last.status] is Event.PARCEL_TROUBLED
        if not goes_on:
            return MEANS[last.status], last
    if moving and parcel.state is ParcelState.TROUBLED:
        return Event.PARCEL_MOVED, moving[-1]
    return None


def _is_news(parcel: Parcel, checkpoint: Checkpoint) -> bool:
    """Whether it happened after what moved the parcel last. Of two things at one time the later in a parcel's life
    counts: a tracker's summary bears the time of the last thing that it sums up.
    """
    last = parcel.tracked_at or 0
    further = checkpoint.status in MEANS and RANK[MEANS[checkpoint.status]] > STANDS.get(parcel.state, 0)
    return checkpoint.at > last or (checkpoint.at == last and further)


def move_parcel(draft: Draft, parcel: Parcel, event: Event, checkpoint: Checkpoint) -> None:
    """Step *parcel*, and its sub-order where that means something to it.

    What bears a time that has not come yet counts from now: a clock that is wrong must not make later news look old.
    """
    if event is Event.DELIVERY_CLAIMED:
        draft.move(parcel, event, claimed_at=checkpoint.at)
        return
    trouble = checkpoint.code if event is Event.PARCEL_TROUBLED else ""
    delivered_at = checkpoint.at if event is Event.PARCEL_DELIVERED else parcel.delivered_at
    draft.move(parcel, event, tracked_at=checkpoint.at, trouble=trouble, delivered_at=delivered_at)
    follow(draft, parcel.sub_order, event)


REPORTABLE = {
    "delivered": Status.DELIVERED,
    "exception": Status.EXCEPTION,
    "lost": Status.LOST,
    "in_transit": Status.IN_TRANSIT,
    "returning": Status.RETURNING,
    "returned": Status.RETURNED,
    WRONG_WAYBILL: Status.EXCEPTION,  # It is another parcel's: that one may have it now.
}


def report(
    shop: Shop,
    order_id: str,
    parcel: int,
    said: str,
    *,
    reason: str,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """Somebody of the platform found out where a parcel is: no tracker follows its carrier, or the tracker is wrong.

    *reason* is a code, kept in the history. Raises ``NotFound``, ``TransitionRefused``.
    """

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.REPORT_PARCEL, whole)
        return decide_report(whole, parcel, said, reason=reason, caller=caller, now=now, request=request)

    outcome = carry_out(shop, order_id, decision, request)
    seen = Checkpoint(now, REPORTABLE[said], f"reported:{reason}"[:60], "")
    if not outcome.is_repeat:
        keep(shop, order_id, parcel, (seen,), "people")
    return outcome


def decide_report(
    whole: WholeOrder,
    number: int,
    said: str,
    *,
    reason: str,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    parcel = next((p for p in whole.parcels if p.number == number), None)
    if parcel is None:
        raise NotFound("no such parcel")
    if parcel.shipped_at is None:
        raise Invalid("it has not been shipped")
    status = REPORTABLE[said]
    event = MEANS.get(status, Event.PARCEL_MOVED)
    draft = Draft(whole, event=event, caller=caller, now=now)
    code = WRONG_WAYBILL if said == WRONG_WAYBILL else reason
    move_parcel(draft, parcel, event, Checkpoint(now, status, code))
    return draft.finish(request=request, about=parcel.subject, note={"reason": reason})


def is_silent(parcel: Parcel, track: Track, *, now: int, patience_seconds: int) -> bool:
    """Whether nobody has seen the parcel for so long. Before the first sight it is the shipment that counts."""
    assert parcel.shipped_at is not None, "only what was shipped can be silent"
    return max(parcel.shipped_at, track.seen_at or 0) + patience_seconds <= now
