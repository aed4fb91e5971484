"""Parcels that come back: refused at the door (拒收), or sent back by their carrier. What is counted is refunded.

refuse           the buyer will not take it      the carrier turns it round, or says so itself
return received  its sender counts what is there ─► restocked by condition, refunded, to the unit that was counted
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.aftersale.freight import is_freight_earned
from shared.aftersale.giving_up import give_up, refund_parts
from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.engine import decide
from shared.errors import Invalid, NotFound
from shared.fulfilment.progress import follow
from shared.goods import StockMove
from shared.lifecycle import Event, Fact, ParcelState
from shared.model import Parcel, WholeOrder
from shared.policy import Action, require_order, require_sub_order
from shared.splitting.whereabouts import came_from

CONDITIONS = {"good": "restock", "defect": "restock_defect", "scrap": "scrap"}
REASONS = ("changed_mind", "late", "damaged", "wrong_goods", "not_as_described", "other")


class Refusal(NamedTuple):
    parcels: tuple[int, ...]
    reason: str  # of REASONS


class Counted(NamedTuple):
    """What was in a parcel that came back: by line number, units by condition."""

    parcel: int
    units: Mapping[int, Mapping[str, int]]


def refuse_delivery(
    shop: Shop, order_id: str, refusal: Refusal, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """The buyer does not take parcels that are on their way. Raises ``NotFound``, ``TransitionRefused``."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.REFUSE_DELIVERY, whole)
        return decide_refusal(whole, refusal, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_refusal(
    whole: WholeOrder, refusal: Refusal, *, caller: Caller, now: int, request: Request
) -> Change:
    known = {parcel.number: parcel for parcel in whole.parcels}
    if len(set(refusal.parcels)) < len(refusal.parcels):
        raise Invalid("a parcel is named twice")
    if unknown := [number for number in refusal.parcels if number not in known]:
        raise NotFound("no such parcel", parcels=unknown)
    event = Event.PARCEL_RETURNING
    draft = Draft(whole, event=event, caller=caller, now=now)
    for number in refusal.parcels:
        draft.move(known[number], event, refused=refusal.reason)
        follow(draft, known[number].sub_order, event)
    return draft.finish(request=request, note={"reason": refusal.reason, "parcels": len(refusal.parcels)})


def receive_return(
    shop: Shop, order_id: str, sub_order: int, counted: Counted, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """A merchant counts what came back to its warehouse. Raises ``NotFound``, ``Invalid``, ``TransitionRefused``."""

    def decision(whole: WholeOrder) -> Change:
        own = require_sub_order(caller, Action.RECEIVE_RETURN, whole, sub_order)
        if counted.parcel not in {parcel.number for parcel in whole.parcels_of(own)}:
            raise NotFound("no such parcel in this sub-order", parcels=[counted.parcel])
        return decide_return(whole, counted, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_return(
    whole: WholeOrder,
    counted: Counted,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
    once: tuple[str, ...] = (),
) -> Change:
    """Restock and refund what was counted. What is missing stays in the parcel, paid for, until people have found it,
    or say that it is lost (``shared.fulfilment.lost``)."""
    parcel = next(p for p in whole.parcels if p.number == counted.parcel)
    decide(
        "parcel", parcel.state, Event.RETURN_RECEIVED, caller.actor
    )  # What was counted before is refused as such.
    units = _checked(parcel, counted)
    draft = Draft(whole, event=Event.RETURN_RECEIVED, caller=caller, now=now)
    draft.only_once(*once)
    restock(draft, parcel, counted)
    lost = {n: left for n, sent in parcel.contents.items() if (left := sent - units.get(int(n), 0))}
    after = {n: gone + units.get(int(n), 0) for n, gone in parcel.after.items()}
    draft.move(
        parcel, Event.RETURN_RECEIVED, {Fact.UNITS_MISSING} if lost else (), contents=lost, after=after
    )
    reason = parcel.refused or "came_back"
    about = give_back(draft, whole, parcel, units, event=Event.RETURN_RECEIVED, reason=reason, now=now)
    note = {"counted": sum(units.values()), "missing": sum(lost.values())}
    return draft.finish(request=request, about=about or parcel.subject, note=note)


def give_back(
    draft: Draft,
    whole: WholeOrder,
    parcel: Parcel,
    units: Mapping[int, int],
    *,
    event: Event,
    reason: str,
    now: int,
) -> str:
    """Refund *units* of *parcel*, which has been moved: goods, and with the last of all the freight, unless it is
    earned. *whole*, *parcel*: as they were before. Returns the refund's subject, "" if none is due.
    """
    sub_order = draft.whole.sub_orders[parcel.sub_order - 1]
    keeps = is_freight_earned(draft.whole, sub_order)
    parts = give_up(draft, sub_order, units, event=event, counted_as="returned", keeps_freight=keeps)
    return refund_parts(draft, whole, parts, reason=reason, now=now)


def _checked(parcel: Parcel, counted: Counted) -> dict[int, int]:
    """Units by line number, of every condition together. Raises ``Invalid``, ``NotFound``."""
    units = {line: sum(by_condition.values()) for line, by_condition in counted.units.items()}
    if unknown := [line for line in units if str(line) not in parcel.contents]:
        raise NotFound("no such line in this parcel", lines=unknown)
    if any(count < 0 for by_condition in counted.units.values() for count in by_condition.values()):
        raise Invalid("units are counted from nothing upwards")
    for line, count in units.items():
        if count > parcel.contents[str(line)]:
            raise Invalid("more came back than was sent", line=line, sent=parcel.contents[str(line)])
    return {line: count for line, count in units.items() if count}


def restock(draft: Draft, parcel: Parcel, counted: Counted) -> None:
    """Units go to the counters of the warehouse that sent them; of a hot SKU, to the shards that they came from."""
    lines = {line.number: line for line in draft.whole.lines}
    for number, by_condition in counted.units.items():
        line, after = lines[number], parcel.after.get(str(number), 0)
        for condition, units in by_condition.items():
            for shard, count in came_from(line, parcel.warehouse, after, units).items():
                draft.take(StockMove(CONDITIONS[condition], line.sku, parcel.warehouse, count, shard))
            after += units


def is_coming_back(parcel: Parcel) -> bool:
    return parcel.state in (ParcelState.RETURNING, ParcelState.RETURNED)
