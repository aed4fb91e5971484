"""Pushes of kuaidi100 that are genuine, those that are not, and those that cannot be read."""

import gzip
import json
from contextlib import suppress
from hashlib import sha1, sha256
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed, SignatureInvalid, TooLarge
from shared.fulfilment.carriers.port import Notice
from tests.fulfilment.tracker_script import (
    FORM,
    NOW,
    SALT,
    a_kuaidi100,
    a_param,
    form_headers,
    kuaidi100_body,
    kuaidi100_sign,
)

TEXT = json.dumps(a_param(), ensure_ascii=False)
GOOD = kuaidi100_sign(TEXT)
BODY = kuaidi100_body(TEXT)


# ------------------------------------------------------------------ what is genuine


@pytest.mark.parametrize(
    "sign",
    [GOOD.upper(), GOOD.lower(), GOOD[:16].upper() + GOOD[16:].lower()],
    ids=["large", "small", "both"],
)
def test_the_signature_may_be_of_either_case(sign):
    body = kuaidi100_body(TEXT, sign=sign)

    assert a_kuaidi100().verify(form_headers(), body, NOW) == Notice("kuaidi100", json.loads(TEXT), NOW)


def test_a_push_of_any_age_is_taken():
    assert a_kuaidi100().verify(form_headers(), BODY, NOW + 10 * 365 * 86_400).message == json.loads(TEXT)


def test_while_a_salt_is_exchanged_both_are_good():
    both = a_kuaidi100("salt-of-tomorrow", SALT)

    for salt in ("salt-of-tomorrow", SALT):
        assert both.verify(form_headers(), kuaidi100_body(TEXT, salt=salt), NOW).verified_at == NOW


@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", FORM)],
        [("CONTENT-TYPE", "Application/X-WWW-Form-Urlencoded;Charset=utf-8")],
        [("Content-Type", f'{FORM}; charset="utf-8"')],
        [("Content-Type", f"{FORM}; boundary=1"), ("Host", "a")],
    ],
)
def test_the_media_type_is_read_as_it_is_written_elsewhere(headers):
    assert a_kuaidi100().verify(headers, BODY, NOW).verified_at == NOW


def test_the_order_of_the_fields_and_fields_that_we_do_not_know_do_not_matter():
    body = urlencode({"t": "1", "param": TEXT, "sign": GOOD, "from": ""}).encode()

    assert a_kuaidi100().verify(form_headers(), body, NOW).message == json.loads(TEXT)


# ------------------------------------------------------------------ forgeries


def signed_as(sign, text=TEXT):
    return urlencode({"sign": sign, "param": text}).encode()


