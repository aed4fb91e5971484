"""Money on its way back: asked for under a number that never changes, until the provider says how it ended.

No answer is not a no. A refund that was asked for and not answered is asked for again under the same number,
by the effect's retries, and after them by its deadline; one that was accepted is asked about, ever less often.
While a dispute is open nothing is asked for: the payer's bank may be taking the same money.

``failed`` a favour that could not be given: its money stays. ``needs_action``: the buyer is owed it, and people
decide: again under a new number, or by another route.
"""

from typing import Any

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import NotFound, UnknownReference
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, Fact, OrderState, RefundState
from shared.model import Payment, Refund, WholeOrder
from shared.money import Money
from shared.payment import bouncing, giving_back
from shared.payment.covering import covering_of
from shared.payment.facts import RefundFact, RefundOutcome, booking_names
from shared.payment.finding import order_of, payment_of, refund_of
from shared.payment.found import Found, begun_again, decide_found
from shared.payment.giving_back import Taken
from shared.payment.manners import may_ask_now, never
from shared.payment.requests import (
    RefundTooLarge,
    note_taken,
    refuse_large_favour,
    refuse_while_disputed,
    request_refund,
    reserve,
)
from shared.payment.totals import told_in_total
from shared.policy import Action, require_order

FIRST_ASK_SECONDS = 600  # After a provider accepted a refund, we ask how it went; then ever less often.
UNDER_WAY = (RefundState.REQUESTED, RefundState.SUBMITTED)
WAITING = (*UNDER_WAY, RefundState.NEEDS_ACTION)
EVENTS = {
    RefundOutcome.SUCCEEDED: Event.REFUND_SUCCEEDED,
    RefundOutcome.PENDING: Event.REFUND_ACCEPTED,
    RefundOutcome.FAILED: Event.REFUND_FAILED,
}
NEWS = {  # In which states an outcome says something new. Anything else is an old message.
    Event.REFUND_SUCCEEDED: WAITING,
    Event.REFUND_ACCEPTED: (RefundState.REQUESTED,),
    Event.REFUND_FAILED: (*UNDER_WAY, RefundState.SUCCEEDED),
}


def submit_refund(shop: Shop, order_id: str, subject: str, now: int) -> None:
    """Effect: ask the provider for the refund *subject*, and note what it says. Safe to repeat."""
    whole = shop.orders.read(order_id)
    refund = whole.rows.get(subject)
    if not isinstance(refund, Refund) or refund.state not in UNDER_WAY:
        return
    payment = whole.payments[refund.payment - 1]
    provider = shop.provider(payment.provider)
    asked = None
    if refund.state is RefundState.SUBMITTED:
        asked = provider.query_refund(shop.outside, payment, refund, now=now)
    if asked is not None:
        fact = asked
    elif whole.is_disputed:
        return
    elif reason := never(provider.manners, whole, refund, now=now):
        fact = _refused(payment, refund, reason)
    elif may_ask_now(provider.manners, whole, refund, now=now):
        fact = provider.refund(shop.outside, payment, refund, now=now)
    else:
        return  # Its deadline asks again.
    record_refund(shop, fact, now=now)


def _refused(payment: Payment, refund: Refund, reason: str) -> RefundFact:
    money = Money(refund.amount_minor, refund.currency)
    number, failed = refund.provider_refund_id, RefundOutcome.FAILED
    return RefundFact(payment.provider, "", number, failed, money, payment.reference, failure=reason)


def record_refund(shop: Shop, fact: RefundFact, *, now: int) -> Outcome:
    """Book what a provider says of a refund, once. Raises ``UnknownReference``: it must be told again."""
    order_id = order_of(shop.orders, fact)
    return carry_out(shop, order_id, lambda whole: decide_refund(whole, fact, now=now))


def decide_refund(whole: WholeOrder, fact: RefundFact, *, now: int) -> Change | None:
    payment = payment_of(whole, fact)
    refund = refund_of(whole, payment, fact)
    if fact.is_total:
        fact = told_in_total(whole, payment, refund, fact)
        refund = refund_of(whole, payment, fact)
    is_done = fact.outcome is RefundOutcome.SUCCEEDED
    if refund is None and fact.outcome is RefundOutcome.FAILED:
        _wait_for_its_success(payment)
        return None
    if refund is not None and is_done and _came_back_since(refund, fact):
        return None
    if refund is None or fact.number != refund.provider_refund_id or _has_gone_another_way(refund):
        return _not_asked_for(whole, payment, refund, fact, now) if is_done else None
    if fact.money != Money(refund.amount_minor, refund.currency):
        return _quarantined(whole, payment, refund, fact, now) if is_done else None
    event = EVENTS[fact.outcome]
    if refund.state not in NEWS[event] or _is_older(refund, fact):
        return None
    caller = Caller(Actor.PROVIDER, fact.provider)
    draft = Draft(whole, event=event, caller=caller, now=now)
    draft.only_once(*booking_names(fact))
    match event:
        case Event.REFUND_SUCCEEDED:
            _succeed(draft, payment, refund, fact, now)
        case Event.REFUND_ACCEPTED:
            draft.move(refund, event, submitted_at=now, ask_at=now + FIRST_ASK_SECONDS)
        case Event.REFUND_FAILED:
            _fail(draft, payment, refund, fact, now)
    return draft.finish(about=refund.subject, note=_note(refund, fact))


