"""The page that we sign, the questions that we sign, and the answers that we believe."""

import json
import re
import shutil
import subprocess
from base64 import b64decode
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.errors import Unavailable
from shared.money import Money
from shared.outside import Answer
from shared.payment.facts import PaymentFact, PaymentKind
from shared.payment.port import PayKind, PaymentRefused
from shared.payment.rsa import verify
from tests.payment.alipay_signer import (
    APP_ID,
    REFERENCE,
    TRADE_NO,
    answer,
    private_pem,
    public_pem,
    sign_text,
    text_of,
)
from tests.payment.alipay_world import (
    GATEWAY,
    NO_TRADE,
    QUERY,
    T0,
    TRADE,
    Gateway,
    a_payment,
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


@pytest.fixture
def alipay():
    return the_adapter()


def is_signed_by_us(fields):
    """As Alipay checks it: every field but ``sign``, ``sign_type`` included."""
    signed = {name: value for name, value in fields.items() if name != "sign"}
    return verify(public_pem("us"), text_of(signed).encode(), b64decode(fields["sign"]))


# create


def page(alipay, **changes):
    nobody = Gateway()
    with_what = alipay.create(nobody.outside, a_payment(**changes), now=T0)
    assert nobody.asked == []
    assert with_what.kind is PayKind.REDIRECT
    assert with_what.transaction_id == ""
    address = urlsplit(with_what.value)
    assert f"{address.scheme}://{address.netloc}{address.path}" == GATEWAY
    return dict(parse_qsl(address.query, strict_parsing=True))


def test_a_page_is_a_signed_address_that_expires_and_nothing_is_sent(alipay):
    fields = page(alipay)

    assert is_signed_by_us(fields)
    del fields["sign"]
    assert json.loads(fields.pop("biz_content")) == {
        "out_trade_no": REFERENCE,
        "total_amount": "88.88",
        "subject": f"Order {REFERENCE}",
        "product_code": "FAST_INSTANT_TRADE_PAY",
        "time_expire": "2027-01-15 16:30:00",
    }
    assert fields == {
        "app_id": APP_ID,
        "method": "alipay.trade.page.pay",
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2027-01-15 16:00:00",
        "version": "1.0",
        "notify_url": "https://shop.test/webhooks/payments/alipay",
    }


def test_the_same_try_opened_twice_is_the_same_page(alipay):
    assert page(alipay) == page(alipay)


def test_a_page_without_an_end_names_none(alipay):
    assert "time_expire" not in json.loads(page(alipay, expires_at=None)["biz_content"])


@pytest.mark.parametrize(("fen", "text"), [(1, "0.01"), (110, "1.10"), (10_000_000_000, "100000000.00")])
def test_fen_become_yuan(alipay, fen, text):
    assert json.loads(page(alipay, amount_minor=fen)["biz_content"])["total_amount"] == text


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"currency": "USD"}, "not_allowed"),
        ({"amount_minor": 0}, "amount_refused"),
        ({"amount_minor": 10_000_000_001}, "amount_refused"),
    ],
)
def test_what_alipay_would_not_take_is_refused_and_nothing_is_sent(alipay, changes, failure):
    nobody = Gateway()

    with pytest.raises(PaymentRefused) as refusal:
        alipay.create(nobody.outside, a_payment(**changes), now=T0)

    assert refusal.value.failure == failure
    assert nobody.asked == []


# what every question and answer has


