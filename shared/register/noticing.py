"""How the register hears of things: from an order's events, from checks that know no order, and from its own clock.

Told once, twice, late or out of turn: the same entries (``shared.register.projection``). Whoever writes a new entry
looks once more afterwards: what ended the trouble meanwhile found no entry that it could close.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.commands import RACES_MAX, Shop
from shared.errors import Conflict
from shared.ledger.thaw import held
from shared.lifecycle import Event
from shared.model import AfterSale, Parcel, Settlement, SubOrder, WholeOrder
from shared.ordering.drift import DriftReport
from shared.register.acting import register_of
from shared.register.detectors import OPENING
from shared.register.favours import FAVOUR, given_already
from shared.register.projection import Happened, folded, merged
from shared.register.rows import SEEN, Entry, escalated, opened, scope_named

SILENCE = "tracking_silent"
THAWING = "escrow_thawing"
STOCK = "stock"  # The name that all drift is kept under.


def hear(shop: Shop, order_id: str, event: str) -> tuple[Entry, ...]:
    """An event was announced: bring the order's entries up to date. Returns what was written. Raises ``Conflict``."""
    register = register_of(shop)
    if event not in OPENING and not any(entry.is_open for entry in register.of(order_id)):
        return ()
    return look_again(shop, order_id)


def look_again(shop: Shop, order_id: str) -> tuple[Entry, ...]:
    """Fold the order's history once more, and write what differs. Raises ``Conflict``.

    Whoever opens an entry looks again: what ended the trouble meanwhile found none to close. One that was there already
    is found by it.
    """
    register, written, history = register_of(shop), list[Entry](), list[Happened]()
    for _ in range(RACES_MAX):
        known = {entry.entry_id: entry for entry in register.of(order_id)}
        history += register.history(order_id, after=history[-1].version if history else 0)
        found = folded(order_id, history, tuple(known.values()))
        wanted = [one for entry in found if (one := merged(known.get(entry.entry_id), entry)) is not None]
        if not wanted:
            return tuple(written)
        try:
            for entry in _with_parties(shop, order_id, wanted):
                register.write(entry)
                written.append(entry)
        except Conflict:
            continue
        if all(entry.revision for entry in wanted):
            return tuple(written)
    if written:  # Others keep moving this order: what is written is right, and they tell of the rest.
        return tuple(written)
    raise Conflict("others keep changing these entries")


def _with_parties(shop: Shop, order_id: str, entries: Iterable[Entry]) -> list[Entry]:
    """New entries with whose goods they are about: the order is read for these alone."""
    entries = list(entries)
    if all(entry.revision for entry in entries):
        return entries
    whole = shop.orders.read(order_id)
    return [entry if entry.revision else _of_its_merchant(whole, entry) for entry in entries]


def _of_its_merchant(whole: WholeOrder, entry: Entry) -> Entry:
    row = whole.rows.get(entry.subject)
    match row:
        case SubOrder() | Settlement():
            number = row.number
        case Parcel() | AfterSale():
            number = row.sub_order
        case _:
            return entry
    return replace(entry, sub_order=number, merchant_id=whole.sub_orders[number - 1].merchant_id)


def overdue(shop: Shop, scope: str, suffix: str, *, now: int) -> Entry | None:
    """The deadline of an entry has passed: it is an operator's, and counted. None: it had ended, or was too early."""
    register = register_of(shop)
    entry = register.read(f"{scope}-{suffix}")
    if entry.order_id and entry.is_open:
        look_again(shop, entry.order_id)  # Whatever has ended it may have got lost on its way.
        entry = register.read(entry.entry_id)
    if not entry.is_open or entry.due_at is None or now < entry.due_at:
        return None
    if ended_by := _ended_without_event(shop, entry):
        register.write(entry.closed(now, resolved_by=ended_by))
        return None
    late = escalated(entry, now)
    register.write(late)
    return late


def _ended_without_event(shop: Shop, entry: Entry) -> str:
    """What no event of the order tells the register: "", or what has ended the trouble.

    Where a parcel was seen is kept beside its order, unless it means something; and who gave a favour may have died.
    """
    if entry.kind == FAVOUR:
        return Event.REFUND_REQUESTED if given_already(shop, entry) else ""
    if entry.kind == THAWING:
        return "" if held(shop.orders.read(entry.order_id)) else "escrow_released"
    if entry.kind == SILENCE:
        track = shop.tracks.read(entry.order_id, int(entry.subject.partition("#")[2]))
        return SEEN if (track.seen_at or 0) > entry.last_at else ""
    return ""


def hear_drift(shop: Shop, report: DriftReport, *, is_repair: bool, now: int) -> None:
    """A drift check has ended: one entry for each stock row that was wrong, and what is right again is over.

    Of rows that orders kept moving nothing is known, and nothing is said. Raises ``Conflict``.
    """
    wrong = {f"STOCK#{one.sku}#{one.shard}" for one in report.differences}
    unsure = {f"STOCK#{sku}#{shard}" for sku, shard in report.unsettled}
    is_repaired = is_repair and report.repaired == len(wrong)
    is_open = {entry.subject for entry in register_of(shop).of(scope_named(STOCK)) if entry.is_open}
    for subject in sorted(wrong):
        _note_stock(shop, subject, "stock_repaired" if is_repaired else "", now)
    for subject in sorted(is_open - wrong - unsure):
        _note_stock(shop, subject, "stock_found_right", now)


def _note_stock(shop: Shop, subject: str, resolved_by: str, now: int) -> None:
    """Open an entry of this row, or tell of it again, or close it as *resolved_by* says."""
    register, scope = register_of(shop), scope_named(STOCK)
    for _ in range(RACES_MAX):
        known = [entry for entry in register.of(scope) if entry.subject == subject]
        entry = next((one for one in known if one.is_open), None)
        if entry is None and resolved_by == "stock_found_right":
            return
        told = replace(entry, times=entry.times + 1, last_at=now) if entry else None
        wanted = told or _drifted(scope, subject, known, now)
        try:
            register.write(wanted.closed(now, resolved_by=resolved_by) if resolved_by else wanted)
            return
        except Conflict:
            continue
    raise Conflict("others check the stock at the same moment")


def _drifted(scope: str, subject: str, known: Sequence[Entry], now: int) -> Entry:
    """Numbered by how many there were of this row, so that two checks at once make one entry."""
    return opened(kind="stock_drift", scope=scope, subject=subject, version=len(known) + 1, at=now)
