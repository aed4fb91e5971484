"""Stock over HTTP: what operators move, limit, spread, look at and check, and what buyers notice of it."""

from typing import Any

import pytest

from shared.outside import aws_client
from shared.store.items import to_item
from tests.functions.racing import struck_before
from tests.functions.routes import CHECK, LIMIT, MOVE, SPREAD, Route, send
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

COMMANDS = (MOVE, LIMIT, SPREAD)


def done(world: World, route: Route, **body: Any) -> Any:
    """The command carried out, with another body where *body* says so."""
    return world.command(route.path, route.body | body, role="operator", who="op-1")


def seen(world: World, sku: str = "TEA", query: str = "") -> Any:
    answer = world.send("GET", f"/operator/stock/{sku}{query}", role="operator", who="op-1", key=None)
    assert answer.status == 200, answer.body
    return answer.json()


def damage(world: World, sku: str, expression: str, **values: Any) -> None:
    """Change the product's first row as no code of ours does."""
    tables = next(iter(world.cloud.runtime.functions.values())).environment
    aws_client("dynamodb").update_item(
        TableName=tables["STOCK_TABLE"],
        Key={"pk": {"S": f"SKU#{sku}"}, "sk": {"S": "STOCK"}},
        UpdateExpression=expression,
        ExpressionAttributeValues=to_item({f":{name}": value for name, value in values.items()}),
    )


def refused(world: World, route: Route, status: int, code: str, **body: Any) -> Any:
    with nothing_happens(world):
        answer = send(world, route, "", body=route.body | body)
    return problem_of(answer, status, code)


def test_received_goods_are_for_sale_at_once(world: World) -> None:
    moved = done(world, MOVE, sku="KITE", kind="received", warehouse="W9", quantity=5)

    number = moved.pop("movement_id")
    assert moved == {
        "kind": "received",
        "sku": "KITE",
        "warehouse": "W9",
        "channel": None,
        "quantity": 5,
        "at": "2026-11-21T22:26:40Z",
        "by": "op-1",
        "parts": [{"warehouse": "W9", "shard": 0, "counter": "available", "units": 5}],
    }
    assert len(number) == 26
    assert world.stock("KITE")["W9"]["available"] == 5
    assert world.place({"KITE": 15})


def test_goods_are_received_before_the_product_is_published(world: World) -> None:
    done(world, MOVE, sku="NEW", kind="received", quantity=5)

    assert seen(world, "NEW")["warehouses"][0]["available"] == 5


def test_what_broke_is_not_for_sale_until_it_is_mended(world: World) -> None:
    done(world, MOVE, sku="KITE", kind="damaged", quantity=8)
    short = world.send("POST", "/quotes", {"lines": [{"sku": "KITE", "quantity": 3}]})
    assert problem_of(short, 422, "order_refused")["problems"][0]["available"] == 2

    done(world, MOVE, sku="KITE", kind="mended", quantity=1)

    assert world.send("POST", "/quotes", {"lines": [{"sku": "KITE", "quantity": 3}]}).status == 200


def place(shard: int, available: int, reserved: int = 0) -> dict[str, int]:
    return {"shard": shard, "available": available, "reserved": reserved, "sold": 0}


W1_LIMITED_AND_SPREAD = {
    "warehouse": "W1",
    "available": 15,
    "reserved": 3,
    "sold": 0,
    "defect": 2,
    "quotas": [{"channel": "tmall", "units_left": 7}],
    "places": [place(0, 0, reserved=3), place(1, 8), place(2, 7)],
}
W2_SPREAD = {
    "warehouse": "W2",
    "available": 20,
    "reserved": 0,
    "sold": 0,
    "defect": 0,
    "quotas": [],
    "places": [place(0, 0), place(1, 10), place(2, 10)],
}


def test_an_operator_sees_what_lies_where_and_what_happened(world: World) -> None:
    world.place({"TEA": 3})
    done(world, MOVE, kind="damaged", quantity=2)
    done(world, LIMIT, channel="tmall", units=7)
    world.cloud.advance(60)
    done(world, SPREAD, shards=2)

    stock = seen(world)

    movements = stock.pop("movements")
    assert stock == {
        "sku": "TEA",
        "shards": 2,
        "drained": 0,
        "is_sold_out": False,
        "next_cursor": None,
        "warehouses": [W1_LIMITED_AND_SPREAD, W2_SPREAD],
    }
    assert next(m["kind"] for m in movements if m["by"] == "op-1") == "spread"
    assert sorted(m["kind"] for m in movements) == ["damaged", "quota", "received", "received", "spread"]


def test_movements_are_read_in_pages(world: World) -> None:
    for _ in range(5):
        done(world, MOVE)
        world.cloud.advance(60)

    pages, query = [], "?limit=3"
    while True:
        page = seen(world, query=query)
        pages.append([movement["movement_id"] for movement in page["movements"]])
        if page["next_cursor"] is None:
            break
        query = f"?limit=3&cursor={page['next_cursor']}"

    numbers = [number for page in pages for number in page]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 7


def test_a_quota_holds_its_channel_and_nobody_else(world: World) -> None:
    done(world, LIMIT, sku="KITE", channel="tmall", units=2)
    order = {"lines": [{"sku": "KITE", "quantity": 3}], "channel": "tmall"}

    short = world.send("POST", "/quotes", order)

    assert problem_of(short, 422, "order_refused")["problems"][0]["available"] == 2
    assert world.send("POST", "/quotes", order | {"channel": "web"}).status == 200
    done(world, LIMIT, sku="KITE", channel="tmall", units=None)
    assert world.send("POST", "/quotes", order).status == 200
    assert seen(world, "KITE")["warehouses"][0]["quotas"] == [{"channel": "tmall", "units_left": None}]


