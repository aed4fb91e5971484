"""Coupons that cannot be used: each is told why, at once, and what it does not go with."""

import pytest

from shared.ordering.checks import (
    coupon_problems,
    quote_problems,
)
from shared.ordering.quote import price
from shared.ordering.terms import CouponState, Scope
from tests.ordering.baskets import (
    EVERYTHING,
    FAR_AHEAD,
    LONG_AGO,
    NOW,
    a_basket,
    a_coupon,
    a_shop_coupon,
    a_sku,
    at_prices,
    full_reduction,
    some_terms,
)

SKUS = {"TEA": a_sku("TEA", "m-tea", 1_000), "POT": a_sku("POT", "m-pot", 5_000)}


def told(basket):
    """What the price of *basket* brings to light."""
    asked = [coupon.coupon_id for coupon in basket.coupons]
    return [tuple(p) for p in quote_problems(price(basket), None, basket, asked=asked)]


def coupons_told(*coupons, asked=None, skus=(SKUS["TEA"], SKUS["POT"]), points=0, currency="CNY"):
    asked = [c.coupon_id for c in coupons] if asked is None else asked
    own = {c.coupon_id: c for c in coupons}
    made = coupon_problems(asked, own, wanted_skus=skus, points=points, now=NOW, currency=currency)
    return [tuple(p) for p in made]


def test_good_coupons_have_no_problem():
    assert coupons_told() == []
    assert coupons_told(a_shop_coupon("A", merchant="m-tea"), a_coupon("B"), points=100) == []


def test_somebody_else_s_coupon_is_unknown_like_one_that_never_was():
    assert coupons_told(asked=["THEIRS"]) == [("coupon_unknown", "/coupons/0", {"coupon": "THEIRS"})]


def test_a_coupon_counts_once_however_often_it_is_named():
    assert coupons_told(a_coupon("A"), asked=["A", "A", "A"]) == [
        ("coupon_repeated", "/coupons/1", {"coupon": "A"}),
        ("coupon_repeated", "/coupons/2", {"coupon": "A"}),
    ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ends_at": NOW + 1}, None),
        ({"ends_at": NOW}, "coupon_expired"),
        ({"starts_at": NOW}, None),
        ({"starts_at": NOW + 1}, "coupon_not_yet_valid"),
    ],
)
def test_a_coupon_is_good_from_its_start_until_just_before_its_end(fields, code):
    made = coupons_told(a_coupon(**fields))

    assert [problem[0] for problem in made] == ([] if code is None else [code])


@pytest.mark.parametrize("state", [CouponState.LOCKED, CouponState.USED])
def test_a_coupon_that_an_order_holds_or_has_used_is_not_available(state):
    details = {"coupon": "C", "state": str(state)}

    assert coupons_told(a_coupon(state=state)) == [("coupon_not_available", "/coupons/0", details)]


def test_everything_that_is_wrong_with_a_coupon_is_said_at_once():
    bad = a_shop_coupon("BAD", merchant="m-x", ends_at=LONG_AGO, state=CouponState.USED, currency="GBP")

    assert coupons_told(bad, asked=["NONE", "BAD"]) == [
        ("coupon_unknown", "/coupons/0", {"coupon": "NONE"}),
        ("coupon_expired", "/coupons/1", {"coupon": "BAD", "ended_at": LONG_AGO}),
        ("coupon_not_available", "/coupons/1", {"coupon": "BAD", "state": "used"}),
        ("coupon_other_currency", "/coupons/1", {"coupon": "BAD", "currency": "GBP"}),
        ("coupon_not_applicable", "/coupons/1", {"coupon": "BAD"}),
    ]


def test_goods_that_are_unknown_are_not_held_against_a_coupon():
    assert coupons_told(a_shop_coupon("A", currency="GBP"), skus=(), currency="") == []


def test_when_it_begins_is_said():
    assert coupons_told(a_coupon(starts_at=FAR_AHEAD)) == [
        ("coupon_not_yet_valid", "/coupons/0", {"coupon": "C", "starts_at": FAR_AHEAD})
    ]


