"""From an order's history to the entries of the register: a pure fold, so no delivery can be one too many.

The history is read whole each time, from the order's own EVENT rows. An event that comes twice, late or out of turn
finds the same history, and so the same entries. What people decided is kept: an entry that they closed stays closed,
and what happened by then belongs to it; what happens later opens another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from shared.lifecycle import Rule
from shared.register.detectors import RULES, detected
from shared.register.kinds import KINDS
from shared.register.rows import SEEN, Entry, entry_id, opened

ORDER = "ORDER"
Trouble = tuple[str, str]  # subject, kind


class Happened(NamedTuple):
    """One event of the order, as its row tells it."""

    version: int
    event: str
    at: int
    steps: tuple[tuple[str, str], ...]  # (name of the lifecycle's row, subject)
    note: Mapping[str, Any] = {}


def folded(order_id: str, history: Iterable[Happened], known: Sequence[Entry]) -> tuple[Entry, ...]:
    """Every entry of *order_id* that its *history* and what people did to the *known* ones come to.

    Entries that the history does not explain, such as favours that wait, are not among them.
    """
    return _Fold(order_id, known).run(history)


class _Fold:
    """The entries so far, while the history is walked through. It lives inside one call."""

    def __init__(self, order_id: str, known: Sequence[Entry]) -> None:
        self._order_id = order_id
        self._known = {entry.entry_id: entry for entry in known}
        self._states: dict[str, str] = {}
        self._open: dict[Trouble, Entry] = {}
        self._over: list[Entry] = []

    def run(self, history: Iterable[Happened]) -> tuple[Entry, ...]:
        for happened in sorted(history, key=lambda one: one.version):
            steps = [(RULES[row], subject) for row, subject in happened.steps if row in RULES]
            self._states |= {subject: rule.target for rule, subject in steps}
            self._end(happened, {subject for _, subject in steps})
            for rule, subject in steps:
                self._tell(happened, rule, subject)
        return (*self._over, *self._open.values())

    def _end(self, happened: Happened, moved: set[str]) -> None:
        """Close what has ended by itself."""
        for trouble, entry in list(self._open.items()):
            if entry.subject in moved and not self._lasts(trouble):
                del self._open[trouble]
                over = entry if not entry.is_open else entry.closed(happened.at, resolved_by=happened.event)
                self._over.append(over)

    def _tell(self, happened: Happened, rule: Rule, subject: str) -> None:
        found = detected(rule, happened.note)
        if found is None:
            return
        trouble = (ORDER if found.about_order else subject, found.kind)
        if not self._lasts(trouble):
            return
        entry = self._open.get(trouble)
        if entry is not None and (entry.is_open or happened.version <= entry.last_version):
            self._open[trouble] = _told_again(entry, happened)
            return
        if entry is not None:  # People closed it, and it happened again.
            self._over.append(entry)
        self._open[trouble] = self._new(happened, trouble)

    def _new(self, happened: Happened, trouble: Trouble) -> Entry:
        subject, kind = trouble
        before = self._known.get(entry_id(self._order_id, subject, kind, happened.version))
        if before is not None and (before.closed_by or before.resolved_by == SEEN):
            return before
        return opened(
            kind=kind,
            scope=self._order_id,
            order_id=self._order_id,
            subject=subject,
            version=happened.version,
            at=happened.at,
        )

    def _lasts(self, trouble: Trouble) -> bool:
        subject, kind = trouble
        lasts = KINDS[kind].lasts
        return not lasts or self._states.get(subject) in lasts


def _told_again(entry: Entry, happened: Happened) -> Entry:
    if not entry.is_open:
        return entry
    return replace(entry, times=entry.times + 1, last_version=happened.version, last_at=happened.at)


def merged(before: Entry | None, found: Entry) -> Entry | None:
    """*found* with what people and deadlines did to it so far. None: there is nothing to write."""
    if before is None:
        return found
    if not before.is_open:
        return None
    same = (before.times, before.last_version) == (found.times, found.last_version)
    if found.is_open and same:
        return None
    told = replace(before, times=found.times, last_version=found.last_version, last_at=found.last_at)
    if found.is_open:
        return told
    assert found.closed_at is not None
    return told.closed(found.closed_at, resolved_by=found.resolved_by)


def is_shown(deed_events: Iterable[str], history: Iterable[Happened], since: int) -> bool:
    """Whether the history shows one of these events after the version *since*: as such, or as a step of another one."""
    wanted = set(map(str, deed_events))
    return any(happened.version > since and wanted & _events_of(happened) for happened in history)


def _events_of(happened: Happened) -> set[str]:
    return {happened.event, *(RULES[row].event for row, _ in happened.steps if row in RULES)}
