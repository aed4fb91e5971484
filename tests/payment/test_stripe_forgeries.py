import gzip
import hmac
import json
from contextlib import suppress
from hashlib import sha256
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed, SignatureInvalid, TooLarge
from shared.payment.facts import DisputeFact, PaymentFact, RefundFact
from shared.payment.keys import StripeKeys
from shared.payment.port import BODY_BYTES_MAX, Notice
from tests.payment.stripe_signer import (
    LIVE,
    NOW,
    PAID,
    SECRET,
    TEST,
    a_dispute,
    a_refund,
    a_session,
    a_stripe,
    an_event,
    an_intent,
    digest,
    header,
    signed,
    waiting,
    written,
)

GOOD = digest(PAID)
HEADER = header(PAID)
EVENT = json.loads(PAID)
TEST_EVENT = written(an_event("payment_intent.succeeded", an_intent(livemode=False), livemode=False))
LARGE = json.dumps(EVENT | {"padding": "x" * BODY_BYTES_MAX}).encode()


def padded_to(size):
    """A genuine body of exactly *size* bytes."""
    bare = len(json.dumps(EVENT | {"padding": ""}))
    return json.dumps(EVENT | {"padding": "x" * (size - bare)}).encode()


FORGERIES = {
    # what was signed is not what came
    "amount changed": (HEADER, PAID.replace(b"17100", b"17101")),
    "amount received changed": (
        HEADER,
        PAID.replace(b'"amount_received": 17100', b'"amount_received": 99999'),
    ),
    "currency changed": (HEADER, PAID.replace(b'"usd"', b'"kwd"')),
    "reference of another order": (HEADER, PAID.replace(b"PQRS01", b"PQRT01")),
    "status changed": (header(PAID.replace(b"succeeded", b"processin")), PAID),
    "serialised again": (HEADER, json.dumps(EVENT, indent=3).encode()),
    "serialised without blanks": (HEADER, json.dumps(EVENT, separators=(",", ":")).encode()),
    "members in another order": (HEADER, json.dumps(EVENT, indent=2, sort_keys=True).encode()),
    "line breaks of Windows": (HEADER, PAID.replace(b"\n", b"\r\n")),
    "body longer": (HEADER, PAID + b"\n"),
    "body shorter": (HEADER, PAID[:-1]),
    "body empty": (HEADER, b""),
    "body of another event": (HEADER, written(an_event("refund.created", a_refund()))),
    "byte order mark": (HEADER, b"\xef\xbb\xbf" + PAID),
    "other encoding": (HEADER, PAID.decode().encode("utf-16")),
    "compressed after signing": (HEADER, gzip.compress(PAID, mtime=0)),
    "dot moved into the body": (
        f"t={NOW},v1={hmac.new(SECRET.encode(), f'{NOW}'.encode() + PAID, sha256).hexdigest()}",
        PAID,
    ),
    # the time
    "time later": (f"t={NOW + 1},v1={GOOD}", PAID),
    "time earlier": (f"t={NOW - 1},v1={GOOD}", PAID),
    "time missing": (f"v1={GOOD}", PAID),
    "time empty": (f"t=,v1={GOOD}", PAID),
    "time twice": (f"t={NOW},t={NOW},v1={GOOD}", PAID),
    "time twice, the second stale": (f"{HEADER},t={NOW - 9_999}", PAID),
    "time negative": (header(PAID, at=-NOW), PAID),
    "time with a plus": (header(PAID, at=f"+{NOW}"), PAID),
    "time with a fraction": (header(PAID, at=f"{NOW}.0"), PAID),
    "time with a nought before": (header(PAID, at=f"0{NOW}"), PAID),
    "time in hexadecimal": (header(PAID, at=hex(NOW)), PAID),
    "time in other digits": (header(PAID, at="١٨٠٠٠٠٠٠٠٠"), PAID),
    "time with an underscore": (header(PAID, at="1_800_000_000"), PAID),
    "time huge": (header(PAID, at="9" * 200), PAID),
    "time of 5,000 digits": (header(PAID, at="9" * 5_000), PAID),
    "time in milliseconds": (header(PAID, at=f"{NOW}000"), PAID),
    "time of nothing": (header(PAID, at=0), PAID),
    "301 seconds old": (header(PAID, at=NOW - 301), PAID),
    "301 seconds ahead": (header(PAID, at=NOW + 301), PAID),
    "a year old": (header(PAID, at=NOW - 31_536_000), PAID),
    # the signature
    "signature missing": (f"t={NOW}", PAID),
    "signature empty": (f"t={NOW},v1=", PAID),
    "signature of nothing": (f"t={NOW},v1={'0' * 64}", PAID),
    "signature cut": (f"t={NOW},v1={GOOD[:-1]}", PAID),
    "signature longer": (f"t={NOW},v1={GOOD}0", PAID),
    "signature half": (f"t={NOW},v1={GOOD[:32]}", PAID),
    "signature in capitals": (f"t={NOW},v1={GOOD.upper()}", PAID),
    "signature not ASCII": (f"t={NOW},v1=é{GOOD[1:]}", PAID),
    "signature in wide letters": (f"t={NOW},v1={'０' * 64}", PAID),
    "one digit of the signature": (f"t={NOW},v1={GOOD[:-1]}{'0' if GOOD[-1] != '0' else '1'}", PAID),
    "only the fake scheme": (f"t={NOW},v0={GOOD}", PAID),
    "only a scheme of tomorrow": (f"t={NOW},v2={GOOD}", PAID),
    "scheme in capitals": (f"t={NOW},V1={GOOD}", PAID),
    "nine signatures": (f"{HEADER}," + ",".join(["v1=" + "0" * 64] * 8), PAID),
    "genuine beside a broken one": (f"{HEADER},v1=xyz", PAID),
    # the key and the algorithm
    "another secret": (header(PAID, secret="whsec_guess"), PAID),
    "no secret": (header(PAID, secret=""), PAID),
    "the secret without whsec_": (header(PAID, secret=SECRET.removeprefix("whsec_")), PAID),
    "the API key": (header(PAID, secret=LIVE.secret_key), PAID),
    "the secret in capitals": (header(PAID, secret=SECRET.upper()), PAID),
    "SHA-1": (f"t={NOW},v1={digest(PAID, hash_name='sha1')}", PAID),
    "SHA-1, filled up": (f"t={NOW},v1={digest(PAID, hash_name='sha1'):0<64}", PAID),
    "SHA-512": (f"t={NOW},v1={digest(PAID, hash_name='sha512')}", PAID),
    "SHA-512, cut": (f"t={NOW},v1={digest(PAID, hash_name='sha512')[:64]}", PAID),
    "SHA3-256": (f"t={NOW},v1={digest(PAID, hash_name='sha3_256')}", PAID),
    "plain hash": (f"t={NOW},v1={sha256(f'{NOW}.'.encode() + PAID).hexdigest()}", PAID),
    "hash of the secret before": (f"t={NOW},v1={sha256(SECRET.encode() + PAID).hexdigest()}", PAID),
    "body signed without its time": (
        f"t={NOW},v1={hmac.new(SECRET.encode(), PAID, sha256).hexdigest()}",
        PAID,
    ),
    # the shape of the header
    "header empty": ("", PAID),
    "blank between": (f"t={NOW}, v1={GOOD}", PAID),
    "blank around": (f" {HEADER} ", PAID),
    "line break behind": (f"{HEADER}\n", PAID),
    "comma behind": (f"{HEADER},", PAID),
    "comma before": (f",{HEADER}", PAID),
    "semicolons": (HEADER.replace(",", ";"), PAID),
    "a word without a value": (f"{HEADER},v2", PAID),
    "quotes": (f't="{NOW}",v1="{GOOD}"', PAID),
    "two headers joined on the way": (f"{HEADER},{header(PAID, at=NOW + 1)}", PAID),
    "a header without end": (HEADER + ",v2=0" * 10_000, PAID),
    # the mode
    "test event on the live account": (header(TEST_EVENT), TEST_EVENT),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused_without_a_reason(forgery):
    text, body = FORGERIES[forgery]

    with pytest.raises(SignatureInvalid) as refused:
        a_stripe().verify([("Stripe-Signature", text)], body, NOW)

    assert (refused.value.reason, refused.value.details, refused.value.status) == ("", {}, 401)


def test_no_forgery_is_the_genuine_message():
    assert a_stripe().verify([("Stripe-Signature", HEADER)], PAID, NOW).message == EVENT
    assert (HEADER, PAID) not in FORGERIES.values()
    assert len(FORGERIES) >= 70


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Type", "application/json")],
        [("Stripe-Signature", HEADER), ("Stripe-Signature", HEADER)],
        [("Stripe-Signature", HEADER), ("stripe-signature", "t=1")],
        [("stripe-signature", ""), ("STRIPE-SIGNATURE", HEADER)],
        [("Stripe_Signature", HEADER)],
        [("X-Stripe-Signature", HEADER)],
        [("Ordercycle-Signature", HEADER)],
        [("Stripe-Signature ", HEADER)],
    ],
)
def test_the_header_must_come_exactly_once_under_its_own_name(headers):
    with pytest.raises(SignatureInvalid):
        a_stripe().verify(headers, PAID, NOW)


