"""Webhooks on their way: queued, signed at the moment of sending, and sent again by each provider's own plan."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from local.providers.agenda import Agenda, Entry

Post = Callable[[str, dict[str, str], bytes], tuple[int, bytes]]


class Letter(NamedTuple):
    """A webhook before it is sealed. Its event id and its content stay the same however often it is sent."""

    provider: str
    event_id: str
    kind: str
    reference: str
    path: str
    content: dict[str, Any]


class Sender(Protocol):
    """What a provider does with its letters."""

    @property
    def send_again_after(self) -> tuple[int, ...]:
        """After how many seconds a letter is sent again, each time that it was not received."""

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return headers and body, signed now."""

    def is_received(self, status: int, body: bytes) -> bool:
        """Say whether this answer counts as success."""


class Deliveries:
    """The post office of all providers. *post* hands a webhook over and returns status and body of the answer."""

    def __init__(self, agenda: Agenda, now: Callable[[], float], post: Post) -> None:
        self._agenda, self._now, self.hand_over = agenda, now, post
        self.clear()

    def clear(self) -> None:
        """Forget every letter."""
        self.last: dict[tuple[str, str], Letter] = {}
        self.given_up: list[Letter] = []

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything it knows; what is queued lies in the agenda."""
        return {"last": copy.deepcopy(self.last), "given_up": copy.deepcopy(self.given_up)}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        self.last, self.given_up = copy.deepcopy(memory["last"]), copy.deepcopy(memory["given_up"])

    def announce(self, letter: Letter, delays: list[int]) -> None:
        """Send *letter* after each of *delays*: none, then it is only kept to be sent by hand."""
        self.last[letter.provider, letter.reference] = letter
        for delay in delays:
            self._agenda.add(self._now() + delay, letter.provider, "deliver", (letter, 0))

    def resend(self, provider: str, reference: str) -> Letter | None:
        """Queue the last letter about *reference* once more."""
        letter = self.last.get((provider, reference))
        if letter is not None:
            self._agenda.add(self._now(), provider, "deliver", (letter, 0))
        return letter

    def send(self, entry: Entry, sender: Sender) -> None:
        """Hand one letter over; unless it is received, queue it again until the plan ends."""
        letter, attempt = entry.about
        status, body = self.hand_over(letter.path, *sender.seal(letter))
        if sender.is_received(status, body):
            return
        if attempt == len(sender.send_again_after):
            self.given_up.append(letter)
            return
        due_at = self._now() + sender.send_again_after[attempt]
        self._agenda.add(due_at, letter.provider, "deliver", (letter, attempt + 1))

    def listed(self) -> dict[str, Any]:
        """Return what is queued, the next first, and what was given up."""
        queued = sorted(entry for entry in self._agenda.entries if entry.what == "deliver")
        return {
            "queued": [
                {"due_at": e.due_at, "attempt": e.about[1] + 1, **_described(e.about[0])} for e in queued
            ],
            "given_up": [_described(letter) for letter in self.given_up],
        }


def _described(letter: Letter) -> Mapping[str, str]:
    return {name: getattr(letter, name) for name in ("provider", "event_id", "kind", "reference", "path")}
