"""What is the least that an order can be sent for? Proven, or from below.

Each group (groups.py) is a covering problem: parcels of the lanes are to hold what each warehouse sends of each item,
and the warehouses together send what is ordered. Holding more than is sent is allowed, since a fuller parcel never
costs less. The relaxation in which parcels may be taken by halves is solved by generating parcels (columns.py); what
it would pay for units gives a bound from below. Then all parcels are found that an answer cheaper than the best known
one could use at all, and the whole problem is solved with these alone. Where they are too many, the answers are told
apart by how many parcels they have, of all and of one warehouse, and each part is bounded alone.
"""

from heapq import heappop, heappush
from time import process_time
from typing import NamedTuple

import numpy as np

from bench.split.checking import Object, parcel_price
from bench.split.columns import SCALE, Found, Search, maximal
from bench.split.covering import Counts, Cover, NoSuchCount, Parcels, Relaxation, Row, Worth, cheapest_cover
from bench.split.groups import Group, Lane, groups, price_of
from bench.split.peers import first_fit

ROWS_MAX = 1_000_000  # Half-filled parcels of one lane that are looked at before the search is given up.
FEW, PARCELS_MAX = 800, 5_000  # More are not chosen from at once.
BEAM = 500
ADDED_MAX = 6  # Parcels of one lane in one round.
NEARLY = SCALE // 1000
IS_WHOLE = 1e-5


class Least(NamedTuple):
    price: int  # Of the best answer that is known.
    at_least: int  # No answer costs less.

    @property
    def is_proven(self) -> bool:
        return self.price == self.at_least


