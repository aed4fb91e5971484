"""Tries to pay, and what providers say of them. Many tries, one winner; no money is ever dropped.

the money                                             what becomes of it
fits an open order                                    pays it
late, doubled, or of another amount                   booked and sent back by itself
fits, but the goods that payment takes are gone       booked and sent back by itself; the order is cancelled
in another currency, or to another account            booked and kept for people
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import RACES_MAX, Outcome, Shop, carry_out
from shared.errors import Conflict, Invalid, OrderError, UnknownReference
from shared.fulfilment.queue import merchant_queue, place_in_queue, review_queue
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, Fact, OrderState, PaymentState, SubOrderState
from shared.model import Payment, WholeOrder
from shared.money import Money
from shared.ordering import wallet
from shared.ordering.giving_up import abandon
from shared.ordering.stock import Shelves, fit_one_transaction, found_elsewhere, held_moves, taken_at_payment
from shared.payment.living import payment_facts
from shared.payment.notices import PaymentNotice, booking_names
from shared.payment.requests import request_refund
from shared.policy import Action, require_order
from shared.store.writing import StockShort

ATTEMPTS_MAX = 20
ORDER_ID_LENGTH = 26


class TooManyAttempts(OrderError):
    status, code = 409, "too_many_attempts"


def start_payment(
    shop: Shop, order_id: str, provider: str, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Open a try to pay. The outcome is about its subject. Raises ``Invalid`` for an unknown provider."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.START_PAYMENT, whole)
        if provider != "sandbox" or not shop.settings.sandbox_url:
            raise Invalid("this payment provider is not available here", at="/provider")
        return decide_start(whole, provider, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


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


class Goods(NamedTuple):
    """The goods that are taken when the order is paid, once it is known that they are not where they were."""

    order: WholeOrder  # with those goods found elsewhere
    are_short: bool


def record_notice(shop: Shop, notice: PaymentNotice, *, now: int) -> Outcome:
    """Book what a provider says of a payment, once. Raises ``UnknownReference``: it must be told again."""
    order_id = notice.reference[:ORDER_ID_LENGTH]
    shelves: Shelves | None = None
    missed: set[str] = set()
    for _ in range(RACES_MAX):
        try:
            return carry_out(shop, order_id, partial(decide_notice, notice=notice, now=now, shelves=shelves))
        except StockShort as short:
            missed |= set(short.skus)
            channel = shop.orders.read(order_id).snapshot.channel
            shelves = shop.goods.shelves(sorted(missed), channel)
    raise Conflict("others keep buying the same goods")


def decide_notice(
    whole: WholeOrder, notice: PaymentNotice, *, now: int, shelves: Shelves | None = None
) -> Change | None:
    """What this notice does to the order; None when it says nothing new.

    *shelves*: what lies where of the goods that payment takes, when they were short a moment ago.
    """
    payment = payment_of(whole, notice)
    goods = _looked_for(whole, shelves)
    judged = judge(whole, payment, notice, goods)
    if judged is None:
        return None
    caller = Caller(Actor.PROVIDER, notice.provider)
    draft = Draft(whole, event=judged, caller=caller, now=now)
    draft.only_once(*booking_names(notice))
    match judged:
        case Event.PAYMENT_SUCCEEDED:
            _pay(draft, payment, notice, now, goods)
        case Event.PAYMENT_UNFILLED:
            _give_up(draft, payment, notice, now)
        case Event.PAYMENT_UNCLAIMED:
            draft.move(payment, Event.PAYMENT_UNCLAIMED)
            _send_back(draft, payment, notice, now, reason="unclaimed")
        case Event.PAYMENT_QUARANTINED:
            _quarantine(draft, payment, notice)
        case Event.PAYMENT_FAILED:
            draft.move(payment, Event.PAYMENT_FAILED, failure=notice.failure)
    return draft.finish(about=payment.subject, note=_note(notice))


def payment_of(whole: WholeOrder, notice: PaymentNotice) -> Payment:
    found = next((p for p in whole.payments if p.reference == notice.reference), None)
    if found is None or found.provider != notice.provider:
        raise UnknownReference("no payment has this reference")
    return found


def judge(whole: WholeOrder, payment: Payment, notice: PaymentNotice, goods: Goods | None) -> Event | None:
    """Name the event that *notice* is for this order, by what it says and not by when it came."""
    if not notice.is_success:
        return Event.PAYMENT_FAILED if payment.state is PaymentState.OPEN else None
    if not notice.is_our_account or notice.money.currency != payment.currency:
        return Event.PAYMENT_QUARANTINED
    is_payable = whole.order.state in (OrderState.PENDING_PAYMENT, OrderState.CLOSING)
    fits = notice.money == Money(payment.amount_minor, payment.currency)
    if not (fits and is_payable):
        return Event.PAYMENT_UNCLAIMED
    return Event.PAYMENT_UNFILLED if goods and goods.are_short else Event.PAYMENT_SUCCEEDED


def _looked_for(whole: WholeOrder, shelves: Shelves | None) -> Goods | None:
    """Look elsewhere for what payment takes and did not find in its place. Spread too thin is short, too."""
    if shelves is None:
        return None
    lines = [line for line in taken_at_payment(whole) if line.sku in shelves.available]
    found, short = found_elsewhere(lines, {}, shelves)
    moved = tuple(
        line._replace(allocation=found[line.sku]) if line.sku in found else line for line in whole.lines
    )
    order = replace(whole, lines=moved)
    beside = len(whole.sub_orders) + len(whole.snapshot.coupons)
    return Goods(order, bool(short) or not fit_one_transaction(taken_at_payment(order), beside=beside))


def _pay(draft: Draft, payment: Payment, notice: PaymentNotice, now: int, goods: Goods | None) -> None:
    """The payment group is paid, whole; every sub-order begins to wait for its shipment, or for its review."""
    if goods is not None:
        draft.relocate(goods.order.lines)
    order = draft.whole.order
    facts = payment_facts(draft.whole, besides=payment)
    draft.move(payment, Event.PAYMENT_SUCCEEDED, transaction_id=notice.transaction_id, paid_at=now)
    draft.move(order, Event.PAYMENT_SUCCEEDED, facts, captured_minor=payment.amount_minor, paid_at=now)
    must_look = draft.whole.snapshot.review
    seen = {Fact.REVIEW_NEEDED} if must_look else ()
    for sub_order in draft.whole.sub_orders:
        own = merchant_queue(sub_order.merchant_id)
        queue = review_queue(SubOrderState.UNDER_REVIEW) if must_look else own
        place = place_in_queue(queue, order.order_id, sub_order, now)
        draft.move(sub_order, Event.PAYMENT_SUCCEEDED, seen, **place)
    draft.take(*held_moves("reserve", taken_at_payment(draft.whole)))
    wallet.use(draft)
    draft.post(vouchers.captured(order.order_id, payment, draft.whole.sub_orders))


def _give_up(draft: Draft, payment: Payment, notice: PaymentNotice, now: int) -> None:
    """Paid, and what payment takes was gone: the order is cancelled, and all of the money goes back by itself."""
    facts = payment_facts(draft.whole, besides=payment)
    closed = draft.move(payment, Event.PAYMENT_UNFILLED)
    abandon(draft, Event.PAYMENT_UNFILLED, facts)
    _send_back(draft, closed, notice, now, reason="sold_out")


def _send_back(draft: Draft, payment: Payment, notice: PaymentNotice, now: int, *, reason: str) -> None:
    """Money without a claim: booked with its way back, in one event."""
    refund = request_refund(
        draft,
        payment,
        amount_minor=notice.money.amount_minor,
        reason=reason,
        now=now,
        transaction_id=notice.transaction_id,
    )
    draft.post(vouchers.unclaimed(payment, refund))


def _quarantine(draft: Draft, payment: Payment, notice: PaymentNotice) -> None:
    draft.move(payment, Event.PAYMENT_QUARANTINED)
    order_id = draft.whole.order.order_id
    draft.post(vouchers.quarantined(order_id, payment, *notice.money))


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
