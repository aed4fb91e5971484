"""Closing a payment at WeChat Pay before somebody makes it, and sending back what was paid: no step is assumed."""

from dataclasses import replace

import pytest

from shared.errors import Unavailable
from shared.money import Money
from shared.payment.facts import RefundFact, RefundOutcome
from tests.payment.wechatpay_answers import (
    BROKEN_OFF,
    CLOSE,
    CLOSED,
    NO_REFUND,
    OPEN,
    PAID,
    PAID_FACT,
    PAYING,
    PAYMENT,
    PENDING,
    QUERY,
    REFERENCE,
    REFUND,
    REFUND_NUMBER,
    REFUND_ORDER,
    REFUNDED,
    REFUNDS,
    UNKNOWN,
    refusal,
)
from tests.payment.wechatpay_signer import MCHID, NOW, Wechat, an_adapter

ASK, ACT = ("GET", QUERY, None), ("POST", CLOSE, {"mchid": MCHID})
DONE = (204, b"")


def close(*answers):
    wechat = Wechat(*answers)
    return an_adapter().close(wechat, PAYMENT, now=NOW), wechat.calls


def refund(*answers, payment=PAYMENT, wanted=REFUND):
    wechat = Wechat(*answers)
    return an_adapter().refund(wechat, payment, wanted, now=NOW), wechat.calls


def query_refund(*answers):
    wechat = Wechat(*answers)
    return an_adapter().query_refund(wechat, PAYMENT, REFUND, now=NOW), wechat.calls


@pytest.mark.parametrize("standing", [OPEN, PAYING, BROKEN_OFF])
def test_what_may_still_be_paid_is_closed(standing):
    assert close(standing, DONE) == (None, [ASK, ACT])


@pytest.mark.parametrize("standing", [CLOSED, (200, CLOSED[1] | {"trade_state": "REVOKED"}), UNKNOWN])
def test_what_cannot_be_paid_any_more_need_not_be_closed(standing):
    assert close(standing) == (None, [ASK])


@pytest.mark.parametrize("state", ["SUCCESS", "REFUND"])
def test_what_was_paid_is_not_closed_but_told(state):
    assert close((200, PAID[1] | {"trade_state": state})) == (PAID_FACT, [ASK])


@pytest.mark.parametrize("code", ["ORDER_CLOSED", "ORDERCLOSED", "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"])
def test_what_closed_by_itself_between_two_steps_is_closed(code):
    assert close(OPEN, refusal(400, code)) == (None, [ASK, ACT])


@pytest.mark.parametrize("code", ["ORDERPAID", "ORDER_PAID"])
def test_what_was_paid_between_two_steps_is_told(code):
    assert close(OPEN, refusal(400, code), PAID) == (PAID_FACT, [ASK, ACT, ASK])


@pytest.mark.parametrize(
    "standing", [OPEN, PAYING, UNKNOWN, CLOSED, Unavailable("silence"), refusal(500, "X")]
)
def test_a_payment_that_contradicts_itself_is_neither_paid_nor_closed(standing):
    with pytest.raises(Unavailable):
        close(OPEN, refusal(400, "ORDERPAID"), standing)


@pytest.mark.parametrize(
    "answer",
    [
        (202, {"code": "USERPAYING"}),
        (202, b""),
        (200, {}),
        refusal(400, "USERPAYING"),
        refusal(400, "PARAM_ERROR"),
        refusal(429, "FREQUENCY_LIMITED"),
        refusal(500, "SYSTEM_ERROR"),
        refusal(500, "ORDER_CLOSED"),
        refusal(401, "SIGN_ERROR"),
        Unavailable("silence"),
    ],
)
def test_whether_it_was_closed_is_not_assumed(answer):
    wechat = Wechat(OPEN, answer)

    with pytest.raises(Unavailable):
        an_adapter().close(wechat, PAYMENT, now=NOW)

    assert wechat.calls == [ASK, ACT]


@pytest.mark.parametrize(
    ("status", "outcome", "failure"),
    [
        ("PROCESSING", RefundOutcome.PENDING, ""),
        ("SUCCESS", RefundOutcome.SUCCEEDED, ""),
        ("CLOSED", RefundOutcome.FAILED, "not_allowed"),
        ("ABNORMAL", RefundOutcome.FAILED, "account_closed"),
    ],
)
def test_a_refund_is_asked_for_and_how_it_stands_is_told(status, outcome, failure):
    fact, calls = refund((200, REFUNDED | {"status": status}))

    assert fact == PENDING._replace(outcome=outcome, failure=failure)
    assert calls == [("POST", REFUNDS, REFUND_ORDER)]


def test_a_refund_of_money_whose_transaction_is_unknown_names_our_number():
    _, calls = refund((200, REFUNDED), wanted=replace(REFUND, transaction_id=""))

    order = {name: value for name, value in REFUND_ORDER.items() if name != "transaction_id"}
    assert calls == [("POST", REFUNDS, order | {"out_trade_no": REFERENCE})]


@pytest.mark.parametrize("captured", [0, 3_500, 17_100, 34_200])
def test_the_whole_amount_is_that_of_the_payment_whatever_else_came_in_or_was_taken_under_its_number(
    captured,
):
    _, calls = refund((200, REFUNDED), payment=replace(PAYMENT, captured_minor=captured))

    assert calls[0][2]["amount"] == {"refund": 3_500, "total": 17_100, "currency": "CNY"}


