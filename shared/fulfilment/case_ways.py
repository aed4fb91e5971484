"""What comes back for an after-sale case: followed, asked for, and expected where it left (RULES 9.4).

    every checkpoint               kept beside the order, as a track of the case's own
    delivered                      proven: the goods are there, and are inspected
      told by an unsigned message  claimed: the carrier is asked itself first
    lost, damaged, sent back, ...  people look, and the carrier is asked again
    to its warehouse's system      what will come, and once more when the buyer has entered its waybill number

What was told before the case was opened is about somebody else's parcel, or a number that is used again.
"""

from functools import partial

from shared.aftersale.coming_back import warehouse_of
from shared.changes import Caller, Change, Draft
from shared.commands import Shop, carry_out
from shared.engine import may
from shared.fulfilment.carriers.port import Checkpoint, Status, Told, Tracking, TrackingRefused
from shared.fulfilment.progress import was_pushed
from shared.fulfilment.sightings import FUTURE_SECONDS, keep, seen
from shared.lifecycle import Actor, CaseState, Event
from shared.model import AfterSale, Parcel, WholeOrder

TROUBLE = (
    Status.EXCEPTION,
    Status.LOST,
    Status.CANCELLED,
    Status.REFUSED,
    Status.RETURNING,
    Status.RETURNED,
)
SAYS_NOTHING = (Status.UNKNOWN, Status.EXPIRED)
COMING = (CaseState.AWAITING_RETURN, CaseState.RETURNING)


def is_of_case(subject: str) -> bool:
    """Whether an effect is about a case, and not about a parcel."""
    return subject.startswith("CASE#")


def way_of(case: AfterSale) -> str:
    """Under which name the case's track is kept.

    >>> way_of(AfterSale(number=1, sub_order=1, merchant_id="m", kind="exchange", reason="quality",
    ...                  state=CaseState.RETURNING, opened_at=0))
    'C01'
    """
    return f"C{case.number:02}"


def follow_return(shop: Shop, order_id: str, subject: str) -> bool:
    """Effect: have the way back told to us. Says whether somebody follows it."""
    case, tracker = _on_its_way(shop, order_id, subject), shop.tracker()
    if case is None or tracker is None or case.carrier is None or case.waybill is None:
        return False
    callback = f"{shop.settings.public_url}/webhooks/carriers/{tracker.name}"
    phone_tail = _phone_tail(shop, order_id)
    try:
        tracker.subscribe(
            shop.outside, case.carrier, case.waybill, callback_url=callback, phone_tail=phone_tail
        )
    except TrackingRefused as refused:  # That it does not arrive will be noticed.
        track = seen(shop, order_id, way_of(case), case.waybill)
        note = f"not followed: {refused.reason}"[:80]
        shop.tracks.write(order_id, way_of(case), track._replace(note=note))
        return False
    return True


def ask_about_return(shop: Shop, order_id: str, subject: str, *, now: int) -> Told:
    """Effect: ask where it is. What we are told on our own question is proven. Raises ``Unavailable``."""
    case = _on_its_way(shop, order_id, subject)
    if case is None or case.carrier is None or case.waybill is None:
        return Told.NO_EFFECT
    source = seen(shop, order_id, way_of(case), case.waybill).source
    tracker = shop.tracker(source) or shop.tracker()
    if tracker is None:
        return Told.NO_EFFECT
    phone_tail = _phone_tail(shop, order_id)
    tracking = tracker.query(shop.outside, case.carrier, case.waybill, now=now, phone_tail=phone_tail)
    if tracking is None:
        return Told.NO_EFFECT
    return heard_of_return(shop, order_id, case, tracking._replace(is_proven=True), now=now)


def expect_case(shop: Shop, order_id: str, subject: str, *, now: int) -> None:
    """Effect: tell the warehouse's system what comes back; a merchant without one sees it in its own list.

    Raises ``Unavailable``.
    """
    whole = shop.orders.read(order_id)
    case = whole.rows.get(subject)
    if not isinstance(case, AfterSale) or case.state not in COMING:
        return
    warehouse = warehouse_of(whole, case)
    pushed = [parcel for parcel in sources_of(whole, case) if was_pushed(parcel)]
    wms = shop.wms(warehouse) if pushed else None
    if wms is not None:
        wms.expect_case(shop.outside, whole, case, pushed[0], now=now)


def sources_of(whole: WholeOrder, case: AfterSale) -> list[Parcel]:
    """The parcels in which its goods left the warehouse that they come back to."""
    warehouse = warehouse_of(whole, case)
    return [p for p in whole.parcels if str(p.number) in case.sources and p.warehouse == warehouse]


def heard_of_return(shop: Shop, order_id: str, case: AfterSale, tracking: Tracking, *, now: int) -> Told:
    """Keep what is believable of *tracking*, and do what it means. Safe to repeat. Raises ``Conflict``."""
    seen_now = tuple(one for one in tracking.checkpoints if case.opened_at <= one.at <= now + FUTURE_SECONDS)
    believable = tracking._replace(checkpoints=seen_now)
    is_new = keep(shop, order_id, way_of(case), seen_now, tracking.source, waybill=tracking.waybill)
    decision = partial(decide_sighting, number=case.number, tracking=believable, now=now)
    if carry_out(shop, order_id, decision).change is not None:
        return Told.APPLIED
    return Told.NO_EFFECT if is_new else Told.DUPLICATE


def decide_sighting(whole: WholeOrder, number: int, *, tracking: Tracking, now: int) -> Change | None:
    """The event that these checkpoints are for the case *number*; None: they move nothing."""
    case = next(case for case in whole.cases if case.number == number)
    found = _meant(case, tracking)
    if found is None or (case.carrier, case.waybill) != (tracking.carrier, tracking.waybill):
        return None
    event, checkpoint = found
    if not may("after_sale", case.state, event, Actor.CARRIER):
        return None
    draft = Draft(whole, event=event, caller=Caller(Actor.CARRIER, tracking.source), now=now)
    draft.move(case, event, tracked_at=min(checkpoint.at, now))
    note: dict[str, str | int] = {"case": number, "tracker": tracking.source, "code": checkpoint.code}
    return draft.finish(about=case.subject, note=note)


def _meant(case: AfterSale, tracking: Tracking) -> tuple[Event, Checkpoint] | None:
    """The last thing that happened to it and means something, if that is news.

    Proof of an arrival that was claimed is news, although it happened when it was claimed to have.
    """
    told = [one for one in tracking.checkpoints if one.status not in SAYS_NOTHING]
    meant = [one for one in told if one.status is Status.DELIVERED or one.status in TROUBLE]
    if not meant:
        return None
    last, before = meant[-1], case.tracked_at or 0
    if last.status is Status.DELIVERED and tracking.is_proven:
        return (Event.GOODS_ARRIVED, last) if last.at >= before else None
    if last.at <= before or (last.status in TROUBLE and told[-1].at > last.at):
        return None  # Known; or it went on since.
    claimed = last.status is Status.DELIVERED
    return (Event.DELIVERY_CLAIMED if claimed else Event.ATTENTION_OVERDUE), last


def _on_its_way(shop: Shop, order_id: str, subject: str) -> AfterSale | None:
    row = shop.orders.read(order_id).rows.get(subject)
    return row if isinstance(row, AfterSale) and row.state is CaseState.RETURNING else None


def _phone_tail(shop: Shop, order_id: str) -> str:
    """The last four digits of the sender's telephone, who was the receiver: some carriers tell nobody else."""
    return str(shop.orders.personal(order_id).get("phone", ""))[-4:]
