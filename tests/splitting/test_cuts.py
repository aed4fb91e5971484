"""Why an order is cut: goods and warehouses as the optimiser knows them, and the reasons of every parcel."""

import pytest

from shared.splitting.cuts import Cut, Load, depot_of, goods_of, reasons
from shared.splitting.problem import Band, Goods, Kind, Packed, Plan, Problem, Service, Warehouse
from tests.builders import a_line
from tests.hands import HANGZHOU
from tests.tariffs import a_service, sending

FLAT = (Band(0, 30_000, 800, 1_000, 0),)
SERVICE = Service("S", 30_000, 100_000, FLAT)


def goods(sku, quantity=1, **fields):
    return Goods(sku, "m-1", quantity, 100, 1_000, 1_000)._replace(**fields)


def parcel(*contents, warehouse="W1", merchant="m-1", price=800):
    return Packed(merchant, warehouse, "S", contents, price)


def said(known, *parcels, services=(SERVICE,), **how):
    warehouses = tuple(Warehouse(name, 0, services, {}) for name in ("W1", "W2"))
    problem = Problem(tuple(known), warehouses, **how)
    plan = Plan(parcels, sum(one.price for one in parcels), True, 0)
    return [tuple(cut.code for cut in trail) for trail in reasons(problem, plan)]


# --- goods and warehouses ---


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, set()),
        ({"flags": ("cross_border",)}, {Kind.CROSS_BORDER}),
        ({"flags": ("hazard", "perishable")}, {Kind.HAZARD}),
        ({"size_class": "bulky"}, {Kind.BULKY}),
        ({"size_class": "medium"}, set()),
    ],
)
def test_a_line_is_goods_of_these_kinds(fields, kinds):
    made = goods_of(a_line(1, 5, 900, volume_cm3=7, category="food", unit_price_minor=200, **fields), 3)

    assert made == Goods("SKU-1", "m-1", 3, 200, 100, 7, "food", frozenset(kinds))


def depot(warehouse, *services, to=HANGZHOU, currency="CNY", **how):
    terms = sending(*services, **how).terms
    return depot_of(warehouse, terms, {"A": 2}, destination=to, currency=currency)


def test_a_warehouse_has_the_services_that_name_it_and_go_there():
    near, far = a_service("NEAR", warehouses=("W1",)), a_service("FAR", warehouses=("W1",), to=("US",))
    other, foreign = (
        a_service("OTHER", warehouses=("W2",)),
        a_service("USD", warehouses=("W1",), currency="USD"),
    )

    made = depot("W1", near, far, other, foreign, handling={"W1": 150})

    assert [service.service_id for service in made.warehouse.services] == ["NEAR"]
    assert (made.warehouse.handling, made.warehouse.stock, made.has_services) == (150, {"A": 2}, True)


def test_a_warehouse_that_no_tariff_names_sends_by_its_own_means_for_nothing():
    made = depot("W9", a_service(), handling={"W9": 5})

    (own,) = made.warehouse.services
    assert (own.service_id, own.bands[0].base, made.warehouse.handling, made.has_services) == (
        "",
        0,
        5,
        False,
    )


def test_a_warehouse_whose_tariffs_go_elsewhere_sends_nothing_there():
    assert depot("W1", a_service(to=("US",))).warehouse.services == ()


@pytest.mark.parametrize(
    ("region", "to", "distance"),
    [("浙江", HANGZHOU, 0), ("广东", HANGZHOU, 1), ("", ("CN", ""), 1), ("浙江", ("US", "Ohio"), 2)],
)
def test_near_is_the_same_region_then_the_same_country(region, to, distance):
    service = a_service(warehouses=("W1",), to=("*",))

    assert depot("W1", service, to=to, regions={"W1": region}).warehouse.distance == distance


def test_a_load_adds_up():
    known = {
        "A": goods("A", unit_grams=10, unit_cm3=3, unit_price_minor=7),
        "B": goods("B", kinds=frozenset({Kind.BULKY})),
    }

    both = Load.of(known, [("A", 2)]) + Load.of(known, [("B", 1)])

    assert both == Load(1_020, 1_006, 114, frozenset({Kind.BULKY}))


