"""What is refused at WeChat Pay's door, before anybody is asked for anything. Each has a name."""

import gzip
import json
from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, SHA512
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import Malformed, SignatureInvalid, TooLarge
from tests.payment.wechatpay_signer import (
    CERTIFICATE_SERIAL,
    CERTIFIED,
    KEYS,
    NOW,
    OURS,
    PLATFORM,
    PUBLIC_KEY_ID,
    STRANGER,
    STRANGERS_API_V3_KEY,
    TRADE,
    an_adapter,
    envelope,
    sealed,
    sign,
    signed,
)

BODY = envelope()
GOOD = dict(signed(BODY))
SIGNATURE = GOOD["Wechatpay-Signature"]
ADAPTER = an_adapter()


def headers(**changes):
    """The genuine headers, some of them changed; None drops one. ``serial="x"`` is Wechatpay-Serial."""
    named = {f"Wechatpay-{name.replace('_', '-').title()}": value for name, value in changes.items()}
    return [(name, value) for name, value in (GOOD | named).items() if value is not None]


def made(**how):
    """Genuine headers, but for how they were made."""
    return signed(BODY, **how)


def with_a_cheaper_amount():
    whole = json.loads(BODY)
    whole["resource"] = sealed(json.dumps(TRADE | {"amount": {"total": 1, "currency": "CNY"}}).encode())
    return json.dumps(whole, ensure_ascii=False).encode()


def in_the_alphabet_of_addresses():
    """A genuine signature that has a plus or a slash, with a minus or an underscore in its place."""
    for number in range(100):
        genuine = dict(made(nonce=f"nonce{number}"))
        other = genuine["Wechatpay-Signature"].replace("+", "-").replace("/", "_")
        if other != genuine["Wechatpay-Signature"]:
            return list((genuine | {"Wechatpay-Signature": other}).items())
    raise AssertionError("no signature of a hundred has a plus or a slash")


