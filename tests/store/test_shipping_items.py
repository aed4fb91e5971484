"""The shipping terms as one item: read as they were written, by this release and after the next."""

from typing import Any

import pytest

from shared.splitting.problem import Band, Kind
from shared.splitting.terms import NOTHING_PUBLISHED, CarrierService, Lane, ShippingTerms, Site
from shared.store.items import from_item, to_item
from shared.store.shipping_items import SHIPPING_KEY, service_entry, shipping_terms_of

FULL = CarrierService(
    service_id="yto-small",
    name="YTO small packet, 圆通小包",
    carrier="yto",
    warehouses=("W1", "W2"),
    currency="CNY",
    max_grams=2_000,
    max_cm3=60_000,
    volumetric_divisor=8_000,
    refuses=frozenset({Kind.CROSS_BORDER, Kind.BULKY, Kind.HAZARD}),
    surcharges={Kind.BULKY: 300, Kind.HAZARD: 0},
    lanes=(
        Lane(("CN/Zhejiang", "CN/Shanghai"), (Band(0, 1_000, 500, 1_000, 0), Band(1_000, 7_500, 500, 1, 1)), 86_400),
        Lane(("*",), (Band(0, 7_500, 900, 500, 120),), 432_000),
    ),
)  # fmt: skip
PLAIN = FULL._replace(
    service_id="ems",
    warehouses=("W2",),
    volumetric_divisor=None,
    refuses=frozenset(),
    surcharges={},
)
SITE: dict[str, Any] = {
    "warehouse_id": "W1",
    "name": "Hangzhou one",
    "country": "CN",
    "region": "",
    "currency": "CNY",
    "handling_minor": 0,
    "interface": "wms",
    "version": 4,
}


def item(**values: Any) -> Any:
    return SHIPPING_KEY | to_item({"version": 9} | values)


@pytest.mark.parametrize("service", [FULL, PLAIN], ids=["full", "plain"])
def test_a_service_is_read_as_it_was_written(service: CarrierService) -> None:
    stored = item(services={service.service_id: service_entry(service) | {"version": 2}})

    assert shipping_terms_of(stored) == ShippingTerms(9, (service,), frozenset(), {})


def test_services_come_in_the_order_of_their_ids_however_they_are_stored() -> None:
    entries = {service.service_id: service_entry(service) for service in (FULL, PLAIN)}

    assert shipping_terms_of(item(services=entries)).services == (PLAIN, FULL)
    assert shipping_terms_of(item(services=dict(reversed(entries.items())))).services == (PLAIN, FULL)


def test_a_warehouse_and_what_travels_apart_are_read() -> None:
    stored = item(warehouses={"W1": SITE}, apart=[["food", "chemical"], ["liquid", "book"]])

    assert shipping_terms_of(stored) == ShippingTerms(
        version=9,
        services=(),
        apart=frozenset({frozenset({"chemical", "food"}), frozenset({"book", "liquid"})}),
        sites={"W1": Site("W1", 0, "CNY", "CN", "", "wms")},
    )


def test_before_anything_is_published_there_is_nothing() -> None:
    assert shipping_terms_of(None) == NOTHING_PUBLISHED == ShippingTerms(0, (), frozenset(), {})


def test_fields_that_this_release_does_not_know_are_passed_over() -> None:
    entry = service_entry(FULL) | {"colour": "red"}

    terms = shipping_terms_of(item(services={"yto-small": entry}, weather="fine"))

    assert terms.services == (FULL,)


def test_a_band_is_five_numbers_and_what_is_as_usual_is_not_stored() -> None:
    stored = from_item(to_item(service_entry(PLAIN)))

    assert set(stored) == {
        "service_id", "name", "carrier", "warehouses", "currency", "max_grams", "max_cm3", "lanes",
    }  # fmt: skip
    assert stored["lanes"][1] == {
        "to": ("*",),
        "bands": ((0, 7_500, 900, 500, 120),),
        "transit_seconds": 432_000,
    }
