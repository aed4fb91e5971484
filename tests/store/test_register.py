"""Entries of the register as items: nothing gets lost on the way, and whoever read an old one writes nothing."""

from dataclasses import replace

import pytest

from shared.errors import Conflict, NotFound
from shared.outside import outside
from shared.register.kinds import KINDS
from shared.register.rows import Entry, EntryState, opened, queue_of
from shared.store.items import from_item
from shared.store.register import RegisterStore, entry_to_item, item_to_entry
from shared.store.writing import AlreadyBooked, AlreadyDone
from tests.builders import OPERATOR, ORDER_ID, SETTINGS, T0, a_request

PLACES = {"queue", "priority", "shard", "due_at"}


def silent(version: int = 7, **more: object) -> Entry:
    made = opened(
        kind="tracking_silent",
        scope=ORDER_ID,
        order_id=ORDER_ID,
        subject="PARCEL#01",
        version=version,
        at=T0,
        sub_order=1,
        merchant_id="m-tea",
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture
def register(shop) -> RegisterStore:
    return RegisterStore(outside, SETTINGS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_is_what_is_read(kind):
    made = opened(
        kind=kind, scope=ORDER_ID, subject="X#1", version=1, at=T0, wanted={"amount": 5, "reason": "x"}
    )
    for entry in (
        made,
        made.noted(T0, "assigned", "s-1", "s-2"),
        made.closed(T0 + 1, by="s-1", action="refund"),
    ):
        assert item_to_entry(entry_to_item(entry)) == replace(entry, revision=1)


def test_an_open_entry_stands_in_its_list_and_under_its_deadline_and_a_closed_one_in_neither():
    is_open, closed = silent(), silent().closed(T0 + 9, by="s-1", action="refund", note="lost")

    stored = from_item(entry_to_item(is_open))
    assert stored["queue"] == "register:support:open"
    assert stored["priority"] == f"{is_open.due_at:012}#{is_open.entry_id}"
    assert stored["due_at"] == T0 + 48 * 3600
    assert PLACES.isdisjoint(entry_to_item(closed))
    assert closed.state is EntryState.CLOSED


def test_it_is_written_once_and_then_only_by_whom_has_read_it(register):
    register.write(silent())
    with pytest.raises(Conflict):
        register.write(silent())

    read = register.read(silent().entry_id)
    register.write(replace(read, assignee="s-1"))
    with pytest.raises(Conflict):
        register.write(replace(read, assignee="s-2"))

    assert (register.read(read.entry_id).assignee, register.read(read.entry_id).revision) == ("s-1", 2)


def test_what_is_refused_writes_nothing(register):
    request = a_request("k", OPERATOR)
    register.write(silent(), request=request)
    read = register.read(silent().entry_id)

    with pytest.raises(AlreadyDone) as done:
        register.write(replace(read, assignee="s-1"), request=request)
    register.write(silent(8), once="favour#x", verdict="refused")
    with pytest.raises(AlreadyBooked):
        register.write(silent(9), once="favour#x", verdict="refused")

    assert done.value.seen.about == read.entry_id
    assert [entry.version for entry in sorted(register.of(ORDER_ID), key=lambda e: e.version)] == [7, 8]
    assert register.read(read.entry_id).assignee == ""


def test_a_list_is_read_from_where_its_cursor_stands(register):
    made = [silent(version, due_at=T0 + version) for version in (3, 1, 2)]
    for entry in (*made, silent(9, owner="operator")):
        register.write(entry)

    first = register.page(queue_of("support"), after="", limit=2)
    rest = register.page(queue_of("support"), after=first[-1].priority, limit=2)

    assert [entry.version for entry in (*first, *rest)] == [1, 2, 3]
    assert [entry.version for entry in register.page(queue_of("operator"), after="", limit=5)] == [9]


def test_what_nobody_wrote_is_not_found(register):
    with pytest.raises(NotFound):
        register.read(f"{ORDER_ID}-0000000000")
    assert register.of(ORDER_ID) == ()
    assert register.history(ORDER_ID) == ()
