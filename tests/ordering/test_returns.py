"""Which return policy is pinned on what is bought, and goods sold only to whoever knows that they do not come back."""

import pytest

from shared.aftersale.eligibility import policy_of
from shared.aftersale.return_policy import BUILT_IN, ReturnPolicy
from shared.changes import Caller
from shared.context import Context
from shared.errors import Forbidden, NotFound, OrderRefused
from shared.lifecycle import Actor
from shared.ordering.checkout import Checkout, place_order, quote
from shared.ordering.confirmation import confirmation
from shared.ordering.placing import decide_chunk
from shared.ordering.quote import Wanted
from shared.ordering.returns import Exclusion, confirmed_exclusions, published_policy
from shared.ordering.separation import decide_separation
from shared.ordering.terms import Level, Member
from shared.store.items import item_to_snapshot, snapshot_to_attribute
from tests.builders import ADDRESS, BUYER, SKUS, SUPPORT, T0, TERMS, a_request
from tests.market import MemoryMarket
from tests.ordering.baskets import a_sku

SHELF = {"TEA": {"W1": 60}, "CUP": {"W1": 40}, "POT": {"W3": 60}}
FOOD = ReturnPolicy("food", 3, categories=("food",), is_returnable=False, exclusion="food")
POTS = ReturnPolicy("pots", 1, merchant_id="m-pot", window_days=30, quality_window_days=30)
GOLD = ReturnPolicy("gold", 2, levels=("gold",), window_days=10)
ALL = Checkout((Wanted("TEA", 3), Wanted("CUP", 1), Wanted("POT", 2)), ADDRESS)
NEW_ID = "01MCC5RM000000000000000000"


def a_market(*returns, **how):
    terms = TERMS._replace(returns=returns, levels={"gold": Level()})
    return MemoryMarket(SHELF, how.pop("skus", SKUS), terms=terms, **how)


def a_context(seed=1):
    return Context(T0, lambda count: bytes([seed]) * count)


def placed(market, order, *, key="k-1", seed=1):
    return place_order(market, a_context(seed), BUYER, order, a_request(key)).whole


def refused(market, order):
    with pytest.raises(OrderRefused) as caught:
        placed(market, order)
    assert market.worlds == {}
    return [(problem.code, problem.at, problem.details) for problem in caught.value.details["problems"]]


def test_each_line_has_the_most_specific_policy_and_the_order_keeps_what_it_said():
    market = a_market(FOOD, POTS, GOLD, member=Member("buyer-1", level="gold"))

    order = placed(market, ALL._replace(confirmed_exclusions=("TEA",)))

    assert [line.return_policy for line in order.lines] == ["food", "gold", "pots"]
    assert order.snapshot.returns == {
        "food": {
            "policy_id": "food",
            "version": 3,
            "categories": ("food",),
            "is_returnable": False,
            "exclusion": "food",
        },
        "gold": {"policy_id": "gold", "version": 2, "levels": ("gold",), "window_days": 10},
        "pots": {
            "policy_id": "pots",
            "version": 1,
            "merchant_id": "m-pot",
            "window_days": 30,
            "quality_window_days": 30,
        },
    }
    assert [policy_of(order, line) for line in order.lines] == [FOOD, GOLD, POTS]


def test_where_no_policy_fits_none_is_kept_and_the_built_in_one_holds():
    order = placed(a_market(POTS, GOLD), ALL)

    assert [line.return_policy for line in order.lines] == ["", "", "pots"]
    assert set(order.snapshot.returns) == {"pots"}
    assert [policy_of(order, line) for line in order.lines] == [BUILT_IN, BUILT_IN, POTS]
    assert placed(a_market(), ALL).snapshot.returns == {}


def test_a_later_version_changes_nothing_of_an_order_that_was_placed():
    market = a_market(POTS)
    earlier = placed(market, ALL)

    market.terms = TERMS._replace(returns=(POTS._replace(version=2, window_days=0),))
    later = placed(market, ALL, key="k-2", seed=2)

    assert [policy_of(order, order.lines[2]).window_days for order in (earlier, later)] == [30, 0]


def test_what_is_pinned_comes_back_as_it_went_to_the_table():
    strange = FOOD._replace(freight_payer={"quality": "platform"}, kinds=("reship",), evidence_for=())
    snapshot = placed(a_market(strange), ALL._replace(confirmed_exclusions=("TEA",))).snapshot

    read = item_to_snapshot({"snapshot": snapshot_to_attribute(snapshot)})

    assert read.returns == snapshot.returns
    assert ReturnPolicy.of(read.returns["food"]) == strange
    assert ReturnPolicy.of({**read.returns["food"], "of_a_later_release": 1}) == strange


def test_excluded_goods_are_sold_only_to_whoever_confirms_that():
    market = a_market(FOOD, POTS)

    assert refused(market, ALL) == [
        ("exclusion_unconfirmed", "/lines/0/sku", {"sku": "TEA", "exclusion": "food"})
    ]
    assert refused(market, ALL._replace(confirmed_exclusions=("CUP", "tea"))) == refused(market, ALL)
    assert placed(market, ALL._replace(confirmed_exclusions=("TEA", "CUP", "NOTHING"))).order.state == (
        "pending_payment"
    )


