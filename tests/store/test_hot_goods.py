"""A hot product lies in shards: one is tried unread, all are read when it was short, and a flag answers at the end."""

import pytest

from shared.context import Context
from shared.errors import Conflict, OrderRefused
from shared.goods import Place, StockMove
from shared.ordering.checkout import Checkout, place_order
from shared.ordering.quote import Wanted
from shared.store.goods import PLENTY, Buying
from tests.builders import ADDRESS, BUYER, SETTINGS, T0, Caller, a_request, a_shop_order
from tests.store.shards import put_hot
from tests.store.tables import everything, for_another_order, items, units

W1 = "W1"


def buying(lot=0, exactly=(), **fields):
    return Buying(("HOT",), "buyer-1", lot=lot, exactly=frozenset(exactly), **fields)


def placed(shop, quantity=1, *, lot=0, key="k-1"):
    """An order by a buyer of its own, whose lot is *lot*: shard ``lot % shards + 1`` is tried first."""
    context = Context(
        T0, lambda count: lot.to_bytes(2, "big") if count == 2 else key.encode().rjust(count, b".")
    )
    buyer = Caller(BUYER.actor, f"buyer-{key}")
    checkout = Checkout((Wanted("HOT", quantity),), ADDRESS)
    return place_order(shop, context, buyer, checkout, a_request(key, buyer))


def codes(refused):
    return [problem.code for problem in refused.value.details["problems"]]


def is_marked():
    return items(SETTINGS.stock_table)["SKU#HOT", "STOCK"].get("sold_out", False)


def test_a_hot_product_is_not_read_but_tried(shop, outside):
    put_hot("HOT", 3, 3, 3)
    keys = []
    outside.around.append(
        lambda call, act: keys.append(call.request["RequestItems"]["stock"]["Keys"]) or act()
    )

    shelves = [shop.goods.read(buying(lot)).shelves.available["HOT"] for lot in (0, 1, 2, 3)]

    assert shelves == [{Place(W1, n): PLENTY} for n in (1, 2, 3, 1)]
    assert {key["pk"]["S"] for one in keys for key in one} == {"SKU#HOT"}


def test_read_exactly_it_is_what_lies_in_every_shard_and_in_the_first_row(shop):
    put_hot("HOT", 3, 0, 2, first=1)

    market = shop.goods.read(buying(exactly=("HOT",)))

    assert market.shelves.available["HOT"] == {
        Place(W1): 1,
        Place(W1, 1): 3,
        Place(W1, 2): 0,
        Place(W1, 3): 2,
    }
    assert (market.empty, market.shelves.unsettled) == ((), frozenset())


def test_an_order_takes_from_the_shard_it_tried_in_one_read_and_one_write(shop, outside):
    put_hot("HOT", 3, 3)
    calls = []
    outside.around.append(lambda call, act: calls.append(call.operation) or act())

    order = placed(shop, 2, lot=1).whole

    assert calls == ["batch_get_item", "transact_write_items"]
    assert order.lines[0].allocation == (("W1", 2, 2, ""),)
    assert (units("HOT", W1, 1), units("HOT", W1, 2), units("HOT", W1)) == ((3, 0, 0), (1, 2, 0), (0, 0, 0))


def test_a_sale_is_not_lost_because_one_shard_is_empty(shop):
    put_hot("HOT", 0, 1)

    order = placed(shop, 1, lot=0).whole

    assert order.lines[0].allocation == (("W1", 1, 2, ""),)


def test_an_order_larger_than_any_shard_takes_from_several(shop):
    put_hot("HOT", 2, 3, 1)

    order = placed(shop, 6).whole

    assert sorted(order.lines[0].allocation) == [("W1", 1, 3, ""), ("W1", 2, 1, ""), ("W1", 3, 2, "")]
    assert [units("HOT", W1, n) for n in (1, 2, 3)] == [(0, 2, 0), (0, 3, 0), (0, 1, 0)]


def test_whoever_wants_more_than_all_shards_hold_is_told_how_much_is_left(shop):
    put_hot("HOT", 2, 3)
    before = everything()

    with pytest.raises(OrderRefused) as refused:
        placed(shop, 6)

    [problem] = refused.value.details["problems"]
    assert (problem.code, problem.details["available"]) == ("stock_short", 5)
    assert everything() == before


