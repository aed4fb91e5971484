"""Speak HTTP with the shop, as each of its people, and note what it refuses."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from urllib3 import encode_multipart_formdata

from local.cloud import Cloud

TOKEN_SECONDS = 6 * 3600  # Half a token's life: none runs out on the way.
JSON = {"content-type": "application/json"}
SECONDS = 300  # Everything is in one process: on a busy machine an answer may take its time.


class Person(NamedTuple):
    subject: str
    role: str
    merchant_id: str | None = None


class Answer(NamedTuple):
    status: int
    value: Any
    is_replay: bool = False

    @property
    def is_refusal(self) -> bool:
        return self.status >= http.HTTPStatus.BAD_REQUEST

    @property
    def is_unknown(self) -> bool:
        """Nobody can say whether it was done: repeat it, under the same key."""
        return self.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR


class Door(Protocol):
    """A way in: a socket, or a call in this process."""

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer: ...


class SocketDoor:
    """The shop behind a real socket on the loopback address, over one connection that stays open."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            response = self._asked(method, target, headers, body)
        except ConnectionError:  # It was idle for too long; whatever is asked here may be asked twice.
            self._connection.close()
            response = self._asked(method, target, headers, body)
        return _answer(response.status, dict(response.getheaders()), response.read())

    def _asked(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> http.client.HTTPResponse:
        self._connection.request(method, target, body or None, headers)
        return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()


class ProcessDoor:
    """The shop in this process: the same gateway and functions, no socket."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        response = self._cloud.http(method, target, headers, body)
        return _answer(response.status, dict(response.headers), response.body)


def _answer(status: int, headers: dict[str, str], body: bytes) -> Answer:
    lower = {name.lower(): value for name, value in headers.items()}
    value = json.loads(body) if body and "json" in lower.get("content-type", "") else None
    return Answer(status, value, "idempotency-replayed" in lower)


def route_of(method: str, target: str) -> str:
    """The kind of request, without the numbers in it.

    >>> route_of("GET", "/orders/01HF7YAT000000000000000000/timeline?limit=5")
    'GET /orders/{}/timeline'
    """
    parts = target.partition("?")[0].split("/")
    return f"{method} {'/'.join('{}' if any(c.isdigit() for c in part) else part for part in parts)}"


class NotTheSame(AssertionError):
    """A repeated command was answered differently."""


class Client:
    """Everybody's way to the shop. With *twice*, every command is sent a second time under the same key."""

    def __init__(self, cloud: Cloud, door: Door, *, twice: bool = False) -> None:
        self._cloud, self._door, self._twice = cloud, door, twice
        self._tokens: dict[tuple[Person, int], str] = {}
        self.requests = 0
        self.refusals: Counter[str] = Counter()
        self.seconds: dict[str, list[float]] = {}  # By route: how long each request took.

    def get(self, who: Person, target: str) -> Any:
        """Return what *who* reads. Raises ``AssertionError`` when it is refused."""
        answer = self._ask(who, "GET", target)
        assert not answer.is_refusal, f"GET {target}: {answer}"
        return answer.value

    def command(self, who: Person, target: str, body: dict[str, Any], *, key: str) -> Answer:
        """Send a command under a key of the caller's."""
        answer = self._ask(who, "POST", target, body, key)
        if answer.is_refusal:
            self._note(answer)
        if self._twice and not answer.is_unknown:
            self._again(answer, who, target, body, key)
        return answer

    def provider(self, path: str, body: dict[str, Any]) -> Answer:
        """Do something at the sandbox, as its customers and its people do."""
        return self._door.ask("POST", f"/_sandbox{path}", JSON, json.dumps(body).encode())

    def desk(self, path: str, body: dict[str, Any]) -> Any:
        """Do something at a payment provider, as payers, banks and bad luck do (``local.providers``)."""
        answer = self._door.ask("POST", f"/_providers/{path}", JSON, json.dumps(body).encode())
        assert not answer.is_refusal, f"POST /_providers/{path}: {answer}"
        return answer.value

    def neighbour(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do something at a warehouse or a tracker, as its people and bad luck do; without a *body*, look at it."""
        method = "GET" if body is None else "POST"
        answer = self._door.ask(method, path, JSON, b"" if body is None else json.dumps(body).encode())
        assert not answer.is_refusal, f"{method} {path}: {answer}"
        return answer.value

    def upload(self, url: str, fields: Mapping[str, str], file: bytes) -> Answer:
        """Post a form with a file, as a browser does that the shop gave the form."""
        body, kind = encode_multipart_formdata({**fields, "file": ("photo.jpg", file, "image/jpeg")})
        return self._door.ask("POST", urlsplit(url).path, {"content-type": kind}, body)

    def visit(self, url: str) -> Answer:
        """Open a provider's page, as a browser does that the shop has sent there."""
        return self._door.ask("GET", url.removeprefix(self._cloud.url), {}, b"")

    def _again(self, first: Answer, who: Person, target: str, body: dict[str, Any], key: str) -> None:
        second = self._ask(who, "POST", target, body, key)
        is_same = second.status == first.status and (first.is_refusal or second.is_replay or not key)
        if not is_same:
            raise NotTheSame(f"POST {target}: {first.status}, then {second.status} {second.value}")

    def _ask(
        self, who: Person, method: str, target: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> Answer:
        self.requests += 1
        headers = {"authorization": f"Bearer {self._token(who)}"}
        if body is not None:
            headers |= {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        started = time.perf_counter()
        answer = self._door.ask(method, target, headers, b"" if body is None else json.dumps(body).encode())
        self.seconds.setdefault(route_of(method, target), []).append(time.perf_counter() - started)
        return answer

    def _token(self, who: Person) -> str:
        turn = who, int(self._cloud.clock.now()) // TOKEN_SECONDS
        if turn not in self._tokens:
            self._tokens[turn] = self._cloud.token(who.subject, who.role, who.merchant_id)
        return self._tokens[turn]

    def _note(self, answer: Answer) -> None:
        self.refusals[f"{answer.status} {answer.value['code']}"] += 1
        for problem in answer.value.get("problems", ()):
            self.refusals[f"{answer.status} {answer.value['code']}: {problem['code']}"] += 1
