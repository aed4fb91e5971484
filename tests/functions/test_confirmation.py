"""The buyer's evidence: on the bus with the address masked, for the buyer with the address, the same facts in both."""

import json
from typing import Any

from shared.outside import Call
from tests.functions.watching import nothing_happens, recording
from tests.http_world import ADDRESS, DAY, OPENED_AT, World, offer

MASKED = {
    "name": "L***",
    "phone": "+***",
    "country": "CN",
    "city": "B***",
    "street": "L***",
}
LINES = [
    {
        "line": 1,
        "sku": "TEA",
        "name": "A tea",
        "spec": "",
        "quantity": 3,
        "unit_price": 1999,
        "payable": 5997,
    },
    {
        "line": 2,
        "sku": "BOW",
        "name": "A bow",
        "spec": "red, 40 cm",
        "quantity": 2,
        "unit_price": 4500,
        "payable": 9000,
    },
]


def details(calls: list[Call], event: str) -> list[dict[str, Any]]:
    entries = [entry for call in calls if call.operation == "put_events" for entry in call.request["Entries"]]
    return [json.loads(entry["Detail"]) for entry in entries if entry["DetailType"] == event]


def confirmed(world: World, order: str) -> Any:
    return world.send("GET", f"/orders/{order}/confirmation").json()


def facts(order: str) -> dict[str, Any]:
    return {
        "order_id": order,
        "placed_at": "2026-11-21T22:26:40Z",
        "currency": "CNY",
        "lines": LINES,
        "goods": 14_997,
        "freight": 1_600,
        "total": 16_597,
        "points": 0,
        "payment_method": "sandbox",
        "confirmed_exclusions": [],
        "promised": [
            {
                "sub_order_id": f"{order}-01",
                "ship_by": "2026-11-23T22:26:40Z",
                "deliver_by": "2026-11-28T22:26:40Z",
            },
            {
                "sub_order_id": f"{order}-02",
                "ship_by": "2026-11-23T22:26:40Z",
                "deliver_by": "2026-11-28T22:26:40Z",
            },
        ],
    }


def test_whoever_subscribes_and_the_buyer_are_told_the_same_facts_and_only_the_buyer_the_address(
    world: World,
) -> None:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, spec="red, 40 cm")

    with recording() as calls:
        order = world.place({"TEA": 3, "BOW": 2}, payment_method="sandbox")
    [told] = details(calls, "order_placed")
    with nothing_happens(world):
        read = confirmed(world, order)

    assert told["confirmation"] == facts(order) | {"address": MASKED}
    assert read == facts(order) | {"address": ADDRESS}


def test_points_paid_with_stand_in_the_confirmation(world: World) -> None:
    world.gives_points(500)
    order = world.place({"TEA": 1}, points=300)

    read = confirmed(world, order)

    assert (read["points"], read["goods"], read["total"]) == (300, 1999 - 300, 1999 - 300 + 800)


def test_a_presale_is_promised_from_its_date(world: World) -> None:
    date = OPENED_AT + 30 * DAY
    world.sells("NEW", "m-toys", 500, {"W1": 1}, flags=["presale"], ships_at="2026-12-21T22:26:40Z")
    order = world.place({"NEW": 1, "TEA": 1})

    presale, tea = confirmed(world, order)["promised"]

    assert (presale["ship_by"], presale["deliver_by"]) == ("2026-12-23T22:26:40Z", "2026-12-28T22:26:40Z")
    assert tea["ship_by"] == "2026-11-23T22:26:40Z"
    assert date == 1_797_892_000


def test_the_promise_is_counted_anew_from_when_it_was_paid(world: World) -> None:
    order = world.place({"TEA": 1})
    payment = world.start(order)
    world.cloud.advance(1000)
    world.pay(payment)

    [promised] = confirmed(world, order)["promised"]

    assert promised["ship_by"] == "2026-11-23T22:43:20Z"


def test_no_event_but_the_one_that_places_the_order_carries_a_confirmation(world: World) -> None:
    with recording() as calls:
        order = world.placed_and_paid()
        world.ship_all(order)
        world.receive(order)

    told = [
        json.loads(entry["Detail"])
        for call in calls
        if call.operation == "put_events"
        for entry in call.request["Entries"]
    ]
    assert len(told) == 7
    assert {detail["event"] for detail in told if "confirmation" in detail} == {"order_placed"}
    assert all("#PII" not in json.dumps(detail) for detail in told)


def test_a_very_long_order_is_confirmed_when_its_last_goods_are_held(world: World) -> None:
    wanted = world.sells_many(120, {"W1": 1})

    with recording() as calls:
        order = world.place(wanted)

    assert [told.get("confirmation") for told in details(calls, "order_received")] == [None]
    [told] = details(calls, "order_placed")
    assert told["confirmation"]["address"] == MASKED
    assert told["confirmation"]["lines"] == [  # Without names: they could be more than an event may hold.
        {"line": number, "sku": sku, "quantity": 1, "unit_price": 100, "payable": 100}
        for number, sku in enumerate(wanted, 1)
    ]
    assert told["confirmation"]["total"] == 120 * 100 + 800
    read = confirmed(world, order)
    assert [line["name"] for line in read["lines"]] == [f"A {sku.lower()}" for sku in wanted]
    assert {**read, "lines": told["confirmation"]["lines"]} == told["confirmation"] | {"address": ADDRESS}


def test_of_a_hundred_lines_the_event_tells_every_name(world: World) -> None:
    wanted = world.sells_many(100, {"W1": 1})

    with recording() as calls:
        order = world.place(wanted)

    [told] = details(calls, "order_placed")
    assert confirmed(world, order) == told["confirmation"] | {"address": ADDRESS}


def test_events_of_long_orders_with_long_names_are_told_a_few_at_a_time(world: World) -> None:
    """PutEvents refuses a call of more than 256 KiB, all of it."""
    names = {"name": "龙" * 200, "spec": "红" * 200}
    skus = [f"S-{number:02}" for number in range(90)]
    for start in range(0, 90, 15):
        world.publish("sku", *(offer(sku, "m-toys", 100) | names for sku in skus[start : start + 15]))
    for sku in skus:
        world.receives(sku, {"W1": 5})
    world.cloud.settles = False
    orders = [world.place(dict.fromkeys(skus, 1)) for _ in range(4)]
    world.cloud.settles = True

    with recording() as calls:
        world.cloud.settle()

    told = [call.request["Entries"] for call in calls if call.operation == "put_events"]
    sizes = [sum(len(entry["Detail"].encode()) for entry in entries) for entries in told]
    assert max(sizes) < 256 * 1024
    assert sorted(one["order_id"] for one in details(calls, "order_placed")) == sorted(orders)
    assert [one["confirmation"]["lines"][0]["name"] for one in details(calls, "order_placed")] == [
        "龙" * 200
    ] * 4
