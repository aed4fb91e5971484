"""Which parcels, and how many of each, hold all that is ordered for the least price? Solved by OR-Tools."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

from bench.split.groups import Group, Whole

Place = tuple[int, int]  # A warehouse and an item of which it has some.
Counts = tuple[tuple[int, int], ...]  # The least and the most parcels of each warehouse, and, last, of all.


class Row(NamedTuple):
    """A parcel to choose."""

    warehouse: int
    units: Whole
    price: int


class Parcels:
    """Parcels to choose from: of those with the same contents from one warehouse, the cheapest."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.rows: list[Row] = []
        self._price: dict[tuple[int, bytes], int] = {}

    def add(self, row: Row) -> bool:
        """Whether it was new, or cheaper than before."""
        key = row.warehouse, row.units.tobytes()
        if self._price.get(key, row.price + 1) <= row.price:
            return False
        self._price[key] = row.price
        self.rows.append(row)
        return True


class Worth(NamedTuple):
    """What the relaxation would pay for one more of each, in the scale that is asked for."""

    units: Whole  # By warehouse and item.
    parcels: Whole  # By warehouse, and, last, of all; negative where fewer are wanted.


class Cover(NamedTuple):
    price: int | None
    at_least: int
    is_final: bool  # Nothing cheaper can be chosen from these parcels.


class Relaxation:
    """Parcels may be taken by halves. They are added as they are found."""

    def __init__(self, parcels: Parcels, *, missing_price: int) -> None:
        self.parcels, self.known = parcels, 0
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self.covers, self.counts = _rows(self.solver, parcels.group, is_whole=False)
        for row in self.covers.values():  # So that there is always an answer, though a dear one.
            missing = self.solver.NumVar(0, self.solver.infinity(), "")
            row.SetCoefficient(missing, 1)
            self.solver.Objective().SetCoefficient(missing, missing_price)

    def worth(self, counts: Counts, scale: int) -> Worth:
        for row in self.parcels.rows[self.known :]:
            _column(self.solver, self.covers, self.counts, row, is_whole=False)
        self.known = len(self.parcels.rows)
        for constraint, bounds in zip(self.counts, counts, strict=True):
            constraint.SetBounds(*bounds)
        status = self.solver.Solve()
        if status == pywraplp.Solver.INFEASIBLE:  # So few parcels, or so many, are none at all.
            raise NoSuchCount
        if status != pywraplp.Solver.OPTIMAL:
            raise RuntimeError(f"the relaxation was not solved: {status}")
        units = np.zeros_like(self.parcels.group.stock)
        for place, constraint in self.covers.items():
            units[place] = max(0, round(constraint.dual_value() * scale))
        parcels = [round(constraint.dual_value() * scale) for constraint in self.counts]
        return Worth(units, np.array(parcels, dtype=np.int64))

    def taken(self) -> list[float]:
        """How many parcels of each warehouse, and of all, the relaxation takes."""
        activities = self.solver.ComputeConstraintActivities()
        return [activities[constraint.index()] for constraint in self.counts]


class NoSuchCount(Exception):
    """No choice of parcels has these counts."""


def cheapest_cover(parcels: Parcels, counts: Counts, *, at_least: int, at_most: int, seconds: float) -> Cover:
    """The cheapest choice of whole parcels that costs *at_most* so much."""
    solver = pywraplp.Solver.CreateSolver("SCIP")
    solver.SetTimeLimit(max(1, round(seconds * 1000)))
    covers, rows = _rows(solver, parcels.group, is_whole=True)
    for constraint, bounds in zip(rows, counts, strict=True):
        constraint.SetBounds(*bounds)
    total = solver.Constraint(at_least, at_most)
    taken = [_column(solver, covers, rows, row, is_whole=True) for row in parcels.rows]
    for variable, row in zip(taken, parcels.rows, strict=True):
        total.SetCoefficient(variable, row.price)
    status = solver.Solve()
    if status == pywraplp.Solver.INFEASIBLE:
        return Cover(None, at_most + 1, True)
    if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return Cover(None, at_least, False)
    price = sum(round(v.solution_value()) * row.price for v, row in zip(taken, parcels.rows, strict=True))
    _assert_covered(parcels, [round(variable.solution_value()) for variable in taken])
    is_final = status == pywraplp.Solver.OPTIMAL
    bound = price if is_final else int(np.ceil(solver.Objective().BestBound() - 1e-3))
    return Cover(price, max(at_least, min(bound, price)), is_final)


def _assert_covered(parcels: Parcels, times: Sequence[int]) -> None:
    """Solvers count in floats; a price is believed when whole parcels hold what is ordered."""
    held = np.zeros_like(parcels.group.stock)
    for row, number in zip(parcels.rows, times, strict=True):
        held[row.warehouse] += row.units * number
    assert (np.minimum(held, parcels.group.stock).sum(axis=0) >= parcels.group.quantity).all()


def _rows(solver: Any, group: Group, *, is_whole: bool) -> tuple[dict[Place, Any], list[Any]]:
    """What a warehouse sends of an item is held by its parcels; the warehouses send what is ordered."""
    kind = solver.IntVar if is_whole else solver.NumVar
    sent = {place: kind(0, int(group.stock[place]), "") for place in _places(group)}
    for item, quantity in enumerate(group.quantity.tolist()):
        row = solver.Constraint(quantity, quantity)
        for place, variable in sent.items():
            if place[1] == item:
                row.SetCoefficient(variable, 1)
    covers = {place: solver.Constraint(0, solver.infinity()) for place in sent}
    for place, variable in sent.items():
        covers[place].SetCoefficient(variable, -1)
    counts = [solver.Constraint(0, solver.infinity()) for _ in (*group.warehouses, "all")]
    return covers, counts


def _column(solver: Any, covers: dict[Place, Any], counts: list[Any], row: Row, *, is_whole: bool) -> Any:
    kind = solver.IntVar if is_whole else solver.NumVar
    variable = kind(0, solver.infinity(), "")
    solver.Objective().SetCoefficient(variable, row.price)
    for item in np.flatnonzero(row.units).tolist():
        covers[row.warehouse, item].SetCoefficient(variable, int(row.units[item]))
    counts[row.warehouse].SetCoefficient(variable, 1)
    counts[-1].SetCoefficient(variable, 1)
    return variable


def _places(group: Group) -> Iterator[Place]:
    return ((int(warehouse), int(item)) for warehouse, item in zip(*np.nonzero(group.stock), strict=True))
