"""What holds an order together, and when no part of it may leave any more."""

import pytest

from shared.errors import NotFound, OrderError, TransitionRefused
from shared.goods import StockMove
from shared.lifecycle import Actor, TransferState
from shared.model import Transfer, WholeOrder
from shared.ordering.quote import Basket, Wanted, price
from shared.ordering.separation import (
    NothingToSeparate,
    NotSplitYet,
    PaidTogether,
    PaymentOpen,
    is_separable,
    refuse_to_separate,
)
from shared.ordering.terms import Scope, Tier
from tests.builders import (
    ALLOCATION,
    BUYER,
    MEMBER,
    SHELVES,
    SKUS,
    T0,
    TERMS,
    Trade,
    a_closing_order,
    a_paid_order,
    a_shop_order,
    an_order_being_paid,
    placed,
)
from tests.ordering.two_orders import a_promotion, priced, separated, three_merchants, with_shop_coupons
from tests.special_orders import PLATFORM_COUPON, SHOP_COUPON, a_long_order, a_long_placed_order, a_rich_order


def refusal(trade: Trade, *numbers: int, actor: Actor = Actor.BUYER):
    with pytest.raises(OrderError) as caught:
        refuse_to_separate(trade.whole, frozenset(numbers), actor=actor, now=trade.now)
    return caught.value


BOUND = {
    "a platform coupon": (lambda: priced(coupons=(PLATFORM_COUPON,)), ["platform_coupon"]),
    "a platform coupon beside a shop's": (
        lambda: priced(coupons=(SHOP_COUPON, PLATFORM_COUPON)),
        ["platform_coupon"],
    ),
    "a coupon of the platform that met one shop's goods": (
        lambda: priced(coupons=(PLATFORM_COUPON._replace(scope=Scope(skus=frozenset({"TEA"}))),)),
        ["platform_coupon"],
    ),
    "a promotion over both shops": (lambda: priced(promotions=[a_promotion()]), ["platform_promotion"]),
    "points": (lambda: priced(points=100, member=MEMBER._replace(points=2_000)), ["points"]),
    "all of them": (a_rich_order, ["platform_coupon", "points"]),
}
LOOSE = {
    "nothing": a_shop_order,
    "shops' coupons": with_shop_coupons,
    "a shop's promotion": lambda: priced(promotions=[a_promotion(Scope(merchant_id="m-tea"))]),
    "a promotion of the platform that met one shop's goods": lambda: priced(
        promotions=[a_promotion(Scope(categories=frozenset({"food"})))._replace(tiers=(Tier(1, 500),))]
    ),
}


@pytest.mark.parametrize("why", BOUND)
def test_what_was_granted_for_all_of_an_order_holds_it_together(why):
    make, because = BOUND[why]
    trade = make()

    refused = refusal(trade, 1)

    assert isinstance(refused, PaidTogether)
    assert (refused.status, refused.code, refused.details) == (409, "paid_together", {"because": because})
    assert not is_separable(trade.whole, trade.now)


@pytest.mark.parametrize("why", LOOSE)
def test_what_a_shop_granted_for_its_own_goods_holds_nothing_together(why):
    trade = LOOSE[why]()
    before = trade.whole.order.payable_minor
    assert is_separable(trade.whole, trade.now)

    old, new, _ = separated(trade, 1)

    assert old.whole.order.payable_minor + new.whole.order.payable_minor == before


def test_terms_that_changed_since_hold_nothing_together():
    """The frozen prices say whether a promotion took something off, whatever is published now."""
    trade = priced(promotions=[a_promotion()._replace(tiers=(Tier(99_999, 1_000),))])

    assert is_separable(trade.whole, trade.now)


@pytest.mark.parametrize("named", [(1,), (2, 3)])
def test_what_costs_nothing_is_not_left_alone(named):
    """No provider confirms a payment of nothing; nor could what stays behind be paid."""
    trade = three_merchants(0, 200, 300)

    refused = refusal(trade, *named)

    assert (refused.code, refused.details) == ("paid_together", {"because": ["nothing_to_pay"]})
    assert is_separable(trade.whole, trade.now)  # The first goes with the second, or with the third.
    assert separated(trade, 1, 2).new.whole.order.payable_minor == 200


