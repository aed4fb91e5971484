"""What an advance of the platform does to the sub-order that it was paid for, and what becomes of it in the end."""

from shared.aftersale.giving_up import settle_less
from shared.changes import Draft
from shared.model import AfterSale, Refund, RefundPart, SubOrder, WholeOrder


def root_sub_order(whole: WholeOrder, case: AfterSale) -> SubOrder:
    """The sub-order that was paid for what the case is about."""
    own = whole.sub_orders[case.sub_order - 1]
    return own if own.replaces is None else whole.sub_orders[own.replaces - 1]


def take_back(draft: Draft, case: AfterSale, used_minor: int) -> None:
    """Of the advance only *used_minor* was due: the pool bears the rest, and the sub-order is whole again."""
    left = case.advance_minor - used_minor
    if not left or case.advance_refund is None:
        return
    root = root_sub_order(draft.whole, case)
    back = draft.change(root, given_back_minor=root.given_back_minor - left)
    settle_less(draft, back)
    refund = draft.whole.refunds[case.advance_refund - 1]
    draft.change(refund, parts=_less(refund, left), rest_minor=refund.rest_minor + left)
    order = draft.whole.order
    draft.change(order, refund_reserved_minor=order.refund_reserved_minor - left)


def _less(refund: Refund, amount_minor: int) -> tuple[RefundPart, ...]:
    [part] = refund.parts
    kept = part._replace(other_minor=part.other_minor - amount_minor)
    return (kept,) if kept.amount_minor else ()
