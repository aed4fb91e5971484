"""A plan of a group while it is being made and mended: parcels, and what the depots still hold."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.splitting.choices import Choices, Option
from shared.splitting.groups import Group, cheapest

Contents = Mapping[int, int]  # Place of the goods: units, never 0.


class Parcel(NamedTuple):
    contents: Contents
    depot: int
    cost: int
    grams: int
    cm3: int
    worth: int
    sorts: int  # The goods in it, as bits.


_NO_SIZES = (0, 0, 0, 0)


class Packing:
    """Parcels of a group, each from a depot that holds what is in it."""

    def __init__(self, group: Group, choices: Choices) -> None:
        self.group = group
        self.choices = choices
        self.parcels: list[Parcel] = []
        self.left = [list(depot.stock) for depot in group.depots]
        self._known: dict[tuple[int, int, int, int], tuple[Option, ...]] = {}
        self.costs: list[dict[tuple[int, int], int]] = [{} for _ in group.depots]
        self._everywhere = (1 << len(group.depots)) - 1

    @property
    def cost(self) -> int:
        return sum(parcel.cost for parcel in self.parcels)

    def add(self, parcel: Parcel) -> None:
        self.hold(parcel)
        self.parcels.append(parcel)

    def hold(self, parcel: Parcel) -> None:
        """Take a parcel's goods off their depot."""
        left = self.left[parcel.depot]
        for place, count in parcel.contents.items():
            left[place] -= count

    def release(self, parcel: Parcel) -> None:
        left = self.left[parcel.depot]
        for place, count in parcel.contents.items():
            left[place] += count

    def options_of(self, contents: Contents) -> tuple[Option, ...]:
        """From where one parcel of *contents* could be sent if nothing else was: the cheapest first."""
        options, _, _ = self._looked_at(contents)
        return options

    def cheapest_of(self, contents: Contents) -> Parcel | None:
        """The cheapest parcel of *contents* from what the depots have left. None: it cannot be one."""
        options, freely, sizes = self._looked_at(contents)
        for cost, depot in options:
            left = self.left[depot]
            if freely >> depot & 1 or all(left[place] >= count for place, count in contents.items()):
                return Parcel(contents, depot, cost, *sizes)
        return None

    def _looked_at(self, contents: Contents) -> tuple[tuple[Option, ...], int, tuple[int, int, int, int]]:
        """From where *contents* could be sent, the depots (bits) that hold all of the goods in it, and its sizes."""
        group, holding = self.group, self.choices.held
        grams = cm3 = worth = sorts = 0
        where = freely = self._everywhere
        for place, count in contents.items():
            if sorts & group.conflicts[place]:
                return (), 0, _NO_SIZES
            sorts |= 1 << place
            grams += count * group.grams[place]
            cm3 += count * group.cm3[place]
            worth += count * group.worth[place]
            held = holding[place]
            freely &= held[0]
            where &= held.get(count) or self.choices.holding(place, count)
        if not where or worth > group.cap:
            return (), 0, _NO_SIZES
        return self._options(where, freely, grams, cm3), freely, (grams, cm3, worth, sorts)

    def cost_from(self, depot: int, grams: int, cm3: int) -> int:
        """What a parcel costs from *depot*, or 0 if no lane takes it."""
        known = self.costs[depot]
        cost = known.get((grams, cm3))
        if cost is None:
            cost = known[grams, cm3] = cheapest(self.group.depots[depot].lanes, grams, cm3)
        return cost

    def _options(self, where: int, freely: int, grams: int, cm3: int) -> tuple[Option, ...]:
        known = self._known.get((where, freely, grams, cm3))
        if known is None:
            known = self._known[where, freely, grams, cm3] = self.choices.of(where, freely, grams, cm3)
        return known

    def cheapest_instead(self, replaced: Iterable[Parcel], contents: Contents) -> Parcel | None:
        """The cheapest parcel of *contents* if the parcels *replaced* were not sent."""
        for parcel in replaced:
            self.release(parcel)
        found = self.cheapest_of(contents)
        for parcel in replaced:
            self.hold(parcel)
        return found

    def replace(self, numbers: Sequence[int], instead: Sequence[Contents]) -> bool:
        """Let the parcels *numbers* make way for others if these cost less. Did they?"""
        old = [self.parcels[number] for number in numbers]
        most = sum(parcel.cost for parcel in old)
        for parcel in old:
            self.release(parcel)
        new: list[Parcel] = []
        for contents in instead:
            found = self.cheapest_of(contents)
            if found is None or found.cost >= most:
                for parcel in new:
                    self.release(parcel)
                for parcel in old:
                    self.hold(parcel)
                return False
            most -= found.cost
            self.hold(found)
            new.append(found)
        for number in sorted(numbers, reverse=True):
            self.parcels[number] = self.parcels[-1]
            self.parcels.pop()
        self.parcels += new
        return True


def joined(one: Contents, other: Contents) -> dict[int, int]:
    """The units of both.

    >>> joined({0: 1, 1: 2}, {1: 3})
    {0: 1, 1: 5}
    """
    whole = dict(one)
    for place, count in other.items():
        whole[place] = whole.get(place, 0) + count
    return whole


def without(contents: Contents, place: int, count: int) -> dict[int, int]:
    """What is left when *count* of one of the goods are taken out.

    >>> without({0: 1, 1: 2}, 1, 2)
    {0: 1}
    """
    rest = dict(contents)
    rest[place] -= count
    if not rest[place]:
        del rest[place]
    return rest
