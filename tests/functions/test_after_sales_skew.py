"""Two releases at work at once on one case: what the older one does with what the newer one wrote, and the other way.

Events and states only grow. What an older release does not know it leaves unfinished, and it is announced again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.outside import Call, outside
from shared.settings import settings
from tests.functions.claims import TEA, Claim, claim, refunded
from tests.functions.parcels import Partners, message, partners, post
from tests.functions.racing import events_in
from tests.functions.showing import received
from tests.functions.test_after_sales_warehouses import arrived, shipped_by_w1
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import SWEPT, World

KNOWN, NEWER = "case_approved", "case_blessed"


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


@contextmanager
def a_newer_release() -> Iterator[None]:
    """What it approves it calls by another name, and by another row of its table."""

    def rename(call: Call, act: Callable[[], Any]) -> Any:
        if KNOWN in events_in(call):
            for action in call.request["TransactItems"]:
                item = action.get("Put", {}).get("Item", {})
                if item.get("sk", {}).get("S", "").startswith("#EVENT#"):
                    item |= renamed(item, KNOWN, NEWER)
        return act()

    outside.around.append(rename)
    try:
        yield
    finally:
        outside.around.remove(rename)


def renamed(item: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The members of an EVENT row, as the table has them, that say what happened."""
    steps = [
        {"M": step["M"] | {"row": {"S": step["M"]["row"]["S"].replace(old, new)}}}
        for step in item["steps"]["L"]
    ]
    return {"event": {"S": new}, "steps": {"L": steps}}


def newest(world: World, order: str) -> dict[str, Any]:
    events = [
        row for row in world.rows() if row["pk"] == f"ORDER#{order}" and row["sk"].startswith("#EVENT#")
    ]
    return max(events, key=lambda row: row["sk"])


def rewrite(pk: str, sk: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Put a row of the orders' table back as another release would have it."""
    table, key = settings().orders_table, {"pk": {"S": pk}, "sk": {"S": sk}}
    item = outside.aws("dynamodb", "get_item", TableName=table, Key=key)["Item"]
    outside.aws("dynamodb", "put_item", TableName=table, Item=change(item))


def is_rolled_out(world: World, order: str) -> None:
    """Everybody runs the newer release, which knows its name. (Here: it is called as we call it.)"""
    event = newest(world, order)
    rewrite(event["pk"], event["sk"], lambda item: item | renamed(item, NEWER, KNOWN))


def approved_by_a_newer_release(world: World, order: str) -> Claim:
    asked = claim(world, order, "return_refund")
    with a_newer_release():
        asked.approve()
    return asked


def expected(wms: Partners) -> list[Any]:
    return [told for _, place, told in wms.asked if place == "W1/returns"]


def test_what_this_release_does_not_know_stays_unfinished_and_is_done_by_the_one_that_does(
    world: World, wms: Partners
) -> None:
    asked = approved_by_a_newer_release(world, shipped_by_w1(world))
    world.cloud.advance(SWEPT)
    world.cloud.advance(SWEPT)
    waiting = newest(world, asked.order), expected(wms), world.cloud.counts["execution_failed"]

    is_rolled_out(world, asked.order)
    world.cloud.advance(SWEPT)

    assert (waiting[0]["event"], "unfinished_since" in waiting[0], waiting[1]) == (NEWER, True, [])
    assert waiting[2] >= 3  # Announced at once, and by each sweep.
    assert "unfinished_since" not in newest(world, asked.order)
    assert [told["return_id"] for told in expected(wms)] == [asked.case_id]


def test_everybody_goes_on_with_a_case_whose_last_event_nobody_here_knows(world: World) -> None:
    asked = approved_by_a_newer_release(world, received(world))

    seen = world.order(asked.order), asked.read()
    listed = world.read("/register?owner=support", role="support", who="s-1")["entries"]
    asked.send_back()
    asked.inspect(good=1)

    assert (seen[1]["state"], seen[1]["allowed_actions"] != []) == ("awaiting_return", True)
    assert listed == []
    assert (asked.state, refunded(world, asked.order)) == ("completed", [("succeeded", TEA, "no_reason")])


def test_a_message_of_a_kind_that_is_not_known_yet_is_no_message(world: World, wms: Partners) -> None:
    asked = claim(world, shipped_by_w1(world), "return_refund")
    asked.approve()

    with nothing_happens(world):
        answer = post(world, message(world, arrived(asked) | {"type": "return.weighed"}))

    [wrong] = problem_of(answer, 422, "invalid_request")["fields"]
    assert wrong["at"] == "/type"
    assert asked.state == "awaiting_return"


def test_a_case_that_another_release_stored_is_read_with_more_and_with_fewer_members(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    added = ("tracked_at", "misnumbered", "points", "goes_back", "waits")  # Not from the very beginning.

    rewrite(
        f"ORDER#{asked.order}",
        "CASE#01",
        lambda item: {k: v for k, v in item.items() if k not in added} | {"mood": {"S": "calm"}},
    )

    asked.approve()
    asked.send_back()
    asked.inspect(good=1)
    assert (asked.state, refunded(world, asked.order)) == ("completed", [("succeeded", TEA, "no_reason")])
