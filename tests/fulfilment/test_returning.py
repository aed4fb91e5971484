"""What the buyer does not take, and what comes back: counted goods are refunded, and no others."""

import pytest

from shared.errors import Forbidden, Invalid, NotFound, TransitionRefused
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.returning import Counted, Refusal, receive_return, refuse_delivery
from tests.builders import (
    BUYER,
    ORDER_ID,
    POT_MERCHANT,
    SUPPORT,
    TEA_MERCHANT,
    Caller,
    a_delivered_order,
    a_line,
    a_request,
    a_shipped_order,
    a_split_order,
    an_order_of,
)
from tests.memory import MemoryShop
from tests.special_orders import a_hot_order, a_paid_rich_order
from tests.storybook import effects, entries, moves


def refusing(trade, *parcels, reason="changed_mind", caller=BUYER, key="n-1", shop=None):
    shop = shop or MemoryShop(trade.world)
    request, refusal = a_request(key, caller), Refusal(parcels, reason)
    return refuse_delivery(shop, ORDER_ID, refusal, caller=caller, now=trade.now, request=request)


def counting(trade, parcel=3, units=None, *, sub_order=2, caller=POT_MERCHANT, key="c-1", shop=None):
    shop = shop or MemoryShop(trade.world)
    counted = Counted(parcel, units or {3: {"good": 2}})
    request = a_request(key, caller)
    return receive_return(shop, ORDER_ID, sub_order, counted, caller=caller, now=trade.now, request=request)


def unchanged(trade, error, act, *args, **how):
    before, count = trade.whole, len(trade.world.changes)
    with pytest.raises(error) as caught:
        act(trade, *args, **how)
    assert trade.whole is before
    assert len(trade.world.changes) == count
    return caught.value


# --- refused at the door ---


def test_two_parcels_of_two_merchants_are_refused_in_one_event():
    trade = a_shipped_order()

    outcome = refusing(trade, 2, 3, reason="late")

    assert [p.state for p in trade.whole.parcels] == ["in_transit", "returning", "returning"]
    assert [p.refused for p in trade.whole.parcels] == ["", "late", "late"]
    assert effects(outcome.change) == ["PARCEL#02 expect_return", "PARCEL#03 expect_return"]
    assert (moves(outcome.change), entries(outcome.change)) == ({}, {})  # Nothing has come back yet.


@pytest.mark.parametrize(("parcels", "error"), [((9,), NotFound), ((3, 3), Invalid), ((2, 9), NotFound)])
def test_what_is_named_wrongly_is_not_refused(parcels, error):
    unchanged(a_shipped_order(), error, refusing, *parcels)


def test_what_was_delivered_or_has_not_left_is_not_refused_at_the_door():
    unchanged(a_delivered_order(), TransitionRefused, refusing, 3)
    unchanged(a_split_order(), TransitionRefused, refusing, 3)


def test_only_the_buyer_refuses():
    unchanged(a_shipped_order(), Forbidden, refusing, 3, caller=POT_MERCHANT)
    unchanged(a_shipped_order(), NotFound, refusing, 3, caller=Caller(BUYER.actor, "buyer-2"))


def test_a_refusal_under_one_key_happens_once():
    trade = a_shipped_order()
    shop = MemoryShop(trade.world)
    refusing(trade, 3, shop=shop)

    assert refusing(trade, 3, shop=shop).is_repeat
    assert trade.state("PARCEL#03") == "returning"


# --- counted ---


@pytest.mark.parametrize(
    ("reason", "freight", "settled"),
    [
        ("changed_mind", 0, 800),
        ("late", 0, 800),
        ("other", 0, 800),
        ("damaged", 800, None),
        ("wrong_goods", 800, None),
        ("not_as_described", 800, None),
    ],
)
def test_freight_goes_back_unless_the_buyer_just_did_not_want_it(reason, freight, settled):
    trade = a_shipped_order()
    refusing(trade, 3, reason=reason)

    counting(trade)

    refund = trade.row("REFUND#01")
    assert (refund.amount_minor, refund.reason) == (10_000 + freight, reason)
    assert refund.parts == ((2, 10_000, freight, 0),)
    assert trade.state("SUB#02") == "closed"
    assert [s.amount_minor for s in trade.whole.settlements] == ([] if settled is None else [settled])


def test_what_its_carrier_sent_back_is_refunded_with_its_freight():
    trade = a_shipped_order()
    trade.track(3, Status.RETURNED)

    counting(trade)

    assert (trade.row("REFUND#01").amount_minor, trade.row("REFUND#01").reason) == (10_800, "came_back")


