"""Paying or cancelling one merchant's part of an unpaid order alone, over HTTP: what each of the two orders is then."""

from typing import Any

import pytest

from tests.functions.separating import (
    CAKE_PART,
    SHELVES,
    TEA_PART,
    TOYS_PART,
    cancels_part,
    levels,
    of_three,
    payable,
    pays_part,
    separates,
    stock_is_as_orders_moved_it,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, DAY, World

# --- the three ways ---


def test_a_part_is_paid_alone(world: World) -> None:
    order = world.place()
    before = levels(world)

    answer = pays_part(world, order, 2)

    new = answer.json()
    assert answer.status == 201
    assert (new["separated_from"], new["payable"]["amount"], new["state"]) == (
        order,
        TOYS_PART,
        "pending_payment",
    )
    [payment] = new["payments"]
    assert payment["reference"] == f"{new['order_id']}01"
    assert payment["amount"] == {"amount": TOYS_PART, "currency": "CNY"}
    assert payment["pay_with"]["kind"] == "redirect"
    assert levels(world) == before
    world.pay(payment)
    world.cloud.settle()
    paid, old = world.order(new["order_id"]), world.order(order)
    assert (paid["state"], paid["paid"]["amount"]) == ("awaiting_shipment", TOYS_PART)
    assert (old["state"], old["payable"]["amount"], old["paid"]["amount"]) == ("pending_payment", TEA_PART, 0)
    assert (old["separated_from"], [s["state"] for s in old["sub_orders"]]) == (
        None,
        ["awaiting_payment", "separated"],
    )
    assert stock_is_as_orders_moved_it(world)


def test_a_part_is_cancelled_alone_and_the_rest_is_paid(world: World) -> None:
    order = world.place()

    answer = cancels_part(world, order, 1)

    gone = answer.json()
    assert answer.status == 200
    assert (gone["state"], gone["payable"]["amount"], gone["separated_from"]) == (
        "cancelled",
        TEA_PART,
        order,
    )
    assert levels(world) == SHELVES | {"KITE": {"W1": (9, 1, 0)}}
    world.pay(world.start(order))
    world.cloud.settle()
    kept = world.order(order)
    assert (kept["state"], kept["paid"]["amount"]) == ("awaiting_shipment", TOYS_PART)
    assert stock_is_as_orders_moved_it(world)


def test_parts_are_separated_without_more(world: World) -> None:
    order = of_three(world)

    answer = separates(world, order, 1, 3)

    new = answer.json()
    assert answer.status == 201
    assert (new["payable"]["amount"], payable(world, order)) == (TEA_PART + CAKE_PART, TOYS_PART)
    assert [s["sub_order_id"] for s in new["sub_orders"]] == [f"{new['order_id']}-{n:02}" for n in (1, 2)]
    assert [[line["sku"] for line in s["lines"]] for s in new["sub_orders"]] == [["TEA", "POT"], ["CAKE"]]
    assert [c["at"] for c in new["countdowns"]] == [c["at"] for c in world.order(order)["countdowns"]]
    assert world.order(new["order_id"]) == new


def test_each_order_says_in_its_time_line_what_became_of_the_other(world: World) -> None:
    order = world.place()
    new = separates(world, order, 2).json()["order_id"]

    old_events, new_events = (world.read(f"/orders/{o}/timeline")["events"] for o in (order, new))

    assert [(e["event"], e["note"]) for e in old_events] == [
        ("order_placed", {}),
        ("sub_orders_separated", {"separated_to": new, "sub_orders": "02"}),
    ]
    assert [(e["event"], e["note"]) for e in new_events] == [
        ("sub_orders_separated", {"separated_from": order})
    ]
    assert new_events[0]["steps"] == [
        "order.start.sub_orders_separated",
        "sub_order.start.sub_orders_separated",
    ]


def test_the_buyer_has_an_evidence_of_each_order_and_the_merchant_an_address(world: World) -> None:
    order = world.place()
    new = separates(world, order, 2).json()["order_id"]

    evidence = world.read(f"/orders/{new}/confirmation")
    rest = world.read(f"/orders/{order}/confirmation")

    assert (evidence["address"], evidence["total"]) == (ADDRESS, TOYS_PART)
    assert [line["sku"] for line in evidence["lines"]] == ["KITE"]
    assert (rest["total"], [line["sku"] for line in rest["lines"]]) == (TEA_PART, ["TEA", "POT"])
    world.pay(world.start(new))
    world.cloud.settle()
    seen = world.read(f"/merchant/sub-orders/{new}-01", role="merchant", who="m-toys")
    assert seen["address"]["street"] == "Lane 1"


def test_naming_all_parts_means_the_order_itself(world: World) -> None:
    first, second = world.place(), world.place({"KITE": 1})

    paid, cancelled = pays_part(world, first, 1, 2), cancels_part(world, second, 1)

    assert (paid.status, paid.json()["order_id"]) == (201, first)
    assert (cancelled.status, cancelled.json()["order_id"]) == (200, second)
    assert cancelled.json()["state"] == "cancelled"
    assert len(world.read("/orders")["orders"]) == 2


def test_what_is_left_is_the_order_itself(world: World) -> None:
    order = world.place()
    pays_part(world, order, 1)

    answer = pays_part(world, order, 2)

    assert (answer.status, answer.json()["order_id"]) == (201, order)
    assert answer.json()["payments"][0]["amount"]["amount"] == TOYS_PART


def test_a_page_that_is_open_for_all_of_it_is_closed_for_a_part(world: World) -> None:
    order = world.place()
    first = world.start(order)

    answer = pays_part(world, order, 2)

    assert answer.status == 201
    assert [p["state"] for p in world.order(order)["payments"]] == ["closed"]
    late = {"reference": first["reference"], "amount": first["amount"]}
    world.pay(late, even_if_closed=True)
    world.cloud.settle()
    old = world.order(order)
    assert (old["state"], old["paid"]["amount"]) == ("pending_payment", 0)
    assert [r["amount"]["amount"] for r in old["refunds"]] == [TEA_PART + TOYS_PART]


def test_a_page_that_was_paid_unnoticed_pays_all_of_it(world: World) -> None:
    order = world.place()
    world.pay(world.start(order), deliver="never")

    answer = pays_part(world, order, 2)

    problem_of(answer, 409, "transition_refused")
    assert world.order(order)["paid"]["amount"] == TEA_PART + TOYS_PART
    assert len(world.read("/orders")["orders"]) == 1


# --- coupons ---


def test_a_shops_coupon_goes_with_its_goods_and_is_used_once(world: World) -> None:
    tea = world.gives_coupon("TEAS", kind="shop", merchant_id="m-tea", off_minor=500)
    order = world.place(coupons=[tea])
    new = separates(world, order, 1).json()

    assert [coupon["coupon"] for coupon in new["coupons"]] == [tea]
    assert world.order(order)["coupons"] == []
    assert held_by(world, tea) == ("locked", new["order_id"])
    world.pay(world.start(order))
    assert held_by(world, tea) == ("locked", new["order_id"])
    world.pay(world.start(new["order_id"]))
    assert held_by(world, tea) == ("used", new["order_id"])


def test_a_shops_coupon_stays_with_goods_that_stay(world: World) -> None:
    tea = world.gives_coupon("TEAS", kind="shop", merchant_id="m-tea", off_minor=500)
    order = world.place(coupons=[tea])

    gone = cancels_part(world, order, 2).json()

    assert (gone["coupons"], held_by(world, tea)) == ([], ("locked", order))
    world.cloud.advance(1800)
    assert held_by(world, tea) == ("available", None)


def held_by(world: World, coupon: str) -> tuple[str, str | None]:
    [row] = [row for row in world.rows("MEMBERS_TABLE") if row.get("coupon_id") == coupon]
    return row["state"], row.get("order_id")


# --- repeated ---


@pytest.mark.parametrize("act", [separates, pays_part, cancels_part], ids=lambda act: act.__name__)
def test_the_same_request_again_is_answered_alike_and_does_nothing(world: World, act: Any) -> None:
    order = world.place()
    first = act(world, order, 2, key="k")

    with nothing_happens(world):
        again = act(world, order, 2, key="k")

    assert (again.status, again.json()) == (first.status, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert len(world.read("/orders")["orders"]) == 2


@pytest.mark.parametrize("act", [pays_part, cancels_part], ids=lambda act: act.__name__)
def test_a_repetition_is_known_after_others_left_too(world: World, act: Any) -> None:
    order = of_three(world)
    first = act(world, order, 2, key="k")
    separates(world, order, 1)

    with nothing_happens(world):
        again = act(world, order, 2, key="k")

    assert (again.status, again.json()["order_id"]) == (first.status, first.json()["order_id"])


@pytest.mark.parametrize("act", [separates, pays_part, cancels_part], ids=lambda act: act.__name__)
def test_a_key_that_stood_for_another_request_separates_nothing(world: World, act: Any) -> None:
    order = world.place()
    world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"}, key="k")
    other = world.place({"TEA": 1, "KITE": 1})

    with nothing_happens(world):
        answer = act(world, other, 2, key="k")

    problem_of(answer, 422, "idempotency_key_reused")


# --- to the end ---


@pytest.mark.parametrize("is_swept", [True, False], ids=["swept", "by schedule alone"])
def test_an_order_that_was_only_separated_times_out_by_itself(world: World, is_swept: bool) -> None:
    world.reset(sweeper=is_swept)
    order = world.place()
    world.cloud.advance(600)
    new = separates(world, order, 2).json()["order_id"]

    world.cloud.advance(1259)

    assert [world.order(one)["state"] for one in (order, new)] == ["cancelled", "cancelled"]
    assert levels(world) == SHELVES


def test_two_orders_out_of_one_are_sent_received_and_settled(world: World) -> None:
    order = world.place()
    new = pays_part(world, order, 2).json()
    world.pay(new["payments"][0])
    world.pay(world.start(order))
    world.cloud.settle()

    world.cancel(order, {1: 1})
    world.cloud.advance(DAY)

    accounts = world.accounts()
    assert accounts["clearing:sandbox"] == TEA_PART + TOYS_PART - 1999
    assert sum(accounts.values()) == 0
    assert [r["state"] for r in world.order(order)["refunds"]] == ["succeeded"]
    assert stock_is_as_orders_moved_it(world)
