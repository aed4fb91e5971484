"""The drift check as people run it: a command, a shop behind a socket or its tables, and an exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import drift
from local.http import Server
from shared.outside import aws_client
from tests.http_world import World


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


def tables(world: World) -> list[str]:
    names = next(iter(world.cloud.runtime.functions.values())).environment
    return [names["ORDERS_TABLE"], names["STOCK_TABLE"]]


def damage(world: World) -> None:
    aws_client("dynamodb").update_item(
        TableName=tables(world)[1],
        Key={"pk": {"S": "SKU#TEA"}, "sk": {"S": "STOCK"}},
        UpdateExpression="SET warehouses.W1.available = :n",
        ExpressionAttributeValues={":n": {"N": "7"}},
    )


def test_all_is_well(world: World, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    world.place({"TEA": 3})

    assert drift.main(["--url", url]) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert told == "3 rows checked against 6 movements and events: 0 counters differ, 0 rows repaired."


def test_drift_is_shown_and_the_command_ends_with_1(
    world: World, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(world)

    assert drift.main(["--url", url]) == 1

    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if "TEA" in line)
    assert row.replace("│", " ").split() == ["TEA", "0", "W1", "available", "20", "7"]
    assert "1 counters differ, 0 rows repaired" in " ".join(told.split())


def test_repaired_it_is_gone_the_next_time(world: World, url: str) -> None:
    damage(world)

    ends = [drift.main(["--url", url, *more]) for more in (["--repair"], [])]

    assert ends == [1, 0]
    assert world.stock("TEA")["W1"]["available"] == 20


def test_the_tables_themselves_are_read_without_a_shop(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(world)

    ends = [drift.main(["--tables", *tables(world), *more]) for more in ([], ["--repair"], [])]

    assert ends == [1, 1, 0]
    assert world.stock("TEA")["W1"]["available"] == 20


def test_a_token_is_read_from_its_file(world: World, url: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(world.cloud.token("op-7", "operator", None) + "\n")

    assert drift.main(["--url", url, "--token-file", str(tmp_path / "token")]) == 0


def test_whoever_is_no_operator_is_told_so(
    world: World, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text(world.cloud.token("b-1", "buyer", None))

    assert drift.main(["--url", url, "--token-file", str(tmp_path / "token")]) == 1

    assert "not checked: 403" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://shop", "no address"),
        ("http://shop.example", "over https"),
        ("http://127.0.0.1:9", "not checked"),
    ],
)
def test_a_token_goes_nowhere_it_should_not(url: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift.main(["--url", url]) == 1

    assert why in capsys.readouterr().err


def test_a_row_that_never_rested_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"is_clean": True, "rows": 2, "entries": 3, "differing": 0, "repaired": 0}
    found |= {"differences": [], "negative": [], "unsettled": [{"sku": "HOT", "shard": 1}]}

    drift.show(drift.Console(), found)

    assert "orders kept moving HOT shard 1: run it again" in capsys.readouterr().out
