"""Goods leave: waybill numbers are known, reserved units become sold ones.

A merchant enters the numbers of what it packs itself (here); a warehouse's system reports its own
(``shared.fulfilment.warehouse``). A waybill number belongs to one parcel, ever: by it, carriers' messages find the
order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, NotFound
from shared.fulfilment.progress import facts_of
from shared.fulfilment.queue import NO_QUEUE
from shared.lifecycle import Event, Fact, SubOrderState
from shared.model import Parcel, SubOrder, WholeOrder
from shared.policy import Action, require_sub_order
from shared.splitting.whereabouts import gone_before, leaving

SHIPPED_AT_ONCE_MAX = (
    45  # Each is two actions of one transaction: the parcel, and its waybill number for ever.
)


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

    outcome = carry_out(shop, order_id, decision, request)
    named = {waybill.parcel: waybill for waybill in shipment.waybills}
    for parcel in outcome.whole.parcels_of(outcome.whole.sub_orders[shipment.sub_order - 1]):
        waybill = named.get(parcel.number)
        if waybill is not None and parcel.waybill != waybill.number.upper():
            raise Invalid(
                "a waybill number is another parcel's already",
                carrier=waybill.carrier,
                waybill=waybill.number,
            )
    return outcome


def decide_shipment(
    whole: WholeOrder,
    shipment: Shipment,
    *,
    caller: Caller,
    now: int,
    request: Request,
) -> Change:
    sub_order = require_sub_order(caller, Action.SHIP_SUB_ORDER, whole, shipment.sub_order)
    if len(shipment.waybills) > SHIPPED_AT_ONCE_MAX:
        raise Invalid("ship the others by a further request", maximum=SHIPPED_AT_ONCE_MAX)
    parcels = _parcels(whole, sub_order, shipment.waybills)
    draft = Draft(whole, event=Event.PARCELS_SHIPPED, caller=caller, now=now)
    for parcel, waybill in zip(parcels, shipment.waybills, strict=True):
        take_out(draft, "ship", parcel.warehouse, parcel.contents)
        hand_over(draft, parcel, waybill.carrier, waybill.number, now=now)
    step_shipped(draft, sub_order.number, now=now)
    if not parcels:
        raise Invalid("name the parcels that leave")
    return draft.finish(request=request, note={"parcels": len(parcels)})


def hand_over(draft: Draft, parcel: Parcel, carrier: str, waybill: str, *, now: int) -> Parcel:
    """*parcel* is with its carrier, under a number that no other parcel ever has."""
    waybill = waybill.upper()
    draft.only_once(waybill_name(carrier, waybill))
    return draft.move(
        parcel,
        Event.PARCELS_SHIPPED,
        carrier=carrier,
        waybill=waybill,
        shipped_at=now,
        tracked_at=None,
        after=gone_before(draft.whole, parcel.warehouse, parcel.contents),
    )


def waybill_name(carrier: str, waybill: str) -> str:
    """Under which name a waybill is booked, and found again, however its letters were written."""
    return f"waybill:{carrier}:{waybill.upper()}"


def take_out(draft: Draft, kind: str, warehouse: str, contents: Mapping[str, int]) -> None:
    """Units by line number leave their warehouse: ``ship`` or ``miss``. Before their parcel is moved."""
    lines = {str(line.number): line for line in draft.whole.lines}
    for number, units in contents.items():
        draft.take(*leaving(draft.whole, kind, lines[number], warehouse, units))


def step_shipped(draft: Draft, number: int, *, now: int) -> None:
    """Step the sub-order after some of its parcels have left."""
    sub_order = draft.whole.sub_orders[number - 1]
    facts = facts_of(draft.whole, sub_order) - {Fact.NOTHING_LEFT}
    moved = draft.move(sub_order, Event.PARCELS_SHIPPED, facts, shipped_at=now)
    if moved.state is SubOrderState.AWAITING_RECEIPT:
        draft.change(moved, **NO_QUEUE)


def refuse_used(whole: WholeOrder, named: Iterable[tuple[str, str]], *, leaving_now: Iterable[int]) -> None:
    """Raise ``Invalid`` for a (carrier, waybill) that is named twice, or another parcel's."""
    given = [(carrier, waybill.upper()) for carrier, waybill in named]
    others = set(leaving_now)
    used = [(p.carrier, p.waybill) for p in whole.parcels if p.number not in others and p.waybill]
    if len(set(used) | set(given)) < len(used) + len(given):
        raise Invalid("a waybill number is named twice: every parcel has its own")


def _parcels(whole: WholeOrder, sub_order: SubOrder, waybills: Sequence[Waybill]) -> list[Parcel]:
    numbers = [waybill.parcel for waybill in waybills]
    if len(set(numbers)) < len(numbers):
        raise Invalid("a parcel is named twice")
    refuse_used(whole, ((w.carrier, w.number) for w in waybills), leaving_now=numbers)
    own = {parcel.number: parcel for parcel in whole.parcels_of(sub_order)}
    if missing := [number for number in numbers if number not in own]:
        raise NotFound("no such parcel in this sub-order", parcels=missing)
    return [own[number] for number in numbers]