def test_every_unit_goes_to_the_counter_of_its_condition():
    trade = an_order_of([a_line(1, 4, 8_000)], [0], stock={("SKU-1", "W1"): 9})
    trade.split()
    trade.ship(1, 1)
    merchant = trade.merchant(1)

    change = counting(
        trade, 1, {1: {"good": 1, "defect": 2, "scrap": 1}}, sub_order=1, caller=merchant
    ).change

    assert moves(change) == {"restock SKU-1 W1": 1, "restock_defect SKU-1 W1": 2, "scrap SKU-1 W1": 1}
    assert dict(trade.world.stock["SKU-1", "W1", 0]) == {
        "available": 6,
        "reserved": 0,
        "sold": 0,
        "defect": 2,
        "scrapped": 1,
    }
    assert entries(change) == {"escrow 01": 8_000, "refund R01": -8_000}  # In whatever condition.


def test_what_is_missing_is_not_refunded_and_stays_sold_and_paid_for():
    trade = a_shipped_order()
    refusing(trade, 1)

    change = counting(trade, 1, {1: {"good": 1}}, sub_order=1, caller=TEA_MERCHANT).change

    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    assert change.note == {"counted": 1, "missing": 2}
    assert [(p.state, dict(p.contents), p.goods_minor) for p in trade.whole.parcels[:2]] == [
        ("incomplete", {"1": 1, "2": 1}, 3_500),
        ("in_transit", {"1": 1}, 1_000),
    ]
    trade.deliver(2)
    assert (trade.state("SUB#01"), trade.row("SUB#01").due_at) == ("awaiting_receipt", None)
    trade.receive(1)  # The buyer says so, and nobody else.
    assert trade.row("SETTLE#01").amount_minor == 6_300 - 1_000


def test_an_empty_box_came_back_and_nobody_is_refunded():
    trade = a_shipped_order()
    refusing(trade, 3)

    change = counting(trade, 3, {3: {"good": 0}}).change

    assert (moves(change), entries(change), trade.whole.refunds) == ({}, {}, ())
    assert (trade.state("SUB#02"), change.note) == ("awaiting_receipt", {"counted": 0, "missing": 2})
    assert trade.row("SUB#02").due_at is None  # No clock pays the merchant for what nobody has.


@pytest.mark.parametrize(
    ("units", "error"),
    [
        ({3: {"good": 3}}, Invalid),
        ({3: {"good": 1, "scrap": 2}}, Invalid),
        ({3: {"good": 3, "defect": -1}}, Invalid),
        ({1: {"good": 1}}, NotFound),
        ({9: {"good": 1}}, NotFound),
    ],
)
def test_never_more_than_was_sent(units, error):
    trade = a_shipped_order()
    refusing(trade, 3)

    unchanged(trade, error, counting, 3, units)


def test_what_has_not_left_or_was_delivered_cannot_have_come_back():
    unchanged(a_split_order(), TransitionRefused, counting)
    unchanged(a_delivered_order(), TransitionRefused, counting)


def test_a_parcel_is_counted_once():
    trade = a_shipped_order()
    shop = MemoryShop(trade.world)
    counting(trade, shop=shop)

    assert counting(trade, shop=shop).is_repeat
    unchanged(trade, (TransitionRefused, NotFound, Invalid), counting, key="c-2")


def test_a_merchant_counts_its_own_parcels_and_nobody_elses():
    unchanged(a_shipped_order(), NotFound, counting, caller=TEA_MERCHANT)
    unchanged(a_shipped_order(), NotFound, counting, 1, {1: {"good": 1}})
    unchanged(a_shipped_order(), Forbidden, counting, caller=BUYER)
    unchanged(a_shipped_order(), Forbidden, counting, caller=SUPPORT)


def test_a_return_while_another_parcel_waits_leaves_the_part_where_it_is():
    trade = a_split_order()
    trade.ship(1, 1)
    refusing(trade, 1)

    change = counting(trade, 1, {1: {"good": 2}, 2: {"good": 1}}, sub_order=1, caller=TEA_MERCHANT).change

    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    tea = trade.row("SUB#01")
    assert (tea.state, tea.queue) == ("awaiting_shipment", "merchant:m-tea:awaiting_shipment")
    trade.cancel({1: 1})  # And the rest of it is cancelled: then the freight goes back, for nothing was kept.
    assert (trade.state("SUB#01"), trade.row("SUB#01").refunded_freight_minor) == ("cancelled", 800)


def test_points_and_coupons_come_back_with_the_goods():
    trade = a_paid_rich_order()
    trade.split()
    trade.ship(2, 3)
    refusing(trade, 3, reason="damaged")

    counting(trade)

    assert trade.row("REFUND#01").amount_minor == 6_979 + 800
    assert dict(trade.world.purse.points) == {"available": 500 + 1_007, "locked": 0, "spent": 493}


def test_units_of_a_hot_sku_go_back_to_the_shards_that_held_them():
    trade = a_hot_order(lies=[("W1", 2, 1), ("W1", 3, 2)])
    trade.split()
    trade.ship(1, 1)

    change = counting(trade, 1, {1: {"good": 4, "scrap": 1}}, sub_order=1, caller=trade.merchant(1)).change

    assert sorted((m.kind, m.shard, m.quantity) for m in change.stock) == [
        ("restock", 1, 2),
        ("restock", 2, 2),
        ("scrap", 2, 1),
    ]
