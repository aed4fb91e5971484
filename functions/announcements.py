"""How an accepted event is told to the world: one entry on the bus for one EVENT row."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.outside import outside
from shared.settings import settings
from shared.store.items import Item, from_item

ENTRIES_PER_CALL_MAX = 10  # PutEvents
BYTES_PER_CALL_MAX = 250_000  # It takes 256 KiB in all, of which a few bytes an entry are the envelope's.
SOURCE = "ordercycle"


def announce(items: Sequence[Item]) -> int | None:
    """Publish EVENT rows in order. Returns the index of the first that did not get through, or None.

    PutEvents answers 200 even when entries failed. What already got through before a failure is announced again
    with the rest, which every consumer must bear anyway.
    """
    start = 0
    for batch in _batches([_entry(from_item(item)) for item in items]):
        answer = outside.aws("events", "put_events", Entries=batch)
        for index, entry in enumerate(answer["Entries"]):
            if "ErrorCode" in entry:
                return start + index
        start += len(batch)
    return None


def _batches(entries: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The entries in order, as many to a call as one call takes."""
    batches: list[list[dict[str, Any]]] = []
    room = 0
    for entry in entries:
        size = len(entry["Detail"].encode())
        if not batches or len(batches[-1]) == ENTRIES_PER_CALL_MAX or size > room:
            batches.append([])
            room = BYTES_PER_CALL_MAX
        batches[-1].append(entry)
        room -= size
    return batches


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    detail = {
        "order_id": row["order_id"],
        "version": row["version"],
        "event": row["event"],
        "at": row["at"],
        "key": {"pk": row["pk"], "sk": row["sk"]},
        "has_effects": row["effects"],
        "steps": row["steps"],
        **({"confirmation": row["confirmation"]} if "confirmation" in row else {}),
    }
    return {
        "EventBusName": settings().bus_name,
        "Source": SOURCE,
        "DetailType": row["event"],
        "Detail": json.dumps(detail, ensure_ascii=False),
    }
