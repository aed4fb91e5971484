import os
import subprocess
import sys

import pytest

from shared.splitting.obstacles import obstacles
from shared.splitting.optimiser import cheapest_parcels
from shared.splitting.problem import Impossible, Kind, Obstacle, Packed, Plan, Problem
from tests.splitting.small_problems import a_service, a_warehouse, broken_rules, goods

LAND = a_service("land", (1_000, 800, 1_000, 0), (30_000, 800, 1_000, 180))
STEEP = a_service("steep", (1_000, 800, 1_000, 0), (5_000, 800, 1_000, 180), (30_000, 1_520, 1_000, 460))
NOTHING = Problem((), ())
APART = frozenset({frozenset({"food", "paint"})})


def contents(plan):
    return [(parcel.warehouse_id, parcel.service_id, dict(parcel.contents)) for parcel in plan.parcels]


def test_everything_goes_in_one_parcel_where_that_is_cheapest():
    problem = Problem((goods("A", 2), goods("B")), (a_warehouse("W1", {"A": 2, "B": 1}, LAND, handling=150),))

    plan = cheapest_parcels(problem)

    # 2,100 g: the first kilogram and two further ones.
    parcel = Packed("M1", "W1", "land", (("A", 2), ("B", 1)), 800 + 2 * 180 + 150)
    assert plan == Plan((parcel,), 1_310, is_optimal=True, at_least=1_310)


def test_ten_kilograms_go_in_two_parcels_of_five_where_that_costs_less():
    problem = Problem((goods("A", 10, unit_grams=1_000),), (a_warehouse("W1", {"A": 10}, STEEP),))

    plan = cheapest_parcels(problem)

    # One parcel of ten would cost 1,520 + 5 x 460 = 3,820.
    assert contents(plan) == [("W1", "steep", {"A": 5})] * 2
    assert (plan.price, plan.is_optimal) == (3_040, True)


def test_a_line_is_spread_over_warehouses_when_no_one_holds_enough():
    warehouses = (a_warehouse("W1", {"A": 2, "B": 1}, LAND), a_warehouse("W2", {"A": 2}, LAND))
    problem = Problem((goods("A", 3), goods("B")), warehouses)

    plan = cheapest_parcels(problem)

    # 1,400 g and 1,400 g; with B and two of A together it would be 2,100 g and 700 g, at the same price.
    assert plan.price == 1_960
    assert sorted(count for _, _, held in contents(plan) for count in held.values()) in ([1, 1, 2], [1, 2, 1])
    assert broken_rules(problem, plan) == []


def test_a_dearer_warehouse_is_used_when_it_saves_a_parcel():
    cheap = a_service("cheap", (30_000, 500, 30_000, 0))
    dear = a_service("dear", (30_000, 900, 30_000, 0))
    warehouses = (
        a_warehouse("W1", {"A": 1}, cheap),
        a_warehouse("W2", {"B": 1}, cheap),
        a_warehouse("W3", {"A": 1, "B": 1}, dear),
    )

    plan = cheapest_parcels(Problem((goods("A"), goods("B")), warehouses))

    assert contents(plan) == [("W3", "dear", {"A": 1, "B": 1})]
    assert plan.price == 900


@pytest.mark.parametrize(
    "other",
    [
        {"merchant": "M2"},
        {"kinds": frozenset({Kind.CROSS_BORDER})},
        {"kinds": frozenset({Kind.BULKY})},
        {"kinds": frozenset({Kind.HAZARD})},
        {"category": "paint"},
    ],
    ids=["another merchant", "cross-border", "bulky", "hazardous", "a category kept apart"],
)
def test_what_must_not_share_a_parcel_does_not(other):
    problem = Problem(
        (goods("A", category="food"), goods("B", **other)),
        (a_warehouse("W1", {"A": 1, "B": 1}, LAND),),
        apart=APART,
    )

    plan = cheapest_parcels(problem)

    assert contents(plan) == [("W1", "land", {"A": 1}), ("W1", "land", {"B": 1})]
    assert (plan.price, plan.is_optimal) == (1_600, True)


