"""The pains that other platforms' users reported about money (PEERS 3), from the price on."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.goods import Held
from shared.money import running_shares, worth_of_units
from tests.ordering.baskets import (
    a_coupon,
    a_shop_coupon,
    a_sku,
    a_template,
    a_zone,
    at_prices,
    full_reduction,
    payables,
    percentage,
    quoted,
    some_terms,
    taken_off,
)


def refunds_of(total, quantity, cuts):
    """What goes back when units of a line return in these portions."""
    ends = [*sorted(cuts), quantity]
    return [
        worth_of_units(total, quantity, before=a, after=b) for a, b in zip([0, *ends], ends, strict=False)
    ]


def test_pain_01_partial_cancel_keeps_allocation():
    # 50.00 and 10.00 with 10.00 off: 8.33 and 1.67. Cancel the first: 41.67 goes back, the other still costs 8.33.
    quote = quoted(*at_prices(5_000, 1_000), coupons=(a_coupon(off_minor=1_000),))

    first, other = quote.lines
    assert taken_off(quote, "platform_coupon:C") == (833, 167)
    assert refunds_of(first.payable_minor, first.quantity, []) == [4_167]
    assert other.payable_minor == 833
    assert quote.payable_minor - 4_167 == 833


@given(st.sets(st.integers(1, 9)))
def test_pain_02_full_refund_equals_paid(cuts):
    # Ten of 23.90 with 25 % off: 179.25, and never 179.26.
    quote = quoted(*at_prices(2_390, quantity=10), terms=some_terms(percentage(75)))

    back = refunds_of(quote.lines[0].payable_minor, 10, cuts)

    assert quote.payable_minor == 17_925
    assert sum(back) == 17_925
    assert all(0 < part <= 17_925 for part in back)


def test_pain_02_full_refund_equals_paid_unit_by_unit():
    assert refunds_of(17_925, 10, range(1, 10)) == [
        *(1_792, 1_793, 1_792, 1_793, 1_792),
        *(1_793, 1_792, 1_793, 1_792, 1_793),
    ]


@given(st.lists(st.tuples(st.integers(0, 9_999), st.integers(1, 9)), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_pain_10_cannot_refund_what_is_needed(goods, data):
    """Freight, goods, part of a line, part of a price: what can go back adds up to what was paid, and no further."""
    lines = [(a_sku(f"S{i}", f"m-{i % 2}", cost), quantity) for i, (cost, quantity) in enumerate(goods)]
    coupons = (a_shop_coupon("S", 500, "m-0"), a_coupon("P", rate_pct=93))
    quote = quoted(*lines, terms=some_terms(flat_freight_minor=799), coupons=coupons, points=321)

    back = sum(sub_order.freight_minor for sub_order in quote.sub_orders)
    for line in quote.lines:
        cuts = data.draw(st.sets(st.integers(1, line.quantity)))
        back += sum(refunds_of(line.payable_minor, line.quantity, cuts))

    assert back == quote.payable_minor


def test_pain_13_split_breaks_the_rest():
    """Three merchants, two warehouses each: sub-orders and their parcels add up to the order, to the fen."""
    goods = [(a_sku(f"S{i}", f"m-{i}", 3_333), 3) for i in range(3)]
    allocation = {f"S{i}": (Held("W1", 2), Held("W2", 1)) for i in range(3)}
    terms = some_terms(full_reduction((20_000, 1_000)), freight=[a_template(a_zone(first_fee=1_001))])

    quote = quoted(*goods, terms=terms, allocation=allocation, coupons=(a_coupon(off_minor=500),), points=100)

    # 299.97 - 10.00 - 5.00 - 1.00 = 283.97, and 10.01 for each merchant
    assert payables(quote) == (9_465, 9_466, 9_466)
    assert [s.payable_minor for s in quote.sub_orders] == [10_466, 10_467, 10_467]
    assert quote.payable_minor == 31_400
    for line in quote.lines:
        parcels = running_shares(line.payable_minor, [held.units for held in line.allocation])
        assert sum(parcels) == line.payable_minor
    assert [s.freight_steps for s in quote.sub_orders] == [(("freight", 1_001),)] * 3


def test_pain_14_coupon_lost():
    """So that it can go back once, and whole, when the order dies or is cancelled."""
    terms = some_terms(points_per_yuan=10)
    goods = at_prices(1_000, 700, 300, quantity=3)

    quote = quoted(*goods, terms=terms, coupons=(a_coupon("C", 100),), points=50)

    # 60.00 - 1.00 = 59.00; 50 points are 5.00, over 29.50, 20.65 and 8.85
    assert taken_off(quote, "platform_coupon:C") == (50, 35, 15)
    assert taken_off(quote, "points") == (250, 175, 75)
    assert [line.points for line in quote.lines] == [25, 18, 7]
    assert [refunds_of(line.points, 3, (1, 2)) for line in quote.lines] == [[8, 8, 9], [6, 6, 6], [2, 2, 3]]
    assert (quote.coupons[0].off_minor, quote.points) == (100, 50)


def test_pain_14_coupon_lost_for_nothing_is_told_apart():
    coupons = (a_shop_coupon("S", 100, threshold_minor=2_000), a_coupon("P", 100))

    quote = quoted(*at_prices(1_000), coupons=coupons)

    assert [(used.coupon_id, used.off_minor) for used in quote.coupons] == [("S", 0), ("P", 100)]