FORGERIES = {
    # what was signed is not what came
    "delivered instead": signed_as(GOOD, TEXT.replace('"state": "0"', '"state": "3"')),
    "another parcel": signed_as(GOOD, TEXT.replace("SF1000001", "SF1000002")),
    "another carrier": signed_as(GOOD, TEXT.replace("shunfeng", "yuantong")),
    "another time": signed_as(GOOD, TEXT.replace("08:00:00", "08:00:01")),
    "serialised again": signed_as(GOOD, json.dumps(json.loads(TEXT))),
    "without blanks": signed_as(GOOD, json.dumps(json.loads(TEXT), separators=(",", ":"))),
    "a blank behind": signed_as(GOOD, f"{TEXT} "),
    "a blank before": signed_as(GOOD, f" {TEXT}"),
    "cut": signed_as(GOOD, TEXT[:-1]),
    "nothing at all": signed_as(GOOD, ""),
    "another message": signed_as(GOOD, json.dumps(a_param(status="abort"))),
    # the signature
    "no signature": urlencode({"param": TEXT}).encode(),
    "an empty signature": signed_as(""),
    "noughts": signed_as("0" * 32),
    "one digit": signed_as(GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")),
    "a digit less": signed_as(GOOD[:-1]),
    "a digit more": signed_as(f"{GOOD}0"),
    "half of it": signed_as(GOOD[:16]),
    "a blank behind the signature": signed_as(f"{GOOD} "),
    "a line break behind the signature": signed_as(f"{GOOD}\n"),
    "wide digits": signed_as("０" * 32),
    "not ASCII": signed_as(f"é{GOOD[1:]}"),
    "with a prefix": signed_as(f"0x{GOOD[2:]}"),
    "two signatures joined": signed_as(f"{GOOD},{GOOD}"),
    # the salt and the algorithm
    "no salt": signed_as(kuaidi100_sign(TEXT, "")),
    "another salt": signed_as(kuaidi100_sign(TEXT, "guess")),
    "the salt in capitals": signed_as(kuaidi100_sign(TEXT, SALT.upper())),
    "the key as salt": signed_as(kuaidi100_sign(TEXT, "kuaidi-key")),
    "the salt before": signed_as(kuaidi100_sign(SALT, TEXT)),
    "the query's own": signed_as(kuaidi100_sign(TEXT, "kuaidi-keyCUSTOMER1")),
    "signed as it travels": signed_as(kuaidi100_sign(quote_plus(TEXT))),
    "SHA-1": signed_as(sha1((TEXT + SALT).encode()).hexdigest()),
    "SHA-1, cut": signed_as(sha1((TEXT + SALT).encode()).hexdigest()[:32]),
    "SHA-256": signed_as(sha256((TEXT + SALT).encode()).hexdigest()),
    "SHA-256, cut": signed_as(sha256((TEXT + SALT).encode()).hexdigest()[:32]),
    # the names of the fields
    "SIGN in capitals": urlencode({"SIGN": GOOD, "param": TEXT}).encode(),
    "no param": urlencode({"sign": GOOD}).encode(),
    "Param in capitals": urlencode({"sign": GOOD, "Param": TEXT}).encode(),
    "only others": b"a=1",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused_without_a_reason(forgery):
    with pytest.raises(SignatureInvalid) as refused:
        a_kuaidi100().verify(form_headers(), FORGERIES[forgery], NOW)

    assert (refused.value.reason, refused.value.details, refused.value.status) == ("", {}, 401)


def test_no_forgery_is_the_genuine_push():
    assert a_kuaidi100().verify(form_headers(), BODY, NOW).message == json.loads(TEXT)
    assert BODY not in FORGERIES.values()
    assert len(FORGERIES) >= 35


@pytest.mark.parametrize("salts", [("",), (" ",), ("\n",)], ids=["empty", "blank", "line break"])
def test_without_a_salt_nothing_is_genuine(salts):
    for salt in ("", " ", "\n", SALT):
        with pytest.raises(SignatureInvalid):
            a_kuaidi100(*salts).verify(form_headers(), kuaidi100_body(TEXT, salt=salt), NOW)


def test_a_salt_that_was_retired_is_refused():
    with pytest.raises(SignatureInvalid):
        a_kuaidi100("salt-of-tomorrow").verify(form_headers(), BODY, NOW)


UNREADABLE_FORMS = {
    "param twice": BODY + b"&param=%7B%7D",
    "param twice, the first empty": b"param=&" + BODY,
    "sign twice": BODY + b"&sign=" + b"0" * 32,
    "sign twice, the same": BODY + b"&sign=" + GOOD.encode(),
    "an empty field": BODY + b"&",
    "a field without a value": BODY + b"&t",
    "a field without a name": BODY + b"&=1",
    "a name that is escaped": BODY + b"&%73ign=1",
    "a name in brackets": BODY + b"&param[]=1",
    "a name with a blank": BODY + b"&+param=1",
    "a percent sign that escapes nothing": BODY + b"&t=%",
    "half an escape": BODY + b"&t=%4",
    "a strange escape": BODY + b"&t=%zz",
    "not escaped": b"sign=" + GOOD.encode() + b"&param=" + TEXT.encode(),
    "many fields": BODY + b"".join(b"&t%d=1" % number for number in range(30)),
    "a line break behind": BODY + "\u2028".encode(),
    "empty": b"",
    "JSON": TEXT.encode(),
    "compressed": gzip.compress(BODY, mtime=0),
    "UTF-16": BODY.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
}


@pytest.mark.parametrize("form", UNREADABLE_FORMS)
def test_a_form_that_can_be_read_as_two_things_is_refused(form):
    with pytest.raises(Malformed):
        a_kuaidi100().verify(form_headers(), UNREADABLE_FORMS[form], NOW)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Type", "application/json")],
        [("Content-Type", "multipart/form-data; boundary=x")],
        [("Content-Type", FORM), ("Content-Type", FORM)],
        [("Content-Type", FORM), ("content-type", "text/plain")],
        [("Content-Type", f"{FORM}; charset=GBK")],
        [("Content-Type", f"{FORM}; charset=utf-8; charset=gbk")],
        form_headers(("Content-Encoding", "gzip")),
        form_headers(("Content-Encoding", "identity")),
        [("Content_Type", FORM)],
    ],
)
def test_what_is_not_said_to_be_a_plain_form_is_refused(headers):
    with pytest.raises(Malformed):
        a_kuaidi100().verify(headers, BODY, NOW)


