"""Into which parcels does a paid order go? Goods leave from where they lie.

The cut by warehouse follows the promise that was made when the order was placed. Each parcel says why it is one.
"""

from collections.abc import Iterator

from shared.changes import SYSTEM, Change, Draft
from shared.commands import Outcome, Shop, carry_out
from shared.goods import StockMove
from shared.lifecycle import Event, ParcelState, SubOrderState
from shared.model import Line, Parcel, SubOrder, WholeOrder
from shared.splitting.shares import shared_out


def split_order(shop: Shop, order_id: str, now: int) -> Outcome:
    """Effect: plan the parcels of every paid sub-order that has none. Safe to repeat."""
    return carry_out(shop, order_id, lambda whole: decide_split(whole, now=now))


def decide_split(whole: WholeOrder, *, now: int) -> Change | None:
    """Cut what is paid and not yet cut, or do nothing."""
    waiting = [
        s for s in whole.sub_orders if s.state is SubOrderState.AWAITING_SHIPMENT and s.split_at is None
    ]
    if not waiting:
        return None
    draft = Draft(whole, event=Event.GOODS_ALLOCATED, caller=SYSTEM, now=now)
    for sub_order in waiting:
        draft.move(sub_order, Event.GOODS_ALLOCATED, split_at=now)
        for parcel in planned(
            sub_order, whole.lines_of(sub_order), first_number=len(draft.whole.parcels) + 1
        ):
            draft.create(parcel, Event.PARCEL_PLANNED)
    return draft.finish(note={"parcels": len(draft.whole.parcels) - len(whole.parcels)})


def planned(sub_order: SubOrder, lines: tuple[Line, ...], *, first_number: int) -> tuple[Parcel, ...]:
    """One parcel for each warehouse that holds goods of *sub_order*."""
    contents: dict[str, dict[str, int]] = {}
    for line in lines:
        cancelled = sub_order.cancelled.get(str(line.number), 0)
        for warehouse, units in left_by_warehouse(line, cancelled).items():
            contents.setdefault(warehouse, {})[str(line.number)] = units
    parcels = tuple(
        Parcel(
            number=number,
            sub_order=sub_order.number,
            warehouse=warehouse,
            state=ParcelState.AWAITING_SHIPMENT,
            contents=contents[warehouse],
            goods_minor=0,
            freight_minor=0,
            cuts=(f"merchant:{sub_order.merchant_id}", f"warehouse:{warehouse}"),
        )
        for number, warehouse in enumerate(sorted(contents), first_number)
    )
    return shared_out(sub_order, lines, parcels)


def left_by_warehouse(line: Line, cancelled: int) -> dict[str, int]:
    """Where the units lie that are not cancelled. Cancelled ones come off the last warehouse first.

    >>> from shared.goods import Held
    >>> from shared.model import Line
    >>> line = Line(1, 1, "A", "a", "M", 5, 100, (), 500, 0, (Held("W1", 3), Held("W2", 2)))
    >>> left_by_warehouse(line, 3)
    {'W1': 2}
    """
    left: dict[str, int] = {}
    for held in line.allocation:
        left[held.warehouse] = left.get(held.warehouse, 0) + held.units
    for warehouse in reversed(left):
        gone = min(left[warehouse], cancelled)
        left[warehouse] -= gone
        cancelled -= gone
    return {warehouse: units for warehouse, units in left.items() if units}


def leaving(whole: WholeOrder, kind: str, line: Line, warehouse: str, units: int) -> Iterator[StockMove]:
    """The moves by which the next *units* of *line* leave *warehouse*, shipped or released.

    Units of one warehouse are alike, but a hot SKU's counters lie in shards: what leaves first comes off the
    place that was allocated first, whoever takes it, so that every place gives up exactly what it reserved.
    """
    held = [place for place in line.allocation if place.warehouse == warehouse]
    gone = sum(place.units for place in held) - _waiting(whole, line, warehouse)
    for place in held:
        skipped = min(gone, place.units)
        taken = min(place.units - skipped, units)
        gone, units = gone - skipped, units - taken
        if taken:
            yield StockMove(kind, line.sku, warehouse, taken, place.shard, place.channel)


def _waiting(whole: WholeOrder, line: Line, warehouse: str) -> int:
    """Units of *line* that still lie in *warehouse* for this order."""
    sub_order = next(s for s in whole.sub_orders if s.number == line.sub_order)
    if sub_order.split_at is None:
        return left_by_warehouse(line, sub_order.cancelled.get(str(line.number), 0)).get(warehouse, 0)
    return sum(
        parcel.contents.get(str(line.number), 0)
        for parcel in whole.parcels_of(sub_order)
        if parcel.warehouse == warehouse and parcel.state is ParcelState.AWAITING_SHIPMENT
    )
