import json

import pytest

from shared.errors import Malformed, Unavailable
from shared.money import AMOUNT_MAX, Money
from shared.outside import Answer
from shared.payment.facts import PaymentFact, RefundFact
from shared.payment.providers import sandbox
from tests.builders import ORDER_ID, an_order_being_paid
from tests.provider import Provider

REFERENCE = f"{ORDER_ID}01"
PAID = {
    "id": "evt_1",
    "type": "payment.succeeded",
    "created": 1_800_000_000,
    "data": {
        "reference": REFERENCE,
        "transaction_id": "tx_1",
        "account": "sandbox-ordercycle",
        "amount": {"amount": 13_500, "currency": "CNY"},
    },
}
DROPPED = object()


def posted(**changes):
    """What the sandbox posts for a payment, with members of its data changed or dropped."""
    data = {name: value for name, value in (PAID["data"] | changes).items() if value is not DROPPED}
    return json.dumps(PAID | {"data": data}).encode()


def test_a_payment_is_read():
    assert sandbox.interpret(posted()) == PaymentFact(
        provider="sandbox",
        event_id="evt_1",
        reference=REFERENCE,
        is_success=True,
        transaction_id="tx_1",
        money=Money(13_500, "CNY"),
        is_our_account=True,
    )


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("balance_too_low", "balance_too_low"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "unknown"),
        ("Li Lei has no money", "unknown"),
        ("\ud800", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (["balance_too_low"], "unknown"),
        (DROPPED, "unknown"),
    ],
)
def test_a_refused_payment_is_read_with_a_code_for_its_reason_and_without_a_transaction(reason, failure):
    message = json.loads(posted(reason=reason, transaction_id=DROPPED)) | {"type": "payment.failed"}

    notice = sandbox.interpret(json.dumps(message).encode())

    assert (notice.is_success, notice.transaction_id, notice.failure) == (False, "", failure)


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_refund_is_read(outcome):
    message = json.loads(posted(refund_id=f"{ORDER_ID}R01")) | {"type": f"refund.{outcome}"}

    notice = sandbox.interpret(json.dumps(message).encode())

    assert notice == RefundFact("sandbox", "evt_1", f"{ORDER_ID}R01", outcome, Money(13_500, "CNY"))


@pytest.mark.parametrize("account", ["somebody-else", "", None, DROPPED, 1, "SANDBOX-ORDERCYCLE"])
def test_another_account_is_not_ours(account):
    assert sandbox.interpret(posted(account=account)).is_our_account is False


@pytest.mark.parametrize(
    "kind", ["payment.pending", "customer.created", "", None, 1, [], "PAYMENT.SUCCEEDED"]
)
def test_what_does_not_concern_us_says_nothing(kind):
    assert sandbox.interpret(json.dumps(PAID | {"type": kind}).encode()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": DROPPED},
        {"reference": 1},
        {"reference": ""},
        {"reference": "x" * 65},
        {"reference": "a#b"},
        {"reference": "a\n"},
        {"transaction_id": DROPPED},
        {"transaction_id": "tx 1"},
        {"amount": DROPPED},
        {"amount": 13_500},
        {"amount": {"amount": "13500", "currency": "CNY"}},
        {"amount": {"amount": 135.0, "currency": "CNY"}},
        {"amount": {"amount": True, "currency": "CNY"}},
        {"amount": {"amount": None, "currency": "CNY"}},
        {"amount": {"amount": 0, "currency": "CNY"}},
        {"amount": {"amount": -13_500, "currency": "CNY"}},
        {"amount": {"amount": AMOUNT_MAX + 1, "currency": "CNY"}},
        {"amount": {"amount": 13_500, "currency": "cny"}},
        {"amount": {"amount": 13_500, "currency": "CNYX"}},
        {"amount": {"amount": 13_500, "currency": None}},
        {"amount": {"amount": 13_500}},
    ],
)
def test_a_message_that_is_not_understood_is_refused(changes):
    with pytest.raises(Malformed):
        sandbox.interpret(posted(**changes))


@pytest.mark.parametrize("data", [None, [], "data", 1])
def test_a_message_without_data_is_refused(data):
    with pytest.raises(Malformed, match="data is missing"):
        sandbox.interpret(json.dumps(PAID | {"data": data}).encode())


@pytest.mark.parametrize("event_id", [None, "", 7, "evt 1", "e" * 65])
def test_a_message_without_a_number_is_refused(event_id):
    with pytest.raises(Malformed, match="id is not an id"):
        sandbox.interpret(json.dumps(PAID | {"id": event_id}).encode())


def close(*answers):
    provider = Provider(*answers)
    payment = an_order_being_paid().row("PAY#01")
    return sandbox.close(provider, "http://sandbox.invalid", payment), provider.asked


def test_what_is_closed_brings_no_money():
    notice, asked = close({"status": "closed"})

    assert notice is None
    assert asked == [(f"http://sandbox.invalid/payments/{REFERENCE}/close", {})]


def test_what_was_paid_before_it_could_be_closed_is_a_payment_like_any_other():
    paid = {"transaction_id": "tx_9", "amount": {"amount": 17_100, "currency": "CNY"}, "paid_at": 1}

    notice, _ = close({"status": "paid", "payment": paid})

    assert notice == PaymentFact("sandbox", "", REFERENCE, True, "tx_9", Money(17_100, "CNY"), True)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "unknown"},
        {},
        {"status": "paid"},
        {"status": "paid", "payment": "tx_9"},
        Answer(500, b"{}"),
        Answer(404, b'{"status": "closed"}'),
        Answer(302, b'{"status": "closed"}'),
        Answer(200, b"<html>"),
        Answer(200, b""),
        Answer(200, b'["closed"]'),
        Answer(200, b'{"status": "closed", "status": "closed"}'),
        Unavailable("the provider did not answer"),
    ],
)
def test_whatever_is_not_a_clear_yes_is_unknown_and_asked_again(answer):
    with pytest.raises(Unavailable):
        close(answer)
