"""The secret with the providers' keys: what is read, what two versions come to, and what is refused by name."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from shared.payment.keys import (
    AlipayKeys,
    Keyring,
    KeysUnusable,
    StripeKeys,
    WechatPayKeys,
    read_keyring,
)
from tests.payment import wechatpay_signer
from tests.payment.wechatpay_signer import CERTIFICATE, CERTIFIED, PLATFORM, STRANGER, private_pem, public_pem

OURS, OURS_NEXT = private_pem(wechatpay_signer.OURS), private_pem(STRANGER)
ONE, TWO, THREE = public_pem(PLATFORM), public_pem(CERTIFIED), public_pem(STRANGER)
PROJECT = Path(__file__).parents[2]
ALIPAY = {"app_id": "2021", "seller_id": "2088", "private_key": OURS, "public_keys": [ONE]}
WECHATPAY = {
    "mchid": "1600",
    "app_id": "wx1",
    "serial": "5157",
    "private_key": OURS,
    "api_v3_keys": ["1" * 32],
    "public_key_id": "PUB_KEY_ID_1",
    "platform_keys": {"PUB_KEY_ID_1": ONE, "7132": CERTIFICATE},
}
STRIPE = {"secret_key": "sk_live_1", "webhook_secrets": ["whsec_1"], "livemode": True}
EVERYBODY = {"alipay": ALIPAY, "wechatpay": WECHATPAY, "stripe": STRIPE}


def secret(**providers):
    return json.dumps(providers)


def test_each_provider_s_keys_are_read_under_their_names():
    ring = read_keyring([secret(**EVERYBODY)], (b"play",))

    assert ring == Keyring(
        alipay=AlipayKeys(app_id="2021", seller_id="2088", private_key=OURS, public_keys=(ONE,)),
        wechatpay=WechatPayKeys(
            mchid="1600",
            app_id="wx1",
            serial="5157",
            private_key=OURS,
            api_v3_keys=("1" * 32,),
            platform_keys=(("PUB_KEY_ID_1", ONE), ("7132", CERTIFICATE)),
            public_key_id="PUB_KEY_ID_1",
        ),
        stripe=StripeKeys(secret_key="sk_live_1", webhook_secrets=("whsec_1",), livemode=True),
        sandbox=(b"play",),
    )


@pytest.mark.parametrize("versions", [(), ("{}",), ("{}", "{}")])
def test_without_keys_every_provider_is_off(versions):
    assert read_keyring(versions) == Keyring(alipay=None, wechatpay=None, stripe=None, sandbox=())


def test_a_provider_that_is_left_out_is_off_even_if_the_version_before_had_it():
    ring = read_keyring([secret(stripe=STRIPE), secret(**EVERYBODY)])

    assert (ring.alipay, ring.wechatpay) == (None, None)
    assert ring.stripe is not None


def test_a_merchant_in_certificate_mode_has_no_public_key_id():
    old = {name: value for name, value in WECHATPAY.items() if name != "public_key_id"}

    assert read_keyring([secret(wechatpay=old)]).wechatpay.public_key_id == ""


def test_what_is_signed_for_us_is_verified_with_the_keys_of_both_versions_the_present_first():
    present = secret(
        alipay=ALIPAY | {"public_keys": [TWO]},
        wechatpay=WECHATPAY | {"api_v3_keys": ["2" * 32], "platform_keys": {"PUB_KEY_ID_2": THREE}},
        stripe=STRIPE | {"webhook_secrets": ["whsec_2", "whsec_1"]},
    )

    ring = read_keyring([present, secret(**EVERYBODY)])

    assert ring.alipay.public_keys == (TWO, ONE)
    assert ring.wechatpay.api_v3_keys == ("2" * 32, "1" * 32)
    assert dict(ring.wechatpay.platform_keys) == {
        "PUB_KEY_ID_1": ONE,
        "7132": CERTIFICATE,
        "PUB_KEY_ID_2": THREE,
    }
    assert ring.stripe.webhook_secrets == ("whsec_2", "whsec_1")


def test_a_serial_of_both_versions_means_the_key_of_the_present_one():
    present = secret(wechatpay=WECHATPAY | {"platform_keys": {"7132": THREE}})

    ring = read_keyring([present, secret(**EVERYBODY)])

    assert dict(ring.wechatpay.platform_keys)["7132"] == THREE


def test_we_are_and_sign_as_the_present_version_alone():
    present = secret(
        alipay=ALIPAY | {"app_id": "2022", "seller_id": "2089", "private_key": OURS_NEXT},
        wechatpay=WECHATPAY | {"mchid": "1700", "app_id": "wx2", "serial": "9", "private_key": OURS_NEXT},
        stripe=STRIPE | {"secret_key": "sk_live_2"},
    )

    ring = read_keyring([present, secret(**EVERYBODY)])

    assert (ring.alipay.app_id, ring.alipay.seller_id, ring.alipay.private_key) == ("2022", "2089", OURS_NEXT)
    assert (ring.wechatpay.mchid, ring.wechatpay.app_id, ring.wechatpay.serial) == ("1700", "wx2", "9")
    assert ring.wechatpay.private_key == OURS_NEXT
    assert ring.stripe.secret_key == "sk_live_2"


def test_secrets_of_test_mode_verify_nothing_in_live_mode():
    tried = STRIPE | {"webhook_secrets": ["whsec_test"], "livemode": False}

    ring = read_keyring([secret(stripe=STRIPE), secret(stripe=tried)])

    assert ring.stripe.webhook_secrets == ("whsec_1",)


def test_a_broken_version_that_has_been_mended_does_not_matter_any_more():
    assert read_keyring([secret(stripe=STRIPE), "{broken"]) == read_keyring([secret(stripe=STRIPE)])


BROKEN = [
    ("", "no JSON"),
    ("{", "no JSON"),
    ("[]", "no JSON"),
    ('"stripe"', "no JSON"),
    ("null", "no JSON"),
    ('{"stripe": {}, "stripe": {}}', "a key stands twice"),
    (secret(wechat_pay=WECHATPAY), "there is no provider wechat_pay"),
    (secret(alipay=[]), "alipay is not an object"),
    (secret(alipay=None), "alipay is not an object"),
    (secret(alipay={**ALIPAY, "app_id": 2021}), "alipay/app_id is not a text"),
    (secret(alipay={**ALIPAY, "app_id": ""}), "alipay/app_id is not a text"),
    (secret(alipay={**ALIPAY, "seller_id": "２０８８"}), "alipay/seller_id is not a text"),
    (secret(alipay={**ALIPAY, "appid": "2021"}), "alipay knows no appid"),
    (secret(alipay={**ALIPAY, "private_key": "MIIEvQ"}), "alipay/private_key is not PEM"),
    (secret(alipay={**ALIPAY, "public_keys": ONE}), "alipay/public_keys is not a list"),
    (secret(alipay={**ALIPAY, "public_keys": []}), "alipay/public_keys is not a list"),
    (secret(alipay={**ALIPAY, "public_keys": ["MIIBIj"]}), "alipay/public_keys is not PEM"),
    (secret(wechatpay={**WECHATPAY, "api_v3_keys": ["1" * 31]}), "an APIv3 key has 32 bytes"),
    (secret(wechatpay={**WECHATPAY, "api_v3_keys": ["é" * 16]}), "wechatpay/api_v3_keys is not a text"),
    (secret(wechatpay={**WECHATPAY, "platform_keys": {}}), "wechatpay/platform_keys is not an object"),
    (secret(wechatpay={**WECHATPAY, "platform_keys": [ONE]}), "wechatpay/platform_keys is not an object"),
    (secret(wechatpay={**WECHATPAY, "platform_keys": {"1": "w"}}), "wechatpay/platform_keys is not PEM"),
    (secret(wechatpay={**WECHATPAY, "public_key_id": None}), "wechatpay/public_key_id is not a text"),
    (secret(stripe={**STRIPE, "livemode": "true"}), "stripe/livemode is true or false"),
    (secret(stripe={**STRIPE, "webhook_secrets": [1]}), "stripe/webhook_secrets is not a text"),
]


@pytest.mark.parametrize(("text", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
def test_what_cannot_be_the_keys_is_refused_by_the_name_of_the_member(text, reason):
    with pytest.raises(KeysUnusable, match=reason):
        read_keyring([text])


@pytest.mark.parametrize(
    ("provider", "member"),
    [(p, m) for p, own in EVERYBODY.items() for m in own if m != "public_key_id"],
)
def test_a_member_that_is_missing_is_named(provider, member):
    own = {name: value for name, value in EVERYBODY[provider].items() if name != member}

    with pytest.raises(KeysUnusable, match=f"^{provider} has no {member}$"):
        read_keyring([secret(**EVERYBODY | {provider: own})])


@pytest.mark.parametrize(
    "text",
    [
        secret(stripe=STRIPE | {"sk_live_51H8hunter2hunter2": ""}),
        secret(whsec_hunter2hunter2hunter2={}),
        secret(alipay=ALIPAY | {"private_key": "hunter2"}),
        secret(wechatpay=WECHATPAY | {"api_v3_keys": ["hunter2"]}),
        '{"stripe": hunter2}',
    ],
    ids=["a member", "a provider", "no PEM", "an AES key", "no JSON"],
)
def test_no_reason_repeats_a_key_that_was_put_in_the_wrong_place(text):
    with pytest.raises(KeysUnusable) as refused:
        read_keyring([text])

    assert "hunter2" not in str(refused.value)


HIDDEN = "aHVudGVyMmh1bnRlcjI="
NOT_READ, WEAK = "cannot be read", "is not RSA of 2048 bits"


@cache
def made(kind):
    """A key that will not do, as (private, public): made once, when a test wants it."""
    if kind == "no key":
        return framed("PRIVATE KEY"), framed("PUBLIC KEY")
    key = (
        rsa.generate_private_key(65_537, 1024)
        if kind == "1024 bits"
        else ec.generate_private_key(ec.SECP256R1())
    )
    return private_pem(key), public_pem(key)


def framed(label):
    return f"-----BEGIN {label}-----\n{HIDDEN}\n-----END {label}-----\n"


@cache
def locked():
    """A private key under a password that nobody told us."""
    how = BestAvailableEncryption(b"hunter2")
    return wechatpay_signer.OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode()


PRIVATE = {
    "no key": (lambda: made("no key")[0], NOT_READ),
    "an EC key": (lambda: made("EC")[0], WEAK),
    "1024 bits": (lambda: made("1024 bits")[0], WEAK),
    "a public key": (lambda: ONE, NOT_READ),
    "a certificate": (lambda: CERTIFICATE, NOT_READ),
    "a locked key": (locked, NOT_READ),
}
PUBLIC = {
    "no key": (lambda: made("no key")[1], NOT_READ),
    "no certificate": (lambda: framed("CERTIFICATE"), NOT_READ),
    "an EC key": (lambda: made("EC")[1], WEAK),
    "1024 bits": (lambda: made("1024 bits")[1], WEAK),
    "a private key": (lambda: OURS, NOT_READ),
}


def with_pem(member, pem):
    """A secret whose *member* is *pem*; where several may be, after one that will do."""
    provider, name = member.split("/")
    held = {"private_key": pem, "public_keys": [ONE, pem], "platform_keys": {"7132": CERTIFICATE, "9": pem}}
    return secret(**EVERYBODY | {provider: EVERYBODY[provider] | {name: held[name]}})


UNUSABLE = [
    *(
        (member, "private", what)
        for member in ("alipay/private_key", "wechatpay/private_key")
        for what in PRIVATE
    ),
    *(
        (member, "public", what)
        for member in ("alipay/public_keys", "wechatpay/platform_keys")
        for what in PUBLIC
    ),
]


@pytest.mark.parametrize(("member", "half", "what"), UNUSABLE)
def test_a_pem_that_is_not_the_key_it_must_be_is_refused_by_the_name_of_the_member_and_never_shown(
    member, half, what
):
    make, reason = (PRIVATE if half == "private" else PUBLIC)[what]
    pem = make()

    with pytest.raises(KeysUnusable) as refused:
        read_keyring([with_pem(member, pem)])

    said = str(refused.value)
    assert said == f"{member}: a {half} key {reason}"
    assert refused.value.__suppress_context__
    assert [line for line in pem.splitlines() if line in said] == []


@pytest.mark.parametrize(("member", "half", "what"), UNUSABLE)
def test_an_older_version_with_such_a_pem_is_left_out_as_a_whole(member, half, what):
    make, _ = (PRIVATE if half == "private" else PUBLIC)[what]
    present = secret(
        alipay=ALIPAY | {"public_keys": [TWO]},
        wechatpay=WECHATPAY | {"platform_keys": {"PUB_KEY_ID_2": THREE}},
        stripe=STRIPE | {"webhook_secrets": ["whsec_2"]},
    )

    ring = read_keyring([present, with_pem(member, make())])

    assert ring == read_keyring([present])
    assert ring.stripe.webhook_secrets == ("whsec_2",)


@pytest.mark.parametrize(
    ("providers", "needs_it"),
    [({}, False), ({"stripe": STRIPE}, False), ({"alipay": ALIPAY}, True), ({"wechatpay": WECHATPAY}, True)],
    ids=["nobody", "stripe", "alipay", "wechatpay"],
)
def test_cryptography_is_imported_for_keys_that_are_pem_only(providers, needs_it):
    program = (
        "import sys; from shared.payment.keys import read_keyring\n"
        "read_keyring([sys.stdin.read()]); print('cryptography' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        input=secret(**providers),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{needs_it}\n"


def test_a_pem_that_was_pasted_with_spaces_around_it_is_read():
    own = ALIPAY | {"private_key": f"\n  {OURS}  "}

    assert read_keyring([secret(alipay=own)]).alipay.private_key == OURS