class Bound(NamedTuple):
    worth: Worth
    total: int  # No answer with these counts costs less; in millionths.
    taken: tuple[float, ...]

    @property
    def price(self) -> int:
        return -(-self.total // SCALE)


def least(instance: Object, *, seconds: float = 20.0, known: Object | None = None) -> Least:
    """The least price of an instance that can be shipped. *known* is an answer that breaks no rule.

    No part takes many more than so many *seconds* of CPU.
    """
    parts = []
    for group in groups(instance):
        prices = [
            _price_of_group(instance, group, answer) for answer in (first_fit(instance), known) if answer
        ]
        parts.append(_Tree(group, min(prices), seconds).least())
    return Least(sum(part.price for part in parts), sum(part.at_least for part in parts))


def _price_of_group(instance: Object, group: Group, answer: Object) -> int:
    own = [parcel for parcel in answer["parcels"] if parcel["lines"][0]["sku"] in group.skus]
    return sum(parcel_price(instance, parcel) for parcel in own)


class _Tree:
    """The answers to one group, told apart by their numbers of parcels, the most hopeful first."""

    def __init__(self, group: Group, price: int, seconds: float) -> None:
        self.group, self.price = group, price
        self.deadline, self.seconds = process_time() + seconds, seconds
        self.parcels = Parcels(group)
        for row in _single_items(group):
            self.parcels.add(row)
        self.relaxation = Relaxation(self.parcels, missing_price=price + 1)
        self.open: list[tuple[int, int, Counts]] = []
        self.opened = 0
        self.left = price  # The least bound of a part that could not be finished.

    def least(self) -> Least:
        self._look_into(self._all_counts(), 0)
        while self.open and process_time() < self.deadline:
            bound, _, counts = heappop(self.open)
            if bound < self.price:
                self._look_into(counts, bound)
        unfinished = [bound for bound, *_ in self.open]
        return Least(self.price, min([self.price, self.left, *unfinished]))

    def _open(self, bound: int, counts: Counts) -> None:
        if all(fewest <= most for fewest, most in counts):
            self.opened += 1
            heappush(self.open, (bound, self.opened, counts))

    def _all_counts(self) -> Counts:
        """As many parcels as the best known price would pay."""
        cheapest = [
            min(
                (int(lane.price[0]) for lane in self.group.lanes if lane.warehouse == index),
                default=self.price,
            )
            for index in range(len(self.group.warehouses))
        ]
        units = int(self.group.quantity.sum())
        return tuple((0, min(units, self.price // max(1, one))) for one in (*cheapest, min(cheapest)))

    def _look_into(self, counts: Counts, parent: int) -> None:
        try:
            bound = self._bound(counts)
        except NoSuchCount:
            return
        at_least = max(parent, bound.price)
        if at_least < self.price and not self.opened:  # At first, from few: something good to compare with.
            at_least = self._chosen(counts, bound, at_least, seconds=self.seconds / 8, parcels_max=FEW)
        index = _to_branch_on(bound)
        if at_least < self.price:
            at_least = self._all_chosen(counts, bound, at_least, is_last=index is None)
        if at_least >= self.price:
            return
        if index is None:
            self.left = min(self.left, at_least)
            return
        below = int(np.floor(bound.taken[index]))
        fewest, most = counts[index]
        self._open(at_least, (*counts[:index], (fewest, below), *counts[index + 1 :]))
        self._open(at_least, (*counts[:index], (below + 1, most), *counts[index + 1 :]))

    def _all_chosen(self, counts: Counts, bound: Bound, at_least: int, *, is_last: bool) -> int:
        """Choose from all parcels that could matter; where nothing else is left to try, from ever more of them."""
        if not is_last:
            useful = self._useful(bound, self._enough(bound), PARCELS_MAX)
            if useful is None:
                return at_least
            return self._cover(useful, counts, at_least, self.seconds / 4).at_least
        for parcels_max in (PARCELS_MAX, 4 * PARCELS_MAX, 16 * PARCELS_MAX):
            seconds = max(1.0, self.deadline - process_time())
            at_least = self._chosen(counts, bound, at_least, seconds=seconds, parcels_max=parcels_max)
            if at_least >= self.price or process_time() > self.deadline:
                break
        return at_least

    def _chosen(
        self, counts: Counts, bound: Bound, at_least: int, *, seconds: float, parcels_max: int
    ) -> int:
        """Choose from the *parcels_max* that are least dear for what is in them. Return what is then proven.

        An answer that holds a parcel which is s dearer than what it is worth costs at least the bound and s.
        """
        surplus = enough = self._enough(bound)
        useful = self._useful(bound, surplus, parcels_max)
        while useful is None and surplus > SCALE:
            surplus = surplus * 2 // 5
            useful = self._useful(bound, surplus, parcels_max)
        if useful is None:
            return at_least
        others = self.price if surplus == enough else (bound.total + surplus) // SCALE + 1
        for row in self.parcels.rows:
            useful.add(row)
        chosen = self._cover(useful, counts, at_least, seconds)
        return max(at_least, min(chosen.at_least, others))

    def _cover(self, useful: Parcels, counts: Counts, at_least: int, seconds: float) -> Cover:
        known = self.price
        chosen = cheapest_cover(useful, counts, at_least=at_least, at_most=known - 1, seconds=seconds)
        self.price = known if chosen.price is None else chosen.price
        return chosen

    def _enough(self, bound: Bound) -> int:
        """By so much a parcel of a better answer may be dearer than what it is worth."""
        return (self.price - 1) * SCALE - bound.total

    def _bound(self, counts: Counts) -> Bound:
        """Add the parcels that the relaxation wants, until it wants none. Return what is then proven."""
        while True:
            worth = self.relaxation.worth(counts, SCALE)
            if self._wants(worth, beam=BEAM)[0]:
                continue
            is_wanted, short = self._wants(worth, beam=None)
            if not is_wanted or process_time() > self.deadline:
                return self._proven(counts, worth, short)

    def _wants(self, worth: Worth, *, beam: int | None) -> tuple[bool, list[int]]:
        """Add parcels that are worth more than their price: whether there were, and by how much more, for each lane."""
        is_wanted, short = False, []
        for lane in self.group.lanes:
            offset = _offset(worth, lane)
            found = self._search(lane, worth, beam).found(offset - NEARLY)
            short.append(max(0, offset - found.at_least))
            for row in np.argsort(found.surplus, kind="stable")[:ADDED_MAX]:
                is_wanted |= self.parcels.add(Row(lane.warehouse, found.parcels[row], int(found.prices[row])))
        return is_wanted, short

    def _search(self, lane: Lane, worth: Worth, beam: int | None = None) -> Search:
        return Search(self.group, lane, worth.units[lane.warehouse], rows_max=ROWS_MAX, beam=beam)

    def _proven(self, counts: Counts, worth: Worth, short: list[int]) -> Bound:
        """Take off each warehouse's parcels what any is still worth more than its price: then none is."""
        parcels = worth.parcels.copy()
        for index in range(len(self.group.warehouses)):
            own = [by for lane, by in zip(self.group.lanes, short, strict=True) if lane.warehouse == index]
            parcels[index] -= max(own, default=0)
        total = _worth_least(self.group, worth)
        for value, (fewest, most) in zip(parcels.tolist(), counts, strict=True):
            total += value * (fewest if value > 0 else most)
        return Bound(Worth(worth.units, parcels), total, tuple(self.relaxation.taken()))

    def _useful(self, bound: Bound, surplus_max: int, parcels_max: int) -> Parcels | None:
        """All parcels that an answer may hold which exceeds the bound by *surplus_max*. None: too many."""
        useful = Parcels(self.group)
        for lane in self.group.lanes:
            found = self._search(lane, bound.worth).found(_offset(bound.worth, lane) + surplus_max)
            if not found.is_complete:
                return None
            for row in _kept(self.group, lane, found):
                useful.add(row)
            if len(useful.rows) > parcels_max:
                return None
        return useful


def _to_branch_on(bound: Bound) -> int | None:
    """The number of all parcels, or else that of the warehouse which is farthest from whole."""
    distance = [abs(number - round(number)) for number in bound.taken]
    index = len(distance) - 1 if distance[-1] > IS_WHOLE else int(np.argmax(distance))
    return index if distance[index] > IS_WHOLE else None


def _kept(group: Group, lane: Lane, found: Found) -> list[Row]:
    keeps = maximal(group, lane, found.parcels)
    prices = found.prices[keeps].tolist()
    return [Row(lane.warehouse, *row) for row in zip(found.parcels[keeps], prices, strict=True)]


def _offset(worth: Worth, lane: Lane) -> int:
    """What one more parcel of *lane* is worth, whatever is in it."""
    return int(worth.parcels[lane.warehouse] + worth.parcels[-1])


def _worth_least(group: Group, worth: Worth) -> int:
    """What all that is ordered is worth when each unit comes from where it is worth least."""
    total = 0
    for item, quantity in enumerate(group.quantity.tolist()):
        left = quantity
        for warehouse in np.argsort(worth.units[:, item], kind="stable").tolist():
            sent = min(left, int(group.stock[warehouse, item]))
            total += sent * int(worth.units[warehouse, item])
            left -= sent
    return total


def _single_items(group: Group) -> list[Row]:
    """One, two, ... units of one item: something to begin with."""
    rows = []
    for lane in group.lanes:
        for item, most in enumerate(lane.most.tolist()):
            for number in range(1, most + 1):
                units = np.zeros(len(group.skus), dtype=np.int64)
                units[item] = number
                price = price_of(lane, units @ group.grams, units @ group.cm3)
                rows.append(Row(lane.warehouse, units, int(price)))
    return rows
