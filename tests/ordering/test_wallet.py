"""What an order takes out of its buyer's wallet, and gives back: in every way to die, in any steps, exactly once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.wallet_moves import Count, CouponMove, PointsMove
from tests.builders import T0, a_line, an_order_of, an_unpaid_order_of
from tests.special_orders import (
    COUPONS_END,
    a_limited_order,
    a_paid_rich_order,
    a_rich_order,
    a_used_coupon,
    an_escalated_order,
    an_order_under_review,
)

BOTH = ("C-SHOP", "C-ALL")
AS_BEFORE = ({"C-SHOP": "available", "C-ALL": "available"}, {"available": 2_000, "locked": 0, "spent": 0})


def wallet(trade):
    purse = trade.world.purse
    return purse.coupons, {kind: purse.points[kind] for kind in ("available", "locked", "spent")}


def coupon_moves(kind, *coupon_ids):
    return tuple(CouponMove(kind, coupon_id) for coupon_id in coupon_ids)


def paid(trade):
    trade.start_payment()
    trade.pay()
    return trade


def test_placing_locks_and_paying_uses():
    trade = a_rich_order()
    placing = trade.world.last.wallet
    trade.start_payment()
    paying = trade.pay().wallet

    assert (placing.coupons, placing.points) == (coupon_moves("lock", *BOTH), PointsMove("lock", 1_500))
    assert (paying.coupons, paying.points) == (coupon_moves("use", *BOTH), PointsMove("use", 1_500))
    assert wallet(trade) == (
        {"C-SHOP": "spent", "C-ALL": "spent"},
        {"available": 500, "locked": 0, "spent": 1_500},
    )


def closed(trade):
    trade.start_payment()
    trade.ring("ORDER")
    trade.close(1)


@pytest.mark.parametrize(
    "die",
    [
        lambda trade: trade.cancel_unpaid(),
        lambda trade: trade.ring("ORDER"),
        closed,
    ],
    ids=["cancelled", "timed out", "closed at the provider"],
)
def test_pain_06_every_way_to_die_unpaid_gives_coupons_and_points_back(die):
    trade = a_rich_order()

    die(trade)

    assert wallet(trade) == AS_BEFORE


def test_nothing_comes_back_while_somebody_may_still_pay():
    trade = a_rich_order()
    trade.start_payment()

    trade.ring("ORDER")

    assert trade.whole.order.state == "closing"
    assert wallet(trade)[0] == {"C-SHOP": "locked", "C-ALL": "locked"}


def test_pain_14_a_full_refund_gives_every_point_and_both_coupons_back():
    trade = a_paid_rich_order()

    change = trade.cancel()

    assert wallet(trade) == AS_BEFORE
    assert change.wallet.points == PointsMove("give_back", 1_500)
    assert trade.whole.order.refund_reserved_minor == 12_000


units_in_any_order = st.permutations([1, 1, 1, 2, 3, 3])


@given(units_in_any_order, st.booleans())
@settings(max_examples=60, deadline=None)
def test_units_cancelled_in_any_order_give_back_every_point_and_every_fen(order_of_units, is_cut):
    trade = a_paid_rich_order()
    if is_cut:
        trade.split()
    back = []
    for line in order_of_units:
        change = trade.cancel({line: 1})
        back.append(change.wallet.points.points if change.wallet.points else 0)

    assert (sum(back), wallet(trade)) == (1_500, AS_BEFORE)
    assert trade.whole.order.refund_reserved_minor == 12_000


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 999)), min_size=1, max_size=4), st.data())
@settings(max_examples=80, deadline=None)
def test_any_lines_paid_in_any_points_give_them_back_to_the_last_one(drawn, data):
    lines = [
        a_line(n, quantity, 1_000, points=points, steps=(("list_price", 1_000 + points), ("points", -points)))
        for n, (quantity, points) in enumerate(drawn, 1)
    ]
    trade = an_order_of(lines, [0])
    left = {line.number: line.quantity for line in lines}
    while left:
        number = data.draw(st.sampled_from(sorted(left)))
        units = data.draw(st.integers(1, left[number]))
        trade.cancel({number: units})
        left[number] -= units
        left = {n: count for n, count in left.items() if count}

    assert trade.world.purse.points["available"] == sum(points for _, points in drawn)


def test_points_of_one_unit_are_its_floor_and_the_last_one_takes_the_rest():
    trade = a_paid_rich_order()

    back = [trade.cancel({1: 1}).wallet.points.points for _ in range(3)]

    assert back == [89, 90, 90]  # 269 in thirds: 89, 179 - 89, 269 - 179.


def test_a_coupon_comes_back_only_when_all_it_reduced_is_cancelled_whole():
    trade = a_paid_rich_order()
    trade.cancel({1: 3})  # All of the tea; the shop coupon reduced the cup too.
    assert trade.world.purse.coupons == {"C-SHOP": "spent", "C-ALL": "spent"}

    change = trade.cancel({2: 1})

    assert change.wallet.coupons == coupon_moves("give_back", "C-SHOP")
    assert trade.world.purse.coupons == {"C-SHOP": "available", "C-ALL": "spent"}
    assert trade.cancel({3: 2}).wallet.coupons == coupon_moves("give_back", "C-ALL")


def test_a_coupon_that_came_back_is_not_given_back_again():
    trade = a_paid_rich_order()
    trade.cancel({1: 3, 2: 1})

    change = trade.cancel({3: 1})

    assert change.wallet.coupons == ()


@pytest.mark.parametrize(("late", "comes_back"), [(-1, True), (0, False), (1, False)])
def test_a_coupon_that_is_no_longer_valid_does_not_come_back(late, comes_back):
    trade = a_paid_rich_order()
    trade.now = COUPONS_END + late

    trade.cancel()

    assert trade.world.purse.coupons["C-ALL"] == ("available" if comes_back else "spent")
    assert trade.world.purse.points["available"] == 2_000  # Points never age here.


def test_a_coupon_that_ran_out_while_it_was_locked_comes_back_all_the_same():
    # It was locked, not used: what it is worth then is the next checkout's to say.
    line = a_line(1, 1, 500, steps=(("list_price", 600), ("platform_coupon:C-1", -100)))
    trade = an_unpaid_order_of([line], [0], coupons=[a_used_coupon("C-1", 100, ends_at=T0 + 5)])

    trade.ring("ORDER")

    assert trade.world.purse.coupons == {"C-1": "available"}


def test_no_coupon_comes_back_where_the_policy_says_so():
    trade = a_paid_rich_order(policy={"coupon_comes_back": 0})

    trade.cancel()

    assert trade.world.purse.coupons == {"C-SHOP": "spent", "C-ALL": "spent"}
    assert trade.world.purse.points["available"] == 2_000


def test_a_coupon_that_only_free_things_are_left_of_has_lost_its_purpose():
    reduced = a_line(1, 1, 500, steps=(("list_price", 600), ("platform_coupon:C-1", -100)))
    trade = an_order_of([reduced, a_line(2, 3, 0)], [0], coupons=[a_used_coupon("C-1", 100)])

    trade.cancel({1: 1})

    assert trade.world.purse.coupons == {"C-1": "available"}


def test_a_coupon_whose_number_ends_like_anothers_is_not_taken_for_it():
    lines = [
        a_line(1, 1, 500, steps=(("list_price", 600), ("shop_coupon:C-1", -100))),
        a_line(2, 1, 500, steps=(("list_price", 600), ("shop_coupon:XC-1", -100)), sub_order=2),
    ]
    trade = an_order_of(lines, [0, 0], coupons=[a_used_coupon("C-1", 100), a_used_coupon("XC-1", 100)])

    trade.cancel({1: 1})

    assert trade.world.purse.coupons == {"C-1": "available", "XC-1": "spent"}


def test_what_ships_keeps_its_points():
    trade = a_paid_rich_order()
    trade.split()
    trade.ship(1, 1, 2)

    trade.cancel(sub_order=2)

    assert trade.world.purse.points == {"available": 500 + 1_007, "locked": 0, "spent": 493}


def test_a_review_that_ends_badly_gives_the_wallet_back():
    line = a_line(
        1,
        2,
        800,
        flags=("made_to_order",),
        points=100,
        steps=(("list_price", 1_000), ("platform_coupon:C-1", -100), ("points", -100)),
    )
    for end in (lambda t: t.review(is_approved=False), lambda t: (t.ring("SUB#01"), t.ring("SUB#01"))):
        trade = an_order_of([line], [0], coupons=[a_used_coupon("C-1", 100)])
        assert trade.world.purse.coupons == {"C-1": "spent"}
        end(trade)
        assert (trade.world.purse.coupons, trade.world.purse.points["available"]) == (
            {"C-1": "available"},
            100,
        )


def test_who_pays_with_money_alone_has_an_untouched_wallet():
    for world in (an_order_under_review, an_escalated_order):
        assert all(change.wallet.is_empty for change in world().world.changes)


# --- what is limited for each buyer ---


def test_units_and_amounts_that_are_limited_are_counted_when_they_are_placed():
    trade = a_limited_order()

    counts = trade.world.last.wallet.counts

    assert counts == (Count("cross_border:2027", 10_000, 2_600_000), Count("sku:TEA", 3, 5))
    assert trade.world.purse.counts == {"sku:TEA": 4, "cross_border:2027": 60_000}


def test_paying_counts_nothing_twice():
    trade = a_limited_order()
    trade.start_payment()

    assert trade.pay().wallet.counts == ()


def test_an_order_that_dies_unpaid_is_counted_no_more():
    trade = a_limited_order()

    trade.ring("ORDER")

    assert trade.world.purse.counts == {"sku:TEA": 1, "cross_border:2027": 50_000}


def test_cancelled_units_may_be_bought_again_and_their_worth_be_brought_in_again():
    trade = paid(a_limited_order())

    change = trade.cancel({1: 1, 2: 1})

    assert change.wallet.counts == (Count("cross_border:2027", -5_000, None), Count("sku:TEA", -1, None))
    assert trade.world.purse.counts == {"sku:TEA": 3, "cross_border:2027": 55_000}


def test_what_is_cancelled_next_year_comes_off_the_year_in_which_it_was_bought():
    trade = paid(a_limited_order())
    trade.now += 366 * 86_400

    trade.cancel()

    assert trade.world.purse.counts == {"sku:TEA": 1, "cross_border:2027": 50_000}


@given(st.integers(1, 9), st.integers(1, 99_999), st.data())
@settings(max_examples=60, deadline=None)
def test_what_crossed_the_border_comes_off_its_year_to_the_fen_in_any_steps(quantity, payable, data):
    trade = an_order_of([a_line(1, quantity, payable, flags=("cross_border",))], [0])
    assert trade.world.purse.counts["cross_border:2027"] == payable
    left = quantity
    while left:
        units = data.draw(st.integers(1, left))
        trade.cancel({1: units})
        left -= units

    assert trade.world.purse.counts["cross_border:2027"] == 0


def test_two_lines_that_cross_the_border_are_counted_together():
    lines = [a_line(n, 1, 1_000 * n, flags=("cross_border",)) for n in (1, 2)]

    trade = an_unpaid_order_of(lines, [0])

    assert trade.world.last.wallet.counts == (Count("cross_border:2027", 3_000, 2_600_000),)
