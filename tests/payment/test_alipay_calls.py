"""What we make of Alipay's answers: money only on a clear word, everything unclear asked again."""

import pytest

from shared.errors import Unavailable
from shared.money import Money
from shared.outside import Answer
from shared.payment.facts import FAILURES, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.providers.alipay import REFUND_FAILURES
from tests.payment.alipay_signer import REFERENCE, TRADE_NO
from tests.payment.alipay_world import (
    CLOSE,
    NO_TRADE,
    QUERY,
    REFUND,
    REFUND_QUERY,
    T0,
    TRADE,
    WORKED,
    Gateway,
    a_payment,
    a_refund,
    refused,
    the_adapter,
)

PAID = PaymentFact(
    provider="alipay",
    event_id="",
    reference=REFERENCE,
    kind=PaymentKind.PAID,
    transaction_id=TRADE_NO,
    money=Money(8888, "CNY"),
    is_our_account=True,
    occurred_at=T0 + 20,
)
CLOSED = PaymentFact("alipay", "", REFERENCE, PaymentKind.CLOSED, "", Money(8888, "CNY"), is_our_account=True)
REFUNDED = RefundFact(
    provider="alipay",
    event_id="",
    number="R1",
    outcome=RefundOutcome.SUCCEEDED,
    money=Money(3000, "CNY"),
    reference=REFERENCE,
    transaction_id=TRADE_NO,
)
GIVEN = WORKED | {"out_trade_no": REFERENCE, "trade_no": TRADE_NO, "refund_fee": "50.00", "fund_change": "Y"}
FOUND = WORKED | {
    "out_trade_no": REFERENCE,
    "trade_no": TRADE_NO,
    "out_request_no": "R1",
    "refund_amount": "30.00",
    "total_amount": "88.88",
    "refund_status": "REFUND_SUCCESS",
}
UNKNOWN_REFUND = dict(WORKED)
NOT_GIVEN = GIVEN | {"fund_change": "N"}


@pytest.fixture
def alipay():
    return the_adapter()


# query


@pytest.mark.parametrize(
    ("node", "fact"),
    [
        (TRADE, PAID),
        (TRADE | {"trade_status": "TRADE_FINISHED"}, PAID),
        (TRADE | {"send_pay_date": None}, PAID._replace(occurred_at=None)),
        (TRADE | {"total_amount": "88.89"}, PAID._replace(money=Money(8889, "CNY"))),
        (TRADE | {"trans_currency": "USD"}, PAID._replace(money=Money(8888, "USD"))),
        (TRADE | {"trade_status": "TRADE_CLOSED"}, CLOSED),
        (WORKED | {"out_trade_no": REFERENCE, "trade_status": "TRADE_CLOSED"}, CLOSED),
        (WORKED | {"out_trade_no": REFERENCE, "trade_status": "WAIT_BUYER_PAY"}, None),
        (NO_TRADE, None),
    ],
)
def test_how_a_payment_stands(alipay, node, fact):
    assert alipay.query(Gateway((QUERY, node)).outside, a_payment(), now=T0) == fact


@pytest.mark.parametrize(
    "node",
    [
        refused("ACQ.SYSTEM_ERROR"),
        refused("ACQ.INVALID_PARAMETER"),
        refused(None),
        TRADE | {"trade_status": "TRADE_PENDING"},
        TRADE | {"trade_status": None},
        TRADE | {"trade_no": None},
        TRADE | {"out_trade_no": None},
        TRADE | {"total_amount": "1e2"},
        TRADE | {"total_amount": 88.88},
        TRADE | {"total_amount": None},
    ],
)
def test_how_a_payment_stands_is_not_guessed(alipay, node):
    with pytest.raises(Unavailable):
        alipay.query(Gateway((QUERY, node)).outside, a_payment(), now=T0)


# close

WAITING = WORKED | {"out_trade_no": REFERENCE, "trade_status": "WAIT_BUYER_PAY"}
OPEN, DONE = (QUERY, WAITING), (CLOSE, WORKED | {"out_trade_no": REFERENCE, "trade_no": TRADE_NO})


@pytest.mark.parametrize(
    ("answers", "fact"),
    [
        ([(QUERY, TRADE)], PAID),
        ([(QUERY, TRADE | {"trade_status": "TRADE_CLOSED"})], None),
        ([OPEN, DONE], None),
        ([OPEN, (CLOSE, WORKED)], None),
        ([(QUERY, NO_TRADE), (CLOSE, NO_TRADE)], None),
        ([(QUERY, NO_TRADE), DONE], None),
        ([OPEN, (CLOSE, NO_TRADE)], None),
        ([OPEN, (CLOSE, refused("ACQ.TRADE_STATUS_ERROR")), (QUERY, TRADE)], PAID),
        ([OPEN, (CLOSE, refused("ACQ.REASON_ILLEGAL_STATUS")), (QUERY, TRADE)], PAID),
        (
            [
                OPEN,
                (CLOSE, refused("ACQ.REASON_TRADE_STATUS_INVALID")),
                (QUERY, TRADE | {"trade_status": "TRADE_CLOSED"}),
            ],
            None,
        ),
    ],
)
def test_a_close_ends_in_closed_or_paid(alipay, answers, fact):
    gateway = Gateway(*answers)

    assert alipay.close(gateway.outside, a_payment(), now=T0) == fact
    assert gateway.questions == [(api, {"out_trade_no": REFERENCE}) for api, _ in answers]


