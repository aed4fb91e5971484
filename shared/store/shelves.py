"""Stock that no order moves: received, lost, found, damaged; quotas and shards. Every movement is a row of its own.

Stock  SKU#<sku>         STOCK         the first row: offer, counters, ``shards``, ``drained``, ``sold_out``
       SKU#<sku>#<k>     STOCK         shard k of a hot SKU: {sku, shard, warehouses, moves}
       SKU#<sku>         MOVE#<id>     one movement, never edited: {kind, .., at, by, parts, rows}
       KEY#<role>#<who>  KEY#<key>     a caller's Idempotency-Key and the movement it stood for (expires)

``parts`` are [warehouse, shard, counter, units]: counters are the sum of them and of what the events of orders moved.
``rows`` are the rows whose ``moves`` it added one to. One movement is one transaction; what a failed condition means:

    the key or the movement exists   it was here before: answer like then
    anything else                    others moved the rows meanwhile: read again, decide again
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.changes import Request
from shared.errors import Conflict, KeyReused, OrderError
from shared.ordering.movements import (
    CHANNEL,
    COUNTERS,
    QUOTA,
    SHARDS_MAX,
    SPREAD,
    Movement,
    Part,
    Plan,
    Stock,
    StockRow,
    counters_of,
    planned,
)
from shared.outside import Outside
from shared.settings import Settings
from shared.store.counters import Update, stock_key
from shared.store.items import Item, from_item, to_item
from shared.store.orders import request_key
from shared.store.reading import batch_get
from shared.store.transactions import transact
from shared.store.writing import KEY_SECONDS

RACES_MAX = 8
MOVE = "MOVE#"
LAYOUT = ("shards", "drained")


class Noted(NamedTuple):
    """A movement as it was carried out."""

    movement_id: str
    movement: Movement
    parts: tuple[Part, ...]
    at: int
    by: str
    is_repeat: bool = False


class Reason(NamedTuple):
    """Who moves stock when, under which number; over HTTP also under which key."""

    movement_id: str
    at: int
    by: str = ""
    request: Request | None = None


class ShelfStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def receive(self, *, sku: str, warehouse: str, quantity: int, movement_id: str, at: int) -> Noted:
        """Put *quantity* units on the shelf, once per *movement_id*; the product need not be for sale yet."""
        return self.move(Movement("received", sku, warehouse, quantity), Reason(movement_id, at))

    def adjust(self, *, sku: str, warehouse: str, quantity: int, kind: str, why: Reason) -> Noted:
        """Correct what lies there by *quantity* units: found, lost, damaged, mended or scrapped."""
        return self.move(Movement(kind, sku, warehouse, quantity), why)

    def set_quota(self, *, sku: str, warehouse: str, channel: str, units: int | None, why: Reason) -> Noted:
        """Let *channel* sell *units* more from that warehouse, or, None, as many as there are."""
        return self.move(Movement(QUOTA, sku, warehouse, units, channel), why)

    def spread(self, *, sku: str, shards: int, why: Reason) -> Noted:
        """Lay what is available evenly into *shards* shards; 0: back into the first row."""
        assert 0 <= shards <= SHARDS_MAX
        return self.move(Movement(SPREAD, sku, quantity=shards), why)

    def move(self, movement: Movement, why: Reason) -> Noted:
        """Carry *movement* out, once. Raises what ``planned`` raises, ``KeyReused``, and ``Conflict``."""
        for attempt in range(RACES_MAX):
            if attempt:
                self._outside.wait_before_attempt(attempt)
            try:
                stock = self.read(movement.sku, is_whole=movement.kind == SPREAD)
                plan = planned(movement, stock)
            except OrderError:
                seen = self._seen(movement, why)
                if seen is None:
                    raise
                return seen
            try:
                reasons = transact(self._outside, tuple(self._writes(movement, why, stock, plan)))
            except Conflict:  # Buyers kept the rows busy: they may look different now.
                continue
            if not reasons:
                return Noted(why.movement_id, movement, plan.parts, why.at, why.by)
            seen = self._seen(movement, why)
            if seen is not None:
                return seen
        raise Conflict("others keep moving these goods: repeat with the same key")

    def read(self, sku: str, *, is_whole: bool = True) -> Stock:
        """The first row and the shards; *is_whole*: also rows that were shards once. Consistent row by row."""
        first = self._get(stock_key(sku))
        values = from_item(first or {})
        shards, drained = (values.get(name, 0) for name in LAYOUT)
        rows = {} if first is None else {0: _row_of(values)}
        count = SHARDS_MAX if is_whole else max(shards, drained)
        keys = [stock_key(sku, shard) for shard in range(1, count + 1)]
        wanted = {self._settings.stock_table: {"Keys": keys, "ConsistentRead": True}}
        for _, item in batch_get(self._outside, wanted) if keys and first is not None else ():
            row = from_item(item)
            rows[row["shard"]] = _row_of(row)
        return Stock(sku, rows, shards, drained, values.get("sold_out", False))

    def movements(self, sku: str, *, before: str, limit: int) -> tuple[Noted, ...]:
        """Movements of the SKU by number, from the highest below *before* (empty: from the highest) downwards."""
        answer = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._settings.stock_table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": stock_key(sku)["pk"],
                ":first": {"S": MOVE},
                ":last": {"S": MOVE + (before or "~")},
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit + 1,  # BETWEEN also finds *before* itself.
        )
        found = (_noted(item) for item in answer["Items"])
        return tuple(noted for noted in found if noted.movement_id != before)[:limit]

    def _seen(self, movement: Movement, why: Reason) -> Noted | None:
        """What this movement's key or number stood for, if it was used. Raises ``KeyReused`` for another one."""
        number = why.movement_id
        if why.request is not None:
            key = self._get(request_key(why.request.caller, why.request.key))
            if key is None:
                return None
            stored = from_item(key)
            if stored["fingerprint"] != why.request.fingerprint:
                raise KeyReused("this Idempotency-Key already stood for another request")
            number = stored["movement_id"]
        item = self._get(_move_key(movement.sku, number))
        if item is None:
            return None
        noted = _noted(item)
        if noted.movement != movement:
            raise KeyReused("this number already stands for another movement")
        return noted._replace(is_repeat=True)

    def _writes(self, movement: Movement, why: Reason, stock: Stock, plan: Plan) -> Iterator[dict[str, Any]]:
        """The transaction's writes: at most 1 + 16 rows, the movement, and the caller's key."""
        table, request = self._settings.stock_table, why.request
        told = movement._asdict() | {
            "channel": movement.channel or None,
            "warehouse": movement.warehouse or None,
        }
        note = told | {"at": why.at, "by": why.by, "parts": plan.parts, "rows": plan.rows}
        yield _put_new(table, _move_key(movement.sku, why.movement_id) | to_item(note))
        if request is not None:
            stood_for = {
                "fingerprint": request.fingerprint,
                "movement_id": why.movement_id,
                "expires_at": why.at + KEY_SECONDS,
            }
            yield _put_new(table, request_key(request.caller, request.key) | to_item(stood_for))
        for shard in plan.rows:
            yield {"Update": {"TableName": table, **_row_update(stock, plan, shard)}}

    def _get(self, key: Item) -> Item | None:
        found: Item | None = self._outside.aws(
            "dynamodb", "get_item", TableName=self._settings.stock_table, Key=key, ConsistentRead=True
        ).get("Item")
        return found


