"""Money comes in, or does not: what a provider says of a try to pay, booked once. No money is ever dropped.

the money                                             what becomes of it
fits an open order                                    pays it
came in part                                          held, until there is enough, or the page is closed
late, doubled, or of another amount                   booked and sent back by itself
fits, but the goods that payment takes are gone       booked and sent back by itself; the order is cancelled
in another currency, or to another account            booked and kept for people

A provider says how things stand, not what has changed since it last spoke: whatever says nothing new is no event,
in whichever order messages come.
"""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from shared.changes import Caller, Change, Draft
from shared.commands import RACES_MAX, Outcome, Shop, carry_out
from shared.errors import Conflict
from shared.fulfilment.queue import merchant_queue, place_in_queue, review_queue
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, OrderState, PaymentState, SubOrderState
from shared.lifecycle import Fact as TableFact
from shared.model import Payment, Quarantined, WholeOrder
from shared.money import Money
from shared.ordering import wallet
from shared.ordering.giving_up import abandon
from shared.ordering.own import own_sub_orders
from shared.ordering.stock import Shelves, fit_one_transaction, found_elsewhere, held_moves, taken_at_payment
from shared.payment.facts import PaymentFact, PaymentKind, booking_names, paid_name
from shared.payment.finding import order_of, payment_of
from shared.payment.found import Found, decide_found
from shared.payment.living import LIVING, payment_facts
from shared.payment.requests import request_refund
from shared.store.writing import StockShort

BEGUN = (OrderState.PENDING_PAYMENT, OrderState.CLOSING)  # What the buyer owes may still be paid.


class Goods(NamedTuple):
    """The goods that are taken when the order is paid, once it is known that they are not where they were."""

    order: WholeOrder  # with those goods found elsewhere
    are_short: bool


def record_payment(shop: Shop, fact: PaymentFact, *, now: int) -> Outcome:
    """Book what a provider says of a payment, once. Raises ``UnknownReference``: it must be told again."""
    order_id = order_of(shop.orders, fact)
    shelves: Shelves | None = None
    missed: set[str] = set()
    for _ in range(RACES_MAX):
        try:
            return carry_out(shop, order_id, partial(decide_payment, fact=fact, now=now, shelves=shelves))
        except StockShort as short:
            missed |= set(short.skus)
            channel = shop.orders.read(order_id).snapshot.channel
            shelves = shop.goods.shelves(sorted(missed), channel)
    raise Conflict("others keep buying the same goods")


def decide_payment(
    whole: WholeOrder, fact: PaymentFact, *, now: int, shelves: Shelves | None = None
) -> Change | None:
    """What this fact does to the order; None when it says nothing new.

    *shelves*: what lies where of the goods that payment takes, when they were short a moment ago.
    """
    payment = payment_of(whole, fact)
    goods = _looked_for(whole, shelves)
    judged = judge(whole, payment, fact, goods)
    if judged is None:
        return None
    if judged is Event.REFUND_FOUND:
        return _reversed_after_all(whole, payment, fact, now)
    caller = Caller(Actor.PROVIDER, fact.provider)
    draft = Draft(whole, event=judged, caller=caller, now=now)
    draft.only_once(*_names(fact, judged))
    match judged:
        case Event.PAYMENT_SUCCEEDED:
            _pay(draft, payment, fact, now, goods)
        case Event.PAYMENT_UNFILLED:
            _give_up(draft, payment, fact, now)
        case Event.PAYMENT_UNCLAIMED:
            draft.move(payment, Event.PAYMENT_UNCLAIMED)
            _send_back(draft, payment, fact, now, reason="unclaimed")
        case Event.PAYMENT_QUARANTINED:
            amount, currency = fact.money
            kept = Quarantined(amount, currency, fact.transaction_id, fact.is_our_account)
            draft.move(payment, Event.PAYMENT_QUARANTINED, quarantined=(*payment.quarantined, kept))
            draft.post(vouchers.quarantined(whole.order.order_id, payment, fact))
        case Event.PAYMENT_PART_CAPTURED | Event.PAYMENT_REVERSED:
            _hold(draft, payment, fact, judged)
        case Event.PAYMENT_FAILED:
            draft.move(payment, Event.PAYMENT_FAILED, failure=fact.failure or "unknown")
        case Event.PAYMENT_CLOSED | Event.PAYMENTS_CLOSED:
            end(draft, payment, judged, now)
    return draft.finish(about=payment.subject, note=_note(fact))