@pytest.mark.parametrize("captured", [3_500, 17_100, 20_600])
def test_money_that_never_paid_for_anything_is_the_whole_of_its_own_transaction(captured):
    fact, calls = refund(
        (200, REFUNDED),
        payment=replace(PAYMENT, captured_minor=captured),
        wanted=replace(REFUND, parts=(), transaction_id="4200000000202701150000000009"),
    )

    assert fact == PENDING
    assert calls[0][2]["transaction_id"] == "4200000000202701150000000009"
    assert calls[0][2]["amount"] == {"refund": 3_500, "total": 3_500, "currency": "CNY"}


def test_a_second_round_goes_under_its_own_number():
    fact, calls = refund(
        (200, REFUNDED | {"out_refund_no": f"{REFUND_NUMBER}x2"}), wanted=replace(REFUND, round=2)
    )

    assert fact == PENDING._replace(number=f"{REFUND_NUMBER}x2")
    assert calls[0][2]["out_refund_no"] == f"{REFUND_NUMBER}x2"


def test_a_refund_in_another_currency_fails_without_asking():
    fact, calls = refund(wanted=replace(REFUND, currency="EUR"))

    assert (fact.outcome, fact.failure, fact.money) == (
        RefundOutcome.FAILED,
        "not_allowed",
        Money(3_500, "EUR"),
    )
    assert calls == []


REFUSALS = [
    (refusal(403, "NOT_ENOUGH"), "balance_short"),
    (refusal(400, "PARAM_ERROR"), "amount_refused"),
    (refusal(400, "INVALID_REQUEST"), "amount_refused"),
    (refusal(403, "USER_ACCOUNT_ABNORMAL"), "account_closed"),
    (refusal(404, "RESOURCE_NOT_EXISTS"), "not_allowed"),
    (refusal(403, "NO_AUTH"), "not_allowed"),
]


@pytest.mark.parametrize(("answer", "failure"), REFUSALS)
def test_a_refused_refund_failed_when_its_number_is_unknown(answer, failure):
    fact, calls = refund(answer, NO_REFUND)

    assert fact == RefundFact(
        provider="wechatpay",
        event_id="",
        number=REFUND_NUMBER,
        outcome=RefundOutcome.FAILED,
        money=Money(3_500, "CNY"),
        reference=REFERENCE,
        failure=failure,
    )
    assert calls == [("POST", REFUNDS, REFUND_ORDER), ("GET", f"{REFUNDS}/{REFUND_NUMBER}", None)]


@pytest.mark.parametrize(("answer", "failure"), REFUSALS)
def test_a_repeat_that_is_refused_does_not_undo_the_refund_that_was_accepted(answer, failure):
    fact, _ = refund(answer, (200, REFUNDED | {"status": "SUCCESS"}))

    assert fact == PENDING._replace(outcome=RefundOutcome.SUCCEEDED)


@pytest.mark.parametrize(("answer", "failure"), REFUSALS)
@pytest.mark.parametrize("known", [Unavailable("silence"), refusal(500, "SYSTEM_ERROR"), refusal(429, "X")])
def test_a_refusal_is_not_believed_while_it_is_unknown_whether_the_number_is(answer, failure, known):
    with pytest.raises(Unavailable):
        refund(answer, known)


OTHERS = [
    {"out_refund_no": "01HF7YAT000000000000000000R02"},
    {"out_refund_no": None},
    {"out_trade_no": "01HF7YAT00000000000000000002"},
    {"status": "DONE"},
    {"status": None},
    {"amount": {"total": 17_100, "refund": 3_501, "currency": "CNY"}},
    {"amount": {"total": 17_100, "refund": 3_500, "currency": "HKD"}},
    {"amount": {"total": 17_100, "refund": "3500", "currency": "CNY"}},
    {"amount": None},
]


@pytest.mark.parametrize("changes", OTHERS)
def test_an_answer_about_another_refund_is_none(changes):
    with pytest.raises(Unavailable):
        refund((200, REFUNDED | changes))
    with pytest.raises(Unavailable):
        query_refund((200, REFUNDED | changes))


def test_a_refund_is_looked_up_by_our_number():
    fact, calls = query_refund(
        (200, REFUNDED | {"status": "SUCCESS", "success_time": "2027-01-15T15:59:30+08:00"})
    )

    assert fact == PENDING._replace(outcome=RefundOutcome.SUCCEEDED, occurred_at=1_799_999_970)
    assert calls == [("GET", f"{REFUNDS}/{REFUND_NUMBER}", None)]


def test_a_refund_that_wechat_pay_never_heard_of_is_none():
    assert query_refund(NO_REFUND)[0] is None


@pytest.mark.parametrize(
    "answer",
    [refusal(400, "RESOURCE_NOT_EXISTS"), refusal(404, "MCH_NOT_EXISTS"), (204, b""), (202, REFUNDED)],
)
def test_what_does_not_say_that_a_refund_is_unknown_says_nothing(answer):
    with pytest.raises(Unavailable):
        query_refund(answer)


@pytest.mark.parametrize(
    "reference", ["../../../v3/certificates", "short", "a" * 33, "01HF7YAT\n", "订单订单订单"]
)
def test_a_number_that_is_none_of_ours_never_stands_in_an_address(reference):
    wechat = Wechat()

    for question in (an_adapter().query, an_adapter().close, an_adapter().create):
        with pytest.raises(AssertionError):
            question(wechat, replace(PAYMENT, reference=reference), now=NOW)
    with pytest.raises(AssertionError):
        an_adapter().query_refund(wechat, PAYMENT, replace(REFUND, refund_id="a/b?c=d"), now=NOW)

    assert wechat.asked == []
