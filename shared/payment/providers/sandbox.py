"""The sandbox: a provider that moves no money, with the manners of one that does.

It posts ``{"id", "type", "created", "data"}``, signed as ``shared.payment.signatures`` says, to
``/webhooks/payments/sandbox``. Types: ``payment.succeeded``, ``payment.failed``, ``refund.succeeded``,
``refund.failed``. It answers ``POST /payments/{reference}/close`` and ``POST /refunds`` (idempotent by
``refund_id``). Off, and refusing everything, where no ``SANDBOX_URL`` is configured; so always in prod.
"""

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from shared.errors import Malformed, Unavailable
from shared.model import Payment, Refund
from shared.money import AMOUNT_MAX, Money
from shared.outside import Answer, Outside
from shared.payment.notices import Notice, PaymentNotice, RefundNotice
from shared.strict_json import read_object

NAME = "sandbox"
ACCOUNT = "sandbox-ordercycle"
SECONDS = 4
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_CODE = re.compile(r"[a-z_]{1,40}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_REFUND_ANSWERS = ("succeeded", "pending", "failed")


def interpret(raw_body: bytes) -> Notice | None:
    """Read an authentic message. None: it says nothing that concerns us. Raises ``Malformed``."""
    message = read_object(raw_body)
    kind, data = message.get("type"), message.get("data")
    if kind not in ("payment.succeeded", "payment.failed", "refund.succeeded", "refund.failed"):
        return None
    if not isinstance(data, dict):
        raise Malformed("data is missing")
    event_id = _text(message, "id")
    if kind.startswith("refund."):
        if data.get("account") != ACCOUNT:
            return None  # Somebody else's refund: whatever its number says, it is not our money.
        outcome = kind.removeprefix("refund.")
        return RefundNotice(NAME, event_id, _text(data, "refund_id"), outcome, _money(data))
    return PaymentNotice(
        provider=NAME,
        event_id=event_id,
        reference=_text(data, "reference"),
        is_success=kind == "payment.succeeded",
        transaction_id=_text(data, "transaction_id") if kind == "payment.succeeded" else "",
        money=_money(data),
        is_our_account=data.get("account") == ACCOUNT,
        failure=_reason(data) if kind == "payment.failed" else "",
    )


def close(outside: Outside, url: str, payment: Payment) -> PaymentNotice | None:
    """Ask that *payment* can no longer be made. None: it is closed. A notice: it was made.

    Raises ``Unavailable`` when the answer is unknown: then nothing may be assumed.
    """
    answer = _post(outside, f"{url}/payments/{quote(payment.reference)}/close", {})
    if answer.get("status") == "closed":
        return None
    paid = answer.get("payment")
    if answer.get("status") != "paid" or not isinstance(paid, dict):
        raise Unavailable("the provider's answer is not understood")
    return PaymentNotice(
        NAME, "", payment.reference, True, _text(paid, "transaction_id"), _money(paid), is_our_account=True
    )


def refund(outside: Outside, url: str, payment: Payment, wanted: Refund) -> RefundNotice:
    """Send money back under our number, the same for every attempt. Raises ``Unavailable``: ask again."""
    money = Money(wanted.amount_minor, wanted.currency)
    body = {
        "refund_id": wanted.provider_refund_id,
        "reference": payment.reference,
        "transaction_id": wanted.transaction_id,
        "amount": {"amount": money.amount_minor, "currency": money.currency},
    }
    outcome = _post(outside, f"{url}/refunds", body).get("status")
    if outcome not in _REFUND_ANSWERS:
        raise Unavailable("the provider's answer is not understood")
    return RefundNotice(NAME, "", wanted.provider_refund_id, outcome, money)


def _post(outside: Outside, url: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    answer: Answer = outside.http(
        "POST", url, headers=headers, body=json.dumps(body).encode(), seconds=SECONDS
    )
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the provider answered {answer.status}")
    try:
        return read_object(answer.body)
    except Malformed as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Malformed(f"{name} is not an id")
    return value


def _reason(data: dict[str, Any]) -> str:
    """The provider's code for why a payment failed; anything that is not a code stays outside."""
    reason = data.get("reason")
    return reason if isinstance(reason, str) and _CODE.fullmatch(reason) else "unknown"


def _money(data: dict[str, Any]) -> Money:
    amount = data.get("amount")
    if not isinstance(amount, dict):
        raise Malformed("amount is missing")
    value, currency = amount.get("amount"), amount.get("currency")
    if type(value) is not int or not 0 < value <= AMOUNT_MAX:
        raise Malformed("amount is not a number of minor units")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise Malformed("currency is not a code")
    return Money(value, currency)