def test_what_is_not_confirmed_is_told_with_everything_else_that_is_wrong():
    everything = FOOD._replace(categories=())
    wanted = (Wanted("NOTHING", 1), Wanted("TEA", 61), Wanted("CUP", 1))
    order = Checkout(wanted, {}, coupons=("C-NONE",), confirmed_exclusions=("CUP",))

    assert [(code, at) for code, at, _ in refused(a_market(everything), order)] == [
        ("address_incomplete", "/address"),
        ("sku_unknown", "/lines/0/sku"),
        ("stock_short", "/lines/1/quantity"),
        ("exclusion_unconfirmed", "/lines/1/sku"),
        ("coupon_unknown", "/coupons/0"),
    ]


def test_a_members_level_decides_what_must_be_confirmed():
    gold = FOOD._replace(policy_id="gold-food", levels=("gold",), is_returnable=True, exclusion="")
    market = a_market(FOOD, gold, member=Member("buyer-1", level="gold"))

    assert placed(market, ALL).lines[0].return_policy == "gold-food"
    assert refused(a_market(FOOD, gold), ALL)[0][0] == "exclusion_unconfirmed"


def test_a_quote_tells_what_must_be_confirmed_and_does_not_refuse():
    quoted = quote(a_market(FOOD), a_context(), BUYER, ALL)

    assert quoted.returns == {"food": FOOD}
    assert [line.return_policy for line in quoted.lines] == ["food", "", ""]


def test_what_was_confirmed_stands_in_the_confirmation_and_in_its_event():
    market = a_market(FOOD)
    order = placed(market, ALL._replace(confirmed_exclusions=("TEA",)))

    told = market.worlds[order.order.order_id].last.confirmation

    assert told["confirmed_exclusions"] == [{"sku": "TEA", "exclusion": "food"}]
    assert confirmation(order, ADDRESS)["confirmed_exclusions"] == told["confirmed_exclusions"]
    assert confirmed_exclusions(placed(a_market(), ALL)) == ()


def test_of_a_long_order_it_is_told_when_all_of_it_is_held():
    skus = {f"S{n:03}": a_sku(f"S{n:03}", category="food") for n in range(120)}
    market = MemoryMarket({sku: {"W1": 1} for sku in skus}, skus, terms=TERMS._replace(returns=(FOOD,)))
    wanted = tuple(Wanted(sku, 1) for sku in skus)
    whole = placed(market, Checkout(wanted, ADDRESS, confirmed_exclusions=tuple(skus)))

    change = decide_chunk(whole, now=T0, address=ADDRESS)
    last = decide_chunk(change.applied_to(whole), now=T0, address=ADDRESS)

    assert (change.confirmation, len(last.confirmation["confirmed_exclusions"])) == (None, 120)


def test_a_part_that_is_separated_takes_its_policies_along():
    whole = placed(a_market(FOOD, POTS), ALL._replace(confirmed_exclusions=("TEA",)))

    made = decide_separation(whole, frozenset({1}), NEW_ID, ADDRESS, caller=BUYER, now=T0).beside

    assert [line.return_policy for line in made.lines] == ["food", ""]
    assert set(made.snapshot.returns) == {"food"}
    assert made.confirmation["confirmed_exclusions"] == [{"sku": "TEA", "exclusion": "food"}]


@pytest.mark.parametrize(
    ("caller", "level", "chosen"),
    [
        (BUYER, None, GOLD),  # Her own level.
        (BUYER, "", BUILT_IN),
        (BUYER, "plain", BUILT_IN),
        (SUPPORT, "gold", GOLD),
    ],
)
def test_what_holds_for_a_product_depends_on_the_level_that_is_asked_for(caller, level, chosen):
    market = a_market(FOOD, POTS, GOLD, member=Member("buyer-1", level="gold"))

    assert published_policy(market, caller, "CUP", level=level).policy == chosen
    assert published_policy(market, caller, "TEA", level=level).policy == FOOD


def test_who_is_no_buyer_is_no_member():
    market = a_market()

    for caller in (SUPPORT, Caller(Actor.MERCHANT, "buyer-1", "m-tea"), BUYER):
        published_policy(market, caller, "CUP")

    assert [buying.member_id for buying in market.reads] == ["", "", "buyer-1"]


def test_of_a_product_that_nobody_knows_nothing_is_told():
    with pytest.raises(NotFound):
        published_policy(a_market(), BUYER, "NOTHING")
    with pytest.raises(Forbidden):
        published_policy(a_market(), Caller(Actor.WAREHOUSE, "w-1"), "TEA")


def test_an_exclusion_is_a_sku_and_a_reason():
    order = placed(a_market(FOOD), ALL._replace(confirmed_exclusions=("TEA",)))

    assert confirmed_exclusions(order) == (Exclusion("TEA", "food"),)
