"""What races between payment and receipt have in common: an order, whoever acts on it, and a look at the end of it."""

import json
from typing import Any

from local.demo.invariants import violations
from tests.functions.parcels import Partners
from tests.http_world import World

TEA, FREIGHT = 1999, 800
ALL_OF_IT = 3 * TEA + FREIGHT
WAYBILL = "SF0000000001"


def unpaid(world: World) -> str:
    """Three units of tea, about to be paid."""
    order = world.place({"TEA": 3})
    world.start(order)
    return order


def pays(world: World, order: str) -> None:
    world.pay({"reference": f"{order}01", "amount": world.order(order)["payable"]})


def cancels(world: World, order: str, units: int = 0) -> Any:
    """So many units of the first line; 0: everything."""
    body: dict[str, Any] = {"reason": "changed_mind"}
    if units:
        body["lines"] = [{"line": 1, "quantity": units}]
    return world.send("POST", f"/orders/{order}/cancellation", body)


def carrier_says(world: World, what: str) -> None:
    path = f"/_trackers/{WAYBILL}/event"
    assert world.cloud.http("POST", path, {}, json.dumps({"what": what}).encode()).status == 200


def happened(world: World, event: str) -> int:
    return sum(row.get("event") == event for row in world.rows())


def tea(world: World, warehouse: str = "W1") -> dict[str, int]:
    return {name: units for name, units in world.stock("TEA")[warehouse].items() if units}


def asked(wms: Partners) -> list[str]:
    """What warehouses were asked: the last words of each path."""
    return [f"{method} {place.rpartition('/')[2]}" for method, place, _ in wms.asked]


def the_world_makes_sense(world: World) -> None:
    """But for the books of the simulated warehouses: what goes to a warehouse here ends in ``Partners``."""
    assert [broken for broken in violations(world.cloud) if "warehouses agree" not in broken] == []
    told = world.send("POST", "/operator/stock/drift-check", {}, role="operator", who="op-1").json()
    assert told["differing"] == 0