def _wait_for_its_success(payment: Payment) -> None:
    """Made by hand, and failed. Raises ``UnknownReference``: that it had gone before may be told late."""
    if payment.captured_minor or payment.quarantined:
        raise UnknownReference("of this refund nobody has said that it went")


def _has_gone_another_way(refund: Refund) -> bool:
    """Taken back, covered by the payer's bank, or paid by ours: what the provider does now is nobody's order."""
    return refund.state in (RefundState.FAILED, RefundState.COVERED) or bool(refund.paid_otherwise)


def _is_older(refund: Refund, fact: RefundFact) -> bool:
    """A failure from before the success is an old message, resent; one from after it is the payer's bank."""
    moments = fact.occurred_at, refund.finished_at
    return None not in moments and refund.state is RefundState.SUCCEEDED and moments[0] < moments[1]  # type: ignore[operator]


def _came_back_since(refund: Refund, fact: RefundFact) -> bool:
    """A success from before the failure under the same number, told late: it went, and is back."""
    failed_at = refund.failed_at.get(fact.number)
    return failed_at is not None and fact.occurred_at is not None and fact.occurred_at < failed_at


def _succeed(draft: Draft, payment: Payment, refund: Refund, fact: RefundFact, now: int) -> None:
    done_at = min(now, fact.occurred_at or now)
    fields: dict[str, Any] = {
        "finished_at": done_at,
        "ask_at": None,
        "failure": None,
        "sent_minor": refund.sent_minor + refund.amount_minor,
    }
    draft.move(refund, Event.REFUND_SUCCEEDED, **fields)
    if refund.state is RefundState.NEEDS_ACTION:  # It had been given up there, and went after all.
        note_taken(draft, payment, refund.amount_minor)
    draft.post(vouchers.refunded(payment, refund, happened_at=done_at))


def _fail(draft: Draft, payment: Payment, refund: Refund, fact: RefundFact, now: int) -> None:
    """The money stays with the provider's account: it can be asked for again, unless the payer has it back already."""
    whole = draft.whole
    fields: dict[str, Any] = {"ask_at": None, "failure": fact.failure or "unknown"}
    if fact.occurred_at is not None:
        fields["failed_at"] = {**refund.failed_at, fact.number: fact.occurred_at}
    if refund.state is RefundState.SUCCEEDED:
        bouncing.bounce(draft, payment, refund, fields, at=fact.occurred_at or now)
        return
    covering = covering_of(whole, refund)
    if not refund.is_owed and giving_back.may_be_put_back(whole, refund.parts):
        draft.move(refund, Event.REFUND_FAILED, {Fact.NOT_OWED}, finished_at=None, **fields)
        giving_back.put_back(draft, refund.parts)
        sources = giving_back.sources(whole, Taken(refund.parts, 0))
        draft.post(vouchers.promise_taken_back(refund, sources))
    elif covering:
        draft.move(refund, Event.REFUND_FAILED, {Fact.ALREADY_BACK}, finished_at=now, **fields)
        draft.post(vouchers.covered(refund, covering.no_longer_borne(draft, refund.amount_minor)))
    else:
        draft.move(refund, Event.REFUND_FAILED, finished_at=None, **fields)
    note_taken(draft, payment, -refund.amount_minor)


def _not_asked_for(
    whole: WholeOrder, payment: Payment, refund: Refund | None, fact: RefundFact, now: int
) -> Change | None:
    """Not by us, or not under this number any more: the money has gone all the same.

    Raises ``UnknownReference`` while we do not know of the money that it was: its own message is late.
    """
    if not fact.money.amount_minor:
        return None
    if not payment.captured_minor and not payment.quarantined:
        raise UnknownReference("of this payment no such money has come in")
    is_retried = refund is not None and refund.state in (RefundState.REQUESTED, RefundState.NEEDS_ACTION)
    is_this = refund is not None and fact.money == Money(refund.amount_minor, refund.currency)
    found = Found(
        number=fact.number,
        money=fact.money,
        names=booking_names(fact),
        transaction_id=fact.transaction_id,
        settles=refund if is_retried and is_this else None,
        occurred_at=fact.occurred_at,
    )
    return decide_found(whole, payment, found, now=now)


