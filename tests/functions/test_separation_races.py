"""A part leaves its order while somebody else pays, cancels, separates, or the time runs out."""

from typing import Any

from tests.functions.racing import struck_before
from tests.functions.separating import (
    CAKE_PART,
    SHELVES,
    TEA_PART,
    TOYS_PART,
    levels,
    of_three,
    payable,
    pays_part,
    separates,
    stock_is_as_orders_moved_it,
)
from tests.functions.watching import problem_of
from tests.http_world import World


def test_a_try_to_pay_all_of_it_begins_while_a_part_leaves(world: World) -> None:
    order = world.place()

    with struck_before("sub_orders_separated", lambda: world.start(order)):
        answer = separates(world, order, 2)

    problem_of(answer, 409, "payment_open")
    assert [p["amount"]["amount"] for p in world.order(order)["payments"]] == [TEA_PART + TOYS_PART]
    assert len(world.read("/orders")["orders"]) == 1


def test_a_part_leaves_while_a_try_to_pay_all_of_it_begins(world: World) -> None:
    order = world.place()

    with struck_before("payment_started", lambda: separates(world, order, 2)):
        payment = world.start(order)

    assert payment["amount"]["amount"] == TEA_PART
    world.pay(payment)
    assert world.order(order)["paid"]["amount"] == TEA_PART


def test_all_of_it_is_cancelled_while_a_part_leaves(world: World) -> None:
    order = world.place()

    with struck_before("sub_orders_separated", lambda: world.cancel(order)):
        answer = separates(world, order, 2)

    problem_of(answer, 409, "transition_refused")
    assert levels(world) == SHELVES
    assert len(world.read("/orders")["orders"]) == 1


def test_a_part_leaves_while_all_of_it_is_being_cancelled(world: World) -> None:
    order = world.place()

    with struck_before("cancel_requested", lambda: separates(world, order, 2)):
        cancelled = world.cancel(order)

    assert (cancelled["state"], cancelled["payable"]["amount"]) == ("cancelled", TEA_PART)
    assert levels(world) == SHELVES | {"KITE": {"W1": (9, 1, 0)}}
    world.cloud.advance(1800)
    assert levels(world) == SHELVES


def test_the_time_runs_out_while_a_part_leaves(world: World) -> None:
    order = world.place()

    with struck_before("sub_orders_separated", lambda: world.cloud.advance(1800)):
        answer = separates(world, order, 2)

    problem_of(answer, 409, "transition_refused")
    assert levels(world) == SHELVES


def test_a_part_leaves_a_second_before_the_time_runs_out_and_wins_none(world: World) -> None:
    order = world.place()
    world.cloud.advance(1799)
    new = separates(world, order, 2).json()["order_id"]

    world.cloud.advance(61)

    assert [world.order(one)["state"] for one in (order, new)] == ["cancelled", "cancelled"]
    assert levels(world) == SHELVES
    assert stock_is_as_orders_moved_it(world)


def test_two_parts_leave_at_once_each_for_an_order_of_its_own(world: World) -> None:
    order = of_three(world)
    faster: list[Any] = []

    with struck_before("sub_orders_separated", lambda: faster.append(separates(world, order, 2))):
        slower = separates(world, order, 3)

    orders = [order, faster[0].json()["order_id"], slower.json()["order_id"]]
    assert [payable(world, one) for one in orders] == [TEA_PART, TOYS_PART, CAKE_PART]
    assert stock_is_as_orders_moved_it(world)


def test_of_two_who_take_the_same_part_one_is_told(world: World) -> None:
    order = of_three(world)
    faster: list[Any] = []

    with struck_before("sub_orders_separated", lambda: faster.append(separates(world, order, 2))):
        slower = separates(world, order, 2, 3)

    assert faster[0].status == 201
    problem_of(slower, 409, "transition_refused")
    assert payable(world, order) == TEA_PART + CAKE_PART


def test_the_same_request_twice_at_once_makes_one_order(world: World) -> None:
    order = world.place()
    faster: list[Any] = []

    with struck_before("sub_orders_separated", lambda: faster.append(pays_part(world, order, 2, key="k"))):
        slower = pays_part(world, order, 2, key="k")

    assert slower.json()["order_id"] == faster[0].json()["order_id"]
    assert len(slower.json()["payments"]) == 1
    assert len(world.read("/orders")["orders"]) == 2


def test_whoever_leaves_until_nobody_else_is_there_pays_the_order_itself(world: World) -> None:
    order = world.place()

    with struck_before("sub_orders_separated", lambda: separates(world, order, 1)):
        answer = pays_part(world, order, 2)

    assert (answer.status, answer.json()["order_id"]) == (201, order)
    assert answer.json()["payments"][0]["amount"]["amount"] == TOYS_PART
