"""One merchant's part while warehouses have its parcels: what cannot be sent, is not found, or shall stop."""

from shared.changes import Change
from shared.engine import decide
from shared.lifecycle import Actor, Event, Fact
from tests.builders import (
    POT_MERCHANT,
    T0,
    TEA_MERCHANT,
    Trade,
    a_line,
    a_split_order,
    an_order_at_its_warehouses,
    an_order_of,
)
from tests.storybook import effects, entries, moves, rows, story
from tests.tariffs import a_service, sending

IN_LIST = "merchant:m-tea:awaiting_shipment"


def of_both(event: Event, *facts: Fact) -> str:
    """Where *event* leads while a part is intercepted, if all of *facts* are true at once."""
    return str(decide("sub_order", "intercepting", event, Actor.WAREHOUSE, set(facts)).target)


def two_asked_back() -> Trade:
    """Both parcels of sub-order 1, and the one of sub-order 2, are asked back."""
    trade = an_order_at_its_warehouses()
    trade.cancel()
    return trade


def one_of_two_asked_back() -> Trade:
    """Parcel 1 is asked back; parcel 2 stays at its warehouse."""
    trade = an_order_at_its_warehouses()
    trade.cancel({1: 2, 2: 1})
    return trade


def the_other_has_left(*, arrived: bool = False) -> Trade:
    """Parcel 2 was shipped by its merchant, and has arrived or not; parcel 1 is at its warehouse's system."""
    trade = an_order_at_its_warehouses("W1", "W3")
    trade.ship(1, 2)
    if arrived:
        trade.deliver(2)
    return trade


@story("sub_order.awaiting_shipment.split_refused", to="under_review", only="system", clock=80_000)
def what_cannot_be_sent_as_it_is_goes_to_people_and_the_other_merchants_part_goes_on() -> Change:
    lines = (a_line(1, 2, 5_000, weight_grams=0), a_line(2, 1, 3_000, sub_order=2))
    trade = an_order_of(lines, [800, 500])

    change = trade.split(sending(a_service(warehouses=("W1",))))

    first, second = trade.whole.sub_orders
    assert (first.obstacle, first.queue, first.split_at) == ("no_weight: SKU-1", "review:under_review", None)
    assert (second.obstacle, second.state, second.split_at) == ("", "awaiting_shipment", T0)
    assert [(p.sub_order, p.service) for p in trade.whole.parcels] == [(2, "SF-STD")]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    assert trade.whole.order.stage == "under_review"
    return change


@story(
    "sub_order.awaiting_shipment.goods_cancelled.everything_delivered",
    to="delivered",
    only="buyer merchant",
    clock=863_999,
)
def what_had_not_left_is_cancelled_so_all_of_it_has_arrived() -> Change:
    trade = a_split_order().after(1000)
    trade.ship(1, 1)
    trade.deliver(1)
    assert trade.state("SUB#01") == "awaiting_shipment"  # Parcel 2 waits.

    change = trade.cancel({1: 1})

    assert (moves(change), entries(change)) == (
        {"release TEA W2": 1},
        {"escrow 01": 1_000, "refund R01": -1_000},
    )
    tea = trade.row("SUB#01")
    assert (tea.due_at, tea.queue) == (T0 + 1100 + 864_000, None)  # Ten days from shipment.
    return change


# --- not found (short pick) ---


@story("sub_order.awaiting_shipment.goods_missing.nothing_left", to="cancelled", only="warehouse")
def nothing_of_it_is_found_so_all_of_it_is_refunded_with_its_freight() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.find_nothing_more(3)

    assert rows(change)[:2] == [
        "PARCEL#03 parcel.at_warehouse.goods_missing",
        "SUB#02 sub_order.awaiting_shipment.goods_missing.nothing_left",
    ]
    assert moves(change) == {"miss POT W3": 2}
    assert dict(trade.world.stock["POT", "W3", 0]) == {"available": 4, "reserved": 0, "missing": 2}
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert (trade.row("REFUND#01").reason, change.note) == ("goods_missing", {"missing": 2})
    assert (trade.row("SUB#02").queue, dict(trade.row("SUB#02").cancelled)) == (None, {"3": 2})
    return change


@story(
    "sub_order.awaiting_shipment.goods_missing.everything_delivered",
    to="delivered",
    only="warehouse",
    clock=863_999,
)
def what_was_not_found_was_the_last_of_it_and_the_rest_has_arrived() -> Change:
    trade = the_other_has_left(arrived=True)

    change = trade.find_nothing_more(1)

    assert moves(change) == {"miss CUP W1": 1, "miss TEA W1": 2}
    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    assert trade.row("SUB#01").due_at == T0 + 200 + 864_000
    assert (trade.row("PARCEL#02").goods_minor, trade.row("PARCEL#02").freight_minor) == (1_000, 800)
    return change


