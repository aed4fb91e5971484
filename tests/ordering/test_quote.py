"""What an order costs, step by step: RULES 3, MONEY 3. Promotions, coupons, points and freight have their own files."""

import pytest

from shared.goods import Held
from shared.money import worth_of_units
from shared.ordering.quote import Wanted, member_price, price
from shared.ordering.terms import EVERYWHERE, Scope
from tests.ordering.baskets import (
    NOW,
    a_basket,
    a_coupon,
    a_shop_coupon,
    a_sku,
    a_template,
    a_zone,
    at_prices,
    full_reduction,
    gold,
    payables,
    quoted,
    some_terms,
    taken_off,
)

TEA = a_sku("TEA", "m-tea", 1_000, name="green tea", weight_grams=100, category="food", spec="spring, 250 g")
CUP = a_sku("CUP", "m-tea", 2_500, category="fragile", flags=("perishable", "limited"))
POT = a_sku("POT", "m-pot", 5_000, category="fragile")
SHOPPING = ((TEA, 3), (CUP, 1), (POT, 2))


def test_the_golden_example_costs_135():
    # RULES 3: 100.00 x 2, "200 minus 50", coupon 10, points worth 5 -> 200 - 50 - 10 - 5 = 135.00
    terms = some_terms(full_reduction((20_000, 5_000), promotion_id="200-50"))

    quote = quoted(*at_prices(10_000, quantity=2), terms=terms, coupons=(a_coupon("TEN", 1_000),), points=500)

    [line] = quote.lines
    assert quote.payable_minor == quote.goods_minor == line.payable_minor == 13_500
    assert line.steps == (
        ("list_price", 20_000),
        ("promotion:200-50", -5_000),
        ("platform_coupon:TEN", -1_000),
        ("points", -500),
    )
    assert [worth_of_units(13_500, 2, before=k, after=k + 1) for k in range(2)] == [6_750, 6_750]


def test_the_golden_example_in_two_lines_is_shared_evenly():
    terms = some_terms(full_reduction((20_000, 5_000)))

    quote = quoted(*at_prices(10_000, 10_000), terms=terms, coupons=(a_coupon("C", 1_000),), points=500)

    for line in quote.lines:
        assert line.steps == (
            ("list_price", 10_000),
            ("promotion:P", -2_500),
            ("platform_coupon:C", -500),
            ("points", -250),
        )
    assert (payables(quote), quote.payable_minor) == ((6_750, 6_750), 13_500)


def test_every_step_in_its_order():
    """Two shops and all there is. By hand:

    line  list     member 90 %   "200 - 50" of m-1   shop 10.00 of m-1   platform 10 %   points 20.00
    A     150.00   135.00        - 33.75 = 101.25    - 6.75 = 94.50      - 9.45 = 85.05  - 9.22 = 75.83
    B      72.22    65.00        - 16.25 =  48.75    - 3.25 = 45.50      - 4.55 = 40.95  - 4.44 = 36.51
    C      65.00    65.00 (no member price)          m-2                 - 6.50 = 58.50  - 6.34 = 52.16
    """
    levels, member = gold(rate_pct=90)
    promotion = full_reduction((20_000, 5_000), scope=Scope(merchant_id="m-1"))
    goods = [
        (a_sku("A", "m-1", 7_500), 2),
        (a_sku("B", "m-1", 7_222), 1),
        (a_sku("C", "m-2", 6_500, flags=("full_price",)), 1),
    ]
    coupons = (a_coupon("ALL", rate_pct=90), a_shop_coupon("SHOP", 1_000))

    terms = some_terms(promotion, levels=levels, flat_freight_minor=800)
    quote = quoted(*goods, terms=terms, member=member, coupons=coupons, points=2_000)

    assert [line.steps for line in quote.lines] == [
        (
            ("list_price", 15_000),
            ("member_price", -1_500),
            ("promotion:P", -3_375),
            ("shop_coupon:SHOP", -675),
            ("platform_coupon:ALL", -945),
            ("points", -922),
        ),
        (
            ("list_price", 7_222),
            ("member_price", -722),
            ("promotion:P", -1_625),
            ("shop_coupon:SHOP", -325),
            ("platform_coupon:ALL", -455),
            ("points", -444),
        ),
        (("list_price", 6_500), ("platform_coupon:ALL", -650), ("points", -634)),
    ]
    assert payables(quote) == (7_583, 3_651, 5_216)
    assert [(s.goods_minor, s.freight_minor, s.payable_minor) for s in quote.sub_orders] == [
        (11_234, 800, 12_034),
        (5_216, 800, 6_016),
    ]
    assert [used.off_minor for used in quote.coupons] == [2_050, 1_000]
    assert (quote.points, quote.points_max) == (2_000, 9_225)
    assert (quote.goods_minor, quote.freight_minor, quote.payable_minor) == (16_450, 1_600, 18_050)


