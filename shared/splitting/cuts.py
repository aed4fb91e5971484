"""Why an order is cut: its goods as a splitting problem, and every parcel's reasons, cut after cut.

    order ─merchant─► parts ─border─► ─size─► ─hazard─► ─warehouse─► ─category─► what one parcel could hold
                                                    └─ and no more than that: weight, volume, customs cap, tariff

The first five say what must never travel together, or lies apart; inside what is left, a parcel is only cut from
another because together they would be over a limit, or dearer. The reasons follow from the problem and the parcels
alone, so that anybody can work them out again.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.goods import Flag
from shared.model import Line
from shared.splitting.problem import Band, Goods, Kind, Packed, Plan, Problem, Service, Warehouse
from shared.splitting.tariff import parcel_price
from shared.splitting.terms import ShippingTerms, lane_of

BULKY = "bulky"
UNLIMITED = 10**12
OWN_MEANS = Service("", UNLIMITED, UNLIMITED, bands=(Band(0, UNLIMITED, 0, 1, 0),))


class Depot(NamedTuple):
    """A warehouse that may send goods of this order: how many units of each SKU, and whether we know its tariffs."""

    warehouse: Warehouse
    has_services: bool


class Cut(NamedTuple):
    """One reason: *dimension* of RULES 6, and what is on this side of it."""

    dimension: str
    value: str

    @property
    def code(self) -> str:
        return f"{self.dimension}:{self.value}" if self.value else self.dimension


def goods_of(line: Line, units: int) -> Goods:
    """*units* of *line*, as the optimiser knows goods. Customs counts what a unit is offered for, before any coupon."""
    kinds = {
        Kind.CROSS_BORDER: Flag.CROSS_BORDER in line.flags,
        Kind.HAZARD: Flag.HAZARD in line.flags,
        Kind.BULKY: line.size_class == BULKY,
    }
    return Goods(
        sku=line.sku,
        merchant=line.merchant_id,
        quantity=units,
        unit_price_minor=line.unit_price_minor,
        unit_grams=line.weight_grams,
        unit_cm3=line.volume_cm3,
        category=line.category,
        kinds=frozenset(kind for kind, is_so in kinds.items() if is_so),
    )


def depot_of(
    warehouse_id: str,
    terms: ShippingTerms,
    stock: Mapping[str, int],
    *,
    destination: tuple[str, str],
    currency: str,
) -> Depot:
    """The warehouse with its services to *destination*.

    A warehouse that no tariff names ships by its own means, which we know nothing of: whatever lies there can be sent.
    """
    named = [service for service in terms.services if warehouse_id in service.warehouses]
    site = terms.sites.get(warehouse_id)
    handling = site.handling_minor if site else 0
    services = tuple(
        service.on(lane)
        for service in named
        if service.currency == currency and (lane := lane_of(service, destination)) is not None
    )
    if not named:
        services = (OWN_MEANS,)
    distance = 0 if site is None else _distance(site.country, site.region, destination)
    return Depot(Warehouse(warehouse_id, handling, services, dict(stock), distance), bool(named))


def _distance(country: str, region: str, destination: tuple[str, str]) -> int:
    """0 in the same region, 1 in the same country, 2 beyond: nearest means no more here."""
    if country != destination[0]:
        return 2
    return 0 if region and region == destination[1] else 1


def reasons(problem: Problem, plan: Plan) -> tuple[tuple[Cut, ...], ...]:
    """Why each parcel of *plan* is one, in the plan's order: the merchant always, further cuts where there was one."""
    goods = {one.sku: one for one in problem.goods}
    trails: list[list[Cut]] = [[Cut("merchant", parcel.merchant)] for parcel in plan.parcels]
    whole = _parts(range(len(plan.parcels)), lambda n: plan.parcels[n].merchant)
    for merchants_own in whole:
        _cut(problem, plan, goods, merchants_own, trails, DIMENSIONS)
    return tuple(tuple(trail) for trail in trails)


def _cut(
    problem: Problem,
    plan: Plan,
    goods: Mapping[str, Goods],
    numbers: Sequence[int],
    trails: list[list[Cut]],
    dimensions: Sequence[tuple[str, Callable[[Packed, Mapping[str, Goods]], str]]],
) -> None:
    """Cut the parcels *numbers* by the first of *dimensions*, and each part by the next ones."""
    if not dimensions:
        _limits(problem, plan, goods, numbers, trails)
        return
    (name, side), *others = dimensions
    parts = _parts(numbers, lambda n: side(plan.parcels[n], goods))
    for part in parts:
        if len(parts) > 1 or name in ALWAYS_SAID:
            for number in part:
                if value := side(plan.parcels[number], goods):
                    trails[number].append(Cut(name, value))
        _cut(problem, plan, goods, part, trails, others)


