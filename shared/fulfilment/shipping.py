"""Goods leave: waybill numbers are known, reserved units become sold ones.

A merchant enters the numbers of what it packs itself (here); a warehouse's system reports its own
(``shared.fulfilment.warehouse``). A waybill number belongs to one parcel, ever: by it, carriers' messages find the
order. Whoever enters it first has it, until support says that it was wrong (``shared.fulfilment.tracking``): only then
may another parcel have it, and what is told of it is told of that one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, NotFound
from shared.fulfilment.progress import facts_of
from shared.fulfilment.queue import NO_QUEUE
from shared.lifecycle import Event, Fact, SubOrderState
from shared.model import AfterSale, Parcel, SubOrder, WholeOrder
from shared.policy import Action, require_sub_order
from shared.splitting.whereabouts import gone_before, leaving

SHIPPED_AT_ONCE_MAX = (
    45  # Each is two actions of one transaction: the parcel, and its waybill number for ever.
)


WRONG_WAYBILL = "wrong_waybill"
BEARERS_MAX = 5  # Of one waybill number, one after another.


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
        return decide_shipment(whole, shipment, caller=caller, now=now, request=request, names=names)

    names: dict[int, str] = {}
    outcome = carry_out(shop, order_id, decision, request)
    if taken := _taken(outcome.whole, shipment):
        names = {waybill.parcel: name for waybill in taken if (name := freed_name(shop, waybill))}
        outcome = carry_out(shop, order_id, decision, request) if names else outcome
    if taken := _taken(outcome.whole, shipment):
        raise Invalid(
            "a waybill number is another parcel's already: support can find out whose it is",
            carrier=taken[0].carrier,
            waybill=taken[0].number,
        )
    return outcome


def _taken(whole: WholeOrder, shipment: Shipment) -> list[Waybill]:
    """Of a shipment that should have been booked: the numbers that were not."""
    booked = {parcel.number: parcel.waybill for parcel in whole.parcels}
    return [one for one in shipment.waybills if booked.get(one.parcel) != one.number.upper()]


def freed_name(shop: Shop, waybill: Waybill) -> str | None:
    """The name under which a number can be booked once more, after people found that it was another's; None: it is
    somebody's.
    """
    for name in names_of(waybill.carrier, waybill.number):
        order_id = shop.orders.booked(name)
        if order_id is None:
            return name
        if not is_freed(shop.orders.read(order_id), waybill.carrier, waybill.number.upper()):
            return None
    return None


def freed_names(shop: Shop, numbers: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By carrier and number: how those can be booked that are nobody's."""
    named = {
        (carrier, waybill): freed_name(shop, Waybill(0, carrier, waybill)) for carrier, waybill in numbers
    }
    return {number: name for number, name in named.items() if name}


def bearer(whole: WholeOrder, carrier: str, waybill: str) -> Parcel | None:
    """Whose number it is, in this order; None: it was entered here by mistake."""
    with_it = (p for p in whole.parcels if (p.carrier, p.waybill) == (carrier, waybill))
    return next((parcel for parcel in with_it if not is_misnumbered(parcel)), None)


def coming_back(whole: WholeOrder, carrier: str, waybill: str) -> tuple[AfterSale, ...]:
    """The cases whose goods come back under this number: one buyer may put several into one parcel."""
    return tuple(case for case in whole.cases if (case.carrier, case.waybill) == (carrier, waybill))


def is_freed(whole: WholeOrder, carrier: str, waybill: str) -> bool:
    """Whether the number that was booked for a parcel or a return of this order turned out to be a mistake there."""
    if bearer(whole, carrier, waybill) is not None or coming_back(whole, carrier, waybill):
        return False
    mistaken = any(waybill_name(carrier, waybill) in case.misnumbered for case in whole.cases)
    return mistaken or any((p.carrier, p.waybill) == (carrier, waybill) for p in whole.parcels)


def is_misnumbered(parcel: Parcel) -> bool:
    """Its waybill number is another parcel's, people found: nothing that is told of that number is about this one."""
    return parcel.trouble == WRONG_WAYBILL


def decide_shipment(
    whole: WholeOrder,
    shipment: Shipment,
    *,
    caller: Caller,
    now: int,
    request: Request,
    names: Mapping[int, str] = {},  # Never written.
) -> Change:
    """*names*: of parcels, under which name their waybill is booked, where it had been another's by mistake."""
    sub_order = require_sub_order(caller, Action.SHIP_SUB_ORDER, whole, shipment.sub_order)
    if len(shipment.waybills) > SHIPPED_AT_ONCE_MAX:
        raise Invalid("ship the others by a further request", maximum=SHIPPED_AT_ONCE_MAX)
    parcels = _parcels(whole, sub_order, shipment.waybills)
    draft = Draft(whole, event=Event.PARCELS_SHIPPED, caller=caller, now=now)
    for parcel, waybill in zip(parcels, shipment.waybills, strict=True):
        take_out(draft, "ship", parcel.warehouse, parcel.contents)
        hand_over(draft, parcel, waybill.carrier, waybill.number, now=now, name=names.get(parcel.number, ""))
    step_shipped(draft, sub_order.number, now=now)
    if not parcels:
        raise Invalid("name the parcels that leave")
    return draft.finish(request=request, note={"parcels": len(parcels)})


def hand_over(
    draft: Draft, parcel: Parcel, carrier: str, waybill: str, *, now: int, name: str = ""
) -> Parcel:
    """*parcel* is with its carrier, under a number that no other parcel ever has."""
    waybill = waybill.upper()
    draft.only_once(name or waybill_name(carrier, waybill))
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


def names_of(carrier: str, waybill: str) -> Iterator[str]:
    """That name, and those of its next bearers, each after people took the number from the one before."""
    first = waybill_name(carrier, waybill)
    yield first
    yield from (f"{first}#{number}" for number in range(2, BEARERS_MAX + 1))


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
    known = (p for p in whole.parcels if p.number not in others and not is_misnumbered(p))
    used = [(p.carrier, p.waybill) for p in known if p.waybill]
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
