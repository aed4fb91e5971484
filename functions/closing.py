"""Every hour: close the books of days that are over. Statements of merchants, and the root of the chain of vouchers.

One merchant's trouble must not stop the others, so each is tried by itself; what failed is counted, alarmed on, and
met again an hour later. Whatever happens to statements, the root is sealed, and what happened is told afterwards.

    {}                           what a scheduler sends: what is left to do
    {"since": "2026-11-01"}      what people send, once: every account, read from that day on, also what is older
                                 than a stream keeps (docs/runbooks/statements-failed.md)
"""

from datetime import date
from typing import Any

from functions.wiring import logger, metrics, now, shop
from shared.ledger.sealing import seal_days
from shared.ledger.stating import Closing, close, state, to_close
from shared.store.statements import Known

SECONDS_LEFT = 20  # For the statement that was begun, and for the root.


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    moment = now()
    try:
        statements = state_all(event, context, moment)
    finally:
        roots = seal(moment)
    return {"statements": statements, "roots": roots}


def seal(moment: int) -> int:
    """Write the roots that are missing. Returns how many were."""
    sealing = seal_days(shop(), moment)
    if sealing.broken:
        logger.error("the chain is broken", reason=sealing.broken)
        metrics.add_metric(name="ChainBroken", unit="Count", value=1)
    logger.info("sealed", days=sealing.days)
    return len(sealing.days)


def state_all(event: dict[str, Any], context: Any, moment: int) -> int:
    """Draw up what statements there are to draw up. Returns how many were."""
    since = date.fromisoformat(event["since"]) if "since" in event else None
    closing = to_close(shop(), moment, since=since)
    if closing is None:
        return 0
    written = 0

    def may_go_on() -> bool:
        return bool(context.get_remaining_time_in_millis() > SECONDS_LEFT * 1000)

    def attempt(known: Known) -> bool:
        nonlocal written
        try:
            written += len(state(shop(), known, closing, now=moment, may_go_on=may_go_on))
        except Exception:  # The edge of a queue loop: the next account has its own right to be tried.
            _failed(closing, known)
            return False
        return True

    progress = close(shop(), closing, attempt, now=moment, may_go_on=may_go_on)
    logger.info("stated", statements=written, failed=progress.failed, done=progress.is_done)
    return written


def _failed(closing: Closing, known: Known) -> None:
    logger.exception("statement failed", book=known.account.book, day=closing.day.isoformat())
    metrics.add_metric(name="StatementFailed", unit="Count", value=1)