def with_stray_last_bits(text):
    """Another text of the same bytes: the last letter before the padding has bits that nobody reads."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    return body[:-1] + letters[letters.index(body[-1]) + 1] + "=" * (len(text) - len(body))


def shifted_line():
    """The same signed text, cut elsewhere: the nonce takes the first line of the body."""
    nonce, body = GOOD["Wechatpay-Nonce"], b"first\nsecond"
    signature = sign(PLATFORM, f"{NOW}\n{nonce}\n".encode() + body + b"\n")
    return headers(nonce=f"{nonce}\nfirst", signature=signature), b"second"


REFUSED = {
    "the amount in the ciphertext changed": (headers(), with_a_cheaper_amount()),
    "one bit of the body changed": (headers(), bytes([BODY[0] ^ 1]) + BODY[1:]),
    "the body cut short": (headers(), BODY[:-1]),
    "a byte more": (headers(), BODY + b" "),
    "a line end more": (headers(), BODY + b"\n"),
    "an empty body": (headers(), b""),
    "another nonce": (headers(nonce="6K8264ILTKCH16CQ2502SI8ZNMTM67VS"), BODY),
    "an empty nonce": (headers(nonce=""), BODY),
    "a nonce of two lines": shifted_line(),
    "another timestamp": (headers(timestamp=str(NOW + 1)), BODY),
    "the serial of the other key": (headers(serial=CERTIFICATE_SERIAL), BODY),
    "the other key under this serial": (made(key=CERTIFIED), BODY),
    "an unknown serial": (made(serial="7D" * 20, key=PLATFORM), BODY),
    "an unknown public key": (made(serial="PUB_KEY_ID_0119000001092025", key=PLATFORM), BODY),
    "the public key's id in small letters": (made(serial=PUBLIC_KEY_ID.lower(), key=PLATFORM), BODY),
    "a serial with a space": (headers(serial=f" {PUBLIC_KEY_ID}"), BODY),
    "a serial that is a path": (headers(serial="../../etc/passwd"), BODY),
    "an empty serial": (headers(serial=""), BODY),
    "signed by a stranger": (made(key=STRANGER), BODY),
    "signed with our own key": (made(key=OURS), BODY),
    "SHA-1": (made(digest=SHA1()), BODY),
    "MD5": (made(digest=MD5()), BODY),
    "SHA-512": (made(digest=SHA512()), BODY),
    "PSS padding": (made(how=PSS(MGF1(SHA256()), PSS.MAX_LENGTH)), BODY),
    "an empty signature": (headers(signature=""), BODY),
    "a signature cut short": (headers(signature=SIGNATURE[:-4]), BODY),
    "a signature without its padding": (headers(signature=SIGNATURE.rstrip("=")), BODY),
    "a signature twice over": (headers(signature=SIGNATURE + SIGNATURE), BODY),
    "garbage for a signature": (headers(signature="****"), BODY),
    "a signature in the alphabet of addresses": (in_the_alphabet_of_addresses(), BODY),
    "a signature with a line end": (headers(signature=SIGNATURE + "\n"), BODY),
    "a signature with a space": (headers(signature=f"{SIGNATURE[:9]} {SIGNATURE[9:]}"), BODY),
    "a signature with stray last bits": (headers(signature=with_stray_last_bits(SIGNATURE)), BODY),
    "a signature in another script": (headers(signature="签名"), BODY),
    "WeChat's own probe": (headers(signature="WECHATPAY/SIGNTEST/" + SIGNATURE[19:]), BODY),
    "five minutes old": (made(at=NOW - 300), BODY),
    "older": (made(at=NOW - 301), BODY),
    "five minutes from the future": (made(at=NOW + 300), BODY),
    "from another century": (made(at=NOW + 10**11), BODY),
    "in milliseconds": (made(at=NOW * 1000), BODY),
    "a timestamp with a sign": (made(at=f"+{NOW}"), BODY),
    "a timestamp with a fraction": (made(at=f"{NOW}.0"), BODY),
    "a timestamp with a space": (made(at=f" {NOW}"), BODY),
    "a timestamp with an underscore": (made(at="1_800_000_000"), BODY),
    "a timestamp in Arabic digits": (made(at="١٨٠٠٠٠٠٠٠٠"), BODY),
    "a timestamp that is a word": (made(at="now"), BODY),
    "an endless timestamp": (made(at="0" * 5_000 + str(NOW)), BODY),
    "the signature repeated": ([*headers(), ("wechatpay-signature", SIGNATURE)], BODY),
    "the timestamp repeated": ([("WECHATPAY-TIMESTAMP", str(NOW)), *headers()], BODY),
    "the serial repeated": ([*headers(), ("Wechatpay-Serial", CERTIFICATE_SERIAL)], BODY),
    "the nonce repeated": ([*headers(), ("Wechatpay-Nonce", "x")], BODY),
    "the kind repeated": ([*headers(), ("wechatpay-signature-type", GOOD["Wechatpay-Signature-Type"])], BODY),
    "no signature": (headers(signature=None), BODY),
    "no timestamp": (headers(timestamp=None), BODY),
    "no serial": (headers(serial=None), BODY),
    "no nonce": (headers(nonce=None), BODY),
    "no header at all": ([], BODY),
    "another kind of signature": (headers(signature_type="WECHATPAY2-SM2-WITH-SM3"), BODY),
    "an empty kind of signature": (headers(signature_type=""), BODY),
    "a kind of signature in small letters": (headers(signature_type="wechatpay2-sha256-rsa2048"), BODY),
    "the same JSON written anew": (headers(), json.dumps(json.loads(BODY)).encode()),
    "white space added": (headers(), BODY.replace(b'": ', b'":  ', 1)),
    "a byte order mark before it": (headers(), b"\xef\xbb\xbf" + BODY),
    "compressed on the way": (headers(), gzip.compress(BODY, mtime=0)),
    "in another encoding": (headers(), BODY.decode().encode("gb18030")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_forgery_is_refused(name):
    given_headers, body = REFUSED[name]

    with pytest.raises(SignatureInvalid) as refusal:
        ADAPTER.verify(given_headers, body, NOW)

    assert (refusal.value.reason, refusal.value.details) == ("", {})


def test_the_genuine_message_that_they_are_made_of_is_accepted():
    assert ADAPTER.verify(headers(), BODY, NOW).message["resource"] == TRADE


def resource(**changes):
    """A genuine resource, some of its members changed; it is signed with what is around it."""
    return with_resource(sealed(json.dumps(TRADE).encode()) | changes)


def with_resource(box):
    return json.dumps(json.loads(BODY) | {"resource": box}).encode()


def flipped(at):
    """A genuine resource with one bit of its ciphertext, or of the tag at its end, turned over."""
    box = sealed(json.dumps(TRADE).encode())
    octets = bytearray(b64decode(box["ciphertext"]))
    octets[at] ^= 1
    return b64encode(bytes(octets)).decode()


NESTED = b"[" * 100_000 + b"]" * 100_000
PLAIN = json.dumps(TRADE).encode()
MALFORMED = {  # The signature is genuine: WeChat Pay, or somebody who holds its key, said this.
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "compressed": gzip.compress(BODY, mtime=0),
    "not UTF-8": BODY.decode().encode("gb18030"),
    "not JSON": BODY[:-1],
    "a list": b"[" + BODY + b"]",
    "nothing": b"",
    "NaN": BODY.replace(b'"EV-2018022511223320873"', b"NaN"),
    "a number beyond measure": BODY.replace(b'"EV-2018022511223320873"', b"1" * 5_000),
    "nested without end": NESTED,
    "nested without end, inside": BODY[:-1] + b', "x": ' + NESTED + b"}",
    "a key twice": BODY[:-1] + b', "id": "EV-1"}',
    "two resources": BODY[:-1] + b', "resource": {}}',
    "a key twice in the resource": BODY.replace(b'"algorithm"', b'"nonce": "", "algorithm"'),
    "another type of resource": envelope(resource_type="plain-resource"),
    "no type of resource": envelope(resource_type=None),
    "no resource": BODY.replace(b'"resource"', b'"none"'),
    "a resource that is open": with_resource(TRADE),
    "a resource that is a text": with_resource("resource"),
    "another algorithm": resource(algorithm="AEAD_AES_128_GCM"),
    "an algorithm in small letters": resource(algorithm="aead_aes_256_gcm"),
    "no algorithm": resource(algorithm=None),
    "a nonce of eleven bytes": resource(nonce="fdasflkja48"),
    "a nonce of thirteen bytes": resource(nonce="fdasflkja4844"),
    "sealed with a nonce of sixteen bytes": envelope(seal={"nonce": "fdasflkja4841234"}),
    "another nonce": resource(nonce="fdasflkja485"),
    "a nonce that is a number": resource(nonce=123_456_789_012),
    "a nonce of half characters": resource(nonce="\ud800" * 12),
    "other associated data": resource(associated_data="refund"),
    "no associated data where there was some": resource(associated_data=None),
    "associated data of half characters": resource(associated_data="\ud800"),
    "associated data that is a list": resource(associated_data=["transaction"]),
    "the first bit of the ciphertext": resource(ciphertext=flipped(0)),
    "a bit in its middle": resource(ciphertext=flipped(200)),
    "the last bit of its tag": resource(ciphertext=flipped(-1)),
    "no ciphertext": resource(ciphertext=None),
    "an empty ciphertext": resource(ciphertext=""),
    "a ciphertext shorter than a tag": resource(ciphertext="AAAA"),
    "a ciphertext that is not base64": resource(ciphertext="****"),
    "a ciphertext with a line end": resource(ciphertext=sealed(PLAIN)["ciphertext"] + "\n"),
    "sealed with a key that is not ours": envelope(seal={"key": STRANGERS_API_V3_KEY}),
    "sealed, but not JSON": envelope(plaintext=b"paid"),
    "sealed, but not an object": envelope(plaintext=b"[1]"),
    "sealed, but not UTF-8": envelope(plaintext=b'{"mchid":"\xff"}'),
    "sealed, with a byte order mark": envelope(plaintext=b"\xef\xbb\xbf" + PLAIN),
    "sealed, with an amount twice": envelope(plaintext=PLAIN[:-1] + b', "amount": {"total": 1}}'),
    "sealed, with a total twice": envelope(plaintext=PLAIN.replace(b'"total"', b'"total": 1, "total"')),
    "sealed, with NaN": envelope(plaintext=PLAIN.replace(b"17100", b"NaN")),
    "sealed, nested without end": envelope(plaintext=b'{"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_signed_message_that_is_not_what_the_protocol_says_is_refused(name):
    body = MALFORMED[name]

    with pytest.raises(Malformed):
        ADAPTER.verify(signed(body), body, NOW)


def test_another_merchants_genuine_message_is_refused():
    """The platform signs for all of its merchants alike: only the APIv3 key tells whose a message is."""
    body = envelope(TRADE | {"mchid": "1900000110"}, seal={"key": STRANGERS_API_V3_KEY})

    with pytest.raises(Malformed):
        ADAPTER.verify(signed(body), body, NOW)


def test_a_retired_api_v3_key_opens_nothing():
    adapter = an_adapter(replace(KEYS, api_v3_keys=(STRANGERS_API_V3_KEY,)))

    with pytest.raises(Malformed):
        adapter.verify(headers(), BODY, NOW)


@pytest.mark.parametrize("body", [b"x" * (256 * 1024 + 1), b"[" * 10_000_000])
def test_what_is_too_large_is_not_even_hashed(body):
    with pytest.raises(TooLarge):
        ADAPTER.verify([], body, NOW)


def test_the_largest_body_is_read():
    body = envelope(summary="x" * (256 * 1024 - len(envelope(summary=""))))

    assert len(body) == 256 * 1024
    assert ADAPTER.verify(signed(body), body, NOW).message["resource"] == TRADE


NAMES = st.sampled_from([*GOOD, *(name.lower() for name in GOOD), "Content-Type", ""])
VALUES = st.one_of(st.text(max_size=40), st.sampled_from([*GOOD.values(), CERTIFICATE_SERIAL, str(NOW)]))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(NAMES | st.text(max_size=30), VALUES), max_size=8),
    st.binary(max_size=200) | st.just(BODY),
)
def test_whatever_comes_there_are_three_refusals_and_no_accident(given_headers, body):
    try:
        notice = ADAPTER.verify(given_headers, body, NOW)
    except (SignatureInvalid, Malformed, TooLarge):
        return
    assert (body, notice.message["resource"]) == (BODY, TRADE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.dictionaries(st.sampled_from([*sealed(b"")]), JSON, max_size=5)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*json.loads(BODY)]), JSON | MEMBERS)
def test_whatever_is_signed_is_understood_or_malformed(name, value):
    body = json.dumps(json.loads(BODY) | {name: value}).encode()

    try:
        ADAPTER.interpret(ADAPTER.verify(signed(body), body, NOW))
    except Malformed:
        return
    assert name not in ("resource", "resource_type") or value == json.loads(BODY)[name]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*TRADE]), JSON, st.sampled_from(["TRANSACTION.SUCCESS", "REFUND.SUCCESS"]))
def test_whatever_is_sealed_is_understood_or_malformed(name, value, event_type):
    body = envelope(TRADE | {name: value}, event_type)

    try:
        facts = ADAPTER.interpret(ADAPTER.verify(signed(body), body, NOW))
    except Malformed:
        return
    assert all(fact.provider == "wechatpay" for fact in facts)
