"""What may be published about shipping: warehouses, carriers' services with their tariffs, and what travels apart.

``shared.catalogue.records`` holds the other kinds and the list of all. What these records mean to a split is said in
``shared.splitting.terms``.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.catalogue.fields import (
    CARRIER,
    OPTIONAL_TEXT,
    SECONDS_MAX,
    WHOLE_MAX,
    Amount,
    Category,
    Country,
    Currency,
    Destination,
    Fault,
    Id,
    Part,
    Text,
    repeated,
)
from shared.money import AMOUNT_MAX
from shared.splitting.problem import Band, Kind, Service
from shared.splitting.tariff import faults as faults_of_tariff

CHARGED_GRAMS_MAX = 1_000 * WHOLE_MAX  # Volume counts as weight: more than anything weighs.
REFUSED_MAX = 4
FIELDS_OF_A_BAND = {  # As ``shared.splitting.problem`` names them: as records do.
    "over": "over_g",
    "upto": "upto_g",
    "base": "base_minor",
    "step": "step_g",
    "step_price": "step_minor",
}


class WarehouseRecord(Part):
    KIND: ClassVar[str] = "warehouse"
    warehouse_id: Id
    name: Text
    country: Country
    region: Annotated[str, Field(pattern=OPTIONAL_TEXT, max_length=100)] = ""
    currency: Currency
    handling_minor: Annotated[Amount, Field(description="What it costs to pack one parcel.")] = 0
    interface: Annotated[
        Literal["merchant", "wms"],
        Field(
            description="merchant: people pack and enter waybills; wms: parcels go to the warehouse's system."
        ),
    ] = "merchant"
    return_address: Annotated[
        str,
        Field(
            pattern=OPTIONAL_TEXT,
            max_length=300,
            description="Whom, where and how to call: told to buyers who send something back.",
        ),
    ] = ""
    is_retired: bool = False

    @property
    def id(self) -> str:
        return self.warehouse_id

    def faults(self) -> Iterator[Fault]:
        yield from ()


class BandPart(Part):
    """For parcels of more than *over_g* and up to *upto_g*: the base, and so much for each step begun above."""

    over_g: Annotated[int, Field(ge=0, le=CHARGED_GRAMS_MAX)]
    upto_g: Annotated[int, Field(ge=1, le=CHARGED_GRAMS_MAX)]
    base_minor: Amount
    step_g: Annotated[int, Field(ge=1, le=CHARGED_GRAMS_MAX)]
    step_minor: Amount

    @property
    def band(self) -> Band:
        return Band(self.over_g, self.upto_g, self.base_minor, self.step_g, self.step_minor)

    def faults(self, at: str) -> Iterator[Fault]:
        steps_begun = -(-(self.upto_g - self.over_g) // self.step_g)
        if self.base_minor + steps_begun * self.step_minor > AMOUNT_MAX:
            yield Fault(at, f"must not charge more than {AMOUNT_MAX} for any parcel")


class LanePart(Part):
    to: Annotated[list[Destination], Field(min_length=1, max_length=100)]
    bands: Annotated[list[BandPart], Field(min_length=1, max_length=50)]
    transit_seconds: Annotated[
        int, Field(ge=1, le=SECONDS_MAX, description="Promised, from hand-over to delivery.")
    ]


class CarrierServiceRecord(Part):
    KIND: ClassVar[str] = "carrier_service"
    service_id: Id
    name: Text
    carrier: Annotated[str, Field(pattern=CARRIER, description="Our code of the carrier.")]
    warehouses: Annotated[list[Id], Field(min_length=1, max_length=50)]
    currency: Currency
    max_weight_grams: Annotated[int, Field(ge=1, le=100 * WHOLE_MAX)]
    max_volume_cm3: Annotated[int, Field(ge=1, le=100 * WHOLE_MAX)]
    volumetric_divisor: Annotated[
        int | None,
        Field(ge=1, le=WHOLE_MAX, description="Cubic centimetres that count as a kilogram."),
    ] = None
    refuses: Annotated[
        list[Literal["cross_border", "bulky", "hazard", "domestic"]], Field(max_length=REFUSED_MAX)
    ] = Field(default_factory=list)
    surcharges: Annotated[
        dict[Literal["bulky", "hazard"], Amount],
        Field(description="Once per parcel that holds any such goods."),
    ] = Field(default_factory=dict)
    lanes: Annotated[list[LanePart], Field(min_length=1, max_length=50)]
    is_retired: bool = False

    @property
    def id(self) -> str:
        return self.service_id

    def faults(self) -> Iterator[Fault]:
        yield from repeated("warehouses", self.warehouses)
        yield from repeated("refuses", self.refuses)
        if {"cross_border", "domestic"} <= set(self.refuses):
            yield Fault("refuses", "leaves nothing that it takes: all goods are cross_border or domestic")
        for kind in self.surcharges:
            if kind in self.refuses:
                yield Fault(f"surcharges/{kind}", "is charged for what the service refuses")
        yield from self._destination_faults()
        for number, lane in enumerate(self.lanes):
            yield from self._tariff_faults(f"lanes/{number}", lane)

    def _destination_faults(self) -> Iterator[Fault]:
        """Of two lanes to one place, which price would hold?"""
        seen: set[str] = set()
        for lane_number, lane in enumerate(self.lanes):
            for number, destination in enumerate(lane.to):
                if destination in seen:
                    yield Fault(f"lanes/{lane_number}/to/{number}", "is named before: a place has one lane")
                seen.add(destination)

    def _tariff_faults(self, at: str, lane: LanePart) -> Iterator[Fault]:
        for number, band in enumerate(lane.bands):
            yield from band.faults(f"{at}/bands/{number}")
        service = Service(
            service_id=self.service_id,
            max_grams=self.max_weight_grams,
            max_cm3=self.max_volume_cm3,
            bands=tuple(band.band for band in lane.bands),
            volumetric_divisor=self.volumetric_divisor,
            refuses=frozenset(Kind(kind) for kind in self.refuses),
            surcharges={Kind(kind): amount for kind, amount in self.surcharges.items()},
        )
        for place, reason in faults_of_tariff(service):
            yield Fault(f"{at}/{_place_in_a_record(place)}", reason)


def _place_in_a_record(place: str) -> str:
    """
    >>> _place_in_a_record("bands[2].step_price")
    'bands/2/step_minor'
    """
    names = place.replace("[", ".").replace("]", "").split(".")
    return "/".join(FIELDS_OF_A_BAND.get(name, name) for name in names)


class SeparationRecord(Part):
    """Which categories of goods never share a parcel. There is one such table, of the platform."""

    KIND: ClassVar[str] = "separation"
    separation_id: Literal["platform"] = "platform"
    apart: Annotated[
        list[Annotated[list[Category], Field(min_length=2, max_length=2)]],
        Field(max_length=500, description="Pairs of categories."),
    ] = Field(default_factory=list)

    @property
    def id(self) -> str:
        return self.separation_id

    def faults(self) -> Iterator[Fault]:
        seen: set[frozenset[str]] = set()
        for number, names in enumerate(self.apart):
            pair = frozenset(names)
            if len(pair) == 1:
                yield Fault(
                    f"apart/{number}", "must name two categories: goods of one may always share a parcel"
                )
            elif pair in seen:
                yield Fault(f"apart/{number}", "is named before, in this order or the other")
            seen.add(pair)
