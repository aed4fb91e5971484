"""What a warehouse's system says, as values. Read strictly: everything that is wrong is said at once, with its place.

    process.reported        {"progress": "accepted|picking|packed", "at": 1800000000}
    fulfillment.confirmed   {"final": true, "packages": [{"carrier": "sf", "waybill": "SF1234567890",
                             "weight_grams": 700, "lines": [{"line": 1, "quantity": 2}]}]}
    fulfillment.cancelled   {"accepted": false, "reason": "already_shipped"}
    return.received         {"return_id": "...-P01-R", "lines": [{"line": 1, "good": 1, "defect": 1, "scrap": 0}]}
    return.arrived          {"return_id": "...-C01", "case": "...-C01"}
    return.received         {"return_id": "...-C01", "case": "...-C01", "reason": "worn",
                             "lines": [{"line": 1, "good": 0, "defect": 1, "scrap": 0, "rate_pct": 80}]}

Each with ``event_id``, ``type``, ``created`` and ``fulfillment_id``. What comes back for an after-sale case bears the
case's number, and that of a fulfilment whose goods are in it; ``rate_pct`` and ``reason`` may be left out. A member
that we do not know is passed over: a warehouse may tell others more than us.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum, auto
from typing import Any, NamedTuple, TypeVar

from shared.aftersale.inspection import Inspection
from shared.aftersale.return_policy import FULL_RATE
from shared.errors import Invalid, NotFound
from shared.fulfilment.reports import PACKAGES_AT_ONCE_MAX, Confirmation, Package, Progress
from shared.fulfilment.returning import CONDITIONS, Counted
from shared.fulfilment.warehouse import PROGRESS, Place, place_of
from shared.money import AMOUNT_MAX
from shared.strict_json import read_object

FAULTS_MAX = 20
PACKAGES_LISTED_MAX = 500  # Of one fulfilment, in all.
LINES_MAX = 500
LINE_MAX, UNITS_MAX, GRAMS_MAX = 999, 9999, 10**8
SECONDS_MAX = AMOUNT_MAX
_EVENT_ID = re.compile(r"[0-9A-Za-z._:-]{1,80}", re.ASCII)
_TEXT = re.compile(r"[0-9A-Za-z-]{1,60}", re.ASCII)
_CARRIER = re.compile(r"[0-9a-z_-]{1,30}", re.ASCII)
_WAYBILL = re.compile(r"[0-9A-Za-z-]{4,40}", re.ASCII)
_REASON = re.compile(r"[a-z0-9_]{1,60}", re.ASCII)
CASE = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}-C[0-9]{2}", re.ASCII)
T = TypeVar("T")


class Stopped(NamedTuple):
    """The answer to an intercept."""

    parcel: int
    is_stopped: bool
    reason: str


class Told(StrEnum):
    """What became of a message. To send it again cannot help."""

    APPLIED = auto()
    DUPLICATE = auto()
    NO_EFFECT = auto()


class Arrived(NamedTuple):
    """What comes back for a case is there, and not opened yet."""

    parcel: int
    case: int


class Inspected(NamedTuple):
    """What was in it, by grade, and what it is worth."""

    parcel: int
    case: int
    found: Inspection


class Message(NamedTuple):
    event_id: str
    place: Place
    said: "Said"


Said = Progress | Confirmation | Stopped | Counted | Arrived | Inspected


def read_message(raw: bytes) -> Message:
    """Raises ``Malformed``; ``Invalid`` with every wrong field; ``NotFound`` for what is no fulfilment of ours."""
    faults: list[dict[str, str]] = []
    form = _Form(read_object(raw), "", faults)
    event_id, _ = form.text("event_id", _EVENT_ID), form.whole("created", most=SECONDS_MAX)
    fulfilment, kind = form.text("fulfillment_id", _TEXT), form.one_of("type", tuple(_READERS))
    said = _READERS[kind](form, fulfilment) if kind else None
    if faults or said is None:
        raise Invalid("some fields are wrong", fields=faults[:FAULTS_MAX])
    place = place_of(fulfilment)
    return Message(event_id, place, said(place.parcel))


def read_packages(told: Any) -> tuple[Package, ...]:
    """The packages of an answer to our own question. Raises ``Invalid``."""
    faults: list[dict[str, str]] = []
    packages = _packages(_Form({"packages": told}, "", faults), most=PACKAGES_LISTED_MAX)
    if faults:
        raise Invalid("some fields are wrong", fields=faults[:FAULTS_MAX])
    return packages


class _Form:
    """One JSON object, member by member. What is wrong goes to *faults*, and a harmless value takes its place."""

    def __init__(self, value: Any, at: str, faults: list[dict[str, str]]) -> None:
        self._at, self._faults = at, faults
        self._members: Mapping[str, Any] | None = value if isinstance(value, dict) else None
        if self._members is None:
            self.fault("", "must be an object")

    def fault(self, name: str, reason: str) -> None:
        at = f"{self._at}/{name}" if name else self._at
        self._faults.append({"at": at, "in": "body", "reason": reason})

    def has(self, name: str) -> bool:
        return self._members is not None and name in self._members

    def text(self, name: str, shape: re.Pattern[str]) -> str:
        reason = f"must be a text of the form {shape.pattern}"
        return self._one(name, "", lambda value: isinstance(value, str) and shape.fullmatch(value), reason)

    def one_of(self, name: str, words: tuple[str, ...]) -> str:
        known = lambda value: isinstance(value, str) and value in words  # noqa: E731
        return self._one(name, "", known, f"must be one of {', '.join(words)}")

    def whole(self, name: str, *, least: int = 0, most: int) -> int:
        """JSON's true is no number, although Python's is."""
        fits = lambda value: type(value) is int and least <= value <= most  # noqa: E731
        return self._one(name, 0, fits, f"must be a whole number from {least} to {most}")

    def flag(self, name: str) -> bool:
        return self._one(name, False, lambda value: isinstance(value, bool), "must be true or false")

    def forms(self, name: str, *, least: int, most: int) -> "Iterator[_Form]":
        fits = lambda value: isinstance(value, list) and least <= len(value) <= most  # noqa: E731
        found: list[Any] = self._one(name, [], fits, f"must be a list of {least} to {most} objects")
        for number, value in enumerate(found):
            yield _Form(value, f"{self._at}/{name}/{number}", self._faults)

    def _one(self, name: str, default: T, is_right: Callable[[Any], Any], reason: str) -> T:
        if self._members is None:
            return default  # That has been said.
        if name not in self._members:
            self.fault(name, "is missing")
            return default
        value: T = self._members[name]
        if is_right(value):
            return value
        self.fault(name, reason)
        return default


Reader = Callable[
    [_Form, str], Callable[[int], Said]
]  # The form and its fulfilment -> by parcel, what is said.


def _progress(form: _Form, _fulfilment: str) -> Callable[[int], Said]:
    said, _ = form.one_of("progress", PROGRESS), form.whole("at", most=SECONDS_MAX)
    return lambda parcel: Progress(parcel, said)


def _confirmed(form: _Form, _fulfilment: str) -> Callable[[int], Said]:
    packages, is_final = _packages(form, most=PACKAGES_AT_ONCE_MAX), form.flag("final")
    return lambda parcel: Confirmation(parcel, packages, is_final)


def _packages(form: _Form, *, most: int) -> tuple[Package, ...]:
    found = []
    for package in form.forms("packages", least=0, most=most):
        carrier, waybill = package.text("carrier", _CARRIER), package.text("waybill", _WAYBILL)
        if package.has("weight_grams"):
            package.whole("weight_grams", most=GRAMS_MAX)
        contents = {
            str(number): line.whole("quantity", least=1, most=UNITS_MAX) for number, line in _lines(package)
        }
        # Trackers write a number in capitals, however a warehouse does: by it their messages find the parcel.
        found.append(Package(carrier, waybill.upper(), contents))
    return tuple(found)


def _lines(form: _Form) -> Iterator[tuple[int, _Form]]:
    """Each line with its number, which stands there once."""
    named: set[int] = set()
    for line in form.forms("lines", least=1, most=LINES_MAX):
        number = line.whole("line", least=1, most=LINE_MAX)
        if number in named:
            line.fault("line", "is named before: put its units together")
        named |= {number} - {0}  # 0 is none, and has been said.
        yield number, line


def _cancelled(form: _Form, _fulfilment: str) -> Callable[[int], Said]:
    is_stopped = form.flag("accepted")
    reason = form.text("reason", _REASON) if form.has("reason") else ""
    return lambda parcel: Stopped(parcel, is_stopped, reason)


def _arrived(form: _Form, fulfilment: str) -> Callable[[int], Said]:
    case = _case(form, fulfilment)
    return lambda parcel: Arrived(parcel, case)


def _case(form: _Form, fulfilment: str) -> int:
    """The case's number. A case of another order than the fulfilment's cannot be meant: it does not exist here."""
    named = form.text("case", CASE)
    if form.text("return_id", _TEXT) not in ("", named):
        form.fault("return_id", "must be the case")
    order, _, number = named.rpartition("-C")
    if named and not fulfilment.startswith(f"{order}-"):
        raise NotFound("no such order")
    return int(number or 0)


def _inspected(form: _Form, fulfilment: str) -> Callable[[int], Said]:
    case = _case(form, fulfilment)
    counted, rates = {}, {}
    for number, line in _lines(form):
        counted[number] = {name: line.whole(name, most=UNITS_MAX) for name in CONDITIONS}
        if line.has("rate_pct"):
            rates[number] = line.whole("rate_pct", most=FULL_RATE)
    reason = form.text("reason", _REASON) if form.has("reason") else ""
    return lambda parcel: Inspected(parcel, case, Inspection(counted, rates, reason))


def _returned(form: _Form, fulfilment: str) -> Callable[[int], Said]:
    if form.has("case"):
        return _inspected(form, fulfilment)
    if form.text("return_id", _TEXT) not in ("", f"{fulfilment}-R"):
        form.fault("return_id", "must be the fulfillment_id and -R")
    units = {
        number: {name: line.whole(name, most=UNITS_MAX) for name in CONDITIONS}
        for number, line in _lines(form)
    }
    return lambda parcel: Counted(parcel, units)


_READERS: dict[str, Reader] = {
    "process.reported": _progress,
    "fulfillment.confirmed": _confirmed,
    "fulfillment.cancelled": _cancelled,
    "return.received": _returned,
    "return.arrived": _arrived,
}
