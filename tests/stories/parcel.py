"""Goods of one sub-order that leave one warehouse together."""

from shared.changes import Change
from tests.builders import T0, a_paid_order, a_shipped_order, a_split_order
from tests.storybook import effects, entries, moves, story


@story("parcel.start.parcel_planned", to="awaiting_shipment", only="system")
def goods_travel_with_what_lies_beside_them() -> Change:
    trade = a_paid_order()

    change = trade.split()

    parcels = [(p.warehouse, dict(p.contents), p.goods_minor, p.freight_minor) for p in trade.whole.parcels]
    assert parcels == [
        ("W1", {"1": 2, "2": 1}, 4_500, 655),  # 800 * 45/55 = 654.5...
        ("W2", {"1": 1}, 1_000, 145),
        ("W3", {"3": 2}, 10_000, 800),
    ]
    assert trade.row("PARCEL#02").cuts == ("merchant:m-tea", "warehouse:W2")
    assert change.note == {"parcels": 3, "tariffs": 0, "cost": 0}
    return change


@story(
    "parcel.awaiting_shipment.parcels_shipped",
    to="in_transit",
    only="merchant",
    then="follow_parcel",
    clock=172_800,
)
def a_parcel_leaves_under_its_waybill_and_its_units_are_sold() -> Change:
    trade = a_split_order().after(1000)

    change = trade.ship(2, 3)

    parcel = trade.row("PARCEL#03")
    assert (parcel.carrier, parcel.waybill, parcel.shipped_at) == ("sf", "SF000003", T0 + 1100)
    assert moves(change) == {"ship POT W3": 2}
    assert trade.world.units("POT", "W3") == (4, 0, 2)
    assert change.once == ("waybill:sf:SF000003",)  # By which its carrier's messages find the order.
    assert (entries(change), effects(change)) == ({}, ["PARCEL#03 follow_parcel"])
    return change


@story("parcel.awaiting_shipment.goods_cancelled.nothing_left", to="cancelled", only="buyer merchant")
def a_parcel_without_goods_is_no_parcel() -> Change:
    trade = a_split_order()

    change = trade.cancel({1: 1})  # The last parcel is emptied first.

    parcel = trade.row("PARCEL#02")
    assert (dict(parcel.contents), parcel.goods_minor, parcel.freight_minor) == ({}, 0, 0)
    assert (trade.row("PARCEL#01").goods_minor, trade.row("PARCEL#01").freight_minor) == (4_500, 800)
    assert moves(change) == {"release TEA W2": 1}
    return change


@story("parcel.awaiting_shipment.goods_cancelled", to="awaiting_shipment", only="buyer merchant")
def a_parcel_travels_with_what_is_left_in_it() -> Change:
    trade = a_split_order()

    change = trade.cancel({1: 2})

    assert dict(trade.row("PARCEL#01").contents) == {"1": 1, "2": 1}
    assert (trade.state("PARCEL#02"), moves(change)) == (
        "cancelled",
        {"release TEA W1": 1, "release TEA W2": 1},
    )
    assert trade.row("PARCEL#01").goods_minor == 3_500
    return change


@story("parcel.in_transit.receipt_confirmed", to="received", only="buyer")
def parcels_arrive_when_the_buyer_says_so() -> Change:
    trade = a_shipped_order()

    change = trade.receive(1, 2)

    assert [p.state for p in trade.whole.parcels] == ["received"] * 3
    assert (moves(change), trade.world.units("TEA", "W1")) == ({}, (3, 0, 2))
    return change
