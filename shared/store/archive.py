"""How orders leave: the list of those to look at, parts of the archive, and an order's first row, which goes first.

Orders   PLACED#<0..9>          <day>#<order id>       an order to look at when that day's time has come
         ARCHIVE                <day>#<part>           a part that is not done: its orders and their versions
         ARCHIVE#<day>          PART#<part>            its number is taken
         ORDER#<id>             #ORDER                 the first row of an order that is leaving
         ORDER#<id>             #ARCHIVED              its stub: whose it was, in which part it is, what stock it moved
Bucket   archive/<table>/placed_on=<day>/part-<part>.parquet

    planned ── which orders, as of which version ──► left ── their files are written, once ──► emptied, an hour later

An order leaves in one transaction, if it is still as it was looked at: its first row goes, its stub comes. From then on
nobody finds it, nobody can write to it, and what is in its part is fixed. Each step may be repeated by anybody.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from shared.errors import Unavailable
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, order_key, to_item
from shared.store.reading import ROUNDS_MAX
from shared.store.transactions import transact

SHARDS = 10
PLACED, OPEN, PARTS = "PLACED#", "ARCHIVE", "ARCHIVE#"
LEAVING, STUB = "#ORDER", "#ARCHIVED"
WRITES_PER_CALL_MAX = 25  # BatchWriteItem
PARQUET = "application/vnd.apache.parquet"
THERE_ALREADY = "PreconditionFailed"


class Listed(NamedTuple):
    """An order in the list, and the day that it stands under."""

    order_id: str
    day: str


class Member(NamedTuple):
    """An order of a part: as of which version it may leave, and under which day it is listed."""

    order_id: str
    version: int
    day: str


class Part(NamedTuple):
    """Some orders that were placed on one day, and leave together."""

    placed_on: str
    number: int
    members: tuple[Member, ...]
    written_at: int | None = None  # Epoch seconds, UTC.


class Stub(NamedTuple):
    """What stays of an order that has left. *stock_moved*: what it moved of stock (``shared.archive.moved``)."""

    buyer_id: str
    placed_on: str
    part: int
    at: int
    stock_moved: tuple[Any, ...] = ()


class ArchiveStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings
        self._table = settings.orders_table

    # --- the list ---

    def list_order(self, order_id: str, day: str) -> None:
        """Look at the order when *day*'s time has come. Twice is once."""
        self._outside.aws("dynamodb", "put_item", TableName=self._table, Item=_listed_key(order_id, day))

    def unlist(self, listed: Listed) -> None:
        self._outside.aws("dynamodb", "delete_item", TableName=self._table, Key=_listed_key(*listed))

    def listed(self, until: str) -> Iterator[Listed]:
        """Every order that stands under a day up to *until*, earliest day first in each shard."""
        for shard in range(SHARDS):
            for item in self._query(
                KeyConditionExpression="pk = :pk AND sk <= :last",
                ExpressionAttributeValues=to_item({":pk": f"{PLACED}{shard}", ":last": f"{until}#~"}),
            ):
                day, _, order_id = item["sk"]["S"].partition("#")
                yield Listed(order_id, day)

    # --- parts ---

    def open_parts(self) -> tuple[Part, ...]:
        """Every part that is not done, oldest first."""
        items = self._query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": OPEN}),
            ConsistentRead=True,
        )
        return tuple(_part_of(item) for item in items)

    def plan(self, placed_on: str, members: Sequence[Member], now: int) -> Part | None:
        """Open the day's next part. None: somebody else was faster, and has its number."""
        latest = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": f"{PARTS}{placed_on}"}),
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        number = 1 + (int(latest[0]["sk"]["S"].removeprefix("PART#")) if latest else 0)
        part = Part(placed_on, number, tuple(members))
        taken = _number_key(part) | to_item({"planned_at": now})
        refused = transact(self._outside, [self._put_new(taken), self._put_new(_part_item(part))])
        return None if refused else part

    def written(self, part: Part, now: int) -> None:
        """Its files are there. Who noted it first stays."""
        update = {
            "TableName": self._table,
            "Key": _open_key(part),
            "UpdateExpression": "SET written_at = :now",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(written_at)",
            "ExpressionAttributeValues": to_item({":now": now}),
        }
        transact(self._outside, [{"Update": update}])

    def done(self, part: Part) -> None:
        self._outside.aws("dynamodb", "delete_item", TableName=self._table, Key=_open_key(part))

    # --- orders ---

    def items_of(self, order_id: str) -> tuple[Item, ...]:
        """Everything in the order's partition, as stored, the rows of the way out under their own sort keys."""
        return tuple(
            self._query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": order_key(order_id, "")["pk"]},
                ConsistentRead=True,
            )
        )

    def vouchers_of(self, order_id: str) -> tuple[dict[str, Any], ...]:
        items = self._query(
            TableName=self._settings.ledger_table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :voucher)",
            ExpressionAttributeValues=to_item({":pk": f"ORDER#{order_id}", ":voucher": "VOUCHER#"}),
            ConsistentRead=True,
        )
        return tuple(map(from_item, items))

    def leave(self, order: Item, version: int, stub: Stub) -> bool:
        """Take the order's first row away, if nothing has happened to it since *version*. Says whether it left,
        now or before, with this part.
        """
        order_id = order["order_id"]["S"]
        hidden = {name: value for name, value in order.items() if name != "buyer"}  # Out of its buyer's list.
        delete = {
            "TableName": self._table,
            "Key": order_key(order_id, "ORDER"),
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": to_item({":read": version}),
        }
        kept = order_key(order_id, STUB) | to_item(stub._asdict())
        puts = [self._put_new(hidden | order_key(order_id, LEAVING)), self._put_new(kept)]
        if not transact(self._outside, [{"Delete": delete}, *puts]):
            return True
        there = self.stub(order_id)
        return there is not None and (there.placed_on, there.part) == (stub.placed_on, stub.part)

    def stub(self, order_id: str) -> Stub | None:
        """What stayed of the order; None: it has not left, or never was."""
        found = self._outside.aws(
            "dynamodb",
            "get_item",
            TableName=self._table,
            Key=order_key(order_id, STUB),
            ConsistentRead=True,
        ).get("Item")
        return None if found is None else stub_of(found)

    def empty(self, order_id: str) -> None:
        """Delete every row of an order that has left, but its stub."""
        keys = self._query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": order_key(order_id, "")["pk"]},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        gone = [key for key in keys if key["sk"]["S"] != STUB]
        for start in range(0, len(gone), WRITES_PER_CALL_MAX):
            self._delete(gone[start : start + WRITES_PER_CALL_MAX])

    # --- files ---

    def put_file(self, key: str, content: bytes) -> None:
        """Write a file that nobody has written yet. It is there already: then it holds the same, and stays.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        from botocore.exceptions import ClientError

        try:
            self._outside.aws(
                "s3",
                "put_object",
                Bucket=self._settings.books_bucket,
                Key=key,
                Body=content,
                ContentType=PARQUET,
                IfNoneMatch="*",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != THERE_ALREADY:
                raise

    def file(self, key: str) -> bytes:
        found = self._outside.aws("s3", "get_object", Bucket=self._settings.books_bucket, Key=key)
        content: bytes = found["Body"].read()
        return content

    def _put_new(self, item: Mapping[str, Any]) -> dict[str, Any]:
        put = {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return {"Put": put}

    def _delete(self, keys: Iterable[Item]) -> None:
        left = {self._table: [{"DeleteRequest": {"Key": key}} for key in keys]}
        for attempt in range(ROUNDS_MAX):
            if attempt:
                self._outside.wait_before_attempt(attempt)
            left = self._outside.aws("dynamodb", "batch_write_item", RequestItems=left).get(
                "UnprocessedItems", {}
            )
            if not left:
                return
        raise Unavailable("the table is busy")

    def _query(self, **query: Any) -> Iterator[Item]:
        query = {"TableName": self._table} | query
        while True:
            answer = self._outside.aws("dynamodb", "query", **query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def stub_of(item: Item) -> Stub:
    values = from_item(item)
    return Stub(**{name: values[name] for name in Stub._fields})


def _part_of(item: Item) -> Part:
    values = from_item(item)
    placed_on, _, number = values["sk"].partition("#")
    members = tuple(Member(*member) for member in values["members"])
    return Part(placed_on, int(number), members, values.get("written_at"))


def _part_item(part: Part) -> Item:
    return _open_key(part) | to_item({"members": part.members, "written_at": part.written_at})


def _open_key(part: Part) -> Item:
    return {"pk": {"S": OPEN}, "sk": {"S": f"{part.placed_on}#{part.number:05}"}}


def _number_key(part: Part) -> Item:
    return {"pk": {"S": f"{PARTS}{part.placed_on}"}, "sk": {"S": f"PART#{part.number:05}"}}


def _listed_key(order_id: str, day: str) -> Item:
    return {
        "pk": {"S": f"{PLACED}{crc32(order_id.encode()) % SHARDS}"},
        "sk": {"S": f"{day}#{order_id}"},
    }
