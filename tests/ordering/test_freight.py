"""Freight: MONEY 3, step 6. Every number is worked out by hand."""

import pytest

from shared.ordering.freight import zone_for
from tests.ordering.baskets import (
    a_coupon,
    a_sku,
    a_template,
    a_zone,
    full_reduction,
    gold,
    quoted,
    some_terms,
)

ONE = a_zone("*", first=1_000, first_fee=800, step=500, step_fee=200)


def freight(*goods, **fields):
    return [
        (sub_order.freight_minor, sub_order.freight_steps)
        for sub_order in quoted(*goods, **fields).sub_orders
    ]


@pytest.mark.parametrize(
    ("grams", "quantity", "fee"),
    [
        (0, 1, 800),
        (1, 1, 800),
        (1_000, 1, 800),
        (1_001, 1, 1_000),
        (500, 3, 1_000),
        (1_501, 1, 1_200),
        (900, 10, 4_000),  # 9 000 g: 800 + 16 steps
    ],
)
def test_the_first_weight_and_each_further_one_that_is_begun(grams, quantity, fee):
    terms = some_terms(freight=[a_template(ONE)])

    assert freight((a_sku("A", weight_grams=grams), quantity), terms=terms) == [(fee, (("freight", fee),))]


@pytest.mark.parametrize(
    ("pieces", "fee"), [((1, 1), 500), ((2, 1), 500), ((3, 1), 600), ((2, 3), 600), ((3, 3), 700)]
)
def test_by_the_piece_units_of_all_lines_count(pieces, fee):
    template = a_template(a_zone(first=3, first_fee=500, step=2, step_fee=100), by="piece")
    goods = [(a_sku(f"S{i}", weight_grams=9_999), count) for i, count in enumerate(pieces)]

    assert freight(*goods, terms=some_terms(freight=[template])) == [(fee, (("freight", fee),))]


def test_the_weight_of_all_of_a_merchant_s_lines_counts_and_of_nobody_else_s():
    goods = [
        (a_sku("A", "m-1", weight_grams=600), 1),
        (a_sku("B", "m-2", weight_grams=600), 1),
        (a_sku("C", "m-1", weight_grams=600), 1),
    ]

    assert [fee for fee, _ in freight(*goods, terms=some_terms(freight=[a_template(ONE)]))] == [1_000, 800]


def test_a_merchant_s_own_template_comes_before_the_platform_s():
    own = a_template(a_zone(first_fee=1), merchant="m-2")
    terms = some_terms(freight=[a_template(ONE), own])
    goods = [(a_sku("A", "m-1"), 1), (a_sku("B", "m-2"), 1)]

    assert [fee for fee, _ in freight(*goods, terms=terms)] == [800, 1]


def test_without_a_template_of_the_currency_it_is_the_flat_fee():
    terms = some_terms(freight=[a_template(ONE, currency="GBP")], flat_freight_minor=600)

    assert freight((a_sku("A"), 1), terms=terms) == [(600, (("freight", 600),))]


def test_freight_that_costs_nothing_has_no_steps():
    assert freight((a_sku("A"), 1)) == [(0, ())]


ZONES = (
    a_zone("CN/Zhejiang", "CN/Shanghai", first_fee=100),
    a_zone("CN", first_fee=200),
    a_zone("GB/Kent", first_fee=300),
    a_zone("*", first_fee=400),
)


