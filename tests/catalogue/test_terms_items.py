"""What was published is what a checkout reads: terms, coupons, members, offers."""

from dataclasses import asdict

from shared.commands import Shop
from shared.goods import Flag, Sku
from shared.ordering.terms import (
    Coupon,
    CouponKind,
    CouponState,
    FreightTemplate,
    Level,
    Member,
    PaymentMethod,
    Promotion,
    PromotionKind,
    Scope,
    Terms,
    Tier,
    Zone,
)
from shared.outside import aws_client
from shared.store.items import to_item
from shared.store.terms_items import (
    TERMS_KEY,
    CouponTemplate,
    coupon_item,
    coupon_of,
    coupon_template_item,
    coupon_template_key,
    coupon_template_of,
    member_key,
    member_of,
    named,
    terms_of,
)
from tests.catalogue.conftest import SETTINGS
from tests.catalogue.samples import GOOD, N_FOR_M, PERCENTAGE, SKU
from tests.catalogue.tables import items, published

YEAR_2026, YEAR_2027 = 1_767_225_600, 1_798_761_600
DEFAULTS = asdict(SETTINGS.policy)
A_COUPON = Coupon(
    coupon_id="C1",
    template_id="tea-10",
    kind=CouponKind.SHOP,
    state=CouponState.AVAILABLE,
    currency="CNY",
    starts_at=YEAR_2026,
    ends_at=YEAR_2027,
    scope=Scope(merchant_id="m-tea"),
    threshold_minor=5000,
    off_minor=1000,
    merchant_share_pct=100,
)


def stored(table, key):
    return aws_client("dynamodb").get_item(TableName=table, Key=key).get("Item")


def terms_now() -> Terms:
    return terms_of(stored("catalogue", TERMS_KEY), SETTINGS)


def test_before_anything_is_published_the_settings_hold(shop: Shop) -> None:
    assert terms_now() == Terms(version=0, policy=DEFAULTS, countries=frozenset({"CN", "DE"}))


def test_a_policy_says_some_numbers_and_leaves_the_others_as_they_are(shop: Shop) -> None:
    published(shop, "policy", GOOD["policy"])

    terms = terms_now()

    told = {"payment_timeout_seconds": 900, "points_max_pct": 30, "flat_freight_minor": 0}
    assert terms == Terms(
        version=1,
        policy=DEFAULTS | told,
        countries=frozenset({"CN", "GB"}),
        levels={"gold": Level(95, False, 3600), "plain": Level()},
        payment_methods={"sandbox": PaymentMethod(500_000), "balance": PaymentMethod(not_for=("tea",))},
    )


def test_a_policy_that_says_nothing_takes_everything_back(shop: Shop) -> None:
    published(shop, "policy", GOOD["policy"])
    published(shop, "policy", {})

    assert terms_now() == Terms(version=2, policy=DEFAULTS, countries=frozenset({"CN", "DE"}))


def test_promotions_are_read_as_they_were_published(shop: Shop) -> None:
    published(shop, "promotion", GOOD["promotion"], N_FOR_M, PERCENTAGE)

    assert set(terms_now().promotions) == {
        Promotion(
            promotion_id="eleven",
            kind=PromotionKind.FULL_REDUCTION,
            currency="CNY",
            starts_at=1_794_326_400,
            ends_at=1_794_412_800,
            scope=Scope(categories=("tea",)),
            tiers=(Tier(20000, 5000), Tier(30000, 8000)),
        ),
        Promotion(
            promotion_id="three-for-two",
            kind=PromotionKind.N_FOR_M,
            currency="CNY",
            starts_at=YEAR_2026,
            ends_at=YEAR_2027,
            scope=Scope(skus=("TEA", "POT")),
            n=3,
            m=2,
        ),
        Promotion(
            promotion_id="tenth",
            kind=PromotionKind.PERCENTAGE,
            currency="CNY",
            starts_at=YEAR_2026,
            ends_at=YEAR_2027,
            scope=Scope(merchant_id="m-tea"),
            rate_pct=90,
            threshold_minor=5000,
            max_off_minor=2000,
        ),
    }


def test_a_freight_template_is_read_as_it_was_published(shop: Shop) -> None:
    published(shop, "freight_template", GOOD["freight_template"])

    template = FreightTemplate(
        template_id="standard",
        merchant_id="",
        currency="CNY",
        by="weight",
        zones=(
            Zone(("CN/Zhejiang",), 1000, 500, 500, 100),
            Zone(("CN", "*"), 1000, 800, 500, 300),
        ),
        free_over_minor=9900,
    )
    assert terms_now().freight == (template,)
    assert terms_now().freight_of("m-tea", "CNY") == template


