"""What we ask WeChat Pay, how it is signed, and what each answer, or none, is taken to mean."""

import re
from base64 import b64decode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from wechatpayv3.utils import build_authorization, load_private_key

from shared.errors import Unavailable
from shared.money import Money
from shared.outside import Answer
from shared.payment.facts import FAILURES, PaymentFact, PaymentKind
from shared.payment.port import PayKind, PaymentRefused, PayWith
from shared.payment.providers.wechatpay import PAYMENT_REFUSALS, REFUND_REFUSALS
from shared.payment.providers.wechatpay_facts import REFUNDS
from tests.payment.wechatpay_answers import (
    BROKEN_OFF,
    CLOSED,
    NATIVE,
    NO_REFUND,
    OPEN,
    ORDER,
    PAID,
    PAID_FACT,
    PAYING,
    PAYMENT,
    QUERY,
    REFERENCE,
    REFUND,
    REFUNDED,
    UNKNOWN,
    refusal,
)
from tests.payment.wechatpay_signer import (
    CERTIFICATE_SERIAL,
    HOST,
    KEYS,
    MCHID,
    NOTIFY_URL,
    NOW,
    OUR_SERIAL,
    OURS,
    PUBLIC_KEY_ID,
    STRANGER,
    TRADE,
    Wechat,
    an_adapter,
    answered,
    private_pem,
)


def create(*answers, payment=PAYMENT, keys=KEYS):
    wechat = Wechat(*answers)
    return an_adapter(keys).create(wechat, payment, now=NOW), wechat


def query(*answers):
    return an_adapter().query(Wechat(*answers), PAYMENT, now=NOW)


QUESTIONS = {
    "create": lambda wechat: an_adapter().create(wechat, PAYMENT, now=NOW),
    "query": lambda wechat: an_adapter().query(wechat, PAYMENT, now=NOW),
    "close": lambda wechat: an_adapter().close(wechat, PAYMENT, now=NOW),
    "refund": lambda wechat: an_adapter().refund(wechat, PAYMENT, REFUND, now=NOW),
    "query_refund": lambda wechat: an_adapter().query_refund(wechat, PAYMENT, REFUND, now=NOW),
}
GOOD = {
    "create": (200, {"code_url": "weixin://wxpay/bizpayurl?pr=1"}),
    "query": PAID,
    "close": PAID,
    "refund": (200, REFUNDED),
    "query_refund": (200, REFUNDED),
}


