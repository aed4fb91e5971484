"""One order became two: each is paid, cancelled, timed out, sent and refunded by itself, and never for the other."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model import UsedCoupon
from shared.money import allocate
from shared.wallet_moves import Count, CouponMove
from tests.builders import (
    POT_MERCHANT,
    T0,
    TEA_MERCHANT,
    Trade,
    a_line,
    a_shop_order,
    an_order_being_paid,
    an_unpaid_order_of,
)
from tests.ordering.two_orders import NEW_ID, separated, with_shop_coupons
from tests.special_orders import a_limited_order, a_used_coupon
from tests.storybook import entries, moves, rows

TEA_RELEASED = {"release CUP W1": 1, "release TEA W1": 2, "release TEA W2": 1}
POT_RELEASED = {"release POT W3": 2}


def paid(trade: Trade) -> Trade:
    trade.start_payment()
    trade.pay()
    return trade


# --- paid ---


def test_the_new_order_is_paid_and_the_old_one_cancelled():
    old, new, _ = separated(a_shop_order(), 1)

    paid(new)
    cancelled = old.cancel_unpaid()

    assert entries(new.world.last) == {"clearing:sandbox": 6_300, "escrow 01": -6_300}
    assert new.whole.order.captured_minor == 6_300
    assert new.row("PAY#01").reference == f"{NEW_ID}01"
    assert [s.state for s in new.whole.sub_orders] == ["awaiting_shipment"]
    assert rows(cancelled) == [
        "ORDER order.pending_payment.cancel_requested",
        "SUB#02 sub_order.awaiting_payment.order_cancelled",
    ]
    assert moves(cancelled) == POT_RELEASED
    assert [s.state for s in old.whole.sub_orders] == ["separated", "cancelled"]


def test_the_old_order_is_paid_and_the_new_one_cancelled():
    old, new, _ = separated(a_shop_order(), 1)

    paid(old)
    cancelled = new.cancel_unpaid()

    assert entries(old.world.last) == {"clearing:sandbox": 10_800, "escrow 02": -10_800}
    assert rows(old.world.last) == [
        "PAY#01 payment.open.payment_succeeded",
        "ORDER order.pending_payment.payment_succeeded",
        "SUB#02 sub_order.awaiting_payment.payment_succeeded",
    ]
    assert (old.whole.order.captured_minor, old.whole.order.stage) == (10_800, "awaiting_shipment")
    assert moves(cancelled) == TEA_RELEASED
    assert new.whole.order.stage == "cancelled"


def test_both_are_paid_each_for_its_own():
    old, new, _ = separated(with_shop_coupons(), 1)

    paid(old)
    paid(new)

    assert [p.amount_minor for p in (*old.whole.payments, *new.whole.payments)] == [9_800, 5_700]
    assert old.world.last.wallet.coupons == (CouponMove("use", "C-POT"),)
    assert new.world.last.wallet.coupons == (CouponMove("use", "C-SHOP"),)


def test_a_page_that_was_open_for_all_of_it_pays_neither_order():
    """It was closed before the separation, and paid all the same: more than is owed now, so it goes back whole."""
    trade = an_order_being_paid()
    trade.close(1)
    late = trade.notice(1)
    assert late.money.amount_minor == 17_100
    old, new, _ = separated(trade, 1)

    change = old.hear(late)

    assert change.event == "payment_unclaimed"
    assert [(r.amount_minor, r.reason) for r in old.whole.refunds] == [(17_100, "unclaimed")]
    assert (old.whole.order.state, old.whole.order.captured_minor) == ("pending_payment", 0)
    old.start_payment()
    old.pay(2)
    assert (old.whole.order.state, old.whole.order.captured_minor) == ("paid", 10_800)
    assert new.whole.order.state == "pending_payment"


# --- not paid ---


@pytest.mark.parametrize("named", [1, 2])
def test_both_time_out_when_the_whole_order_would_have(named):
    old, new, _ = separated(a_shop_order().after(900), named)

    gone = [old.ring("ORDER"), new.ring("ORDER")]

    assert (old.now, new.now) == (T0 + 1800, T0 + 1800)
    assert [moves(change) for change in gone] == [
        POT_RELEASED if named == 1 else TEA_RELEASED,
        TEA_RELEASED if named == 1 else POT_RELEASED,
    ]
    assert (old.world.total("reserved"), new.world.total("reserved")) == (0, 0)
    assert (old.whole.order.stage, new.whole.order.stage) == ("cancelled", "cancelled")


def test_each_coupon_is_free_again_when_its_own_order_dies():
    old, new, _ = separated(with_shop_coupons(), 1)

    old.cancel_unpaid()
    assert (old.world.purse.coupons, new.world.purse.coupons) == (
        {"C-POT": "available"},
        {"C-SHOP": "locked"},
    )

    new.cancel_unpaid()
    assert new.world.purse.coupons == {"C-SHOP": "available"}


def test_a_page_of_the_new_order_that_closes_ends_the_new_order_alone():
    old, new, _ = separated(a_shop_order(), 1)
    new.start_payment()
    new.ring("ORDER")
    assert (new.whole.order.state, new.whole.order.due_at) == ("closing", T0 + 1860)

    new.close(1)

    assert (new.whole.order.state, old.whole.order.state) == ("cancelled", "pending_payment")


def test_what_is_limited_stays_counted_until_its_own_order_dies():
    old, new, change = separated(
        a_limited_order(), 1
    )  # Three of which each buyer may have five; goods from abroad.
    assert (change.wallet.counts, change.beside.wallet.counts) == ((), ())

    assert new.cancel_unpaid().wallet.counts == (Count("sku:TEA", -3, None),)
    assert old.cancel_unpaid().wallet.counts == (Count("cross_border:2027", -10_000, None),)


def test_goods_that_payment_takes_are_taken_by_the_order_that_they_are_in():
    lines = [a_line(1, 2, 5_000, flags=("deferred",)), a_line(2, 1, 3_000, sub_order=2)]
    old, new, change = separated(an_unpaid_order_of(lines, [800, 500]), 1)
    assert change.stock == ()

    assert paid(old).world.last.stock == ()
    assert moves(paid(new).world.last) == {"reserve SKU-1 W1": 2}


def test_goods_that_payment_takes_and_that_left_are_not_released_by_the_old_order():
    lines = [a_line(1, 2, 5_000, flags=("deferred",)), a_line(2, 1, 3_000, sub_order=2)]
    old, new, _ = separated(an_unpaid_order_of(lines, [800, 500]), 2)

    assert old.cancel_unpaid().stock == ()
    assert moves(new.cancel_unpaid()) == {"release SKU-2 W1": 1}


# --- sent and refunded ---


def sent(trade: Trade) -> Counter[str]:
    """Units by line number, whatever parcels they are in."""
    return sum((Counter(p.contents) for p in trade.whole.parcels), Counter[str]())


def test_each_order_is_sent_and_received_by_itself():
    old, new, _ = separated(a_shop_order(), 2)
    for trade in (paid(old), paid(new)):
        trade.split()

    new.ship(1, *(p.number for p in new.whole.parcels), caller=POT_MERCHANT)
    old.ship(1, *(p.number for p in old.whole.parcels), caller=TEA_MERCHANT)

    assert sent(new) == {"1": 2}
    assert sent(old) == {"1": 3, "2": 1}
    assert (old.whole.order.stage, new.whole.order.stage) == ("awaiting_receipt", "awaiting_receipt")
    assert old.world.units("TEA", "W1") == (3, 0, 2)
    assert new.world.units("POT", "W3") == (0, 0, 2)


def test_each_order_gives_back_what_was_paid_for_it():
    old, new, _ = separated(with_shop_coupons(), 1)

    for trade in (paid(old), paid(new)):
        trade.cancel()
        trade.refund_says("succeeded")

    assert [r.amount_minor for r in (*old.whole.refunds, *new.whole.refunds)] == [9_800, 5_700]
    assert (old.world.purse.coupons, new.world.purse.coupons) == (
        {"C-POT": "available"},
        {"C-SHOP": "available"},
    )
    assert [trade.whole.order.stage for trade in (old, new)] == ["cancelled", "cancelled"]
    assert [trade.world.held("clearing:sandbox") for trade in (old, new)] == [0, 0]


def test_a_favour_is_never_taken_from_what_left():
    old, _, _ = separated(a_shop_order(), 1)
    paid(old)

    old.give(10_800)

    assert [part.sub_order for part in old.whole.refunds[0].parts] == [2]
    assert old.row("SUB#01").given_back_minor == 0


# --- any order ---


@st.composite
def unpaid_orders(draw):
    """Up to five shops with up to four products each: prices, freight and shop coupons, spread as they would be."""
    shops = draw(st.integers(2, 5))
    lines, freight, coupons = [], [], []
    for shop in range(1, shops + 1):
        listed = draw(st.lists(st.integers(1, 100_000), min_size=1, max_size=4))
        off = draw(st.integers(0, sum(listed) - 1))
        shares = allocate(off, listed)
        if off:
            coupons.append(a_used_coupon(f"C{shop}", off))
        for price, share in zip(listed, shares, strict=True):
            steps = (
                (("list_price", price), (f"shop_coupon:C{shop}", -share))
                if share
                else (("list_price", price),)
            )
            number, quantity = len(lines) + 1, draw(st.integers(1, 9))
            lines.append(a_line(number, quantity, price - share, sub_order=shop, steps=steps))
        freight.append(draw(st.integers(1, 3_000)))
    chosen = draw(st.sets(st.integers(1, shops), min_size=1, max_size=shops - 1))
    return lines, freight, coupons, chosen


@given(unpaid_orders())
def test_any_order_that_is_separated_adds_up_to_the_fen(order):
    lines, freight, coupons, chosen = order
    trade = an_unpaid_order_of(lines, freight, coupons=coupons)
    goods = {
        n: sum(ln.payable_minor for ln in lines if ln.sub_order == n) for n in range(1, len(freight) + 1)
    }
    total, owners = sum(goods.values()) + sum(freight), set(goods)

    old, new, _ = separated(trade, *chosen)

    before, after = old.whole.order, new.whole.order
    assert before.payable_minor + after.payable_minor == total
    assert after.goods_minor == sum(goods[n] for n in chosen)
    assert after.freight_minor == sum(freight[n - 1] for n in chosen)
    assert before.goods_minor == sum(goods[n] for n in owners - chosen)
    assert before.freight_minor == sum(freight[n - 1] for n in owners - chosen)
    assert [s.payable_minor for s in new.whole.sub_orders] == [
        goods[n] + freight[n - 1] for n in sorted(chosen)
    ]
    assert sorted(new.world.purse.coupons) == sorted(coupon_ids(coupons, chosen))
    assert sorted(old.world.purse.coupons) == sorted(coupon_ids(coupons, owners - chosen))
    assert {ln.sku for ln in new.whole.lines} == {ln.sku for ln in lines if ln.sub_order in chosen}


@given(unpaid_orders(), st.booleans(), st.booleans())
def test_any_order_that_is_separated_is_given_back_to_the_fen_and_to_the_unit(order, old_pays, new_pays):
    lines, freight, coupons, chosen = order
    old, new, _ = separated(an_unpaid_order_of(lines, freight, coupons=coupons), *chosen)
    owed = [trade.whole.order.payable_minor for trade in (old, new)]

    for trade, pays in ((old, old_pays), (new, new_pays)):
        if pays:
            paid(trade).cancel()
        else:
            trade.cancel_unpaid()

    returned = [sum(r.amount_minor for r in trade.whole.refunds) for trade in (old, new)]
    assert returned == [owed[0] if old_pays else 0, owed[1] if new_pays else 0]
    assert (old.world.total("reserved"), new.world.total("reserved")) == (0, 0)
    units = sum(line.quantity for line in lines)
    assert old.world.total("available") + new.world.total("available") == units
    assert {*old.world.purse.coupons.values(), *new.world.purse.coupons.values()} <= {"available"}


def coupon_ids(coupons: list[UsedCoupon], shops: set[int]) -> list[str]:
    return [coupon.coupon_id for coupon in coupons if int(coupon.coupon_id.removeprefix("C")) in shops]
