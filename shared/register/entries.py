"""What people do with entries: look through their list, say who works on one, and close it, never silently.

Closing names one of the kind's actions, which the order's history must show since the trouble began; or says that no
action is needed, and why. A decision (a favour that waits) is closed by its decision alone.
"""

from dataclasses import replace
from typing import NamedTuple

from shared.changes import Caller, Request
from shared.commands import Shop
from shared.errors import Invalid, NotFound, OrderError
from shared.policy import Action, Scope, require_role
from shared.register import favours
from shared.register.acting import Acted, act, register_of, require_open
from shared.register.kinds import DEEDS, KINDS, NO_ACTION, Owner
from shared.register.projection import is_shown
from shared.register.rows import Entry, queue_of

PAGES_MAX = 5  # So many pages of the list are looked through for one kind; then the cursor goes on.


class ActionNotSeen(OrderError):
    """The order's history does not show the action. ``route`` is where it is done."""

    status, code = 409, "action_not_seen"


class Page(NamedTuple):
    entries: tuple[Entry, ...]
    cursor: str | None  # Where the next page begins.


def work_list(shop: Shop, queue: str, *, kind: str, after: str, limit: int) -> Page:
    """The open entries of a work list, first due first; of one *kind* only, if it is named."""
    register, found, place = register_of(shop), list[Entry](), after
    for _ in range(PAGES_MAX):
        page = register.page(queue, after=place, limit=limit)
        for entry in page:
            place = entry.priority
            if entry.is_open and entry.queue == queue and kind in ("", entry.kind):  # The index may lag.
                found.append(entry)
                if len(found) == limit:
                    return Page(tuple(found), place)
        if len(page) < limit:
            return Page(tuple(found), None)
    return Page(tuple(found), place)


def list_of(owner: str, merchant: str) -> str:
    """The work list of *owner*; a merchant's is its own. Raises ``Invalid``."""
    if (owner == Owner.MERCHANT) != bool(merchant):
        raise Invalid("a merchant is named for the lists of merchants, and for those alone", at="/merchant")
    return queue_of(owner, merchant)


def read(shop: Shop, entry_id: str, *, caller: Caller, action: Action) -> Entry:
    """Raises ``NotFound``, also for what is another merchant's."""
    entry = register_of(shop).read(entry_id)
    _require(caller, action, entry)
    return entry


def _require(caller: Caller, action: Action, entry: Entry) -> None:
    is_own = KINDS[entry.kind].owner is Owner.MERCHANT and entry.merchant_id == caller.merchant_id
    if require_role(caller, action) is Scope.OWN and not (is_own and caller.merchant_id):
        raise NotFound("no such entry")


def assign(shop: Shop, entry_id: str, assignee: str, *, caller: Caller, now: int, request: Request) -> Acted:
    """Say who works on it; "": nobody any more. Raises ``NotFound``, ``EntryClosed``."""

    def decision(entry: Entry) -> Entry:
        _require(caller, Action.ASSIGN_REGISTER_ENTRY, entry)
        require_open(entry)
        return replace(entry, assignee=assignee).noted(now, "assigned", caller.id, assignee)

    return act(shop, entry_id, decision, request)


def close(
    shop: Shop,
    entry_id: str,
    deed: str,
    note: str,
    *,
    caller: Caller,
    action: Action,
    now: int,
    request: Request,
) -> Acted:
    """Close it with *deed*, one of its kind's actions, and a *note*, a code that says why.

    Raises ``NotFound``, ``EntryClosed``, ``Invalid`` for an action that its kind does not have, ``ActionNotSeen`` for
    one that was not done, and of a favour what refuses one.
    """

    def decision(entry: Entry) -> Entry:
        _check(shop, entry, deed, caller=caller, action=action)
        return entry.closed(now, by=caller.id, action=deed, note=note)

    entry = read(shop, entry_id, caller=caller, action=action)
    if KINDS[entry.kind].is_decision:
        _require_deed(entry, deed)
        return favours.decide(shop, entry, deed, note, caller=caller, now=now, request=request)
    return act(shop, entry_id, decision, request)


def _check(shop: Shop, entry: Entry, deed: str, *, caller: Caller, action: Action) -> None:
    _require(caller, action, entry)
    require_open(entry)
    _require_deed(entry, deed)
    if deed == NO_ACTION or not DEEDS[deed].shown_by or not entry.order_id:
        return
    history = register_of(shop).history(entry.order_id, after=entry.version)
    if not is_shown(DEEDS[deed].shown_by, history, entry.version):
        raise ActionNotSeen("the order does not show that this was done", route=DEEDS[deed].route)


def _require_deed(entry: Entry, deed: str) -> None:
    allowed = KINDS[entry.kind].actions
    if deed not in allowed:
        raise Invalid("this is no action of such an entry", at="/action", allowed=list(allowed))
