"""The product's poller, on a clock that jumps.

On AWS it looks round every minute. Here it does so in each minute in which the hour of some row has come: in all the
others it would find nothing. Those hours are overheard from what the product writes, and looked up once more before
they count, for most of them are gone by then.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from local.template import ACCOUNT, REGION
from shared.outside import Call, outside

if TYPE_CHECKING:
    from local.cloud import Cloud

MINUTE = 60
Hour = tuple[int, str, str, str]  # When, table, partition and sort key.


class Poller:
    """Knows when the product will want to ask its providers. ``close`` it."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._hours: list[Hour] = []
        outside.around.append(self._overheard)

    def close(self) -> None:
        outside.around.remove(self._overheard)

    def next_minute(self) -> int | None:
        """The minute in which the next row is asked about."""
        while self._hours and not _still_stands(self._hours[0]):
            heapq.heappop(self._hours)
        return -(-self._hours[0][0] // MINUTE) * MINUTE if self._hours else None

    def look_round(self) -> None:
        """Let the product ask about everything whose hour has come."""
        now = self._cloud.clock.now()
        while self._hours and self._hours[0][0] <= now:
            heapq.heappop(self._hours)  # Whatever is asked about again is written again.
        [rate] = [rate for rate in self._cloud.schedules.rates if "Poll" in rate.name]
        self._cloud.targets.send(rate.target, rate.payload)
        self._cloud.settle()

    def _overheard(self, call: Call, act: Callable[[], Any]) -> Any:
        answer = act()
        if call.operation == "transact_write_items":
            for hour in _hours_in(call.request):
                heapq.heappush(self._hours, hour)
        return answer


def _hours_in(request: Mapping[str, Any]) -> Iterator[Hour]:
    for action in request["TransactItems"]:
        [(kind, write)] = action.items()
        if kind == "Put" and "ask_at" in write["Item"]:
            item = write["Item"]
            yield int(item["ask_at"]["N"]), write["TableName"], item["pk"]["S"], item["sk"]["S"]
        if kind == "Update" and "ask_at = :at" in write["UpdateExpression"]:
            key, at = write["Key"], write["ExpressionAttributeValues"].get(":at")
            if at and ":was" in write["ExpressionAttributeValues"]:
                yield int(at["N"]), write["TableName"], key["pk"]["S"], key["sk"]["S"]


def _still_stands(hour: Hour) -> bool:
    at, table, pk, sk = hour
    model: Any = dynamodb_backends[ACCOUNT][REGION].tables[table]
    found = model.get_item(DynamoType({"S": pk}), DynamoType({"S": sk}))
    return found is not None and "ask_at" in found.attrs and int(found.attrs["ask_at"].value) == at
