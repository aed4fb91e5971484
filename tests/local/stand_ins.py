"""Handlers that do what the test at hand says, and note what they were given."""

from collections.abc import Callable
from typing import Any

CALLS: dict[str, list[Any]] = {}
ACT: dict[str, Callable[[Any], Any]] = {}


def forget() -> None:
    CALLS.clear()
    ACT.clear()


def _handler(name: str) -> Callable[[Any, Any], Any]:
    def handler(event: Any, _context: Any) -> Any:
        CALLS.setdefault(name, []).append(event)
        return ACT.get(name, lambda _: None)(event)

    return handler


api = _handler("api")
relay = _handler("relay")
effect = _handler("effect")
clock = _handler("clock")
sweep = _handler("sweep")
