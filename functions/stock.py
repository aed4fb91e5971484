"""Effect: stock of a very long order moves on, chunk by chunk."""

from typing import Any

from functions.wiring import logger, now, shop
from shared.ordering.placing import move_stock


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> None:
    move_stock(shop(), event["order_id"], now())
    logger.info("effect", step=event["step"], order_id=event["order_id"], version=event["version"])
