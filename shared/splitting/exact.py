"""Which plan of a group is the cheapest of all? Searched with proof, by how much a plan may waste.

All plans that waste no more than a little beyond the bound are looked at, then a little more, and so on, until one is
found: then nothing cheaper exists. A state of the search is what is still to be sent and what the depots still hold,
packed into one number; the next parcel always takes the first of the goods that are left, so that no set of parcels
is looked at in two orders, and no state is entered twice unless more cheaply.
"""

from typing import NamedTuple

from shared.splitting.bounds import Options, Prices, wastes_of
from shared.splitting.candidates import Candidates, alone_of, pack
from shared.splitting.groups import Group
from shared.splitting.work import Work

_FIRST_GAP = 256  # The first search allows this part of the bound to be wasted, each further twice as much.
_MUCH = 1 << 200  # More than any plan wastes.
_UNITS_PER_CHOICE = 16  # Of work, for one that the search may choose.
Choice = tuple[
    int, int, int, int, int, int
]  # Waste, what it takes from the state, room, cost, contents, depot.


class Found(NamedTuple):
    """The least cost, by the contents (numbers of candidates) and depots of the parcels."""

    cost: int
    parcels: tuple[tuple[int, int], ...]


class Outcome(NamedTuple):
    best: Found | None  # None: nothing that costs less than the ceiling was found.
    bound: int  # Nothing costs less.


class _Places(NamedTuple):
    """How a state is packed: what is wanted lowest, above it what each depot that is short of some goods holds."""

    wanted: int  # Mask.
    first: int  # The state before anything is sent.
    guards: int
    shifts: tuple[int, ...]
    short: tuple[int, ...]  # For each depot the fields of which it does not hold all.


