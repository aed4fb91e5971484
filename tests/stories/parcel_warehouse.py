"""Parcels at warehouses' systems: pushed, packed, sent in packages, not found, or asked back."""

from shared.changes import Change
from tests.builders import (
    POT_MERCHANT,
    T0,
    a_paid_order,
    a_pushed_order,
    an_order_at_its_warehouses,
)
from tests.hands import pushed_to
from tests.storybook import effects, entries, moves, rows, story


@story("parcel.start.parcel_planned.at_wms", to="pushing", only="system", then="push_parcel", clock=300)
def a_warehouse_with_a_system_is_told_of_its_parcel_and_another_is_not() -> Change:
    trade = a_paid_order()

    change = trade.split(pushed_to("W3"))

    assert [(p.warehouse, p.state, p.asked_since) for p in trade.whole.parcels] == [
        ("W1", "awaiting_shipment", None),
        ("W2", "awaiting_shipment", None),
        ("W3", "pushing", T0 + 100),
    ]
    assert effects(change) == ["PARCEL#03 push_parcel"]
    return change


@story("parcel.pushing.parcel_progressed", to="at_warehouse", only="warehouse", clock=21_600)
def the_warehouse_has_it() -> Change:
    trade = a_pushed_order()

    change = trade.progress(3)

    assert (trade.row("PARCEL#03").progress, trade.row("PARCEL#03").due_at) == ("accepted", T0 + 100 + 21_600)
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    return change


@story("parcel.pushing.push_refused", to="awaiting_shipment", only="warehouse")
def a_warehouse_will_not_have_it_so_it_stands_in_its_merchants_list_with_the_reason() -> Change:
    trade = a_pushed_order()

    change = trade.refuse_push(3, "out_of_space")

    assert trade.row("PARCEL#03").progress == "refused:out_of_space"
    assert (change.note, trade.row("PARCEL#03").due_at) == ({"reason": "out_of_space"}, None)
    trade.ship(2, 3)
    assert trade.state("PARCEL#03") == "in_transit"
    return change


@story("parcel.pushing.push_overdue", to="pushing", only="clock", then="push_parcel", clock=300)
def a_warehouse_that_does_not_answer_is_told_again() -> Change:
    trade = a_pushed_order()

    trade.ring("PARCEL#03")
    change = trade.ring("PARCEL#03")

    assert rows(change) == ["PARCEL#03 parcel.pushing.push_overdue"]
    assert trade.row("PARCEL#03").due_at == T0 + 100 + 3 * 300
    assert trade.row("PARCEL#03").asked_since == T0 + 100  # So each wait may be longer than the last.
    return change


@story("parcel.at_warehouse.parcel_progressed", to="at_warehouse", only="warehouse")
def it_is_being_picked_and_packed() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.progress(3, "packed")

    assert (trade.row("PARCEL#03").progress, change.note) == ("packed", {"progress": "packed"})
    return change


@story("parcel.start.parcels_shipped", to="in_transit", only="warehouse", then="follow_parcel", clock=172_800)
def a_package_that_is_only_part_of_a_parcel_becomes_a_parcel_of_its_own() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.confirm(1, {1: 1}, is_final=False)

    made = trade.row("PARCEL#04")
    assert (made.sub_order, made.warehouse, dict(made.contents), made.carrier) == (1, "W1", {"1": 1}, "sf")
    assert (made.waybill, made.shipped_at, made.cost_minor) == ("WB-1-3-1", T0 + 200, 0)
    assert made.cuts == ("merchant:m-tea", "warehouse:W1", "warehouse:partial")
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels] == [
        (3_500, 509),  # One tea and the cup are still there,
        (1_000, 145),
        (10_000, 800),
        (1_000, 146),  # and one tea has left: the two share what the parcel had.
    ]
    assert (change.once, moves(change)) == (("waybill:sf:WB-1-3-1",), {"ship TEA W1": 1})
    return change


@story("parcel.pushing.parcels_shipped.more_to_come", to="at_warehouse", only="warehouse", clock=21_600)
def a_warehouse_that_never_said_that_it_has_it_sends_some_of_it() -> Change:
    trade = a_pushed_order()

    change = trade.confirm(3, {3: 1}, is_final=False)

    assert dict(trade.row("PARCEL#03").contents) == {"3": 1}
    assert effects(change) == ["PARCEL#04 follow_parcel"]
    return change


@story(
    "parcel.pushing.parcels_shipped", to="in_transit", only="warehouse", then="follow_parcel", clock=172_800
)
def a_warehouse_that_never_said_that_it_has_it_sends_all_of_it() -> Change:
    trade = a_pushed_order()

    change = trade.confirm(3)

    assert moves(change) == {"ship POT W3": 2}
    assert (trade.row("PARCEL#03").waybill, trade.state("SUB#02")) == ("WB-3-3-1", "awaiting_receipt")
    return change


@story("parcel.at_warehouse.parcels_shipped.more_to_come", to="at_warehouse", only="warehouse")
def part_of_it_left_and_the_rest_is_still_packed() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.confirm(3, {3: 1}, is_final=False)

    assert rows(change) == [
        "PARCEL#04 parcel.start.parcels_shipped",
        "PARCEL#03 parcel.at_warehouse.parcels_shipped.more_to_come",
        "SUB#02 sub_order.awaiting_shipment.parcels_shipped",
    ]
    assert dict(trade.row("PARCEL#03").contents) == {"3": 1}
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels[2:]] == [(5_000, 400), (5_000, 400)]
    return change


