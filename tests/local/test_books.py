"""The check of the books as people run it: a command, a shop behind a socket or its tables, and an exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import books
from local.http import Server
from shared.outside import aws_client
from tests.http_world import DAY, World


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[World, str]]:
    world = World()
    server = Server(world.cloud).start()
    yield world, server.url
    server.stop()
    world.close()


@pytest.fixture
def world(opened: tuple[World, str]) -> World:
    opened[0].reset()
    return opened[0]


@pytest.fixture
def url(opened: tuple[World, str]) -> str:
    return opened[1]


def names(world: World) -> list[str]:
    told = next(iter(world.cloud.runtime.functions.values())).environment
    return ["--tables", told["LEDGER_TABLE"], told["ORDERS_TABLE"], "--bucket", told["BOOKS_BUCKET"]]


def damage(world: World) -> str:
    """Somebody edits the only voucher; returns its order's number."""
    [row] = aws_client("dynamodb").scan(
        TableName=names(world)[1],
        FilterExpression="begins_with(sk, :sk)",
        ExpressionAttributeValues={":sk": {"S": "VOUCHER#"}},
    )["Items"]
    aws_client("dynamodb").put_item(TableName=names(world)[1], Item=row | {"kind": {"S": "refunded"}})
    return str(row["order_id"]["S"])


def lose_a_posting(world: World) -> None:
    client, table = aws_client("dynamodb"), names(world)[1]
    for row in client.scan(TableName=table)["Items"]:
        if row["pk"]["S"].startswith("ACCOUNT#"):
            client.delete_item(TableName=table, Key={name: row[name] for name in ("pk", "sk")})


def test_where_every_fen_is_is_shown_and_all_is_well(
    world: World, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.placed_and_paid({"TEA": 3})

    assert books.main(["--url", url]) == 0

    told = capsys.readouterr().out
    lines = {line.split("│")[1].strip(): line for line in told.splitlines() if line.count("│") > 3}
    assert [word for word in lines["clearing:sandbox"].replace("│", " ").split()][:3] == [
        "clearing:sandbox",
        "CNY",
        "6,797",
    ]
    assert [word for word in lines["escrow"].replace("│", " ").split()][:3] == ["escrow", "CNY", "6,797"]
    plain = " ".join(told.split())
    assert "CNY 6,797 is there, CNY 6,797 is somebody's: every fen is explained." in plain
    assert "1 vouchers, 1 chained in 1 links under 0 roots, 1 postings: 0 findings" in plain


def test_what_is_wrong_is_named_and_the_command_ends_with_1(
    world: World, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.placed_and_paid({"TEA": 3})
    order = damage(world)

    assert books.main(["--url", url]) == 1

    told = " ".join(capsys.readouterr().out.split())
    assert f"voucher_edited: ORDER#{order} VOUCHER#00000003 (chained as " in told
    assert f"posting_differs: ACCOUNT#clearing:sandbox#2026-11-21 {order}-v3" in told
    assert "2 findings, 0 vouchers repaired." in told


def test_the_tables_themselves_are_read_and_repaired_without_a_shop(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.placed_and_paid({"TEA": 3})
    world.cloud.advance(2 * DAY)
    lose_a_posting(world)
    world.cloud.advance(DAY)

    ends = [books.main([*names(world), *more]) for more in ([], ["--repair"])]

    assert ends == [1, 1]
    told = " ".join(capsys.readouterr().out.split())
    assert "posting_missing" in told
    assert "1 vouchers repaired." in told


def test_tables_without_their_bucket_are_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        books.main(["--tables", "L", "O"])

    assert "--tables and --bucket go together" in capsys.readouterr().err


def test_whoever_is_no_operator_is_told_so(
    world: World, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text(world.cloud.token("m-1", "merchant", "m-tea"))

    assert books.main(["--url", url, "--token-file", str(tmp_path / "token")]) == 1

    assert "not checked: 403" in capsys.readouterr().err


def test_thousands_of_findings_are_counted_and_the_first_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from rich.console import Console

    one = {"flaw": "voucher_deleted", "what": "ORDER#1 VOUCHER#1", "detail": ""}
    found = {
        **dict.fromkeys(("vouchers", "chained", "links", "roots", "postings", "repaired"), 0),
        "balances": [],
        "found": 5_000,
        "findings": [one] * 200,
        "currencies": [{"currency": "EUR", "debits": 5, "credits": 3, "unexplained": 2}],
    }

    books.show(Console(width=120), found)

    told = " ".join(capsys.readouterr().out.split())
    assert "... and 4800 more" in told
    assert "EUR 5 is there, EUR 3 is somebody's: EUR 2 is NOT explained." in told
