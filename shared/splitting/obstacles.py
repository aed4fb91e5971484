"""Can everything be sent at all, and if not, why?

A unit alone is the easiest parcel there is, and a line's stock is its own. So an order can be sent in full when, for
each line alone, enough units lie where some service takes one of them.
"""

from collections.abc import Iterator

from shared.splitting.groups import takes
from shared.splitting.problem import Goods, Impossible, Kind, Obstacle, Problem, Warehouse


def obstacles(problem: Problem) -> tuple[Impossible, ...]:
    """What people must look at, each kind with all goods that it concerns; a line counts for its first one.

    Goods without weight are among them, though ``cheapest_parcels`` would send them: whether a tariff means anything
    for them is for the caller to say.
    """
    skus: dict[Obstacle, list[str]] = {obstacle: [] for obstacle in Obstacle}
    for goods in problem.goods:
        if goods.unit_grams < 1:
            skus[Obstacle.NO_WEIGHT].append(goods.sku)
        for obstacle in _in_the_way_of(goods, problem):
            skus[obstacle].append(goods.sku)
            break
    return tuple(Impossible(obstacle, tuple(named)) for obstacle, named in skus.items() if named)


def first_obstacle(problem: Problem) -> Impossible | None:
    """Why the order cannot be sent in full, or None. No weight is no reason here."""
    found = (one for one in obstacles(problem) if one.obstacle is not Obstacle.NO_WEIGHT)
    return next(found, None)


def _in_the_way_of(goods: Goods, problem: Problem) -> Iterator[Obstacle]:
    held = [min(goods.quantity, warehouse.stock.get(goods.sku, 0)) for warehouse in problem.warehouses]
    if sum(held) < goods.quantity:
        yield Obstacle.NO_STOCK
    is_capped = Kind.CROSS_BORDER in goods.kinds and problem.customs_cap is not None
    if is_capped and problem.customs_cap is not None and goods.unit_price_minor > problem.customs_cap:
        yield Obstacle.OVER_CUSTOMS_CAP
    carried = [
        units
        for units, warehouse in zip(held, problem.warehouses, strict=True)
        if units > 0 and _carries(warehouse, goods)
    ]
    if not carried:
        yield Obstacle.NO_SERVICE
    if sum(carried) < goods.quantity:
        yield Obstacle.NOT_ENOUGH_CARRIED


def _carries(warehouse: Warehouse, goods: Goods) -> bool:
    return any(
        takes(service, goods.kinds)
        and goods.unit_grams <= service.max_grams
        and goods.unit_cm3 <= service.max_cm3
        for service in warehouse.services
    )
