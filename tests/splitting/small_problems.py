"""Problems small enough to try every answer, and the rules of an answer, said again without the optimiser's code."""

from collections import Counter
from itertools import product

from shared.splitting.problem import Band, Goods, Kind, Service, Warehouse


def goods(sku, quantity=1, **changes):
    return Goods(sku, "M1", quantity, 1_000, 700, 6_840)._replace(**changes)


def a_service(name, *bands, **changes):
    """Bands as (upto, base, step, step price)."""
    over, table = 0, []
    for upto, base, step, step_price in bands:
        table.append(Band(over, upto, base, step, step_price))
        over = upto
    return Service(name, max_grams=over, max_cm3=1_000_000, bands=tuple(table))._replace(**changes)


def a_warehouse(name, stock, *services, handling=0, distance=0):
    return Warehouse(name, handling, services, stock, distance)


def price_of(warehouse, service, packed):
    """What SPLITTING's text says, line by line. *packed*: the goods of one parcel, unit by unit."""
    counted = sum(one.unit_grams for one in packed)
    if service.volumetric_divisor is not None:
        thousandths = 1000 * sum(one.unit_cm3 for one in packed)
        volume = thousandths // service.volumetric_divisor
        volume += 1 if thousandths % service.volumetric_divisor else 0
        counted = max(counted, volume)
    band = next(band for band in service.bands if counted <= band.upto)
    steps, begun = divmod(counted - band.over, band.step)
    price = band.base + band.step_price * (steps + (1 if begun else 0)) + warehouse.handling
    for kind in (Kind.BULKY, Kind.HAZARD):
        if any(kind in one.kinds for one in packed):
            price += service.surcharges.get(kind, 0)
    return price


def is_allowed(problem, service, packed):
    """May these units be one parcel of *service*?"""
    kinds = {one.kinds for one in packed}
    if len(kinds) != 1 or len({one.merchant for one in packed}) != 1:
        return False
    (kinds,) = kinds
    if any(kind in service.refuses for kind in kinds):
        return False
    if Kind.DOMESTIC in service.refuses and Kind.CROSS_BORDER not in kinds:
        return False
    categories = {one.category for one in packed}
    if any(pair <= categories for pair in problem.apart if len(pair) == 2):
        return False
    worth = sum(one.unit_price_minor for one in packed)
    if Kind.CROSS_BORDER in kinds and problem.customs_cap is not None and worth > problem.customs_cap:
        return False
    return (
        sum(one.unit_grams for one in packed) <= service.max_grams
        and sum(one.unit_cm3 for one in packed) <= service.max_cm3
    )


def broken_rules(problem, plan):
    """Why *plan* is no answer to *problem*."""
    by_sku = {one.sku: one for one in problem.goods}
    warehouses = {warehouse.warehouse_id: warehouse for warehouse in problem.warehouses}
    broken, sent, taken = [], Counter(), Counter()
    for parcel in plan.parcels:
        warehouse = warehouses[parcel.warehouse_id]
        service = next(s for s in warehouse.services if s.service_id == parcel.service_id)
        packed = [by_sku[sku] for sku, count in parcel.contents for _ in range(count)]
        if not packed or not is_allowed(problem, service, packed):
            broken.append(f"{parcel} is not allowed")
        elif parcel.price != price_of(warehouse, service, packed):
            broken.append(f"{parcel} costs {price_of(warehouse, service, packed)}")
        if {parcel.merchant} != {one.merchant for one in packed}:
            broken.append(f"{parcel} is not of that merchant")
        for sku, count in parcel.contents:
            sent[sku] += count
            taken[sku, parcel.warehouse_id] += count
    if sent != Counter({one.sku: one.quantity for one in problem.goods}):
        broken.append(f"sent {sent}")
    broken += [
        f"{count} of {sku} from {name}"
        for (sku, name), count in taken.items()
        if count > warehouses[name].stock.get(sku, 0)
    ]
    if plan.price != sum(parcel.price for parcel in plan.parcels):
        broken.append("the price is not the sum of the parcels'")
    return broken


def least_price(problem):
    """The cheapest price of all answers, by trying them; None if there is none."""
    everything = tuple(one.quantity for one in problem.goods)
    stock = tuple(
        tuple(warehouse.stock.get(one.sku, 0) for one in problem.goods) for warehouse in problem.warehouses
    )
    return _least(problem, everything, stock, {})


def _least(problem, left, stock, known):
    if not any(left):
        return (0, 0, 0)
    if (left, stock) not in known:
        best = None
        for number, counts, price, distance in _parcels(problem, left, stock):
            rest = tuple(have - count for have, count in zip(left, counts, strict=True))
            shelf = tuple(have - count for have, count in zip(stock[number], counts, strict=True))
            other = _least(problem, rest, (*stock[:number], shelf, *stock[number + 1 :]), known)
            if other is not None:
                total = (price + other[0], 1 + other[1], distance + other[2])
                best = total if best is None else min(best, total)
        known[left, stock] = best
    return known[left, stock]


def _parcels(problem, left, stock):
    """Every parcel that holds a unit of the first goods that are left."""
    first = next(place for place, count in enumerate(left) if count)
    for number, warehouse in enumerate(problem.warehouses):
        most = [min(pair) for pair in zip(left, stock[number], strict=True)]
        for counts in product(*(range(count + 1) for count in most)):
            if counts[first]:
                packed = [one for one, count in zip(problem.goods, counts, strict=True) for _ in range(count)]
                for service in warehouse.services:
                    if is_allowed(problem, service, packed):
                        price = price_of(warehouse, service, packed)
                        yield number, counts, price, warehouse.distance
