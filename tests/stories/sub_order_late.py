"""A part whose warehouse neither stops it nor sends it in time."""

from shared.changes import Change
from tests.builders import POT_MERCHANT, T0, an_order_at_its_warehouses
from tests.storybook import effects, entries, moves, rows, story


@story("sub_order.intercepting.shipment_overdue", to="intercepting", only="clock", clock=172_800)
def a_warehouse_that_does_not_answer_breaks_the_promised_time_too() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = trade.ring("SUB#02")

    assert rows(change) == ["SUB#02 sub_order.intercepting.shipment_overdue"]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, [])
    assert trade.now == T0 + 200 + 172_800
    return change
