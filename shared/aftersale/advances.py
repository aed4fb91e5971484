"""What an advance of the platform does to the sub-order that it was paid for, and what becomes of it in the end."""

from shared.aftersale.giving_up import settle_less
from shared.changes import Draft
from shared.model import AfterSale, Refund, RefundPart, SubOrder, WholeOrder


def root_sub_order(whole: WholeOrder, case: AfterSale) -> SubOrder:
    """The sub-order that was paid for what the case is about."""
    own = whole.sub_orders[case.sub_order - 1]
    return own if own.replaces is None else whole.sub_orders[own.replaces - 1]


def take_back(draft: Draft, case: AfterSale, used_minor: int) -> None:
    """Of the advance only *used_minor* was due: the pool bears the rest, and the sub-order is whole again.

    The buyer keeps what was promised: the refund goes on, and less of it is the order's.
    """
    if case.advance_refund is None:
        return
    refund = draft.whole.refunds[case.advance_refund - 1]
    left = min(case.advance_minor - used_minor, sum(part.other_minor for part in refund.parts))
    if not left:
        return
    root = root_sub_order(draft.whole, case)
    back = draft.change(root, given_back_minor=root.given_back_minor - left)
    settle_less(draft, back)
    draft.change(refund, parts=_less(refund, left))
    order = draft.whole.order
    draft.change(order, refund_reserved_minor=order.refund_reserved_minor - left)


def less_advance(
    draft: Draft, case: AfterSale, parts: list[RefundPart]
) -> tuple[list[RefundPart], RefundPart | None]:
    """What the platform has paid in advance is not refunded again: the merchant's part makes the pool whole.

    It counts as given back of the sub-order; what of it was due counts for the goods now. Returns what is still to be
    refunded, and what goes back to the pool.
    """
    if not case.advance_minor:
        return parts, None
    covered = min(case.advance_minor, sum(-part.other_minor for part in parts))  # Counts for them already.
    left, used = [], covered
    for part in parts:
        less = min(case.advance_minor - used, part.amount_minor)
        used += less
        left.append(part._replace(other_minor=part.other_minor - less))
    root = root_sub_order(draft.whole, case)
    after = draft.change(root, given_back_minor=root.given_back_minor - used + covered)
    settle_less(draft, after)
    take_back(draft, case, used)
    recovered = RefundPart(root.number, 0, 0, used) if used else None
    return [part for part in left if part.amount_minor], recovered


def _less(refund: Refund, amount_minor: int) -> tuple[RefundPart, ...]:
    [part] = refund.parts
    kept = part._replace(other_minor=part.other_minor - amount_minor)
    return (kept,) if kept.amount_minor else ()