def _row_update(stock: Stock, plan: Plan, shard: int) -> dict[str, Any]:
    """One row's part of the plan, under the condition that it still looks as the plan believes."""
    row, update = stock.rows.get(shard), Update()
    parts = [part for part in plan.parts if part.shard == shard]
    if row is None:
        update.conditions.append("attribute_not_exists(pk)")
        update.put("sku", stock.sku)
        if shard:
            update.put(update.name("shard"), shard)
        update.put("warehouses", {w: _new_level(parts, w) for w in {part.warehouse for part in parts}})
    else:
        _move_counters(update, row, parts)
    if plan.is_exact and row is not None:
        _believe(update, "moves", row.moves)
    update.give_or_begin("moves", 1)
    removed: tuple[str, ...] = ()
    if not shard:
        removed = _lay_out(update, stock, plan)
    expression = f"{update.expression()} REMOVE {', '.join(removed)}" if removed else update.expression()
    return {"Key": stock_key(stock.sku, shard), "UpdateExpression": expression, **update.rest()}


def _lay_out(update: Update, stock: Stock, plan: Plan) -> tuple[str, ...]:
    """The first row's own: how many shards there are, and that it is not sold out. Returns what is to be removed.

    The flag comes off with any movement: at worst, the next buyer who finds nothing sets it again.
    """
    removed = ["sold_out"]
    for name, was, becomes in (
        ("shards", stock.shards, plan.shards),
        ("drained", stock.drained, plan.drained),
    ):
        if 0 in stock.rows:
            _believe(update, name, was or None)
        if becomes and becomes != was:
            update.assignments.append(f"{name} = {update.value(becomes)}")
        elif was and not becomes:
            removed.append(name)
    return tuple(removed)


