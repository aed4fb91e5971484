"""How large is an item, and how many units does DynamoDB bill for it?

The rules are AWS's (Amazon DynamoDB Developer Guide: "DynamoDB item sizes and formats", "read and write operations").
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Item = Mapping[str, Mapping[str, Any]]
WRITE_BYTES, READ_BYTES, CHUNK_BYTES = 1024, 4096, 64 * 1024
DOCUMENT_BYTES, ELEMENT_BYTES = 3, 1


class Index(NamedTuple):
    """A secondary index that projects keys only."""

    name: str
    keys: tuple[str, ...]


def item_bytes(item: Item) -> int:
    """Return the size of an item.

    >>> item_bytes({"pk": {"S": "ORDER#1"}, "n": {"N": "12345"}, "ok": {"BOOL": True}})
    17
    """
    return sum(len(name.encode()) + attribute_bytes(value) for name, value in item.items())


def attribute_bytes(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value.lstrip("-")) + 1) // 2 + 1
        case "BOOL" | "NULL":
            return 1
        case "M":
            return DOCUMENT_BYTES + item_bytes(value) + ELEMENT_BYTES * len(value)
        case "L":
            return DOCUMENT_BYTES + sum(attribute_bytes(part) + ELEMENT_BYTES for part in value)
    raise TypeError(f"the size of {kind} is not known here")


def write_units(before: Item | None, after: Item | None, *, in_transaction: bool) -> int:
    """Return the units of one write: the larger of what was there and what is there now."""
    largest = max(item_bytes(before or {}), item_bytes(after or {}))
    return _begun(largest, WRITE_BYTES) * (2 if in_transaction else 1)


def index_units(index: Index, before: Item | None, after: Item | None) -> int:
    """Return the units of carrying one write over to *index*: what appears, goes or changes its place in it.

    Indexes follow a transaction by themselves, so they are not billed twice. What is projected is keys, always
    less than a kilobyte.

    >>> due = Index("due", ("shard", "due_at"))
    >>> waiting = {"shard": {"S": "1"}, "due_at": {"N": "5"}}
    >>> index_units(due, None, waiting), index_units(due, waiting, waiting | {"due_at": {"N": "6"}})
    (1, 2)
    """
    old, new = _place(index, before), _place(index, after)
    return 0 if old == new else (old is not None) + (new is not None)


def read_units(sizes: Iterable[int], *, is_consistent: bool) -> Decimal:
    """Return the units of reading items of these sizes one by one. Reading nothing costs like something small."""
    whole = sum(_begun(size, READ_BYTES) for size in sizes) or 1
    return Decimal(whole) if is_consistent else Decimal(whole) / 2


def query_units(sizes: Iterable[int], *, is_consistent: bool) -> Decimal:
    """Return the units of one query: its items count together."""
    return read_units([sum(sizes)], is_consistent=is_consistent)


def chunks(size: int) -> int:
    """Return how many times 64 KB are begun."""
    return _begun(size, CHUNK_BYTES)


def _begun(size: int, unit: int) -> int:
    return max(1, -(-size // unit))


def _place(index: Index, item: Item | None) -> tuple[str, ...] | None:
    """Where *item* stands in *index*; None where it lacks one of the keys."""
    if item is None or any(key not in item for key in index.keys):
        return None
    return tuple(str(item[key]) for key in index.keys)
