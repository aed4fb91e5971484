"""What somebody makes of a genuine notice of Alipay, who may post, and cannot sign; and what nobody can read."""

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_from_bytes, urlencode

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, SHA512

from local.providers import keys
from tests.functions.notices import fields_of
from tests.functions.provider import Message

Forge = Callable[[Message], Message]
FORM = "application/x-www-form-urlencoded"


def other(**changes: str | None) -> Forge:
    """The genuine signature over other fields; None leaves one out."""
    return lambda m: m._replace(body=form({**fields_of(m), **changes}))


def form(fields: Mapping[str, str | None]) -> bytes:
    return urlencode({name: value for name, value in fields.items() if value is not None}).encode()


def body(change: Callable[[bytes], bytes]) -> Forge:
    return lambda m: m._replace(body=change(m.body))


def signature(change: Callable[[str], str]) -> Forge:
    return lambda m: m._replace(body=form(fields_of(m) | {"sign": change(fields_of(m)["sign"])}))


def text_of(fields: dict[str, str | None], left_out: tuple[str, ...] = ("sign", "sign_type")) -> bytes:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in left_out).encode()


def signed_anew(
    owner: str = "alipay",
    text: Callable[[dict[str, str | None]], bytes] = text_of,
    how: object = None,
    digest: object = None,
    **changes: str | None,
) -> Forge:
    """Signed by *owner*, over *text* of the fields; by Alipay as it should be, unless it is said otherwise."""

    def forge(m: Message) -> Message:
        own: dict[str, str | None] = {n: v for n, v in (fields_of(m) | changes).items() if v is not None}
        raw = keys.pair(owner).sign(text(own), how or PKCS1v15(), digest or SHA256())  # type: ignore[arg-type]
        return m._replace(body=form(own | {"sign": base64.b64encode(raw).decode()}))

    return forge


def headers(**changes: str | None) -> Forge:
    """Other headers above the genuine form; None leaves one out."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return lambda m: m._replace(headers={n: v for n, v in (m.headers | named).items() if v is not None})


def hidden(m: Message) -> Message:
    """The genuine text, cut into other fields: what stood before the amount swallows it."""
    fields = fields_of(m)
    before = sorted(fields)[sorted(fields).index("total_amount") - 1]
    fields[before] += f"&total_amount={fields.pop('total_amount')}"
    return m._replace(body=form(dict(fields)))


FORGED: dict[str, Forge] = {
    "another amount": other(total_amount="0.01"),
    "another order": other(out_trade_no="0" * 28),
    "another app": other(app_id="2021000100000002"),
    "another seller": other(seller_id="2088000100000002"),
    "another status": other(trade_status="TRADE_FINISHED"),
    "another transaction": other(trade_no="2026112222001000000000000099"),
    "another notice": other(notify_id="2026112200222000000000000000000099"),
    "a later time": other(notify_time="2031-01-01 00:00:00"),
    "a field more": other(refund_fee="0.01"),
    "an empty field more": other(refund_fee=""),
    "a field less": other(buyer_id=None),
    "a space in a field": other(subject="x "),
    "no signature": other(sign=None),
    "an empty signature": signature(lambda _: ""),
    "garbage for a signature": signature(lambda _: "****"),
    "a signature of zeros": signature(lambda _: base64.b64encode(bytes(256)).decode()),
    "a signature cut short": signature(lambda sign: sign[:-4]),
    "one letter of the signature": signature(lambda sign: ("B" if sign[0] == "A" else "A") + sign[1:]),
    "a signature with a line end": signature(lambda sign: sign + "\n"),
    "a signature in the alphabet of addresses": signature(lambda s: "-" + s.replace("+", "-")[1:]),
    "no kind of signature": other(sign_type=None),
    "the weak kind of signature": other(sign_type="RSA"),
    "signed with our own key": signed_anew("merchant"),
    "signed with another platform's key": signed_anew("wechatpay_public_key"),
    "SHA-1": signed_anew(digest=SHA1()),
    "SHA-1, and says so": signed_anew(digest=SHA1(), sign_type="RSA"),
    "MD5": signed_anew(digest=MD5()),
    "SHA-512": signed_anew(digest=SHA512()),
    "PSS padding": signed_anew(how=PSS(MGF1(SHA256()), PSS.MAX_LENGTH)),
    "the kind of signature signed, too": signed_anew(text=lambda f: text_of(f, ("sign",))),
    "signed as it travels": signed_anew(text=lambda f: form({n: v for n, v in f.items() if n != "sign"})),
    "a cheap amount before the genuine one": body(lambda raw: b"total_amount=0.01&" + raw),
    "a cheap amount behind it": body(lambda raw: raw + b"&total_amount=0.01"),
    "the amount twice, one name escaped": body(lambda raw: b"total%5Famount=0.01&" + raw),
    "an amount that another field swallows": hidden,
    "the signature twice": lambda m: m._replace(
        body=m.body + b"&sign=" + quote(fields_of(m)["sign"]).encode()
    ),
    "an empty body": body(lambda _: b""),
    "cut short": body(lambda raw: raw[:-9]),
    "an ampersand more": body(lambda raw: raw + b"&"),
    "a byte order mark": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "in UTF-16": body(lambda raw: raw.decode().encode("utf-16")),
    "compressed": body(lambda raw: gzip.compress(raw, mtime=0)),
    "compressed, and says so": lambda m: headers(content_encoding="gzip")(
        m._replace(body=gzip.compress(m.body, mtime=0))
    ),
    "the fields as JSON": lambda m: m._replace(body=json.dumps(fields_of(m)).encode()),
    "JSON, and says so": lambda m: m._replace(
        body=json.dumps(fields_of(m)).encode(), headers={"content-type": "application/json"}
    ),
    "a form that says it is text": headers(content_type="text/plain"),
    "no media type": headers(content_type=None),
    "a form in GBK": headers(content_type=f"{FORM}; charset=GBK"),
    "parts of a form": headers(content_type="multipart/form-data; boundary=x"),
}
UNREADABLE: dict[str, Forge] = {  # Alipay, or somebody who holds its key, said this.
    "a tenth of a fen": signed_anew(total_amount="1.001"),
    "an amount in powers": signed_anew(total_amount="1e3"),
    "a negative amount": signed_anew(total_amount="-1.00"),
    "no money": signed_anew(total_amount="0.00"),
    "an amount with a comma": signed_anew(total_amount="1,000.00"),
    "an amount in wide digits": signed_anew(total_amount="１.00"),
    "not a number": signed_anew(total_amount="NaN"),
    "endless money": signed_anew(total_amount="9" * 40),
    "an empty amount": signed_anew(total_amount=""),
    "without an amount": signed_anew(total_amount=None),
    "without a transaction": signed_anew(trade_no=None),
    "a transaction with a slash": signed_anew(trade_no="a/b"),
    "an empty order": signed_anew(out_trade_no=""),
    "an order that is a key": signed_anew(out_trade_no="ORDER#1"),
    "without a notice's number": signed_anew(notify_id=None),
    "not UTF-8": body(lambda raw: raw + b"&x=" + quote_from_bytes("茶".encode("gbk")).encode()),
}
