"""Money that comes in parts, and money that goes again: held until it pays, booked once, whatever is told twice."""

import pytest

from shared.lifecycle import Event
from shared.money import Money
from shared.payment.receiving import decide_payment
from tests.builders import ORDER_ID, a_cancelled_order, a_closing_order, a_paid_order, an_order_being_paid
from tests.storybook import entries

DOLLARS = {"money": Money(6_000, "USD")}
FOREIGN = {"is_our_account": False}


def standing(trade):
    """(state of the order, came in under the try, held, with the provider)"""
    payment = trade.row("PAY#01")
    held = trade.world.held("clearing:sandbox")
    return str(trade.whole.order.state), payment.captured_minor, payment.held_minor, held


def ignored(trade, *facts):
    """Whether each of these says nothing new."""
    return [decide_payment(trade.whole, fact, now=trade.now) is None for fact in facts]


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ([("part", 6_000)], ("pending_payment", 6_000, 6_000, 6_000)),
        ([("part", 6_000), ("part", 10_000)], ("pending_payment", 10_000, 10_000, 10_000)),
        ([("part", 6_000), ("part", 17_100)], ("paid", 17_100, 0, 17_100)),
        ([("part", 6_000), ("reversed", 4_000)], ("pending_payment", 2_000, 2_000, 2_000)),
        ([("part", 6_000), ("reversed", 6_000)], ("pending_payment", 0, 0, 0)),
        ([("part", 6_000), ("reversed", 4_000), ("part", 21_100)], ("paid", 17_100, 0, 17_100)),
        (
            [("part", 6_000), ("reversed", 4_000), ("part", 17_100)],
            ("pending_payment", 13_100, 13_100, 13_100),
        ),
        ([("reversed", 4_000), ("part", 6_000)], ("pending_payment", 2_000, 2_000, 2_000)),
        ([("reversed", 4_000)], ("pending_payment", -4_000, -4_000, -4_000)),
        ([("part", 17_100)], ("paid", 17_100, 0, 17_100)),
        ([("part", 17_101)], ("pending_payment", 17_101, 0, 17_101)),  # Too much: it goes back, whole.
    ],
    ids=str,
)
def test_what_came_in_part_is_held_until_it_is_exactly_enough(told, then):
    trade = an_order_being_paid()

    for kind, amount in told:
        trade.tell(kind, amount)

    assert standing(trade) == then


def test_60_of_100_then_40_then_a_reversal_of_the_paid_order():
    trade = an_order_being_paid()
    trade.tell("part", 10_260)
    trade.tell("part", 17_100)

    change = trade.tell("reversed", 6_840)

    assert change.event is Event.REFUND_FOUND
    assert (trade.row("REFUND#01").amount_minor, trade.whole.order.refund_reserved_minor) == (6_840, 6_840)
    assert standing(trade) == ("paid", 17_100, 0, 10_260)
    assert ignored(trade, trade.so_far("reversed", 6_840), trade.so_far("reversed", 5_000)) == [True, True]


def test_a_part_that_is_told_again_or_late_says_nothing_new():
    trade = an_order_being_paid()
    trade.tell("part", 10_000)

    assert ignored(trade, trade.so_far("part", 10_000), trade.so_far("part", 6_000)) == [True, True]


def test_parts_that_are_told_after_the_whole_say_nothing_new():
    trade = an_order_being_paid()
    trade.pay(1, transaction_id="tx_of_1")

    assert ignored(trade, trade.so_far("part", 6_000), trade.so_far("part", 17_100)) == [True, True]


def test_the_final_message_of_money_that_came_in_parts_is_the_same_money():
    trade = an_order_being_paid()
    trade.tell("part", 17_100)

    final = decide_payment(trade.whole, trade.notice(1, transaction_id="tx_of_1"), now=trade.now)

    assert trade.world.offer(final) is None
    assert standing(trade) == ("paid", 17_100, 0, 17_100)


def test_the_final_message_brings_the_rest_of_what_is_held():
    trade = an_order_being_paid()
    trade.tell("part", 6_000)

    change = trade.pay(1, transaction_id="tx_of_1")

    assert entries(change) == {
        "clearing:sandbox": 11_100,
        "held 01": 6_000,
        "escrow 01": -6_300,
        "escrow 02": -10_800,
    }


def test_less_than_the_whole_at_the_end_goes_back_with_what_was_held():
    trade = an_order_being_paid()
    trade.tell("part", 6_000)

    change = trade.pay(1, transaction_id="tx_of_1", money=Money(6_000, "CNY"))

    assert change.event is Event.PAYMENT_UNCLAIMED
    assert entries(change) == {"held 01": 6_000, "refund R01": -6_000}
    assert standing(trade) == ("pending_payment", 6_000, 0, 6_000)