@story(
    "sub_order.awaiting_shipment.goods_missing.everything_shipped", to="awaiting_receipt", only="warehouse"
)
def what_was_not_found_was_the_last_of_it_and_the_rest_is_on_its_way() -> Change:
    trade = the_other_has_left()

    change = trade.find_nothing_more(1)

    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    tea = trade.row("SUB#01")
    assert (tea.due_at, tea.queue, tea.shipped_at) == (None, None, T0 + 200)
    return change


@story("sub_order.awaiting_shipment.goods_missing", to="awaiting_shipment", only="warehouse")
def a_cup_is_not_found_and_the_tea_beside_it_is_sent() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.confirm(1, {1: 2})

    assert rows(change)[:3] == [
        "SUB#01 sub_order.awaiting_shipment.goods_missing",
        "REFUND#01 refund.start.refund_requested",
        "PARCEL#01 parcel.at_warehouse.parcels_shipped",
    ]
    assert moves(change) == {"miss CUP W1": 1, "ship TEA W1": 2}
    assert entries(change) == {"escrow 01": 2_500, "refund R01": -2_500}
    assert change.note == {"packages": 1, "missing": 1}
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels[:2]] == [(2_000, 655), (1_000, 145)]
    assert (trade.row("SUB#01").due_at, trade.row("SUB#01").queue) == (T0 + 100 + 172_800, IN_LIST)
    return change


# --- asked back (拦截) ---


@story(
    "sub_order.awaiting_shipment.intercept_requested",
    to="intercepting",
    only="buyer merchant",
    clock=172_800,
)
def nothing_is_released_or_refunded_before_the_warehouse_has_said_that_it_stopped() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.cancel(sub_order=2, caller=POT_MERCHANT)

    assert rows(change) == [
        "PARCEL#03 parcel.at_warehouse.intercept_requested",
        "SUB#02 sub_order.awaiting_shipment.intercept_requested",
    ]
    assert (moves(change), entries(change)) == ({}, {})
    assert effects(change) == ["PARCEL#03 intercept_parcel"]
    assert change.note == {"reason": "changed_mind", "asked_back": 1}
    assert trade.row("SUB#02").queue == "merchant:m-pot:awaiting_shipment"
    assert trade.whole.order.stage == "intercepting"
    return change


@story(
    "sub_order.intercepting.intercept_accepted.nothing_left",
    to="cancelled",
    only="warehouse support operator",
)
def it_stopped_so_it_is_released_refunded_and_cancelled() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.answer_intercept(3, is_stopped=True)

    assert (moves(change), change.about) == ({"release POT W3": 2}, "REFUND#01")
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert trade.row("REFUND#01").reason == "changed_mind"  # As it was asked for.
    assert (trade.row("SUB#02").queue, trade.world.units("POT", "W3")) == (None, (6, 0, 0))
    both = of_both(Event.INTERCEPT_ACCEPTED, Fact.NOTHING_LEFT, Fact.STILL_ASKING)
    assert both == "cancelled"  # Of nothing, nobody is asked to stop anything.
    return change


@story(
    "sub_order.intercepting.intercept_accepted.still_asking",
    to="intercepting",
    only="warehouse support operator",
)
def one_warehouse_stopped_and_the_other_has_not_answered() -> Change:
    trade = two_asked_back()

    change = trade.answer_intercept(1, is_stopped=True)

    assert moves(change) == {"release CUP W1": 1, "release TEA W1": 2}
    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    assert (trade.state("PARCEL#02"), trade.row("SUB#01").queue) == ("intercepting", IN_LIST)
    both = of_both(Event.INTERCEPT_ACCEPTED, Fact.STILL_ASKING, Fact.EVERYTHING_DELIVERED)
    assert both == "intercepting"  # Whoever may still stop decides.
    return change


@story(
    "sub_order.intercepting.intercept_accepted.everything_delivered",
    to="delivered",
    only="warehouse support operator",
    clock=863_999,
)
def the_last_of_it_was_stopped_and_the_rest_has_arrived() -> Change:
    trade = the_other_has_left(arrived=True)
    trade.cancel({1: 2, 2: 1})

    change = trade.answer_intercept(1, is_stopped=True)

    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    assert (trade.row("SUB#01").due_at, trade.row("SUB#01").queue) == (T0 + 200 + 864_000, None)
    return change


@story(
    "sub_order.intercepting.intercept_accepted.everything_shipped",
    to="awaiting_receipt",
    only="warehouse support operator",
)
def the_last_of_it_was_stopped_and_the_rest_is_on_its_way() -> Change:
    trade = the_other_has_left()
    trade.cancel({1: 2, 2: 1})

    change = trade.answer_intercept(1, is_stopped=True)

    assert moves(change) == {"release CUP W1": 1, "release TEA W1": 2}
    assert (trade.row("SUB#01").due_at, trade.row("SUB#01").queue) == (None, None)
    return change


@story(
    "sub_order.intercepting.intercept_accepted",
    to="awaiting_shipment",
    only="warehouse support operator",
    clock=172_800,
)
def one_parcel_was_stopped_and_the_other_is_packed_as_before() -> Change:
    trade = one_of_two_asked_back()

    change = trade.answer_intercept(1, is_stopped=True)

    assert entries(change) == {"escrow 01": 4_500, "refund R01": -4_500}
    assert (trade.state("PARCEL#02"), trade.row("SUB#01").queue) == ("at_warehouse", IN_LIST)
    return change


