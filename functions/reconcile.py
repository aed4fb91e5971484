"""Every hour: compare the ledger with providers' bills that are due, and look for money that is about to thaw.

One bad day must not stop the others, so each is tried by itself; what failed is counted, alarmed on, and tried again an
hour later. Differences are counted every hour, whether or not their day was looked at again.
"""

from collections.abc import Iterator
from typing import Any

from functions.wiring import at_cold_start, keyring, logger, metrics, now, shop
from shared.errors import OrderError
from shared.payment.bills import NAMES
from shared.reconciliation import thawing
from shared.reconciliation.agenda import Due, ages_of_open, days_due
from shared.reconciliation.running import fetch, reconcile

SECONDS_LEFT = 120  # A comparison that is cut off is worse than one that waits an hour.
BY = "schedule"


@at_cold_start
def ready() -> None:
    keyring()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    moment, done, failed = now(), 0, 0
    for due in _due(moment):
        if context.get_remaining_time_in_millis() < SECONDS_LEFT * 1000:
            logger.info("reconcile", outcome="out_of_time", day=due.day, provider=due.provider)
            break
        try:
            done += _compared(due, moment)
        except Exception:  # The edge of a queue loop: the next day has its own right to be tried.
            failed += 1
            logger.exception("not compared", provider=due.provider, day=due.day)
    metrics.add_metric(name="ReconciliationFailed", unit="Count", value=failed)
    _tell_differences(moment)
    thawing_found = _watch_thaw(moment)
    logger.info("reconciled", days=done, failed=failed, thawing=thawing_found)
    return {"compared": done, "failed": failed, "thawing": thawing_found}


def _providers() -> list[str]:
    """Those whose keys we have."""
    ring = keyring()
    return [name for name in NAMES if getattr(ring, name) is not None]


def _due(moment: int) -> Iterator[Due]:
    for provider in _providers():
        yield from days_due(shop(), provider, now=moment)


def _compared(due: Due, moment: int) -> int:
    if due.wants_bill:
        try:
            fetch(shop(), due.provider, due.day, now=moment)
        except OrderError as silent:  # What we have is compared all the same; a bill that is late is told of.
            logger.error("not fetched", provider=due.provider, day=due.day, code=silent.code)
            metrics.add_metric(name="BillNotFetched", unit="Count", value=1)
    if not due.may_compare(shop(), moment):
        return 0
    run = reconcile(shop(), due.provider, due.day, by=BY, now=moment).run
    logger.info(
        "compared",
        provider=run.provider,
        day=run.day,
        outcome=run.state,
        agreed=run.agreed,
        differences=run.differences,
        overdue=run.overdue,
    )
    return 1


def _tell_differences(moment: int) -> None:
    open_now = [age for provider in NAMES for age in ages_of_open(shop(), provider, now=moment)]
    metrics.add_metric(name="ReconciliationDifferences", unit="Count", value=len(open_now))
    metrics.add_metric(name="OldestDifferenceSeconds", unit="Seconds", value=max(open_now, default=0))


def _watch_thaw(moment: int) -> int:
    try:
        found = thawing.watch(shop(), now=moment)
    except Exception:  # What it misses it finds an hour later; the comparison has its own end.
        logger.exception("thaw not watched")
        metrics.add_metric(name="ReconciliationFailed", unit="Count", value=1)
        return 0
    metrics.add_metric(name="EscrowThawing", unit="Count", value=found)
    return found
