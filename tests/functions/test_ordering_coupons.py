"""Coupons over HTTP: whose they are, when they are valid, that no two orders have one, and how they come back."""

from typing import Any

import pytest

from local.demo.invariants import violations
from shared.instants import rfc3339
from tests.functions.ordering import codes, happened, problems_in, refused
from tests.functions.racing import struck_before
from tests.functions.watching import nothing_happens
from tests.http_world import DAY, OPENED_AT, World, order_of

NOBODYS = "C" + "0" * 25
TEA = {"TEA": 3}  # 59.97, and 8.00 for sending it.


def state(world: World, template: str = "GIFT") -> str:
    return str(world.wallet()["coupons"][template])


def test_a_coupon_is_locked_by_the_order_and_used_by_its_payment(world: World) -> None:
    coupon = world.gives_coupon("GIFT", off_minor=500, threshold_minor=5_000)
    free = state(world)

    order = world.place(TEA, coupons=[coupon])
    locked = state(world)
    world.pay(world.start(order))

    assert (free, locked, state(world)) == ("available", "locked", "used")
    shown = world.order(order)
    assert shown["coupons"] == [
        {"coupon": coupon, "kind": "platform", "off": {"amount": 500, "currency": "CNY"}}
    ]
    assert shown["goods"]["amount"] == 3 * 1999 - 500
    assert shown["paid"]["amount"] == 3 * 1999 - 500 + 800
    steps = shown["sub_orders"][0]["lines"][0]["price_steps"]
    assert [(step["name"], step["amount"]["amount"]) for step in steps] == [
        ("list_price", 5997),
        (f"platform_coupon:{coupon}", -500),
    ]


@pytest.mark.parametrize("path", ["/quotes", "/orders"])
def test_an_expired_coupon_is_refused_from_its_last_second_on(world: World, path: str) -> None:
    coupon = world.gives_coupon("GIFT", ends_at=rfc3339(OPENED_AT + DAY))
    body = order_of(TEA, coupons=[coupon])
    world.cloud.advance(DAY - 1)
    before = world.send("POST", "/quotes", body)
    world.cloud.advance(1)

    [problem] = refused(world, body, path=path)

    assert before.status == 200
    assert (problem["code"], problem["at"]) == ("coupon_expired", "/coupons/0")
    assert (problem["coupon"], problem["ended_at"]) == (coupon, OPENED_AT + DAY)


def test_a_coupon_is_refused_before_its_time(world: World) -> None:
    coupon = world.gives_coupon("GIFT", starts_at=rfc3339(OPENED_AT + DAY))

    problems = refused(world, order_of(TEA, coupons=[coupon]))

    assert codes(problems) == [("coupon_not_yet_valid", "/coupons/0")]
    assert problems[0]["starts_at"] == OPENED_AT + DAY


def test_somebody_elses_coupon_is_answered_byte_for_byte_like_one_that_does_not_exist(world: World) -> None:
    theirs = world.gives_coupon("GIFT", "b-2")

    with nothing_happens(world):
        foreign = world.send("POST", "/orders", order_of(TEA, coupons=[theirs]))
        missing = world.send("POST", "/orders", order_of(TEA, coupons=[NOBODYS]))

    assert codes(problems_in(foreign)) == [("coupon_unknown", "/coupons/0")]
    assert foreign.body.replace(theirs.encode(), NOBODYS.encode()) == missing.body
    assert world.wallet("b-2")["coupons"] == {"GIFT": "available"}


@pytest.mark.parametrize("is_paid", [False, True], ids=["unpaid", "paid"])
def test_a_coupon_pays_one_order_and_not_the_next(world: World, is_paid: bool) -> None:
    coupon = world.gives_coupon("GIFT")
    first = world.place(TEA, coupons=[coupon])
    if is_paid:
        world.pay(world.start(first))

    [problem] = refused(world, order_of({"KITE": 3}, coupons=[coupon]))

    assert (problem["code"], problem["state"]) == ("coupon_not_available", "used" if is_paid else "locked")


def test_of_two_orders_with_one_coupon_at_once_one_gets_it_and_the_other_is_told(world: World) -> None:
    coupon = world.gives_coupon("GIFT")
    faster: list[Any] = []

    def rival() -> None:
        faster.append(world.send("POST", "/orders", order_of({"KITE": 3}, coupons=[coupon])))

    with struck_before("order_placed", rival):
        slower = world.send("POST", "/orders", order_of(TEA, coupons=[coupon]))

    [problem] = problems_in(slower)
    assert (faster[0].status, problem["code"], problem["state"]) == (201, "coupon_not_available", "locked")
    assert happened(world, "order_placed") == 1
    assert world.stock("TEA")["W1"] == {"available": 20, "reserved": 0, "sold": 0}
    assert violations(world.cloud) == []


