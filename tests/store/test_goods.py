"""What a checkout reads, in one batch: goods with their stock, terms, the buyer's wallet."""

import pytest

from shared.errors import Unavailable
from shared.goods import Place
from shared.ordering.terms import CouponState
from shared.outside import aws_client
from shared.store.goods import Buying
from shared.store.items import to_item
from shared.store.terms_items import coupon_item, member_key
from tests.builders import NUMBERS, SETTINGS, SKUS
from tests.ordering.baskets import a_sku
from tests.special_orders import PLATFORM_COUPON, SHOP_COUPON


def buying(*skus, **fields):
    return Buying(skus, "buyer-1", **fields)


def put(table, item):
    aws_client("dynamodb").put_item(TableName=table, Item=item)


def watched(outside):
    requests = []
    outside.around.append(lambda call, act: requests.append(call.request) or act())
    return requests


def test_what_is_for_sale_and_how_much_lies_where(shop):
    market = shop.goods.read(buying("TEA", "POT", "NONE"))

    assert market.skus == {"TEA": SKUS["TEA"], "POT": SKUS["POT"]}
    assert market.shelves.available == {
        "TEA": {Place("W1"): 5, Place("W2"): 5},
        "POT": {Place("W3"): 6},
    }
    assert (market.shelves.quotas, market.empty) == ({"TEA": frozenset(), "POT": frozenset()}, ())


def test_a_product_without_stock_is_known_and_sold_out(shop):
    shop.goods.put_sku(a_sku("NEW"))

    market = shop.goods.read(buying("NEW"))

    assert (set(market.skus), market.shelves.available) == ({"NEW"}, {"NEW": {}})


def test_stock_that_is_not_offered_yet_is_of_a_product_that_nobody_knows(shop):
    level = {"available": 5, "reserved": 0, "sold": 0}
    put(
        SETTINGS.stock_table,
        to_item({"pk": "SKU#SOON", "sk": "STOCK", "sku": "SOON", "warehouses": {"W1": level}}),
    )

    assert shop.goods.read(buying("SOON")).skus == {}


def test_a_new_offer_leaves_the_counters_as_they_are(shop):
    shop.goods.put_sku(SKUS["TEA"]._replace(unit_price_minor=1, flags=("perishable",)))

    market = shop.goods.read(buying("TEA"))

    assert (market.skus["TEA"].unit_price_minor, market.skus["TEA"].flags) == (1, ("perishable",))
    assert market.shelves.available["TEA"] == {Place("W1"): 5, Place("W2"): 5}


