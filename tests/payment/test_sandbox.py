"""The sandbox: what it posts is verified and read strictly, what it answers is believed only when it is clear."""

import hmac
import json
from hashlib import sha256

import pytest

from shared.errors import Malformed, SignatureInvalid, TooLarge, Unavailable
from shared.money import AMOUNT_MAX, Money
from shared.outside import Answer
from shared.payment.facts import (
    FAILURES,
    DisputeFact,
    DisputeKind,
    PaymentFact,
    PaymentKind,
    RefundFact,
    RefundOutcome,
)
from shared.payment.port import BODY_BYTES_MAX, Manners, Notice, PayKind, PayWith, Reply, Told
from shared.payment.providers.sandbox import Sandbox
from tests.builders import ORDER_ID, an_order_being_paid, an_order_with_a_refund

NOW, SECRET, URL = 1_800_000_000, b"sandbox-secret-1", "http://sandbox.invalid"
REFERENCE, R01 = f"{ORDER_ID}01", f"{ORDER_ID}R01"
SANDBOX = Sandbox((SECRET,), URL)
YUAN = Money(13_500, "CNY")
PAID = {
    "id": "evt_1",
    "type": "payment.succeeded",
    "created": NOW,
    "data": {
        "reference": REFERENCE,
        "transaction_id": "tx_1",
        "account": "sandbox-ordercycle",
        "amount": {"amount": 13_500, "currency": "CNY"},
    },
}
DROPPED = object()


def posted(kind="payment.succeeded", **changes):
    """What the sandbox posts, with members of its data changed or dropped."""
    data = {name: value for name, value in (PAID["data"] | changes).items() if value is not DROPPED}
    return PAID | {"type": kind, "data": data}


def read(message):
    return SANDBOX.interpret(Notice("sandbox", message, NOW))


def signed(body, *, name="ordercycle-signature", secret=SECRET, at=NOW):
    digest = hmac.new(secret, f"{at}.".encode() + body, sha256).hexdigest()
    return [("Content-Type", "application/json"), (name, f"t={at},v1={digest}")]


# --- what it posts ---


def test_a_signed_message_is_believed_and_says_when_it_was():
    body = json.dumps(PAID).encode()

    assert SANDBOX.verify(signed(body), body, NOW) == Notice("sandbox", PAID, NOW)
    assert SANDBOX.verify(signed(body, name="Ordercycle-Signature"), body, NOW + 300).message == PAID


def test_a_message_with_no_signature_or_two_is_refused():
    body = json.dumps(PAID).encode()
    one = signed(body)[1]
    for headers in ([], [one, one], signed(body, secret=b"guess"), signed(body, at=NOW - 301)):
        with pytest.raises(SignatureInvalid):
            SANDBOX.verify(headers, body, NOW)


def test_a_body_that_is_too_large_is_not_even_looked_at():
    with pytest.raises(TooLarge):
        SANDBOX.verify([], b" " * (BODY_BYTES_MAX + 1), NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'{"a":1,"a":2}', b"\xff"])
def test_a_signed_message_that_is_no_json_object_is_refused(body):
    with pytest.raises(Malformed):
        SANDBOX.verify(signed(body), body, NOW)


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        ("payment.succeeded", PaymentKind.PAID),
        ("payment.captured", PaymentKind.PART),
        ("payment.reversed", PaymentKind.REVERSED),
    ],
)
def test_a_payment_is_read(kind, means):
    assert read(posted(kind)) == (PaymentFact("sandbox", "evt_1", REFERENCE, means, "tx_1", YUAN, True),)


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        *((reason, reason) for reason in sorted(FAILURES)),
        ("balance_too_low", "unknown"),
        ("Li Lei has no money", "unknown"),
        ("\ud800", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (["insufficient_balance"], "unknown"),
        (DROPPED, "unknown"),
    ],
)
def test_a_refused_payment_is_read_with_a_code_for_its_reason_and_without_a_transaction(reason, failure):
    (fact,) = read(posted("payment.failed", reason=reason, transaction_id=DROPPED))

    assert (fact.kind, fact.transaction_id, fact.failure) == (PaymentKind.FAILED, "", failure)


