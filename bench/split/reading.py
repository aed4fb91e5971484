"""A line of ``oms-split/1`` as a problem, or why it is none. What the format does not allow is refused, not guessed.

A line is an object of these fields, and no others; all numbers are whole, none is negative, no key stands twice.

    format id class currency cross_border_cap incompatible lines warehouses carriers
    line       id sku merchant qty unit_price unit_weight_g unit_volume_cm3 category hazard bulky cross_border
    warehouse  handling carriers stock
    carrier    name max_weight_g max_volume_cm3 volumetric_divisor refuses surcharges bands
    band       over_g upto_g base step_g step_price
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shared.errors import Malformed
from shared.splitting.problem import Band, Goods, Kind, Problem, Service, Warehouse
from shared.splitting.tariff import faults
from shared.strict_json import read_object

FORMAT = "oms-split/1"
LINE_BYTES_MAX = 8 * 2**20
Object = Mapping[str, Any]


class Unreadable(Exception):
    """The line is no problem. *code* and *reason* go into the answer, with the id if there is one."""

    def __init__(self, code: str, reason: str, instance_id: str | None = None) -> None:
        super().__init__(f"{code}: {reason}")
        self.instance_id = instance_id


class _Wrong(Exception):
    """Something in the object is not as the format says."""

    code = "wrong_field"


class _WrongTariff(_Wrong):
    code = "wrong_tariff"


class Instance(NamedTuple):
    instance_id: str
    name: str  # Of its class.
    problem: Problem


class Text:
    """A string that is not empty."""

    def __call__(self, value: Any) -> str | None:
        return None if isinstance(value, str) and value else "is not a text"


class Whole(NamedTuple):
    """An integer, which true and false are not."""

    least: int = 0

    def __call__(self, value: Any) -> str | None:
        if type(value) is not int:
            return "is not a whole number"
        return None if value >= self.least else f"is less than {self.least}"


class WholeOrNull(NamedTuple):
    least: int = 1

    def __call__(self, value: Any) -> str | None:
        return None if value is None else Whole(self.least)(value)


class Typed(NamedTuple):
    kind: type
    words: str

    def __call__(self, value: Any) -> str | None:
        return None if isinstance(value, self.kind) else f"is not {self.words}"


TEXT, FLAG = Text(), Typed(bool, "true or false")
A_LIST, AN_OBJECT = Typed(list, "a list"), Typed(dict, "an object")
Fields = Mapping[str, Any]
INSTANCE: Fields = {
    "format": TEXT,
    "id": TEXT,
    "class": TEXT,
    "currency": TEXT,
    "cross_border_cap": Whole(),
    "incompatible": A_LIST,
    "lines": A_LIST,
    "warehouses": AN_OBJECT,
    "carriers": AN_OBJECT,
}
LINE: Fields = {
    "id": TEXT,
    "sku": TEXT,
    "merchant": TEXT,
    "qty": Whole(1),
    "unit_price": Whole(),
    "unit_weight_g": Whole(),
    "unit_volume_cm3": Whole(),
    "category": TEXT,
    "hazard": FLAG,
    "bulky": FLAG,
    "cross_border": FLAG,
}
WAREHOUSE: Fields = {"handling": Whole(), "carriers": A_LIST, "stock": AN_OBJECT}
CARRIER: Fields = {
    "name": TEXT,
    "max_weight_g": Whole(1),
    "max_volume_cm3": Whole(1),
    "volumetric_divisor": WholeOrNull(),
    "refuses": A_LIST,
    "surcharges": AN_OBJECT,
    "bands": A_LIST,
}
BAND: Fields = {
    "over_g": Whole(),
    "upto_g": Whole(1),
    "base": Whole(),
    "step_g": Whole(1),
    "step_price": Whole(),
}


def read(raw: bytes) -> Instance:
    """The instance on a line. Raises Unreadable."""
    if len(raw) > LINE_BYTES_MAX:
        raise Unreadable("too_long", f"the line is longer than {LINE_BYTES_MAX} bytes")
    try:
        document = read_object(raw)
    except Malformed as cause:
        raise Unreadable("not_json", cause.reason) from cause
    instance_id = document.get("id")
    if not isinstance(instance_id, str):
        instance_id = None
    if document.get("format") != FORMAT:
        raise Unreadable("wrong_format", f"the format is not {FORMAT}", instance_id)
    try:
        return Instance(document.get("id", ""), document.get("class", ""), _problem(document))
    except _Wrong as cause:
        raise Unreadable(cause.code, str(cause), instance_id) from cause


def _problem(document: Object) -> Problem:
    _check("instance", document, INSTANCE)
    goods = tuple(_goods(f"lines[{number}]", line) for number, line in enumerate(_objects(document, "lines")))
    if not goods:
        raise _Wrong("lines is empty")
    _once("lines: id", (line["id"] for line in document["lines"]))
    _once("lines: sku", (one.sku for one in goods))
    services = {name: _service(name, carrier) for name, carrier in document["carriers"].items()}
    return Problem(
        goods=goods,
        warehouses=tuple(_warehouse(name, whole, services) for name, whole in document["warehouses"].items()),
        apart=frozenset(_pair(number, pair) for number, pair in enumerate(document["incompatible"])),
        customs_cap=document["cross_border_cap"],
    )


def _goods(place: str, line: Object) -> Goods:
    _check(place, line, LINE)
    return Goods(
        sku=line["sku"],
        merchant=line["merchant"],
        quantity=line["qty"],
        unit_price_minor=line["unit_price"],
        unit_grams=line["unit_weight_g"],
        unit_cm3=line["unit_volume_cm3"],
        category=line["category"],
        kinds=frozenset(kind for kind in (Kind.CROSS_BORDER, Kind.BULKY, Kind.HAZARD) if line[kind]),
    )


def _warehouse(name: str, whole: Any, services: Mapping[str, Service]) -> Warehouse:
    place = f"warehouses.{name}"
    _check(place, whole, WAREHOUSE)
    for index, carrier in enumerate(whole["carriers"]):
        if not isinstance(carrier, str) or carrier not in services:
            raise _Wrong(f"{place}.carriers[{index}] is not among the carriers")
    _once(f"{place}.carriers", whole["carriers"])
    for sku, units in whole["stock"].items():
        _check_value(f"{place}.stock.{sku}", units, Whole())
    offered = tuple(services[carrier] for carrier in whole["carriers"])
    return Warehouse(name, whole["handling"], offered, whole["stock"])


def _service(name: str, carrier: Any) -> Service:
    place = f"carriers.{name}"
    _check(place, carrier, CARRIER)
    for kind, price in carrier["surcharges"].items():
        _check_value(f"{place}.surcharges.{kind}", price, Whole())
    bands = _objects(carrier, "bands")
    for number, band in enumerate(bands):
        _check(f"{place}.bands[{number}]", band, BAND)
    service = Service(
        service_id=name,
        max_grams=carrier["max_weight_g"],
        max_cm3=carrier["max_volume_cm3"],
        bands=tuple(_without_gaps(bands)),
        volumetric_divisor=carrier["volumetric_divisor"],
        refuses=frozenset(_kind(f"{place}.refuses", kind) for kind in carrier["refuses"]),
        surcharges={
            _kind(f"{place}.surcharges", kind): units for kind, units in carrier["surcharges"].items()
        },
    )
    for where, reason in faults(service):
        raise _WrongTariff(f"{place}.{where}: {reason}")
    return service


def _without_gaps(bands: Iterable[Object]) -> Iterator[Band]:
    """The same prices in bands each of which begins where the one before ends, which the format does not demand.

    The first band that reaches a weight is the one that counts, and its steps are counted from wherever it says.

    >>> large = {"over_g": 2000, "upto_g": 9000, "base": 700, "step_g": 1500, "step_price": 50}
    >>> list(_without_gaps([{"over_g": 0, "upto_g": 2500, "base": 500, "step_g": 2500, "step_price": 0}, large]))[1:]
    [Band(over=2500, upto=3500, base=750, step=1000, step_price=0),
     Band(over=3500, upto=9000, base=750, step=1500, step_price=50)]
    """
    floor = 0
    for band in bands:
        over, upto, base, step, step_price = (band[field] for field in BAND)
        if upto <= floor:
            continue
        if over != floor:
            begun = -(-(floor + 1 - over) // step)
            base, over = base + step_price * begun, over + step * begun
            yield Band(floor, min(over, upto), base, min(over, upto) - floor, 0)
        if over < upto:
            yield Band(over, upto, base, step, step_price)
        floor = upto


def _pair(number: int, pair: Any) -> frozenset[str]:
    if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
        raise _Wrong(f"incompatible[{number}] is not a pair of categories")
    if pair[0] == pair[1]:
        raise _Wrong(f"incompatible[{number}] keeps a category apart from itself")
    return frozenset(pair)


def _kind(place: str, kind: Any) -> Kind:
    if kind not in list(Kind):
        raise _Wrong(f"{place}: there is no such kind")
    return Kind(kind)


def _objects(whole: Object, field: str) -> list[Object]:
    found: list[Object] = whole[field]
    return found


def _check(place: str, value: Any, fields: Fields) -> None:
    if not isinstance(value, dict):
        raise _Wrong(f"{place} is not an object")
    for field in fields:
        if field not in value:
            raise _Wrong(f"{place} has no {field}")
    for field, check in fields.items():
        _check_value(f"{place}.{field}", value[field], check)


def _check_value(place: str, value: Any, check: Any) -> None:
    complaint = check(value)
    if complaint:
        raise _Wrong(f"{place} {complaint}")


def _once(place: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _Wrong(f"{place}: {name} stands twice")
        seen.add(name)