def test_categories_that_are_apart_may_each_lie_with_a_third():
    lines = (goods("A", category="food"), goods("B", category="paint"), goods("C", 2, category="cups"))
    problem = Problem(lines, (a_warehouse("W1", {"A": 1, "B": 1, "C": 2}, LAND),), apart=APART)

    plan = cheapest_parcels(problem)

    # 700 g each: one of four lies alone only if another parcel holds 2,100 g.
    assert len(plan.parcels) == 2
    assert plan.price == 2 * 800 + 2 * 180
    assert broken_rules(problem, plan) == []


def test_a_category_is_not_kept_apart_from_itself():
    problem = Problem(
        (goods("A", category="food"), goods("B", category="food")),
        (a_warehouse("W1", {"A": 1, "B": 1}, LAND),),
        apart=frozenset({frozenset({"food"})}),
    )

    assert cheapest_parcels(problem).price == 980


def test_a_cross_border_parcel_is_worth_no_more_than_the_cap():
    abroad = goods("A", 4, unit_price_minor=200_000, unit_grams=100, kinds=frozenset({Kind.CROSS_BORDER}))
    warehouses = (a_warehouse("W1", {"A": 4}, LAND),)

    assert (
        contents(cheapest_parcels(Problem((abroad,), warehouses, customs_cap=400_000)))
        == [("W1", "land", {"A": 2})] * 2
    )
    assert len(cheapest_parcels(Problem((abroad,), warehouses, customs_cap=399_999)).parcels) == 4
    assert len(cheapest_parcels(Problem((abroad,), warehouses)).parcels) == 1


def test_the_cap_is_nothing_to_domestic_goods():
    problem = Problem(
        (goods("A", 2, unit_price_minor=400_000),), (a_warehouse("W1", {"A": 2}, LAND),), customs_cap=1
    )

    assert cheapest_parcels(problem).price == 980


def test_a_service_that_refuses_the_goods_is_not_used():
    wary = a_service("wary", (30_000, 100, 30_000, 0), refuses=frozenset({Kind.HAZARD, Kind.DOMESTIC}))
    warehouses = (a_warehouse("W1", {"A": 1, "B": 1, "C": 1}, wary, LAND),)
    lines = (
        goods("A"),
        goods("B", kinds=frozenset({Kind.CROSS_BORDER})),
        goods("C", kinds=frozenset({Kind.CROSS_BORDER, Kind.HAZARD})),
    )

    plan = cheapest_parcels(Problem(lines, warehouses))

    assert [(parcel.service_id, parcel.price) for parcel in plan.parcels] == [
        ("land", 800),
        ("wary", 100),
        ("land", 800),
    ]


def test_a_surcharge_is_paid_once_for_each_parcel():
    kind = frozenset({Kind.HAZARD})
    service = LAND._replace(surcharges={Kind.HAZARD: 500, Kind.BULKY: 9_000})
    problem = Problem(
        (goods("A", kinds=kind), goods("B", kinds=kind)), (a_warehouse("W1", {"A": 1, "B": 1}, service),)
    )

    assert cheapest_parcels(problem).price == 800 + 180 + 500


@pytest.mark.parametrize(
    ("max_grams", "max_cm3"), [(1_400, 99_999), (99_999, 13_680)], ids=["weight", "volume"]
)
def test_a_parcel_keeps_within_its_service_s_limits(max_grams, max_cm3):
    service = LAND._replace(max_grams=max_grams, max_cm3=max_cm3)

    plan = cheapest_parcels(Problem((goods("A", 5),), (a_warehouse("W1", {"A": 5}, service),)))

    assert sorted(held["A"] for _, _, held in contents(plan)) == [1, 2, 2]
    assert (plan.price, plan.is_optimal) == (800 + 2 * 980, True)


def test_volume_is_charged_where_it_weighs_more():
    service = LAND._replace(volumetric_divisor=5_000)

    # 13,680 cm3 count as 2,736 g.
    assert cheapest_parcels(Problem((goods("A", 2),), (a_warehouse("W1", {"A": 2}, service),))).price == 1_160


def test_of_equally_cheap_plans_the_one_of_fewest_parcels_is_taken():
    by_weight = a_service("by weight", (30_000, 0, 100, 10))

    plan = cheapest_parcels(Problem((goods("A", 3),), (a_warehouse("W1", {"A": 3}, by_weight),)))

    assert contents(plan) == [("W1", "by weight", {"A": 3})]


