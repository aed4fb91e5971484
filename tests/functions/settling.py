"""What tests of merchants' money have in common: earnings, days that pass, withdrawals and payouts."""

import json
from typing import Any

from shared.instants import rfc3339
from shared.outside import outside
from shared.store.items import to_item
from tests.http_world import DAY, World

TEA_SHOP = {"role": "merchant", "who": "m-tea"}
TOY_SHOP = {"role": "merchant", "who": "m-toys"}
OPERATOR = {"role": "operator", "who": "op-1"}
PAID = {"outcome": "paid", "bank_reference": "TR-1"}
FAILED = {"outcome": "failed", "reason": "wrong_account"}


def received(world: World, lines: dict[str, int]) -> str:
    """An order that its buyer has received whole."""
    order_id = world.placed_and_paid(lines)
    world.ship_all(order_id)
    world.arrive(order_id)
    world.receive(order_id)
    return order_id


def settled(world: World, lines: dict[str, int]) -> str:
    """And whose merchants were paid for it. No statement tells of it yet."""
    order_id = received(world, lines)
    for _ in range(2):
        world.cloud.advance(8 * DAY)
    rows = [row for row in world.rows() if row["sk"].startswith("SETTLE#") and row["pk"].endswith(order_id)]
    assert {row["state"] for row in rows} == {"settled"}
    return order_id


def a_day_passes(world: World) -> None:
    world.cloud.advance(DAY)


def statements(world: World, who: Any = TEA_SHOP) -> list[Any]:
    """Oldest first."""
    return list(world.read("/merchant/statements?limit=50", **who)["statements"])[::-1]


def figures(statement: Any) -> tuple[int, dict[str, int], int]:
    """Opening, what happened, closing."""
    sums = {line["name"]: line["amount"]["amount"] for line in statement["sums"]}
    return statement["opening"]["amount"], sums, statement["closing"]["amount"]


def details(world: World, number: int, who: Any = TEA_SHOP) -> list[Any]:
    return list(world.read(f"/merchant/statements/{number}", **who)["details"])


def balance(world: World, who: Any = TEA_SHOP) -> Any:
    [account] = world.read("/merchant/balance", **who)["accounts"]
    return account


def withdrawals(world: World, who: Any = TEA_SHOP) -> list[Any]:
    return list(world.read("/merchant/withdrawals", **who)["withdrawals"])


def waiting(world: World) -> list[Any]:
    return list(world.read("/operator/payouts", **OPERATOR)["payouts"])


def yuan(fen: int) -> dict[str, Any]:
    return {"amount": fen, "currency": "CNY"}


def outcome_of(number: int, merchant: str = "m-tea") -> str:
    return f"/operator/payouts/{merchant}/CNY/{number}/outcome"


def earned(world: World, merchant: str, fen: int, *, number: int = 1) -> None:
    """The bookkeeper has entered, yesterday, that so much was settled: without an order, for tests of what follows."""
    at = int(world.cloud.clock.now()) - DAY
    day = rfc3339(at)[:10]
    book, voucher = f"merchant:{merchant}#CNY", f"{merchant}-v{number}"
    posting = {
        "pk": f"ACCOUNT#{book}#{day}",
        "sk": voucher,
        "voucher_id": voucher,
        "kind": "settled",
        "currency": "CNY",
        "at": at,
        "merchant_id": merchant,
        "entries": [[f"merchant:{merchant}", -fen]],
    }
    table = next(iter(world.cloud.runtime.functions.values())).environment["LEDGER_TABLE"]
    for item in (posting, {"pk": "BOOKS", "sk": book, "since": day}):
        outside.aws("dynamodb", "put_item", TableName=table, Item=to_item(item))


def close_the_books(world: World, event: dict[str, Any] | None = None) -> Any:
    """What the scheduler does every hour. Returns the function's answer."""
    functions = world.cloud.runtime.functions.values()
    name = next(f.name for f in functions if f.handler == "functions.closing.handler")
    answer = world.cloud.runtime.invoke(name, json.dumps(event or {}).encode())
    assert answer.error_type is None, answer
    return answer


def stated(world: World, merchant: str = "m-tea", fen: int = 5000) -> None:
    """So much may be withdrawn."""
    earned(world, merchant, fen)
    close_the_books(world)
