"""What is the least that a group can cost? A price for each unit that no parcel can beat.

The linear programme over all candidates (Gilmore and Gomory, 1961) gives a price to every unit, such that no parcel
costs less than its units are priced at: whatever the plan, it costs at least all units' prices. Where a depot's stock
is short, its units bear a rent as well. Plans of one parcel or two are all known (exact.py), so there are at least
three parcels, and these have a price too: where few parcels hold everything, most of the cost is theirs. A parcel's
*waste* is what it costs beyond the prices; a plan that is near the bound has little waste, so that few candidates need
to be looked at.

The simplex method runs in whole numbers: the inverse of the basis is kept as its adjugate over its determinant
(Edmonds, 1967), every division leaves no remainder, and the bound is exact.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import prod
from operator import mul, sub
from typing import NamedTuple

from shared.splitting.candidates import Candidates, alone_of, unpack
from shared.splitting.groups import Group
from shared.splitting.work import Work

_NEAR = 128  # Prices that are this part below the best ones are good enough.
_UNITS_PER_ROUND = 300
_POOLED = 12  # For each row, candidates that are priced anew after each step, before all are looked at again.
_ROUNDS_OF_RENT = 6
_OVERDRAFT = 8  # Units of stock that do not exist cost so many of the dearest parcels.
_FEW_GOODS = 8  # Of more goods a plan has more parcels, as a rule: then to price these is in vain.
FEWEST = 3  # Parcels of a plan that the prices hold for.
# The row of the number of parcels: as if a depot had -FEWEST of something of which each parcel takes -1.
_PARCELS = (-1, -1)
Entering = tuple[int, Sequence[int]]  # Cost and coefficients of a column.


class Prices(NamedTuple):
    """In costs, rounded so that no parcel costs less than it is priced at.

    Each parcel has its own price besides that of its units, but only FEWEST of them are counted in the bound.
    """

    parcel: int
    units: tuple[int, ...]
    rents: dict[int, tuple[int, ...]]  # For the depots where some stock is short.
    bound: int


class Options(NamedTuple):
    """The candidates' options as columns, side by side."""

    costs: list[int]
    contents: list[int]
    depots: list[int]


def options_of(candidates: Candidates) -> Options:
    every = candidates.options
    return Options(
        [cost for few in every for cost, _ in few],
        [number for number, few in enumerate(every) for _ in few],
        [depot for few in every for _, depot in few],
    )


def prices_of(
    group: Group, candidates: Candidates, options: Options, ceiling: int, work: Work
) -> Prices | None:
    """The best prices there are, or such that no plan is below *ceiling*. None when *work* does not suffice."""
    programme = _Programme(group, candidates, options, ceiling)
    for _ in range(_ROUNDS_OF_RENT):
        if not programme.optimise(work):
            return None
        if not programme.charge_for_shortage():
            break
    return programme.prices()


def wastes_of(prices: Prices, candidates: Candidates, options: Options) -> list[int]:
    """What each option costs beyond its units' prices."""
    return list(map(sub, options.costs, _values(prices, candidates, options)))


def _values(prices: Prices, candidates: Candidates, options: Options) -> Iterator[int]:
    """What each option and its units are priced at."""
    plain = _sums(candidates, prices.parcel, prices.units)
    if not prices.rents:
        return map(plain.__getitem__, options.contents)
    values = [plain] * (max(options.depots) + 1)
    for depot, rent in prices.rents.items():
        values[depot] = _sums(candidates, prices.parcel, list(map(sub, prices.units, rent)))
    return (values[depot][number] for depot, number in zip(options.depots, options.contents, strict=True))


def _sums(candidates: Candidates, parcel: int, units: Sequence[int]) -> list[int]:
    sums = [parcel]
    for place, parents in candidates.growth:
        unit = units[place]
        sums += [sums[parent] + unit for parent in parents]
    return sums