# --- reasons ---


def test_a_parcel_alone_says_whose_it_is_and_where_it_leaves_from():
    assert said([goods("A")], parcel(("A", 1))) == [("merchant:m-1", "warehouse:W1")]


def test_goods_of_two_merchants_have_nothing_to_do_with_each_other():
    parcels = (parcel(("A", 1)), parcel(("B", 1), merchant="m-2"))

    assert said([goods("A"), goods("B", merchant="m-2")], *parcels) == [
        ("merchant:m-1", "warehouse:W1"),
        ("merchant:m-2", "warehouse:W1"),
    ]


@pytest.mark.parametrize(
    ("kind", "here", "there"),
    [
        (Kind.CROSS_BORDER, "border:cross_border", "border:domestic"),
        (Kind.BULKY, "size:bulky", "size:small"),
        (Kind.HAZARD, "hazard:hazard", "hazard:harmless"),
    ],
)
def test_goods_that_must_agree_and_do_not_say_on_which_side_they_are(kind, here, there):
    known = [goods("A", kinds=frozenset({kind})), goods("B")]

    assert said(known, parcel(("A", 1)), parcel(("B", 1))) == [
        ("merchant:m-1", here, "warehouse:W1"),
        ("merchant:m-1", there, "warehouse:W1"),
    ]


def test_goods_of_two_warehouses_lie_apart_and_that_is_reason_enough():
    assert said([goods("A", 2)], parcel(("A", 1)), parcel(("A", 1), warehouse="W2")) == [
        ("merchant:m-1", "warehouse:W1"),
        ("merchant:m-1", "warehouse:W2"),
    ]


@pytest.mark.parametrize(
    ("fields", "how", "reason"),
    [
        ({}, {"services": (SERVICE._replace(max_grams=1_999),)}, "weight:1999"),
        ({}, {"services": (SERVICE._replace(max_cm3=1_999),)}, "volume:1999"),
        (
            {"kinds": frozenset({Kind.CROSS_BORDER})},
            {"customs_cap": 199},
            "customs_cap:199",
        ),
        (
            {},
            {
                "services": (
                    SERVICE._replace(bands=(Band(0, 1_000, 800, 1, 0), Band(1_000, 9_000, 800, 1, 1))),
                )
            },
            "tariff:1600<1800",
        ),
    ],
)
def test_two_parcels_that_could_be_one_say_why_they_are_not(fields, how, reason):
    made = said([goods("A", 2, **fields)], parcel(("A", 1)), parcel(("A", 1)), **how)

    assert made == [("merchant:m-1", "warehouse:W1", reason)] * 2


def test_categories_apart_come_before_any_limit():
    known = [goods("A", category="food"), goods("B", category="chemical")]
    apart = frozenset({frozenset({"food", "chemical"})})

    made = said(
        known, parcel(("A", 1)), parcel(("B", 1)), apart=apart, services=(SERVICE._replace(max_grams=1_000),)
    )

    assert made == [("merchant:m-1", "warehouse:W1", "category:chemical|food")] * 2


def test_each_reason_is_said_once_and_only_by_whom_it_concerns():
    known = [goods("A", 3), goods("B", category="food"), goods("C", category="chemical")]
    apart = frozenset({frozenset({"food", "chemical"})})
    parcels = [parcel(("A", 1), ("B", 1)), parcel(("A", 1), ("C", 1)), parcel(("A", 1))]

    made = said(known, *parcels, apart=apart, services=(SERVICE._replace(max_grams=2_000),))

    assert made == [
        ("merchant:m-1", "warehouse:W1", "category:chemical|food", "weight:2000"),
        ("merchant:m-1", "warehouse:W1", "category:chemical|food", "weight:2000"),
        ("merchant:m-1", "warehouse:W1", "weight:2000"),
    ]


def test_a_cut_without_a_value_is_its_dimension():
    assert (Cut("warehouse", "W1").code, Cut("review", "").code) == ("warehouse:W1", "review")
