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
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from bench.contention import Contention, Journal, Reading, Span, Trouble
from shared.aftersale.cancellation import Cancellation, cancel
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
BOUGHT, CANCELLED, SOLD_OUT, GAVE_UP = "bought", "cancelled", "sold out", "gave up"


class Task(NamedTuple):
    """What one worker does in one round."""

    sku: str
    shards: int
    buyers: tuple[str, ...]
    seed: int
    trouble: Trouble
    cancels_pct: int = 0  # Of a hundred who bought, so many cancel at once.

    @classmethod
    def of_json(cls, line: str) -> "Task":
        sku, shards, buyers, seed, trouble, cancels_pct = json.loads(line)
        return cls(sku, shards, tuple(buyers), seed, Trouble(*trouble), cancels_pct)


class Told(NamedTuple):
    """What one buyer was told in the end."""

    buyer: str
    answer: str
    order_id: str = ""
    repeats: int = 0  # So often he asked again, under the same key.
    is_proven: bool = False  # Told that it is sold out, and something that was read for it says so, too.
    began: int = 0  # When he asked last, and
    answered: int = 0  # when he had his answer: nanoseconds on the clock of the machine.
    calls: int = 0  # to DynamoDB, those that met a conflict included


class Report(NamedTuple):
    told: tuple[Told, ...]
    reserved: tuple[Span, ...]  # When each order that was carried out was sent and answered,
    released: tuple[Span, ...]  # and each cancellation.
    counts: dict[str, int]
    began: int

    @classmethod
    def of_json(cls, line: str) -> "Report":
        told, reserved, released, counts, began = json.loads(line)
        people = tuple(Told(*one) for one in told)
        return cls(people, tuple(map(tuple, reserved)), tuple(map(tuple, released)), counts, began)


class Worker:
    """Lets the buyers of one task buy, one after the other."""

    def __init__(self, settings: Settings, task: Task) -> None:
        self._task, self._dice = task, Random(task.seed)
        self._contention = Contention(task.trouble, seed=task.seed, stock_table=settings.stock_table)
        self._journal = Journal(settings.stock_table, task.sku)
        outside = Outside()
        outside.around = [self._contention.around, self._journal.around]
        self._shop = Shop.open(outside, settings)

    def serve(self) -> Report:
        began = time.monotonic_ns()
        told = tuple(self._served(buyer) for buyer in self._task.buyers)
        journal = self._journal
        return Report(told, tuple(journal.reserved), tuple(journal.released), dict(self._counts()), began)

    def _counts(self) -> Counter[str]:
        return self._contention.counts + self._journal.counts

    def _served(self, buyer: str) -> Told:
        calls = self._counts()["calls"]
        told = self._bought(buyer)
        told = told._replace(answered=time.monotonic_ns(), calls=self._counts()["calls"] - calls)
        if told.answer == BOUGHT and self._dice.randrange(100) < self._task.cancels_pct:
            _, told = self._repeated(lambda: self._cancelled(told), otherwise=told._replace(answer=GAVE_UP))
        return told

    def _bought(self, buyer: str) -> Told:
        repeats, told = self._repeated(lambda: self._asked(buyer), otherwise=Told(buyer, GAVE_UP))
        return told._replace(repeats=repeats)

    def _repeated(self, ask: Callable[[], Told], *, otherwise: Told) -> tuple[int, Told]:
        """Ask until there is an answer: (how often again, the answer)."""
        for repeats in range(REPEATS_MAX):
            try:
                return repeats, ask()
            except (Conflict, Unavailable):
                time.sleep(self._dice.uniform(0, min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2**repeats)))
        return REPEATS_MAX, otherwise

    def _asked(self, buyer: str) -> Told:
        caller = Caller(Actor.BUYER, buyer)
        request = Request(caller, f"key-of-{buyer}", "the same each time")
        checkout = Checkout((Wanted(self._task.sku, 1),), address_in(self._shop.settings))
        self._journal.readings.clear()
        began = time.monotonic_ns()
        try:
            order = place_order(self._shop, context(), caller, checkout, request).whole.order
        except OrderRefused as refused:
            codes = {problem.code for problem in refused.details["problems"]}
            answer = SOLD_OUT if codes == {"sold_out"} else ", ".join(sorted(codes))
            is_proven = saw_nothing_left(self._journal.readings, self._task)
            return Told(buyer, answer, is_proven=is_proven, began=began)
        return Told(buyer, BOUGHT, order.order_id, began=began)

    def _cancelled(self, told: Told) -> Told:
        cancel_order(self._shop, told)
        return told._replace(answer=CANCELLED)


def cancel_order(shop: Shop, bought: Told) -> None:
    """The buyer cancels the order that he was told he has."""
    caller = Caller(Actor.BUYER, bought.buyer)
    request = Request(caller, f"cancel-{bought.order_id}", "cancel")
    wish = Cancellation("changed_my_mind")
    cancel(shop, bought.order_id, wish, caller=caller, now=context().now, request=request)


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
        report = Worker(settings, Task.of_json(line)).serve()
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(sys.stdin)
