"""The JWT authorizer: what proves nothing, and what the caller is told."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.tokens import KEY_ID, signed, signing_key
from tests.local import small
from tests.local.stand_ins import CALLS

GOOD = {
    "sub": "b-1",
    "iss": small.ISSUER,
    "aud": "Shop",
    "exp": small.START + 60,
    "cognito:groups": ["buyer"],
}
HEADER = {"alg": "RS256", "kid": KEY_ID}


def text(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def ask(cloud, token):
    headers = {} if token is None else {"Authorization": token}
    return cloud.http("GET", "/things/latest", headers)


def refused(cloud, token):
    response = ask(cloud, token)
    assert "api" not in CALLS
    body = response.json()
    assert (response.status, body["status"], body["message"]) == (401, 401, "Unauthorized")
    return body["code"], response.headers["www-authenticate"]


def invalid(reason):
    return "token_invalid", f'Bearer scope="" error="invalid_token" error_description="{reason}"'


@pytest.mark.parametrize("prefix", ["Bearer ", ""])
def test_a_good_token_lets_in(cloud, prefix):
    assert ask(cloud, prefix + signed(GOOD)).status == 200


def test_a_token_of_the_issuer_lives_twelve_hours_of_virtual_time(cloud):
    token = f"Bearer {cloud.token('b-1', 'buyer')}"
    cloud.sweeper = False

    cloud.advance(12 * 3600 - 1)
    assert ask(cloud, token).status == 200

    CALLS.clear()
    cloud.advance(1)
    code, challenge = refused(cloud, token)
    assert code == "token_expired"
    assert challenge == 'Bearer scope="" error="invalid_token" error_description="the token has expired"'


@pytest.mark.parametrize("token", [None, "", "Bearer "])
def test_without_a_token_only_the_scheme_is_named(cloud, token):
    assert refused(cloud, token) == ("token_missing", "Bearer")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "RS512", "PS256", ""])
def test_only_rs256_counts_whatever_the_token_says(cloud, algorithm):
    header = {**HEADER, "alg": algorithm}

    assert refused(cloud, signed(GOOD, header)) == invalid("signing method not allowed")


def test_a_token_without_signature_is_refused(cloud):
    unsigned = f"{text({'alg': 'none', 'kid': KEY_ID})}.{text(GOOD)}."

    assert refused(cloud, unsigned) == invalid("signing method not allowed")


def test_a_signature_with_the_public_key_as_a_shared_secret_is_refused(cloud):
    public = signing_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("HS256", "RS256"):
        content = f"{text({'alg': algorithm, 'kid': KEY_ID})}.{text(GOOD)}"
        forged = hmac.new(public, content.encode(), hashlib.sha256).digest()

        code, _ = refused(cloud, f"{content}.{text(forged)}")

        assert code == "token_invalid"


@pytest.mark.parametrize("key_id", ["../../etc/passwd", "local-2", "", None, ["local-1"], "local-1\x00"])
def test_a_key_id_is_compared_and_never_looked_up(cloud, key_id):
    token = signed(GOOD, {**HEADER, "kid": key_id})

    assert refused(cloud, token) == invalid("unable to find a signing key that matches")


def test_another_key_is_refused(cloud):
    content = f"{text(HEADER)}.{text(GOOD)}"
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    signature = stranger.sign(content.encode(), PKCS1v15(), SHA256())

    assert refused(cloud, f"{content}.{text(signature)}") == invalid("the token's signature is invalid")


def test_claims_cannot_be_exchanged(cloud):
    head, _, signature = signed(GOOD).split(".")
    other = text({**GOOD, "cognito:groups": ["operator"]})

    assert refused(cloud, f"{head}.{other}.{signature}") == invalid("the token's signature is invalid")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://evil.example"}, "invalid issuer"),
        ({"iss": small.ISSUER + "/"}, "invalid issuer"),
        ({"aud": "Other"}, "the token does not have a valid audience"),
        ({"aud": ["Other", "Another"]}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"nbf": small.START + 1}, "the token is not valid yet"),
        ({"iat": small.START + 1}, "the token is not valid yet"),
        ({"exp": None}, "the token has no valid exp"),
        ({"exp": "9999999999"}, "the token has no valid exp"),
        ({"exp": True}, "the token has no valid exp"),
    ],
)
def test_a_token_for_others_or_another_time_is_refused(cloud, change, reason):
    assert refused(cloud, signed({**GOOD, **change})) == invalid(reason)


def test_an_access_token_names_its_client_instead_of_an_audience(cloud):
    claims = {name: value for name, value in GOOD.items() if name != "aud"}

    assert ask(cloud, signed({**claims, "client_id": "Shop"})).status == 200
    assert ask(cloud, signed({**claims, "client_id": "Other"})).status == 401


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "....",
        "é.é.é",
        f"{text(HEADER)}.{text(GOOD)}.!!",
        text(b"[]") + ".x.y",
    ],
)
def test_what_is_no_token_is_refused(cloud, token):
    code, _ = refused(cloud, f"Bearer {token}")

    assert code == "token_invalid"
