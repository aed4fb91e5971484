"""Effects towards warehouses' systems: no answer is never an answer, and every effect may run again."""

import pytest

from shared.errors import Unavailable
from shared.fulfilment.pushing import ask_warehouse, expect_return, intercept_parcel, push_parcel
from shared.store.writing import actions_of
from tests.builders import (
    ORDER_ID,
    POT_MERCHANT,
    SETTINGS,
    a_line,
    a_pushed_order,
    a_shipped_order,
    an_order_at_its_warehouses,
    an_order_of,
)
from tests.hands import pushed_to
from tests.memory import MemoryShop
from tests.partners import ScriptedWms
from tests.storybook import entries, moves, rows


def a_shop(trade, *answers):
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = ScriptedWms(*answers)
    return shop, shop.systems["W3"]


def asked_back(trade):
    trade.cancel(sub_order=2, caller=POT_MERCHANT)
    return trade


def pushed(shop, trade):
    push_parcel(shop, ORDER_ID, "PARCEL#03", now=trade.now)


def intercepted(shop, trade):
    intercept_parcel(shop, ORDER_ID, "PARCEL#03", now=trade.now)


# --- push ---


def test_a_system_that_takes_the_parcel_has_it():
    trade = a_pushed_order()
    shop, wms = a_shop(trade, "accepted")

    pushed(shop, trade)
    pushed(shop, trade)  # Again: nobody is asked.

    assert (trade.state("PARCEL#03"), wms.asked) == ("at_warehouse", ["push 02-P03"])


def test_a_system_that_refuses_leaves_it_to_the_merchant():
    trade = a_pushed_order()

    pushed(a_shop(trade, "rejected:out_of_space")[0], trade)

    assert (trade.state("PARCEL#03"), trade.row("PARCEL#03").progress) == (
        "awaiting_shipment",
        "refused:out_of_space",
    )


def test_a_system_that_is_silent_may_have_it_or_not():
    trade = a_pushed_order()
    before = trade.whole

    with pytest.raises(Unavailable):
        pushed(a_shop(trade)[0], trade)

    assert trade.whole is before


def test_keys_that_are_missing_are_no_answer_either():
    trade = a_pushed_order()
    before = trade.whole

    with pytest.raises(Unavailable, match="keys of this warehouse's system are missing"):
        pushed(MemoryShop(trade.world), trade)

    assert trade.whole is before


def test_what_is_no_parcel_is_not_pushed():
    trade = a_pushed_order()
    shop, wms = a_shop(trade)

    push_parcel(shop, ORDER_ID, "PARCEL#09", now=trade.now)
    push_parcel(shop, ORDER_ID, "SUB#01", now=trade.now)

    assert wms.asked == []


# --- intercept ---


@pytest.mark.parametrize(
    ("answers", "state", "asked"),
    [
        (["accepted", "accepted"], "cancelled", ["query 02-P03", "intercept 02-P03"]),
        (["accepted", "rejected:already_packed"], "at_warehouse", ["query 02-P03", "intercept 02-P03"]),
        (["accepted", "pending"], "intercepting", ["query 02-P03", "intercept 02-P03"]),
        (["cancelled"], "cancelled", ["query 02-P03"]),  # It decided since it was asked last.
        (["shipped"], "at_warehouse", ["query 02-P03"]),
        (["closed"], "at_warehouse", ["query 02-P03"]),
        (["cancellation_rejected"], "at_warehouse", ["query 02-P03"]),
    ],
)
def test_what_a_warehouse_says_when_it_is_asked_to_stop(answers, state, asked):
    trade = asked_back(an_order_at_its_warehouses())
    shop, wms = a_shop(trade, *answers)

    intercepted(shop, trade)

    assert (trade.state("PARCEL#03"), wms.asked) == (state, asked)
    refunds = [r.amount_minor for r in trade.whole.refunds]
    assert refunds == ([10_800] if state == "cancelled" else [])


@pytest.mark.parametrize("answers", [[], ["accepted"]])
def test_a_warehouse_that_is_silent_is_not_assumed_to_have_stopped(answers):
    trade = asked_back(an_order_at_its_warehouses())
    before = trade.whole

    with pytest.raises(Unavailable):
        intercepted(a_shop(trade, *answers)[0], trade)

    assert trade.whole is before


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, "intercepting"), (119, "intercepting"), (120, "cancelled")]
)
def test_a_warehouse_that_never_heard_of_it_may_hear_of_it_yet(seconds, state):
    trade = asked_back(a_pushed_order()).after(seconds)

    intercepted(a_shop(trade, "unknown", "unknown")[0], trade)

    assert trade.state("PARCEL#03") == state


def test_a_parcel_that_stopped_is_released_and_refunded_once():
    trade = asked_back(an_order_at_its_warehouses())
    shop, _ = a_shop(trade, "accepted", "accepted")

    intercepted(shop, trade)
    intercepted(shop, trade)

    change = trade.world.last
    assert moves(change) == {"release POT W3": 2}
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert rows(change)[0] == "PARCEL#03 parcel.intercepting.intercept_accepted"


# --- what comes back ---


