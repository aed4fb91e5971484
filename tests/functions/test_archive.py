"""Orders leave for the archive: when they are at rest, once, whole, and without anybody in them."""

import json
from datetime import date

import pytest

from local import drift
from shared.archive import moving
from shared.archive.tables import TABLES, Column
from shared.outside import aws_client
from tests.functions.archiving import (
    HOUR,
    archived,
    contents,
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
from tests.functions.claims import claim
from tests.functions.provider import event, tell
from tests.functions.showing import received
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, DAY, OPENED_AT, World

PLACED_ON = "2026-11-21"
GONE = "order_archived"


def test_with_its_first_event_an_order_is_listed_for_later(world: World) -> None:
    order = world.place()
    world.start(order)

    assert waiting(world) == [(PLACED_ON, order)]


def test_nobody_leaves_before_its_time(world: World) -> None:
    order = settled(world)
    time_passes(world, 160 * DAY - HOUR)
    before = partition(world, order)

    assert run(world) == {"looked": 0, "left": 0, "emptied": 0, "failed": 0}

    assert partition(world, order) == before
    assert keys(world) == []


def test_what_is_at_rest_leaves_in_one_hour_and_its_rows_go_in_the_next(world: World) -> None:
    order = settled(world)
    time_passes(world)

    assert run(world) == {"looked": 1, "left": 1, "emptied": 0, "failed": 0}
    assert "LINES#01" in partition(world, order)
    assert order_ids(world) == [order]

    assert run(world) == {"looked": 0, "left": 0, "emptied": 0, "failed": 0}  # Not within the hour.
    world.cloud.advance(HOUR)
    assert run(world) == {"looked": 0, "left": 0, "emptied": 1, "failed": 0}
    assert partition(world, order) == ["#ARCHIVED"]
    assert (waiting(world), parts(world)) == ([], [])
    assert order_ids(world) == [order]


def test_the_archive_holds_what_the_order_was(world: World) -> None:
    order = settled(world, {"TEA": 3, "KITE": 1})
    time_passes(world)
    leaves(world)

    with archived(world) as found:
        assert found("orders", "order_id", "placed_at", "payable_minor", "stage", "placed_on") == [
            (order, OPENED_AT, 3 * 1999 + 333 + 1600, "completed", date(2026, 11, 21))
        ]
        assert found("lines", "line", "sku", "quantity") == [(1, "TEA", 3), (2, "KITE", 1)]
        assert found("sub_orders", "sub_order", "merchant_id", "state") == [
            (1, "m-tea", "completed"),
            (2, "m-toys", "completed"),
        ]
        told = [row for row in world.rows("LEDGER_TABLE") if row["pk"] == f"ORDER#{order}"]
        entries = sorted(
            (row["voucher_id"], account, int(amount)) for row in told for account, amount in row["entries"]
        )
        assert found("movements", "voucher_id", "account", "amount_minor") == entries
        assert len(entries) >= 6
    assert {key.rpartition("/")[2] for key in keys(world)} == {"part-00001.parquet"}


def test_vouchers_and_what_was_booked_stay_for_ever(world: World) -> None:
    settled(world)
    time_passes(world)
    ledger = world.rows("LEDGER_TABLE")
    booked = [row for row in world.rows() if row["pk"].startswith("SEEN#")]

    leaves(world)

    assert world.rows("LEDGER_TABLE") == ledger
    assert [row for row in world.rows() if row["pk"].startswith("SEEN#")] == booked


def test_nobody_is_in_the_files_and_nothing_personal_stays_in_the_table(world: World) -> None:
    order = settled(world)
    personal = [value for name, value in ADDRESS.items() if name not in ("country", "city")]
    told = json.dumps([row for row in world.rows() if row["pk"] == f"ORDER#{order}"], default=str)
    assert all(value in told for value in personal)
    time_passes(world)

    leaves(world)

    stays = json.dumps([row for row in world.rows() if row["pk"] == f"ORDER#{order}"], default=str)
    bytes_of_all = contents(world)
    for value in personal:
        assert value not in stays
        assert value.encode() not in bytes_of_all
    assert b"b-1" not in bytes_of_all  # Whose it was.
    assert f"SF-{order[-8:]}".encode() not in bytes_of_all  # Its waybills.
    with archived(world) as found:
        cells = {cell for table, own in TABLES.items() for row in found(table, *names(own)) for cell in row}
    assert {"completed", "m-tea", "TEA"} <= cells
    assert not cells & {*personal, "b-1", f"SF-{order[-8:]}-0001"}


def test_while_any_case_is_open_the_archive_waits_and_looks_again_in_a_week(world: World) -> None:
    order = received(world)
    case = claim(world, order, "return_refund")
    world.cloud.sweeper = False
    case.approve()
    case.call_platform()
    time_passes(world, 200 * DAY)
    before = partition(world, order)

    told = run(world)

    assert (told["looked"], told["left"]) == (1, 0)
    assert partition(world, order) == before
    [(day, listed)] = waiting(world)
    assert listed == order
    today = date.fromisoformat(moving.day_of(int(world.cloud.clock.now())))
    assert (today - date.fromisoformat(day)).days == 181 - 7
    assert run(world)["looked"] == 0
    world.cloud.advance(7 * DAY)
    assert run(world)["looked"] == 1


def test_a_case_that_was_refunded_leaves_with_its_order(world: World) -> None:
    case = claim(world, received(world), "return_refund")
    case.approve()
    case.send_back()
    case.inspect(good=1)
    world.cloud.advance(30 * DAY)
    time_passes(world)
    leaves(world)

    with archived(world) as found:
        assert found("cases", "case_number", "kind", "reason", "state") == [
            (1, "return_refund", "no_reason", "completed")
        ]
        assert found("case_lines", "line", "units") == [(1, 1)]
        [(refunded,)] = found("orders", "refunded_minor")
        assert [(refunded, "succeeded")] == found("refunds", "amount_minor", "state")
    assert partition(world, case.order) == ["#ARCHIVED"]


def test_its_buyer_is_told_and_nobody_else(world: World) -> None:
    order = settled(world)
    time_passes(world)
    run(world)  # From the moment that it left, not only once its rows are gone.

    for path in ("", "/timeline", "/confirmation"):
        told = problem_of(world.send("GET", f"/orders/{order}{path}"), 410, GONE)
        assert told["placed_on"] == PLACED_ON
    missing = world.send("GET", f"/orders/{order[:-1]}0", who="b-2")
    foreign = world.send("GET", f"/orders/{order}", who="b-2")
    assert (foreign.status, foreign.body) == (404, missing.body)
    assert world.send("GET", f"/orders/{order}", role="operator", who="op-1").status == 410
    assert world.send("GET", f"/orders/{order}", role="support", who="s-1").status == 410


def test_it_is_in_no_list_and_takes_no_command_any_more(world: World) -> None:
    order = settled(world)
    time_passes(world)
    other = world.place({"KITE": 1})
    run(world)

    assert [one["order_id"] for one in world.read("/orders")["orders"]] == [other]
    with nothing_happens(world):
        answers = [
            world.send("POST", f"/orders/{order}/cancellation", {"reason": "changed_mind"}),
            world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"}),
            world.send("POST", f"/orders/{order}/receipt", {}),
        ]
    assert {answer.status for answer in answers} == {404}


def test_money_that_comes_for_it_is_kept_as_nobodys(world: World) -> None:
    order = settled(world)
    time_passes(world)
    leaves(world)

    late = event("payment.succeeded", 77, reference=f"{order}01", amount=500)
    assert tell(world, late) == (503, "parked")
    world.cloud.sweeper = True
    for _ in range(30):
        world.cloud.advance(HOUR)

    [voucher] = [row for row in world.rows("LEDGER_TABLE") if row["pk"] == "PARKED#sandbox#paid#txn_77"]
    assert sorted((account, int(amount)) for account, amount in voucher["entries"]) == [
        ("clearing:sandbox", 500),
        ("quarantine:sandbox#paid#txn_77", -500),
    ]
    assert partition(world, order) == ["#ARCHIVED"]


def test_what_was_booked_before_it_left_is_not_booked_again(world: World) -> None:
    order = world.place()
    payment = world.start(order)
    paid = event("payment.succeeded", 5, reference=payment["reference"], amount=payment["amount"]["amount"])
    assert tell(world, paid) == (200, "applied")
    world.ship_all(order)
    world.arrive(order)
    world.receive(order)
    world.cloud.advance(20 * DAY)
    time_passes(world)
    leaves(world)

    with nothing_happens(world):
        again = tell(world, paid)
        renumbered = tell(world, {**paid, "id": "evt_other"})

    assert (again, renumbered) == ((200, "duplicate"), (200, "duplicate"))


def test_stock_still_adds_up_while_they_leave_and_after(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    settled(world)
    cancelled = world.place({"TEA": 2})
    world.cancel(cancelled)
    time_passes(world)
    names = next(iter(world.cloud.runtime.functions.values())).environment
    tables = ["--tables", names["ORDERS_TABLE"], names["STOCK_TABLE"]]

    before = drift.main(tables)
    run(world)
    leaving = drift.main(tables)
    world.cloud.advance(HOUR)
    run(world)
    after = drift.main(tables)

    assert (before, leaving, after) == (0, 0, 0)
    assert partition(world, cancelled) == ["#ARCHIVED"]
    aws_client("dynamodb").delete_item(  # The check sees them: without what a stub keeps, it does not add up.
        TableName=names["ORDERS_TABLE"],
        Key={"pk": {"S": f"ORDER#{_stub(world)}"}, "sk": {"S": "#ARCHIVED"}},
    )
    assert drift.main(tables) == 1
    capsys.readouterr()


def _stub(world: World) -> str:
    [pk, *_] = [
        row["pk"]
        for row in world.rows()
        if row["sk"] == "#ARCHIVED" and row["stock_moved"] and row["stock_moved"][0][3]
    ]
    return str(pk).removeprefix("ORDER#")


def names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns]
