"""The one door to everything outside the process: AWS and payment providers.

Every call goes through ``Outside``, so that it can be counted (bench), failed (fault sweep), refused or answered
locally (tests), each with one hook. A hook stands around the call::

    def counted(call: Call, act: Callable[[], Any]) -> Any:
        calls[call.service, call.operation] += 1
        return act()

    outside.around.append(counted)

Time limits stand here, at the call; retries happen at this layer only (botocore ``standard``, three attempts).
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from shared.errors import TooLarge, Unavailable

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 3
WAIT_MILLISECONDS = 20
ANSWER_BYTES_MAX = 256 * 1024
CHUNK_BYTES = 64 * 1024
BUSY = {
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TransactionInProgressException",
    "InternalServerError",
    "InternalFailure",
    "ServiceUnavailable",
    "SlowDown",  # Of S3, which answers a HEAD with the number alone.
    "500",
    "503",
}


class Call(NamedTuple):
    service: str  # "dynamodb", "events", ... or "http"
    operation: str  # "transact_write_items", ... or "POST"
    request: Mapping[str, Any]


class Answer(NamedTuple):
    """What an HTTP server said. Header names are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}  # Never written.


@dataclass(frozen=True)
class Identity:
    """Who we are to AWS. It cannot be shown by accident: what it is shown as has no secret in it."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)  # Of a role; empty for a person.
    region: str


class Sink(Protocol):
    """Where a large answer goes, chunk by chunk: an open file."""

    def write(self, chunk: bytes, /) -> object: ...


Hook = Callable[[Call, Callable[[], Any]], Any]


class Outside:
    def __init__(self) -> None:
        self.around: list[Hook] = []  # The first stands outermost.
        self.send: Callable[[str, Mapping[str, Any]], Answer] = send  # The local cloud answers in its place.

    def aws(self, service: str, operation: str, **request: Any) -> Any:
        """Call AWS. Raises ``Unavailable`` when it is busy or silent, ``ClientError`` when it refuses.

        After ``Unavailable`` it is unknown whether the call was carried out: repeat it, under the same key.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        def act() -> Any:
            return getattr(aws_client(service), operation)(**request)

        try:
            return self._through_hooks(Call(service, operation, request), act)
        except ClientError as refused:
            if refused.response["Error"]["Code"] in BUSY:
                raise Unavailable(f"{service} is busy") from refused
            raise
        except BotoCoreError as silent:
            raise Unavailable(f"{service} did not answer") from silent

    def http(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: int) -> Answer:
        """Call a provider. Never follows a redirect, never repeats. Raises ``Unavailable`` without an answer."""
        request = {"url": url, "headers": headers, "body": body, "seconds": seconds}
        answer: Answer = self._through_hooks(
            Call("http", method, request), lambda: self.send(method, request)
        )
        return answer

    def download(
        self, url: str, *, headers: Mapping[str, str], seconds: int, bytes_max: int, sink: Sink
    ) -> Answer:
        """Get something large from a provider: the body of a 200 goes into *sink*, and is not in the answer.

        *seconds*: for all of it. Never follows a redirect. Raises ``Unavailable``, also when it broke off, and
        ``TooLarge``: then part of it is in *sink*.
        """
        request = {
            "url": url,
            "headers": headers,
            "body": b"",
            "seconds": seconds,
            "bytes_max": bytes_max,
            "sink": sink,
        }
        answer: Answer = self._through_hooks(Call("http", "GET", request), lambda: self.send("GET", request))
        if answer.status == HTTPStatus.OK and answer.body:  # Who answers locally hands it over in one piece.
            _pour([answer.body], request, time.monotonic() + seconds)
            answer = answer._replace(body=b"")
        return answer

    def identity(self) -> Identity:
        """Who we are, for what we sign ourselves. Raises ``Unavailable``."""
        session = _session()
        found = session.get_credentials()
        if found is None:
            raise Unavailable("nobody says who we are")
        now = found.get_frozen_credentials()
        region = session.get_config_variable("region")
        return Identity(now.access_key, now.secret_key, now.token or "", region)

    def wait_before_attempt(self, number: int) -> None:
        """Wait a moment, longer with each attempt, with full jitter. Only for races on our own tables."""
        time.sleep(secrets.randbelow(WAIT_MILLISECONDS * 2**number) / 1000)

    def _through_hooks(self, call: Call, act: Callable[[], Any]) -> Any:
        for hook in reversed(self.around):
            act = _wrapped(hook, call, act)
        return act()


def _wrapped(hook: Hook, call: Call, act: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: hook(call, act)


@cache
def aws_client(service: str) -> Any:
    """One client per service and process. botocore alone: boto3 would cost 30 ms of every cold start."""
    from botocore.config import Config

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return _session().create_client(service, config=limits)


@cache
def _session() -> Any:
    """One session for all clients: each would read the endpoints of all of AWS again, 60 ms."""
    import botocore.session

    return botocore.session.get_session()


def send(method: str, request: Mapping[str, Any]) -> Answer:
    """Send one HTTP request: *request* has url, headers, body and seconds; for a download, bytes_max and sink."""
    import urllib3

    deadline = time.monotonic() + request["seconds"]
    try:
        answer = _pool().request(
            method,
            request["url"],
            headers=request["headers"],
            body=request["body"],
            timeout=urllib3.Timeout(total=request["seconds"]),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        if "sink" in request and answer.status == HTTPStatus.OK:
            body = b""
            _take(answer, request, deadline)
        else:
            body = answer.read(ANSWER_BYTES_MAX)
        answer.release_conn()
    except urllib3.exceptions.HTTPError as no_answer:
        raise Unavailable("the provider did not answer") from no_answer
    return Answer(answer.status, body, {name.lower(): value for name, value in answer.headers.items()})


def _take(answer: Any, request: Mapping[str, Any], deadline: float) -> None:
    try:
        _pour(answer.stream(CHUNK_BYTES), request, deadline)
    except (TooLarge, Unavailable):
        answer.close()  # Else what is left of it would be the beginning of the next answer.
        raise


def _pour(chunks: Iterable[bytes], request: Mapping[str, Any], deadline: float) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > request["bytes_max"]:
            raise TooLarge("the provider sent more than we read")
        if time.monotonic() > deadline:
            raise Unavailable("the provider was too slow")
        request["sink"].write(chunk)


@cache
def _pool() -> Any:
    import urllib3

    return urllib3.PoolManager()


outside = Outside()
