"""How people's commands on an entry run: read, decide, write; once per request, whoever else is at it."""

from collections.abc import Callable
from typing import NamedTuple

from shared.changes import Request
from shared.commands import RACES_MAX, Shop
from shared.errors import Conflict, OrderError
from shared.register.rows import Entry
from shared.store.register import RegisterStore
from shared.store.writing import AlreadyDone


class EntryClosed(OrderError):
    """Somebody, or an event, was faster. ``resolution`` says how it ended."""

    status, code = 409, "entry_closed"


class Acted(NamedTuple):
    entry: Entry
    is_repeat: bool = False


def register_of(shop: Shop) -> RegisterStore:
    return RegisterStore(shop.outside, shop.settings)


def require_open(entry: Entry) -> None:
    if not entry.is_open:
        how = entry.action or entry.resolved_by
        raise EntryClosed("this entry is closed", resolution=how)


def act(shop: Shop, entry_id: str, decision: Callable[[Entry], Entry], request: Request) -> Acted:
    """Write what *decision* makes of the entry. A refused command may be the second delivery of one that was done.

    Raises what the decision raises, ``NotFound``, ``KeyReused``, and ``Conflict`` when others kept being faster.
    """
    register = register_of(shop)
    for _ in range(RACES_MAX):
        try:
            after = decision(register.read(entry_id))
        except OrderError:
            seen = shop.orders.seen(request)
            if seen is None:
                raise
            return Acted(register.read(seen.about), is_repeat=True)
        try:
            register.write(after, request=request)
        except AlreadyDone as done:
            return Acted(register.read(done.seen.about), is_repeat=True)
        except Conflict:
            continue
        return Acted(after)
    raise Conflict("others keep changing this entry: repeat with the same key")
