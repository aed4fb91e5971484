"""What the trackers that sign in a header send, and what only looks as if they had sent it."""

import gzip
import hmac
import json
from base64 import b16encode, b64encode, urlsafe_b64encode
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed, SignatureInvalid, TooLarge
from shared.fulfilment.carriers.port import Notice
from tests.fulfilment.tracker_script import (
    ACCENTED,
    KEY,
    NOW,
    SECRET,
    a_push,
    a_seventeentrack,
    aftership_sign,
    an_aftership,
    an_easypost,
    an_event,
    an_update,
    easypost_sign,
    seventeentrack_sign,
    written,
)


class Signed(NamedTuple):
    """One tracker, as one who forges its messages knows it."""

    tracker: Any
    header: str
    message: dict
    sign: Any  # (body, secret) -> what stands in the header
    secret: str
    api_key: str
    other_secret: Any  # Makes the tracker with these secrets.


TRACKERS = {
    "aftership": Signed(
        an_aftership(), "aftership-hmac-sha256", an_update(), aftership_sign, SECRET, "asat_1", an_aftership
    ),
    "easypost": Signed(
        an_easypost(), "X-Hmac-Signature", an_event(), easypost_sign, ACCENTED, "EZAK1", an_easypost
    ),
    "seventeentrack": Signed(
        a_seventeentrack(), "sign", a_push(), seventeentrack_sign, KEY, "another-key", a_seventeentrack
    ),
}
BODIES = {name: json.dumps(one.message, indent=1).encode() for name, one in TRACKERS.items()}
GOOD = {name: one.sign(BODIES[name], one.secret) for name, one in TRACKERS.items()}


def other_bodies(name):
    """What came is not what was signed."""
    body, message = BODIES[name], TRACKERS[name].message
    return {
        "delivered instead": body.replace(b"InTransit", b"Delivered").replace(b"in_transit", b"delivered"),
        "another parcel": body.replace(b"9400110898825022579493", b"9400110898825022579494").replace(
            b"9405511202575421535949", b"9405511202575421535948"
        ),
        "another time": body.replace(b"08:00:00", b"08:00:01"),
        "serialised again": json.dumps(message).encode(),
        "without blanks": json.dumps(message, separators=(",", ":")).encode(),
        "in another order": json.dumps(message, indent=1, sort_keys=True).encode(),
        "line breaks of Windows": body.replace(b"\n", b"\r\n"),
        "longer": body + b"\n",
        "shorter": body[:-1],
        "empty": b"",
        "a byte order mark": b"\xef\xbb\xbf" + body,
        "UTF-16": body.decode().encode("utf-16"),
        "compressed": gzip.compress(body, mtime=0),
    }


