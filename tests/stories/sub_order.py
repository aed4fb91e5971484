"""One merchant's part: ships, is received and is settled on its own."""

from shared.changes import Change
from shared.engine import decide
from shared.lifecycle import Actor, Event, Fact
from tests.builders import (
    ORDER_ID,
    T0,
    TEA_MERCHANT,
    a_cancelled_order,
    a_paid_order,
    a_shipped_order,
    a_shop_order,
    a_split_order,
    an_order_being_paid,
)
from tests.storybook import effects, entries, moves, rows, story

SHELF = ("awaiting_shipment", "awaiting_shipment", "awaiting_shipment")


@story("sub_order.start.order_placed", to="awaiting_payment", only="buyer")
def each_merchant_gets_its_own_part() -> Change:
    trade = a_shop_order()

    tea, pot = trade.whole.sub_orders
    assert (tea.merchant_id, tea.goods_minor, tea.freight_minor, tea.payable_minor) == (
        "m-tea",
        5_500,
        800,
        6_300,
    )
    assert (pot.merchant_id, pot.goods_minor, pot.freight_minor, pot.payable_minor) == (
        "m-pot",
        10_000,
        800,
        10_800,
    )
    assert (tea.due_at, tea.queue, pot.due_at, pot.queue) == (None, None, None, None)
    return trade.world.last


@story("sub_order.awaiting_payment.payment_succeeded", to="awaiting_shipment", only="provider", clock=172_800)
def a_paid_part_stands_in_its_merchants_list_by_the_time_it_was_paid() -> Change:
    trade = an_order_being_paid().after(100)

    change = trade.pay()

    tea, pot = trade.whole.sub_orders
    assert tea.queue == "merchant:m-tea:awaiting_shipment"
    assert tea.priority == f"001800000100#{ORDER_ID}-01"
    assert (pot.queue, pot.priority) == ("merchant:m-pot:awaiting_shipment", f"001800000100#{ORDER_ID}-02")
    assert (tea.due_at, pot.due_at) == (T0 + 100 + 172_800, T0 + 100 + 172_800)
    return change


@story("sub_order.awaiting_payment.order_cancelled", to="cancelled", only="buyer clock provider system")
def every_part_dies_with_its_unpaid_order() -> Change:
    trade = a_cancelled_order()

    assert [s.state for s in trade.whole.sub_orders] == ["cancelled", "cancelled"]
    assert [s.kept_minor for s in trade.whole.sub_orders] == [
        6_300,
        10_800,
    ]  # Nothing was paid, nothing goes back.
    return trade.world.last


@story("sub_order.awaiting_shipment.goods_allocated", to="awaiting_shipment", only="system")
def cutting_the_goods_leaves_the_promised_time_as_it_was() -> Change:
    trade = a_paid_order().after(50)

    change = trade.split()

    assert rows(change) == [
        "SUB#01 sub_order.awaiting_shipment.goods_allocated",
        "PARCEL#01 parcel.start.parcel_planned",
        "PARCEL#02 parcel.start.parcel_planned",
        "SUB#02 sub_order.awaiting_shipment.goods_allocated",
        "PARCEL#03 parcel.start.parcel_planned",
    ]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    assert [s.due_at for s in trade.whole.sub_orders] == [T0 + 100 + 172_800] * 2
    assert [s.split_at for s in trade.whole.sub_orders] == [T0 + 150] * 2
    return change


@story(
    "sub_order.awaiting_shipment.parcels_shipped.everything_shipped",
    to="awaiting_receipt",
    only="merchant warehouse",
)
def the_last_parcel_leaves_and_no_clock_runs_before_it_has_arrived() -> Change:
    trade = a_split_order().after(1000)
    trade.ship(1, 1)

    change = trade.ship(1, 2)

    assert moves(change) == {"ship TEA W2": 1}
    tea = trade.row("SUB#01")
    assert (tea.due_at, tea.queue, tea.priority, tea.shipped_at) == (None, None, None, T0 + 1100)
    assert trade.whole.order.stage == "awaiting_shipment"  # The pots have not left.
    return change


@story("sub_order.awaiting_shipment.parcels_shipped", to="awaiting_shipment", only="merchant warehouse")
def one_of_two_parcels_leaves_and_the_part_stays_in_the_list() -> Change:
    trade = a_split_order().after(1000)

    change = trade.ship(1, 1)

    assert moves(change) == {"ship CUP W1": 1, "ship TEA W1": 2}
    assert trade.world.units("TEA", "W1") == (3, 0, 2)
    tea = trade.row("SUB#01")
    assert (tea.due_at, tea.queue) == (T0 + 100 + 172_800, "merchant:m-tea:awaiting_shipment")
    return change