@pytest.mark.parametrize(
    ("destination", "fee"),
    [
        (("CN", "Zhejiang"), 100),
        (("CN", "Shanghai"), 100),
        (("CN", "Tibet"), 200),
        (("CN", ""), 200),
        (("GB", "Kent"), 300),
        (("GB", "Essex"), 400),
        (("GB", "Zhejiang"), 400),
        (("FR", ""), 400),
        (("", ""), 400),  # Nobody has said where to yet.
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_narrowest_zone_that_names_the_destination(destination, fee, turned):
    zones = reversed(ZONES) if turned else ZONES

    terms = some_terms(freight=[a_template(*zones)])

    assert freight((a_sku("A"), 1), terms=terms, destination=destination) == [(fee, (("freight", fee),))]


def test_while_nobody_has_said_where_to_it_is_the_first_zone_if_none_is_for_everywhere():
    assert zone_for(a_template(*ZONES[:3]), ("", "")) is ZONES[0]
    assert zone_for(a_template(), ("", "")) is None


def test_a_merchant_whose_template_does_not_go_there_is_named():
    terms = some_terms(freight=[a_template(ZONES[2], merchant="m-2")], flat_freight_minor=600)
    goods = [(a_sku("A", "m-1"), 1), (a_sku("B", "m-2"), 1)]

    far = quoted(*goods, terms=terms, destination=("CN", "Zhejiang"))
    near = quoted(*goods, terms=terms, destination=("GB", "Kent"))

    assert far.unreachable == ("m-2",)
    assert [s.freight_minor for s in far.sub_orders] == [600, 0]
    assert near.unreachable == ()
    assert [s.freight_minor for s in near.sub_orders] == [600, 300]


@pytest.mark.parametrize(
    ("cost", "steps"), [(9_899, (("freight", 800),)), (9_900, (("freight", 800), ("free_over", -800)))]
)
def test_it_is_free_from_the_threshold_on(cost, steps):
    terms = some_terms(freight=[a_template(ONE, free_over_minor=9_900)])

    [(fee, how)] = freight((a_sku("A", unit_price_minor=cost), 1), terms=terms)

    assert how == steps
    assert fee == sum(amount for _, amount in steps)


def test_coupons_count_against_free_freight_and_points_do_not():
    terms = some_terms(freight=[a_template(ONE, free_over_minor=9_900)])
    goods = [(a_sku("A", unit_price_minor=10_000), 1)]

    with_coupon = quoted(*goods, terms=terms, coupons=(a_coupon(off_minor=101),))
    with_points = quoted(*goods, terms=terms, coupons=(a_coupon(off_minor=100),), points=4_000)

    assert with_coupon.freight_minor == 800
    assert with_points.freight_minor == 0
    assert with_points.payable_minor == 5_900


def test_free_freight_counts_this_merchant_s_goods_alone():
    terms = some_terms(freight=[a_template(ONE, free_over_minor=5_000)])
    goods = [(a_sku("A", "m-1", 5_000), 1), (a_sku("B", "m-2", 4_999), 1)]

    assert [fee for fee, _ in freight(*goods, terms=terms)] == [0, 800]


def test_a_level_may_have_its_freight_free():
    levels, member = gold(is_freight_free=True)
    free_over = a_template(ONE, merchant="m-2", free_over_minor=0)
    terms = some_terms(freight=[a_template(ONE), free_over], levels=levels)
    goods = [(a_sku("A", "m-1"), 1), (a_sku("B", "m-2"), 1)]

    assert freight(*goods, terms=terms, member=member) == [
        (0, (("freight", 800), ("free_for_members", -800))),
        (0, (("freight", 800), ("free_over", -800))),  # For one reason, and not twice.
    ]


def test_a_level_frees_from_the_flat_fee_too():
    levels, member = gold(is_freight_free=True)
    terms = some_terms(levels=levels, flat_freight_minor=600)

    assert freight((a_sku("A"), 1), terms=terms, member=member) == [
        (0, (("freight", 600), ("free_for_members", -600)))
    ]


def test_no_step_of_the_goods_makes_freight_cheaper():
    terms = some_terms(full_reduction((100, 100)), flat_freight_minor=600)

    quote = quoted((a_sku("A"), 1), terms=terms, coupons=(a_coupon(off_minor=10_000),), points=10**6)

    assert (quote.goods_minor, quote.freight_minor, quote.payable_minor) == (0, 600, 600)
