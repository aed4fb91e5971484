"""The drift check's readings and repairs. It reads both tables from end to end, page by page, and keeps no page.

    1  every stock row     2  every movement, every event     3  once more, those rows that do not fit

A row that is the same in 1 and 3 was not moved in between, so 2 holds all of its movements: what does not fit is wrong.
Rows that were moved are looked at again, a few times. A repair writes what the movements add up to, under the condition
that the row is still as it was found, with a movement ``repaired`` that moves nothing but says what was there before.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shared.errors import OrderError
from shared.goods import StockMove
from shared.ordering.drift import (
    MOVES,
    SOLD_OUT,
    Difference,
    DriftReport,
    Expected,
    Found,
    RowName,
    Tally,
    below_zero,
    compared,
    falsely_sold_out,
    repairable,
)
from shared.ordering.movements import CHANNEL, COUNTERS, REPAIRED, Part, counters_of, numbered
from shared.outside import Outside
from shared.store.counters import Update, stock_key
from shared.store.items import from_item, to_item
from shared.store.reading import batch_get
from shared.store.shelves import MOVE, counter_path
from shared.store.transactions import transact

ROUNDS_MAX = 3
KEYS_PER_CALL = 100  # BatchGetItem
ROW = ("pk", "sk", "sku", "shard", "warehouses", "moves", "shards", "drained", "sold_out")
MOVEMENT = ("pk", "sk", "sku", "parts", "rows")
COMMAND = "python -m local.drift --tables ORDERS STOCK"


class TooMuchToCheck(OrderError):
    """More pages than one request has time for."""

    status, code = 409, "too_much_to_check"


class Repairer(NamedTuple):
    """Who lets drift be repaired, and when."""

    by: str
    at: int


class _Seen(NamedTuple):
    """What one round found out."""

    tally: Tally
    rows: dict[RowName, Found]
    suspects: dict[RowName, tuple[Difference, ...]]
    flags: dict[RowName, Difference]


class _Wrong(NamedTuple):
    """A row that differs from its movements, and was not moved while they were added up."""

    name: RowName
    found: Found | None
    expected: Expected
    differences: tuple[Difference, ...]


class StockAudit:
    def __init__(
        self, outside: Outside, *, orders_table: str, stock_table: str, pages_max: int | None = None
    ) -> None:
        """*pages_max*: so many pages of a megabyte are read at most; None: all there are."""
        self._outside, self._orders, self._stock = outside, orders_table, stock_table
        self._pages_max, self._pages = pages_max, 0

    def check(self, repairer: Repairer | None = None) -> DriftReport:
        """Compare every counter with its movements; with a *repairer*, put right what differs.

        Raises ``TooMuchToCheck`` when there are more pages than may be read.
        """
        self._pages = 0
        seen = self._look(None)
        rows, entries, wrong = len({*seen.rows, *seen.tally.rows}), seen.tally.entries, list[_Wrong]()
        pending: frozenset[RowName] | None = None
        for _ in range(ROUNDS_MAX):
            found, moved = self._settled(seen)
            wrong += (one for one in found if pending is None or one.name in pending)
            pending = moved if pending is None else moved & pending
            if not pending:
                break
            try:
                seen = self._look({sku for sku, _ in pending})
            except TooMuchToCheck:
                break
        report = _report(wrong)._replace(rows=rows, entries=entries, unsettled=tuple(sorted(pending or ())))
        if repairer is None:
            return report
        may_be = repairable(report.differences)
        return report._replace(
            repaired=sum(self._repair(one, repairer) for one in wrong if one.name in may_be)
        )

    def _look(self, watched: Container[str] | None) -> _Seen:
        tally, rows = Tally(watched), dict(self._rows(watched))
        for values in self._scan(self._stock, MOVEMENT, "begins_with(#sk, :kind)", {":kind": MOVE}):
            parts = (Part(*part) for part in values["parts"])
            tally.add_movement(values["sku"], rows=values["rows"], parts=parts)
        self._add_orders(tally)
        suspects = {}
        for name in sorted({*rows, *tally.rows}):
            expected = tally.row(name)
            if differing := compared(name, rows.get(name), expected):
                suspects[name] = differing
        return _Seen(tally, rows, suspects, {flag.row: flag for flag in falsely_sold_out(rows)})

    def _add_orders(self, tally: Tally) -> None:
        """What every order moved; of one that has left, what its stub says.

        While its events are still on their way out both are there. The stub stands in front of them.
        """
        left = ""
        condition = "attribute_exists(#stock) OR attribute_exists(#stock_moved)"
        for values in self._scan(self._orders, ("pk", "stock", "stock_moved"), condition, {}):
            if "stock_moved" in values:
                left = values["pk"]
                for moved in values["stock_moved"]:
                    tally.add_archived(*moved)
            elif values["pk"] != left:
                tally.add_event(StockMove(*move) for move in values["stock"])

    def _rows(self, watched: Container[str] | None) -> Iterator[tuple[RowName, Found]]:
        for values in self._scan(self._stock, ROW, "#sk = :kind", {":kind": "STOCK"}):
            name = _name_of(values)
            if watched is None or name[0] in watched:
                yield name, _found(values)

    def _settled(self, seen: _Seen) -> tuple[list[_Wrong], frozenset[RowName]]:
        """Which rows do not fit though nobody moves them, and which were moved: look at those again."""
        rest = {name: {(name[0], k) for k in range(1, seen.rows[name].beside + 1)} for name in seen.flags}
        asked = {*seen.suspects, *rest, *(beside for names in rest.values() for beside in names)}
        again = dict(self._rows_now(sorted(asked)))
        moved = {name for name in asked if again.get(name) != seen.rows.get(name)}
        moved |= {name for name, names in rest.items() if moved & names}
        wrong = []
        for name in sorted({*seen.suspects, *seen.flags} - moved):
            flags = (seen.flags[name],) if name in seen.flags else ()
            differences = (*seen.suspects.get(name, ()), *flags)
            wrong.append(_Wrong(name, seen.rows.get(name), seen.tally.row(name), differences))
        return wrong, frozenset(moved & {*seen.suspects, *seen.flags})

    def _rows_now(self, names: list[RowName]) -> Iterator[tuple[RowName, Found]]:
        for start in range(0, len(names), KEYS_PER_CALL):
            keys = [stock_key(*name) for name in names[start : start + KEYS_PER_CALL]]
            for _, item in batch_get(self._outside, {self._stock: {"Keys": keys, "ConsistentRead": True}}):
                values = from_item(item)
                yield _name_of(values), _found(values)

    def _scan(
        self, table: str, names: Iterable[str], condition: str, values: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        """Every item that *condition* is true of, with these attributes. One page at a time."""
        query: dict[str, Any] = {
            "TableName": table,
            "ConsistentRead": True,
            "FilterExpression": condition,
            "ProjectionExpression": ", ".join(f"#{name}" for name in names),
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
        }
        if values:
            query["ExpressionAttributeValues"] = to_item(values)
        while True:
            self._pages += 1
            if self._pages_max is not None and self._pages > self._pages_max:
                raise TooMuchToCheck(f"more than one request can read: run {COMMAND}", command=COMMAND)
            page = self._outside.aws("dynamodb", "scan", **query)
            yield from map(from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _repair(self, wrong: _Wrong, repairer: Repairer) -> bool:
        """Put one row right. False when it was moved meanwhile: the next check looks at it again."""
        (sku, shard), moves = wrong.name, wrong.expected.moves
        note = {
            "sku": sku,
            "kind": REPAIRED,
            "at": repairer.at,
            "by": repairer.by,
            "parts": (),
            "rows": (shard,),
            "repairs": [(d.warehouse, shard, d.counter, d.found or 0, d.expected) for d in wrong.differences],
        }
        number = numbered(repairer.at, f"{sku}\n{shard}\n{moves}")
        item = {"pk": stock_key(sku)["pk"], "sk": {"S": MOVE + number}} | to_item(note)
        put = {"TableName": self._stock, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        update = {"TableName": self._stock, **_repair_update(wrong)}
        return not transact(self._outside, ({"Put": put}, {"Update": update}))


def _report(wrong: Iterable[_Wrong]) -> DriftReport:
    negative = (one for row in wrong for one in below_zero(row.name, row.found, row.expected))
    differences = (one for row in wrong for one in row.differences)
    return DriftReport(0, 0, tuple(differences), tuple(negative))


def _repair_update(row: _Wrong) -> dict[str, Any]:
    """The row as its movements say. The condition is that everything that changes is still as it was found."""
    (sku, shard), found, update = row.name, row.found, Update()
    wrong = [one for one in row.differences if one.counter not in (MOVES, SOLD_OUT)]
    if found is None:
        update.conditions.append("attribute_not_exists(pk)")
        update.put("sku", sku)
        if shard:
            update.put(update.name("shard"), shard)
        update.put("warehouses", {w: _level(wrong, w) for w in {one.warehouse for one in wrong}})
    else:
        for warehouse in sorted({one.warehouse for one in wrong}):
            _repair_level(update, found, warehouse, [one for one in wrong if one.warehouse == warehouse])
        believed = f"{MOVES} = {update.value(found.moves)}" if found.moves is not None else ""
        update.conditions.append(believed or f"attribute_not_exists({MOVES})")
    update.put(MOVES, row.expected.moves + 1)
    expression = f"{update.expression()} REMOVE {SOLD_OUT}" if not shard else update.expression()
    return {"Key": stock_key(sku, shard), "UpdateExpression": expression, **update.rest()}


def _repair_level(update: Update, found: Found, warehouse: str, wrong: list[Difference]) -> None:
    place, level = f"warehouses.{update.name(warehouse)}", found.levels.get(warehouse)
    if level is None:
        update.conditions.append(f"attribute_not_exists({place})")
        update.put(place, _level(wrong, warehouse))
        return
    quotas = [one for one in wrong if one.counter.startswith(CHANNEL)]
    if quotas and not any(name.startswith(CHANNEL) for name in level):
        update.conditions.append(f"attribute_not_exists({place}.channels)")
        update.put(f"{place}.channels", {one.counter.removeprefix(CHANNEL): one.expected for one in quotas})
        wrong = [one for one in wrong if one not in quotas]
    for one in wrong:
        path = f"{place}.{counter_path(update, one.counter)}"
        is_as_found = (
            f"attribute_not_exists({path})" if one.found is None else f"{path} = {update.value(one.found)}"
        )
        update.conditions.append(is_as_found)
        update.put(path, one.expected)


def _level(wrong: Iterable[Difference], warehouse: str) -> dict[str, Any]:
    own = {one.counter: one.expected for one in wrong if one.warehouse == warehouse}
    quotas = {name.removeprefix(CHANNEL): n for name, n in own.items() if name.startswith(CHANNEL)}
    plain = {name: units for name, units in own.items() if not name.startswith(CHANNEL)}
    return {**dict.fromkeys(COUNTERS, 0), **plain, **({"channels": quotas} if quotas else {})}


def _name_of(values: Mapping[str, Any]) -> RowName:
    """By its key: a SKU's name has no "#"."""
    _, sku, *shard = values["pk"].split("#")
    return sku, int(shard[0]) if shard else 0


def _found(values: Mapping[str, Any]) -> Found:
    levels = {w: counters_of(level) for w, level in values.get("warehouses", {}).items()}
    beside = max(values.get("shards", 0), values.get("drained", 0))
    return Found(levels, values.get("moves"), values.get("sold_out", False), beside)
