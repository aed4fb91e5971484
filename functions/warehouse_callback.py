"""Webhooks of warehouses' systems: verify the bytes, book what they say, answer. No framework, nothing else.

applied, duplicate, no_effect                      200       {"status": ...}
not signed by this warehouse, or not now           401       nothing was written, here and below
unreadable, too large                              400, 413
no such fulfilment of this warehouse (yet)         404
does not fit the parcel                            409, 422  problem+json that names the field
busy, or not clear yet                             503       please send it again

A message is what ``shared.fulfilment.messages`` says. Whatever is no 2xx is sent again for a day.
"""

import json
from typing import Any

from functions.problems import PROBLEM_JSON, language_of, problem_of
from functions.webhooks import headers_of, raw_bytes
from functions.wiring import at_cold_start, logger, metrics, now, partners, shop, tell_difference
from shared import signatures
from shared.errors import Conflict, Malformed, OrderError, SignatureInvalid, TooLarge, Unavailable
from shared.fulfilment.inbox import receive
from shared.fulfilment.messages import Message, Told, read_message

BODY_BYTES_MAX = 64 * 1024
JSON = "application/json"


@at_cold_start
def ready() -> None:
    partners()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    name = event.get("pathParameters", {}).get("warehouse", "")
    about: list[str] = []
    try:
        outcome: str = received(name, event, about)
    except OrderError as refused:
        outcome = _outcome(refused)
        tell_difference(refused)
        _tell(outcome, about, code=refused.code)
        return _refusal(refused, event)
    _tell(outcome, about)
    return {"statusCode": 200, "headers": {"content-type": JSON}, "body": json.dumps({"status": outcome})}


def received(warehouse: str, event: dict[str, Any], about: list[str]) -> Told:
    """Verify and book one message. *about* is filled with what an authentic one names: no person is in it."""
    moment, raw = now(), raw_bytes(event)
    if len(raw) > BODY_BYTES_MAX:
        raise TooLarge(f"at most {BODY_BYTES_MAX} bytes are read")
    _verify(warehouse, event, raw, moment)
    about.append(warehouse)
    message = read_message(raw)
    about += [
        f"{message.place.order_id}-{message.place.sub_order:02}-P{message.place.parcel:02}",
        _kind(message),
    ]
    return receive(shop(), warehouse, message, now=moment)


def _verify(warehouse: str, event: dict[str, Any], raw: bytes, moment: int) -> None:
    """Raises ``SignatureInvalid``, for a warehouse that we do not know, too."""
    keys = partners().warehouses.get(warehouse)
    found = [value for name, value in headers_of(event) if name.lower() == signatures.HEADER]
    header = found[0] if len(found) == 1 else None
    signatures.verify(header, raw, now=moment, secrets=keys.secrets if keys else ())


def _kind(message: Message) -> str:
    return type(message.said).__name__.lower()


def _outcome(refused: OrderError) -> str:
    """``refused``: by whomever it was sent. ``busy``: by us. ``misfit``: authentic, and not to be believed."""
    if isinstance(refused, SignatureInvalid | Malformed | TooLarge):
        return "refused"
    return "busy" if isinstance(refused, Unavailable | Conflict) else "misfit"


def _tell(outcome: str, about: list[str], **more: str) -> None:
    metrics.add_metric(name=f"Warehouse{outcome.title().replace('_', '')}", unit="Count", value=1)
    logger.info("warehouse", outcome=outcome, about=about, **more)


def _refusal(refused: OrderError, event: dict[str, Any]) -> dict[str, Any]:
    language = language_of(event.get("headers", {}))
    problem = problem_of(refused, language)
    headers = {"content-type": PROBLEM_JSON, "content-language": language}
    if isinstance(refused, Unavailable | Conflict):
        problem |= {"status": Unavailable.status}
        headers["retry-after"] = "1"
    body = json.dumps(problem, ensure_ascii=False)
    return {"statusCode": problem["status"], "headers": headers, "body": body}
