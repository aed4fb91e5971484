"""The secret with the providers' keys: what is read, what two versions come to, and what is refused by name."""

import json

import pytest

from shared.payment.keys import (
    AlipayKeys,
    Keyring,
    KeysUnusable,
    StripeKeys,
    WechatPayKeys,
    read_keyring,
)


def pem(name, kind="PUBLIC KEY"):
    return f"-----BEGIN {kind}-----\n{name}\n-----END {kind}-----\n"


OURS = pem("ours", "PRIVATE KEY")
ALIPAY = {"app_id": "2021", "seller_id": "2088", "private_key": OURS, "public_keys": [pem("a-1")]}
WECHATPAY = {
    "mchid": "1600",
    "app_id": "wx1",
    "serial": "5157",
    "private_key": OURS,
    "api_v3_keys": ["1" * 32],
    "public_key_id": "PUB_KEY_ID_1",
    "platform_keys": {"PUB_KEY_ID_1": pem("w-1"), "7132": pem("w-2", "CERTIFICATE")},
}
STRIPE = {"secret_key": "sk_live_1", "webhook_secrets": ["whsec_1"], "livemode": True}
EVERYBODY = {"alipay": ALIPAY, "wechatpay": WECHATPAY, "stripe": STRIPE}


def secret(**providers):
    return json.dumps(providers)


def test_each_provider_s_keys_are_read_under_their_names():
    ring = read_keyring([secret(**EVERYBODY)], (b"play",))

    assert ring == Keyring(
        alipay=AlipayKeys(app_id="2021", seller_id="2088", private_key=OURS, public_keys=(pem("a-1"),)),
        wechatpay=WechatPayKeys(
            mchid="1600",
            app_id="wx1",
            serial="5157",
            private_key=OURS,
            api_v3_keys=("1" * 32,),
            platform_keys=(("PUB_KEY_ID_1", pem("w-1")), ("7132", pem("w-2", "CERTIFICATE"))),
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
        alipay=ALIPAY | {"public_keys": [pem("a-2")]},
        wechatpay=WECHATPAY | {"api_v3_keys": ["2" * 32], "platform_keys": {"PUB_KEY_ID_2": pem("w-3")}},
        stripe=STRIPE | {"webhook_secrets": ["whsec_2", "whsec_1"]},
    )

    ring = read_keyring([present, secret(**EVERYBODY)])

    assert ring.alipay.public_keys == (pem("a-2"), pem("a-1"))
    assert ring.wechatpay.api_v3_keys == ("2" * 32, "1" * 32)
    assert dict(ring.wechatpay.platform_keys) == {
        "PUB_KEY_ID_1": pem("w-1"),
        "7132": pem("w-2", "CERTIFICATE"),
        "PUB_KEY_ID_2": pem("w-3"),
    }
    assert ring.stripe.webhook_secrets == ("whsec_2", "whsec_1")


def test_a_serial_of_both_versions_means_the_key_of_the_present_one():
    present = secret(wechatpay=WECHATPAY | {"platform_keys": {"7132": pem("mended")}})

    ring = read_keyring([present, secret(**EVERYBODY)])

    assert dict(ring.wechatpay.platform_keys)["7132"] == pem("mended")


def test_we_are_and_sign_as_the_present_version_alone():
    ours = pem("new", "PRIVATE KEY")
    present = secret(
        alipay=ALIPAY | {"app_id": "2022", "seller_id": "2089", "private_key": ours},
        wechatpay=WECHATPAY | {"mchid": "1700", "app_id": "wx2", "serial": "9", "private_key": ours},
        stripe=STRIPE | {"secret_key": "sk_live_2"},
    )

    ring = read_keyring([present, secret(**EVERYBODY)])

    assert (ring.alipay.app_id, ring.alipay.seller_id, ring.alipay.private_key) == ("2022", "2089", ours)
    assert (ring.wechatpay.mchid, ring.wechatpay.app_id, ring.wechatpay.serial) == ("1700", "wx2", "9")
    assert ring.wechatpay.private_key == ours
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
    (secret(alipay={**ALIPAY, "public_keys": pem("a")}), "alipay/public_keys is not a list"),
    (secret(alipay={**ALIPAY, "public_keys": []}), "alipay/public_keys is not a list"),
    (secret(alipay={**ALIPAY, "public_keys": ["MIIBIj"]}), "alipay/public_keys is not PEM"),
    (secret(wechatpay={**WECHATPAY, "api_v3_keys": ["1" * 31]}), "an APIv3 key has 32 bytes"),
    (secret(wechatpay={**WECHATPAY, "api_v3_keys": ["é" * 16]}), "wechatpay/api_v3_keys is not a text"),
    (secret(wechatpay={**WECHATPAY, "platform_keys": {}}), "wechatpay/platform_keys is not an object"),
    (
        secret(wechatpay={**WECHATPAY, "platform_keys": [pem("w")]}),
        "wechatpay/platform_keys is not an object",
    ),
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
)
def test_no_reason_repeats_a_key_that_was_put_in_the_wrong_place(text):
    with pytest.raises(KeysUnusable) as refused:
        read_keyring([text])

    assert "hunter2" not in str(refused.value)


def test_a_pem_that_was_pasted_with_spaces_around_it_is_read():
    own = ALIPAY | {"private_key": f"\n  {OURS}  "}

    assert read_keyring([secret(alipay=own)]).alipay.private_key == OURS
