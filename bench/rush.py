"""One rush for one SKU: a crowd buys it out, some of it cancel, others come. And what must hold held?

Every rush puts a new SKU on sale, with its units in so many shards, and lets the crowd buy it through
``place_order``. Who plays the crowd is the caller's: processes on a real engine (``bench.workers``), or threads.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from bench.contention import Trouble
from bench.crowd import BOUGHT, Report, Task, Told, cancel_order
from bench.promises import Found, broken_promises, told_by, unsold
from shared.commands import Shop
from shared.context import context
from shared.goods import Sku
from shared.store.items import from_item, to_item
from shared.store.shelves import Reason, ShelfStore

CANCELS_PCT = 50
NANOSECONDS = 1_000_000_000
MERCHANT, WAREHOUSE = "m-hot", "W1"
COUNTERS = ("available", "reserved", "sold")

Serve = Callable[[Sequence[Task]], Sequence[Report]]


class Size(NamedTuple):
    """How many come for how much."""

    buyers: int = 1_000
    units: int = 100
    workers: int = 16
    cancelled: int = 10
    latecomers: int = 60


class Rush(NamedTuple):
    shards: int
    told: tuple[Told, ...]  # Everybody of the first crowd.
    seconds_to_last: float  # From the first buyer's coming until the last unit's order is carried out.
    seconds: float  # And until everybody has an answer.
    counts: dict[str, int]
    broken: tuple[str, ...]

    @property
    def orders_per_second(self) -> float:
        return self.answered(BOUGHT) / self.seconds_to_last

    @property
    def repeats(self) -> int:
        return sum(one.repeats for one in self.told)

    def answered(self, answer: str) -> int:
        return sum(one.answer == answer for one in self.told)

    def calls_for(self, answer: str) -> float:
        """How many calls it took, on average, to tell a buyer *answer*."""
        return fmean([one.calls for one in self.told if one.answer == answer] or [0])


class Stage:
    """One SKU, and those who have had a unit of it so far."""

    def __init__(self, shop: Shop, serve: Serve, nobody: Task, size: Size) -> None:
        self._shop, self._serve, self._nobody, self._size = shop, serve, nobody, size
        self._owners: tuple[Told, ...] = ()
        self.broken: list[str] = []

    def buy_out(self, crowd: str, count: int) -> Sequence[Report]:
        """More come than there are units: exactly what is left is sold."""
        free = self._size.units - len(self._owners)
        reports = self._come(crowd, count, cancels_pct=0)
        self.broken += unsold(reports, free)
        return reports

    def come_and_go(self, crowd: str, count: int) -> None:
        """Some of those who buy cancel at once, while others buy: what is left in the end is a matter of luck."""
        self._come(crowd, count, cancels_pct=CANCELS_PCT)

    def cancel_some(self) -> None:
        for one in self._owners[: self._size.cancelled]:
            cancel_order(self._shop, one)
        self._owners = self._owners[self._size.cancelled :]

    def _come(self, crowd: str, count: int, *, cancels_pct: int) -> Sequence[Report]:
        task, workers = self._nobody._replace(cancels_pct=cancels_pct), self._size.workers
        people = [f"{task.sku}-{crowd}-{number}" for number in range(count)]
        tasks = [task._replace(buyers=tuple(people[seed::workers]), seed=seed) for seed in range(workers)]
        reports = self._serve(tasks)
        tables = found(self._shop, task.sku)
        self.broken += broken_promises(reports, tables, units=self._size.units, before=self._owners)
        self._owners += tuple(one for one in told_by(reports) if one.answer == BOUGHT)
        return reports


def play(shop: Shop, serve: Serve, *, name: str, shards: int, size: Size, trouble: Trouble) -> Rush:
    """Everybody buys; some cancel, and others come; then these come and go. Nothing else may use *name* as a SKU."""
    put_on_sale(shop, name, shards=shards, units=size.units)
    stage = Stage(shop, serve, Task(name, shards, (), 0, trouble), size)
    rush = stage.buy_out("first", size.buyers)
    stage.cancel_some()
    stage.buy_out("late", size.latecomers)
    stage.cancel_some()
    stage.come_and_go("fickle", size.latecomers)
    stage.buy_out("last", size.latecomers)
    told, began = told_by(rush), min(report.began for report in rush)
    last = max(answered for report in rush for _, answered in report.reserved)
    return Rush(
        shards=shards,
        told=told,
        seconds_to_last=(last - began) / NANOSECONDS,
        seconds=(max(one.answered for one in told) - began) / NANOSECONDS,
        counts=dict(sum((Counter(report.counts) for report in rush), Counter[str]())),
        broken=tuple(stage.broken),
    )


def put_on_sale(shop: Shop, sku: str, *, shards: int, units: int) -> None:
    """A new SKU, as the shop itself would offer, receive and spread it."""
    offer = Sku(
        sku=sku,
        name="One of few",
        merchant_id=MERCHANT,
        currency="CNY",
        unit_price_minor=9_900,
        is_on_sale=True,
        weight_grams=500,
        volume_cm3=1_000,
        category="toys",
    )
    now, shelves = context().now, ShelfStore(shop.outside, shop.settings)
    shop.goods.put_sku(offer)
    shelves.receive(sku=sku, warehouse=WAREHOUSE, quantity=units, movement_id="received", at=now)
    if shards:
        shelves.spread(sku=sku, shards=shards, why=Reason("spread", now))


def found(shop: Shop, sku: str) -> Found:
    """Read the tables from end to end: whatever is there of the SKU, or of its crowd, is found."""
    of_the_sku, of_the_crowd = {":sk": "STOCK", ":one": sku}, {":sk": "ORDER", ":one": f"{sku}-"}
    stock = list(_scan(shop, shop.settings.stock_table, "sk = :sk AND sku = :one", of_the_sku))
    orders = _scan(shop, shop.settings.orders_table, "sk = :sk AND begins_with(buyer_id, :one)", of_the_crowd)
    waiting = {row["order_id"]: row["buyer_id"] for row in orders if row["state"] == "pending_payment"}
    levels = [level for row in stock for level in row["warehouses"].values()]
    return Found(waiting, tuple({name: level[name] for name in COUNTERS} for level in levels))


def _scan(shop: Shop, table: str, only: str, values: dict[str, str]) -> Iterator[dict[str, Any]]:
    request = {"FilterExpression": only, "ExpressionAttributeValues": to_item(values), "ConsistentRead": True}
    while True:
        page = shop.outside.aws("dynamodb", "scan", TableName=table, **request)
        yield from map(from_item, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
