"""What people found out: a parcel is lost, or its warehouse will not send it. Money, shelves and states end right."""

import pytest

from shared.errors import Forbidden, NotFound, TransitionRefused
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.lost import recall_parcel, write_off_parcel
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    POT_MERCHANT,
    SUPPORT,
    TEA_MERCHANT,
    a_completed_order,
    a_delivered_order,
    a_pushed_order,
    a_request,
    a_shipped_order,
    a_split_order,
    an_order_at_its_warehouses,
)
from tests.memory import MemoryShop
from tests.special_orders import a_hot_order, a_paid_rich_order
from tests.storybook import entries, moves


def losing(trade, parcel=3, *, caller=SUPPORT, key="l-1", shop=None):
    how = {"caller": caller, "now": trade.now, "request": a_request(key, caller)}
    return write_off_parcel(shop or MemoryShop(trade.world), ORDER_ID, parcel, reason="telephone", **how)


def recalling(trade, parcel=3, *, caller=SUPPORT, key="r-1", shop=None):
    how = {"caller": caller, "now": trade.now, "request": a_request(key, caller)}
    return recall_parcel(shop or MemoryShop(trade.world), ORDER_ID, parcel, reason="telephone", **how)


def refused(trade, error, act, *args, **how):
    before = trade.whole
    with pytest.raises(error):
        act(trade, *args, **how)
    assert trade.whole is before


def a_returning_parcel(reason="changed_mind"):
    trade = a_shipped_order()
    trade.refuse(3, reason=reason)
    return trade


# --- lost ---


@pytest.mark.parametrize(("reason", "freight"), [("changed_mind", 0), ("damaged", 800)])
@pytest.mark.parametrize("counted", [0, 1])
def test_the_freight_of_what_got_lost_follows_why_it_came_back(reason, freight, counted):
    trade = a_returning_parcel(reason)
    if counted:
        trade.count(3, {3: {"good": 1}})

    losing(trade)

    assert sum(r.amount_minor for r in trade.whole.refunds) == 10_000 + freight
    assert (trade.state("SUB#02"), trade.row("SUB#02").kept_minor) == ("closed", 800 - freight)
    assert trade.world.units("POT", "W3") == (4 + counted, 0, 0)


def test_it_is_lost_once_and_the_same_key_says_so_again():
    trade = a_returning_parcel()
    shop = MemoryShop(trade.world)
    losing(trade, shop=shop)

    assert losing(trade, shop=shop).is_repeat
    refused(trade, TransitionRefused, losing, key="l-2")
    assert [r.amount_minor for r in trade.whole.refunds] == [10_000]


@pytest.mark.parametrize(
    "world", [a_split_order, a_pushed_order, a_shipped_order, a_delivered_order, a_completed_order]
)
def test_what_is_not_in_trouble_nor_on_its_way_back_is_not_written_off(world):
    refused(world(), TransitionRefused, losing)


def test_only_people_of_the_platform_are_sure_of_it():
    for act in (losing, recalling):
        for caller in (BUYER, POT_MERCHANT, TEA_MERCHANT):
            refused(a_returning_parcel(), Forbidden, act, caller=caller)
        refused(a_returning_parcel(), NotFound, act, 9)
    losing(a_returning_parcel(), caller=OPERATOR)


def test_points_and_coupons_come_back_with_what_got_lost():
    trade = a_paid_rich_order()
    trade.split()
    trade.ship(2, 3)
    trade.track(3, Status.LOST)

    losing(trade)

    assert trade.row("REFUND#01").amount_minor == 6_979 + 800
    assert dict(trade.world.purse.points) == {"available": 500 + 1_007, "locked": 0, "spent": 493}


def test_the_units_that_were_missing_are_written_off_the_shards_that_held_them():
    trade = a_hot_order(lies=[("W1", 2, 1), ("W1", 3, 2)])
    trade.split()
    trade.ship(1, 1)
    trade.count(1, {1: {"good": 3}}, caller=trade.merchant(1))

    change = losing(trade, 1).change

    assert [(m.kind, m.shard, m.quantity) for m in change.stock] == [("scrap", 2, 2)]


def test_one_is_lost_while_the_other_parcel_still_waits():
    trade = a_split_order()
    trade.ship(1, 1)
    trade.track(1, Status.LOST)

    change = losing(trade, 1).change

    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    assert trade.state("SUB#01") == "awaiting_shipment"
    trade.ship(1, 2)
    trade.deliver(2)
    assert trade.state("SUB#01") == "delivered"


def test_a_tracker_that_still_tells_of_it_moves_nothing():
    trade = a_returning_parcel()
    losing(trade)
    before = trade.whole

    with pytest.raises(AssertionError, match="there was something to decide"):
        trade.after(60).track(3, Status.DELIVERED)
    assert trade.whole is before


# --- recalled ---


@pytest.mark.parametrize("world", [a_pushed_order, an_order_at_its_warehouses])
def test_what_its_warehouse_does_not_send_its_merchant_sends_or_cancels(world):
    trade = world()
    recalling(trade)

    change = trade.cancel(sub_order=2, caller=POT_MERCHANT)

    assert (moves(change), trade.state("SUB#02")) == ({"release POT W3": 2}, "cancelled")
    assert [r.amount_minor for r in trade.whole.refunds] == [10_800]


def test_a_parcel_that_was_asked_back_is_stopped_by_it():
    trade = an_order_at_its_warehouses()
    trade.cancel()
    shop = MemoryShop(trade.world)

    change = recalling(trade, 2, shop=shop).change

    assert (moves(change), trade.state("SUB#01")) == ({"release TEA W2": 1}, "intercepting")
    assert recalling(trade, 2, shop=shop).is_repeat
    recalling(trade, 1, key="r-2", shop=shop)
    recalling(trade, 3, key="r-3", shop=shop)
    assert [s.state for s in trade.whole.sub_orders] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("world", [a_split_order, a_shipped_order])
def test_what_is_at_no_warehouse_is_not_taken_from_one(world):
    refused(world(), TransitionRefused, recalling)


def test_what_a_warehouse_says_of_a_parcel_that_was_taken_from_it_changes_nothing():
    trade = a_pushed_order()
    recalling(trade)

    with pytest.raises(AssertionError, match="there was something to decide"):
        trade.progress(3)
    with pytest.raises(AssertionError, match="there was something to decide"):
        trade.refuse_push(3)
    assert trade.state("PARCEL#03") == "awaiting_shipment"
