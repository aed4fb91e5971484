"""The handshake: nothing is released before every provider has said that nothing more can come."""

import pytest

from shared.errors import Unavailable
from shared.payment.closing import close_payments, decide_closed
from tests.builders import (
    ORDER_ID,
    a_cancelled_order,
    a_closing_order,
    a_paid_order,
    an_order_being_paid,
)
from tests.memory import MemoryShop
from tests.provider import paid

CLOSED = None


def closed(trade, *answers):
    """Run the effect against a provider with these answers. Returns the tries it was asked about."""
    shop = MemoryShop(trade.world)
    shop.sandbox.answers["close"] = list(answers)
    try:
        close_payments(shop, ORDER_ID, trade.now)
    finally:
        asked = shop.sandbox.asked
    assert {question for question, _ in asked} <= {"close"}
    return [reference.removeprefix(ORDER_ID) for _, reference in asked]


def test_every_living_try_is_closed_and_the_order_dies_with_the_last():
    trade = a_closing_order(tries=3)

    assert closed(trade, CLOSED) == ["01", "02", "03"]

    assert trade.whole.order.state == "cancelled"
    assert [p.state for p in trade.whole.payments] == ["closed"] * 3
    assert trade.world.units("POT", "W3") == (6, 0, 0)


def test_a_refused_try_is_closed_too_because_it_could_be_repaired_there():
    trade = an_order_being_paid()
    trade.fail(1)
    trade.ring("ORDER")

    assert closed(trade, CLOSED) == ["01"]

    assert trade.whole.order.state == "cancelled"


def test_what_was_paid_meanwhile_pays_the_order():
    trade = a_closing_order()

    closed(trade, paid("tx_late"))

    assert (trade.whole.order.state, trade.whole.order.captured_minor) == ("paid", 17_100)
    assert trade.state("PAY#01") == "succeeded"
    assert trade.world.units("POT", "W3") == (4, 2, 0)


def test_no_answer_leaves_everything_as_it_is_to_be_asked_again():
    trade = a_closing_order(tries=2)
    with pytest.raises(Unavailable):
        closed(trade, CLOSED, Unavailable("the provider did not answer"))
    assert [p.state for p in trade.whole.payments] == ["closed", "open"]
    assert (trade.whole.order.state, trade.world.units("POT", "W3")) == ("closing", (4, 2, 0))

    assert closed(trade, CLOSED) == ["02"]

    assert trade.whole.order.state == "cancelled"


def test_after_a_payment_the_other_tries_are_closed_and_the_order_lives():
    trade = an_order_being_paid(tries=2)
    trade.pay(1)

    assert closed(trade, CLOSED) == ["02"]

    assert (trade.whole.order.state, trade.state("PAY#02")) == ("paid", "closed")


def test_a_second_try_that_was_paid_too_goes_back_and_is_closed():
    trade = an_order_being_paid(tries=2)
    trade.pay(1)

    closed(trade, paid("tx_late_2"))

    assert trade.state("PAY#02") == "closed"
    assert trade.row("REFUND#01").transaction_id == "tx_late_2"
    assert trade.whole.order.captured_minor == 17_100


@pytest.mark.parametrize(
    ("answer", "refunds"), [(paid("tx_late", 17_099), 1), (paid("tx_late", currency="USD"), 0)]
)
def test_money_that_does_not_fit_is_booked_and_the_try_is_over(answer, refunds):
    trade = a_closing_order()

    closed(trade, answer)

    assert (trade.whole.order.state, trade.state("PAY#01")) == ("cancelled", "closed")
    assert len(trade.whole.refunds) == refunds


def test_the_effect_repeated_asks_nothing_more():
    trade = a_closing_order()
    closed(trade, CLOSED)
    count = len(trade.world.changes)

    assert closed(trade, CLOSED) == []

    assert len(trade.world.changes) == count


@pytest.mark.parametrize("world", [a_cancelled_order, a_paid_order])
def test_a_try_that_is_over_is_not_closed_again(world):
    assert decide_closed(world().whole, number=1, now=0) is None
