import pytest

from shared.errors import Forbidden, Invalid, KeyReused, NotFound, TransitionRefused
from shared.fulfilment.shipping import Shipment, Waybill, ship
from tests.builders import (
    BUYER,
    ORDER_ID,
    POT_MERCHANT,
    TEA_MERCHANT,
    a_paid_order,
    a_request,
    a_shipped_order,
    a_shop_order,
    a_split_order,
)
from tests.memory import MemoryShop

BOTH = (Waybill(1, "sf", "SF1"), Waybill(2, "sf", "SF2"))


def shipped(trade, *waybills, sub_order=1, caller=TEA_MERCHANT, key="s-1", fingerprint="f", shop=None):
    request = a_request(key, caller, fingerprint)
    shipment = Shipment(sub_order, waybills)
    return ship(
        shop or MemoryShop(trade.world), ORDER_ID, shipment, caller=caller, now=trade.now, request=request
    )


def refused(trade, error, *waybills, **how):
    before, stock = trade.whole, dict(trade.world.stock)
    with pytest.raises(error) as caught:
        shipped(trade, *waybills, **how)
    assert trade.whole is before
    assert trade.world.stock == stock
    return caught.value


def test_both_parcels_leave_at_once_under_numbers_of_their_own():
    trade = a_split_order()

    outcome = shipped(trade, *BOTH)

    assert [(p.state, p.waybill) for p in outcome.whole.parcels[:2]] == [
        ("in_transit", "SF1"),
        ("in_transit", "SF2"),
    ]
    assert trade.state("SUB#01") == "awaiting_receipt"
    assert outcome.change.note == {"parcels": 2}


def test_the_same_key_ships_once():
    trade = a_split_order()
    shop = MemoryShop(trade.world)
    first, again = shipped(trade, BOTH[0], shop=shop), shipped(trade, BOTH[0], shop=shop)

    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert trade.world.units("TEA", "W1") == (3, 0, 2)


def test_a_key_stands_for_one_shipment_only():
    trade = a_split_order()
    shop = MemoryShop(trade.world)
    shipped(trade, BOTH[0], shop=shop)

    with pytest.raises(KeyReused):
        shipped(trade, BOTH[1], fingerprint="g", shop=shop)

    assert trade.state("PARCEL#02") == "awaiting_shipment"


def test_a_parcel_leaves_once():
    trade = a_split_order()
    shipped(trade, BOTH[0])

    refused(trade, TransitionRefused, BOTH[0], key="s-2")


def test_a_cancelled_parcel_does_not_leave():
    trade = a_split_order()
    trade.cancel({1: 1})

    refused(trade, TransitionRefused, BOTH[1])


@pytest.mark.parametrize(
    "waybills",
    [
        (Waybill(1, "sf", "SF1"), Waybill(1, "sf", "SF2")),
        (Waybill(1, "sf", "SF1"), Waybill(2, "sf", "SF1")),
    ],
)
def test_every_parcel_is_named_once_and_has_a_number_of_its_own(waybills):
    refused(a_split_order(), Invalid, *waybills)


def test_a_number_that_another_parcel_has_is_not_used_again():
    trade = a_split_order()
    shipped(trade, Waybill(1, "sf", "SF1"))

    refused(trade, Invalid, Waybill(2, "sf", "SF1"), key="s-2")


def test_two_carriers_may_use_the_same_number():
    trade = a_split_order()

    shipped(trade, Waybill(1, "sf", "1"), Waybill(2, "ems", "1"))

    assert [p.carrier for p in trade.whole.parcels] == ["sf", "ems", None]


def test_a_parcel_of_another_part_is_not_in_this_one():
    error = refused(a_split_order(), NotFound, Waybill(3, "sf", "SF3"))

    assert error.details["parcels"] == [3]


@pytest.mark.parametrize(("sub_order", "caller"), [(2, TEA_MERCHANT), (1, POT_MERCHANT), (3, TEA_MERCHANT)])
def test_another_merchants_part_does_not_exist(sub_order, caller):
    refused(a_split_order(), NotFound, BOTH[0], sub_order=sub_order, caller=caller)


def test_buyers_do_not_ship():
    refused(a_split_order(), Forbidden, BOTH[0], caller=BUYER)


def test_nothing_leaves_before_it_is_paid_and_cut():
    refused(a_shop_order(), NotFound, BOTH[0])  # There are no parcels yet.
    refused(a_paid_order(), NotFound, BOTH[0])
    refused(a_shop_order(), TransitionRefused)
    refused(a_shipped_order(), TransitionRefused)
