"""Points: MONEY 3, step 5. Every number is worked out by hand."""

import pytest

from shared.ordering.reductions import Priced, take_off
from tests.ordering.baskets import (
    a_coupon,
    a_sku,
    a_template,
    a_zone,
    at_prices,
    payables,
    quoted,
    some_terms,
    taken_off,
)


@pytest.mark.parametrize(
    ("base", "numbers", "most", "worth"),
    [
        (20_000, {}, 10_000, 10_000),  # half of it, 100 points a yuan
        (10_001, {}, 5_000, 5_000),  # 50.005 yuan
        (1, {}, 0, 0),
        (999, {"points_max_pct": 30}, 299, 299),  # 2.997 yuan
        (1_055, {"points_per_yuan": 10}, 52, 520),  # 5.27 yuan: 52 points of 10 fen
        (1_000, {"points_per_yuan": 200}, 1_000, 500),
        (1_000, {"points_per_yuan": 3}, 15, 500),  # 15 points of 33.33 fen
        (1_000, {"points_per_yuan": 7}, 35, 500),
        (1_010, {"points_per_yuan": 7}, 35, 500),  # 5.05 yuan would be 35.35 points
        (1_000, {"points_max_pct": 100}, 1_000, 1_000),
        (1_000, {"points_max_pct": 150}, 1_000, 1_000),  # Nobody pays more than all of it.
        (1_000, {"points_max_pct": 0}, 0, 0),
        (1_000, {"points_per_yuan": 0}, 0, 0),
    ],
)
def test_points_pay_a_part_of_the_goods_in_whole_points(base, numbers, most, worth):
    quote = quoted(*at_prices(base), terms=some_terms(**numbers), points=10**9)

    assert (quote.points_max, quote.points) == (most, most)
    assert quote.goods_minor == base - worth


def test_fewer_than_may_be_used_are_used_as_wanted():
    quote = quoted(*at_prices(20_000), points=500)

    assert (quote.points, quote.points_max) == (500, 10_000)
    assert quote.lines[0].steps == (("list_price", 20_000), ("points", -500))
    assert (quote.lines[0].points, quote.lines[0].payable_minor) == (500, 19_500)


def test_who_wants_to_use_none_is_told_how_many_would_do():
    quote = quoted(*at_prices(20_000))

    assert (quote.points, quote.points_max) == (0, 10_000)
    assert quote.lines[0].steps == (("list_price", 20_000),)


def test_the_part_is_counted_after_coupons_and_without_freight():
    terms = some_terms(freight=[a_template(a_zone(first_fee=5_000))])

    quote = quoted(*at_prices(10_000), terms=terms, coupons=(a_coupon(off_minor=4_000),), points=10**9)

    assert quote.points_max == 3_000  # Half of 60.00
    assert (quote.goods_minor, quote.freight_minor) == (3_000, 5_000)


def test_each_line_keeps_its_points_and_what_they_were_worth():
    quote = quoted(*at_prices(1_000, 1_000, 1_000), points=100)

    assert taken_off(quote, "points") == (34, 33, 33)
    assert [line.points for line in quote.lines] == [34, 33, 33]
    assert payables(quote) == (966, 967, 967)


def test_points_of_another_worth_add_up_line_by_line_too():
    terms = some_terms(points_per_yuan=10)  # One point is 10 fen.

    quote = quoted(*at_prices(1_000, 500), terms=terms, points=10)  # 1.00 yuan over 10.00 and 5.00

    assert taken_off(quote, "points") == (67, 33)
    assert [line.points for line in quote.lines] == [7, 3]  # 10 over 67 and 33: 6.7 and 3.3


def test_points_that_would_buy_nothing_stay_with_the_buyer():
    terms = some_terms(points_per_yuan=200)  # Two points are one fen.

    three = quoted(*at_prices(1_000), terms=terms, points=3)
    one = quoted(*at_prices(1_000), terms=terms, points=1)

    assert (three.points, taken_off(three, "points")) == (2, (1,))
    assert (one.points, one.lines[0].steps) == (0, (("list_price", 1_000),))


def test_a_line_that_costs_nothing_takes_no_points():
    quote = quoted(*at_prices(0, 1_000), points=500)

    assert [line.points for line in quote.lines] == [0, 500]


def test_more_than_the_lines_cost_is_a_bug_and_not_a_price():
    line = Priced(a_sku("A"), 1, (("list_price", 100),))

    with pytest.raises(AssertionError, match="never larger than its base"):
        take_off((line,), [True], "points", 101)
    with pytest.raises(AssertionError, match="never larger than its base"):
        take_off((line,), [True], "points", -1)
