"""What an order freezes and takes when it is placed: terms, coupons, points, limits, channel, length."""

import pytest

from shared.context import Context
from shared.errors import Conflict, OrderRefused
from shared.goods import Held, Place
from shared.model import UsedCoupon
from shared.ordering.checkout import Checkout, needs_chunks, place_order
from shared.ordering.quote import Wanted
from shared.ordering.terms import Level, Member, Scope
from shared.store.writing import actions_of
from tests.builders import ADDRESS, BUYER, NUMBERS, SETTINGS, SKUS, T0, TERMS, Trade, a_request
from tests.market import MemoryMarket
from tests.ordering.baskets import a_sku, quoted
from tests.special_orders import COUPONS_END, PLATFORM_COUPON, SHOP_COUPON

SHELF = {"TEA": {"W1": 60, "W2": 40}, "CUP": {"W1": 40}, "POT": {"W3": 60}}
RICH = Checkout(
    (Wanted("TEA", 3), Wanted("CUP", 1), Wanted("POT", 2)),
    ADDRESS,
    coupons=("C-SHOP", "C-ALL"),
    points=1_500,
    payment_method="sandbox",
)
TEA = Checkout((Wanted("TEA", 3),), ADDRESS)


def a_market(**how):
    how.setdefault("coupons", (SHOP_COUPON, PLATFORM_COUPON))
    how.setdefault("member", Member("buyer-1", points=2_000))
    return MemoryMarket(SHELF, how.pop("skus", SKUS), **how)


def placed(market, order, *, key="k-1", seed=1, now=T0):
    context = Context(now, lambda count: bytes([seed]) * count)
    return place_order(market, context, BUYER, order, a_request(key))


def refused(market, order, **how):
    before = dict(market.purse.points), dict(market.purse.coupons), len(market.worlds)
    with pytest.raises(OrderRefused) as caught:
        placed(market, order, **how)
    assert (dict(market.purse.points), dict(market.purse.coupons), len(market.worlds)) == before
    return [(problem.code, problem.at) for problem in caught.value.details["problems"]]


def with_flags(**flags):
    """The builders' goods, with these flags: ``TEA=("presale",)``."""
    return SKUS | {sku: SKUS[sku]._replace(flags=own) for sku, own in flags.items()}


def test_an_order_freezes_the_terms_under_which_it_was_placed():
    order = placed(a_market(), RICH).whole

    snapshot = order.snapshot
    assert (snapshot.policy, snapshot.terms_version) == (NUMBERS, 4)
    assert (snapshot.channel, snapshot.level, snapshot.payment_method) == ("web", "", "sandbox")
    assert snapshot.coupons == (
        UsedCoupon("C-SHOP", "T-SHOP", "shop", 600, 0, COUPONS_END),
        UsedCoupon("C-ALL", "T-ALL", "platform", 3_000, 0, COUPONS_END),
    )
    assert (snapshot.points, snapshot.review) == (1_500, ())
    assert (order.order.goods_minor, order.order.payable_minor) == (10_400, 12_000)


def test_terms_that_change_later_change_nothing_of_an_order_that_was_placed():
    market = a_market()
    order = placed(market, TEA).whole
    market.terms = TERMS._replace(version=5, policy=NUMBERS | {"shipment_promise_seconds": 1})

    later = placed(market, TEA, key="k-2", seed=2).whole

    assert (order.snapshot.terms_version, later.snapshot.terms_version) == (4, 5)
    assert order.snapshot.policy["shipment_promise_seconds"] == 172_800
    assert later.snapshot.policy["shipment_promise_seconds"] == 1


def test_coupons_and_points_are_locked_with_the_order():
    market = a_market()

    placed(market, RICH)

    assert market.purse.coupons == {"C-SHOP": "locked", "C-ALL": "locked"}
    assert market.purse.points == {"available": 500, "locked": 1_500}


