"""One HTTP call to Stripe, and what its answer may mean: yes, a definite no, or unknown.

    yes      200: the object asked for
    no       400 or 402 with a reason of its own: ``Refused``; nothing was done, and the same call is refused again
    unknown  everything else, and whatever is not JSON of that shape: ``Unavailable``

Bodies are form-encoded, answers are JSON. They are not signed: TLS says whose they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from shared.errors import Malformed, Unavailable
from shared.outside import Outside
from shared.payment.port import SECONDS
from shared.payment.providers.stripe_failures import failure_of
from shared.payment.providers.stripe_objects import DEPTH_MAX, Object, member
from shared.strict_json import read_object

VERSION = "2026-10-28.endive"  # The API version that Stripe's Python SDK 16.1.0 is written for.
_NOS = (HTTPStatus.BAD_REQUEST, HTTPStatus.PAYMENT_REQUIRED)
_NOT_ABOUT_MONEY = {  # A 400 that is about haste, or about our set-up: it may be done another time.
    "api_key_expired",
    "idempotency_key_in_use",
    "livemode_mismatch",
    "lock_timeout",
    "platform_api_key_expired",
    "rate_limit",
    "secret_key_required",
    "testmode_charges_only",
    "tls_version_unsupported",
}


class Refused(Exception):
    """Stripe's definite no. Never leaves the adapter."""

    def __init__(self, error: Object) -> None:
        super().__init__("Stripe refused")
        self.error = error

    def failure(self, table: Mapping[str, str]) -> str:
        """One of ``facts.FAILURES``. To refund more than is left has had no code of its own: then *param* tells."""
        found = failure_of(table, self.error.get("decline_code"), self.error.get("code"))
        if found == "unknown" and self.error.get("param") == "amount":
            return "amount_refused"
        return found


@dataclass(frozen=True)
class Connection:
    """To whom we speak, and as whom."""

    secret_key: str
    host: str

    def get(self, outside: Outside, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Raises ``Unavailable``. Never ``Refused``: a question that is refused is not answered."""
        at = f"{path}?{urlencode(query)}" if query else path
        try:
            return self._ask(outside, "GET", at, {}, b"")
        except Refused as refused:
            raise Unavailable("the provider refused a question") from refused

    def post(
        self, outside: Outside, path: str, fields: Mapping[str, str] | None = None, *, key: str = ""
    ) -> dict[str, Any]:
        """*key*: Stripe answers the same again under the same key, errors included, for 24 hours at least."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if key:
            headers["idempotency-key"] = key
        return self._ask(outside, "POST", path, headers, urlencode(fields or {}).encode())

    def _ask(
        self, outside: Outside, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        own = {"authorization": f"Bearer {self.secret_key}", "stripe-version": VERSION}
        answer = outside.http(
            method, f"{self.host}/v1/{path}", headers={**own, **headers}, body=body, seconds=SECONDS
        )
        if answer.status != HTTPStatus.OK and answer.status not in _NOS:
            raise Unavailable(f"the provider answered {answer.status}")
        try:
            said = read_object(answer.body, depth_max=DEPTH_MAX)
            error = member(said, "error")
        except Malformed as garbled:
            raise Unavailable("the provider's answer is not understood") from garbled
        if answer.status == HTTPStatus.OK:
            return said
        if _is_about_money(error):
            raise Refused(error)
        raise Unavailable("the provider did not take the call")


def _is_about_money(error: Object) -> bool:
    """Whether this no is definite. ``idempotency_error``: under this key another thing was asked before."""
    kind, code = error.get("type"), error.get("code")
    if kind not in ("invalid_request_error", "card_error"):
        return False
    return not (isinstance(code, str) and code in _NOT_ABOUT_MONEY)
