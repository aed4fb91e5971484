"""Promotions: MONEY 3, step 2. Every number is worked out by hand."""

import pytest

from shared.ordering.terms import PromotionKind, Scope
from tests.ordering.baskets import (
    FAR_AHEAD,
    LONG_AGO,
    NOW,
    a_promotion,
    a_sku,
    at_prices,
    full_reduction,
    gold,
    n_for_m,
    payables,
    percentage,
    quoted,
    some_terms,
    taken_off,
)

TIERS = ((10_000, 1_000), (20_000, 3_000), (50_000, 10_000))


def off(goods, *promotions, step="promotion:P"):
    return taken_off(quoted(*goods, terms=some_terms(*promotions)), step)


@pytest.mark.parametrize(
    ("base", "taken"),
    [
        (9_999, 0),
        (10_000, 1_000),
        (19_999, 1_000),
        (20_000, 3_000),
        (49_999, 3_000),
        (50_000, 10_000),
        (500_000, 10_000),
    ],
)
def test_the_highest_tier_that_is_reached_counts_once(base, taken):
    assert off(at_prices(base), full_reduction(*TIERS)) == (taken,)


def test_tiers_may_stand_in_any_order():
    assert off(at_prices(25_000), full_reduction(*reversed(TIERS))) == (3_000,)


@pytest.mark.parametrize(
    ("base", "taken"), [(9_999, 0), (10_000, 1_500), (19_999, 1_500), (35_000, 4_500), (100_000, 15_000)]
)
def test_a_repeated_tier_counts_once_for_every_time_it_is_reached(base, taken):
    assert off(at_prices(base), full_reduction((10_000, 1_500), repeat=True)) == (taken,)


def test_a_promotion_is_never_larger_than_what_it_is_taken_off():
    quote = quoted(*at_prices(300), terms=some_terms(full_reduction((100, 500))))

    assert payables(quote) == (0,)
    assert quote.lines[0].steps == (("list_price", 300), ("promotion:P", -300))


def test_its_threshold_is_tested_on_its_lines_together_and_after_the_member_price():
    levels, member = gold(rate_pct=90)
    terms = some_terms(full_reduction((18_000, 1_000)), levels=levels)

    just = quoted(*at_prices(15_000, 5_000), terms=terms, member=member)  # 135.00 + 45.00 = 180.00
    short = quoted(*at_prices(15_000, 4_999), terms=terms, member=member)  # 135.00 + 44.99

    assert taken_off(just, "promotion:P") == (750, 250)
    assert taken_off(short, "promotion:P") == (0, 0)


@pytest.mark.parametrize(
    ("scope", "taken"),
    [
        (Scope(), (250, 250, 250, 250)),
        (Scope(merchant_id="m-1"), (500, 500, 0, 0)),
        (Scope(categories=("tea",)), (500, 0, 500, 0)),
        (Scope(categories=("tea", "cup")), (250, 250, 250, 250)),
        (Scope(skus=("B", "C")), (0, 500, 500, 0)),
        (Scope(merchant_id="m-2", categories=("tea",)), (0, 0, 1_000, 0)),
        (Scope(merchant_id="m-2", skus=("A", "D")), (0, 0, 0, 1_000)),
        (Scope(merchant_id="m-3"), (0, 0, 0, 0)),
    ],
)
def test_it_counts_the_lines_of_its_scope_and_no_others(scope, taken):
    goods = [
        (a_sku("A", "m-1", 5_000, category="tea"), 1),
        (a_sku("B", "m-1", 5_000, category="cup"), 1),
        (a_sku("C", "m-2", 5_000, category="tea"), 1),
        (a_sku("D", "m-2", 5_000, category="cup"), 1),
    ]

    assert off(goods, full_reduction((5_000, 1_000), scope=scope)) == taken


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "runs"),
    [
        (NOW, NOW + 1, True),
        (NOW + 1, FAR_AHEAD, False),
        (LONG_AGO, NOW, False),
        (LONG_AGO, NOW + 1, True),
    ],
)
def test_it_runs_from_its_start_until_just_before_its_end(starts_at, ends_at, runs):
    promotion = full_reduction((100, 10), starts_at=starts_at, ends_at=ends_at)

    assert off(at_prices(100), promotion) == (10 if runs else 0,)


def test_a_promotion_in_another_currency_is_another_shop_s():
    assert off(at_prices(100), full_reduction((100, 10), currency="GBP")) == (0,)
    assert off(at_prices(100, currency="GBP"), full_reduction((100, 10), currency="GBP")) == (10,)


def test_a_line_is_in_one_promotion_at_most_and_the_smaller_priority_chooses_first():
    first = full_reduction((100, 10), promotion_id="Z", priority=1, scope=Scope(skus=("S1",)))
    second = full_reduction((100, 50), promotion_id="A", priority=2)

    quote = quoted(*at_prices(100, 200), terms=some_terms(second, first))

    assert taken_off(quote, "promotion:Z") == (10, 0)
    assert taken_off(quote, "promotion:A") == (0, 50)


