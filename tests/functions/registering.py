"""What tests of the register have in common: who hears what, and who acts at the worst moment."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.lambdas import Crash
from shared.outside import Call, outside
from tests.http_world import World

SUPPORT = {"role": "support", "who": "s-1"}
OPERATOR = {"role": "operator", "who": "op-1"}
OTHER_OPERATOR = {"role": "operator", "who": "op-2"}
TEA_SHOP = {"role": "merchant", "who": "m-tea"}
HOUR = 3600
LARGE = 50_000  # A favour of so much needs two people.


def open_entries(world: World, owner: str = "support", merchant: str = "", **more: Any) -> list[Any]:
    query = "&".join(f"{k}={v}" for k, v in {"owner": owner, "merchant": merchant, **more}.items() if v)
    return list(world.read(f"/register?{query}", **SUPPORT)["entries"])


def registered(world: World) -> list[dict[str, Any]]:
    """Every entry as it is stored, also those that are over."""
    rows = [row for row in world.rows() if row["pk"].startswith("REGISTER#")]
    return sorted(rows, key=lambda row: (row["opened_at"], row["version"], row["sk"]))


def troubled(world: World, said: str = "exception") -> str:
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    report(world, order_id, said)
    return order_id


def report(world: World, order_id: str, said: str, reason: str = "telephone") -> None:
    path = f"/orders/{order_id}/parcels/1/report"
    world.command(path, {"said": said, "reason": reason}, **SUPPORT)


def resolution(entry: Any, action: str, note: str = "as_written") -> tuple[str, dict[str, str]]:
    return f"/register/{entry['entry_id']}/resolution", {"action": action, "note": note}


def problem(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.json()["code"]) == (status, code), answer.body
    return answer.json()


def expensive(world: World) -> str:
    """Paid, and dear enough for a large favour."""
    return world.placed_and_paid({"POT": 5})


def ask(world: World, order_id: str, amount: int = LARGE, key: str = "", **who: Any) -> Any:
    body = {"amount": amount, "reason": "goodwill"}
    return world.send("POST", f"/orders/{order_id}/refunds", body, key=key, **(who or SUPPORT))


def given(world: World, order_id: str) -> list[int]:
    return [refund["amount"]["amount"] for refund in world.order(order_id)["refunds"]]


def events_of(world: World, order_id: str) -> list[dict[str, Any]]:
    rows = [row for row in world.rows() if row["pk"] == f"ORDER#{order_id}"]
    return [row for row in rows if row["sk"].startswith("#EVENT#")]


def _function(world: World) -> Any:
    functions = world.cloud.runtime.functions.values()
    return next(f for f in functions if f.handler == "functions.register.handler")


def hears(world: World, order_id: str, event: str) -> None:
    """The bus tells the register of it, once more."""
    told = {"detail-type": event, "detail": {"order_id": order_id, "event": event}}
    answer = world.cloud.runtime.invoke(_function(world).name, json.dumps(told).encode())
    assert answer.error_type is None, answer


@contextmanager
def deaf(world: World) -> Iterator[None]:
    """What the bus tells the register inside the block is lost."""
    send, arn = world.cloud.targets.send, _function(world).arn

    def lost(target: Any, payload: Any) -> None:
        if target.arn != arn:
            send(target, payload)

    world.cloud.targets.send = lost  # type: ignore[method-assign]
    try:
        yield
    finally:
        world.cloud.targets.send = send  # type: ignore[method-assign]


@contextmanager
def before_the_entry(act: Callable[[], object]) -> Iterator[None]:
    """Inside the block *act* happens right before the first write of an entry of the register."""
    struck: list[str] = []

    def strike(call: Call, go_on: Callable[[], Any]) -> Any:
        if not struck and _writes_entry(call):
            struck.append(call.operation)
            act()
        return go_on()

    outside.around.append(strike)
    try:
        yield
    finally:
        outside.around.remove(strike)
    assert struck, "nobody wrote an entry"


def _writes_entry(call: Call) -> bool:
    if call.operation != "transact_write_items":
        return False
    puts = [write["Put"]["Item"] for write in call.request["TransactItems"] if "Put" in write]
    return any(item["pk"]["S"].startswith("REGISTER#") for item in puts)


def crash() -> None:
    """The process dies."""
    raise Crash


def spoil(world: World, sku: str) -> None:
    """Somebody writes a counter by hand."""
    tables = next(iter(world.cloud.runtime.functions.values())).environment
    outside.aws(
        "dynamodb",
        "update_item",
        TableName=tables["STOCK_TABLE"],
        Key={"pk": {"S": f"SKU#{sku}"}, "sk": {"S": "STOCK"}},
        UpdateExpression="SET warehouses.W1.available = warehouses.W1.available + :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
