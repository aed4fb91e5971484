"""Others who act at the worst moment there is: the first command has read and decided, and has not written yet.

One rival, at one write (``struck_before``); or a crowd, whose members give way to each other at every outside call
(``taking_turns``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from functions.order_api import app
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


@contextmanager
def taking_turns() -> Iterator[Lock]:
    """A lock for threads that send orders: who holds it runs, and gives way while an outside call is under way.

    On Lambda each request has a process to itself. Here all share one, and with it what the framework holds of the
    present request: it is put aside with each outside call, and put back before the thread goes on.
    """
    turn = Lock()

    def give_way(_call: Call, act: Callable[[], Any]) -> Any:
        mine = BaseRouter.current_event, BaseRouter.lambda_context, dict(app.context)
        turn.release()
        try:
            return act()
        finally:
            turn.acquire()
            BaseRouter.current_event, BaseRouter.lambda_context = mine[:2]
            app.context.clear()
            app.context.update(mine[2])

    outside.around.append(give_way)
    try:
        yield turn
    finally:
        outside.around.remove(give_way)
