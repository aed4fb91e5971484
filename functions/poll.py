"""Every minute: ask providers about what their messages should have told us by now.

Apart from the sweeper, because a provider that is slow must not hold up deadlines. One bad row must not stop the
others, so each is tried by itself; what failed is counted, alarmed on, and asked about again.
"""

from itertools import islice
from typing import Any

from functions.wiring import at_cold_start, keyring, logger, metrics, now, shop
from shared.payment.asking import ask
from shared.payment.inbox import try_again
from shared.payment.port import Told
from shared.store.asking import Ask

ROWS_MAX = 200  # Per minute; the rest waits for the next.
SECONDS_LEFT = 10


@at_cold_start
def ready() -> None:
    keyring()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    moment, asked, failed, oldest = now(), 0, 0, 0
    for due in islice(shop().asking.due(moment), ROWS_MAX):
        if context.get_remaining_time_in_millis() < SECONDS_LEFT * 1000:
            break  # A question that is cut off is worse than one that waits a minute.
        asked, oldest = asked + 1, max(oldest, moment - due.since)
        failed += not _tried(due, moment)
    metrics.add_metric(name="OldestAskSeconds", unit="Seconds", value=oldest)
    logger.info("asked", rows=asked, failed=failed)
    return {"asked": asked, "failed": failed}


def _tried(due: Ask, moment: int) -> bool:
    try:
        if not due.is_parked:
            ask(shop(), due, moment)
        elif try_again(shop(), due, now=moment) is Told.QUARANTINED:
            metrics.add_metric(name="WebhookQuarantined", unit="Count", value=1)
    except Exception:  # The edge of a queue loop: the next row has its own right to be tried.
        logger.exception("not asked", key=due.sk)
        metrics.add_metric(name="AskFailed", unit="Count", value=1)
        return False
    return True
