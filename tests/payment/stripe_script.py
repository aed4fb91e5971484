"""Stripe as a test lets it answer: scripted, in turn, with everything we asked it remembered."""

import json
from urllib.parse import parse_qsl, urlsplit

from shared.errors import Unavailable
from shared.lifecycle import PaymentState, RefundState
from shared.model import Payment, Refund
from shared.money import Money
from shared.outside import Answer, Outside
from shared.payment.facts import PaymentFact, RefundFact, RefundOutcome
from tests.payment.stripe_signer import (
    INTENT,
    NOW,
    REFERENCE,
    REFUND,
    an_intent,
)

HOUR = 3_600
OPEN_INTENT = an_intent(status="requires_payment_method", amount_received=0)
CANCELED_INTENT = an_intent(status="canceled", amount_received=0)
MAKE = ("POST", "/v1/payment_intents")
READ = ("GET", f"/v1/payment_intents/{INTENT}")
CANCEL = ("POST", f"/v1/payment_intents/{INTENT}/cancel")
SEARCH = ("GET", "/v1/payment_intents/search")
SEND_BACK = ("POST", "/v1/refunds")
LIST = ("GET", "/v1/refunds")
SILENCE = Unavailable("the provider did not answer")
NOT_UNDERSTOOD = {
    "an error of theirs": Answer(500, b'{"error": {"type": "api_error"}}'),
    "bad gateway": Answer(502, b"<html>"),
    "too many calls": Answer(429, b'{"error": {"type": "invalid_request_error", "code": "rate_limit"}}'),
    "the key is in use": Answer(
        409, b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}'
    ),
    "the key stood for something else": Answer(400, b'{"error": {"type": "idempotency_error"}}'),
    "too many calls, as it used to be told": Answer(
        400, b'{"error": {"type": "invalid_request_error", "code": "rate_limit"}}'
    ),
    "a lock": Answer(400, b'{"error": {"type": "invalid_request_error", "code": "lock_timeout"}}'),
    "the wrong mode": Answer(
        400, b'{"error": {"type": "invalid_request_error", "code": "testmode_charges_only"}}'
    ),
    "our key is wrong": Answer(401, b'{"error": {"type": "invalid_request_error"}}'),
    "our key may not": Answer(403, b'{"error": {"type": "invalid_request_error"}}'),
    "no such thing": Answer(404, b'{"error": {"type": "invalid_request_error", "code": "resource_missing"}}'),
    "a redirect": Answer(302, b"{}"),
    "not 200": Answer(202, json.dumps(OPEN_INTENT).encode()),
    "a refusal without a reason": Answer(400, b"{}"),
    "a refusal of an unknown kind": Answer(400, b'{"error": {"type": "of_tomorrow"}}'),
    "a refusal that is no object": Answer(400, b'{"error": "no"}'),
    "not JSON": Answer(200, b"<html>"),
    "nothing": Answer(200, b""),
    "cut": Answer(200, json.dumps(OPEN_INTENT).encode()[:-1]),
    "a list": Answer(200, b"[]"),
    "an empty object": {},
    "a key twice": Answer(200, b'{"id": "a", "id": "b"}'),
    "too deep": Answer(200, b'{"a":' * 40 + b"{}" + b"}" * 40),
    "silence": SILENCE,
}


class Script(Outside):
    """An outside where Stripe gives the answers it was given, in turn, and remembers what it was asked."""

    def __init__(self, *answers):
        super().__init__()
        self.answers = list(answers)
        self.asked = []  # (method, path), fields, headers
        self.send = self._send

    @property
    def calls(self):
        return [call for call, _, _ in self.asked]

    def _send(self, method, request):
        assert self.answers, f"nobody expected {method} {request['url']}"
        assert request["seconds"] == 4
        at = urlsplit(request["url"])
        assert (at.scheme, at.netloc) == ("https", "stripe.invalid")
        assert not (at.query and request["body"])
        sent = at.query or request["body"].decode()
        fields = dict(parse_qsl(sent, strict_parsing=True)) if sent else {}
        self.asked.append(((method, at.path), fields, dict(request["headers"])))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(200, json.dumps(answer).encode())


def refused(code=None, status=400, **more):
    error = {"type": "invalid_request_error", "code": code, "message": "Li Lei has no money"} | more
    return Answer(status, json.dumps({"error": error}).encode())


def listed(*found, has_more=False):
    return {"object": "list", "data": list(found), "has_more": has_more, "url": "/v1/refunds"}


def a_payment(**changes):
    known = {
        "number": 1,
        "provider": "stripe",
        "reference": REFERENCE,
        "amount_minor": 17_100,
        "currency": "USD",
        "state": PaymentState.OPEN,
        "started_at": NOW - 60,
        "transaction_id": INTENT,
    }
    return Payment(**(known | changes))


def an_answerless_payment(**changes):
    """The answer to its creation was lost: we do not know its id."""
    return a_payment(transaction_id=None, **changes)


def our_refund(**changes):
    known = {
        "number": 1,
        "refund_id": REFUND,
        "payment": 1,
        "transaction_id": INTENT,
        "amount_minor": 6_300,
        "currency": "USD",
        "reason": "cancelled",
        "state": RefundState.REQUESTED,
        "requested_at": NOW - 5,
    }
    return Refund(**(known | changes))


def a_fact(kind, amount_minor, **changes):
    return PaymentFact("stripe", "", REFERENCE, kind, INTENT, Money(amount_minor, "USD"), True)._replace(
        **changes
    )


def a_refund_fact(outcome=RefundOutcome.SUCCEEDED, failure=""):
    return RefundFact("stripe", "", REFUND, outcome, Money(6_300, "USD"), REFERENCE, INTENT, failure)