def test_an_ordinary_order_is_one_batch_with_its_terms_its_buyer_and_its_coupons(shop, outside):
    requests = watched(outside)

    shop.goods.read(buying("TEA", "CUP", coupon_ids=("C-1", "C-2")))

    [request] = requests
    asked = {
        table: [(key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"]]
        for table, wanted in request["RequestItems"].items()
    }
    assert asked == {
        "stock": [("SKU#TEA", "STOCK"), ("SKU#CUP", "STOCK")],
        "catalogue": [("TERMS", "CURRENT")],
        "members": [
            ("MEMBER#buyer-1", "MEMBER"),
            ("MEMBER#buyer-1", "COUPON#C-1"),
            ("MEMBER#buyer-1", "COUPON#C-2"),
        ],
    }


def test_many_products_are_read_in_batches_of_a_hundred_keys(shop, outside):
    names = tuple(f"S{i:03}" for i in range(120))
    for name in names:
        shop.goods.put_sku(a_sku(name))
    requests = watched(outside)

    assert set(shop.goods.read(buying(*names)).skus) == set(names)
    sizes = [sum(len(wanted["Keys"]) for wanted in request["RequestItems"].values()) for request in requests]
    assert sizes == [100, 22]


def test_what_a_batch_left_out_is_asked_for_again(shop, outside):
    answers = []

    def some(call, act):
        wanted = dict(call.request["RequestItems"])
        table = sorted(wanted)[0]
        call.request["RequestItems"] = {table: wanted.pop(table)}
        answers.append(table)
        return act() | {"UnprocessedKeys": wanted}

    outside.around.append(some)
    market = shop.goods.read(buying("TEA"))

    assert answers == ["catalogue", "members", "stock"]
    assert market.shelves.available == {"TEA": {Place("W1"): 5, Place("W2"): 5}}


def test_what_a_batch_leaves_out_for_ever_is_not_taken_for_missing(shop, outside, monkeypatch):
    monkeypatch.setattr(type(outside), "wait_before_attempt", lambda self, number: None)

    def none(call, act):
        return {"Responses": {}, "UnprocessedKeys": call.request["RequestItems"]}

    outside.around.append(none)

    with pytest.raises(Unavailable):
        shop.goods.read(buying("TEA"))


def test_prices_are_read_as_they_are_now_and_not_as_they_were(shop, outside):
    requests = watched(outside)

    shop.goods.read(buying("TEA"))

    assert all(wanted["ConsistentRead"] for wanted in requests[0]["RequestItems"].values())


def test_before_anything_was_published_the_terms_are_those_of_the_settings(shop):
    terms = shop.goods.read(buying("TEA")).terms

    assert (terms.version, terms.policy, terms.countries) == (0, NUMBERS, frozenset({"CN", "GB"}))
    assert (terms.promotions, terms.freight, terms.levels, terms.payment_methods) == ((), (), {}, {})


def test_published_terms_are_those_of_the_next_checkout(shop):
    terms = {
        "pk": "TERMS",
        "sk": "CURRENT",
        "version": 9,
        "policy": {"points_max_pct": 20},
        "countries": ("CN",),
        "levels": {"gold": {"rate_pct": 95}},
    }
    put(SETTINGS.catalogue_table, to_item(terms))

    read = shop.goods.read(buying("TEA")).terms

    assert (read.version, read.countries, read.levels["gold"].rate_pct) == (9, {"CN"}, 95)
    assert read.policy == NUMBERS | {"points_max_pct": 20}


def test_a_buyer_whom_nobody_knows_is_of_no_level_and_has_nothing(shop):
    member = shop.goods.read(buying("TEA")).member

    assert (member.member_id, member.level, member.points, member.counts) == ("buyer-1", "", 0, {})


def test_the_buyer_is_read_with_points_and_what_is_limited(shop):
    row = {
        "level": "gold",
        "points": 70,
        "points_locked": 30,
        "count:sku:TEA": 2,
        "issued:T": 1,
        "risk_score": 7,
    }
    put(SETTINGS.members_table, member_key("buyer-1") | to_item(row))

    member = shop.goods.read(buying("TEA")).member

    assert (member.level, member.points, member.counts, member.risk_score) == ("gold", 70, {"sku:TEA": 2}, 7)


def test_a_buyer_reads_own_coupons_in_whatever_state_and_nobody_elses(shop):
    used = SHOP_COUPON._replace(state=CouponState.USED)
    put(SETTINGS.members_table, coupon_item("buyer-1", used))
    put(SETTINGS.members_table, coupon_item("buyer-2", PLATFORM_COUPON))

    coupons = shop.goods.read(buying("TEA", coupon_ids=("C-SHOP", "C-ALL", "C-NONE"))).coupons

    assert coupons == {"C-SHOP": used}


def test_a_channel_sees_no_more_than_its_quota_and_others_see_all(shop):
    table = {"TableName": SETTINGS.stock_table, "Key": {"pk": {"S": "SKU#TEA"}, "sk": {"S": "STOCK"}}}
    aws_client("dynamodb").update_item(
        **table,
        UpdateExpression="SET warehouses.W1.channels = :c",
        ExpressionAttributeValues=to_item({":c": {"tmall": 2, "douyin": 99}}),
    )

    seen = {
        channel: shop.goods.read(buying("TEA", channel=channel)).shelves
        for channel in ("tmall", "douyin", "web")
    }

    w1, w2 = Place("W1"), Place("W2")
    assert {channel: one.available["TEA"] for channel, one in seen.items()} == {
        "tmall": {w1: 2, w2: 5},
        "douyin": {w1: 5, w2: 5},
        "web": {w1: 5, w2: 5},
    }
    assert {channel: one.quotas["TEA"] for channel, one in seen.items()} == {
        "tmall": {"W1"},
        "douyin": {"W1"},
        "web": frozenset(),
    }
