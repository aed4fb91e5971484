"""What shipping costs, as tests have it published: named services, and the terms of one split."""

from collections.abc import Iterable, Mapping

from shared.ordering.stock import Shelves
from shared.splitting.parcels import Sending
from shared.splitting.problem import Band, Kind
from shared.splitting.terms import CarrierService, Lane, ShippingTerms, Site
from tests.hands import HANGZHOU

FLAT = (Band(over=0, upto=30_000, base=800, step=1_000, step_price=0),)  # 8.00 whatever it weighs.


def a_service(
    service_id: str = "SF-STD",
    *,
    warehouses: tuple[str, ...] = ("W1", "W2"),
    bands: tuple[Band, ...] = FLAT,
    max_grams: int = 30_000,
    max_cm3: int = 200_000,
    currency: str = "CNY",
    refuses: Iterable[Kind] = (),
    surcharges: Mapping[Kind, int] | None = None,
    to: tuple[str, ...] = ("CN",),
) -> CarrierService:
    lanes = (Lane(to, bands, 86_400),)
    limits = (max_grams, max_cm3, None)
    known = (service_id, service_id, "sf", warehouses, currency)
    return CarrierService(*known, *limits, frozenset(refuses), surcharges or {}, lanes)


def sending(
    *services: CarrierService,
    apart: Iterable[tuple[str, str]] = (),
    handling: Mapping[str, int] | None = None,
    regions: Mapping[str, str] | None = None,
    systems: Iterable[str] = (),
    free: Shelves | None = None,
) -> Sending:
    """A split by these tariffs, to Hangzhou. *free*: what else lies where."""
    named = {name for service in services for name in service.warehouses} | set(handling or {}) | set(systems)
    sites = {
        name: Site(
            name,
            (handling or {}).get(name, 0),
            "CNY",
            "CN",
            (regions or {}).get(name, "浙江"),
            "wms" if name in systems else "merchant",
        )
        for name in sorted(named)
    }
    pairs = frozenset(frozenset(pair) for pair in apart)
    terms = ShippingTerms(7, services, pairs, sites)
    return Sending(terms, HANGZHOU, free or Shelves({}))
