"""Tokens through the front door: one that proves nothing is refused there, and no function hears of it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.tokens import KEY_ID, signed, signing_key
from tests.functions.watching import PROBLEM, nothing_happens
from tests.http_world import World

HEADER = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
BODY = {"lines": [{"sku": "TEA", "quantity": 1}]}
Forge = Callable[[dict[str, Any]], str]


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def content(header: object, claims: object) -> str:
    return f"{text(json.dumps(header).encode())}.{text(json.dumps(claims).encode())}"


def genuine(claims: dict[str, Any]) -> str:
    return signed(claims)


def by_another_key(claims: dict[str, Any]) -> str:
    unsigned = content(HEADER, claims)
    other = generate_private_key(public_exponent=65537, key_size=2048)
    return f"{unsigned}.{text(other.sign(unsigned.encode(), PKCS1v15(), SHA256()))}"


def by_hmac_with_the_public_key(encoding: Encoding) -> Forge:
    def forge(claims: dict[str, Any]) -> str:
        form = PublicFormat.SubjectPublicKeyInfo
        public = signing_key().public_key().public_bytes(encoding, form)
        unsigned = content(HEADER | {"alg": "HS256"}, claims)
        return f"{unsigned}.{text(hmac.new(public, unsigned.encode(), hashlib.sha256).digest())}"

    return forge


def by_our_key(header: dict[str, Any], padding: Any = PKCS1v15(), digest: Any = SHA256()) -> Forge:  # noqa: B008
    def forge(claims: dict[str, Any]) -> str:
        unsigned = content(header, claims)
        return f"{unsigned}.{text(signing_key().sign(unsigned.encode(), padding, digest))}"

    return forge


def unsigned_as(algorithm: str, signature: str = "") -> Forge:
    return lambda claims: f"{content(HEADER | {'alg': algorithm}, claims)}.{signature}"


def with_changed_claims(claims: dict[str, Any]) -> str:
    header, _, signature = signed(claims).split(".")
    return f"{header}.{text(json.dumps(claims | {'cognito:groups': ['operator']}).encode())}.{signature}"


def cut_off(claims: dict[str, Any]) -> str:
    return signed(claims)[:-20]


def flipped(claims: dict[str, Any]) -> str:
    token = signed(claims)
    return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]


FORGERIES: dict[str, Forge] = {
    "garbage": lambda _: "garbage",
    "three dots": lambda _: "...",
    "not base64": lambda _: "!!!.###.$$$",
    "a header that is no object": lambda claims: f"{text(b'[]')}.{text(b'{}')}.x",
    "a header ten thousand deep": lambda _: f"{text(b'[' * 10_000)}.{text(b'{}')}.x",
    "five parts": lambda claims: signed(claims) + ".x.y",
    "alg none": unsigned_as("none"),
    "alg None": unsigned_as("None"),
    "alg NONE with something behind": unsigned_as("NONE", "x"),
    "alg empty": unsigned_as(""),
    "no signature": unsigned_as("RS256"),
    "HS256 with the public key as PEM": by_hmac_with_the_public_key(Encoding.PEM),
    "HS256 with the public key as DER": by_hmac_with_the_public_key(Encoding.DER),
    "RS512 by our key": by_our_key(HEADER | {"alg": "RS512"}, digest=SHA512()),
    "RS256 that is RS512": by_our_key(HEADER, digest=SHA512()),
    "PS256 by our key": by_our_key(HEADER | {"alg": "PS256"}, PSS(MGF1(SHA256()), 32)),
    "RS256 that is PS256": by_our_key(HEADER, PSS(MGF1(SHA256()), 32)),
    "no algorithm": by_our_key({"kid": KEY_ID}),
    "an algorithm that is a list": by_our_key(HEADER | {"alg": ["RS256"]}),
    "an unknown key id": by_our_key(HEADER | {"kid": "local-2"}),
    "no key id": by_our_key({"alg": "RS256"}),
    "a key id that is a path": by_our_key(HEADER | {"kid": "../../../../dev/null"}),
    "a key id that is a query": by_our_key(HEADER | {"kid": "x' UNION SELECT 'key"}),
    "a key id that is an object": by_our_key(HEADER | {"kid": {"$ne": ""}}),
    "a key that the token brings": by_our_key(HEADER | {"kid": "own", "jwk": {"kty": "RSA", "e": "AQAB"}}),
    "a key behind an address": by_our_key(HEADER | {"kid": "own", "jku": "http://127.0.0.1/keys"}),
    "another key": by_another_key,
    "other claims under a genuine signature": with_changed_claims,
    "a signature that is cut off": cut_off,
    "one character flipped": flipped,
}
CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://evil.example"}, "token_invalid"),
    "an issuer with a slash more": ({"iss": "{issuer}/"}, "token_invalid"),
    "no issuer": ({"iss": None}, "token_invalid"),
    "another audience": ({"aud": "another-client"}, "token_invalid"),
    "other audiences": ({"aud": ["a", "b"]}, "token_invalid"),
    "no audience": ({"aud": None}, "token_invalid"),
    "expired this second": ({"exp": 0}, "token_expired"),
    "expired an hour ago": ({"exp": -3600}, "token_expired"),
    "never expires": ({"exp": None}, "token_invalid"),
    "valid from the next second on": ({"nbf": 1}, "token_invalid"),
    "issued tomorrow": ({"iat": 86_400}, "token_invalid"),
}


def claims_of(world: World) -> dict[str, Any]:
    now = int(world.cloud.clock.now())
    return {
        "sub": "b-1",
        "cognito:groups": ["buyer"],
        "iss": world.cloud.issuer.issuer,
        "aud": world.cloud.issuer.audience,
        "iat": now,
        "exp": now + 60,
    }


def knock(world: World, authorization: str | None, method: str = "POST", path: str = "/quotes") -> Any:
    headers = {"content-type": "application/json", "idempotency-key": "key"}
    if authorization is not None:
        headers["authorization"] = authorization
    return world.cloud.http(method, path, headers, json.dumps(BODY).encode() if method == "POST" else b"")


def refused_at_the_door(world: World, authorization: str | None, code: str) -> None:
    before = world.cloud.counts["invoke"]
    with nothing_happens(world) as calls:
        answer = knock(world, authorization)
    problem = answer.json()
    assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM)
    assert (problem["status"], problem["code"]) == (401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (calls, world.cloud.counts["invoke"]) == ([], before)


def test_a_genuine_token_opens_the_door(world: World) -> None:
    assert knock(world, f"Bearer {genuine(claims_of(world))}").status == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "   "])
def test_without_a_token_nothing_is_invoked(world: World, authorization: str | None) -> None:
    before = world.cloud.counts["invoke"]

    answer = knock(world, authorization)

    assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.json()["code"] in ("token_missing", "token_invalid")
    assert world.cloud.counts["invoke"] == before


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(world: World, name: str) -> None:
    refused_at_the_door(world, f"Bearer {FORGERIES[name](claims_of(world))}", "token_invalid")


@pytest.mark.parametrize("name", CLAIMS)
def test_a_genuine_token_for_another_place_or_time_is_refused(world: World, name: str) -> None:
    changes, code = CLAIMS[name]
    claims = claims_of(world)
    for claim, value in changes.items():
        if isinstance(value, int):
            claims[claim] = int(world.cloud.clock.now()) + value
        elif isinstance(value, str):
            claims[claim] = value.format(issuer=world.cloud.issuer.issuer)
        elif value is None:
            del claims[claim]
        else:
            claims[claim] = value

    refused_at_the_door(world, f"Bearer {signed(claims)}", code)


@pytest.mark.parametrize("scheme", ["Basic ", "Bearer Bearer ", "Digest "])
def test_a_token_under_another_scheme_is_refused(world: World, scheme: str) -> None:
    refused_at_the_door(world, scheme + signed(claims_of(world)), "token_invalid")


def test_two_tokens_are_none(world: World) -> None:
    token = signed(claims_of(world))

    refused_at_the_door(world, f"Bearer {token},Bearer {token}", "token_invalid")


def test_a_token_is_good_until_its_last_second(world: World) -> None:
    token = f"Bearer {signed(claims_of(world))}"
    world.cloud.advance(59)
    in_time = knock(world, token)
    world.cloud.advance(1)

    assert in_time.status == 200
    refused_at_the_door(world, token, "token_expired")


def test_every_route_but_the_webhooks_wants_a_token(world: World) -> None:
    for route in world.cloud.gateway.routes:
        path = (
            route.key.partition(" ")[2]
            .replace("{order_id}", "0" * 26)
            .replace("{sub_order_id}", "0" * 26 + "-01")
        )
        answer = knock(world, None, route.method, path.replace("{refund_id}", "0" * 26 + "R01"))
        is_open = route.key in {
            "POST /webhooks/payments/{provider}",
            "POST /webhooks/carriers/{carrier}",
            "POST /webhooks/warehouses/{warehouse}",
        }
        assert (answer.json().get("code") == "token_missing") != is_open, route.key


def test_what_a_caller_writes_into_other_headers_proves_nothing(world: World) -> None:
    order = world.place()
    headers = {
        "x-amzn-oidc-identity": "b-1",
        "x-forwarded-user": "b-1",
        "x-user-id": "b-1",
        "x-role": "operator",
    }

    with nothing_happens(world):
        answer = world.send("GET", f"/orders/{order}", who="b-2", headers=headers)

    assert (answer.status, answer.json()["code"]) == (404, "not_found")
