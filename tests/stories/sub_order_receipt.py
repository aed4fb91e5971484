"""One merchant's part on its way: delivered, received by the buyer or by the clock, or come back."""

from shared.changes import Change
from shared.fulfilment.carriers.port import Status
from tests.builders import T0, a_delivered_order, a_shipped_order
from tests.storybook import effects, entries, moves, rows, story


@story(
    "sub_order.awaiting_receipt.parcel_delivered.everything_delivered",
    to="delivered",
    only="carrier support operator",
    clock=864_000 - 86_402,
)
def the_last_parcel_has_arrived_and_the_ten_days_from_shipment_count() -> Change:
    trade = a_shipped_order().after(86_400)
    first = trade.deliver(1)
    assert rows(first) == ["PARCEL#01 parcel.in_transit.parcel_delivered"]  # Parcel 2 is on its way.

    change = trade.deliver(2)

    assert rows(change)[1:] == ["SUB#01 sub_order.awaiting_receipt.parcel_delivered.everything_delivered"]
    assert trade.row("SUB#01").due_at == T0 + 1100 + 864_000
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    assert (trade.state("SUB#02"), trade.whole.order.stage) == ("awaiting_receipt", "awaiting_receipt")
    return change


@story("sub_order.awaiting_receipt.return_received.nothing_left", to="closed", only="merchant warehouse")
def all_of_it_came_back_and_its_freight_goes_back_because_it_was_damaged() -> Change:
    trade = a_shipped_order()
    trade.refuse(3, reason="damaged")

    change = trade.count(3)

    assert moves(change) == {"restock POT W3": 2}
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert (trade.row("REFUND#01").reason, trade.row("REFUND#01").parts) == (
        "damaged",
        ((2, 10_000, 800, 0),),
    )
    assert (dict(trade.row("SUB#02").returned), dict(trade.row("SUB#02").cancelled)) == ({"3": 2}, {})
    assert (trade.whole.settlements, trade.world.units("POT", "W3")) == ((), (6, 0, 0))
    return change


@story(
    "sub_order.awaiting_receipt.return_received.everything_delivered",
    to="delivered",
    only="merchant warehouse",
    clock=864_000 - 1,
)
def one_parcel_came_back_and_the_other_has_arrived() -> Change:
    trade = a_shipped_order()
    trade.deliver(1)
    trade.refuse(2)

    change = trade.count(2)

    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    assert trade.row("SUB#01").due_at == T0 + 1100 + 864_000
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels[:2]] == [(4_500, 800), (0, 0)]
    return change


@story("sub_order.awaiting_receipt.return_received", to="awaiting_receipt", only="merchant warehouse")
def one_parcel_came_back_and_the_other_is_on_its_way() -> Change:
    trade = a_shipped_order()
    trade.refuse(2)

    change = trade.count(2, {1: {"defect": 1}}, caller=trade.warehouse(2))

    assert moves(change) == {"restock_defect TEA W2": 1}
    assert dict(trade.world.stock["TEA", "W2", 0]) == {"available": 4, "reserved": 0, "sold": 0, "defect": 1}
    assert (trade.row("SUB#01").due_at, trade.row("SUB#01").refunded_freight_minor) == (None, 0)
    return change


@story("sub_order.delivered.receipt_confirmed", to="completed", only="buyer")
def a_buyer_confirms_what_was_delivered() -> Change:
    trade = a_delivered_order()

    change = trade.receive(1)

    assert rows(change) == [
        "SUB#01 sub_order.delivered.receipt_confirmed",
        "PARCEL#01 parcel.delivered.receipt_confirmed",
        "PARCEL#02 parcel.delivered.receipt_confirmed",
        "SETTLE#01 settlement.start.settlement_opened",
    ]
    assert (trade.row("SUB#01").due_at, trade.row("SETTLE#01").amount_minor) == (None, 6_300)
    return change


@story(
    "sub_order.delivered.receipt_extended",
    to="delivered",
    only="buyer",
    clock=864_000 - 86_403 + 259_200,
)
def a_buyer_gets_three_days_more_once() -> Change:
    trade = a_delivered_order()

    change = trade.extend(1)

    assert rows(change) == ["SUB#01 sub_order.delivered.receipt_extended"]
    assert trade.row("SUB#01").due_at == T0 + 1100 + 864_000 + 259_200
    assert trade.row("SUB#02").due_at == T0 + 1100 + 864_000
    assert (change.note, trade.row("SUB#01").extended) == ({"seconds": 259_200}, 259_200)
    trade.ring("SUB#01")
    assert trade.state("SUB#01") == "completed"
    return change


@story("sub_order.delivered.parcel_troubled", to="awaiting_receipt", only="carrier support operator")
def trouble_after_delivery_stops_the_receipt_clock() -> Change:
    trade = a_delivered_order().after(50)

    change = trade.track(1, Status.EXCEPTION)

    assert rows(change)[1:] == ["SUB#01 sub_order.delivered.parcel_troubled"]
    assert (trade.row("SUB#01").due_at, trade.state("PARCEL#02")) == (None, "delivered")
    trade.after(50).track(1, Status.DELIVERED)  # It was the neighbour's door.
    assert trade.row("SUB#01").due_at == T0 + 1100 + 864_000
    return change


@story("sub_order.delivered.parcel_returning", to="awaiting_receipt", only="carrier support operator")
def what_goes_back_after_delivery_stops_the_receipt_clock() -> Change:
    trade = a_delivered_order().after(50)

    change = trade.track(3, Status.RETURNING)

    assert rows(change)[1:] == ["SUB#02 sub_order.delivered.parcel_returning"]
    assert trade.row("SUB#02").due_at is None
    return change


@story("sub_order.delivered.parcel_returned", to="awaiting_receipt", only="carrier support operator")
def what_is_back_at_its_sender_was_not_received() -> Change:
    trade = a_delivered_order().after(50)

    change = trade.track(3, Status.RETURNED)

    assert rows(change)[1:] == ["SUB#02 sub_order.delivered.parcel_returned"]
    assert trade.row("SUB#02").due_at is None
    return change


@story("sub_order.delivered.receipt_timed_out.disputed", to="delivered", only="clock", clock=86_400)
def silence_is_no_receipt_while_a_bank_has_not_decided() -> Change:
    trade = a_delivered_order()
    trade.hear_dispute(trade.dispute("opened"))

    change = trade.ring("SUB#02")

    assert rows(change) == ["SUB#02 sub_order.delivered.receipt_timed_out.disputed"]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    trade.hear_dispute(trade.dispute("won"))
    trade.ring("SUB#02")
    assert (trade.state("SUB#02"), trade.now) == ("completed", T0 + 1100 + 864_000 + 86_400)
    return change


@story("sub_order.delivered.receipt_timed_out", to="completed", only="clock")
def ten_days_after_shipment_silence_counts_as_received() -> Change:
    trade = a_delivered_order()

    change = trade.ring("SUB#02")

    assert trade.now == T0 + 1100 + 864_000
    assert rows(change) == [
        "SUB#02 sub_order.delivered.receipt_timed_out",
        "PARCEL#03 parcel.delivered.receipt_timed_out",
        "SETTLE#02 settlement.start.settlement_opened",
    ]
    assert (trade.state("SUB#01"), trade.row("SETTLE#02").amount_minor) == ("delivered", 10_800)
    return change
