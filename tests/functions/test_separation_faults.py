"""Two transactions and a provider: wherever paying, or cancelling, a part dies, it ends as if nothing had happened.

Either the client repeats, and all is as it would have been; or nobody does, and what was made times out by itself.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.separating import (
    SHELVES,
    TEA_PART,
    TOYS_PART,
    levels,
    parts,
    stock_is_as_orders_moved_it,
)
from tests.http_world import World
from tests.sweep.faults import Fault, answer_lost, conflict, crash_after, crash_before, striking, throttled

STRUCK = {
    "payments": (crash_before, crash_after, throttled, conflict, answer_lost),
    "cancellation": (crash_before, answer_lost),
    "separation": (crash_after, throttled),
}
CASES = [(what, fault) for what, faults in STRUCK.items() for fault in faults]
BODIES: dict[str, dict[str, str]] = {
    "payments": {"provider": "sandbox"},
    "cancellation": {"reason": "changed_mind"},
    "separation": {},
}


def acts(world: World, order: str, what: str) -> Any:
    """As a good client: again under the same key while the answer is a 5xx."""
    return world.command(f"/orders/{order}/{what}", parts(order, 2) | BODIES[what])


def calls_of(world: World, what: str) -> int:
    world.reset(sweeper=False)
    order = world.place()
    with striking() as struck:
        acts(world, order, what)
    return len(struck.calls)


@pytest.mark.parametrize(("what", "fault"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_a_client_who_repeats_finds_it_done_once(world: World, what: str, fault: Fault) -> None:
    for position in range(calls_of(world, what)):
        world.reset(sweeper=False)
        order = world.place()

        with striking(position, fault):
            answer = acts(world, order, what)
            world.cloud.settle()

        listed = {one["order_id"]: one for one in world.read("/orders")["orders"]}
        assert set(listed) == {order, answer["order_id"]}, position
        assert [listed[one]["payable"]["amount"] for one in (order, answer["order_id"])] == [
            TEA_PART,
            TOYS_PART,
        ]
        assert len(world.order(answer["order_id"])["payments"]) == (what == "payments"), position
        assert stock_is_as_orders_moved_it(world), position


@pytest.mark.parametrize("fault", [crash_before, crash_after], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("what", ["payments", "cancellation"])
def test_a_client_who_never_comes_back_leaves_nothing_held(world: World, what: str, fault: Fault) -> None:
    """One order or two: whatever was made is over when the time to pay is."""
    made = set()
    for position in range(calls_of(world, what)):
        world.reset()
        order = world.place()
        with striking(position, fault):
            world.send("POST", f"/orders/{order}/{what}", parts(order, 2) | BODIES[what])
        made.add(len(world.read("/orders")["orders"]))

        world.cloud.advance(1800 + 120)

        states = [one["state"] for one in world.read("/orders")["orders"]]
        assert set(states) == {"cancelled"}, position
        assert levels(world) == SHELVES, position
        assert stock_is_as_orders_moved_it(world), position
    assert made == {1, 2}  # It died before the separation, and after it.


Before = Callable[[World, str], Any]


def pays_the_rest(world: World, order: str) -> Any:
    return world.pay(world.start(order))


def cancels_the_rest(world: World, order: str) -> Any:
    return world.cancel(order)


@pytest.mark.parametrize("rest", [pays_the_rest, cancels_the_rest], ids=lambda act: act.__name__)
@pytest.mark.parametrize("is_swept", [True, False], ids=["swept", "not swept"])
def test_money_and_goods_of_both_orders_add_up_in_the_end(world: World, rest: Before, is_swept: bool) -> None:
    world.reset(sweeper=is_swept)
    world.sends_twice = True
    order = world.place()

    new = acts(world, order, "payments")
    world.pay(new["payments"][0])
    rest(world, order)
    world.cloud.settle()

    is_paid = rest is pays_the_rest
    assert world.accounts()["clearing:sandbox"] == TOYS_PART + (TEA_PART if is_paid else 0)
    assert sum(world.accounts().values()) == 0
    assert stock_is_as_orders_moved_it(world)
    assert sum(level[1] for shelf in levels(world).values() for level in shelf.values()) == (
        8 if is_paid else 1
    )
