"""A schedule fired. It is only a hint: the deadline on the row decides."""

from typing import Any

from functions.lateness import tell_if_late
from functions.wiring import logger, metrics, now, shop
from shared.clockwork import expire


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> None:
    outcome = expire(shop(), event["order_id"], event["subject"], now())
    tell_if_late(outcome)
    happened = outcome.change.event if outcome.change else "nothing"
    logger.info("clock", order_id=event["order_id"], subject=event["subject"], outcome=happened)
