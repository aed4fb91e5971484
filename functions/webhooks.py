"""What every webhook needs: the bytes as they were sent, one header, the secrets that may have signed them."""

import base64
import binascii
from functools import lru_cache
from typing import Any

from shared.errors import Malformed, SignatureInvalid
from shared.outside import outside
from shared.settings import settings

SECRETS_SECONDS = 300


def raw_bytes(event: dict[str, Any]) -> bytes:
    """The body byte for byte. API Gateway hands over in base64 what is not text."""
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as cause:
        raise Malformed("the body cannot be read") from cause


def header_of(event: dict[str, Any], name: str) -> str | None:
    """One header, its name in any case. Sent twice (API Gateway joins with a comma), or not at all: None."""
    found = [value for key, value in event.get("headers", {}).items() if key.lower() == name]
    if len(found) > 1:
        raise SignatureInvalid
    return found[0] if found else None


@lru_cache(maxsize=1)
def sandbox_secrets(_period: int) -> tuple[bytes, ...]:
    """The present secret and, while one is being rotated, the one before it. Read once per process and period of
    ``SECRETS_SECONDS``, so that a warm process learns of a rotation too.
    """
    from botocore.exceptions import ClientError

    secrets = []
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        try:
            found = outside.aws(
                "secretsmanager",
                "get_secret_value",
                SecretId=settings().sandbox_secret_arn,
                VersionStage=stage,
            )
        except ClientError as refused:
            if stage == "AWSPREVIOUS" and refused.response["Error"]["Code"] == "ResourceNotFoundException":
                continue
            raise
        secrets.append(found["SecretString"].encode())
    return tuple(secrets)
