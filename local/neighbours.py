"""Who is outside and deals with the product over HTTP: payment providers, warehouses' systems, trackers of parcels,
and the doors of the buckets to which people bring photos and bills.

Each has its own paths, answers there, and posts its webhooks when they are due. Together they are one neighbourhood:
one look at a path says whose it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from local.evidence import BOOKS_DOOR, DOOR, BucketDoor
from local.providers import Street
from local.providers.deliveries import Post
from local.providers.wire import Reply
from local.trackers import Trackers
from local.warehouses import Warehouses


class Neighbour(Protocol):
    """Somebody who calls us, and is called."""

    def is_here(self, path: str) -> bool: ...
    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply: ...
    def clear(self) -> None: ...
    def snapshot(self) -> dict[str, Any]: ...
    def put_back(self, memory: Mapping[str, Any]) -> None: ...
    def next_due(self) -> float | None: ...
    def deliver_due(self) -> bool: ...


class Neighbours:
    """All of them. *post* hands a webhook over: path, headers, body; it returns status and body of the answer."""

    def __init__(self, *, now: Callable[[], float], post: Post) -> None:
        self.providers = Street(now=now, post=post)
        self.warehouses = Warehouses(now=now, post=post)
        self.trackers = Trackers(now=now, post=post)
        self._all: dict[str, Neighbour] = {
            "providers": self.providers,
            "warehouses": self.warehouses,
            "trackers": self.trackers,
            "evidence": BucketDoor(DOOR, "EVIDENCE_BUCKET", now=now),
            "books": BucketDoor(BOOKS_DOOR, "BOOKS_BUCKET", now=now),
        }

    def at(self, target: str) -> Neighbour | None:
        """Return whose path this is; None: nobody's. *target* may have a query."""
        path = target.partition("?")[0]
        return next((one for one in self._all.values() if one.is_here(path)), None)

    def clear(self) -> None:
        """Let them forget everything."""
        for one in self._all.values():
            one.clear()

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything they know."""
        return {name: one.snapshot() for name, one in self._all.items()}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Let them know what they knew then. *memory* stays untouched."""
        for name, one in self._all.items():
            one.put_back(memory[name])

    def next_due(self) -> float | None:
        """Return when something of theirs is due next."""
        due = (one.next_due() for one in self._all.values())
        return min((moment for moment in due if moment is not None), default=None)

    def deliver_due(self) -> bool:
        """Let everything happen whose time has come. Say whether there was anything."""
        return any([one.deliver_due() for one in self._all.values()])