def test_a_live_event_is_refused_on_the_test_account_and_the_other_way_round():
    assert a_stripe(TEST).verify(signed(TEST_EVENT), TEST_EVENT, NOW).verified_at == NOW

    with pytest.raises(SignatureInvalid):
        a_stripe(TEST).verify(signed(PAID), PAID, NOW)
    with pytest.raises(SignatureInvalid):
        a_stripe(LIVE).verify(signed(TEST_EVENT), TEST_EVENT, NOW)


@pytest.mark.parametrize("livemode", ["true", 1, None, [True]])
def test_a_mode_that_is_not_said_is_not_ours(livemode):
    body = written(EVENT | {"livemode": livemode})

    with pytest.raises(SignatureInvalid):
        a_stripe().verify(signed(body), body, NOW)


@pytest.mark.parametrize("secrets", [(), ("",), (" ",), ("\n",)])
def test_without_a_secret_nothing_is_genuine(secrets):
    keys = StripeKeys(secret_key="sk_live_ours", webhook_secrets=secrets, livemode=True)

    for secret in ("", " ", "\n", SECRET):
        with pytest.raises(SignatureInvalid):
            a_stripe(keys).verify(signed(PAID, secret=secret), PAID, NOW)


def test_a_secret_that_was_retired_is_refused():
    keys = StripeKeys(secret_key="sk_live_ours", webhook_secrets=("whsec_new",), livemode=True)

    assert a_stripe(keys).verify(signed(PAID, secret="whsec_new"), PAID, NOW).verified_at == NOW
    with pytest.raises(SignatureInvalid):
        a_stripe(keys).verify(signed(PAID), PAID, NOW)


