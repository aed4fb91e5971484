"""What a deadline brought to light and people should hear of, as a metric that an alarm watches."""

from functions.wiring import logger, metrics
from shared.commands import Outcome
from shared.lifecycle import Event, Fact

ASKED_IN_VAIN = (Event.PUSH_OVERDUE, Event.INTERCEPT_OVERDUE)


def tell_if_late(outcome: Outcome) -> None:
    """A warehouse's system has not answered for a day. One that is merely slow to send does not ring."""
    for step in outcome.change.steps if outcome.change else ():
        if step.rule.when is Fact.LATE and step.rule.event in ASKED_IN_VAIN:
            order_id = outcome.whole.order.order_id
            logger.info("warehouse silent", order_id=order_id, subject=step.subject)
            metrics.add_metric(name="WarehouseSilent", unit="Count", value=1)
