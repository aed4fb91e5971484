"""From which warehouse? Units are promised where they lie, as few warehouses as a simple rule finds.

The cheapest choice (freight, handling, limits) is the optimiser's, after payment, in a later release. Here each
merchant's goods come from the warehouse that can serve most of its lines in full; what it lacks comes from the
next one, and a line is spread over warehouses only when no single one has enough.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.ordering.quote import Wanted

Allocation = tuple[tuple[str, int], ...]  # (warehouse, units)


class Sourcing(NamedTuple):
    allocation: dict[str, Allocation]  # by SKU
    short: dict[str, int]  # SKU -> units that are left, for those with too few


def source(wanted: Sequence[Wanted], available: Mapping[str, Mapping[str, int]]) -> Sourcing:
    """Choose warehouses for one merchant's lines. Deterministic: ties go to the smaller name.

    >>> source([Wanted("A", 3), Wanted("B", 1)], {"A": {"W1": 5, "W2": 9}, "B": {"W2": 1}}).allocation
    {'A': (('W2', 3),), 'B': (('W2', 1),)}
    >>> source([Wanted("A", 10)], {"A": {"W1": 5}}).short
    {'A': 5}
    """
    served = Sourcing({}, {})
    favourites = _by_lines_served(wanted, available)
    for want in wanted:
        levels = available.get(want.sku, {})
        left = sum(levels.values())
        if left < want.quantity:
            served.short[want.sku] = left
            continue
        served.allocation[want.sku] = _from(want, levels, favourites)
    return served


def _by_lines_served(wanted: Sequence[Wanted], available: Mapping[str, Mapping[str, int]]) -> list[str]:
    full: dict[str, int] = {}
    for want in wanted:
        for warehouse, units in available.get(want.sku, {}).items():
            full[warehouse] = full.get(warehouse, 0) + (units >= want.quantity)
    return sorted(full, key=lambda warehouse: (-full[warehouse], warehouse))


def _from(want: Wanted, levels: Mapping[str, int], favourites: Sequence[str]) -> Allocation:
    for warehouse in favourites:
        if levels.get(warehouse, 0) >= want.quantity:
            return ((warehouse, want.quantity),)
    taken, missing = [], want.quantity
    for warehouse in favourites:
        if units := min(missing, levels.get(warehouse, 0)):
            taken.append((warehouse, units))
            missing -= units
    return tuple(taken)
