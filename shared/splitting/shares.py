"""The money of the children. Parcels add up to their sub-order to the cent, after every change.

When a sub-order is cut, each line's amount runs over its units, parcel after parcel, and the freight follows the goods.
From then on a parcel keeps its share until something happens to the parcel itself: those that an event changes
share what they had together, less what went back for their units, in proportion to what is in them now. So the
packages of one parcel share that parcel's money, and an event writes only the parcels that it is about.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import lcm

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
    """Let the parcels of *sub_order* that this event writes share what all others leave of its money.

    Where none of them holds anything any more, or too little was left for them by the cent, the first of the others
    takes part: the money of a unit depends on how many went back before it.
    """
    parcels = draft.whole.parcels_of(sub_order)
    live = [parcel for parcel in parcels if has_share(parcel)]
    pool = [parcel for parcel in live if draft.writes(parcel)]
    others = [parcel for parcel in live if not draft.writes(parcel)]
    lines = draft.whole.lines_of(sub_order)
    goods = sum(kept_minor(line, sub_order) for line in lines) - sum(p.goods_minor for p in others)
    freight = sub_order.freight_minor - sub_order.refunded_freight_minor
    freight -= sum(parcel.freight_minor for parcel in others)
    while others and (goods < 0 or not pool):
        heir = others.pop(0)
        goods, freight = goods + heir.goods_minor, freight + heir.freight_minor
        pool.append(heir)
    shares = _in_proportion(goods, freight, lines, pool)
    unchanged = {parcel.number for parcel in others}
    for parcel in parcels:
        if parcel.number not in unchanged:
            _write(draft, parcel, *shares.get(parcel.number, (0, 0)))


def _write(draft: Draft, parcel: Parcel, goods_minor: int, freight_minor: int) -> None:
    if (goods_minor, freight_minor) != (parcel.goods_minor, parcel.freight_minor):
        draft.change(parcel, goods_minor=goods_minor, freight_minor=freight_minor)


def _in_proportion(
    goods: int, freight: int, lines: Sequence[Line], pool: Sequence[Parcel]
) -> dict[int, tuple[int, int]]:
    """By parcel: goods and freight. Nobody: what is kept of a sub-order that is all gone, no parcel bears."""
    if not pool:
        return {}
    weights = _worth(lines, pool)
    shares = zip(allocate(goods, weights), allocate(freight, weights), strict=True)
    return dict(zip((parcel.number for parcel in pool), shares, strict=True))


def _worth(lines: Sequence[Line], parcels: Sequence[Parcel]) -> list[int]:
    """What is in *parcels*, at what was paid for it: as weights, exactly. Of free goods their units count."""
    packed = {number for parcel in parcels for number in parcel.contents}
    own = {str(line.number): line for line in lines if str(line.number) in packed}
    each = lcm(*(line.quantity for line in own.values()))
    worth = [
        sum(own[n].payable_minor * units * (each // own[n].quantity) for n, units in parcel.contents.items())
        for parcel in parcels
    ]
    return worth if any(worth) else [sum(parcel.contents.values()) for parcel in parcels]


def kept_minor(line: Line, sub_order: SubOrder) -> int:
    """What the buyer still pays for the units of *line* that are left: neither cancelled, nor back, nor paid back."""
    reduced = sub_order.reduced.get(str(line.number), 0)
    return line.payable_minor - line.payable_minor * sub_order.gone(line) // line.quantity - reduced
