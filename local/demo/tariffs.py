"""MADE UP: what the operator publishes about shipping: warehouses, carriers' services, what never shares a parcel.

    warehouse   who packs                       sends
    coventry    its merchants, waybills by hand everywhere
    leeds       a system (WMS)                  everywhere, cheapest to the North
    bristol     a system (WMS)                  Great Britain
    perth       its merchants                   Great Britain, cheapest to the Highlands
    dover       a system (WMS), bonded          everywhere, cheapest beyond Great Britain; goods through customs

    small packet     up to 2 kg      by the gram to other countries, by ten grams at home
    parcel           2 to 30 kg      by the kilogram, with a step in the middle: to the Highlands and abroad ten
                                     kilograms cost more than two parcels of five
    freight          up to 60 kg     bulky and hazardous goods, at a surcharge
    bonded           cross-border goods, each parcel a declaration of its own

Prices are minor units of the yuan. A warehouse and a service in euros are there to be left alone. Which carriers run
the services changes with the tracker that follows parcels (``SEASONS``): each tracker knows carriers of its own.
"""

from typing import Any, NamedTuple

from local.demo.measures import CONFECTIONERY, FRAGRANCE

Record = dict[str, Any]
Records = tuple[Record, ...]
CURRENCY, EURO = "CNY", "EUR"
DAY = 86_400
HIGHLANDS, NORTH = "Highlands", "North"
EVERYWHERE = "*"
WMS, OWN = "wms", "merchant"
ABROAD = "rotterdam"
HEAVIEST_GRAMS, LARGEST_CM3 = 30_000, 180_000


class House(NamedTuple):
    handling_minor: int
    interface: str
    region: str = ""


HOUSES = {
    "coventry": House(120, OWN),
    "leeds": House(110, WMS, NORTH),
    "bristol": House(115, WMS),
    "perth": House(140, OWN, HIGHLANDS),
    "dover": House(130, WMS),
}
SYSTEMS = tuple(name for name, house in HOUSES.items() if house.interface == WMS)


class Tracked(NamedTuple):
    """From this tenth of the season on, this tracker follows parcels, and these carriers take them."""

    tenth: int
    tracker: str
    small: str
    large: str


SEASONS = (
    Tracked(0, "kuaidi100", "ems", "sf"),
    Tracked(3, "aftership", "royal_mail", "sf"),
    Tracked(6, "easypost", "royal_mail", "dhl"),
    Tracked(8, "seventeentrack", "royal_mail", "dhl"),
)
UNFOLLOWED = "citypost"  # A carrier that no tracker knows.


def warehouses() -> Records:
    at_home = (
        {
            "warehouse_id": name,
            "name": name.capitalize(),
            "country": "GB",
            "currency": CURRENCY,
            "handling_minor": house.handling_minor,
            "interface": house.interface,
            **({"region": house.region} if house.region else {}),
        }
        for name, house in HOUSES.items()
    )
    return (*at_home, {"warehouse_id": ABROAD, "name": "Rotterdam", "country": "NL", "currency": EURO})


def separation() -> Records:
    pairs = [[CONFECTIONERY, FRAGRANCE], [CONFECTIONERY, "garden"], [FRAGRANCE, "food"]]
    return ({"separation_id": "platform", "apart": pairs},)


def services(season: Tracked) -> Records:
    """Every service, run by the carriers of *season*."""
    return (
        *(
            _small(name, season.small, dearer)
            for name, dearer in (("coventry", 0), ("leeds", 5), ("dover", 30))
        ),
        *(_parcel(name, season.large) for name in HOUSES),
        *(_freight(name, season.large) for name in ("coventry", "leeds", "bristol")),
        _bonded(season.large),
        _euro(season.large),
    )


def _service(name: str, carrier: str, warehouse: str, lanes: list[Record], **fields: Any) -> Record:
    return {
        "service_id": name,
        "name": name.replace("-", " ").capitalize(),
        "carrier": carrier,
        "warehouses": [warehouse],
        "currency": CURRENCY,
        "max_weight_grams": HEAVIEST_GRAMS,
        "max_volume_cm3": LARGEST_CM3,
        "lanes": lanes,
        **fields,
    }


def _lane(to: list[str], days: int, *bands: tuple[int, int, int, int, int]) -> Record:
    names = ("over_g", "upto_g", "base_minor", "step_g", "step_minor")
    return {
        "to": to,
        "transit_seconds": days * DAY,
        "bands": [dict(zip(names, band, strict=True)) for band in bands],
    }


