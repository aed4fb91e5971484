"""What would AWS bill for this? Every call counted as it happens, with the sizes of the real items.

    meter = Meter(tables)
    outside.around.append(meter.around)        what the functions ask of AWS
    cloud.before.append(meter.told)            what the platform does: invocations, executions, firings
    meter.bill.cost(prices)                    -> USD by line

Counted: requests, invocations, executions, events, firings, capacity units from item sizes. Assumed, because a laptop
cannot know it: ``ASSUMED``. Free, so not billed: creating a schedule, reading a stream, the payment provider. Not
billed here: requests for keys and secrets (cached for minutes), alarms, backups.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

from bench.prices import PriceList
from bench.units import Index, Item, chunks, index_units, item_bytes, query_units, read_units, write_units
from shared.outside import Call

ASSUMED = {
    "lambda_milliseconds": 40,  # Mean of a warm invocation, 512 MB arm64, waiting for DynamoDB included.
    "lambda_megabytes": 512,
    "cold_starts_per_thousand": 10,
    "cold_start_milliseconds": 900,
    "log_bytes_per_invocation": 1200,  # Where nobody measures them (bench.log_tap does).
    "express_milliseconds": 500,
    "express_megabytes": 64,  # 50 MB, definition and payload: one chunk.
}
API = (
    *("OrderApi", "Refunds", "Returns", "MerchantApi", "PaymentCallback"),
    *(
        "ReviewApi",
        "SupportApi",
        "MemberApi",
        "CatalogueApi",
        "StockApi",
        "CarrierCallback",
        "WarehouseCallback",
    ),
)
DRIVING = (
    "Relay",
    "Payments",
    "Splitting",
    "Fulfilment",
    "Stock",
    "Clock",
    "Sweep",
)  # The functions that make up orchestration.
UNFINISHED = "unfinished"  # The index that says what is not done yet: orchestration's own.


class Line(NamedTuple):
    price: str
    label: str
    is_orchestration: bool


class Bill:
    """Quantities by line. Bills add up, and can be taken a number of times."""

    def __init__(self) -> None:
        self.quantities: dict[Line, Decimal] = {}

    def add(self, line: Line, quantity: Decimal | int) -> None:
        self.quantities[line] = self.quantities.get(line, Decimal(0)) + quantity

    def add_bill(self, other: "Bill", times: Decimal | int = 1) -> None:
        for line, quantity in other.quantities.items():
            self.add(line, quantity * times)

    def cost(self, prices: PriceList) -> dict[Line, Decimal]:
        """Return US dollars by line, the dearest first. Raises ``KeyError`` for what has no price."""
        costs = {line: prices.cost(line.price, quantity) for line, quantity in self.quantities.items()}
        return dict(sorted(costs.items(), key=lambda entry: -entry[1]))


def add_logs(bill: Bill, size: int) -> None:
    """Bill *size* bytes of logs: taken in, and kept for a month."""
    gigabytes = Decimal(size) / 2**30
    bill.add(Line("logs.ingest_gb", "logs", False), gigabytes)
    bill.add(Line("logs.storage_gb_month", "logs", False), gigabytes)


class Totals(NamedTuple):
    """US dollars."""

    everything: Decimal
    orchestration: Decimal


def totals(costs: Mapping[Line, Decimal]) -> Totals:
    orchestration = sum((usd for line, usd in costs.items() if line.is_orchestration), Decimal(0))
    return Totals(sum(costs.values(), Decimal(0)), orchestration)


class Tables(NamedTuple):
    """How the meter looks into the tables, past everything that is counted."""

    look: Callable[[str, Item], Item | None]  # table, key -> the item as it stands
    indexes: Mapping[str, tuple[Index, ...]]  # by table
    names: Mapping[str, str]  # physical name -> what it is called in the report


class Meter:
    """*assumes_logs* is for whoever does not measure what the functions write."""

    def __init__(self, tables: Tables, *, assumes_logs: bool = True) -> None:
        self._tables, self._assumes_logs = tables, assumes_logs
        self.bill = Bill()
        self.calls: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What happens meanwhile is of no order: it is left out."""
        bill, calls = self.bill, self.calls
        self.bill, self.calls = Bill(), Counter()
        try:
            yield
        finally:
            self.bill, self.calls = bill, calls

    def around(self, call: Call, act: Callable[[], Any]) -> Any:
        """Count one call of a function. A hook of ``shared.outside``."""
        return self._counted(call, act, is_orchestration=False)

    def around_machine(self, call: Call, act: Callable[[], Any]) -> Any:
        """Count one call that the state machine makes by itself."""
        return self._counted(call, act, is_orchestration=True)

    def told(self, kind: str, name: str) -> None:
        """Count what the platform does. A listener of the local cloud."""
        if kind == "invoke":
            self._invocation(name.split("Function")[0])
        elif kind == "start_execution":
            self.calls["states", "start_execution"] += 1
            self._express()
        elif kind == "fire_schedule":
            self.calls["scheduler", "fire"] += 1
            self.bill.add(Line("scheduler.invocation", "Scheduler fires", True), 1)
        elif kind == "send_message":
            self.calls["sqs", "send_message"] += 1
            self.bill.add(Line("sqs.request", "dead letters", True), 1)

    def _invocation(self, function: str) -> None:
        drives = function in DRIVING
        self.calls["lambda", function] += 1
        if function in API:
            self.bill.add(Line("http_api.request", "HTTP API requests", False), 1)
        milliseconds = (
            ASSUMED["lambda_milliseconds"]
            + Decimal(ASSUMED["cold_starts_per_thousand"] * ASSUMED["cold_start_milliseconds"]) / 1000
        )
        seconds = milliseconds * ASSUMED["lambda_megabytes"] / 1024 / 1000
        self.bill.add(Line("lambda.request", f"Lambda {function}", drives), 1)
        self.bill.add(Line("lambda.gb_second_arm64", f"Lambda {function}", drives), seconds)
        if self._assumes_logs:
            add_logs(self.bill, ASSUMED["log_bytes_per_invocation"])

    def _express(self) -> None:
        begun = -(-ASSUMED["express_milliseconds"] // 100)
        seconds = Decimal(begun * ASSUMED["express_megabytes"]) / 10 / 1024
        self.bill.add(Line("states.express_request", "Express executions", True), 1)
        self.bill.add(Line("states.express_gb_second", "Express executions", True), seconds)

    def _counted(self, call: Call, act: Callable[[], Any], *, is_orchestration: bool) -> Any:
        self.calls[call.service, call.operation] += 1
        match call.service, call.operation:
            case "dynamodb", "transact_write_items":
                writes = [next(iter(item.items())) for item in call.request["TransactItems"]]
                return self._writing(writes, act, in_transaction=True, is_orchestration=is_orchestration)
            case "dynamodb", "put_item":
                return self._writing([("Put", call.request)], act, is_orchestration=is_orchestration)
            case "dynamodb", "update_item":
                return self._writing([("Update", call.request)], act, is_orchestration=is_orchestration)
            case "dynamodb", ("get_item" | "query" | "batch_get_item"):
                answer = act()
                self._reading(call, answer)
                return answer
            case "dynamodb", other:
                raise ValueError(f"what {other} costs is not known here")
            case "events", "put_events":
                for entry in call.request["Entries"]:
                    size = len(entry["Detail"].encode())
                    self.bill.add(Line("events.custom", "EventBridge events", True), chunks(size))
        return act()

    def _writing(
        self,
        writes: list[tuple[str, Mapping[str, Any]]],
        act: Callable[[], Any],
        *,
        in_transaction: bool = False,
        is_orchestration: bool,
    ) -> Any:
        """Bill what is there afterwards. A refused write is billed as if it had been carried out, as AWS does."""
        keyed = [(kind, write, _key(write)) for kind, write in writes]
        before = [self._tables.look(write["TableName"], key) for _, write, key in keyed]
        try:
            return act()
        finally:
            for (kind, write, key), old in zip(keyed, before, strict=True):
                now = self._tables.look(write["TableName"], key)
                wanted = write["Item"] if kind == "Put" else now
                units = write_units(old, wanted, in_transaction=in_transaction)
                label = "Finished" if is_orchestration else f"write {_kind(key)}"
                self.bill.add(Line("dynamodb.write_unit", label, is_orchestration), units)
                self._carry_over(write["TableName"], old, now)

    def _carry_over(self, table: str, old: Item | None, now: Item | None) -> None:
        for index in self._tables.indexes.get(table, ()):
            if units := index_units(index, old, now):
                line = Line("dynamodb.write_unit", f"index {index.name}", index.name == UNFINISHED)
                self.bill.add(line, units)

    def _reading(self, call: Call, answer: Mapping[str, Any]) -> None:
        if call.operation == "batch_get_item":
            for table, wanted in call.request["RequestItems"].items():
                sizes = [item_bytes(item) for item in answer["Responses"].get(table, ())]
                sizes += [0] * (len(wanted["Keys"]) - len(sizes))
                consistent = wanted.get("ConsistentRead", False)
                self._read("batch", table, read_units(sizes, is_consistent=consistent))
            return
        table, consistent = call.request["TableName"], call.request.get("ConsistentRead", False)
        if call.operation == "query":
            where = call.request.get("IndexName", "")
            sizes = [item_bytes(item) for item in answer.get("Items", ())]  # None, of what is only counted.
            self._read(f"query {where}".strip(), table, query_units(sizes, is_consistent=consistent))
        else:
            size = item_bytes(answer.get("Item", {}))
            self._read("get", table, read_units([size], is_consistent=consistent))

    def _read(self, how: str, table: str, units: Decimal) -> None:
        name = self._tables.names.get(table, table)
        self.bill.add(Line("dynamodb.read_unit", f"read {name}, {how}", False), units)


def _key(write: Mapping[str, Any]) -> Item:
    whole: Item = write.get("Key") or write["Item"]
    return {"pk": whole["pk"], "sk": whole["sk"]}


def _kind(key: Item) -> str:
    """What sort of row it is.

    >>> _kind({"pk": {"S": "ORDER#1"}, "sk": {"S": "#EVENT#00000001"}}), _kind({"sk": {"S": "SUB#01"}})
    ('EVENT', 'SUB')
    """
    return str(key["sk"]["S"]).lstrip("#").split("#")[0]
