"""Parcels on their way, as one tracker sees them. Each tracker has its own word for what happens to them."""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from local.providers.deliveries import Letter
from local.providers.faults import Faults
from local.providers.wire import Reply, Request

HOUR = 3600
UNDERWAY = ((2, "picked_up"), (10, "in_transit"))
TO_THE_DOOR = (*UNDERWAY, (46, "out_for_delivery"))
HOME = (*TO_THE_DOOR, (50, "delivered"))
JOURNEYS: Mapping[str, tuple[tuple[int, str], ...]] = {  # Hours since it began, and what happens then.
    "delivered": HOME,
    "direct": ((2, "picked_up"), (50, "delivered")),  # A carrier that says little.
    "silent": UNDERWAY,
    "exception": (*UNDERWAY, (34, "exception")),
    "refused": (*TO_THE_DOOR, (50, "refused"), (58, "returning"), (98, "returned")),
    "returned": (*UNDERWAY, (34, "returning"), (74, "returned")),
    "lost": (*UNDERWAY, (82, "lost")),
    "pickup": (*TO_THE_DOOR, (50, "available_for_pickup"), (74, "delivered")),
    "attempted": (*TO_THE_DOOR, (50, "attempt_failed"), (70, "out_for_delivery"), (74, "delivered")),
    "customs": (
        (2, "picked_up"),
        (20, "customs"),
        (44, "in_transit"),
        (70, "out_for_delivery"),
        (74, "delivered"),
    ),
    "expired": (*UNDERWAY, (730, "expired")),
    "delivered_then_exception": (*HOME, (74, "exception")),
}
UNKNOWN = "unknown"  # What nobody has documented.
HAPPENINGS = (*dict.fromkeys(what for steps in JOURNEYS.values() for _, what in steps), UNKNOWN)


class Event(NamedTuple):
    """What was seen, and when. Sorted by time."""

    at: int
    what: str


@dataclass
class Parcel:
    """One waybill number at one tracker. *attributes*: what the subscription said besides."""

    waybill: str
    carrier: str = ""
    is_subscribed: bool = False
    subscribed_at: float = 0
    path: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    journey: str = ""
    began_at: float = 0
    steps_done: int = 0
    speed: int | None = None
    turn: int = 0  # Which of its journeys is the last one told: older ones end.
    delays: list[int] | None = field(default_factory=lambda: [0])  # None: held back, to be told in reverse.
    held_back: list[Letter] = field(default_factory=list)

    def next_step(self) -> tuple[float, str] | None:
        """Return when the next thing happens, and what; None at the journey's end."""
        steps = JOURNEYS[self.journey][self.steps_done :] if self.journey else ()
        if not steps:
            return None
        hours, what = steps[0]
        seconds = hours * HOUR if self.speed is None else self.speed * (self.steps_done + 1)
        return self.began_at + seconds, what

    @property
    def latest(self) -> Event | None:
        """What was seen last."""
        return self.events[-1] if self.events else None

    def see(self, at: int, what: str) -> None:
        """Write down what is seen, where it belongs in time."""
        self.events.append(Event(at, what))
        self.events.sort(key=lambda event: event.at)


class Register:
    """What one tracker remembers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.parcels: dict[str, Parcel] = {}
        self.faults = Faults()
        self._numbers: Counter[str] = Counter()

    def snapshot(self) -> tuple[Any, ...]:
        """Return a copy of everything it knows."""
        return copy.deepcopy((self.parcels, self.faults, self._numbers))

    def put_back(self, memory: tuple[Any, ...]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        self.parcels, self.faults, self._numbers = copy.deepcopy(memory)

    def parcel(self, waybill: str) -> Parcel:
        """Return this parcel; it is new where nobody has spoken of it."""
        return self.parcels.setdefault(waybill, Parcel(waybill))

    def followed(self, waybill: str) -> Parcel | None:
        """Return this parcel, if it is subscribed."""
        parcel = self.parcels.get(waybill)
        return parcel if parcel is not None and parcel.is_subscribed else None

    def next_number(self, kind: str) -> int:
        """Count things of one kind: 1, 2, 3, ..."""
        self._numbers[kind] += 1
        return self._numbers[kind]


class Follow(Protocol):
    """What a tracker calls when it takes a subscription: it begins to push."""

    def __call__(self, parcel: Parcel) -> None: ...


class Vendor(Protocol):
    """One tracker's own protocol. It keeps nothing: all that is remembered lies in its register."""

    register: Register

    @property
    def send_again_after(self) -> tuple[int, ...]:
        """After how many seconds a push is sent again, each time that it was not received."""

    def operation(self, request: Request) -> str:
        """Return subscribe, query, or an empty text."""

    def serve(self, request: Request, *, now: float, follow: Follow, is_refused: bool) -> Reply:
        """Answer a call. *is_refused*: a subscription is to be refused for good."""

    def unauthorized(self) -> Reply:
        """Return how a wrong key is answered."""

    def broken(self) -> Reply:
        """Return how its own failure looks."""

    def notice(self, parcel: Parcel, now: float) -> dict[str, Any] | None:
        """Return what it pushes of a parcel now; None: nothing, it has no word for what happened."""

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return headers and body, signed."""

    def forged(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the same, signed with another key."""

    def is_received(self, status: int, body: bytes) -> bool:
        """Say whether this answer counts as success."""
