"""A waybill number that was entered for a parcel that it is not of: whoever is first has it, until support says so."""

import pytest

from shared.errors import Invalid, TransitionRefused
from shared.fulfilment.carriers.port import Checkpoint, Status, Told, Tracking
from shared.fulfilment.following import ask_carrier
from shared.fulfilment.inbox import receive as hear_warehouse
from shared.fulfilment.messages import Message
from shared.fulfilment.pushing import ask_warehouse
from shared.fulfilment.reports import Confirmation, Package
from shared.fulfilment.shipping import Shipment, Waybill, ship
from shared.fulfilment.tracking import receive
from shared.fulfilment.warehouse import Place
from tests.builders import ORDER_ID, POT_MERCHANT, TEA_MERCHANT, a_pushed_order, a_request, a_split_order
from tests.memory import MemoryShop
from tests.partners import ScriptedTracker, ScriptedWms

NUMBER = "SF000000009"
DAY = 86_400


def shipping(trade, shop, sub_order, parcel, caller, key):
    shipment = Shipment(sub_order, (Waybill(parcel, "sf", NUMBER),))
    request = a_request(key, caller)
    return ship(shop, ORDER_ID, shipment, caller=caller, now=trade.now, request=request)


def a_number_taken_by_another():
    """The merchant of the tea entered, as its own, the number that the pots' merchant's parcel bears."""
    trade = a_split_order()
    shop = MemoryShop(trade.world)
    shipping(trade, shop, 1, 1, TEA_MERCHANT, "s-1")
    return trade.after(DAY), shop


def told(trade, shop):
    seen = (Checkpoint(trade.now, Status.DELIVERED, "signed", ""),)
    return receive(shop, [Tracking("sf", NUMBER, seen, "kuaidi100", True)], now=trade.now)


def test_who_comes_second_is_refused_and_told_where_to_turn():
    trade, shop = a_number_taken_by_another()
    before = trade.whole

    with pytest.raises(Invalid):
        shipping(trade, shop, 2, 3, POT_MERCHANT, "s-2")
    assert trade.whole is before


def test_with_supports_word_the_number_is_the_others_and_so_is_what_is_told_of_it():
    trade, shop = a_number_taken_by_another()
    trade.report(1, "wrong_waybill", reason="buyer_complained")

    shipping(trade, shop, 2, 3, POT_MERCHANT, "s-2")
    assert told(trade, shop) is Told.APPLIED

    assert [p.state for p in trade.whole.parcels] == ["troubled", "awaiting_shipment", "delivered"]
    assert (trade.row("PARCEL#01").trouble, trade.state("SUB#02")) == ("wrong_waybill", "delivered")
    assert trade.world.last.about == "PARCEL#03"


def test_nothing_is_believed_of_a_number_that_nobody_bears():
    trade, shop = a_number_taken_by_another()
    trade.report(1, "wrong_waybill")
    before = trade.whole

    assert told(trade, shop) is Told.UNKNOWN_WAYBILL
    assert trade.whole is before


def test_nor_what_we_are_answered_about_the_parcel_that_does_not_bear_it():
    trade, shop = a_number_taken_by_another()
    trade.report(1, "wrong_waybill")
    seen = (Checkpoint(trade.now, Status.DELIVERED, "signed", ""),)
    shop.followers["kuaidi100"] = ScriptedTracker(Tracking("sf", NUMBER, seen, "kuaidi100", True))
    before = trade.whole

    assert ask_carrier(shop, ORDER_ID, "PARCEL#01", now=trade.now) is Told.NO_EFFECT
    assert trade.whole is before


def test_it_was_right_after_all_and_the_other_one_is_wrong():
    trade, shop = a_number_taken_by_another()
    trade.report(1, "wrong_waybill")
    shipping(trade, shop, 2, 3, POT_MERCHANT, "s-2")
    trade.after(60).report(3, "wrong_waybill")
    trade.after(60).report(1, "in_transit")

    trade.after(60)
    assert told(trade, shop) is Told.APPLIED
    assert [p.state for p in trade.whole.parcels] == ["delivered", "awaiting_shipment", "troubled"]


def test_a_number_is_not_taken_from_what_has_no_number_or_came_back():
    trade = a_split_order()
    with pytest.raises(Invalid):
        trade.report(1, "wrong_waybill")
    trade.ship(2, 3)
    trade.count(3)
    with pytest.raises(TransitionRefused):
        trade.report(3, "wrong_waybill")


def test_a_warehouse_sends_what_a_merchant_had_misnumbered():
    trade = a_pushed_order("W3")
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = wms = ScriptedWms("shipped", "shipped")
    wms.sent = [{"carrier": "sf", "waybill": NUMBER, "lines": [{"line": 3, "quantity": 2}]}]
    trade.progress(3)
    shipping(trade, shop, 1, 1, TEA_MERCHANT, "s-1")

    assert not ask_warehouse(shop, ORDER_ID, "PARCEL#03", now=trade.now)
    trade.report(1, "wrong_waybill")
    assert ask_warehouse(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert (trade.state("PARCEL#03"), trade.row("PARCEL#03").waybill) == ("in_transit", NUMBER)
    assert f"waybill:sf:{NUMBER}#2" in trade.world.booked


def test_a_warehouses_message_is_booked_once_the_number_is_free():
    trade = a_pushed_order("W3")
    shop = MemoryShop(trade.world)
    trade.progress(3)
    shipping(trade, shop, 1, 1, TEA_MERCHANT, "s-1")
    said = Confirmation(3, (Package("sf", NUMBER, {"3": 2}),), is_final=True)
    message = Message("e-1", Place(ORDER_ID, 2, 3), said)

    with pytest.raises(Invalid):
        hear_warehouse(shop, "W3", message, now=trade.now)
    trade.report(1, "wrong_waybill")

    assert hear_warehouse(shop, "W3", message, now=trade.now) == "applied"
    assert trade.row("PARCEL#03").waybill == NUMBER
    assert hear_warehouse(shop, "W3", message, now=trade.now) == "duplicate"