def test_the_same_bytes_ten_minutes_later_are_refused():
    assert a_stripe().verify(signed(PAID), PAID, NOW).verified_at == NOW
    with pytest.raises(SignatureInvalid):
        a_stripe().verify(signed(PAID), PAID, NOW + 600)


UNREADABLE = {
    "not UTF-8": b'{"object": "event", "livemode": true, "id": "\xff"}',
    "UTF-16": PAID.decode().encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + PAID,
    "compressed": gzip.compress(PAID, mtime=0),
    "empty": b"",
    "not JSON": b"id=evt_1&object=event",
    "two objects": PAID + PAID,
    "a list": b"[" + PAID + b"]",
    "a key twice": PAID.replace(b'"livemode": true', b'"livemode": false,\n  "livemode": true', 1),
    "the object twice": PAID.replace(b'"data":', b'"data": {"object": {}},\n  "data":', 1),
    "a key twice, once escaped": PAID.replace(
        b'"livemode": true', b'"livemode": true, "livemod\\u0065": true', 1
    ),
    "NaN": PAID.replace(b": 17100", b": NaN", 1),
    "Infinity": PAID.replace(b": 17100", b": Infinity", 1),
    "a number beyond all": PAID.replace(b": 17100", b": 1e400", 1),
    "a number of 5,000 digits": PAID.replace(b": 17100", b": " + b"9" * 5_000, 1),
    "seventeen levels": PAID.replace(b'"tip": {}', b'"tip": ' + b"[" * 13 + b"]" * 13),
    "100,000 levels": PAID.replace(b'"tip": {}', b'"tip": ' + b"[" * 100_000 + b"]" * 100_000),
    "an event of version 2": written(EVENT | {"object": "v2.core.event"}),
    "no event": written(an_intent()),
}


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_signed_and_cannot_be_read_is_refused(body):
    with pytest.raises(Malformed):
        a_stripe().verify(signed(UNREADABLE[body]), UNREADABLE[body], NOW)


