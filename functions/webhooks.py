"""What every webhook needs: the bytes as they were sent, and the answer that its sender understands."""

import base64
from typing import Any, Protocol

from shared.errors import Malformed


def raw_bytes(event: dict[str, Any]) -> bytes:
    """The body byte for byte. API Gateway hands over in base64 what is not text."""
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as cause:  # binascii.Error is one; what is not ASCII is another.
        raise Malformed("the body cannot be read") from cause


def headers_of(event: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers as they came. API Gateway joins one that was sent twice with a comma: adapters must refuse that."""
    return tuple(event.get("headers", {}).items())


class Reply(Protocol):
    """What ``shared.payment.port`` and ``shared.fulfilment.carriers.port`` both call one."""

    @property
    def status(self) -> int: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> str: ...


def answer(reply: Reply) -> dict[str, Any]:
    headers = {"content-type": reply.content_type} if reply.content_type else {}
    return {"statusCode": reply.status, "headers": headers, "body": reply.body}
