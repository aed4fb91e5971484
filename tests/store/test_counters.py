"""What the counters of stock, points, limits and coupons are told: every update states what must be there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.changes import stock_rows
from shared.goods import StockMove
from shared.store.counters import coupon_update, member_update, stock_updates
from shared.wallet_moves import Count, CouponMove, PointsMove, WalletMoves


def read(update):
    """The update with its short names and values written out: (key, what is set, what is believed)."""
    expression, condition = update["UpdateExpression"], update.get("ConditionExpression", "")
    names, values = update.get("ExpressionAttributeNames", {}), update.get("ExpressionAttributeValues", {})
    plain = {short: next(iter(value.values())) for short, value in values.items()}
    for short, name in sorted((names | plain).items(), key=lambda pair: -len(pair[0])):
        expression, condition = expression.replace(short, name), condition.replace(short, name)
    key = "/".join(part["S"] for part in update["Key"].values())
    return key, expression, condition


def stock(*moves):
    return [
        (sku, *read(update)) for sku, update in stock_updates("stock", [StockMove(*move) for move in moves])
    ]


def wallet(**moves):
    return read(member_update("members", "buyer-1", WalletMoves(**moves)))


def test_units_are_reserved_where_they_are_available():
    assert stock(("reserve", "TEA", "W1", 2)) == [
        (
            "TEA",
            "SKU#TEA/STOCK",
            "SET warehouses.W1.available = warehouses.W1.available - 2, "
            "warehouses.W1.reserved = warehouses.W1.reserved + 2, "
            "moves = if_not_exists(moves, 0) + 1",
            "warehouses.W1.available >= 2",
        )
    ]


def test_units_are_sold_out_of_what_is_reserved():
    [(_, _, expression, condition)] = stock(("ship", "TEA", "W1", 2))

    assert condition == "warehouses.W1.reserved >= 2"
    assert "warehouses.W1.sold = warehouses.W1.sold + 2" in expression
    assert "sold_out" not in expression


def test_a_release_takes_the_flag_off_the_first_row_too():
    assert stock(("release", "TEA", "W1", 2, 3)) == [
        ("TEA", "SKU#TEA/STOCK", "REMOVE sold_out", ""),
        (
            "TEA",
            "SKU#TEA#3/STOCK",
            "SET warehouses.W1.reserved = warehouses.W1.reserved - 2, "
            "warehouses.W1.available = warehouses.W1.available + 2, "
            "moves = if_not_exists(moves, 0) + 1 REMOVE sold_out",
            "warehouses.W1.reserved >= 2",
        ),
    ]


def test_a_row_that_several_moves_touch_is_updated_once():
    [(_, key, expression, condition)] = stock(("reserve", "TEA", "W1", 2), ("reserve", "TEA", "W2", 1))

    assert key == "SKU#TEA/STOCK"
    assert condition == "warehouses.W1.available >= 2 AND warehouses.W2.available >= 1"
    assert expression.count("moves = ") == 1


def test_a_channel_takes_from_its_quota_gives_back_to_it_and_keeps_what_it_sold():
    [(_, _, reserved, believed)] = stock(("reserve", "TEA", "W1", 2, 0, "tmall"), ("reserve", "TEA", "W1", 1))
    [(_, _, released, _)] = stock(("release", "TEA", "W1", 2, 0, "tmall"))
    [(_, _, shipped, _)] = stock(("ship", "TEA", "W1", 2, 0, "tmall"))

    assert believed == "warehouses.W1.available >= 3 AND warehouses.W1.channels.tmall >= 2"
    assert "warehouses.W1.channels.tmall = warehouses.W1.channels.tmall - 2" in reserved
    assert "warehouses.W1.channels.tmall = warehouses.W1.channels.tmall + 2" in released
    assert "channels" not in shipped


kinds = st.sampled_from(["reserve", "release", "ship"])


@given(
    st.lists(
        st.builds(
            StockMove,
            kinds,
            st.sampled_from("AB"),
            st.sampled_from(["W1", "W2"]),
            st.integers(1, 9),
            st.integers(0, 2),
            st.sampled_from(["", "tmall"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_transaction_touches_exactly_the_rows_that_were_counted(moves):
    updates = list(stock_updates("stock", moves))

    assert len(updates) == len(stock_rows(moves))
    assert len({read(update)[0] for _, update in updates}) == len(updates)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
@settings(max_examples=50)
def test_no_name_is_ever_part_of_an_expression(warehouse, channel):
    move = StockMove("reserve", "TEA", warehouse, 1, 0, channel)
    [(_, update)] = stock_updates("stock", [move])

    assert set(update["ExpressionAttributeNames"].values()) == {warehouse, channel}
    assert set(update["UpdateExpression"]) <= set(
        "SET warehouses.#nv:channels availbrdm=,-+()_ifxst0123456789"
    )


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        ("lock", "points", "points_locked"),
        ("use", "points_locked", "points_spent"),
        ("unlock", "points_locked", "points"),
        ("give_back", "points_spent", "points"),
    ],
)
def test_points_move_between_three_counters_and_must_be_there(kind, source, target):
    assert wallet(points=PointsMove(kind, 150)) == (
        "MEMBER#buyer-1/MEMBER",
        f"SET {source} = {source} - 150, {target} = if_not_exists({target}, 0) + 150",
        f"{source} >= 150",
    )


def test_what_is_limited_is_counted_within_its_limit():
    _, expression, condition = wallet(counts=(Count("sku:TEA", 3, 5),))

    assert expression == "SET count:sku:TEA = if_not_exists(count:sku:TEA, 0) + 3"
    assert condition == "(attribute_not_exists(count:sku:TEA) OR count:sku:TEA <= 2)"


def test_what_is_given_back_needs_no_room_and_is_never_more_than_was_counted():
    _, expression, condition = wallet(counts=(Count("sku:TEA", -3, None),))

    assert expression == "SET count:sku:TEA = if_not_exists(count:sku:TEA, 0) + -3"
    assert condition == "count:sku:TEA >= 3"


def test_points_and_counts_of_one_buyer_are_one_update():
    _, expression, condition = wallet(
        points=PointsMove("lock", 5), counts=(Count("a", 1, 2), Count("b", 1, 2))
    )

    assert expression.count("=") == 4
    assert condition.count(" AND ") == 2


@pytest.mark.parametrize(
    ("kind", "expression", "condition"),
    [
        ("lock", "SET state = locked, order_id = O-1", "state = available"),
        ("use", "SET state = used, order_id = O-1", "state = locked AND order_id = O-1"),
        ("unlock", "SET state = available REMOVE order_id", "state = locked AND order_id = O-1"),
        ("give_back", "SET state = available REMOVE order_id", "state = used AND order_id = O-1"),
    ],
)
def test_whoever_locked_a_coupon_keeps_it_until_it_is_used_or_free(kind, expression, condition):
    update = coupon_update("members", "buyer-1", CouponMove(kind, "C-1"), "O-1")

    assert read(update) == ("MEMBER#buyer-1/COUPON#C-1", expression, condition)
