"""What an order that left moved of stock, added up: the drift check must still come to what the counters say.

An order's stub keeps it, in one entry for each row of stock (``Moved``), so that its events can go.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.goods import StockMove
from shared.ordering.drift import Tally


class Moved(NamedTuple):
    """One row of stock: how many events touched it, and what each counter has more, or less, for it."""

    sku: str
    shard: int
    times: int
    counters: tuple[tuple[str, str, int], ...]  # (warehouse, counter, units)


def added_up(events: Iterable[Mapping[str, Any]]) -> tuple[Moved, ...]:
    """What all *events*, EVENT rows as stored, moved together."""
    tally = Tally()
    for event in events:
        tally.add_event(StockMove(*move) for move in event.get("stock", ()))
    return tuple(
        Moved(
            sku,
            shard,
            tally.row((sku, shard)).moves,
            tuple(
                (*name, units) for name, units in sorted(tally.row((sku, shard)).counters.items()) if units
            ),
        )
        for sku, shard in sorted(tally.rows)
    )
