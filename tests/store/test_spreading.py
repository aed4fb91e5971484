"""Shards and quotas: what is available is laid out anew, and nothing is lost or sold twice by it."""

import pytest

from shared.ordering.movements import CHANNELS_MAX, NO_QUOTA, WAREHOUSES_MAX, Movement
from shared.outside import aws_client
from shared.store.items import to_item
from tests.builders import SETTINGS
from tests.store.shelving import (
    HOT,
    a_hot_shop,
    available,
    buys,
    cancels,
    disagreement,
    movement,
    row,
    shelves,
    ships,
    why,
)


def level(available, reserved=0, sold=0, **more):
    return {"available": available, "reserved": reserved, "sold": sold, **more}


def sellable(shop, channel):
    """What a checkout of that channel sees, all shards together."""
    found = shop.goods.shelves((HOT,), channel)
    return sum(found.available[HOT].values())


def test_received_goods_are_spread_over_the_shards_the_first_ones_first(shop):
    store = a_hot_shop(shop, shards=4, W1=4)

    store.receive(sku=HOT, warehouse="W1", quantity=6, movement_id="m-1", at=5)

    assert available() == {0: 0, 1: 3, 2: 3, 3: 2, 4: 2}
    assert disagreement() == []


def test_what_is_lost_of_a_hot_product_is_taken_from_the_fullest_shards(shop):
    store = a_hot_shop(shop, shards=3, W1=8)

    store.adjust(sku=HOT, warehouse="W1", quantity=4, kind="damaged", why=why("m-1"))

    assert available() == {0: 0, 1: 0, 2: 2, 3: 2}
    assert row()["warehouses"]["W1"]["defect"] == 4
    assert disagreement() == []


def test_a_channel_sells_what_its_quota_has_left_and_others_sell_the_rest(shop):
    store = a_hot_shop(shop, W1=8)

    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=3, why=why("q-1"))
    problem = buys(shop, 4, channel="tmall")
    bought = buys(shop, 2, channel="tmall")

    assert problem.code == "stock_short"
    assert (sellable(shop, "tmall"), sellable(shop, "web")) == (1, 6)
    cancels(shop, bought)
    assert (sellable(shop, "tmall"), sellable(shop, "web")) == (3, 8)
    assert disagreement() == []


def test_a_quota_is_set_anew_while_orders_hold_units_of_it(shop):
    store = a_hot_shop(shop, W1=8)
    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=3, why=why("q-1"))
    bought = buys(shop, 2, channel="tmall")

    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=5, why=why("q-2"))
    cancels(shop, bought)

    assert row()["warehouses"]["W1"]["channels"] == {"tmall": 7}
    assert disagreement() == []


def test_a_lifted_quota_limits_nobody_and_takes_back_what_orders_release(shop):
    store = a_hot_shop(shop, W1=8)
    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=3, why=why("q-1"))
    bought = buys(shop, 3, channel="tmall")

    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=None, why=why("q-2"))
    assert sellable(shop, "tmall") == 5
    cancels(shop, bought)

    assert sellable(shop, "tmall") == 8
    assert row()["warehouses"]["W1"]["channels"] == {"tmall": NO_QUOTA + 3}
    assert disagreement() == []


def test_to_lift_a_quota_that_nobody_set_is_noted_and_changes_nothing(shop):
    store = a_hot_shop(shop, W1=8)

    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=None, why=why("q-1"))

    assert row()["warehouses"] == {"W1": level(8)}
    assert movement("q-1")["parts"] == []
    assert disagreement() == []


def test_the_quota_of_a_hot_product_is_spread_like_its_stock_and_its_name_stays_in_the_first_row(shop):
    store = a_hot_shop(shop, shards=3, W1=9)

    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=4, why=why("q-1"))

    left = {shard: row(shard)["warehouses"]["W1"]["channels"] for shard in range(4)}
    assert left == {0: {"tmall": 0}, 1: {"tmall": 2}, 2: {"tmall": 1}, 3: {"tmall": 1}}
    assert (sellable(shop, "tmall"), sellable(shop, "web")) == (4, 9)
    assert buys(shop, 4, channel="tmall").order.state == "pending_payment"
    assert buys(shop, 1, "b-2", channel="tmall").code in ("stock_short", "sold_out")
    assert disagreement() == []


def test_a_quota_is_spread_again_with_its_stock(shop):
    store = a_hot_shop(shop, W1=9)
    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=5, why=why("q-1"))

    for number, shards in enumerate((2, 4, 0)):
        store.spread(sku=HOT, shards=shards, why=why(f"s-{number}"))
        assert (sellable(shop, "tmall"), sellable(shop, "web")) == (5, 9)

    assert row()["warehouses"]["W1"] == level(9, channels={"tmall": 5})
    assert disagreement() == []


def test_spreading_moves_what_is_available_and_nothing_else(shop):
    store = a_hot_shop(shop, W1=10, W2=3)
    bought, sent = buys(shop, 2, "b-1"), buys(shop, 1, "b-2")
    ships(shop, sent)

    store.spread(sku=HOT, shards=4, why=why("s-1"))

    assert available() == {0: 0, 1: 2, 2: 2, 3: 2, 4: 1}
    assert available(warehouse="W2") == {0: 0, 1: 1, 2: 1, 3: 1, 4: 0}
    assert row()["warehouses"]["W1"] == level(0, reserved=2, sold=1)
    assert (row()["shards"], row(1)["shard"]) == (4, 1)
    cancels(shop, bought)
    assert available()[0] == 2
    assert disagreement() == []


