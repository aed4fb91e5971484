"""An order and its buyer's wallet move in one transaction: both, or neither."""

import pytest

from shared.outside import aws_client
from shared.store.items import to_item
from shared.store.terms_items import coupon_item, member_key
from shared.store.writing import StockShort, WalletShort, actions_of
from shared.wallet_moves import Count, CouponMove, PointsMove, WalletMoves
from tests.builders import ORDER_ID, SETTINGS, a_request
from tests.special_orders import (
    PLATFORM_COUPON,
    SHOP_COUPON,
    a_limited_order,
    a_paid_rich_order,
    a_rich_order,
)
from tests.store.tables import everything, for_another_order, items


@pytest.fixture
def wallet(shop):
    """The wallet of buyer-1 as the rich order finds it: two coupons, 2,000 points."""
    give(points=2_000)
    for coupon in (SHOP_COUPON, PLATFORM_COUPON):
        put(coupon_item("buyer-1", coupon))
    return shop


def put(item):
    aws_client("dynamodb").put_item(TableName=SETTINGS.members_table, Item=item)


def give(**counters):
    put(member_key("buyer-1") | to_item(counters))


def member():
    row = items(SETTINGS.members_table)["MEMBER#buyer-1", "MEMBER"]
    return {name: int(value) for name, value in row.items() if name not in ("pk", "sk")}


def coupon(coupon_id):
    row = items(SETTINGS.members_table)["MEMBER#buyer-1", f"COUPON#{coupon_id}"]
    return row["state"], row.get("order_id", "")


def coupons():
    return [coupon("C-SHOP"), coupon("C-ALL")]


def written(shop, trade):
    for change in trade.world.changes:
        shop.write(change)


def refused(shop, change, error):
    before = everything()
    with pytest.raises(error):
        shop.write(change)
    assert everything() == before


def test_placing_locks_what_the_order_counts_on(wallet):
    written(wallet, a_rich_order())

    assert coupons() == [("locked", ORDER_ID), ("locked", ORDER_ID)]
    assert member() == {"points": 500, "points_locked": 1_500}


def test_paying_uses_it(wallet):
    written(wallet, a_paid_rich_order())

    assert coupons() == [("used", ORDER_ID), ("used", ORDER_ID)]
    assert member() == {"points": 500, "points_locked": 0, "points_spent": 1_500}


def test_dying_unpaid_leaves_everything_as_it_was(wallet):
    trade = a_rich_order()
    trade.cancel_unpaid()
    written(wallet, trade)

    assert coupons() == [("available", ""), ("available", "")]
    assert member() == {"points": 2_000, "points_locked": 0}


def test_cancelling_units_gives_back_their_points_and_the_coupon_with_its_last_line(wallet):
    trade = a_paid_rich_order()
    trade.cancel({1: 3, 2: 1})  # All of the tea merchant's part, which the shop coupon had reduced.
    written(wallet, trade)

    assert coupons() == [("available", ""), ("used", ORDER_ID)]
    assert member() == {"points": 500 + 269 + 224, "points_locked": 0, "points_spent": 1_007}


def test_the_journal_says_what_moved_in_the_event_that_moved_it(wallet):
    trade = a_paid_rich_order()
    trade.cancel({1: 1})
    written(wallet, trade)

    events = [
        items(SETTINGS.orders_table)[f"ORDER#{ORDER_ID}", f"#EVENT#{n:08}"].get("wallet") for n in range(1, 5)
    ]

    assert events == [
        {"coupons": [["lock", "C-SHOP"], ["lock", "C-ALL"]], "points": ["lock", 1_500]},
        None,
        {"coupons": [["use", "C-SHOP"], ["use", "C-ALL"]], "points": ["use", 1_500]},
        {"points": ["give_back", 89]},  # 269 * 1 // 3
    ]


def test_a_coupon_that_another_order_locked_is_not_locked_again_and_nothing_is_written(wallet):
    change = a_rich_order().world.last
    wallet.write(change)
    give(points=5_000)

    refused(wallet, for_another_order(change, "A"), WalletShort)


def test_points_that_are_not_there_are_not_locked_and_nothing_is_written(wallet):
    give(points=1_499)

    refused(wallet, a_rich_order().world.last, WalletShort)


def test_a_buyer_without_a_wallet_has_no_points(shop):
    change = a_rich_order().world.last
    without = change._replace(wallet=change.wallet._replace(coupons=()))

    refused(shop, without, WalletShort)


def test_a_coupon_of_somebody_else_is_none_of_the_buyers(wallet):
    change = a_rich_order().world.last
    moves = change.wallet._replace(coupons=(CouponMove("lock", "C-NOT-MINE"),))

    refused(wallet, change._replace(wallet=moves), WalletShort)


def test_an_order_does_not_unlock_what_another_one_locked(wallet):
    trade = a_rich_order()
    placed = trade.world.last
    wallet.write(placed)
    wallet.write(for_another_order(placed._replace(wallet=WalletMoves(), stock=()), "A"))
    unlocking = trade.cancel_unpaid()._replace(request=a_request("cancel"), stock=())

    other = for_another_order(unlocking, "A")._replace(request=a_request("another cancel"))
    refused(wallet, other, WalletShort)
    assert coupons() == [("locked", ORDER_ID), ("locked", ORDER_ID)]


def test_goods_that_are_short_are_told_before_a_wallet_that_is(wallet):
    change = a_rich_order().world.last
    give(points=0)
    greedy = tuple(move._replace(quantity=99) for move in change.stock)

    refused(wallet, change._replace(stock=greedy), StockShort)


def test_a_limit_holds_over_all_orders_of_the_buyer(shop):
    give(**{"count:sku:TEA": 1, "count:cross_border:2027": 50_000})
    change = a_limited_order().world.last
    shop.write(change)
    assert member() == {"count:sku:TEA": 4, "count:cross_border:2027": 60_000}

    refused(shop, for_another_order(change, "A"), WalletShort)


def test_a_limit_that_nothing_was_counted_against_yet_begins_at_nothing(shop):
    shop.write(a_limited_order(bought_before=0).world.last)

    assert member() == {"count:sku:TEA": 3, "count:cross_border:2027": 10_000}


def test_what_an_unpaid_order_had_counted_is_free_again(shop):
    give(**{"count:sku:TEA": 1, "count:cross_border:2027": 50_000})
    trade = a_limited_order()
    trade.ring("ORDER")
    written(shop, trade)

    assert member() == {"count:sku:TEA": 1, "count:cross_border:2027": 50_000}


@pytest.mark.parametrize(
    ("moves", "kinds"),
    [
        ({}, []),
        ({"points": PointsMove("lock", 1)}, ["member"]),
        ({"counts": (Count("a", 1, 2), Count("b", 1, 2))}, ["member"]),
        ({"coupons": (CouponMove("lock", "C-1"), CouponMove("lock", "C-2"))}, ["coupon", "coupon"]),
    ],
)
def test_a_wallet_costs_one_write_and_one_more_for_each_coupon(moves, kinds):
    change = a_rich_order().world.last
    made = change._replace(wallet=type(change.wallet)(**moves))

    written_to = [action.kind for action in actions_of(SETTINGS, made)]

    assert [kind for kind in written_to if kind in ("member", "coupon")] == kinds
