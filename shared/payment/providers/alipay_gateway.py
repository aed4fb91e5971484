"""Ask Alipay: every question goes to one address, signed by us, and its answer is signed by Alipay (open.alipay.com).

    POST gateway   app_id, method, biz_content (JSON), timestamp (Beijing), ..., sign
    {"alipay_trade_query_response": {"code": "10000", ...}, "sign": "<over the node as it stands there>"}

An answer that is not signed is none, also when it only says that something failed: else whoever can garble an answer
could make us believe that a trade does not exist, and release goods that are being paid.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from shared.errors import Malformed, SignatureInvalid, Unavailable
from shared.outside import Outside
from shared.payment.keys import AlipayKeys
from shared.payment.port import SECONDS
from shared.payment.providers.alipay_form import MEDIA_TYPE, SIGN_TYPE, signature_of, signed_text
from shared.payment.providers.alipay_trade import beijing
from shared.payment.rsa import sign, verify
from shared.strict_json import read_object

WORKED = "10000"
REFUSED = (
    "40004"  # For a reason of the business, in sub_code. Every other code: it is not known what was done.
)
SPACE = " \t\r\n"


def signed_request(
    keys: AlipayKeys, method: str, content: Mapping[str, Any], *, now: int, notify_url: str = ""
) -> str:
    """A question as a form. It is signed over all of its fields, ``sign_type`` included, unlike a notice."""
    fields = {
        "app_id": keys.app_id,
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": SIGN_TYPE,
        "timestamp": beijing(now),
        "version": "1.0",
        "biz_content": json.dumps(content, separators=(",", ":")),
    }
    if notify_url:
        fields["notify_url"] = notify_url
    signature = b64encode(sign(keys.private_key, signed_text(fields).encode())).decode()
    return urlencode({**fields, "sign": signature})


def ask(
    outside: Outside, keys: AlipayKeys, gateway: str, method: str, content: Mapping[str, Any], *, now: int
) -> dict[str, Any]:
    """What Alipay answers: code 10000, or 40004 with its sub_code. Raises ``Unavailable`` for everything else."""
    answer = outside.http(
        "POST",
        gateway,
        headers={"content-type": f"{MEDIA_TYPE};charset=utf-8"},
        body=signed_request(keys, method, content, now=now).encode(),
        seconds=SECONDS,
    )
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the provider answered {answer.status}")
    try:
        node = _authentic_node(keys, answer.body, f"{method.replace('.', '_')}_response")
    except (Malformed, SignatureInvalid) as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled
    if node.get("code") not in (WORKED, REFUSED):
        raise Unavailable("the provider could not answer")
    return node


def _authentic_node(keys: AlipayKeys, body: bytes, name: str) -> dict[str, Any]:
    members = read_object(body)
    node, signature = members.get(name), members.get("sign")
    if not isinstance(node, dict) or not isinstance(signature, str):
        raise SignatureInvalid
    message = _raw_member(body.decode(), name).encode()
    signed = signature_of(signature)
    if not any(verify(pem, message, signed) for pem in keys.public_keys):
        raise SignatureInvalid
    return node


def _raw_member(text: str, wanted: str) -> str:
    """The member *wanted* of a JSON object as it stands in *text*, which was read before, so has it, once.

    >>> _raw_member('{"a": "}", "b": {"c":  "\\\\u007b"} }', "b")
    '{"c":  "\\\\u007b"}'
    """
    read = json.JSONDecoder().raw_decode
    end = text.index("{") + 1
    while True:
        name, end = read(text, _next(text, end, SPACE + ","))
        start = _next(text, end, SPACE + ":")
        _, end = read(text, start)
        if name == wanted:
            return text[start:end]


def _next(text: str, at: int, passed_over: str) -> int:
    while text[at] in passed_over:
        at += 1
    return at