@pytest.mark.parametrize(
    ("kind", "outcome", "failure"),
    [
        ("refund.succeeded", RefundOutcome.SUCCEEDED, ""),
        ("refund.pending", RefundOutcome.PENDING, ""),
        ("refund.failed", RefundOutcome.FAILED, "unknown"),
    ],
)
def test_a_refund_is_read(kind, outcome, failure):
    (fact,) = read(posted(kind, refund_id=R01))

    expected = RefundFact("sandbox", "evt_1", R01, outcome, YUAN, transaction_id="tx_1", failure=failure)
    assert fact == expected


@pytest.mark.parametrize("kind", ["opened", "withdrawn", "reinstated", "won", "lost"])
def test_a_dispute_is_read(kind):
    (fact,) = read(posted(f"dispute.{kind}", dispute_id="dp_1"))

    assert fact == DisputeFact("sandbox", "evt_1", "dp_1", DisputeKind(kind), YUAN, REFERENCE)


@pytest.mark.parametrize("account", ["somebody-else", "", None, DROPPED, 1, "SANDBOX-ORDERCYCLE"])
def test_another_account_is_not_ours(account):
    (fact,) = read(posted(account=account))

    assert fact.is_our_account is False
    assert read(posted("refund.succeeded", refund_id=R01, account=account)) == ()
    assert read(posted("dispute.opened", dispute_id="dp_1", account=account)) == ()


@pytest.mark.parametrize(
    "kind",
    ["customer.created", "PAYMENT.SUCCEEDED", "refund.maybe", "", None, 1, []],
)
def test_what_does_not_concern_us_says_nothing(kind):
    assert read(posted(kind)) == ()


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
        read(posted(**changes))


@pytest.mark.parametrize("data", [None, [], "data", 1])
def test_a_message_without_data_is_refused(data):
    with pytest.raises(Malformed, match="data is missing"):
        read(PAID | {"data": data})


@pytest.mark.parametrize("event_id", [None, "", 7, "evt 1", "e" * 65])
def test_a_message_without_a_number_is_refused(event_id):
    with pytest.raises(Malformed, match="id is not an id"):
        read(PAID | {"id": event_id})


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (Told.APPLIED, 200),
        (Told.DUPLICATE, 200),
        (Told.NO_EFFECT, 200),
        (Told.QUARANTINED, 200),
        (Told.PARKED, 503),
        (Told.BUSY, 503),
        (Told.REFUSED, 401),
        (Told.TOO_LARGE, 413),
    ],
)
def test_the_answer_says_whether_to_send_it_again_and_never_why(told, status):
    reply = SANDBOX.acknowledge(told)

    kind = "application/json" if status == 200 else "application/problem+json"
    assert reply == Reply(status, kind, json.dumps({"status": status}))


# --- what we ask it ---


