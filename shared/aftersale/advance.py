"""Advance compensation (先行赔付): the platform pays the buyer before anybody has decided, out of its own pool.

paid        pool -> buyer: a refund like any other, so that no payment gives back more than came in under it
ruled       for the buyer: the merchant's escrow, or a claim on the merchant, makes the pool whole again, and only what
            the ruling gives beyond the advance is still refunded
            for less, or nothing: the pool bears what it paid too much, and the merchant's part is whole again

The pool, the merchant's claim and the recovery are accounts (RULES 10.3).
"""

from shared.aftersale.advances import root_sub_order
from shared.aftersale.cases import act
from shared.aftersale.giving_up import settle_less
from shared.aftersale.replacing import Stocked
from shared.aftersale.worth import paid_for
from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop
from shared.errors import OrderError
from shared.ledger import vouchers
from shared.lifecycle import Event
from shared.model import AfterSale, RefundPart, WholeOrder
from shared.payment.requests import refuse_while_disputed, request_refund
from shared.policy import Action

ADVANCE = "advance_compensation"


class AdvanceTooLarge(OrderError):
    """More than the case is about, or than the buyer still pays. ``maximum``: minor units."""

    status, code = 422, "advance_too_large"


def pay_in_advance(
    shop: Shop, order_id: str, number: int, amount_minor: int, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Support pays the buyer at once. Raises ``NotFound``, ``TransitionRefused``, ``AdvanceTooLarge``."""

    def decision(whole: WholeOrder, case: AfterSale, _goods: Stocked | None) -> Change:
        refuse_while_disputed(whole)
        return decide_advance(whole, case, amount_minor, caller=caller, now=now, request=request)

    action = Action.RULE_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_advance(
    whole: WholeOrder,
    case: AfterSale,
    amount_minor: int,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    event = Event.ADVANCE_PAID
    draft = Draft(whole, event=event, caller=caller, now=now)
    draft.require(case, event)
    root = root_sub_order(whole, case)
    about = {int(line): units for line, units in case.units.items()}
    most = min(paid_for(whole, about), root.kept_minor) if not case.advance_minor else 0
    if not 0 < amount_minor <= most:
        raise AdvanceTooLarge("so much cannot be paid in advance", maximum=most)
    payment = whole.winning_payment()
    assert payment is not None, "what was shipped was paid"
    order = whole.order
    borne = draft.change(root, given_back_minor=root.given_back_minor + amount_minor)
    settle_less(draft, borne)
    draft.change(order, refund_reserved_minor=order.refund_reserved_minor + amount_minor)
    part = RefundPart(root.number, 0, 0, amount_minor)
    refund = request_refund(draft, payment, amount_minor=amount_minor, reason=ADVANCE, parts=(part,), now=now)
    draft.post(vouchers.paid_in_advance(refund))
    draft.move(case, event, advance_minor=amount_minor, advance_refund=refund.number)
    return draft.finish(request=request, about=refund.subject, note={"case": case.number})