def other_signatures(name):
    """What stands in the header is not what was signed."""
    good = GOOD[name]
    return {
        "nothing": "",
        "a blank": " ",
        "a digit less": good[:-1],
        "a digit more": f"{good}0",
        "the first half": good[: len(good) // 2],
        "another start": ("A" if good[0] != "A" else "B") + good[1:],
        "another middle": good[:30] + ("a" if good[30] != "a" else "b") + good[31:],
        "the other case": good.swapcase(),
        "a blank behind": f"{good} ",
        "a blank before": f" {good}",
        "a line break behind": f"{good}\n",
        "twice in one header": f"{good},{good}",
        "twice with a blank": f"{good}, {good}",
        "in quotes": f'"{good}"',
        "noughts in hexadecimal": "0" * 64,
        "noughts in base64": b64encode(bytes(32)).decode(),
        "wide digits": "０" * 64,
        "not ASCII": f"é{good[1:]}",
        "with the algorithm before": f"sha256={good}",
        "with another algorithm before": f"hmac-sha512-hex={good}",
        "very long": good * 10_000,
    }


def other_keys(name):
    """What stands in the header was made with another key, or in another way."""
    body, one = BODIES[name], TRACKERS[name]
    sha512, sha1 = (hmac.new(one.secret.encode(), body, kind) for kind in ("sha512", "sha1"))
    digest = hmac.new(one.secret.encode(), body, sha256).digest()
    return {
        "another secret": one.sign(body, "guess"),
        "no secret": one.sign(body, ""),
        "the secret in capitals": one.sign(body, one.secret.upper()),
        "the API key": one.sign(body, one.api_key),
        "SHA-512 in hexadecimal": sha512.hexdigest(),
        "SHA-512, cut": sha512.hexdigest()[:64],
        "SHA-512 in base64": b64encode(sha512.digest()).decode(),
        "SHA-1": sha1.hexdigest(),
        "SHA-1, filled up": f"{sha1.hexdigest():0<64}",
        "a plain hash": sha256(body).hexdigest(),
        "a plain hash in base64": b64encode(sha256(body).digest()).decode(),
        "the secret before": sha256(one.secret.encode() + body).hexdigest(),
        "the digest in capitals": b16encode(digest).decode(),
        "base64 for addresses, without its filling": urlsafe_b64encode(digest).decode().rstrip("="),
        "signed of another body": one.sign(body + b" ", one.secret),
    }


CASES = [
    *((name, "body", what) for name in TRACKERS for what in other_bodies(name)),
    *((name, "signature", what) for name in TRACKERS for what in other_signatures(name)),
    *((name, "key", what) for name in TRACKERS for what in other_keys(name)),
]


@pytest.mark.parametrize(("name", "part", "what"), CASES)
def test_a_forgery_is_refused_without_a_reason(name, part, what):
    one = TRACKERS[name]
    body = other_bodies(name)[what] if part == "body" else BODIES[name]
    texts = {"body": {what: GOOD[name]}, "signature": other_signatures(name), "key": other_keys(name)}
    text = texts[part][what]
    assert (body, text) != (BODIES[name], GOOD[name])

    with pytest.raises(SignatureInvalid) as refused:
        one.tracker.verify([(one.header, text)], body, NOW)

    assert (refused.value.reason, refused.value.details, refused.value.status) == ("", {}, 401)


@pytest.mark.parametrize("name", TRACKERS)
def test_the_genuine_message_is_taken_whatever_its_age(name):
    one = TRACKERS[name]

    for now in (NOW, NOW + 10 * 365 * 86_400):
        notice = one.tracker.verify([(one.header.upper(), GOOD[name])], BODIES[name], now)
        assert notice == Notice(name, one.message, now)


def test_there_are_many_forgeries_of_each():
    for name in TRACKERS:
        assert len(other_bodies(name)) + len(other_signatures(name)) + len(other_keys(name)) >= 45


HEADERS = {
    "none": lambda header, good: [],
    "others": lambda header, good: [("Content-Type", "application/json"), ("Authorization", good)],
    "twice": lambda header, good: [(header, good), (header, good)],
    "twice, in two cases": lambda header, good: [(header.lower(), good), (header.upper(), good)],
    "twice, the first empty": lambda header, good: [(header, ""), (header, good)],
    "twice, the second false": lambda header, good: [(header, good), (header, "0" * 64)],
    "with a blank in its name": lambda header, good: [(f"{header} ", good)],
    "with a prefix": lambda header, good: [(f"X-{header}", good)],
    "with underscores": lambda header, good: [(f"{header}_".replace("-", "_"), good)],
    "ours": lambda header, good: [("Ordercycle-Signature", good)],
    "another tracker's": lambda header, good: [("am-webhook-signature", good)],
}


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("headers", HEADERS)
def test_the_header_must_come_exactly_once_under_its_own_name(name, headers):
    one = TRACKERS[name]

    with pytest.raises(SignatureInvalid):
        one.tracker.verify(HEADERS[headers](one.header, GOOD[name]), BODIES[name], NOW)


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("secret", ["", " ", "\n"], ids=["empty", "blank", "line break"])
def test_without_a_secret_nothing_is_genuine(name, secret):
    one = TRACKERS[name]

    for guess in (secret, "", one.secret):
        signature = one.sign(BODIES[name], guess)
        with pytest.raises(SignatureInvalid):
            one.other_secret(secret).verify([(one.header, signature)], BODIES[name], NOW)


@pytest.mark.parametrize("name", TRACKERS)
def test_while_a_secret_is_exchanged_both_are_good_and_then_the_old_one_is_not(name):
    one, body = TRACKERS[name], BODIES[name]
    old, new = (one.sign(body, secret) for secret in (one.secret, "of tomorrow"))

    both = one.other_secret("of tomorrow", one.secret)
    for signature in (old, new):
        assert both.verify([(one.header, signature)], body, NOW).verified_at == NOW
    with pytest.raises(SignatureInvalid):
        one.other_secret("of tomorrow").verify([(one.header, old)], body, NOW)


def unreadable(name):
    body = BODIES[name]
    inside = b'"extra": %b, ' + body[1:]
    return {
        "not UTF-8": b'{"a": "\xff"}',
        "UTF-16": body.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + body,
        "compressed": gzip.compress(body, mtime=0),
        "empty": b"",
        "a form": b"sign=1&param=2",
        "two objects": body + body,
        "a list": b"[" + body + b"]",
        "a text": b'"delivered"',
        "a key twice": b"{" + inside % b'1, "extra": 2',
        "a key twice, once escaped": b"{" + inside % b'1, "extr\\u0061": 2',
        "a key twice, deep inside": b"{" + inside % b'{"a": {"b": 1, "b": 1}}',
        "NaN": b"{" + inside % b"NaN",
        "Infinity": b"{" + inside % b"Infinity",
        "a number beyond all": b"{" + inside % b"1e400",
        "a number of 5,000 digits": b"{" + inside % (b"9" * 5_000),
        "seventeen levels": b"{" + inside % (b"[" * 16 + b"]" * 16),
        "100,000 levels": b"[" * 100_000,
    }


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("what", unreadable("aftership"))
def test_what_is_signed_and_cannot_be_read_is_refused(name, what):
    one, body = TRACKERS[name], unreadable(name)[what]

    with pytest.raises(Malformed):
        one.tracker.verify([(one.header, one.sign(body, one.secret))], body, NOW)


@pytest.mark.parametrize("name", TRACKERS)
def test_the_size_is_looked_at_before_all_else(name):
    one = TRACKERS[name]
    largest = b'{"a": "' + b"x" * (262_144 - 9) + b'"}'

    assert len(largest) == 262_144
    signed = [(one.header, one.sign(largest, one.secret))]
    assert one.tracker.verify(signed, largest, NOW).verified_at == NOW
    for body in (largest + b" ", b"x" * 1_048_576):
        for headers in ([(one.header, one.sign(body, one.secret))], []):
            with pytest.raises(TooLarge):
                one.tracker.verify(headers, body, NOW)


# ------------------------------------------------------------------ whatever comes

NAMES = st.sampled_from(sorted(TRACKERS))


@given(NAMES, st.text(max_size=200))
def test_no_text_at_all_is_taken_for_a_signature(name, text):
    with pytest.raises(SignatureInvalid):
        TRACKERS[name].tracker.verify([(TRACKERS[name].header, text)], BODIES[name], NOW)


@given(NAMES, st.data())
def test_no_single_bit_of_body_or_header_can_be_turned(name, data):
    one = TRACKERS[name]
    body, text = bytearray(BODIES[name]), bytearray(GOOD[name].encode())
    what = data.draw(st.sampled_from(["body", "header"]))
    turned = body if what == "body" else text
    bit = data.draw(st.integers(0, len(turned) * 7 - 1))
    turned[bit // 7] ^= 1 << bit % 7

    with pytest.raises(SignatureInvalid):
        one.tracker.verify([(one.header, text.decode())], bytes(body), NOW)


@given(
    NAMES,
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80)), max_size=4),
    st.binary(max_size=300),
)
def test_whatever_comes_unsigned_is_refused(name, headers, body):
    with pytest.raises(SignatureInvalid):
        TRACKERS[name].tracker.verify(headers, body, NOW)


