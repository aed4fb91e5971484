"""WeChat Pay's v3 protocol, from WeChat Pay's side: whose request it is, and how answers and notices are signed.

Sources: WeChat Pay's v3 documentation of request signatures, of answers and of encrypted notices.
"""

import base64
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local.providers import keys
from local.providers.wire import Reply, Request, compact

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SKEW_SECONDS = 300
PREFIX = "/_wechatpay"  # Where the laptop serves it: a client may sign the path with it or without.
BEIJING = timezone(timedelta(hours=8))
MEMBER = re.compile(r'(\w+)="([^"]*)"', re.ASCII)
SIGNERS = {
    keys.PLATFORM_SERIAL: "wechatpay_certificate",
    keys.PUBLIC_KEY_ID: "wechatpay_public_key",
}
SIGNS_WITH = {"certificate": (keys.PLATFORM_SERIAL,), "public_key": (keys.PUBLIC_KEY_ID,)}


class ApiRefusal(Exception):
    """An error as WeChat Pay tells it: a status, a code, and a sentence."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.value = status, {"code": code, "message": message or code}


def check(request: Request, now: float) -> None:
    """Refuse what our merchant did not sign just now. Raises ``ApiRefusal``."""
    if "application/json" not in request.headers.get("accept", "application/json"):
        raise ApiRefusal(406, "PARAM_ERROR", "Accept must be application/json")
    if "accept" not in request.headers:
        raise ApiRefusal(400, "PARAM_ERROR", "Accept is missing: application/json")
    if request.body and not request.headers.get("content-type", "").startswith("application/json"):
        raise ApiRefusal(415, "PARAM_ERROR", "Content-Type must be application/json")
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    told = dict(MEMBER.findall(rest))
    if scheme != SCHEME or set(told) != {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}:
        raise ApiRefusal(401, "SIGN_ERROR", "the Authorization header is not one of ours")
    if told["mchid"] != keys.MCHID or told["serial_no"] != keys.MERCHANT_SERIAL:
        raise ApiRefusal(401, "SIGN_ERROR", "no such merchant, or another certificate")
    if (
        not re.fullmatch(r"[0-9]{1,12}", told["timestamp"])
        or abs(now - int(told["timestamp"])) > SKEW_SECONDS
    ):
        raise ApiRefusal(401, "SIGN_ERROR", "the timestamp is too far from now")
    if not any(_is_signed(request, told, prefix) for prefix in ("", PREFIX)):
        raise ApiRefusal(401, "SIGN_ERROR", "the signature is wrong")
    if request.headers.get("wechatpay-serial", keys.PUBLIC_KEY_ID) not in SIGNERS:
        raise ApiRefusal(400, "PARAM_ERROR", "Wechatpay-Serial names no key of ours")


def _is_signed(request: Request, told: dict[str, str], prefix: str) -> bool:
    target = prefix + request.path + (f"?{request.query}" if request.query else "")
    head = f"{request.method}\n{target}\n{told['timestamp']}\n{told['nonce_str']}\n"
    return keys.is_signed_by("merchant", head.encode() + request.body + b"\n", told["signature"])


def signed_headers(body: bytes, *, serial: str, now: float, number: int) -> dict[str, str]:
    """Return the headers that say who sent *body*, when. *number* makes the nonce, so it must be new."""
    timestamp, nonce = str(int(now)), f"{number:032x}"
    signature = keys.sign(SIGNERS[serial], f"{timestamp}\n{nonce}\n".encode() + body + b"\n")
    return {
        "wechatpay-serial": serial,
        "wechatpay-timestamp": timestamp,
        "wechatpay-nonce": nonce,
        "wechatpay-signature": signature,
        "wechatpay-signature-type": SCHEME,
    }


def encrypted(plain: dict[str, Any], *, original: str, number: int) -> dict[str, str]:
    """Return a notice's resource. *number* makes the nonce: never use one twice."""
    nonce = f"{number:012x}"
    sealed = AESGCM(keys.API_V3_KEY.encode()).encrypt(nonce.encode(), compact(plain), original.encode())
    return {
        "original_type": original,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": original,
        "nonce": nonce,
    }


def answer(status: int, value: Any | None, headers: dict[str, str] | None = None) -> Reply:
    """Return an answer, not yet signed; None: with an empty body."""
    body = b"" if value is None else compact(value)
    kind = {} if value is None else {"content-type": "application/json; charset=utf-8"}
    return Reply(status, body, {**kind, **(headers or {})})


def document(request: Request) -> dict[str, Any]:
    """Return the JSON of a request. Raises ``ApiRefusal``."""
    try:
        value = json.loads(request.body)
    except ValueError as unreadable:
        raise ApiRefusal(400, "PARAM_ERROR", "the body is no JSON") from unreadable
    if not isinstance(value, dict):
        raise ApiRefusal(400, "PARAM_ERROR", "the body must be an object")
    return value


def needed(form: dict[str, Any], name: str, pattern: str) -> str:
    """Return a text of this shape. Raises ``ApiRefusal``."""
    value = form.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise ApiRefusal(400, "PARAM_ERROR", name)
    return value


def whole(form: dict[str, Any], name: str) -> int:
    """Return a number of fen. Raises ``ApiRefusal``."""
    value = form.get(name)
    if type(value) is not int or not 0 < value <= 10**12:
        raise ApiRefusal(400, "PARAM_ERROR", name)
    return value


def member(form: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an object. Raises ``ApiRefusal``."""
    value = form.get(name)
    if not isinstance(value, dict):
        raise ApiRefusal(400, "PARAM_ERROR", name)
    return value


def rfc3339(when: float) -> str:
    """Return a moment as WeChat Pay writes it: in Beijing, with the zone."""
    return datetime.fromtimestamp(when, BEIJING).isoformat(timespec="seconds")


def moment(text: Any) -> float:
    """Return a moment of RFC 3339. Raises ``ApiRefusal``."""
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError) as unreadable:
        raise ApiRefusal(400, "PARAM_ERROR", "time_expire") from unreadable
    if when.tzinfo is None:
        raise ApiRefusal(400, "PARAM_ERROR", "time_expire has no zone")
    return when.timestamp()
