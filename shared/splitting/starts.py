"""A first plan: each of the goods alone in the parcels that are cheapest by the unit, then joined while that saves.

The joining is by savings (Clarke and Wright, 1964): always the two parcels that cost most more apart than together.
Looked at through a little noise it leads elsewhere each time, and some of these places are better.
"""

from collections.abc import Iterable
from heapq import heappop, heappush

from shared.splitting.chance import Chance
from shared.splitting.choices import Choices
from shared.splitting.groups import Group
from shared.splitting.packing import Packing, Parcel, joined
from shared.splitting.work import Work

UNITS_PER_TRY = 12  # Of work, for one pair that is looked at.
_ALL_PAIRS_MAX = 64  # Where there are more parcels, each is looked at with some others only.
_PARTNERS = 24
_COUNTS_LOOKED_AT = 6


def singles(group: Group, choices: Choices) -> Packing:
    """Every unit in some parcel with nothing but its like."""
    packing = Packing(group, choices)
    for place in sorted(range(len(group.quantities)), key=lambda place: (-group.grams[place], place)):
        rest = group.quantities[place]
        while rest:
            parcel = _cheapest_by_the_unit(packing, place, rest)
            count = parcel.contents[place]
            times = min(rest, packing.left[parcel.depot][place]) // count
            for _ in range(times):
                packing.add(parcel)
            rest -= count * times
    return packing


def _cheapest_by_the_unit(packing: Packing, place: int, rest: int) -> Parcel:
    best: Parcel | None = None
    for count in _counts(packing.group, place, rest):
        found = packing.cheapest_of({place: count})
        if found and (best is None or found.cost * best.contents[place] < best.cost * count):
            best = found
    if best is None:
        raise ValueError("some units cannot be sent: the problem's obstacles were not asked for")
    return best


def _counts(group: Group, place: int, rest: int) -> list[int]:
    """How many to look at: the fewest, what the depots hold, and what fills the bands and limits of a lane."""
    grams, cm3, worth = group.grams[place], group.cm3[place], group.worth[place]
    counts = {*range(1, min(rest, _COUNTS_LOOKED_AT) + 1), rest}
    if worth:
        counts.add(group.cap // worth)
    for depot in group.depots:
        counts.add(depot.stock[place])
        for lane in depot.lanes:
            if cm3:
                counts.add(lane.max_cm3 // cm3)
            if grams:
                counts.add(lane.max_grams // grams)
                counts.update(upto // grams for _, upto, _, _, _ in lane.steps)
    return sorted(count for count in counts if 1 <= count <= rest)


class Joining:
    """The parcels of a packing, and what joining any two of them would save."""

    def __init__(self, packing: Packing, chance: Chance, noise_percent: int, work: Work) -> None:
        self._packing, self._chance, self._noise, self._work = packing, chance, noise_percent, work
        self._alive: dict[int, Parcel] = {}
        self._savings: list[tuple[int, int, int]] = []  # A heap, the greatest first.
        self._count = 0
        for parcel in packing.parcels:
            self._come(parcel)

    def join(self) -> None:
        """Join while it saves, always the two that seem to save most."""
        packing, alive = self._packing, self._alive
        while self._savings and self._work.left > 0:
            _, first, second = heappop(self._savings)
            if first in alive and second in alive:
                one, other = alive[first], alive[second]
                both = self._both(one, other)
                if both and both.cost < one.cost + other.cost:
                    del alive[first], alive[second]
                    packing.release(one)
                    packing.release(other)
                    packing.hold(both)
                    self._come(both)
        packing.parcels = list(alive.values())

    def _come(self, parcel: Parcel) -> None:
        """Let *parcel* be alive, and see what it would save with others."""
        number = self._count
        for other in self._partners():
            both = self._both(parcel, self._alive[other])
            if both:
                saving = parcel.cost + self._alive[other].cost - both.cost
                if saving > 0:
                    seen = saving * (100 - self._noise + self._chance.below(2 * self._noise + 1))
                    heappush(self._savings, (-seen, other, number))
            self._work.spend(UNITS_PER_TRY)
        self._work.spend(1)
        self._alive[number] = parcel
        self._count += 1

    def _partners(self) -> Iterable[int]:
        if len(self._alive) <= _ALL_PAIRS_MAX:
            return tuple(self._alive)
        if self._work.left < 0:
            return ()
        drawn = {self._chance.below(self._count) for _ in range(_PARTNERS)}
        return sorted(drawn & self._alive.keys())

    def _both(self, one: Parcel, other: Parcel) -> Parcel | None:
        return self._packing.cheapest_instead((one, other), joined(one.contents, other.contents))
