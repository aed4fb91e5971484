"""Orders that are over, and what is known of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.archive.rest import Seen, unrest
from shared.store.items import from_item
from shared.store.writing import actions_of
from tests.builders import SETTINGS, T0, Trade, a_completed_order

DAY = 86_400
LATER = T0 + 181 * DAY


def a_settled_order() -> Trade:
    """Placed, paid, split, shipped, received and settled: nobody waits for anything."""
    trade = a_completed_order()
    for number in (1, 2):
        trade.ring(f"SETTLE#{number:02}")
    return trade


def stored(trade: Trade, start: str) -> tuple[Mapping[str, Any], ...]:
    """Everything that the order's changes put under sort keys that begin so, as it comes back from the table."""
    items = {}
    for change in trade.world.changes:
        for action in actions_of(SETTINGS, change):
            item = action.write.get("Put", {}).get("Item", {})
            if item.get("sk", {}).get("S", "").startswith(start):
                items[item["pk"]["S"], item["sk"]["S"]] = from_item(item)
    return tuple(items[key] for key in sorted(items))


def seen(trade: Trade, **other: Any) -> Seen:
    """What the archive sees of it, its effects carried out. *other*: a field that is otherwise."""
    done = tuple(
        {k: v for k, v in event.items() if k != "unfinished_since"} for event in stored(trade, "#EVENT#")
    )
    return Seen(trade.whole, done, has_open_entry=False)._replace(**other)


def why_not(trade: Trade, now: int = LATER, **other: Any) -> tuple[str, ...]:
    return unrest(seen(trade, **other), now=now)


def with_row(trade: Trade, subject: str, **fields: Any) -> Seen:
    """What would be seen if one row were otherwise."""
    whole = trade.whole.with_rows([replace(trade.whole.rows[subject], **fields)])
    return seen(trade, whole=whole)