class _Programme:
    """Rows: the goods, then what is short. Everything of the basis is times its determinant."""

    def __init__(self, group: Group, candidates: Candidates, options: Options, ceiling: int) -> None:
        self._group, self._candidates, self._options = group, candidates, options
        self._ceiling = ceiling
        self._short: list[tuple[int, int]] = []  # (depot, place) of the rows of stock, or _PARCELS.
        self._overdraft = _OVERDRAFT * max(options.costs)
        self._part = (1, 1)  # Of the prices, which no option is below.
        self._start(_best_of_each(candidates, options))
        if len(group.quantities) <= _FEW_GOODS:
            self._add_row(*_PARCELS)

    def _start(self, chosen: Sequence[tuple[int, int]]) -> None:
        self._determinant = prod(count for _, count in chosen)
        self._inverse = [
            [self._determinant // count if row == place else 0 for row in range(len(chosen))]
            for place, (_, count) in enumerate(chosen)
        ]
        self._amounts = [
            self._determinant // count * quantity
            for (_, count), quantity in zip(chosen, self._group.quantities, strict=True)
        ]
        self._costs = [self._options.costs[option] for option, _ in chosen]
        self._basis = [option for option, _ in chosen]  # -1 for stock that is left, or does not exist.

    def prices(self) -> Prices:
        """Exact ones, lowered a little: to whole costs, and to what the worst option that was seen allows."""
        units, parcel, rents = self._split(self._duals())
        part, scale = self._part
        scale *= self._determinant
        lowered = tuple(unit * part // scale for unit in units)
        raised = {
            depot: tuple(-(-rent * part // scale) for rent in several) for depot, several in rents.items()
        }
        parcel = parcel * part // scale
        bound = (
            FEWEST * parcel
            + sum(map(mul, lowered, self._group.quantities))
            - sum(
                sum(map(mul, several, self._group.depots[depot].stock)) for depot, several in raised.items()
            )
        )
        return Prices(parcel, lowered, raised, bound)

    def _split(self, duals: list[int]) -> tuple[list[int], int, dict[int, list[int]]]:
        """The prices of the goods, that of a parcel and, of each depot that is short, the goods' rents."""
        count, parcel = len(self._group.quantities), 0
        rents: dict[int, list[int]] = {}
        for row, dual in zip(self._short, duals[count:], strict=True):
            if row == _PARCELS:
                parcel = -dual
            else:
                rents.setdefault(row[0], [0] * count)[row[1]] = -dual
        return duals[:count], parcel, rents

    def optimise(self, work: Work) -> bool:
        """Go near the optimum: price all, and work the best of them in. False when *work* is spent."""
        costs = self._options.costs
        self._work_in([])  # Until what is short is worked in, its prices may have the wrong sign.
        while True:
            self._part = (1, 1)
            prices = self.prices()
            wastes = wastes_of(prices, self._candidates, self._options)
            if not work.spend(_UNITS_PER_ROUND + len(wastes)):
                return False
            least = min(wastes)
            if least >= 0 or self._is_near(wastes, prices.bound):
                return True
            pool = [number for number, waste in enumerate(wastes) if waste * 10 < least]
            pooled = _POOLED * len(self._basis)
            if len(pool) > pooled:
                pool = sorted(pool, key=lambda number: wastes[number] / costs[number])[:pooled]
            if not self._work_in([(costs[number], self._column(number), number) for number in pool]):
                return True

    def _is_near(self, wastes: list[int], bound: int) -> bool:
        """Would prices that are lower by a small part suffice, or by so much that *bound* is at the ceiling?"""
        part, ceiling = (1, 1), self._ceiling
        for cost, waste in zip(self._options.costs, wastes, strict=True):
            if waste < 0:
                if -waste * _NEAR > cost and ceiling * (cost - waste) > bound * cost:
                    return False
                if cost * part[1] < part[0] * (cost - waste):
                    part = (cost, cost - waste)
        self._part = part
        return True

    def _work_in(self, pool: list[tuple[int, Sequence[int], int]]) -> bool:
        """Exchange columns of *pool*, and those of stock, while one is worth it. Was any?"""
        pool += self._columns_of_stock()
        has_moved = False
        while True:
            duals = self._duals()
            gain, best = 0, None
            for entry in pool:
                value = sum(map(mul, duals, entry[1])) - entry[0] * self._determinant
                if value > gain:
                    gain, best = value, entry
            if best is None:
                return has_moved
            self._exchange(*best)
            has_moved = True

    def _columns_of_stock(self) -> list[tuple[int, Sequence[int], int]]:
        """Stock that is left costs nothing; stock that does not exist costs more than any plan would pay."""
        columns: list[tuple[int, Sequence[int], int]] = []
        size = len(self._inverse)
        for row in range(len(self._group.quantities), size):
            columns.append((0, [int(other == row) for other in range(size)], -1))
            columns.append((self._overdraft, [-int(other == row) for other in range(size)], -1))
        return columns

    def _column(self, option: int) -> list[int]:
        contents, depot = self._options.contents[option], self._options.depots[option]
        units = unpack(self._candidates.packed[contents], self._candidates.fields)
        return [*units, *(_share(units, depot, *row) for row in self._short)]

    def _duals(self) -> list[int]:
        return [sum(map(mul, self._costs, column)) for column in zip(*self._inverse, strict=True)]

    def _exchange(self, cost: int, column: Sequence[int], option: int) -> None:
        """Let *option* into the basis for the column that it drives to nothing first."""
        inverse, amounts = self._inverse, self._amounts
        moved = [sum(map(mul, row, column)) for row in inverse]
        leaving = -1
        for row, share in enumerate(moved):
            if share > 0 and (leaving < 0 or amounts[row] * moved[leaving] < amounts[leaving] * share):
                leaving = row
        pivot, pivot_row, amount = moved[leaving], inverse[leaving], amounts[leaving]
        for row, share in enumerate(moved):
            if row != leaving:
                inverse[row] = [
                    (own * pivot - share * other) // self._determinant
                    for own, other in zip(inverse[row], pivot_row, strict=True)
                ]
                amounts[row] = (amounts[row] * pivot - share * amount) // self._determinant
        self._determinant = pivot
        self._costs[leaving], self._basis[leaving] = cost, option

    def charge_for_shortage(self) -> bool:
        """Add a row for each stock of which more is used than there is. Was there any?

        Its first basic column is the stock that does not exist, or is left: then the basis stays a solution.
        """
        used: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for row, option in enumerate(self._basis):
            if option >= 0 and self._amounts[row]:
                depot = self._options.depots[option]
                contents = self._candidates.packed[self._options.contents[option]]
                for place, count in enumerate(unpack(contents, self._candidates.fields)):
                    if count:
                        used.setdefault((depot, place), []).append((row, count))
        added = False
        for (depot, place), shares in used.items():
            stock = self._group.depots[depot].stock[place] * self._determinant
            taken = sum(self._amounts[row] * count for row, count in shares)
            if taken > stock and (depot, place) not in self._short:
                self._add_row(depot, place)
                added = True
        return added

    def _add_row(self, depot: int, place: int) -> None:
        self._short.append((depot, place))
        coefficients = [self._column(option)[-1] if option >= 0 else 0 for option in self._basis]
        size = len(self._inverse)
        row = [sum(coefficients[k] * self._inverse[k][column] for k in range(size)) for column in range(size)]
        amount = sum(map(mul, coefficients, self._amounts))
        for other in self._inverse:
            other.append(0)
        held = -FEWEST if (depot, place) == _PARCELS else self._group.depots[depot].stock[place]
        lacking = amount - held * self._determinant
        if lacking >= 0:
            self._inverse.append([*row, -self._determinant])
            self._costs.append(self._overdraft)
        else:
            self._inverse.append([*(-entry for entry in row), self._determinant])
            self._costs.append(0)
        self._amounts.append(abs(lacking))
        self._basis.append(-1)


def _share(units: Sequence[int], depot: int, where: int, place: int) -> int:
    """What a parcel from *depot* takes of what is short."""
    if (where, place) == _PARCELS:
        return -1
    return units[place] if where == depot else 0


def _best_of_each(candidates: Candidates, options: Options) -> list[tuple[int, int]]:
    """For each of the goods the option with nothing else in it that costs least by the unit, and its units."""
    best: dict[int, tuple[int, int, int]] = {}
    for place, count, number in alone_of(candidates):
        cost = candidates.options[number][0][0]
        if place not in best or cost * best[place][1] < best[place][0] * count:
            best[place] = (cost, count, number)
    return [(bisect_left(options.contents, best[place][2]), best[place][1]) for place in sorted(best)]
