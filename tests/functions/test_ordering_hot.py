"""A hot SKU over HTTP: its units lie in shards, and everything a buyer sees is as if they did not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.demo.invariants import violations
from shared.outside import Call, outside
from tests.functions.ordering import codes, happened, refused
from tests.functions.racing import taking_turns
from tests.http_world import ADDRESS, DAY, World, order_of

SHARDS = 8
ATTEMPTS_MAX = 50


def spread(world: World, sku: str, shards: int) -> None:
    world.command("/operator/stock/shards", {"sku": sku, "shards": shards}, role="operator", who="op-1")


def sells_hot(world: World, units: int, shards: int = SHARDS, **more: Any) -> None:
    world.sells("HOT", "m-toys", 1_000, {"W1": units}, **more)
    spread(world, "HOT", shards)


def levels(world: World) -> list[dict[str, int]]:
    """What lies in the first row and in each shard."""
    return [world.stock(sku)["W1"] for sku in ("HOT", *(f"HOT#{n}" for n in range(1, SHARDS + 1)))]


def total(world: World) -> dict[str, int]:
    return {name: sum(level[name] for level in levels(world)) for name in ("available", "reserved", "sold")}


def is_flagged(world: World) -> bool:
    [row] = [r for r in world.rows("STOCK_TABLE") if (r["pk"], r["sk"]) == ("SKU#HOT", "STOCK")]
    return bool(row.get("sold_out", False))


def comes_to_rest(world: World) -> None:
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)
    assert violations(world.cloud) == []


def test_forty_buyers_at_once_get_twenty_five_units_and_not_one_more(world: World) -> None:
    sells_hot(world, 25)
    world.cloud.settles = False
    tokens = [world.cloud.token(f"b-{n}", "buyer") for n in range(40)]
    body = order_of({"HOT": 1})

    def buys(number: int) -> Any:
        """As a good client does: again under the same key while others are in the way."""
        headers = {"authorization": f"Bearer {tokens[number]}", "idempotency-key": f"k-{number}"}
        for _ in range(ATTEMPTS_MAX):
            with turn:
                answer = world.send("POST", "/orders", body, headers=headers, key=None)
            if answer.status in (201, 422):
                break
        return answer

    with taking_turns() as turn, ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(buys, range(40)))
    world.cloud.settles = True
    world.cloud.settle()

    assert sorted(answer.status for answer in answers) == [201] * 25 + [422] * 15
    told = [answer.json()["problems"] for answer in answers if answer.status == 422]
    assert {code for problems in told for code, _ in codes(problems)} == {"sold_out"}
    assert len({a.json()["order_id"] for a in answers if a.status == 201}) == 25
    assert happened(world, "order_placed") == 25
    assert total(world) == {"available": 0, "reserved": 25, "sold": 0}
    assert is_flagged(world)
    comes_to_rest(world)
    assert total(world) == {"available": 25, "reserved": 0, "sold": 0}


def test_an_order_of_one_unit_touches_one_shard_and_not_the_first_row(world: World) -> None:
    sells_hot(world, 80)

    world.place({"HOT": 1})

    touched = [level for level in levels(world) if level["reserved"]]
    assert touched == [{"available": 9, "reserved": 1, "sold": 0}]
    assert levels(world)[0] == {"available": 0, "reserved": 0, "sold": 0}


def test_no_sale_is_lost_because_its_shard_is_empty(world: World) -> None:
    sells_hot(world, 3)

    orders = [world.place({"HOT": 1}, who=f"b-{n}") for n in range(3)]

    assert len(set(orders)) == 3
    assert total(world) == {"available": 0, "reserved": 3, "sold": 0}


def test_more_units_than_any_shard_holds_come_out_of_several(world: World) -> None:
    sells_hot(world, 25)

    order = world.placed_and_paid({"HOT": 25})
    world.ship_all(order)

    assert total(world) == {"available": 0, "reserved": 0, "sold": 25}
    assert len(world.order(order)["sub_orders"][0]["parcels"]) == 1  # Shards are no warehouses.
    comes_to_rest(world)


def test_who_wants_more_than_all_shards_hold_is_told_how_many_are_left(world: World) -> None:
    sells_hot(world, 25)
    world.place({"HOT": 4}, who="b-2")

    answer = world.send("POST", "/orders", order_of({"HOT": 22}))

    [problem] = answer.json()["problems"]
    assert (problem["code"], problem["available"]) == ("stock_short", 21)
    assert not is_flagged(world)


def test_the_sold_out_flag_appears_answers_the_next_one_in_one_read_and_goes_with_the_first_release(
    world: World,
) -> None:
    sells_hot(world, 2)
    orders = [world.place({"HOT": 1}, who=f"b-{n}") for n in range(2)]
    before = is_flagged(world)
    first = world.send("POST", "/orders", order_of({"HOT": 1}))
    flagged = is_flagged(world)
    calls = list[Call]()

    def count(call: Call, act: Any) -> Any:
        calls.append(call)
        return act()

    outside.around.append(count)
    problems = refused(world, order_of({"HOT": 1}))
    outside.around.remove(count)
    world.cancel(orders[0], who="b-0")

    assert (before, first.status, flagged) == (False, 422, True)
    assert codes(problems) == [("sold_out", "/lines/0/quantity")]
    assert [call.operation for call in calls] == [
        "batch_get_item",
        "get_item",
    ]  # The second: was it a repeat?
    assert not is_flagged(world)
    assert world.send("POST", "/orders", order_of({"HOT": 1})).status == 201


def cancelled_unpaid(world: World, order: str) -> None:
    world.cancel(order)


def cancelled_paid(world: World, order: str) -> None:
    world.pay(world.start(order))
    world.cancel(order)


def one_unit_cancelled(world: World, order: str) -> None:
    world.pay(world.start(order))
    world.cancel(order, {1: 1})


def timed_out(world: World, _order: str) -> None:
    world.cloud.advance(1800)


def received(world: World, _order: str) -> None:
    body = {"sku": "HOT", "warehouse": "W1", "kind": "found", "quantity": 1}
    world.command("/operator/stock/movements", body, role="operator", who="op-1")


WAYS_BACK = (cancelled_unpaid, cancelled_paid, one_unit_cancelled, timed_out, received)


@pytest.mark.parametrize("comes_back", WAYS_BACK, ids=lambda way: way.__name__)
def test_whatever_brings_a_unit_back_takes_the_flag_off(world: World, comes_back: Any) -> None:
    sells_hot(world, 2)
    order = world.place({"HOT": 2})
    world.send("POST", "/orders", order_of({"HOT": 1}), who="b-2")
    flagged = is_flagged(world)

    comes_back(world, order)

    assert (flagged, is_flagged(world)) == (True, False)
    assert world.send("POST", "/orders", order_of({"HOT": 1}), who="b-2").status == 201
    assert violations(world.cloud) == []


def test_partly_shipped_and_partly_cancelled_every_shard_gives_up_what_it_held(world: World) -> None:
    sells_hot(world, 25)
    order = world.placed_and_paid({"HOT": 20, "TEA": 1})

    world.cancel(order, {1: 7})
    world.ship_all(order)

    assert total(world) == {"available": 12, "reserved": 0, "sold": 13}
    assert all(level["reserved"] == 0 for level in levels(world))
    comes_to_rest(world)


def test_a_hot_sku_whose_stock_is_taken_at_payment_is_taken_from_a_shard_that_has_it(world: World) -> None:
    sells_hot(world, 8, flags=["deferred"])
    orders = [(world.place({"HOT": 1}, who=f"b-{n}"), f"b-{n}") for n in range(9)]

    for order, who in orders:
        world.pay(world.start(order, who))

    states = [world.order(order, who)["state"] for order, who in orders]
    assert sorted(states) == ["awaiting_shipment"] * 8 + ["cancelled"]
    assert total(world) == {"available": 0, "reserved": 8, "sold": 0}
    comes_to_rest(world)


def test_shards_that_are_laid_together_while_somebody_buys_lose_nothing(world: World) -> None:
    sells_hot(world, 16)
    order = world.placed_and_paid({"HOT": 5})

    spread(world, "HOT", 2)
    world.cancel(order, {1: 2})
    second = world.placed_and_paid({"HOT": 13}, who="b-2")
    spread(world, "HOT", 0)
    world.ship_all(order)

    assert world.order(second, "b-2")["state"] == "awaiting_shipment"
    assert total(world) == {"available": 0, "reserved": 13, "sold": 3}
    assert codes(refused(world, {"lines": [{"sku": "HOT", "quantity": 1}], "address": ADDRESS})) == [
        ("sold_out", "/lines/0/quantity")
    ]
    comes_to_rest(world)
