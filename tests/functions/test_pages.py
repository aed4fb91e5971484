"""Lists, page by page: each entry once and in order, and nothing but one's own, whatever the cursor says."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from shared.outside import Call, outside
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, World

OTHER = "01M803G080" + "Z" * 16


def shipped(world: World) -> str:
    order = world.placed_and_paid()
    world.ship_all(order)
    return order


def pages(world: World, path: str, name: str, limit: int, **who: str) -> list[list[Any]]:
    """Every page, as its cursors lead. A page is the list called *name*."""
    found, cursor = [], None
    for _ in range(50):
        following = f"&cursor={quote(cursor)}" if cursor else ""
        page = world.send("GET", f"{path}?limit={limit}{following}", **who).json()
        found.append(page[name])
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_of_orders_hold_each_order_once_and_the_newest_first(world: World, limit: int) -> None:
    mine = []
    for _ in range(7):
        mine.append(world.place({"KITE": 1}))
        world.cloud.advance(1)
    world.send("POST", "/orders", {"lines": [{"sku": "KITE", "quantity": 1}], "address": ADDRESS}, who="b-2")

    found = pages(world, "/orders", "orders", limit)

    assert [order["order_id"] for page in found for order in page] == mine[::-1]
    assert all(len(page) <= limit for page in found)


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_of_the_timeline_hold_each_event_once_in_order(world: World, limit: int) -> None:
    order = shipped(world)
    version = world.order(order)["version"]

    found = pages(world, f"/orders/{order}/timeline", "events", limit)

    told = [event for page in found for event in page]
    assert [event["version"] for event in told] == list(range(1, version + 1))
    assert [event["event"] for event in told][:4] == [
        "order_placed",
        "payment_started",
        "payment_succeeded",
        "goods_allocated",
    ]


@pytest.mark.parametrize("limit", [1, 2, 4, 50])
def test_pages_of_the_merchants_work_are_in_the_order_of_payment(world: World, limit: int) -> None:
    orders = [world.place({"KITE": 1}) for _ in range(5)]
    for order in reversed(orders):
        world.cloud.advance(1)
        world.pay(world.start(order))

    found = pages(world, "/merchant/orders", "sub_orders", limit, role="merchant", who="m-toys")

    assert [part["order_id"] for page in found for part in page] == orders[::-1]


def test_what_is_shipped_or_cancelled_leaves_the_merchants_work(world: World) -> None:
    orders = [world.placed_and_paid({"KITE": 1}) for _ in range(3)]
    world.ship(orders[0], 1)
    world.cancel(orders[1])

    [page] = pages(world, "/merchant/orders", "sub_orders", 50, role="merchant", who="m-toys")

    assert [part["order_id"] for part in page] == orders[2:]


@pytest.mark.parametrize(
    "target",
    [
        "/orders?cursor=x",
        "/orders?cursor=ORDER%2301",
        f"/orders?cursor={OTHER}%23",
        f"/orders?cursor={OTHER.lower()}",
        f"/orders?cursor={OTHER}&cursor={OTHER}",
        "/orders?cursor=~",
        "/orders?limit=0",
        "/orders?limit=101",
        "/orders?limit=-1",
        "/orders?limit=1e2",
        "/orders?limit=%EF%BC%91",
        "/orders?limit=all",
        "/orders?limit=10000000000000000000000000",
        "/merchant/orders?cursor=x",
        "/merchant/orders?cursor=merchant:m-tea:awaiting_shipment",
        f"/merchant/orders?cursor=12345678901%23{OTHER}-01",
        "/merchant/orders?limit=51",
        "/merchant/orders?queue=completed",
        "/merchant/orders?queue=merchant:m-tea:awaiting_shipment",
        "/orders/{order}/timeline?cursor=x",
        "/orders/{order}/timeline?cursor=-1",
        "/orders/{order}/timeline?cursor=100000000",
        "/orders/{order}/timeline?cursor=%23PII",
        "/orders/{order}/timeline?limit=101",
    ],
)
def test_a_forged_cursor_or_limit_is_refused(world: World, target: str) -> None:
    order = world.placed_and_paid()
    role, who = ("merchant", "m-toys") if target.startswith("/merchant") else ("buyer", "b-1")

    with nothing_happens(world) as calls:
        answer = world.send("GET", target.format(order=order), role=role, who=who)

    problem_of(answer, 422, "invalid_request")
    assert calls == []


def test_another_ones_cursor_moves_in_the_callers_own_list_alone(world: World) -> None:
    theirs = world.send(
        "POST", "/orders", {"lines": [{"sku": "KITE", "quantity": 1}], "address": ADDRESS}, who="b-2"
    ).json()["order_id"]
    world.cloud.advance(1)
    mine = world.place({"KITE": 1})

    after, before = (
        world.send("GET", f"/orders?cursor={cursor}").json()["orders"] for cursor in ("7" + "Z" * 25, theirs)
    )

    assert [order["order_id"] for order in after] == [mine]
    assert before == []


def test_another_merchants_cursor_moves_in_the_callers_own_list_alone(world: World) -> None:
    order = world.placed_and_paid()
    cursor = f"000000000000%23{order}-01"

    page = world.send("GET", f"/merchant/orders?cursor={cursor}", role="merchant", who="m-toys").json()

    assert [part["sub_order_id"] for part in page["sub_orders"]] == [f"{order}-02"]


def test_a_list_that_lags_behind_does_not_end_too_early(world: World) -> None:
    """The index still lists a part that has just been shipped, as the last of its page."""
    orders = []
    for _ in range(3):
        orders.append(world.placed_and_paid({"KITE": 1}))
        world.cloud.advance(1)
    stale: list[Any] = []

    def lagging(call: Call, act: Callable[[], Any]) -> Any:
        answer = act()
        if call.request.get("IndexName") == "queue" and not stale:
            stale.append(answer)
            world.ship(orders[1], 1)
        return answer

    outside.around.append(lagging)
    first = world.send("GET", "/merchant/orders?limit=2", role="merchant", who="m-toys").json()
    assert first["next_cursor"] is not None
    path = f"/merchant/orders?cursor={quote(first['next_cursor'])}"
    rest = world.send("GET", path, role="merchant", who="m-toys").json()

    assert [part["order_id"] for part in first["sub_orders"]] == orders[:1]
    assert [part["order_id"] for part in rest["sub_orders"]] == orders[2:]
