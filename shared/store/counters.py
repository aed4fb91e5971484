"""Counters that orders move: stock, and the buyer's wallet. Every update states what must be left.

A stock row is one SKU, or one shard of a hot one; ``moves`` counts its updates, so that a drift check knows whether
it has seen them all. The sold-out flag stands on a SKU's first row and comes off with any release.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from shared.goods import StockMove
from shared.store.items import Item, to_attribute
from shared.store.terms_items import COUNT, coupon_key, member_key
from shared.wallet_moves import CouponMove, WalletMoves

FLOWS = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
    "miss": ("reserved", "missing"),  # Its warehouse does not find them (short pick).
    "restock": ("sold", "available"),  # Came back, as good as new,
    "restock_defect": ("sold", "defect"),  # or not,
    "scrap": ("sold", "scrapped"),  # or not worth keeping.
    "rework": ("sold", "reserved"),  # Came back to be repaired, and goes out again.
}
USUAL = (
    "available",
    "reserved",
    "sold",
)  # Every warehouse has them in every row; other counters begin when needed.
FREES = ("release", "restock")  # There is something for sale again: the sold-out flag is wrong.
COUNTED = ("reserve", "release")  # What ships stays counted against its channel's quota.
Place = TypeVar("Place", str, tuple[str, str])  # a warehouse, or one and a channel
COUPON_FLOWS = {
    "lock": ("available", "locked"),
    "use": ("locked", "used"),
    "unlock": ("locked", "available"),
    "give_back": ("used", "available"),
    "hand_over": ("locked", "locked"),  # To the order that its goods go to.
}
POINTS_FLOWS = {
    "lock": ("points", "points_locked"),
    "use": ("points_locked", "points_spent"),
    "unlock": ("points_locked", "points"),
    "give_back": ("points_spent", "points"),
}


def stock_key(sku: str, shard: int = 0) -> Item:
    return {"pk": {"S": f"SKU#{sku}#{shard}" if shard else f"SKU#{sku}"}, "sk": {"S": "STOCK"}}


def stock_updates(table: str, moves: Sequence[StockMove]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One (SKU, Update) for each stock row that *moves* touch."""
    rows: dict[tuple[str, int], list[StockMove]] = {}
    for move in moves:
        rows.setdefault((move.sku, move.shard), []).append(move)
        if move.kind in FREES:
            rows.setdefault((move.sku, 0), [])
    for (sku, shard), own in sorted(rows.items()):
        yield sku, _stock_update(table, sku, shard, own)


def _stock_update(table: str, sku: str, shard: int, moves: Sequence[StockMove]) -> dict[str, Any]:
    """Move units between counters. The condition is on what is left now: never below zero, never sold twice."""
    update = Update()
    _move(update, moves)
    counted = [move for move in moves if move.channel and move.kind in COUNTED]
    quotas = ((move.kind, (move.warehouse, move.channel), move.quantity) for move in counted)
    for (kind, (warehouse, channel)), units in _summed(quotas):
        left = f"warehouses.{update.name(warehouse)}.channels.{update.name(channel)}"
        (update.take if kind == "reserve" else update.give)(left, units)
    if moves:
        update.give_or_begin("moves", 1)
    expression = update.expression()
    if any(move.kind in FREES for move in moves) or not moves:
        expression = f"{expression} REMOVE sold_out".strip()
    return {"TableName": table, "Key": stock_key(sku, shard), "UpdateExpression": expression, **update.rest()}


def _move(update: "Update", moves: Sequence[StockMove]) -> None:
    """Each counter is named once, however many kinds of moves meet in it: DynamoDB refuses paths that overlap."""
    taken: dict[tuple[str, str], int] = {}
    changes: dict[tuple[str, str], int] = {}
    for (kind, warehouse), units in _summed((move.kind, move.warehouse, move.quantity) for move in moves):
        source, target = ((warehouse, counter) for counter in FLOWS[kind])
        taken[source] = taken.get(source, 0) + units
        changes[source] = changes.get(source, 0) - units
        changes[target] = changes.get(target, 0) + units
    for (warehouse, counter), change in changes.items():
        # "missing" is a word of DynamoDB's own.
        path = f"warehouses.{update.name(warehouse)}.{counter if counter in USUAL else update.name(counter)}"
        if needed := taken.get((warehouse, counter)):
            update.conditions.append(f"{path} >= {update.value(needed)}")
        if change < 0:
            update.assignments.append(f"{path} = {path} - {update.value(-change)}")
        elif change:
            (update.give if counter in USUAL else update.give_or_begin)(path, change)


