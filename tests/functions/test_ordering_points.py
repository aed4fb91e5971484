"""Points over HTTP: how many may be used, that nobody spends one twice, and how they come back."""

from typing import Any

import pytest

from local.demo.invariants import violations
from tests.functions.ordering import codes, happened, problems_in, refused
from tests.functions.racing import struck_before
from tests.http_world import World, order_of

TEA = {"TEA": 3}  # 59.97: at most half of it in points.


@pytest.mark.parametrize("path", ["/quotes", "/orders"])
def test_points_pay_half_of_the_goods_and_not_one_fen_more(world: World, path: str) -> None:
    world.gives_points(5_000)

    accepted = world.send("POST", "/quotes", order_of(TEA, points=2_998)).json()
    problems = refused(world, order_of(TEA, points=2_999), path=path)

    assert (accepted["points"], accepted["points_max"]) == (2_998, 2_998)
    assert accepted["payable"]["amount"] == 5997 - 2998 + 800
    assert codes(problems) == [("points_over_cap", "/points")]
    assert (problems[0]["wanted"], problems[0]["maximum"]) == (2_999, 2_998)


def test_more_points_than_are_owned_are_refused(world: World) -> None:
    world.gives_points(100)

    problems = refused(world, order_of(TEA, points=101))

    assert codes(problems) == [("points_short", "/points")]
    assert (problems[0]["wanted"], problems[0]["available"]) == (101, 100)


def test_points_of_an_unpaid_order_are_not_there_for_the_next_one(world: World) -> None:
    world.gives_points(1_000)
    world.place(TEA, points=600)

    problems = refused(world, order_of(TEA, points=401))

    assert codes(problems) == [("points_short", "/points")]
    assert problems[0]["available"] == 400


def test_of_two_orders_for_the_same_points_at_once_one_is_told_what_is_left(world: World) -> None:
    world.gives_points(500)
    faster: list[Any] = []

    def rival() -> None:
        faster.append(world.send("POST", "/orders", order_of({"TEA": 1}, points=300)))

    with struck_before("order_placed", rival):
        slower = world.send("POST", "/orders", order_of(TEA, points=300))

    [problem] = problems_in(slower)
    assert (faster[0].status, problem["code"], problem["available"]) == (201, "points_short", 200)
    assert happened(world, "order_placed") == 1
    assert world.wallet()["points"] == (200, 300, 0)
    assert violations(world.cloud) == []


def test_two_orders_at_once_whose_points_are_there_for_both_are_both_placed(world: World) -> None:
    world.gives_points(600)

    with struck_before("order_placed", lambda: world.place({"TEA": 1}, points=300)):
        slower = world.send("POST", "/orders", order_of(TEA, points=300))

    assert slower.status == 201
    assert world.wallet()["points"] == (0, 600, 0)
    assert violations(world.cloud) == []


def test_an_operator_takes_points_while_an_order_is_placed_with_them(world: World) -> None:
    world.gives_points(500)
    body = {"points": -400, "reason": "correction"}

    def rival() -> None:
        world.command("/operator/members/b-1/points", body, role="operator", who="op-1")

    with struck_before("order_placed", rival):
        answer = world.send("POST", "/orders", order_of(TEA, points=300))

    assert codes(problems_in(answer)) == [("points_short", "/points")]
    assert world.wallet()["points"] == (100, 0, 0)


def test_points_that_were_locked_are_spent_by_the_payment(world: World) -> None:
    world.gives_points(1_000)
    order = world.place(TEA, points=1_000)
    locked = world.wallet()["points"]

    world.pay(world.start(order))

    assert (locked, world.wallet()["points"]) == ((0, 1_000, 0), (0, 0, 1_000))
    assert world.order(order)["paid"]["amount"] == 5997 - 1000 + 800


def test_units_cancelled_one_by_one_give_back_every_point_and_every_fen(world: World) -> None:
    world.gives_points(1_000)
    order = world.placed_and_paid(TEA, points=1_000)

    points, money = [], []
    for _ in range(3):
        world.cancel(order, {1: 1})
        points.append(world.wallet()["points"])
        money.append(world.order(order)["refunded"]["amount"])

    # 1000 points and 49.97 for three units: 333 + 333 + 334 and 16.65 + 16.66 + 16.66; freight with the last one.
    assert points == [(333, 0, 667), (666, 0, 334), (1_000, 0, 0)]
    assert money == [1665, 3331, 4997 + 800]
    assert violations(world.cloud) == []


def test_points_of_two_merchants_parts_come_back_part_by_part_to_the_exact_total(world: World) -> None:
    world.gives_points(1_001)
    order = world.placed_and_paid({"TEA": 1, "KITE": 7, "POT": 1}, points=1_001)
    shares = {
        line["sku"]: line["points"] for part in world.order(order)["sub_orders"] for line in part["lines"]
    }

    path = f"/merchant/sub-orders/{order}-02/cancellation"
    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-toys")
    after_kites = world.wallet()["points"]
    world.cancel(order)

    # 10.01 over 19.99, 23.31 and 129.01: 1.161.., 1.354.. and 7.494..; the fen left over goes to the largest rest.
    assert shares == {"TEA": 116, "KITE": 135, "POT": 750}
    assert after_kites == (135, 0, 866)
    assert world.wallet()["points"] == (1_001, 0, 0)
    assert world.accounts() == {}
    assert violations(world.cloud) == []


def test_what_is_not_shipped_gives_its_points_back_and_what_is_shipped_keeps_them(world: World) -> None:
    world.gives_points(300)
    order = world.placed_and_paid({"TEA": 2, "KITE": 3}, points=300)
    world.ship(order, 1)

    world.cancel(order, {2: 3})

    kites = world.order(order)["sub_orders"][1]["lines"][0]["points"]
    assert 0 < kites < 300
    assert world.wallet()["points"] == (kites, 0, 300 - kites)
    assert violations(world.cloud) == []
