"""Some merchants' parts of an unpaid order become an order of their own: the one that they leave, and the new one."""

from shared.changes import Change
from tests.builders import ADDRESS, ORDER_ID, T0, a_shop_order
from tests.ordering.two_orders import NEW_ID, separated
from tests.storybook import effects, rows, story


@story("order.pending_payment.sub_orders_separated", to="pending_payment", only="buyer")
def an_order_shrinks_by_what_left_it_and_keeps_its_deadline() -> Change:
    trade = a_shop_order().after(600)

    old, new, change = separated(trade, 2)

    assert rows(change) == [
        "ORDER order.pending_payment.sub_orders_separated",
        "SUB#02 sub_order.awaiting_payment.sub_orders_separated",
    ]
    assert (change.stock, change.voucher, effects(change)) == ((), None, [])
    order = old.whole.order
    assert (order.goods_minor, order.freight_minor, order.payable_minor) == (5_500, 800, 6_300)
    assert (order.version, order.stage, order.due_at) == (2, "pending_payment", T0 + 1800)
    assert old.world.units("TEA", "W1") == (3, 2, 0)
    assert new.world.units("POT", "W3") == (0, 2, 0)
    assert (change.about, change.note) == (NEW_ID, {"separated_to": NEW_ID, "sub_orders": "02"})
    return change


@story("order.start.sub_orders_separated", to="pending_payment", only="buyer", clock=1200)
def a_part_becomes_an_order_without_more_time_to_pay() -> Change:
    trade = a_shop_order().after(600)

    two = separated(trade, 2)

    change, order = two.made, two.new.whole.order
    assert rows(change) == [
        "ORDER order.start.sub_orders_separated",
        "SUB#01 sub_order.start.sub_orders_separated",
    ]
    assert (change.stock, change.voucher, effects(change), change.request) == ((), None, [], None)
    assert (order.order_id, order.separated_from, order.version) == (NEW_ID, ORDER_ID, 1)
    assert (order.goods_minor, order.freight_minor, order.payable_minor) == (10_000, 800, 10_800)
    assert (order.placed_at, order.due_at) == (T0, T0 + 1800)
    assert change.personal == ADDRESS
    assert "Li Lei" not in repr(change._replace(personal=None))
    assert change.note == {"separated_from": ORDER_ID}
    return change