def member_update(table: str, member_id: str, moves: WalletMoves) -> dict[str, Any]:
    """Points and counts of one buyer. Points must be there to be moved; a count must stay within its limit."""
    update = Update()
    if moves.points is not None:
        source, target = POINTS_FLOWS[moves.points.kind]
        given = {target: moves.points.points}
        given["points"] = given.get("points", 0) + moves.points.granted
        if moves.points.points:
            update.take(source, moves.points.points)
        for counter, points in given.items():
            if points:
                update.give_or_begin(counter, points)
    for count in moves.counts:
        name = update.name(f"{COUNT}{count.name}")
        if count.amount < 0:
            update.conditions.append(f"{name} >= {update.value(-count.amount)}")
        elif count.maximum is not None:
            room = update.value(count.maximum - count.amount)
            update.conditions.append(f"(attribute_not_exists({name}) OR {name} <= {room})")
        update.give_or_begin(name, count.amount)
    return {
        "TableName": table,
        "Key": member_key(member_id),
        "UpdateExpression": update.expression(),
        **update.rest(),
    }


def coupon_update(table: str, member_id: str, move: CouponMove, order_id: str) -> dict[str, Any]:
    """One coupon steps; whoever locked it keeps it until it is used or free again."""
    source, target = COUPON_FLOWS[move.kind]
    values = {":was": source, ":becomes": target, ":order": order_id}
    own = "" if move.kind == "lock" else " AND order_id = :order"
    whose = " REMOVE order_id" if target == "available" else ", order_id = :order"
    if move.heir:
        values[":heir"], whose = move.heir, ", order_id = :heir"
    return {
        "TableName": table,
        "Key": coupon_key(member_id, move.coupon_id),
        "UpdateExpression": f"SET #state = :becomes{whose}",
        "ConditionExpression": f"#state = :was{own}",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {name: to_attribute(value) for name, value in values.items()},
    }


class Update:
    """An update expression while it is being put together: names and values are numbered, never quoted."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[int, str] = {}
        self.wholes: dict[str, Any] = {}
        self.assignments: list[str] = []
        self.conditions: list[str] = []

    def name(self, attribute: str) -> str:
        return self.names.setdefault(attribute, f"#n{len(self.names)}")

    def value(self, number: int) -> str:
        return self.values.setdefault(number, f":v{len(self.values)}")

    def take(self, path: str, units: int) -> None:
        self.conditions.append(f"{path} >= {self.value(units)}")
        self.assignments.append(f"{path} = {path} - {self.value(units)}")

    def give(self, path: str, units: int) -> None:
        self.assignments.append(f"{path} = {path} + {self.value(units)}")

    def give_or_begin(self, path: str, number: int) -> None:
        self.assignments.append(f"{path} = if_not_exists({path}, {self.value(0)}) + {self.value(number)}")

    def put(self, path: str, value: Any) -> None:
        """Set what is no counter, or a counter for the first time. The condition is the caller's."""
        name = f":w{len(self.wholes)}"
        self.wholes[name] = value
        self.assignments.append(f"{path} = {name}")

    def expression(self) -> str:
        return "SET " + ", ".join(self.assignments) if self.assignments else ""

    def rest(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.conditions:
            given["ConditionExpression"] = " AND ".join(self.conditions)
        if self.names:
            given["ExpressionAttributeNames"] = {short: name for name, short in self.names.items()}
        values = {short: number for number, short in self.values.items()} | self.wholes
        if values:
            given["ExpressionAttributeValues"] = {name: to_attribute(value) for name, value in values.items()}
        return given


def _summed(parts: Iterable[tuple[str, Place, int]]) -> list[tuple[tuple[str, Place], int]]:
    total: dict[tuple[str, Place], int] = {}
    for kind, place, units in parts:
        total[kind, place] = total.get((kind, place), 0) + units
    return sorted(total.items())
