"""Held money that its provider is about to let go: people hear of it in time, once, and it is over by itself."""

from typing import Any

import pytest

from tests.http_world import DAY, World

OPERATOR = {"role": "operator", "who": "op-1"}
THAW = 30


def thawing(world: World) -> list[Any]:
    """Open entries of this kind."""
    found = world.read("/register?owner=operator&kind=escrow_thawing", **OPERATOR, key=None)["entries"]
    return list(found)


def paid_at(world: World, provider: str) -> str:
    order_id = world.place({"KITE": 1})
    world.at_provider(world.opens(order_id, provider), "pay")
    return order_id


def days_pass(world: World, days: int) -> None:
    for _ in range(days):
        world.cloud.advance(DAY)


@pytest.mark.parametrize("provider", ["alipay", "wechatpay"])
def test_what_nobody_ships_is_told_a_week_before_it_thaws_and_not_earlier(
    world: World, provider: str
) -> None:
    order_id = paid_at(world, provider)
    days_pass(world, THAW - 8)
    assert thawing(world) == []
    days_pass(world, 1)

    [entry] = thawing(world)

    assert (entry["order_id"], entry["playbook"]) == (order_id, "docs/playbooks/escrow-thawing.md")
    days_pass(world, 3)
    assert len(thawing(world)) == 1


def test_stripe_holds_nothing(world: World) -> None:
    paid_at(world, "stripe")
    days_pass(world, THAW)

    assert thawing(world) == []


def test_what_is_settled_in_time_is_nobodys_trouble(world: World) -> None:
    order_id = paid_at(world, "wechatpay")
    world.ship_all(order_id)
    world.arrive(order_id)
    world.receive(order_id)
    days_pass(world, THAW - 5)

    assert thawing(world) == []


def test_what_is_refunded_is_over_by_itself(world: World) -> None:
    order_id = paid_at(world, "alipay")
    days_pass(world, THAW - 6)
    assert len(thawing(world)) == 1

    world.cancel(order_id)
    days_pass(world, 1)

    assert thawing(world) == []