def judge(whole: WholeOrder, payment: Payment, fact: PaymentFact, goods: Goods | None) -> Event | None:
    """Name the event that *fact* is for this order, by what it says and not by when it came."""
    match fact.kind:
        case PaymentKind.FAILED:
            return Event.PAYMENT_FAILED if payment.state is PaymentState.OPEN else None
        case PaymentKind.CLOSED:
            return closing_event(whole, payment) if payment.state in LIVING else None
        case PaymentKind.REVERSED:
            return _judge_reversal(payment, fact)
    is_old = fact.money.amount_minor <= payment.told_minor
    if fact.kind is PaymentKind.PART and (is_old or _is_beside(payment, fact)):
        return None  # What comes beside the money that paid is booked when it is final.
    return _judge_money(whole, payment, fact, goods)


def _judge_money(whole: WholeOrder, payment: Payment, fact: PaymentFact, goods: Goods | None) -> Event | None:
    if not fact.is_our_account or fact.money.currency != payment.currency:
        return Event.PAYMENT_QUARANTINED
    here = fact.money.amount_minor - _gone_again(payment, fact)
    is_payable = whole.order.state in BEGUN
    if here <= 0 and here == payment.held_minor:
        return None  # What came in parts, and is not here any more, is all of it.
    if (
        fact.kind is PaymentKind.PART
        and here < payment.amount_minor
        and is_payable
        and payment.state in LIVING
    ):
        return Event.PAYMENT_PART_CAPTURED
    is_owed = payment.amount_minor == whole.order.payable_minor  # No more, when parts were separated since.
    if here != payment.amount_minor or not is_payable or not is_owed:
        return Event.PAYMENT_UNCLAIMED
    return Event.PAYMENT_UNFILLED if goods and goods.are_short else Event.PAYMENT_SUCCEEDED


def _gone_again(payment: Payment, fact: PaymentFact) -> int:
    """What of the parts that came is not here any more: reversed, sent back, or in the order that it paid."""
    return 0 if _is_beside(payment, fact) else payment.part_minor - payment.held_minor


def _is_beside(payment: Payment, fact: PaymentFact) -> bool:
    """Whether another transaction has paid this try."""
    return payment.paid_at is not None and fact.transaction_id != payment.transaction_id


def _judge_reversal(payment: Payment, fact: PaymentFact) -> Event | None:
    is_news = fact.money.amount_minor > payment.reversed_minor
    if not is_news or not fact.is_our_account or fact.money.currency != payment.currency:
        return None
    return Event.REFUND_FOUND if payment.state is PaymentState.SUCCEEDED else Event.PAYMENT_REVERSED


def closing_event(whole: WholeOrder, payment: Payment) -> Event:
    """Closing this try ends a closing order, if it is the last one that could bring money."""
    is_last = not payment_facts(whole, besides=payment)
    ends_order = is_last and whole.order.state is OrderState.CLOSING
    return Event.PAYMENTS_CLOSED if ends_order else Event.PAYMENT_CLOSED


def end(draft: Draft, payment: Payment, event: Event, now: int) -> None:
    """That try can bring no more money; what had come in part the provider has given back to the payer.

    *event* is ``closing_event``'s.
    """
    again = now + draft.whole.snapshot.policy["payment_requery_seconds"]
    gone: dict[str, Any] = {
        "captured_minor": payment.captured_minor - payment.held_minor,
        "reversed_minor": max(payment.reversed_minor, payment.part_minor),
        "held_minor": 0,
    }
    draft.move(payment, Event.PAYMENT_CLOSED, ask_at=again, **gone)
    if event is Event.PAYMENTS_CLOSED:
        abandon(draft, Event.PAYMENTS_CLOSED)
    draft.post(vouchers.held_more(payment, -payment.held_minor))


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


def _pay(draft: Draft, payment: Payment, fact: PaymentFact, now: int, goods: Goods | None) -> None:
    """The payment group is paid, whole; every sub-order begins to wait for its shipment, or for its review."""
    if goods is not None:
        draft.relocate(goods.order.lines)
    order = draft.whole.order
    facts = payment_facts(draft.whole, besides=payment)
    came = _came_in(payment, payment.amount_minor, fact)
    paid = came | {"transaction_id": fact.transaction_id, "paid_at": now, "ask_at": None, "failure": None}
    draft.move(payment, Event.PAYMENT_SUCCEEDED, **paid)
    draft.move(order, Event.PAYMENT_SUCCEEDED, facts, captured_minor=payment.amount_minor, paid_at=now)
    must_look = draft.whole.snapshot.review
    seen = {TableFact.REVIEW_NEEDED} if must_look else ()
    for sub_order in own_sub_orders(draft.whole):
        own = merchant_queue(sub_order.merchant_id)
        queue = review_queue(SubOrderState.UNDER_REVIEW) if must_look else own
        place = place_in_queue(queue, order.order_id, sub_order, now)
        draft.move(sub_order, Event.PAYMENT_SUCCEEDED, seen, **place)
    draft.take(*held_moves("reserve", taken_at_payment(draft.whole)))
    wallet.use(draft)
    subs, at = draft.whole.sub_orders, fact.occurred_at or now
    draft.post(vouchers.captured(order.order_id, payment, subs, happened_at=at))


