"""Money on its way back: what the provider may say of it, in any order, and what people and effects may do."""

import pytest

from shared.changes import Draft
from shared.errors import Forbidden, NotFound, TransitionRefused, Unavailable, UnknownReference
from shared.lifecycle import Event
from shared.model import RefundPart
from shared.money import Money
from shared.payment.refunds import decide_refund, record_refund, retry_refund, submit_refund
from shared.payment.requests import RefundTooLarge, request_refund
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    TEA_MERCHANT,
    a_cancelled_order,
    a_request,
    a_split_order,
    an_order_with_a_refund,
)
from tests.memory import MemoryShop
from tests.provider import refunded
from tests.storybook import entries

R01 = f"{ORDER_ID}R01"


def retried(trade, *, caller=OPERATOR, refund_id=R01, key="r-1", shop=None):
    shop = shop or MemoryShop(trade.world)
    request = a_request(key, caller)
    return retry_refund(shop, ORDER_ID, refund_id, caller=caller, now=trade.now, request=request)


def hear(trade, outcome):
    notice = trade.refund_notice(outcome)
    return decide_refund(trade.whole, notice, now=trade.now)


@pytest.mark.parametrize(
    ("told", "then", "is_news"),
    [
        ([], "pending", True),
        (["pending"], "pending", False),
        (["succeeded"], "pending", False),
        (["failed"], "pending", False),
        (["succeeded"], "succeeded", False),
        (["failed"], "failed", False),
        (["failed"], "succeeded", True),
        (["pending", "failed"], "succeeded", True),
        (["succeeded"], "failed", True),
        (["succeeded", "failed"], "failed", False),
        (["pending", "succeeded"], "failed", True),
    ],
)
def test_an_old_message_says_nothing_new(told, then, is_news):
    trade = an_order_with_a_refund()
    for outcome in told:
        trade.refund_says(outcome)

    assert (hear(trade, then) is not None) == is_news


def test_the_same_refund_notice_is_booked_once():
    trade = an_order_with_a_refund()
    shop, notice = MemoryShop(trade.world), trade.refund_notice("succeeded")

    outcomes = [record_refund(shop, notice, now=trade.now) for _ in range(5)]

    assert [outcome.change is not None for outcome in outcomes] == [True, False, False, False, False]
    assert trade.world.held("clearing:sandbox") == 17_100 - 2_500


def test_an_old_success_does_not_undo_that_the_money_came_back():
    trade = an_order_with_a_refund()
    shop, success = MemoryShop(trade.world), trade.refund_notice("succeeded")
    record_refund(shop, success, now=trade.now)
    trade.refund_says("failed")  # The payer's bank sent it back.

    again = record_refund(shop, success, now=trade.now)

    assert again.is_repeat
    assert trade.state("REFUND#01") == "needs_action"


def test_a_success_we_knew_does_not_undo_that_the_money_came_back_when_its_webhook_is_late():
    trade = an_order_with_a_refund()
    shop, posted = MemoryShop(trade.world), trade.refund_notice("succeeded")
    record_refund(shop, posted._replace(event_id=""), now=trade.now)  # The answer to our own question.
    trade.refund_says("failed")  # The payer's bank sent it back.

    record_refund(shop, posted, now=trade.now)

    assert trade.state("REFUND#01") == "needs_action"


def test_a_currency_that_the_payment_does_not_have_is_to_be_told_again():
    trade = an_order_with_a_refund()
    with pytest.raises(UnknownReference):
        decide_refund(trade.whole, trade.refund_notice("succeeded", money=Money(2_500, "USD")), now=trade.now)

    assert trade.state("REFUND#01") == "requested"


def test_another_amount_than_we_asked_for_is_booked_and_waits_for_people():
    trade = an_order_with_a_refund()

    change = trade.hear_refund(trade.refund_notice("succeeded", money=Money(2_501, "CNY")))

    assert change.event is Event.REFUND_QUARANTINED
    assert entries(change) == {"quarantine ": 2_501, "clearing:sandbox": -2_501}
    assert (trade.state("REFUND#01"), trade.row("PAY#01").refund_reserved_minor) == ("needs_action", 2_501)


