"""What the demo's operator publishes about shipping is a tariff as the catalogue takes it, in every season."""

import pytest

from local.demo.invoices import Article
from local.demo.made_up import shelves, sku_of
from local.demo.measures import measures_of
from local.demo.tariffs import HOUSES, SEASONS, crane, separation, services, warehouses
from shared.catalogue.shipping_records import CarrierServiceRecord, SeparationRecord, WarehouseRecord


@pytest.mark.parametrize("season", SEASONS, ids=[season.tracker for season in SEASONS])
def test_every_service_is_a_tariff(season):
    for record in (*services(season), *crane(season)):
        assert list(CarrierServiceRecord(**record).faults()) == []


def test_carriers_change_with_the_tracker_and_prices_do_not():
    first, last = services(SEASONS[0]), services(SEASONS[-1])

    assert {record["carrier"] for record in first} == {"ems", "sf"}
    assert {record["carrier"] for record in last} == {"royal_mail", "dhl"}
    assert [record["lanes"] for record in first] == [record["lanes"] for record in last]


def test_ten_kilograms_to_the_highlands_cost_more_than_twice_five():
    [perth] = [record for record in services(SEASONS[0]) if record["service_id"] == "parcel-perth"]
    [lane] = [lane for lane in perth["lanes"] if lane["to"] == ["GB/Highlands"]]
    [_, to_five, above] = lane["bands"]

    five = to_five["base_minor"] + 3 * to_five["step_minor"]
    ten = above["base_minor"] + 5 * above["step_minor"]
    assert (five, ten) == (920, 2_470)


def test_three_of_five_warehouses_have_a_system_and_each_is_published():
    published = [WarehouseRecord(**record) for record in warehouses()]

    assert [record.id for record in published if record.interface == "wms"] == ["leeds", "bristol", "dover"]
    assert {record.id for record in published} == {*HOUSES, "rotterdam"}


def test_confectionery_stays_away_from_fragrance():
    [record] = separation()

    assert list(SeparationRecord(**record).faults()) == []
    assert ["confectionery", "fragrance"] in record["apart"]


@pytest.mark.parametrize(
    ("name", "grams", "cm3", "size_class", "flags"),
    [
        ("RED PARTY BAG", 70, 210, "small", ()),
        ("WOODEN CABINET", 9_500, 54_000, "bulky", ()),
        ("BOX OF 6 MATCHES", 45, 80, "small", ("hazard",)),
        ("SOMETHING ELSE", 60, 240, "small", ()),
    ],
)
def test_a_description_says_roughly_what_a_thing_weighs(name, grams, cm3, size_class, flags):
    found = measures_of(Article("1", name, 1, 100), 50)

    assert (found.grams, found.cm3, found.size_class, found.flags) == (grams, cm3, size_class, flags)


def test_an_article_weighs_the_same_whenever_it_is_sold():
    one, other = Article("22952", "60 CAKE CASES", 3, 55), Article("22952", "60 CAKE CASES", 9, 72)

    assert sku_of(one).weight_grams == sku_of(other).weight_grams
    assert shelves([]) == {}
