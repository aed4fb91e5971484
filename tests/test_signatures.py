import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SignatureInvalid
from shared.signatures import TOLERANCE_SECONDS, verify

NOW = 1_800_000_000
SECRET, OLD_SECRET = b"sandbox-secret-1", b"sandbox-secret-0"
BODY = b'{"id":"evt_1","type":"payment.succeeded","data":{"amount":{"amount":17100,"currency":"CNY"}}}'


def digest(body=BODY, *, at=NOW, secret=SECRET, between=b"."):
    return hmac.new(secret, str(at).encode() + between + body, sha256).hexdigest()


GOOD = digest()
HEADER = f"t={NOW},v1={GOOD}"


def test_what_is_published_is_what_is_verified():
    # printf '1800000000.{}' | openssl dgst -sha256 -hmac secret
    known = "bb7079132825ac793cea8c013c1dd24d926b9b02132245b10588d9e5c0df70d7"

    verify(f"t=1800000000,v1={known}", b"{}", now=NOW, secrets=[b"secret"])


@pytest.mark.parametrize("late", [0, 1, -1, TOLERANCE_SECONDS, -TOLERANCE_SECONDS])
def test_a_genuine_message_is_accepted_for_five_minutes_either_way(late):
    verify(HEADER, BODY, now=NOW + late, secrets=[SECRET])


def test_either_secret_will_do_while_one_is_rotated():
    verify(HEADER, BODY, now=NOW, secrets=[OLD_SECRET, SECRET])
    verify(f"t={NOW},v1={digest(secret=OLD_SECRET)}", BODY, now=NOW, secrets=[SECRET, OLD_SECRET])


def test_one_genuine_signature_of_several_will_do():
    verify(f"t={NOW},v1={'0' * 64},v1={GOOD}", BODY, now=NOW, secrets=[SECRET])
    verify(f"t={NOW},v1={'0' * 64},v1={'1' * 64},v1={'2' * 64},v1={GOOD}", BODY, now=NOW, secrets=[SECRET])


def test_an_empty_body_can_be_signed_too():
    verify(f"t={NOW},v1={digest(b'')}", b"", now=NOW, secrets=[SECRET])


FORGERIES = {
    "no header": (None, BODY),
    "empty header": ("", BODY),
    "no signature": (f"t={NOW}", BODY),
    "no time": (f"v1={GOOD}", BODY),
    "empty signature": (f"t={NOW},v1=", BODY),
    "signature of nothing": (f"t={NOW},v1={'0' * 64}", BODY),
    "another secret": (f"t={NOW},v1={digest(secret=b'guess')}", BODY),
    "no secret": (f"t={NOW},v1={digest(secret=b'')}", BODY),
    "plain hash": (f"t={NOW},v1={sha256(BODY).hexdigest()}", BODY),
    "body changed": (HEADER, BODY.replace(b"17100", b"00001")),
    "body longer": (HEADER, BODY + b" "),
    "body shorter": (HEADER, BODY[:-1]),
    "body empty": (HEADER, b""),
    "body in another encoding": (HEADER, BODY.decode().encode("utf-16")),
    "one bit of the body": (HEADER, BODY[:5] + bytes([BODY[5] ^ 1]) + BODY[6:]),
    "one digit of the signature": (f"t={NOW},v1={GOOD[:-1]}{'0' if GOOD[-1] != '0' else '1'}", BODY),
    "signature cut": (f"t={NOW},v1={GOOD[:-1]}", BODY),
    "signature longer": (f"t={NOW},v1={GOOD}0", BODY),
    "capitals": (f"t={NOW},v1={GOOD.upper()}", BODY),
    "time moved": (f"t={NOW + 1},v1={GOOD}", BODY),
    "time with a sign": (f"t=+{NOW},v1={GOOD}", BODY),
    "time with a fraction": (f"t={NOW}.0,v1={GOOD}", BODY),
    "time in other digits": (f"t=١٨٠٠٠٠٠٠٠٠,v1={GOOD}", BODY),
    "time empty": (f"t=,v1={GOOD}", BODY),
    "time huge": (f"t={'9' * 5000},v1={GOOD}", BODY),
    "dot moved into the body": (f"t={NOW},v1={digest(b'.' + BODY, between=b'')}", b"." + BODY),
    "stale, signed then": (f"t={NOW - 301},v1={digest(at=NOW - 301)}", BODY),
    "from the future": (f"t={NOW + 301},v1={digest(at=NOW + 301)}", BODY),
    "another scheme": (f"t={NOW},v0={GOOD}", BODY),
    "scheme twice": (f"t={NOW},v1=v1={GOOD}", BODY),
    "blank between": (f"t={NOW}, v1={GOOD}", BODY),
    "blank around": (f" {HEADER} ", BODY),
    "line break behind": (f"{HEADER}\n", BODY),
    "something behind": (f"{HEADER},v2=1", BODY),
    "order changed": (f"v1={GOOD},t={NOW}", BODY),
    "two times": (f"t={NOW},t={NOW},v1={GOOD}", BODY),
    "five signatures": (f"{HEADER},v1={'0' * 64},v1={'1' * 64},v1={'2' * 64},v1={'3' * 64}", BODY),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused_without_a_reason(forgery):
    header, body = FORGERIES[forgery]

    with pytest.raises(SignatureInvalid) as refused:
        verify(header, body, now=NOW, secrets=[SECRET])

    assert (refused.value.reason, refused.value.details, refused.value.status) == ("", {}, 401)


def test_without_a_secret_nothing_is_genuine():
    with pytest.raises(SignatureInvalid):
        verify(HEADER, BODY, now=NOW, secrets=[])


@given(st.text(max_size=200))
def test_no_text_at_all_is_taken_for_a_signature(header):
    with pytest.raises(SignatureInvalid):
        verify(header, BODY, now=NOW, secrets=[SECRET])


@given(st.integers(0, len(BODY) * 8 - 1))
def test_no_single_bit_of_the_body_can_be_turned(bit):
    turned = bytearray(BODY)
    turned[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SignatureInvalid):
        verify(HEADER, bytes(turned), now=NOW, secrets=[SECRET])
