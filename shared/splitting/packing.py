"""A plan of a group while it is being made and mended: parcels, and what the depots still hold."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.splitting.groups import Group, cheapest


class Parcel(NamedTuple):
    contents: Mapping[int, int]  # Place of the goods: units.
    depot: int
    cost: int
    grams: int
    cm3: int
    worth: int
    sorts: int  # The goods in it, as bits.


class Packing:
    """Parcels of a group, each from a depot that holds what is in it."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.parcels: list[Parcel] = []
        self.left = [list(depot.stock) for depot in group.depots]
        self._costs: list[dict[tuple[int, int], int]] = [{} for _ in group.depots]

    @property
    def cost(self) -> int:
        return sum(parcel.cost for parcel in self.parcels)

    def add(self, parcel: Parcel) -> None:
        left = self.left[parcel.depot]
        for place, count in parcel.contents.items():
            left[place] -= count
        self.parcels.append(parcel)

    def take_out(self, number: int) -> Parcel:
        """The last parcel takes its number."""
        parcel = self.parcels[number]
        self.parcels[number] = self.parcels[-1]
        self.parcels.pop()
        left = self.left[parcel.depot]
        for place, count in parcel.contents.items():
            left[place] += count
        return parcel

    def cheapest_of(self, contents: Mapping[int, int], known: "Parcel | None" = None) -> Parcel | None:
        """The cheapest parcel of *contents* from what the depots have left. None: it cannot be one."""
        sized = self._sized(contents)
        if sized is None:
            return None
        grams, cm3, worth, sorts = sized
        best, found = 0, -1
        for number, depot in enumerate(self.group.depots):
            if best and depot.least >= best:
                continue
            left = self.left[number]
            if all(left[place] >= count for place, count in contents.items()):
                cost = self.cost_from(number, grams, cm3)
                if cost and (not best or cost < best):
                    best, found = cost, number
        return Parcel(contents, found, best, grams, cm3, worth, sorts) if best else None

    def cost_from(self, number: int, grams: int, cm3: int) -> int:
        known = self._costs[number]
        cost = known.get((grams, cm3))
        if cost is None:
            cost = known[grams, cm3] = cheapest(self.group.depots[number].lanes, grams, cm3)
        return cost

    def _sized(self, contents: Mapping[int, int]) -> tuple[int, int, int, int] | None:
        group = self.group
        grams = cm3 = worth = sorts = 0
        for place, count in contents.items():
            if sorts & group.conflicts[place]:
                return None
            sorts |= 1 << place
            grams += count * group.grams[place]
            cm3 += count * group.cm3[place]
            worth += count * group.worth[place]
        return (grams, cm3, worth, sorts) if worth <= group.cap else None


def joined(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """All the units of *parts*.

    >>> joined([{0: 1, 1: 2}, {1: 3}])
    {0: 1, 1: 5}
    """
    whole: dict[int, int] = {}
    for part in parts:
        for place, count in part.items():
            whole[place] = whole.get(place, 0) + count
    return whole
