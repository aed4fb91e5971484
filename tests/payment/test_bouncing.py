"""Money that went back by hand, in part nobody's, and that the payer's bank sent back: who is owed how much of it?

Our books and the provider's agree to the fen, in whichever order its messages come.
"""

from itertools import permutations

import pytest

from shared.errors import NotFound, TransitionRefused, UnknownReference
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.facts import RefundOutcome
from shared.payment.inbox import receive, try_again
from shared.payment.port import Told
from shared.payment.refunds import decide_refund, pay_otherwise, retry_refund
from tests.builders import (
    OPERATOR,
    ORDER_ID,
    a_request,
    a_split_order,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.memory import MemoryShop
from tests.storybook import entries

DAY = 86_400
R01, R02 = f"{ORDER_ID}R01", f"{ORDER_ID}R02"
PARTS_OF_IT, CLAIMED = 14_600, 2_500  # Of 171.00 sent by hand, 25.00 had been promised before.


def told(trade, fact):
    return trade.world.offer(decide_refund(trade.whole, fact, now=trade.now))


def retried(trade, refund_id):
    request = a_request(f"again-{trade.new_number()}", OPERATOR)
    known = {"caller": OPERATOR, "now": trade.now, "request": request}
    return retry_refund(MemoryShop(trade.world), ORDER_ID, refund_id, **known).change


def partly_found():
    """25.00 are promised, and the provider's people send all of 171.00 by hand. (trade, its fact)"""
    trade = an_order_with_a_refund()
    fact = trade.found_refund(17_100, occurred_at=100)
    trade.hear_refund(fact)
    return trade, fact


def failed(trade, fact, at):
    return fact._replace(outcome=RefundOutcome.FAILED, event_id=f"evt_{trade.new_number()}", occurred_at=at)


def standing(trade):
    """(what the provider holds for us, what is owed, what nobody bears, what was taken of the payment)"""
    owed = sum(trade.world.held(f"refund:{refund.refund_id}") for refund in trade.whole.refunds)
    claim = trade.world.held(f"claim:{ORDER_ID}")
    return trade.world.held("clearing:sandbox"), -owed, claim, trade.row("PAY#01").refund_reserved_minor


# --- one that bore only part of its amount ---


def test_of_one_partly_found_that_comes_back_only_what_the_order_bore_is_owed():
    trade, fact = partly_found()
    assert standing(trade) == (0, CLAIMED, CLAIMED, 19_600)

    change = told(trade, failed(trade, fact, 200))

    assert entries(change) == {"clearing:sandbox": 17_100, "refund R02": -PARTS_OF_IT, "claim ": -CLAIMED}
    refund = trade.row("REFUND#02")
    assert (refund.state, refund.amount_minor, refund.rest_minor) == ("needs_action", PARTS_OF_IT, 0)
    assert standing(trade) == (17_100, 17_100, 0, 2_500)


def test_a_second_try_of_one_partly_found_asks_for_no_more_than_is_not_yet_back():
    trade, fact = partly_found()
    told(trade, failed(trade, fact, 200))

    change = retried(trade, R02)

    refund = trade.row("REFUND#02")
    assert (refund.state, refund.amount_minor) == ("requested", PARTS_OF_IT)
    assert refund.numbers_used == ("by_hand_1", R02, f"{R02}x2")
    assert (entries(change), standing(trade)) == ({}, (17_100, 17_100, 0, 17_100))


def test_the_bank_transfer_of_one_partly_found_is_of_no_more_either():
    trade, fact = partly_found()
    told(trade, failed(trade, fact, 200))
    request = a_request("by-bank", OPERATOR)
    known = {"caller": OPERATOR, "now": trade.now, "request": request}

    change = pay_otherwise(MemoryShop(trade.world), ORDER_ID, R02, transfer="TT-1", **known).change

    assert entries(change) == {"refund R02": PARTS_OF_IT, "bank": -PARTS_OF_IT}


def test_of_what_came_in_part_and_went_by_hand_with_more_only_that_part_is_owed():
    trade = an_order_being_paid()
    trade.tell("part", 6_000)
    fact = trade.found_refund(7_000, occurred_at=100)
    trade.hear_refund(fact)

    change = told(trade, failed(trade, fact, 200))

    assert entries(change) == {"clearing:sandbox": 7_000, "refund R01": -6_000, "claim ": -1_000}
    assert (trade.row("REFUND#01").amount_minor, trade.row("REFUND#01").state) == (6_000, "needs_action")


def test_one_that_nobody_bore_is_owed_to_nobody_and_cannot_be_tried_again():
    trade, _ = partly_found()
    second = trade.found_refund(300, "by_hand_2", occurred_at=100)
    trade.hear_refund(second)

    change = told(trade, failed(trade, second, 200))

    assert entries(change) == {"clearing:sandbox": 300, "claim ": -300}
    assert (trade.state("REFUND#03"), trade.row("REFUND#03").rest_minor) == ("failed", 0)
    with pytest.raises(TransitionRefused):
        retried(trade, f"{ORDER_ID}R03")


def test_one_that_covers_a_refund_of_ours_and_comes_back_is_owed_whole():
    # It bore nothing any more, and was no claim: it was what we owed.
    trade = an_order_with_a_refund()
    fact = trade.found_refund(2_500, occurred_at=100)
    trade.hear_refund(fact)
    trade.refund_says("failed", 1)
    assert trade.state("REFUND#01") == "covered"

    told(trade, failed(trade, fact, 200))

    assert (trade.state("REFUND#02"), trade.row("REFUND#02").amount_minor) == ("needs_action", 2_500)
    assert standing(trade) == (17_100, 2_500, 0, 0)


# --- in every order ---


def heard_in_this_order(trade, facts):
    """What is refused as unknown is told again when the others have been."""
    waiting = list(facts)
    for _ in range(len(waiting)):
        refused = []
        for fact in waiting:
            try:
                told(trade, fact)
            except UnknownReference:
                refused.append(fact)
        waiting = refused
    assert waiting == []


def first_messages(trade):
    """171.00 by hand; ours is refused, for nothing is left; the bank sends the 171.00 back."""
    by_hand = trade.found_refund(17_100, occurred_at=100)
    refused = trade.refund_notice("failed", 1, failure="amount_refused", occurred_at=150)
    return by_hand, refused, failed(trade, by_hand, 200)


def again(trade, fact):
    return fact._replace(event_id=f"evt_{trade.new_number()}")


@pytest.mark.parametrize("order", permutations(range(3)), ids=str)
def test_what_is_owed_after_it_came_back_depends_on_what_was_told_and_not_on_when(order):
    trade = an_order_with_a_refund()
    facts = first_messages(trade)

    heard_in_this_order(trade, [facts[number] for number in order])

    assert [(r.state, r.amount_minor) for r in trade.whole.refunds] == [
        ("needs_action", CLAIMED),
        ("needs_action", PARTS_OF_IT),
    ]
    assert standing(trade) == (17_100, 17_100, 0, 0)


def both_begun_again():
    trade = an_order_with_a_refund()
    facts = first_messages(trade)
    heard_in_this_order(trade, facts)
    for refund_id in (R02, R01):
        retried(trade, refund_id)
    return trade, facts


@pytest.mark.parametrize("order", permutations(range(5)), ids=lambda order: "".join(map(str, order)))
def test_begun_again_both_go_once_whatever_comes_late(order):
    trade, (by_hand, refused, bounced) = both_begun_again()
    sent = [trade.refund_notice("succeeded", number, occurred_at=300) for number in (1, 2)]
    facts = [*sent, *(again(trade, late) for late in (by_hand, refused, bounced))]

    heard_in_this_order(trade, [facts[number] for number in order])

    assert [refund.state for refund in trade.whole.refunds] == ["succeeded", "succeeded"]
    assert standing(trade) == (0, 0, 0, 17_100)


@pytest.mark.parametrize("order", permutations(range(5)), ids=lambda order: "".join(map(str, order)))
def test_begun_again_and_found_once_more_nobody_is_paid_twice(order):
    # While we ask for the 146.00, the provider's people send them by hand; ours then fails.
    trade, (by_hand, _, bounced) = both_begun_again()
    facts = [
        trade.refund_notice("succeeded", 1, occurred_at=300),
        trade.found_refund(PARTS_OF_IT, "by_hand_2", occurred_at=310),
        trade.refund_notice("failed", 2, failure="amount_refused", occurred_at=320),
        again(trade, by_hand),
        again(trade, bounced),
    ]

    heard_in_this_order(trade, [facts[number] for number in order])

    assert {refund.state for refund in trade.whole.refunds} <= {"succeeded", "covered"}
    assert standing(trade) == (0, 0, 0, 17_100)


# --- a success that is told after the failure that followed it ---


def test_a_success_from_before_the_failure_told_late_does_not_undo_it():
    trade = an_order_with_a_refund()
    sent = trade.refund_notice("succeeded", occurred_at=100)
    told(trade, trade.refund_notice("failed", occurred_at=200))

    assert told(trade, sent) is None
    assert standing(trade) == (17_100, 2_500, 0, 0)
    retried(trade, R01)
    assert told(trade, again(trade, sent)) is None, "it went under another number"
    assert (trade.state("REFUND#01"), standing(trade)) == ("requested", (17_100, 2_500, 0, 2_500))


@pytest.mark.parametrize("at", [200, 201, None])
def test_a_success_from_after_the_failure_or_from_who_knows_when_stands(at):
    trade = an_order_with_a_refund()
    told(trade, trade.refund_notice("failed", occurred_at=200))

    change = told(trade, trade.refund_notice("succeeded", occurred_at=at))

    assert (change.event, standing(trade)) == (Event.REFUND_SUCCEEDED, (14_600, 0, 0, 2_500))


def test_a_favour_that_had_gone_and_come_back_is_not_taken_for_one_by_hand():
    trade = a_split_order()
    trade.give(1_000)
    sent = trade.refund_notice("succeeded", occurred_at=100)
    told(trade, trade.refund_notice("failed", occurred_at=200))
    assert trade.state("REFUND#01") == "failed"

    assert told(trade, sent) is None

    assert (len(trade.whole.refunds), standing(trade)) == (1, (17_100, 0, 0, 0))


def test_of_no_money_at_all_no_refund_can_have_failed():
    trade = an_order_being_paid()

    assert told(trade, trade.found_refund(1_000, outcome=RefundOutcome.FAILED)) is None


# --- what had been kept for people ---


def kept_and_sent_back(**about):
    trade = an_order_being_paid()
    trade.pay(1, money=Money(17_100, "USD"), transaction_id="tx_usd", **about)
    fact = trade.found_refund(17_100, money=Money(17_100, "USD"), occurred_at=100)
    trade.hear_refund(fact)
    return trade, fact


@pytest.mark.parametrize("is_ours", [True, False])
def test_dollars_that_were_sent_back_to_the_payer_and_came_again_are_kept_again(is_ours):
    trade, fact = kept_and_sent_back(is_our_account=is_ours)

    change = told(trade, failed(trade, fact, 200))

    account = "clearing:sandbox" if is_ours else "elsewhere:sandbox"
    assert (change.voucher.currency, entries(change)) == ("USD", {account: 17_100, "quarantine ": -17_100})
    [kept] = trade.row("PAY#01").quarantined
    assert (kept.transaction_id, kept.is_our_account) == ("tx_usd", is_ours)
    assert (trade.state("REFUND#01"), trade.row("PAY#01").refund_reserved_minor) == ("failed", 0)


def test_dollars_kept_again_can_be_sent_back_again():
    trade, fact = kept_and_sent_back()
    told(trade, failed(trade, fact, 200))

    trade.hear_refund(trade.found_refund(17_100, "by_hand_2", money=Money(17_100, "USD")))

    assert trade.row("PAY#01").quarantined == ()
    assert trade.world.held("clearing:sandbox", "USD") == 0


# --- Alipay's sums ---


def test_a_sum_counts_all_that_went_out_of_one_that_was_owed_for_less_since():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    trade.refund_says("failed")  # 25.00 wait for people, and nothing is under way.
    told(trade, trade.found_refund(17_100, "by_hand", is_total=True))
    number = trade.row("REFUND#02").found
    told(trade, trade.found_refund(17_100, number, outcome=RefundOutcome.FAILED, is_total=True))
    assert (trade.row("REFUND#02").amount_minor, trade.row("REFUND#02").sent_minor) == (PARTS_OF_IT, 17_100)
    retried(trade, R02)
    trade.refund_says("succeeded", 2)

    assert told(trade, trade.found_refund(17_100 + PARTS_OF_IT, "by_hand", is_total=True)) is None
    more = told(trade, trade.found_refund(17_100 + PARTS_OF_IT + CLAIMED, "by_hand_2", is_total=True))
    assert (more.note["amount"], trade.state("REFUND#01")) == (CLAIMED, "succeeded")


def test_a_sum_counts_what_went_out_of_one_that_came_back_and_was_paid_by_bank():
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    trade.refund_says("failed")
    request = a_request("by-bank", OPERATOR)
    known = {"caller": OPERATOR, "now": trade.now, "request": request}
    pay_otherwise(MemoryShop(trade.world), ORDER_ID, R01, transfer="TT-1", **known)

    assert told(trade, trade.found_refund(2_500, "by_hand", is_total=True)) is None


def test_nobody_tries_a_refund_again_that_does_not_exist():
    trade = a_split_order()

    with pytest.raises(NotFound):
        retried(trade, R02)


# --- through the inbox ---


def came_back_and_is_told_first(**fields):
    """(trade, shop, the refund by hand, which is told late)"""
    trade = a_split_order()
    shop, sent = MemoryShop(trade.world), trade.found_refund(1_000, occurred_at=100)
    told_first = failed(trade, sent, 200)._replace(**fields)
    assert receive(shop, [told_first], now=trade.now) is Told.PARKED
    assert receive(shop, [again(trade, told_first)._replace(**fields)], now=trade.now) is Told.PARKED
    assert list(shop.asking.hours) == ["sandbox#refund-failed#by_hand_1"]
    return trade, shop, sent


def tried_again(trade, shop):
    [due] = [due for due in shop.asking.due(trade.now) if due.is_parked]
    return try_again(shop, due, now=trade.now)


@pytest.mark.parametrize("fields", [{}, {"event_id": ""}])
def test_what_came_back_waits_in_the_inbox_until_it_is_told_that_it_went(fields):
    trade, shop, sent = came_back_and_is_told_first(**fields)
    assert receive(shop, [sent], now=trade.now) is Told.APPLIED
    assert standing(trade)[0] == 16_100
    trade.after(60)

    assert tried_again(trade, shop) is Told.APPLIED

    assert (trade.state("REFUND#01"), standing(trade)[0]) == ("needs_action", 17_100)
    assert shop.asking.hours == {}


def test_what_never_went_and_failed_is_forgotten_after_a_day():
    trade, shop, _ = came_back_and_is_told_first()
    trade.after(DAY)

    assert tried_again(trade, shop) is Told.NO_EFFECT

    assert (shop.asking.hours, shop.asking.vouchers, trade.whole.refunds) == ({}, [], ())
