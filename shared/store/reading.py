"""Many items at once. What DynamoDB leaves unprocessed is asked for again, a few times and no more."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.errors import Unavailable
from shared.outside import Outside
from shared.store.items import Item

ROUNDS_MAX = 5


def batch_get(outside: Outside, wanted: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    """(table, item) of everything found. *wanted* is BatchGetItem's RequestItems. Raises ``Unavailable``."""
    for attempt in range(ROUNDS_MAX):
        if attempt:
            outside.wait_before_attempt(attempt)
        answer = outside.aws("dynamodb", "batch_get_item", RequestItems=wanted)
        for table, items in answer["Responses"].items():
            yield from ((table, item) for item in items)
        wanted = answer.get("UnprocessedKeys", {})
        if not wanted:
            return
    raise Unavailable("the tables are busy")
