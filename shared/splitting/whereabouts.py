"""Where do the units of a line lie, and which of them leave next?"""

from collections import Counter
from collections.abc import Iterator, Mapping

from shared.goods import Held, StockMove
from shared.lifecycle import ParcelState
from shared.model import Line, WholeOrder

STILL_HERE = (
    ParcelState.AWAITING_SHIPMENT,
    ParcelState.PUSHING,
    ParcelState.AT_WAREHOUSE,
    ParcelState.INTERCEPTING,
)
ON_ITS_WAY = (ParcelState.IN_TRANSIT, ParcelState.TROUBLED)  # To its buyer.


def held_by_warehouse(line: Line) -> dict[str, int]:
    held: dict[str, int] = {}
    for place in line.allocation:
        held[place.warehouse] = held.get(place.warehouse, 0) + place.units
    return held


def left_by_warehouse(line: Line, cancelled: int) -> dict[str, int]:
    """Where the units lie that are not cancelled. Cancelled ones come off the last warehouse first.

    >>> from shared.goods import Held
    >>> from shared.model import Line
    >>> line = Line(1, 1, "A", "a", "M", 5, 100, (), 500, 0, (Held("W1", 3), Held("W2", 2)))
    >>> left_by_warehouse(line, 3)
    {'W1': 2}
    """
    left = held_by_warehouse(line)
    for warehouse in reversed(left):
        gone = min(left[warehouse], cancelled)
        left[warehouse] -= gone
        cancelled -= gone
    return {warehouse: units for warehouse, units in left.items() if units}


def leaving(whole: WholeOrder, kind: str, line: Line, warehouse: str, units: int) -> Iterator[StockMove]:
    """The moves by which the next *units* of *line* leave *warehouse*, shipped, released or missed.

    Units of one warehouse are alike, but a hot SKU's counters lie in shards: what leaves first comes off the
    place that was allocated first, whoever takes it, so that every place gives up exactly what it reserved.
    """
    gone = _gone(whole, line, warehouse)
    for place in _places(line, warehouse):
        skipped = min(gone, place.units)
        taken = min(place.units - skipped, units)
        gone, units = gone - skipped, units - taken
        if taken:
            yield StockMove(kind, line.sku, warehouse, taken, place.shard, place.channel)


def gone_before(whole: WholeOrder, warehouse: str, contents: Mapping[str, int]) -> dict[str, int]:
    """Of each line of *contents* that lies in shards: how many of its units left *warehouse* before these."""
    own = [line for line in whole.lines if str(line.number) in contents]
    hot = [line for line in own if any(place.shard for place in _places(line, warehouse))]
    return {str(line.number): _gone(whole, line, warehouse) for line in hot}


def came_from(line: Line, warehouse: str, after: int, units: int) -> dict[int, int]:
    """From which shards *units* of *line* left *warehouse*, *after* so many others had. The reverse of ``leaving``.

    >>> from shared.goods import Held
    >>> from shared.model import Line
    >>> line = Line(1, 1, "A", "a", "M", 5, 100, (), 500, 0, (Held("W1", 2, 1), Held("W1", 3, 2)))
    >>> came_from(line, "W1", 1, 3)
    {1: 1, 2: 2}
    """
    shards = [place.shard for place in _places(line, warehouse) for _ in range(place.units)]
    return dict(Counter(shards[after : after + units]))


def _places(line: Line, warehouse: str) -> list[Held]:
    return [place for place in line.allocation if place.warehouse == warehouse]


def _gone(whole: WholeOrder, line: Line, warehouse: str) -> int:
    """Units of *line* that have left *warehouse*, whichever way."""
    return sum(place.units for place in _places(line, warehouse)) - _waiting(whole, line, warehouse)


def _waiting(whole: WholeOrder, line: Line, warehouse: str) -> int:
    """Units of *line* that still lie in *warehouse* for this order."""
    sub_order = next(s for s in whole.sub_orders if s.number == line.sub_order)
    if sub_order.split_at is None:
        return left_by_warehouse(line, sub_order.gone(line)).get(warehouse, 0)
    return sum(
        parcel.contents.get(str(line.number), 0)
        for parcel in whole.parcels_of(sub_order)
        if parcel.warehouse == warehouse and parcel.state in STILL_HERE
    )
