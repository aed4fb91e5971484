"""What is signed by us is what AWS's own library signs, and says exactly what it is leave for."""

import base64
import json
from datetime import UTC, datetime

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from shared.outside import Identity
from shared.store.presigning import presigned_address, presigned_form

NOW = 1_795_300_000  # 2026-11-21T22:26:40Z
URL = "https://files.s3.eu-west-1.amazonaws.com/orders/01/02"
FIELDS = {"key": "orders/01/02", "Content-Type": "image/jpeg"}
QUERY = {
    "response-content-disposition": 'attachment; filename="a b~c.jpg"',
    "response-content-type": "video/mp4",
}
IDENTITIES = [
    Identity("AKIA1", "secret/with+signs", "", "eu-west-1"),
    Identity("ASIA2", "another", "a//token+of/a=role==", "cn-north-1"),
]


@pytest.fixture(autouse=True)
def botocore_stands_still(monkeypatch):
    monkeypatch.setattr(auth, "get_current_datetime", lambda: datetime.fromtimestamp(NOW, UTC))


def credentials(who):
    return Credentials(who.access_key, who.secret_key, who.token or None)


@pytest.mark.parametrize("who", IDENTITIES, ids=lambda who: who.region)
@pytest.mark.parametrize("query", [{}, QUERY], ids=["plain", "with a query"])
def test_an_address_is_signed_as_botocore_signs_it(who, query):
    ours = presigned_address(who, URL, query, now=NOW, seconds=300)

    unsigned = ours.partition("?")[2].partition("X-Amz")[0]
    request = AWSRequest("GET", URL, params=query)
    auth.S3SigV4QueryAuth(credentials(who), "s3", who.region, expires=300).add_auth(request)
    parts = [sorted(url.partition("?")[2].split("&")) for url in (ours, request.url)]
    signatures = [[part for part in side if "Signature=" in part] for side in parts]
    rest = [[part for part in side if "Signature=" not in part] for side in parts]
    assert rest[0] == rest[1]
    assert ours.startswith(f"{URL}?")
    assert unsigned == ""  # In the order in which it is signed, capitals first.
    # botocore signs its query in the order of its names, as the protocol wants, whatever order it sends.
    assert signatures[0] == signatures[1]


@pytest.mark.parametrize("who", IDENTITIES, ids=lambda who: who.region)
def test_a_form_is_signed_as_botocore_signs_it(who):
    form = presigned_form(who, "https://files.example/", "files", FIELDS, size_bytes=7, now=NOW, seconds=900)

    request = AWSRequest("POST", "https://files.example/")
    signer = auth.S3SigV4PostAuth(credentials(who), "s3", who.region)
    signer.add_auth(request)
    theirs = request.context["s3-presign-post-fields"]
    for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date"):
        assert form.fields[name] == theirs[name]
    assert form.fields.get("x-amz-security-token", "") == who.token
    assert form.fields["x-amz-signature"] == signer.signature(form.fields["policy"], request)


def test_a_form_says_what_it_takes_until_when_and_every_field_is_under_a_condition():
    who = IDENTITIES[1]

    form = presigned_form(who, "https://files.example/", "files", FIELDS, size_bytes=7, now=NOW, seconds=900)

    assert form.url == "https://files.example/"
    assert json.loads(base64.b64decode(form.fields["policy"])) == {
        "expiration": "2026-11-21T22:41:40Z",
        "conditions": [
            {"bucket": "files"},
            ["content-length-range", 7, 7],
            {"key": "orders/01/02"},
            {"Content-Type": "image/jpeg"},
            {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
            {"x-amz-credential": "ASIA2/20261121/cn-north-1/s3/aws4_request"},
            {"x-amz-date": "20261121T222640Z"},
            {"x-amz-security-token": "a//token+of/a=role=="},
        ],
    }


def test_the_same_moment_signs_the_same_and_another_does_not():
    who = IDENTITIES[0]

    first, again, later = (
        presigned_address(who, URL, QUERY, now=at, seconds=300) for at in (NOW, NOW, NOW + 1)
    )

    assert first == again != later


def test_a_secret_is_not_shown_by_accident():
    shown = f"{IDENTITIES[1]!r} {IDENTITIES[1]}"

    assert "another" not in shown
    assert "token" not in shown
    assert "ASIA2" in shown
