"""What a warehouse holds: parcels to pack, packages that left, goods that come back, and the sums of all that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from local.forms import Malformed, text, whole
from local.providers.deliveries import Letter
from local.warehouses.modes import GRADES

QUANTITY_MAX = 10**6
MATTERS = ("warehouse", "kind", "lines", "consignee")  # Another content of these is another parcel.
KINDS = ("normal", "exchange", "reship")


class Line(NamedTuple):
    number: int
    sku: str
    quantity: int


@dataclass
class Fulfilment:
    """One parcel as the warehouse was told of it, and how far it came."""

    fulfilment_id: str
    asked: dict[str, Any]
    lines: tuple[Line, ...]
    pushed_at: float
    refused: str = ""
    progress: str = "submitted"  # accepted, picking, packed, shipped, closed
    cancellation: str = ""  # requested, accepted, rejected
    is_stopped: bool = False
    packages: list[dict[str, Any]] = field(default_factory=list)  # That left, as they are told.
    waiting: list[list[tuple[int, int]]] | None = None  # Packages that will leave: line and quantity.
    left_at: float = 0
    turn: int = 0  # Which of its plans is the last one made: older ones do nothing.
    held_back: list[Letter] = field(default_factory=list)

    @property
    def status(self) -> str:
        """How it stands, in the words of the wire."""
        if self.progress in ("shipped", "closed"):
            return self.progress
        told = {"requested": "cancellation_requested", "accepted": "cancelled"}
        return told.get(self.cancellation, "cancellation_rejected" if self.cancellation else self.progress)

    @property
    def is_done(self) -> bool:
        """Whether nothing will become of it any more."""
        return bool(self.refused) or self.is_stopped or self.progress in ("shipped", "closed")

    def shipped(self, line: int) -> int:
        """Return how many units of a line left."""
        return sum(
            part["quantity"] for package in self.packages for part in package["lines"] if part["line"] == line
        )

    def is_same(self, asked: Mapping[str, Any]) -> bool:
        """Say whether a repeated push asks for the same."""
        return all(self.asked.get(name) == asked.get(name) for name in MATTERS)


@dataclass
class Return:
    """What was announced to come back, and what came."""

    return_id: str
    asked: dict[str, Any]
    lines: tuple[Line, ...]
    received: dict[int, dict[str, int]] = field(default_factory=dict)
    has_come: bool = False  # And was counted.

    @property
    def case(self) -> str:
        """The after-sale case that it comes back for; empty: a parcel that was refused, or sent back."""
        return str(self.asked.get("case", ""))

    @property
    def may_come(self) -> bool:
        """What comes back for a case somebody must send first: then its number is known."""
        return not self.case or bool(self.asked.get("waybill"))


def read_push(form: Mapping[str, Any], warehouse: str) -> tuple[str, tuple[Line, ...]]:
    """Return the id and the lines of a parcel. Raises ``Malformed`` when a member that is needed is not as agreed."""
    if text(form, "warehouse") != warehouse:
        raise Malformed(f"warehouse must be {warehouse}")
    if form.get("kind") not in KINDS:
        raise Malformed(f"kind must be one of {', '.join(KINDS)}")
    for name in ("service", "carrier", "promised_ship_by"):
        if form.get(name) is not None:
            text(form, name)
    if not isinstance(form.get("priority"), str):
        raise Malformed("priority must be a text")
    consignee = form.get("consignee")
    if not isinstance(consignee, dict):
        raise Malformed("consignee must be an object")
    for name in ("name", "phone", "country", "city", "street"):
        text(consignee, name)
    return text(form, "fulfillment_id"), read_lines(form)


def read_lines(form: Mapping[str, Any]) -> tuple[Line, ...]:
    """Return numbered lines, each number once. Raises ``Malformed``."""
    given = form.get("lines")
    if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
        raise Malformed("lines must be a list of objects, and not empty")
    lines = tuple(
        Line(
            whole(each, "line", least=1, most=9_999),
            text(each, "sku"),
            whole(each, "quantity", least=1, most=QUANTITY_MAX),
        )
        for each in given
    )
    if len({line.number for line in lines}) != len(lines):
        raise Malformed("a line is named twice")
    return lines


def packed(lines: Iterable[Line], short: Mapping[int, int], how: str) -> list[list[tuple[int, int]]]:
    """Return packages of (line, quantity), without the units that are not found.

    >>> packed([Line(1, "tea", 2), Line(2, "cup", 1)], {1: 1}, "together")
    [[(1, 1), (2, 1)]]
    >>> packed([Line(1, "tea", 2), Line(2, "cup", 1)], {2: 9}, "by_unit")
    [[(1, 1)], [(1, 1)]]
    """
    found = [(line.number, max(0, line.quantity - short.get(line.number, 0))) for line in lines]
    there = [(number, quantity) for number, quantity in found if quantity]
    match how:
        case "by_unit":
            return [[(number, 1)] for number, quantity in there for _ in range(quantity)]
        case "by_line":
            return [[part] for part in there]
    return [there] if there else []


def books(fulfilments: Iterable[Fulfilment], returns: Iterable[Return]) -> dict[str, Any]:
    """Return units by SKU. Always: asked = shipped + cancelled + missing + open."""
    units: dict[str, dict[str, int]] = {}
    kept = [fulfilment for fulfilment in fulfilments if not fulfilment.refused]
    for fulfilment in kept:
        for line in fulfilment.lines:
            entry = units.setdefault(line.sku, _nothing())
            shipped = fulfilment.shipped(line.number)
            entry["asked"] += line.quantity
            entry["shipped"] += shipped
            entry[_rest(fulfilment)] += line.quantity - shipped
    for returned in returns:
        for line in returned.lines:
            entry = units.setdefault(line.sku, _nothing())
            for grade, count in returned.received.get(line.number, {}).items():
                entry[grade] += count
    return {
        "units": units,
        "fulfillments": {each.fulfilment_id: each.status for each in kept},
        "waybills": [package["waybill"] for each in kept for package in each.packages],
    }


def _nothing() -> dict[str, int]:
    return dict.fromkeys(("asked", "shipped", "cancelled", "missing", "open", *GRADES), 0)


def _rest(fulfilment: Fulfilment) -> str:
    if fulfilment.is_stopped:
        return "cancelled"
    return "missing" if fulfilment.progress in ("shipped", "closed") else "open"
