"""The sandbox: a provider that moves no money, with the manners of one that does.

It posts ``{"id", "type", "created", "data"}``, signed as ``shared.signatures`` says, to
``/webhooks/payments/sandbox``. Types: ``payment.succeeded``, ``payment.captured`` (so far), ``payment.reversed``
(so far), ``payment.failed``, ``refund.succeeded``, ``refund.failed`` and ``dispute.opened``, ``.withdrawn``,
``.reinstated``, ``.won``, ``.lost``. It answers ``GET /payments/{reference}``, ``POST .../close``,
``POST /refunds`` (idempotent by ``refund_id``) and ``GET /refunds/{refund_id}``. Off, and refusing everything,
where no ``SANDBOX_URL`` is configured; so always in prod.
"""

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from shared import signatures
from shared.errors import Malformed, TooLarge, Unavailable
from shared.model import Payment, Refund
from shared.money import AMOUNT_MAX, Money
from shared.outside import Answer, Outside
from shared.payment.facts import (
    FAILURES,
    DisputeFact,
    DisputeKind,
    Fact,
    PaymentFact,
    PaymentKind,
    RefundFact,
    RefundOutcome,
)
from shared.payment.port import (
    BODY_BYTES_MAX,
    IS_SUCCESS,
    SECONDS,
    STATUS,
    Headers,
    Manners,
    Notice,
    PayKind,
    PayWith,
    Reply,
    Told,
)
from shared.strict_json import read_object

NAME = "sandbox"
ACCOUNT = "sandbox-ordercycle"
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_PAYMENTS = {
    "payment.succeeded": PaymentKind.PAID,
    "payment.captured": PaymentKind.PART,
    "payment.reversed": PaymentKind.REVERSED,
    "payment.failed": PaymentKind.FAILED,
}
_REFUNDS = {
    "succeeded": RefundOutcome.SUCCEEDED,
    "pending": RefundOutcome.PENDING,
    "failed": RefundOutcome.FAILED,
}
_DISPUTES = {f"dispute.{kind}": kind for kind in DisputeKind if kind is not DisputeKind.WARNED}


