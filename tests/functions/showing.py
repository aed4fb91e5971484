"""What people do to show something: an order received, a photo uploaded, a case opened with it."""

from typing import Any

from tests.http_world import World
from tests.uploads import PHOTO, post, told_of


def offered(world: World, order: str, file: bytes = PHOTO, kind: str = "image/jpeg", **who: Any) -> Any:
    return world.command(f"/orders/{order}/evidence", told_of(file, kind), **who)


def uploaded(world: World, order: str, file: bytes = PHOTO) -> str:
    offer = offered(world, order, file)
    assert post(world.cloud, offer["upload"], file).status == 204
    return str(offer["evidence_id"])


def received(world: World, lines: dict[str, int] | None = None) -> str:
    order = world.placed_and_paid(lines or {"TEA": 3})
    world.ship_all(order)
    world.arrive(order)
    world.receive(order)
    return order


def asking(*evidence: str, line: int = 1) -> dict[str, Any]:
    lines = [{"line": line, "quantity": 1}]
    return {
        "sub_order": 1,
        "kind": "return_refund",
        "reason": "quality",
        "lines": lines,
        "evidence": list(evidence),
    }


def opened(world: World, order: str, *evidence: str) -> str:
    made = world.command(f"/orders/{order}/after-sales", asking(*evidence))
    return str(made["cases"][0]["case_id"])


def merchants(world: World, order: str, file: bytes) -> str:
    path = f"/merchant/sub-orders/{order}-01/evidence"
    offer = world.command(path, told_of(file), role="merchant", who="m-tea")
    assert post(world.cloud, offer["upload"], file).status == 204
    return str(offer["evidence_id"])


def bucket_of(world: World) -> str:
    return next(iter(world.cloud.runtime.functions.values())).environment["EVIDENCE_BUCKET"]
