"""WeChat Pay's webhooks: who may have signed them, and how they are answered."""

import json
import subprocess
from base64 import b64decode
from dataclasses import replace

import pytest
from wechatpayv3.core import Core
from wechatpayv3.utils import aes_decrypt, load_private_key, load_public_key, rsa_sign, rsa_verify

from shared.errors import SignatureInvalid
from shared.payment.facts import PaymentKind
from shared.payment.port import Manners, Provider, Reply, Told
from tests.payment.wechatpay_signer import (
    API_V3_KEY,
    CERTIFICATE,
    CERTIFICATE_SERIAL,
    CERTIFIED,
    KEYS,
    MCHID,
    NOW,
    OLD_API_V3_KEY,
    OUR_SERIAL,
    OURS,
    PLATFORM,
    PUBLIC_KEY_ID,
    TRADE,
    an_adapter,
    certificate_pem,
    envelope,
    facts_of,
    new_key,
    private_pem,
    public_pem,
    sealed,
    signed,
)

BODY = envelope()


def of_the_kit(tmp_path):
    """The community kit in both modes: with a folder of certificates, and with a public key."""
    (tmp_path / "platform.pem").write_text(CERTIFICATE)
    ours = (MCHID, OUR_SERIAL, private_pem(OURS), API_V3_KEY)
    certificates = Core(*ours, cert_dir=str(tmp_path))
    public_key = Core(*ours, public_key=public_pem(PLATFORM), public_key_id=PUBLIC_KEY_ID)
    return {CERTIFICATE_SERIAL: certificates, PUBLIC_KEY_ID: public_key}


def kit_signed(body, serial, key):
    """Headers made with the kit's own signing."""
    message = f"{NOW}\nABCDEFGH\n{body.decode()}\n"
    return [
        ("wechatpay-serial", serial),
        ("wechatpay-timestamp", str(NOW)),
        ("wechatpay-nonce", "ABCDEFGH"),
        ("wechatpay-signature", rsa_sign(load_private_key(private_pem(key)), message)),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048"),
    ]


def test_the_adapter_is_a_provider_and_says_what_wechat_pay_allows():
    provider: Provider = an_adapter()

    assert provider.name == "wechatpay"
    assert provider.manners == Manners(
        refunds_max=50,
        refund_gap_seconds=60,
        refund_days_max=365,
    )


@pytest.mark.parametrize(("serial", "key"), [(CERTIFICATE_SERIAL, CERTIFIED), (PUBLIC_KEY_ID, PLATFORM)])
def test_what_the_community_kit_signs_is_accepted(serial, key):
    notice = an_adapter().verify(kit_signed(BODY, serial, key), BODY, NOW)

    assert (notice.provider, notice.verified_at) == ("wechatpay", NOW)
    assert notice.message["resource"] == TRADE
    assert notice.message["event_type"] == "TRANSACTION.SUCCESS"


@pytest.mark.parametrize("serial", [CERTIFICATE_SERIAL, PUBLIC_KEY_ID])
def test_what_our_signer_signs_and_seals_is_accepted_by_the_community_kit(tmp_path, serial):
    read = of_the_kit(tmp_path)[serial].callback(dict(signed(BODY, serial=serial)), BODY)

    assert read["resource"] == TRADE


def test_the_community_kit_opens_what_our_signer_seals_and_verifies_its_signature():
    headers, box = dict(signed(b"{}")), sealed(b"fen")

    assert aes_decrypt(box["nonce"], box["ciphertext"], box["associated_data"], API_V3_KEY) == "fen"
    signature = headers["Wechatpay-Signature"]
    nonce = headers["Wechatpay-Nonce"]
    assert rsa_verify(str(NOW), nonce, "{}", signature, load_public_key(public_pem(PLATFORM)))


