"""Goods go out for a case: the same again, others of the same price, or those that were repaired (RULES 9.5).

They are a sub-order of their own, at no price, linked to the one that was paid: reserved in the transaction that orders
them, split, pushed, shipped and received like any other. Each line says whose units it stands in for, so that what
becomes of them later (cancelled, not found, sent back) is worth what was paid for those.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.aftersale.coming_back import places
from shared.aftersale.eligibility import Asked
from shared.aftersale.return_policy import CaseKind
from shared.aftersale.worth import root_of
from shared.changes import Draft
from shared.commands import Shop
from shared.fulfilment.queue import merchant_queue, place_in_queue
from shared.goods import Flag, Held, Sku, StockMove
from shared.lifecycle import Event, SubOrderState
from shared.model import AfterSale, Line, SubOrder, WholeOrder
from shared.ordering.checks import Problem
from shared.ordering.quote import SMALL, Wanted
from shared.ordering.stock import Allocation, Shelves, believed, held_moves, source
from shared.store.goods import Buying

AGREED_ONCE = (
    Flag.LIMITED,
    Flag.DEFERRED,
    Flag.PRESALE,
    Flag.MADE_TO_ORDER,
)  # What no unit is counted for twice.
SUB_ORDERS_MAX = 90


class Stocked(NamedTuple):
    """What can be sent: where it lies, and what is known of it, read before anything is decided."""

    shelves: Shelves
    skus: Mapping[str, Sku]


class Sending(NamedTuple):
    """Units of one SKU that go out for one line, and where they come from."""

    line: Line
    sku: str
    units: int
    allocation: Allocation


def stocked(shop: Shop, whole: WholeOrder, case: AfterSale) -> Stocked | None:
    """Read what *case* may send; None: it sends nothing out of stock."""
    if case.kind not in (CaseKind.EXCHANGE, CaseKind.RESHIP):
        return None
    wanted = tuple({_sku_of(case, line): None for line in lines_of(whole, case)})
    market = shop.goods.read(
        Buying(wanted, whole.order.buyer_id, channel=whole.snapshot.channel, exactly=frozenset(wanted))
    )
    return Stocked(market.shelves, market.skus)


def swap_of(shop: Shop, sku: str, buyer_id: str) -> Sku | None:
    """The goods that a buyer wants instead, as they are for sale now."""
    return shop.goods.read(Buying((sku,), buyer_id)).skus.get(sku) if sku else None


def may_stand_in(whole: WholeOrder, line: Line, sku: Sku | None) -> bool:
    """Whether *sku* may be sent for *line*: its merchant sells it, at the price that was asked for the line."""
    if sku is None or not sku.is_on_sale:
        return False
    price = (line.merchant_id, root_of(whole, line).unit_price_minor, whole.order.currency)
    return price == (sku.merchant_id, sku.unit_price_minor, sku.currency)


def swap_problems(whole: WholeOrder, asked: Asked, sku: Sku | None) -> Iterator[Problem]:
    """Why *sku* cannot be had instead of what *asked* is about."""
    lines = [line for line in whole.lines if line.number in asked.units]
    if asked.swap and not all(may_stand_in(whole, line, sku) for line in lines):
        yield Problem("swap_differs", "/swap", {"sku": asked.swap})


def lines_of(whole: WholeOrder, case: AfterSale) -> list[Line]:
    return [line for line in whole.lines if case.unit_count(line.number)]


def _sku_of(case: AfterSale, line: Line) -> str:
    return case.swap or line.sku


def sendings(
    whole: WholeOrder, case: AfterSale, units: Mapping[int, int], goods: Stocked | None
) -> list[Sending]:
    """What goes out for *units* (by line number) of *case*; nothing, if not all of it is there."""
    if len(whole.sub_orders) >= SUB_ORDERS_MAX:
        return []
    lines = [line for line in lines_of(whole, case) if units.get(line.number)]
    if case.kind == CaseKind.REPAIR:
        return _repaired(whole, case, lines, units)
    if goods is None or not _may_be_sent(whole, case, lines, goods):
        return []
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[_sku_of(case, line)] = wanted.get(_sku_of(case, line), 0) + units[line.number]
    found = source([Wanted(sku, count) for sku, count in wanted.items()], goods.shelves)
    believed(found.short, goods.shelves)
    if found.short:
        return []
    sent, left = [], {sku: list(held) for sku, held in found.allocation.items()}
    for line in lines:
        sku = _sku_of(case, line)
        sent.append(Sending(line, sku, units[line.number], _cut_off(left[sku], units[line.number])))
    return sent


def _may_be_sent(whole: WholeOrder, case: AfterSale, lines: list[Line], goods: Stocked) -> bool:
    return not case.swap or all(may_stand_in(whole, line, goods.skus.get(case.swap)) for line in lines)


def _repaired(
    whole: WholeOrder, case: AfterSale, lines: list[Line], units: Mapping[int, int]
) -> list[Sending]:
    """The same units again. What is not there cannot be repaired."""
    counted = {line: sum(graded.values()) for line, graded in case.counted.items()}
    if case.counted and counted != dict(case.units):
        return []
    return [Sending(line, line.sku, units[line.number], _where_they_are(whole, case, line)) for line in lines]


def handed_back(whole: WholeOrder, case: AfterSale) -> list[Sending]:
    """What came back, as it came; nothing, if nothing did, or the order has too many parts."""
    if len(whole.sub_orders) >= SUB_ORDERS_MAX:
        return []
    counted = {int(line): sum(graded.values()) for line, graded in case.counted.items()}
    return [
        Sending(
            line,
            line.sku,
            counted[line.number],
            _cut_off(list(_where_they_are(whole, case, line)), counted[line.number]),
        )
        for line in lines_of(whole, case)
        if counted.get(line.number)
    ]


def _cut_off(left: list[Held], units: int) -> Allocation:
    """Take *units* off the front of *left*."""
    taken: list[Held] = []
    while units:
        first = left.pop(0)
        taken.append(first._replace(units=min(units, first.units)))
        if first.units > units:
            left.insert(0, first._replace(units=first.units - units))
        units -= taken[-1].units
    return tuple(taken)


def _where_they_are(whole: WholeOrder, case: AfterSale, line: Line) -> Allocation:
    """Units that are repaired lie where they came back to: the places that they had left."""
    return tuple(Held(place.warehouse, units, place.shard) for place, units in places(whole, case, line))


def order_replacement(draft: Draft, case: AfterSale, sent: list[Sending], goods: Stocked | None) -> SubOrder:
    """Create the sub-order that *sent* is; what is not there already is reserved."""
    whole = draft.whole
    paid = whole.sub_orders[case.sub_order - 1]
    root = whole.sub_orders[(paid.replaces or paid.number) - 1]
    number = len(whole.sub_orders) + 1
    first = max(line.number for line in whole.lines) + 1
    lines = tuple(_line(whole, one, first + index, number, goods) for index, one in enumerate(sent))
    made = SubOrder(
        number=number,
        merchant_id=paid.merchant_id,
        state=SubOrderState.AWAITING_SHIPMENT,
        goods_minor=0,
        freight_minor=0,
        payable_minor=0,
        boost_seconds=paid.boost_seconds,
        replaces=root.number,
        case=case.number,
    )
    assert whole.order.paid_at is not None, "only what was paid is made good"
    place = place_in_queue(merchant_queue(paid.merchant_id), whole.order.order_id, made, whole.order.paid_at)
    draft.add_lines(lines)
    created = draft.create(made, Event.REPLACEMENT_ORDERED)
    if case.sends_its_own:
        draft.take(*_reworked(sent))
    else:
        draft.take(*held_moves("reserve", lines))
    return draft.change(created, **place)


def _reworked(sent: list[Sending]) -> list[StockMove]:
    return [
        StockMove("rework", one.sku, held.warehouse, held.units, held.shard)
        for one in sent
        for held in one.allocation
    ]


def _line(whole: WholeOrder, sending: Sending, number: int, sub_order: int, goods: Stocked | None) -> Line:
    """The paid line again, at no price; of another SKU, what is different about that one."""
    paid = sending.line
    made = paid._replace(
        number=number,
        sub_order=sub_order,
        quantity=sending.units,
        unit_price_minor=0,
        steps=(),
        payable_minor=0,
        points=0,
        allocation=sending.allocation,
        flags=tuple(flag for flag in paid.flags if flag not in AGREED_ONCE),
        replaces=root_of(whole, paid).number,
    )
    if sending.sku == paid.sku or goods is None:
        return made
    sku = goods.skus[sending.sku]
    return made._replace(
        sku=sku.sku,
        name=sku.name,
        spec=sku.spec,
        category=sku.category,
        weight_grams=sku.weight_grams,
        volume_cm3=sku.volume_cm3,
        size_class=sku.size_class if sku.size_class != SMALL else "",
        hs_code=sku.hs_code,
        origin=sku.origin,
        flags=tuple(flag for flag in sku.flags if flag not in AGREED_ONCE),
    )
