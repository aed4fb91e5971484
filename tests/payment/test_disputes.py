"""Chargebacks in any order: frozen while they are open, everything goes on when they are won, nobody is paid twice."""

from itertools import permutations

import pytest

from shared.errors import UnknownReference
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.disputes import decide_dispute, record_dispute
from shared.payment.refunds import pay_otherwise, retry_refund, submit_refund
from shared.payment.requests import PaymentDisputed, RefundTooLarge
from tests.builders import (
    OPERATOR,
    ORDER_ID,
    a_cancelled_order,
    a_completed_order,
    a_request,
    a_split_order,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.memory import MemoryShop
from tests.provider import refunded
from tests.special_orders import an_escalated_order
from tests.storybook import entries

R01 = f"{ORDER_ID}R01"


def told(trade, *kinds, amount=None, **fields):
    return [trade.hear_dispute(trade.dispute(kind, amount, **fields)) for kind in kinds]


def ask_by_operator(use_case, trade, **more):
    request = a_request("op-1", OPERATOR)
    return use_case(
        MemoryShop(trade.world), ORDER_ID, R01, caller=OPERATOR, now=trade.now, request=request, **more
    )


@pytest.mark.parametrize(
    "command",
    [
        lambda t: t.cancel({2: 1}),
        lambda t: t.cancel(),
        lambda t: t.give(1),
        lambda t: ask_by_operator(retry_refund, t),
        lambda t: ask_by_operator(pay_otherwise, t, transfer="TT-1"),
    ],
    ids=["cancel a cup", "cancel all", "favour", "retry", "payout"],
)
def test_while_a_dispute_is_open_nothing_is_refunded(command):
    trade = a_split_order()
    trade.cancel({1: 1})
    trade.refund_says("failed")
    told(trade, "opened")
    before = trade.whole

    with pytest.raises(PaymentDisputed) as refused:
        command(trade)

    assert (refused.value.status, refused.value.code) == (409, "payment_disputed")
    assert trade.whole is before


def test_a_refund_that_was_promised_is_not_asked_for_while_a_dispute_is_open():
    trade = an_order_with_a_refund()
    told(trade, "opened")
    shop = MemoryShop(trade.world)

    submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert (shop.sandbox.asked, trade.state("REFUND#01")) == ([], "requested")


def test_one_that_was_accepted_is_asked_about_and_not_asked_for_again():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    told(trade, "opened")
    shop = MemoryShop(trade.world)
    shop.sandbox.answers["query_refund"] = [None, refunded("succeeded")]

    submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)
    submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert shop.sandbox.asked == [("query_refund", R01)] * 2
    assert trade.state("REFUND#01") == "succeeded"


def test_people_may_reject_an_order_whose_money_is_disputed_and_the_refund_waits():
    trade = an_escalated_order()
    told(trade, "opened", "withdrawn")

    trade.ring("SUB#01")  # Nobody decided; by its policy it is refunded.

    assert [s.state for s in trade.whole.sub_orders] == ["cancelled", "cancelled"]
    assert (trade.state("REFUND#01"), trade.whole.is_disputed) == ("requested", True)


def test_after_a_lost_dispute_the_refund_that_waited_is_covered_by_it():
    trade = an_escalated_order()
    told(trade, "opened", "withdrawn")
    trade.ring("SUB#01")

    told(trade, "lost")

    assert trade.state("REFUND#01") == "covered"
    assert trade.world.held(f"refund:{R01}") == 0
    assert trade.row("PAY#01").refund_reserved_minor == trade.whole.order.captured_minor


def test_what_a_lost_dispute_took_is_not_refunded_by_a_cancellation():
    trade = a_split_order()
    told(trade, "opened", "withdrawn", "lost", amount=10_000)

    change = trade.cancel()

    assert entries(change) == {"escrow 01": 2_616, "escrow 02": 4_484, "refund R01": -7_100}
    assert trade.row("PAY#01").refund_reserved_minor == 17_100


def test_after_its_settlement_a_lost_dispute_is_a_claim_on_the_merchants():
    trade = a_completed_order()
    trade.ring("SETTLE#01")
    trade.ring("SETTLE#02")

    *_, change = told(trade, "opened", "withdrawn", "lost")

    assert entries(change) == {"claim 01": 6_300, "claim 02": 10_800, "chargeback ": -17_100}


def test_what_was_refunded_before_and_is_taken_by_the_bank_too_is_a_loss_that_nobody_bears():
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")

    *_, change = told(trade, "opened", "withdrawn", "lost")

    assert entries(change) == {
        "escrow 01": 3_800,
        "escrow 02": 10_800,
        "claim ": 2_500,
        "chargeback ": -17_100,
    }
    assert trade.row("PAY#01").refund_reserved_minor == 17_100 + 2_500


def test_a_success_of_a_refund_that_a_bank_has_covered_is_money_gone_twice():
    trade = an_order_with_a_refund()
    late = trade.refund_notice("succeeded")
    told(trade, "opened", "withdrawn", "lost")

    change = trade.hear_refund(late)

    assert (change.event, trade.state("REFUND#01")) == (Event.REFUND_FOUND, "covered")
    assert entries(change) == {"claim ": 2_500, "clearing:sandbox": -2_500}


