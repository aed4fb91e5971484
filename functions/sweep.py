"""Every minute: catch what was lost. Deadlines that passed unnoticed, events whose effects never finished.
An entry of the register that is late goes to an operator.

One bad order must not stop the others, so each is tried by itself; what failed is counted, alarmed on, and met
again by the next sweep. How old the oldest row is says whether the clockwork keeps up.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from functions.announcements import announce
from functions.lateness import tell_if_late
from functions.wiring import logger, metrics, now, shop
from shared.clockwork import expire
from shared.store.orders import Ripe

GRACE_SECONDS = 60  # What is younger is probably still on its way.
ROWS_MAX = 500  # Per sweep and kind; the rest waits a minute.


class Swept(NamedTuple):
    rows: int
    oldest_seconds: int


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    moment = now()
    due = _each(shop().orders.due(moment - GRACE_SECONDS), moment, _expire)
    unfinished = _each(shop().orders.unfinished(moment - GRACE_SECONDS), moment, _announce_again)
    metrics.add_metric(name="OldestDueSeconds", unit="Seconds", value=due.oldest_seconds)
    metrics.add_metric(name="OldestUnfinishedSeconds", unit="Seconds", value=unfinished.oldest_seconds)
    logger.info("swept", expired=due.rows, announced=unfinished.rows)
    return {"expired": due.rows, "announced": unfinished.rows}


def _expire(row: Ripe, moment: int) -> None:
    if not row.is_of_register:
        tell_if_late(expire(shop(), row.order_id, row.sk, moment))
        return
    from shared.register.noticing import overdue  # Most sweeps find no entry that is late.
    from shared.store.register import key_of

    if overdue(shop(), *key_of(row.order_id, row.sk), now=moment):
        metrics.add_metric(name="RegisterOverdue", unit="Count", value=1)


def _announce_again(row: Ripe, _moment: int) -> None:
    item = shop().orders.event_item(row.order_id, row.sk)
    if item and "unfinished_since" in item and announce([item]) is not None:
        raise RuntimeError("the bus refused an entry")


def _each(rows: Iterator[Ripe], moment: int, act: Callable[[Ripe, int], None]) -> Swept:
    tried, oldest = 0, 0
    for row in islice(rows, ROWS_MAX):
        tried, oldest = tried + 1, max(oldest, moment - row.since)
        try:
            act(row, moment)
        except Exception:  # The edge of a queue loop: the next row has its own right to be tried.
            logger.exception("sweep failed", order_id=row.order_id, key=row.sk)
            metrics.add_metric(name="SweepFailed", unit="Count", value=1)
    return Swept(tried, oldest)
