"""Money of a paid order goes back for no goods: a favour, a refund made at the provider, a lost dispute.

Each sub-order carries its share, in proportion to what is kept of it (largest remainder, ``shared.money``): first
those whose money is still held, out of escrow; then those that are settled, as claims on their merchants.
What nobody holds any more is a claim of the platform's own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shared.changes import Draft, Entry
from shared.ledger.vouchers import claim, escrow
from shared.lifecycle import SettlementState
from shared.model import RefundPart, SubOrder, WholeOrder
from shared.money import allocate

BEARERS_MAX = 40  # Each is two rows, with its settlement.


class Taken(NamedTuple):
    """What was taken from whom; *rest_minor* from nobody."""

    parts: tuple[RefundPart, ...]
    rest_minor: int


def kept_minor(whole: WholeOrder, sub_order: int | None = None) -> int:
    """What of the captured money has not been given back: at most so much may still be."""
    return sum(s.kept_minor for s in whole.sub_orders if sub_order in (None, s.number))


def take(draft: Draft, amount_minor: int, *, sub_order: int | None = None) -> Taken:
    """Take *amount_minor* from the sub-orders, or from the one named, and note it on them."""
    own = _bearers([s for s in draft.whole.sub_orders if sub_order in (None, s.number)])
    held = [s for s in own if not is_settled(draft.whole, s.number)]
    settled = [s for s in own if is_settled(draft.whole, s.number)]
    from_held = _spread(amount_minor, held)
    left = amount_minor - sum(part.other_minor for part in from_held)
    parts = (*from_held, *_spread(left, settled))
    for part in parts:
        note(draft, part.sub_order, part.other_minor)
    taken = sum(part.other_minor for part in parts)
    _promise(draft, taken)
    return Taken(parts, amount_minor - taken)


def _bearers(sub_orders: Sequence[SubOrder]) -> list[SubOrder]:
    """Those of which most is kept: one transaction has no room for everybody of a very large order."""
    numbers = {s.number for s in sorted(sub_orders, key=lambda s: -s.kept_minor)[:BEARERS_MAX]}
    return [s for s in sub_orders if s.number in numbers]


def put_back(draft: Draft, parts: Sequence[RefundPart]) -> None:
    """The mirror of ``take``: what could not be given stays where it was."""
    for part in parts:
        note(draft, part.sub_order, -part.other_minor)
    _promise(draft, -sum(part.other_minor for part in parts))


def may_be_put_back(whole: WholeOrder, parts: Sequence[RefundPart]) -> bool:
    """Not when its merchant was paid without it, or when goods were cancelled for which it counts by now."""
    return all(
        not is_settled(whole, part.sub_order)
        and whole.sub_orders[part.sub_order - 1].given_back_minor >= part.other_minor
        for part in parts
    )


def note(draft: Draft, number: int, amount_minor: int) -> None:
    """*amount_minor* of one sub-order has been given back; its merchant will be owed less."""
    whole = draft.whole
    sub_order = whole.sub_orders[number - 1]
    draft.change(sub_order, given_back_minor=sub_order.given_back_minor + amount_minor)
    for settlement in whole.settlements:
        if settlement.number == number and settlement.state is SettlementState.WAITING:
            draft.change(settlement, amount_minor=settlement.amount_minor - amount_minor)


def sources(whole: WholeOrder, taken: Taken) -> tuple[Entry, ...]:
    """Out of which accounts it comes."""
    order_id = whole.order.order_id
    entries = [
        Entry((claim if is_settled(whole, p.sub_order) else escrow)(order_id, p.sub_order), p.amount_minor)
        for p in taken.parts
    ]
    return (*entries, Entry(f"claim:{order_id}", taken.rest_minor))


def is_settled(whole: WholeOrder, number: int) -> bool:
    return any(s.number == number and s.state is SettlementState.SETTLED for s in whole.settlements)


def _spread(amount_minor: int, sub_orders: Sequence[SubOrder]) -> tuple[RefundPart, ...]:
    room = [s.kept_minor for s in sub_orders]
    shares = allocate(min(amount_minor, sum(room)), room) if any(room) else ()
    return tuple(
        RefundPart(s.number, 0, 0, share) for s, share in zip(sub_orders, shares, strict=False) if share
    )


def _promise(draft: Draft, amount_minor: int) -> None:
    order = draft.whole.order
    draft.change(order, refund_reserved_minor=order.refund_reserved_minor + amount_minor)
