"""What no local engine does, done here: transactions conflict, and answers are lost. And what went through after all?

DynamoDB refuses a transaction while another one holds one of its items (TransactionConflict). MiniStack and
DynamoDB Local carry out one call after the other instead, and moto too; so both hooks stand around every call:

    Contention   two transactions on one stock item at once: the later one is refused, as AWS would
                 and, by lot: one is refused without a reason, one is carried out and its answer lost
    Journal      innermost: what reached the engine, when, and what came of it
"""

import fcntl
import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, ReadTimeoutError

from shared.outside import Call

CONFLICT = "TransactionConflict"
ORDERS, CANCELLATIONS, FLAG = "orders", "cancellations", "the flag"
SUBJECTS = {"pending_payment": ORDERS, "cancelled": CANCELLATIONS}
Span = tuple[int, int]  # When a call was sent and answered: nanoseconds on the clock of the machine.


class Trouble(NamedTuple):
    """What a crowd is put through."""

    locks: str = (
        ""  # A folder that all workers share; a file of it is one stock item. Empty: nobody meets anybody.
    )
    hold_milliseconds: int = 0  # A transaction keeps its stock items at least so long.
    refused_pct: int = 0  # Of a hundred transactions, so many meet a conflict that nobody sees,
    lost_pct: int = 0  # and so many are carried out without an answer.


class Contention:
    """One worker's share of the trouble."""

    def __init__(self, trouble: Trouble, *, seed: int, stock_table: str) -> None:
        self._trouble, self._dice, self._stock_table = trouble, Random(seed), stock_table
        self.counts: Counter[str] = Counter()

    def around(self, call: Call, act: Callable[[], Any]) -> Any:
        """A hook of ``shared.outside``."""
        if call.operation != "transact_write_items":
            return act()
        actions = call.request["TransactItems"]
        with self._taken(actions) as met:
            conflicting = met or ({0} if self._drawn(self._trouble.refused_pct) else set())
            if conflicting:
                self.counts.update((f"conflicts of {subject_of(actions)}", "calls"))
                raise _conflict(len(actions), conflicting)
            time.sleep(self._trouble.hold_milliseconds / 1000)
            answer = act()
        if self._drawn(self._trouble.lost_pct):
            self.counts["answers lost"] += 1
            raise ReadTimeoutError(endpoint_url="by lot")
        return answer

    def _drawn(self, pct: int) -> bool:
        return self._dice.randrange(100) < pct

    @contextmanager
    def _taken(self, actions: list[Any]) -> Iterator[set[int]]:
        """Hold the stock items of a transaction; yields which of its actions somebody else holds."""
        with ExitStack() as held:
            conflicting = set()
            for index, action in enumerate(actions if self._trouble.locks else ()):
                [(_, write)] = action.items()
                if write["TableName"] == self._stock_table and not self._take(held, _key_of(write)):
                    conflicting.add(index)
            yield conflicting

    def _take(self, held: ExitStack, key: str) -> bool:
        """The operating system lets go when the file is closed, however the worker ends."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        item = os.open(Path(self._trouble.locks, name), os.O_CREAT | os.O_RDWR)
        held.callback(os.close, item)
        try:
            fcntl.flock(item, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Reading(NamedTuple):
    """What one read of stock saw."""

    units: int  # available, over all items that were read
    items: tuple[str, ...]
    is_flagged: bool  # The SKU is said to be sold out.


class Journal:
    """What one worker's calls did to the stock of one SKU."""

    def __init__(self, stock_table: str, sku: str) -> None:
        self._stock_table, self._pk = stock_table, f"SKU#{sku}"
        self.counts: Counter[str] = Counter()
        self.reserved: list[Span] = []  # orders that were carried out
        self.released: list[Span] = []  # cancellations
        self.readings: list[Reading] = []  # Whoever looks at them clears them.

    def around(self, call: Call, act: Callable[[], Any]) -> Any:
        """A hook of ``shared.outside``."""
        self.counts["calls"] += 1
        self.counts[call.operation] += 1
        began = time.monotonic_ns()
        try:
            answer = act()
        except ClientError as refused:
            if self._is_short(call, refused):
                self.counts["short"] += 1
            raise
        if call.operation == "transact_write_items":
            moved = {ORDERS: self.reserved, CANCELLATIONS: self.released}.get(
                subject_of(call.request["TransactItems"])
            )
            if moved is not None:
                moved.append((began, time.monotonic_ns()))
        elif stock := [item for item in _items_of(call, answer) if self._is_ours(item)]:
            self.readings.append(_reading(stock))
        return answer

    def _is_ours(self, item: Mapping[str, Any]) -> bool:
        """The SKU's own item, and its shards: ``SKU#HOT``, ``SKU#HOT#1``."""
        return item["sk"]["S"] == "STOCK" and f"{item['pk']['S']}#".startswith(f"{self._pk}#")

    def _moves_stock(self, action: Mapping[str, Any]) -> bool:
        [(_, write)] = action.items()
        return bool(write["TableName"] == self._stock_table)

    def _is_short(self, call: Call, refused: ClientError) -> bool:
        reasons = refused.response.get("CancellationReasons", [])
        actions = call.request.get("TransactItems", [])
        return any(
            reason["Code"] == "ConditionalCheckFailed" and self._moves_stock(action)
            for reason, action in zip(reasons, actions, strict=False)
        )


def subject_of(actions: list[Any]) -> str:
    """What a transaction is about: an order with its unit, one that gives it back, or the flag that nothing is left."""
    puts = [action["Put"]["Item"] for action in actions if "Put" in action]
    states = [item["state"]["S"] for item in puts if item["sk"]["S"] == "ORDER"]
    return SUBJECTS[states[0]] if states else FLAG


def _conflict(count: int, conflicting: set[int]) -> ClientError:
    reasons = [{"Code": CONFLICT if index in conflicting else "None"} for index in range(count)]
    error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled: TransactionConflict"}
    return ClientError({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")


def _key_of(write: Mapping[str, Any]) -> str:
    key = write.get("Key") or write["Item"]
    return f"{key['pk']['S']}/{key['sk']['S']}"


def _items_of(call: Call, answer: Any) -> list[Any]:
    match call.operation:
        case "batch_get_item":
            return [item for items in answer["Responses"].values() for item in items]
        case "get_item":
            return [answer["Item"]] if "Item" in answer else []
        case "query":
            return list(answer["Items"])
    return []


def _reading(stock: list[Any]) -> Reading:
    levels = [level["M"] for item in stock for level in item["warehouses"]["M"].values()]
    return Reading(
        units=sum(int(level["available"]["N"]) for level in levels),
        items=tuple(item["pk"]["S"] for item in stock),
        is_flagged=any("sold_out" in item for item in stock),
    )
