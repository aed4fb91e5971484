"""Alipay's gateway protocol, from Alipay's side: reading what we signed, and signing what it says.

Sources: Alipay's open platform documentation of RSA2 signatures, common parameters and asynchronous notices.
"""

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode

from local.providers import keys
from local.providers.wire import Reply, Request, compact

BEIJING = timezone(timedelta(hours=8))
TIMESTAMP = "%Y-%m-%d %H:%M:%S"
SKEW_SECONDS = 15 * 60
YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
NEEDED = {
    "app_id": "isv.missing-app-id",
    "method": "isv.missing-method",
    "sign_type": "isv.missing-signature-type",
    "sign": "isv.missing-signature",
    "timestamp": "isv.missing-timestamp",
    "version": "isv.missing-version",
}
FIXED = {
    "app_id": (keys.APP_ID, "isv.invalid-app-id"),
    "sign_type": ("RSA2", "isv.invalid-signature-type"),
    "version": ("1.0", "isv.invalid-version"),
    "charset": ("utf-8", "isv.invalid-charset"),
    "format": ("JSON", "isv.invalid-format"),
}


class GatewayRefusal(Exception):
    """The call failed, with Alipay's own code and sub_code."""

    def __init__(self, code: str, sub_code: str, message: str = "") -> None:
        super().__init__(sub_code)
        self.node = {
            "code": code,
            "msg": MESSAGES[code],
            "sub_code": sub_code,
            "sub_msg": message or sub_code,
        }


MESSAGES = {
    "10000": "Success",
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
}


def business(sub_code: str, message: str = "") -> GatewayRefusal:
    """Return the refusal of a call that was understood."""
    return GatewayRefusal("40004", sub_code, message)


def parameters(request: Request) -> dict[str, str]:
    """Return what was asked, in the query, in a form, or in both."""
    try:
        form = request.body.decode("utf-8")
        pairs = [
            *parse_qsl(request.query, True, True, errors="strict"),
            *(parse_qsl(form, True, True, errors="strict") if form else []),
        ]
    except ValueError as unreadable:
        raise GatewayRefusal("40002", "isv.invalid-encoding") from unreadable
    found = dict(pairs)
    if len(found) != len(pairs):
        raise GatewayRefusal("40002", "isv.repeated-parameter")
    return found


def check(asked: dict[str, str], now: float) -> None:
    """Refuse what our app did not sign, or did not sign just now. Raises ``GatewayRefusal``."""
    for name, sub_code in NEEDED.items():
        if not asked.get(name):
            raise GatewayRefusal("40001", sub_code)
    for name, (value, sub_code) in FIXED.items():
        if asked.get(name, value) != value:
            raise GatewayRefusal("40002", sub_code)
    signed = "&".join(f"{name}={asked[name]}" for name in sorted(asked) if name != "sign" and asked[name])
    if not keys.is_signed_by("merchant", signed.encode(), asked["sign"]):
        raise GatewayRefusal("40002", "isv.invalid-signature", "验签出错，请检查待签名串与密钥")
    age = now - moment(asked["timestamp"], "isv.invalid-timestamp")
    is_page = asked["method"] == "alipay.trade.page.pay"  # A payer may open the page later.
    if age < -SKEW_SECONDS or (age > SKEW_SECONDS and not is_page):
        raise GatewayRefusal("40002", "isv.invalid-timestamp")


def content(asked: dict[str, str]) -> dict[str, Any]:
    """Return what the call is about. Raises ``GatewayRefusal``."""
    try:
        value = json.loads(asked.get("biz_content", ""))
    except ValueError as unreadable:
        raise GatewayRefusal("40002", "isv.invalid-parameter", "biz_content") from unreadable
    if not isinstance(value, dict) or not all(isinstance(v, str | list) for v in value.values()):
        raise GatewayRefusal("40002", "isv.invalid-parameter", "biz_content")
    return value


def needed(asked: dict[str, Any], name: str, pattern: str) -> str:
    """Return one member of the content, of this shape. Raises ``GatewayRefusal``."""
    value = asked.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise business("ACQ.INVALID_PARAMETER", name)
    return value


def moment(text: str, sub_code: str) -> float:
    """Return a time of Beijing as seconds since 1970. Raises ``GatewayRefusal``."""
    try:
        return datetime.strptime(text, TIMESTAMP).replace(tzinfo=BEIJING).timestamp()
    except ValueError as unreadable:
        raise GatewayRefusal("40002", sub_code) from unreadable


def beijing(when: float) -> str:
    """Return a moment as Alipay writes it: Beijing time, no zone."""
    return datetime.fromtimestamp(when, BEIJING).strftime(TIMESTAMP)


def fen(asked: dict[str, Any], name: str) -> int:
    """Return an amount of yuan in fen. Raises ``GatewayRefusal``."""
    match = YUAN.fullmatch(str(asked.get(name, "")))
    amount = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if not 0 < amount <= 10_000_000_000:
        raise business("ACQ.INVALID_PARAMETER", name)
    return amount


def yuan(amount: int) -> str:
    """Return fen as yuan with two decimals."""
    return f"{amount // 100}.{amount % 100:02}"


def answered(method: str, node: dict[str, Any], *, is_signed: bool = True) -> Reply:
    """Return the gateway's answer: what it says, and the signature over exactly that text."""
    name = f"{method.replace('.', '_')}_response" if method else "error_response"
    text = compact(node)
    sign = f',"sign":"{keys.sign("alipay", text)}"' if is_signed else ""
    body = b'{"' + name.encode() + b'":' + text + sign.encode() + b"}"
    return Reply(200, body, {"content-type": "text/html;charset=utf-8"})


def sealed(fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """Return a notice as a form. Signed is every field but sign and sign_type, decoded and sorted."""
    signed = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    whole = {**fields, "sign_type": "RSA2", "sign": keys.sign("alipay", signed.encode())}
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    return {"content-type": kind, "user-agent": "Mozilla/4.0"}, urlencode(whole).encode()
