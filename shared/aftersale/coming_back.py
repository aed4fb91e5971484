"""Units that come back for a case: out of which parcels they are taken, and into which counters they go.

Units of one line in one parcel are alike; a case's are the last of it. They go back to the counters of the warehouse,
and of a hot SKU to the shard, that they left.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from shared.changes import Draft
from shared.goods import Place, StockMove
from shared.lifecycle import Event, ParcelState
from shared.model import AfterSale, Line, Parcel, WholeOrder
from shared.splitting.whereabouts import ON_ITS_WAY, came_from

WITH_OR_TO_BUYER = (*ON_ITS_WAY, ParcelState.DELIVERED, ParcelState.RECEIVED)
CONDITIONS = {
    "good": "restock",
    "defect": "restock_defect",
    "scrap": "scrap",
}  # grade -> kind of stock movement


def warehouse_of(whole: WholeOrder, case: AfterSale) -> str:
    """Where its goods left, and come back to."""
    number = min(map(int, case.sources))
    return next(parcel.warehouse for parcel in whole.parcels if parcel.number == number)


def places(whole: WholeOrder, case: AfterSale, line: Line) -> list[tuple[Place, int]]:
    """Where the case's units of *line* lay before they left: (place, units)."""
    return list(Counter(_each(whole, case, line)).items())


def _each(whole: WholeOrder, case: AfterSale, line: Line) -> Iterator[Place]:
    for parcel in _sources(whole, case):
        units = _there(parcel, str(line.number), case.sources[str(parcel.number)].get(str(line.number), 0))
        kept = parcel.contents.get(str(line.number), 0) - units
        after = parcel.after.get(str(line.number), 0) + kept
        for shard, count in sorted(came_from(line, parcel.warehouse, after, units).items()):
            yield from [Place(parcel.warehouse, shard)] * count


def _sources(whole: WholeOrder, case: AfterSale) -> list[Parcel]:
    return [parcel for parcel in whole.parcels if str(parcel.number) in case.sources]


def restock(draft: Draft, case: AfterSale, counted: Mapping[str, Mapping[str, int]]) -> None:
    """Put what was *counted* (line number -> grade -> units) where its grade belongs."""
    lines = {line.number: line for line in draft.whole.lines}
    for number, by_grade in counted.items():
        line = lines[int(number)]
        left = list(_each(draft.whole, case, line))
        for grade, units in by_grade.items():  # No more than there were to come back.
            for place, count in Counter(left[:units]).items():
                draft.take(StockMove(CONDITIONS[grade], line.sku, place.warehouse, count, place.shard))
            left = left[units:]


def left_of(whole: WholeOrder, case: AfterSale) -> dict[int, int]:
    """Its units by line number, as far as they are still where they were asked for: what got lost meanwhile, or is sent
    back by its carrier, is refunded there.
    """
    left: dict[int, int] = {}
    for parcel in _sources(whole, case):
        for number, units in case.sources[str(parcel.number)].items():
            left[int(number)] = left.get(int(number), 0) + _there(parcel, number, units)
    return left


def _there(parcel: Parcel, number: str, units: int) -> int:
    return min(units, parcel.contents.get(number, 0)) if parcel.state in WITH_OR_TO_BUYER else 0


def take_from_parcels(draft: Draft, case: AfterSale, units: Mapping[int, int]) -> None:
    """*units* (by line number) are not in their parcels any more: returned, or never there."""
    missing = dict(units)
    for parcel in _sources(draft.whole, case):
        contents = dict(parcel.contents)
        for number, count in case.sources[str(parcel.number)].items():
            taken = min(_there(parcel, number, count), missing.get(int(number), 0))
            missing[int(number)] = missing.get(int(number), 0) - taken
            contents[number] = contents.get(number, 0) - taken
        kept = {number: count for number, count in contents.items() if count}
        if kept == parcel.contents:
            continue
        if kept or parcel.state not in ON_ITS_WAY:
            draft.change(parcel, contents=kept)
        else:
            draft.move(parcel, Event.CASE_REFUNDED, contents=kept, is_given_up=True)