def test_a_coupon_that_another_order_holds_is_not_had_twice():
    market = a_market()
    placed(market, RICH)

    assert refused(market, TEA._replace(coupons=("C-ALL",)), key="k-2", seed=2) == [
        ("coupon_not_available", "/coupons/0")
    ]


def test_losing_a_coupon_to_ones_own_other_order_means_reading_again_and_being_told():
    market = a_market()
    market.faster = [lambda others: others.purse.coupons.update({"C-ALL": "locked"})]

    assert refused_after_a_race(market) == ["coupon_not_available"]
    assert len(market.reads) == 2


def refused_after_a_race(market):
    with pytest.raises(OrderRefused) as caught:
        placed(market, RICH)
    return [problem.code for problem in caught.value.details["problems"]]


def test_points_spent_elsewhere_meanwhile_are_told_too():
    market = a_market()
    market.faster = [lambda others: others.purse.points.update(available=-1_000)]

    assert refused_after_a_race(market) == ["points_short"]


def test_whoever_keeps_losing_the_wallet_is_told_to_repeat():
    market = a_market()

    def flicker(others):
        """Somebody holds the coupon whenever we write, and lets it go before we read."""
        read = others._market
        others.purse.coupons["C-ALL"] = "locked"

        def once(buying):
            others._market = read
            others.purse.coupons["C-ALL"] = "available"
            return read(buying)

        others._market = once

    market.faster = [flicker] * 9
    with pytest.raises(Conflict):
        placed(market, RICH)

    assert (len(market.faster), market.worlds) == (5, {})


@pytest.mark.parametrize(
    ("order", "problems"),
    [
        (RICH._replace(coupons=("C-NONE",)), [("coupon_unknown", "/coupons/0")]),
        (RICH._replace(coupons=("C-ALL", "C-ALL")), [("coupon_repeated", "/coupons/1")]),
        (RICH._replace(points=2_001), [("points_short", "/points")]),
        (
            TEA._replace(coupons=("C-NONE",), points=1_501, address={}),
            [
                ("address_incomplete", "/address"),
                ("coupon_unknown", "/coupons/0"),
                ("points_over_cap", "/points"),
            ],
        ),
    ],
)
def test_what_is_wrong_with_coupons_and_points_is_told_with_everything_else(order, problems):
    assert refused(a_market(), order) == problems


def test_a_presale_gives_its_buyer_longer_to_pay_and_is_looked_at():
    skus = with_flags(TEA=("presale",))
    skus["TEA"] = skus["TEA"]._replace(ships_at=T0 + 30 * 86_400)

    whole = placed(a_market(skus=skus), TEA).whole

    assert whole.order.due_at == T0 + 100_000
    assert whole.snapshot.review == ("presale",)
    assert whole.sub_orders[0].ships_at == T0 + 30 * 86_400


@pytest.mark.parametrize(
    ("flags", "member", "policy", "reasons"),
    [
        ((), Member("buyer-1"), {}, ()),
        (("made_to_order",), Member("buyer-1"), {}, ("made_to_order",)),
        (("cross_border", "presale"), Member("buyer-1"), {}, ("presale", "cross_border")),
        (("perishable", "deferred", "full_price"), Member("buyer-1"), {}, ()),
        ((), Member("buyer-1"), {"review_amount_minor": 3_800}, ("large_amount",)),
        ((), Member("buyer-1"), {"review_amount_minor": 3_801}, ()),
        ((), Member("buyer-1", risk_score=80), {}, ()),
        ((), Member("buyer-1", risk_score=81), {}, ("risk_score",)),
        (
            ("made_to_order",),
            Member("buyer-1", risk_score=100),
            {"review_amount_minor": 1},
            ("made_to_order", "large_amount", "risk_score"),
        ),
    ],
)
def test_why_people_must_look_is_decided_when_the_order_is_placed(flags, member, policy, reasons):
    terms = TERMS._replace(policy=NUMBERS | policy)
    market = a_market(skus=with_flags(TEA=flags), member=member, terms=terms)

    assert placed(market, TEA).whole.snapshot.review == reasons


