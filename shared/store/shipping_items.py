"""The shipping terms as one item, and back. A split reads it, so nothing here needs pydantic.

Catalogue  TERMS  SHIPPING  {version, services: {id: ..}, apart: [[category, category], ..], warehouses: {id: ..}}

It stands beside ``TERMS/CURRENT`` and not in it: a checkout reads that one for every order, and needs no tariffs.
Fields are stored by name and left out where there is nothing to say, so a later release may add one; a band is its
five numbers in their order. Beside its fields every service and warehouse has its record's ``version``.
"""

from collections.abc import Mapping
from typing import Any

from shared.splitting.problem import Band, Kind
from shared.splitting.terms import NOTHING_PUBLISHED, CarrierService, Lane, ShippingTerms, Site
from shared.store.items import Item, from_item

SHIPPING_KEY: Item = {"pk": {"S": "TERMS"}, "sk": {"S": "SHIPPING"}}


def shipping_terms_of(item: Mapping[str, Any] | None) -> ShippingTerms:
    """The published shipping terms. *item* is ``SHIPPING_KEY``'s."""
    if item is None:
        return NOTHING_PUBLISHED
    values = from_item(item)
    services, sites = values.get("services", {}), values.get("warehouses", {})
    return ShippingTerms(
        version=values["version"],
        services=tuple(_service(entry) for _, entry in sorted(services.items())),
        apart=frozenset(frozenset(pair) for pair in values.get("apart", ())),
        sites={warehouse_id: _site(entry) for warehouse_id, entry in sites.items()},
    )


def service_entry(service: CarrierService) -> dict[str, Any]:
    """What is kept of a service under its id.

    >>> band = Band(over=0, upto=2_000, base=800, step=1_000, step_price=0)
    >>> lane = Lane(("CN",), (band,), 86_400)
    >>> service = CarrierService(
    ...     "SF", "SF", "sf", ("W1",), "CNY", 2_000, 9_000, None, frozenset(), {Kind.BULKY: 500}, (lane,)
    ... )
    >>> service_entry(service)["lanes"], service_entry(service)["surcharges"]
    (({'to': ('CN',), 'bands': ((0, 2000, 800, 1000, 0),), 'transit_seconds': 86400},), {'bulky': 500})
    >>> "refuses" in service_entry(service), "volumetric_divisor" in service_entry(service)
    (False, False)
    """
    values = service._asdict() | {
        "refuses": tuple(sorted(service.refuses)),
        "surcharges": {str(kind): amount for kind, amount in sorted(service.surcharges.items())},
        "lanes": tuple(_lane_entry(lane) for lane in service.lanes),
    }
    return {name: value for name, value in values.items() if value not in (None, (), {})}


def _lane_entry(lane: Lane) -> dict[str, Any]:
    return lane._asdict() | {"bands": tuple(tuple(band) for band in lane.bands)}


def _service(values: Mapping[str, Any]) -> CarrierService:
    surcharges = values.get("surcharges", {})
    return CarrierService(
        service_id=values["service_id"],
        name=values["name"],
        carrier=values["carrier"],
        warehouses=values["warehouses"],
        currency=values["currency"],
        max_grams=values["max_grams"],
        max_cm3=values["max_cm3"],
        volumetric_divisor=values.get("volumetric_divisor"),
        refuses=frozenset(Kind(kind) for kind in values.get("refuses", ())),
        surcharges={Kind(kind): amount for kind, amount in surcharges.items()},
        lanes=tuple(_lane(lane) for lane in values["lanes"]),
    )


def _lane(values: Mapping[str, Any]) -> Lane:
    bands = tuple(Band(*band) for band in values["bands"])
    return Lane(values["to"], bands, values["transit_seconds"])


def _site(values: Mapping[str, Any]) -> Site:
    return Site(
        warehouse_id=values["warehouse_id"],
        handling_minor=values["handling_minor"],
        currency=values["currency"],
        country=values["country"],
        region=values["region"],
        interface=values["interface"],
        return_address=values.get("return_address", ""),
    )
