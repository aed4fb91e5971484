"""Plans of one parcel or two are looked at first, and those of more are priced above them."""

import pytest

from shared.splitting.optimiser import cheapest_parcels
from shared.splitting.problem import Problem
from tests.splitting.small_problems import a_service, a_warehouse, broken_rules, goods, least_price

BOXES = a_service("boxes", (1_400, 500, 1_400, 0), (2_100, 900, 2_100, 0))


def test_two_equal_parcels_are_one_plan():
    plan = cheapest_parcels(Problem((goods("S1", 4),), (a_warehouse("W1", {"S1": 9}, BOXES),)))

    assert plan.price == 1_000
    assert [parcel.contents for parcel in plan.parcels] == [(("S1", 2),), (("S1", 2),)]
    assert plan.is_optimal


def test_two_parcels_from_a_warehouse_hold_no_more_than_it_has():
    near = a_warehouse("W1", {"S1": 3}, BOXES)
    far = a_warehouse("W2", {"S1": 4}, BOXES, handling=50)

    plan = cheapest_parcels(Problem((goods("S1", 4),), (near, far)))

    assert plan.price == 500 + 550
    assert [(parcel.warehouse_id, parcel.contents) for parcel in plan.parcels] == [
        ("W1", (("S1", 2),)),
        ("W2", (("S1", 2),)),
    ]


def test_three_parcels_are_sent_where_two_cost_more():
    letters = a_service("letters", (700, 100, 700, 0), (2_100, 1_000, 2_100, 0))

    plan = cheapest_parcels(Problem((goods("S1", 3),), (a_warehouse("W1", {"S1": 3}, letters),)))

    assert (plan.price, len(plan.parcels), plan.is_optimal) == (300, 3, True)


@pytest.mark.parametrize("quantity", range(1, 12))
@pytest.mark.parametrize("held", [2, 5, 12])
def test_whatever_the_number_of_parcels_the_cheapest_plan_is_found(quantity, held):
    steps = a_service("steps", (1_000, 300, 1_000, 0), (8_000, 300, 1_000, 170))
    stock = {"S1": held, "S2": 1}
    problem = Problem(
        (goods("S1", quantity), goods("S2", 2, unit_grams=1_250)),
        (
            a_warehouse("W1", stock, BOXES, handling=20),
            a_warehouse("W2", {"S1": 12, "S2": 2}, steps, handling=90, distance=3),
        ),
    )

    plan = cheapest_parcels(problem)

    assert broken_rules(problem, plan) == []
    assert (plan.price, len(plan.parcels)) == least_price(problem)[:2]
    assert plan.is_optimal


def test_what_is_short_in_one_warehouse_does_not_make_a_dear_plan_look_proven():
    lines = (
        goods("S0", 4, unit_grams=2_500, unit_cm3=500, category="c"),
        goods("S1", 6, unit_grams=200, unit_cm3=500, category="a"),
        goods("S2", 6, unit_grams=1_100, unit_cm3=4_000, category="c"),
    )
    anything = a_service("anything", (9_000, 700, 9_000, 0))
    dear = a_service("dear", (1_000, 700, 1_000, 0), (3_000, 1_153, 3_000, 0))
    cheap = a_service("cheap", (1_000, 350, 1_000, 0), (3_000, 401, 3_000, 0))
    warehouses = (
        a_warehouse("W0", {"S0": 3, "S1": 6, "S2": 5}, anything, handling=150, distance=3),
        a_warehouse("W1", {"S0": 5, "S1": 7, "S2": 1}, dear, handling=50, distance=5),
        a_warehouse("W2", {"S2": 4}, cheap, handling=150, distance=1),
    )

    plan = cheapest_parcels(Problem(lines, warehouses))

    assert (plan.price, len(plan.parcels), plan.is_optimal) == (3_454, 4, True)
