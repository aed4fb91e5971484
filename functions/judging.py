"""Effect: what the policy, or a simple pattern, decides of an after-sale case without people."""

from typing import Any

from functions.wiring import logger, metrics, now, shop
from shared.aftersale.disputes import judge
from shared.lifecycle import Effect


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> None:
    """Carry out one effect. What fails is repeated by the state machine, and after that by the sweeper."""
    step, order_id, subject = Effect(event["step"]), event["order_id"], event["subject"]
    if step is not Effect.JUDGE_CASE:
        raise ValueError(f"{step} is not an effect of this function")
    judge(shop(), order_id, subject, now=now())
    logger.info("effect", step=step, order_id=order_id, version=event["version"])
