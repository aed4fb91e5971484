"""Which plan of a group is the cheapest of all? Searched with proof, by how much a plan may waste.

All plans that waste no more than a little beyond the bound are looked at, then a little more, and so on, until one is
found: then nothing cheaper exists. A state of the search is what is still to be sent and what the depots still hold,
packed into one number; the next parcel always takes the first of the goods that are left, so that no set of parcels
is looked at in two orders, and no state is entered twice unless more cheaply.
"""

from bisect import bisect_left
from typing import NamedTuple

from shared.splitting.bounds import FEWEST, Options, Prices, wastes_of
from shared.splitting.candidates import Candidates, alone_of, fits, pack
from shared.splitting.groups import Group
from shared.splitting.work import Work

_FIRST_GAP = 256  # The first search allows this part of the bound to be wasted,
_WIDER, _MUCH_WIDER, _EASY = (
    2,
    8,
    3_000,
)  # each further so many times as much: more where it took little work.
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


class Ground(NamedTuple):
    """What the search stands on, however far it goes.

    A state holds what is wanted lowest, above it what each depot that is short of some goods holds of these.
    """

    candidates: Candidates
    numbers: dict[int, int]  # Of candidates, by their packed contents.
    wanted: int  # Mask.
    first: int  # The state before anything is sent.
    guards: int
    shifts: tuple[int, ...]
    short: tuple[int, ...]  # For each depot the fields of which it does not hold all.

    def taken_by(self, packed: int, depot: int) -> int:
        """What a parcel takes from the state."""
        return packed | (packed & self.short[depot]) << self.shifts[depot]


def ground_of(group: Group, candidates: Candidates) -> Ground:
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
    return Ground(candidates, numbers, wanted, first, guards, tuple(shifts), tuple(short))


def least_of_more(group: Group) -> int:
    """What a plan of FEWEST parcels or more costs at least, as is seen at a glance."""
    if sum(group.quantities) < FEWEST:
        return _MUCH
    return FEWEST * min(depot.least for depot in group.depots)


