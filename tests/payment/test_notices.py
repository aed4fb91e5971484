"""What a provider says, and when: late, doubled, wrong, in any order. No money is dropped, none pays twice."""

from itertools import permutations

import pytest

from shared.errors import UnknownReference
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.facts import PaymentKind, RefundFact, RefundOutcome, booking_names
from shared.payment.receiving import decide_payment, judge, record_payment
from tests.builders import (
    ORDER_ID,
    a_cancelled_order,
    a_closing_order,
    a_paid_order,
    a_split_order,
    an_order_being_paid,
)
from tests.memory import MemoryShop
from tests.storybook import entries

FEN = {"money": Money(17_101, "CNY")}
SHORT = {"money": Money(17_099, "CNY")}
DOLLARS = {"money": Money(17_100, "USD")}
FOREIGN = {"is_our_account": False}
FAILED = {"kind": PaymentKind.FAILED}
CLOSED = {"kind": PaymentKind.CLOSED}


@pytest.mark.parametrize(
    ("world", "fields", "event"),
    [
        (an_order_being_paid, {}, Event.PAYMENT_SUCCEEDED),
        (a_closing_order, {}, Event.PAYMENT_SUCCEEDED),
        (a_paid_order, {}, Event.PAYMENT_UNCLAIMED),
        (a_cancelled_order, {}, Event.PAYMENT_UNCLAIMED),
        (an_order_being_paid, FEN, Event.PAYMENT_UNCLAIMED),
        (an_order_being_paid, SHORT, Event.PAYMENT_UNCLAIMED),
        (a_closing_order, SHORT, Event.PAYMENT_UNCLAIMED),
        (an_order_being_paid, DOLLARS, Event.PAYMENT_QUARANTINED),
        (a_cancelled_order, DOLLARS, Event.PAYMENT_QUARANTINED),
        (an_order_being_paid, FOREIGN, Event.PAYMENT_QUARANTINED),
        (a_paid_order, FOREIGN, Event.PAYMENT_QUARANTINED),
        (an_order_being_paid, FOREIGN | SHORT, Event.PAYMENT_QUARANTINED),
        (an_order_being_paid, FAILED, Event.PAYMENT_FAILED),
        (a_paid_order, FAILED, None),
        (a_cancelled_order, FAILED, None),
        (an_order_being_paid, CLOSED, Event.PAYMENT_CLOSED),
        (a_closing_order, CLOSED, Event.PAYMENTS_CLOSED),
        (a_paid_order, CLOSED, None),
        (a_cancelled_order, CLOSED, None),
    ],
)
def test_money_is_judged_by_what_it_is_and_not_by_when_it_came(world, fields, event):
    trade = world()
    notice = trade.notice(1)._replace(**fields)

    assert judge(trade.whole, trade.row("PAY#01"), notice, None) is event


def test_a_failure_that_arrives_after_the_success_says_nothing_new():
    trade = a_paid_order()

    notice = trade.notice(1, is_success=False)

    assert decide_payment(trade.whole, notice, now=trade.now) is None


def test_a_second_failure_says_nothing_new():
    trade = an_order_being_paid()
    trade.fail(1)

    notice = trade.notice(1, is_success=False)

    assert decide_payment(trade.whole, notice, now=trade.now) is None


def test_pain_03_same_callback_many_times():
    trade = an_order_being_paid()
    shop, notice = MemoryShop(trade.world), trade.notice(1)

    outcomes = [record_payment(shop, notice, now=trade.now) for _ in range(100)]

    assert [outcome.is_repeat for outcome in outcomes] == [False] + [True] * 99
    assert (trade.whole.order.captured_minor, trade.whole.order.version) == (17_100, 3)
    assert trade.world.held("clearing:sandbox") == 17_100


def test_the_same_money_under_another_event_number_is_booked_once():
    trade = an_order_being_paid()
    shop, notice = MemoryShop(trade.world), trade.notice(1)
    record_payment(shop, notice, now=trade.now)

    again = record_payment(shop, notice._replace(event_id="evt_other"), now=trade.now)

    assert again.is_repeat
    assert trade.whole.refunds == ()