@story("sub_order.intercepting.intercept_rejected.still_asking", to="intercepting", only="warehouse")
def one_warehouse_could_not_stop_and_the_other_has_not_answered() -> Change:
    trade = two_asked_back()

    change = trade.answer_intercept(1, is_stopped=False, reason="already_packed")

    assert (moves(change), entries(change), change.note) == ({}, {}, {"reason": "already_packed"})
    assert (trade.state("PARCEL#01"), trade.state("PARCEL#02")) == ("at_warehouse", "intercepting")
    return change


@story("sub_order.intercepting.intercept_rejected", to="awaiting_shipment", only="warehouse", clock=172_800)
def it_could_not_stop_so_the_goods_and_the_money_stay_where_they_are() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.answer_intercept(3, is_stopped=False)

    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    assert (trade.world.units("POT", "W3"), trade.whole.refunds) == ((4, 2, 0), ())
    assert trade.row("SUB#02").queue == "merchant:m-pot:awaiting_shipment"
    return change


@story("sub_order.intercepting.parcels_shipped.still_asking", to="intercepting", only="warehouse")
def one_shipped_although_it_was_to_stop_and_the_other_has_not_answered() -> Change:
    trade = two_asked_back()

    change = trade.confirm(1)

    assert moves(change) == {"ship CUP W1": 1, "ship TEA W1": 2}
    assert (entries(change), trade.state("PARCEL#02"), trade.row("SUB#01").queue) == (
        {},
        "intercepting",
        IN_LIST,
    )
    both = of_both(Event.PARCELS_SHIPPED, Fact.STILL_ASKING, Fact.EVERYTHING_SHIPPED)
    assert both == "intercepting"
    return change


@story("sub_order.intercepting.parcels_shipped.everything_shipped", to="awaiting_receipt", only="warehouse")
def it_shipped_although_it_was_to_stop_and_that_is_a_no() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.confirm(3)

    assert (moves(change), entries(change)) == ({"ship POT W3": 2}, {})
    assert (trade.row("SUB#02").queue, trade.whole.refunds) == (None, ())
    return change


@story("sub_order.intercepting.parcels_shipped", to="awaiting_shipment", only="warehouse", clock=172_800)
def the_one_that_was_to_stop_shipped_and_the_other_is_still_packed() -> Change:
    trade = one_of_two_asked_back()

    change = trade.confirm(1)

    assert (trade.state("PARCEL#02"), trade.row("SUB#01").queue) == ("at_warehouse", IN_LIST)
    return change


@story("sub_order.intercepting.goods_missing.nothing_left", to="cancelled", only="warehouse")
def what_was_to_stop_was_not_there_at_all() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.find_nothing_more(3)

    assert moves(change) == {"miss POT W3": 2}
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert of_both(Event.GOODS_MISSING, Fact.NOTHING_LEFT, Fact.STILL_ASKING) == "cancelled"
    return change


@story("sub_order.intercepting.goods_missing.still_asking", to="intercepting", only="warehouse")
def one_of_two_that_were_to_stop_was_not_there() -> Change:
    trade = two_asked_back()

    change = trade.find_nothing_more(1)

    assert (moves(change), trade.state("PARCEL#02")) == ({"miss CUP W1": 1, "miss TEA W1": 2}, "intercepting")
    both = of_both(Event.GOODS_MISSING, Fact.STILL_ASKING, Fact.EVERYTHING_DELIVERED)
    assert both == "intercepting"
    return change


@story(
    "sub_order.intercepting.goods_missing.everything_delivered",
    to="delivered",
    only="warehouse",
    clock=863_999,
)
def what_was_to_stop_was_not_there_and_the_rest_has_arrived() -> Change:
    trade = the_other_has_left(arrived=True)
    trade.cancel({1: 2, 2: 1})

    change = trade.find_nothing_more(1)

    assert trade.row("SUB#01").due_at == T0 + 200 + 864_000
    return change


@story("sub_order.intercepting.goods_missing.everything_shipped", to="awaiting_receipt", only="warehouse")
def what_was_to_stop_was_not_there_and_the_rest_is_on_its_way() -> Change:
    trade = the_other_has_left()
    trade.cancel({1: 2, 2: 1}, sub_order=1, caller=TEA_MERCHANT)

    change = trade.find_nothing_more(1)

    assert trade.row("SUB#01").queue is None
    return change


@story("sub_order.intercepting.goods_missing", to="awaiting_shipment", only="warehouse", clock=172_800)
def what_was_to_stop_was_not_there_and_the_other_parcel_is_still_packed() -> Change:
    trade = one_of_two_asked_back()

    change = trade.find_nothing_more(1)

    assert (trade.state("PARCEL#02"), trade.row("SUB#01").queue) == ("at_warehouse", IN_LIST)
    return change