def fewest(ground: Ground, work: Work) -> Found | None:
    """The cheapest plan of less than FEWEST parcels: of one, or of two, each with what the other has not."""
    candidates, number_of = ground.candidates, ground.numbers.get
    whole = ground.first & ground.wanted
    work.spend(len(candidates.packed) // 2)
    best = None
    number = number_of(whole)
    if number is not None:
        cost, depot = candidates.options[number][0]
        best = Found(cost, ((number, depot),))
    pairs = [
        (candidates.options[number][0][0] + candidates.options[other][0][0], number, other)
        for number, packed in enumerate(candidates.packed)
        if 0 < number <= (other := number_of(whole - packed, 0))
    ]
    for least, number, other in sorted(pairs):
        if best is not None and least >= best.cost:
            break
        best = _pair(ground, number, other, best)
    return best


def _pair(ground: Ground, number: int, other: int, best: Found | None) -> Found | None:
    """The cheapest plan of these two parcels where there is one and it is cheaper than *best*."""
    packed, options = ground.candidates.packed, ground.candidates.options
    for cost, depot in options[number]:
        left = ground.first - ground.taken_by(packed[number], depot)
        for price, where in options[other]:
            is_cheaper = best is None or cost + price < best.cost
            if is_cheaper and fits(ground.taken_by(packed[other], where), left, ground.guards):
                best = Found(cost + price, ((number, depot), (other, where)))
    return best


class Search:
    """The cheapest plan below a ceiling, sought again where the ceiling came down or there is more work to spend."""

    def __init__(self, group: Group, ground: Ground, options: Options, prices: Prices) -> None:
        self._ground, self._options, self._prices = ground, options, prices
        self.bound = prices.bound  # No plan of FEWEST parcels or more costs less.
        self._alone = _alone(group, ground.candidates)
        self._wastes = wastes_of(prices, ground.candidates, options)
        self._left: list[int] = []  # Options that were not looked at yet, the least waste last.
        self._choices: list[Choice] = []  # The others, the least waste first.
        self._reach = -1  # What these waste at most.

    def below(self, ceiling: int, bound: int, work: Work) -> Outcome:
        """The cheapest plan below *ceiling*, when none below *bound* exists, and the bound proven in the end."""
        least = self._prices.bound
        gap = max(least // _FIRST_GAP + 1, 2 * (bound - least))
        while bound < ceiling:
            limit = least + gap
            if limit + gap >= ceiling:
                limit = ceiling - 1
            left, looked_at = work.left, len(self._choices)
            choices = self._choices_within(limit - least, ceiling - 1 - least)
            new = len(self._choices) - looked_at
            if not work.spend(len(self._wastes) // 4 + len(choices) + _UNITS_PER_CHOICE * new):
                break
            tree = _Tree(self._ground, self._alone, choices, self._prices, limit, work)
            tree.grow(self._ground.first, 0, 0, 0, tree.choices_of_first)
            if work.left < 0:
                return Outcome(tree.best, bound)
            if tree.best is not None:
                return Outcome(tree.best, tree.best.cost)
            bound, gap = limit + 1, gap * (_MUCH_WIDER if left - work.left < _EASY else _WIDER)
        return Outcome(None, min(bound, ceiling))

    def _choices_within(self, allowed: int, allowed_ever: int) -> list[Choice]:
        """The options that waste no more than is allowed, the least waste first."""
        wastes = self._wastes
        if self._reach < 0:
            few = [option for option, waste in enumerate(wastes) if waste <= allowed_ever]
            few.sort(key=wastes.__getitem__)
            few.reverse()
            self._left = few
        if allowed <= self._reach:
            return self._choices[: bisect_left(self._choices, (allowed + 1,))]
        self._reach = allowed
        left, choices = self._left, self._choices
        while left and wastes[left[-1]] <= allowed:
            choices.append(self._choice(left.pop()))
        return choices

    def _choice(self, option: int) -> Choice:
        costs, contents, depots = self._options
        cost, number, depot = costs[option], contents[option], depots[option]
        packed = self._ground.candidates.packed[number]
        room = _room(self._ground, packed, cost, depot)
        return self._wastes[option], self._ground.taken_by(packed, depot), room, cost, number, depot


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


def _room(ground: Ground, packed: int, cost: int, depot: int) -> int:
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

    def __init__(
        self,
        ground: Ground,
        alone: list[dict[int, int]],
        choices: list[Choice],
        prices: Prices,
        limit: int,
        work: Work,
    ) -> None:
        self.best: Found | None = None
        self._ground, self._bound, self._limit, self._work = ground, prices.bound, limit, work
        self._allowed = limit - prices.bound
        self._parcel = prices.parcel
        self._path: list[tuple[int, int]] = []
        self._seen: dict[int, int] = {}  # States, and the least cost with which they were entered.
        self._sort(choices, alone)
        self.choices_of_first = self._choices[0]

    def _sort(self, choices: list[Choice], alone: list[dict[int, int]]) -> None:
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
            self._alone.append(alone[place])
            self._choices.append(own)
            self._two_more.append(least + min((choice[3] for choice in own), default=_MUCH))

    def grow(self, state: int, first: int, wasted: int, cost: int, choices: list[Choice]) -> None:
        """Look at everything that sends what is left in *state*. Of the *first* goods only *choices* fitted before."""
        guards, wanted, seen = self._ground.guards, self._ground.wanted, self._seen
        while not state & self._order[first]:
            first += 1
            choices = self._choices[first]
        if cost + self._two_more[first] > self._limit:
            self._finish(state, cost)  # Two more would cost too much.
            return
        if wasted > self._allowed or cost + self._alone[first][state & self._order[first]] > self._limit:
            return
        # If two parcels come after this one, the bound does not count so many.
        dearer = self._parcel * (len(self._path) >= FEWEST - 2)
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
            elif seen.get(left, _MUCH) > cost + price:
                seen[left] = cost + price
                self._path.append((number, depot))
                if dearer:
                    self._finish(left, cost + price)  # The limit may fall below what grows.
                self.grow(left, first, total + dearer, cost + price, fitting)
                self._path.pop()

    def _finish(self, state: int, cost: int) -> None:
        """Send all that is left in one parcel, if there is such a one."""
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