def test_free_from_nothing_on_is_not_the_same_as_never_free(shop: Shop) -> None:
    published(shop, "freight_template", GOOD["freight_template"] | {"free_over_minor": 0})
    assert terms_now().freight[0].free_over_minor == 0

    published(shop, "freight_template", GOOD["freight_template"] | {"free_over_minor": None})
    assert terms_now().freight[0].free_over_minor is None


def test_a_coupon_is_issued_with_its_templates_terms(shop: Shop) -> None:
    published(shop, "coupon", GOOD["coupon"])

    template = coupon_template_of(stored("catalogue", coupon_template_key("tea-10")))

    assert template.issued("C1") == A_COUPON
    assert template == CouponTemplate(
        template_id="tea-10",
        version=1,
        terms=A_COUPON._replace(coupon_id=""),
        per_member_limit=2,
        is_claimable=True,
        claim_from=YEAR_2026,
        claim_until=1_796_083_200,
        left=100,
    )


def test_a_retired_template_says_so_and_one_that_returns_does_not(shop: Shop) -> None:
    for is_retired in (True, False):
        published(shop, "coupon", GOOD["coupon"] | {"is_retired": is_retired})
        template = coupon_template_of(stored("catalogue", coupon_template_key("tea-10")))
        assert template.is_retired is is_retired


def test_coupons_and_templates_are_read_as_they_were_written() -> None:
    full = A_COUPON._replace(
        kind=CouponKind.ITEM,
        state=CouponState.USED,
        scope=Scope("m-tea", ("tea",), ("TEA", "POT")),
        off_minor=0,
        rate_pct=85,
        max_off_minor=300,
        stackable_with=(),
        order_id="O1",
    )
    template = CouponTemplate("tea-10", 3, full, 0, False, 1, 2, left=0, is_retired=True)

    assert coupon_of(coupon_item("buyer-1", full)) == full
    assert coupon_of(coupon_item("buyer-1", A_COUPON)) == A_COUPON
    assert coupon_template_of(coupon_template_item(template)) == template
    assert coupon_item("buyer-1", full)["pk"] == {"S": "MEMBER#buyer-1"}
    assert coupon_item("buyer-1", full)["sk"] == {"S": "COUPON#C1"}


def test_a_member_is_read_with_what_limits_count(shop: Shop) -> None:
    published(shop, "policy", GOOD["policy"])
    published(shop, "member", GOOD["member"])
    item = stored("members", member_key("buyer-1"))
    counters = {
        "points": 40,
        "points_locked": 9,
        "count:sku:TEA": 2,
        "count:cross_border:2026": 5,
        "issued:t": 1,
    }

    assert member_of(item, "buyer-1") == Member("buyer-1", "gold", 0, 12)
    assert member_of(item | to_item(counters), "buyer-1") == Member(
        "buyer-1", "gold", 40, 12, {"sku:TEA": 2, "cross_border:2026": 5}
    )
    assert member_of(None, "stranger") == Member("stranger")


def test_an_offer_is_the_whole_sku(shop: Shop) -> None:
    special = {
        "spec": "red, 40 cm",
        "size_class": "bulky",
        "flags": ["presale", "limited", "cross_border", "hazard"],
        "limit_per_buyer": 2,
        "ships_at": "2026-12-01T00:00:00Z",
        "hs_code": "0902101000",
        "origin": "LK",
    }
    published(shop, "sku", SKU | special)

    offer = items("stock")["SKU#TEA", "STOCK"]["offer"]

    offered = Sku(**offer | {"flags": tuple(offer["flags"])})
    assert offered == Sku(
        "TEA", "Green tea, 龙井", "m-tea", 1999, "CNY", True, 320, 1500, "tea", "red, 40 cm", "bulky",
        (Flag.PRESALE, Flag.LIMITED, Flag.CROSS_BORDER, Flag.HAZARD), 2, 1_796_083_200, "0902101000", "LK",
    )  # fmt: skip


def test_fields_that_an_older_release_does_not_know_are_passed_over() -> None:
    values = named(A_COUPON) | {"colour": "red"}

    assert coupon_of(to_item(values)) == A_COUPON
