"""The product's poller and its sweeper, on a clock that jumps.

On AWS both look round every minute. Here they do so when the hour of some row has come: at all other times they would
find nothing. Those hours are overheard from what the product writes, and looked up once more before they count, for
most of them are gone by then.

    poller      rows that a provider is to be asked about (``ask_at``), in their minute
    sweeper     rows whose deadline has no schedule of its own (``due_at``), every hour
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from local.template import ACCOUNT, REGION
from shared.lifecycle import MACHINES
from shared.model import KINDS
from shared.outside import Call, outside

if TYPE_CHECKING:
    from local.cloud import Cloud

MINUTE, HOUR = 60, 3600
GRACE_SECONDS = 61  # What is younger the sweeper leaves alone.
SWEPT = {(m.name, deadline.state) for m in MACHINES.values() for deadline in m.deadlines if deadline.is_swept}


class Hour(NamedTuple):
    at: int
    table: str
    pk: str
    sk: str


class Round(NamedTuple):
    """What is looked for, by whom, and how often."""

    attribute: str
    rate: str  # A part of its schedule's name.
    seconds: int
    later: int  # So long after a row's hour it is found.
    hours_in: Callable[[Call], Iterator[Hour]]


class Rounds:
    """Knows when the product will find something. ``close`` it."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._hours: dict[Round, list[Hour]] = {POLL: [], SWEEP: []}
        outside.around.append(self._overheard)

    def close(self) -> None:
        outside.around.remove(self._overheard)

    def next_moment(self) -> int | None:
        """When the next row is found."""
        return min((at for at in map(self._next_of, self._hours) if at is not None), default=None)

    def _next_of(self, round_: Round) -> int | None:
        hours = self._hours[round_]
        while hours and not _still_stands(hours[0], round_.attribute):
            heapq.heappop(hours)
        return -(-(hours[0].at + round_.later) // round_.seconds) * round_.seconds if hours else None

    def look_round(self) -> None:
        """Let the product see to everything whose hour has come."""
        now = self._cloud.clock.now()
        for round_, hours in self._hours.items():
            is_due = (at := self._next_of(round_)) is not None and at <= now
            if is_due:
                while hours and hours[0].at + round_.later <= now:
                    heapq.heappop(hours)  # Whatever is looked at again is written again.
                [rate] = [rate for rate in self._cloud.schedules.rates if round_.rate in rate.name]
                self._cloud.targets.send(rate.target, rate.payload)
                self._cloud.settle()

    def _overheard(self, call: Call, act: Callable[[], Any]) -> Any:
        answer = act()
        for round_, hours in self._hours.items():
            for hour in round_.hours_in(call):
                heapq.heappush(hours, hour)
        return answer


def _asked_about(call: Call) -> Iterator[Hour]:
    for kind, write in _writes(call):
        if kind == "Put" and "ask_at" in write["Item"]:
            yield _hour(write["Item"]["ask_at"], write["TableName"], write["Item"])
        if kind == "Update" and "ask_at = :at" in write["UpdateExpression"]:
            at = write["ExpressionAttributeValues"].get(":at")
            if at and ":was" in write["ExpressionAttributeValues"]:
                yield _hour(at, write["TableName"], write["Key"])


def _swept(call: Call) -> Iterator[Hour]:
    for kind, write in _writes(call):
        if kind == "Put" and "due_at" in write["Item"] and _is_swept(write["Item"]):
            yield _hour(write["Item"]["due_at"], write["TableName"], write["Item"])
    if call.operation == "update_item" and "due_at = :until" in call.request["UpdateExpression"]:
        until = call.request["ExpressionAttributeValues"][":until"]
        yield _hour(until, call.request["TableName"], call.request["Key"])


def _writes(call: Call) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if call.operation == "transact_write_items":
        for action in call.request["TransactItems"]:
            yield from action.items()


def _is_swept(item: Mapping[str, Any]) -> bool:
    kind = KINDS.get(item["sk"]["S"].partition("#")[0])
    return kind is not None and (kind.machine, item["state"]["S"]) in SWEPT


def _hour(at: Mapping[str, str], table: str, key: Mapping[str, Any]) -> Hour:
    return Hour(int(at["N"]), table, key["pk"]["S"], key["sk"]["S"])


def _still_stands(hour: Hour, attribute: str) -> bool:
    model: Any = dynamodb_backends[ACCOUNT][REGION].tables[hour.table]
    found = model.get_item(DynamoType({"S": hour.pk}), DynamoType({"S": hour.sk}))
    return found is not None and attribute in found.attrs and int(found.attrs[attribute].value) == hour.at


POLL = Round("ask_at", "Poll", MINUTE, 0, _asked_about)
SWEEP = Round("due_at", "Sweep", HOUR, GRACE_SECONDS, _swept)