@pytest.mark.parametrize("arrival", list(permutations(["opened", "withdrawn", "lost"])), ids=str)
def test_opening_taking_and_losing_may_be_told_in_any_order(arrival):
    trade = a_split_order()

    for kind in arrival:
        trade.world.offer(decide_dispute(trade.whole, trade.dispute(kind, 10_000), now=trade.now))

    dispute = trade.row("DISPUTE#01")
    assert (dispute.state, dispute.taken_minor, dispute.borne_minor) == ("lost", 10_000, 10_000)
    assert [s.kept_minor for s in trade.whole.sub_orders] == [2_616, 4_484]
    assert trade.world.held("clearing:sandbox") == 7_100
    assert trade.world.held(f"chargeback:{ORDER_ID}") == 0


@pytest.mark.parametrize("arrival", list(permutations(["opened", "withdrawn", "reinstated", "won"])), ids=str)
def test_opening_taking_giving_back_and_winning_may_be_told_in_any_order(arrival):
    trade = a_split_order()

    for kind in arrival:
        trade.world.offer(decide_dispute(trade.whole, trade.dispute(kind), now=trade.now))

    assert (trade.state("DISPUTE#01"), trade.whole.order.refund_reserved_minor) == ("won", 0)
    assert (trade.world.held("clearing:sandbox"), trade.row("PAY#01").refund_reserved_minor) == (17_100, 0)
    assert trade.world.held(f"chargeback:{ORDER_ID}") == 0


@pytest.mark.parametrize("kind", ["opened", "withdrawn", "reinstated", "won", "lost", "warned"])
def test_what_is_told_a_hundred_times_is_booked_once(kind):
    trade = a_split_order()
    shop, fact = MemoryShop(trade.world), trade.dispute(kind)

    outcomes = [
        record_dispute(shop, fact._replace(event_id=f"evt_{n}"), now=trade.now) for n in range(1, 100)
    ]

    assert sum(o.change is not None and not o.is_repeat for o in outcomes) == 1


def test_a_verdict_stands():
    for first, second in (("won", "lost"), ("lost", "won")):
        trade = a_split_order()
        told(trade, "opened", first)
        assert decide_dispute(trade.whole, trade.dispute(second), now=trade.now) is None


def test_two_disputes_about_one_payment_are_two():
    trade = a_split_order()
    told(trade, "opened", "withdrawn", "won", amount=6_300)
    told(trade, "opened", "withdrawn", "lost", amount=10_800, dispute_id="dp_2")

    assert [d.state for d in trade.whole.disputes] == ["won", "lost"]
    assert trade.world.held(f"chargeback:{ORDER_ID}") == 6_300


def test_an_order_is_frozen_until_its_last_dispute_has_ended():
    trade = a_split_order()
    told(trade, "opened", amount=6_300)
    told(trade, "opened", amount=6_300, dispute_id="dp_2")
    told(trade, "won", amount=6_300)

    with pytest.raises(PaymentDisputed):
        trade.cancel()

    told(trade, "won", amount=6_300, dispute_id="dp_2")
    assert trade.cancel().event is Event.GOODS_CANCELLED


def test_a_dispute_is_told_again_while_its_payment_has_not_been_told():
    trade = an_order_being_paid()
    with pytest.raises(UnknownReference):
        decide_dispute(trade.whole, trade.dispute("opened"), now=trade.now)

    assert trade.whole.disputes == ()


def test_a_dispute_about_money_that_came_too_late_covers_its_way_back():
    trade = a_cancelled_order()
    trade.pay(1)

    *_, change = told(trade, "opened", "withdrawn", "lost")

    assert trade.state("REFUND#01") == "covered"
    assert entries(change) == {"refund R01": 17_100, "chargeback ": -17_100}


def test_a_dispute_in_another_currency_freezes_and_takes_nothing_of_ours():
    trade = a_split_order()
    dollars = {"money": Money(2_400, "USD")}

    told(trade, "opened", **dollars)
    assert trade.whole.is_disputed
    *_, change = told(trade, "withdrawn", "lost", **dollars)

    assert (change.voucher.currency, entries(change)) == ("USD", {"claim ": 2_400, "chargeback ": -2_400})
    assert [s.kept_minor for s in trade.whole.sub_orders] == [6_300, 10_800]
    assert trade.row("PAY#01").refund_reserved_minor == 0


def test_a_warning_about_money_that_never_came_says_nothing():
    trade = a_cancelled_order()

    assert decide_dispute(trade.whole, trade.dispute("warned"), now=trade.now) is None


def test_a_second_payment_is_sent_back_even_when_a_bank_took_more_than_there_was():
    # Refunded 25.00, then all of it was charged back: 25.00 below nothing. New money is promised back all the same.
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    told(trade, "opened", "withdrawn", "lost")

    change = trade.pay(1)

    assert change.event is Event.PAYMENT_UNCLAIMED
    assert entries(change) == {"clearing:sandbox": 17_100, "refund R02": -17_100}


def test_what_a_lost_dispute_took_is_not_left_for_a_refund_that_is_tried_again():
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    told(trade, "opened", "withdrawn", "lost", amount=14_600)
    trade.refund_says("failed")  # The payer's bank sent it back,
    trade.hear_refund(trade.found_refund(1_000))  # and 10.00 of it went by hand.
    before = trade.whole

    with pytest.raises(RefundTooLarge) as refused:
        ask_by_operator(retry_refund, trade)

    assert refused.value.details == {"refundable": 1_500}
    assert trade.whole is before
