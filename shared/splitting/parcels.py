"""Into which parcels does a paid order go? Goods leave from where they lie.

The cut by warehouse follows the promise that was made when the order was placed. Each parcel says why it is one.
"""

from collections.abc import Mapping
from dataclasses import asdict

from shared.changes import SYSTEM, Change, Draft
from shared.commands import Outcome, Shop, carry_out
from shared.lifecycle import Event, ParcelState, SubOrderState
from shared.model import Line, Parcel, SubOrder, WholeOrder
from shared.splitting.shares import shared_out


def split_order(shop: Shop, order_id: str, now: int) -> Outcome:
    """Effect: plan the parcels of every paid sub-order that has none. Safe to repeat."""
    policy = asdict(shop.settings.policy)
    return carry_out(shop, order_id, lambda whole: decide_split(whole, now=now, policy=policy))


def decide_split(whole: WholeOrder, *, now: int, policy: Mapping[str, int]) -> Change | None:
    """Cut what is paid and not yet cut, or do nothing."""
    waiting = [
        s for s in whole.sub_orders if s.state is SubOrderState.AWAITING_SHIPMENT and s.split_at is None
    ]
    if not waiting:
        return None
    draft = Draft(whole, event=Event.GOODS_ALLOCATED, caller=SYSTEM, now=now, policy=policy)
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
        for warehouse, units in left_by_warehouse(line, sub_order.cancelled.get(str(line.number), 0)):
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


def left_by_warehouse(line: Line, cancelled: int) -> tuple[tuple[str, int], ...]:
    """Where the units lie that are not cancelled. Cancelled ones come off the last warehouse first.

    >>> from shared.model import Line
    >>> line = Line(1, 1, "A", "a", "M", 5, 100, (), 500, 0, (("W1", 3), ("W2", 2)))
    >>> left_by_warehouse(line, 3)
    (('W1', 2),)
    """
    left = []
    for warehouse, units in reversed(line.allocation):
        gone = min(units, cancelled)
        cancelled -= gone
        if units > gone:
            left.append((warehouse, units - gone))
    return tuple(reversed(left))
