"""Units that leave from another warehouse than the one they were promised from.

Nothing was sent yet, so a promise can move: units are reserved where they shall leave, and released where they lay, in
one transaction with the parcels. What somebody else bought meanwhile stays theirs: then the transaction fails whole.
"""

from collections.abc import Iterator, Mapping, Sequence

from shared.goods import Held, StockMove
from shared.lifecycle import SubOrderState
from shared.model import Line, SubOrder, WholeOrder
from shared.ordering.stock import Allocation, Shelves
from shared.splitting.problem import Plan
from shared.splitting.whereabouts import held_by_warehouse


def unsplit(whole: WholeOrder) -> tuple[SubOrder, ...]:
    """What is to be cut next: of each merchant the first that waits. What makes good waits for its turn."""
    waiting = (
        s for s in whole.sub_orders if s.state is SubOrderState.AWAITING_SHIPMENT and s.split_at is None
    )
    first: dict[str, SubOrder] = {}
    for sub_order in waiting:
        first.setdefault(sub_order.merchant_id, sub_order)
    return tuple(first.values())


def relocated(whole: WholeOrder, plan: Plan, shelves: Shelves) -> tuple[tuple[Line, ...], list[StockMove]]:
    """The lines as their goods shall lie, and the moves that bring that about."""
    wanted: dict[str, dict[str, int]] = {}
    for parcel in plan.parcels:
        for sku, units in parcel.contents:
            own = wanted.setdefault(sku, {})
            own[parcel.warehouse_id] = own.get(parcel.warehouse_id, 0) + units
    partly_gone = {n.number for s in whole.sub_orders for n in whole.lines_of(s) if s.gone(n)}
    waiting = {sub_order.number for sub_order in unsplit(whole)}
    moves: list[StockMove] = []
    lines = []
    for line in whole.lines:
        there = wanted.get(line.sku) if line.sub_order in waiting else None
        stays = line.number in partly_gone or not shelves.available.get(line.sku)
        if there is None or stays or there == held_by_warehouse(line):
            lines.append(line)
            continue
        allocation = _allocated(line, there, shelves)
        moves += _difference(line, allocation)
        lines.append(line._replace(allocation=allocation))
    return tuple(lines), moves


def _allocated(line: Line, wanted: Mapping[str, int], shelves: Shelves) -> Allocation:
    """Places that hold what is *wanted* in each warehouse: first those that the line holds already."""
    missing = dict(wanted)
    kept: list[Held] = []
    for held in line.allocation:
        units = min(held.units, missing.get(held.warehouse, 0))
        if units:
            missing[held.warehouse] -= units
            kept.append(held._replace(units=units))
    for place, free in sorted(shelves.available[line.sku].items()):
        units = min(free, missing.get(place.warehouse, 0))
        if units:
            missing[place.warehouse] -= units
            kept.append(shelves.holds(line.sku, place, units))
    assert not any(missing.values()), "the optimiser takes no more than there is"
    return _joined(kept)


def _joined(places: Sequence[Held]) -> Allocation:
    """One entry for each place and channel, in the order in which they were first named."""
    total: dict[Held, int] = {}
    for held in places:
        total[held._replace(units=0)] = total.get(held._replace(units=0), 0) + held.units
    return tuple(held._replace(units=units) for held, units in total.items())


def _difference(line: Line, allocation: Allocation) -> Iterator[StockMove]:
    before = {held._replace(units=0): held.units for held in _joined(line.allocation)}
    after = {held._replace(units=0): held.units for held in allocation}
    for place in sorted(before.keys() | after.keys()):
        more = after.get(place, 0) - before.get(place, 0)
        kind = "reserve" if more > 0 else "release"
        if more:
            yield StockMove(kind, line.sku, place.warehouse, abs(more), place.shard, place.channel)
