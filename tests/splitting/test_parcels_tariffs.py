"""A paid order is cut by published tariffs: the cheapest legal parcels, from wherever the goods lie or are free."""

import pytest

from shared.goods import Held
from shared.splitting.parcels import decide_split, split_order
from shared.splitting.problem import Band, Kind
from tests.builders import ORDER_ID, a_line, an_order_of
from tests.memory import MemoryShop
from tests.special_orders import a_hot_order, others_take
from tests.storybook import entries, moves, rows
from tests.tariffs import a_service, sending

STEEP = (
    Band(0, 5_000, 1_000, 1_000, 0),
    Band(5_000, 30_000, 1_000, 1_000, 500),
)  # From 5 kg on 5.00 a kilogram.
DEAR, CHEAP = (Band(0, 30_000, 2_000, 1_000, 0),), (Band(0, 30_000, 800, 1_000, 0),)
ELSEWHERE = (
    a_service("DEAR", warehouses=("W1",), bands=DEAR),
    a_service("CHEAP", warehouses=("W2",), bands=CHEAP),
)
TWO_IN_BOTH = {("SKU-1", "W1"): 2, ("SKU-1", "W2"): 5}


def cut(trade, *services, **how):
    trade.split(sending(*(services or (a_service(),)), **how))
    return [(p.warehouse, dict(p.contents), p.service, p.cost_minor) for p in trade.whole.parcels]


def reasons(trade):
    return [parcel.cuts[2:] for parcel in trade.whole.parcels]  # After merchant and warehouse.


def cut_by(trade, *services, shop=MemoryShop, **how):
    """The use case itself, with what is free elsewhere."""
    shop = shop(trade.world)
    shop.terms = sending(*services, **how).terms
    return split_order(shop, ORDER_ID, trade.now)


def test_two_parcels_of_five_kilograms_are_cheaper_than_one_of_ten():
    trade = an_order_of([a_line(1, 2, 9_999, weight_grams=5_000)], [1_001])

    change = trade.split(sending(a_service(warehouses=("W1",), bands=STEEP)))

    assert [(dict(p.contents), p.cost_minor, p.grams) for p in trade.whole.parcels] == [
        ({"1": 1}, 1_000, 5_000),
        ({"1": 1}, 1_000, 5_000),
    ]
    assert [p.cuts for p in trade.whole.parcels] == [("merchant:m-1", "warehouse:W1", "tariff:2000<3500")] * 2
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels] == [(4_999, 500), (5_000, 501)]
    assert change.note == {"parcels": 2, "tariffs": 7, "cost": 2_000}


def test_goods_leave_from_where_it_is_cheaper_and_are_released_where_they_lay_in_the_same_change():
    trade = an_order_of([a_line(1, 2, 5_000)], [800], stock=TWO_IN_BOTH)

    change = cut_by(trade, *ELSEWHERE).change

    assert moves(change) == {"release SKU-1 W1": 2, "reserve SKU-1 W2": 2}
    assert trade.whole.lines[0].allocation == (Held("W2", 2),)
    assert [(p.warehouse, p.service, p.cost_minor) for p in trade.whole.parcels] == [("W2", "CHEAP", 800)]
    assert (trade.world.units("SKU-1", "W1"), trade.world.units("SKU-1", "W2")) == ((2, 0, 0), (3, 2, 0))
    trade.ship(1, 1)
    assert trade.world.units("SKU-1", "W2") == (3, 0, 2)


def test_what_was_bought_by_others_meanwhile_is_looked_for_again():
    trade = an_order_of([a_line(1, 2, 5_000)], [800], stock=TWO_IN_BOTH)

    class Faster(MemoryShop):
        def shelves(self, skus, channel):
            found = super().shelves(skus, channel)
            if trade.world.units("SKU-1", "W2")[0] > 1:
                others_take(trade, "SKU-1", "W2", 4)  # After we looked.
            return found

    change = cut_by(trade, *ELSEWHERE, shop=Faster).change

    assert moves(change) == {}
    assert [(p.warehouse, p.cost_minor) for p in trade.whole.parcels] == [("W1", 2_000)]