EIGHT = (10, 20, 10, 30, 50, 20, 10, 40)


@pytest.mark.parametrize(
    ("weights", "total", "shares"),
    [  # PEERS section 5: what other platforms' tests publish, as a coupon over lines that cost 1000 times as much.
        ((4000, 2000, 2000), 300, (150, 75, 75)),
        ((4300, 1400, 2300), 299, (161, 52, 86)),
        ((1000, 1000, 1000), 299, (100, 100, 99)),
        (EIGHT, 95, (5, 10, 5, 15, 25, 10, 5, 20)),
        (EIGHT, 93, (5, 10, 5, 15, 24, 10, 5, 19)),
        ((10, 0), 40, (40, 0)),
        ((50, 50), 1003, (502, 501)),
        ((1, 3), 100, (25, 75)),
        ((1011, 12134, 3767), 5734, (343, 4114, 1277)),
        ((1, 1, 1), 100, (34, 33, 33)),
        ((5000, 1000), 1000, (833, 167)),
        ((10000, 10000), 6500, (3250, 3250)),
        ((20, 10), 10000, (6667, 3333)),  # 2 : 1
        ((4, 1, 1, 4, 1, 1), 1000, (334, 84, 83, 333, 83, 83)),
    ],
)
def test_an_amount_is_spread_over_lines_as_published(weights, total, shares):
    prices = [1_000 * weight for weight in weights]

    quote = quoted(*at_prices(*prices), coupons=(a_coupon(off_minor=total),))

    assert taken_off(quote, "platform_coupon:C") == shares


@pytest.mark.parametrize(
    ("prices", "off", "shares"),
    [
        ((2_000, 1_000), 10_000, (2_000, 1_000)),  # Everything, and no more.
        ((10, 0), 40, (10, 0)),  # Where Vendure would take 40 off a line of 10.
        ((0, 0), 10, (0, 0)),  # Lines that cost nothing get nothing.
        ((0, 7, 0, 7), 3, (0, 2, 0, 1)),  # The odd fen to the earlier of equal lines.
    ],
)
def test_no_line_is_reduced_below_zero(prices, off, shares):
    quote = quoted(*at_prices(*prices), coupons=(a_coupon(off_minor=off),))

    assert taken_off(quote, "platform_coupon:C") == shares


@pytest.mark.parametrize(
    ("unit", "rate", "cost"),
    [
        (1_000, 90, 900),
        (1_010, 95, 960),  # 959.5 is rounded up,
        (1_009, 95, 959),  # 958.55
        (1_005, 90, 905),  # 904.5
        (1_004, 90, 904),  # 903.6
        (1_003, 90, 903),  # 902.7
        (1_001, 90, 901),  # 900.9
        (11, 95, 10),  # 10.45
        (10, 95, 10),  # 9.5: nothing off
        (1, 50, 1),  # 0.5
        (1, 49, 0),  # 0.49
        (0, 90, 0),
        (999, 100, 999),
    ],
)
def test_the_member_price_is_per_unit_with_half_a_fen_rounded_up(unit, rate, cost):
    levels, member = gold(rate_pct=rate)

    quote = quoted(*at_prices(unit, quantity=7), terms=some_terms(levels=levels), member=member)

    assert member_price(unit, rate) == cost
    assert payables(quote) == (7 * cost,)
    assert taken_off(quote, "member_price") == (7 * (unit - cost),)
    assert quote.lines[0].unit_price_minor == unit


def test_some_goods_have_no_member_price():
    levels, member = gold(rate_pct=90)
    goods = [
        (a_sku("A", unit_price_minor=1_000, flags=("full_price",)), 1),
        (a_sku("B", unit_price_minor=1_000), 1),
    ]

    quote = quoted(*goods, terms=some_terms(levels=levels), member=member)

    assert payables(quote) == (1_000, 900)


