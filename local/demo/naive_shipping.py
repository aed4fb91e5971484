"""Parcels as the order systems that we know make them, and what parcels cost: from published records, and nothing else.

Each unit leaves the warehouse from which it was promised first. There it goes, line by line, into the first open parcel
with which it may travel and which some service still takes; each parcel goes by the service that is cheapest for it in
the end. Nothing is searched for. No line is shared with ``shared.splitting``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from local.demo.published import History
from local.demo.world import Row, Whole

BORDER, BULKY, HAZARD, DOMESTIC = "cross_border", "bulky", "hazard", "domestic"
THOUSAND = 1000


class Tariffs(NamedTuple):
    """What was published, in the newest version of each record."""

    services: Mapping[str, Row]
    warehouses: Mapping[str, Row]
    apart: frozenset[frozenset[str]]
    cap_minor: int

    @classmethod
    def of(cls, history: History, cap_minor: int) -> "Tariffs":
        services = {name: row["record"] for name, row in history.newest("carrier_service").items()}
        warehouses = {name: row["record"] for name, row in history.newest("warehouse").items()}
        tables = [row["record"] for row in history.newest("separation").values()]
        apart = frozenset(frozenset(pair) for table in tables for pair in table.get("apart", ()))
        return cls(services, warehouses, apart, cap_minor)


def kinds_of(line: Row) -> frozenset[str]:
    """What of a line decides with what it may travel."""
    found = {flag for flag in (BORDER, HAZARD) if flag in line["flags"]}
    return frozenset(found | ({BULKY} if line["size_class"] == BULKY else set()))


def is_taken(service: Row, kinds: frozenset[str]) -> bool:
    told = kinds if BORDER in kinds else kinds | {DOMESTIC}
    return not told & set(service.get("refuses", ()))


def price(
    tariffs: Tariffs,
    service: Row,
    place: tuple[str, str],
    load: tuple[int, int],
    kinds: frozenset[str],
    *,
    warehouse: str,
) -> int | None:
    """Freight from *warehouse* to *place* (country, region), surcharges, and the warehouse's handling."""
    lanes = {to: lane for lane in service["lanes"] for to in lane["to"]}
    country, region = place
    lane = lanes.get(f"{country}/{region}") or lanes.get(country) or lanes.get("*")
    if lane is None:
        return None
    grams, cm3 = load
    divisor = service.get("volumetric_divisor")
    charged = max(grams, -(-THOUSAND * cm3 // divisor)) if divisor else grams
    band = next(band for band in lane["bands"] if charged <= band["upto_g"])
    steps_begun = -(-(charged - band["over_g"]) // band["step_g"])
    extra = sum(fee for kind, fee in service.get("surcharges", {}).items() if kind in kinds)
    handling = tariffs.warehouses[warehouse].get("handling_minor", 0)
    return int(band["base_minor"] + steps_begun * band["step_minor"] + extra + handling)


def place_of(whole: Whole) -> tuple[str, str]:
    return whole.order["country"], whole.rows.get("#PII", {}).get("region", "")


@dataclass
class Box:
    """A parcel while it is filled."""

    merchant: str
    warehouse: str
    kinds: frozenset[str]
    services: list[Row]
    grams: int = 0
    cm3: int = 0
    worth_minor: int = 0
    categories: set[str] = field(default_factory=set)

    def takes(self, tariffs: Tariffs, line: Row) -> bool:
        """Put one unit in, if it may go in."""
        if any(frozenset({line["category"], other}) in tariffs.apart for other in self.categories):
            return False
        if BORDER in self.kinds and self.worth_minor + line["unit_price_minor"] > tariffs.cap_minor:
            return False
        grams, cm3 = self.grams + line["weight_grams"], self.cm3 + line["volume_cm3"]
        fitting = [s for s in self.services if grams <= s["max_weight_grams"] and cm3 <= s["max_volume_cm3"]]
        if not fitting:
            return False
        self.grams, self.cm3, self.services = grams, cm3, fitting
        self.worth_minor += line["unit_price_minor"]
        self.categories.add(line["category"])
        return True


def first_fit(whole: Whole, tariffs: Tariffs, units: Sequence[tuple[Row, str, int]]) -> list[Box]:
    """Parcels for *units*: line, warehouse and how many of it leave from there."""
    boxes: list[Box] = []
    for line, warehouse, count in units:
        kinds = kinds_of(line)
        able = [s for s in _from(tariffs, warehouse, place_of(whole)) if is_taken(s, kinds)]
        own = [
            b for b in boxes if (b.merchant, b.warehouse, b.kinds) == (line["merchant_id"], warehouse, kinds)
        ]
        for _ in range(count):
            if not any(box.takes(tariffs, line) for box in own):
                box = Box(line["merchant_id"], warehouse, kinds, able)
                box.takes(tariffs, line)
                boxes.append(box)
                own.append(box)
    return boxes


def _from(tariffs: Tariffs, warehouse: str, place: tuple[str, str]) -> list[Row]:
    named = [s for s in tariffs.services.values() if warehouse in s["warehouses"]]
    return [
        s for s in named if price(tariffs, s, place, (0, 0), frozenset(), warehouse=warehouse) is not None
    ]


def cost_minor(whole: Whole, tariffs: Tariffs, boxes: Sequence[Box]) -> int | None:
    """What they cost together. None: one of them goes by no service."""
    prices = []
    for box in boxes:
        load = box.grams, box.cm3
        each = [
            price(tariffs, service, place_of(whole), load, box.kinds, warehouse=box.warehouse)
            for service in box.services
        ]
        found = [one for one in each if one is not None]
        if not found:
            return None
        prices.append(min(found))
    return sum(prices)


def promised_first(whole: Whole) -> list[tuple[Row, str, int]]:
    """Line, warehouse, units: from where they were to leave before anything was split, without what was cancelled."""
    held: dict[tuple[str, str], int] = {}
    for event in whole.of("#EVENT"):
        if event["event"] == "goods_allocated":
            break
        for kind, sku, warehouse, units, *_ in event.get("stock", ()):
            if kind in ("reserve", "release"):
                sign = 1 if kind == "reserve" else -1
                held[sku, warehouse] = held.get((sku, warehouse), 0) + sign * units
    lines = {line["sku"]: line for line in whole.bought}
    return [(lines[sku], warehouse, units) for (sku, warehouse), units in held.items() if units > 0]


class Compared(NamedTuple):
    order_id: str
    ours_minor: int
    theirs_minor: int
    our_parcels: int
    their_parcels: int


def compared(orders: Mapping[str, Whole], tariffs: Tariffs) -> Iterator[Compared]:
    """Every order that was cut whole and at once: what its parcels cost, ours and theirs."""
    for whole in orders.values():
        cuts = [event for event in whole.of("#EVENT") if event["event"] == "goods_allocated"]
        planned = planned_at_once(whole)
        if len(cuts) != 1 or len(planned) == 0 or any("split_at" not in s for s in whole.of("SUB")):
            continue
        boxes = first_fit(whole, tariffs, promised_first(whole))
        theirs = cost_minor(whole, tariffs, boxes)
        if theirs is not None:
            ours = sum(parcel["cost_minor"] for parcel in planned)
            yield Compared(whole.order_id, ours, theirs, len(planned), len(boxes))


def planned_at_once(whole: Whole) -> list[Any]:
    """The parcels that a split made; not the packages that a warehouse made of them."""
    made = {
        step["subject"]
        for event in whole.of("#EVENT")
        for step in event["steps"]
        if step["row"].startswith("parcel.start.parcel_planned")
    }
    return [whole.rows[subject] for subject in sorted(made)]
