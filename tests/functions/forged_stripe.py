"""What somebody makes of a genuine event of Stripe, who does not know the secret; and what nobody can read."""

import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from local.providers import keys
from tests.functions.provider import Message

Forge = Callable[[Message], Message]
HEADER = "stripe-signature"


def parts_of(m: Message) -> tuple[str, str]:
    """The stamp and the signature of a genuine event."""
    stamp, _, mac = m.headers[HEADER].removeprefix("t=").partition(",v1=")
    return stamp, mac


def header(change: Callable[[str, str], str]) -> Forge:
    """The genuine body under another header: *change* is told the stamp and the signature."""
    return lambda m: m._replace(headers=m.headers | {HEADER: change(*parts_of(m))})


def body(change: Callable[[bytes], bytes]) -> Forge:
    return lambda m: m._replace(body=change(m.body))


def signed_anew(
    change: Callable[[bytes], bytes] = lambda raw: raw,
    *,
    secret: str = keys.STRIPE_WEBHOOK_SECRET,
    seconds: int = 0,
    digest: Any = hashlib.sha256,
) -> Forge:
    """Another body, signed; as it should be, unless it is said otherwise."""

    def forge(m: Message) -> Message:
        raw, stamp = change(m.body), int(parts_of(m)[0]) + seconds
        mac = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, digest).hexdigest()
        return m._replace(body=raw, headers=m.headers | {HEADER: f"t={stamp},v1={mac}"})

    return forge


def event_with(**changes: object) -> Forge:
    """Genuinely signed, with other members of the event; None leaves one out."""
    return signed_anew(lambda raw: _written(json.loads(raw) | changes))


def intent_with(**changes: object) -> Forge:
    """Genuinely signed, around a PaymentIntent with other members; None leaves one out."""

    def change(raw: bytes) -> bytes:
        event = json.loads(raw)
        event["data"]["object"] = _without_none(event["data"]["object"], changes)
        return json.dumps(event).encode()

    return signed_anew(change)


def _written(event: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def _without_none(members: dict[str, Any], changes: dict[str, object]) -> dict[str, Any]:
    return {n: v for n, v in (members | changes).items() if n not in changes or v is not None}


def amounts(value: object) -> dict[str, object]:
    return {"amount": value, "amount_received": value}


def in_test_mode(raw: bytes) -> bytes:
    return raw.replace(b'"livemode":true', b'"livemode":false')


FORGED: dict[str, Forge] = {
    "another amount": body(lambda raw: raw.replace(b'"amount_received":', b'"amount_received":1')),
    "another currency": body(lambda raw: raw.replace(b'"cny"', b'"jpy"')),
    "another name": body(lambda raw: raw.replace(b"payment_intent.succeeded", b"payment_intent.canceled")),
    "one bit of the body": body(lambda raw: bytes([raw[0] ^ 1]) + raw[1:]),
    "a line end behind the body": body(lambda raw: raw + b"\n"),
    "cut short": body(lambda raw: raw[:-1]),
    "an empty body": body(lambda _: b""),
    "the same JSON written anew": body(lambda raw: json.dumps(json.loads(raw), indent=2).encode()),
    "a byte order mark": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "in UTF-16": body(lambda raw: raw.decode().encode("utf-16")),
    "compressed": body(lambda raw: gzip.compress(raw, mtime=0)),
    "an event of test mode": signed_anew(in_test_mode),
    "an event of no mode": event_with(livemode=None),
    "a mode that is a text": event_with(livemode="true"),
    "a mode that is a number": event_with(livemode=1),
    "no header": lambda m: m._replace(headers={"content-type": "application/json"}),
    "an empty header": header(lambda _, __: ""),
    "only a stamp": header(lambda t, _: f"t={t}"),
    "only a signature": header(lambda _, mac: f"v1={mac}"),
    "an empty signature": header(lambda t, _: f"t={t},v1="),
    "a signature cut short": header(lambda t, mac: f"t={t},v1={mac[:-1]}"),
    "one digit of the signature": header(
        lambda t, mac: f"t={t},v1={mac[:-1]}{'0' if mac[-1] != '0' else '1'}"
    ),
    "a signature in capitals": header(lambda t, mac: f"t={t},v1={'A' + mac.upper()[1:]}"),
    "a signature of other letters": header(lambda t, mac: f"t={t},v1=é{mac[1:]}"),
    "a signature of zeros": header(lambda t, _: f"t={t},v1={'0' * 64}"),
    "only the fake scheme": header(lambda t, mac: f"t={t},v0={mac}"),
    "a scheme of tomorrow": header(lambda t, mac: f"t={t},v2={mac}"),
    "a blank between": header(lambda t, mac: f"t={t}, v1={mac}"),
    "the stamp twice": header(lambda t, mac: f"t={t},t={t},v1={mac}"),
    "nine signatures": header(lambda t, mac: f"t={t},v1={mac}" + f",v1={'0' * 64}" * 8),
    "a later stamp": header(lambda t, mac: f"t={int(t) + 1},v1={mac}"),
    "a stamp in milliseconds": header(lambda t, mac: f"t={t}000,v1={mac}"),
    "a negative stamp": header(lambda t, mac: f"t=-{t},v1={mac}"),
    "a stamp without end": header(lambda _, mac: f"t={'9' * 200},v1={mac}"),
    "301 seconds old": signed_anew(seconds=-301),
    "301 seconds ahead": signed_anew(seconds=301),
    "another secret": signed_anew(secret="whsec_guess"),
    "no secret": signed_anew(secret=""),
    "the secret without its beginning": signed_anew(secret=keys.STRIPE_WEBHOOK_SECRET[6:]),
    "the API's key": signed_anew(secret=keys.STRIPE_SECRET_KEY),
    "SHA-1": signed_anew(digest=hashlib.sha1),
    "SHA-512": signed_anew(digest=hashlib.sha512),
    "signed without its stamp": lambda m: header(
        lambda t,
        _: f"t={t},v1={hmac.new(keys.STRIPE_WEBHOOK_SECRET.encode(), m.body, hashlib.sha256).hexdigest()}"
    )(m),
}
UNREADABLE: dict[str, Forge] = {  # Stripe, or somebody who holds the secret, said this.
    "a key twice": signed_anew(lambda raw: raw[:-1] + b',"id":"evt_1"}'),
    "the amount twice": signed_anew(
        lambda raw: raw.replace(b'"amount_received":', b'"amount_received":1,"amount_received":')
    ),
    "not JSON": signed_anew(lambda raw: raw[:-1]),
    "an array": signed_anew(lambda raw: b"[" + raw + b"]"),
    "nothing": signed_anew(lambda _: b""),
    "no event": event_with(object="payment_intent"),
    "no number": event_with(id=None),
    "a number with a slash": event_with(id="a/b"),
    "no name": event_with(type=None),
    "no data": event_with(data=None),
    "data that is a list": event_with(data=[]),
    "another object": intent_with(object="charge"),
    "a text for the amount": intent_with(**amounts("9100")),
    "true for the amount": intent_with(**amounts(True)),
    "a fraction": intent_with(**amounts(1.0)),
    "negative money": intent_with(**amounts(-1)),
    "more than there is": intent_with(**amounts(10**12 + 1)),
    "a currency in capitals": intent_with(currency="CNY"),
    "no currency": intent_with(currency=None),
    "a PaymentIntent without a number": intent_with(id=None),
    "a PaymentIntent with a slash": intent_with(id="a/b"),
    "nested without end": signed_anew(lambda raw: raw[:-1] + b',"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}"),
}