def test_of_equally_cheap_plans_the_one_from_the_nearest_warehouse_is_taken():
    far, near = a_warehouse("W1", {"A": 1}, LAND, distance=30), a_warehouse("W2", {"A": 1}, LAND, distance=2)

    assert contents(cheapest_parcels(Problem((goods("A"),), (far, near)))) == [("W2", "land", {"A": 1})]


def test_a_minor_unit_outweighs_any_distance():
    cheap = a_service("cheap", (1_000, 799, 1_000, 0))
    far = a_warehouse("W1", {"A": 1}, cheap, distance=1_000_000)
    near = a_warehouse("W2", {"A": 1}, LAND, distance=1)

    assert contents(cheapest_parcels(Problem((goods("A"),), (far, near)))) == [("W1", "cheap", {"A": 1})]


def test_of_equal_services_the_first_by_name_is_taken():
    problem = Problem((goods("A"),), (a_warehouse("W1", {"A": 1}, LAND._replace(service_id="sea"), LAND),))

    assert contents(cheapest_parcels(problem)) == [("W1", "land", {"A": 1})]


def test_nothing_to_send_costs_nothing():
    assert cheapest_parcels(NOTHING) == Plan((), 0, is_optimal=True, at_least=0)


def test_goods_of_no_weight_are_priced_as_the_arithmetic_says():
    problem = Problem((goods("A", 2, unit_grams=0, unit_cm3=0),), (a_warehouse("W1", {"A": 2}, LAND),))

    assert cheapest_parcels(problem).price == 800
    assert obstacles(problem) == (Impossible(Obstacle.NO_WEIGHT, ("A",)),)


ABROAD = frozenset({Kind.CROSS_BORDER})


@pytest.mark.parametrize(
    ("lines", "warehouses", "obstacle", "skus"),
    [
        (
            (goods("A", 3), goods("B"), goods("C")),
            (a_warehouse("W1", {"A": 1, "B": 1}, LAND), a_warehouse("W2", {"A": 1}, LAND)),
            Obstacle.NO_STOCK,
            ("A", "C"),
        ),
        (
            (
                goods("A", kinds=ABROAD, unit_price_minor=500_001),
                goods("B", kinds=ABROAD, unit_price_minor=500_000),
            ),
            (a_warehouse("W1", {"A": 1, "B": 1}, LAND),),
            Obstacle.OVER_CUSTOMS_CAP,
            ("A",),
        ),
        (
            (goods("A", unit_grams=30_001), goods("B", unit_cm3=1_000_001), goods("C", unit_grams=30_000)),
            (a_warehouse("W1", {"A": 1, "B": 1, "C": 1}, LAND), a_warehouse("W2", {"C": 1}, LAND)),
            Obstacle.NO_SERVICE,
            ("A", "B"),
        ),
        (
            (goods("A"), goods("B", kinds=ABROAD)),
            (a_warehouse("W1", {"A": 1, "B": 1}, LAND._replace(refuses=frozenset({Kind.DOMESTIC}))),),
            Obstacle.NO_SERVICE,
            ("A",),
        ),
        (
            (goods("A"),),
            (a_warehouse("W1", {"A": 1}), a_warehouse("W2", {}, LAND)),
            Obstacle.NO_SERVICE,
            ("A",),
        ),
        (
            (goods("A", 3), goods("B")),
            (
                a_warehouse("W1", {"A": 2, "B": 1}, LAND),
                a_warehouse("W2", {"A": 2}, LAND._replace(max_grams=699)),
            ),
            Obstacle.NOT_ENOUGH_CARRIED,
            ("A",),
        ),
    ],
    ids=[
        "no stock",
        "over the cap",
        "too heavy or too large",
        "refused",
        "no services",
        "not enough carried",
    ],
)
def test_an_order_that_cannot_be_sent_in_full_says_why_and_names_the_goods(lines, warehouses, obstacle, skus):
    problem = Problem(lines, warehouses, customs_cap=500_000)

    assert cheapest_parcels(problem) == Impossible(obstacle, skus)
    assert obstacles(problem) == (Impossible(obstacle, skus),)


