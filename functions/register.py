"""Bus to register: an event that says that something is wrong, or over, brings its order's entries up to date.

The rule on the bus lets only such events through (``shared.register.detectors.LISTENED``); the check is made again
here, for a rule saves money and does not make anything right. Told twice, late or out of turn it changes nothing more.
"""

from typing import Any

from functions.wiring import logger, metrics, shop
from shared.register.detectors import LISTENED
from shared.register.noticing import hear


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> None:
    told = event["detail"]
    if told["event"] not in LISTENED:
        return
    written = hear(shop(), told["order_id"], told["event"])
    opened = [entry for entry in written if entry.is_open and not entry.revision]
    if opened:
        metrics.add_metric(name="RegisterOpened", unit="Count", value=len(opened))
    kinds = sorted({entry.kind for entry in written})
    logger.info(
        "register", order_id=told["order_id"], outcome=told["event"], written=len(written), kinds=kinds
    )
