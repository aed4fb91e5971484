"""Whatever fails, changes or runs twice: each order is in the archive once, or still in the table, whole."""

import pytest

from functions import archive as function
from shared.archive import moving
from shared.errors import Unavailable
from shared.outside import aws_client, outside
from tests.functions.archiving import (
    HOUR,
    archived,
    bucket,
    invoke,
    keys,
    leaves,
    order_ids,
    partition,
    parts,
    run,
    settled,
    time_passes,
    waiting,
)
from tests.http_world import World
from tests.sweep.faults import Fault, answer_lost, crash_before, striking, throttled

PLACED_ON = "2026-11-21"


def test_what_changes_between_look_and_leave_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order, other = settled(world), settled(world, {"TEA": 1})
    time_passes(world)
    look = moving.look

    def looked(shop, listed, now):
        found = look(shop, listed, now)
        if listed.order_id == order:
            given = world.command(
                f"/orders/{order}/refunds",
                {"amount": {"amount": 100, "currency": "CNY"}, "reason": "goodwill"},
                role="support",
                who="s-1",
            )
            assert given
        return found

    monkeypatch.setattr(moving, "look", looked)

    assert run(world)["left"] == 1

    assert order_ids(world) == [other]
    assert world.order(order)["state"] == "completed"
    world.cloud.advance(HOUR)
    run(world)
    assert partition(world, other) == ["#ARCHIVED"]
    assert "ORDER" in partition(world, order)
    assert [listed for _, listed in waiting(world)] == [order]


def test_two_runs_at_once_take_each_order_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = sorted([settled(world, {"TEA": 1}), settled(world, {"KITE": 1})])
    time_passes(world)
    write, nested = moving.write, []

    def slow_write(shop, part, now):
        if not nested:
            nested.append(None)  # While the first one is about to write, a second one runs whole.
            nested[0] = invoke(world).json()
        return write(shop, part, now)

    monkeypatch.setattr(moving, "write", slow_write)

    first = run(world)

    assert (first["failed"], nested[0]["failed"]) == (0, 0)
    assert order_ids(world) == orders
    world.cloud.advance(HOUR)
    assert run(world)["emptied"] == 2
    assert [partition(world, order) for order in orders] == [["#ARCHIVED"]] * 2
    assert order_ids(world) == orders


@pytest.mark.parametrize("fault", [crash_before, answer_lost, throttled], ids=lambda fault: fault.__name__)
def test_a_fault_at_any_write_loses_nothing_and_doubles_nothing(world: World, fault: Fault) -> None:
    settled(world, {"KITE": 1})
    world.placed_and_paid({"TEA": 1})  # Nobody ever ships it, so it never rests.
    time_passes(world)
    start = world.snapshot()
    writes = places_of_writes(world)
    assert len(writes) > 15

    for position in writes if fault is crash_before else writes[::2]:
        world.begin_again(start, sweeper=False)
        orders = sorted(listed for _, listed in waiting(world))
        with striking(position, fault):
            for _ in range(2):
                invoke(world)
                world.cloud.advance(HOUR)
        for _ in range(2):
            run(world)
            world.cloud.advance(HOUR)
        ids = order_ids(world)
        gone = [order for order in orders if partition(world, order) == ["#ARCHIVED"]]
        assert len(gone) == 1, position
        assert ids == gone, position
        assert all("ORDER" in partition(world, order) for order in orders if order not in gone)
        assert parts(world) == []
        with archived(world) as found:
            [(events,)] = found("orders", "version")
            assert len(found("events", "version")) == events


def test_a_file_that_holds_other_orders_stops_the_part_and_nothing_is_deleted(world: World) -> None:
    order = settled(world)
    time_passes(world)
    run(world)
    before = partition(world, order)
    [key] = [key for key in keys(world) if "/orders/" in key]
    [other] = [key for key in keys(world) if "/lines/" in key]
    client = aws_client("s3")
    client.copy_object(
        Bucket=bucket(world), Key=key, CopySource={"Bucket": bucket(world), "Key": other}
    )  # Three lines, so three times the order.
    world.cloud.advance(HOUR)

    told = run(world)

    assert (told["emptied"], told["failed"]) == (0, 1)
    assert partition(world, order) == before
    assert parts(world) == [f"{PLACED_ON}#00001"]


def test_one_bad_order_does_not_stop_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = settled(world, {"TEA": 1}), settled(world, {"KITE": 1})
    time_passes(world)
    fit = moving.require_fit

    def misfit(table, row):
        if row["order_id"] == bad:
            raise TypeError("orders.level is no string")
        fit(table, row)

    monkeypatch.setattr(moving, "require_fit", misfit)

    assert run(world) == {"looked": 2, "left": 1, "emptied": 0, "failed": 1}
    assert order_ids(world) == [good]
    assert "ORDER" in partition(world, bad)


def test_without_time_nothing_is_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(world)
    time_passes(world)
    monkeypatch.setattr(function, "MILLISECONDS_LEFT", 10**9)

    assert run(world) == {"looked": 0, "left": 0, "emptied": 0, "failed": 0}


def test_a_day_of_many_orders_leaves_in_several_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = []
    for _ in range(3):
        order = world.place({"KITE": 1})
        world.cancel(order)
        orders.append(order)
    time_passes(world)
    monkeypatch.setattr(function, "ORDERS_PER_PART_MAX", 2)

    run(world)

    assert parts(world) == [f"{PLACED_ON}#00001", f"{PLACED_ON}#00002"]
    assert order_ids(world) == sorted(orders)
    world.cloud.advance(HOUR)
    assert run(world)["emptied"] == 3


def test_a_list_that_cannot_be_written_keeps_the_event_on_its_stream(world: World) -> None:
    world.cloud.settles = False
    order = world.place()
    refused = []

    def busy(call, act):
        is_list = call.operation == "put_item" and call.request["Item"]["pk"]["S"].startswith("PLACED#")
        if is_list and len(refused) < 3:
            refused.append(call)
            raise Unavailable("busy")
        return act()

    outside.around.append(busy)

    world.cloud.settle()

    assert len(refused) == 3
    assert waiting(world) == [(PLACED_ON, order)]


def places_of_writes(world: World) -> list[int]:
    """The how-manieth outside calls write something, of all that the archive makes."""
    with striking() as struck:
        leaves(world)
    reads = ("query", "get_item", "get_object", "put_events")
    return [place for place, call in enumerate(struck.calls) if call.operation not in reads]
