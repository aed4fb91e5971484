"""A first plan of full parcels: always the one that costs least for what the units in it are worth.

The greedy way of covering (Chvatal, 1979). A parcel is filled, up to the end of some step of a tariff, with the units
that are worth most for their size. What a unit is worth is at first what it costs with nothing but its like, and then,
by halves, what it did cost in the plan before: what was sent dearly is filled in first the next time.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from operator import floordiv
from typing import NamedTuple

from shared.splitting.chance import Chance
from shared.splitting.choices import Choices
from shared.splitting.groups import DEARER_THAN_ALL, Group, Lane
from shared.splitting.packing import Packing, Parcel
from shared.splitting.work import Work

_NOISE_PERCENT = 10  # Looked at through a little noise, each plan is another one.
_FINE = 1 << 20  # Sizes and ratios are counted in such parts.
_UNITS_PER_SORT = 1  # Of work, for each of the goods in each space,
_UNITS_PER_FILL = 2  # and for each of the goods that is looked at.
_STEP_GRAMS_MIN = 500  # Nobody fills a parcel up to smaller steps than these.


class Space(NamedTuple):
    """What a parcel of a depot is filled up to. Both sizes are at least 1."""

    depot: int
    grams: int
    cm3: int


class Filled(NamedTuple):
    contents: dict[int, int]
    ratio: int  # What it costs for what the units in it are worth: the less the better.


class Filling:
    """Makes plans, each from what the units cost in the one before."""

    def __init__(self, singles: Packing, choices: Choices, chance: Chance, work: Work) -> None:
        """*singles*: every unit in some parcel with nothing but its like."""
        group = self._group = singles.group
        self._choices, self._chance, self._work = choices, chance, work
        self._worth = self._seen = [1] * len(group.quantities)
        self._worth = self._shares_in(singles.parcels)
        self._spaces = list(_spaces_of(group))
        self._sizes: list[list[int]] = []  # Of the goods, in each of the spaces.
        self._orders: list[list[int]] = []  # The goods that are worth most for their size first.

    def plan(self) -> Packing | None:
        """Another plan. None when the work is spent before it is whole."""
        self._sort()
        packing, rest = Packing(self._group, self._choices), list(self._group.quantities)
        heap = [(self._filled(packing, rest, number).ratio, number) for number in range(len(self._spaces))]
        heapify(heap)
        while any(rest):
            _, number = heappop(heap)
            filled = self._filled(packing, rest, number)
            if (
                not heap or filled.ratio <= heap[0][0]
            ):  # As a rule a ratio only rises while others are filled.
                parcel = packing.cheapest_of(filled.contents)
                if parcel is None or self._work.left < 0:
                    return None
                packing.add(parcel)
                for place, count in parcel.contents.items():
                    rest[place] -= count
            heappush(heap, (filled.ratio, number))
        shares = self._shares_in(packing.parcels)
        self._worth = [(old + new) // 2 + 1 for old, new in zip(self._worth, shares, strict=True)]
        return packing

    def _shares_in(self, parcels: Sequence[Parcel]) -> list[int]:
        """What a unit of each of the goods costs if a parcel's cost is shared by what the units were worth."""
        shares = [0] * len(self._worth)
        for parcel in parcels:
            whole = sum(count * self._worth[place] for place, count in parcel.contents.items())
            for place, count in parcel.contents.items():
                shares[place] += parcel.cost * count * self._worth[place] // whole
        return [share // quantity + 1 for share, quantity in zip(shares, self._group.quantities, strict=True)]

    def _sort(self) -> None:
        chance, group = self._chance, self._group
        places = range(len(self._worth))
        if not self._sizes:
            self._sizes = [_sizes_in(space, group) for space in self._spaces]
        self._seen = [
            worth * (100 - _NOISE_PERCENT + chance.below(2 * _NOISE_PERCENT + 1)) // 100 + 1
            for worth in self._worth
        ]
        self._orders = [
            sorted(places, key=list(map(floordiv, self._seen, sizes)).__getitem__, reverse=True)
            for sizes in self._sizes
        ]
        self._work.spend(_UNITS_PER_SORT * len(self._spaces) * len(places))

    def _filled(self, packing: Packing, rest: Sequence[int], number: int) -> Filled:
        """The space, filled with what is left."""
        group, (depot, grams_max, cm3_max) = self._group, self._spaces[number]
        grams, cm3, cap, sorts, worth = grams_max, cm3_max, group.cap, 0, 0
        left, contents = packing.left[depot], {}
        self._work.spend(_UNITS_PER_FILL * (5 + len(rest)))
        for place in self._orders[number]:
            count = min(rest[place], left[place])
            if not count or sorts & group.conflicts[place]:
                continue
            if count * group.grams[place] > grams:
                count = grams // group.grams[place]
            if count * group.cm3[place] > cm3:
                count = cm3 // group.cm3[place]
            if count * group.worth[place] > cap:
                count = cap // group.worth[place]
            if count:
                contents[place] = count
                sorts |= 1 << place
                grams -= count * group.grams[place]
                cm3 -= count * group.cm3[place]
                cap -= count * group.worth[place]
                worth += count * self._seen[place]
        if not contents:
            return Filled(contents, DEARER_THAN_ALL)
        return Filled(contents, packing.cost_from(depot, grams_max - grams, cm3_max - cm3) * _FINE // worth)


def _sizes_in(space: Space, group: Group) -> list[int]:
    """What part of *space* a unit of each of the goods takes up, of weight and volume together."""
    return [
        1 + _FINE * grams // space.grams + _FINE * cm3 // space.cm3
        for grams, cm3 in zip(group.grams, group.cm3, strict=True)
    ]


def _spaces_of(group: Group) -> Iterator[Space]:
    for number, depot in enumerate(group.depots):
        for grams, cm3 in sorted({limits for lane in depot.lanes for limits in _limits_of(lane)}):
            yield Space(number, grams, cm3)


def _limits_of(lane: Lane) -> Iterator[tuple[int, int]]:
    """Grams and cubic centimetres that are charged as so much and no more."""
    for counted in _ends_of(lane):
        cm3 = lane.max_cm3 if lane.divisor is None else min(lane.max_cm3, counted * lane.divisor // 1000)
        yield max(1, min(counted, lane.max_grams)), max(1, cm3)


def _ends_of(lane: Lane) -> Iterator[int]:
    """The ends of bands, of steps in them ever farther from each other, and what no parcel exceeds."""
    for over, upto, _, step, step_cost in lane.steps:
        steps = max(1, _STEP_GRAMS_MIN // step)
        while step_cost and over + steps * step < upto:
            yield over + steps * step
            steps *= 2
        yield upto
