import warnings
from decimal import Decimal

import pytest

from bench import lifecycle_cpu
from bench.__main__ import Cost, by_label, cost_findings
from bench.cold_start import ColdStart
from bench.cost_meter import Bill, Line, Totals
from bench.environment import ENVIRONMENT
from bench.log_tap import Sink
from bench.memory_tables import MemoryTables
from bench.standard_mix import MIX, SWEEPS_PER_MONTH, Counted, bill_of_a_million
from infra.environment import POLICY
from shared.outside import Call
from shared.settings import Settings

WRITE = Line("dynamodb.write_unit", "write ORDER", False)
FIRED = Line("scheduler.invocation", "Scheduler fires", True)


@pytest.fixture(autouse=True)
def _powertools_may_warn():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="aws_lambda_powertools")
        yield


def a_bill(line, quantity):
    bill = Bill()
    bill.add(line, quantity)
    return bill


def test_the_standard_mix_is_that_of_the_design():
    shares = {life.__name__: Decimal(share) for share, life in MIX}
    unpaid = shares["never_tried"] + shares["never_paid"]
    in_two = shares["confirmed_in_two"] + shares["received_in_two_by_time"]

    assert sum(shares.values()) == 100
    assert 100 - unpaid == 80
    assert in_two / 80 == Decimal("0.15")
    assert shares["returned"] / 80 == Decimal("0.06")


def test_a_million_orders_are_billed_in_their_shares_with_storage_and_the_sweeper():
    mix = (
        Counted("one", Decimal(75), a_bill(WRITE, 4), 0),
        Counted("other", Decimal(25), a_bill(WRITE, 8), 2**30),
    )

    bill = bill_of_a_million(mix, a_bill(FIRED, 1), a_bill(FIRED, 2))

    assert SWEEPS_PER_MONTH == 43_200
    assert bill.quantities[WRITE] == 5_000_000
    assert bill.quantities[FIRED] == 43_200 + 2 * 720
    assert bill.quantities[Line("dynamodb.storage_gb_month", "storage, one month", False)] == 250_000


def test_lines_of_one_label_are_shown_as_one():
    time = Line("lambda.gb_second_arm64", "Lambda Relay", True)
    request = Line("lambda.request", "Lambda Relay", True)

    assert by_label({WRITE: Decimal(2), time: Decimal(1), request: Decimal(4)}) == {
        "Lambda Relay": Decimal(5),
        "write ORDER": Decimal(2),
    }


def test_what_is_over_its_budget_is_said_to_be():
    found = cost_findings(Cost(Totals(Decimal("100.1"), Decimal(30)), {}, (), Decimal("2.66")))

    assert [(finding.found, finding.is_over) for finding in found] == [
        ("100.1 USD", True),
        ("30.0 USD", False),
        ("2.7 USD", False),
    ]
    assert ColdStart("order_api", 341.0, 1.71, 1.7).is_over
    assert not ColdStart("order_api", 340.0, 1.7, 1.7).is_over


def test_placing_an_order_takes_one_read_batch_and_one_transaction():
    with lifecycle_cpu.opened() as (shop, _):
        assert shop.place() == [("dynamodb", "batch_get_item"), ("dynamodb", "transact_write_items")]


def test_the_life_that_is_timed_is_a_whole_one():
    with lifecycle_cpu.opened() as (shop, tables):
        order_id = shop.live()

        events = [row["event"]["S"] for row in tables.event_rows(order_id)]

    assert events == [
        "order_placed", "payment_started", "payment_succeeded", "goods_allocated", "parcels_shipped",
        "parcel_delivered", "parcels_shipped", "parcel_delivered", "receipt_confirmed", "settlement_due",
        "settlement_due",
    ]  # fmt: skip
    assert tables.announced.total() == 11


def test_functions_are_told_on_the_bench_what_the_cloud_tells_them():
    numbers = {name: str(number) for name, number in POLICY.items()}

    assert {name: ENVIRONMENT[name] for name in numbers} == numbers
    assert Settings.read(ENVIRONMENT).policy.payment_timeout_seconds == 1_800


def test_a_table_of_dicts_understands_what_orders_write_to_counters():
    tables = MemoryTables()
    key = {"pk": {"S": "SKU#TEA"}, "sk": {"S": "STOCK"}}
    level = {"available": {"N": "5"}, "reserved": {"N": "0"}}
    tables.around(
        Call(
            "dynamodb",
            "put_item",
            {"TableName": "stock", "Item": key | {"warehouses": {"M": {"W1": {"M": level}}}}},
        ),
        lambda: None,
    )
    place = "warehouses.#n0"
    update = {
        "TableName": "stock",
        "Key": key,
        "UpdateExpression": f"SET {place}.available = {place}.available - :v0, {place}.reserved = "
        f"{place}.reserved + :v0, moves = if_not_exists(moves, :v1) + :v2, #state = :was REMOVE sold_out",
        "ExpressionAttributeNames": {"#n0": "W1", "#state": "state"},
        "ExpressionAttributeValues": {
            ":v0": {"N": "2"}, ":v1": {"N": "0"}, ":v2": {"N": "1"}, ":was": {"S": "locked"},
        },
    }  # fmt: skip

    for _ in range(2):
        tables.around(
            Call("dynamodb", "transact_write_items", {"TransactItems": [{"Update": update}]}), lambda: None
        )

    row = tables.around(Call("dynamodb", "get_item", {"TableName": "stock", "Key": key}), lambda: None)[
        "Item"
    ]
    assert row["warehouses"]["M"]["W1"]["M"] == {"available": {"N": "1"}, "reserved": {"N": "4"}}
    assert (row["moves"], row["state"], "sold_out" in row) == ({"N": "2"}, {"S": "locked"}, False)


@pytest.mark.parametrize(
    "expression", ["ADD moves :v1", "SET a = b * :v1", "SET a = list_append(a, :v1)", "DELETE a :v1"]
)
def test_a_table_of_dicts_says_what_it_does_not_understand(expression):
    tables, key = MemoryTables(), {"pk": {"S": "A"}, "sk": {"S": "B"}}
    values = {":v1": {"N": "1"}}
    update = {
        "TableName": "t",
        "Key": key,
        "UpdateExpression": expression,
        "ExpressionAttributeValues": values,
    }

    with pytest.raises(AssertionError, match="not understood"):
        tables.around(Call("dynamodb", "update_item", update), lambda: None)


def test_bytes_of_logs_are_counted_with_what_each_line_costs():
    sink = Sink()

    sink.write("一\n")
    sink.write("ab")

    assert sink.bytes == 3 + 1 + 26 + 2
