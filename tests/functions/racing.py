"""A rival who acts at the worst moment there is: the first command has read and decided, and has not written yet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shared.outside import Call, outside


@contextmanager
def struck_before(event: str, rival: Callable[[], object], times: int = 1) -> Iterator[list[str]]:
    """Inside the block *rival* acts right before each of the first *times* writes of *event*."""
    struck: list[str] = []
    is_rivals_turn = False

    def strike(call: Call, act: Callable[[], Any]) -> Any:
        nonlocal is_rivals_turn
        if event in events_in(call) and len(struck) < times and not is_rivals_turn:
            struck.append(event)
            is_rivals_turn = True
            rival()
            is_rivals_turn = False
        return act()

    outside.around.append(strike)
    try:
        yield struck
    finally:
        outside.around.remove(strike)
    assert len(struck) == times, f"nobody wrote {event}"


def events_in(call: Call) -> list[str]:
    if call.operation != "transact_write_items":
        return []
    items = [action["Put"]["Item"] for action in call.request["TransactItems"] if "Put" in action]
    return [item["event"]["S"] for item in items if item["sk"]["S"].startswith("#EVENT#")]
