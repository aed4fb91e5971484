"""All warehouses behind one door: whose address a request is for, what goes wrong on the way, what is due."""

from collections.abc import Callable, Mapping
from typing import Any

from local.providers.agenda import Agenda
from local.providers.deliveries import Deliveries, Post
from local.providers.wire import Reply, Request, as_json
from local.warehouses import reception
from local.warehouses.desk import Desk
from local.warehouses.floor import Floor
from local.warehouses.holdings import books

PREFIX = "/_warehouses/"


class Warehouses:
    """The warehouses. *post* hands a webhook over: path, headers, body; it returns status and body of the answer."""

    def __init__(self, *, now: Callable[[], float], post: Post) -> None:
        self._now = now
        self._agenda = Agenda()
        self.deliveries = Deliveries(self._agenda, now, post)
        self._desk = Desk(self.deliveries)
        self._floors: dict[str, Floor] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._agenda.clear()
        self.deliveries.clear()
        self._floors.clear()

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything they know."""
        floors = {name: floor.snapshot() for name, floor in self._floors.items()}
        return {"agenda": self._agenda.snapshot(), "deliveries": self.deliveries.snapshot(), "floors": floors}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Know what they knew then. *memory* stays untouched."""
        self.clear()
        self._agenda.put_back(memory["agenda"])
        self.deliveries.put_back(memory["deliveries"])
        for name, known in memory["floors"].items():
            self._floor(name).put_back(known)

    def is_here(self, path: str) -> bool:
        """Say whether this path is one of ours."""
        return path.startswith(PREFIX)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request; status 0 where nobody answers. Header names are in lower case."""
        path, _, query = target.partition("?")
        name, *rest = path.removeprefix(PREFIX).split("/")
        match method, name, rest:
            case "GET", "books", []:
                return as_json(200, self.books())
            case "GET", "deliveries", []:
                return as_json(200, self.deliveries.listed())
            case _, "", _:
                return as_json(404, {"error": "unknown_route", "detail": path})
        floor = self._floor(name)
        asked_for = reception.operation(method, rest)
        if not asked_for:
            said = self._desk.handle(floor, method, rest, body)
            return as_json(said.status, said.value)
        request = Request(method, path, query, headers, body)
        fault = floor.faults.take(asked_for, request.said)
        reply = reception.answered(floor, asked_for, rest, request, fault)
        if fault == "notice_first":
            self.deliver_due()
        return reply

    def books(self) -> dict[str, Any]:
        """Return the books of every warehouse."""
        return {
            name: books(floor.fulfilments.values(), floor.returns.values())
            for name, floor in self._floors.items()
        }

    def next_due(self) -> float | None:
        """Return when the next webhook is sent, or the next thing happens."""
        return self._agenda.next_due()

    def deliver_due(self) -> bool:
        """Send every webhook, and let everything happen, whose time has come. Say whether there was anything."""
        moved = False
        while entry := self._agenda.take_due(self._now()):
            moved = True
            floor = self._floor(entry.provider)
            if entry.what == "deliver":
                self.deliveries.send(entry, floor)
            else:
                floor.happen(entry.what, entry.about)
        return moved

    def _floor(self, name: str) -> Floor:
        if name not in self._floors:
            self._floors[name] = Floor(name, self._now, self._agenda, self.deliveries)
        return self._floors[name]