def test_a_question_is_a_signed_form_with_the_time_of_beijing(alipay):
    gateway = Gateway((QUERY, TRADE))

    alipay.query(gateway.outside, a_payment(), now=T0 - 86_400)

    (fields,) = gateway.asked
    assert is_signed_by_us(fields)
    assert gateway.questions == [(QUERY, {"out_trade_no": REFERENCE})]
    assert {name: fields[name] for name in fields if name not in ("sign", "biz_content")} == {
        "app_id": APP_ID,
        "method": QUERY,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2027-01-14 16:00:00",
        "version": "1.0",
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_community_sdk_would_sign_the_same_question_the_same(alipay):
    from alipay import AliPay

    sdk = AliPay(
        appid=APP_ID,
        app_private_key_string=private_pem("us"),
        alipay_public_key_string=public_pem("us"),
        sign_type="RSA2",
    )
    fields = page(alipay)

    theirs = sdk.sign_data({name: value for name, value in fields.items() if name != "sign"})

    assert dict(parse_qsl(theirs)) == fields
    assert sdk._verify(text_of({n: v for n, v in fields.items() if n != "sign"}), fields["sign"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_community_sdk_reads_the_answers_of_our_signer():
    from alipay import AliPay

    sdk = AliPay(
        appid=APP_ID,
        app_private_key_string=private_pem("us"),
        alipay_public_key_string=public_pem("alipay"),
        sign_type="RSA2",
    )
    plain = {name: value for name, value in TRADE.items() if name != "buyer_logon_id"}  # It miscounts braces.

    assert (
        sdk._verify_and_return_sync_response(answer(QUERY, plain).decode(), "alipay_trade_query_response")
        == plain
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl command here")
def test_the_openssl_command_verifies_our_question(alipay, tmp_path):
    fields = page(alipay)
    (tmp_path / "key.pem").write_text(public_pem("us"))
    (tmp_path / "sign").write_bytes(b64decode(fields.pop("sign")))
    command = ["openssl", "dgst", "-sha256", "-verify", str(tmp_path / "key.pem")]

    done = subprocess.run(
        [*command, "-signature", str(tmp_path / "sign")],
        input=text_of(fields).encode(),
        capture_output=True,
        check=False,
    )

    assert done.stdout == b"Verified OK\n"


def body_of(node, **changes):
    members = {"alipay_trade_query_response": node, "sign": sign_text(json.dumps(node))} | changes
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


GENUINE = body_of(TRADE)
UNTRUSTED = {
    "unsigned": body_of(TRADE, sign=None),
    "an empty signature": body_of(TRADE, sign=""),
    "a signature that is a number": body_of(TRADE, sign=1),
    "a signature that is no base64": body_of(TRADE, sign="?"),
    "a stranger's signature": body_of(TRADE, sign=sign_text(json.dumps(TRADE), by="stranger")),
    "our own signature": body_of(TRADE, sign=sign_text(json.dumps(TRADE), by="us")),
    "a signature of another answer": body_of(TRADE, sign=sign_text(json.dumps(TRADE | {"code": "1"}))),
    "another amount": GENUINE.replace(b"88.88", b"00.01"),
    "a space more": GENUINE.replace(b'"code": ', b'"code":  '),
    "an escape spelled out": GENUINE.replace(b"10000", b"1000\\u0030"),
    "the node twice": GENUINE[:-1] + b', "alipay_trade_query_response": {"code": "40004"}}',
    "the node twice, one name escaped": GENUINE[:-1] + b', "alipay_trade_query_r\\u0065sponse": {}}',
    "a member of the node twice": GENUINE.replace(b'{"code": "10000"', b'{"code": "40004", "code": "10000"'),
    "the node of another method": GENUINE.replace(b"trade_query", b"trade_close"),
    "a node that is a list": body_of([]),
    "a node that is a text": body_of("10000"),
    "no node": body_of(None),
    "an error that is not signed": b'{"error_response": {"code": "40002", "sub_code": "isv.invalid-signature"}}',
    "a missing trade that is not signed": json.dumps({"alipay_trade_query_response": NO_TRADE}).encode(),
    "cut short": GENUINE[:-1],
    "nothing": b"",
    "a page": b"<html>busy</html>",
    "a list": b"[]",
    "not UTF-8": GENUINE.replace(b"88.88", b"\xff\xfe.88"),
    "too deep": b'{"alipay_trade_query_response": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
}  # fmt: skip


@pytest.mark.parametrize("name", UNTRUSTED)
def test_an_answer_that_is_not_signed_as_it_stands_is_none(alipay, name):
    gateway = Gateway(Answer(200, UNTRUSTED[name]))

    with pytest.raises(Unavailable):
        alipay.query(gateway.outside, a_payment(), now=T0)


def test_the_answer_that_those_were_made_from_is_one(alipay):
    assert alipay.query(Gateway(Answer(200, GENUINE)).outside, a_payment(), now=T0) == PAID


@pytest.mark.parametrize("status", [201, 302, 400, 500, 502])
def test_a_signed_answer_under_another_status_is_none(alipay, status):
    with pytest.raises(Unavailable):
        alipay.query(Gateway(Answer(status, GENUINE)).outside, a_payment(), now=T0)


def test_the_node_is_found_wherever_it_stands_and_braces_in_texts_do_not_count(alipay):
    node = json.dumps(TRADE)
    bodies = (
        f'{{"sign": "{sign_text(node)}", "alipay_trade_query_response": {node}}}',
        f' {{ "note" : "}}{{\\"" ,\n"alipay_trade_query_response"\t:\r\n{node} , "sign":"{sign_text(node)}"\n}}\n',
        f'{{"alipay_cert_sn":[{{}}],"alipay_trade_query_response":{node},"sign":"{sign_text(node)}"}}',
    )
    for body in bodies:
        assert alipay.query(Gateway(Answer(200, body.encode())).outside, a_payment(), now=T0) == PAID


def test_an_answer_signed_with_the_key_before_is_genuine(alipay):
    before = Answer(200, answer(QUERY, TRADE, by="alipay-before"))

    assert alipay.query(Gateway(before).outside, a_payment(), now=T0) == PAID


@pytest.mark.parametrize("code", ["20000", "20001", "40001", "40002", "40003", "40006", "10003", 10000, None])
def test_a_code_that_is_neither_done_nor_refused_says_nothing(alipay, code):
    with pytest.raises(Unavailable):
        alipay.query(Gateway((QUERY, TRADE | {"code": code})).outside, a_payment(), now=T0)


def test_what_alipay_says_in_words_stays_outside(alipay):
    with pytest.raises(Unavailable) as refusal:
        alipay.query(Gateway((QUERY, refused("ACQ.SYSTEM_ERROR"))).outside, a_payment(), now=T0)

    assert re.fullmatch(r"[a-z ']+", refusal.value.reason)
    assert refusal.value.details == {}
