"""Our signers are held against OpenSSL and against a vendor's vector: no test below proves our code with our code."""

import subprocess
from base64 import b64encode

import pytest

from shared.errors import SignatureInvalid
from tests.fulfilment.tracker_script import (
    ACCENTED,
    NOW,
    SALT,
    SECRET,
    aftership_sign,
    an_easypost,
    easypost_headers,
    easypost_sign,
    kuaidi100_sign,
    seventeentrack_sign,
)

BODY = '{"状态":"在途"}'
# EasyPost publishes this event, this secret and this signature with its client libraries (test of validateWebhook).
VENDORS_EVENT = (
    b'{"result":{"id":"batch_123...","object":"Batch","mode":"test","state":"created","num_shipments":0,'
    b'"reference":null,"created_at":"2022-07-26T17:22:32Z","updated_at":"2022-07-26T17:22:32Z","scan_form":null,'
    b'"shipments":[],"status":{"created":0,"queued_for_purchase":0,"creation_failed":0,"postage_purchased":0,'
    b'"postage_purchase_failed":0},"pickup":null,"label_url":null},"description":"batch.created","mode":"test",'
    b'"previous_attributes":null,"completed_urls":null,"user_id":"user_123...","status":"pending",'
    b'"object":"Event","id":"evt_123..."}'
)
VENDORS_SIGNATURE = "hmac-sha256-hex=e93977c8ccb20363d51a62b3fe1fc402b7829be1152da9e88cf9e8d07115a46b"


def openssl(*options, message):
    done = subprocess.run(["openssl", "dgst", *options], input=message, capture_output=True, check=True)
    return done.stdout


def test_kuaidi100_signs_with_md5_of_text_and_salt():
    told = openssl("-md5", "-r", message=BODY.encode() + SALT.encode()).split()[0].decode()

    assert kuaidi100_sign(BODY) == told


def test_aftership_signs_with_hmac_in_base64():
    told = openssl("-sha256", "-hmac", SECRET, "-binary", message=BODY.encode())

    assert aftership_sign(BODY.encode()) == b64encode(told).decode()


def test_easypost_signs_with_hmac_in_hexadecimal_and_a_decomposed_secret():
    key = b"se\xcc\x81cret".hex()  # An e, and an accent on it.
    told = openssl(
        "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-r", message=BODY.encode()
    ).split()[0]

    assert easypost_sign(BODY.encode(), ACCENTED) == f"hmac-sha256-hex={told.decode()}"


def test_17track_signs_with_sha_256_of_body_and_key():
    told = openssl("-sha256", "-r", message=BODY.encode() + b"/17track-key").split()[0].decode()

    assert seventeentrack_sign(BODY.encode()) == told


def test_the_vendor_s_own_vector_is_genuine_and_says_nothing_of_parcels():
    easypost = an_easypost("sécret")

    notice = easypost.verify([("X-Hmac-Signature", VENDORS_SIGNATURE)], VENDORS_EVENT, NOW)

    assert notice.message["description"] == "batch.created"
    assert easypost.interpret(notice) == ()
    assert easypost_headers(VENDORS_EVENT)[1] == ("X-Hmac-Signature", VENDORS_SIGNATURE)


@pytest.mark.parametrize("secret", ["se\u0301cret", "ｓéｃｒｅｔ"], ids=["decomposed", "wide"])
def test_a_secret_means_the_same_however_it_was_typed(secret):
    headers = [("X-Hmac-Signature", VENDORS_SIGNATURE)]

    assert an_easypost(secret).verify(headers, VENDORS_EVENT, NOW).verified_at == NOW
    with pytest.raises(SignatureInvalid):
        an_easypost("secret").verify(headers, VENDORS_EVENT, NOW)