@story(
    "parcel.at_warehouse.parcels_shipped",
    to="in_transit",
    only="warehouse",
    then="follow_parcel",
    clock=172_800,
)
def the_last_of_several_packages_is_the_parcel_itself() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.confirm(1, {1: 1}, {1: 1, 2: 1})

    assert moves(change) == {"ship CUP W1": 1, "ship TEA W1": 2}
    assert [(p.number, dict(p.contents), p.waybill) for p in trade.whole.parcels if p.waybill] == [
        (1, {"1": 1, "2": 1}, "WB-1-3-2"),
        (4, {"1": 1}, "WB-1-3-1"),
    ]
    assert effects(change) == ["PARCEL#04 follow_parcel", "PARCEL#01 follow_parcel"]
    assert change.note == {"packages": 2}
    return change


@story("parcel.intercepting.parcels_shipped.more_to_come", to="intercepting", only="warehouse")
def part_of_it_left_although_all_of_it_was_to_stop() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.confirm(3, {3: 1}, is_final=False)

    assert trade.row("PARCEL#03").due_at == T0 + 200 + 60
    assert dict(trade.row("PARCEL#03").contents) == {"3": 1}
    trade.answer_intercept(3, is_stopped=True)
    assert entries(trade.world.last) == {"escrow 02": 5_000, "refund R01": -5_000}
    return change


@story(
    "parcel.intercepting.parcels_shipped",
    to="in_transit",
    only="warehouse",
    then="follow_parcel",
    clock=172_800,
)
def a_parcel_that_ships_while_it_is_asked_back_was_not_stopped() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.confirm(3)

    assert (moves(change), entries(change)) == ({"ship POT W3": 2}, {})
    return change


@story("parcel.pushing.goods_missing", to="cancelled", only="warehouse")
def a_warehouse_that_never_said_that_it_has_it_finds_nothing_of_it() -> Change:
    trade = a_pushed_order()

    change = trade.find_nothing_more(3)

    assert moves(change) == {"miss POT W3": 2}
    return change


@story("parcel.at_warehouse.goods_missing", to="cancelled", only="warehouse")
def a_parcel_of_which_nothing_was_found_is_no_parcel() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.find_nothing_more(2)

    assert (moves(change), trade.state("SUB#01")) == ({"miss TEA W2": 1}, "awaiting_shipment")
    assert (trade.row("PARCEL#02").goods_minor, trade.row("PARCEL#01").freight_minor) == (0, 800)
    return change


@story("parcel.intercepting.goods_missing", to="cancelled", only="warehouse")
def what_was_asked_back_was_not_there() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.find_nothing_more(3)

    assert (moves(change), trade.row("REFUND#01").reason) == ({"miss POT W3": 2}, "goods_missing")
    return change


@story(
    "parcel.pushing.intercept_requested",
    to="intercepting",
    only="buyer merchant",
    then="intercept_parcel",
    clock=60,
)
def what_may_be_on_its_way_to_the_warehouse_is_asked_back_too() -> Change:
    trade = a_pushed_order()

    change = trade.cancel(sub_order=2, caller=POT_MERCHANT)

    parcel = trade.row("PARCEL#03")
    assert (parcel.asked_since, parcel.reason) == (T0 + 100, "changed_mind")
    assert (moves(change), entries(change)) == ({}, {})
    return change


@story(
    "parcel.at_warehouse.intercept_requested",
    to="intercepting",
    only="buyer merchant",
    then="intercept_parcel",
    clock=60,
)
def what_a_warehouse_packs_is_asked_back_whole() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.cancel({3: 2})

    assert rows(change)[0] == "PARCEL#03 parcel.at_warehouse.intercept_requested"
    assert (trade.row("PARCEL#03").asked_since, trade.state("PARCEL#01")) == (T0 + 200, "at_warehouse")
    return change


@story("parcel.intercepting.intercept_accepted", to="cancelled", only="warehouse support operator")
def a_parcel_that_was_stopped_has_no_share_of_the_money() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel({1: 2, 2: 1})

    change = trade.answer_intercept(1, is_stopped=True)

    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels[:2]] == [(0, 0), (1_000, 800)]
    assert trade.row("PARCEL#01").due_at is None
    return change


@story("parcel.intercepting.intercept_rejected", to="at_warehouse", only="warehouse", clock=21_600)
def a_parcel_that_could_not_be_stopped_goes_on() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.answer_intercept(3, is_stopped=False, reason="already_shipped")

    assert trade.row("PARCEL#03").asked_since == T0 + 200
    trade.confirm(3)
    assert trade.state("PARCEL#03") == "in_transit"
    return change


@story(
    "parcel.intercepting.intercept_overdue",
    to="intercepting",
    only="clock",
    then="intercept_parcel",
    clock=60,
)
def no_answer_is_not_an_answer_so_the_warehouse_is_asked_again() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    trade.ring("PARCEL#03")
    change = trade.ring("PARCEL#03")

    assert rows(change) == ["PARCEL#03 parcel.intercepting.intercept_overdue"]
    assert (moves(change), entries(change)) == ({}, {})
    assert trade.row("PARCEL#03").due_at == T0 + 200 + 3 * 60
    return change
