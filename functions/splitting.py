"""Effect: plan the parcels of a paid order."""

from typing import Any

from functions.wiring import logger, now, shop
from shared.splitting.parcels import split_order


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> None:
    split_order(shop(), event["order_id"], now())
    logger.info("effect", step=event["step"], order_id=event["order_id"], version=event["version"])
