"""Which plan of a group is the cheapest of all? Searched with proof, by how much a plan may waste.

All plans that waste no more than a little beyond the bound are looked at, then a little more, and so on, until one is
found: then nothing cheaper exists. A state of the search is what is still to be sent and what the depots still hold,
packed into one number; the next parcel always takes the first of the goods that are left, so that no set of parcels
is looked at in two orders, and no state is entered twice unless more cheaply.
"""

from bisect import bisect_left
from typing import NamedTuple

from shared.splitting.bounds import Options, Prices, wastes_of
from shared.splitting.candidates import Candidates, alone_of, fits, pack
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


class _Ground(NamedTuple):
    """What the search stands on, however far it goes.

    A state holds what is wanted lowest, above it what each depot that is short of some goods holds of these.
    """

    candidates: Candidates
    numbers: dict[int, int]  # Of candidates, by their packed contents.
    alone: list[dict[int, int]]
    wanted: int  # Mask.
    first: int  # The state before anything is sent.
    guards: int
    shifts: tuple[int, ...]
    short: tuple[int, ...]  # For each depot the fields of which it does not hold all.

    def taken_by(self, packed: int, depot: int) -> int:
        """What a parcel takes from the state."""
        return packed | (packed & self.short[depot]) << self.shifts[depot]


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
    ground = _ground_of(group, candidates)
    gap = max(prices.bound // _FIRST_GAP + 1, 2 * (bound - prices.bound))
    while bound < ceiling:
        limit = prices.bound + gap
        if limit + gap >= ceiling:
            limit = ceiling - 1
        choices = _choices(ground, options, wastes, limit - prices.bound)
        if not work.spend(len(wastes) + _UNITS_PER_CHOICE * len(choices)):
            break
        tree = _Tree(ground, choices, prices.bound, limit, work)
        tree.grow(ground.first, 0, 0, 0, tree.choices_of_first)
        if work.left < 0:
            return Outcome(tree.best, bound)
        if tree.best is not None:
            return Outcome(tree.best, tree.best.cost)
        bound, gap = limit + 1, gap * 2
    return Outcome(None, min(bound, ceiling))


def _ground_of(group: Group, candidates: Candidates) -> _Ground:
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
    numbers = {packed: number for number, packed in enumerate(candidates.packed)}
    alone = _alone(group, candidates)
    return _Ground(candidates, numbers, alone, wanted, first, guards, tuple(shifts), tuple(short))


def _alone(group: Group, candidates: Candidates) -> list[dict[int, int]]:
    """For each of the goods and each number of them, packed: what they cost at least, if all else is free.

    A parcel with anything else in it costs no less than the same parcel without.
    """
    single: list[dict[int, int]] = [{} for _ in group.quantities]
    for place, count, number in alone_of(candidates):
        single[place][count] = candidates.options[number][0][0]
    found = []
    for place, quantity in enumerate(group.quantities):
        least = [0]
        for count in range(1, quantity + 1):
            least.append(
                min(least[count - sent] + cost for sent, cost in single[place].items() if sent <= count)
            )
        one = candidates.fields.ones[place]
        found.append({count * one: cost for count, cost in enumerate(least)})
    return found


def _choices(ground: _Ground, options: Options, wastes: list[int], allowed: int) -> list[Choice]:
    """The options that waste no more than is allowed, the least waste first."""
    packed = ground.candidates.packed
    few = [
        (
            waste,
            ground.taken_by(packed[number], depot),
            _room(ground, packed[number], cost, depot),
            cost,
            number,
            depot,
        )
        for waste, cost, number, depot in zip(wastes, *options, strict=True)
        if waste <= allowed
    ]
    few.sort()
    return few


def _room(ground: _Ground, packed: int, cost: int, depot: int) -> int:
    """The goods (masks) of which the parcel could take one unit more at no more cost, whatever else is sent.

    While such a unit is left, the parcel need not be looked at: with that unit it serves any plan as well.
    """
    room = 0
    fields, numbers, options = ground.candidates.fields, ground.numbers, ground.candidates.options
    for one, mask in zip(fields.ones, fields.masks, strict=True):
        number = numbers.get(packed + one)
        if number is not None:
            for price, where in options[number]:
                if price > cost:
                    break
                short = ground.short[where]
                if not (packed + one) & short or (where == depot and not one & short):
                    room |= mask
                    break
    return room


class _Tree:
    """The plans within a limit of waste, depth first."""

    def __init__(self, ground: _Ground, choices: list[Choice], bound: int, limit: int, work: Work) -> None:
        self.best: Found | None = None
        self._ground, self._bound, self._limit, self._work = ground, bound, limit, work
        self._allowed = limit - bound
        self._path: list[tuple[int, int]] = []
        self._seen: dict[int, int] = {}  # States, and the least waste with which they were entered.
        self._sort(choices)
        self.choices_of_first = self._choices[0]

    def _sort(self, choices: list[Choice]) -> None:
        """The goods with the fewest choices come first; each has those that hold none of the goods before."""
        masks = self._ground.candidates.fields.masks
        counts = [
            (sum(1 for choice in choices if choice[1] & mask), place) for place, mask in enumerate(masks)
        ]
        least = min((choice[3] for choice in choices), default=_MUCH)
        self._order: list[int] = []
        self._alone: list[dict[int, int]] = []
        self._choices: list[list[Choice]] = []
        self._two_more: list[int] = []  # What two parcels cost at least, one of which holds these goods.
        for _, place in sorted(counts):
            mask = masks[place]
            own = [choice for choice in choices if choice[1] & mask]
            choices = [choice for choice in choices if not choice[1] & mask]
            self._order.append(mask)
            self._alone.append(self._ground.alone[place])
            self._choices.append(own)
            self._two_more.append(least + min((choice[3] for choice in own), default=_MUCH))

    def grow(self, state: int, first: int, wasted: int, cost: int, choices: list[Choice]) -> None:
        """Look at everything that sends what is left in *state*. Of the *first* goods only *choices* fitted before."""
        guards, wanted, seen = self._ground.guards, self._ground.wanted, self._seen
        while not state & self._order[first]:
            first += 1
            choices = self._choices[first]
        if cost + self._two_more[first] > self._limit:
            self._finish(state, cost)
            return
        if cost + self._alone[first][state & self._order[first]] > self._limit:
            return
        whole = state | guards
        few = choices[: bisect_left(choices, (self._allowed - wasted + 1,))]
        self._work.spend(len(few) + 1)
        fitting = [choice for choice in few if (whole - choice[1]) & guards == guards]
        for waste, taken, room, price, number, depot in fitting:
            total = wasted + waste
            if total > self._allowed or self._work.left < 0:
                break
            left = state - taken
            if left & room:
                continue
            if not left & wanted:
                self._keep(cost + price, number, depot)
            elif seen.get(left, _MUCH) > total:
                seen[left] = total
                self._path.append((number, depot))
                self.grow(left, first, total, cost + price, fitting)
                self._path.pop()

    def _finish(self, state: int, cost: int) -> None:
        """Send all that is left in one parcel: two more would cost too much."""
        ground = self._ground
        self._work.spend(2)
        number = ground.numbers.get(state & ground.wanted)
        if number is not None:
            for price, depot in ground.candidates.options[number]:
                taken = ground.taken_by(ground.candidates.packed[number], depot)
                if fits(taken, state, ground.guards):
                    self._keep(cost + price, number, depot)
                    break

    def _keep(self, cost: int, number: int, depot: int) -> None:
        if cost <= self._limit:
            self.best = Found(cost, (*self._path, (number, depot)))
            self._limit = cost - 1
            self._allowed = self._limit - self._bound
