"""Every command may be sent twice. The second time answers like the first, and does nothing."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, World
from tests.starts import paid, placed, refused_refund, shipped, under_review

NOBODYS = "0" * 26
BODY = {"lines": [{"sku": "TEA", "quantity": 3}, {"sku": "KITE", "quantity": 2}], "address": ADDRESS}


class Command(NamedTuple):
    """One command on an order that is ready for it. ``{order}`` and ``{version}`` are filled in."""

    name: str
    arrange: Callable[[World], str]
    path: str
    body: dict[str, Any]
    status: int
    role: str = "buyer"
    who: str = "b-1"

    def send(self, world: World, order: str, key: str | None, **what: Any) -> Any:
        version = world.order(order)["version"] if order else 0
        body = {n: v.format(version=version) if isinstance(v, str) else v for n, v in self.body.items()}
        path = self.path.format(order=order)
        return world.send(
            "POST", path, **({"body": body, "role": self.role, "who": self.who, "key": key} | what)
        )


def nothing(_world: World) -> str:
    return ""


UNITS = [{"line": 1, "quantity": 1}]
COMMANDS = (
    Command("place an order", nothing, "/orders", BODY, 201),
    Command("start a payment", placed, "/orders/{order}/payments", {"provider": "sandbox"}, 201),
    Command("cancel unpaid", placed, "/orders/{order}/cancellation", {"reason": "too_slow"}, 200),
    Command("cancel paid", paid, "/orders/{order}/cancellation", {"reason": "too_slow"}, 200),
    Command(
        "cancel one unit", paid, "/orders/{order}/cancellation", {"reason": "too_slow", "lines": UNITS}, 200
    ),
    Command(
        "merchant cancels",
        paid,
        "/merchant/sub-orders/{order}-02/cancellation",
        {"reason": "out_of_stock"},
        200,
        "merchant",
        "m-toys",
    ),
    Command(
        "ship",
        paid,
        "/merchant/sub-orders/{order}-02/shipment",
        {"parcels": [{"parcel": 3, "carrier": "sf", "waybill": "SF-0003"}]},
        200,
        "merchant",
        "m-toys",
    ),
    Command(
        "approve",
        under_review,
        "/reviews/{order}",
        {"decision": "approved", "checked": ["buyer", "payment_genuine", "special_needs"]},
        200,
        "support",
        "s-1",
    ),
    Command("reject", under_review, "/reviews/{order}", {"decision": "rejected"}, 200, "operator", "op-1"),
    Command("receive", shipped, "/orders/{order}/receipt", {"confirm": "v{version}"}, 200),
    Command(
        "retry a refund",
        refused_refund,
        "/orders/{order}/refunds/{order}R01/retry",
        {},
        200,
        "operator",
        "op-1",
    ),
)
BY_NAME = {command.name: command for command in COMMANDS}
AFTER_SALE = Command(
    "return", shipped, "/orders/{order}/after-sales", {"kind": "return", "reason": "small"}, 501
)


@pytest.mark.parametrize("command", [*COMMANDS, AFTER_SALE], ids=lambda command: command.name)
def test_a_command_without_a_key_is_refused(world: World, command: Command) -> None:
    order = command.arrange(world)

    with nothing_happens(world):
        answer = command.send(world, order, None)

    problem_of(answer, 400, "idempotency_key_missing")


@pytest.mark.parametrize(
    "key",
    [" ", "a b", "a\tb", "x" * 129, "é", "\x7f", "键", "a\x00b"],
    ids=["space", "inner space", "tab", "too long", "e acute", "delete", "Chinese", "NUL"],
)
def test_a_key_of_other_than_1_to_128_visible_ascii_characters_is_refused(world: World, key: str) -> None:
    with nothing_happens(world):
        answer = world.send("POST", "/orders", BODY, headers={"idempotency-key": key})

    problem = problem_of(answer, 422, "invalid_request")
    assert [(f["in"], f["at"].lower()) for f in problem["fields"]] == [("header", "/idempotency-key")]


def test_an_empty_key_is_refused(world: World) -> None:
    with nothing_happens(world):
        answer = world.send("POST", "/orders", BODY, headers={"idempotency-key": ""})

    assert answer.status in (400, 422)
    problem_of(answer, answer.status, answer.json()["code"])


@pytest.mark.parametrize(
    "key", ["x" * 128, "!#$%&'*+-.^_`|~", "a,b", "KEY#buyer#b-2#key"], ids=lambda k: k[:9]
)
def test_a_key_is_taken_as_it_is(world: World, key: str) -> None:
    first = world.send("POST", "/orders", BODY, key=key)
    other = world.send("POST", "/orders", BODY, key=key[:-1] + "z")

    assert (first.status, other.status) == (201, 201)
    assert first.json()["order_id"] != other.json()["order_id"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_same_request_under_the_same_key_gets_the_same_answer_and_does_nothing(
    world: World, command: Command
) -> None:
    order = command.arrange(world)
    body = {"confirm": f"v{world.order(order)['version']}"} if command.name == "receive" else command.body
    world.cloud.settles = False  # So that nothing moves on between the two.
    first = command.send(world, order, "key", body=body)

    with nothing_happens(world):
        again = command.send(world, order, "key", body=body)

    assert (first.status, again.status) == (command.status, command.status)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_repetition_after_everything_has_moved_on_tells_the_present_truth(
    world: World, command: Command
) -> None:
    order = command.arrange(world)
    body = {"confirm": f"v{world.order(order)['version']}"} if command.name == "receive" else command.body
    first = command.send(world, order, "key", body=body)
    order = order or first.json()["order_id"]
    world.cloud.advance(30 * 86_400)

    with nothing_happens(world):
        again = command.send(world, order, "key", body=body)

    assert again.status == command.status
    assert again.headers["idempotency-replayed"] == "true"
    if "order_id" in first.json() and command.role == "buyer":
        assert again.json()["state"] == world.order(order)["state"]
    for name in ("order_id", "reference", "refund_id", "sub_order_id"):
        assert again.json().get(name) == first.json().get(name)


def test_a_payment_started_twice_is_one_try_and_another_key_is_another_try(world: World) -> None:
    order = world.place()
    path = f"/orders/{order}/payments"

    answers = [world.send("POST", path, {"provider": "sandbox"}, key=key).json() for key in "aaba"]

    assert [answer["reference"][-2:] for answer in answers] == ["01", "01", "02", "01"]
    assert len(world.order(order)["payments"]) == 2


def test_a_payment_repeated_after_it_was_paid_says_so(world: World) -> None:
    order = world.place()
    path = f"/orders/{order}/payments"
    first = world.send("POST", path, {"provider": "sandbox"}, key="key").json()
    world.pay(first)

    with nothing_happens(world):
        again = world.send("POST", path, {"provider": "sandbox"}, key="key").json()

    assert (first["state"], again["state"]) == ("open", "succeeded")
    assert (again["reference"], again["pay_url"]) == (first["reference"], None)


def test_a_unit_cancelled_twice_under_one_key_is_one_unit(world: World) -> None:
    order = world.placed_and_paid({"KITE": 5})
    body = {"reason": "other", "lines": UNITS}

    for _ in range(3):
        world.send("POST", f"/orders/{order}/cancellation", body, key="key")

    assert world.order(order)["refunded"]["amount"] == 333
    assert world.stock("KITE") == {"W1": {"available": 6, "reserved": 4, "sold": 0}}


OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/orders", BODY | {"lines": [{"sku": "TEA", "quantity": 4}, {"sku": "KITE", "quantity": 2}]}),
    ("/orders", BODY | {"lines": BODY["lines"][::-1]}),
    ("/orders", BODY | {"address": ADDRESS | {"street": "Lane 2"}}),
    ("/orders/{order}/payments", {"provider": "sandbox"}),
    ("/orders/{order}/cancellation", {"reason": "other"}),
    ("/orders/{second}/payments", {"provider": "sandbox"}),
)


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_a_key_never_stands_for_two_requests(world: World, number: int) -> None:
    path, body = OTHERS[number]
    order = world.send("POST", "/orders", BODY, key="key").json()["order_id"]
    second = world.send("POST", "/orders", BODY).json()["order_id"]

    with nothing_happens(world):
        answer = world.send("POST", path.format(order=order, second=second), body, key="key")

    problem_of(answer, 422, "idempotency_key_reused")


def test_a_payments_key_does_not_stand_for_another_orders_payment_or_for_its_cancellation(
    world: World,
) -> None:
    first, second = world.place({"KITE": 1}), world.place({"KITE": 1})
    world.send("POST", f"/orders/{first}/payments", {"provider": "sandbox"}, key="key")

    with nothing_happens(world):
        path = world.send("POST", f"/orders/{second}/payments", {"provider": "sandbox"}, key="key")
        command = world.send("POST", f"/orders/{first}/cancellation", {"reason": "other"}, key="key")

    problem_of(path, 422, "idempotency_key_reused")
    problem_of(command, 422, "idempotency_key_reused")


def test_a_used_key_does_not_tell_a_foreign_order_from_a_missing_one(world: World) -> None:
    order = world.place()
    world.send("POST", "/orders", BODY, key="key", who="b-2")

    with nothing_happens(world):
        answers = [
            world.send("POST", f"/orders/{number}/payments", {"provider": "sandbox"}, key="key", who="b-2")
            for number in (order, NOBODYS)
        ]

    assert [answer.status for answer in answers] == [422, 422]
    assert answers[0] == answers[1]


def test_the_order_of_a_bodys_members_is_no_other_request(world: World) -> None:
    first = world.send("POST", "/orders", BODY, key="key")
    turned = dict(reversed(BODY.items()))

    with nothing_happens(world):
        again = world.send("POST", "/orders", raw=json.dumps(turned, indent=2).encode(), key="key")

    assert (again.status, again.json()) == (201, first.json())


def test_a_refused_request_does_not_use_its_key_up(world: World) -> None:
    with nothing_happens(world):
        refused = world.send("POST", "/orders", BODY | {"lines": [{"sku": "POT", "quantity": 6}]}, key="key")

    accepted = world.send("POST", "/orders", BODY | {"lines": [{"sku": "POT", "quantity": 5}]}, key="key")

    problem_of(refused, 422, "order_refused")
    assert accepted.status == 201


@pytest.mark.parametrize("name", ["place an order"])
def test_two_buyers_may_choose_the_same_key(world: World, name: str) -> None:
    command = BY_NAME[name]
    mine = command.send(world, "", "key").json()["order_id"]
    theirs = command.send(world, "", "key", who="b-2").json()["order_id"]

    assert mine != theirs
    assert [order["order_id"] for order in world.send("GET", "/orders").json()["orders"]] == [mine]


def test_a_buyer_and_a_merchant_of_the_same_name_may_choose_the_same_key(world: World) -> None:
    order = world.placed_and_paid()
    lines = {"reason": "other", "lines": UNITS}
    path = f"/merchant/sub-orders/{order}-01/cancellation"

    merchant = world.send("POST", path, lines, role="merchant", who="m-tea", key="key")
    buyer = world.send("POST", "/orders", BODY, who="m-tea", key="key")

    assert (merchant.status, buyer.status) == (200, 201)
    assert "idempotency-replayed" not in buyer.headers


def test_what_sold_out_meanwhile_is_still_answered_for_whom_bought_it(world: World) -> None:
    body = {"lines": [{"sku": "POT", "quantity": 5}], "address": ADDRESS}
    first = world.send("POST", "/orders", body, key="key")

    with nothing_happens(world):
        again = world.send("POST", "/orders", body, key="key")
        other = world.send("POST", "/orders", body, key="key", who="b-2")

    assert (again.status, again.json()["order_id"]) == (201, first.json()["order_id"])
    assert [p["code"] for p in problem_of(other, 422, "order_refused")["problems"]] == ["sold_out"]
