"""A bucket's own door: what a browser, or curl, meets when it brings a presigned form or address to S3.

    POST /_evidence/            multipart/form-data: the fields of a form, and the file as the last one
    GET  /_evidence/<key>?...   with a signature in its query
    POST /_books/               the same, for providers' bills

Moto takes whatever is posted. Here a form is what it is on S3: signed, not expired, and exactly what its policy says;
the file's length and digest, too. Signatures are reckoned by botocore, not by the product. Time is the cloud's own.
Objects lie in moto's bucket, where the product's client finds them.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hmac
import io
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

import botocore.session
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from moto.s3.models import s3_backends
from werkzeug.formparser import parse_form_data

from local import resources
from local.providers.wire import Reply
from local.template import ACCOUNT, PARTITION, REGION

DOOR, BOOKS_DOOR = "/_evidence", "/_books"
BODY_BYTES_MAX = 210 * 1024 * 1024  # A video and its form.
FORM_BYTES_MAX = 20 * 1024  # Of everything in a form but the file: S3's own limit.
UNSIGNED = ("policy", "x-amz-signature", "file")
STAMP = "%Y%m%dT%H%M%SZ"


class Refused(Exception):
    """S3 says no: with a status, a code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class BucketDoor:
    """One of the neighbours: it answers, and never calls."""

    def __init__(self, door: str, variable: str, *, now: Callable[[], float]) -> None:
        """*door*: its path; *variable*: which of the functions' variables names the bucket behind it."""
        self._door, self._variable, self._now = door, variable, now

    @property
    def _bucket(self) -> str:
        if self._variable in os.environ:
            return os.environ[self._variable]
        [name] = s3_backends[ACCOUNT][
            PARTITION
        ].buckets  # A template without functions: the one that there is.
        return str(name)

    def is_here(self, path: str) -> bool:
        return path == self._door or path.startswith(f"{self._door}/")

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer as S3 answers."""
        path, _, query = target.partition("?")
        try:
            if method == "POST" and path.rstrip("/") == self._door:
                return self._take(headers, body)
            if method in ("GET", "HEAD") and path.startswith(f"{self._door}/"):
                return self._hand_out(method, path, query, headers)
            raise Refused(
                405, "MethodNotAllowed", "The specified method is not allowed against this resource."
            )
        except Refused as refused:
            text = f"<Error><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message></Error>"
            return Reply(refused.status, text.encode(), {"content-type": "application/xml"})

    # --- uploading ---

    def _take(self, headers: Mapping[str, str], body: bytes) -> Reply:
        fields, file = _form(headers, body)
        policy = self._policy(fields)
        _check_conditions(policy["conditions"], fields | {"bucket": self._bucket}, len(file))
        digest = b64encode(sha256(file).digest()).decode()
        if fields.get("x-amz-checksum-sha256", digest) != digest:
            message = "The SHA256 you specified did not match the calculated checksum."
            raise Refused(400, "BadDigest", message)
        resources.client("s3").put_object(
            Bucket=self._bucket,
            Key=fields["key"],
            Body=file,
            ContentType=fields.get("content-type", "binary/octet-stream"),
            **({"ChecksumAlgorithm": "SHA256"} if "x-amz-checksum-sha256" in fields else {}),
        )
        return Reply(204, b"", {"etag": f'"{sha256(file).hexdigest()[:32]}"'})

    def _policy(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """The form's policy: signed by the account, and still good."""
        for name in ("key", "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"):
            if not fields.get(name):
                raise Refused(400, "InvalidArgument", f"Bucket POST must contain a field named '{name}'.")
        signer = S3SigV4PostAuth(_credentials(), "s3", REGION)
        request = AWSRequest("POST", "http://localhost/")
        request.context["timestamp"] = fields["x-amz-date"]
        if not hmac.compare_digest(
            signer.signature(fields["policy"], request).encode(), fields["x-amz-signature"].encode()
        ) or fields["x-amz-credential"] != signer.scope(request):
            raise _not_signed()
        policy: dict[str, Any] = json.loads(b64decode(fields["policy"]))
        expires = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if expires.timestamp() <= self._now():
            raise Refused(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        return policy

    # --- reading ---

    def _hand_out(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Reply:
        asked = dict(parse_qsl(query, keep_blank_values=True))
        self._check_signature(method, path, query, headers)
        key = unquote(path.removeprefix(f"{self._door}/"))
        found = s3_backends[ACCOUNT][PARTITION].get_object(self._bucket, key)
        if found is None:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        told = {
            "content-type": asked.get("response-content-type", found.metadata.get("Content-Type", "")),
            "content-disposition": asked.get("response-content-disposition", ""),
        }
        return Reply(200, found.value, {name: value for name, value in told.items() if value})

    def _check_signature(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> None:
        asked = dict(parse_qsl(query, keep_blank_values=True))
        if not {"X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires"} <= asked.keys():
            raise Refused(403, "AccessDenied", "Access Denied")
        signed = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
        host = headers.get("host", "")
        request = AWSRequest(method, f"http://{host}{path}?{signed}", headers={"host": host})
        request.context["timestamp"] = asked["X-Amz-Date"]
        signer = S3SigV4QueryAuth(_credentials(), "s3", REGION)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        if not hmac.compare_digest(
            signer.signature(text, request).encode(), asked["X-Amz-Signature"].encode()
        ):
            raise _not_signed()
        begins = datetime.strptime(asked["X-Amz-Date"], STAMP).replace(tzinfo=UTC).timestamp()
        if not begins <= self._now() < begins + int(asked["X-Amz-Expires"]):
            raise Refused(403, "AccessDenied", "Request has expired")

    # --- what every neighbour can do ---

    def clear(self) -> None:
        """Nothing: what lies in buckets is the cloud's own (local.worlds)."""

    def snapshot(self) -> dict[str, Any]:
        """Return what lies behind the door: key -> (file, type)."""
        buckets = s3_backends[ACCOUNT][PARTITION].buckets
        kept = buckets[self._bucket].keys if buckets else {}  # A template of a test may have none.
        return {key: (found.value, found.metadata.get("Content-Type")) for key, found in kept.items()}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Nothing, for the same reason."""

    def next_due(self) -> float | None:
        return None

    def deliver_due(self) -> bool:
        return False


def _form(headers: Mapping[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """The fields, names in lower case, and the file. What comes behind the file is not read, as on S3."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    _, told, files = parse_form_data(environ, max_form_memory_size=None)
    if "file" not in files:
        raise Refused(400, "InvalidArgument", "POST requires exactly one file upload per request.")
    fields = {name.lower(): value for name, value in told.items()}
    if sum(len(name) + len(value) for name, value in fields.items()) > FORM_BYTES_MAX:
        raise Refused(
            400, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the file are too large."
        )
    return fields, files["file"].read()


def _check_conditions(conditions: list[Any], fields: Mapping[str, str], size_bytes: int) -> None:
    """Every condition holds, and every field has one."""
    named = {*UNSIGNED, "bucket"}
    for condition in conditions:
        kind, name, value = (
            ("eq", *next(iter(condition.items()))) if isinstance(condition, dict) else condition
        )
        if kind == "content-length-range":
            _check_length(int(name), int(value), size_bytes)
            continue
        name = str(name).removeprefix("$").lower()
        named.add(name)
        present = fields.get(name, "")
        if not (present == value if kind == "eq" else present.startswith(value)):
            said = f'Invalid according to Policy: Policy Condition failed: ["{kind}", "${name}", "{value}"]'
            raise Refused(403, "AccessDenied", said)
    if extra := sorted(fields.keys() - named):
        message = f"Invalid according to Policy: Extra input fields: {', '.join(extra)}"
        raise Refused(403, "AccessDenied", message)


def _check_length(least: int, most: int, size_bytes: int) -> None:
    if size_bytes > most:
        raise Refused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    if size_bytes < least:
        raise Refused(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")


def _not_signed() -> Refused:
    message = "The request signature we calculated does not match the signature you provided."
    return Refused(403, "SignatureDoesNotMatch", message)


def _credentials() -> Any:
    """Those of the account: what our functions sign with."""
    return botocore.session.get_session().get_credentials()
