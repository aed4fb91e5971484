"""Tries to pay: many, one winner. The old one is closed at its provider before a new one opens.

    our row, with our number and the amount  ->  the provider's page  ->  its number, where it gives one beforehand

The row is written before the provider hears of it, so that whatever comes of it is known.
"""

from functools import partial
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Conflict, Forbidden, NotFound, OrderError
from shared.lifecycle import Actor, Event, OrderState, PaymentState
from shared.model import Payment, WholeOrder
from shared.money import Money
from shared.payment.closing import close_payment
from shared.payment.facts import PaymentFact, PaymentKind
from shared.payment.living import LIVING
from shared.payment.port import PaymentRefused, PayWith
from shared.payment.receiving import record_payment
from shared.policy import Action, require_order

ATTEMPTS_MAX = 20


class TooManyAttempts(OrderError):
    status, code = 409, "too_many_attempts"


class Started(NamedTuple):
    outcome: Outcome
    payment: Payment
    pay_with: PayWith | None  # None: this try is over.


def start_payment(
    shop: Shop, order_id: str, provider: str, *, caller: Caller, now: int, request: Request
) -> Started:
    """Open a try to pay. Repeated, it is the same try, and the same page.

    Raises ``Invalid`` for a provider that is unknown or off, ``PaymentRefused`` when that provider does not want
    it, ``Unavailable`` when a provider does not answer: then repeat, with the same key.
    """
    shop.provider(provider)

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.START_PAYMENT, whole)
        _refuse_too_many(whole)
        has_living = any(payment.state in LIVING for payment in whole.payments)
        if has_living and whole.order.state is OrderState.PENDING_PAYMENT:
            raise Conflict("another try to pay has just been opened: repeat with the same key")
        return decide_start(whole, provider, caller=caller, now=now, request=request)

    _close_the_old(shop, order_id, caller=caller, now=now, request=request)
    outcome = carry_out(shop, order_id, decision, request)
    payment = outcome.whole.rows[outcome.about]
    assert isinstance(payment, Payment)
    if payment.state is not PaymentState.OPEN:
        return Started(outcome, payment, None)
    return _opened(shop, outcome, payment, now)


def _close_the_old(shop: Shop, order_id: str, *, caller: Caller, now: int, request: Request) -> None:
    """Nothing is closed for a request that will be refused, or was carried out before."""
    try:
        whole = shop.orders.read(order_id)
        require_order(caller, Action.START_PAYMENT, whole)
        _refuse_too_many(whole)
    except (Forbidden, NotFound, TooManyAttempts):
        return  # The decision says so, too, after its key was looked up.
    living = [p for p in whole.payments if p.state in LIVING]
    if living and whole.order.state is OrderState.PENDING_PAYMENT and shop.orders.seen(request) is None:
        for payment in living:
            close_payment(shop, order_id, payment, now)


def _refuse_too_many(whole: WholeOrder) -> None:
    if len(whole.payments) >= ATTEMPTS_MAX:
        raise TooManyAttempts("too many tries: place a new order")


def _opened(shop: Shop, outcome: Outcome, payment: Payment, now: int) -> Started:
    order_id = outcome.whole.order.order_id
    try:
        pay_with = shop.provider(payment.provider).create(shop.outside, payment, now=now)
    except PaymentRefused as refused:
        money = Money(payment.amount_minor, payment.currency)
        fact = PaymentFact(
            provider=payment.provider,
            event_id="",
            reference=payment.reference,
            kind=PaymentKind.FAILED,
            transaction_id="",
            money=money,
            is_our_account=True,
            failure=refused.failure,
        )
        record_payment(shop, fact, now=now)
        raise
    prepared = partial(decide_prepared, number=payment.number, prepared=pay_with.transaction_id, now=now)
    present = carry_out(shop, order_id, prepared).whole.payments[payment.number - 1]
    if (
        present.state is not PaymentState.OPEN
    ):  # Closed meanwhile, perhaps before it was there: nobody shall pay it.
        shop.provider(payment.provider).close(shop.outside, present, now=now)
        return Started(outcome, present, None)
    return Started(outcome, present, pay_with)


def decide_start(
    whole: WholeOrder,
    provider: str,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    draft = Draft(whole, event=Event.PAYMENT_STARTED, caller=caller, now=now)
    draft.move(whole.order, Event.PAYMENT_STARTED)
    _refuse_too_many(whole)
    number = len(whole.payments) + 1
    payment = Payment(
        number=number,
        provider=provider,
        reference=f"{whole.order.order_id}{number:02}",
        amount_minor=whole.order.payable_minor,
        currency=whole.order.currency,
        state=PaymentState.OPEN,
        started_at=now,
        expires_at=whole.order.due_at,
        ask_at=now + whole.snapshot.policy["payment_query_seconds"],
    )
    draft.create(payment, Event.PAYMENT_STARTED)
    return draft.finish(request=request, about=payment.subject)


def decide_prepared(whole: WholeOrder, *, number: int, prepared: str, now: int) -> Change | None:
    """The provider has numbered the payment: under this number it is asked, closed and refunded."""
    payment = whole.payments[number - 1]
    if payment.state is not PaymentState.OPEN or prepared in ("", payment.transaction_id):
        return None
    caller = Caller(Actor.PROVIDER, payment.provider)
    draft = Draft(whole, event=Event.PAYMENT_PREPARED, caller=caller, now=now)
    draft.move(payment, Event.PAYMENT_PREPARED, transaction_id=prepared)
    return draft.finish(about=payment.subject)
