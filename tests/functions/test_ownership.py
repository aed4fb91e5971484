"""Who may do what, to whose orders: every route, every role, own and foreign and missing; and nobody's secrets.

The expectation stands here on its own, not taken from ``shared.policy``.

    denied   403, the same for every order     hidden   404, the same bytes as for an order that does not exist
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from functions import (
    books_api,
    catalogue_api,
    evidence_api,
    member_api,
    merchant_api,
    order_api,
    refunds,
    register_api,
    returns,
    review_api,
    settlement_api,
    stock_api,
    support_api,
)
from functions.openapi import APPS
from shared import policy
from shared.lifecycle import Actor
from shared.policy import Action
from tests.functions.doors import DOORS, LINES, MISSING, NO_SINGLE_ROLE, PARCEL, PEOPLE, knock
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, World
from tests.starts import paid


@pytest.mark.parametrize("name", DOORS)
def test_a_role_that_may_not_do_a_thing_is_told_so_whatever_the_order(world: World, name: str) -> None:
    door = DOORS[name]
    order = door.arrange(world)

    for who in PEOPLE.keys() - {*door.open_to, *door.hidden_from}:
        with nothing_happens(world) as calls:
            own, missing = (knock(world, name, who, number) for number in (order, MISSING))
        problem_of(own, 403, "forbidden", about=who)
        assert own == missing
        assert calls == []


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.hidden_from])
def test_a_foreign_order_is_answered_byte_for_byte_like_a_missing_one(world: World, name: str) -> None:
    door = DOORS[name]
    order = door.arrange(world)

    for who in door.hidden_from:
        with nothing_happens(world):
            foreign, missing = (knock(world, name, who, number) for number in (order, MISSING))
        problem_of(foreign, 404, "not_found", about=who)
        assert foreign == missing


LET_IN = [(name, who) for name, door in DOORS.items() for who in door.open_to]


@pytest.mark.parametrize(("name", "who"), LET_IN, ids=[f"{who} at {name}" for name, who in LET_IN])
def test_whom_a_door_is_for_gets_in(world: World, name: str, who: str) -> None:
    answer = knock(world, name, who, DOORS[name].arrange(world))

    assert answer.status == DOORS[name].status, answer.body


NUMBERED = [name for name in DOORS if any(n in name for n in ("order_id}", "case_id}", "entry_id}"))]


@pytest.mark.parametrize("name", NUMBERED)
def test_behind_a_missing_number_nobody_finds_anything(world: World, name: str) -> None:
    for who in DOORS[name].open_to:
        with nothing_happens(world):
            answer = knock(world, name, who, MISSING)
        problem_of(answer, 404, "not_found", about=who)


def test_every_person_is_either_let_in_hidden_from_or_denied_everywhere() -> None:
    assert NO_SINGLE_ROLE.isdisjoint(
        who for door in DOORS.values() for who in door.open_to + door.hidden_from
    )
    assert all("warehouse" not in door.open_to for door in DOORS.values())


BEHIND_WEBHOOKS = {
    "POST /webhooks/payments/{provider}": "functions.payment_callback.handler",
    "POST /webhooks/carriers/{carrier}": "functions.carrier_callback.handler",
    "POST /webhooks/warehouses/{warehouse}": "functions.warehouse_callback.handler",
}


def routes_of_the_apps() -> Iterator[Any]:
    for app in APPS:
        yield from (*app._static_routes, *app._dynamic_routes)


def test_the_template_the_apps_and_this_matrix_name_the_same_routes(world: World) -> None:
    in_template = {route.key: route.issuer for route in world.cloud.gateway.routes}
    webhooks = set(BEHIND_WEBHOOKS)
    in_apps = {f"{r.method} {r.path.replace('<', '{').replace('>', '}')}" for r in routes_of_the_apps()}

    assert set(in_template) - webhooks == in_apps == set(DOORS)
    assert {key for key, issuer in in_template.items() if not issuer} == webhooks


def test_each_route_reaches_the_function_that_has_it(world: World) -> None:
    handlers = {
        f"{r.method} {r.path.replace('<', '{').replace('>', '}')}": module.__name__ + ".handler"
        for module in (
            *(order_api, refunds, returns, merchant_api, review_api, support_api, register_api),
            *(member_api, catalogue_api, stock_api, evidence_api, settlement_api, books_api),
        )
        for r in (*module.app._static_routes, *module.app._dynamic_routes)
    }

    for route in world.cloud.gateway.routes:
        handler = world.cloud.runtime.function(route.function).handler
        assert handler == {**handlers, **BEHIND_WEBHOOKS}[route.key]


SHARED = {  # What a party may do to a case it may do at every turn of it; and too late to cancel is a wish to cancel.
    Action.ANSWER_AFTER_SALE: 2,
    Action.DECIDE_AFTER_SALE: 4,
    Action.RULE_AFTER_SALE: 3,
    Action.CANCEL_ORDER: 2,
    Action.READ_STATEMENTS: 2,
}


def test_every_route_asks_the_policy_for_one_action_and_every_action_has_its_route() -> None:
    asked = [[m.action for m in r.middlewares if hasattr(m, "action")] for r in routes_of_the_apps()]

    assert all(len(actions) == 1 for actions in asked)
    assert Counter(action for [action] in asked) == dict.fromkeys(Action, 1) | SHARED


@pytest.mark.parametrize("name", DOORS)
def test_what_the_policy_does_not_name_is_denied(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = DOORS[name]
    order = door.arrange(world)
    monkeypatch.setattr(policy, "POLICY", {action: {} for action in Action})

    with nothing_happens(world):
        answer = knock(world, name, door.open_to[0], order)

    problem_of(answer, 403, "forbidden")


def test_the_policy_lets_in_nobody_but_people() -> None:
    people = {Actor.BUYER, Actor.MERCHANT, Actor.SUPPORT, Actor.OPERATOR}

    assert {actor for allowed in policy.POLICY.values() for actor in allowed} == people


@pytest.mark.parametrize(
    "number", ["1", "x" * 26, "0" * 25, "0" * 27, "i" * 26, "%2e%2e", "ORDER%23x", "é", "%00", "*"]
)
def test_what_cannot_be_a_number_is_the_number_of_nothing(world: World, number: str) -> None:
    with nothing_happens(world) as calls:
        order = world.send("GET", f"/orders/{number}")
        command = world.send("POST", f"/orders/{number}/payments", {"provider": "sandbox"})
        ship = world.send("POST", f"/merchant/sub-orders/{number}-01/shipment", PARCEL, role="merchant")

    for answer in (order, command, ship):
        problem_of(answer, 404, "not_found")
    assert calls == []


def test_a_merchant_reads_its_own_parts_and_nothing_of_the_others(world: World) -> None:
    order = paid(world)

    queues = {
        merchant: world.send("GET", "/merchant/orders", role="merchant", who=merchant).json()["sub_orders"]
        for merchant in ("m-tea", "m-toys", "m-none")
    }

    assert [s["sub_order_id"] for s in queues["m-tea"]] == [f"{order}-01"]
    assert [s["sub_order_id"] for s in queues["m-toys"]] == [f"{order}-02"]
    assert queues["m-none"] == []
    assert "TEA" not in json.dumps(queues["m-toys"])
    assert "b-1" not in json.dumps(queues)


def test_a_merchant_cannot_name_another_merchants_line_or_parcel(world: World) -> None:
    order = paid(world)
    path = f"/merchant/sub-orders/{order}-02"
    foreign, missing = ({"line": n, "quantity": 1} for n in (1, 9))

    with nothing_happens(world):
        lines = [
            world.send(
                "POST",
                f"{path}/cancellation",
                {"reason": "other", "lines": [x]},
                role="merchant",
                who="m-toys",
            )
            for x in (foreign, missing)
        ]
        parcel = world.send(
            "POST",
            f"{path}/shipment",
            {"parcels": [PARCEL["parcels"][0] | {"parcel": 1}]},
            role="merchant",
            who="m-toys",
        )

    assert [problem_of(answer, 404, "not_found")["lines"] for answer in lines] == [[1], [9]]
    problem_of(parcel, 404, "not_found")


def test_a_buyer_lists_only_its_own_orders(world: World) -> None:
    mine, theirs = world.place({"TEA": 1}), None
    theirs = world.send("POST", "/orders", LINES | {"address": ADDRESS}, who="b-2").json()["order_id"]

    listed = {who: world.send("GET", "/orders", who=who).json()["orders"] for who in ("b-1", "b-2", "b")}

    assert [order["order_id"] for order in listed["b-1"]] == [mine]
    assert [order["order_id"] for order in listed["b-2"]] == [theirs]
    assert listed["b"] == []
