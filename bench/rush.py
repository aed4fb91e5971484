"""One rush for one SKU: a crowd buys it out, some of it cancel, a second crowd comes. What was promised, and what held?

Every rush puts a new SKU on sale, with its units in so many shards, and lets the crowd buy it through
``place_order``. Who plays the crowd is the caller's: processes on a real engine (``bench.workers``), or threads.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from statistics import fmean
from typing import Any, NamedTuple

from bench.contention import Trouble
from bench.crowd import BOUGHT, SOLD_OUT, Report, Task, Told
from shared.aftersale.cancellation import Cancellation, cancel
from shared.changes import Caller, Request
from shared.commands import Shop
from shared.context import real_clock
from shared.lifecycle import Actor
from shared.model import Sku
from shared.store.items import from_item, to_item

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


class Found(NamedTuple):
    """What stands in the tables about one SKU, read past the product's own code."""

    orders: dict[str, str]  # number of each order that waits for its payment -> buyer
    levels: tuple[dict[str, int], ...]  # the counters of every row of the SKU


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


def play(shop: Shop, serve: Serve, *, name: str, shards: int, size: Size, trouble: Trouble) -> Rush:
    """Everybody buys, some cancel, others come. Nothing else may use *name* as a SKU."""
    put_on_sale(shop, name, shards=shards, units=size.units)
    nobody = Task(name, shards, (), 0, trouble)
    first = serve(_tasks(nobody, f"{name}-first", size.buyers, size.workers))
    broken = broken_promises(first, found(shop, name), units=size.units)
    told = tuple(chain.from_iterable(report.told for report in first))
    bought = [one for one in told if one.answer == BOUGHT]
    for one in bought[: size.cancelled]:
        _cancel(shop, one)
    second = serve(_tasks(nobody, f"{name}-late", size.latecomers, size.workers))
    kept = bought[size.cancelled :]
    broken += broken_promises(second, found(shop, name), units=size.units, before=kept)
    began = min(report.began for report in first)
    last = max(answered for report in first for _, answered in report.reserved)
    return Rush(
        shards=shards,
        told=told,
        seconds_to_last=(last - began) / NANOSECONDS,
        seconds=(max(one.answered for one in told) - began) / NANOSECONDS,
        counts=dict(sum((Counter(report.counts) for report in first), Counter[str]())),
        broken=tuple(broken),
    )


def broken_promises(
    reports: Sequence[Report], tables: Found, *, units: int, before: Sequence[Told] = ()
) -> list[str]:
    """Everything that must hold after a crowd, and does not. *before*: who has had a unit since before it came."""
    told = list(chain.from_iterable(report.told for report in reports))
    answers = Counter(one.answer for one in told)
    bought = {one.order_id: one.buyer for one in (*before, *told) if one.order_id}
    counters = Counter[str]()
    for level in tables.levels:
        counters.update(level)
    free = units - len(before)
    promises = {
        f"exactly {free} are told that they bought one, not {answers[BOUGHT]}": answers[BOUGHT] == free,
        f"all others are told that it is sold out: {dict(answers)}": set(answers) <= {BOUGHT, SOLD_OUT},
        f"exactly {units} orders exist, not {len(tables.orders)}": len(tables.orders) == units,
        "whoever was told that he bought one has that order, and no other": tables.orders == bought,
        "nobody has two orders": len(set(tables.orders.values())) == len(tables.orders),
        f"{units} are reserved and nothing else: {dict(counters)}": counters["reserved"]
        == units
        == counters.total(),
        "no counter is below zero": all(value >= 0 for level in tables.levels for value in level.values()),
        "no unit was taken twice by a repeated request": sum(len(r.reserved) for r in reports) == free,
        "nobody is told too early that it is sold out": not told_too_early(reports, free),
    }
    return [promise for promise, holds in promises.items() if not holds]


def told_too_early(reports: Sequence[Report], free: int) -> list[Told]:
    """Who was told that it is sold out while a unit was left.

    While a crowd buys, units only ever go. So the answer is true when everything that was read for it was empty;
    and it is false when it came before the last of the *free* units' orders had even been sent.
    """
    sent = sorted(began for report in reports for began, _ in report.reserved)
    last = sent[free - 1] if 0 < free <= len(sent) else (0 if not free else math.inf)
    told = chain.from_iterable(report.told for report in reports)
    return [one for one in told if one.answer == SOLD_OUT and not (one.is_proven and last < one.answered)]


def put_on_sale(shop: Shop, sku: str, *, shards: int, units: int) -> None:
    """A new SKU with its units spread over its shards, as ``Shelves.spread`` leaves it."""
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
    none = {"available": 0, "reserved": 0, "sold": 0}
    main: dict[str, Any] = {"sku": sku, "offer": offer._asdict(), "offer_version": 1, "moves": 0}
    if shards:
        main |= {"shards": shards, "warehouses": {WAREHOUSE: none}}
    else:
        main |= {"warehouses": {WAREHOUSE: none | {"available": units}}}
    _put(shop, {"pk": f"SKU#{sku}"} | main)
    for shard in range(1, shards + 1):
        share = units // shards + (shard <= units % shards)
        level = {WAREHOUSE: none | {"available": share}}
        _put(shop, {"pk": f"SKU#{sku}#{shard}", "sku": sku, "shard": shard, "warehouses": level, "moves": 0})


def _put(shop: Shop, row: dict[str, Any]) -> None:
    item = to_item(row | {"sk": "STOCK"})
    shop.outside.aws("dynamodb", "put_item", TableName=shop.settings.stock_table, Item=item)


def found(shop: Shop, sku: str) -> Found:
    """Read the tables from end to end."""
    stock = [
        row for row in _scan(shop, shop.settings.stock_table) if row["sk"] == "STOCK" and row["sku"] == sku
    ]
    rows = list(_scan(shop, shop.settings.orders_table))
    ours = {row["pk"] for row in rows if row["sk"].startswith("LINES#") and _is_of(row, sku)}
    waiting = {
        row["order_id"]: row["buyer_id"]
        for row in rows
        if row["pk"] in ours and row["sk"] == "ORDER" and row["state"] == "pending_payment"
    }
    levels = [level for row in stock for level in row["warehouses"].values()]
    return Found(waiting, tuple({name: int(level[name]) for name in COUNTERS} for level in levels))


def _is_of(row: dict[str, Any], sku: str) -> bool:
    return any(sku in line for line in row["lines"])


def _scan(shop: Shop, table: str) -> Iterator[dict[str, Any]]:
    following: dict[str, Any] = {}
    while True:
        page = shop.outside.aws("dynamodb", "scan", TableName=table, ConsistentRead=True, **following)
        yield from map(from_item, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        following = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _tasks(nobody: Task, crowd: str, count: int, workers: int) -> list[Task]:
    """Share *count* buyers out, as one deals cards."""
    people = [f"{crowd}-{number}" for number in range(count)]
    return [nobody._replace(buyers=tuple(people[seed::workers]), seed=seed) for seed in range(workers)]


def _cancel(shop: Shop, bought: Told) -> None:
    caller = Caller(Actor.BUYER, bought.buyer)
    request = Request(caller, f"cancel-{bought.order_id}", "cancel")
    wish = Cancellation("changed_my_mind")
    cancel(shop, bought.order_id, wish, caller=caller, now=int(real_clock()), request=request)
