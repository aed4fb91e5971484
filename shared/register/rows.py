"""An entry of the register: one trouble of one row of an order, or of something that no order knows.

    scope      whose partition it is in: the order; for what has no order, a number made of its name
    entry id   <scope>-<10 characters of (subject, kind, version)>: the same event makes the same entry

All times are epoch seconds UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from hashlib import sha256
from typing import Any

from shared.register.kinds import HOUR, KINDS, Owner

ENTRY_ID_PATTERN = r"[0-9A-HJKMNP-TV-Z]{26}-[0-9A-HJKMNP-TV-Z]{10}"
SEEN = "parcel_seen"  # What ended silence without an event: a checkpoint that moves nothing.
LOG_MAX = 30  # The newest acts are kept; how often it was late is counted apart.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # As of shared.context.


class EntryState(StrEnum):
    OPEN = auto()
    CLOSED = auto()


@dataclass(frozen=True, kw_only=True)
class Entry:
    scope: str
    subject: str  # Of its row: "PARCEL#01"; or of what has no order: "STOCK#<sku>#<shard>".
    kind: str  # of KINDS
    owner: str  # of Owner
    state: EntryState
    version: int  # Of the event that opened it; of what has no order: the how-manieth it is.
    opened_at: int
    due_at: int | None  # None: it is closed.
    last_version: int  # Of the event that told of it last.
    last_at: int
    times: int = 1  # How often it was told of.
    order_id: str = ""
    sub_order: int = 0
    merchant_id: str = ""
    assignee: str = ""
    late: int = 0  # How often its deadline passed.
    action: str = ""  # What it was closed with,
    note: str = ""  # why,
    closed_by: str = ""  # and by whom; empty: by itself,
    resolved_by: str = ""  # with this event.
    closed_at: int | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)  # Of a decision: what is to be decided.
    log: tuple[tuple[int, str, str, str], ...] = ()  # (at, what, by whom, code)
    revision: int = 0  # 0: it was never written.

    @property
    def entry_id(self) -> str:
        return entry_id(self.scope, self.subject, self.kind, self.version)

    @property
    def is_open(self) -> bool:
        return self.state is EntryState.OPEN

    @property
    def queue(self) -> str:
        return queue_of(self.owner, self.merchant_id)

    @property
    def priority(self) -> str:
        """First due, first seen; unique."""
        return f"{self.due_at or 0:012}#{self.entry_id}"

    def noted(self, at: int, what: str, by: str, code: str = "") -> "Entry":
        return replace(self, log=(*self.log, (at, what, by, code))[-LOG_MAX:])

    def closed(
        self, at: int, *, by: str = "", action: str = "", note: str = "", resolved_by: str = ""
    ) -> "Entry":
        """Over, and why. Never removed."""
        assert by or resolved_by, "nothing is closed silently"
        over = replace(
            self,
            state=EntryState.CLOSED,
            due_at=None,
            closed_at=at,
            closed_by=by,
            action=action,
            note=note,
            resolved_by=resolved_by,
        )
        return over.noted(at, action or "resolved", by or "events", resolved_by or note)


def opened(*, kind: str, scope: str, subject: str, version: int, at: int, **more: Any) -> Entry:
    """A new entry, with its kind's owner and deadline."""
    row = KINDS[kind]
    return Entry(
        scope=scope,
        subject=subject,
        kind=kind,
        owner=row.owner,
        state=EntryState.OPEN,
        version=version,
        opened_at=at,
        due_at=at + row.hours * HOUR,
        last_version=version,
        last_at=at,
        **more,
    )


def of_parked(name: str, *, provider: str, now: int) -> Entry:
    """For genuine money that no order of ours knows; it is written together with the money's own quarantine."""
    return opened(
        kind="webhook_quarantined",
        scope=scope_named(f"parked#{name}"),
        subject=f"PARKED#{name}",
        version=1,
        at=now,
        wanted={"provider": provider},
    )


def escalated(entry: Entry, at: int) -> Entry:
    """Its deadline passed: it is an operator's now, has as long again, and is counted."""
    late = replace(
        entry, owner=Owner.OPERATOR, late=entry.late + 1, due_at=at + KINDS[entry.kind].hours * HOUR
    )
    return late.noted(at, "overdue", "deadline", entry.owner)


def queue_of(owner: str, merchant_id: str = "") -> str:
    """The work list. Each merchant has its own.

    >>> queue_of("support"), queue_of("merchant", "m-tea")
    ('register:support:open', 'register:merchant:m-tea:open')
    """
    return f"register:{owner}:{merchant_id}:open" if owner == Owner.MERCHANT else f"register:{owner}:open"


def entry_id(scope: str, subject: str, kind: str, version: int) -> str:
    return f"{scope}-{short('/'.join((subject, kind, str(version))), 10)}"


def scope_named(name: str) -> str:
    """The scope of what has no order, as long as an order's number.

    >>> len(scope_named("stock"))
    26
    """
    return short(name, 26)


def short(text: str, length: int) -> str:
    """A number made of *text*, of at most 51 characters."""
    number = int.from_bytes(sha256(text.encode()).digest(), "big")
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in range(length))
