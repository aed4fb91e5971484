"""Tries to pay: the old one is closed before a new one opens, and a repeat is the same try and the same page."""

import pytest

from shared.errors import Conflict, Invalid, NotFound, TransitionRefused, Unavailable
from shared.payment.attempts import ATTEMPTS_MAX, TooManyAttempts, decide_prepared, start_payment
from shared.payment.port import PayKind, PaymentRefused, PayWith
from tests.builders import (
    BUYER,
    ORDER_ID,
    T0,
    Caller,
    a_cancelled_order,
    a_closing_order,
    a_paid_order,
    a_request,
    a_shop_order,
    an_order_being_paid,
)
from tests.memory import MemoryShop
from tests.provider import paid

PAGE = PayWith(PayKind.REDIRECT, "https://pay.invalid/page")
CLOSED = None


def tried(trade, *, provider="sandbox", caller=BUYER, key="pay-1", shop=None, **answers):
    """Start to pay, where the provider gives these answers."""
    shop = shop or MemoryShop(trade.world)
    shop.sandbox.answers |= {question: [answer] for question, answer in answers.items()}
    request = a_request(key, caller)
    return start_payment(shop, ORDER_ID, provider, caller=caller, now=trade.now, request=request)


def test_a_try_to_pay_is_answered_with_its_number_and_the_page():
    trade = a_shop_order()
    shop = MemoryShop(trade.world)

    started = tried(trade, shop=shop)

    assert (started.outcome.about, started.outcome.is_repeat, started.pay_with) == ("PAY#01", False, PAGE)
    assert shop.sandbox.asked == [("create", f"{ORDER_ID}01")]
    payment = trade.row("PAY#01")
    assert (payment.expires_at, payment.ask_at) == (T0 + 1800, T0 + 240)  # We ask after four minutes.


def test_the_row_is_there_when_the_provider_hears_of_it_and_stays_when_it_does_not_answer():
    trade = a_shop_order()

    with pytest.raises(Unavailable):
        tried(trade, create=Unavailable("the provider did not answer"))

    assert [p.state for p in trade.whole.payments] == ["open"]


def test_the_same_key_is_the_same_try_and_the_same_page():
    trade = a_shop_order()
    shop = MemoryShop(trade.world)
    tried(trade, shop=shop)

    again = tried(trade, shop=shop)

    assert (again.outcome.is_repeat, again.payment.number, again.pay_with) == (True, 1, PAGE)
    assert shop.sandbox.asked == [("create", f"{ORDER_ID}01")] * 2
    assert len(trade.whole.payments) == 1


def test_the_same_key_after_it_was_paid_opens_no_page():
    trade = a_shop_order()
    shop = MemoryShop(trade.world)
    tried(trade, shop=shop)
    trade.pay(1)

    again = tried(trade, shop=shop)

    assert (again.outcome.is_repeat, again.pay_with, len(shop.sandbox.asked)) == (True, None, 1)


def test_the_old_page_is_closed_at_its_provider_before_a_new_one_opens():
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)

    started = tried(trade, shop=shop, close=CLOSED)

    assert shop.sandbox.asked == [("close", f"{ORDER_ID}01"), ("create", f"{ORDER_ID}02")]
    assert [p.state for p in trade.whole.payments] == ["closed", "open"]
    assert (started.payment.number, trade.whole.order.state) == (2, "pending_payment")


def test_no_new_page_opens_while_nobody_knows_whether_the_old_one_can_still_be_paid():
    trade = an_order_being_paid()
    shop, before = MemoryShop(trade.world), trade.whole

    with pytest.raises(Unavailable):
        tried(trade, shop=shop, close=Unavailable("the provider did not answer"))

    assert trade.whole is before
    assert shop.sandbox.asked == [("close", f"{ORDER_ID}01")]


