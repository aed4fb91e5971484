import pytest

from bench.split.generating import instance
from bench.split.reference import least

from .split_orders import (
    a_band,
    a_carrier,
    a_line,
    an_instance,
    least_by_trying_everything,
)

CONVEX = a_carrier(
    volumetric_divisor=None, bands=[a_band(0, 5_000, 1_000), a_band(5_000, 30_000, 1_000, 1_000, 500)]
)


def test_two_of_five_kilograms_are_sent_where_ten_cost_more():
    order = an_instance(a_line(qty=10, unit_weight_g=1_000, unit_volume_cm3=1), carrier=CONVEX, stock=10)

    assert least(order) == (2 * (1_000 + 150), 2 * (1_000 + 150))


def test_one_parcel_is_sent_where_it_costs_less_than_two():
    carrier = a_carrier(volumetric_divisor=None, bands=[a_band(0, 30_000, 1_000, 30_000)])
    order = an_instance(a_line(qty=10, unit_weight_g=1_000, unit_volume_cm3=1), carrier=carrier, stock=10)

    assert least(order) == (1_150, 1_150)


def test_a_line_is_sent_from_two_warehouses_where_none_has_all():
    order = an_instance(a_line(qty=5), stock=3)
    order["warehouses"]["W2"] = {"handling": 0, "carriers": ["W2.e"], "stock": {"S1": 2}}
    order["carriers"]["W2.e"] = a_carrier(bands=[a_band(0, 30_000, 100)])

    # W2: 100. W1: three are 2 100 g, and 2 250 by volume: 800 + 2 x 180 + 150.
    assert least(order) == (100 + 1_310, 100 + 1_310)


def a_tiny_order(number):
    """One of three made-up lines, of two units at most."""
    order = instance("n3", number, seed=1)
    for line in order["lines"]:
        line["qty"] = min(line["qty"], 2)
    return order


@pytest.mark.parametrize("number", range(30))
def test_it_finds_what_trying_everything_finds(number):
    order = a_tiny_order(number)

    found = least(order)

    assert found.is_proven
    assert found.price == least_by_trying_everything(order)
