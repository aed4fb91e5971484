"""Known calls come to known dollars."""

from datetime import date
from decimal import Decimal

import pytest

from bench.cost_meter import Bill, Line, Meter, Tables, add_logs, totals
from bench.prices import PriceList
from bench.units import Index
from shared.outside import Call

PRICES = PriceList(
    "a test", date(2026, 11, 1), {"dynamodb.write_unit": Decimal(2), "events.custom": Decimal(3)}
)
ORDER = {"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}, "version": {"N": "1"}}
EVENT = {
    "pk": {"S": "ORDER#1"},
    "sk": {"S": "#EVENT#00000001"},
    "shard": {"S": "1"},
    "unfinished_since": {"N": "5"},
}


class FakeTables:
    """One table of dicts, with the indexes that matter."""

    def __init__(self):
        self.items = {}

    def look(self, _table, key):
        return self.items.get((key["pk"]["S"], key["sk"]["S"]))

    def put(self, item):
        self.items[item["pk"]["S"], item["sk"]["S"]] = item

    def as_seen(self):
        indexes = (Index("due", ("shard", "due_at")), Index("unfinished", ("shard", "unfinished_since")))
        return Tables(self.look, {"orders-1A": indexes}, {"orders-1A": "orders"})


@pytest.fixture
def tables():
    return FakeTables()


@pytest.fixture
def meter(tables):
    return Meter(tables.as_seen())


def units(meter):
    return {(line.price, line.label): quantity for line, quantity in meter.bill.quantities.items()}


def test_a_transaction_bills_each_item_twice_and_each_index_once(meter, tables):
    writes = [{"Put": {"TableName": "orders-1A", "Item": item}} for item in (ORDER, EVENT)]
    call = Call("dynamodb", "transact_write_items", {"TransactItems": writes})

    meter.around(call, lambda: [tables.put(item) for item in (ORDER, EVENT)])

    assert units(meter) == {
        ("dynamodb.write_unit", "write ORDER"): 2,
        ("dynamodb.write_unit", "write EVENT"): 2,
        ("dynamodb.write_unit", "index unfinished"): 1,
    }


def test_a_refused_transaction_is_billed_but_reaches_no_index(meter):
    def refused():
        raise RuntimeError("cancelled")

    call = Call(
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "orders-1A", "Item": EVENT}}]},
    )

    with pytest.raises(RuntimeError, match="cancelled"):
        meter.around(call, refused)

    assert units(meter) == {("dynamodb.write_unit", "write EVENT"): 2}


def test_what_a_machine_writes_is_orchestration(meter, tables):
    tables.put(EVENT)
    key = {"pk": EVENT["pk"], "sk": EVENT["sk"]}
    call = Call("dynamodb", "update_item", {"TableName": "orders-1A", "Key": key})
    finished = {name: value for name, value in EVENT.items() if name != "unfinished_since"}

    meter.around_machine(call, lambda: tables.put(finished))

    assert meter.bill.quantities == {
        Line("dynamodb.write_unit", "Finished", True): 1,
        Line("dynamodb.write_unit", "index unfinished", True): 1,
    }


def test_reads_are_billed_by_what_came_back(meter):
    large = {"pk": {"S": "x" * 5000}}
    query = {"TableName": "orders-1A", "ConsistentRead": True}
    batch = {"RequestItems": {"orders-1A": {"Keys": [{}, {}, {}]}}}

    meter.around(Call("dynamodb", "query", query), lambda: {"Items": [large, ORDER]})
    meter.around(Call("dynamodb", "get_item", {"TableName": "orders-1A"}), dict)
    meter.around(Call("dynamodb", "batch_get_item", batch), lambda: {"Responses": {"orders-1A": [large]}})

    assert units(meter) == {
        ("dynamodb.read_unit", "read orders, query"): 2,
        ("dynamodb.read_unit", "read orders, get"): Decimal("0.5"),
        ("dynamodb.read_unit", "read orders, batch"): 2,  # Two units and twice one, eventually consistent.
    }


def test_an_operation_without_a_known_price_is_an_error(meter):
    with pytest.raises(ValueError, match="delete_table"):
        meter.around(Call("dynamodb", "delete_table", {}), dict)


def test_events_are_billed_one_by_one(meter):
    entries = [{"Detail": "x"}, {"Detail": "x" * 70_000}]

    meter.around(Call("events", "put_events", {"Entries": entries}), dict)

    assert units(meter) == {("events.custom", "EventBridge events"): 3}


def test_an_api_call_is_a_request_an_invocation_time_and_logs(meter):
    meter.told("invoke", "OrderApiFunction7DE8FFB8")

    assert units(meter) == {
        ("http_api.request", "HTTP API requests"): 1,
        ("lambda.request", "Lambda OrderApi"): 1,
        ("lambda.gb_second_arm64", "Lambda OrderApi"): Decimal("0.0245"),  # 49 ms of half a gigabyte
        ("logs.ingest_gb", "logs"): Decimal(1200) / 2**30,
        ("logs.storage_gb_month", "logs"): Decimal(1200) / 2**30,
    }


def test_an_execution_is_half_a_second_of_64_megabytes(meter):
    meter.told("start_execution", "arn:machine")

    assert meter.bill.quantities == {
        Line("states.express_request", "Express executions", True): 1,
        Line("states.express_gb_second", "Express executions", True): Decimal("0.03125"),
    }


def test_a_firing_costs_and_an_effect_is_orchestration(meter):
    meter.told("fire_schedule", "some-clock")
    meter.told("invoke", "SplittingFunction12345678")

    assert meter.bill.quantities[Line("scheduler.invocation", "Scheduler fires", True)] == 1
    assert meter.bill.quantities[Line("lambda.request", "Lambda Splitting", True)] == 1


def test_a_bill_adds_up_to_dollars():
    bill, twice = Bill(), Bill()
    bill.add(Line("dynamodb.write_unit", "write ORDER", False), 5)
    bill.add(Line("events.custom", "EventBridge events", True), 1)
    twice.add_bill(bill, 2)
    twice.add_bill(bill)

    costs = twice.cost(PRICES)

    assert list(costs.values()) == [Decimal(30), Decimal(9)]
    assert totals(costs) == (Decimal(39), Decimal(9))


def test_what_has_no_price_is_an_error_and_not_free():
    bill = Bill()
    add_logs(bill, 100)

    with pytest.raises(KeyError, match=r"logs\.ingest_gb"):
        bill.cost(PRICES)
