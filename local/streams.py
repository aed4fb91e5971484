"""Table stream to Lambda: filter, batches, partial failures, halving, retries and the failure queue.

Rules of an event source mapping that matter here, as AWS documents them:

- Only records that match the filter reach the function; the others count as done.
- A batch whose function failed is tried again. With ``BisectBatchOnFunctionError`` it is cut in two first,
  which costs no try, so that a poison record ends up alone.
- With ``ReportBatchItemFailures`` everything before the first reported record is done. An unreadable
  answer, an empty identifier or an unknown one means that the whole batch failed.
- When the tries are used up, what is left of the batch is described to the failure queue and passed over.
- The order within the stream is kept: nothing overtakes a batch that is tried again.
"""

import base64
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern

from local import queues
from local.lambdas import Crash, Runtime
from local.template import ACCOUNT, REGION, TemplateError

BATCH_SIZE = 100  # AWS's number when the mapping says none.


class Pump:
    """One event source mapping."""

    def __init__(
        self,
        properties: Mapping[str, Any],
        runtime: Runtime,
        told: Callable[[str, str], None],
        now: Callable[[], float],
    ) -> None:
        self._source_arn: str = properties["EventSourceArn"]
        self._function: str = properties["FunctionName"]
        self._batch_size = int(properties.get("BatchSize", BATCH_SIZE))
        self._retries = int(properties.get("MaximumRetryAttempts", -1))
        if self._retries < 0:
            raise TemplateError(
                f"{self._function}: without MaximumRetryAttempts one bad record blocks the stream"
            )
        self._halves = bool(properties.get("BisectBatchOnFunctionError", False))
        self._reports_items = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])
        filters = properties.get("FilterCriteria", {}).get("Filters", [])
        self._patterns = [EventPattern.load(rule["Pattern"]) for rule in filters]
        destination = properties.get("DestinationConfig", {}).get("OnFailure", {})
        self._failure_queue: str | None = destination.get("Destination")
        self._runtime, self._told, self._now = runtime, told, now
        self._next = 0
        self.lost: list[Any] = []

    def clear(self) -> None:
        """Start at the end of an emptied stream."""
        self._next = 0
        self.lost.clear()

    def pump(self) -> bool:
        """Hand on everything that is in the stream. Say whether there was anything."""
        shard = self._shard()
        first = max(0, self._next - shard.starting_sequence_number)
        records = [
            _as_delivered(entry.record, self._source_arn, self._now()) for entry in shard.items[first:]
        ]
        self._next = shard.starting_sequence_number + len(shard.items)
        wanted = [record for record in records if self._matches(record)]
        for start in range(0, len(wanted), self._batch_size):
            self._deliver(wanted[start : start + self._batch_size])
        return bool(records)

    def forget_read(self) -> None:
        """Cut off what was read: a stream of 20,000 records would otherwise stay in memory."""
        shard = self._shard()
        read = max(0, self._next - shard.starting_sequence_number)
        del shard.items[:read]
        shard.starting_sequence_number += read

    def _shard(self) -> Any:
        table = dynamodb_backends[ACCOUNT][REGION].tables[self._source_arn.split("/")[1]]
        assert table.stream_shard is not None, "a mapping reads a table that has no stream"
        return table.stream_shard

    def _matches(self, record: Mapping[str, Any]) -> bool:
        return not self._patterns or any(pattern.matches_event(record) for pattern in self._patterns)  # type: ignore[arg-type]

    def _deliver(self, records: list[dict[str, Any]]) -> None:
        work = deque([(records, 0)])
        while work:
            batch, retries = work.popleft()
            done = self._try(batch)
            rest = batch[done:]
            if not rest:
                continue
            if self._halves and done:
                work.appendleft((rest, retries))
            elif self._halves and len(rest) > 1:
                middle = len(rest) // 2
                work.extendleft([(rest[middle:], retries), (rest[:middle], retries)])
            elif retries < self._retries:
                work.appendleft((rest, retries + 1))
            else:
                self._give_up(rest, retries + 1)

    def _try(self, batch: list[dict[str, Any]]) -> int:
        """Return how many records are done after one invocation."""
        try:
            answer = self._runtime.invoke(self._function, json.dumps({"Records": batch}).encode())
        except (Exception, Crash):  # The edge of a queue's loop: throttled, or so a fault hook says.
            return 0
        if answer.error_type is not None:
            return 0
        return self._done(batch, answer.json()) if self._reports_items else len(batch)

    @staticmethod
    def _done(batch: list[dict[str, Any]], answer: Any) -> int:
        if not answer or not answer.get("batchItemFailures"):
            return len(batch)
        places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(batch)}
        reported = [failure.get("itemIdentifier") for failure in answer["batchItemFailures"]]
        return min(places.get(number, 0) for number in reported)  # Unknown: everything failed.

    def _give_up(self, batch: list[dict[str, Any]], invocations: int) -> None:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        about = {
            "requestContext": {
                "functionArn": self._runtime.function(self._function).arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": invocations,
            },
            "version": "1.0",
            "DDBStreamBatchInfo": {
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "batchSize": len(batch),
                "streamArn": self._source_arn,
            },
        }
        self._told("given_up", self._failure_queue or "")
        if self._failure_queue is None:
            self.lost.append(about)
        else:
            queues.send(self._failure_queue, about)


def _as_delivered(record: dict[str, Any], source_arn: str, now: float) -> dict[str, Any]:
    seen = record | {"awsRegion": REGION, "eventSourceARN": source_arn}
    seen["dynamodb"] = record["dynamodb"] | {"ApproximateCreationDateTime": int(now)}
    plain: dict[str, Any] = json.loads(json.dumps(seen, default=_as_text))
    return plain


def _as_text(value: Any) -> str:
    assert isinstance(value, bytes), f"a stream record holds {type(value).__name__}"
    return base64.b64encode(value).decode()
