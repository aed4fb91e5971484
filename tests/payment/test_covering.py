"""A refund that failed, of money that the payer has back another way: nobody is paid twice, nobody bears it twice."""

import pytest

from tests.builders import ORDER_ID, a_split_order, an_order_being_paid, an_order_with_a_refund
from tests.storybook import entries

R01 = f"{ORDER_ID}R01"


def lost(trade, amount, **fields):
    for kind in ("opened", "withdrawn", "lost"):
        trade.hear_dispute(trade.dispute(kind, amount, **fields))


def an_accepted_refund():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    return trade


def standing(trade):
    """(state of our refund, what we still owe for it, what all refunds and banks took, what is with the provider)"""
    refund, payment = trade.row("REFUND#01"), trade.row("PAY#01")
    owed, clearing = (trade.world.held(name) for name in (f"refund:{R01}", "clearing:sandbox"))
    return refund.state, owed, payment.refund_reserved_minor, clearing


def test_a_bank_that_took_more_than_was_kept_has_covered_the_refund_that_fails():
    # 25.00 were on their way when the bank took all of 171.00: then 25.00 were nobody's. Now they are what we owed.
    trade = an_accepted_refund()
    lost(trade, 17_100)
    assert trade.world.held(f"claim:{ORDER_ID}") == trade.row("DISPUTE#01").rest_minor == 2_500

    change = trade.refund_says("failed")

    assert entries(change) == {"refund R01": 2_500, "claim ": -2_500}
    assert standing(trade) == ("covered", 0, 17_100, 0)
    assert trade.row("DISPUTE#01").rest_minor == 0


def test_a_bank_covers_no_second_refund_with_the_same_money():
    trade = a_split_order()
    for line in (1, 2):
        trade.cancel({line: 1})
        trade.refund_says("pending", line)
    lost(trade, 17_100)  # 136.00 were kept; 35.00 are nobody's.

    trade.refund_says("failed", 2)
    assert (trade.state("REFUND#02"), trade.row("DISPUTE#01").rest_minor) == ("covered", 1_000)
    trade.refund_says("failed", 1)

    assert (trade.state("REFUND#01"), trade.row("DISPUTE#01").rest_minor) == ("covered", 0)


def test_a_bank_that_took_no_more_than_was_kept_covers_nothing():
    trade = an_accepted_refund()
    lost(trade, 14_600)

    change = trade.refund_says("failed")

    assert entries(change) == {}
    assert standing(trade) == ("needs_action", -2_500, 14_600, 2_500)


@pytest.mark.parametrize("kinds", [("opened", "withdrawn"), ("opened", "withdrawn", "won")])
def test_a_bank_that_has_not_won_covers_nothing(kinds):
    trade = an_accepted_refund()
    for kind in kinds:
        trade.hear_dispute(trade.dispute(kind))

    trade.refund_says("failed")

    assert trade.state("REFUND#01") == "needs_action"


def test_a_dispute_about_another_payment_covers_nothing():
    # The second try was paid too, sent back, and charged back: 171.00 that are nobody's, but not this payer's.
    trade = an_order_being_paid(tries=2)
    trade.pay(1)
    trade.pay(2)
    trade.refund_says("succeeded", 1)
    trade.split()
    trade.cancel({2: 1})
    trade.refund_says("pending", 2)
    lost(trade, 17_100, reference=f"{ORDER_ID}02")
    assert trade.row("DISPUTE#01").rest_minor == 17_100

    trade.refund_says("failed", 2)

    assert trade.state("REFUND#02") == "needs_action"


@pytest.mark.parametrize(
    ("amount", "state"), [(2_499, "needs_action"), (2_500, "covered"), (2_501, "needs_action")]
)
def test_only_exactly_the_amount_that_was_sent_by_hand_covers(amount, state):
    trade = an_accepted_refund()
    trade.hear_refund(trade.found_refund(amount))

    trade.refund_says("failed")

    assert standing(trade)[0] == state


def test_what_was_sent_by_hand_covers_one_refund_and_not_two():
    trade = a_split_order()
    for number in (1, 2):
        trade.cancel({1: 1})
        trade.refund_says("pending", number)
    trade.hear_refund(trade.found_refund(1_000))

    trade.refund_says("failed", 1)
    trade.refund_says("failed", 2)

    assert [refund.state for refund in trade.whole.refunds] == ["covered", "needs_action", "succeeded"]
    assert [s.kept_minor for s in trade.whole.sub_orders] == [4_300, 10_800]


def test_what_was_sent_by_hand_for_another_transaction_covers_nothing():
    trade = an_accepted_refund()
    trade.hear_refund(trade.found_refund(2_500, transaction_id="tx_another"))

    trade.refund_says("failed")

    assert trade.state("REFUND#01") == "needs_action"


def test_a_refund_that_bounces_is_owed_even_if_as_much_was_sent_by_hand():
    # It had been sent, so what went by hand was something else.
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    trade.hear_refund(trade.found_refund(2_500))

    trade.refund_says("failed")

    assert trade.state("REFUND#01") == "needs_action"


def test_part_of_what_a_bank_took_is_part_of_what_we_had_promised():
    trade = an_order_with_a_refund()

    lost(trade, 1_000)

    refund = trade.row("REFUND#01")
    assert (refund.state, refund.amount_minor, refund.provider_refund_id) == ("requested", 1_500, f"{R01}x2")
    assert trade.world.held(f"refund:{R01}") == -1_500
    assert trade.row("PAY#01").refund_reserved_minor == 2_500
    assert [s.kept_minor for s in trade.whole.sub_orders] == [3_800, 10_800]
