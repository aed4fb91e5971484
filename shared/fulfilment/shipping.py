"""Goods leave: a merchant enters waybill numbers, reserved units become sold ones."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, NotFound
from shared.fulfilment.queue import NO_QUEUE
from shared.lifecycle import Event, Fact, ParcelState
from shared.model import Parcel, SubOrder, WholeOrder
from shared.policy import Action, require_sub_order
from shared.splitting.parcels import leaving


class Waybill(NamedTuple):
    parcel: int
    carrier: str
    number: str


class Shipment(NamedTuple):
    sub_order: int
    waybills: tuple[Waybill, ...]


def ship(
    shop: Shop, order_id: str, shipment: Shipment, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Hand parcels over to their carriers. Raises ``NotFound``, ``TransitionRefused``, ``Invalid``."""

    def decision(whole: WholeOrder) -> Change:
        return decide_shipment(whole, shipment, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_shipment(
    whole: WholeOrder,
    shipment: Shipment,
    *,
    caller: Caller,
    now: int,
    request: Request,
) -> Change:
    sub_order = require_sub_order(caller, Action.SHIP_SUB_ORDER, whole, shipment.sub_order)
    parcels = _parcels(whole, sub_order, shipment.waybills)
    draft = Draft(whole, event=Event.PARCELS_SHIPPED, caller=caller, now=now)
    lines = {str(line.number): line for line in whole.lines}
    for parcel, waybill in zip(parcels, shipment.waybills, strict=True):
        for number, units in parcel.contents.items():
            draft.take(*leaving(draft.whole, "ship", lines[number], parcel.warehouse, units))
        draft.move(
            parcel, Event.PARCELS_SHIPPED, carrier=waybill.carrier, waybill=waybill.number, shipped_at=now
        )
    last = everything_shipped(draft.whole, sub_order)
    draft.move(
        sub_order,
        Event.PARCELS_SHIPPED,
        {Fact.EVERYTHING_SHIPPED} if last else (),
        **(NO_QUEUE if last else {}),
    )
    if not parcels:
        raise Invalid("name the parcels that leave")
    return draft.finish(request=request, note={"parcels": len(parcels)})


def everything_shipped(whole: WholeOrder, sub_order: SubOrder) -> bool:
    """Whether nothing of *sub_order* waits any more. Before it was split, everything does."""
    states = {parcel.state for parcel in whole.parcels_of(sub_order)}
    return bool(states) and ParcelState.AWAITING_SHIPMENT not in states


def _parcels(whole: WholeOrder, sub_order: SubOrder, waybills: Sequence[Waybill]) -> list[Parcel]:
    numbers = [waybill.parcel for waybill in waybills]
    if len(set(numbers)) < len(numbers):
        raise Invalid("a parcel is named twice")
    others = (parcel for parcel in whole.parcels if parcel.number not in numbers)
    used = [(parcel.carrier, parcel.waybill) for parcel in others if parcel.waybill]
    named = [*used, *((waybill.carrier, waybill.number) for waybill in waybills)]
    if len(set(named)) < len(named):
        raise Invalid("a waybill number is named twice: every parcel has its own")
    own = {parcel.number: parcel for parcel in whole.parcels_of(sub_order)}
    if missing := [number for number in numbers if number not in own]:
        raise NotFound("no such parcel in this sub-order", parcels=missing)
    return [own[number] for number in numbers]