def test_of_equal_priority_the_smaller_id_chooses_first():
    one, other = full_reduction((100, 10), promotion_id="A"), full_reduction((100, 50), promotion_id="B")

    for promotions in ((one, other), (other, one)):
        quote = quoted(*at_prices(100), terms=some_terms(*promotions))
        assert quote.lines[0].steps == (("list_price", 100), ("promotion:A", -10))


def test_a_promotion_that_gives_nothing_leaves_its_lines_to_the_next():
    too_high = full_reduction((1_000, 500), promotion_id="A")
    next_one = full_reduction((100, 20), promotion_id="B")

    quote = quoted(*at_prices(100), terms=some_terms(too_high, next_one))

    assert quote.lines[0].steps == (("list_price", 100), ("promotion:B", -20))


def test_a_promotion_that_gives_something_keeps_all_of_its_lines():
    # 10 over 100.00 and 0.01: the second line's share is nothing, but it was counted.
    first = full_reduction((10_001, 10), promotion_id="A")
    second = full_reduction((1, 1), promotion_id="B")

    quote = quoted(*at_prices(10_000, 1), terms=some_terms(first, second))

    assert taken_off(quote, "promotion:A") == (10, 0)
    assert taken_off(quote, "promotion:B") == (0, 0)


@pytest.mark.parametrize(
    ("n", "m", "goods", "taken"),
    [
        # (unit price, quantity) of each line; what is taken off each
        (3, 2, [(10_000, 1), (8_000, 1), (5_000, 1)], (2_174, 1_739, 1_087)),  # 50.00 over 230.00
        (3, 2, [(10_000, 1), (8_000, 1)], (0, 0)),  # no full set
        (3, 2, [(100, 2)], (0,)),
        (3, 2, [(100, 3)], (100,)),
        (3, 2, [(100, 5)], (100,)),
        (3, 2, [(100, 6)], (200,)),
        (3, 2, [(1_000, 4), (300, 3)], (490, 110)),  # 7 units, 2 sets: 2 x 3.00 over 40.00 and 9.00
        (3, 2, [(1_000, 5), (300, 1)], (1_226, 74)),  # 6 units, 2 sets: 3.00 + 10.00 over 50.00 and 3.00
        (
            3,
            2,
            [(1_000, 1), (300, 4)],
            (136, 164),
        ),  # One set: 3.00 over 10.00 and 12.00, cheapest by the unit
        (5, 3, [(100, 5)], (200,)),
        (5, 3, [(100, 9)], (200,)),
        (5, 3, [(100, 10)], (400,)),
        (2, 1, [(999, 1), (1, 1)], (1, 0)),  # The cheapest is free; nearly all of the fen falls to the other.
        (3, 1, [(300, 1), (200, 1), (100, 1)], (150, 100, 50)),
        (2, 1, [(100, 1), (0, 1)], (0, 0)),  # The free unit cost nothing anyway.
    ],
)
def test_n_units_for_the_price_of_m_the_cheapest_ones_free(n, m, goods, taken):
    lines = [(a_sku(f"S{i}", unit_price_minor=cost), quantity) for i, (cost, quantity) in enumerate(goods)]

    assert off(lines, n_for_m(n, m)) == taken


def test_the_free_units_are_those_that_are_cheapest_at_the_member_price():
    levels, member = gold(rate_pct=50)
    goods = [
        (a_sku("A", unit_price_minor=1_000), 1),
        (a_sku("B", unit_price_minor=600, flags=("full_price",)), 1),
    ]

    quote = quoted(*goods, terms=some_terms(n_for_m(2, 1), levels=levels), member=member)

    # A costs this member 5.00 and B 6.00: 5.00 off, over 5.00 and 6.00.
    assert taken_off(quote, "promotion:P") == (227, 273)


@pytest.mark.parametrize(
    ("rate", "fields", "base", "taken"),
    [
        (80, {}, 999, 199),  # 199.8
        (75, {}, 23_900, 5_975),
        (99, {}, 99, 0),
        (99, {}, 100, 1),
        (90, {"threshold_minor": 1_000}, 999, 0),
        (90, {"threshold_minor": 1_000}, 1_000, 100),
        (50, {"max_off_minor": 300}, 599, 299),
        (50, {"max_off_minor": 300}, 600, 300),
        (50, {"max_off_minor": 300}, 10_000, 300),
    ],
)
def test_a_percentage_rounds_down_and_stops_at_its_cap(rate, fields, base, taken):
    assert off(at_prices(base), percentage(rate, **fields)) == (taken,)


@pytest.mark.parametrize("kind", PromotionKind)
def test_there_is_a_rule_for_every_kind(kind):
    promotion = a_promotion(kind=kind, n=2, m=1, rate_pct=90)

    assert off(at_prices(0), promotion) == (0,)
