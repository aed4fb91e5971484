import pytest

from shared.changes import Draft
from shared.errors import Forbidden, NotFound, TransitionRefused, Unavailable, UnknownReference
from shared.lifecycle import Event
from shared.model import RefundPart
from shared.money import Money
from shared.payment.refunds import decide_refund, record_refund, retry_refund, submit_refund
from shared.payment.requests import request_refund
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
from tests.provider import Provider

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


@pytest.mark.parametrize(
    "fields",
    [
        {"provider_refund_id": f"{ORDER_ID}R02"},
        {"money": Money(2_501, "CNY")},
        {"money": Money(2_500, "USD")},
    ],
)
def test_a_number_or_an_amount_we_do_not_know_is_to_be_told_again(fields):
    trade = an_order_with_a_refund()
    with pytest.raises(UnknownReference):
        decide_refund(trade.whole, trade.refund_notice("succeeded", **fields), now=trade.now)

    assert trade.state("REFUND#01") == "requested"


def test_an_order_we_do_not_know_is_not_there():
    trade = an_order_with_a_refund()
    notice = trade.refund_notice("succeeded", provider_refund_id="01MCC5RM000000000000000000R01")
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


def test_a_success_under_the_old_number_is_money_gone_twice_and_is_not_believed_in_silence():
    trade = an_order_with_a_refund()
    old = trade.refund_notice("succeeded")
    trade.refund_says("failed")
    retried(trade)

    with pytest.raises(UnknownReference):
        decide_refund(trade.whole, old, now=trade.now)


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


@pytest.mark.parametrize(
    ("answer", "state"), [("succeeded", "succeeded"), ("pending", "submitted"), ("failed", "needs_action")]
)
def test_the_effect_asks_the_provider_under_our_number_and_notes_its_answer(answer, state):
    trade = an_order_with_a_refund()
    shop, provider = MemoryShop(trade.world), Provider({"status": answer})
    shop.outside = provider

    submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert trade.state("REFUND#01") == state
    assert provider.asked == [
        (
            "http://sandbox.invalid/refunds",
            {
                "refund_id": R01,
                "reference": f"{ORDER_ID}01",
                "transaction_id": "tx_1",
                "amount": {"amount": 2_500, "currency": "CNY"},
            },
        )
    ]


def test_the_effect_repeated_asks_under_the_same_number_until_it_is_over():
    trade = an_order_with_a_refund()
    shop, provider = MemoryShop(trade.world), Provider({"status": "pending"}, {"status": "succeeded"})
    shop.outside = provider
    for _ in range(4):
        submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert [body["refund_id"] for _, body in provider.asked] == [R01, R01]
    assert trade.state("REFUND#01") == "succeeded"


def test_an_answer_that_is_not_understood_is_no_answer():
    trade = an_order_with_a_refund()
    shop = MemoryShop(trade.world)
    for answer in ({"status": "maybe"}, {}, {"status": ["succeeded"]}):
        shop.outside = Provider(answer)
        with pytest.raises(Unavailable):
            submit_refund(shop, ORDER_ID, "REFUND#01", trade.now)

    assert trade.state("REFUND#01") == "requested"


@pytest.mark.parametrize("subject", ["REFUND#02", "PAY#01", "ORDER"])
def test_an_effect_about_nothing_does_nothing(subject):
    trade = an_order_with_a_refund()
    shop, provider = MemoryShop(trade.world), Provider()
    shop.outside = provider

    submit_refund(shop, ORDER_ID, subject, trade.now)

    assert provider.asked == []


def test_parallel_refunds_never_promise_more_than_was_paid():
    trade = a_split_order()
    trade.cancel({1: 3})
    with pytest.raises(Exception, match="fewer units are left"):
        trade.cancel({1: 1})

    trade.cancel({2: 1, 3: 2})

    assert trade.whole.order.refund_reserved_minor == 17_100
    assert [refund.amount_minor for refund in trade.whole.refunds] == [3_000, 14_100]


@pytest.mark.parametrize(("amount", "is_too_much"), [(2_500, False), (14_601, True), (17_101, True)])
def test_what_exceeds_the_captured_money_is_never_promised(amount, is_too_much):
    whole = an_order_with_a_refund().whole  # 25.00 of 171.00 are promised: 146.00 are left.
    draft = Draft(whole, event=Event.GOODS_CANCELLED, caller=BUYER, now=0)

    def promise():
        part = (RefundPart(1, amount, 0),)
        return request_refund(
            draft, whole.payments[0], amount_minor=amount, reason="other", now=0, parts=part
        )

    if is_too_much:
        with pytest.raises(AssertionError, match="more back than was paid"):
            promise()
        assert len(draft.whole.refunds) == 1
    else:
        assert promise().number == 2


def test_late_money_goes_back_without_touching_what_the_order_may_refund():
    trade = a_cancelled_order()
    trade.pay(1)

    trade.refund_says("succeeded")

    assert (trade.whole.order.captured_minor, trade.whole.order.refund_reserved_minor) == (0, 0)
    assert trade.row("REFUND#01").parts == ()
