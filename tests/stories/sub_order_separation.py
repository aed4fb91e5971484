"""One merchant's part leaves the order that it was placed with, unpaid, and goes on in another."""

from shared.changes import Change
from tests.builders import a_shop_order
from tests.ordering.two_orders import separated
from tests.storybook import story


@story("sub_order.awaiting_payment.sub_orders_separated", to="separated", only="buyer")
def a_part_that_left_is_worth_nothing_where_it_was() -> Change:
    old, _, change = separated(a_shop_order(), 2)

    left, stayed = old.row("SUB#02"), old.row("SUB#01")
    assert (left.goods_minor, left.freight_minor, left.payable_minor, left.freight_steps) == (0, 0, 0, ())
    assert (stayed.state, stayed.payable_minor) == ("awaiting_payment", 6_300)
    assert [line.sku for line in old.whole.lines] == ["TEA", "CUP", "POT"]  # History.
    assert (change.lines, change.snapshot) == ((), None)
    return change


@story("sub_order.start.sub_orders_separated", to="awaiting_payment", only="buyer")
def a_part_begins_again_as_it_was_placed() -> Change:
    two = separated(a_shop_order(), 2)

    begun = two.new.row("SUB#01")
    assert (begun.number, begun.merchant_id) == (1, "m-pot")
    assert (begun.goods_minor, begun.freight_minor, begun.payable_minor) == (10_000, 800, 10_800)
    assert begun.freight_steps == (("freight", 800),)
    [line] = two.new.whole.lines
    assert (line.number, line.sub_order, line.sku, line.quantity) == (1, 1, "POT", 2)
    assert (line.unit_price_minor, line.payable_minor) == (5_000, 10_000)
    return two.made
