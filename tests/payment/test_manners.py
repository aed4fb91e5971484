"""What a provider lets us do with one payment: fifty refunds, a minute apart, never two at once, within a year."""

from dataclasses import replace

import pytest

from shared.payment.manners import DAY, may_ask_now, never
from shared.payment.port import Manners
from shared.payment.refunds import submit_refund
from tests.builders import ORDER_ID, T0, a_line, a_split_order, an_order_of
from tests.memory import MemoryShop
from tests.provider import refunded

WECHAT = Manners(refunds_max=50, refund_gap_seconds=60, refund_days_max=365)
PAID_AT = T0 + 100


def two_refunds():
    """25.00 for the cup, then 10.00 for one tea: nobody was asked for either."""
    trade = a_split_order()
    trade.cancel({2: 1})
    trade.cancel({1: 1})
    return trade


def shop_of(trade, *answers, manners=WECHAT):
    shop = MemoryShop(trade.world)
    shop.sandbox.manners = manners
    shop.sandbox.answers["refund"] = list(answers)
    return shop


def test_who_has_no_manners_to_keep_may_ask_whenever_and_however_often():
    trade = two_refunds()
    second = trade.row("REFUND#02")

    assert may_ask_now(Manners(), trade.whole, second, now=trade.now)
    assert never(Manners(), trade.whole, second, now=PAID_AT + 10 * 365 * DAY) == ""


def test_the_second_refund_waits_until_the_first_was_asked_for():
    trade = two_refunds()
    shop = shop_of(trade)

    submit_refund(shop, ORDER_ID, "REFUND#02", trade.now)

    assert shop.sandbox.asked == []
    assert may_ask_now(WECHAT, trade.whole, trade.row("REFUND#01"), now=trade.now)


@pytest.mark.parametrize("outcome", ["pending", "succeeded"])
@pytest.mark.parametrize(("seconds", "may"), [(0, False), (59, False), (60, True), (61, True)])
def test_the_second_refund_waits_a_minute_after_the_first(outcome, seconds, may):
    trade = two_refunds()
    trade.refund_says(outcome, 1)

    assert may_ask_now(WECHAT, trade.whole, trade.row("REFUND#02"), now=trade.now + seconds) is may


def test_a_refund_that_had_to_wait_is_asked_for_by_its_own_clock():
    trade = two_refunds()
    shop = shop_of(trade, refunded("succeeded"))
    submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)
    submit_refund(shop, ORDER_ID, "REFUND#02", trade.now)

    trade.ring("REFUND#02")
    submit_refund(shop, ORDER_ID, "REFUND#02", trade.now)

    assert shop.sandbox.asked == [("refund", f"{ORDER_ID}R01"), ("refund", f"{ORDER_ID}R02")]
    assert trade.state("REFUND#02") == "succeeded"


def test_a_refund_of_another_payment_is_not_waited_for():
    trade = two_refunds()
    second = replace(trade.row("REFUND#02"), payment=2)
    whole = trade.whole.with_rows([second])

    assert may_ask_now(WECHAT, whole, second, now=trade.now)


@pytest.mark.parametrize(
    ("days", "seconds", "reason"), [(365, 0, ""), (365, 1, "too_late"), (366, 0, "too_late"), (0, 0, "")]
)
def test_a_year_after_the_payment_the_provider_would_never_do_it(days, seconds, reason):
    trade = two_refunds()
    now = PAID_AT + days * DAY + seconds

    assert never(WECHAT, trade.whole, trade.row("REFUND#01"), now=now) == reason


def test_what_the_provider_would_never_do_is_not_asked_for_and_waits_for_people():
    trade = two_refunds().after(366 * DAY)
    shop = shop_of(trade)

    submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    refund = trade.row("REFUND#01")
    assert (shop.sandbox.asked, refund.state, refund.failure) == ([], "needs_action", "too_late")


@pytest.mark.parametrize(
    ("sent", "state", "failure"), [(49, "succeeded", None), (50, "needs_action", "too_many_parts")]
)
def test_of_one_payment_there_are_fifty_refunds_and_no_fifty_first(sent, state, failure):
    trade = an_order_of([a_line(1, 51, 5_100)], [0])
    for number in range(1, sent + 2):
        trade.cancel({1: 1})
        if number <= sent:
            trade.refund_says("succeeded", number)
    shop = shop_of(trade.after(60), refunded("succeeded"))

    submit_refund(shop, ORDER_ID, f"REFUND#{sent + 1}", trade.now)

    last = trade.row(f"REFUND#{sent + 1}")
    assert (last.state, last.failure, len(shop.sandbox.asked)) == (state, failure, int(failure is None))


def test_a_refund_that_has_had_no_answer_for_an_hour_holds_up_nobody_any_more():
    trade = two_refunds()
    second = trade.row("REFUND#02")

    assert not may_ask_now(WECHAT, trade.whole, second, now=trade.now + 3_599)
    assert may_ask_now(WECHAT, trade.whole, second, now=trade.now + 3_600)


def test_one_whose_money_somebody_else_has_taken_is_not_asked_for():
    trade = two_refunds()
    trade.hear_refund(trade.found_refund(17_100 - 3_500 + 1))

    assert trade.row("PAY#01").refund_reserved_minor == 17_101
    assert never(Manners(), trade.whole, trade.row("REFUND#01"), now=trade.now) == "amount_refused"
