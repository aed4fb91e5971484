"""Effects that talk to payment providers: close what may still be paid, send money back."""

from typing import Any

from functions.wiring import logger, now, shop
from shared.lifecycle import Effect
from shared.payment.closing import close_payments
from shared.payment.refunds import submit_refund


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> None:
    """Carry out one effect. What fails is repeated by the state machine, and after that by the sweeper."""
    step = Effect(event["step"])
    if step is Effect.CLOSE_PAYMENTS:
        close_payments(shop(), event["order_id"], now())
    elif step is Effect.SUBMIT_REFUND:
        submit_refund(shop(), event["order_id"], event["subject"], now())
    else:
        raise ValueError(f"{step} is not an effect of this function")
    logger.info("effect", step=step, order_id=event["order_id"], version=event["version"])
