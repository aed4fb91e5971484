"""Every refusal has a way out, and a buyer who takes it."""

import pytest

from local.demo.buying import Basket, makes_do
from local.demo.extras import LONGEST
from local.demo.made_up import merchant_of

GARDEN = next(f"2{n:04}" for n in range(10_000) if merchant_of(f"2{n:04}") == "m-garden")


def a_basket(**other):
    return Basket(**({"wanted": {"A": 5, "B": 2}, "coupons": ["c-1", "c-2"], "points": 900} | other))


@pytest.mark.parametrize(
    ("problem", "left"),
    [
        ({"code": "stock_short", "sku": "A", "available": 3}, {"wanted": {"A": 3, "B": 2}}),
        ({"code": "sold_out", "sku": "A", "available": 0}, {"wanted": {"B": 2}}),
        ({"code": "purchase_limit", "sku": "B", "left": 1}, {"wanted": {"A": 5, "B": 1}}),
        ({"code": "purchase_limit", "sku": "B", "left": 0}, {"wanted": {"A": 5}}),
        ({"code": "too_many_lines", "maximum": 1}, {"wanted": {"A": 5}, "is_cut": True}),
        ({"code": "coupon_expired", "coupon": "c-1"}, {"coupons": ["c-2"]}),
        ({"code": "coupons_do_not_stack", "coupon": "c-2"}, {"coupons": ["c-1"]}),
        ({"code": "points_over_cap", "maximum": 450}, {"points": 450}),
        ({"code": "points_short", "available": 7}, {"points": 7}),
        ({"code": "nothing_to_pay"}, {"coupons": ["c-1"]}),
        ({"code": "payment_method_unavailable", "available": ["card"]}, {"payment_method": "card"}),
        ({"code": "price_changed"}, {}),
    ],
    ids=lambda value: value.get("code") if "code" in value else "",
)
def test_the_buyer_takes_the_way_out(problem, left):
    basket = a_basket()

    assert makes_do(basket, [problem])
    assert basket == a_basket(**left)


def test_only_goods_that_can_be_sent_are_ordered():
    basket = a_basket(wanted={"A": 5, GARDEN: 1})

    assert makes_do(basket, [{"code": "address_not_deliverable", "merchants": ["m-garden"]}])
    assert basket.wanted == {"A": 5}


@pytest.mark.parametrize(
    "problem",
    [
        {"code": "address_not_deliverable", "country": "XX"},
        {"code": "address_incomplete", "missing": ["country"]},
        {"code": "cross_border_quota", "left": 0},
    ],
    ids=lambda problem: problem["code"],
)
def test_where_there_is_no_way_out_the_buyer_leaves(problem):
    assert not makes_do(a_basket(), [problem])


def test_who_has_nothing_left_to_buy_leaves():
    assert not makes_do(a_basket(wanted={"A": 5}), [{"code": "sold_out", "sku": "A", "available": 0}])


def test_an_order_may_have_as_many_lines_as_the_longest_one():
    assert LONGEST == 500
