"""Everything that stands in the way, at once, each with where it is and what would help."""

import pytest

from shared.goods import Held, Place
from shared.lifecycle import SubOrderState
from shared.model import SubOrder
from shared.money import Money
from shared.ordering.checks import (
    Expected,
    limit_problems,
    payment_method_problems,
    problems_of,
    quote_problems,
    size_problems,
    stock_problems,
)
from shared.ordering.quote import Quote, Wanted, price
from shared.ordering.stock import Shelves, source
from shared.ordering.terms import PaymentMethod
from tests.ordering.baskets import (
    BUYER,
    a_basket,
    a_coupon,
    a_sku,
    a_template,
    a_zone,
    at_prices,
    some_terms,
)

COUNTRIES = frozenset({"CN", "GB"})
ADDRESS = {"name": "Li Lei", "phone": "+8613800000000", "country": "CN", "city": "杭州", "street": "文三路 1"}
SKUS = {"TEA": a_sku("TEA", "m-tea", 1_000), "POT": a_sku("POT", "m-pot", 5_000)}


def problems(wanted, *, address=ADDRESS, skus=SKUS):
    return [tuple(p) for p in problems_of(wanted, address, skus, COUNTRIES)]


def stock_told(left, quantity):
    wanted = [Wanted("TEA", quantity)]
    shelves = Shelves({"TEA": {Place(warehouse): units for warehouse, units in left.items()}})
    return [tuple(p) for p in stock_problems(wanted, source(wanted, shelves).short)]


def told(basket, expected=None):
    """What the price of *basket* brings to light."""
    asked = [coupon.coupon_id for coupon in basket.coupons]
    return [tuple(p) for p in quote_problems(price(basket), expected, basket, asked=asked)]


def test_five_left_and_ten_wanted_is_refused_and_told_five():
    details = {"sku": "TEA", "wanted": 10, "available": 5}

    assert stock_told({"W1": 2, "W2": 3}, 10) == [("stock_short", "/lines/0/quantity", details)]


def test_twenty_left_and_three_wanted_is_accepted():
    assert stock_told({"W1": 20}, 3) == []


def test_the_last_unit_can_be_bought():
    assert stock_told({"W1": 2, "W2": 3}, 5) == []


def test_nothing_left_is_sold_out():
    assert stock_told({"W1": 0}, 1) == [
        ("sold_out", "/lines/0/quantity", {"sku": "TEA", "wanted": 1, "available": 0})
    ]


def test_a_good_order_has_no_problem():
    assert problems([Wanted("TEA", 3), Wanted("POT", 1)]) == []
    assert problems([Wanted("TEA", 3)], address=None) == []  # A quote asks for no address.


def test_everything_is_said_at_once():
    skus = SKUS | {"OLD": a_sku("OLD")._replace(is_on_sale=False), "EUR": a_sku("EUR", currency="EUR")}
    wanted = [Wanted("NONE", 1), Wanted("OLD", 1), Wanted("TEA", 1), Wanted("TEA", 2), Wanted("EUR", 1)]

    found = problems(wanted, address=ADDRESS | {"country": "US", "city": " ", "phone": None}, skus=skus)

    assert found == [
        ("address_incomplete", "/address", {"missing": ["phone", "city"]}),
        ("address_not_deliverable", "/address/country", {"country": "US"}),
        ("sku_unknown", "/lines/0/sku", {"sku": "NONE"}),
        ("sku_not_on_sale", "/lines/1/sku", {"sku": "OLD"}),
        ("sku_repeated", "/lines/3/sku", {"sku": "TEA"}),
        ("currencies_mixed", "/lines", {"currencies": ["CNY", "EUR"]}),
    ]


