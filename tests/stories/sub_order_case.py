"""What an after-sale case does to its sub-order, and the sub-order that one sends out."""

from shared.changes import Change
from tests.builders import SKUS, T0, a_completed_order, a_delivered_order, a_shipped_order
from tests.storybook import effects, entries, moves, rows, story

DAY = 86_400
ANYBODY = "buyer merchant warehouse clock system support operator"


@story("sub_order.delivered.receipt_timed_out.case_open", to="delivered", only="clock", clock=DAY)
def nothing_is_taken_for_received_while_a_case_is_open() -> Change:
    trade = a_delivered_order()
    trade.ask("refund_only", {3: 1}, sub_order=2)
    trade.refuse_case(1)
    trade.call_platform(1)
    trade.hear_dispute(trade.dispute("opened"))
    assert rows(trade.ring("SUB#02")) == ["SUB#02 sub_order.delivered.receipt_timed_out.disputed"]
    trade.hear_dispute(trade.dispute("won"))

    change = trade.ring("SUB#02")

    assert rows(change) == ["SUB#02 sub_order.delivered.receipt_timed_out.case_open"]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    trade.withdraw(1)
    trade.ring("SUB#02")
    assert (trade.state("SUB#02"), trade.now) == ("completed", T0 + 1100 + 864_000 + 2 * DAY)
    return change


@story("sub_order.awaiting_receipt.case_refunded.nothing_left", to="closed", only=ANYBODY)
def what_never_arrived_is_paid_back_whole_with_its_freight() -> Change:
    trade = a_shipped_order()
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="not_received")

    change = trade.approve(1)

    assert rows(change) == [
        "PARCEL#03 parcel.in_transit.case_refunded",
        "SUB#02 sub_order.awaiting_receipt.case_refunded.nothing_left",
        "REFUND#01 refund.start.refund_requested",
        "CASE#01 after_sale.requested.case_approved",
    ]
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert (dict(trade.row("SUB#02").waived), trade.row("SUB#02").kept_minor) == ({"3": 2}, 0)
    assert (trade.whole.settlements, trade.world.units("POT", "W3")) == ((), (4, 0, 2))
    return change


@story(
    "sub_order.awaiting_receipt.case_refunded.everything_delivered",
    to="delivered",
    only=ANYBODY,
    clock=864_000 - 1,
)
def what_was_missing_is_paid_back_and_the_rest_has_arrived() -> Change:
    trade = a_shipped_order()
    trade.deliver(1)
    trade.ask("refund_only", {1: 3}, reason="not_received")  # Parcel 2, and the tea of parcel 1.

    change = trade.approve(1)

    assert rows(change)[1:2] == ["SUB#01 sub_order.awaiting_receipt.case_refunded.everything_delivered"]
    assert entries(change) == {"escrow 01": 3_000, "refund R01": -3_000}
    assert dict(trade.row("PARCEL#01").contents) == {"2": 1}
    assert trade.row("SUB#01").due_at == T0 + 1100 + 864_000
    return change


@story("sub_order.awaiting_receipt.case_refunded", to="awaiting_receipt", only=ANYBODY)
def part_of_what_is_on_its_way_is_paid_back() -> Change:
    trade = a_shipped_order()
    trade.ask("price_reduction", {3: 2}, sub_order=2, asked_minor=700, reason="not_as_described")

    change = trade.approve(1)

    assert rows(change)[0] == "SUB#02 sub_order.awaiting_receipt.case_refunded"
    assert entries(change) == {"escrow 02": 700, "refund R01": -700}
    assert (trade.row("PARCEL#03").goods_minor, trade.row("SUB#02").due_at) == (9_300, None)
    return change


@story("sub_order.delivered.case_refunded.nothing_left", to="closed", only=ANYBODY)
def all_that_had_arrived_goes_back_before_it_was_called_received() -> Change:
    trade = a_delivered_order()
    trade.ask("return_refund", {3: 2}, sub_order=2)
    trade.approve(1)

    change = trade.inspect(1, {3: {"good": 1, "scrap": 1}})

    assert rows(change)[:3] == [
        "CASE#01 after_sale.awaiting_return.goods_arrived",
        "SUB#02 sub_order.delivered.case_refunded.nothing_left",
        "REFUND#01 refund.start.refund_requested",
    ]
    assert moves(change) == {"restock POT W3": 1, "scrap POT W3": 1}
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert (trade.row("SUB#02").due_at, dict(trade.row("SUB#02").returned)) == (None, {"3": 2})
    return change


@story("sub_order.delivered.case_refunded", to="delivered", only=ANYBODY)
def one_of_two_goes_back_and_the_clock_of_the_other_runs_on() -> Change:
    trade = a_delivered_order()
    trade.ask("return_refund", {3: 1}, sub_order=2)
    trade.approve(1)

    change = trade.inspect(1)

    assert entries(change) == {"escrow 02": 5_000, "refund R01": -5_000}
    assert trade.row("SUB#02").due_at == T0 + 1100 + 864_000
    return change


@story("sub_order.completed.case_refunded.nothing_left", to="closed", only=ANYBODY)
def a_return_without_a_reason_of_all_of_it_earns_the_merchant_the_freight() -> Change:
    trade = a_completed_order()
    trade.ask("return_refund", {3: 2}, sub_order=2, reason="no_reason")
    trade.approve(1)

    change = trade.inspect(1)

    assert entries(change) == {"escrow 02": 10_000, "refund R01": -10_000}
    assert (trade.row("SETTLE#02").amount_minor, trade.row("SUB#02").kept_minor) == (800, 800)
    assert trade.whole.order.stage == "completed"
    return change


@story("sub_order.completed.case_refunded", to="completed", only=ANYBODY)
def one_of_two_goes_back_and_the_merchant_is_owed_for_the_other() -> Change:
    trade = a_completed_order()
    trade.ask("return_refund", {3: 1}, sub_order=2)
    trade.approve(1)

    change = trade.inspect(1, {3: {"defect": 1}})

    assert rows(change)[1] == "SUB#02 sub_order.completed.case_refunded"
    assert (moves(change), entries(change)) == (
        {"restock_defect POT W3": 1},
        {"escrow 02": 5_000, "refund R01": -5_000},
    )
    assert (trade.row("SETTLE#02").amount_minor, trade.row("PARCEL#03").goods_minor) == (5_800, 5_000)
    return change


@story(
    "sub_order.start.replacement_ordered",
    to="awaiting_shipment",
    only=ANYBODY,
    then="split_order",
    clock=2 * DAY,
)
def goods_go_out_again_at_no_price() -> Change:
    trade = a_completed_order()
    trade.ask("exchange", {3: 1}, sub_order=2)
    trade.approve(1)

    change = trade.inspect(1, {3: {"good": 1}}, goods=trade.on_the_shelves(SKUS))

    made, line = trade.row("SUB#03"), trade.whole.lines[-1]
    assert (made.payable_minor, made.replaces, made.case, made.merchant_id) == (0, 2, 1, "m-pot")
    assert (line.number, line.replaces, line.quantity, line.payable_minor) == (4, 3, 1, 0)
    assert made.queue == "merchant:m-pot:awaiting_shipment"
    assert moves(change) == {"reserve POT W3": 1, "restock POT W3": 1}
    assert (entries(change), trade.whole.order.stage) == ({}, "awaiting_shipment")
    return change
