"""Into which parcels should an order be cut so that sending them costs least?

    obstacles ─► groups ─┬─ few candidates: bounds ─► exact ──────────────┐
                         │                     not done in time           ├─► Plan
                         └─ many: starts, filling ─► ruin ─► mending ──────┘

Parts of an order that have nothing to do with each other are solved alone (groups.py). Where all parcels that a part
could have are few enough to look at (candidates.py), each unit gets a price below which no plan can come (bounds.py),
and the plans that come near it are searched with proof (exact.py). Elsewhere a few first plans (starts.py, filling.py)
are torn open again and again (ruin.py), and the best of them is mended (mending.py). No clock is read: the limit of
time is an amount of work (work.py), and chance has a fixed seed, so that the same problem and limit give the same
parcels everywhere.
"""

from collections.abc import Iterator

from shared.splitting.groups import Group, Weights, groups_of, takes, weights_of
from shared.splitting.obstacles import first_obstacle
from shared.splitting.problem import Impossible, Packed, Plan, Problem, Warehouse
from shared.splitting.solving import Solution, solved
from shared.splitting.tariff import parcel_price
from shared.splitting.work import UNITS_PER_MS, Work

_DEARER = (
    1,
    3,
    10,
    100,
)  # Each further parcel costs so many times an average one, until there are few enough.


def cheapest_parcels(
    problem: Problem, *, time_limit_ms: int = 100, parcels_max: int | None = None
) -> Plan | Impossible:
    """The cheapest plan that is found in about *time_limit_ms* on one slow core, always the same.

    The price comes first, then the number of parcels, then the sum of their warehouses' distances. With *parcels_max*,
    if the cheapest plan has more parcels: the cheapest with no more that is found, or else one of as few as are found.
    """
    impossible = first_obstacle(problem)
    if impossible:
        return impossible
    units = time_limit_ms * UNITS_PER_MS
    plan = _plan(problem, 0, units)
    if parcels_max is None or len(plan.parcels) <= parcels_max:
        return plan
    average = plan.price // len(plan.parcels) + 1
    for times in _DEARER:
        other = _plan(problem, times * average, units // len(_DEARER))
        if len(other.parcels) < len(plan.parcels):
            plan = other._replace(is_optimal=False, at_least=plan.at_least)
        if len(plan.parcels) <= parcels_max:
            break
    return plan


def _plan(problem: Problem, parcel_minor: int, units: int) -> Plan:
    """The cheapest plan if each parcel cost *parcel_minor* more; its price is without that."""
    weights = weights_of(problem, parcel_minor)
    groups = groups_of(problem, weights)
    solutions: list[tuple[Group, Solution]] = []
    lines = len(problem.goods)
    for group in sorted(groups, key=lambda group: len(group.goods)):
        work = Work(units * len(group.goods) // lines)
        units -= work.left
        solutions.append((group, solved(group, work)))
        units += max(0, work.left)
        lines -= len(group.goods)
    parcels = tuple(_packed(problem, solutions))
    price = sum(parcel.price for parcel in parcels)
    at_least = min(price, _least_price(sum(solution.bound for _, solution in solutions), weights))
    return Plan(parcels, price, at_least == price, at_least)


def _least_price(bound: int, weights: Weights) -> int:
    """The least price of a plan that costs *bound*: what comes after the price is less than a 16th of a unit."""
    return max(0, -(-(16 * bound - weights.price) // (16 * weights.price)))


def _packed(problem: Problem, solutions: list[tuple[Group, Solution]]) -> Iterator[Packed]:
    """The parcels in the order of their first goods, warehouses and contents."""
    places = {goods.sku: place for place, goods in enumerate(problem.goods)}
    parcels = []
    for group, solution in solutions:
        for sent in solution.parcels:
            counts = sorted((places[group.goods[place].sku], count) for place, count in sent.contents.items())
            first = counts[0][0]
            parcels.append((first, group.depots[sent.depot].place, counts, group.goods[0].merchant))
    for _, place, counts, merchant in sorted(parcels):
        yield _parcel(problem, merchant, problem.warehouses[place], counts)


def _parcel(problem: Problem, merchant: str, warehouse: Warehouse, counts: list[tuple[int, int]]) -> Packed:
    """By the cheapest service that takes it; of equals, the first by name."""
    goods = [problem.goods[place] for place, _ in counts]
    grams = sum(one.unit_grams * count for one, (_, count) in zip(goods, counts, strict=True))
    cm3 = sum(one.unit_cm3 * count for one, (_, count) in zip(goods, counts, strict=True))
    kinds = goods[0].kinds
    price, service_id = min(
        (parcel_price(warehouse, service, grams, cm3, kinds), service.service_id)
        for service in warehouse.services
        if takes(service, kinds) and grams <= service.max_grams and cm3 <= service.max_cm3
    )
    contents = tuple((one.sku, count) for one, (_, count) in zip(goods, counts, strict=True))
    return Packed(merchant, warehouse.warehouse_id, service_id, contents, price)
