"""Webhooks of payment providers: verify the bytes, book the fact, answer. No framework, nothing else.

applied, duplicate, nothing new, misfit (booked)   200   sending it again cannot help
not signed, stale, unreadable                      4xx   nothing was written
reference unknown, table busy                      503   please send it again
"""

import json
from http import HTTPStatus
from typing import Any

from functions.webhooks import SECRETS_SECONDS, header_of, raw_bytes, sandbox_secrets
from functions.wiring import logger, metrics, now, shop
from shared.commands import Outcome
from shared.errors import NotFound, OrderError, TooLarge, UnknownReference
from shared.payment import signatures
from shared.payment.attempts import record_notice
from shared.payment.notices import Notice, PaymentNotice
from shared.payment.providers import sandbox
from shared.payment.refunds import record_refund

BODY_BYTES_MAX = 256 * 1024
PROBLEM_JSON = "application/problem+json"


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    try:
        status, result = HTTPStatus.OK, received(event)
    except OrderError as refused:
        status, result = HTTPStatus(refused.status), refused.code
    metrics.add_metric(name=f"Webhook{result.title().replace('_', '')}", unit="Count", value=1)
    logger.info("webhook", provider="sandbox", outcome=result)
    return {
        "statusCode": status.value,
        "headers": {"content-type": "application/json" if status < HTTPStatus.BAD_REQUEST else PROBLEM_JSON},
        "body": json.dumps({"status": status.value, "code": result, "title": status.phrase}),
    }


def received(event: dict[str, Any]) -> str:
    """Book what the message says and return how that went. Raises the refusals of the module's table."""
    if event.get("pathParameters", {}).get("provider") != sandbox.NAME or not shop().settings.sandbox_url:
        raise NotFound("no such provider")
    raw = raw_bytes(event)
    if len(raw) > BODY_BYTES_MAX:
        raise TooLarge("the body is too large")
    moment = now()
    secrets = sandbox_secrets(moment // SECRETS_SECONDS)
    signatures.verify(header_of(event, signatures.HEADER), raw, now=moment, secrets=secrets)
    notice = sandbox.interpret(raw)
    if notice is None:
        return "no_effect"
    try:
        outcome = booked(notice)
    except NotFound as unknown:
        raise UnknownReference("no order has this reference") from unknown
    if outcome.is_repeat:
        return "duplicate"
    return "applied" if outcome.change else "no_effect"


def booked(notice: Notice) -> Outcome:
    if isinstance(notice, PaymentNotice):
        return record_notice(shop(), notice, now=now())
    return record_refund(shop(), notice, now=now())