def test_the_old_page_turns_out_to_be_paid_and_no_new_one_opens():
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)

    with pytest.raises(TransitionRefused):
        tried(trade, shop=shop, close=paid("tx_late"))

    assert (trade.whole.order.state, len(trade.whole.payments)) == ("paid", 1)
    assert shop.sandbox.asked == [("close", f"{ORDER_ID}01")]


def test_a_try_that_somebody_opened_meanwhile_is_not_doubled():
    trade = a_shop_order()
    shop = MemoryShop(trade.world)
    read, rounds = shop.read, []

    def others_are_faster(order_id):
        rounds.append(order_id)
        if len(rounds) == 2:  # Between our look at the old tries and our own.
            trade.start_payment()
        return read(order_id)

    shop.read = others_are_faster
    with pytest.raises(Conflict):
        tried(trade, shop=shop)

    assert len(trade.whole.payments) == 1
    assert shop.sandbox.asked == []


def test_what_the_provider_refuses_to_open_has_failed_with_its_reason():
    trade = a_shop_order()

    with pytest.raises(PaymentRefused) as refused:
        tried(trade, create=PaymentRefused("limit_exceeded"))

    assert (refused.value.status, refused.value.details) == (409, {"failure": "limit_exceeded"})
    payment = trade.row("PAY#01")
    assert (payment.state, payment.failure) == ("failed", "limit_exceeded")
    assert trade.whole.order.state == "pending_payment"


def test_the_number_that_the_provider_gives_beforehand_is_kept_before_the_page_is_handed_out():
    trade = a_shop_order()
    shop = MemoryShop(trade.world)
    secret = PayWith(PayKind.CLIENT_SECRET, "secret", "pi_1")

    first, again = (tried(trade, shop=shop, create=secret) for _ in range(2))

    assert (first.pay_with, again.pay_with) == (secret, secret)
    assert trade.row("PAY#01").transaction_id == "pi_1"
    assert [change.event for change in trade.world.changes[1:]] == ["payment_started", "payment_prepared"]


def test_a_page_that_was_closed_while_it_was_being_opened_is_not_handed_out():
    trade = a_shop_order()

    def closed_meanwhile(_payment):
        trade.close(1)
        return PayWith(PayKind.CLIENT_SECRET, "secret", "pi_1")

    started = tried(trade, create=closed_meanwhile, close=CLOSED)

    assert (started.pay_with, started.payment.state) == (None, "closed")
    assert trade.row("PAY#01").transaction_id is None


def test_a_try_that_is_over_is_not_numbered_any_more():
    for world in (a_paid_order, a_cancelled_order):
        assert decide_prepared(world().whole, number=1, prepared="pi_1", now=T0) is None


def test_twenty_tries_are_enough():
    trade = an_order_being_paid(tries=ATTEMPTS_MAX)

    with pytest.raises(TooManyAttempts) as refused:
        tried(trade, close=CLOSED)

    assert (refused.value.status, refused.value.code) == (409, "too_many_attempts")
    assert [p.reference[-2:] for p in trade.whole.payments][-1] == "20"
    assert len(trade.whole.payments) == 20


@pytest.mark.parametrize("world", [a_closing_order, a_cancelled_order, a_paid_order])
def test_nobody_starts_to_pay_what_is_not_waiting_for_payment(world):
    trade = world()
    count = len(trade.whole.payments)

    with pytest.raises(TransitionRefused):
        tried(trade)

    assert len(trade.whole.payments) == count


def test_an_unknown_provider_is_refused_before_anything_is_written():
    trade = a_shop_order()
    with pytest.raises(Invalid) as refused:
        tried(trade, provider="piggybank")

    assert refused.value.details == {"at": "/provider"}
    assert trade.whole.payments == ()


def test_another_buyers_order_is_not_there_to_be_paid():
    trade = a_shop_order()
    with pytest.raises(NotFound):
        tried(trade, caller=Caller(BUYER.actor, "buyer-2"))

    assert trade.whole.payments == ()
