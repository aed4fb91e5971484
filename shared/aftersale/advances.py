"""What an advance of the platform does to the sub-order that it was paid for, and what becomes of it in the end."""

from shared.aftersale.giving_up import settle_less
from shared.changes import Draft, Voucher
from shared.ledger import vouchers
from shared.model import AfterSale, Refund, RefundPart, SubOrder, WholeOrder
from shared.payment.giving_back import is_settled


def root_sub_order(whole: WholeOrder, case: AfterSale) -> SubOrder:
    """The sub-order that was paid for what the case is about."""
    own = whole.sub_orders[case.sub_order - 1]
    return own if own.replaces is None else whole.sub_orders[own.replaces - 1]


def take_back(draft: Draft, case: AfterSale) -> None:
    """The case ends without money: the advance was not due. What others were paid less for it, is due all the same."""
    due = _give_up_rest(draft, case, case.advance_minor)
    if due:
        whole, root = draft.whole, root_sub_order(draft.whole, case)
        settled = frozenset([root.number] if is_settled(whole, root.number) else [])
        back = vouchers.recovery(whole.order.order_id, RefundPart(root.number, 0, 0, due), settled)
        draft.post(Voucher("advance_recovered", whole.order.currency, back))


def less_advance(
    draft: Draft, case: AfterSale, parts: list[RefundPart]
) -> tuple[list[RefundPart], RefundPart | None]:
    """What the platform has paid in advance is not refunded again: the merchant's part makes the pool whole.

    It counts as given back of the sub-order; what of it was due counts for the goods now. Returns what is still to be
    refunded, and what goes back to the pool.
    """
    if not case.advance_minor:
        return parts, None
    root = root_sub_order(draft.whole, case)
    used = min(case.advance_minor, sum(-part.other_minor for part in parts))  # Counts for them already.
    left, room = [], min(case.advance_minor - used, root.given_back_minor)
    for part in parts:
        less = min(room, part.amount_minor)
        room, used = room - less, used + less
        root = draft.change(root, given_back_minor=root.given_back_minor - less)
        left.append(part._replace(other_minor=part.other_minor - less))
    settle_less(draft, root)
    used += _give_up_rest(draft, case, case.advance_minor - used)
    recovered = RefundPart(root.number, 0, 0, used) if used else None
    return [part for part in left if part.amount_minor], recovered


def _give_up_rest(draft: Draft, case: AfterSale, rest_minor: int) -> int:
    """So much of the advance was not due: the pool bears it, and the sub-order is whole again. The buyer keeps what was
    promised: the refund goes on, and less of it is the order's.

    Returns what is due nevertheless: less was refunded for other goods, or taken by a bank, because of it.
    """
    if case.advance_refund is None:
        return 0
    root, refund = root_sub_order(draft.whole, case), draft.whole.refunds[case.advance_refund - 1]
    free = min(rest_minor, root.given_back_minor, sum(part.other_minor for part in refund.parts))
    if free:
        back = draft.change(root, given_back_minor=root.given_back_minor - free)
        settle_less(draft, back)
        draft.change(refund, parts=_less(refund, free))
        order = draft.whole.order
        draft.change(order, refund_reserved_minor=order.refund_reserved_minor - free)
    return rest_minor - free


def _less(refund: Refund, amount_minor: int) -> tuple[RefundPart, ...]:
    [part] = refund.parts
    kept = part._replace(other_minor=part.other_minor - amount_minor)
    return (kept,) if kept.amount_minor else ()
