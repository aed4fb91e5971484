"""Some merchants' parts of an unpaid order become an order of their own: what leaves, and what stays."""

from dataclasses import replace

from shared.ordering.confirmation import confirmation
from shared.ordering.own import own_coupons, own_lines, own_sub_orders, reduced_by
from shared.store.counters import coupon_update
from shared.wallet_moves import CouponMove
from tests.builders import (
    ADDRESS,
    ORDER_ID,
    T0,
    a_line,
    an_unpaid_order_of,
)
from tests.ordering.two_orders import (
    NEW_ID,
    priced,
    separated,
    three_merchants,
    with_shop_coupons,
)


def test_both_orders_add_up_to_the_one_that_was_placed():
    trade = with_shop_coupons()
    assert (trade.whole.order.goods_minor, trade.whole.order.payable_minor) == (13_900, 15_500)

    old, new, _ = separated(trade, 1)

    orders = [old.whole.order, new.whole.order]
    assert [(o.goods_minor, o.freight_minor, o.payable_minor) for o in orders] == [
        (9_000, 800, 9_800),
        (4_900, 800, 5_700),
    ]
    assert [line.payable_minor for line in new.whole.lines] == [2_673, 2_227]  # 6.00 off, as it was spread.
    assert [line.payable_minor for line in own_lines(old.whole)] == [9_000]


def test_a_coupon_goes_with_the_goods_that_it_reduced():
    trade = with_shop_coupons()

    old, new, change = separated(trade, 1)

    assert change.wallet.coupons == (CouponMove("hand_over", "C-SHOP", NEW_ID),)
    assert (change.wallet.points, change.wallet.counts) == (None, ())
    assert change.beside.wallet.is_empty
    assert [coupon.coupon_id for coupon in new.whole.snapshot.coupons] == ["C-SHOP"]
    assert [coupon.coupon_id for coupon in own_coupons(old.whole)] == ["C-POT"]


def test_what_was_agreed_holds_for_the_new_order_too():
    trade = priced(split_before_payment=1, payment_timeout_seconds=999)
    trade.world.whole = replace(
        trade.whole, snapshot=trade.whole.snapshot._replace(review=("large_amount",), level="gold")
    )
    trade.world.placed = trade.whole

    new = separated(trade, 2).new.whole

    assert new.snapshot == trade.whole.snapshot
    assert (new.snapshot.policy["payment_timeout_seconds"], new.snapshot.review) == (999, ("large_amount",))
    assert (new.order.buyer_id, new.order.country, new.order.currency) == ("buyer-1", "CN", "CNY")
    assert (new.order.placed_at, new.order.due_at) == (T0, T0 + 999)


def test_several_parts_leave_together_and_are_numbered_anew():
    lines = [
        a_line(1, 1, 100, sub_order=1),
        a_line(2, 2, 220, sub_order=3),
        a_line(3, 3, 300, sub_order=2),
        a_line(4, 1, 400, sub_order=3),
    ]

    old, new, _ = separated(an_unpaid_order_of(lines, [10, 20, 30]), 1, 3)

    assert [(s.number, s.merchant_id, s.payable_minor) for s in new.whole.sub_orders] == [
        (1, "m-1", 110),
        (2, "m-3", 650),
    ]
    assert [(ln.number, ln.sub_order, ln.sku, ln.quantity) for ln in new.whole.lines] == [
        (1, 1, "SKU-1", 1),
        (2, 2, "SKU-2", 2),
        (3, 2, "SKU-4", 1),
    ]
    assert [s.state for s in old.whole.sub_orders] == ["separated", "awaiting_payment", "separated"]
    assert [s.number for s in own_sub_orders(old.whole)] == [2]
    assert (old.whole.order.payable_minor, new.whole.order.payable_minor) == (320, 760)


def test_a_part_may_leave_an_order_that_was_separated_itself():
    _, middle, _ = separated(three_merchants(100, 200, 300), 2, 3)

    old, new, _ = separated(middle, 2, new_id="01MCC5S0000G40R40M30E20919")

    assert (old.whole.order.order_id, new.whole.order.separated_from) == (NEW_ID, NEW_ID)
    assert (old.whole.order.payable_minor, new.whole.order.payable_minor) == (200, 300)
    assert new.whole.order.due_at == T0 + 1800


def test_no_unit_moves_and_no_money():
    _, _, change = separated(with_shop_coupons(), 1)

    assert (change.stock, change.beside.stock) == ((), ())
    assert (change.voucher, change.beside.voucher) == (None, None)
    assert (change.once, change.beside.once) == ((), ())


def test_the_new_order_has_an_evidence_of_its_own_and_the_old_one_no_longer_promises_what_left():
    old, new, change = separated(with_shop_coupons(), 1)

    told = change.beside.confirmation
    assert (told["order_id"], told["goods"], told["freight"], told["total"]) == (NEW_ID, 4_900, 800, 5_700)
    assert [(line["line"], line["sku"], line["payable"]) for line in told["lines"]] == [
        (1, "TEA", 2_673),
        (2, "CUP", 2_227),
    ]
    assert told["address"] == {
        "name": "L***",
        "phone": "+***",
        "country": "CN",
        "city": "杭***",
        "street": "文***",
    }
    assert [promise["sub_order_id"] for promise in told["promised"]] == [f"{NEW_ID}-01"]
    again = confirmation(old.whole, ADDRESS)
    assert (again["total"], [line["sku"] for line in again["lines"]]) == (9_800, ["POT"])
    assert [promise["sub_order_id"] for promise in again["promised"]] == [f"{ORDER_ID}-02"]
    assert confirmation(new.whole, ADDRESS)["total"] == 5_700


def test_a_locked_coupon_is_handed_over_only_by_the_order_that_holds_it():
    update = coupon_update("members", "buyer-1", CouponMove("hand_over", "C-SHOP", NEW_ID), ORDER_ID)

    assert update["UpdateExpression"] == "SET #state = :becomes, order_id = :heir"
    assert update["ConditionExpression"] == "#state = :was AND order_id = :order"
    assert update["ExpressionAttributeValues"] == {
        ":was": {"S": "locked"},
        ":becomes": {"S": "locked"},
        ":order": {"S": ORDER_ID},
        ":heir": {"S": NEW_ID},
    }


def test_an_order_that_nothing_left_is_all_its_own():
    whole = with_shop_coupons().whole

    assert own_lines(whole) == whole.lines
    assert own_sub_orders(whole) == whole.sub_orders
    assert own_coupons(whole) == whole.snapshot.coupons
    assert [line.sku for line in reduced_by(whole.lines, whole.snapshot.coupons[0])] == ["TEA", "CUP"]
