"""Tries to pay, and what providers say of them. Many tries, one winner; no money is ever dropped.

the money                                             what becomes of it
fits an open order                                    pays it
late, doubled, or of another amount                   booked and sent back by itself
in another currency, or to another account            booked and kept for people
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, OrderError, UnknownReference
from shared.fulfilment.queue import place_in_queue
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, Fact, OrderState, PaymentState
from shared.model import Payment, WholeOrder
from shared.money import Money
from shared.payment.notices import PaymentNotice, booking_names
from shared.payment.requests import request_refund
from shared.policy import Action, require_order

ATTEMPTS_MAX = 20
ORDER_ID_LENGTH = 26
LIVING = (PaymentState.OPEN, PaymentState.FAILED)  # Its provider may still turn it into money.


class TooManyAttempts(OrderError):
    status, code = 409, "too_many_attempts"


def start_payment(
    shop: Shop, order_id: str, provider: str, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Open a try to pay. The outcome is about its subject. Raises ``Invalid`` for an unknown provider."""
    policy = asdict(shop.settings.policy)

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.START_PAYMENT, whole)
        if provider != "sandbox" or not shop.settings.sandbox_url:
            raise Invalid("this payment provider is not available here", at="/provider")
        return decide_start(whole, provider, caller=caller, now=now, policy=policy, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_start(
    whole: WholeOrder,
    provider: str,
    *,
    caller: Caller,
    now: int,
    policy: Mapping[str, int],
    request: Request | None = None,
) -> Change:
    draft = Draft(whole, event=Event.PAYMENT_STARTED, caller=caller, now=now, policy=policy)
    draft.move(whole.order, Event.PAYMENT_STARTED)
    number = len(whole.payments) + 1
    if number > ATTEMPTS_MAX:
        raise TooManyAttempts("too many tries: place a new order")
    payment = Payment(
        number=number,
        provider=provider,
        reference=f"{whole.order.order_id}{number:02}",
        amount_minor=whole.order.payable_minor,
        currency=whole.order.currency,
        state=PaymentState.OPEN,
        started_at=now,
    )
    draft.create(payment, Event.PAYMENT_STARTED)
    return draft.finish(request=request, about=payment.subject)


def record_notice(shop: Shop, notice: PaymentNotice, *, now: int) -> Outcome:
    """Book what a provider says of a payment, once. Raises ``UnknownReference``: it must be told again."""
    policy = asdict(shop.settings.policy)
    order_id = notice.reference[:ORDER_ID_LENGTH]
    return carry_out(shop, order_id, lambda whole: decide_notice(whole, notice, now=now, policy=policy))


def decide_notice(
    whole: WholeOrder, notice: PaymentNotice, *, now: int, policy: Mapping[str, int]
) -> Change | None:
    """What this notice does to the order; None when it says nothing new."""
    payment = payment_of(whole, notice)
    judged = judge(whole, payment, notice)
    if judged is None:
        return None
    caller = Caller(Actor.PROVIDER, notice.provider)
    draft = Draft(whole, event=judged, caller=caller, now=now, policy=policy)
    draft.only_once(*booking_names(notice))
    ACTS[judged](draft, payment, notice, now)
    return draft.finish(about=payment.subject, note=_note(notice))


def payment_of(whole: WholeOrder, notice: PaymentNotice) -> Payment:
    found = next((p for p in whole.payments if p.reference == notice.reference), None)
    if found is None or found.provider != notice.provider:
        raise UnknownReference("no payment has this reference")
    return found


def judge(whole: WholeOrder, payment: Payment, notice: PaymentNotice) -> Event | None:
    """Name the event that *notice* is for this order, by what it says and not by when it came."""
    if not notice.is_success:
        return Event.PAYMENT_FAILED if payment.state is PaymentState.OPEN else None
    if not notice.is_our_account or notice.money.currency != payment.currency:
        return Event.PAYMENT_QUARANTINED
    is_payable = whole.order.state in (OrderState.PENDING_PAYMENT, OrderState.CLOSING)
    fits = notice.money == Money(payment.amount_minor, payment.currency)
    return Event.PAYMENT_SUCCEEDED if fits and is_payable else Event.PAYMENT_UNCLAIMED


def _pay(draft: Draft, payment: Payment, notice: PaymentNotice, now: int) -> None:
    """The payment group is paid, whole; every sub-order begins to wait for its shipment."""
    order = draft.whole.order
    facts = payment_facts(draft.whole, besides=payment)
    draft.move(payment, Event.PAYMENT_SUCCEEDED, transaction_id=notice.transaction_id, paid_at=now)
    draft.move(order, Event.PAYMENT_SUCCEEDED, facts, captured_minor=payment.amount_minor, paid_at=now)
    for sub_order in draft.whole.sub_orders:
        place = place_in_queue(sub_order.merchant_id, order.order_id, sub_order.number, now)
        draft.move(sub_order, Event.PAYMENT_SUCCEEDED, **place)
    draft.post(vouchers.captured(order.order_id, payment, draft.whole.sub_orders))


def _fail(draft: Draft, payment: Payment, notice: PaymentNotice, _now: int) -> None:
    draft.move(payment, Event.PAYMENT_FAILED, failure=notice.failure)


def _send_back(draft: Draft, payment: Payment, notice: PaymentNotice, now: int) -> None:
    """Money without a claim: booked with its way back, in one event."""
    draft.move(payment, Event.PAYMENT_UNCLAIMED)
    refund = request_refund(
        draft,
        payment,
        amount_minor=notice.money.amount_minor,
        reason="unclaimed",
        now=now,
        transaction_id=notice.transaction_id,
    )
    draft.post(vouchers.unclaimed(payment, refund))


def _quarantine(draft: Draft, payment: Payment, notice: PaymentNotice, _now: int) -> None:
    draft.move(payment, Event.PAYMENT_QUARANTINED)
    order_id = draft.whole.order.order_id
    draft.post(vouchers.quarantined(order_id, payment, *notice.money))


ACTS: dict[Event, Callable[[Draft, Payment, PaymentNotice, int], None]] = {
    Event.PAYMENT_SUCCEEDED: _pay,
    Event.PAYMENT_FAILED: _fail,
    Event.PAYMENT_UNCLAIMED: _send_back,
    Event.PAYMENT_QUARANTINED: _quarantine,
}


def payment_facts(whole: WholeOrder, besides: Payment | None = None) -> frozenset[Fact]:
    living = [
        p for p in whole.payments if p.state in LIVING and (besides is None or p.number != besides.number)
    ]
    return frozenset({Fact.PAYMENT_OPEN}) if living else frozenset()


def _note(notice: PaymentNotice) -> dict[str, str | int]:
    note: dict[str, str | int] = {
        "provider": notice.provider,
        "amount": notice.money.amount_minor,
        "currency": notice.money.currency,
    }
    if notice.transaction_id:
        note["transaction_id"] = notice.transaction_id
    if notice.failure:
        note["failure"] = notice.failure
    return note
