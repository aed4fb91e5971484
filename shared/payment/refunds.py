"""Money on its way back: asked for under a number that never changes, until the provider says how it ended.

No answer is not a no. A refund that was asked for and not answered is asked for again under the same number,
by the effect's retries, and after them by its deadline.
"""

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import NotFound, UnknownReference
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, RefundState
from shared.model import Refund, WholeOrder
from shared.money import Money
from shared.payment.attempts import ORDER_ID_LENGTH
from shared.payment.notices import RefundNotice, booking_names
from shared.payment.providers import sandbox
from shared.policy import Action, require_order

UNDER_WAY = (RefundState.REQUESTED, RefundState.SUBMITTED)
EVENTS = {
    "succeeded": Event.REFUND_SUCCEEDED,
    "pending": Event.REFUND_ACCEPTED,
    "failed": Event.REFUND_FAILED,
}
NEWS = {  # In which states an outcome says something new. Anything else is an old message.
    Event.REFUND_SUCCEEDED: (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.NEEDS_ACTION),
    Event.REFUND_ACCEPTED: (RefundState.REQUESTED,),
    Event.REFUND_FAILED: (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.SUCCEEDED),
}


def submit_refund(shop: Shop, order_id: str, subject: str, now: int) -> None:
    """Effect: ask the provider for the refund *subject*, and note what it says. Safe to repeat."""
    whole = shop.orders.read(order_id)
    refund = whole.rows.get(subject)
    if not isinstance(refund, Refund) or refund.state not in UNDER_WAY:
        return
    payment = whole.payments[refund.payment - 1]
    record_refund(shop, sandbox.refund(shop.outside, shop.settings.sandbox_url, payment, refund), now=now)


def record_refund(shop: Shop, notice: RefundNotice, *, now: int) -> Outcome:
    """Book what a provider says of a refund, once. Raises ``UnknownReference``: it must be told again."""
    order_id = notice.provider_refund_id[:ORDER_ID_LENGTH]
    return carry_out(shop, order_id, lambda whole: decide_refund(whole, notice, now=now))


def decide_refund(whole: WholeOrder, notice: RefundNotice, *, now: int) -> Change | None:
    refund = _refund_of(whole, notice)
    event = EVENTS[notice.outcome]
    if refund is None or refund.state not in NEWS[event]:
        return None
    caller = Caller(Actor.PROVIDER, notice.provider)
    draft = Draft(whole, event=event, caller=caller, now=now)
    draft.only_once(*booking_names(notice))
    payment = whole.payments[refund.payment - 1]
    draft.move(refund, event, finished_at=now if event is Event.REFUND_SUCCEEDED else None)
    if event is Event.REFUND_SUCCEEDED:
        draft.post(vouchers.refunded(payment, refund))
    elif refund.state is RefundState.SUCCEEDED:
        draft.post(vouchers.refund_bounced(payment, refund))
    return draft.finish(
        about=refund.subject, note={"amount": refund.amount_minor, "currency": refund.currency}
    )


def retry_refund(
    shop: Shop, order_id: str, refund_id: str, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """An operator tries a failed refund again, under a new number: the old one is used up at the provider."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.RETRY_REFUND, whole)
        refund = next((r for r in whole.refunds if r.refund_id == refund_id), None)
        if refund is None:
            raise NotFound("no such refund")
        draft = Draft(whole, event=Event.REFUND_RETRIED, caller=caller, now=now)
        draft.move(refund, Event.REFUND_RETRIED, round=refund.round + 1)
        return draft.finish(request=request, about=refund.subject)

    return carry_out(shop, order_id, decision, request)


def _refund_of(whole: WholeOrder, notice: RefundNotice) -> Refund | None:
    """The refund that *notice* is about; None for an old message about a number that a retry has replaced.

    A success under a replaced number is no old message: the money has gone, and perhaps twice. It is not
    acknowledged, so that it comes again until people have looked.
    """
    found = next((r for r in whole.refunds if notice.provider_refund_id in r.numbers_used), None)
    if found is None or Money(found.amount_minor, found.currency) != notice.money:
        raise UnknownReference("no refund has this number and amount")
    if notice.provider_refund_id == found.provider_refund_id:
        return found
    if notice.outcome == "succeeded":
        raise UnknownReference("this number was replaced: people must look")
    return None