def _quarantined(
    whole: WholeOrder, payment: Payment, refund: Refund, fact: RefundFact, now: int
) -> Change | None:
    """Done, with another amount than we asked for: booked, and for people."""
    if fact.money.currency != payment.currency:
        raise UnknownReference("not a currency that this payment has")
    if refund.state not in WAITING:
        return None
    amount = fact.money.amount_minor
    draft = Draft(
        whole, event=Event.REFUND_QUARANTINED, caller=Caller(Actor.PROVIDER, fact.provider), now=now
    )
    draft.only_once(*booking_names(fact))
    draft.move(refund, Event.REFUND_QUARANTINED, ask_at=None, failure="amount_refused")
    reserved = refund.amount_minor if refund.state is not RefundState.NEEDS_ACTION else 0
    note_taken(draft, payment, amount - reserved)
    at = fact.occurred_at or now
    draft.post(vouchers.refund_quarantined(whole.order.order_id, payment, refund, amount, happened_at=at))
    return draft.finish(about=refund.subject, note=_note(refund, fact) | {"amount": amount})


def _note(refund: Refund, fact: RefundFact) -> dict[str, str | int]:
    note: dict[str, str | int] = {"amount": refund.amount_minor, "currency": refund.currency}
    return note | ({"failure": fact.failure} if fact.failure else {})


# --- what people do ---


def refund_amount(
    shop: Shop,
    order_id: str,
    *,
    amount_minor: int,
    sub_order: int | None,
    reason: str,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """A favour: give back part of what was paid, for no goods, at most what is kept.

    Raises ``RefundTooLarge``, ``PaymentDisputed``, ``NotFound``; and ``SecondPersonNeeded``, for what could be given.
    """

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.REFUND_AMOUNT, whole)
        change = decide_amount(
            whole, amount_minor, sub_order=sub_order, reason=reason, caller=caller, now=now, request=request
        )
        refuse_large_favour(whole, amount_minor)
        return change

    return carry_out(shop, order_id, decision, request)


def decide_amount(
    whole: WholeOrder,
    amount_minor: int,
    *,
    sub_order: int | None,
    reason: str,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    if sub_order is not None and all(s.number != sub_order for s in whole.sub_orders):
        raise NotFound("no such sub-order")
    payment = whole.winning_payment() if whole.order.state is OrderState.PAID else None
    left = giving_back.kept_minor(whole, sub_order) if payment else 0
    if payment is None or amount_minor > left:
        raise RefundTooLarge("so much is not left of this payment", refundable=left)
    refuse_while_disputed(whole)
    draft = Draft(whole, event=Event.REFUND_REQUESTED, caller=caller, now=now)
    taken = giving_back.take(draft, amount_minor, sub_order=sub_order)
    refund = request_refund(
        draft,
        payment,
        amount_minor=amount_minor,
        reason=reason,
        now=now,
        parts=taken.parts,
        is_owed=False,
    )
    draft.post(vouchers.promised(refund, giving_back.sources(whole, taken)))
    note: dict[str, str | int] = {"amount": amount_minor, "currency": payment.currency, "reason": reason}
    return draft.finish(request=request, about=refund.subject, note=note)


def retry_refund(
    shop: Shop, order_id: str, refund_id: str, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """An operator tries a failed refund again, under a new number: the old one is used up at the provider.

    Raises ``RefundTooLarge`` when meanwhile the money went another way.
    """

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.RETRY_REFUND, whole)
        refund = _named(whole, refund_id)
        refuse_while_disputed(whole)
        draft = Draft(whole, event=Event.REFUND_RETRIED, caller=caller, now=now)
        draft.move(refund, Event.REFUND_RETRIED, failure=None, submitted_at=None, **begun_again(refund))
        reserve(draft, whole.payments[refund.payment - 1], refund.amount_minor)
        return draft.finish(request=request, about=refund.subject)

    return carry_out(shop, order_id, decision, request)


def pay_otherwise(
    shop: Shop,
    order_id: str,
    refund_id: str,
    *,
    transfer: str,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """The other route: an operator has paid it by bank. *transfer*: the number of that transfer."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.PAY_REFUND_OTHERWISE, whole)
        refund = _named(whole, refund_id)
        refuse_while_disputed(whole)
        draft = Draft(whole, event=Event.REFUND_PAID_OTHERWISE, caller=caller, now=now)
        draft.move(refund, Event.REFUND_PAID_OTHERWISE, paid_otherwise=transfer, finished_at=now)
        draft.post(vouchers.paid_otherwise(refund))
        note: dict[str, str | int] = {
            "transfer": transfer,
            "amount": refund.amount_minor,
            "currency": refund.currency,
        }
        return draft.finish(request=request, about=refund.subject, note=note)

    return carry_out(shop, order_id, decision, request)


def _named(whole: WholeOrder, refund_id: str) -> Refund:
    refund = next((r for r in whole.refunds if r.refund_id == refund_id), None)
    if refund is None:
        raise NotFound("no such refund")
    return refund
