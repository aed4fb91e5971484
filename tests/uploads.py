"""What a person with a photo does: say what it is, post it with the form, and read what an address leads to."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from urllib3 import encode_multipart_formdata

from local.cloud import Cloud
from local.gateway import Response

PHOTO = b"\xff\xd8\xff\xe0 a photo of a broken pot \x00\r\n--\r\n\xff\xd9"


def digest(file: bytes) -> str:
    return base64.b64encode(hashlib.sha256(file).digest()).decode()


def told_of(file: bytes = PHOTO, content_type: str = "image/jpeg") -> dict[str, Any]:
    """What the API wants to know of a file."""
    return {"content_type": content_type, "bytes": len(file), "sha256": digest(file)}


def post(cloud: Cloud, upload: Mapping[str, Any], file: bytes = PHOTO, **changed: str | None) -> Response:
    """Post *file* with the form as a browser does; *changed* fields are other ones, or left out (None)."""
    renamed = {name.replace("_", "-"): value for name, value in changed.items()}
    fields = {name: value for name, value in {**upload["fields"], **renamed}.items() if value is not None}
    parts = {**fields, "file": ("IMG_0001 my holiday.jpg", file, "image/jpeg")}
    body, kind = encode_multipart_formdata(parts)
    place = urlsplit(upload["url"])
    return cloud.http("POST", place.path, {"host": place.netloc, "content-type": kind}, body)


def get(cloud: Cloud, url: str, method: str = "GET") -> Response:
    place = urlsplit(url)
    return cloud.http(method, f"{place.path}?{place.query}", {"host": place.netloc})
