"""Returns of after-sale cases with the warehouses and trackers of the laptop cloud: nobody but the clock moves them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.functions.claims import TEA, Claim, claim, refunded, shelf
from tests.functions.parcels import SITE
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

pytestmark = pytest.mark.usefixtures("promised")

HOUR = 3600


@pytest.fixture(autouse=True)
def _systems(world: World) -> None:
    world.cloud.agree_with_partners(warehouses=("W1",), tracker="kuaidi100")
    world.publish("warehouse", {"warehouse_id": "W1", "interface": "wms", **SITE})


def at_the_desk(world: World, path: str, form: Mapping[str, Any]) -> None:
    answer = world.cloud.http("POST", path, {}, json.dumps(form).encode())
    assert answer.status == 200, answer.body


def works(world: World, **mode: Any) -> None:
    at_the_desk(world, "/_warehouses/W1/mode", mode)


def travels(world: World, waybill: str, journey: str) -> None:
    form = {"tracker": "kuaidi100", "carrier": "shunfeng", "journey": journey}
    at_the_desk(world, f"/_trackers/{waybill}/journey", form)


def received(world: World, units: int = 3) -> str:
    """Packed and sent by W1's system, delivered by its carrier, received by its buyer."""
    order = world.placed_and_paid({"TEA": units})
    world.cloud.advance(4 * DAY)
    world.receive(order)
    return order


def sent_back(world: World, units: int = 2, waybill: str = "SF-BACK-0001", **more: Any) -> Claim:
    asked = claim(world, received(world), "return_refund", units, **more)
    asked.approve()
    asked.send_back(waybill)
    return asked


def test_a_return_is_carried_taken_in_inspected_and_refunded(world: World) -> None:
    works(world, return_after=60 * HOUR)
    asked = sent_back(world)
    seen = []

    for hours in (3, 48, 12):
        world.cloud.advance(hours * HOUR)
        seen.append((asked.state, len(asked.read()["send_back"]["track"])))

    assert seen == [("returning", 1), ("inspecting", 4), ("completed", 4)]
    assert refunded(world, asked.order) == [("succeeded", 2 * TEA, "no_reason")]
    assert shelf(world) == {"available": 19, "sold": 1}


def test_goods_that_nobody_sent_do_not_come(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.approve()

    world.cloud.advance(6 * DAY)

    assert asked.state == "awaiting_return"


@pytest.mark.parametrize(
    ("mode", "state", "amount", "levels"),
    [
        ({"return_grade": "defect"}, "completed", 2 * TEA, {"available": 17, "defect": 2, "sold": 1}),
        ({"deliver": "twice"}, "completed", 2 * TEA, {"available": 19, "sold": 1}),
        ({"return_rate_pct": 50}, "completed", TEA, {"available": 19, "sold": 1}),
        ({"return_missing": [{"line": 1, "units": 1}]}, "completed", TEA, {"available": 18, "sold": 2}),
        ({"reports": False}, "disputed", 0, {"available": 17, "sold": 3}),
        ({"inspect_after": None}, "disputed", 0, {"available": 17, "sold": 3}),
    ],
    ids=["a defect", "told twice", "worn", "one missing", "silent", "never inspected"],
)
def test_however_its_warehouse_works_it_comes_to_its_end(
    world: World, mode: dict[str, Any], state: str, amount: int, levels: dict[str, int]
) -> None:
    asked = sent_back(world)
    works(world, **mode)

    world.cloud.advance(8 * DAY)

    assert (asked.state, shelf(world)) == (state, levels)
    assert [given for _, given, _ in refunded(world, asked.order)] == ([amount] if amount else [])


def test_a_return_that_its_carrier_loses_calls_people_and_the_platform_rules(world: World) -> None:
    works(world, return_after=None)
    asked = sent_back(world)
    travels(world, "SF-BACK-0001", "lost")

    world.cloud.advance(5 * DAY)
    entries = world.read("/register?owner=support", role="support", who="s-1")["entries"]
    asked.call_platform()
    asked.rule(100)

    assert "case_late" in [entry["kind"] for entry in entries]
    assert [given for _, given, _ in refunded(world, asked.order)] == [2 * TEA]


def test_a_warehouse_that_has_it_before_its_carrier_says_so_counts_it_once(world: World) -> None:
    works(world, return_after=HOUR)
    asked = sent_back(world)

    world.cloud.advance(5 * DAY)

    assert (asked.state, len(refunded(world, asked.order))) == ("completed", 1)
    assert [one["status"] for one in asked.read()["send_back"]["track"]][-1] == "delivered"


def test_an_exchange_goes_round_by_itself(world: World) -> None:
    asked = claim(world, received(world), "exchange", reason="quality")
    asked.approve()
    asked.send_back()

    world.cloud.advance(9 * DAY)
    parts = [part["state"] for part in world.order(asked.order)["sub_orders"]]
    world.receive(asked.order)

    assert (parts, asked.state) == (["completed", "delivered"], "completed")
    assert refunded(world, asked.order) == []
    assert shelf(world) == {
        "available": 17,
        "sold": 3,
    }  # The old one is good, and stands where the new one stood.


def test_a_cancellation_that_its_warehouse_rejects_is_converted_when_it_has_left(world: World) -> None:
    works(world, cancel="reject")
    order = world.placed_and_paid({"TEA": 3})
    world.cancel(order)
    path = f"/orders/{order}/cancellation/conversion"
    with nothing_happens(world):
        early = world.send("POST", path, {})
    world.cloud.advance(HOUR)

    late = world.send("POST", f"/orders/{order}/cancellation", {"reason": "changed_mind"})
    world.command(path, {})
    world.cloud.advance(4 * DAY)

    assert problem_of(early, 409, "nothing_to_convert")["parcels"] == [1]
    problem_of(late, 409, "already_shipped")
    assert refunded(world, order) == [("succeeded", 3 * TEA, "changed_mind")]
    assert shelf(world) == {"available": 20}