def test_a_payment_is_opened_and_shown_as_a_code():
    pay_with, wechat = create((200, {"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}))

    assert pay_with == PayWith(PayKind.QR_CODE, "weixin://wxpay/bizpayurl?pr=p4lpSuKzz")
    assert wechat.calls == [("POST", NATIVE, ORDER)]
    assert (wechat.asked[0].url, wechat.asked[0].seconds) == (HOST + NATIVE, 4)


def test_a_payment_without_an_end_names_none():
    _, wechat = create(GOOD["create"], payment=replace(PAYMENT, expires_at=None))

    assert "time_expire" not in wechat.calls[0][2]


def test_asked_again_later_it_is_the_same_payment_in_the_same_words():
    wechat = Wechat(GOOD["create"], answered(*GOOD["create"], at=NOW + 60))

    an_adapter().create(wechat, PAYMENT, now=NOW)
    an_adapter().create(wechat, PAYMENT, now=NOW + 60)

    assert wechat.asked[0].raw == wechat.asked[1].raw
    assert wechat.asked[0].headers["authorization"] != wechat.asked[1].headers["authorization"]


def test_a_payment_in_another_currency_is_refused_without_asking():
    wechat = Wechat()

    with pytest.raises(PaymentRefused) as refused:
        an_adapter().create(wechat, replace(PAYMENT, currency="EUR"), now=NOW)

    assert (refused.value.failure, wechat.asked) == ("not_allowed", [])


def test_an_address_for_messages_with_a_query_is_a_bug():
    with pytest.raises(AssertionError):
        type(an_adapter())(KEYS, HOST, f"{NOTIFY_URL}?a=b")


def test_a_request_is_signed_as_the_community_kit_signs_it(monkeypatch):
    monkeypatch.setattr("time.time", lambda: float(NOW))

    _, wechat = create(GOOD["create"])

    asked = wechat.asked[0]
    authorization = asked.headers["authorization"]
    nonce = re.search(r'nonce_str="([0-9A-F]{32})"', authorization)[1]
    key = load_private_key(private_pem(OURS))
    told = build_authorization(
        NATIVE, "POST", MCHID, OUR_SERIAL, key, data=asked.raw.decode(), nonce_str=nonce
    )
    assert authorization == told


def test_a_signature_covers_the_query_of_the_address():
    wechat = Wechat(OPEN)

    an_adapter().query(wechat, PAYMENT, now=NOW)

    nonce, signature = re.search(
        r'nonce_str="(.+?)",signature="(.+?)"', wechat.asked[0].headers["authorization"]
    ).groups()
    message = f"GET\n{QUERY}\n{NOW}\n{nonce}\n\n".encode()
    OURS.public_key().verify(b64decode(signature), message, PKCS1v15(), SHA256())


def test_requests_say_who_asks_and_who_shall_sign_the_answer():
    _, wechat = create(GOOD["create"])

    told = {name: value for name, value in wechat.asked[0].headers.items() if name != "authorization"}
    assert told == {
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": "Ordercycle",
        "wechatpay-serial": PUBLIC_KEY_ID,
    }


def test_in_certificate_mode_a_certificate_signs_the_answer():
    answer = answered(*GOOD["create"], serial=CERTIFICATE_SERIAL)

    pay_with, wechat = create(answer, keys=replace(KEYS, public_key_id=""))

    assert pay_with.kind is PayKind.QR_CODE
    assert "wechatpay-serial" not in wechat.asked[0].headers


def test_no_two_requests_of_one_question_have_the_same_nonce():
    wechat = Wechat(OPEN, refusal(400, "ORDERPAID"), PAID)

    an_adapter().close(wechat, PAYMENT, now=NOW)

    assert len({asked.headers["authorization"] for asked in wechat.asked}) == 3


UNSIGNED = {
    "without headers": lambda status, said: Answer(status, answered(status, said).body),
    "with a stranger's signature": lambda status, said: answered(status, said, key=STRANGER),
    "five minutes old": lambda status, said: answered(status, said, at=NOW - 300),
    "from the future": lambda status, said: answered(status, said, at=NOW + 300),
    "of an unknown serial": lambda status, said: answered(status, said, serial="7F" * 20, key=OURS),
    "changed on its way": lambda status, said: answered(status, said)._replace(body=b"{}"),
    "with a signature of another body": lambda status, said: Answer(
        status, b"{}", answered(status, said).headers
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("how", UNSIGNED)
def test_an_answer_that_is_not_signed_now_is_none(question, how):
    wechat = Wechat(UNSIGNED[how](*GOOD[question]))

    with pytest.raises(Unavailable):
        QUESTIONS[question](wechat)

    assert len(wechat.asked) == 1


@pytest.mark.parametrize("how", UNSIGNED)
@pytest.mark.parametrize(
    ("question", "answer"), [("query", UNKNOWN), ("query_refund", NO_REFUND), ("close", UNKNOWN)]
)
def test_not_even_that_a_number_is_unknown_is_believed_without_a_signature(question, answer, how):
    with pytest.raises(Unavailable):
        QUESTIONS[question](Wechat(UNSIGNED[how](*answer)))


NOT_UNDERSTOOD = {
    "no answer": Unavailable("silence"),
    "busy": refusal(429, "FREQUENCY_LIMITED"),
    "an error of its own": refusal(500, "SYSTEM_ERROR"),
    "an error with a code of ours": refusal(500, "PARAM_ERROR"),
    "our signature": refusal(401, "SIGN_ERROR"),
    "a code that nobody knows": refusal(400, "SOMETHING_NEW"),
    "a code that is no text": (400, {"code": ["PARAM_ERROR"]}),
    "a redirect": (302, {}),
    "nothing": (200, b""),
    "no JSON": (200, b"<html>"),
    "a list": (200, b"[]"),
    "a key twice": (200, b'{"code_url":"weixin://a","code_url":"weixin://b"}'),
    "an empty object": (200, {}),
    "not JSON, but unknown": (404, b"ORDER_NOT_EXIST"),
    "a way that is not there": (404, {"code": "NOT_FOUND"}),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("answer", NOT_UNDERSTOOD)
def test_an_answer_that_is_not_understood_is_none(question, answer):
    wechat = Wechat(NOT_UNDERSTOOD[answer])

    with pytest.raises(Unavailable):
        QUESTIONS[question](wechat)

    assert len(wechat.asked) == 1


@pytest.mark.parametrize(
    "code_url", [None, 1, "", "weixin://a b", "weixin://支付", "x" * 513, ["weixin://a"]]
)
def test_a_code_that_cannot_be_shown_is_no_answer(code_url):
    with pytest.raises(Unavailable):
        create((200, {"code_url": code_url}))


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (refusal(400, "PARAM_ERROR"), "not_allowed"),
        (refusal(400, "INVALID_REQUEST"), "not_allowed"),
        (refusal(403, "RULE_LIMIT"), "limit_exceeded"),
        (refusal(403, "NO_AUTH"), "not_allowed"),
        (refusal(400, "ORDER_CLOSED"), "not_allowed"),
        (refusal(403, "OUT_TRADE_NO_USED"), "not_allowed"),
    ],
)
@pytest.mark.parametrize("standing", [UNKNOWN, CLOSED])
def test_a_payment_is_refused_when_it_is_not_open_at_wechat_pay_either(answer, failure, standing):
    wechat = Wechat(answer, standing)

    with pytest.raises(PaymentRefused) as refused:
        an_adapter().create(wechat, PAYMENT, now=NOW)

    assert (refused.value.failure, str(refused.value)) == (failure, "the provider refused this payment")
    assert [call[:2] for call in wechat.calls] == [("POST", NATIVE), ("GET", QUERY)]


@pytest.mark.parametrize("code", ["PARAM_ERROR", "OUT_TRADE_NO_USED", "ORDERPAID"])
@pytest.mark.parametrize("standing", [OPEN, PAYING, PAID, BROKEN_OFF, refusal(500, "SYSTEM_ERROR")])
def test_a_refusal_proves_nothing_while_the_payment_may_be_made(code, standing):
    with pytest.raises(Unavailable):
        create(refusal(400, code), standing)


def test_a_payment_that_was_made_is_found():
    assert query(PAID) == PAID_FACT


@pytest.mark.parametrize("answer", [OPEN, PAYING, UNKNOWN, (404, {"code": "RESOURCE_NOT_EXISTS"})])
def test_what_was_not_paid_and_still_may_be_says_nothing(answer):
    assert query(answer) is None


@pytest.mark.parametrize(
    ("answer", "kind", "failure"),
    [(CLOSED, PaymentKind.CLOSED, ""), (BROKEN_OFF, PaymentKind.FAILED, "unknown")],
)
def test_what_ended_unpaid_is_told(answer, kind, failure):
    fact = PaymentFact("wechatpay", "", REFERENCE, kind, "", Money(0, "CNY"), True, failure)

    assert query(answer) == fact


@pytest.mark.parametrize(
    "changes",
    [
        {"out_trade_no": "01HF7YAT00000000000000000002"},
        {"out_trade_no": None},
        {"trade_state": None},
        {"amount": {"total": "17100"}},
        {"transaction_id": None},
    ],
)
def test_an_answer_about_something_else_is_none(changes):
    with pytest.raises(Unavailable):
        query((200, TRADE | changes))


@pytest.mark.parametrize(
    "answer", [refusal(400, "ORDER_NOT_EXIST"), refusal(500, "ORDER_NOT_EXIST"), (202, TRADE)]
)
def test_neither_found_nor_unknown_is_said_with_another_status(answer):
    with pytest.raises(Unavailable):
        query(answer)


def test_a_code_is_only_believed_when_the_payment_was_opened():
    with pytest.raises(Unavailable):
        create((202, {"code_url": "weixin://wxpay/bizpayurl?pr=1"}))


def test_a_payment_under_another_app_is_told_as_such():
    assert query((200, TRADE | {"appid": "wx0000000000000000"})) == PAID_FACT._replace(is_our_account=False)


def test_every_failure_is_one_that_buyers_are_told_of():
    told = {*PAYMENT_REFUSALS.values(), *REFUND_REFUSALS.values()} | {
        failure for _, failure in REFUNDS.values()
    }

    assert told - {""} <= FAILURES