def _give_up(draft: Draft, payment: Payment, fact: PaymentFact, now: int) -> None:
    """Paid, and what payment takes was gone: the order is cancelled, and all of the money goes back by itself."""
    facts = payment_facts(draft.whole, besides=payment)
    draft.move(payment, Event.PAYMENT_UNFILLED, ask_at=None)
    abandon(draft, Event.PAYMENT_UNFILLED, facts)
    _send_back(draft, payment, fact, now, reason="sold_out")


def _send_back(draft: Draft, payment: Payment, fact: PaymentFact, now: int, *, reason: str) -> None:
    """Money without a claim: booked with its way back, in one event. *payment* is as it was before it came.

    Of money that was reversed before we heard that it had come, nothing is here that could go back.
    """
    amount = fact.money.amount_minor - _gone_again(payment, fact)
    came = _came_in(payment, amount, fact)
    if amount <= 0:
        came["held_minor"] = amount
    draft.change(draft.whole.payments[payment.number - 1], **came)
    if amount <= 0:
        at = fact.occurred_at or now
        draft.post(vouchers.held_more(payment, amount - payment.held_minor, happened_at=at))
        return
    refund = request_refund(
        draft,
        payment,
        amount_minor=amount,
        reason=reason,
        now=now,
        transaction_id=fact.transaction_id,
    )
    fresh, at = amount - payment.held_minor, fact.occurred_at or now
    draft.post(vouchers.unclaimed(payment, refund, fresh_minor=fresh, happened_at=at))


def _hold(draft: Draft, payment: Payment, fact: PaymentFact, event: Event) -> None:
    told = fact.money.amount_minor
    if event is Event.PAYMENT_PART_CAPTURED:
        delta = told - payment.told_minor
        watermark: dict[str, Any] = {"told_minor": told, "part_minor": told}
    else:
        delta = payment.reversed_minor - told
        watermark = {"reversed_minor": told}
    sums: dict[str, Any] = {
        "captured_minor": payment.captured_minor + delta,
        "held_minor": payment.held_minor + delta,
    }
    draft.move(payment, event, **sums, **watermark)
    draft.post(vouchers.held_more(payment, delta, happened_at=fact.occurred_at or 0))


def _came_in(payment: Payment, amount_minor: int, fact: PaymentFact) -> dict[str, Any]:
    """How the attempt's sums stand when *amount_minor*, what it holds included, has come in and is used."""
    return {
        "captured_minor": payment.captured_minor - payment.held_minor + amount_minor,
        "held_minor": 0,
        "part_minor": fact.money.amount_minor if fact.kind is PaymentKind.PART else 0,
        "told_minor": max(payment.told_minor, fact.money.amount_minor),
    }


def _reversed_after_all(whole: WholeOrder, payment: Payment, fact: PaymentFact, now: int) -> Change | None:
    """The order is paid, and some of it went back to the payer: as if the provider's people had refunded it."""
    told = fact.money.amount_minor
    found = Found(
        number=f"{payment.reference}-reversed-{told}",
        money=Money(told - payment.reversed_minor, payment.currency),
        names=booking_names(fact),
        reversed_minor=told,
        occurred_at=fact.occurred_at,
    )
    return decide_found(whole, payment, found, now=now)


def _names(fact: PaymentFact, judged: Event) -> tuple[str, ...]:
    """A part that completes the payment is the payment: its final message will say nothing new.

    Other parts need no name, for each says more than the last one; but what is not ours to judge is not counted.
    """
    names = booking_names(fact)
    if fact.kind is not PaymentKind.PART:
        return names
    if judged in (Event.PAYMENT_SUCCEEDED, Event.PAYMENT_UNFILLED):
        return (*names, paid_name(fact.provider, fact.transaction_id))
    if judged is Event.PAYMENT_QUARANTINED:  # Told again whenever we ask.
        return (*names, f"{fact.provider}#part#{fact.transaction_id}#{fact.money.amount_minor}")
    return names


def _note(fact: PaymentFact) -> dict[str, str | int]:
    note: dict[str, str | int] = {
        "provider": fact.provider,
        "amount": fact.money.amount_minor,
        "currency": fact.money.currency,
    }
    if fact.transaction_id:
        note["transaction_id"] = fact.transaction_id
    if fact.failure:
        note["failure"] = fact.failure
    return note
