"""A plan of a group while it is being made and mended: parcels, and what the depots still hold."""

from collections.abc import Iterable, Mapping
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


_KNOWN_MAX = 20_000  # Costs that are remembered of each depot.
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
        self.looked_up = 0  # Costs that were not known already, which is work.
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

    def parcel_from(self, depot: int, contents: Contents) -> Parcel | None:
        """One parcel of *contents* from *depot*, if it can be sent from what is left there."""
        options, _, sizes = self._looked_at(contents)
        left = self.left[depot]
        if not options or any(left[place] < count for place, count in contents.items()):
            return None
        cost = self.cost_from(depot, sizes[0], sizes[1])
        return Parcel(contents, depot, cost, *sizes) if cost else None

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
            self.looked_up += 1
            if len(known) > _KNOWN_MAX:
                known.clear()
            cost = known[grams, cm3] = cheapest(self.group.depots[depot].lanes, grams, cm3)
        return cost

    def _options(self, where: int, freely: int, grams: int, cm3: int) -> tuple[Option, ...]:
        known = self._known.get((where, freely, grams, cm3))
        if known is None:
            self.looked_up += 4
            if len(self._known) > _KNOWN_MAX:
                self._known.clear()
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


def joined(one: Contents, other: Contents) -> dict[int, int]:
    """The units of both.

    >>> joined({0: 1, 1: 2}, {1: 3})
    {0: 1, 1: 5}
    """
    whole = dict(one)
    for place, count in other.items():
        whole[place] = whole.get(place, 0) + count
    return whole
