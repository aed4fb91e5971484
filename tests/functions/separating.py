"""A buyer who wants one merchant's part of an order alone: the three ways, and what the shop looks like then."""

from typing import Any

from tests.http_world import World

TEA_PART = 3 * 1999 + 4 * 12_901 + 800
TOYS_PART = 333 + 800
CAKE_PART = 2 * 500 + 800
SHELVES = {
    "TEA": {"W1": (20, 0, 0), "W2": (20, 0, 0)},
    "POT": {"W1": (2, 0, 0), "W2": (3, 0, 0)},
    "KITE": {"W1": (10, 0, 0)},
}


def of_three(world: World) -> str:
    """Also two cakes of a third shop."""
    world.sells("CAKE", "m-cake", 500, {"W1": 9})
    return world.place({"TEA": 3, "POT": 4, "KITE": 1, "CAKE": 2})


def parts(order: str, *numbers: int) -> dict[str, Any]:
    return {"sub_orders": [f"{order}-{number:02}" for number in numbers]}


def separates(world: World, order: str, *numbers: int, **how: Any) -> Any:
    return world.send("POST", f"/orders/{order}/separation", parts(order, *numbers), **how)


def pays_part(world: World, order: str, *numbers: int, **how: Any) -> Any:
    body = parts(order, *numbers) | {"provider": "sandbox"}
    return world.send("POST", f"/orders/{order}/payments", body, **how)


def cancels_part(world: World, order: str, *numbers: int, **how: Any) -> Any:
    body = parts(order, *numbers) | {"reason": "changed_mind"}
    return world.send("POST", f"/orders/{order}/cancellation", body, **how)


def payable(world: World, order: str) -> int:
    return int(world.order(order)["payable"]["amount"])


def levels(world: World) -> dict[str, dict[str, tuple[int, ...]]]:
    """(available, reserved, sold) by SKU and warehouse."""
    counters = ("available", "reserved", "sold")
    return {
        sku: {w: tuple(level[one] for one in counters) for w, level in world.stock(sku).items()}
        for sku in SHELVES
    }


def stock_is_as_orders_moved_it(world: World) -> bool:
    told = world.send("POST", "/operator/stock/drift-check", {}, role="operator", who="op-1").json()
    return bool(told["is_clean"]) and told["differing"] == 0


def offered(world: World, order: str) -> dict[str, bool]:
    return {action["action"]: action["allowed"] for action in world.order(order)["allowed_actions"]}
