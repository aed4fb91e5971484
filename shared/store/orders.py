"""Orders: read one whole, write one event, page through many."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.changes import Caller, Request
from shared.errors import KeyReused, NotFound
from shared.model import (
    Line,
    Order,
    Row,
    Snapshot,
    WholeOrder,
)
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import (
    SHARDS,
    Item,
    from_item,
    item_to_lines,
    item_to_row,
    item_to_snapshot,
    order_key,
    to_attribute,
)
from shared.store.reading import batch_get

FIRST_STATE_KEY = "A"  # History, keys and personal data begin with "#", which sorts before every letter.


class Seen(NamedTuple):
    """What a repeated Idempotency-Key stood for."""

    order_id: str
    about: str


class Queued(NamedTuple):
    """A place in a work list, as its index told it: the row itself may have moved on."""

    order_id: str
    subject: str
    priority: str


class Ripe(NamedTuple):
    """A row whose time has come, as an index told it."""

    order_id: str
    sk: str
    since: int

    @property
    def is_of_register(self) -> bool:
        """It is no row of an order, but an entry of the register (``shared.store.register``)."""
        return self.order_id.startswith("REGISTER#")


class OrderStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def read(self, order_id: str) -> WholeOrder:
        """Everything that decisions need, consistently. Raises ``NotFound``."""
        items = self._query(
            KeyConditionExpression="pk = :pk AND sk >= :first",
            ExpressionAttributeValues={
                ":pk": {"S": f"ORDER#{order_id}"},
                ":first": {"S": FIRST_STATE_KEY},
            },
            ConsistentRead=True,
        )
        lines: tuple[Line, ...] = ()
        rows: list[Row] = []
        snapshot: Snapshot | None = None
        for item in items:
            if item["sk"]["S"].startswith("LINES#"):
                lines += item_to_lines(item)
                snapshot = snapshot or item_to_snapshot(item, self._settings.policy)
            else:
                rows.append(item_to_row(item))
        if snapshot is None or not any(row.machine == "order" for row in rows):
            raise NotFound("no such order")  # Or it is on its way to the archive: its first row goes first.
        return WholeOrder.of(rows, lines, snapshot)

    def personal(self, order_id: str) -> dict[str, Any]:
        """Name, phone and address, for those who may see them."""
        found = self._get(order_key(order_id, "#PII"))
        return {} if found is None else {k: v for k, v in from_item(found).items() if k not in ("pk", "sk")}

    def seen(self, request: Request) -> Seen | None:
        """What this key stood for, if it was used. Raises ``KeyReused`` when it was another request."""
        found = self._get(request_key(request.caller, request.key))
        return None if found is None else seen_in(found, request)

    def booked(self, name: str) -> str | None:
        """The order in which this was booked; None: it was not."""
        found = self._get(booking_key(name))
        return None if found is None else str(found["order_id"]["S"])

    def events(self, order_id: str, *, after: int, limit: int) -> tuple[dict[str, Any], ...]:
        """The time line: up to *limit* accepted events behind version *after*."""
        answer = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._settings.orders_table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :after AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": f"ORDER#{order_id}"},
                ":after": {"S": f"#EVENT#{after + 1:08}"},
                ":last": {"S": "#EVENT#99999999"},
            },
            Limit=limit,
        )
        return tuple(from_item(item) for item in answer["Items"])

    def orders_of(self, buyer_id: str, *, before: str, limit: int) -> tuple[Order, ...]:
        """The buyer's orders, newest first, older than the id *before* (exclusive; empty: from the newest)."""
        items = self._page(
            "buyer",
            "buyer = :who AND order_id < :before",
            {":who": buyer_id, ":before": before or "~"},
            limit=limit,
            forward=False,
        )
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
        return tuple(row for row in self._rows(keys) if isinstance(row, Order))

    def queue(self, queue: str, *, after: str, limit: int) -> tuple[Queued, ...]:
        """The places of a work list, first come first, behind the priority *after*. May lag."""
        items = self._page(
            "queue",
            "queue = :who AND priority > :after",
            {":who": queue, ":after": after or " "},
            limit=limit,
        )
        return tuple(Queued(_order_id(item), item["sk"]["S"], item["priority"]["S"]) for item in items)

    def due(self, now: int) -> Iterator[Ripe]:
        """Every row whose deadline has passed. May lag; the reader decides again."""
        return self._ripe("due", "due_at", now)

    def unfinished(self, since: int) -> Iterator[Ripe]:
        """Every event whose effects were not done by *since*."""
        return self._ripe("unfinished", "unfinished_since", since)

    def event_item(self, order_id: str, sk: str) -> Item | None:
        return self._get(order_key(order_id, sk))

    def _ripe(self, index: str, attribute: str, until: int) -> Iterator[Ripe]:
        for shard in range(SHARDS):
            for item in self._query(
                IndexName=index,
                KeyConditionExpression=f"#shard = :shard AND {attribute} <= :until",
                ExpressionAttributeNames={"#shard": "shard"},  # A reserved word.
                ExpressionAttributeValues={":shard": {"S": str(shard)}, ":until": {"N": str(until)}},
            ):
                yield Ripe(_order_id(item), item["sk"]["S"], int(item[attribute]["N"]))

    def _page(
        self, index: str, condition: str, values: Mapping[str, Any], *, limit: int, forward: bool = True
    ) -> list[Item]:
        answer = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._settings.orders_table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={name: to_attribute(value) for name, value in values.items()},
            ScanIndexForward=forward,
            Limit=limit,
        )
        found: list[Item] = answer["Items"]
        return found

    def _rows(self, keys: list[Item]) -> tuple[Row, ...]:
        """The rows behind an index page, in its order; those that left since are left out. At most 100."""
        if not keys:
            return ()
        found = {
            (item["pk"]["S"], item["sk"]["S"]): item
            for _, item in batch_get(self._outside, {self._settings.orders_table: {"Keys": keys}})
        }
        places = ((key["pk"]["S"], key["sk"]["S"]) for key in keys)
        return tuple(item_to_row(found[place]) for place in places if place in found)

    def _query(self, **query: Any) -> Iterator[Item]:
        table = self._settings.orders_table
        while True:
            answer = self._outside.aws("dynamodb", "query", TableName=table, **query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _get(self, key: Item) -> Item | None:
        found: Item | None = self._outside.aws(
            "dynamodb", "get_item", TableName=self._settings.orders_table, Key=key, ConsistentRead=True
        ).get("Item")
        return found


def request_key(caller: Caller, key: str) -> Item:
    """A key belongs to the one who chose it: nobody else can use it up, or read what it stood for."""
    return {"pk": {"S": f"KEY#{caller.actor}#{caller.id}"}, "sk": {"S": f"KEY#{key}"}}


def booking_key(name: str) -> Item:
    """A provider's event or transaction is booked once, whichever order it says it is for."""
    return {"pk": {"S": f"SEEN#{name}"}, "sk": {"S": "SEEN"}}


def seen_in(item: Mapping[str, Any], request: Request) -> Seen:
    stored = from_item(item)
    if stored["fingerprint"] != request.fingerprint:
        raise KeyReused("this Idempotency-Key already stood for another request")
    return Seen(stored["order_id"], stored["about"])


def _order_id(item: Item) -> str:
    return str(item["pk"]["S"].removeprefix("ORDER#"))
