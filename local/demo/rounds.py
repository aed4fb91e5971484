"""The product's poller and its sweeper, on a clock that jumps.

On AWS both look round every minute. Here they do so when the hour of some row has come: at all other times they would
find nothing. Those hours are overheard from what the product writes, and looked up once more before they count, for
most of them are gone by then.

    poller      rows that a provider is to be asked about (``ask_at``), in their minute
    sweeper     rows whose deadline has no schedule of its own (``due_at``), every hour
                events whose effects are not done (``unfinished_since``), with them
    the books   statements, roots and bills, at noon in China, when every provider has its bill of the day before, as
                long as money moved in the last days

What an order's row is found by is its own hour, and no other order's: how an order ends must not depend on who else
was looked at.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from local.template import ACCOUNT, REGION
from shared.lifecycle import MACHINES
from shared.model import KINDS
from shared.outside import Call, outside

if TYPE_CHECKING:
    from local.cloud import Cloud

MINUTE, HOUR, DAY = 60, 3600, 86_400
NOON = 4 * HOUR + 30 * MINUTE  # UTC
OF_THE_BOOKS = ("Closing", "Reconcile")  # Parts of their schedules' names.
LOOKED_DAYS = 3  # So long after a movement the books are looked at every day.
GRACE_SECONDS = 60  # What is younger the sweeper leaves alone.
SWEPT = {(m.name, deadline.state) for m in MACHINES.values() for deadline in m.deadlines if deadline.is_swept}


class Hour(NamedTuple):
    """What stands in an attribute of a row."""

    at: int
    attribute: str
    table: str
    pk: str
    sk: str


class Round(NamedTuple):
    """What is looked for, by whom, and how often."""

    rate: str  # A part of its schedule's name.
    seconds: int
    later: int  # So long after a row's hour it is found.
    hours_in: Callable[[Call], Iterator[Hour]]

    def finds(self, hour: Hour) -> int:
        """When it looks round for the first time after *hour*."""
        return -(-(hour.at + self.later) // self.seconds) * self.seconds


class Rounds:
    """Knows when the product will find something. ``close`` it."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._hours: dict[Round, list[tuple[int, Hour]]] = {POLL: [], SWEEP: []}  # When it is found.
        self._noon: int | None = None  # When the books are looked at next.
        self._moved_at = 0
        self.apart: Callable[[], AbstractContextManager[None]] = (
            nullcontext  # What the books do is of no order.
        )
        outside.around.append(self._overheard)

    def close(self) -> None:
        outside.around.remove(self._overheard)

    def next_moment(self) -> int | None:
        """When the next row is found, or the books are looked at."""
        hours = [self._noon, *map(self._next_of, self._hours)]
        return min((at for at in hours if at is not None), default=None)

    def _next_of(self, round_: Round) -> int | None:
        hours = self._hours[round_]
        while hours and not _still_stands(hours[0][1]):
            heapq.heappop(hours)
        return hours[0][0] if hours else None

    def look_round(self) -> None:
        """Let the product see to everything whose hour has come. What it leaves as it was it meets again next time."""
        now = int(self._cloud.clock.now())
        for round_, hours in self._hours.items():
            found = []
            while (at := self._next_of(round_)) is not None and at <= now:
                found.append(heapq.heappop(hours)[1])
            if found:
                self._call(round_.rate)
            for left in filter(_still_stands, dict.fromkeys(found)):
                heapq.heappush(hours, (now + round_.seconds, left))

        if self._noon is not None and now >= self._noon:
            self._noon = _next_noon(now) if now - self._moved_at < LOOKED_DAYS * DAY else None
            with self.apart():
                for rate in OF_THE_BOOKS:
                    self._call(rate)

    def _call(self, name: str) -> None:
        [rate] = [rate for rate in self._cloud.schedules.rates if name in rate.name]
        self._cloud.targets.send(rate.target, rate.payload)
        self._cloud.settle()

    def _overheard(self, call: Call, act: Callable[[], Any]) -> Any:
        answer = act()
        if any(
            write.get("Item", {}).get("sk", {}).get("S", "").startswith("VOUCHER#")
            for _, write in _writes(call)
        ):
            self._moved_at = int(self._cloud.clock.now())
            self._noon = self._noon or _next_noon(self._moved_at)
        for round_, hours in self._hours.items():
            for hour in round_.hours_in(call):
                heapq.heappush(hours, (round_.finds(hour), hour))
        return answer


def _next_noon(now: int) -> int:
    return (now - NOON) // DAY * DAY + NOON + DAY


def _asked_about(call: Call) -> Iterator[Hour]:
    for kind, write in _writes(call):
        if kind == "Put" and "ask_at" in write["Item"]:
            yield _hour("ask_at", write["Item"]["ask_at"], write["TableName"], write["Item"])
        if kind == "Update" and "ask_at = :at" in write["UpdateExpression"]:
            at = write["ExpressionAttributeValues"].get(":at")
            if at and ":was" in write["ExpressionAttributeValues"]:
                yield _hour("ask_at", at, write["TableName"], write["Key"])


def _swept(call: Call) -> Iterator[Hour]:
    for kind, write in _writes(call):
        if kind == "Put" and "due_at" in write["Item"] and _is_swept(write["Item"]):
            yield _hour("due_at", write["Item"]["due_at"], write["TableName"], write["Item"])
        if kind == "Put" and "unfinished_since" in write["Item"]:
            since = write["Item"]["unfinished_since"]
            yield _hour("unfinished_since", since, write["TableName"], write["Item"])
    if call.operation == "update_item" and "due_at = :until" in call.request["UpdateExpression"]:
        until = call.request["ExpressionAttributeValues"][":until"]
        yield _hour("due_at", until, call.request["TableName"], call.request["Key"])


def _writes(call: Call) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if call.operation == "transact_write_items":
        for action in call.request["TransactItems"]:
            yield from action.items()


def _is_swept(item: Mapping[str, Any]) -> bool:
    kind = KINDS.get(item["sk"]["S"].partition("#")[0])
    return kind is not None and (kind.machine, item["state"]["S"]) in SWEPT


def _hour(attribute: str, at: Mapping[str, str], table: str, key: Mapping[str, Any]) -> Hour:
    return Hour(int(at["N"]), attribute, table, key["pk"]["S"], key["sk"]["S"])


def _still_stands(hour: Hour) -> bool:
    model: Any = dynamodb_backends[ACCOUNT][REGION].tables[hour.table]
    found = model.get_item(DynamoType({"S": hour.pk}), DynamoType({"S": hour.sk}))
    stands = found.attrs.get(hour.attribute) if found is not None else None
    return stands is not None and int(stands.value) == hour.at


POLL = Round("Poll", MINUTE, 0, _asked_about)
SWEEP = Round("Sweep", HOUR, GRACE_SECONDS, _swept)
