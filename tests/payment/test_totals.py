"""Alipay says of a refund only the sum of all refunds of its payment: what was this one, then?"""

import pytest

from shared.errors import NotYetClear
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.refunds import decide_refund, pay_otherwise
from tests.builders import OPERATOR, ORDER_ID, a_request, a_split_order, an_order_with_a_refund
from tests.memory import MemoryShop

R01 = f"{ORDER_ID}R01"


def in_total(trade, amount, number="by_hand"):
    return trade.found_refund(amount, number, is_total=True)


def heard(trade, fact):
    change = decide_refund(trade.whole, fact, now=trade.now)
    return trade.world.offer(change)


def test_the_first_refund_by_hand_is_the_sum():
    trade = a_split_order()

    change = heard(trade, in_total(trade, 1_000))

    assert (change.event, trade.row("REFUND#01").amount_minor) == (Event.REFUND_FOUND, 1_000)
    assert trade.row("REFUND#01").found == "by_hand-1000"


def test_the_second_one_is_what_the_sum_has_grown_by():
    trade = a_split_order()
    heard(trade, in_total(trade, 1_000, "by_hand"))

    heard(trade, in_total(trade, 3_500, "by_hand"))

    assert [refund.amount_minor for refund in trade.whole.refunds] == [1_000, 2_500]


def test_the_same_sum_is_the_same_news_and_a_smaller_one_is_old_news():
    trade = a_split_order()
    heard(trade, in_total(trade, 3_500))

    assert heard(trade, in_total(trade, 3_500)) is None
    assert heard(trade, in_total(trade, 1_000)) is None
    assert [refund.amount_minor for refund in trade.whole.refunds] == [3_500]


def test_one_of_ours_went_with_the_amount_that_we_asked_for_whatever_the_sum():
    trade = a_split_order()
    heard(trade, in_total(trade, 1_000))
    trade.cancel({2: 1})

    ours = trade.refund_notice("succeeded", 2, money=Money(3_500, "CNY"), is_total=True)
    change = heard(trade, ours)

    assert change.event is Event.REFUND_SUCCEEDED
    assert trade.world.held("clearing:sandbox") == 17_100 - 1_000 - 2_500


def test_what_is_in_the_sum_besides_ours_was_made_by_hand():
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")

    heard(trade, in_total(trade, 4_000))

    assert [(r.found, r.amount_minor) for r in trade.whole.refunds] == [("", 2_500), ("by_hand-4000", 1_500)]


@pytest.mark.parametrize("told", [[], ["pending"]])
def test_while_one_of_ours_is_under_way_nobody_knows_what_the_sum_says(told):
    trade = an_order_with_a_refund()
    for outcome in told:
        trade.refund_says(outcome)

    with pytest.raises(NotYetClear):
        decide_refund(trade.whole, in_total(trade, 2_500), now=trade.now)

    assert len(trade.whole.refunds) == 1


def test_what_our_own_bank_paid_is_not_in_the_providers_sum():
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    pay_otherwise(
        MemoryShop(trade.world),
        ORDER_ID,
        R01,
        transfer="TT-1",
        caller=OPERATOR,
        now=trade.now,
        request=a_request("payout", OPERATOR),
    )

    heard(trade, in_total(trade, 1_000))

    assert [refund.amount_minor for refund in trade.whole.refunds] == [2_500, 1_000]