def test_an_order_that_was_placed_answers_its_repetition_though_its_coupon_is_used(world: World) -> None:
    coupon = world.gives_coupon("GIFT")
    body = order_of(TEA, coupons=[coupon])
    first = world.send("POST", "/orders", body, key="key")
    world.pay(world.start(first.json()["order_id"]))

    with nothing_happens(world):
        again = world.send("POST", "/orders", body, key="key")

    assert (again.status, again.json()["order_id"]) == (201, first.json()["order_id"])
    assert again.headers["idempotency-replayed"] == "true"


def cancel(world: World, order: str) -> None:
    world.cancel(order)


def cancel_with_a_try_open(world: World, order: str) -> None:
    world.start(order)
    world.cancel(order)


def time_runs_out(world: World, _order: str) -> None:
    world.cloud.advance(1800)


def time_runs_out_with_a_try_open(world: World, order: str) -> None:
    world.start(order)
    world.cloud.advance(1800)


WAYS_TO_DIE = (cancel, cancel_with_a_try_open, time_runs_out, time_runs_out_with_a_try_open)


@pytest.mark.parametrize("die", WAYS_TO_DIE, ids=lambda die: die.__name__)
def test_an_order_that_dies_unpaid_gives_coupon_points_and_limits_back_once(world: World, die: Any) -> None:
    world.sends_twice = True
    world.sells("RARE", "m-toys", 1_000, {"W1": 9}, flags=["limited"], limit_per_buyer=2)
    coupon = world.gives_coupon("GIFT")
    world.gives_points(900)
    order = world.place({"RARE": 2}, coupons=[coupon], points=700)
    held = world.wallet()

    die(world, order)
    free = world.wallet()
    world.cloud.advance(1)
    again = world.place({"RARE": 2}, coupons=[coupon], points=700)

    assert held == {"points": (200, 700, 0), "counts": {"sku:RARE": 2}, "coupons": {"GIFT": "locked"}}
    assert (free["points"], free["coupons"]) == ((900, 0, 0), {"GIFT": "available"})
    assert free["counts"].get("sku:RARE", 0) == 0
    assert world.order(again)["points"] == 700
    assert violations(world.cloud) == []


def test_money_after_the_death_of_an_order_does_not_use_its_coupon(world: World) -> None:
    coupon = world.gives_coupon("GIFT")
    order = world.place(TEA, coupons=[coupon])
    payment = world.start(order)
    world.cancel(order)

    world.pay(payment, even_if_closed=True)

    assert state(world) == "available"
    assert world.order(order)["refunds"][0]["amount"]["amount"] == 3 * 1999 - 500 + 800
    assert violations(world.cloud) == []


def test_a_coupon_comes_back_when_the_last_unit_that_it_reduced_is_cancelled(world: World) -> None:
    coupon = world.gives_coupon("GIFT", kind="shop", merchant_id="m-tea")
    order = world.placed_and_paid({"TEA": 2, "KITE": 1}, coupons=[coupon])

    world.cancel(order, {1: 1})
    half = state(world)
    world.cancel(order, {1: 1})

    assert (half, state(world)) == ("used", "available")
    assert world.order(order)["state"] == "awaiting_shipment"  # The kite is still to come.
    assert violations(world.cloud) == []


def test_a_coupon_that_expired_meanwhile_does_not_come_back(world: World) -> None:
    coupon = world.gives_coupon("GIFT", ends_at=rfc3339(OPENED_AT + DAY))
    order = world.placed_and_paid(TEA, coupons=[coupon])
    world.cloud.advance(DAY)

    world.cancel(order)

    assert state(world) == "used"
    assert world.order(order)["refunded"]["amount"] == 3 * 1999 - 500 + 800
    assert violations(world.cloud) == []


def test_by_policy_a_coupon_stays_used(world: World) -> None:
    world.publish("policy", {"numbers": {"coupon_comes_back": 0}})
    coupon = world.gives_coupon("GIFT")
    order = world.placed_and_paid(TEA, coupons=[coupon])

    world.cancel(order)

    assert state(world) == "used"


def test_what_is_wrong_with_coupons_points_limits_and_goods_is_told_at_once(world: World) -> None:
    world.sells("RARE", "m-toys", 1_000, {"W1": 9}, flags=["limited"], limit_per_buyer=2)
    world.gives_points(50)
    old = world.gives_coupon("OLD", ends_at=rfc3339(OPENED_AT + 1))
    dear = world.gives_coupon("DEAR", threshold_minor=1_000_000, kind="shop", merchant_id="m-tea")
    world.cloud.advance(1)

    problems = refused(
        world, order_of({"TEA": 1, "RARE": 3}, coupons=[old, dear, NOBODYS, old], points=100_000)
    )

    assert codes(problems) == [
        ("purchase_limit", "/lines/1/quantity"),
        ("coupon_expired", "/coupons/0"),
        ("coupon_unknown", "/coupons/2"),
        ("coupon_repeated", "/coupons/3"),
        ("coupon_threshold_not_reached", "/coupons/1"),
        ("points_short", "/points"),
        ("points_over_cap", "/points"),
    ]
    assert all(problem["reason"].strip() and problem["next_steps"] for problem in problems)
