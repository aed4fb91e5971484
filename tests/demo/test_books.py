"""The demo's last question: is history what it was, and does every row of the books follow from it?"""

from collections.abc import Iterator

import pytest

from local.demo.books_checks import broken_books
from shared.outside import aws_client
from tests.http_world import DAY, World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_a_world_that_nobody_tampered_with_has_whole_books_and_one_edit_is_named(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    world.cloud.advance(2 * DAY)
    whole = broken_books(world.cloud)
    [voucher] = world.vouchers()
    table = next(iter(world.cloud.runtime.functions.values())).environment["LEDGER_TABLE"]
    key = {name: {"S": voucher[name]} for name in ("pk", "sk")}
    aws_client("dynamodb").update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET document = :d",
        ExpressionAttributeValues={":d": {"S": "payment:another"}},
    )

    found = broken_books(world.cloud)

    assert whole == []
    assert [one.split(" (")[0].split(" chained")[0] for one in found] == [
        f"21 voucher_edited: ORDER#{order} VOUCHER#00000003",
        f"21 posting_differs: ACCOUNT#clearing:sandbox#2026-11-21 {order}-v3 ORDER#{order} VOUCHER#00000003",
    ]
