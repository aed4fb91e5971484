"""Every promise of ``tests.promises``, asked of the real tables: what they accept, a world in memory applies as well.

Each order has a world of its own, which believes nothing. It hears of a change when the tables have taken it, in the
order in which they took it, whoever of two rivals decided first; and it asks every promise after each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared import commands
from shared.changes import Change
from shared.model import AfterSale, WholeOrder
from tests import world as memory
from tests.http_world import World
from tests.promises import PROMISES
from tests.purse import Purse

COUNTERS = ("available", "reserved", "sold", "missing", "defect", "scrapped")


class Witness(memory.World):
    """One order as its changes say it. Whatever provider was paid, it is "the provider" here."""

    def held(self, account: str, currency: str = "CNY") -> int:
        if account != "clearing:sandbox":
            return super().held(account, currency)
        return sum(
            amount
            for (name, other), amount in self.accounts.items()
            if name.startswith("clearing:") and other == currency
        )

    def _note(self, change: Change) -> None:
        """Whoever counts what comes back for a case is heard with the case."""
        super()._note(change)
        for row in (write.row for write in change.writes):
            if isinstance(row, AfterSale) and row.counted:
                self.told[row.subject] = {int(line): dict(graded) for line, graded in row.counted.items()}

    def check(self) -> None:
        """Not here: inside a handler nobody would hear it. ``promises_kept`` asks."""

    def broken(self) -> list[str]:
        return [promise.__name__ for promise in PROMISES if not promise(self)]


@contextmanager
def promises_kept(world: World) -> Iterator[dict[str, Witness]]:
    """Inside the block every change that the tables take keeps every promise. Yields the orders' witnesses."""
    witnesses: dict[str, Witness] = {}
    broken: list[str] = []
    apply = commands.apply

    def watched(outside: Any, settings: Any, change: Change) -> None:
        apply(outside, settings, change)
        order_id = change.order.order_id
        if not change.read_version:
            witnesses[order_id] = _witness_of(world, change)
        witness = witnesses[order_id]
        try:
            witness.apply(change)
        except memory.RefusedByWorld as refused:  # The tables took what the world does not believe.
            broken.append(f"{order_id} {change.event}: {refused}")
            return
        broken.extend(f"{order_id} {change.event}: {promise}" for promise in witness.broken())

    commands.apply = watched  # type: ignore[attr-defined]
    try:
        yield witnesses
    finally:
        commands.apply = apply  # type: ignore[attr-defined]
    broken += shelves_add_up(world) + refunded_too_much(witnesses)
    assert not broken, broken


def _witness_of(world: World, placed: Change) -> Witness:
    assert placed.snapshot is not None
    whole = WholeOrder.of([placed.order], placed.lines, placed.snapshot)
    coupons = [coupon.coupon_id for coupon in placed.snapshot.coupons]
    return Witness(whole, _received(world), purse=Purse(coupons=coupons, points=placed.snapshot.points))


def _received(world: World) -> dict[tuple[str, str], int]:
    """Units that ever came to each shelf, as its counters say."""
    return {
        (pk.removeprefix("SKU#"), warehouse): sum(int(levels.get(name, 0)) for name in COUNTERS)
        for pk, warehouses in world._shelves().items()
        for warehouse, levels in warehouses.items()
    }


def shelves_add_up(world: World) -> list[str]:
    """Over all orders: no unit of the shop was made or lost, and no counter is below zero."""
    received: dict[tuple[str, str], int] = {}
    for row in world.rows("STOCK_TABLE"):
        if row.get("kind") == "received":
            at = str(row["sku"]), str(row["warehouse"])
            received[at] = received.get(at, 0) + int(row["quantity"])
    below = [
        f"{pk} {warehouse} {name}"
        for pk, warehouses in world._shelves().items()
        for warehouse, levels in warehouses.items()
        for name in COUNTERS
        if levels.get(name, 0) < 0
    ]
    now = _received(world)
    return below + [
        f"{at}: {units} became {now.get(at)}" for at, units in received.items() if now.get(at) != units
    ]


def refunded_too_much(witnesses: dict[str, Witness]) -> list[str]:
    """Once more, from what was asked of providers: never more under one try to pay than came in under it."""
    found = []
    for order_id, witness in witnesses.items():
        for payment in witness.whole.payments:
            own = [r for r in witness.whole.refunds if r.payment == payment.number and r.state == "succeeded"]
            if sum(r.amount_minor for r in own if not r.paid_otherwise) > payment.captured_minor:
                found.append(f"{order_id} {payment.reference}")
    return found