def test_a_boost_of_perishable_goods_and_of_a_level_is_frozen_on_the_part():
    terms = TERMS._replace(levels={"gold": Level(rate_pct=90, boost_seconds=1_000)})
    market = a_market(
        skus=with_flags(TEA=("perishable",)), member=Member("buyer-1", level="gold"), terms=terms
    )

    whole = placed(market, RICH._replace(coupons=(), points=0)).whole

    assert [part.boost_seconds for part in whole.sub_orders] == [8_200, 1_000]
    assert whole.snapshot.level == "gold"


def test_purchase_limits_hold_over_all_orders_of_a_buyer():
    skus = with_flags(TEA=("limited",))
    skus["TEA"] = skus["TEA"]._replace(limit_per_buyer=5)
    market = a_market(skus=skus)
    placed(market, TEA)

    assert refused(market, TEA, key="k-2", seed=2) == [("purchase_limit", "/lines/0/quantity")]
    assert market.purse.counts == {"sku:TEA": 3}
    placed(market, TEA._replace(wanted=(Wanted("TEA", 2),)), key="k-3", seed=3)
    assert market.purse.counts == {"sku:TEA": 5}


def test_a_limit_used_up_by_ones_own_other_order_at_the_same_moment_is_told():
    skus = with_flags(TEA=("limited",))
    skus["TEA"] = skus["TEA"]._replace(limit_per_buyer=5)
    market = a_market(skus=skus)
    market.faster = [lambda others: others.purse.counts.update({"sku:TEA": 3})]

    assert refused(market, TEA) == [("purchase_limit", "/lines/0/quantity")]


def test_a_persons_year_at_customs_is_counted_in_what_is_paid_and_in_shanghais_year():
    market = a_market(skus=with_flags(POT=("cross_border",)))
    new_year = 1_798_732_800  # 2026-12-31T16:00:00Z

    placed(market, Checkout((Wanted("POT", 2), Wanted("TEA", 1)), ADDRESS), now=new_year - 1)
    placed(market, Checkout((Wanted("POT", 1),), ADDRESS), key="k-2", seed=2, now=new_year)

    assert market.purse.counts == {"cross_border:2026": 10_000, "cross_border:2027": 5_000}


def test_over_the_years_limit_nothing_crosses_the_border():
    limit = TERMS._replace(policy=NUMBERS | {"cross_border_year_minor": 14_999})
    market = a_market(skus=with_flags(POT=("cross_border",)), terms=limit)
    placed(market, Checkout((Wanted("POT", 2),), ADDRESS))

    assert refused(market, Checkout((Wanted("POT", 1),), ADDRESS), key="k-2", seed=2) == [
        ("cross_border_quota", "/lines")
    ]


def test_a_channel_sells_no_more_than_its_quota_and_only_a_quota_is_counted():
    market = a_market()
    market.quotas["TEA", "W1", "tmall"] = 2
    market.available["TEA"][Place("W2")] = 0
    wanted = (Wanted("TEA", 2), Wanted("POT", 1))

    whole = placed(market, Checkout(wanted, ADDRESS, channel="tmall")).whole

    assert [line.allocation for line in whole.lines] == [(("W1", 2, 0, "tmall"),), (("W3", 1, 0, ""),)]
    assert (whole.snapshot.channel, market.quotas["TEA", "W1", "tmall"]) == ("tmall", 0)
    tea = Checkout((Wanted("TEA", 1),), ADDRESS, channel="tmall")
    assert refused(market, tea, key="k-2", seed=2) == [("sold_out", "/lines/0/quantity")]
    assert placed(market, tea._replace(channel="web"), key="k-3", seed=3).whole.lines[0].allocation == (
        ("W1", 1, 0, ""),
    )


def many(count, merchants=1, flags=()):
    skus = {f"S{n:03}": a_sku(f"S{n:03}", f"m-{n % merchants}", flags=flags) for n in range(count)}
    shelf = {sku: {"W1": 5} for sku in skus}
    return MemoryMarket(shelf, skus), Checkout(tuple(Wanted(sku, 1) for sku in skus), ADDRESS)