def test_an_order_we_do_not_know_is_not_there():
    trade = an_order_with_a_refund()
    notice = trade.refund_notice("succeeded")._replace(number="01MCC5RM000000000000000000R01")
    with pytest.raises(NotFound):
        record_refund(MemoryShop(trade.world), notice, now=trade.now)


def test_a_retry_goes_under_a_new_number_and_then_succeeds():
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    retried(trade)

    trade.refund_says("succeeded")

    assert trade.row("REFUND#01").provider_refund_id == f"{R01}x2"
    assert (trade.state("REFUND#01"), trade.world.held(f"refund:{R01}")) == ("succeeded", 0)


@pytest.mark.parametrize("outcome", ["failed", "pending"])
def test_what_was_said_of_the_old_number_says_nothing_of_the_new_one(outcome):
    trade = an_order_with_a_refund()
    old = trade.refund_notice(outcome)
    trade.refund_says("failed")
    retried(trade)

    assert decide_refund(trade.whole, old, now=trade.now) is None


def test_a_success_under_the_old_number_settles_the_refund_that_was_tried_again():
    trade = an_order_with_a_refund()
    old = trade.refund_notice("succeeded")
    trade.refund_says("failed")
    retried(trade)

    change = trade.hear_refund(old)

    assert change.event is Event.REFUND_SUCCEEDED  # This is the money; it must not be sent a second time.
    assert (trade.row("REFUND#01").found, len(trade.whole.refunds)) == (R01, 1)
    assert entries(change) == {"refund R01": 2_500, "clearing:sandbox": -2_500}


def test_if_it_is_sent_a_second_time_that_is_booked_besides():
    trade = an_order_with_a_refund()
    first = trade.refund_notice("succeeded")
    trade.refund_says("failed")
    retried(trade)
    second = trade.refund_notice("succeeded")
    trade.hear_refund(first)

    change = trade.hear_refund(second)

    assert (change.event, second.number) == (Event.REFUND_FOUND, f"{R01}x2")
    assert entries(change) == {"escrow 01": 651, "escrow 02": 1_849, "clearing:sandbox": -2_500}


def test_only_what_was_refused_is_tried_again():
    for told in ([], ["pending"], ["succeeded"]):
        trade = an_order_with_a_refund()
        for outcome in told:
            trade.refund_says(outcome)
        with pytest.raises(TransitionRefused):
            retried(trade)


@pytest.mark.parametrize("caller", [BUYER, TEA_MERCHANT])
def test_only_operators_try_again(caller):
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    with pytest.raises(Forbidden):
        retried(trade, caller=caller)

    assert trade.state("REFUND#01") == "needs_action"


def test_a_refund_that_does_not_exist_is_not_found():
    with pytest.raises(NotFound):
        retried(an_order_with_a_refund(), refund_id=f"{ORDER_ID}R02")


def test_a_retry_happens_once_per_key():
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    shop = MemoryShop(trade.world)

    first, again = retried(trade, shop=shop), retried(trade, shop=shop)

    assert (first.is_repeat, again.is_repeat, trade.row("REFUND#01").round) == (False, True, 2)


def submitted(trade, question="refund", *answers):
    """Run the effect against a provider with these answers. Returns what it was asked, and under which numbers."""
    shop = MemoryShop(trade.world)
    shop.sandbox.answers[question] = list(answers)
    try:
        submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)
    finally:
        asked = shop.sandbox.asked
    return asked


@pytest.mark.parametrize(
    ("answer", "state"), [("succeeded", "succeeded"), ("pending", "submitted"), ("failed", "needs_action")]
)
def test_the_effect_asks_the_provider_under_our_number_and_notes_its_answer(answer, state):
    trade = an_order_with_a_refund()

    asked = submitted(trade, "refund", refunded(answer))

    assert (asked, trade.state("REFUND#01")) == ([("refund", R01)], state)


def test_the_effect_repeated_asks_how_it_went_under_the_same_number_until_it_is_over():
    trade = an_order_with_a_refund()
    shop = MemoryShop(trade.world)
    shop.sandbox.answers |= {
        "refund": [refunded("pending")],
        "query_refund": [refunded("pending"), refunded("succeeded")],
    }

    for _ in range(4):
        submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert shop.sandbox.asked == [("refund", R01), ("query_refund", R01), ("query_refund", R01)]
    assert trade.state("REFUND#01") == "succeeded"


