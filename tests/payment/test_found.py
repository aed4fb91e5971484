"""Refunds that somebody made at the provider by hand: booked as they are, and never to be given once more."""

import pytest

from shared.errors import UnknownReference
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.facts import RefundOutcome
from shared.payment.refunds import RefundTooLarge, decide_refund
from tests.builders import (
    ORDER_ID,
    a_cancelled_order,
    a_completed_order,
    a_paid_order,
    a_split_order,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.storybook import entries

R01 = f"{ORDER_ID}R01"


def told(trade, fact):
    return decide_refund(trade.whole, fact, now=trade.now)


def test_what_was_refunded_by_hand_is_borne_by_the_parts_and_is_not_refunded_again():
    trade = a_split_order()

    trade.hear_refund(trade.found_refund(15_000))

    assert [s.kept_minor for s in trade.whole.sub_orders] == [774, 1_326]
    with pytest.raises(RefundTooLarge) as refused:
        trade.give(2_101)
    assert refused.value.details == {"refundable": 2_100}
    change = trade.cancel()
    assert (entries(change)["refund R01" if "refund R01" in entries(change) else "refund R02"]) == -2_100
    assert trade.row("PAY#01").refund_reserved_minor == 17_100


def test_more_by_hand_than_is_kept_is_a_claim_that_nobody_bears():
    trade = an_order_with_a_refund()

    change = trade.hear_refund(trade.found_refund(17_100))

    assert entries(change) == {
        "escrow 01": 3_800,
        "escrow 02": 10_800,
        "claim ": 2_500,
        "clearing:sandbox": -17_100,
    }
    assert trade.whole.order.refund_reserved_minor == 17_100


def test_after_its_settlement_the_merchant_owes_what_was_refunded_by_hand():
    trade = a_completed_order()
    trade.ring("SETTLE#01")

    change = trade.hear_refund(trade.found_refund(12_000))

    # What is still held goes first: all of 108.00, and then 12.00 of what was paid out.
    assert entries(change) == {"escrow 02": 10_800, "claim 01": 1_200, "clearing:sandbox": -12_000}
    assert trade.row("SETTLE#02").amount_minor == 0


@pytest.mark.parametrize("told_again", [{}, {"event_id": ""}, {"event_id": "evt_other"}])
def test_the_same_refund_told_again_is_booked_once(told_again):
    trade = a_split_order()
    fact = trade.found_refund(1_000)
    trade.hear_refund(fact)

    assert trade.world.offer(told(trade, fact._replace(**told_again))) is None
    assert len(trade.whole.refunds) == 1


def test_what_was_not_done_under_a_number_we_do_not_know_is_none_of_our_business():
    trade = a_split_order()

    assert told(trade, trade.found_refund(1_000, outcome=RefundOutcome.PENDING)) is None
    assert told(trade, trade.found_refund(0)) is None


def test_what_failed_under_a_number_we_do_not_know_is_told_again_for_it_may_have_gone_before():
    trade = a_split_order()

    with pytest.raises(UnknownReference):
        told(trade, trade.found_refund(1_000, outcome=RefundOutcome.FAILED))
    assert trade.whole.refunds == ()


def test_it_is_told_again_when_its_payment_has_not_been_told_yet():
    for world in (an_order_being_paid, a_cancelled_order):
        trade = world()
        with pytest.raises(UnknownReference):
            told(trade, trade.found_refund(1_000))
        assert trade.whole.refunds == ()


def test_one_of_exactly_the_amount_that_waits_for_people_is_what_they_did():
    trade = an_order_with_a_refund()
    trade.refund_says("failed")

    change = trade.hear_refund(trade.found_refund(2_500))

    assert change.event is Event.REFUND_SUCCEEDED
    assert entries(change) == {"refund R01": 2_500, "clearing:sandbox": -2_500}
    refund = trade.row("REFUND#01")
    assert (refund.state, refund.found, refund.failure) == ("succeeded", "by_hand_1", None)
    assert trade.row("PAY#01").refund_reserved_minor == 2_500


def test_what_people_settled_by_hand_is_not_undone_by_the_old_refusal_told_again():
    trade = an_order_with_a_refund()
    refusal = trade.refund_notice("failed")
    trade.hear_refund(refusal)
    trade.hear_refund(trade.found_refund(2_500))

    assert told(trade, refusal._replace(event_id="evt_other")) is None

    assert trade.world.held("clearing:sandbox") == 17_100 - 2_500


def test_what_people_settled_by_hand_and_the_provider_did_after_all_went_twice():
    trade = an_order_with_a_refund()
    late = trade.refund_notice("succeeded")
    trade.refund_says("failed")
    trade.hear_refund(trade.found_refund(2_500))

    change = trade.hear_refund(late)

    assert (change.event, trade.row("REFUND#02").found) == (Event.REFUND_FOUND, R01)
    assert trade.world.held("clearing:sandbox") == 17_100 - 5_000


def test_a_refund_by_hand_that_the_payers_bank_sends_back_is_owed_and_can_be_tried_by_us():
    trade = a_split_order()
    fact = trade.found_refund(1_000)
    trade.hear_refund(fact)

    change = trade.hear_refund(fact._replace(outcome=RefundOutcome.FAILED, event_id="evt_bounce"))

    assert entries(change) == {"refund R01": -1_000, "clearing:sandbox": 1_000}
    refund = trade.row("REFUND#01")
    assert (refund.state, refund.provider_refund_id) == ("needs_action", "by_hand_1")


def test_money_that_was_held_in_part_and_refunded_by_hand_is_held_no_more():
    trade = an_order_being_paid()
    trade.tell("part", 6_000)

    change = trade.hear_refund(trade.found_refund(4_000))

    assert entries(change) == {"held 01": 4_000, "clearing:sandbox": -4_000}
    assert trade.row("PAY#01").held_minor == 2_000


def test_money_for_a_dead_order_that_people_send_back_by_hand_before_us_is_not_borne_by_anybody():
    trade = a_cancelled_order()
    trade.pay(1)
    trade.hear_refund(trade.found_refund(17_100))

    change = trade.refund_says("failed")  # The provider has nothing left to send.

    assert trade.state("REFUND#01") == "covered"
    assert entries(change) == {"refund R01": 17_100, "claim ": -17_100}
    assert trade.world.held("clearing:sandbox") == 0


def test_dollars_that_are_kept_for_people_and_that_they_send_back_are_kept_no_more():
    trade = an_order_being_paid()
    trade.pay(1, money=Money(17_100, "USD"), transaction_id="tx_usd")

    change = trade.hear_refund(trade.found_refund(17_100, money=Money(17_100, "USD")))

    assert change.voucher.currency == "USD"
    assert entries(change) == {"quarantine ": 17_100, "clearing:sandbox": -17_100}
    assert trade.row("PAY#01").quarantined == ()


def test_money_in_a_currency_that_never_came_in_is_told_again_until_people_have_it():
    trade = a_paid_order()

    with pytest.raises(UnknownReference):
        told(trade, trade.found_refund(17_100, money=Money(17_100, "USD")))


def test_a_refund_that_names_only_its_transaction_finds_its_payment_and_no_other():
    trade = a_paid_order()
    by_transaction = trade.found_refund(1_000, reference="", transaction_id="tx_1")

    assert decide_refund(trade.whole, by_transaction, now=trade.now).event is Event.REFUND_FOUND
    for unknown in ("tx_2", ""):
        with pytest.raises(UnknownReference):
            told(trade, by_transaction._replace(transaction_id=unknown))
