"""Names, phones and addresses: they are in their own row, shown to whom must send the parcel, and nowhere else."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import wiring
from shared.outside import Call, outside
from tests.functions.watching import nothing_happens, problem_of, recording
from tests.http_world import World
from tests.starts import under_review

LINES = {"lines": [{"sku": "TEA", "quantity": 1}]}
CANARY = {
    "name": "Canary Qwertz",
    "phone": "+44 7700 900461",
    "country": "GB",
    "region": "Zyxshire",
    "city": "Vwutham",
    "street": "77 Canary Wharf Lane",
    "postcode": "ZX7 7XZ",
}
SECRETS = [value for field, value in CANARY.items() if field != "country"]


class Heard(logging.Handler):
    """Every log record with everything that hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(f"{record.getMessage()} {record.__dict__} {record.exc_info}")


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, logger = Heard(), logging.getLogger(wiring.logger.service)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def a_whole_life(world: World) -> list[Any]:
    """A life with every command, and refusals; returns what merchants, support and operators were answered."""
    world.sells("BOW", "m-toys", 4_500, {"W1": 1}, flags=["made_to_order"])
    body = {"lines": [{"sku": "TEA", "quantity": 3}, {"sku": "KITE", "quantity": 2}], "address": CANARY}
    body["lines"].append({"sku": "BOW", "quantity": 1})
    world.send("POST", "/orders", body | {"lines": [{"sku": "GHOST", "quantity": 1}]})
    world.send("POST", "/orders", body | {"address": CANARY | {"country": "AQ"}})
    world.send("POST", "/orders", body | {"address": CANARY | {"name": CANARY["name"] + "\x00"}})
    world.send("POST", "/orders", raw=json.dumps(body).encode()[:-1])
    order = str(world.send("POST", "/orders", body).json()["order_id"])
    payment = world.start(order)
    world.pay(payment, outcome="failed")
    world.pay(world.start(order))
    answers = [world.send("GET", "/reviews", role="support", who="s-1").json()]
    answers.append(world.send("GET", f"/merchant/sub-orders/{order}-01", role="merchant", who="m-tea").json())
    answers.append(world.review(order))
    answers += [world.send("GET", "/merchant/orders", role="merchant", who="m-tea").json()]
    answers.append(world.send("GET", f"/orders/{order}", role="support", who="s-1").json())
    answers.append(world.send("GET", f"/orders/{order}/timeline", role="support", who="s-1").json())
    path = f"/merchant/sub-orders/{order}-02/cancellation"
    answers.append(
        world.command(
            path, {"reason": "other", "lines": [{"line": 2, "quantity": 1}]}, role="merchant", who="m-toys"
        )
    )
    answers += [world.ship(order, 1), world.ship(order, 2)]
    answers.append(world.send("POST", path, {"reason": "other"}, role="merchant", who="m-toys").json())
    world.receive(order)
    world.cloud.advance(30 * 86_400)
    return answers


def test_a_merchant_reads_where_to_send_its_part_while_there_is_something_to_send_and_never_the_phone(
    world: World,
) -> None:
    body = {"lines": [{"sku": "KITE", "quantity": 2}], "address": CANARY}
    order = world.send("POST", "/orders", body).json()["order_id"]

    def address() -> Any:
        path = f"/merchant/sub-orders/{order}-01"
        return world.send("GET", path, role="merchant", who="m-toys").json()["address"]

    unpaid = address()
    world.pay(world.start(order))
    paid = address()
    world.ship(order, 1)
    on_its_way = address()
    world.receive(order)
    received = address()

    assert (unpaid, received) == (None, None)
    assert paid == on_its_way == CANARY | {"phone": "***********0461"}


def test_nobody_is_told_where_to_send_what_people_still_look_at(world: World) -> None:
    order = under_review(world)

    answer = world.send("GET", f"/merchant/sub-orders/{order}-01", role="merchant", who="m-tea")

    assert (answer.json()["state"], answer.json()["address"]) == ("under_review", None)


def test_a_cancelled_part_has_nowhere_to_go(world: World) -> None:
    order = world.placed_and_paid({"KITE": 1})
    world.cancel(order)

    answer = world.send("GET", f"/merchant/sub-orders/{order}-01", role="merchant", who="m-toys")

    assert answer.json()["address"] is None


def traces_of_people(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_nobodys_name_phone_or_address_gets_anywhere_but_into_its_own_row(
    world: World, heard: Heard, capsys: pytest.CaptureFixture[str]
) -> None:
    with recording() as calls:
        answers = a_whole_life(world)

    printed = capsys.readouterr()
    rows = [json.dumps(row, default=str, ensure_ascii=False) for row in world.rows() if row["sk"] != "#PII"]
    [personal] = [row for row in world.rows() if row["sk"] == "#PII"]
    beside = [c.request for c in calls if (c.service, c.operation) != ("dynamodb", "transact_write_items")]
    told = [c.request for c in calls if c.operation == "put_events"]
    assert len(told) > 10
    assert len(heard.records) > 20
    assert {field: personal[field] for field in CANARY} == CANARY
    assert traces_of_people(json.dumps(answers, ensure_ascii=False)) == []
    others = ("LEDGER_TABLE", "STOCK_TABLE", "CATALOGUE_TABLE", "MEMBERS_TABLE")
    rows += [str(row) for table in others for row in world.rows(table)]
    assert traces_of_people("".join(rows)) == []
    assert traces_of_people(str(beside)) == []
    assert traces_of_people("".join(heard.records)) == []
    assert traces_of_people(printed.out + printed.err) == []
    assert "Canary" not in "".join(heard.records) + printed.out + printed.err


def test_a_failing_table_puts_nobodys_name_into_the_logs(
    world: World, heard: Heard, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(call: Call, act: Callable[[], Any]) -> Any:
        if call.operation == "transact_write_items":
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, call.operation)
        return act()

    outside.around.append(refused)

    with nothing_happens(world):
        answer = world.send("POST", "/orders", LINES | {"address": CANARY})

    printed = capsys.readouterr()
    assert (answer.status, answer.json()["code"]) == (500, "internal_error")
    assert traces_of_people(answer.body.decode() + "".join(heard.records) + printed.out + printed.err) == []


def test_a_refused_address_is_not_repeated_to_the_logs_or_to_the_caller(world: World, heard: Heard) -> None:
    body = LINES | {"address": CANARY | {"country": "AQ", CANARY["street"]: CANARY["name"]}}

    with nothing_happens(world):
        answer = world.send("POST", "/orders", body)

    problem_of(answer, 422, "invalid_request")
    assert CANARY["name"] not in answer.body.decode()
    assert traces_of_people("".join(heard.records)) == []


def test_an_answer_to_a_merchant_has_exactly_these_members(world: World) -> None:
    order = world.placed_and_paid()

    [part] = world.send("GET", "/merchant/orders", role="merchant", who="m-toys").json()["sub_orders"]

    assert part["sub_order_id"] == f"{order}-02"
    assert sorted(part) == [
        "allowed_actions",
        "countdowns",
        "country",
        "deliver_by",
        "freight",
        "freight_steps",
        "goods",
        "lines",
        "merchant_id",
        "next",
        "obstacle",
        "order_id",
        "paid_at",
        "parcels",
        "payable",
        "refunded",
        "refunding",
        "ship_by",
        "state",
        "state_text",
        "sub_order_id",
    ]
