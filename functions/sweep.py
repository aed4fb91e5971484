"""Every minute: catch what was lost. Deadlines that passed unnoticed, events whose effects never finished.

One bad order must not stop the others, so each is tried by itself; what failed is counted, alarmed on, and met
again by the next sweep.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.announcements import announce
from functions.wiring import logger, metrics, now, shop
from shared.clockwork import expire

GRACE_SECONDS = 60  # What is younger is probably still on its way.
ROWS_MAX = 500  # Per sweep and kind; the rest waits a minute.


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    moment = now()
    due = islice(shop().orders.due(moment - GRACE_SECONDS), ROWS_MAX)
    unfinished = islice(shop().orders.unfinished(moment - GRACE_SECONDS), ROWS_MAX)
    counts = {
        "expired": _each(due, lambda order_id, subject: _expire(order_id, subject, moment)),
        "announced": _each(unfinished, _announce_again),
    }
    logger.info("swept", expired=counts["expired"], announced=counts["announced"])
    return counts


def _expire(order_id: str, subject: str, moment: int) -> None:
    expire(shop(), order_id, subject, moment)


def _announce_again(order_id: str, sk: str) -> None:
    item = shop().orders.event_item(order_id, sk)
    if item and "unfinished_since" in item and announce([item]) is not None:
        raise RuntimeError("the bus refused an entry")


def _each(rows: Iterable[tuple[str, str]], act: Callable[[str, str], None]) -> int:
    tried = 0
    for order_id, key in rows:
        tried += 1
        try:
            act(order_id, key)
        except Exception:  # The edge of a queue loop: the next row has its own right to be tried.
            logger.exception("sweep failed", order_id=order_id, key=key)
            metrics.add_metric(name="SweepFailed", unit=MetricUnit.Count, value=1)
    return tried