def _small(warehouse: str, carrier: str, dearer: int) -> Record:
    """By ten grams at home, and by the gram to everywhere else."""
    lanes = [
        _lane(["GB"], 3, (0, 100, 150 + dearer, 100, 0), (100, 2_000, 150 + dearer, 10, 2)),
        _lane([EVERYWHERE], 9, (0, 2_000, 260 - dearer, 1, 1)),
    ]
    return _service(
        f"small-{warehouse}",
        carrier,
        warehouse,
        lanes,
        max_weight_grams=2_000,
        max_volume_cm3=20_000,
        refuses=["cross_border", "bulky", "hazard"],
    )


def _parcel(warehouse: str, carrier: str) -> Record:
    """By the kilogram. What is light and large pays for its volume."""
    home = {"coventry": 70, "leeds": 78, "bristol": 82, "perth": 96, "dover": 90}[warehouse]
    lanes = [_lane(["GB"], 2, (0, 2_000, 420, 2_000, 0), (2_000, 40_000, 420, 1_000, home))]
    if warehouse == "leeds":
        lanes.append(_lane([f"GB/{NORTH}"], 1, (0, 2_000, 350, 2_000, 0), (2_000, 40_000, 350, 1_000, 52)))
    farther = {"coventry": 160, "leeds": 200, "bristol": 260, "perth": 0, "dover": 300}[warehouse]
    lanes.append(_lane([f"GB/{HIGHLANDS}"], 4, *_kinked(560 + farther, 120, 310)))
    if warehouse in ("coventry", "leeds", "dover"):
        dearer = 0 if warehouse == "dover" else 240
        lanes.append(_lane([EVERYWHERE], 12, *_kinked(980 + dearer, 180, 420)))
    return _service(
        f"parcel-{warehouse}",
        carrier,
        warehouse,
        lanes,
        volumetric_divisor=8_000,
        refuses=["cross_border", "bulky"],
        surcharges={"hazard": 300},
    )


def _kinked(base: int, step: int, step_above: int) -> tuple[tuple[int, int, int, int, int], ...]:
    """Up to five kilograms a kilogram costs *step*, above them *step_above*: ten cost more than twice five.

    >>> _kinked(560, 120, 310)
    ((0, 2000, 560, 2000, 0), (2000, 5000, 560, 1000, 120), (5000, 40000, 920, 1000, 310))
    """
    at_five = base + 3 * step
    return (
        (0, 2_000, base, 2_000, 0),
        (2_000, 5_000, base, 1_000, step),
        (5_000, 40_000, at_five, 1_000, step_above),
    )


def _freight(warehouse: str, carrier: str) -> Record:
    lanes = [
        _lane(["GB"], 4, (0, 10_000, 2_900, 10_000, 0), (10_000, 120_000, 2_900, 1_000, 110)),
        _lane([EVERYWHERE], 20, (0, 10_000, 5_200, 10_000, 0), (10_000, 120_000, 5_200, 1_000, 330)),
    ]
    return _service(
        f"freight-{warehouse}",
        carrier,
        warehouse,
        lanes,
        max_weight_grams=60_000,
        max_volume_cm3=600_000,
        volumetric_divisor=6_000,
        refuses=["cross_border"],
        surcharges={"bulky": 500, "hazard": 250},
    )


def _bonded(carrier: str) -> Record:
    lanes = [_lane([EVERYWHERE], 8, (0, 1_000, 900, 1_000, 0), (1_000, 30_000, 900, 500, 110))]
    return _service(
        "bonded-dover", carrier, "dover", lanes, refuses=["domestic", "bulky"], surcharges={"hazard": 600}
    )


def _euro(carrier: str) -> Record:
    lanes = [_lane([EVERYWHERE], 2, (0, 30_000, 1, 30_000, 0))]
    return _service("euro-rotterdam", carrier, ABROAD, lanes) | {"currency": EURO}


def crane(season: Tracked) -> Records:
    """What the operator adds when goods turn up that no service takes."""
    lanes = [_lane(["GB"], 6, (0, 200_000, 9_500, 200_000, 0))]
    limits = {"max_weight_grams": 200_000, "max_volume_cm3": 900_000}
    return (_service("crane-leeds", season.large, "leeds", lanes, **limits),)
