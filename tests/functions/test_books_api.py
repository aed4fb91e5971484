"""Operators see where every fen is, and whether the books are what they were; each way of changing them is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions import books_api
from functions.wiring import shop
from shared.ledger.chain import chain_of, pk_of
from shared.outside import aws_client
from tests.http_world import DAY, World

OPERATOR = {"role": "operator", "who": "op-1"}


def check(world: World, *, repair: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = world.command("/operator/books/check", {"repair": repair}, **OPERATOR)
    return found


def flaws(world: World) -> set[str]:
    return {one["flaw"] for one in check(world)["findings"]}


def rows(world: World, prefix: str, sk: str = "") -> list[dict[str, Any]]:
    """Rows of the ledger as the table has them."""
    found = aws_client("dynamodb").scan(TableName=shop().settings.ledger_table)["Items"]
    return sorted(
        (row for row in found if row["pk"]["S"].startswith(prefix) and row["sk"]["S"].startswith(sk)),
        key=lambda row: (row["pk"]["S"], row["sk"]["S"]),
    )


def put(row: dict[str, Any], **values: Any) -> None:
    aws_client("dynamodb").put_item(TableName=shop().settings.ledger_table, Item=row | values)


def delete(row: dict[str, Any]) -> None:
    key = {name: row[name] for name in ("pk", "sk")}
    aws_client("dynamodb").delete_item(TableName=shop().settings.ledger_table, Key=key)


def a_settled_order(world: World) -> str:
    order = world.placed_and_paid({"TEA": 3})
    world.ship(order, 1)
    world.arrive(order)
    world.placed_and_paid({"KITE": 2})
    world.cloud.advance(30 * DAY)  # Settled,
    world.cloud.advance(DAY)  # and stated.
    return order


def test_every_fen_is_somebody_s(world: World) -> None:
    a_settled_order(world)

    seen = world.read("/operator/books/balances", **OPERATOR)

    balances = {one["account"]: (one["side"], one["amount"]) for one in seen["balances"]}
    assert balances == {
        "clearing:sandbox": ("debit", 8263),
        "escrow": ("credit", 1466),
        "merchant": ("credit", 6797),
    }
    assert seen["currencies"] == [{"currency": "CNY", "debits": 8263, "credits": 8263, "unexplained": 0}]


def test_books_that_nobody_touched_are_clean(world: World) -> None:
    a_settled_order(world)

    found = check(world)

    assert (found["is_clean"], found["found"], found["findings"]) == (True, 0, [])
    assert (found["vouchers"], found["chained"], found["postings"], found["roots"]) == (3, 3, 3, 31)


def voucher_of_settled(world: World) -> dict[str, Any]:
    """What captured the order that is settled."""
    [settled] = [row for row in rows(world, "ORDER#", "VOUCHER#") if row["kind"]["S"] == "settled"]
    return rows(world, settled["pk"]["S"], "VOUCHER#")[0]


def links_of_settled(world: World) -> list[dict[str, Any]]:
    return rows(world, pk_of(chain_of(voucher_of_settled(world)["pk"]["S"])))


def posting_of_settled(world: World) -> dict[str, Any]:
    number = voucher_of_settled(world)["voucher_id"]["S"]
    [row] = [row for row in rows(world, "ACCOUNT#clearing") if row["sk"]["S"] == number]
    return row


def edit_a_voucher(world: World) -> None:
    put(voucher_of_settled(world), kind={"S": "refunded"})


def delete_a_voucher(world: World) -> None:
    delete(voucher_of_settled(world))


def insert_a_voucher(world: World) -> None:
    """Past the stream, so that nobody chains it: as one who can write to the table, and to its history, would."""
    world.cloud.pumps, pumps = [], world.cloud.pumps
    put(voucher_of_settled(world), sk={"S": "VOUCHER#00000099"})
    world.cloud.pumps = pumps
    for pump in pumps:
        pump._next = pump._shard().starting_sequence_number + len(pump._shard().items)


def unbalance_a_voucher(world: World) -> None:
    row = voucher_of_settled(world)
    put(row, entries={"L": [*row["entries"]["L"], {"L": [{"S": "bank"}, {"N": "1"}]}]})


def edit_a_link(world: World) -> None:
    put(links_of_settled(world)[0], at={"N": "5"})


def delete_a_link(world: World) -> None:
    delete(links_of_settled(world)[0])


def write_over_a_root(world: World) -> None:
    name = {"Bucket": shop().settings.books_bucket, "Key": "roots/2026-11-22.json"}
    body = aws_client("s3").get_object(**name)["Body"].read()
    aws_client("s3").put_object(**name, Body=body)


def hide_a_root(world: World) -> None:
    aws_client("s3").delete_object(Bucket=shop().settings.books_bucket, Key="roots/2026-11-22.json")


def edit_a_posting(world: World) -> None:
    put(posting_of_settled(world), document={"S": "payment:another"})


def delete_a_posting(world: World) -> None:
    delete(posting_of_settled(world))


def invent_a_posting(world: World) -> None:
    put(posting_of_settled(world), sk={"S": "another-v3"}, voucher_id={"S": "another-v3"})


def forget_a_book(world: World) -> None:
    delete(rows(world, "BOOKS")[0])


def edit_a_statement(world: World) -> None:
    row = rows(world, "MERCHANT#", "STATEMENT#")[0]
    put(row, closing_minor={"N": "7000"})


def edit_a_statement_s_line(world: World) -> None:
    row = json.loads(json.dumps(rows(world, "MERCHANT#", "LINES#")[0]).replace('"6797"', '"6798"'))
    put(row)


def delete_an_event(world: World) -> None:
    table, order = shop().settings.orders_table, voucher_of_settled(world)["pk"]
    aws_client("dynamodb").delete_item(TableName=table, Key={"pk": order, "sk": {"S": "#EVENT#00000003"}})


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (edit_a_voucher, {"voucher_edited", "posting_differs"}),
        (delete_a_voucher, {"voucher_deleted", "posting_invented", "account_overdrawn"}),
        (insert_a_voucher, {"voucher_inserted", "voucher_without_event", "voucher_id_twice"}),
        (unbalance_a_voucher, {"voucher_edited", "no_voucher", "posting_invented", "account_overdrawn"}),
        (edit_a_link, {"link_edited"}),
        (delete_a_link, {"voucher_inserted", "link_missing", "root_differs"}),
        (write_over_a_root, {"root_edited"}),
        (hide_a_root, {"root_edited"}),
        (edit_a_posting, {"posting_differs"}),
        (delete_a_posting, {"posting_missing"}),
        (invent_a_posting, {"posting_invented"}),
        (forget_a_book, {"book_missing"}),
        (edit_a_statement, {"statement_differs"}),
        (edit_a_statement_s_line, {"statement_differs"}),
        (delete_an_event, {"voucher_without_event"}),
    ],
)
def test_whatever_is_changed_is_named(world: World, tamper: Callable[[World], None], named: set[str]) -> None:
    a_settled_order(world)
    assert flaws(world) == set()

    tamper(world)

    assert flaws(world) == named


def test_what_a_stream_lost_is_repaired_and_what_no_event_explains_is_not(world: World) -> None:
    a_settled_order(world)
    delete_a_posting(world)
    forget_a_book(world)
    insert_a_voucher(world)

    repaired = check(world, repair=True)

    assert {one["flaw"] for one in repaired["findings"]} >= {"posting_missing", "book_missing"}
    assert flaws(world) & {"posting_missing", "book_missing"} == set()
    assert {"voucher_inserted", "voucher_without_event"} <= flaws(world)


def test_more_than_one_request_can_read_is_for_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.placed_and_paid({"TEA": 3})
    monkeypatch.setattr(books_api, "PAGES_MAX", 0)
    before = world.everything()

    answers = [
        world.send("POST", "/operator/books/check", {"repair": True}, **OPERATOR),
        world.send("GET", "/operator/books/balances", **OPERATOR),
    ]

    assert [(one.status, one.json()["code"]) for one in answers] == [(409, "books_too_large")] * 2
    assert answers[0].json()["command"] == "python -m local.books --tables LEDGER ORDERS --bucket BOOKS"
    assert world.everything() == before


def test_a_check_says_what_it_is_to_do_and_nothing_else(world: World) -> None:
    for body in ({"repair": "yes"}, {"repair": True, "more": 1}, [], "x"):
        assert world.send("POST", "/operator/books/check", body, **OPERATOR).status in (400, 422)
    assert world.send("POST", "/operator/books/check", {}, key=None, **OPERATOR).status == 400
