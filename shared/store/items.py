"""Python values as DynamoDB items, and back. Strings, whole numbers, booleans, lists, maps; nothing else.

None is left out, not stored: an absent attribute keeps a row out of a sparse index. Numbers come back as int:
there is no other number in this product.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from zlib import crc32

from shared.model import KINDS, STATES, Line, Refund, RefundPart, Row

Item = dict[str, dict[str, Any]]
SHARDS = 8


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
    if row.machine == "order":
        values["buyer"] = values["buyer_id"]
    shard = shard_of(order_id) if values["due_at"] is not None else None
    return order_key(order_id, row.subject) | to_item(values | {"order_id": order_id, "shard": shard})


def item_to_row(item: Mapping[str, Any]) -> Row:
    values = from_item(item)
    kind = KINDS[values["sk"].split("#")[0]]
    known = {field.name: values[field.name] for field in fields(kind) if field.name in values}
    known["state"] = STATES[kind](known["state"])
    if kind is Refund:
        known["parts"] = tuple(RefundPart(*part) for part in known["parts"])
    return kind(**known)


def item_to_lines(item: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(Line(*values) for values in from_attribute(item["lines"]))