def test_what_cannot_be_moved_is_refused_with_a_way_out(world: World) -> None:
    problem = refused(world, MOVE, 409, "units_short", kind="lost", quantity=99)
    assert (problem["available"], problem["wanted"]) == (20, 99)

    refused(world, MOVE, 404, "stock_unknown", sku="NEVER", kind="lost")
    refused(world, LIMIT, 404, "stock_unknown", sku="NEVER")
    refused(world, SPREAD, 404, "stock_unknown", sku="NEVER")

    done(world, MOVE, kind="received", quantity=1_000_000)
    with nothing_happens(world):
        answer = world.send("GET", "/operator/stock/NEVER", role="operator", who="op-1", key=None)
    problem_of(answer, 404, "stock_unknown")


def test_there_is_an_end_to_what_one_product_can_hold(world: World) -> None:
    for number in range(14):
        done(world, MOVE, kind="received", warehouse=f"E{number}")

    problem = refused(world, MOVE, 409, "stock_limit_reached", kind="received", warehouse="E99")

    assert problem["limit"] == 16


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: route.path)
def test_the_same_request_under_the_same_key_gets_the_same_answer_and_does_nothing(
    world: World, route: Route
) -> None:
    first = send(world, route, "", key="key", body=route.body)
    world.cloud.advance(8 * DAY)

    with nothing_happens(world):
        again = send(world, route, "", key="key", body=route.body)

    assert (first.status, again.status) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: route.path)
@pytest.mark.parametrize("sku", ["TEA", "KITE"])
def test_a_key_never_stands_for_two_requests(world: World, route: Route, sku: str) -> None:
    first = MOVE.body | {"quantity": 9}
    assert send(world, MOVE, "", key="key", body=first).status == 201

    with nothing_happens(world):
        other = send(world, route, "", key="key", body=route.body | {"sku": sku})

    problem_of(other, 422, "idempotency_key_reused")


def test_what_was_refused_does_not_use_its_key_up(world: World) -> None:
    lost = MOVE.body | {"kind": "lost", "quantity": 25}
    problem_of(send(world, MOVE, "", key="key", body=lost), 409, "units_short")

    done(world, MOVE, kind="found", quantity=9)

    assert send(world, MOVE, "", key="key", body=lost).status == 201


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?cursor=a%23b", f"?cursor={'x' * 65}"])
def test_a_page_that_there_cannot_be_is_refused(world: World, query: str) -> None:
    answer = world.send("GET", f"/operator/stock/TEA{query}", role="operator", who="op-1", key=None)

    problem_of(answer, 422, "invalid_request")


@pytest.mark.parametrize(("before", "after"), [(0, 4), (4, 0)])
def test_an_order_that_is_placed_while_its_goods_are_spread_is_placed(
    world: World, before: int, after: int
) -> None:
    done(world, SPREAD, shards=before)

    with struck_before("order_placed", lambda: done(world, SPREAD, shards=after)):
        order_id = world.place({"TEA": 20})

    assert world.order(order_id)["state"] == "pending_payment"
    assert send(world, CHECK, "", body=CHECK.body).json()["is_clean"]
    world.cancel(order_id)
    assert [(w["available"], w["reserved"]) for w in seen(world)["warehouses"]] == [(20, 0), (20, 0)]


def test_the_drift_check_finds_nothing_in_a_shop_where_all_is_well(world: World) -> None:
    world.placed_and_paid()
    done(world, SPREAD)
    world.cancel(world.placed_and_paid({"TEA": 2}))

    with nothing_happens(world):
        report = send(world, CHECK, "", body=CHECK.body).json()

    assert report["is_clean"]
    # TEA lies in three rows, POT and KITE in one each; 5 deliveries, a spread, 2 orders and a cancellation.
    assert (report["rows"], report["entries"], report["differing"], report["repaired"]) == (5, 9, 0, 0)


def test_the_drift_check_tells_damage_and_repairs_it_only_when_asked_to(world: World) -> None:
    world.place({"TEA": 3})
    damage(world, "TEA", "SET warehouses.W1.available = :n, warehouses.W1.reserved = :m", n=1, m=-4)
    told = {"sku": "TEA", "warehouse": "W1", "shard": 0}

    before = world.everything()
    found = send(world, CHECK, "", body={}).json()
    [noted] = set(world.everything()) - set(before)  # The register is told, and nothing else is touched.
    repaired = done(world, CHECK)
    after = done(world, CHECK)

    assert found["differences"] == [
        told | {"counter": "available", "expected": 17, "found": 1},
        told | {"counter": "reserved", "expected": 3, "found": -4},
    ]
    assert found["negative"] == found["differences"][1:]
    assert "stock_drift" in noted
    assert "STOCK#TEA#0" in noted
    assert (repaired["is_clean"], repaired["repaired"]) == (False, 1)
    assert (after["is_clean"], after["repaired"]) == (True, 0)
    assert world.stock("TEA")["W1"] == {"available": 17, "reserved": 3, "sold": 0}
    assert [m["by"] for m in seen(world)["movements"] if m["kind"] == "repaired"] == ["op-1"]


def test_a_shop_too_large_for_one_request_is_told_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.stock_api.PAGES_MAX", 2)

    problem = refused(world, CHECK, 409, "too_much_to_check")

    assert problem["command"] == "python -m local.drift --tables ORDERS STOCK"
