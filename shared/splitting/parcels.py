"""Into which parcels does a paid order go? The cheapest legal ones, from wherever its goods lie.

Its units were promised from certain warehouses when it was placed. Here, after payment, they may be taken from others,
if that is cheaper: what is still free there can be had in the same transaction that plans the parcels. What cannot be
sent as it is goes to people, and is never dropped.

    SHIPPING (tariffs, what is kept apart) ─┐
    the order's shelves                     ─┼─► Problem ─► cheapest_parcels ─► parcels, and why
    what the order holds                    ─┘
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from shared.changes import ACTIONS_MAX, SYSTEM, Change, Draft, stock_rows
from shared.commands import RACES_MAX, Outcome, Shop, carry_out
from shared.fulfilment.customs import is_undeclarable
from shared.fulfilment.queue import place_in_queue, review_queue
from shared.lifecycle import Event, Fact, ParcelState, SubOrderState
from shared.model import Line, Parcel, SubOrder, WholeOrder
from shared.ordering.stock import Shelves, by_warehouse
from shared.splitting.cuts import Load, depot_of, goods_of, reasons
from shared.splitting.optimiser import cheapest_parcels
from shared.splitting.problem import Impossible, Obstacle, Packed, Plan, Problem
from shared.splitting.relocation import relocated, unsplit
from shared.splitting.shares import shared_out
from shared.splitting.terms import NOTHING_PUBLISHED, CarrierService, ShippingTerms, lane_of
from shared.splitting.whereabouts import left_by_warehouse
from shared.store.writing import LINES_PER_ITEM, StockShort

PARCELS_MAX = 60  # Of one order, where its sub-orders and coupons leave room for so many in one transaction.
BESIDE_PARCELS = 9  # In a cancellation: order, event, key, voucher, refund, payment, wallet, transfer, lines.
RELOCATED_LINES_MAX = 40  # A longer order is sent from where it lies: its lines alone fill a transaction.
WMS = "wms"


class Sending(NamedTuple):
    """What a split knows beside the order: tariffs, where to, and what else lies where."""

    terms: ShippingTerms
    destination: tuple[str, str]  # (country, region)
    shelves: Shelves = Shelves({})  # Free units, beside those that the order holds.


def split_order(shop: Shop, order_id: str, now: int) -> Outcome:
    """Effect: plan the parcels of every paid sub-order that has none. Safe to repeat."""
    outcome = _split_next(shop, order_id, now)
    while outcome.change is not None and unsplit(outcome.whole):
        outcome = _split_next(shop, order_id, now)
    return outcome


def _split_next(shop: Shop, order_id: str, now: int) -> Outcome:
    whole = shop.orders.read(order_id)
    waiting = unsplit(whole)
    if not waiting:
        return Outcome(whole)
    region = shop.orders.personal(order_id).get("region", "")
    destination = whole.order.country, region
    terms = shop.goods.shipping_terms()
    for _ in range(RACES_MAX):
        shelves = Shelves({})
        if terms.services and can_move(whole):
            skus = [line.sku for sub_order in waiting for line in whole.lines_of(sub_order)]
            shelves = shop.goods.shelves(skus, whole.snapshot.channel)
        sending = Sending(terms, destination, shelves)
        try:
            return carry_out(shop, order_id, partial(decide_split, now=now, sending=sending))
        except StockShort:
            continue  # Somebody bought what was to be taken elsewhere: look again.
    sending = Sending(terms, destination)
    return carry_out(shop, order_id, partial(decide_split, now=now, sending=sending))


def can_move(whole: WholeOrder) -> bool:
    """Whether its units may be taken from other warehouses than those that they were promised from."""
    return len(whole.lines) <= RELOCATED_LINES_MAX and not whole.transfers


def decide_split(whole: WholeOrder, *, now: int, sending: Sending | None = None) -> Change | None:
    """Cut what is paid and not yet cut, or do nothing. What cannot be sent as it is goes to review."""
    waiting = unsplit(whole)
    if not waiting:
        return None
    sending = sending or Sending(NOTHING_PUBLISHED, (whole.order.country, ""))
    plan, problem, refused = planned(whole, waiting, sending)
    cut = [sub_order for sub_order in waiting if sub_order.number not in refused]
    event = Event.GOODS_ALLOCATED if cut else Event.SPLIT_REFUSED
    draft = Draft(whole, event=event, caller=SYSTEM, now=now)
    for sub_order in waiting:
        if sub_order.number in refused:
            _send_to_review(draft, sub_order, refused[sub_order.number])
    if cut:
        _relocate(draft, plan, sending.shelves)
        _cut(draft, cut, problem, plan, sending, now)
    made = len(draft.whole.parcels) - len(whole.parcels)
    note = {"parcels": made, "tariffs": sending.terms.version, "cost": plan.price}
    return draft.finish(note=note)


def planned(
    whole: WholeOrder, waiting: tuple[SubOrder, ...], sending: Sending
) -> tuple[Plan, Problem, dict[int, str]]:
    """The parcels of what can be sent, and of each sub-order that cannot the obstacle."""
    most = parcels_max(whole)
    refused = {
        s.number: f"not_declarable: {' '.join(skus)}" for s in waiting if (skus := _undeclarable(whole, s))
    }
    while True:
        cut = [sub_order for sub_order in waiting if sub_order.number not in refused]
        problem = problem_of(whole, cut, sending)
        found = unfit(problem) or cheapest_parcels(problem, parcels_max=most)
        if isinstance(found, Impossible):
            refused |= _whose(whole, cut, found)
        elif len(found.parcels) > most:
            largest = max(cut, key=lambda s: sum(p.merchant == s.merchant_id for p in found.parcels))
            refused[largest.number] = "too_many_parcels:"
        elif moved := _too_much_moves(whole, found, sending):
            sending = moved
        else:
            return *_nearest(whole, cut, sending, found, problem), refused


def _nearest(
    whole: WholeOrder, cut: list[SubOrder], sending: Sending, found: Plan, problem: Problem
) -> tuple[Plan, Problem]:
    """*found*, or what is not dearer and leaves all goods where they were promised: nothing moves for nothing."""
    _, moves = relocated(whole, found, sending.shelves)
    if not moves:
        return found, problem
    here = problem_of(whole, cut, sending._replace(shelves=Shelves({})))
    staying = cheapest_parcels(here, parcels_max=parcels_max(whole))
    if isinstance(staying, Impossible) or (found.price, len(found.parcels)) < (
        staying.price,
        len(staying.parcels),
    ):
        return found, problem
    return staying, here


def parcels_max(whole: WholeOrder) -> int:
    """How many parcels the order may become, so that one transaction can still cancel all of it.

    Never fewer than checkout reckoned with: one for each warehouse of each merchant. Goods that are taken at payment
    may lie in more of them by then: what would fit no transaction goes to people.
    """
    room = ACTIONS_MAX - BESIDE_PARCELS - len(whole.sub_orders) - len(whole.snapshot.coupons)
    least = {(line.sub_order, held.warehouse) for line in whole.lines for held in line.allocation}
    return min(room, max(len(least), PARCELS_MAX))


def _undeclarable(whole: WholeOrder, sub_order: SubOrder) -> list[str]:
    return [line.sku for line in whole.lines_of(sub_order) if is_undeclarable(line)]


def problem_of(whole: WholeOrder, sub_orders: list[SubOrder], sending: Sending) -> Problem:
    """The living units of *sub_orders*, with whatever lies where of them: held by the order, or free."""
    terms, lines = sending.terms, [line for s in sub_orders for line in whole.lines_of(s)]
    subs = {s.number: s for s in sub_orders}
    units = {line.number: line.quantity - subs[line.sub_order].gone(line) for line in lines}
    living = [line for line in lines if units[line.number]]
    stock: dict[str, dict[str, int]] = {}
    for line in living:
        for warehouse, count in left_by_warehouse(line, subs[line.sub_order].gone(line)).items():
            stock.setdefault(warehouse, {})[line.sku] = count
    for line in living:
        if subs[line.sub_order].gone(line):
            continue  # Which of its places were given up is settled; it stays where it lies.
        for warehouse, count in by_warehouse(sending.shelves.available.get(line.sku, {})).items():
            if count and any(warehouse in service.warehouses for service in terms.services):
                own = stock.setdefault(warehouse, {})
                own[line.sku] = own.get(line.sku, 0) + count
    currency = currency_of(terms, whole.order.currency, stock)
    depots = (
        depot_of(warehouse, terms, stock[warehouse], destination=sending.destination, currency=currency)
        for warehouse in sorted(stock)
    )
    return Problem(
        goods=tuple(goods_of(line, units[line.number]) for line in living),
        warehouses=tuple(depot.warehouse for depot in depots),
        apart=terms.apart,
        customs_cap=whole.snapshot.policy["cross_border_parcel_minor"],
    )


def currency_of(terms: ShippingTerms, currency: str, warehouses: Iterable[str]) -> str:
    """Costs are compared in one currency: the order's, if a tariff of *warehouses* is in it, or else the first."""
    meant = set(warehouses)
    known = sorted({service.currency for service in terms.services if meant & set(service.warehouses)})
    return currency if currency in known or not known else known[0]