def test_the_warehouse_is_told_what_comes_back():
    trade = an_order_at_its_warehouses()
    trade.confirm(3)
    trade.refuse(3)
    shop, wms = a_shop(trade, "accepted")

    expect_return(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert wms.asked == ["expect 02-P03-R"]


def test_nobody_is_told_of_what_does_not_come_back():
    trade = an_order_at_its_warehouses()
    trade.confirm(3)
    shop, wms = a_shop(trade)

    expect_return(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert wms.asked == []


def test_a_warehouse_that_never_had_it_is_not_told_that_it_comes_back():
    by_its_merchant, refused = a_shipped_order(), a_pushed_order()
    refused.refuse_push(3)
    refused.ship(2, 3)
    for trade in (by_its_merchant, refused):
        trade.refuse(3)
        shop, wms = a_shop(trade)
        expect_return(shop, ORDER_ID, "PARCEL#03", now=trade.now)
        assert wms.asked == []


def test_where_there_is_no_system_the_merchant_sees_it_in_its_own_list():
    trade = an_order_at_its_warehouses()
    trade.confirm(3)
    trade.refuse(3)

    expect_return(MemoryShop(trade.world), ORDER_ID, "PARCEL#03", now=trade.now)

    assert trade.state("PARCEL#03") == "returning"


# --- how it stands ---


def asked(shop, trade):
    return ask_warehouse(shop, ORDER_ID, "PARCEL#03", now=trade.now)


def books(*packages):
    """(waybill, units of line 3) of each."""
    return [
        {"carrier": "sf", "waybill": waybill, "lines": [{"line": 3, "quantity": units}]}
        for waybill, units in packages
    ]


@pytest.mark.parametrize(
    ("status", "sent", "parcels", "refunds"),
    [
        ("packed", [], [("at_warehouse", None, 2)], []),
        ("unknown", [], [("at_warehouse", None, 2)], []),  # It had it: people find out.
        ("cancelled", [], [("at_warehouse", None, 2)], []),  # Nobody asked it to.
        ("shipped", [("WB-1", 2)], [("in_transit", "WB-1", 2)], []),
        ("shipped", [("WB-1", 1), ("WB-2", 1)], [("in_transit", "WB-2", 1), ("in_transit", "WB-1", 1)], []),
        ("shipped", [("WB-1", 1)], [("in_transit", "WB-1", 1)], [5_000]),  # The other one was not found.
        ("packed", [("WB-1", 1)], [("at_warehouse", None, 1), ("in_transit", "WB-1", 1)], []),
        ("closed", [], [("cancelled", None, 2)], [10_800]),
    ],
)
def test_what_its_books_say_is_booked_as_if_it_had_told_us(status, sent, parcels, refunds):
    trade = an_order_at_its_warehouses()
    shop, wms = a_shop(trade, status, status)
    wms.sent = books(*sent)

    assert asked(shop, trade)
    once = trade.whole
    assert asked(shop, trade)  # Again: it says nothing new.

    found = [(p.state, p.waybill, p.contents["3"]) for p in trade.whole.parcels_of(trade.row("SUB#02"))]
    assert (found, [r.amount_minor for r in trade.whole.refunds]) == (parcels, refunds)
    assert trade.whole is once
    assert trade.row("PARCEL#03").progress == ("packed" if status == "packed" else "accepted")


def test_so_many_packages_that_they_fit_no_transaction_are_booked_one_lot_after_another():
    trade = an_order_of([a_line(3, 90, 9_003)], [799])
    trade.split(pushed_to("W1"))
    trade.progress(1)
    shop = MemoryShop(trade.world)
    shop.systems["W1"] = wms = ScriptedWms("shipped")
    wms.sent = books(*((f"WB-{n:03}", 1) for n in range(88)))

    assert ask_warehouse(shop, ORDER_ID, "PARCEL#01", now=trade.now)

    assert [p.state for p in trade.whole.parcels] == ["in_transit"] * 88
    assert [r.amount_minor for r in trade.whole.refunds] == [200]
    booked = [change for change in trade.world.changes if change.event == "parcels_shipped"]
    assert max(len(tuple(actions_of(SETTINGS, change))) for change in booked) <= 50


@pytest.mark.parametrize("sent", [[("WB-1", 3)], [("WB-1", 1), ("WB-1", 1)]])
def test_books_that_do_not_fit_are_not_believed_and_said_to(sent):
    trade = an_order_at_its_warehouses()
    shop, wms = a_shop(trade, "shipped")
    wms.sent = books(*sent)
    before = trade.whole

    assert not asked(shop, trade)
    assert trade.whole is before


def test_a_number_that_is_another_orders_parcel_books_nothing():
    trade = an_order_at_its_warehouses()
    trade.world.booked.add("waybill:sf:WB-1")
    shop, wms = a_shop(trade, "shipped")
    wms.sent = books(("WB-1", 2))

    assert not asked(shop, trade)
    assert trade.state("PARCEL#03") == "at_warehouse"


def test_no_answer_to_that_is_no_answer_and_nobody_is_asked_of_what_has_left():
    trade = an_order_at_its_warehouses()
    shop, wms = a_shop(trade)

    with pytest.raises(Unavailable):
        asked(shop, trade)
    trade.confirm(3)
    assert asked(shop, trade)
    assert wms.asked == ["query 02-P03"]


def test_what_came_back_meanwhile_is_known_to_have_left():
    trade = an_order_at_its_warehouses()
    trade.confirm(3, {3: 1}, is_final=False)
    waybill = trade.row("PARCEL#04").waybill
    trade.refuse(4)
    trade.count(4)
    shop, wms = a_shop(trade, "shipped")
    wms.sent = books((waybill, 1), ("WB-2", 1))

    assert asked(shop, trade)

    assert [p.state for p in trade.whole.parcels[2:]] == ["in_transit", "came_back"]
