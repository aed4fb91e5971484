"""What placing an order costs on its synchronous path: one read batch, one transaction, whatever is in it."""

from typing import Any

import pytest

from shared.instants import rfc3339
from tests.functions.watching import recording
from tests.http_world import DAY, OPENED_AT, World, order_of

READ, WRITE = "batch_get_item", "transact_write_items"


def operations(world: World, body: dict[str, Any], path: str = "/orders") -> list[str]:
    """The outside calls of one request, nothing of what follows from it."""
    world.cloud.settles = False
    with recording() as calls:
        answer = world.send("POST", path, body)
    world.cloud.settles = True
    world.cloud.settle()
    assert answer.status == (201 if path == "/orders" else 200), answer.body
    return [call.operation for call in calls]


@pytest.mark.parametrize("count", [1, 13, 90])
def test_so_many_products_are_one_read_batch_and_one_transaction(world: World, count: int) -> None:
    wanted = world.sells_many(count, {"W1": 5})

    assert operations(world, order_of(wanted)) == [READ, WRITE]


def test_three_coupons_points_promotions_levels_and_several_merchants_cost_no_call_more(world: World) -> None:
    world.publish("policy", {"levels": {"gold": {"rate_pct": 95}}})
    world.publish("member", {"member_id": "b-1", "level": "gold"})
    validity = {"starts_at": rfc3339(OPENED_AT), "ends_at": rfc3339(OPENED_AT + DAY), "currency": "CNY"}
    tiers = [{"threshold_minor": 1_000, "off_minor": 100}]
    off = {"kind": "full_reduction", "tiers": tiers, "merchant_id": "m-tea", "promotion_id": "off"}
    world.publish("promotion", off | validity)
    world.gives_points(100)
    world.sells("RARE", "m-rare", 1_000, {"W1": 9}, flags=["limited"], limit_per_buyer=2)
    many = world.sells_many(40, {"W1": 5, "W2": 5})
    coupons = [
        world.gives_coupon("TEA", kind="shop", merchant_id="m-tea", off_minor=100),
        world.gives_coupon("TOYS", kind="shop", merchant_id="m-toys", off_minor=100),
        world.gives_coupon("ALL", rate_pct=90),
    ]
    wanted = {"TEA": 3, "POT": 4, "KITE": 1, "RARE": 2, **many}

    found = operations(world, order_of(wanted, coupons=coupons, points=100))

    assert found == [READ, WRITE]
    assert world.wallet()["coupons"] == {"TEA": "locked", "TOYS": "locked", "ALL": "locked"}


def test_a_quote_is_one_read_batch(world: World) -> None:
    coupon = world.gives_coupon("ALL")

    assert operations(world, order_of(coupons=[coupon]), "/quotes") == [READ]


def test_a_hot_product_costs_nothing_more_while_its_shards_have_some(world: World) -> None:
    world.command("/operator/stock/shards", {"sku": "TEA", "shards": 8}, role="operator", who="op-1")

    assert operations(world, order_of({"TEA": 1})) == [READ, WRITE]


def test_what_is_not_to_be_had_is_told_from_one_read_batch_and_a_look_for_the_key(world: World) -> None:
    with recording() as calls:
        answer = world.send("POST", "/orders", order_of({"POT": 6}))

    assert answer.status == 422
    assert [call.operation for call in calls] == [READ, "get_item"]
