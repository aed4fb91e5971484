"""Coupons: MONEY 3, steps 3 and 4. Every number is worked out by hand."""

import pytest

from shared.model import UsedCoupon
from shared.ordering.coupons import clashes
from shared.ordering.terms import CouponKind, Scope
from tests.ordering.baskets import (
    EVERYTHING,
    FAR_AHEAD,
    a_coupon,
    a_shop_coupon,
    a_sku,
    at_prices,
    full_reduction,
    payables,
    quoted,
    some_terms,
    taken_off,
)


@pytest.mark.parametrize(
    ("fields", "base", "taken"),
    [
        ({"off_minor": 1_000}, 5_000, 1_000),
        ({"off_minor": 1_000}, 999, 999),  # never larger than its base
        ({"off_minor": 1_000, "threshold_minor": 5_000}, 5_000, 1_000),
        ({"off_minor": 1_000, "threshold_minor": 5_000}, 4_999, 0),
        ({"rate_pct": 90}, 999, 99),  # 99.9
        ({"rate_pct": 90}, 9, 0),
        ({"rate_pct": 90, "max_off_minor": 50}, 499, 49),
        ({"rate_pct": 90, "max_off_minor": 50}, 100_000, 50),
        ({"rate_pct": 90, "threshold_minor": 1_000}, 999, 0),
        ({"rate_pct": 90, "threshold_minor": 1_000}, 1_000, 100),
    ],
)
@pytest.mark.parametrize("make", [a_coupon, a_shop_coupon])
def test_an_amount_or_a_rate_with_threshold_and_cap(make, fields, base, taken):
    quote = quoted(*at_prices(base), coupons=(make(**fields),))

    [used] = quote.coupons
    assert used.off_minor == taken
    assert quote.goods_minor == base - taken


@pytest.mark.parametrize(
    ("coupon", "step", "taken"),
    [
        (a_coupon(off_minor=1_000), "platform_coupon:C", (250, 250, 250, 250)),
        (a_shop_coupon(off_minor=1_000, merchant="m-2"), "shop_coupon:C", (0, 0, 500, 500)),
        (
            a_coupon("C", 1_000, CouponKind.CATEGORY, scope=Scope(categories=("tea",))),
            "platform_coupon:C",
            (500, 0, 500, 0),
        ),
        (
            a_coupon("C", 1_000, CouponKind.CATEGORY, scope=Scope(merchant_id="m-1", categories=("tea",))),
            "shop_coupon:C",
            (1_000, 0, 0, 0),
        ),
        (
            a_coupon("C", 1_000, CouponKind.ITEM, scope=Scope(skus=("A", "D"))),
            "platform_coupon:C",
            (500, 0, 0, 500),
        ),
        (
            a_coupon("C", 1_000, CouponKind.ITEM, scope=Scope(merchant_id="m-2", skus=("A", "D"))),
            "shop_coupon:C",
            (0, 0, 0, 1_000),
        ),
    ],
)
def test_a_coupon_counts_its_lines_and_belongs_to_a_shop_if_its_scope_names_one(coupon, step, taken):
    goods = [
        (a_sku("A", "m-1", 5_000, category="tea"), 1),
        (a_sku("B", "m-1", 5_000, category="cup"), 1),
        (a_sku("C", "m-2", 5_000, category="tea"), 1),
        (a_sku("D", "m-2", 5_000, category="cup"), 1),
    ]

    assert taken_off(quoted(*goods, coupons=(coupon,)), step) == taken


@pytest.mark.parametrize("turned", [False, True])
def test_shop_coupons_come_before_the_platform_s_however_they_are_named(turned):
    shop = a_shop_coupon("SHOP", 1_000)
    platform = a_coupon("PLATFORM", rate_pct=50)

    coupons = (platform, shop) if turned else (shop, platform)
    quote = quoted(*at_prices(3_000), coupons=coupons)

    # 30.00 - 10.00 = 20.00, and half of that.
    assert quote.lines[0].steps == (
        ("list_price", 3_000),
        ("shop_coupon:SHOP", -1_000),
        ("platform_coupon:PLATFORM", -1_000),
    )
    assert [used.coupon_id for used in quote.coupons] == [coupon.coupon_id for coupon in coupons]


