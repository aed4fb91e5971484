"""The money of the children. Parcels add up to their sub-order to the cent, after every change.

A parcel's share is what the buyer still pays for the units in it: each line's kept amount runs over the units
that are left, parcel after parcel; the freight that was not given back follows the goods.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.changes import Draft
from shared.lifecycle import ParcelState
from shared.model import Line, Parcel, SubOrder
from shared.money import allocate, running_shares


def shared_out(sub_order: SubOrder, lines: Sequence[Line], parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
    """Return *parcels* with their shares. One that was cancelled, or came back whole, has none."""
    live = [parcel for parcel in parcels if has_share(parcel)]
    goods = [0] * len(live)
    for line in lines:
        units = [parcel.contents.get(str(line.number), 0) for parcel in live]
        for index, share in enumerate(running_shares(kept_minor(line, sub_order), units)):
            goods[index] += share
    freight_minor = sub_order.freight_minor - sub_order.refunded_freight_minor
    freight = allocate(freight_minor, goods) if live else ()
    shares = {parcel.number: pair for parcel, *pair in zip(live, goods, freight, strict=True)}
    return tuple(
        replace(parcel, goods_minor=share[0], freight_minor=share[1])
        for parcel in parcels
        for share in [shares.get(parcel.number, [0, 0])]
    )


def has_share(parcel: Parcel) -> bool:
    """Whether the buyer pays for something in *parcel*: of one that came back, only what was missing is in it."""
    return bool(parcel.contents) and parcel.state is not ParcelState.CANCELLED


def share_anew(draft: Draft, sub_order: SubOrder) -> None:
    """Share *sub_order*'s money out again, and write the parcels whose share is another now."""
    parcels = draft.whole.parcels_of(sub_order)
    for before, after in zip(
        parcels, shared_out(sub_order, draft.whole.lines_of(sub_order), parcels), strict=True
    ):
        if after != before:
            draft.change(before, goods_minor=after.goods_minor, freight_minor=after.freight_minor)


def kept_minor(line: Line, sub_order: SubOrder) -> int:
    """What the buyer still pays for the units of *line* that are left: neither cancelled, nor back, nor paid back."""
    reduced = sub_order.reduced.get(str(line.number), 0)
    return line.payable_minor - line.payable_minor * sub_order.gone(line) // line.quantity - reduced
