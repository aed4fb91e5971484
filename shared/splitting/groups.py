"""Which goods could share a parcel at all, and what would it cost from each warehouse?

Goods of two merchants, or of different kinds, never share a parcel, and a SKU has one line. So an order falls into
groups that have nothing to do with each other, not even stock, and each is solved alone. A group counts in places
instead of SKUs, and in *costs* instead of prices: one number that orders parcels as the objective does,

    cost = price * price_weight + parcel_weight + distance

where a minor unit outweighs all parcels and distances together, and a parcel all distances.
"""

from collections.abc import Iterable
from typing import NamedTuple

from shared.splitting.problem import Goods, Kind, Problem, Service, Warehouse
from shared.splitting.tariff import surcharge

DEARER_THAN_ALL = 1 << 200
_FINE = 64  # So that bounds, which are rounded to whole costs, still tell numbers of parcels apart.
Step = tuple[int, int, int, int, int]  # A band of a tariff, in costs.


class Lane(NamedTuple):
    """A service as the group sees it."""

    least: int  # The cost of a parcel of no weight.
    max_grams: int
    max_cm3: int
    divisor: int | None
    steps: tuple[Step, ...]


class Depot(NamedTuple):
    """A warehouse as the group sees it."""

    place: int  # In the problem's warehouses.
    least: int
    lanes: tuple[Lane, ...]  # The least first.
    stock: tuple[int, ...]  # Of each of the group's goods, never more than is wanted.


class Group(NamedTuple):
    goods: tuple[Goods, ...]
    quantities: tuple[int, ...]
    grams: tuple[int, ...]
    cm3: tuple[int, ...]
    worth: tuple[int, ...]  # What customs counts of a unit; 0 where there is no cap.
    cap: int
    conflicts: tuple[int, ...]  # For each of the goods, the set (bits) of those that are kept apart from it.
    depots: tuple[Depot, ...]


class Weights(NamedTuple):
    """How the objective's parts are put into one number."""

    price: int
    parcel: int


def weights_of(problem: Problem, parcel_minor: int = 0) -> Weights:
    """Enough that no number of parcels outweighs a minor unit, and no distances outweigh a parcel.

    With *parcel_minor* each parcel counts as if it cost so much more.
    """
    units = sum(goods.quantity for goods in problem.goods)
    farthest = max((warehouse.distance for warehouse in problem.warehouses), default=0)
    parcel = _FINE * (units * farthest + 1)
    price = 16 * (units + 1) * (parcel + farthest)
    return Weights(price, parcel + parcel_minor * price)


def groups_of(problem: Problem, weights: Weights) -> tuple[Group, ...]:
    """The groups in the order of their first goods."""
    alike: dict[tuple[str, frozenset[Kind]], list[Goods]] = {}
    for goods in problem.goods:
        alike.setdefault((goods.merchant, goods.kinds), []).append(goods)
    return tuple(
        group_of(problem, weights, part)
        for members in alike.values()
        for part in _parts(members, problem.apart)
    )


def group_of(problem: Problem, weights: Weights, members: Iterable[Goods]) -> Group:
    goods = tuple(members)
    is_capped = Kind.CROSS_BORDER in goods[0].kinds and problem.customs_cap is not None
    return Group(
        goods=goods,
        quantities=tuple(one.quantity for one in goods),
        grams=tuple(one.unit_grams for one in goods),
        cm3=tuple(one.unit_cm3 for one in goods),
        worth=tuple(one.unit_price_minor if is_capped else 0 for one in goods),
        cap=problem.customs_cap if is_capped and problem.customs_cap is not None else 0,
        conflicts=tuple(
            sum(1 << place for place, other in enumerate(goods) if _are_apart(one, other, problem.apart))
            for one in goods
        ),
        depots=tuple(
            depot
            for place, warehouse in enumerate(problem.warehouses)
            for depot in [_depot(place, warehouse, goods, weights)]
            if depot.lanes and any(depot.stock)
        ),
    )


def takes(service: Service, kinds: frozenset[Kind]) -> bool:
    """Does *service* refuse none of *kinds*, nor the want of cross-border?"""
    refused = service.refuses
    return not (kinds & refused or (Kind.DOMESTIC in refused and Kind.CROSS_BORDER not in kinds))


def cheapest(lanes: Iterable[Lane], grams: int, cm3: int, below: int = DEARER_THAN_ALL) -> int:
    """The least cost of one parcel; 0 where no lane takes it for less than *below*."""
    best = below
    for least, max_grams, max_cm3, divisor, steps in lanes:
        if least >= best:
            break  # So are all that follow.
        if grams <= max_grams and cm3 <= max_cm3:
            counted = grams
            if divisor is not None:
                volumetric = -(-1000 * cm3 // divisor)
                counted = volumetric if volumetric > grams else grams  # Calls of max and min take time.
            for over, upto, base, step, step_cost in steps:
                if counted <= upto:
                    cost = base - step_cost * ((over - counted) // step)
                    best = cost if cost < best else best
                    break
    return best if best < below else 0


def _parts(members: list[Goods], apart: frozenset[frozenset[str]]) -> list[list[Goods]]:
    """The parts of *members* that no chain of goods which may lie together connects."""
    parts: list[list[Goods]] = []
    for goods in members:
        near = [part for part in parts if not all(_are_apart(goods, other, apart) for other in part)]
        parts = [part for part in parts if part not in near]
        parts.append([*(other for part in near for other in part), goods])
    places = {goods.sku: place for place, goods in enumerate(members)}
    for part in parts:
        part.sort(key=lambda goods: places[goods.sku])
    return sorted(parts, key=lambda part: places[part[0].sku])


def _are_apart(one: Goods, other: Goods, apart: frozenset[frozenset[str]]) -> bool:
    return one.category != other.category and frozenset((one.category, other.category)) in apart


def _depot(place: int, warehouse: Warehouse, goods: tuple[Goods, ...], weights: Weights) -> Depot:
    kinds = goods[0].kinds
    lanes = [
        _lane(warehouse, service, kinds, weights) for service in warehouse.services if takes(service, kinds)
    ]
    stock = tuple(
        min(one.quantity, warehouse.stock.get(one.sku, 0)) if _fits_alone(one, lanes) else 0 for one in goods
    )
    lanes.sort(key=lambda lane: lane.least)
    return Depot(place, lanes[0].least if lanes else 0, tuple(lanes), stock)


def _fits_alone(goods: Goods, lanes: list[Lane]) -> bool:
    return any(goods.unit_grams <= lane.max_grams and goods.unit_cm3 <= lane.max_cm3 for lane in lanes)


def _lane(warehouse: Warehouse, service: Service, kinds: frozenset[Kind], weights: Weights) -> Lane:
    """Bands whose prices are costs: surcharges, handling, the parcel and the distance are in their bases."""
    extra = warehouse.handling + surcharge(service, kinds)
    once = extra * weights.price + weights.parcel + warehouse.distance
    steps = tuple(
        (band.over, band.upto, band.base * weights.price + once, band.step, band.step_price * weights.price)
        for band in service.bands
    )
    return Lane(steps[0][2], service.max_grams, service.max_cm3, service.volumetric_divisor, steps)
