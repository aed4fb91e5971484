"""What stands against paying or cancelling a part alone, over HTTP: each refusal says what to do, and does nothing."""

from typing import Any

import pytest

from tests.functions.separating import (
    TEA_PART,
    TOYS_PART,
    cancels_part,
    offered,
    parts,
    pays_part,
    separates,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World

BAD_BODIES: dict[str, Any] = {
    "no part": [],
    "a number": [1],
    "no sub-order's number": ["x"],
    "not a list": "01",
}


@pytest.mark.parametrize("named", BAD_BODIES)
@pytest.mark.parametrize("path", ["separation", "payments", "cancellation"])
def test_what_names_no_parts_is_refused(world: World, path: str, named: str) -> None:
    order = world.place()
    rest = {"payments": {"provider": "sandbox"}, "cancellation": {"reason": "other"}}.get(path, {})

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/{path}", {"sub_orders": BAD_BODIES[named], **rest})

    problem_of(answer, 422, "invalid_request")


def test_a_part_is_named_once(world: World) -> None:
    order = world.place()

    with nothing_happens(world):
        problem_of(separates(world, order, 2, 2), 422, "invalid_request")


def test_lines_or_parts_are_named_and_not_both(world: World) -> None:
    order = world.place()
    body = parts(order, 1) | {"reason": "other", "lines": [{"line": 1, "quantity": 1}]}

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/cancellation", body)

    assert problem_of(answer, 422, "invalid_request")["at"] == "/sub_orders"


@pytest.mark.parametrize("act", [separates, pays_part, cancels_part], ids=lambda act: act.__name__)
def test_a_foreign_order_is_answered_like_a_missing_one(world: World, act: Any) -> None:
    order = world.place()

    with nothing_happens(world):
        foreign = act(world, order, 2, who="b-2")
        missing = act(world, "0" * 26, 2, who="b-2")

    problem_of(foreign, 404, "not_found")
    assert foreign.body == missing.body


@pytest.mark.parametrize("act", [separates, pays_part, cancels_part], ids=lambda act: act.__name__)
def test_a_part_of_another_order_is_not_found(world: World, act: Any) -> None:
    order, other = world.place(), world.place({"KITE": 1})

    with nothing_happens(world):
        missing = act(world, order, 7)
        elsewhere = world.send("POST", f"/orders/{order}/separation", parts(other, 1))

    problem_of(missing, 404, "not_found")
    problem_of(elsewhere, 404, "not_found")


@pytest.mark.parametrize("act", [separates, pays_part, cancels_part], ids=lambda act: act.__name__)
def test_a_platform_coupon_holds_an_order_together_and_says_so(world: World, act: Any) -> None:
    order = world.place(coupons=[world.gives_coupon("ALL", off_minor=500)])

    with nothing_happens(world):
        answer = act(world, order, 2)

    problem = problem_of(answer, 409, "paid_together")
    assert problem["because"] == ["platform_coupon"]
    assert "cancelling it cancels all" in problem["next_steps"][0]
    shown = offered(world, order)
    assert (shown["pay"], shown["cancel"], shown["separate"]) == (True, True, False)


def test_points_hold_an_order_together(world: World) -> None:
    world.gives_points(500)
    order = world.place(points=300)

    with nothing_happens(world):
        answer = separates(world, order, 1)

    assert problem_of(answer, 409, "paid_together")["because"] == ["points"]


def test_a_provider_that_is_unknown_separates_nothing(world: World) -> None:
    order = world.place()

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/payments", parts(order, 2) | {"provider": "nobody"})

    problem_of(answer, 422, "invalid_request")


@pytest.mark.parametrize("act", [separates, cancels_part], ids=lambda act: act.__name__)
def test_while_all_of_it_may_be_paid_no_part_leaves(world: World, act: Any) -> None:
    order = world.place()
    world.start(order)

    with nothing_happens(world):
        answer = act(world, order, 2)

    problem = problem_of(answer, 409, "payment_open")
    assert "start to pay only the parts" in problem["next_steps"][0]
    assert not offered(world, order)["separate"]


def test_the_only_part_has_no_other(world: World) -> None:
    order = world.place({"KITE": 1})

    with nothing_happens(world):
        problem_of(separates(world, order, 1), 409, "nothing_to_separate")
    assert not offered(world, order)["separate"]


@pytest.mark.parametrize("act", [separates, pays_part, cancels_part], ids=lambda act: act.__name__)
def test_a_paid_order_is_not_separated(world: World, act: Any) -> None:
    order = world.placed_and_paid()
    world.cloud.settle()

    with nothing_happens(world):
        problem_of(act(world, order, 2), 409, "transition_refused")


def test_a_policy_may_cut_orders_only_when_they_are_paid(world: World) -> None:
    world.publish("policy", {"numbers": {"split_before_payment": 0}})
    order = world.place()

    with nothing_happens(world):
        problem_of(pays_part(world, order, 2), 409, "not_split_yet")
    world.pay(world.start(order))
    assert world.order(order)["paid"]["amount"] == TEA_PART + TOYS_PART


@pytest.mark.parametrize("role", ["merchant", "support", "operator", "warehouse"])
def test_nobody_but_the_buyer_separates(world: World, role: str) -> None:
    order = world.place()

    with nothing_happens(world):
        problem_of(separates(world, order, 2, role=role, who="m-toys"), 403, "forbidden")