@story(
    "sub_order.awaiting_shipment.goods_cancelled.nothing_left",
    to="cancelled",
    only="buyer merchant",
)
def a_merchant_cancels_all_of_its_part_and_the_freight_goes_back_too() -> Change:
    trade = a_split_order()

    change = trade.cancel(sub_order=1, caller=TEA_MERCHANT)

    assert moves(change) == {"release CUP W1": 1, "release TEA W1": 2, "release TEA W2": 1}
    assert entries(change) == {"escrow 01": 6_300, "refund R01": -6_300}
    tea = trade.row("SUB#01")
    assert (tea.refunded_goods_minor, tea.refunded_freight_minor, tea.kept_minor) == (5_500, 800, 0)
    assert (tea.due_at, tea.queue, trade.whole.order.refund_reserved_minor) == (None, None, 6_300)
    assert trade.whole.order.stage == "awaiting_shipment"  # The pots go on.
    both = {Fact.NOTHING_LEFT, Fact.EVERYTHING_SHIPPED}
    rule = decide("sub_order", "awaiting_shipment", Event.GOODS_CANCELLED, Actor.BUYER, both)
    assert rule.target == "cancelled"  # Of nothing, everything has shipped: that is no journey.
    return change


@story(
    "sub_order.awaiting_shipment.goods_cancelled.everything_shipped",
    to="awaiting_receipt",
    only="buyer merchant",
)
def what_had_not_left_is_cancelled_so_the_rest_is_on_its_way() -> Change:
    trade = a_split_order().after(1000)
    trade.ship(1, 1)

    change = trade.cancel({1: 1})

    assert moves(change) == {"release TEA W2": 1}
    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    tea = trade.row("SUB#01")
    assert (tea.due_at, tea.queue, tea.refunded_freight_minor) == (None, None, 0)
    assert (trade.state("PARCEL#01"), trade.state("PARCEL#02")) == ("in_transit", "cancelled")
    assert (trade.row("PARCEL#01").goods_minor, trade.row("PARCEL#01").freight_minor) == (4_500, 800)
    return change


@story("sub_order.awaiting_shipment.goods_cancelled", to="awaiting_shipment", only="buyer merchant")
def one_cup_is_cancelled_and_the_tea_keeps_its_price_and_its_promise() -> Change:
    trade = a_split_order().after(1000)

    change = trade.cancel({2: 1})

    assert moves(change) == {"release CUP W1": 1}
    assert entries(change) == {"escrow 01": 2_500, "refund R01": -2_500}
    tea = trade.row("SUB#01")
    assert (tea.due_at, tea.queue) == (T0 + 100 + 172_800, "merchant:m-tea:awaiting_shipment")
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels] == [
        (2_000, 655),
        (1_000, 145),
        (10_000, 800),
    ]
    return change


@story("sub_order.awaiting_shipment.shipment_overdue", to="awaiting_shipment", only="clock", clock=172_800)
def a_late_merchant_is_warned_again_every_two_days() -> Change:
    trade = a_split_order()

    trade.ring("SUB#01")
    change = trade.ring("SUB#01")

    assert rows(change) == ["SUB#01 sub_order.awaiting_shipment.shipment_overdue"]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    assert trade.row("SUB#01").due_at == T0 + 100 + 3 * 172_800
    assert trade.row("SUB#02").due_at == T0 + 100 + 172_800
    return change


@story("sub_order.awaiting_receipt.receipt_confirmed", to="completed", only="buyer")
def a_buyer_confirms_and_the_merchant_begins_to_wait_for_money() -> Change:
    trade = a_shipped_order().after(1000)

    change = trade.receive(1)

    assert rows(change) == [
        "SUB#01 sub_order.awaiting_receipt.receipt_confirmed",
        "PARCEL#01 parcel.in_transit.receipt_confirmed",
        "PARCEL#02 parcel.in_transit.receipt_confirmed",
        "SETTLE#01 settlement.start.settlement_opened",
    ]
    assert (moves(change), entries(change)) == (
        {},
        {},
    )  # The money stays in escrow for the after-sale window.
    tea = trade.row("SUB#01")
    assert (tea.completed_at, tea.due_at) == (T0 + 2100, None)
    assert trade.whole.order.stage == "awaiting_receipt"  # The pots have not arrived.
    return change
