"""What does a parcel cost, and when is a table of prices no tariff?

A carrier charges by weight: the real one, or the volumetric one where that is greater. The price is a step function:
in the band that holds the chargeable grams, *base* and *step_price* for each *step* of grams begun over *over*.
Everything is whole grams, cubic centimetres and minor units, so nothing is ever rounded but up.
"""

from collections.abc import Collection, Iterator

from shared.splitting.problem import Band, Kind, Service, Warehouse

_CHARGED_FOR = (Kind.BULKY, Kind.HAZARD)


def chargeable_grams(service: Service, grams: int, cm3: int) -> int:
    """The grams that the carrier counts.

    >>> chargeable_grams(Service("air", 30_000, 90_000, (), volumetric_divisor=6_000), 1_200, 9_001)
    1501
    """
    if service.volumetric_divisor is None:
        return grams
    return max(grams, -(-1000 * cm3 // service.volumetric_divisor))


def freight(service: Service, grams: int, cm3: int) -> int:
    """What the carrier charges for weight and volume. ValueError when the table ends before.

    >>> bands = (Band(0, 1_000, 800, 1_000, 0), Band(1_000, 5_000, 800, 1_000, 180))
    >>> [freight(Service("land", 5_000, 9_000, bands), grams, 0) for grams in (0, 1_000, 1_001, 5_000)]
    [800, 800, 980, 1520]
    """
    chargeable = chargeable_grams(service, grams, cm3)
    for band in service.bands:
        if chargeable <= band.upto:
            return _price_in(band, chargeable)
    raise ValueError(f"{service.service_id} has no price for {chargeable} grams")


def parcel_price(
    warehouse: Warehouse, service: Service, grams: int, cm3: int, kinds: Collection[Kind]
) -> int:
    """Freight, a surcharge for each of *kinds* that has one, and the handling of the warehouse."""
    return freight(service, grams, cm3) + surcharge(service, kinds) + warehouse.handling


def surcharge(service: Service, kinds: Collection[Kind]) -> int:
    """Once per parcel for each of *kinds* that the service charges for."""
    return sum(service.surcharges.get(kind, 0) for kind in _CHARGED_FOR if kind in kinds)


def faults(service: Service) -> Iterator[tuple[str, str]]:
    """Where *service* is no tariff and why, in words for those who entered it. None: it may be used."""
    yield from _faults_of_limits(service)
    yield from _faults_of_surcharges(service)
    if not service.bands:
        yield "bands", "a tariff needs at least one band"
    floor, price = 0, 0
    for index, band in enumerate(service.bands):
        place = f"bands[{index}]"
        yield from _faults_of_band(place, band, floor)
        if band.step < 1 or band.upto <= band.over or band.step_price < 0:
            return  # No arithmetic makes sense from here on.
        least = _price_in(band, floor if index == 0 else floor + 1)
        if index and least < price:
            yield place, f"the price falls from {price} at {floor} g to {least} at {floor + 1} g"
        floor, price = band.upto, _price_in(band, band.upto)
    if service.bands and not any(_faults_of_limits(service)):
        yield from _faults_of_reach(service, floor)


def _price_in(band: Band, chargeable: int) -> int:
    return band.base + band.step_price * -(-(chargeable - band.over) // band.step)


def _faults_of_limits(service: Service) -> Iterator[tuple[str, str]]:
    if service.max_grams < 1:
        yield "max_grams", "the limit of weight must be at least 1 g"
    if service.max_cm3 < 1:
        yield "max_cm3", "the limit of volume must be at least 1 cm3"
    if service.volumetric_divisor is not None and service.volumetric_divisor < 1:
        yield "volumetric_divisor", "the cubic centimetres of a kilogram must be at least 1"


def _faults_of_surcharges(service: Service) -> Iterator[tuple[str, str]]:
    for kind, price in service.surcharges.items():
        if kind not in _CHARGED_FOR:
            yield f"surcharges.{kind}", "there are surcharges for bulky and hazard only"
        elif price < 0:
            yield f"surcharges.{kind}", "a surcharge cannot be negative"


def _faults_of_band(place: str, band: Band, floor: int) -> Iterator[tuple[str, str]]:
    if band.over != floor:
        yield f"{place}.over", f"the band begins over {band.over} g, but {floor} g is where it must begin"
    if band.upto <= band.over:
        yield f"{place}.upto", f"the band ends at {band.upto} g, before it begins"
    if band.step < 1:
        yield f"{place}.step", "a step must be at least 1 g"
    if band.base < 0:
        yield f"{place}.base", "a price cannot be negative"
    if band.step_price < 0:
        yield f"{place}.step_price", "the price falls as the weight rises: a step cannot be negative"


def _faults_of_reach(service: Service, reach: int) -> Iterator[tuple[str, str]]:
    heaviest = chargeable_grams(service, service.max_grams, service.max_cm3)
    if reach < heaviest:
        yield "bands", f"the last band ends at {reach} g, but the limits allow {heaviest} g to be charged"
