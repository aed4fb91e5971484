"""What Alipay posts to us: a form, read strictly, and the text in it that is signed (open.alipay.com).

Two readers must never see two things in one signed text. A repeated field is refused: the last one wins for one reader,
the first for another. So is a value that holds ``&name=``: the signed text joins ``name=value`` with ``&`` and escapes
nothing, so ``subject=x&total_amount=9.00`` is one field, or two. Without both, every text has one reading at most.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from shared.errors import Malformed, SignatureInvalid, TooLarge
from shared.payment.keys import AlipayKeys
from shared.payment.port import BODY_BYTES_MAX, Headers
from shared.payment.rsa import verify

FIELDS_MAX = 100
MEDIA_TYPE = "application/x-www-form-urlencoded"
SIGN_TYPE = "RSA2"
UNSIGNED = ("sign", "sign_type")
_NAME = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_HIDDEN_FIELD = re.compile(r"&[0-9A-Za-z_]{1,64}=", re.ASCII)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)


def authentic_fields(keys: AlipayKeys, headers: Headers, raw_body: bytes) -> dict[str, str]:
    """The signed fields of a post, when Alipay signed it. Raises ``SignatureInvalid``, ``Malformed``, ``TooLarge``.

    Its age is not judged: whether a resend renews ``notify_time`` is unknown. What comes twice is booked once.
    """
    if len(raw_body) > BODY_BYTES_MAX:
        raise TooLarge
    _check_headers(headers)
    fields = _read(raw_body)
    if not fields.get("sign"):
        raise Malformed("there is no signature")
    signature = signature_of(fields["sign"])
    signed = {name: value for name, value in fields.items() if name not in UNSIGNED}
    message = signed_text(signed).encode()
    is_genuine = any(verify(pem, message, signature) for pem in keys.public_keys)
    if not is_genuine or fields.get("sign_type") != SIGN_TYPE:
        raise SignatureInvalid
    return signed


def signed_text(fields: Mapping[str, str]) -> str:
    """What is signed: the fields in the order of their names, as they read, not as they travelled.

    >>> signed_text({"total_amount": "1.00", "app_id": "2021"})
    'app_id=2021&total_amount=1.00'
    """
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def signature_of(text: str) -> bytes:
    """The bytes of a signature in base64, of which there is one spelling. Raises ``SignatureInvalid``."""
    try:
        signature = b64decode(text, validate=True)
    except ValueError:
        raise SignatureInvalid from None
    if b64encode(signature).decode() != text:
        raise SignatureInvalid
    return signature


def _check_headers(headers: Headers) -> None:
    """One content type, a form in UTF-8, not compressed.

    Alipay writes ``application/x-www-form-urlencoded; text/html; charset=UTF-8``, which is no media type by the book
    (expressjs/body-parser, issue 137), so parameters other than a charset are passed over.
    """
    types = [value for name, value in headers if name.lower() == "content-type"]
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    if len(types) != 1 or any(encoding.strip().lower() != "identity" for encoding in encodings):
        raise Malformed("this is not a plain form")
    media_type, *parameters = (part.strip().lower() for part in types[0].split(";"))
    charsets = [part for part in parameters if part.startswith("charset")]
    if media_type != MEDIA_TYPE or charsets not in ([], ["charset=utf-8"], ['charset="utf-8"']):
        raise Malformed("this is not a form in UTF-8")


def _read(raw_body: bytes) -> dict[str, str]:
    if raw_body.count(b"&") >= FIELDS_MAX:
        raise Malformed("the form has too many fields")
    fields: dict[str, str] = {}
    for pair in raw_body.split(b"&"):
        name, equals, value = (_decoded(part) for part in pair.partition(b"="))
        if not equals or not _NAME.fullmatch(name) or name in fields:
            raise Malformed("a field of the form has no name, no value, or stands there twice")
        if _HIDDEN_FIELD.search(value):
            raise Malformed("a field of the form can be read as two")
        fields[name] = value
    if fields.get("charset", "utf-8").lower() != "utf-8":
        raise Malformed("the form says that it is not UTF-8")
    return fields


def _decoded(part: bytes) -> str:
    try:
        text = part.decode("ascii")
        if _BAD_ESCAPE.search(text):
            raise Malformed("a percent sign escapes nothing")
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Malformed("the form is not UTF-8") from cause