def test_who_keeps_being_too_late_sends_what_the_order_holds():
    trade = an_order_of([a_line(1, 2, 5_000)], [800], stock={("SKU-1", "W1"): 2, ("SKU-1", "W2"): 1})
    looked = []

    class Mistaken(MemoryShop):
        def shelves(self, skus, channel):
            looked.append(channel)
            found = super().shelves(skus, channel)
            there = {place: 9 for place in found.available["SKU-1"]}
            return found._replace(available={"SKU-1": there})

    change = cut_by(trade, *ELSEWHERE, shop=Mistaken).change

    assert (len(looked), moves(change)) == (4, {})
    assert [(p.warehouse, p.cost_minor) for p in trade.whole.parcels] == [("W1", 2_000)]


def test_what_was_partly_cancelled_before_it_was_cut_stays_where_it_lies():
    trade = an_order_of([a_line(1, 2, 5_000)], [800], stock=TWO_IN_BOTH)
    trade.cancel({1: 1})

    change = cut_by(trade, *ELSEWHERE).change

    assert moves(change) == {}
    assert [(p.warehouse, dict(p.contents), p.goods_minor) for p in trade.whole.parcels] == [
        ("W1", {"1": 1}, 2_500)
    ]


def test_a_hot_sku_moves_from_its_shards_to_others():
    stock = {("SKU-1", "W1", 1): 2, ("SKU-1", "W1", 2): 1, ("SKU-1", "W2", 1): 1, ("SKU-1", "W2", 2): 9}
    trade = a_hot_order(lies=[("W1", 2, 1), ("W1", 1, 2)], stock=stock)

    change = cut_by(trade, *ELSEWHERE).change

    assert sorted((m.kind, m.warehouse, m.shard, m.quantity) for m in change.stock) == [
        ("release", "W1", 1, 2),
        ("release", "W1", 2, 1),
        ("reserve", "W2", 1, 1),
        ("reserve", "W2", 2, 2),
    ]
    assert trade.whole.lines[0].allocation == (Held("W2", 1, 1), Held("W2", 2, 2))


def test_without_tariffs_nobody_looks_elsewhere():
    trade = an_order_of([a_line(1, 2, 5_000)], [800], stock=TWO_IN_BOTH)

    class Blind(MemoryShop):
        def shelves(self, skus, channel):
            raise AssertionError("nobody looks")

    cut_by(trade, shop=Blind)

    assert [(p.warehouse, p.service, p.cuts) for p in trade.whole.parcels] == [
        ("W1", "", ("merchant:m-1", "warehouse:W1"))
    ]


def test_the_same_order_is_cut_the_same_way_and_once():
    def made():
        lines = [a_line(n, 2, 900 * n, weight_grams=2_400) for n in (1, 2)]
        trade = an_order_of(lines, [800])
        return trade, cut(trade, a_service(warehouses=("W1",), bands=STEEP))

    (trade, one), (_, other) = made(), made()

    assert one == other
    assert decide_split(trade.whole, now=trade.now, sending=sending(a_service())) is None


@pytest.mark.parametrize(
    ("service", "line", "reason"),
    [
        ({"max_grams": 2_000}, {"weight_grams": 1_500}, "weight:2000"),
        ({"max_cm3": 5_000}, {"volume_cm3": 3_000}, "volume:5000"),
    ],
)
def test_no_parcel_is_over_the_limits_of_its_service(service, line, reason):
    trade = an_order_of([a_line(1, 2, 5_000, **line)], [800])

    assert [contents for _, contents, _, _ in cut(trade, a_service(**service))] == [{"1": 1}, {"1": 1}]
    assert reasons(trade) == [(reason,), (reason,)]


def test_categories_that_are_kept_apart_travel_apart():
    lines = [a_line(1, 1, 5_000, category="food"), a_line(2, 1, 3_000, category="chemical")]
    trade = an_order_of(lines, [800])

    assert len(cut(trade, apart=[("food", "chemical")])) == 2
    assert reasons(trade) == [("category:chemical|food",)] * 2


@pytest.mark.parametrize(
    ("odd", "reasons_said"),
    [
        ({"size_class": "bulky"}, {"size:bulky", "size:small"}),
        ({"flags": ("hazard",)}, {"hazard:hazard", "hazard:harmless"}),
    ],
)
def test_bulky_and_dangerous_goods_travel_apart_from_all_others(odd, reasons_said):
    trade = an_order_of([a_line(1, 1, 5_000, **odd), a_line(2, 1, 3_000)], [800])

    assert len(cut(trade)) == 2
    assert {cut for parcel in trade.whole.parcels for cut in parcel.cuts} == {
        "merchant:m-1",
        "warehouse:W1",
        *reasons_said,
    }


ABROAD = {"flags": ("cross_border",), "hs_code": "0902", "origin": "JP"}