@pytest.mark.parametrize(
    "answers",
    [
        [Unavailable("silent")],
        [(QUERY, refused("ACQ.SYSTEM_ERROR"))],
        [OPEN, Unavailable("silent")],
        [OPEN, Answer(502, b"")],
        [OPEN, (CLOSE, {"code": "20000"})],
        [OPEN, (CLOSE, refused("ACQ.SYSTEM_ERROR"))],
        [OPEN, (CLOSE, refused(None))],
        [OPEN, (CLOSE, WORKED | {"out_trade_no": "another"})],
        [OPEN, (CLOSE, refused("ACQ.TRADE_STATUS_ERROR")), OPEN],
        [OPEN, (CLOSE, refused("ACQ.TRADE_STATUS_ERROR")), Unavailable("silent")],
    ],
)
def test_a_close_whose_end_is_not_known_is_asked_again(alipay, answers):
    gateway = Gateway(*answers)

    with pytest.raises(Unavailable):
        alipay.close(gateway.outside, a_payment(), now=T0)

    assert gateway.answers == []


# refund

ASKED = (REFUND, {"out_trade_no": REFERENCE, "out_request_no": "R1", "refund_amount": "30.00"})
ASKED_HOW = (REFUND_QUERY, {"out_trade_no": REFERENCE, "out_request_no": "R1"})


def refund(alipay, *answers, **changes):
    gateway = Gateway(*answers)
    fact = alipay.refund(gateway.outside, a_payment(), a_refund(**changes), now=T0)
    assert gateway.answers == []
    return fact, gateway.questions


def test_money_that_moved_is_refunded(alipay):
    assert refund(alipay, (REFUND, GIVEN)) == (REFUNDED, [ASKED])


def test_money_that_a_bank_sent_back_is_not_refunded_a_second_time(alipay):
    bounced = FOUND | {"deposit_back_info": {"dback_status": "F", "dback_amount": "30.00"}}

    assert refund(alipay, (REFUND, NOT_GIVEN), (REFUND_QUERY, bounced)) == (REFUNDED, [ASKED, ASKED_HOW])


@pytest.mark.parametrize(
    "node", [NOT_GIVEN, NOT_GIVEN | {"fund_change": None}, NOT_GIVEN | {"fund_change": "y"}]
)
def test_a_call_that_moved_nothing_proves_nothing_until_the_refund_is_found(alipay, node):
    assert refund(alipay, (REFUND, node), (REFUND_QUERY, FOUND)) == (REFUNDED, [ASKED, ASKED_HOW])


def test_a_call_that_moved_nothing_and_a_refund_not_found_is_pending(alipay):
    fact, _ = refund(alipay, (REFUND, NOT_GIVEN), (REFUND_QUERY, UNKNOWN_REFUND))

    assert fact == REFUNDED._replace(outcome=RefundOutcome.PENDING)


def test_a_new_round_has_a_new_number(alipay):
    fact, questions = refund(alipay, (REFUND, GIVEN), round=2)

    assert fact.number == "R1x2"
    assert questions[0][1]["out_request_no"] == "R1x2"


REFUSALS = {
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": "balance_short",
    "ACQ.BUYER_NOT_EXIST": "account_closed",
    "ACQ.BUYER_ERROR": "account_closed",
    "ACQ.CUSTOMER_VALIDATE_ERROR": "account_closed",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": "amount_refused",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "amount_refused",
    "ACQ.REFUND_FEE_ERROR": "amount_refused",
    "ACQ.TRADE_HAS_FINISHED": "too_late",
    "ACQ.NOT_ALLOW_PARTIAL_REFUND": "not_allowed",
    "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND": "not_allowed",
    "ACQ.TRADE_NOT_ALLOW_REFUND": "not_allowed",
    "ACQ.REASON_TRADE_BEEN_FREEZEN": "not_allowed",
    "ACQ.TRADE_STATUS_ERROR": "not_allowed",
    "ACQ.TRADE_NOT_EXIST": "not_allowed",
}


@pytest.mark.parametrize(("sub_code", "failure"), REFUSALS.items())
def test_a_definite_refusal_is_told_in_our_words(alipay, sub_code, failure):
    fact, questions = refund(alipay, (REFUND, refused(sub_code)), (REFUND_QUERY, UNKNOWN_REFUND))

    assert fact == REFUNDED._replace(outcome=RefundOutcome.FAILED, failure=failure)
    assert questions == [ASKED, ASKED_HOW]