def test_a_single_priced_part_has_nobody_to_be_separated_from():
    trade = three_merchants(0, 0, 300)

    assert not is_separable(trade.whole, trade.now)


def test_a_long_order_is_paid_as_a_whole():
    trade = a_long_placed_order(100)

    refused = refusal(trade, 1)

    assert (refused.code, refused.details) == ("paid_together", {"because": ["long_order"]})
    assert not is_separable(trade.whole, trade.now)


def test_an_order_whose_goods_are_still_being_held_is_not_separated():
    trade = a_long_order(100)

    assert isinstance(refusal(trade, 1), TransitionRefused)
    assert not is_separable(trade.whole, trade.now)


def test_a_policy_may_cut_orders_only_when_they_are_paid():
    trade = priced(split_before_payment=0)

    refused = refusal(trade, 1)

    assert isinstance(refused, NotSplitYet)
    assert (refused.status, refused.code) == (409, "not_split_yet")
    assert not is_separable(trade.whole, trade.now)


def test_a_try_to_pay_all_of_it_must_be_over():
    trade = an_order_being_paid()
    assert isinstance(refusal(trade, 1), PaymentOpen)
    assert not is_separable(trade.whole, trade.now)

    trade.fail(1)  # It may still be repaired at the provider.
    assert refusal(trade, 1).code == "payment_open"

    trade.close(1)
    assert is_separable(trade.whole, trade.now)
    assert separated(trade, 1).old.whole.order.payable_minor == 10_800


@pytest.mark.parametrize("make", [a_closing_order, a_paid_order])
def test_only_an_order_that_waits_for_its_payment_is_separated(make):
    trade = make()

    refused = refusal(trade, 1)

    assert isinstance(refused, TransitionRefused)
    assert refused.details["event"] == "sub_orders_separated"
    assert not is_separable(trade.whole, trade.now)


@pytest.mark.parametrize("actor", [actor for actor in Actor if actor is not Actor.BUYER])
def test_nobody_but_the_buyer_separates(actor):
    assert isinstance(refusal(a_shop_order(), 1, actor=actor), TransitionRefused)


@pytest.mark.parametrize(("late", "is_in_time"), [(1799, True), (1800, False), (5000, False)])
def test_a_time_to_pay_that_is_over_is_not_won_back(late, is_in_time):
    trade = a_shop_order().after(late)

    assert is_separable(trade.whole, trade.now) == is_in_time
    if is_in_time:
        assert separated(trade, 1).new.whole.order.due_at == T0 + 1800
    else:
        assert isinstance(refusal(trade, 1), TransitionRefused)


def test_all_parts_are_the_order_itself():
    refused = refusal(a_shop_order(), 1, 2)

    assert isinstance(refused, NothingToSeparate)
    assert (refused.status, refused.code) == (409, "nothing_to_separate")


def test_the_last_part_is_the_order_itself():
    old, _, _ = separated(three_merchants(100, 200, 300), 1, 3)

    assert isinstance(refusal(old, 2), NothingToSeparate)
    assert not is_separable(old.whole, old.now)


def test_what_left_cannot_leave_again():
    old, _, _ = separated(three_merchants(100, 200, 300), 1)

    assert isinstance(refusal(old, 1), TransitionRefused)
    assert isinstance(refusal(old, 1, 2), TransitionRefused)


@pytest.mark.parametrize("named", [(3,), (1, 3), (0,)])
def test_what_the_order_does_not_have_is_not_found(named):
    assert isinstance(refusal(a_shop_order(), *named), NotFound)


def test_a_stock_transfer_of_any_kind_holds_an_order_together():
    trade = a_shop_order()
    moves = (StockMove("reserve", "TEA", "W1", 1),)
    done = Transfer(number=1, kind="reserve", state=TransferState.DONE, moves=moves, moved=1)
    whole: WholeOrder = trade.whole.with_rows([done])

    with pytest.raises(PaidTogether):
        refuse_to_separate(whole, frozenset({1}), actor=BUYER.actor, now=T0)


def test_products_of_one_shop_are_one_part():
    wanted = (Wanted("TEA", 3), Wanted("CUP", 1))
    basket = Basket(wanted, SKUS, ALLOCATION, TERMS, MEMBER, T0)
    trade = placed(price(basket), SHELVES)

    assert isinstance(refusal(trade, 1), NothingToSeparate)