def test_no_cross_border_parcel_is_worth_more_than_customs_lets_pass():
    trade = an_order_of([a_line(1, 3, 600_000, unit_price_minor=200_000, **ABROAD)], [800])
    trade.review()

    assert sorted(contents["1"] for _, contents, _, _ in cut(trade)) == [1, 2]
    assert reasons(trade) == [("customs_cap:500000",)] * 2


def test_cross_border_and_domestic_goods_travel_apart():
    trade = an_order_of([a_line(1, 1, 5_000, **ABROAD), a_line(2, 1, 3_000)], [800])
    trade.review()

    cut(trade)

    assert [p.cuts[1] for p in trade.whole.parcels] == ["border:cross_border", "border:domestic"]


@pytest.mark.parametrize(
    ("line", "service", "obstacle"),
    [
        ({"unit_price_minor": 500_001, **ABROAD}, {}, "over_customs_cap: SKU-1"),
        ({"weight_grams": 0}, {}, "no_weight: SKU-1"),
        ({"weight_grams": 30_001}, {}, "no_service: SKU-1"),
        ({"flags": ("hazard",)}, {"refuses": [Kind.HAZARD]}, "no_service: SKU-1"),
        ({"flags": ("cross_border",)}, {}, "not_declarable: SKU-1"),
    ],
    ids=["worth too much", "weightless", "too heavy", "refused", "not declarable"],
)
def test_what_cannot_be_sent_goes_to_people_and_the_other_merchants_part_goes_on(line, service, obstacle):
    trade = an_order_of([a_line(1, 1, 5_000, **line), a_line(2, 1, 3_000, sub_order=2)], [800, 500])
    if trade.whole.snapshot.review:
        trade.review()

    change = trade.split(sending(a_service(**service)))

    first, second = trade.whole.sub_orders
    assert (first.state, first.obstacle, first.split_at) == ("under_review", obstacle, None)
    assert (first.queue, first.due_at) == ("review:under_review", trade.now + 80_000)
    assert (second.state, second.obstacle) == ("awaiting_shipment", "")
    assert [p.sub_order for p in trade.whole.parcels] == [2]
    assert (moves(change), entries(change)) == ({}, {})


def test_a_part_that_cannot_be_sent_alone_is_an_event_of_its_own():
    trade = an_order_of([a_line(1, 1, 5_000, weight_grams=0)], [800])

    change = trade.split(sending(a_service()))

    assert rows(change) == ["SUB#01 sub_order.awaiting_shipment.split_refused"]
    assert (change.event, trade.whole.parcels) == ("split_refused", ())


def test_who_approves_it_has_it_cut_by_the_tariffs_of_then():
    trade = an_order_of([a_line(1, 1, 5_000, weight_grams=30_001)], [800])
    trade.split(sending(a_service()))

    trade.review()
    assert (trade.row("SUB#01").obstacle, trade.state("SUB#01")) == ("", "awaiting_shipment")
    trade.split(sending(a_service(max_grams=50_000, bands=(Band(0, 50_000, 9_000, 1_000, 0),))))

    assert [(p.service, p.cost_minor) for p in trade.whole.parcels] == [("SF-STD", 9_000)]


def test_who_looks_in_vain_has_it_refunded_even_where_silence_is_consent():
    trade = an_order_of([a_line(1, 1, 5_000, weight_grams=0)], [800], review_default_approves=1)
    trade.split(sending(a_service()))
    trade.ring("SUB#01")

    change = trade.ring("SUB#01")

    assert trade.state("SUB#01") == "cancelled"
    assert entries(change) == {"escrow 01": 5_800, "refund R01": -5_800}


def test_more_parcels_than_one_transaction_can_cancel_again_go_to_people():
    lines = [a_line(1, 70, 7_000, weight_grams=1_000), a_line(2, 1, 500, sub_order=2)]
    trade = an_order_of(lines, [800, 500])

    trade.split(sending(a_service(max_grams=1_000)))

    assert trade.row("SUB#01").obstacle.startswith("too_many_parcels")
    assert [p.sub_order for p in trade.whole.parcels] == [2]


def test_a_warehouse_that_no_tariff_names_sends_by_its_own_means():
    trade = an_order_of([a_line(1, 1, 5_000, lies=[("W9", 1)], weight_grams=99_000)], [800])

    assert cut(trade, handling={"W9": 150}) == [("W9", {"1": 1}, "", 150)]
