"""Do the counters of stock say what all movements add up to? (RELIABILITY 22 to 25)

    rows as they are ──► every movement and every event, added up ──► compared ──► differences, or nothing

Every row counts how often it was moved. While it counts as many moves as were added up, nothing happened meanwhile and
nothing was missed, so the sum is exact; otherwise the row is read once more, and decided on only if nobody moved it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from shared.goods import StockMove
from shared.ordering.movements import AVAILABLE, CHANNEL, COUNTERS, Part
from shared.store.counters import COUNTED, FLOWS

MOVES, SOLD_OUT = "moves", "sold_out"  # What may be wrong with a row beside its units.
Counter = tuple[str, str]  # warehouse, counter; what belongs to the whole row has no warehouse
RowName = tuple[str, int]  # SKU, shard


class Found(NamedTuple):
    """A stock row as it is."""

    levels: Mapping[str, Mapping[str, int]]
    moves: int | None  # None: it never counted any.
    is_sold_out: bool = False
    beside: int = 0  # Of a first row: so many rows beside it hold units that are for sale.

    @property
    def counters(self) -> dict[Counter, int]:
        return {(w, name): units for w, level in self.levels.items() for name, units in level.items()}


class Expected(NamedTuple):
    """A stock row as its movements say."""

    counters: Mapping[Counter, int]
    moves: int


class Difference(NamedTuple):
    """One counter that is not what it should be. *found* is None when it is not there at all."""

    sku: str
    warehouse: str
    shard: int
    counter: str
    expected: int
    found: int | None

    @property
    def row(self) -> RowName:
        return self.sku, self.shard


class DriftReport(NamedTuple):
    rows: int
    entries: int  # Movements and events that moved stock.
    differences: tuple[Difference, ...] = ()
    negative: tuple[Difference, ...] = ()  # Below zero, or expected to be: the latter no repair can be for.
    unsettled: tuple[RowName, ...] = ()  # Orders moved these whenever we looked: nothing is known of them.
    repaired: int = 0  # Rows.

    @property
    def is_clean(self) -> bool:
        return not (self.differences or self.negative)


class Tally:
    """Adds movements up, one after the other, in any order. It keeps a few numbers for each stock row, no more."""

    def __init__(self, watched: Container[str] | None = None) -> None:
        """*watched*: only these SKUs; None: all of them."""
        self._watched = watched
        self._counters: dict[RowName, dict[Counter, int]] = {}
        self._moves: dict[RowName, int] = {}
        self.entries = 0

    @property
    def rows(self) -> Iterable[RowName]:
        return self._moves.keys()

    def row(self, name: RowName) -> Expected:
        return Expected(self._counters.get(name, {}), self._moves.get(name, 0))

    def add_movement(self, sku: str, *, rows: Iterable[int], parts: Iterable[Part]) -> None:
        """What no order did."""
        if not self._is_watched(sku):
            return
        self.entries += 1
        for shard in rows:
            self._moved((sku, shard))
        for part in parts:
            self._add((sku, part.shard), (part.warehouse, part.counter), part.units)

    def add_event(self, moves: Iterable[StockMove]) -> None:
        """What one event of an order did: each row it touched counted it once."""
        own = [move for move in moves if self._is_watched(move.sku)]
        self.entries += bool(own)
        for name in {(move.sku, move.shard) for move in own}:
            self._moved(name)
        for move in own:
            name, (source, target) = (move.sku, move.shard), FLOWS[move.kind]
            self._add(name, (move.warehouse, source), -move.quantity)
            self._add(name, (move.warehouse, target), move.quantity)
            if move.channel and move.kind in COUNTED:
                left = -move.quantity if source == AVAILABLE else move.quantity
                self._add(name, (move.warehouse, CHANNEL + move.channel), left)

    def add_archived(
        self, sku: str, shard: int, times: int, counters: Iterable[tuple[str, str, int]]
    ) -> None:
        """What an order that has left did to one row, all of its events together (``shared.archive.moved``)."""
        if not self._is_watched(sku):
            return
        self.entries += 1
        self._moves[sku, shard] = self._moves.get((sku, shard), 0) + times
        for warehouse, counter, units in counters:
            self._add((sku, shard), (warehouse, counter), units)

    def _is_watched(self, sku: str) -> bool:
        return self._watched is None or sku in self._watched

    def _moved(self, name: RowName) -> None:
        self._moves[name] = self._moves.get(name, 0) + 1

    def _add(self, name: RowName, counter: Counter, units: int) -> None:
        counters = self._counters.setdefault(name, {})
        for usual in COUNTERS:
            counters.setdefault((counter[0], usual), 0)
        counters[counter] = counters.get(counter, 0) + units


def compared(name: RowName, found: Found | None, expected: Expected) -> tuple[Difference, ...]:
    """Everything about one row that is not as its movements say.

    A counter that is gone is wrong though it held nothing: the next order that moves it would find no place for it.
    """
    sku, shard = name
    counters = found.counters if found else {}
    differing = (
        Difference(sku, warehouse, shard, counter, should, there)
        for warehouse, counter in sorted(expected.counters.keys() | counters.keys())
        if (should := expected.counters.get((warehouse, counter), 0))
        != (there := counters.get((warehouse, counter)))
    )
    moves = found.moves if found else None
    is_counted = (moves or 0) == expected.moves
    return (*differing, *(() if is_counted else (Difference(sku, "", shard, MOVES, expected.moves, moves),)))


def falsely_sold_out(rows: Mapping[RowName, Found]) -> Iterator[Difference]:
    """First rows that say sold out while units of the SKU are for sale."""
    for (sku, shard), row in rows.items():
        if shard or not row.is_sold_out:
            continue
        beside = (rows.get((sku, k)) for k in range(row.beside + 1))
        if any(level.get(AVAILABLE, 0) > 0 for one in beside if one for level in one.levels.values()):
            yield Difference(sku, "", 0, SOLD_OUT, 0, 1)


def below_zero(name: RowName, found: Found | None, expected: Expected) -> Iterator[Difference]:
    """Counters that are negative, or should be if the movements were right: units cannot be."""
    counters = found.counters if found else {}
    for warehouse, counter in sorted(expected.counters.keys() | counters.keys()):
        should = expected.counters.get((warehouse, counter), 0)
        there = counters.get((warehouse, counter))
        if should < 0 or (there or 0) < 0:
            yield Difference(name[0], warehouse, name[1], counter, should, there)


def repairable(differences: Iterable[Difference]) -> dict[RowName, tuple[Difference, ...]]:
    """What can be put right, row by row: not where it would put a counter below zero."""
    by_row: dict[RowName, tuple[Difference, ...]] = {}
    for difference in differences:
        by_row[difference.row] = (*by_row.get(difference.row, ()), difference)
    return {row: own for row, own in by_row.items() if all(one.expected >= 0 for one in own)}
