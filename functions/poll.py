"""Every minute: ask providers about what their messages should have told us by now.

Apart from the sweeper, because a provider that is slow must not hold up deadlines. One bad row must not stop the
others, so each is tried by itself; what failed is counted, alarmed on, and asked about again.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from functions.wiring import at_cold_start, keyring, logger, metrics, now, shop
from shared.errors import OrderError
from shared.payment.asking import Silent, ask
from shared.payment.inbox import try_again
from shared.payment.port import Told
from shared.store.asking import Ask

ROWS_MAX = 200  # Per minute; the rest waits for the next.
SILENCES_MAX = 3
PUT_OFF_SECONDS = 900
SECONDS_LEFT = 10


@at_cold_start
def ready() -> None:
    keyring()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    moment, round_ = now(), Round()
    for due in islice(shop().asking.due(moment), ROWS_MAX):
        if context.get_remaining_time_in_millis() < SECONDS_LEFT * 1000:
            break  # A question that is cut off is worse than one that waits a minute.
        round_.oldest = max(round_.oldest, moment - due.since)
        _tried(due, moment, round_)
    metrics.add_metric(name="OldestAskSeconds", unit="Seconds", value=round_.oldest)
    logger.info("asked", rows=round_.asked, failed=round_.failed)
    return {"asked": round_.asked, "failed": round_.failed}


@dataclass
class Round:
    """One minute's questions. A provider that was silent three times is not asked again in this minute."""

    asked: int = 0
    failed: int = 0
    oldest: int = 0
    silences: Counter[str] = field(default_factory=Counter)

    @property
    def silent(self) -> frozenset[str]:
        return frozenset(name for name, times in self.silences.items() if times >= SILENCES_MAX)


def _tried(due: Ask, moment: int, round_: Round) -> None:
    round_.asked += 1
    try:
        told = (
            try_again(shop(), due, now=moment) if due.is_parked else ask(shop(), due, moment, round_.silent)
        )
    except Exception as failure:  # The edge of a queue loop: the next row has its own right to be tried.
        round_.failed += 1
        metrics.add_metric(name="AskFailed", unit="Count", value=1)
        if isinstance(failure, Silent):
            round_.silences[failure.provider] += 1
            logger.info("silent", key=due.pk, provider=failure.provider)
            return
        logger.exception("not asked", key=due.pk, row=due.sk)
        _put_off(due, moment)
        return
    if told is Told.QUARANTINED:
        logger.info("quarantined", key=due.pk)
        metrics.add_metric(name="WebhookQuarantined", unit="Count", value=1)


def _put_off(due: Ask, moment: int) -> None:
    """What cannot be asked today must not stand in front of the others every minute."""
    try:
        shop().asking.ask_again(due, moment + PUT_OFF_SECONDS)
    except OrderError:
        logger.exception("not put off", key=due.pk)
