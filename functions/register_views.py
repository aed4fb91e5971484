"""What people read of the register's entries."""

from pydantic import BaseModel

from functions.answers import MoneyView
from shared.instants import rfc3339
from shared.model import sub_order_id
from shared.register.kinds import DEEDS, KINDS, NO_ACTION, playbook
from shared.register.rows import Entry
from shared.register_words import DEEDS as DEED_WORDS
from shared.register_words import ENTRY_STATES, OWNERS, TROUBLES


class DeedView(BaseModel):
    """What it may be closed with, and where that is done."""

    action: str
    text: str
    route: str | None  # null: nothing needs to be done, and the note says why.


class ActView(BaseModel):
    at: str
    what: str
    by: str
    code: str


class FavourView(BaseModel):
    """What waits for a second person."""

    amount: MoneyView
    sub_order: int | None
    reason: str
    asked_by: str


class EntryView(BaseModel):
    entry_id: str
    kind: str
    kind_text: str
    owner: str
    owner_text: str
    state: str
    state_text: str
    order_id: str | None
    sub_order_id: str | None
    subject: str
    opened_at: str
    last_at: str
    times: int
    due_at: str | None
    late: int
    assignee: str | None
    actions: list[DeedView]
    playbook: str
    favour: FavourView | None
    action: str | None
    note: str | None
    closed_by: str | None
    resolved_by: str | None
    closed_at: str | None
    log: list[ActView]


class RegisterPage(BaseModel):
    entries: list[EntryView]
    next_cursor: str | None = None


def entry_view(entry: Entry, language: str, *, of_merchant: bool = False) -> EntryView:
    """*of_merchant*: without who of the platform did what."""
    acts = [ActView(at=rfc3339(at), what=what, by=by, code=code) for at, what, by, code in entry.log]
    return EntryView(
        entry_id=entry.entry_id,
        kind=entry.kind,
        kind_text=TROUBLES[entry.kind].spoken(language),
        owner=entry.owner,
        owner_text=OWNERS[entry.owner].spoken(language),
        state=entry.state,
        state_text=ENTRY_STATES[entry.state].spoken(language),
        order_id=entry.order_id or None,
        sub_order_id=sub_order_id(entry.order_id, entry.sub_order) if entry.sub_order else None,
        subject=entry.subject,
        opened_at=rfc3339(entry.opened_at),
        last_at=rfc3339(entry.last_at),
        times=entry.times,
        due_at=None if entry.due_at is None else rfc3339(entry.due_at),
        late=entry.late,
        assignee=None if of_merchant else entry.assignee or None,
        actions=[_deed_view(name, language) for name in KINDS[entry.kind].actions] if entry.is_open else [],
        playbook=playbook(entry.kind),
        favour=_favour_view(entry),
        action=entry.action or None,
        note=entry.note or None,
        closed_by=None if of_merchant else entry.closed_by or None,
        resolved_by=entry.resolved_by or None,
        closed_at=None if entry.closed_at is None else rfc3339(entry.closed_at),
        log=[] if of_merchant else acts,
    )


def _deed_view(name: str, language: str) -> DeedView:
    route = None if name == NO_ACTION else DEEDS[name].route
    return DeedView(action=name, text=DEED_WORDS[name].spoken(language), route=route)


def _favour_view(entry: Entry) -> FavourView | None:
    if "amount" not in entry.wanted:
        return None
    wanted = entry.wanted
    return FavourView(
        amount=MoneyView(amount=wanted["amount"], currency=wanted["currency"]),
        sub_order=wanted.get("sub_order"),
        reason=wanted["reason"],
        asked_by=wanted["asked_by"],
    )
