"""Who are you? Issues the laptop's tokens and checks them as the HTTP API's JWT authorizer does.

RS256 with a key made at start, valid by the virtual clock. The signature is checked before anything that
the token says is believed, and the algorithm comes from here, never from the token.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

KEY_ID = "local-1"
KEY_BITS = 2048
TOKENS_KEPT = 1024
LIFE_SECONDS = 12 * 3600
ROLES = ("buyer", "merchant", "warehouse", "support", "operator")


class TokenRefused(Exception):
    """The token proves nothing. ``code`` is ours, the text is the gateway's own."""

    code = "token_invalid"


class TokenMissing(TokenRefused):
    """There is no token."""

    code = "token_missing"


class TokenExpired(TokenRefused):
    """The token was good once."""

    code = "token_expired"


@cache
def signing_key() -> RSAPrivateKey:
    """Return the process's key: making one takes longer than a whole test."""
    return generate_private_key(public_exponent=65537, key_size=KEY_BITS)


class Issuer:
    """Issues tokens of one user pool."""

    def __init__(self, issuer: str, audience: str, now: Callable[[], float]) -> None:
        self.issuer = issuer
        self.audience = audience
        self._now = now

    def token(self, *, subject: str, role: str, merchant_id: str | None = None) -> str:
        """Return a token that says who *subject* is, for twelve hours of virtual time."""
        now = int(self._now())
        claims: dict[str, Any] = {
            "sub": subject,
            "cognito:groups": [role],
            "iss": self.issuer,
            "aud": self.audience,
            "token_use": "id",
            "auth_time": now,
            "iat": now,
            "exp": now + LIFE_SECONDS,
        }
        return signed(claims | ({"custom:merchant_id": merchant_id} if merchant_id else {}))


def signed(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """Return *claims* as a token under our key. A test may ask for another header."""
    head = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"} if header is None else header
    return _signed(f"{_encoded(head)}.{_encoded(claims)}")


@lru_cache(TOKENS_KEPT)
def _signed(content: str) -> str:
    """The same content has the same signature, and whoever asks ten times in a second gets one token."""
    signature = signing_key().sign(content.encode(), PKCS1v15(), SHA256())
    return f"{content}.{_text(signature)}"


def check(authorization: str, *, issuer: str, audience: tuple[str, ...], now: float) -> dict[str, Any]:
    """Return the claims of an ``Authorization`` header, or raise ``TokenRefused``."""
    token = authorization.removeprefix("Bearer ").strip()
    if not token:
        raise TokenMissing("no token")
    claims = _verified_claims(token)
    if claims.get("iss") != issuer:
        raise TokenRefused("invalid issuer")
    named = claims.get("aud", claims.get("client_id"))
    if not set(named if isinstance(named, list) else [named]) & set(audience):
        raise TokenRefused("the token does not have a valid audience")
    if _moment(claims, "exp") <= now:
        raise TokenExpired("the token has expired")
    if any(name in claims and _moment(claims, name) > now for name in ("nbf", "iat")):
        raise TokenRefused("the token is not valid yet")
    return claims


def _verified_claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenRefused("the token is malformed")
    header = _decoded(parts[0])
    if header.get("alg") != "RS256":
        raise TokenRefused("signing method not allowed")
    if header.get("kid") != KEY_ID:  # Compared, never looked up: a key id is the caller's text.
        raise TokenRefused("unable to find a signing key that matches")
    try:
        content = f"{parts[0]}.{parts[1]}".encode()
        signing_key().public_key().verify(_bytes(parts[2]), content, PKCS1v15(), SHA256())
    except InvalidSignature as forged:
        raise TokenRefused("the token's signature is invalid") from forged
    return _decoded(parts[1])


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TokenRefused(f"the token has no valid {name}")
    return value


def _encoded(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as malformed:
        raise TokenRefused("the token is malformed") from malformed


def _decoded(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(text))
    except (ValueError, RecursionError) as malformed:
        raise TokenRefused("the token is malformed") from malformed
    if not isinstance(value, dict):
        raise TokenRefused("the token is malformed")
    return value
