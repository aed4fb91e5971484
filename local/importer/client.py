"""Send batches to a shop, under keys that make repeating them harmless."""

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ATTEMPTS_MAX = 6
SECONDS = 60
WAIT_SECONDS = 0.2
ANSWER_BYTES_MAX = 2 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")
AGAIN = {http.HTTPStatus.CONFLICT, http.HTTPStatus.TOO_MANY_REQUESTS}


class NotSent(Exception):
    """The shop did not take a batch, for a reason that is not in its rows. The words are for people."""


class Answer(NamedTuple):
    """What the shop made of a batch: what became of each record, or which of them it refuses."""

    results: Sequence[Mapping[str, Any]] = ()
    refused: Sequence[Mapping[str, Any]] = ()  # {index, at, reason}


class Client:
    def __init__(self, url: str, token: str) -> None:
        """Raises ``NotSent`` for an address or a token that cannot be used."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotSent(f"{url} is no address like https://shop.example")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise NotSent("a token goes over https, or to this machine itself")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise NotSent("the token file holds no token")
        self._is_secret = parts.scheme == "https"
        self._netloc, self._path, self._token = parts.netloc, parts.path.rstrip("/"), token

    def publish(self, kind: str, records: Sequence[Any], *, key: str, dry_run: bool) -> Answer:
        """Publish a batch, once per *key*. Raises ``NotSent``."""
        body = json.dumps({"records": records, "dry_run": dry_run}, ensure_ascii=False).encode()
        problem: Any = {}
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                time.sleep(WAIT_SECONDS * 2**attempt)
            try:
                status, value = self._ask(f"{self._path}/operator/catalogue/{kind}", key, body)
            except (OSError, http.client.HTTPException, ValueError) as silent:
                problem = {"reason": f"the shop did not answer ({type(silent).__name__})"}
                continue
            if status == http.HTTPStatus.OK:
                return Answer(results=value["results"])
            if value.get("code") == "catalogue_refused":
                return Answer(refused=value["rows"])
            problem = value | {"status": status}
            if status not in AGAIN and status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                break
        raise NotSent(_told(problem))

    def _ask(self, path: str, key: str, body: bytes) -> tuple[int, Any]:
        kind = http.client.HTTPSConnection if self._is_secret else http.client.HTTPConnection
        connection = kind(self._netloc, timeout=SECONDS)
        try:
            headers = {
                "authorization": f"Bearer {self._token}",
                "content-type": "application/json",
                "idempotency-key": key,
            }
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            value = json.loads(response.read(ANSWER_BYTES_MAX) or b"{}")
        finally:
            connection.close()
        return response.status, value if isinstance(value, dict) else {}


def _told(problem: Mapping[str, Any]) -> str:
    words = problem.get("reason") or problem.get("message") or "the shop refused"
    return " ".join(ascii(part).strip("'") for part in (problem.get("status", ""), words) if part != "")