def test_a_refusal_is_none_the_less_one_when_it_says_that_money_moved(alipay):
    contradicting = refused("ACQ.SELLER_BALANCE_NOT_ENOUGH") | {"fund_change": "Y"}

    fact, _ = refund(alipay, (REFUND, contradicting), (REFUND_QUERY, UNKNOWN_REFUND))

    assert fact.outcome is RefundOutcome.FAILED


@pytest.mark.parametrize("sub_code", REFUSALS)
def test_a_refusal_after_a_lost_answer_is_no_failure_when_the_refund_is_found(alipay, sub_code):
    answers = (REFUND, refused(sub_code)), (REFUND_QUERY, FOUND)

    assert refund(alipay, *answers) == (REFUNDED, [ASKED, ASKED_HOW])


def test_no_other_reason_is_a_definite_one_and_each_is_one_that_buyers_are_told():
    assert set(REFUND_FAILURES) == set(REFUSALS)
    assert set(REFUND_FAILURES.values()) <= FAILURES


@pytest.mark.parametrize(
    "answers",
    [
        [Unavailable("silent")],
        [Answer(504, b"")],
        [(REFUND, {"code": "20000"})],
        [(REFUND, refused("ACQ.SYSTEM_ERROR"))],
        [(REFUND, refused("ACQ.DISCORDANT_REPEAT_REQUEST"))],
        [(REFUND, refused("ACQ.SOMETHING_NEW"))],
        [(REFUND, refused(None))],
        [(REFUND, NOT_GIVEN), Unavailable("silent")],
        [(REFUND, NOT_GIVEN), (REFUND_QUERY, FOUND | {"refund_amount": "30.01"})],
        [(REFUND, refused("ACQ.TRADE_HAS_FINISHED")), Unavailable("silent")],
        [(REFUND, refused("ACQ.TRADE_HAS_FINISHED")), (REFUND_QUERY, refused("ACQ.SYSTEM_ERROR"))],
    ],
)
def test_a_refund_whose_end_is_not_known_is_asked_again(alipay, answers):
    gateway = Gateway(*answers)

    with pytest.raises(Unavailable):
        alipay.refund(gateway.outside, a_payment(), a_refund(), now=T0)

    assert gateway.answers == []


def test_a_refund_in_another_currency_fails_and_nothing_is_sent(alipay):
    fact, questions = refund(alipay, currency="USD")

    assert fact == REFUNDED._replace(
        outcome=RefundOutcome.FAILED, failure="not_allowed", money=Money(3000, "USD")
    )
    assert questions == []


# query_refund


@pytest.mark.parametrize(
    ("node", "fact"),
    [
        (FOUND, REFUNDED),
        (FOUND | {"deposit_back_info": {"dback_status": "S"}}, REFUNDED),
        (FOUND | {"deposit_back_info": {"dback_status": "P"}}, REFUNDED),
        # The payer's bank did not take it, so it went into the payer's balance at Alipay.
        (FOUND | {"deposit_back_info": {"dback_status": "F", "dback_amount": "30.00"}}, REFUNDED),
        (FOUND | {"refund_status": None}, None),
        (FOUND | {"refund_status": ""}, None),
        (UNKNOWN_REFUND, None),
        (NO_TRADE, None),
    ],
)
def test_how_a_refund_stands(alipay, node, fact):
    gateway = Gateway((REFUND_QUERY, node))

    assert alipay.query_refund(gateway.outside, a_payment(), a_refund(), now=T0) == fact
    assert gateway.questions == [ASKED_HOW]


@pytest.mark.parametrize(
    "node",
    [
        FOUND | {"refund_status": "REFUND_PROCESSING"},
        FOUND | {"refund_amount": "50.00"},
        FOUND | {"refund_amount": None},
        FOUND | {"refund_amount": "3e1"},
        FOUND | {"out_request_no": "R2"},
        FOUND | {"out_request_no": None},
        refused("ACQ.SYSTEM_ERROR"),
        {"code": "20000"},
    ],
)
def test_how_a_refund_stands_is_not_guessed(alipay, node):
    with pytest.raises(Unavailable):
        alipay.query_refund(Gateway((REFUND_QUERY, node)).outside, a_payment(), a_refund(), now=T0)


def test_an_answer_about_another_trade_is_none(alipay):
    other = {"out_trade_no": "01HF7YAT00000000000000000002"}
    for api, ask in (
        (QUERY, lambda outside: alipay.query(outside, a_payment(), now=T0)),
        (REFUND, lambda outside: alipay.refund(outside, a_payment(), a_refund(), now=T0)),
        (REFUND_QUERY, lambda outside: alipay.query_refund(outside, a_payment(), a_refund(), now=T0)),
    ):
        with pytest.raises(Unavailable):
            ask(Gateway((api, TRADE | GIVEN | FOUND | other)).outside)