def test_thresholds_are_tested_on_what_the_step_before_left():
    terms = some_terms(full_reduction((10_000, 1_000)))
    shop = a_shop_coupon("S", 500, threshold_minor=9_000)
    platform = a_coupon("P", 100, threshold_minor=8_500)
    too_high = (a_shop_coupon("S", 500, threshold_minor=9_001), a_coupon("P", 100, threshold_minor=9_001))

    reached = quoted(*at_prices(10_000), terms=terms, coupons=(shop, platform))
    missed = quoted(*at_prices(10_000), terms=terms, coupons=too_high)

    assert reached.lines[0].steps[1:] == (
        ("promotion:P", -1_000),
        ("shop_coupon:S", -500),
        ("platform_coupon:P", -100),
    )
    assert [used.off_minor for used in missed.coupons] == [0, 0]
    assert missed.coupon_bases == (9_000, 9_000)
    assert payables(missed) == (9_000,)


def test_a_coupon_that_tolerates_no_promotion_does_not_count_lines_that_are_in_one():
    promoted = full_reduction((1_000, 100), scope=Scope(skus=("S1",)))
    choosy = a_coupon("C", 500, stackable_with=("shop", "platform", "points"))

    quote = quoted(*at_prices(1_000, 2_000), terms=some_terms(promoted), coupons=(choosy,))

    assert quote.coupon_bases == (2_000,)
    assert taken_off(quote, "platform_coupon:C") == (0, 500)


def test_a_line_whose_share_of_a_promotion_came_to_nothing_is_in_it_all_the_same():
    promoted = full_reduction((10_001, 10))
    choosy = a_coupon("C", 1, stackable_with=())

    quote = quoted(*at_prices(10_000, 1), terms=some_terms(promoted), coupons=(choosy,))

    assert taken_off(quote, "promotion:P") == (10, 0)
    assert (quote.coupons[0].off_minor, quote.coupon_bases) == (0, (0,))


def test_each_shop_s_coupon_is_for_its_own_lines():
    goods = [(a_sku("A", "m-1", 1_000), 1), (a_sku("B", "m-2", 1_000), 2)]

    quote = quoted(*goods, coupons=(a_shop_coupon("C2", 300, "m-2"), a_shop_coupon("C1", 100, "m-1")))

    assert payables(quote) == (900, 1_700)
    assert [s.goods_minor for s in quote.sub_orders] == [900, 1_700]


def test_what_a_coupon_did_is_kept_with_who_pays_for_it_and_until_when_it_is_good():
    coupon = a_shop_coupon("C", 300, merchant_share_pct=70)

    assert quoted(*at_prices(1_000), coupons=(coupon,)).coupons == (
        UsedCoupon("C", "T-C", "shop", 300, 70, FAR_AHEAD),
    )


WITHOUT_SHOP, WITHOUT_PLATFORM = (tuple(n for n in EVERYTHING if n != name) for name in ("shop", "platform"))


@pytest.mark.parametrize(
    ("one", "other", "go_together"),
    [
        (a_coupon("A"), a_coupon("B"), False),
        (a_shop_coupon("A"), a_shop_coupon("B"), False),
        (a_shop_coupon("A"), a_coupon("B", scope=Scope("m-1", skus=("S1",))), False),  # one shop's, both
        (a_shop_coupon("A"), a_shop_coupon("B", merchant="m-2"), True),
        (a_shop_coupon("A"), a_coupon("B"), True),
        (a_shop_coupon("A", stackable_with=WITHOUT_PLATFORM), a_coupon("B"), False),
        (a_shop_coupon("A"), a_coupon("B", stackable_with=WITHOUT_SHOP), False),
        (a_shop_coupon("A", stackable_with=WITHOUT_SHOP), a_coupon("B"), True),
        (a_shop_coupon("A"), a_coupon("B", stackable_with=WITHOUT_PLATFORM), True),
        (a_shop_coupon("A", stackable_with=WITHOUT_SHOP), a_shop_coupon("B", merchant="m-2"), False),
    ],
)
def test_which_coupons_go_together(one, other, go_together):
    assert list(clashes([one, other])) == ([] if go_together else [(one, other)])
    assert list(clashes([other, one])) == ([] if go_together else [(other, one)])
