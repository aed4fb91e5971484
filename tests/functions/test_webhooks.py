"""Webhooks, as forgers send them: at least fifty ways to be refused, each of which writes nothing."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local.lambdas import forget_what_is_warm
from tests.functions.provider import (
    HOOK,
    PAYABLE,
    Message,
    at,
    deliver,
    event,
    genuine,
    secret,
    signed,
    waiting,
)
from tests.functions.watching import PROBLEM, nothing_happens
from tests.http_world import World

NEW_SECRET = b"the new secret"


@pytest.fixture
def order(world: World) -> str:
    return waiting(world)


Forge = Callable[[World, Message], Message]


def signature(change: Callable[[World, bytes, str, str], str]) -> Forge:
    """A forgery of the header alone: *change* is told the body, the stamp and the signature."""

    def forge(world: World, message: Message) -> Message:
        stamp, _, mac = message.headers["ordercycle-signature"].removeprefix("t=").partition(",v1=")
        return message._replace(headers={"ordercycle-signature": change(world, message.body, stamp, mac)})

    return forge


def body(change: Callable[[bytes], bytes]) -> Forge:
    """The genuine signature above other bytes."""
    return lambda _world, message: message._replace(body=change(message.body))


def signed_at(seconds: int) -> Forge:
    return lambda world, message: signed(message.body, secret(world), at(world, seconds))


def by_key(key: Callable[[World], bytes]) -> Forge:
    return lambda world, message: signed(message.body, key(world), at(world))


def flip(text: str, place: int) -> str:
    return text[:place] + format(int(text[place], 16) ^ 1, "x") + text[place + 1 :]


def hashed(digest: Any) -> Forge:
    return signature(
        lambda w, raw, t, _: f"t={t},v1={hmac.new(secret(w), f'{t}.'.encode() + raw, digest).hexdigest()}"
    )


UNSIGNED: dict[str, Forge] = {
    "no signature": lambda _w, m: m._replace(headers={}),
    "an empty signature": signature(lambda *_: ""),
    "only a stamp": signature(lambda _w, _b, t, _: f"t={t}"),
    "only a mac": signature(lambda _w, _b, _t, mac: f"v1={mac}"),
    "an empty mac": signature(lambda _w, _b, t, _: f"t={t},v1="),
    "the first bit of the mac": signature(lambda _w, _b, t, mac: f"t={t},v1={flip(mac, 0)}"),
    "the last bit of the mac": signature(lambda _w, _b, t, mac: f"t={t},v1={flip(mac, 63)}"),
    "a mac cut in half": signature(lambda _w, _b, t, mac: f"t={t},v1={mac[:32]}"),
    "a mac one digit short": signature(lambda _w, _b, t, mac: f"t={t},v1={mac[:-1]}"),
    "a mac one digit long": signature(lambda _w, _b, t, mac: f"t={t},v1={mac}0"),
    "a mac of zeros": signature(lambda _w, _b, t, _: f"t={t},v1={'0' * 64}"),
    "a mac in capitals": signature(lambda _w, _b, t, mac: f"t={t},v1={mac.upper().replace('0', 'A')}"),
    "a mac in full width": signature(lambda _w, _b, t, mac: f"t={t},v1={mac[:-1]}０"),
    "another scheme": signature(lambda _w, _b, t, mac: f"t={t},v0={mac}"),
    "the scheme in capitals": signature(lambda _w, _b, t, mac: f"t={t},V1={mac}"),
    "the scheme before the stamp": signature(lambda _w, _b, t, mac: f"v1={mac},t={t}"),
    "a bare mac": signature(lambda _w, _b, _t, mac: mac),
    "a GitHub signature": signature(lambda _w, _b, _t, mac: f"sha256={mac}"),
    "a space in it": signature(lambda _w, _b, t, mac: f"t={t}, v1={mac}"),
    "two stamps": signature(lambda _w, _b, t, mac: f"t={t},t={t},v1={mac}"),
    "the header twice": signature(lambda _w, _b, t, mac: f"t={t},v1={mac},t={t},v1={mac}"),
    "five macs": signature(lambda _w, _b, t, mac: f"t={t}" + f",v1={mac}" * 5),
    "a later stamp under the same mac": signature(lambda _w, _b, t, mac: f"t={int(t) + 1},v1={mac}"),
    "a stamp with a zero in front": signature(lambda _w, _b, t, mac: f"t=0{t},v1={mac}"),
    "a negative stamp": signature(lambda _w, _b, t, mac: f"t=-{t},v1={mac}"),
    "a stamp of hundred digits": signature(lambda _w, _b, _t, mac: f"t={'9' * 100},v1={mac}"),
    "a stamp in other digits": signature(lambda _w, _b, _t, mac: f"t=١٢٣,v1={mac}"),
    "another key": by_key(lambda _: b"guess"),
    "an empty key": by_key(lambda _: b""),
    "the key and a line break": by_key(lambda world: secret(world) + b"\n"),
    "a plain hash": signature(
        lambda _w, b, t, _: f"t={t},v1={hashlib.sha256(f'{t}.'.encode() + b).hexdigest()}"
    ),
    "signed without its stamp": signature(
        lambda w, b, t, _: f"t={t},v1={hmac.new(secret(w), b, hashlib.sha256).hexdigest()}"
    ),
    "SHA-1": hashed(hashlib.sha1),
    "SHA-512, cut": signature(
        lambda w,
        b,
        t,
        _: f"t={t},v1={hmac.new(secret(w), f'{t}.'.encode() + b, hashlib.sha512).hexdigest()[:64]}"
    ),
    "301 seconds old": signed_at(-301),
    "301 seconds ahead": signed_at(301),
    "ten minutes old": signed_at(-600),
    "from 1970": lambda world, message: signed(message.body, secret(world), 0),
    "one bit of the body": body(lambda raw: bytes([raw[0], raw[1] ^ 1]) + raw[2:]),
    "a space behind the body": body(lambda raw: raw + b" "),
    "a line break behind the body": body(lambda raw: raw + b"\n"),
    "a byte order mark before it": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "another serialisation": body(lambda raw: json.dumps(json.loads(raw), separators=(",", ":")).encode()),
    "sorted members": body(lambda raw: json.dumps(json.loads(raw), sort_keys=True).encode()),
    "another amount": body(lambda raw: raw.replace(str(PAYABLE).encode(), b"1")),
    "another type": body(lambda raw: raw.replace(b"succeeded", b"failed")),
    "an empty body": body(lambda _: b""),
    "not UTF-8": body(lambda raw: raw.replace(b"txn", b"\xff\xfe\xfd")),
    "in UTF-16": body(lambda raw: raw.decode().encode("utf-16")),
}
assert len(UNSIGNED) >= 25


@pytest.mark.parametrize("name", UNSIGNED)
def test_what_is_not_signed_now_by_the_provider_is_refused_and_writes_nothing(
    world: World, order: str, name: str
) -> None:
    forged = UNSIGNED[name](world, genuine(world, event(reference=f"{order}01")))

    with nothing_happens(world) as calls:
        answer = deliver(world, forged)

    assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.json() == {"status": 401}
    assert calls == []


def test_the_same_header_sent_twice_is_refused(world: World, order: str) -> None:
    message = genuine(world, event(reference=f"{order}01"))
    header = ("ordercycle-signature", message.headers["ordercycle-signature"])

    with nothing_happens(world):
        answer = world.cloud.http("POST", HOOK, [header, header], message.body)

    assert answer.status == 401


def altered(**changes: Any) -> Callable[[bytes], bytes]:
    """Members of the message, and below ``data``, in place of what was there; ``None`` takes one away."""

    def change(raw: bytes) -> bytes:
        told = json.loads(raw)
        for name, value in changes.items():
            place = told if name in told else told["data"]
            place[name] = value
            if value is None:
                del place[name]
        return json.dumps(told).encode()

    return change


def money(amount: object, currency: object = "CNY") -> dict[str, Any]:
    return altered(amount={"amount": amount, "currency": currency})  # type: ignore[return-value]


UNREADABLE: dict[str, Any] = {
    "a key twice": lambda raw: raw.replace(b'"type"', b'"type": "payment.failed", "type"', 1),
    "the amount twice": lambda raw: raw.replace(b'"currency"', b'"amount": 1, "currency"', 1),
    "not JSON": lambda raw: raw[:-1],
    "an array": lambda raw: b"[" + raw + b"]",
    "a text": lambda _: b'"paid"',
    "nothing": lambda _: b"",
    "NaN": lambda raw: raw.replace(str(PAYABLE).encode(), b"NaN"),
    "Infinity": lambda raw: raw.replace(str(PAYABLE).encode(), b"Infinity"),
    "1e400": lambda raw: raw.replace(str(PAYABLE).encode(), b"1e400"),
    "a hundred digits": lambda raw: raw.replace(str(PAYABLE).encode(), b"9" * 100),
    "a fraction": lambda raw: raw.replace(str(PAYABLE).encode(), f"{PAYABLE}.0".encode()),
    "nine deep": lambda raw: raw[:-1] + b', "x": [[[[[[[[[]]]]]]]]]}',
    "Latin-1": lambda raw: raw[:-1] + b', "x": "\xe9"}',
    "gzip": lambda raw: b"\x1f\x8b\x08\x00" + raw,
    "no data": altered(data=None),
    "data that is a list": altered(data=[]),
    "no id": altered(id=None),
    "an id with a slash": altered(id="a/b"),
    "an id of 65 characters": altered(id="x" * 65),
    "an id that is a number": altered(id=1),
    "no reference": altered(reference=None),
    "a reference that is a key": altered(reference="ORDER#1"),
    "no transaction": altered(transaction_id=None),
    "an empty transaction": altered(transaction_id=""),
    "no amount": altered(amount=None),
    "an amount that is a number": altered(amount=PAYABLE),
    "a text for the amount": money(str(PAYABLE)),
    "true for the amount": money(True),
    "no money": money(0),
    "negative money": money(-PAYABLE),
    "more money than there is": money(10**12 + 1),
    "a small currency": money(PAYABLE, "cny"),
    "a full width currency": money(PAYABLE, "ＣＮＹ"),
    "no currency": money(PAYABLE, None),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_the_provider_signed_and_nobody_can_read_is_refused_and_writes_nothing(
    world: World, order: str, name: str
) -> None:
    raw = UNREADABLE[name](json.dumps(event(reference=f"{order}01")).encode())

    with nothing_happens(world) as calls:
        answer = deliver(world, signed(raw, secret(world), at(world)))

    assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.json() == {"status": 401}  # The same as for a forgery: nobody is told why.
    assert calls == []


def test_more_than_256_kib_are_not_read(world: World, order: str) -> None:
    told = event(reference=f"{order}01")
    just_fits, too_much = (told | {"x": "x" * n} for n in (255 * 1024, 257 * 1024))

    with nothing_happens(world) as calls:
        refused = deliver(world, genuine(world, too_much))
    taken = deliver(world, genuine(world, just_fits))

    assert (refused.status, refused.json(), calls) == (413, {"status": 413}, [])
    assert taken.status == 200
    assert world.order(order)["state"] == "awaiting_shipment"


@pytest.mark.parametrize("provider", ["paypal", "SANDBOX", "sandbox%00", "..", "sandbox%20"])
def test_an_unknown_provider_is_not_found_however_well_it_signs(
    world: World, order: str, provider: str
) -> None:
    message = genuine(world, event(reference=f"{order}01"))

    with nothing_happens(world):
        answer = deliver(world, message._replace(path=f"/webhooks/payments/{provider}"))

    assert (answer.status, answer.json()) == (404, {"status": 404})


@pytest.mark.parametrize("provider", ["alipay", "wechatpay", "stripe"])
def test_what_one_provider_signed_is_no_message_of_another(world: World, order: str, provider: str) -> None:
    message = genuine(world, event(reference=f"{order}01"))

    with nothing_happens(world) as calls:
        answer = deliver(world, message._replace(path=f"/webhooks/payments/{provider}"))

    assert (answer.status, calls) == (401, [])


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_webhook_is_posted(world: World, order: str, method: str) -> None:
    message = genuine(world, event(reference=f"{order}01"))

    with nothing_happens(world) as calls:
        answer = deliver(world, message._replace(method=method))

    assert (answer.status, calls) == (404, [])


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "", "image/png"],
)
def test_the_bytes_count_whatever_their_media_type_says(world: World, order: str, media: str) -> None:
    message = genuine(world, event(reference=f"{order}01"))
    forged = UNSIGNED["another amount"](world, message)

    with nothing_happens(world):
        refused = deliver(world, forged._replace(headers=forged.headers | {"content-type": media}))
    taken = deliver(world, message._replace(headers=message.headers | {"content-type": media}))

    assert (refused.status, taken.status) == (401, 200)
    assert world.order(order)["state"] == "awaiting_shipment"


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_still_now(world: World, order: str, seconds: int) -> None:
    message = signed_at(seconds)(world, genuine(world, event(reference=f"{order}01")))

    assert deliver(world, message).status == 200
    assert world.order(order)["state"] == "awaiting_shipment"


def test_the_same_bytes_ten_minutes_later_are_refused(world: World, order: str) -> None:
    message = genuine(world, event(reference=f"{order}01"))
    deliver(world, message)
    world.cloud.advance(600)

    with nothing_happens(world):
        assert deliver(world, message).status == 401


def test_one_genuine_mac_among_strangers_is_enough(world: World, order: str) -> None:
    message = signature(lambda _w, _b, t, mac: f"t={t},v1={'0' * 64},v1={mac}")(
        world, genuine(world, event(reference=f"{order}01"))
    )

    assert deliver(world, message).status == 200


@pytest.fixture
def exchanged(world: World) -> Iterator[bytes]:
    """The secret was exchanged five minutes ago; returns the one before. Afterwards nobody remembers."""
    old = secret(world)
    exchange(world, NEW_SECRET)
    world.cloud.advance(300)
    yield old
    exchange(world, old)
    forget_what_is_warm()


def exchange(world: World, new: bytes) -> None:
    [arn] = {f.environment["SANDBOX_SECRET_ARN"] for f in world.cloud.runtime.functions.values()}
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    client.put_secret_value(SecretId=arn, SecretString=new.decode())


def test_while_a_secret_is_exchanged_the_present_and_the_previous_one_sign(
    world: World, exchanged: bytes
) -> None:
    orders = [world.place({"KITE": 1}) for _ in range(2)]
    for order in orders:
        world.start(order)

    def by(key: bytes, number: int) -> int:
        told = event("payment.succeeded", number, reference=f"{orders[number]}01", amount=333 + 800)
        return deliver(world, signed(json.dumps(told).encode(), key, at(world))).status

    statuses = [by(NEW_SECRET, 0), by(b"guess", 1), by(exchanged, 1)]

    assert statuses == [200, 401, 200]
    assert [world.order(order)["state"] for order in orders] == ["awaiting_shipment"] * 2