@pytest.mark.parametrize(
    ("coupons", "clashes"),
    [
        ([a_coupon("A"), a_coupon("B")], {1: ["A"]}),
        ([a_coupon("A"), a_coupon("B"), a_coupon("D")], {1: ["A"], 2: ["A", "B"]}),
        ([a_shop_coupon("A", merchant="m-tea"), a_shop_coupon("B", merchant="m-tea")], {1: ["A"]}),
        ([a_shop_coupon("A", merchant="m-tea"), a_shop_coupon("B", merchant="m-pot")], {}),
        ([a_shop_coupon("A", merchant="m-tea", stackable_with=("points",)), a_coupon("B")], {1: ["A"]}),
        ([a_coupon("A", stackable_with=("platform",)), a_shop_coupon("B", merchant="m-tea")], {1: ["A"]}),
    ],
)
def test_coupons_that_do_not_go_together_are_told_with_which(coupons, clashes):
    asked = ["NONE", *(coupon.coupon_id for coupon in coupons)]

    made = [problem for problem in coupons_told(*coupons, asked=asked) if problem[0] != "coupon_unknown"]

    assert made == [
        ("coupons_do_not_stack", f"/coupons/{i + 1}", {"coupon": coupons[i].coupon_id, "with": names})
        for i, names in clashes.items()
    ]


def test_a_coupon_named_twice_does_not_clash_with_itself():
    assert [problem[0] for problem in coupons_told(a_coupon("A"), asked=["A", "A"])] == ["coupon_repeated"]


def test_a_coupon_may_go_without_points_only():
    choosy = a_coupon("A", stackable_with=EVERYTHING[:-1])

    assert coupons_told(choosy) == []
    assert coupons_told(choosy, points=1) == [
        ("coupons_do_not_stack", "/coupons/0", {"coupon": "A", "with": ["points"]})
    ]


def test_what_is_missing_to_its_threshold_is_said():
    basket = a_basket(*at_prices(4_000), coupons=(a_coupon("C", 500, threshold_minor=5_000),))

    details = {"coupon": "C", "threshold": 5_000, "base": 4_000, "missing": 1_000}
    assert told(basket) == [("coupon_threshold_not_reached", "/coupons/0", details)]


def test_one_fen_is_a_base():
    basket = a_basket(*at_prices(1), coupons=(a_coupon("C", 1, threshold_minor=2),))

    details = {"coupon": "C", "threshold": 2, "base": 1, "missing": 1}
    assert told(basket) == [("coupon_threshold_not_reached", "/coupons/0", details)]


def test_its_base_is_what_the_promotion_left():
    terms = some_terms(full_reduction((5_000, 1)))
    basket = a_basket(*at_prices(5_000), terms=terms, coupons=(a_coupon("C", 500, threshold_minor=5_000),))

    details = {"coupon": "C", "threshold": 5_000, "base": 4_999, "missing": 1}
    assert told(basket) == [("coupon_threshold_not_reached", "/coupons/0", details)]


@pytest.mark.parametrize(
    "coupon",
    [
        a_coupon("C", 500, scope=Scope(skus=("NONE",))),
        a_coupon("C", 500, scope=Scope(skus=("NONE",)), threshold_minor=1),
        a_coupon("C", 500, stackable_with=()),  # All there is is in a promotion.
        a_coupon("C", rate_pct=99, scope=Scope(skus=("S2",))),  # One per cent of 0.99
    ],
)
def test_a_coupon_that_would_be_used_up_for_nothing_is_refused(coupon):
    terms = some_terms(full_reduction((1_000, 1)))
    basket = a_basket(*at_prices(4_000, 99), terms=terms, coupons=(coupon,))

    assert told(basket) == [("coupon_not_applicable", "/coupons/0", {"coupon": "C"})]


def test_a_coupon_that_takes_something_off_has_no_problem():
    assert told(a_basket(*at_prices(5_000), coupons=(a_coupon("C", 1, threshold_minor=5_000),))) == []


def test_it_is_pointed_at_where_it_stands_in_the_request():
    useless = a_coupon("C", 500, scope=Scope(skus=("NONE",)))
    basket = a_basket(*at_prices(100), coupons=(useless,))  # The other one was not valid.

    [problem] = quote_problems(price(basket), None, basket, asked=["EXPIRED", "C"])

    assert (problem.code, problem.at) == ("coupon_not_applicable", "/coupons/1")


def test_an_order_of_which_nothing_is_left_to_pay_is_refused():
    whole = a_basket((SKUS["TEA"], 1), coupons=(a_coupon("A", off_minor=1_000),))
    almost = a_basket((SKUS["TEA"], 1), coupons=(a_coupon("A", off_minor=999),))

    assert told(whole) == [("nothing_to_pay", "/coupons", {"minimum": 1})]
    assert told(almost) == []