@pytest.mark.parametrize(
    ("lines", "merchants", "is_long"), [(91, 1, False), (92, 1, True), (88, 4, False), (89, 4, True)]
)
def test_an_order_whose_rows_do_not_fit_one_transaction_is_received_first(lines, merchants, is_long):
    market, order = many(lines, merchants)

    change = placed(market, order).change

    assert (str(change.event), change.order.state) == (
        ("order_received", "placing") if is_long else ("order_placed", "pending_payment")
    )
    assert len(change.stock) == (0 if is_long else lines)
    assert (change.confirmation is None) == is_long


def in_two_warehouses(merchants, coupons):
    """A market in which an order of two of everything is in two parcels for each merchant."""
    names = [f"S{n}" for n in range(merchants)]
    skus = {sku: a_sku(sku, f"m-{sku}", 1_000) for sku in names}
    shelf = {sku: {"W1": 1, "W2": 1} for sku in names}
    wanted = tuple(Wanted(sku, 2) for sku in names)
    order = Checkout(wanted, ADDRESS, coupons=tuple(coupon.coupon_id for coupon in coupons), points=100)
    market = MemoryMarket(shelf, skus, coupons=coupons, member=Member("buyer-1", points=2_000))
    return market, order


def test_the_most_parts_and_coupons_that_an_order_may_have_are_cancelled_at_once():
    market, order = in_two_warehouses(30, [PLATFORM_COUPON])  # 30 parts, 60 parcels, one coupon: 91.
    placing = placed(market, order)
    trade = Trade(market.worlds[placing.whole.order.order_id])
    trade.start_payment()

    changes = [placing.change, trade.pay(), trade.split(), trade.cancel()]

    assert [len(tuple(actions_of(SETTINGS, change))) for change in changes] == [67, 38, 92, 99]
    assert trade.row("MOVE#01").kind == "release"  # So many parts leave too little room for thirty shelves.


def test_coupons_count_as_parts_because_they_come_back_in_the_same_transaction():
    shops = SHOP_COUPON._replace(scope=Scope(merchant_id="m-S0"))
    market, order = in_two_warehouses(30, [PLATFORM_COUPON, shops])

    with pytest.raises(OrderRefused) as caught:
        placed(market, order)

    [problem] = caught.value.details["problems"]
    assert (problem.code, problem.details) == ("too_many_parts", {"maximum": 91, "wanted": 92})


def test_a_long_order_locks_its_wallet_when_it_is_received():
    market, order = many(120)
    market.purse = type(market.purse)(points=100)

    change = placed(market, order._replace(points=50)).change

    assert (change.order.state, market.purse.points["locked"]) == ("placing", 50)


def test_deferred_goods_are_not_held_when_the_order_is_placed():
    market = a_market(skus=with_flags(TEA=("deferred",)))

    change = placed(market, RICH._replace(coupons=(), points=0)).change

    assert [(move.sku, move.quantity) for move in change.stock] == [("CUP", 1), ("POT", 2)]
    assert market.left("TEA") == 100


def test_deferred_goods_of_a_long_order_are_held_when_it_is_placed_like_all_others():
    market, order = many(120, flags=("deferred",))

    [transfer] = placed(market, order).whole.transfers

    assert (transfer.kind, len(transfer.moves)) == ("reserve", 120)


def test_shards_count_as_rows_of_their_own():
    goods = [(a_sku(f"S{n}"), 2) for n in range(46)]
    places = {f"S{n}": (("W1", 1, 1), ("W1", 1, 2)) for n in range(46)}
    allocation = {sku: tuple(Held(*place) for place in two) for sku, two in places.items()}

    assert not needs_chunks(quoted(*goods[:45], allocation=allocation))
    assert needs_chunks(quoted(*goods, allocation=allocation))