def test_the_openssl_command_line_and_our_signer_agree(tmp_path):
    headers = dict(signed(BODY))
    (tmp_path / "key.pem").write_text(public_pem(PLATFORM))
    (tmp_path / "signature").write_bytes(b64decode(headers["Wechatpay-Signature"]))
    message = f"{NOW}\n{headers['Wechatpay-Nonce']}\n".encode() + BODY + b"\n"
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature"]

    try:
        told = subprocess.run(command, input=message, cwd=tmp_path, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")

    assert told.stdout == b"Verified OK\n"


def test_both_ways_of_signing_live_at_once_and_the_serial_chooses():
    adapter = an_adapter()

    for serial in (CERTIFICATE_SERIAL, PUBLIC_KEY_ID):
        assert adapter.verify(signed(BODY, serial=serial), BODY, NOW).message["resource"] == TRADE


def test_a_second_certificate_may_sign_while_the_first_still_does():
    newer, serial = new_key(), "6A" * 20
    keys = replace(KEYS, platform_keys=(*KEYS.platform_keys, (serial, certificate_pem(newer, serial))))

    adapter = an_adapter(keys)

    assert adapter.verify(signed(BODY, serial=serial, key=newer), BODY, NOW)
    assert adapter.verify(signed(BODY, serial=CERTIFICATE_SERIAL), BODY, NOW)


@pytest.mark.parametrize("retired", [CERTIFICATE_SERIAL, PUBLIC_KEY_ID])
def test_a_retired_key_is_refused_and_the_other_still_signs(retired):
    left = tuple(pair for pair in KEYS.platform_keys if pair[0] != retired)
    adapter = an_adapter(replace(KEYS, platform_keys=left))

    with pytest.raises(SignatureInvalid):
        adapter.verify(signed(BODY, serial=retired), BODY, NOW)
    assert adapter.verify(signed(BODY, serial=left[0][0]), BODY, NOW)


def test_a_certificates_serial_may_be_written_in_small_letters():
    headers = signed(BODY, serial=CERTIFICATE_SERIAL.lower(), key=CERTIFIED)

    assert an_adapter().verify(headers, BODY, NOW)


@pytest.mark.parametrize("rename", [str.lower, str.upper, str.title, str])
def test_header_names_come_in_any_case(rename):
    headers = [(rename(name), value) for name, value in signed(BODY)]

    assert an_adapter().verify(headers, BODY, NOW)


def test_the_kind_of_signature_need_not_be_named_and_other_headers_do_not_matter():
    headers = [*signed(BODY)[:4], ("content-type", "text/plain"), ("accept", "a"), ("accept", "b")]

    assert an_adapter().verify(headers, BODY, NOW)


@pytest.mark.parametrize("late", [0, 1, -1, 299, -299])
def test_a_genuine_message_is_accepted_for_less_than_five_minutes_either_way(late):
    assert an_adapter().verify(signed(BODY), BODY, NOW + late).verified_at == NOW + late


@pytest.mark.parametrize("key", [API_V3_KEY, OLD_API_V3_KEY])
def test_either_api_v3_key_opens_a_message_while_one_replaces_the_other(key):
    assert facts_of(TRADE, seal={"key": key})[0].kind is PaymentKind.PAID


@pytest.mark.parametrize("associated", ["", "transaction", "退款"])
def test_associated_data_may_be_empty(associated):
    assert facts_of(TRADE, seal={"associated_data": associated})[0].kind is PaymentKind.PAID


@pytest.mark.parametrize(
    "change", [lambda box: box.pop("associated_data"), lambda box: box.update(associated_data=None)]
)
def test_associated_data_may_be_absent(change):
    box = sealed(json.dumps(TRADE).encode(), associated_data="")
    change(box)

    body = json.dumps(json.loads(envelope()) | {"resource": box}).encode()
    assert an_adapter().verify(signed(body), body, NOW).message["resource"] == TRADE


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT, Told.QUARANTINED])
def test_what_cannot_be_helped_by_sending_it_again_is_acknowledged(outcome):
    said = '{"code":"SUCCESS","message":"OK"}'

    assert an_adapter().acknowledge(outcome) == Reply(200, "application/json", said)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Told.PARKED, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)],
)
def test_a_refusal_has_one_text_for_all_reasons(outcome, status):
    said = '{"code":"FAIL","message":"FAIL"}'

    assert an_adapter().acknowledge(outcome) == Reply(status, "application/json", said)