class Sandbox:
    """*secrets*: any of them may have signed; *url*: where it answers."""

    name = NAME
    manners = Manners()

    def __init__(self, secrets: tuple[bytes, ...], url: str) -> None:
        self._secrets, self._url = secrets, url

    # --- what it posts ---

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge("the body is too large")
        found = [value for name, value in headers if name.lower() == signatures.HEADER]
        header = found[0] if len(found) == 1 else None
        signatures.verify(header, raw_body, now=now, secrets=self._secrets)
        return Notice(NAME, read_object(raw_body), now)

    def interpret(self, notice: Notice) -> tuple[Fact, ...]:
        kind, data = notice.message.get("type"), notice.message.get("data")
        if not isinstance(kind, str) or kind.partition(".")[0] not in ("payment", "refund", "dispute"):
            return ()
        if not isinstance(data, dict):
            raise Malformed("data is missing")
        event_id = _text(notice.message, "id")
        if kind in _PAYMENTS:
            return (_payment_fact(event_id, _PAYMENTS[kind], data),)
        if data.get("account") != ACCOUNT:
            return ()  # Somebody else's refund: whatever its number says, it is not our money.
        if kind in _DISPUTES:
            return (_dispute_fact(event_id, _DISPUTES[kind], data),)
        outcome = _REFUNDS.get(kind.removeprefix("refund."))
        return (_refund_fact(event_id, outcome, data),) if outcome else ()

    def acknowledge(self, outcome: Told) -> Reply:
        if outcome in IS_SUCCESS:
            return Reply(HTTPStatus.OK, "application/json", '{"status": 200}')
        status = STATUS[outcome]
        return Reply(status, "application/problem+json", json.dumps({"status": status}))

    # --- what we ask it ---

    def create(self, outside: Outside, payment: Payment, *, now: int) -> PayWith:
        return PayWith(PayKind.REDIRECT, f"{self._url}/payments/{payment.reference}")

    def query(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        return self._how_it_stands(payment, self._get(outside, f"/payments/{quote(payment.reference)}"))

    def close(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        answer = self._post(outside, f"/payments/{quote(payment.reference)}/close", {})
        fact = self._how_it_stands(payment, answer)
        if fact is None and answer.get("status") != "closed":
            raise Unavailable("the provider's answer is not understood")
        return fact if fact is None or fact.kind is PaymentKind.PAID else None

    def refund(self, outside: Outside, payment: Payment, refund: Refund, *, now: int) -> RefundFact:
        money = Money(refund.amount_minor, refund.currency)
        body = {
            "refund_id": refund.provider_refund_id,
            "reference": payment.reference,
            "transaction_id": refund.transaction_id,
            "amount": {"amount": money.amount_minor, "currency": money.currency},
        }
        outcome = self._post(outside, "/refunds", body).get("status")
        return _asked(payment, refund, outcome)

    def query_refund(
        self, outside: Outside, payment: Payment, refund: Refund, *, now: int
    ) -> RefundFact | None:
        outcome = self._get(outside, f"/refunds/{quote(refund.provider_refund_id)}").get("status")
        return None if outcome == "unknown" else _asked(payment, refund, outcome)

    def _how_it_stands(self, payment: Payment, answer: dict[str, Any]) -> PaymentFact | None:
        status, paid = answer.get("status"), answer.get("payment")
        money, number = Money(payment.amount_minor, payment.currency), ""
        if status == "open":
            return None
        kind = PaymentKind.CLOSED
        if status == "paid":
            try:
                kind, money, number = PaymentKind.PAID, _money(paid), _text(paid, "transaction_id")
            except Malformed as garbled:
                raise Unavailable("the provider's answer is not understood") from garbled
        elif status != "closed":
            raise Unavailable("the provider's answer is not understood")
        return PaymentFact(NAME, "", payment.reference, kind, number, money, is_our_account=True)

    def _get(self, outside: Outside, path: str) -> dict[str, Any]:
        return _understood(outside.http("GET", self._url + path, headers={}, body=b"", seconds=SECONDS))

    def _post(self, outside: Outside, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers, raw = {"content-type": "application/json"}, json.dumps(body).encode()
        return _understood(outside.http("POST", self._url + path, headers=headers, body=raw, seconds=SECONDS))


def _understood(answer: Answer) -> dict[str, Any]:
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the provider answered {answer.status}")
    try:
        return read_object(answer.body)
    except Malformed as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled


def _asked(payment: Payment, refund: Refund, outcome: Any) -> RefundFact:
    if not isinstance(outcome, str) or outcome not in _REFUNDS:
        raise Unavailable("the provider's answer is not understood")
    money = Money(refund.amount_minor, refund.currency)
    number, told = refund.provider_refund_id, _REFUNDS[outcome]
    failure = "unknown" if told is RefundOutcome.FAILED else ""
    return RefundFact(NAME, "", number, told, money, payment.reference, failure=failure)


def _payment_fact(event_id: str, kind: PaymentKind, data: dict[str, Any]) -> PaymentFact:
    return PaymentFact(
        provider=NAME,
        event_id=event_id,
        reference=_text(data, "reference"),
        kind=kind,
        transaction_id=_text(data, "transaction_id") if kind is not PaymentKind.FAILED else "",
        money=_money(data),
        is_our_account=data.get("account") == ACCOUNT,
        failure=_reason(data) if kind is PaymentKind.FAILED else "",
    )


def _refund_fact(event_id: str, outcome: RefundOutcome, data: dict[str, Any]) -> RefundFact:
    failure = _reason(data) if outcome is RefundOutcome.FAILED else ""
    transaction = _text(data, "transaction_id") if "transaction_id" in data else ""
    number, money = _text(data, "refund_id"), _money(data)
    return RefundFact(NAME, event_id, number, outcome, money, transaction_id=transaction, failure=failure)


def _dispute_fact(event_id: str, kind: DisputeKind, data: dict[str, Any]) -> DisputeFact:
    reference, dispute_id = _text(data, "reference"), _text(data, "dispute_id")
    return DisputeFact(NAME, event_id, dispute_id, kind, _money(data), reference)


def _text(data: Any, name: str) -> str:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Malformed(f"{name} is not an id")
    return value


def _reason(data: dict[str, Any]) -> str:
    """Why it failed, in our words; what is not one of them stays outside."""
    reason = data.get("reason")
    return reason if isinstance(reason, str) and reason in FAILURES else "unknown"


def _money(data: Any) -> Money:
    amount = data.get("amount") if isinstance(data, dict) else None
    if not isinstance(amount, dict):
        raise Malformed("amount is missing")
    value, currency = amount.get("amount"), amount.get("currency")
    if type(value) is not int or not 0 < value <= AMOUNT_MAX:
        raise Malformed("amount is not a number of minor units")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise Malformed("currency is not a code")
    return Money(value, currency)
