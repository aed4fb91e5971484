"""One of many workers that buy the same goods at once: a process of its own, as every Lambda is.

It says ``ready`` on its standard output, then answers each line of its standard input (a ``Task`` in JSON) with one
line (a ``Report``). Each buyer wants one unit, has a key of his own, and does what clients are told to do: on 409 and
503 he asks again under the same key after a while. He stops when he has his order, or when he is told that it is
sold out.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from bench.contention import Contention, Journal, Odds, Reading
from shared.changes import Caller, Request
from shared.commands import Shop
from shared.context import context
from shared.errors import Conflict, OrderRefused, Unavailable
from shared.lifecycle import Actor
from shared.ordering.checkout import Checkout, place_order
from shared.ordering.quote import Wanted
from shared.outside import Outside
from shared.settings import Settings

READY = "ready"
REPEATS_MAX = 60
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.02, 0.5
BOUGHT, SOLD_OUT, GAVE_UP = "bought", "sold out", "gave up"


class Task(NamedTuple):
    """What one worker does in one round."""

    sku: str
    shards: int
    buyers: tuple[str, ...]
    seed: int
    locks: str = ""  # a folder; empty: transactions do not meet
    refused_pct: int = 0
    lost_pct: int = 0


class Told(NamedTuple):
    """What one buyer was told in the end."""

    buyer: str
    answer: str
    order_id: str
    repeats: int  # So often he asked again.
    answered: int  # nanoseconds
    is_proven: bool  # Told that it is sold out, and everything that was read on the way to it was empty.


class Report(NamedTuple):
    told: tuple[Told, ...]
    reserved: tuple[tuple[int, int], ...]  # When each order that was carried out was sent and answered.
    counts: dict[str, int]
    began: int

    @classmethod
    def of_json(cls, line: str) -> "Report":
        told, reserved, counts, began = json.loads(line)
        spans = tuple((sent, answered) for sent, answered in reserved)
        return cls(tuple(Told(*one) for one in told), spans, counts, began)


def serve(settings: Settings, task: Task) -> Report:
    """Let the task's buyers buy, one after the other."""
    dice = Random(task.seed)
    contention = Contention(
        Odds(task.refused_pct, task.lost_pct),
        seed=task.seed,
        stock_table=settings.stock_table,
        locks=Path(task.locks) if task.locks else None,
    )
    journal = Journal(settings.stock_table, task.sku)
    outside = Outside()
    outside.around = [contention.around, journal.around]
    shop, began = Shop.open(outside, settings), time.monotonic_ns()
    told = tuple(_buy(shop, journal, task, buyer, dice) for buyer in task.buyers)
    counts = Counter(contention.counts) + journal.counts
    return Report(told, tuple(journal.reserved), dict(counts), began)


def _buy(shop: Shop, journal: Journal, task: Task, buyer: str, dice: Random) -> Told:
    caller = Caller(Actor.BUYER, buyer)
    request = Request(caller, f"key-of-{buyer}", "the same each time")
    checkout = Checkout((Wanted(task.sku, 1),), address_in(shop.settings))
    for repeats in range(REPEATS_MAX):
        journal.readings.clear()
        try:
            order = place_order(shop, context(), caller, checkout, request).whole.order
            return Told(buyer, BOUGHT, order.order_id, repeats, time.monotonic_ns(), False)
        except OrderRefused as refused:
            codes = {problem.code for problem in refused.details["problems"]}
            answer = SOLD_OUT if codes == {"sold_out"} else ", ".join(sorted(codes))
            proven = saw_nothing_left(journal.readings, task)
            return Told(buyer, answer, "", repeats, time.monotonic_ns(), proven)
        except (Conflict, Unavailable):
            time.sleep(dice.uniform(0, min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2**repeats)))
    return Told(buyer, GAVE_UP, "", REPEATS_MAX, time.monotonic_ns(), False)


def saw_nothing_left(readings: Iterable[Reading], task: Task) -> bool:
    """Whether one of *readings* saw the sold-out flag, or every shard, and no unit in any."""
    rows = {f"SKU#{task.sku}#{shard}" for shard in range(1, task.shards + 1)} or {f"SKU#{task.sku}"}
    return any(
        reading.is_flagged or (rows <= set(reading.items) and not reading.units) for reading in readings
    )


def address_in(settings: Settings) -> dict[str, str | None]:
    country = min(settings.deliverable_countries)
    facts = {"name": "A Buyer", "phone": "+44 20 0000 0000", "city": "Anytown", "street": "1 Example Street"}
    return {**facts, "country": country}


def main(lines: Iterable[str]) -> None:
    """Answer each of *lines*. The client is made, and connected, before the first."""
    settings = Settings.read(os.environ)
    Outside().aws("dynamodb", "describe_table", TableName=settings.stock_table)
    print(READY, flush=True)
    for line in lines:
        values: dict[str, Any] = json.loads(line)
        report = serve(settings, Task(**{**values, "buyers": tuple(values["buyers"])}))
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(sys.stdin)
