"""Orders leave for the archive, a part at a time. Each step may be repeated, by the same run or another one.

    look    is it at rest, and can all of it be told?     not yet: again in a week
    write   all of a part leave; then their files         a file that is there already stays
    empty   the files hold them: their rows go            an hour later, when every reader has moved on

In which part an order is, its own transaction decides; so it is in the archive once, whoever tries at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from shared.archive.flat import Flat, flattened
from shared.archive.moved import added_up
from shared.archive.rest import Seen, unrest
from shared.archive.tables import TABLES, path_of, require_fit
from shared.commands import Shop
from shared.errors import OrderError
from shared.model import Line, Row, Snapshot, WholeOrder
from shared.register.acting import register_of
from shared.settings import Policy
from shared.store import parquet
from shared.store.archive import LEAVING, STUB, ArchiveStore, Listed, Member, Part, Stub
from shared.store.items import Item, from_item, item_to_lines, item_to_row, item_to_snapshot

LOOK_AGAIN_DAYS = 7
EMPTY_AFTER_SECONDS = 50 * 60  # So the next hour's run does it, and no drift check still reads.


class OrderArchived(OrderError):
    """It was in the shop once, and is over. ``placed_on`` says where in the archive it is."""

    status, code = 410, "order_archived"


class PartDiffers(Exception):
    """A part's file does not hold the orders that left with it: nothing is deleted, people look."""


class Candidate(NamedTuple):
    """An order that may leave."""

    placed_on: str
    member: Member


class Kept(NamedTuple):
    """One order's partition, read whole."""

    whole: WholeOrder
    first: Item  # The order's own row, wherever it stands.
    events: tuple[Mapping[str, Any], ...]


def archive_of(shop: Shop) -> ArchiveStore:
    return ArchiveStore(shop.outside, shop.settings)


def day_of(seconds: int) -> str:
    """The day of a moment, UTC.

    >>> day_of(1_795_300_200)
    '2026-11-21'
    """
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def due_until(shop: Shop, now: int) -> str:
    """The last day whose orders are to be looked at: all of them are old enough."""
    return _days_before(now, shop.settings.policy.archive_after_days + 1)


def look(shop: Shop, listed: Listed, now: int) -> Candidate | None:
    """The order, if it may leave. One that may not is listed again for a week later; one that left is no more."""
    store = archive_of(shop)
    kept = _kept(store.items_of(listed.order_id), shop.settings.policy)
    if kept is None:  # It left, or never was.
        store.unlist(listed)
        return None
    has_open_entry = any(entry.is_open for entry in register_of(shop).of(listed.order_id))
    if unrest(Seen(kept.whole, kept.events, has_open_entry), now=now):
        again = date.fromisoformat(due_until(shop, now)) + timedelta(days=LOOK_AGAIN_DAYS)
        store.list_order(listed.order_id, again.isoformat())
        store.unlist(listed)
        return None
    order = kept.whole.order
    for table, row in _flat(store, kept):
        require_fit(table, row)  # What cannot be told does not leave.
    return Candidate(day_of(order.placed_at), Member(listed.order_id, order.version, listed.day))


def write(shop: Shop, part: Part, now: int) -> int:
    """Let its orders leave, and write its files. Returns how many left: what has changed since stays."""
    store = archive_of(shop)
    leaving = [member for member in part.members if _leaves(shop, part, member, now)]
    if leaving:
        with TemporaryDirectory() as folder:
            rows = _rows_of(shop, store, leaving)
            columns = {table: [column[:2] for column in own] for table, own in TABLES.items()}
            for table, path in parquet.write(Path(folder), rows, columns).items():
                store.put_file(path_of(table, part.placed_on, part.number), path.read_bytes())
    store.written(part, now)
    return len(leaving)


def may_be_emptied(part: Part, now: int) -> bool:
    return part.written_at is not None and now >= part.written_at + EMPTY_AFTER_SECONDS


def empty(shop: Shop, part: Part) -> int:
    """Delete the rows of its orders, which its file holds. Returns of how many. Raises ``PartDiffers``."""
    store = archive_of(shop)
    left = [member for member in part.members if _is_in(store.stub(member.order_id), part)]
    if left:
        written = sorted(_order_ids(store, part))
        if written != sorted(member.order_id for member in left):
            raise PartDiffers(
                f"part {part.number} of {part.placed_on} holds other orders than those that left"
            )
    for member in left:
        store.empty(member.order_id)
        store.unlist(Listed(member.order_id, member.day))
    store.done(part)
    return len(left)


def refuse_archived(shop: Shop, order_id: str, *, buyer_id: str | None) -> None:
    """Raise ``OrderArchived``, if the order has left. *buyer_id*: who may know of their own only; None: of all."""
    stub = archive_of(shop).stub(order_id)
    if stub is not None and buyer_id in (None, stub.buyer_id):
        raise OrderArchived("this order is over, and was moved to the archive", placed_on=stub.placed_on)


def _leaves(shop: Shop, part: Part, member: Member, now: int) -> bool:
    store = archive_of(shop)
    kept = _kept(store.items_of(member.order_id), shop.settings.policy, is_leaving=True)
    if kept is None or kept.whole.order.version != member.version:
        return _is_in(store.stub(member.order_id), part)
    buyer = kept.whole.order.buyer_id
    stub = Stub(buyer, part.placed_on, part.number, now, added_up(kept.events))
    return store.leave(kept.first, member.version, stub)


def _is_in(stub: Stub | None, part: Part) -> bool:
    return stub is not None and (stub.placed_on, stub.part) == (part.placed_on, part.number)


def _rows_of(shop: Shop, store: ArchiveStore, members: list[Member]) -> Iterator[Flat]:
    for member in sorted(members):
        kept = _kept(store.items_of(member.order_id), shop.settings.policy, is_leaving=True)
        assert kept is not None, "rows go after the part is written, never before"
        yield from _flat(store, kept)


def _flat(store: ArchiveStore, kept: Kept) -> Iterator[Flat]:
    return flattened(kept.whole, kept.events, store.vouchers_of(kept.whole.order.order_id))


def _order_ids(store: ArchiveStore, part: Part) -> tuple[str, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        path.write_bytes(store.file(path_of("orders", part.placed_on, part.number)))
        return parquet.values(path, "order_id")


def _kept(items: tuple[Item, ...], policy: Policy, *, is_leaving: bool = False) -> Kept | None:
    """What a partition holds of its order. None: it is not there; or it *is leaving*, and nobody asked for those."""
    first = "ORDER"
    if any(item["sk"]["S"] == STUB for item in items):
        if not is_leaving:
            return None
        first = LEAVING
    own = [item | {"sk": {"S": "ORDER"}} for item in items if item["sk"]["S"] == first]
    if not own:
        return None
    lines: tuple[Line, ...] = ()
    rows: list[Row] = [item_to_row(own[0])]
    snapshot: Snapshot | None = None
    for item in items:
        sort_key = item["sk"]["S"]
        if sort_key.startswith("LINES#"):
            lines += item_to_lines(item)
            snapshot = snapshot or item_to_snapshot(item, policy)
        elif sort_key != "ORDER" and not sort_key.startswith("#"):
            rows.append(item_to_row(item))
    assert snapshot is not None, "an order has lines, and what was agreed with them"
    events = tuple(from_item(item) for item in items if item["sk"]["S"].startswith("#EVENT#"))
    return Kept(WholeOrder.of(rows, lines, snapshot), own[0], events)


def _days_before(now: int, days: int) -> str:
    return (date.fromisoformat(day_of(now)) - timedelta(days=days)).isoformat()
