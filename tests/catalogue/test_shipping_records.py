"""What a carrier service, a table of separation and a warehouse must be, and what shipping asks of a SKU."""

from typing import Any

import pytest

from shared.catalogue.fields import Fault
from shared.catalogue.reading import as_published, read_record
from shared.catalogue.records import KINDS
from shared.splitting.problem import Kind
from tests.catalogue.bad_records import lane
from tests.catalogue.samples import BAND, LANE, SEPARATION, SERVICE, SKU, WAREHOUSE


@pytest.mark.parametrize(
    "change",
    [
        {"volumetric_divisor": None},
        {"refuses": [], "surcharges": {}},
        {"refuses": ["domestic", "bulky", "hazard"], "surcharges": {}},
        {"surcharges": {"hazard": 0}},
        {"warehouses": [f"W{n}" for n in range(50)]},
        {"max_volume_cm3": 1, "max_weight_grams": 1},
        {"is_retired": True},
    ],
)
def test_every_kind_of_service_can_be_written(change: dict[str, Any]) -> None:
    record = read_record("carrier_service", SERVICE | change)

    assert not isinstance(record, tuple), record
    assert read_record("carrier_service", as_published(record)) == record


def test_a_service_is_kept_as_the_operator_wrote_it() -> None:
    record = read_record("carrier_service", SERVICE)

    assert not isinstance(record, tuple)
    assert as_published(record) == SERVICE | {"is_retired": False}


def test_a_tariff_may_stay_level_from_band_to_band_and_rise_by_the_gram() -> None:
    bands = [
        BAND,
        {"over_g": 1000, "upto_g": 2000, "base_minor": 800, "step_g": 2000, "step_minor": 0},
        {"over_g": 2000, "upto_g": 30000, "base_minor": 800, "step_g": 1, "step_minor": 1},
    ]

    assert not isinstance(read_record("carrier_service", lane(bands=bands)), tuple)


def test_fifty_bands_and_a_hundred_places_are_a_lane() -> None:
    bands = [
        {"over_g": n * 600, "upto_g": (n + 1) * 600, "base_minor": n, "step_g": 600, "step_minor": 0}
        for n in range(50)
    ]
    to = [f"CN/P{n}" for n in range(100)]

    assert not isinstance(read_record("carrier_service", lane(bands=bands, to=to)), tuple)


def test_a_service_of_more_than_32_kib_is_too_large() -> None:
    lanes = [LANE | {"to": [f"CN/{'x' * 60}{number:02}{n:02}" for n in range(100)]} for number in range(8)]

    assert read_record("carrier_service", SERVICE | {"lanes": lanes}) == (
        Fault("", "is larger than 32768 bytes"),
    )


def test_a_warehouse_that_says_nothing_else_is_served_by_people() -> None:
    merchant, wms = (
        read_record("warehouse", WAREHOUSE),
        read_record("warehouse", WAREHOUSE | {"interface": "wms"}),
    )

    assert not isinstance(merchant, tuple)
    assert not isinstance(wms, tuple)
    assert (as_published(merchant)["interface"], as_published(wms)["interface"]) == ("merchant", "wms")


def test_a_table_may_keep_nothing_apart() -> None:
    record = read_record("separation", {})

    assert not isinstance(record, tuple)
    assert as_published(record) == {"separation_id": "platform", "apart": []}
    assert not isinstance(read_record("separation", SEPARATION), tuple)


@pytest.mark.parametrize("hs_code", ["09021010", "090210100", "0902101000"])
def test_cross_border_goods_say_what_they_are_and_where_they_come_from(hs_code: str) -> None:
    abroad = SKU | {"flags": ["cross_border", "hazard"], "hs_code": hs_code, "origin": "LK"}

    assert not isinstance(read_record("sku", abroad), tuple)


def test_what_a_service_may_refuse_and_charge_for_is_what_a_split_knows() -> None:
    schema = KINDS["carrier_service"].model_json_schema()["properties"]

    assert set(schema["refuses"]["items"]["enum"]) == set(Kind)
    assert set(schema["surcharges"]["propertyNames"]["enum"]) == {Kind.BULKY, Kind.HAZARD}
