"""Stripe's protocol, from Stripe's side: nested forms, idempotency keys, errors, and signed events.

Sources: Stripe's API reference (errors, idempotent requests, pagination) and its page on webhook signatures.
"""

import base64
import hashlib
import hmac
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from local.providers import keys
from local.providers.books import DAY
from local.providers.wire import Reply, Request, as_json, compact

KEY_CHARACTERS_MAX = 255
PART = re.compile(r"\[([^\[\]]*)\]")


class StripeRefusal(Exception):
    """An error as Stripe tells it. *is_kept*: it is the answer to this idempotency key from now on."""

    def __init__(self, status: int, kind: str, message: str, *, is_kept: bool = True, **members: Any) -> None:
        super().__init__(message)
        self.status, self.is_kept = status, is_kept
        self.value = {"error": {**members, "message": message, "type": kind}}


def invalid(message: str, **members: Any) -> StripeRefusal:
    """Return the refusal of a parameter. No idempotency key remembers it."""
    return StripeRefusal(400, "invalid_request_error", message, is_kept=False, **members)


def broken() -> StripeRefusal:
    """Return Stripe's own failure. The idempotency key remembers it."""
    return StripeRefusal(500, "api_error", "An unknown error occurred")


def missing(kind: str, name: str, param: str) -> StripeRefusal:
    """Return the refusal of an id that names nothing."""
    message = f"No such {kind}: '{name}'"
    return StripeRefusal(404, "invalid_request_error", message, code="resource_missing", param=param)


class Kept(NamedTuple):
    """The first answer under an idempotency key."""

    at: float
    asked: tuple[Any, ...]
    status: int
    value: dict[str, Any]


def check(request: Request) -> None:
    """Refuse who does not show our secret key. Raises ``StripeRefusal``."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        try:
            token = base64.b64decode(token, validate=True).decode().removesuffix(":")
        except ValueError:
            token = ""
    if scheme not in ("Bearer", "Basic") or not hmac.compare_digest(
        token.encode(), keys.STRIPE_SECRET_KEY.encode()
    ):
        raise StripeRefusal(401, "invalid_request_error", "Invalid API Key provided", is_kept=False)


def pairs(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the parameters as they were sent, sorted. Raises ``StripeRefusal``."""
    if request.method == "POST" and request.query:
        raise invalid("Parameters of a POST belong into its body")
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded")
    if request.body and not kind.startswith("application/x-www-form-urlencoded"):
        raise invalid("The body must be a form")
    try:
        text = request.body.decode() if request.method == "POST" else request.query
        return tuple(sorted(parse_qsl(text, True, bool(text), errors="strict")))
    except ValueError as unreadable:
        raise invalid("The parameters cannot be read") from unreadable


def form_of(sent: tuple[tuple[str, str], ...], *known: str) -> dict[str, Any]:
    """Return nested parameters, ``a[b]=1`` as ``{"a": {"b": "1"}}``. Raises ``StripeRefusal``."""
    form: dict[str, Any] = {}
    for name, value in sent:
        head, _, rest = name.partition("[")
        if head not in known:
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        place, path = form, [head, *PART.findall(f"[{rest}")] if rest else [head]
        for step in path[:-1]:
            place = place.setdefault(step, {})
        if path[-1] in place:
            raise invalid(f"Repeated parameter: {name}", param=name)
        place[path[-1]] = value
    return form


def whole(form: dict[str, Any], name: str) -> int:
    """Return a number of the smallest unit. Raises ``StripeRefusal``."""
    text = form.get(name, "")
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,12}", text):
        raise invalid(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    if not 0 < int(text) <= 99_999_999:
        code = "amount_too_large" if int(text) else "parameter_invalid_integer"
        raise invalid("Amount must be positive, and no more than 999,999.99", code=code, param=name)
    return int(text)


def metadata(form: dict[str, Any]) -> dict[str, str]:
    """Return what the merchant attached. Raises ``StripeRefusal``."""
    value = form.get("metadata", {})
    if not isinstance(value, dict) or not all(isinstance(v, str) and len(v) <= 500 for v in value.values()):
        raise invalid("Invalid metadata", param="metadata")
    return value


def remembered(kept: dict[str, Kept], key: str, asked: tuple[Any, ...], now: float) -> Reply | None:
    """Return the first answer under *key*, if there was one in the last 24 hours. Raises ``StripeRefusal``."""
    if len(key) > KEY_CHARACTERS_MAX:
        raise invalid("The Idempotency-Key is longer than 255 characters")
    for old in [name for name, first in kept.items() if now >= first.at + DAY]:
        del kept[old]
    first = kept.get(key)
    if first is None:
        return None
    if first.asked != asked:
        message = f"Keys for idempotent requests can only be used with the parameters of the first: '{key}'"
        raise StripeRefusal(400, "idempotency_error", message, is_kept=False)
    return as_json(first.status, first.value, {"idempotent-replayed": "true", "idempotency-key": key})


def signed(body: bytes, now: float) -> dict[str, str]:
    """Return the headers of an event: the key is the whole text of the secret, whsec_ included."""
    message = f"{int(now)}.".encode() + body
    mac = hmac.new(keys.STRIPE_WEBHOOK_SECRET.encode(), message, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "stripe-signature": f"t={int(now)},v1={mac}",
    }


def page(objects: list[dict[str, Any]], form: dict[str, Any], url: str) -> dict[str, Any]:
    """Return one page of a list, newest first. Raises ``StripeRefusal``."""
    limit = form.get("limit", "10")
    if not isinstance(limit, str) or not re.fullmatch(r"[0-9]{1,3}", limit) or not 1 <= int(limit) <= 100:
        raise invalid("limit must be from 1 to 100", param="limit")
    begin, after = 0, form.get("starting_after")
    if after is not None:
        ids = [each["id"] for each in objects]
        if after not in ids:
            raise missing("refund", str(after), "starting_after")
        begin = ids.index(after) + 1
    end = begin + int(limit)
    return {"object": "list", "data": objects[begin:end], "has_more": end < len(objects), "url": url}


def event_body(content: dict[str, Any]) -> bytes:
    """Return an event's bytes: the same however often it is sent."""
    return compact(content)