def test_when_the_last_unit_is_gone_the_first_row_says_so_and_is_believed(shop, outside):
    put_hot("HOT", 1, 0)
    placed(shop)
    with pytest.raises(OrderRefused):
        placed(shop, key="k-2")
    assert is_marked() is True
    calls = []
    outside.around.append(lambda call, act: calls.append(call.operation) or act())

    with pytest.raises(OrderRefused) as refused:
        placed(shop, key="k-3")

    assert codes(refused) == ["sold_out"]
    assert calls == ["batch_get_item", "get_item"]  # One read, and whether this key was here before.


def test_a_release_takes_the_flag_off_in_its_own_transaction(shop):
    put_hot("HOT", 1, 1)
    change = a_shop_order().world.last
    held = change._replace(
        stock=(StockMove("reserve", "HOT", W1, 1, 1), StockMove("reserve", "HOT", W1, 1, 2))
    )
    shop.write(held)
    shop.goods.mark_sold_out("HOT")
    assert is_marked() is True

    freed = held._replace(stock=(StockMove("release", "HOT", W1, 1, 2),))
    shop.write(for_another_order(freed, "A"))

    assert is_marked() is False
    assert (units("HOT", W1, 2), placed(shop).whole.lines[0].allocation) == ((1, 0, 0), (("W1", 1, 2, ""),))


def test_the_flag_is_not_set_while_a_unit_is_left_anywhere(shop):
    put_hot("HOT", 0, 1)
    before = everything()

    shop.goods.mark_sold_out("HOT")

    assert everything() == before


def test_the_flag_is_not_set_on_a_first_row_that_holds_some(shop):
    put_hot("HOT", 0, 0, first=1)

    shop.goods.mark_sold_out("HOT")

    assert is_marked() is False


def test_a_unit_that_comes_back_while_all_was_looked_at_leaves_no_flag(shop, outside):
    put_hot("HOT", 1, 0)
    change = a_shop_order().world.last._replace(stock=(StockMove("reserve", "HOT", W1, 1, 1),))
    shop.write(change)

    def freed_meanwhile(call, act):
        if call.operation == "transact_write_items":
            outside.around.clear()
            freed = change._replace(stock=(StockMove("release", "HOT", W1, 1, 1),))
            shop.write(for_another_order(freed, "A"))
        return act()

    outside.around.append(freed_meanwhile)
    shop.goods.mark_sold_out("HOT")

    assert is_marked() is False


def test_a_shard_added_while_all_was_looked_at_leaves_no_flag(shop, outside):
    put_hot("HOT", 0, 0)

    def spread_meanwhile(call, act):
        if call.operation == "transact_write_items":
            outside.around.clear()
            put_hot("HOT", 0, 0, 5)
        return act()

    outside.around.append(spread_meanwhile)
    shop.goods.mark_sold_out("HOT")

    assert is_marked() is False


def test_units_that_keep_moving_while_they_are_read_are_called_short_by_nobody(shop, outside):
    put_hot("HOT", 1, 0)
    change = a_shop_order().world.last
    busy = iter("ABCDEFGHJKMNPQRSTVWXYZ0123456789")

    def somebody_buys_and_returns(call, act):
        if call.operation != "batch_get_item" or len(call.request["RequestItems"]["stock"]["Keys"]) == 1:
            return act()
        answer = act()
        outside.around.remove(somebody_buys_and_returns)
        for kind in ("reserve", "release"):
            moved = change._replace(stock=(StockMove(kind, "HOT", W1, 1, 1),))
            shop.write(for_another_order(moved, next(busy)))
        outside.around.append(somebody_buys_and_returns)
        return answer

    outside.around.append(somebody_buys_and_returns)

    assert shop.goods.read(buying(exactly=("HOT",))).shelves.unsettled == {"HOT"}
    with pytest.raises(Conflict):
        placed(shop, 2)


def test_ten_buyers_of_nine_units_in_three_shards_whatever_their_lots(shop):
    put_hot("HOT", 3, 3, 3)
    for n in range(9):
        placed(shop, lot=7 * n, key=f"k-{n}")

    with pytest.raises(OrderRefused) as refused:
        placed(shop, lot=5, key="k-9")

    assert codes(refused) == ["sold_out"]
    assert [units("HOT", W1, n) for n in (1, 2, 3)] == [(0, 3, 0)] * 3
    assert is_marked() is True