def test_a_refund_that_the_provider_took_on_and_has_never_heard_of_is_asked_for_again():
    trade = an_order_with_a_refund()
    shop = MemoryShop(trade.world)
    shop.sandbox.answers |= {"refund": [refunded("pending"), refunded("succeeded")], "query_refund": [None]}

    for _ in range(2):
        submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert shop.sandbox.asked == [("refund", R01), ("query_refund", R01), ("refund", R01)]
    assert trade.state("REFUND#01") == "succeeded"


def test_no_answer_is_no_answer_and_leaves_the_refund_as_it_is():
    trade = an_order_with_a_refund()
    before = trade.whole
    with pytest.raises(Unavailable):
        submitted(trade, "refund", Unavailable("the provider did not answer"))

    assert trade.whole is before


@pytest.mark.parametrize("subject", ["REFUND#02", "PAY#01", "ORDER"])
def test_an_effect_about_nothing_does_nothing(subject):
    trade = an_order_with_a_refund()
    shop = MemoryShop(trade.world)

    submit_refund(shop, ORDER_ID, subject, trade.now)

    assert shop.sandbox.asked == []


def test_parallel_refunds_never_promise_more_than_was_paid():
    trade = a_split_order()
    trade.cancel({1: 3})
    with pytest.raises(Exception, match="fewer units are left"):
        trade.cancel({1: 1})

    trade.cancel({2: 1, 3: 2})

    assert trade.whole.order.refund_reserved_minor == 17_100
    assert [refund.amount_minor for refund in trade.whole.refunds] == [3_000, 14_100]


@pytest.mark.parametrize(("amount", "is_too_much"), [(2_500, False), (14_600, False), (14_601, True)])
def test_what_exceeds_the_captured_money_is_never_promised_as_a_favour(amount, is_too_much):
    whole = an_order_with_a_refund().whole  # 25.00 of 171.00 are promised: 146.00 are left.
    draft = Draft(whole, event=Event.GOODS_CANCELLED, caller=BUYER, now=0)

    def promise():
        part = (RefundPart(1, amount, 0),)
        return request_refund(
            draft,
            whole.payments[0],
            amount_minor=amount,
            reason="other",
            now=0,
            parts=part,
            is_owed=False,
        )

    if is_too_much:
        with pytest.raises(RefundTooLarge) as refused:
            promise()
        assert (refused.value.status, refused.value.details) == (422, {"refundable": 14_600})
        assert len(draft.whole.refunds) == 1
        assert draft.whole.payments[0].refund_reserved_minor == 2_500
    else:
        assert promise().number == 2
        assert draft.whole.payments[0].refund_reserved_minor == 2_500 + amount


def test_late_money_goes_back_without_touching_what_the_order_may_refund():
    trade = a_cancelled_order()
    trade.pay(1)

    trade.refund_says("succeeded")

    assert (trade.whole.order.captured_minor, trade.whole.order.refund_reserved_minor) == (0, 0)
    assert trade.row("REFUND#01").parts == ()


@pytest.mark.parametrize(("seconds", "is_news"), [(-1, False), (0, True), (1, True), (None, True)])
def test_a_failure_from_before_the_success_is_an_old_message_and_one_from_after_it_a_bounce(seconds, is_news):
    trade = an_order_with_a_refund().after(600)
    done_at = trade.now - 300
    trade.hear_refund(trade.refund_notice("succeeded", occurred_at=done_at))
    occurred_at = None if seconds is None else done_at + seconds

    failed = trade.refund_notice("failed", occurred_at=occurred_at)

    assert trade.row("REFUND#01").finished_at == done_at
    assert (decide_refund(trade.whole, failed, now=trade.now) is not None) is is_news


def test_what_the_provider_dates_in_the_future_is_done_now():
    trade = an_order_with_a_refund()

    trade.hear_refund(trade.refund_notice("succeeded", occurred_at=trade.now + 3_600))

    assert trade.row("REFUND#01").finished_at == trade.now