@pytest.mark.parametrize("name", ["name", "phone", "country", "city", "street"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_an_address_needs_all_of_its_parts(name, value):
    found = problems([Wanted("TEA", 1)], address=ADDRESS | {name: value})

    assert ("address_incomplete", "/address", {"missing": [name]}) in found


def test_five_hundred_lines_are_the_most():
    assert list(size_problems([Wanted(f"S{i}", 1) for i in range(500)])) == []
    [problem] = size_problems([Wanted(f"S{i}", 1) for i in range(501)])
    assert tuple(problem) == ("too_many_lines", "/lines", {"maximum": 500, "wanted": 501})


LIMITED = {
    "HOT": a_sku("HOT", flags=("limited",), limit_per_buyer=3),
    "FREE": a_sku("FREE", limit_per_buyer=3),  # Not limited, whatever number is left on it.
}


@pytest.mark.parametrize(
    ("bought", "wanted", "left"),
    [(0, 3, None), (0, 4, 3), (2, 1, None), (2, 2, 1), (3, 1, 0), (5, 1, 0)],
)
def test_what_was_bought_before_counts(bought, wanted, left):
    member = BUYER._replace(counts={"sku:HOT": bought})

    found = list(limit_problems([Wanted("OTHER", 1), Wanted("HOT", wanted)], LIMITED, member))

    details = {"sku": "HOT", "wanted": wanted, "limit": 3, "bought": bought, "left": left}
    assert [tuple(p) for p in found] == (
        [] if left is None else [("purchase_limit", "/lines/1/quantity", details)]
    )


def test_who_never_bought_any_may_have_as_many_as_anybody():
    assert list(limit_problems([Wanted("HOT", 3)], LIMITED, BUYER)) == []


def test_goods_without_a_limit_have_none():
    assert list(limit_problems([Wanted("FREE", 9_999)], LIMITED, BUYER)) == []


@pytest.mark.parametrize(
    ("owned", "wanted", "problems"),
    [
        (500, 500, []),
        (499, 500, [("points_short", "/points", {"wanted": 500, "available": 499})]),
        (501, 501, [("points_over_cap", "/points", {"wanted": 501, "maximum": 500})]),
        (
            0,
            501,
            [
                ("points_short", "/points", {"wanted": 501, "available": 0}),
                ("points_over_cap", "/points", {"wanted": 501, "maximum": 500}),
            ],
        ),
        (0, 0, []),
    ],
)
def test_no_more_than_one_has_and_no_more_than_half(owned, wanted, problems):
    basket = a_basket(*at_prices(1_000), member=BUYER._replace(points=owned), points=wanted)

    assert told(basket) == problems


METHODS = some_terms(
    payment_methods={
        "alipay": PaymentMethod(),
        "balance": PaymentMethod(max_minor=10_000),
        "instalments": PaymentMethod(not_for=("food", "gold")),
    }
)


def method_told(method, *goods, terms=METHODS):
    quote = price(a_basket(*goods, terms=terms))
    return [tuple(p) for p in payment_method_problems(method, quote, terms)]


@pytest.mark.parametrize("method", ["alipay", "balance", "instalments"])
def test_a_method_that_fits_has_no_problem(method):
    assert method_told(method, *at_prices(10_000)) == []


def test_an_amount_over_its_limit_is_told_with_what_would_do():
    details = {"method": "balance", "maximum": 10_000, "available": ["alipay", "instalments"]}

    assert method_told("balance", *at_prices(10_001)) == [
        ("payment_method_unavailable", "/payment_method", details)
    ]


def test_goods_that_it_is_not_for_are_named():
    goods = [(a_sku("A", category="food"), 1), (a_sku("B", category="gold"), 1), (a_sku("C"), 1)]
    details = {
        "method": "instalments",
        "categories": ["food", "gold"],
        "available": ["alipay", "balance"],
    }

    assert method_told("instalments", *goods) == [("payment_method_unavailable", "/payment_method", details)]


def test_a_method_that_nobody_heard_of():
    details = {"method": "shells", "available": ["alipay", "balance", "instalments"]}

    assert method_told("shells", *at_prices(1)) == [
        ("payment_method_unavailable", "/payment_method", details)
    ]


def test_where_none_was_named_or_published_there_is_nothing_to_check():
    assert method_told("", *at_prices(99_999)) == []
    assert method_told("shells", *at_prices(1), terms=some_terms()) == []


ABROAD = a_sku("ABROAD", unit_price_minor=1_000, flags=("cross_border",))
CUSTOMS = some_terms(cross_border_year_minor=10_000, points_max_pct=100)


@pytest.mark.parametrize(
    ("brought_in", "units", "left"),
    [(0, 10, None), (0, 11, 10_000), (9_000, 1, None), (9_001, 1, 999), (12_000, 1, 0)],
)
def test_one_person_brings_in_so_much_a_year(brought_in, units, left):
    member = BUYER._replace(counts={"cross_border:2027": brought_in, "cross_border:2026": 10_000})
    home = a_sku("HOME", unit_price_minor=50_000)
    basket = a_basket((home, 1), (ABROAD, units), terms=CUSTOMS, member=member)

    details = {"wanted": units * 1_000, "limit": 10_000, "bought": brought_in, "left": left}
    assert told(basket) == ([] if left is None else [("cross_border_quota", "/lines", details)])


def test_the_year_is_the_one_in_china():
    eve = 1_798_732_800  # 2026-12-31T16:00:00Z, the first of January in Shanghai
    member = BUYER._replace(counts={"cross_border:2026": 10_000})

    new_year = a_basket((ABROAD, 1), terms=CUSTOMS, member=member, now=eve)
    old_year = a_basket((ABROAD, 1), terms=CUSTOMS, member=member, now=eve - 1)

    assert told(new_year) == []
    assert [problem[0] for problem in told(old_year)] == ["cross_border_quota"]


def test_who_never_brought_anything_in_may_bring_in_all_of_it():
    assert told(a_basket((ABROAD, 10), terms=CUSTOMS)) == []
    assert [problem[0] for problem in told(a_basket((ABROAD, 11), terms=CUSTOMS))] == ["cross_border_quota"]


def test_who_buys_at_home_is_not_asked():
    member = BUYER._replace(counts={"cross_border:2027": 10_001})

    assert told(a_basket(*at_prices(1_000), terms=CUSTOMS, member=member)) == []


def test_where_a_merchant_does_not_send_is_told_with_the_merchants():
    template = a_template(a_zone("CN/Zhejiang"), merchant="m-tea")
    goods = [(SKUS["TEA"], 1), (SKUS["POT"], 1)]
    basket = a_basket(*goods, terms=some_terms(freight=[template]), destination=("CN", "Tibet"))

    details = {"country": "CN", "region": "Tibet", "merchants": ["m-tea"]}
    assert told(basket) == [("address_not_deliverable", "/address", details)]


@pytest.mark.parametrize(
    ("merchants", "warehouses", "parts"),
    [
        (1, 90, None),  # 1 part, 90 parcels, 9 beside: 100
        (1, 91, 92),
        (45, 1, None),
        (45, 2, 135),
        (46, 1, 92),
    ],
)
def test_what_could_not_be_cancelled_in_one_transaction_is_not_sold(merchants, warehouses, parts):
    goods = [(a_sku(f"S{i}", f"m-{i}"), 100) for i in range(merchants)]
    lies = tuple(Held(f"W{i}", 1) for i in range(warehouses))
    basket = a_basket(*goods, allocation={sku.sku: lies for sku, _ in goods})

    details = {"maximum": 91, "wanted": parts}
    assert told(basket) == ([] if parts is None else [("too_many_parts", "/lines", details)])


def test_shards_of_one_warehouse_are_one_parcel():
    lies = {"S1": tuple(Held("W1", 1, shard) for shard in range(95))}

    assert told(a_basket(*at_prices(100, quantity=95), allocation=lies)) == []


def test_an_amount_beyond_every_number_format_is_refused():
    basket = a_basket()
    largest, beyond = (
        Quote("CNY", (), (a_part(goods, freight),)) for goods, freight in ((10**12, 0), (10**12, 1))
    )

    assert list(quote_problems(largest, None, basket, asked=())) == []
    [problem] = quote_problems(beyond, None, basket, asked=())
    assert tuple(problem) == ("amount_too_large", "/lines", {"maximum": 10**12})


def a_part(goods_minor, freight_minor):
    return SubOrder(
        number=1,
        merchant_id="m-1",
        state=SubOrderState.AWAITING_PAYMENT,
        goods_minor=goods_minor,
        freight_minor=freight_minor,
        payable_minor=goods_minor + freight_minor,
    )


SEEN = a_basket((SKUS["TEA"], 3), (SKUS["POT"], 2), terms=some_terms(flat_freight_minor=800))  # 30 + 100 + 16


@pytest.mark.parametrize(
    "seen",
    [
        None,
        Expected(Money(14_600, "CNY")),
        Expected(Money(14_600, "CNY"), (3_000, 10_000)),
        Expected(Money(14_600, "CNY"), None, 1_600),
        Expected(Money(14_600, "CNY"), (3_000, 10_000), 1_600),
    ],
)
def test_the_price_that_was_shown_is_the_price(seen):
    assert told(SEEN, seen) == []


@pytest.mark.parametrize("seen", [Money(14_599, "CNY"), Money(14_601, "CNY"), Money(14_600, "USD")])
def test_another_total_than_was_shown_is_said_with_both(seen):
    details = {
        "old": {"amount": seen.amount_minor, "currency": seen.currency},
        "new": {"amount": 14_600, "currency": "CNY"},
        "why": [],
    }

    assert told(SEEN, Expected(seen)) == [("price_changed", "/expected_payable", details)]


@pytest.mark.parametrize(
    ("lines", "freight", "why"),
    [
        ((2_900, 10_000), 1_600, [{"what": "line", "line": 1, "sku": "TEA", "old": 2_900, "new": 3_000}]),
        ((3_000, 10_000), 1_500, [{"what": "freight", "old": 1_500, "new": 1_600}]),
        (
            (3_100, 9_900),
            0,
            [
                {"what": "line", "line": 1, "sku": "TEA", "old": 3_100, "new": 3_000},
                {"what": "line", "line": 2, "sku": "POT", "old": 9_900, "new": 10_000},
                {"what": "freight", "old": 0, "new": 1_600},
            ],
        ),
        ((3_000,), None, [{"what": "line", "line": 2, "sku": "POT", "old": None, "new": 10_000}]),
        ((3_000, 10_000, 5), None, [{"what": "line", "line": 3, "sku": None, "old": 5, "new": None}]),
    ],
)
def test_each_line_and_the_freight_that_differ_are_named(lines, freight, why):
    seen = Expected(Money(14_500, "CNY"), lines, freight)

    [(code, at, details)] = told(SEEN, seen)

    assert (code, at, details["why"]) == ("price_changed", "/expected_payable", why)


def test_a_quote_that_does_not_hold_in_its_parts_does_not_hold():
    """The total is the same by chance: what the buyer saw of it is not."""
    seen = Expected(Money(14_600, "CNY"), (2_900, 10_100), 1_600)

    assert [problem[0] for problem in told(SEEN, seen)] == ["price_changed"]


def test_everything_that_the_price_brings_to_light_is_said_at_once():
    terms = some_terms(cross_border_year_minor=999, freight=[a_template(a_zone("CN"))])
    goods = [(a_sku("A", unit_price_minor=1_000, flags=("cross_border",)), 1)]
    basket = a_basket(
        *goods,
        terms=terms,
        member=BUYER._replace(points=0),
        coupons=(a_coupon("C", 1, threshold_minor=1_001),),
        points=501,
        destination=("GB", ""),
    )

    found = told(basket, Expected(Money(1, "CNY")))

    # 500 points are taken off all the same, so that 5.00 are left for customs: not over its limit.
    assert [code for code, _, _ in found] == [
        "address_not_deliverable",
        "coupon_threshold_not_reached",
        "points_short",
        "points_over_cap",
        "price_changed",
    ]