def unfit(problem: Problem) -> Impossible | None:
    """Goods that no tariff or limit means anything for, where there are any."""
    has_tariffs = any(service.service_id for w in problem.warehouses for service in w.services)
    weightless = tuple(one.sku for one in problem.goods if one.unit_grams < 1)
    return Impossible(Obstacle.NO_WEIGHT, weightless) if has_tariffs and weightless else None


def _whose(whole: WholeOrder, cut: list[SubOrder], found: Impossible) -> dict[int, str]:
    """Whose goods cannot be sent: each sub-order with its own SKUs."""
    refused = {}
    for sub_order in cut:
        own = [line.sku for line in whole.lines_of(sub_order) if line.sku in found.skus]
        if own:
            refused[sub_order.number] = f"{found.obstacle}: {' '.join(own)}"
    assert refused, "an obstacle names goods of the order"
    return refused


def _send_to_review(draft: Draft, sub_order: SubOrder, obstacle: str) -> None:
    order = draft.whole.order
    assert order.paid_at is not None, "split after payment"
    queue = review_queue(SubOrderState.UNDER_REVIEW)
    place = place_in_queue(queue, order.order_id, sub_order, order.paid_at)
    draft.move(sub_order, Event.SPLIT_REFUSED, obstacle=obstacle, **place)