class Street:
    """Stands where ``Outside`` stands: gives one answer, and remembers what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def http(self, method, url, *, headers, body, seconds):
        assert seconds == 4
        assert headers == ({"content-type": "application/json"} if method == "POST" else {})
        self.asked.append((f"{method} {url.removeprefix(URL)}", json.loads(body) if body else None))
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, Answer):
            return self.answer
        return Answer(200, json.dumps(self.answer).encode())


def asked(question, answer, *rows):
    street = Street(answer)
    return getattr(SANDBOX, question)(street, *rows, now=NOW), street.asked


PAYMENT = an_order_being_paid().row("PAY#01")
REFUNDED = an_order_with_a_refund()
ABOUT = (REFUNDED.row("PAY#01"), REFUNDED.row("REFUND#01"))
PAID_BEFORE = {
    "status": "paid",
    "payment": {"transaction_id": "tx_9", "amount": {"amount": 17_100, "currency": "CNY"}, "paid_at": 1},
}
PAID_FACT = PaymentFact("sandbox", "", REFERENCE, PaymentKind.PAID, "tx_9", Money(17_100, "CNY"), True)
NOT_CLEAR = [
    {},
    {"status": "maybe"},
    {"status": ["closed"]},
    Answer(500, b"{}"),
    Answer(404, b'{"status": "closed"}'),
    Answer(302, b'{"status": "closed"}'),
    Answer(200, b"<html>"),
    Answer(200, b""),
    Answer(200, b'["closed"]'),
    Answer(200, b'{"status": "closed", "status": "closed"}'),
    Unavailable("the provider did not answer"),
]


def test_it_can_be_asked_anything_at_any_time():
    assert (SANDBOX.name, SANDBOX.manners) == ("sandbox", Manners())


def test_the_buyer_is_sent_to_its_page_and_it_is_not_even_asked():
    pay_with, questions = asked("create", None, PAYMENT)

    assert pay_with == PayWith(PayKind.REDIRECT, f"{URL}/payments/{REFERENCE}")
    assert questions == []


def test_what_is_closed_brings_no_money():
    fact, questions = asked("close", {"status": "closed"}, PAYMENT)

    assert fact is None
    assert questions == [(f"POST /payments/{REFERENCE}/close", {})]


def test_what_was_paid_before_it_could_be_closed_is_a_payment_like_any_other():
    assert asked("close", PAID_BEFORE, PAYMENT)[0] == PAID_FACT


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        ({"status": "open"}, None),
        (PAID_BEFORE, PAID_FACT),
        (
            {"status": "closed"},
            PAID_FACT._replace(kind=PaymentKind.CLOSED, transaction_id=""),
        ),
    ],
)
def test_how_a_page_stands_is_told(answer, fact):
    assert asked("query", answer, PAYMENT) == (fact, [(f"GET /payments/{REFERENCE}", None)])


@pytest.mark.parametrize("answer", [*NOT_CLEAR, {"status": "paid"}, {"status": "paid", "payment": "tx_9"}])
@pytest.mark.parametrize("question", ["close", "query"])
def test_whatever_is_not_clear_is_unknown_and_asked_again(question, answer):
    with pytest.raises(Unavailable):
        asked(question, answer, PAYMENT)


def test_a_page_that_is_still_open_after_it_was_to_be_closed_is_unknown():
    with pytest.raises(Unavailable):
        asked("close", {"status": "open"}, PAYMENT)


def test_a_refund_is_asked_for_under_our_number():
    fact, questions = asked("refund", {"status": "succeeded"}, *ABOUT)

    body = {
        "refund_id": R01,
        "reference": REFERENCE,
        "transaction_id": "tx_1",
        "amount": {"amount": 2_500, "currency": "CNY"},
    }
    assert questions == [("POST /refunds", body)]
    done, money = RefundOutcome.SUCCEEDED, Money(2_500, "CNY")
    assert fact == RefundFact("sandbox", "", R01, done, money, REFERENCE)


@pytest.mark.parametrize(
    ("status", "outcome", "failure"),
    [("succeeded", "succeeded", ""), ("pending", "pending", ""), ("failed", "failed", "unknown")],
)
@pytest.mark.parametrize("question", ["refund", "query_refund"])
def test_how_a_refund_went_is_told(question, status, outcome, failure):
    fact, _ = asked(question, {"status": status}, *ABOUT)

    assert (fact.outcome, fact.failure, fact.number) == (outcome, failure, R01)


def test_a_refund_that_it_has_never_heard_of_is_told_apart_from_no_answer():
    assert asked("query_refund", {"status": "unknown"}, *ABOUT) == (None, [(f"GET /refunds/{R01}", None)])
    with pytest.raises(Unavailable):
        asked("refund", {"status": "unknown"}, *ABOUT)


@pytest.mark.parametrize("answer", NOT_CLEAR)
@pytest.mark.parametrize("question", ["refund", "query_refund"])
def test_an_answer_about_a_refund_that_is_not_clear_is_no_answer(question, answer):
    with pytest.raises(Unavailable):
        asked(question, answer, *ABOUT)
