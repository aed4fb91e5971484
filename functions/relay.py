"""Table stream to event bus: every accepted event is announced, at least once.

With its first event, an order is listed: to be looked at when it is old enough for the archive (functions/archive.py).

The stream's filter (INSERT of ``#EVENT#`` rows) saves money; the check here is what makes the function right.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.announcements import announce
from functions.wiring import logger
from shared.errors import Unavailable
from shared.outside import outside
from shared.settings import settings
from shared.store.archive import ArchiveStore


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    accepted = [record["dynamodb"] for record in event["Records"] if _is_accepted_event(record)]
    rows = [change["NewImage"] for change in accepted]
    listed = _listed(rows)
    failed = announce(rows[:listed])
    first = listed if failed is None else failed
    logger.info("relayed", events=len(accepted), failed=first < len(accepted))
    if first == len(accepted):
        return {"batchItemFailures": []}
    return {"batchItemFailures": [{"itemIdentifier": accepted[first]["SequenceNumber"]}]}


def _listed(rows: list[Mapping[str, Any]]) -> int:
    """List the orders that begin with one of *rows*. Returns how many rows have been seen to, from the first."""
    for place, row in enumerate(rows):
        if row["version"]["N"] != "1":
            continue
        begun_on = datetime.fromtimestamp(int(row["at"]["N"]), UTC).date().isoformat()
        try:
            _archive().list_order(row["order_id"]["S"], begun_on)
        except Unavailable:
            logger.info("not listed", order_id=row["order_id"]["S"])
            return place
    return len(rows)


@cache
def _archive() -> ArchiveStore:
    return ArchiveStore(outside, settings())


def _is_accepted_event(record: dict[str, Any]) -> bool:
    key: str = record["dynamodb"]["Keys"]["sk"]["S"]
    return key.startswith("#EVENT#") and record["eventName"] == "INSERT"