def test_every_kind_of_obstacle_is_told_and_the_first_of_them_is_the_answer():
    lines = (goods("A", unit_grams=40_000), goods("B", 2), goods("C", unit_grams=0))
    problem = Problem(lines, (a_warehouse("W1", {"A": 1, "B": 1, "C": 1}, LAND),))

    assert obstacles(problem) == (
        Impossible(Obstacle.NO_WEIGHT, ("C",)),
        Impossible(Obstacle.NO_STOCK, ("B",)),
        Impossible(Obstacle.NO_SERVICE, ("A",)),
    )
    assert cheapest_parcels(problem) == Impossible(Obstacle.NO_STOCK, ("B",))


def test_fewer_parcels_are_found_when_only_so_many_are_allowed():
    light = a_service("light", (1_000, 100, 1_000, 0))
    heavy = a_service("heavy", (5_000, 900, 5_000, 0))
    problem = Problem((goods("A", 5),), (a_warehouse("W1", {"A": 5}, light, heavy),))

    assert contents(cheapest_parcels(problem)) == [("W1", "light", {"A": 1})] * 5
    assert contents(cheapest_parcels(problem, parcels_max=5)) == [("W1", "light", {"A": 1})] * 5
    assert cheapest_parcels(problem, parcels_max=1) == Plan(
        (Packed("M1", "W1", "heavy", (("A", 5),), 900),), 900, is_optimal=False, at_least=500
    )


def test_as_few_parcels_as_there_can_be_where_the_limit_cannot_be_kept():
    service = a_service("small", (1_000, 100, 1_000, 0))
    problem = Problem((goods("A", 3),), (a_warehouse("W1", {"A": 3}, service),))

    plan = cheapest_parcels(problem, parcels_max=2)

    assert contents(plan) == [("W1", "small", {"A": 1})] * 3


def a_large_problem(lines, quantity):
    """Many sizes, half of the stock in each of four warehouses, tariffs of all kinds."""
    services = (
        STEEP,
        LAND._replace(service_id="bulk", max_cm3=180_000, volumetric_divisor=6_000),
        a_service("packet", (50, 300, 50, 0), (2_000, 300, 1, 2)),
        a_service("box", (10_000, 2_100, 10_000, 0), (30_000, 3_900, 20_000, 0)),
    )
    wanted = tuple(
        goods(f"S{n}", quantity, unit_grams=40 + n * 7_919 % 2_900, unit_cm3=500 + n * 104_729 % 17_000)
        for n in range(lines)
    )
    warehouses = tuple(
        a_warehouse(
            f"W{w}",
            {one.sku: quantity for n, one in enumerate(wanted) if (n + w) % 4 < 2},
            services[w],
            services[(w + 1) % 4],
            handling=40 * w,
            distance=w,
        )
        for w in range(4)
    )
    return Problem(wanted, warehouses)


@pytest.mark.parametrize(("lines", "quantity"), [(1, 10_000), (2, 500), (60, 3), (12, 40)])
def test_a_large_order_is_answered_within_the_limit_and_honestly(lines, quantity):
    problem = a_large_problem(lines, quantity)

    plan = cheapest_parcels(problem, time_limit_ms=20)

    assert broken_rules(problem, plan) == []
    assert 0 < plan.at_least <= plan.price
    assert plan.is_optimal == (plan.at_least == plan.price)


def test_the_same_problem_gives_the_same_parcels_in_every_process():
    script = (
        "from tests.splitting.test_optimiser import a_large_problem, cheapest_parcels;"
        "print(cheapest_parcels(a_large_problem(14, 3), time_limit_ms=20))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert answers == {f"{cheapest_parcels(a_large_problem(14, 3), time_limit_ms=20)}\n"}


def test_many_parcels_give_way_to_a_large_one_that_no_two_of_them_would_pay_for():
    small = a_service("small", (1_000, 300, 1_000, 0))
    large = a_service("large", (40_000, 4_000, 40_000, 0))
    lines = tuple(goods(f"S{n}", unit_grams=700 + n, unit_cm3=1_000) for n in range(40))
    problem = Problem(lines, (a_warehouse("W1", {one.sku: 1 for one in lines}, small, large),))

    plan = cheapest_parcels(problem, time_limit_ms=20)

    # One by one they would cost 12,000; of two in the large one the first would save 300 of 4,000.
    assert [(parcel.service_id, len(parcel.contents)) for parcel in plan.parcels] == [("large", 40)]
    assert plan.price == 4_000
