"""``Ordercycle-Signature: t=<unix>,v1=<hex>[,v1=<hex>...]``: HMAC-SHA256 over ``t`` + "." + the raw body.

The scheme we sign with ourselves (sandbox provider, own warehouses). Several ``v1`` and several secrets may live
at once while a secret is rotated. No reason leaves this module: a forger learns nothing from the answer.
"""

import hmac
import re
from collections.abc import Sequence
from hashlib import sha256

from shared.errors import SignatureInvalid

HEADER = "ordercycle-signature"
TOLERANCE_SECONDS = 300  # Both ways: a stamp from the future is as wrong as a stale one.
_SHAPE = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,4})", re.ASCII)


def verify(header: str | None, raw_body: bytes, *, now: int, secrets: Sequence[bytes]) -> None:
    """Return if one of *secrets* signed exactly these bytes, now. Raises ``SignatureInvalid`` otherwise."""
    shape = _SHAPE.fullmatch(header or "")
    if shape is None:
        raise SignatureInvalid
    stamp, candidates = shape[1], shape[2].removeprefix(",v1=").split(",v1=")
    message = stamp.encode() + b"." + raw_body
    expected = [hmac.new(secret, message, sha256).hexdigest() for secret in secrets]
    is_genuine = any([hmac.compare_digest(one, other) for one in candidates for other in expected])
    if not is_genuine or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise SignatureInvalid
