"""From which warehouse? Units are promised where they lie, as few warehouses as a simple rule finds.

The cheapest choice (freight, handling, limits) is the optimiser's, after payment, in a later release. Here each
merchant's goods come from the warehouse that can serve most of its lines in full; what it lacks comes from the
next one, and a line is spread over warehouses only when no single one has enough. Inside a warehouse a hot SKU's
units lie in shards; they are taken from one shard if it has enough, and from several before anything is short.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.changes import ACTIONS_MAX
from shared.errors import Conflict
from shared.goods import Held, Place, StockMove
from shared.model import Line, WholeOrder
from shared.ordering.own import own_lines
from shared.ordering.quote import Wanted

Allocation = tuple[Held, ...]
# Of one transaction, whether it places the order (order, event, lines, personal data, key, wallet) or pays it (order,
# event, payment, its two marks, voucher, wallet, and the lines again, where their goods lie elsewhere by then).
BESIDE_ROWS = 8


class Shelves(NamedTuple):
    """What lies where, for one sales channel: no more of it than the channel's quota there allows."""

    available: Mapping[str, Mapping[Place, int]]  # by SKU
    quotas: Mapping[str, frozenset[str]] = {}  # SKU -> warehouses in which the channel has a quota
    channel: str = ""
    unsettled: frozenset[str] = frozenset()  # SKUs whose shards moved while they were being read

    def holds(self, sku: str, place: Place, units: int) -> Held:
        has_quota = place.warehouse in self.quotas.get(sku, ())
        return Held(place.warehouse, units, place.shard, self.channel if has_quota else "")


class Sourcing(NamedTuple):
    allocation: dict[str, Allocation]  # by SKU
    short: dict[str, int]  # SKU -> units that are left, for those with too few


def source(wanted: Sequence[Wanted], shelves: Shelves) -> Sourcing:
    """Choose places for one merchant's lines. Deterministic: ties go to the smaller name.

    >>> W1, W2 = Place("W1"), Place("W2")
    >>> shelves = Shelves({"A": {W1: 5, W2: 9}, "B": {W2: 1}})
    >>> [held.warehouse for held in source([Wanted("A", 3), Wanted("B", 1)], shelves).allocation["A"]]
    ['W2']
    >>> source([Wanted("A", 15)], shelves).short
    {'A': 14}
    """
    served = Sourcing({}, {})
    favourites = _by_lines_served(wanted, shelves)
    for want in wanted:
        places = shelves.available.get(want.sku, {})
        left = sum(places.values())
        if left < want.quantity:
            served.short[want.sku] = left
            continue
        taken = _from(want, places, favourites)
        served.allocation[want.sku] = tuple(shelves.holds(want.sku, *one) for one in taken)
    return served


def _by_lines_served(wanted: Sequence[Wanted], shelves: Shelves) -> list[str]:
    full: dict[str, int] = {}
    for want in wanted:
        for warehouse, units in by_warehouse(shelves.available.get(want.sku, {})).items():
            full[warehouse] = full.get(warehouse, 0) + (units >= want.quantity)
    return sorted(full, key=lambda warehouse: (-full[warehouse], warehouse))


def _from(
    want: Wanted, places: Mapping[Place, int], favourites: Sequence[str]
) -> Iterator[tuple[Place, int]]:
    totals = by_warehouse(places)
    one = next((w for w in favourites if totals.get(w, 0) >= want.quantity), None)
    missing = want.quantity
    for warehouse in [one] if one is not None else favourites:
        for place, units in _of_warehouse(places, warehouse, missing):
            taken = min(missing, units)
            missing -= taken
            if taken:
                yield place, taken


def _of_warehouse(places: Mapping[Place, int], warehouse: str, missing: int) -> list[tuple[Place, int]]:
    """The warehouse's shards: one that has enough before all, then the fullest ones."""
    own = [(place, units) for place, units in places.items() if place.warehouse == warehouse]
    return sorted(own, key=lambda pair: (pair[1] < missing, -pair[1] if pair[1] < missing else 0))


def believed(short: Mapping[str, int], shelves: Shelves) -> None:
    """Raise ``Conflict`` rather than call goods short that moved from shard to shard while they were looked at."""
    if moving := sorted(short.keys() & shelves.unsettled):
        raise Conflict("others are buying the same goods: repeat with the same key", skus=moving)


def by_warehouse(places: Mapping[Place, int]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for place, units in places.items():
        totals[place.warehouse] = totals.get(place.warehouse, 0) + units
    return totals


def fit_one_transaction(lines: Iterable[Line], *, beside: int) -> bool:
    """Whether all stock rows of *lines* can be moved at once with *beside* sub-orders and coupons of their order."""
    rows = {(line.sku, held.shard) for line in lines for held in line.allocation}
    return len(rows) + beside + BESIDE_ROWS <= ACTIONS_MAX


def held_moves(kind: str, lines: Iterable[Line]) -> Iterator[StockMove]:
    """Every unit of *lines*, where it was allocated: to ``reserve`` all of them, or to ``release`` them again."""
    for line in lines:
        for held in line.allocation:
            yield StockMove(kind, line.sku, held.warehouse, held.units, held.shard, held.channel)


def taken_at_payment(whole: WholeOrder) -> tuple[Line, ...]:
    """The lines whose stock is taken when the order is paid (付款减库存).

    None of a very long order: it holds everything when it is placed, because a payment is one transaction.
    """
    if any(transfer.kind == "reserve" for transfer in whole.transfers):
        return ()
    return tuple(line for line in own_lines(whole) if line.is_deferred)


def found_elsewhere(
    lines: Sequence[Line], kept: Mapping[str, Allocation], shelves: Shelves
) -> tuple[dict[str, Allocation], dict[str, int]]:
    """Source again what of *lines* is not among *kept*: (allocation by SKU, what is left of those too short)."""
    missing = []
    for line in lines:
        units = line.quantity - sum(held.units for held in kept.get(line.sku, ()))
        if units:
            missing.append(Wanted(line.sku, units))
    sourcing = source(missing, shelves)
    believed(sourcing.short, shelves)
    found = {line.sku: (*kept.get(line.sku, ()), *sourcing.allocation.get(line.sku, ())) for line in lines}
    return found, sourcing.short