UNREADABLE_PARAMS = {
    "not JSON": "status=polling",
    "two objects": TEXT + TEXT,
    "a list": f"[{TEXT}]",
    "a text": '"polling"',
    "a key twice": TEXT.replace('"state": "0"', '"state": "0", "state": "3"'),
    "a key twice, once escaped": TEXT.replace('"state": "0"', '"state": "0", "st\\u0061te": "3"'),
    "NaN": TEXT.replace('"state": "0"', '"state": NaN'),
    "Infinity": TEXT.replace('"state": "0"', '"state": -Infinity'),
    "a number beyond all": TEXT.replace('"state": "0"', '"state": 1e400'),
    "a number of 5,000 digits": TEXT.replace('"state": "0"', f'"state": {"9" * 5_000}'),
    "seventeen levels": TEXT.replace('"state": "0"', f'"state": {"[" * 16}{"]" * 16}'),
    "50,000 levels": "[" * 50_000,
    "a byte order mark": f"\ufeff{TEXT}",
}


@pytest.mark.parametrize("param", UNREADABLE_PARAMS)
def test_what_is_signed_and_cannot_be_read_is_refused(param):
    with pytest.raises(Malformed):
        a_kuaidi100().verify(form_headers(), kuaidi100_body(UNREADABLE_PARAMS[param]), NOW)


def test_signed_bytes_that_are_not_utf_8_are_refused():
    from hashlib import md5

    raw = b'{"status": "\xff"}'
    sign = md5(raw + SALT.encode()).hexdigest()

    with pytest.raises(Malformed):
        a_kuaidi100().verify(
            form_headers(), b"sign=" + sign.encode() + b"&param=" + quote_plus(raw).encode(), NOW
        )


def test_the_size_is_looked_at_before_all_else():
    room = 256 * 1024 - len(BODY) - len("&t=")
    largest = BODY + b"&t=" + b"x" * room

    assert len(largest) == 262_144
    assert a_kuaidi100().verify(form_headers(), largest, NOW).verified_at == NOW
    for headers in (form_headers(), []):
        for body in (largest + b"x", b"x" * 1_048_576):
            with pytest.raises(TooLarge):
                a_kuaidi100().verify(headers, body, NOW)


# ------------------------------------------------------------------ whatever comes


@given(st.text(max_size=200))
def test_no_text_at_all_is_taken_for_a_signature(text):
    with pytest.raises(SignatureInvalid):
        a_kuaidi100().verify(form_headers(), urlencode({"sign": text, "param": TEXT}).encode(), NOW)


@given(st.integers(0, len(BODY) * 8 - 1))
def test_no_single_bit_of_the_body_can_be_turned_unnoticed(bit):
    turned = bytearray(BODY)
    turned[bit // 8] ^= 1 << bit % 8

    with suppress(
        SignatureInvalid, Malformed
    ):  # A turned case of the signature, or of an escape, is the same.
        assert a_kuaidi100().verify(form_headers(), bytes(turned), NOW).message == json.loads(TEXT)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80)), max_size=4), st.binary(max_size=300))
def test_whatever_comes_unsigned_is_refused(headers, body):
    with pytest.raises((SignatureInvalid, Malformed)):
        a_kuaidi100().verify(headers, body, NOW)
    with pytest.raises((SignatureInvalid, Malformed)):
        a_kuaidi100().verify(form_headers(), body, NOW)