def search(
    group: Group,
    candidates: Candidates,
    options: Options,
    prices: Prices,
    ceiling: int,
    bound: int,
    work: Work,
) -> Outcome:
    """The cheapest plan below *ceiling*, when none below *bound* exists, and the bound that is proven in the end."""
    wastes = wastes_of(prices, candidates, options)
    places = _places_of(group, candidates)
    alone = _alone(group, candidates)
    numbers = {packed: number for number, packed in enumerate(candidates.packed)}
    gap = max(prices.bound // _FIRST_GAP + 1, 2 * (bound - prices.bound))
    while bound < ceiling:
        limit = prices.bound + gap
        if limit + gap >= ceiling:
            limit = ceiling - 1
        order, choices = _choices(candidates, numbers, options, wastes, places, limit - prices.bound)
        if not work.spend(len(wastes) + _UNITS_PER_CHOICE * sum(map(len, choices))):
            break
        tree = _Tree(places, order, choices, [alone[mask] for mask in order], prices, limit, work)
        tree.grow(places.first, 0, 0, 0)
        if work.left < 0:
            return Outcome(tree.best, bound)
        if tree.best is not None:
            return Outcome(tree.best, tree.best.cost)
        bound, gap = limit + 1, gap * 2
    return Outcome(None, min(bound, ceiling))


def _places_of(group: Group, candidates: Candidates) -> _Places:
    fields = candidates.fields
    wanted = sum(fields.masks)
    width = (wanted | fields.guards).bit_length()
    first, guards = pack(group.quantities, fields), fields.guards
    shifts, short = [], []
    above = width
    for depot in group.depots:
        lacking = sum(
            mask
            for mask, held, quantity in zip(fields.masks, depot.stock, group.quantities, strict=True)
            if held < quantity
        )
        shifts.append(above)
        short.append(lacking)
        if lacking:
            first |= (pack(depot.stock, fields) & lacking) << above
            guards |= fields.guards << above
            above += width
    return _Places(wanted, first, guards, tuple(shifts), tuple(short))


def _alone(group: Group, candidates: Candidates) -> dict[int, dict[int, int]]:
    """For the mask of each of the goods and each number of them, packed: what they cost at least, if all else is free.

    A parcel with anything else in it costs no less than the same parcel without.
    """
    fields = candidates.fields
    single: list[dict[int, int]] = [{} for _ in group.quantities]
    for place, count, number in alone_of(candidates):
        single[place][count] = candidates.options[number][0][0]
    found = {}
    for place, quantity in enumerate(group.quantities):
        least = [0]
        for count in range(1, quantity + 1):
            least.append(
                min(least[count - sent] + cost for sent, cost in single[place].items() if sent <= count)
            )
        found[fields.masks[place]] = {count * fields.ones[place]: cost for count, cost in enumerate(least)}
    return found


def _choices(
    candidates: Candidates,
    numbers: dict[int, int],
    options: Options,
    wastes: list[int],
    places: _Places,
    allowed: int,
) -> tuple[list[int], list[list[Choice]]]:
    """The masks of the goods, those with the fewest choices first; for each its choices, the least waste first."""
    few: list[Choice] = []
    for waste, cost, number, depot in zip(wastes, *options, strict=True):
        if waste <= allowed:
            packed = candidates.packed[number]
            drawn = (packed & places.short[depot]) << places.shifts[depot]
            room = _room(candidates, numbers, places, packed, cost, depot)
            few.append((waste, packed | drawn, room, cost, number, depot))
    few.sort()
    counts = [(sum(1 for choice in few if choice[1] & mask), mask) for mask in candidates.fields.masks]
    order = [mask for _, mask in sorted(counts)]
    choices: list[list[Choice]] = []
    for mask in order:
        choices.append([choice for choice in few if choice[1] & mask])
        few = [choice for choice in few if not choice[1] & mask]
    return order, choices


def _room(
    candidates: Candidates, numbers: dict[int, int], places: _Places, packed: int, cost: int, depot: int
) -> int:
    """The goods (masks) of which the parcel could take one unit more at no more cost, whatever else is sent.

    While such a unit is left, the parcel need not be looked at: with that unit it serves any plan as well.
    """
    room = 0
    fields = candidates.fields
    for one, mask in zip(fields.ones, fields.masks, strict=True):
        number = numbers.get(packed + one)
        if number is not None:
            for price, where in candidates.options[number]:
                if price > cost:
                    break
                short = places.short[where]
                if not (packed + one) & short or (where == depot and not one & short):
                    room |= mask
                    break
    return room


class _Tree:
    """The plans within a limit of waste, depth first."""

    def __init__(
        self,
        places: _Places,
        order: list[int],
        choices: list[list[Choice]],
        alone: list[dict[int, int]],
        prices: Prices,
        limit: int,
        work: Work,
    ) -> None:
        self.best: Found | None = None
        self._places, self._order, self._choices, self._work = places, order, choices, work
        self._prices, self._alone = prices, alone
        self._allowed = limit - prices.bound
        self._path: list[tuple[int, int]] = []
        self._seen: dict[int, int] = {}
        self._limit = limit

    def grow(self, state: int, first: int, wasted: int, cost: int) -> None:
        """Look at everything that sends what is left in *state*."""
        order, guards, wanted, seen = self._order, self._places.guards, self._places.wanted, self._seen
        while not state & order[first]:
            first += 1
        if cost + self._alone[first][state & order[first]] > self._limit:
            return
        whole = state | guards
        looked_at = 1
        for waste, taken, room, price, number, depot in self._choices[first]:
            total = wasted + waste
            if total > self._allowed or self._work.left < 0:
                break
            looked_at += 1
            if (whole - taken) & guards == guards:
                left = state - taken
                if left & room:
                    continue
                if not left & wanted:
                    if cost + price <= self._limit:
                        self._path.append((number, depot))
                        self._keep(cost + price)
                        self._path.pop()
                elif seen.get(left, _MUCH) > total:
                    seen[left] = total
                    self._path.append((number, depot))
                    self.grow(left, first, total, cost + price)
                    self._path.pop()
        self._work.spend(looked_at)

    def _keep(self, cost: int) -> None:
        self.best = Found(cost, tuple(self._path))
        self._limit = cost - 1
        self._allowed = self._limit - self._prices.bound