@given(NAMES, st.binary(max_size=300))
def test_whatever_is_signed_is_a_notice_or_a_refusal(name, body):
    one = TRACKERS[name]

    with suppress(Malformed):
        assert isinstance(one.tracker.verify([(one.header, one.sign(body, one.secret))], body, NOW), Notice)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def spoilt(draw, thing, depth=0):
    """*thing* with some member, somewhere, that is anything at all."""
    if depth < 8 and isinstance(thing, dict) and thing and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(thing)))
        return thing | {name: spoilt(draw, thing[name], depth + 1)}
    if depth < 8 and isinstance(thing, list) and thing and draw(st.integers(0, 4)):
        return [*thing[:-1], spoilt(draw, thing[-1], depth + 1)]
    return draw(ODD)


@given(NAMES, st.data())
def test_a_message_with_odd_members_is_read_or_refused_and_never_breaks_us(name, data):
    one = TRACKERS[name]
    message = spoilt(data.draw, spoilt(data.draw, one.message))
    body = written(message) if isinstance(message, dict) else b"{}"

    with suppress(Malformed):
        notice = one.tracker.verify([(one.header, one.sign(body, one.secret))], body, NOW)
        for tracking in one.tracker.interpret(notice):
            assert tracking.waybill == tracking.waybill.upper()
            assert list(tracking.checkpoints) == sorted(tracking.checkpoints, key=lambda known: known.at)
            for known in tracking.checkpoints:
                assert type(known.at) is int
                assert (known.code + known.place).isprintable()
                assert (len(known.code) <= 60, len(known.place) <= 80) == (True, True)
