"""What somebody makes of a genuine notice of WeChat Pay, who cannot sign, or cannot seal; and what nobody can read."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from local.providers import keys
from tests.functions.notices import document_of
from tests.functions.provider import Message

Forge = Callable[[Message], Message]
SERIAL, STAMP = "wechatpay-serial", "wechatpay-timestamp"
NONCE, SIGNATURE, KIND = "wechatpay-nonce", "wechatpay-signature", "wechatpay-signature-type"
STRANGERS_KEY = b"vutsrqponmlkjihgfedcba9876543210"


def header(name: str, change: Callable[[str], str | None]) -> Forge:
    """The genuine message under another header; None leaves it out."""

    def forge(m: Message) -> Message:
        changed = m.headers | {name: change(m.headers[name])}
        return m._replace(headers={n: v for n, v in changed.items() if v is not None})

    return forge


def body(change: Callable[[bytes], bytes]) -> Forge:
    return lambda m: m._replace(body=change(m.body))


def signed_anew(
    owner: str = "wechatpay_public_key",
    serial: str = keys.PUBLIC_KEY_ID,
    *,
    seconds: int = 0,
    how: object = None,
    digest: object = None,
    raw: Callable[[Message], bytes] = lambda m: m.body,
) -> Forge:
    """Signed by *owner*, so many *seconds* from when it was made; as it should be, unless it is said otherwise."""

    def forge(m: Message) -> Message:
        stamp = str(int(m.headers[STAMP]) + seconds)
        text = f"{stamp}\n{m.headers[NONCE]}\n".encode() + raw(m) + b"\n"
        sign = keys.pair(owner).sign(text, how or PKCS1v15(), digest or SHA256())  # type: ignore[arg-type]
        told = {SERIAL: serial, STAMP: stamp, SIGNATURE: base64.b64encode(sign).decode()}
        return m._replace(headers=m.headers | told, body=raw(m))

    return forge


def opened(m: Message) -> dict[str, Any]:
    """What is sealed in the notice."""
    box = document_of(m)["resource"]
    seal, nonce = AESGCM(keys.API_V3_KEY.encode()), box["nonce"].encode()
    plain = seal.decrypt(nonce, base64.b64decode(box["ciphertext"]), box["associated_data"].encode())
    trade: dict[str, Any] = json.loads(plain)
    return trade


def resealed(plain: bytes, m: Message, key: bytes = keys.API_V3_KEY.encode()) -> bytes:
    """The notice with *plain* sealed in it."""
    whole = document_of(m)
    box = whole["resource"]
    sealed = AESGCM(key).encrypt(box["nonce"].encode(), plain, box["associated_data"].encode())
    return json.dumps(whole | {"resource": box | {"ciphertext": base64.b64encode(sealed).decode()}}).encode()


def box_with(**changes: object) -> Forge:
    """Genuinely signed, around a resource with other members."""

    def raw(m: Message) -> bytes:
        whole = document_of(m)
        return json.dumps(whole | {"resource": whole["resource"] | changes}).encode()

    return signed_anew(raw=raw)


def trade_with(**changes: object) -> Forge:
    """Genuinely signed and sealed, around a payment with other members; None leaves one out."""

    def raw(m: Message) -> bytes:
        trade = {n: v for n, v in (opened(m) | changes).items() if v is not None}
        return resealed(json.dumps(trade).encode(), m)

    return signed_anew(raw=raw)


def flipped(m: Message) -> bytes:
    whole = document_of(m)
    sealed = bytearray(base64.b64decode(whole["resource"]["ciphertext"]))
    sealed[40] ^= 1
    whole["resource"]["ciphertext"] = base64.b64encode(bytes(sealed)).decode()
    return json.dumps(whole).encode()


FORGED: dict[str, Forge] = {
    "a bit of the ciphertext": lambda m: m._replace(body=flipped(m)),
    "sealed anew, not signed anew": lambda m: m._replace(body=resealed(json.dumps(opened(m)).encode(), m)),
    "one bit of the body": body(lambda raw: bytes([raw[0] ^ 1]) + raw[1:]),
    "a space behind the body": body(lambda raw: raw + b" "),
    "a line end behind the body": body(lambda raw: raw + b"\n"),
    "cut short": body(lambda raw: raw[:-1]),
    "an empty body": body(lambda _: b""),
    "the same JSON written anew": body(lambda raw: json.dumps(json.loads(raw), indent=1).encode()),
    "a byte order mark": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "compressed": body(lambda raw: gzip.compress(raw, mtime=0)),
    "a later stamp": header(STAMP, lambda stamp: str(int(stamp) + 1)),
    "five minutes old": signed_anew(seconds=-300),
    "five minutes ahead": signed_anew(seconds=300),
    "from 1970": signed_anew(seconds=-1_795_300_000),
    "a stamp in milliseconds": header(STAMP, lambda stamp: f"{stamp}000"),
    "a stamp of words": header(STAMP, lambda _: "now"),
    "a stamp twice": header(STAMP, lambda stamp: f"{stamp},{stamp}"),
    "no stamp": header(STAMP, lambda _: None),
    "another nonce": header(NONCE, lambda nonce: nonce[::-1] + "x"),
    "no nonce": header(NONCE, lambda _: None),
    "the serial of the other key": header(SERIAL, lambda _: keys.PLATFORM_SERIAL),
    "the other key under this serial": signed_anew("wechatpay_certificate"),
    "an unknown serial": signed_anew(serial="7D" * 20),
    "an unknown public key": signed_anew(serial="PUB_KEY_ID_0119000001092025"),
    "a serial that is a path": header(SERIAL, lambda _: "../../etc/passwd"),
    "our own certificate": signed_anew("merchant", keys.MERCHANT_SERIAL),
    "our own key under its serial": signed_anew("merchant"),
    "another platform's key": signed_anew("alipay"),
    "no serial": header(SERIAL, lambda _: None),
    "SHA-1": signed_anew(digest=SHA1()),
    "PSS padding": signed_anew(how=PSS(MGF1(SHA256()), PSS.MAX_LENGTH)),
    "no signature": header(SIGNATURE, lambda _: None),
    "an empty signature": header(SIGNATURE, lambda _: ""),
    "a signature cut short": header(SIGNATURE, lambda sign: sign[:-4]),
    "garbage for a signature": header(SIGNATURE, lambda _: "****"),
    "a signature twice": header(SIGNATURE, lambda sign: f"{sign},{sign}"),
    "WeChat Pay's own probe": header(SIGNATURE, lambda sign: "WECHATPAY/SIGNTEST/" + sign[19:]),
    "another kind of signature": header(KIND, lambda _: "WECHATPAY2-SM2-WITH-SM3"),
    "an empty kind of signature": header(KIND, lambda _: ""),
}
UNREADABLE: dict[str, Forge] = {  # WeChat Pay signed it, for us or for somebody else.
    "another merchant's notice": signed_anew(
        raw=lambda m: resealed(json.dumps(opened(m)).encode(), m, STRANGERS_KEY)
    ),
    "a bit of the ciphertext": signed_anew(raw=flipped),
    "an open resource": signed_anew(
        raw=lambda m: json.dumps(document_of(m) | {"resource": opened(m)}).encode()
    ),
    "no resource": signed_anew(raw=lambda m: json.dumps(document_of(m) | {"resource": None}).encode()),
    "another type of resource": signed_anew(
        raw=lambda m: json.dumps(document_of(m) | {"resource_type": "plain"}).encode()
    ),
    "a weaker seal": box_with(algorithm="AEAD_AES_128_GCM"),
    "another nonce of the seal": box_with(nonce="000000000000"),
    "a longer nonce": box_with(nonce="0" * 16),
    "other associated data": box_with(associated_data="refund"),
    "a key twice": signed_anew(raw=lambda m: m.body[:-1] + b',"id":"EV-1"}'),
    "the amount twice": signed_anew(
        raw=lambda m: resealed(json.dumps(opened(m)).encode()[:-1] + b',"amount":{"total":1}}', m)
    ),
    "a text for the amount": trade_with(amount={"total": "1", "currency": "CNY"}),
    "true for the amount": trade_with(amount={"total": True, "currency": "CNY"}),
    "a fraction": trade_with(amount={"total": 1.0, "currency": "CNY"}),
    "no money": trade_with(amount={"total": 0, "currency": "CNY"}),
    "negative money": trade_with(amount={"total": -1, "currency": "CNY"}),
    "more than there is": trade_with(amount={"total": 10**12 + 1, "currency": "CNY"}),
    "no amount": trade_with(amount=None),
    "no transaction": trade_with(transaction_id=None),
    "no order": trade_with(out_trade_no=None),
    "an order that is a key": trade_with(out_trade_no="ORDER#1"),
}
