"""Whatever the problem: no rule is broken, nothing is cheaper than what is called optimal, and nothing is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.splitting.obstacles import obstacles
from shared.splitting.optimiser import cheapest_parcels
from shared.splitting.problem import Goods, Impossible, Kind, Problem, Warehouse
from shared.splitting.tariff import faults
from tests.splitting.small_problems import a_service, broken_rules, least_price

LIMIT = 4_000
CATEGORIES = ("", "food", "paint")
some_kinds = st.sampled_from(
    [frozenset(), frozenset(), frozenset({Kind.CROSS_BORDER}), frozenset({Kind.HAZARD})]
)


@st.composite
def services(draw, name):
    """A tariff of two bands that never falls; the second may be steeper or flatter than the first."""
    edge = draw(st.sampled_from([500, 1_000, 2_000]))
    limit = draw(st.sampled_from([edge, LIMIT, 3 * LIMIT]))
    step = draw(st.sampled_from([1, 250, 1_000]))
    first = (edge, draw(st.integers(0, 900)), edge, draw(st.integers(0, 200)))
    jump = draw(st.integers(0, 300))
    second = (3 * LIMIT * 10, first[1] + first[3] + jump, step, draw(st.integers(0, 2 * step)))
    return a_service(
        name,
        first,
        second,
        max_grams=limit,
        max_cm3=draw(st.sampled_from([3_000, 12_000])),
        volumetric_divisor=draw(st.sampled_from([None, None, 1_000, 5_000])),
        refuses=draw(st.sampled_from([frozenset()] * 5 + [frozenset({kind}) for kind in Kind])),
        surcharges=draw(st.sampled_from([{}, {Kind.HAZARD: 150}])),
    )


@st.composite
def problems(draw, lines_max=3, quantity_max=3):
    lines = tuple(
        Goods(
            sku=f"S{number}",
            merchant=draw(st.sampled_from(["M1", "M1", "M1", "M2"])),
            quantity=draw(st.integers(1, quantity_max)),
            unit_price_minor=draw(st.integers(0, 60)),
            unit_grams=draw(st.integers(0, 2_500)),
            unit_cm3=draw(st.integers(0, 2_500)),
            category=draw(st.sampled_from(CATEGORIES)),
            kinds=draw(some_kinds),
        )
        for number in range(draw(st.integers(1, lines_max)))
    )
    warehouses = tuple(
        Warehouse(
            warehouse_id=f"W{number}",
            handling=draw(st.sampled_from([0, 40, 400])),
            services=tuple(draw(services(f"W{number}.{index}")) for index in range(draw(st.integers(1, 2)))),
            stock={line.sku: draw(st.integers(0, quantity_max + 1)) for line in lines},
            distance=draw(st.integers(0, 3)),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    return Problem(
        lines,
        warehouses,
        apart=draw(st.sampled_from([frozenset(), frozenset({frozenset({"food", "paint"})})])),
        customs_cap=draw(st.sampled_from([None, 60, 100])),
    )


@settings(max_examples=400, deadline=None)
@given(problems())
def test_small_problems_are_answered_best(problem):
    assert not [fault for w in problem.warehouses for s in w.services for fault in faults(s)]

    answer = cheapest_parcels(problem)

    best = least_price(problem)
    if best is None:
        assert isinstance(answer, Impossible)
        assert answer in obstacles(problem)
    else:
        assert broken_rules(problem, answer) == []
        distances = {warehouse.warehouse_id: warehouse.distance for warehouse in problem.warehouses}
        distance = sum(distances[parcel.warehouse_id] for parcel in answer.parcels)
        assert (answer.price, len(answer.parcels), distance) == best
        assert (answer.is_optimal, answer.at_least) == (True, best[0])


@settings(max_examples=150, deadline=None)
@given(problems(lines_max=6, quantity_max=9), st.sampled_from([0, 1, 3, 10]))
def test_whatever_the_limit_the_answer_is_one_and_the_bound_is_true(problem, limit_ms):
    hasty = cheapest_parcels(problem, time_limit_ms=limit_ms)
    thorough = cheapest_parcels(problem, time_limit_ms=1_000)

    assert cheapest_parcels(problem, time_limit_ms=limit_ms) == hasty
    assert isinstance(hasty, Impossible) == isinstance(thorough, Impossible)
    if not isinstance(hasty, Impossible):
        assert broken_rules(problem, hasty) == broken_rules(problem, thorough) == []
        assert hasty.at_least <= thorough.price
        assert thorough.price <= hasty.price or not thorough.is_optimal
        assert hasty.is_optimal == (hasty.at_least == hasty.price)


@settings(max_examples=100, deadline=None)
@given(problems(lines_max=4, quantity_max=4), st.integers(1, 6))
def test_a_limit_of_parcels_is_kept_where_a_plan_with_so_few_is_found(problem, parcels_max):
    cheapest = cheapest_parcels(problem)

    answer = cheapest_parcels(problem, parcels_max=parcels_max)

    if isinstance(cheapest, Impossible) or len(cheapest.parcels) <= parcels_max:
        assert answer == cheapest
    else:
        assert broken_rules(problem, answer) == []
        assert len(answer.parcels) <= len(cheapest.parcels)
        assert answer.price >= cheapest.price
        assert answer == cheapest or not answer.is_optimal