def _move_counters(update: Update, row: StockRow, parts: list[Part]) -> None:
    for warehouse in sorted({part.warehouse for part in parts}):
        own = [part for part in parts if part.warehouse == warehouse]
        place = _path(update, "warehouses", warehouse)
        if warehouse not in row.levels:
            _begin(update, place, _new_level(own, warehouse))
            continue
        quotas = {p.counter.removeprefix(CHANNEL): p.units for p in own if p.counter.startswith(CHANNEL)}
        if quotas and not any(name.startswith(CHANNEL) for name in row.levels[warehouse]):
            _begin(update, f"{place}.{update.name('channels')}", quotas)
            own = [part for part in own if not part.counter.startswith(CHANNEL)]
        for part in own:
            _move_counter(update, place, part, is_new=part.counter not in row.levels[warehouse])


def _move_counter(update: Update, place: str, part: Part, *, is_new: bool) -> None:
    path = f"{place}.{counter_path(update, part.counter)}"
    if is_new:
        _begin(update, path, part.units)
    elif part.units < 0:
        update.take(path, -part.units)
    else:
        update.give(path, part.units)


def counter_path(update: Update, counter: str) -> str:
    """Where a counter stands among its warehouse's."""
    is_quota = counter.startswith(CHANNEL)
    return _path(update, "channels", counter.removeprefix(CHANNEL)) if is_quota else update.name(counter)


def _path(update: Update, *names: str) -> str:
    """A path with every name shortened: an expression holds 4 KB, and a row may have a hundred counters."""
    return ".".join(map(update.name, names))


def _begin(update: Update, path: str, value: Any) -> None:
    update.conditions.append(f"attribute_not_exists({path})")
    update.put(path, value)


def _believe(update: Update, name: str, number: int | None) -> None:
    believed = f"attribute_not_exists({name})" if number is None else f"{name} = {update.value(number)}"
    update.conditions.append(believed)


def _new_level(parts: list[Part], warehouse: str) -> dict[str, Any]:
    """A warehouse's counters where there were none: a take from nothing was refused before."""
    own = {part.counter: part.units for part in parts if part.warehouse == warehouse}
    quotas = {name.removeprefix(CHANNEL): n for name, n in own.items() if name.startswith(CHANNEL)}
    level: dict[str, Any] = dict.fromkeys(COUNTERS, 0)
    level |= {name: units for name, units in own.items() if not name.startswith(CHANNEL)}
    return level | ({"channels": quotas} if quotas else {})


def _row_of(values: Mapping[str, Any]) -> StockRow:
    levels = {w: counters_of(level) for w, level in values.get("warehouses", {}).items()}
    return StockRow(levels, values.get("moves"))


def _move_key(sku: str, movement_id: str) -> Item:
    return {"pk": stock_key(sku)["pk"], "sk": {"S": MOVE + movement_id}}


def _noted(item: Mapping[str, Any]) -> Noted:
    values = from_item(item)
    movement = Movement(**{name: values[name] for name in Movement._fields if name in values})
    parts = tuple(Part(*part) for part in values["parts"])
    return Noted(values["sk"].removeprefix(MOVE), movement, parts, values["at"], values["by"])


def _put_new(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Put": {"TableName": table, "Item": dict(item), "ConditionExpression": "attribute_not_exists(pk)"}
    }