def test_who_has_no_level_or_one_that_is_gone_pays_the_list_price():
    levels, member = gold(rate_pct=90)
    terms = some_terms(levels=levels)

    for level in ("", "silver"):
        quote = quoted(*at_prices(1_000), terms=terms, member=member._replace(level=level))
        assert quote.lines[0].steps == (("list_price", 1_000),)


def test_a_line_keeps_what_it_was_when_it_was_bought():
    allocation = {"TEA": (Held("W1", 2), Held("W2", 1, shard=3, channel="app"))}

    tea, cup, pot = quoted(*SHOPPING, allocation=allocation).lines

    assert (tea.number, tea.sub_order, tea.sku, tea.name, tea.merchant_id) == (
        1,
        1,
        "TEA",
        "green tea",
        "m-tea",
    )
    assert (tea.quantity, tea.unit_price_minor, tea.payable_minor, tea.weight_grams) == (3, 1_000, 3_000, 100)
    assert (tea.category, tea.spec, tea.flags) == ("food", "spring, 250 g", ())
    assert tea.allocation == (Held("W1", 2), Held("W2", 1, shard=3, channel="app"))
    assert (cup.number, cup.sub_order, cup.flags) == (2, 1, ("perishable", "limited"))
    assert (pot.number, pot.sub_order, pot.payable_minor, pot.allocation) == (3, 2, 10_000, ())


def test_freight_is_charged_once_for_each_merchant_and_added_last():
    quote = quoted(*SHOPPING, terms=some_terms(flat_freight_minor=800))

    assert [(s.goods_minor, s.freight_minor, s.payable_minor) for s in quote.sub_orders] == [
        (5_500, 800, 6_300),
        (10_000, 800, 10_800),
    ]
    assert (quote.goods_minor, quote.freight_minor, quote.payable_minor) == (15_500, 1_600, 17_100)


def test_merchants_are_numbered_as_the_buyer_named_them():
    quote = quoted((POT, 1), (TEA, 1), (a_sku("POT2", "m-pot"), 1))

    assert [(s.number, s.merchant_id) for s in quote.sub_orders] == [(1, "m-pot"), (2, "m-tea")]
    assert [line.sub_order for line in quote.lines] == [1, 2, 1]


def test_a_part_ships_when_its_last_presale_does():
    goods = [
        (a_sku("A", "m-1", flags=("presale",), ships_at=NOW + 100), 1),
        (a_sku("B", "m-1", flags=("presale",), ships_at=NOW + 200), 1),
        (a_sku("C", "m-1"), 1),
        (a_sku("D", "m-2", ships_at=NOW + 300), 1),  # Not a presale, whatever date is left on it.
    ]

    assert [s.ships_at for s in quoted(*goods).sub_orders] == [NOW + 200, None]


def test_goods_that_do_not_keep_and_better_members_are_served_earlier():
    levels, member = gold(boost_seconds=600)
    terms = some_terms(levels=levels)

    assert [s.boost_seconds for s in quoted(*SHOPPING, terms=terms).sub_orders] == [3_600, 0]
    assert [s.boost_seconds for s in quoted(*SHOPPING, terms=terms, member=member).sub_orders] == [4_200, 600]


def test_a_quote_that_nobody_says_where_to_is_a_quote():
    terms = some_terms(freight=[a_template(a_zone("CN", first_fee=100), a_zone(EVERYWHERE, first_fee=900))])

    assert quoted(*at_prices(1_000), terms=terms).payable_minor == 1_900
    assert quoted(*at_prices(1_000), terms=terms, destination=("CN", "")).payable_minor == 1_100


def test_the_same_input_costs_the_same():
    assert quoted(*SHOPPING) == quoted(*SHOPPING)


def test_two_currencies_are_never_added_up():
    with pytest.raises(ValueError, match="too many values"):
        quoted((a_sku("A"), 1), (a_sku("B", currency="USD"), 1))


def test_five_hundred_lines_of_five_hundred_merchants_are_priced():
    goods = [(a_sku(f"S{i}", f"m-{i}", 100), 2) for i in range(500)]
    terms = some_terms(full_reduction((100_000, 1)), flat_freight_minor=1)

    quote = quoted(*goods, terms=terms, coupons=(a_coupon(off_minor=499),), points=7)

    assert quote.payable_minor == 100_000 - 1 - 499 - 7 + 500
    assert len(quote.sub_orders) == 500


def test_a_basket_can_do_without_an_allocation():
    basket = a_basket((TEA, 1))

    assert basket.wanted == (Wanted("TEA", 1),)
    assert price(basket).lines[0].allocation == ()