def _parts(numbers: Iterable[int], side: Callable[[int], Hashable]) -> list[list[int]]:
    parts: dict[Hashable, list[int]] = {}
    for number in numbers:
        parts.setdefault(side(number), []).append(number)
    return list(parts.values())


def _first(parcel: Packed, goods: Mapping[str, Goods]) -> Goods:
    return goods[parcel.contents[0][0]]  # They agree on every kind.


def _border(parcel: Packed, goods: Mapping[str, Goods]) -> str:
    return "cross_border" if Kind.CROSS_BORDER in _first(parcel, goods).kinds else "domestic"


def _size(parcel: Packed, goods: Mapping[str, Goods]) -> str:
    return "bulky" if Kind.BULKY in _first(parcel, goods).kinds else "small"


def _hazard(parcel: Packed, goods: Mapping[str, Goods]) -> str:
    return "hazard" if Kind.HAZARD in _first(parcel, goods).kinds else "harmless"


def _warehouse(parcel: Packed, _goods: Mapping[str, Goods]) -> str:
    return parcel.warehouse_id


DIMENSIONS = (("border", _border), ("size", _size), ("hazard", _hazard), ("warehouse", _warehouse))
ALWAYS_SAID = ("warehouse",)


def _limits(
    problem: Problem, plan: Plan, goods: Mapping[str, Goods], numbers: Sequence[int], trails: list[list[Cut]]
) -> None:
    """Parcels that could share one but for their categories, a limit, or the price: each says what it was."""
    for number in numbers:
        found = {
            cut: None
            for other in numbers
            if other != number
            for cut in _between(problem, goods, plan.parcels[number], plan.parcels[other])
        }
        trails[number].extend(found)


def _between(problem: Problem, goods: Mapping[str, Goods], one: Packed, other: Packed) -> Iterator[Cut]:
    """Why *one* and *other*, of one warehouse, are two parcels: the first of category, limits, and price."""
    if clash := _clash(problem, goods, one, other):
        yield Cut("category", "|".join(clash))
        return
    warehouse = next(w for w in problem.warehouses if w.warehouse_id == one.warehouse_id)
    both = Load.of(goods, one.contents) + Load.of(goods, other.contents)
    cap = problem.customs_cap
    if cap is not None and Kind.CROSS_BORDER in both.kinds and both.value > cap:
        yield Cut("customs_cap", str(cap))
        return
    takers = [s for s in warehouse.services if not both.kinds_refused(s)]
    if all(both.grams > s.max_grams for s in takers):
        yield Cut("weight", str(max(s.max_grams for s in takers)))
    elif carrying := [s for s in takers if both.grams <= s.max_grams and both.cm3 <= s.max_cm3]:
        together = min(parcel_price(warehouse, s, both.grams, both.cm3, both.kinds) for s in carrying)
        apart = one.price + other.price
        if apart < together:
            yield Cut("tariff", f"{apart}<{together}")
    else:
        yield Cut("volume", str(max(s.max_cm3 for s in takers)))


def _clash(
    problem: Problem, goods: Mapping[str, Goods], one: Packed, other: Packed
) -> tuple[str, ...] | None:
    pairs = (
        frozenset({goods[a].category, goods[b].category}) for a, _ in one.contents for b, _ in other.contents
    )
    return next((tuple(sorted(pair)) for pair in pairs if len(pair) > 1 and pair in problem.apart), None)


class Load(NamedTuple):
    """What a parcel weighs, measures and is worth."""

    grams: int
    cm3: int
    value: int
    kinds: frozenset[Kind]

    @classmethod
    def of(cls, goods: Mapping[str, Goods], contents: Sequence[tuple[str, int]]) -> "Load":
        units = [(goods[sku], count) for sku, count in contents]
        return cls(
            sum(one.unit_grams * count for one, count in units),
            sum(one.unit_cm3 * count for one, count in units),
            sum(one.unit_price_minor * count for one, count in units),
            frozenset(kind for one, _ in units for kind in one.kinds),
        )

    def __add__(self, other: "Load") -> "Load":  # type: ignore[override]  # Not the tuples joined: the loads together.
        kinds = self.kinds | other.kinds
        return Load(self.grams + other.grams, self.cm3 + other.cm3, self.value + other.value, kinds)

    def kinds_refused(self, service: Service) -> frozenset[Kind]:
        """What of it *service* does not take."""
        own = self.kinds if Kind.CROSS_BORDER in self.kinds else self.kinds | {Kind.DOMESTIC}
        return own & service.refuses
