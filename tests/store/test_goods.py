import pytest
from botocore.exceptions import ClientError

from tests.builders import SETTINGS, SKUS
from tests.ordering.test_quote import a_sku
from tests.store.tables import everything, items, units


def test_what_is_for_sale_and_how_much_lies_where(shop):
    goods = shop.goods.read(("TEA", "POT", "NONE"))

    assert goods.skus == {"TEA": SKUS["TEA"], "POT": SKUS["POT"]}
    assert goods.available == {"TEA": {"W1": 5, "W2": 5}, "POT": {"W3": 6}}


def test_a_product_without_stock_is_known_and_sold_out(shop):
    shop.goods.put_sku(a_sku("NEW"))

    goods = shop.goods.read(("NEW",))

    assert (set(goods.skus), goods.available) == ({"NEW"}, {})


def test_many_products_are_read_in_batches_of_a_hundred_keys(shop, outside):
    names = tuple(f"S{i:02}" for i in range(60))
    for name in names:
        shop.goods.put_sku(a_sku(name))
    sizes = []

    def count(call, act):
        sizes.append(sum(len(wanted["Keys"]) for wanted in call.request["RequestItems"].values()))
        return act()

    outside.around.append(count)

    assert set(shop.goods.read(names).skus) == set(names)
    assert sizes == [100, 20]


def test_what_a_batch_left_out_is_asked_for_again(shop, outside):
    answers = []

    def half(call, act):
        wanted = dict(call.request["RequestItems"])
        table = sorted(wanted)[0]
        call.request["RequestItems"] = {table: wanted.pop(table)}
        answers.append(table)
        return act() | {"UnprocessedKeys": wanted}

    outside.around.append(half)
    goods = shop.goods.read(("TEA",))

    assert answers == ["catalogue", "stock"]
    assert (set(goods.skus), goods.available) == ({"TEA"}, {"TEA": {"W1": 5, "W2": 5}})


def test_prices_are_read_as_they_are_now_and_not_as_they_were(shop, outside):
    requests = []
    outside.around.append(lambda call, act: requests.append(call.request) or act())

    shop.goods.read(("TEA",))

    assert all(wanted["ConsistentRead"] for wanted in requests[0]["RequestItems"].values())


def test_received_goods_stand_on_the_shelf_with_a_record(shop):
    shop.goods.receive(sku="TEA", warehouse="W7", quantity=9, movement_id="m-1", at=5)

    assert units("TEA", "W7") == (9, 0, 0)
    movement = items(SETTINGS.stock_table)["SKU#TEA", "MOVE#m-1"]
    assert (movement["kind"], movement["quantity"], movement["warehouse"], movement["at"]) == (
        "received",
        9,
        "W7",
        5,
    )


@pytest.mark.parametrize(("warehouse", "movement_id"), [("W7", "first-W1"), ("W1", "m-2")])
def test_goods_are_received_once(shop, warehouse, movement_id):
    before = everything()

    with pytest.raises(ClientError):
        shop.goods.receive(sku="TEA", warehouse=warehouse, quantity=9, movement_id=movement_id, at=5)

    assert everything() == before