def test_what_we_asked_for_and_what_was_posted_are_the_same_money():
    trade = a_closing_order()
    shop, posted = MemoryShop(trade.world), trade.notice(1)
    asked = record_payment(shop, posted._replace(event_id=""), now=trade.now)

    assert record_payment(shop, posted, now=trade.now).is_repeat
    assert not asked.is_repeat
    assert trade.world.held("clearing:sandbox") == 17_100


def test_pain_05_cancelled_order_gets_paid():
    trade = a_cancelled_order()

    change = trade.pay(1)

    assert trade.whole.order.state == "cancelled"
    assert entries(change) == {"clearing:sandbox": 17_100, "refund R01": -17_100}
    trade.refund_says("succeeded")
    assert trade.world.held("clearing:sandbox") == 0


def test_pain_04_every_payment_ends_as_a_paid_order_or_a_full_refund():
    worlds = (an_order_being_paid, a_closing_order, a_paid_order, a_cancelled_order, a_split_order)
    for world in worlds:
        trade = world()
        before = trade.whole.order.captured_minor
        trade.pay(1)
        paid_now = trade.whole.order.captured_minor - before
        assert paid_now + sum(refund.amount_minor for refund in trade.whole.refunds) == 17_100, world


@pytest.mark.parametrize("arrival", list(permutations(range(5))), ids=str)
def test_whatever_the_order_of_arrival_the_order_is_paid_once_and_the_rest_goes_back(arrival):
    trade = an_order_being_paid(tries=2)
    notices = [
        trade.notice(1, is_success=False),
        trade.notice(1),
        trade.notice(1, **SHORT),
        trade.notice(2),
        trade.notice(2, **DOLLARS),
    ]

    for index in arrival:
        for _ in range(2):  # Each is delivered twice.
            change = decide_payment(trade.whole, notices[index], now=trade.now)
            trade.world.offer(change)

    winner = trade.whole.winning_payment()
    expected = 1 if arrival.index(1) < arrival.index(3) else 2
    assert (trade.whole.order.captured_minor, winner.number) == (17_100, expected)
    assert sorted(refund.amount_minor for refund in trade.whole.refunds) == [17_099, 17_100]
    assert trade.world.held("clearing:sandbox") == 3 * 17_100 - 1
    assert trade.world.held(f"quarantine:{ORDER_ID}", "USD") == -17_100


def test_a_reference_we_do_not_know_is_to_be_told_again():
    trade = an_order_being_paid()
    for notice in (trade.notice(2), trade.notice(1, provider="other")):
        with pytest.raises(UnknownReference):
            decide_payment(trade.whole, notice, now=trade.now)


def test_money_is_booked_under_its_event_and_under_itself():
    trade = an_order_being_paid()

    assert booking_names(trade.notice(1)) == ("sandbox#event#evt_1", "sandbox#paid#tx_1")
    assert booking_names(trade.notice(1, event_id="")) == ("sandbox#paid#tx_2",)
    assert booking_names(trade.notice(1, is_success=False)) == ("sandbox#event#evt_3",)
    refund = RefundFact("sandbox", "evt_9", f"{ORDER_ID}R01", RefundOutcome.FAILED, Money(1, "CNY"))
    assert booking_names(refund) == ("sandbox#event#evt_9",)
    assert booking_names(refund._replace(event_id="")) == ()


def test_the_time_line_notes_the_money_and_no_person():
    trade = an_order_being_paid()

    change = trade.pay(1)

    assert change.note == {
        "provider": "sandbox",
        "amount": 17_100,
        "currency": "CNY",
        "transaction_id": "tx_1",
    }


def test_the_time_line_notes_why_a_try_failed():
    change = an_order_being_paid().fail(1)

    assert change.note["failure"] == "insufficient_balance"
    assert "transaction_id" not in change.note