def test_sixteen_levels_are_read():
    body = PAID.replace(b'"tip": {}', b'"tip": ' + b"[" * 12 + b"]" * 12)

    assert a_stripe().verify(signed(body), body, NOW).provider == "stripe"


def test_the_size_is_looked_at_before_all_else():
    largest = padded_to(BODY_BYTES_MAX)

    assert a_stripe().verify(signed(largest), largest, NOW).provider == "stripe"
    for headers in (signed(LARGE), [], [("Stripe-Signature", "t=1")]):
        with pytest.raises(TooLarge):
            a_stripe().verify(headers, padded_to(BODY_BYTES_MAX + 1), NOW)
        with pytest.raises(TooLarge):
            a_stripe().verify(headers, LARGE, NOW)


def test_a_forgery_costs_next_to_nothing_and_a_genuine_message_less_than_a_millisecond():
    stripe, forged = a_stripe(), [("Stripe-Signature", HEADER + ",v2=0" * 100_000)]
    began = process_time()
    for _ in range(100):
        stripe.interpret(stripe.verify(signed(PAID), PAID, NOW))
        with pytest.raises(SignatureInvalid):
            stripe.verify(forged, PAID, NOW)

    assert process_time() - began < 0.3  # Signing included, and a slow machine.


# ------------------------------------------------------------------ whatever comes


@given(st.text(max_size=200))
def test_no_text_at_all_is_taken_for_a_signature(text):
    with pytest.raises(SignatureInvalid):
        a_stripe().verify([("Stripe-Signature", text)], PAID, NOW)


@given(st.integers(0, len(PAID) * 8 - 1))
def test_no_single_bit_of_the_body_can_be_turned(bit):
    turned = bytearray(PAID)
    turned[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SignatureInvalid):
        a_stripe().verify(signed(PAID), bytes(turned), NOW)


@given(st.integers(0, len(HEADER) * 7 - 1))
def test_no_single_bit_of_the_header_can_be_turned(bit):
    turned = bytearray(HEADER.encode())
    turned[bit // 7] ^= 1 << bit % 7

    with pytest.raises(SignatureInvalid):
        a_stripe().verify([("Stripe-Signature", turned.decode())], PAID, NOW)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80)), max_size=4), st.binary(max_size=300))
def test_whatever_comes_unsigned_is_refused(headers, body):
    with pytest.raises(SignatureInvalid):
        a_stripe().verify(headers, body, NOW)


@given(st.binary(max_size=300))
def test_whatever_is_signed_is_a_notice_or_a_refusal(body):
    with suppress(SignatureInvalid, Malformed):
        assert isinstance(a_stripe().verify(signed(body), body, NOW), Notice)


ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just([])
    | st.just({})
)
CARRIED = st.sampled_from(
    [
        ("payment_intent.succeeded", an_intent()),
        ("payment_intent.canceled", an_intent(status="canceled")),
        ("payment_intent.partially_funded", waiting(11_100)),
        (
            "payment_intent.payment_failed",
            an_intent(status="requires_payment_method", last_payment_error={"code": "x"}),
        ),
        ("checkout.session.completed", a_session()),
        ("refund.updated", a_refund()),
        ("charge.dispute.closed", a_dispute(status="lost")),
    ]
)


@given(CARRIED, st.data())
def test_an_object_with_odd_members_is_read_or_refused_and_never_breaks_us(carried, data):
    name, thing = carried
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(thing)), ODD, max_size=3))
    event = an_event(name, thing | changes) | data.draw(
        st.dictionaries(st.sampled_from(["id", "created", "account", "type", "data"]), ODD, max_size=1)
    )

    with suppress(Malformed):
        for fact in a_stripe().interpret(Notice("stripe", event, NOW)):
            assert isinstance(fact, PaymentFact | RefundFact | DisputeFact)
            assert type(fact.money.amount_minor) is int
            assert len(fact.money.currency) == 3