def _too_much_moves(whole: WholeOrder, plan: Plan, sending: Sending) -> Sending | None:
    """The same without free units, if taking them would not fit one transaction with the parcels. None: it fits."""
    _, moves = relocated(whole, plan, sending.shelves)
    lines = -(-len(whole.lines) // LINES_PER_ITEM)
    rows = len(plan.parcels) + len(whole.sub_orders) + len(stock_rows(moves)) + lines + 2
    return sending._replace(shelves=Shelves({})) if moves and rows > ACTIONS_MAX else None


def _relocate(draft: Draft, plan: Plan, shelves: Shelves) -> None:
    lines, moves = relocated(draft.whole, plan, shelves)
    if moves:
        draft.take(*moves)
        draft.relocate(lines)


def _cut(draft: Draft, cut: list[SubOrder], problem: Problem, plan: Plan, sending: Sending, now: int) -> None:
    why = reasons(problem, plan)
    goods = {one.sku: one for one in problem.goods}
    for sub_order in cut:
        lines = draft.whole.lines_of(sub_order)
        pairs = [
            pair for pair in zip(plan.parcels, why, strict=True) if pair[0].merchant == sub_order.merchant_id
        ]
        own = [
            replace(
                _parcel(sub_order, lines, packed, Load.of(goods, packed.contents), sending),
                number=number,
                cuts=tuple(one.code for one in trail),
            )
            for number, (packed, trail) in enumerate(pairs, len(draft.whole.parcels) + 1)
        ]
        draft.move(sub_order, Event.GOODS_ALLOCATED, split_at=now)
        for parcel in shared_out(sub_order, lines, own):
            site = sending.terms.sites.get(parcel.warehouse)
            if site is not None and site.interface == WMS:
                pushed = replace(parcel, state=ParcelState.PUSHING, asked_since=now)
                draft.create(pushed, Event.PARCEL_PLANNED, {Fact.AT_WMS})
            else:
                draft.create(parcel, Event.PARCEL_PLANNED)


def _parcel(
    sub_order: SubOrder, lines: tuple[Line, ...], packed: Packed, load: Load, sending: Sending
) -> Parcel:
    """*packed* as a parcel of *sub_order*, still without its number and its reasons."""
    numbers = {line.sku: str(line.number) for line in lines}
    service = next((one for one in sending.terms.services if one.service_id == packed.service_id), None)
    return Parcel(
        number=0,
        sub_order=sub_order.number,
        warehouse=packed.warehouse_id,
        state=ParcelState.AWAITING_SHIPMENT,
        contents={numbers[sku]: units for sku, units in packed.contents},
        goods_minor=0,
        freight_minor=0,
        cuts=(),
        service=packed.service_id,
        cost_minor=packed.price,
        cost_currency=service.currency if service else "",
        grams=load.grams,
        cm3=load.cm3,
        transit_seconds=_transit(service, sending),
        carrier=service.carrier if service else None,
    )


def _transit(service: CarrierService | None, sending: Sending) -> int:
    """How long the service promises to take; 0: it promises nothing."""
    lane = service and lane_of(service, sending.destination)
    return lane.transit_seconds if lane else 0
