"""The splitting problem as values: what is to be sent, from where, by which services; and an answer to it.

One order is cut into parcels so that every unit is sent once and the sum of the parcels' prices is as small as
possible; among equally cheap answers the one of fewest parcels, then the one from the nearest warehouses. All amounts
are minor units of one currency, weights whole grams, volumes whole cubic centimetres.

A parcel goes from one warehouse by one service. It holds goods of one merchant, which agree on whether they are
cross-border, bulky and hazardous, and no two of whose categories are kept apart. It keeps within its service's limits
of weight and volume, and, cross-border, within the customs cap.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import NamedTuple


class Kind(StrEnum):
    """What units of a parcel must agree on, what a service may refuse or charge for."""

    CROSS_BORDER = auto()
    BULKY = auto()
    HAZARD = auto()
    DOMESTIC = auto()  # Not cross-border: only to be refused.


class Goods(NamedTuple):
    """One line of the order: *quantity* equal units of one SKU. A SKU stands in one line only."""

    sku: str
    merchant: str
    quantity: int
    unit_price_minor: int  # What customs counts.
    unit_grams: int
    unit_cm3: int
    category: str = ""
    kinds: frozenset[Kind] = frozenset()  # Never DOMESTIC, which is the absence of CROSS_BORDER.


class Band(NamedTuple):
    """A step of a tariff: *base*, and *step_price* for each *step* of grams begun over *over*, up to *upto* grams."""

    over: int
    upto: int
    base: int
    step: int
    step_price: int


class Service(NamedTuple):
    """A carrier's service on one lane, from a warehouse to this buyer."""

    service_id: str
    max_grams: int
    max_cm3: int
    bands: tuple[Band, ...]
    volumetric_divisor: int | None = (
        None  # Cubic centimetres that count as a kilogram; None: volume is not charged.
    )
    refuses: frozenset[Kind] = frozenset()
    surcharges: Mapping[Kind, int] = {}  # For BULKY and HAZARD, once per parcel.


class Warehouse(NamedTuple):
    warehouse_id: str
    handling: int  # For each parcel that is packed here.
    services: tuple[Service, ...]
    stock: Mapping[str, int]  # Units of each SKU that may be sent from here, for this order.
    distance: int = 0  # Only to choose between equally cheap answers: the smaller, the nearer.


class Problem(NamedTuple):
    goods: tuple[Goods, ...]
    warehouses: tuple[Warehouse, ...]
    apart: frozenset[frozenset[str]] = frozenset()  # Pairs of categories that never share a parcel.
    customs_cap: int | None = None  # Of one cross-border parcel; None: there is none.


class Packed(NamedTuple):
    """One parcel of an answer."""

    merchant: str
    warehouse_id: str
    service_id: str
    contents: tuple[tuple[str, int], ...]  # (SKU, units), in the order of the problem's goods.
    price: int  # Freight, surcharges and handling.


class Plan(NamedTuple):
    parcels: tuple[Packed, ...]
    price: int
    is_optimal: bool  # Proven to be the cheapest. Otherwise *at_least* says how much cheaper one could be.
    at_least: int  # No answer costs less.


class Obstacle(StrEnum):
    """Why goods cannot be sent at all. People must look at it: nothing is ever dropped."""

    NO_WEIGHT = auto()  # Neither limits nor a tariff mean anything for them.
    NO_STOCK = auto()  # No warehouses together hold so many.
    OVER_CUSTOMS_CAP = auto()  # One unit alone is worth more than a cross-border parcel may be.
    NO_SERVICE = (
        auto()
    )  # No service of any warehouse that holds them takes even one unit: refused, or over a limit.
    NOT_ENOUGH_CARRIED = auto()  # Warehouses that hold enough, but not enough where a service takes them.


class Impossible(NamedTuple):
    obstacle: Obstacle
    skus: tuple[str, ...]  # Those that it concerns, in the order of the problem's goods.
