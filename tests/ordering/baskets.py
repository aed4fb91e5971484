"""Named baskets and terms for tests of prices and checks: plain values, every number in sight."""

from shared.goods import Sku
from shared.ordering.quote import Basket, Quote, Wanted, price
from shared.ordering.terms import (
    Coupon,
    CouponKind,
    CouponState,
    FreightTemplate,
    Level,
    Member,
    Promotion,
    PromotionKind,
    Scope,
    Terms,
    Tier,
    Zone,
)

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
LONG_AGO, FAR_AHEAD = NOW - 86_400, NOW + 86_400
NUMBERS = {
    "flat_freight_minor": 0,
    "points_per_yuan": 100,
    "points_max_pct": 50,
    "perishable_boost_seconds": 3_600,
    "cross_border_year_minor": 2_600_000,
}
BUYER = Member("buyer-1", points=1_000_000)
EVERYTHING = ("promotion", "shop", "platform", "points")


def a_sku(sku, merchant="m-1", unit_price_minor=100, currency="CNY", **fields):
    return Sku(sku, sku.lower(), merchant, unit_price_minor, currency, True, 1, 1, "general")._replace(
        **fields
    )


def some_terms(*promotions, freight=(), levels=None, payment_methods=None, **numbers):
    return Terms(
        version=1,
        policy=NUMBERS | numbers,
        countries=frozenset({"CN", "GB"}),
        promotions=tuple(promotions),
        freight=tuple(freight),
        levels=levels or {},
        payment_methods=payment_methods or {},
    )


def a_basket(*goods, terms=None, member=BUYER, now=NOW, allocation=None, **fields):
    """*goods* are (SKU, quantity)."""
    return Basket(
        wanted=tuple(Wanted(sku.sku, quantity) for sku, quantity in goods),
        skus={sku.sku: sku for sku, _ in goods},
        allocation=allocation or {},
        terms=terms or some_terms(),
        member=member,
        now=now,
        **fields,
    )


def at_prices(*prices, quantity=1, **fields):
    """Goods of one shop at these unit prices: S1, S2, ..."""
    return [(a_sku(f"S{n}", unit_price_minor=cost, **fields), quantity) for n, cost in enumerate(prices, 1)]


def quoted(*goods, **fields) -> Quote:
    return price(a_basket(*goods, **fields))


def taken_off(quote, name):
    """What the step *name* took off each line."""
    return tuple(-sum(amount for step, amount in line.steps if step == name) for line in quote.lines)


def payables(quote):
    return tuple(line.payable_minor for line in quote.lines)


def a_promotion(promotion_id="P", kind=PromotionKind.FULL_REDUCTION, **fields):
    values = {"currency": "CNY", "starts_at": LONG_AGO, "ends_at": FAR_AHEAD} | fields
    return Promotion(promotion_id, kind, **values)


def full_reduction(*tiers, promotion_id="P", **fields):
    return a_promotion(promotion_id, tiers=tuple(Tier(*tier) for tier in tiers), **fields)


def n_for_m(n, m, promotion_id="P", **fields):
    return a_promotion(promotion_id, PromotionKind.N_FOR_M, n=n, m=m, **fields)


def percentage(rate_pct, promotion_id="P", **fields):
    return a_promotion(promotion_id, PromotionKind.PERCENTAGE, rate_pct=rate_pct, **fields)


def a_coupon(coupon_id="C", off_minor=0, kind=CouponKind.PLATFORM, **fields):
    """Platform-wide, unless its scope names a merchant."""
    values = {"currency": "CNY", "starts_at": LONG_AGO, "ends_at": FAR_AHEAD, "state": CouponState.AVAILABLE}
    return Coupon(coupon_id, f"T-{coupon_id}", kind, off_minor=off_minor, **(values | fields))


def a_shop_coupon(coupon_id="C", off_minor=0, merchant="m-1", **fields):
    return a_coupon(coupon_id, off_minor, CouponKind.SHOP, scope=Scope(merchant_id=merchant), **fields)


def a_template(*zones, merchant="", by="weight", free_over_minor=None, currency="CNY"):
    return FreightTemplate(f"F{merchant}", merchant, currency, by, tuple(zones), free_over_minor)


def a_zone(*to, first=1_000, first_fee=800, step=500, step_fee=200):
    return Zone(to or ("*",), first, first_fee, step, step_fee)


def gold(**fields):
    """Terms' levels and a member who has one of them."""
    return {"gold": Level(**fields)}, BUYER._replace(level="gold")
