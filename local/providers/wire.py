"""A request as it comes in, and the answer that goes out. Header names are in lower case."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Request(NamedTuple):
    """*path* and *query* as they were asked, without what the laptop puts before them."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def host(self) -> str:
        """To whom it was sent: host and port, which is where a bill can be had too."""
        return self.headers.get("host", "laptop.invalid")

    @property
    def said(self) -> str:
        """All that it says but its headers, as it was sent."""
        return f"{self.path}?{self.query}\n{self.body.decode(errors='replace')}"


class Reply(NamedTuple):
    """Status 0: nobody answers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


NO_ANSWER = Reply(0)


def in_lower_case(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name; repeated ones are joined, as every server may."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        found[key] = f"{found[key]},{value}" if key in found else value
    return found


def compact(value: Any) -> bytes:
    """Return JSON as these providers write it: short, Chinese unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def as_json(status: int, value: Any, headers: Mapping[str, str] = {}) -> Reply:
    """Return a JSON answer."""
    return Reply(status, compact(value), {"content-type": "application/json; charset=utf-8", **headers})
