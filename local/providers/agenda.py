"""What is to come: webhooks to be sent and things to happen, in order of the virtual clock."""

import copy
import heapq
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """*what* is "deliver", or what the provider itself understands. Sorted by time, then by number."""

    due_at: float
    number: int
    provider: str
    what: str
    about: Any


class Agenda:
    """A queue of entries. It holds values only, so that a world can be copied and put back."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Let nothing come any more."""
        self.entries: list[Entry] = []
        self._count = 0

    def snapshot(self) -> tuple[list[Entry], int]:
        """Return a copy of everything it knows."""
        return copy.deepcopy(self.entries), self._count

    def put_back(self, memory: tuple[list[Entry], int]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        self.entries, self._count = copy.deepcopy(memory[0]), memory[1]

    def add(self, due_at: float, provider: str, what: str, about: Any) -> None:
        """Note down that something happens at *due_at*; after what was noted before for the same moment."""
        self._count += 1
        heapq.heappush(self.entries, Entry(due_at, self._count, provider, what, about))

    def next_due(self) -> float | None:
        """Return when the next thing happens."""
        return self.entries[0].due_at if self.entries else None

    def take_due(self, now: float) -> Entry | None:
        """Take the first entry that is due."""
        if self.entries and self.entries[0].due_at <= now:
            return heapq.heappop(self.entries)
        return None
