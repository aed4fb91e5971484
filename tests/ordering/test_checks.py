"""Everything that stands in the way, at once, each with where it is and what would help."""

import pytest

from shared.model import Goods
from shared.money import Money
from shared.ordering.checks import (
    problems_of,
    quote_problems,
    size_problems,
    stock_problems,
)
from shared.ordering.quote import Wanted, price
from shared.ordering.stock import source
from tests.builders import ADDRESS, SKUS, a_quote
from tests.ordering.test_quote import a_sku

COUNTRIES = frozenset({"CN", "GB"})


def problems(wanted, *, address=ADDRESS, skus=SKUS):
    return [tuple(p) for p in problems_of(wanted, address, Goods(dict(skus), {}), COUNTRIES)]


def stock_told(left, quantity):
    wanted = [Wanted("TEA", quantity)]
    return [tuple(p) for p in stock_problems(wanted, source(wanted, {"TEA": left}).short)]


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


def test_ninety_products_are_the_most():
    assert list(size_problems([Wanted(f"S{i}", 1) for i in range(90)])) == []
    [problem] = size_problems([Wanted(f"S{i}", 1) for i in range(91)])
    assert (problem.code, problem.details) == ("too_many_stock_rows", {"maximum": 90, "wanted": 91})


def quoted_of(count, *, merchants=1, warehouses=1):
    """*count* products of so many merchants, each lying in one of so many warehouses."""
    skus = {f"S{i}": a_sku(f"S{i}", f"m-{i % merchants}") for i in range(count)}
    lies = {sku: ((f"W{i % warehouses}", 1),) for i, sku in enumerate(skus)}
    return price([Wanted(sku, 1) for sku in skus], skus, lies, flat_freight_minor=0)


@pytest.mark.parametrize(
    ("quoted", "is_refused"),
    [
        (quoted_of(90, warehouses=3), False),  # 90 rows, 1 part, 3 parcels, 6 beside: 100
        (quoted_of(90, warehouses=4), True),
        (quoted_of(90, merchants=2, warehouses=2), False),
        (quoted_of(90, merchants=3, warehouses=3), True),
        (quoted_of(31, merchants=31), False),
        (quoted_of(32, merchants=32), True),
    ],
)
def test_what_could_not_be_cancelled_in_one_transaction_is_not_sold(quoted, is_refused):
    found = list(quote_problems(quoted, None))

    assert [problem.code for problem in found] == (["too_many_stock_rows"] if is_refused else [])


def test_who_is_one_row_over_is_told_one_row_over():
    [problem] = quote_problems(quoted_of(90, warehouses=4), None)

    assert problem.details["wanted"] - problem.details["maximum"] == 1


def test_the_price_that_was_shown_is_the_price():
    assert list(quote_problems(a_quote(), Money(17_100, "CNY"))) == []
    assert list(quote_problems(a_quote(), None)) == []


@pytest.mark.parametrize("seen", [Money(17_099, "CNY"), Money(17_101, "CNY"), Money(17_100, "USD")])
def test_another_price_than_was_shown_is_said_with_both(seen):
    [problem] = quote_problems(a_quote(), seen)

    assert (problem.code, problem.at) == ("price_changed", "/expected_payable")
    assert problem.details == {
        "old": {"amount": seen.amount_minor, "currency": seen.currency},
        "new": {"amount": 17_100, "currency": "CNY"},
    }


def test_an_amount_beyond_every_number_format_is_refused():
    skus = {"S": a_sku("S", unit_price_minor=10**9)}
    largest = price([Wanted("S", 1000)], skus, {}, flat_freight_minor=0)
    beyond = price([Wanted("S", 1000)], skus, {}, flat_freight_minor=1)

    assert list(quote_problems(largest, None)) == []
    assert [problem.code for problem in quote_problems(beyond, None)] == ["amount_too_large"]
