"""HTTP for merchants: what waits to be shipped, shipping it, and counting what came back."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from functions.answers import MerchantPage, ShippingOrder, SubOrderForMerchant
from functions.http import (
    IdempotencyKey,
    Strict,
    SubOrderId,
    allow,
    answer,
    api,
    caller_of,
    request_of,
    serve,
)
from functions.problems import language_of
from functions.views import merchant_view, shipping_order
from functions.wiring import logger, metrics, now, shop
from shared.errors import Invalid
from shared.fulfilment import returning, shipping
from shared.fulfilment.queue import merchant_queue
from shared.fulfilment.returning import Counted
from shared.fulfilment.shipping import SHIPPED_AT_ONCE_MAX, Shipment, Waybill
from shared.model import SubOrder
from shared.policy import Action, require_sub_order

app = api()


class WaybillBody(Strict):
    parcel: Annotated[int, Field(ge=1, le=999)]
    carrier: Annotated[str, Field(pattern=r"^[0-9a-z_-]{1,30}$")]
    waybill: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{4,40}$")]


class ShipmentBody(Strict):
    parcels: Annotated[list[WaybillBody], Field(min_length=1, max_length=SHIPPED_AT_ONCE_MAX)]


class CountedBody(Strict):
    """Units of one line: to be sold again, with a defect, or to be thrown away."""

    line: Annotated[int, Field(ge=1, le=999)]
    good: Annotated[int, Field(ge=0, le=9999)]
    defect: Annotated[int, Field(ge=0, le=9999)] = 0
    scrap: Annotated[int, Field(ge=0, le=9999)] = 0


class ReturnBody(Strict):
    """What was in a parcel that came back. Less than was sent: people ask the carrier; it is not refunded."""

    parcel: Annotated[int, Field(ge=1, le=999)]
    lines: Annotated[list[CountedBody], Field(min_length=1, max_length=500)]


@app.get(
    "/merchant/orders",
    middlewares=allow(app, Action.READ_MERCHANT_QUEUE),
    summary="My work list, first paid first",
)
def read_queue(
    queue: Annotated[str, Query(pattern=r"^awaiting_shipment$")] = "awaiting_shipment",
    cursor: Annotated[str, Query(pattern=r"^([0-9]{12}#[0-9A-Z]{26}-[0-9]{2})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> MerchantPage:
    # The queue is the caller's own by its claim; a cursor only moves inside it.
    found = shop().orders.queue(merchant_queue(caller_of(app).merchant_id), after=cursor, limit=limit)
    language = language_of(app.current_event.headers)
    views = []
    for place in found:
        whole = shop().orders.read(place.order_id)
        sub_order = whole.rows[place.subject]
        if isinstance(sub_order, SubOrder) and sub_order.queue:  # An index may lag.
            views.append(merchant_view(whole, sub_order, now=now(), language=language))
    following = found[-1].priority if len(found) == limit else None
    return MerchantPage(queue=queue, sub_orders=views, next_cursor=following)


@app.get(
    "/merchant/sub-orders/<sub_order_id>",
    middlewares=allow(app, Action.READ_SUB_ORDER),
    summary="One of mine, with where to send it",
)
def read_sub_order(sub_order_id: SubOrderId) -> ShippingOrder:
    order_id, _, number = sub_order_id.partition("-")
    whole = shop().orders.read(order_id)
    sub_order = require_sub_order(caller_of(app), Action.READ_SUB_ORDER, whole, int(number))
    language = language_of(app.current_event.headers)
    return shipping_order(whole, sub_order, shop().orders.personal(order_id), now=now(), language=language)


@app.post(
    "/merchant/sub-orders/<sub_order_id>/shipment",
    middlewares=allow(app, Action.SHIP_SUB_ORDER),
    summary="Ship",
)
def ship(
    sub_order_id: SubOrderId, body: ShipmentBody, idempotency_key: IdempotencyKey
) -> Response[SubOrderForMerchant]:
    caller = caller_of(app)
    order_id, _, number = sub_order_id.partition("-")
    # Trackers write a number in capitals, however people do: by it their messages find the parcel.
    waybills = tuple(Waybill(one.parcel, one.carrier, one.waybill.upper()) for one in body.parcels)
    outcome = shipping.ship(
        shop(),
        order_id,
        Shipment(int(number), waybills),
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    language = language_of(app.current_event.headers)
    view = merchant_view(
        outcome.whole, outcome.whole.sub_orders[int(number) - 1], now=now(), language=language
    )
    return answer(view, is_repeat=outcome.is_repeat)


@app.post(
    "/merchant/sub-orders/<sub_order_id>/returns",
    middlewares=allow(app, Action.RECEIVE_RETURN),
    summary="Count a parcel that came back",
)
def receive_return(
    sub_order_id: SubOrderId, body: ReturnBody, idempotency_key: IdempotencyKey
) -> Response[SubOrderForMerchant]:
    caller = caller_of(app)
    order_id, _, number = sub_order_id.partition("-")
    units = {line.line: line.model_dump(exclude={"line"}) for line in body.lines}
    if len(units) < len(body.lines):
        raise Invalid("a line is named twice", at="/lines")
    outcome = returning.receive_return(
        shop(),
        order_id,
        int(number),
        Counted(body.parcel, units),
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    language = language_of(app.current_event.headers)
    sub_order = outcome.whole.sub_orders[int(number) - 1]
    view = merchant_view(outcome.whole, sub_order, now=now(), language=language)
    return answer(view, is_repeat=outcome.is_repeat)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
