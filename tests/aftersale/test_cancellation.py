"""Cancel before shipment: to the cent, in any steps, and every unit back on its shelf exactly once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aftersale.cancellation import AlreadyShipped, Cancellation, cancel, cancellable_units
from shared.errors import Forbidden, Invalid, KeyReused, NotFound, TransitionRefused
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    POT_MERCHANT,
    T0,
    TEA_MERCHANT,
    Caller,
    a_cancelled_order,
    a_closing_order,
    a_completed_order,
    a_line,
    a_paid_order,
    a_request,
    a_shipped_order,
    a_shop_order,
    a_split_order,
    an_order_being_paid,
    an_order_of,
)
from tests.memory import MemoryShop
from tests.storybook import effects, entries, moves

EVERYTHING = Cancellation("changed_mind")
STRANGER = Caller(BUYER.actor, "buyer-2")


def cancelled(trade, cancellation=EVERYTHING, *, caller=BUYER, key="c-1", fingerprint="f", shop=None):
    request = a_request(key, caller, fingerprint)
    shop = shop or MemoryShop(trade.world)
    return cancel(shop, ORDER_ID, cancellation, caller=caller, now=trade.now, request=request)


def refused(trade, error, cancellation=EVERYTHING, *, caller=BUYER):
    """*caller* is refused, and nothing whatever has changed."""
    before, count = trade.whole, len(trade.world.changes)
    with pytest.raises(error) as caught:
        cancelled(trade, cancellation, caller=caller)
    assert trade.whole is before
    assert len(trade.world.changes) == count
    return caught.value


def test_pain_01_partial_cancel_keeps_allocation():
    # Lines of 50.00 and 10.00 with 10.00 off: 8.33 and 1.67 of it. The other line never gets dearer.
    lines = (a_line(1, 1, 4167), a_line(2, 1, 833, lies=[("W2", 1)]))
    trade = an_order_of(lines, [0])
    trade.split()

    change = trade.cancel({1: 1})

    assert entries(change) == {"escrow 01": 4167, "refund R01": -4167}
    assert [p.goods_minor for p in trade.whole.parcels] == [0, 833]
    assert trade.row("SUB#01").kept_minor == 833


@given(st.permutations(range(10)), st.integers(1, 4))
@settings(max_examples=30)
def test_pain_02_full_refund_equals_paid(order_of_units, step):
    # Ten units of 23.90 with 25 % off: 179.25. In whatever steps they go back, it is 179.25.
    trade = an_order_of([a_line(1, 10, 17_925)], [0])
    left = len(order_of_units)
    while left:
        count = min(step, left)
        trade.cancel({1: count})
        left -= count

    assert trade.whole.order.refund_reserved_minor == 17_925
    assert sum(r.amount_minor for r in trade.whole.refunds) == 17_925


def test_pain_10_freight_goes_back_with_the_last_unit_and_not_before():
    trade = an_order_of([a_line(1, 3, 1000)], [799])
    trade.split()

    refunds = [trade.cancel({1: 1}).voucher.entries[0].amount_minor for _ in range(3)]

    assert refunds == [333, 333, 334 + 799]


def test_pain_06_unpaid_stock_is_back_after_every_way_to_die():
    ways = (
        lambda: a_shop_order().ring("ORDER"),
        lambda: a_shop_order().cancel_unpaid(),
        lambda: a_cancelled_order().world.last,
    )
    for die in ways:
        assert moves(die()) == {
            "release CUP W1": 1,
            "release POT W3": 2,
            "release TEA W1": 2,
            "release TEA W2": 1,
        }


def test_pain_13_freight_is_charged_once_and_stays_with_what_ships():
    trade = a_split_order()
    trade.cancel({1: 3})  # All the tea; the cup still ships.

    tea = trade.row("SUB#01")
    assert (tea.refunded_goods_minor, tea.refunded_freight_minor) == (3_000, 0)
    assert [(p.state, p.freight_minor) for p in trade.whole.parcels_of(tea)] == [
        ("awaiting_shipment", 800),
        ("cancelled", 0),
    ]


def test_everything_paid_is_cancelled_at_once_in_one_refund_of_two_parts():
    trade = a_split_order()

    outcome = cancelled(trade)

    change = outcome.change
    assert entries(change) == {"escrow 01": 6_300, "escrow 02": 10_800, "refund R01": -17_100}
    assert trade.row("REFUND#01").parts == ((1, 5_500, 800, 0), (2, 10_000, 800, 0))
    assert effects(change) == ["REFUND#01 submit_refund"]
    assert (trade.whole.order.stage, trade.whole.order.state) == ("cancelled", "paid")
    assert [p.state for p in trade.whole.parcels] == ["cancelled"] * 3
    assert trade.world.units("TEA", "W1") == (5, 0, 0)
    assert outcome.about == "REFUND#01"


def test_units_that_are_not_cut_yet_come_off_the_last_warehouse_and_are_not_cut_later():
    trade = a_paid_order()

    change = trade.cancel({1: 2})
    trade.split()

    assert moves(change) == {"release TEA W1": 1, "release TEA W2": 1}
    assert [(p.warehouse, dict(p.contents)) for p in trade.whole.parcels] == [
        ("W1", {"1": 1, "2": 1}),
        ("W3", {"3": 2}),
    ]
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels] == [(3_500, 800), (10_000, 800)]


def test_a_part_that_was_cancelled_before_the_cut_is_never_cut():
    trade = a_paid_order()
    trade.cancel(sub_order=1, caller=TEA_MERCHANT)

    trade.split()

    assert [p.sub_order for p in trade.whole.parcels] == [2]
    assert trade.row("SUB#01").split_at is None


def test_a_free_thing_is_cancelled_without_a_refund():
    trade = an_order_of([a_line(1, 2, 0), a_line(2, 1, 500)], [0])

    change = trade.cancel({1: 2})

    assert (change.voucher, trade.whole.refunds, change.about) == (None, (), "")
    assert moves(change) == {"release SKU-1 W1": 2}


def test_everything_means_everything_so_what_has_left_is_said_with_what_could_still_stop():
    trade = a_split_order()
    trade.ship(1, 1)

    error = refused(trade, AlreadyShipped)

    assert error.details["cancellable"] == [{"line": 1, "quantity": 1}, {"line": 3, "quantity": 2}]
    assert (error.status, error.code) == (409, "already_shipped")


def test_more_units_than_are_left_are_refused_with_the_number_that_is():
    trade = a_split_order()
    trade.ship(1, 1)

    error = refused(trade, AlreadyShipped, Cancellation("changed_mind", {1: 2}))

    assert {"line": 1, "quantity": 1} in error.details["cancellable"]


@pytest.mark.parametrize("world", [a_shipped_order, a_completed_order])
def test_what_has_left_is_not_cancelled(world):
    assert refused(world(), AlreadyShipped).details["cancellable"] == []


def test_what_is_cancelled_already_is_not_cancelled_again():
    trade = a_split_order()
    trade.cancel()

    assert refused(trade, AlreadyShipped, Cancellation("changed_mind", {1: 1})).details["cancellable"] == []
    assert refused(trade, AlreadyShipped).reason == "nothing is left to cancel"


def test_a_line_that_is_not_in_the_order_is_named():
    error = refused(a_split_order(), NotFound, Cancellation("changed_mind", {1: 1, 9: 1}))

    assert error.details["lines"] == [9]


def test_a_merchant_touches_no_line_of_another():
    trade = a_split_order()

    error = refused(trade, NotFound, Cancellation("out_of_stock", {3: 1}, 1), caller=TEA_MERCHANT)

    assert error.details["lines"] == [3]


def test_another_merchants_part_does_not_exist():
    refused(a_split_order(), NotFound, Cancellation("out_of_stock", None, 1), caller=POT_MERCHANT)
    refused(a_split_order(), NotFound, Cancellation("out_of_stock", None, 3), caller=TEA_MERCHANT)


def test_another_buyers_order_does_not_exist():
    refused(a_split_order(), NotFound, caller=STRANGER)
    refused(a_shop_order(), NotFound, caller=STRANGER)


@pytest.mark.parametrize("caller", [TEA_MERCHANT, OPERATOR])
def test_only_buyers_cancel_orders(caller):
    refused(a_split_order(), Forbidden, caller=caller)


def test_buyers_do_not_speak_for_merchants():
    refused(a_split_order(), Forbidden, Cancellation("out_of_stock", None, 1))


def test_an_unpaid_order_is_cancelled_as_a_whole():
    refused(an_order_being_paid(), Invalid, Cancellation("changed_mind", {1: 1}))


def test_a_merchant_cannot_cancel_what_is_not_paid():
    refused(an_order_being_paid(), TransitionRefused, Cancellation("other", None, 1), caller=TEA_MERCHANT)


@pytest.mark.parametrize("world", [a_closing_order, a_cancelled_order])
def test_what_closes_or_is_dead_is_not_cancelled_again(world):
    refused(world(), TransitionRefused)


def test_the_same_key_cancels_once_and_answers_alike():
    trade = a_split_order()
    shop = MemoryShop(trade.world)
    first = cancelled(trade, Cancellation("changed_mind", {1: 1}), shop=shop)

    again = cancelled(trade, Cancellation("changed_mind", {1: 1}), shop=shop)

    assert (first.is_repeat, again.is_repeat, first.about, again.about) == (
        False,
        True,
        "REFUND#01",
        "REFUND#01",
    )
    assert len(trade.whole.refunds) == 1


def test_the_same_key_answers_alike_even_where_a_new_request_would_be_refused():
    trade = a_split_order()
    shop = MemoryShop(trade.world)
    cancelled(trade, shop=shop)

    again = cancelled(trade, shop=shop)

    assert (again.is_repeat, again.about) == (True, "REFUND#01")


def test_a_key_stands_for_one_cancellation_only():
    trade = a_split_order()
    shop = MemoryShop(trade.world)
    cancelled(trade, Cancellation("changed_mind", {1: 1}), shop=shop)

    with pytest.raises(KeyReused):
        cancelled(trade, Cancellation("changed_mind", {2: 1}), fingerprint="g", shop=shop)

    assert len(trade.whole.refunds) == 1


def test_what_can_be_cancelled_is_what_neither_left_nor_was_cancelled():
    trade = a_split_order()
    tea, cup, pot = trade.whole.lines
    assert [cancellable_units(trade.whole, line) for line in (tea, cup, pot)] == [3, 1, 2]
    trade.ship(1, 2)
    trade.cancel({1: 1})

    assert [cancellable_units(trade.whole, line) for line in (tea, cup, pot)] == [1, 1, 2]
    assert trade.now == T0 + 100


def test_nothing_of_an_unpaid_order_is_cancelled_by_units():
    whole = a_shop_order().whole
    assert [cancellable_units(whole, line) for line in whole.lines] == [0, 0, 0]
