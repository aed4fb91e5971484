"""What is the least that a group can cost? A price for each unit that no parcel can beat.

The linear programme over all candidates (Gilmore and Gomory, 1961) gives a price to every unit, such that no parcel
costs less than its units are priced at: whatever the plan, it costs at least all units' prices. Where a depot's stock
is short, its units bear a rent as well. A parcel's *waste* is what it costs beyond the prices; a plan that is near the
bound has little waste, so that few candidates need to be looked at.

The simplex method runs in whole numbers: the inverse of the basis is kept as its adjugate over its determinant
(Edmonds, 1967), every division leaves no remainder, and the bound is exact.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from operator import mul, sub
from typing import NamedTuple

from shared.splitting.candidates import Candidates, alone_of, unpack
from shared.splitting.groups import Group
from shared.splitting.work import Work

_NEAR = 128  # Prices that are this part below the best ones are good enough.
_UNITS_PER_ROUND = 300
_POOLED = 96  # Candidates that are priced anew after each step, before all are looked at again.
_ROUNDS_OF_RENT = 6
_OVERDRAFT = 8  # Units of stock that do not exist cost so many of the dearest parcels.
Entering = tuple[int, Sequence[int]]  # Cost and coefficients of a column.


class Prices(NamedTuple):
    """In costs, rounded so that no parcel costs less than it is priced at."""

    units: tuple[int, ...]
    rents: dict[int, tuple[int, ...]]  # For the depots where some stock is short.
    bound: int


class Options(NamedTuple):
    """The candidates' options as columns, side by side."""

    costs: list[int]
    contents: list[int]
    depots: list[int]


def options_of(candidates: Candidates) -> Options:
    flat = [(cost, number, depot) for number, few in enumerate(candidates.options) for cost, depot in few]
    return Options([one[0] for one in flat], [one[1] for one in flat], [one[2] for one in flat])


def prices_of(group: Group, candidates: Candidates, options: Options, work: Work) -> Prices | None:
    """The best prices there are. None when *work* does not suffice."""
    programme = _Programme(group, candidates, options)
    for _ in range(_ROUNDS_OF_RENT):
        if not programme.optimise(work):
            return None
        if not programme.charge_for_shortage():
            break
    return programme.prices()


def wastes_of(prices: Prices, candidates: Candidates, options: Options) -> list[int]:
    """What each option costs beyond its units' prices."""
    return list(map(sub, options.costs, _values(prices.units, prices.rents, candidates, options)))


def _values(
    units: Sequence[int], rents: Mapping[int, Sequence[int]], candidates: Candidates, options: Options
) -> Iterator[int]:
    """What each option's units are priced at."""
    plain = _sums(candidates, units)
    if not rents:
        return map(plain.__getitem__, options.contents)
    values = [plain] * (max(options.depots) + 1)
    for depot, rent in rents.items():
        values[depot] = _sums(candidates, list(map(sub, units, rent)))
    return (values[depot][number] for depot, number in zip(options.depots, options.contents, strict=True))


def _sums(candidates: Candidates, units: Sequence[int]) -> list[int]:
    sums = [0]
    for place, parents in candidates.growth:
        unit = units[place]
        sums += [sums[parent] + unit for parent in parents]
    return sums


class _Programme:
    """Rows: the goods, then the short stocks. Everything of the basis is times its determinant."""

    def __init__(self, group: Group, candidates: Candidates, options: Options) -> None:
        self._group, self._candidates, self._options = group, candidates, options
        self._short: list[tuple[int, int]] = []  # (depot, place) of the rows of stock.
        self._overdraft = _OVERDRAFT * max(options.costs)
        self._part = (1, 1)  # Of the prices, which no option is below.
        self._start(_best_of_each(candidates, options))

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
        units, rents = self._split(self._duals())
        part, scale = self._part
        scale *= self._determinant
        lowered = tuple(unit * part // scale for unit in units)
        raised = {
            depot: tuple(-(-rent * part // scale) for rent in several) for depot, several in rents.items()
        }
        bound = sum(map(mul, lowered, self._group.quantities)) - sum(
            sum(map(mul, several, self._group.depots[depot].stock)) for depot, several in raised.items()
        )
        return Prices(lowered, raised, bound)

    def _split(self, duals: list[int]) -> tuple[list[int], dict[int, list[int]]]:
        """The prices of the goods and, of each depot that is short, their rents."""
        count = len(self._group.quantities)
        rents: dict[int, list[int]] = {}
        for (depot, place), dual in zip(self._short, duals[count:], strict=True):
            rents.setdefault(depot, [0] * count)[place] = -dual
        return duals[:count], rents

    def optimise(self, work: Work) -> bool:
        """Go near the optimum: price all, and work the best of them in. False when *work* is spent."""
        costs = self._options.costs
        while True:
            self._part = (1, 1)
            wastes = wastes_of(self.prices(), self._candidates, self._options)
            if not work.spend(_UNITS_PER_ROUND + len(wastes)):
                return False
            least = min(wastes)
            if least >= 0 or self._is_near(wastes):
                return True
            pool = [number for number, waste in enumerate(wastes) if waste * 10 < least]
            if len(pool) > _POOLED:
                pool = sorted(pool, key=lambda number: wastes[number] / costs[number])[:_POOLED]
            if not self._work_in([(costs[number], self._column(number), number) for number in pool]):
                return True

    def _is_near(self, wastes: list[int]) -> bool:
        """Would prices that are lower by a small part suffice?"""
        part = (1, 1)
        for cost, waste in zip(self._options.costs, wastes, strict=True):
            if waste < 0:
                if -waste * _NEAR > cost:
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
        return [*units, *(units[place] if where == depot else 0 for where, place in self._short)]

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

        Its first basic column is the stock that does not exist: then the basis stays a solution.
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
        self._inverse.append([*row, -self._determinant])
        self._amounts.append(amount - self._group.depots[depot].stock[place] * self._determinant)
        self._costs.append(self._overdraft)
        self._basis.append(-1)


def _best_of_each(candidates: Candidates, options: Options) -> list[tuple[int, int]]:
    """For each of the goods the option with nothing else in it that costs least by the unit, and its units."""
    best: dict[int, tuple[int, int, int]] = {}
    for place, count, number in alone_of(candidates):
        cost = candidates.options[number][0][0]
        if place not in best or cost * best[place][1] < best[place][0] * count:
            best[place] = (cost, count, number)
    return [(bisect_left(options.contents, best[place][2]), best[place][1]) for place in sorted(best)]
