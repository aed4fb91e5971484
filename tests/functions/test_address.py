"""The address is corrected while it is ours alone; afterwards everybody is told why it cannot be."""

from typing import Any

import pytest

from tests.functions.parcels import fulfilment, message, partners, post, progressed
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, World

RIGHT = ADDRESS | {"street": "Lane 2", "phone": "+86 10 8765 4321"}
SUPPORT = {"role": "support", "who": "s-1"}


def correct(world: World, order_id: str, address: Any = None, **more: Any) -> Any:
    return world.send("POST", f"/orders/{order_id}/address", address or RIGHT, **more)


def kept(world: World, order_id: str) -> dict[str, Any]:
    [row] = [row for row in world.rows() if (row["pk"], row["sk"]) == (f"ORDER#{order_id}", "#PII")]
    return {name: value for name, value in row.items() if name not in ("pk", "sk")}


@pytest.mark.parametrize("who", [{}, SUPPORT, {"role": "operator", "who": "op-1"}])
def test_it_is_replaced_whole_and_the_history_says_that_it_was_and_not_what_it_is(
    world: World, who: dict[str, str]
) -> None:
    order_id = world.placed_and_paid({"TEA": 1})

    answer = correct(world, order_id, **who)

    assert answer.status == 200, answer.body
    assert kept(world, order_id) == RIGHT
    events = world.read(f"/orders/{order_id}/timeline")["events"]
    assert events[-1]["event"] == "address_corrected"
    others = [row for row in world.rows() if row["sk"] != "#PII"]
    assert not any(word in repr(others) for word in ("Lane 2", "8765"))


def test_the_merchant_ships_to_the_right_address(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    assert correct(world, order_id).status == 200

    seen = world.read(f"/merchant/sub-orders/{order_id}-01", role="merchant", who="m-tea")

    assert seen["address"]["street"] == "Lane 2"


def test_before_it_is_paid_too_and_the_time_to_pay_runs_on(world: World) -> None:
    order_id = world.place({"TEA": 1})

    assert correct(world, order_id).status == 200
    world.cloud.advance(31 * 60)

    assert world.order(order_id)["state"] == "cancelled"


def test_told_twice_it_happens_once(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})

    first, again = (correct(world, order_id, key="k-1") for _ in range(2))
    other = correct(world, order_id, ADDRESS, key="k-1")

    assert (first.status, again.status) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"
    problem_of(other, 422, "idempotency_key_reused")
    events = [e["event"] for e in world.read(f"/orders/{order_id}/timeline")["events"]]
    assert events.count("address_corrected") == 1


def test_what_has_left_has_its_address(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1, "KITE": 1})
    world.ship(order_id, 1)

    with nothing_happens(world):
        refused = correct(world, order_id)

    assert problem_of(refused, 409, "address_handed_over")["parcels"] == [1]


def test_what_a_warehouse_has_it_has_with_its_address(world: World) -> None:
    with partners(world) as wms:
        wms.answers["push"] = (503, {})
        order_id = world.placed_and_paid({"TEA": 1})  # Nobody knows whether it has it.
        pushing = correct(world, order_id)
        assert post(world, message(world, progressed(fulfilment(order_id), "accepted"))).status == 200
        there = correct(world, order_id)

    for refused in (pushing, there):
        problem_of(refused, 409, "address_handed_over")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"country": "GB"}, "address_elsewhere"),
        ({"region": "Zhejiang"}, "address_elsewhere"),
        ({"street": ""}, "address_incomplete"),
        ({"city": " "}, "address_incomplete"),
        ({"country": "KP"}, "address_not_deliverable"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_the_reason(
    world: World, address: dict[str, str], code: str
) -> None:
    order_id = world.placed_and_paid({"TEA": 1})

    with nothing_happens(world):
        refused = correct(world, order_id, RIGHT | address)

    assert code in [found["code"] for found in problem_of(refused, 422, "order_refused")["problems"]]


def test_a_cancelled_order_goes_nowhere(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    world.cancel(order_id)

    problem_of(correct(world, order_id), 409, "transition_refused")


@pytest.mark.parametrize("who", ["b-2"])
def test_another_buyer_s_order_is_no_order(world: World, who: str) -> None:
    order_id = world.placed_and_paid({"TEA": 1})

    with nothing_happens(world):
        problem_of(correct(world, order_id, who=who), 404, "not_found")