def test_what_is_held_when_the_page_is_closed_the_provider_has_given_back():
    trade = a_closing_order()
    trade.tell("part", 6_000)

    change = trade.close(1)

    assert entries(change) == {"clearing:sandbox": -6_000, "held 01": 6_000}
    assert standing(trade) == ("cancelled", 0, 0, 0)
    assert trade.whole.refunds == ()
    assert ignored(trade, trade.so_far("reversed", 6_000)) == [True]


def test_a_part_for_a_dead_order_goes_back_and_so_does_the_rest_once():
    trade = a_cancelled_order()

    trade.tell("part", 6_000)
    trade.pay(1, transaction_id="tx_of_1")

    assert [refund.amount_minor for refund in trade.whole.refunds] == [6_000, 11_100]
    assert standing(trade) == ("cancelled", 17_100, 0, 17_100)


def test_all_of_it_in_parts_for_a_dead_order_goes_back_once_and_the_final_message_brings_nothing():
    trade = a_cancelled_order()
    trade.tell("part", 17_100)

    assert ignored(trade, trade.notice(1, transaction_id="tx_of_1")) == [True]

    assert [refund.amount_minor for refund in trade.whole.refunds] == [17_100]


def test_a_second_payment_beside_one_that_came_in_parts_goes_back_whole():
    trade = an_order_being_paid()
    trade.tell("part", 17_100)

    change = trade.pay(1, transaction_id="tx_second")

    assert change.event is Event.PAYMENT_UNCLAIMED
    assert (trade.row("REFUND#01").amount_minor, trade.row("REFUND#01").transaction_id) == (
        17_100,
        "tx_second",
    )
    assert standing(trade) == ("paid", 34_200, 0, 34_200)


def test_a_part_beside_the_money_that_paid_waits_for_its_final_message():
    trade = a_paid_order()

    assert ignored(trade, trade.so_far("part", 18_000)) == [True]

    assert entries(trade.pay(1, transaction_id="tx_of_1"))["refund R01"] == -17_100


def test_money_that_was_reversed_before_we_heard_that_it_came_leaves_nothing_to_send_back():
    trade = a_closing_order()
    trade.tell("reversed", 17_100)

    change = trade.pay(1, transaction_id="tx_of_1")

    assert change.event is Event.PAYMENT_UNCLAIMED
    assert entries(change) == {"clearing:sandbox": 17_100, "held 01": -17_100}
    assert (standing(trade), trade.whole.refunds) == (("closing", 0, 0, 0), ())


@pytest.mark.parametrize("fields", [DOLLARS, FOREIGN], ids=["dollars", "another account"])
def test_a_part_that_is_not_ours_to_judge_is_kept_for_people_once_however_often_we_ask(fields):
    trade = an_order_being_paid()
    asked = trade.so_far("part", 6_000, event_id="")._replace(**fields)

    first = trade.hear(asked)
    again = trade.world.offer(decide_payment(trade.whole, asked, now=trade.now))

    assert (first.event, again) == (Event.PAYMENT_QUARANTINED, None)
    assert standing(trade)[:3] == ("pending_payment", 0, 0)
    assert trade.world.held(f"quarantine:{ORDER_ID}", asked.money.currency) == -6_000


@pytest.mark.parametrize("fields", [DOLLARS, FOREIGN], ids=["dollars", "another account"])
def test_a_reversal_that_is_not_ours_to_judge_takes_nothing_of_ours(fields):
    trade = a_paid_order()

    assert ignored(trade, trade.so_far("reversed", 6_000)._replace(**fields)) == [True]


def test_a_part_under_one_try_goes_back_when_another_try_pays():
    trade = an_order_being_paid(tries=2)
    trade.tell("part", 6_000, number=1)
    trade.pay(2)

    trade.close(1)

    assert trade.world.held(f"held:{ORDER_ID}01") == 0
    assert (trade.world.held("clearing:sandbox"), trade.whole.order.captured_minor) == (17_100, 17_100)


def test_a_paid_order_that_is_reversed_twice_has_lost_the_sum_and_not_more():
    trade = a_paid_order()

    for told in (4_000, 10_000):
        trade.tell("reversed", told)

    assert [refund.amount_minor for refund in trade.whole.refunds] == [4_000, 6_000]
    assert standing(trade) == ("paid", 17_100, 0, 7_100)
