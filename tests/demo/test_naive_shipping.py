"""First fit and its prices, by hand: nothing of the product is asked."""

import pytest

from local.demo.naive_shipping import Tariffs, cost_minor, first_fit, price
from local.demo.world import Whole

BANDS = [
    {"over_g": 0, "upto_g": 1_000, "base_minor": 800, "step_g": 1_000, "step_minor": 0},
    {"over_g": 1_000, "upto_g": 30_000, "base_minor": 800, "step_g": 1_000, "step_minor": 200},
]
SERVICE = {
    "service_id": "parcel",
    "warehouses": ["leeds"],
    "max_weight_grams": 2_000,
    "max_volume_cm3": 20_000,
    "volumetric_divisor": 6_000,
    "refuses": ["cross_border"],
    "surcharges": {"hazard": 300},
    "lanes": [{"to": ["GB"], "bands": BANDS}],
}
TARIFFS = Tariffs(
    {"parcel": SERVICE},
    {"leeds": {"handling_minor": 110}},
    frozenset({frozenset({"soap", "sweets"})}),
    500_000,
)
ORDER = Whole("1", {"ORDER": {"country": "GB"}})


def a_line(sku, grams=400, **fields):
    usual = {"merchant_id": "m-1", "category": "toys", "flags": [], "size_class": "small"}
    return usual | {"sku": sku, "weight_grams": grams, "volume_cm3": 500, "unit_price_minor": 100} | fields


@pytest.mark.parametrize(
    ("grams", "cm3", "kinds", "costs"),
    [
        (400, 500, (), 910),
        (1_000, 500, (), 910),
        (1_001, 500, (), 1_110),
        (400, 6_001, (), 1_110),  # 1,000.2 g by volume.
        (400, 500, ("hazard",), 1_210),
    ],
)
def test_a_parcel_costs_band_surcharge_and_handling(grams, cm3, kinds, costs):
    assert price(TARIFFS, SERVICE, ("GB", ""), (grams, cm3), frozenset(kinds), warehouse="leeds") == costs


def test_a_service_does_not_go_where_it_has_no_lane():
    assert price(TARIFFS, SERVICE, ("FR", ""), (400, 500), frozenset(), warehouse="leeds") is None


def test_units_go_into_the_first_parcel_that_takes_them():
    boxes = first_fit(ORDER, TARIFFS, [(a_line("A", 900), "leeds", 3), (a_line("B", 200), "leeds", 1)])

    assert [box.grams for box in boxes] == [2_000, 900]
    assert cost_minor(ORDER, TARIFFS, boxes) == 1_110 + 910


def test_what_is_kept_apart_opens_a_parcel_of_its_own():
    lines = [(a_line("A", category="soap"), "leeds", 1), (a_line("B", category="sweets"), "leeds", 1)]

    assert [box.categories for box in first_fit(ORDER, TARIFFS, lines)] == [{"soap"}, {"sweets"}]


def test_goods_of_two_merchants_or_of_two_kinds_share_nothing():
    lines = [
        (a_line("A"), "leeds", 1),
        (a_line("B", merchant_id="m-2"), "leeds", 1),
        (a_line("C", flags=["hazard"]), "leeds", 1),
    ]

    assert len(first_fit(ORDER, TARIFFS, lines)) == 3


def test_goods_that_no_service_takes_have_no_price():
    boxes = first_fit(ORDER, TARIFFS, [(a_line("A", flags=["cross_border"]), "leeds", 1)])

    assert cost_minor(ORDER, TARIFFS, boxes) is None
