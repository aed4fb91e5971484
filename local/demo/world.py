"""Everything that the tables, the queues and the payment provider say, at one moment, as plain values.

Read past the product's own stores and models, so that what checks it does not believe it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local import queues
from local.cloud import Cloud

Row = dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """One order's partition of the Orders table."""

    order_id: str
    rows: Mapping[str, Row]  # by sort key

    @property
    def order(self) -> Row:
        return self.rows["ORDER"]

    @property
    def lines(self) -> list[Row]:
        """The lines, as a buyer would count them."""
        stored = [line for row in self.of("LINES") for line in row["lines"]]
        return [_line(line) for line in stored]

    @property
    def snapshot(self) -> Row:
        """What was agreed when the order was placed; what is as usual is not stored."""
        found: Row = self.rows["LINES#01"].get("snapshot", {})
        return found

    def of(self, kind: str) -> list[Row]:
        """Rows of one kind: ``SUB``, ``PAY``, ``REFUND``, ``PARCEL``, ``SETTLE``, ``MOVE``, ``LINES``,
        ``#EVENT``, ``#SEEN``."""
        return [row for sk, row in sorted(self.rows.items()) if sk.startswith(f"{kind}#")]

    def lines_of(self, sub_order: Row) -> list[Row]:
        return [line for line in self.lines if line["sub_order"] == sub_order["number"]]

    def parcels_of(self, sub_order: Row) -> list[Row]:
        return [parcel for parcel in self.of("PARCEL") if parcel["sub_order"] == sub_order["number"]]

    def states(self) -> Iterator[tuple[str, Row]]:
        """Every row that has a state, with its sort key."""
        return ((sk, row) for sk, row in sorted(self.rows.items()) if "state" in row)


@dataclass(frozen=True)
class World:
    now: int
    orders: Mapping[str, Whole]
    headless: list[str]  # Partitions without an order.
    stock: list[Row]
    moves: list[Row]  # What came onto the shelves without an order.
    vouchers: list[Row]
    catalogue: list[Row]  # Every version of everything published, and what is live.
    wallets: Mapping[str, Mapping[str, Row]]  # By member, by sort key.
    books: Mapping[str, Row]  # The provider's, by reference.
    queued: Mapping[str, int]  # Dead-letter queue -> messages.
    lost: int  # What not even a dead-letter queue took.


def world_of(cloud: Cloud) -> World:
    """Look at everything."""
    partitions: dict[str, dict[str, Row]] = {}
    for item in cloud.items("ORDERS_TABLE"):
        if item["pk"].startswith("ORDER#"):
            row = plain(item)
            if item["sk"].startswith("SUB#"):
                row = {
                    "cancelled": {},
                    "boost_seconds": 0,
                    "freight_steps": [],
                } | row  # Not stored when empty.
            partitions.setdefault(item["pk"].removeprefix("ORDER#"), {})[item["sk"]] = row
    wallets: dict[str, dict[str, Row]] = {}
    for item in cloud.items("MEMBERS_TABLE"):
        if item["pk"].startswith("MEMBER#"):
            wallets.setdefault(item["pk"].removeprefix("MEMBER#"), {})[item["sk"]] = plain(item)
    stock = [plain(item) for item in cloud.items("STOCK_TABLE")]
    queued = {
        resource.name: len(queues.messages(resource.name))
        for resource in cloud.resources
        if resource.type == "AWS::SQS::Queue"
    }
    lost = len(cloud.targets.lost) + sum(len(pump.lost) for pump in cloud.pumps)
    return World(
        now=int(cloud.clock.now()),
        orders={number: Whole(number, rows) for number, rows in partitions.items() if "ORDER" in rows},
        headless=sorted(number for number, rows in partitions.items() if "ORDER" not in rows),
        stock=[row for row in stock if row["sk"] == "STOCK"],
        moves=[row for row in stock if row["sk"].startswith("MOVE#")],
        vouchers=[plain(item) for item in cloud.items("LEDGER_TABLE")],
        catalogue=[plain(item) for item in cloud.items("CATALOGUE_TABLE")],
        wallets=wallets,
        books=cloud.sandbox.books()["references"],
        queued=queued,
        lost=lost + len(cloud.sandbox.given_up),
    )


def plain(value: Any) -> Any:
    """Turn DynamoDB's decimals into whole numbers."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


LINE_FIELDS = (
    "number",
    "sub_order",
    "sku",
    "name",
    "merchant_id",
    "quantity",
    "unit_price_minor",
    "steps",
    "payable_minor",
    "weight_grams",
    "allocation",  # (warehouse, units, shard?, channel?)
    "points",
    "category",
    "spec",
    "flags",
)
AS_USUAL: Row = {"points": 0, "category": "", "spec": "", "flags": []}  # Not stored with a line.


def _line(stored: list[Any]) -> Row:
    return AS_USUAL | dict(zip(LINE_FIELDS, stored, strict=False))
