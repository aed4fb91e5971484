"""People hear of a warehouse's system that has not answered for a day: the clock and the sweep count it."""

from typing import Any

import pytest

from functions import lateness
from shared.clockwork import expire
from tests.builders import ORDER_ID, POT_MERCHANT, Trade, a_pushed_order, an_order_at_its_warehouses
from tests.memory import MemoryShop

DAY = 86_400


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def add(*, name: str, **_unit: Any) -> None:
        found.append(name)

    monkeypatch.setattr(lateness.metrics, "add_metric", add)
    return found


def asked_back() -> Trade:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)
    return trade


@pytest.mark.parametrize(
    ("world", "days", "metrics"),
    [
        (a_pushed_order, 0, []),
        (a_pushed_order, 1, ["WarehouseSilent"]),
        (asked_back, 1, ["WarehouseSilent"]),
        (
            an_order_at_its_warehouses,
            5,
            [],
        ),  # It has the parcel, and is merely slow: its merchant hears of it.
    ],
)
def test_a_warehouse_that_does_not_answer_is_counted_after_a_day(
    counted: list[str], world: Any, days: int, metrics: list[str]
) -> None:
    trade = world()
    due_at = trade.row("PARCEL#03").due_at

    outcome = expire(MemoryShop(trade.world), ORDER_ID, "PARCEL#03", due_at + days * DAY)
    lateness.tell_if_late(outcome)

    assert outcome.change is not None
    assert counted == metrics


def test_where_nothing_was_due_nothing_is_counted(counted: list[str]) -> None:
    trade = a_pushed_order()

    lateness.tell_if_late(expire(MemoryShop(trade.world), ORDER_ID, "PARCEL#03", trade.now))

    assert counted == []
