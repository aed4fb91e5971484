"""The signature between us and a warehouse: ``Ordercycle-Signature: t=<unix>,v1=<hex>[,v1=<hex>]``, both ways.

HMAC-SHA256 over the time, a full stop, and the bytes of the body. Several v1 while secrets are exchanged.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

SKEW_SECONDS = 300
HEADER = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,4})")


def mac(secret: str, moment: int, body: bytes) -> str:
    """Return the hexadecimal MAC of *body* at *moment*."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def signature(secrets: Iterable[str], now: float, body: bytes) -> str:
    """Return the header's value: one v1 for each secret."""
    moment = int(now)
    return ",".join([f"t={moment}", *(f"v1={mac(secret, moment, body)}" for secret in secrets)])


def is_signed(header: str, secrets: Iterable[str], now: float, body: bytes) -> bool:
    """Say whether one of these secrets signed *body* just now."""
    found = HEADER.fullmatch(header)
    if found is None or abs(now - int(found[1])) > SKEW_SECONDS:
        return False
    told = found[2].split(",v1=")[1:]
    expected = [mac(secret, int(found[1]), body) for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in told for other in expected)
