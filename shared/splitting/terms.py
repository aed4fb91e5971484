"""What shipping costs and who may share a parcel, as operators published it, in one version.

These are values as a split reads them, whole platform at once. What one order makes of them is a
``shared.splitting.problem.Problem``; how they are published and kept is the catalogue's business. All amounts are
minor units, weights whole grams, volumes whole cubic centimetres.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.ordering.terms import EVERYWHERE
from shared.splitting.problem import Band, Kind, Service

Destination = tuple[str, str]  # Country and region: ("CN", "Zhejiang").


class Lane(NamedTuple):
    """Where a service goes, what it charges for that, and how soon it promises to be there."""

    to: tuple[str, ...]  # "CN/Zhejiang", "CN", or "*" for everywhere else
    bands: tuple[Band, ...]
    transit_seconds: int  # From being handed to the carrier to being delivered.


class CarrierService(NamedTuple):
    """One service of one carrier, from every warehouse that uses it."""

    service_id: str
    name: str
    carrier: str  # Our code of it: waybill numbers are known by it.
    warehouses: tuple[str, ...]
    currency: str
    max_grams: int
    max_cm3: int
    volumetric_divisor: int | None
    refuses: frozenset[Kind]
    surcharges: Mapping[Kind, int]
    lanes: tuple[Lane, ...]

    def on(self, lane: Lane) -> Service:
        """The service as an order to that lane's destinations may use it."""
        return Service(
            service_id=self.service_id,
            max_grams=self.max_grams,
            max_cm3=self.max_cm3,
            bands=lane.bands,
            volumetric_divisor=self.volumetric_divisor,
            refuses=self.refuses,
            surcharges=self.surcharges,
        )


class Site(NamedTuple):
    """A warehouse as far as parcels are concerned."""

    warehouse_id: str
    handling_minor: int  # For each parcel that is packed there.
    currency: str
    country: str
    region: str
    interface: (
        str  # "merchant": people there enter waybills; "wms": parcels are pushed to the warehouse's system.
    )
    return_address: str = ""  # Where buyers send things back to; empty: nobody has said.


class ShippingTerms(NamedTuple):
    """Everything published about shipping. Nothing was published yet: version 0, and nothing in it."""

    version: int
    services: tuple[CarrierService, ...]  # By id.
    apart: frozenset[frozenset[str]]  # Pairs of categories that never share a parcel.
    sites: Mapping[str, Site]


NOTHING_PUBLISHED = ShippingTerms(0, (), frozenset(), {})


def lane_of(service: CarrierService, destination: Destination) -> Lane | None:
    """The lane that names this region, or else its country, or else everywhere; None: it does not go there.

    >>> band = Band(over=0, upto=1_000, base=800, step=1_000, step_price=0)
    >>> near, far = Lane(("CN/Zhejiang",), (band,), 86_400), Lane(("CN",), (band,), 259_200)
    >>> service = CarrierService(
    ...     "SF", "SF", "sf", ("W1",), "CNY", 1_000, 1_000, None, frozenset(), {}, (far, near)
    ... )
    >>> [lane and lane.to for d in ("Zhejiang", "Hubei") for lane in [lane_of(service, ("CN", d))]]
    [('CN/Zhejiang',), ('CN',)]
    >>> lane_of(service, ("US", "Ohio"))
    """
    country, region = destination
    by_name = {name: lane for lane in service.lanes for name in lane.to}
    names = (f"{country}/{region}", country, EVERYWHERE)
    return next((by_name[name] for name in names if name in by_name), None)
