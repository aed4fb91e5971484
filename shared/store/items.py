"""Python values as DynamoDB items, and back. Strings, whole numbers, booleans, lists, maps; nothing else.

None is left out, not stored: an absent attribute keeps a row out of a sparse index. Numbers come back as int:
there is no other number in this product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from zlib import crc32

from shared.case_rows import case_id, queue_of
from shared.goods import Held, StockMove
from shared.model import (
    KINDS,
    STATES,
    AfterSale,
    Line,
    Parcel,
    Payment,
    Quarantined,
    Refund,
    RefundPart,
    Row,
    Snapshot,
    SubOrder,
    Transfer,
    UsedCoupon,
)
from shared.settings import Policy

Item = dict[str, dict[str, Any]]
RARE = (  # Fields of rows that are 0 or empty in most orders: then they are not stored.
    "given_back_minor",
    "withheld_minor",
    "held_minor",
    "part_minor",
    "told_minor",
    "reversed_minor",
    "refund_reserved_minor",
    "found",
    "paid_otherwise",
    "rest_minor",
    "sent_minor",
    "found_before",
    "failed_at",
    "quarantined",
)
PARCEL_RARE = (
    "service",
    "cost_minor",
    "cost_currency",
    "grams",
    "cm3",
    "transit_seconds",
    "progress",
    "trouble",
    "refused",
    "reason",
    "after",
)
SHARDS = 8
# Their order is how orders store them, so a number may be added at the end of the class, and none may move or go.
POLICY_NUMBERS = tuple(field.name for field in fields(Policy))


def to_item(values: Mapping[str, Any]) -> Item:
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def to_attribute(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int():
            return {"N": str(value)}
        case Mapping():
            return {"M": to_item(value)}
        case tuple() | list():
            return {"L": [to_attribute(part) for part in value]}
    raise TypeError(f"{type(value).__name__} is not stored")


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: from_attribute(value) for name, value in item.items()}


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "M":
            return from_item(value)
        case "L":
            return tuple(from_attribute(part) for part in value)
    raise TypeError(f"{kind} is not read")


def shard_of(order_id: str) -> str:
    """Spread the sparse indexes over a few partitions, so that none is hot."""
    return str(crc32(order_id.encode()) % SHARDS)


def order_key(order_id: str, sk: str) -> Item:
    return {"pk": {"S": f"ORDER#{order_id}"}, "sk": {"S": sk}}


def row_to_item(order_id: str, row: Row) -> Item:
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    if isinstance(row, SubOrder):
        rare = (
            "boost_seconds",
            "freight_steps",
            "cancelled",
            "returned",
            "extended",
            "obstacle",
            "waived",
            "reduced",
        )
        values |= {name: values[name] or None for name in rare}
    if isinstance(row, AfterSale):
        values |= {name: value or None for name, value in values.items() if name != "goes_back"}
        values["goes_back"] = None if row.goes_back else False
        queue = queue_of(row)
        in_line = f"{row.due_at or 0:012}#{case_id(order_id, row.number)}"
        values |= {"queue": queue, "priority": in_line if queue else None}
    if isinstance(row, Parcel):
        values |= {name: value or None for name, value in values.items() if name in PARCEL_RARE}
    if isinstance(row, Refund):
        values["parts"] = [trimmed(part) for part in row.parts]
        values["is_owed"] = None if row.is_owed else False
    if isinstance(row, Payment | Refund | SubOrder):
        values |= {name: values[name] or None for name in RARE if name in values}
    if isinstance(row, Transfer):
        values["moves"] = [trimmed(move) for move in row.moves]
    if row.machine == "order":
        values["buyer"] = values["buyer_id"]
    shard = shard_of(order_id)
    spread = {
        "shard": shard if values["due_at"] is not None else None,
        "ask_shard": shard if values.get("ask_at") is not None else None,
    }
    return order_key(order_id, row.subject) | to_item(values | {"order_id": order_id} | spread)


def item_to_row(item: Mapping[str, Any]) -> Row:
    values = from_item(item)
    kind = KINDS[values["sk"].split("#")[0]]
    known = {field.name: values[field.name] for field in fields(kind) if field.name in values}
    known["state"] = STATES[kind](known["state"])
    if kind is Refund:
        known["parts"] = tuple(RefundPart(*part) for part in known["parts"])
    if kind is Payment:
        known["quarantined"] = tuple(Quarantined(*money) for money in known.get("quarantined", ()))
    if kind is Transfer:
        known["moves"] = tuple(StockMove(*move) for move in known["moves"])
    return kind(**known)


def trimmed(value: Any) -> tuple[Any, ...]:
    """A NamedTuple's values without the defaults at its end: most orders use none of what is rare.

    >>> trimmed(Held("W1", 3)), trimmed(Held("W1", 3, channel="tmall"))
    (('W1', 3), ('W1', 3, 0, 'tmall'))
    """
    defaults, values = value._field_defaults, list(value)
    for name in reversed(value._fields):
        if name not in defaults or values[-1] != defaults[name]:
            break
        values.pop()
    return tuple(values)


def lines_to_attribute(lines: Sequence[Line]) -> dict[str, Any]:
    stored = []
    for line in lines:
        short = trimmed(line._replace(allocation=tuple(map(trimmed, line.allocation))))  # type: ignore[arg-type]
        stored.append(short)
    return to_attribute(stored)


def item_to_lines(item: Mapping[str, Any]) -> tuple[Line, ...]:
    lines = (Line(*values) for values in from_attribute(item["lines"]))
    return tuple(line._replace(allocation=tuple(Held(*held) for held in line.allocation)) for line in lines)


def snapshot_to_attribute(snapshot: Snapshot) -> dict[str, Any]:
    """What was agreed, without what is as usual; the policy as its numbers alone, in the order of their fields."""
    values = snapshot._asdict() | {
        "coupons": tuple(tuple(coupon) for coupon in snapshot.coupons),
        "policy": tuple(snapshot.policy[name] for name in POLICY_NUMBERS),
    }
    defaults = Snapshot._field_defaults
    return to_attribute({name: v for name, v in values.items() if v != defaults.get(name)})


def item_to_snapshot(item: Mapping[str, Any], present: Policy | None = None) -> Snapshot:
    """What was agreed. A number that did not exist then is the *present* one."""
    values = from_attribute(item["snapshot"])
    coupons = tuple(UsedCoupon(*coupon) for coupon in values.get("coupons", ()))
    policy = dict(vars(present)) if present else {}
    policy |= zip(POLICY_NUMBERS, values["policy"], strict=False)  # An older order knew fewer numbers.
    return Snapshot(**(values | {"coupons": coupons, "policy": policy}))
