"""The poller: a message that got lost costs minutes, and a provider that is silent is asked again."""

import pytest

from shared.errors import Unavailable
from shared.payment.asking import Silent, ask
from shared.payment.port import Told
from shared.payment.receiving import record_payment
from tests.builders import (
    ORDER_ID,
    T0,
    a_cancelled_order,
    a_closing_order,
    a_paid_order,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.memory import MemoryShop
from tests.provider import paid, refunded

DAY = 86_400
PAY, R01 = f"{ORDER_ID}01", f"{ORDER_ID}R01"


def polled(shop, trade, **answers):
    """Everything whose hour has come is asked about, with these answers. Returns what was asked."""
    shop.sandbox.answers |= {question: [answer] for question, answer in answers.items()}
    shop.sandbox.asked = []
    for due in list(shop.asking.due(trade.now)):
        ask(shop, due, trade.now)
    return shop.sandbox.asked


def hours(trade):
    return {subject: row.ask_at for subject, row in trade.whole.rows.items() if getattr(row, "ask_at", None)}


def test_an_open_page_is_asked_about_after_four_minutes_and_every_four_minutes():
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)

    assert polled(shop, trade.after(239)) == []
    assert polled(shop, trade.after(1), query=None) == [("query", PAY)]
    assert hours(trade) == {"PAY#01": T0 + 480}
    assert polled(shop, trade) == []
    assert polled(shop, trade.after(240), query=None) == [("query", PAY)]


def test_an_open_page_that_was_paid_pays_the_order_without_its_message():
    trade = an_order_being_paid().after(240)
    shop = MemoryShop(trade.world)

    polled(shop, trade, query=paid("tx_lost"))

    assert (trade.whole.order.state, trade.row("PAY#01").transaction_id) == ("paid", "tx_lost")
    assert hours(trade) == {}
    assert polled(shop, trade.after(10 * DAY)) == []


def test_the_message_that_comes_after_all_is_the_same_money():
    trade = an_order_being_paid().after(240)
    shop = MemoryShop(trade.world)
    polled(shop, trade, query=paid("tx_lost"))

    posted = trade.notice(1, transaction_id="tx_lost")

    assert record_payment(shop, posted, now=trade.now).is_repeat
    assert trade.whole.order.captured_minor == trade.world.held("clearing:sandbox") == 17_100


def test_a_refused_page_is_asked_about_too_because_it_may_be_repaired_there():
    trade = an_order_being_paid().after(240)
    trade.fail(1)

    polled(MemoryShop(trade.world), trade, query=paid("tx_lost"))

    assert trade.whole.order.state == "paid"


def test_a_closed_page_is_asked_about_once_more_a_day_later():
    trade = a_cancelled_order()
    shop = MemoryShop(trade.world)
    closed_at = trade.now

    assert hours(trade) == {"PAY#01": closed_at + DAY}
    assert polled(shop, trade.after(DAY), query=paid("", kind="closed")) == [("query", PAY)]
    assert hours(trade) == {}
    assert polled(shop, trade.after(10 * DAY)) == []


def test_money_that_a_closed_page_had_brought_goes_back():
    trade = a_cancelled_order().after(DAY)

    polled(MemoryShop(trade.world), trade, query=paid("tx_lost"))

    assert (trade.whole.order.state, trade.row("REFUND#01").amount_minor) == ("cancelled", 17_100)
    assert hours(trade) == {}


def test_a_refund_is_asked_about_by_how_long_ago_it_was_accepted_and_not_promised():
    trade = an_order_with_a_refund().after(DAY)
    trade.refund_says("pending")

    polled(MemoryShop(trade.world), trade.after(600), query_refund=refunded("pending"))

    assert hours(trade) == {"REFUND#01": trade.now + 600}


@pytest.mark.parametrize("world", [an_order_being_paid, a_cancelled_order])
def test_a_provider_that_is_silent_is_asked_again_four_minutes_later(world):
    trade = world().after(DAY)
    shop, before = MemoryShop(trade.world), trade.whole.order.version

    with pytest.raises(Silent) as silent:
        polled(shop, trade, query=Unavailable("the provider did not answer"))

    assert silent.value.provider == "sandbox"
    assert (hours(trade), trade.whole.order.version) == ({"PAY#01": trade.now + 240}, before)


def test_a_provider_that_is_known_to_be_silent_is_not_asked_and_its_rows_wait():
    trade = an_order_being_paid().after(240)
    shop = MemoryShop(trade.world)
    (due,) = shop.asking.due(trade.now)
    before = hours(trade)

    assert ask(shop, due, trade.now, silent={"sandbox"}) is Told.BUSY

    assert (shop.sandbox.asked, hours(trade)) == ([], before)


def test_a_closing_order_is_asked_about_too_while_its_handshake_fails():
    trade = a_closing_order()
    shop = MemoryShop(trade.world)

    polled(shop, trade, query=paid("tx_lost"))

    assert trade.whole.order.state == "paid"


def test_an_accepted_refund_is_asked_about_after_ten_minutes_and_then_ever_less_often():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    shop, asked_at = MemoryShop(trade.world), []
    start = trade.now

    for _ in range(8):
        trade.now = hours(trade)["REFUND#01"]
        asked_at.append(trade.now - start)
        assert polled(shop, trade, query_refund=refunded("pending")) == [("query_refund", R01)]

    assert asked_at == [600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 60_000]  # At most six hours apart.


@pytest.mark.parametrize(("outcome", "state"), [("succeeded", "succeeded"), ("failed", "needs_action")])
def test_how_an_accepted_refund_ended_is_found_out(outcome, state):
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    shop = MemoryShop(trade.world)

    polled(shop, trade.after(600), query_refund=refunded(outcome))

    assert (trade.state("REFUND#01"), hours(trade)) == (state, {})


def test_a_refund_that_the_provider_does_not_know_any_more_is_sent_again_under_its_number():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    shop = MemoryShop(trade.world)
    shop.sandbox.answers["refund"] = [refunded("succeeded")]

    asked = polled(shop, trade.after(600), query_refund=None)

    assert asked == [("query_refund", R01), ("refund", R01)]
    assert trade.state("REFUND#01") == "succeeded"


def test_while_the_bank_is_asked_for_the_money_no_refund_is_sent_again():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    trade.hear_dispute(trade.dispute("opened"))
    shop = MemoryShop(trade.world)

    assert polled(shop, trade.after(600), query_refund=None) == [("query_refund", R01)]
    assert trade.state("REFUND#01") == "submitted"


def test_a_row_whose_hour_has_moved_on_is_not_asked_about():
    trade = an_order_being_paid().after(240)
    shop = MemoryShop(trade.world)
    (due,) = shop.asking.due(trade.now)
    trade.pay(1)

    ask(shop, due, trade.now)
    ask(shop, due._replace(sk="PAY#09"), trade.now)

    assert shop.sandbox.asked == []


def test_nobody_asks_about_what_is_over():
    assert hours(a_paid_order()) == {}
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    assert hours(trade) == {}
