"""The stand-in notices: each promise of ``tests.world`` is broken once, on purpose, and says so by its name."""

import pytest

from shared.aftersale.cancellation import Cancellation, decide_paid
from shared.goods import StockMove
from shared.payment.receiving import decide_payment
from shared.wallet_moves import Count, CouponMove, PointsMove
from tests.builders import (
    BUYER,
    a_completed_order,
    a_request,
    a_split_order,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.promises import PROMISES
from tests.purse import Purse
from tests.special_orders import a_hot_order, a_rich_order
from tests.world import RefusedByWorld, ShelfShort
from tests.world_bugs import BUGS, paid, rich, with_wallet


@pytest.mark.parametrize("promise", BUGS)
def test_a_broken_promise_is_named(promise):
    begin, break_it = BUGS[promise]
    trade, change = begin()
    broken = break_it(change)
    assert broken != change

    with pytest.raises(AssertionError) as noticed:
        trade.world.apply(broken)

    assert promise in str(noticed.value)


def test_counters_that_do_not_add_up_or_are_negative_are_named():
    trade = a_split_order()
    trade.world.stock["TEA", "W1", 0].update(available=-9)

    with pytest.raises(AssertionError) as noticed:
        trade.world.check()

    assert "no_unit_is_lost_or_invented" in str(noticed.value)
    assert "no_counter_is_negative" in str(noticed.value)


def test_quotas_and_points_that_come_from_nowhere_are_named():
    trade = a_rich_order()
    trade.world.quotas["TEA", "W1", 0, "tmall"] = 1
    trade.world.given_quotas["TEA", "W1", 0, "tmall"] = 2
    trade.world.purse.points["spent"] += 1

    with pytest.raises(AssertionError) as noticed:
        trade.world.check()

    assert "a_quota_counts_what_is_reserved_and_sold_under_it" in str(noticed.value)
    assert "points_are_moved_and_never_made" in str(noticed.value)


def test_a_unit_that_leaves_another_shard_than_it_was_held_in_is_named():
    trade = a_hot_order(lies=[("W1", 2, 1), ("W1", 2, 2)])
    trade.split()
    change = decide_paid(
        trade.whole, Cancellation("other", {1: 2}), caller=BUYER, now=trade.now, request=a_request()
    )
    trade.world.stock["SKU-1", "W1", 2].update(reserved=1)  # One too many of the second is promised to us,
    trade.world.stock["SKU-1", "W1", 1].update(reserved=-1)  # and one too few of the first.

    with pytest.raises(AssertionError, match="reserved_is_what_waits"):
        trade.world.check()

    assert [(move.shard, move.quantity) for move in change.stock] == [(1, 2)]


def test_every_promise_has_its_bug():
    by_hand = {
        "no_unit_is_lost_or_invented",
        "no_counter_is_negative",
        "a_quota_counts_what_is_reserved_and_sold_under_it",
        "points_are_moved_and_never_made",
    }

    assert {promise.__name__ for promise in PROMISES} == set(BUGS) | by_hand


@pytest.mark.parametrize(
    "believing",
    [
        lambda change: change._replace(read_version=1),
        lambda change: change._replace(read_state="closing"),
        lambda change: change._replace(writes=(change.writes[0]._replace(was="closed"), *change.writes[1:])),
        lambda change: change._replace(once=("sandbox#paid#tx_1", "sandbox#paid#tx_1")),
        lambda change: change._replace(stock=(StockMove("ship", "TEA", "W1", 3),)),
        lambda change: change._replace(stock=(StockMove("reserve", "TEA", "W1", 4),)),
    ],
)
def test_a_change_that_believes_something_wrong_changes_nothing(believing):
    trade, change = paid()
    before, stock = trade.whole, dict(trade.world.stock)

    with pytest.raises(RefusedByWorld):
        trade.world.apply(believing(change))

    assert trade.whole is before
    assert trade.world.stock == stock


@pytest.mark.parametrize(
    "moving",
    [
        {"coupons": (CouponMove("lock", "C-SHOP"),)},  # It is locked already,
        {"coupons": (CouponMove("give_back", "C-SHOP"),)},  # and not spent,
        {"coupons": (CouponMove("use", "C-SHOP"),) * 2},  # and there is one of it,
        {"coupons": (CouponMove("lock", "C-OTHER"),)},  # and none of this.
        {"points": PointsMove("lock", 501)},
        {"points": PointsMove("use", 1_501)},
        {"points": PointsMove("give_back", 1)},
        {"points": PointsMove("use", 0)},
        {"counts": (Count("sku:TEA", 4, 3),)},
        {"counts": (Count("sku:TEA", -1, None),)},
    ],
    ids=str,
)
def test_a_change_that_takes_what_the_wallet_has_not_changes_nothing(moving):
    trade, change = rich()
    before, points = trade.whole, dict(trade.world.purse.points)

    with pytest.raises(RefusedByWorld):
        trade.world.apply(with_wallet(change, **moving))

    assert trade.whole is before
    assert trade.world.purse.points == points


def test_a_coupon_that_another_order_holds_is_not_ours_to_use():
    trade, change = rich()
    trade.world.purse.holders["C-SHOP"] = "another order"

    with pytest.raises(RefusedByWorld, match="another order holds"):
        trade.world.apply(change)


def test_a_channels_quota_is_never_overdrawn_and_one_that_it_has_not_is_not_used():
    lies = [("W1", 2, 0, "tmall")]
    for quotas in ({("SKU-1", "W1", 0, "tmall"): 1}, {}):
        with pytest.raises(ShelfShort) as short:
            a_hot_order(lies=lies, quotas=quotas)
        assert short.value.skus == ("SKU-1",)

    trade = a_hot_order(lies=lies, quotas={("SKU-1", "W1", 0, "tmall"): 2})
    assert trade.world.quotas["SKU-1", "W1", 0, "tmall"] == 0


def test_a_purse_is_not_changed_by_what_it_refuses():
    purse, change = Purse(coupons=["C-SHOP", "C-ALL"], points=10), a_rich_order().world.changes[0]

    with pytest.raises(Exception, match="PointsMove"):
        purse.after(change)

    assert (purse.coupons, purse.points) == ({"C-SHOP": "available", "C-ALL": "available"}, {"available": 10})


def test_the_same_money_is_not_booked_twice():
    trade = an_order_being_paid(tries=2)
    notice = trade.notice(1)
    trade.hear(notice)

    assert trade.world.offer(decide_payment(trade.whole, notice, now=trade.now)) is None
    with pytest.raises(RefusedByWorld, match="were booked before"):
        trade.hear(notice)


def test_the_worlds_of_the_builders_are_what_their_names_say():
    assert a_completed_order().whole.order.stage == "completed"
    assert an_order_with_a_refund().state("REFUND#01") == "requested"
    assert [p.state for p in a_split_order().whole.parcels] == ["awaiting_shipment"] * 3
