"""HTTP for after-sale cases. The door exists and says so; the cases are built in a later release."""

from typing import Annotated, Any

from pydantic import Field

from functions.http import IdempotencyKey, OrderId, Strict, allow, api, caller_of, serve
from functions.wiring import logger, metrics, shop
from shared.errors import NotYet
from shared.policy import Action, require_order

app = api()


class AfterSaleBody(Strict):
    kind: Annotated[str, Field(pattern=r"^(refund|return|exchange)$")]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


@app.post(
    "/orders/<order_id>/after-sales",
    middlewares=allow(app, Action.REQUEST_AFTER_SALE),
    summary="Ask for a return",
)
def request_after_sale(order_id: OrderId, body: AfterSaleBody, idempotency_key: IdempotencyKey) -> None:
    """Refuses with ``not_yet``; before that, like every route, with ``not_found`` for a foreign order."""
    require_order(caller_of(app), Action.REQUEST_AFTER_SALE, shop().orders.read(order_id))
    raise NotYet("after-sale cases are not built yet")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