@pytest.mark.parametrize(
    ("shards", "laid_out"),
    [
        (6, {0: 0, 1: 2, 2: 2, 3: 2, 4: 2, 5: 1, 6: 1}),
        (3, {0: 0, 1: 4, 2: 3, 3: 3}),
        (2, {0: 0, 1: 5, 2: 5, 3: 0}),
        (1, {0: 0, 1: 10, 2: 0, 3: 0}),
        (0, {0: 10, 1: 0, 2: 0, 3: 0}),
    ],
)
def test_shards_become_more_and_fewer(shop, shards, laid_out):
    store = a_hot_shop(shop, shards=3, W1=10)

    store.spread(sku=HOT, shards=shards, why=why("s-2"))

    assert available() == laid_out
    assert row().get("shards", 0) == shards
    assert sellable(shop, "web") == 10
    assert disagreement() == []


def test_spreading_what_lies_evenly_already_moves_nothing(shop):
    store = a_hot_shop(shop, shards=3, W1=9)
    before = [row(shard) for shard in (1, 2, 3)]

    noted = store.spread(sku=HOT, shards=3, why=why("s-2"))

    assert noted.parts == ()
    assert [row(shard) for shard in (1, 2, 3)] == before
    assert disagreement() == []


@pytest.mark.parametrize("shards", [0, 1, 2])
def test_what_orders_release_into_a_shard_that_was_given_up_is_for_sale(shop, shards):
    store = a_hot_shop(shop, shards=4, W1=8)
    bought = buys(shop, 8)
    store.spread(sku=HOT, shards=shards, why=why("s-2"))
    assert buys(shop, 1, "b-2").code == "sold_out"

    cancels(shop, bought)

    assert row()["drained"] == 4
    assert available() == {0: 0, 1: 2, 2: 2, 3: 2, 4: 2}
    assert buys(shop, 8, "b-3").order.state == "pending_payment"
    assert buys(shop, 1, "b-4").code == "sold_out"
    assert disagreement() == []


def test_the_next_spread_fetches_what_came_back_and_forgets_the_drained_shards(shop):
    store = a_hot_shop(shop, shards=4, W1=8)
    bought = buys(shop, 8)
    store.spread(sku=HOT, shards=0, why=why("s-2"))
    cancels(shop, bought)

    store.spread(sku=HOT, shards=0, why=why("s-3"))

    assert available() == {0: 8, 1: 0, 2: 0, 3: 0, 4: 0}
    assert row().keys() & {"shards", "drained"} == set()
    assert disagreement() == []


def test_a_product_that_lay_in_shards_is_bought_in_one_batch_again(shop, outside):
    store = a_hot_shop(shop, shards=4, W1=8)
    store.spread(sku=HOT, shards=0, why=why("s-2"))
    calls = []
    outside.around.append(lambda call, act: calls.append(call.operation) or act())

    buys(shop, 3)

    assert calls == ["batch_get_item", "transact_write_items"]


@pytest.mark.parametrize("kind", ["received", "found", "mended", "spread"])
def test_whatever_brings_units_takes_the_sold_out_flag_off(shop, kind):
    store = a_hot_shop(shop, shards=2, W1=4)
    store.adjust(sku=HOT, warehouse="W1", quantity=1, kind="damaged", why=why("m-1"))
    buys(shop, 3)
    assert buys(shop, 1, "b-2").code == "sold_out"
    assert row()["sold_out"] is True

    units = 3 if kind == "spread" else 1
    warehouse = "" if kind == "spread" else "W1"
    store.move(Movement(kind, HOT, warehouse, units), why("m-2"))

    assert "sold_out" not in row()
    assert disagreement() == []


def test_the_largest_spread_there_is_fits_into_one_transaction(shop):
    quotas = {f"c{number}": 9_001 + number for number in range(CHANNELS_MAX)}
    warehouses = {f"W{n}": level(4_000 + 31 * n, channels=quotas) for n in range(WAREHOUSES_MAX)}
    item = to_item({"pk": "SKU#HOT", "sk": "STOCK", "sku": HOT, "warehouses": warehouses})
    aws_client("dynamodb").put_item(TableName=SETTINGS.stock_table, Item=item)
    store, sizes = shelves(shop), []

    def measure(call, act):
        if call.operation == "transact_write_items":
            updates = [action["Update"] for action in call.request["TransactItems"] if "Update" in action]
            sizes.append(len(call.request["TransactItems"]))
            for update in updates:
                assert len(update["UpdateExpression"]) <= 4096
                assert len(update["ConditionExpression"]) <= 4096
        return act()

    shop.outside.around.append(measure)
    for shards in (16, 15, 0):
        store.spread(sku=HOT, shards=shards, why=why(f"s-{shards}"))

    assert sizes == [18, 18, 17]
    assert row()["warehouses"] == warehouses
