"""HTTP for money on its way back: cancel before shipment, refund as a favour, see a refused refund through."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from functions.answers import OrderForBuyer, RefundView, SubOrderForMerchant
from functions.http import (
    IdempotencyKey,
    OrderId,
    Strict,
    SubOrderId,
    SubOrders,
    allow,
    answer,
    api,
    caller_of,
    request_of,
    serve,
)
from functions.money_views import refund_view
from functions.problems import language_of
from functions.register_views import EntryView, entry_view
from functions.views import merchant_view, order_for_buyer
from functions.wiring import logger, metrics, now, shop, this_moment
from shared.aftersale import cancellation, conversion
from shared.aftersale.cancellation import Cancellation
from shared.commands import Outcome
from shared.context import ID_PATTERN
from shared.errors import Invalid
from shared.model import Refund
from shared.money import AMOUNT_MAX
from shared.ordering import apart
from shared.payment import refunds
from shared.policy import Action
from shared.register import favours
from shared.register.acting import Acted

app = api()

RefundId = Annotated[str, Path(pattern=rf"^{ID_PATTERN}R[0-9]{{2,4}}$")]
REASONS = r"^(changed_mind|ordered_by_mistake|found_cheaper|too_slow|out_of_stock|other)$"
FAVOURS = r"^(goodwill|price_difference|damaged|late|freight|other)$"


class UnitsBody(Strict):
    line: Annotated[int, Field(ge=1, le=500)]
    quantity: Annotated[int, Field(ge=1, le=9999)]


class CancellationBody(Strict):
    """What to cancel: these units, or everything."""

    reason: Annotated[str, Field(pattern=REASONS)]
    lines: Annotated[list[UnitsBody] | None, Field(min_length=1, max_length=500)] = None


class OrderCancellationBody(CancellationBody):
    """Or, while nothing is paid, these merchants' parts; they are then cancelled as an order of their own."""

    sub_orders: SubOrders | None = None


class ConversionBody(Strict):
    """Which merchant's part; without it, whatever has left."""

    sub_order: Annotated[int | None, Field(ge=1, le=99)] = None


class RefundBody(Strict):
    """So much of what was paid, for no goods: of one part, or of all in proportion."""

    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX, description="minor units of the order's currency")]
    reason: Annotated[str, Field(pattern=FAVOURS)]
    sub_order: Annotated[int | None, Field(ge=1, le=99)] = None


class PayoutBody(Strict):
    """An operator has paid a refused refund by bank."""

    transfer: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$", description="The bank transfer's number.")
    ]


class RetryBody(Strict):
    """Nothing to say: the refund is named by the path."""


@app.post(
    "/orders/<order_id>/cancellation",
    middlewares=allow(app, Action.CANCEL_ORDER),
    summary="Cancel, or part of it",
)
def cancel_order(
    order_id: OrderId, body: OrderCancellationBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    wanted = Cancellation(body.reason, _units(body))
    if body.sub_orders is None:
        outcome = cancellation.cancel(shop(), order_id, wanted, caller=caller, now=now(), request=request)
    elif wanted.units is not None:
        raise Invalid("name lines or sub-orders, not both", at="/sub_orders")
    else:
        outcome = apart.cancel_alone(
            shop(), this_moment(), order_id, body.sub_orders, body.reason, caller=caller, request=request
        )
    language = language_of(app.current_event.headers)
    return answer(order_for_buyer(outcome.whole, now=now(), language=language), is_repeat=outcome.is_repeat)


@app.post(
    "/orders/<order_id>/cancellation/conversion",
    middlewares=allow(app, Action.CANCEL_ORDER),
    summary="Too late to cancel: refuse it at the door, or send it back",
)
def convert_cancellation(
    order_id: OrderId, body: ConversionBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = conversion.convert(
        shop(), order_id, sub_order=body.sub_order, caller=caller, now=now(), request=request
    )
    language = language_of(app.current_event.headers)
    return answer(order_for_buyer(outcome.whole, now=now(), language=language), is_repeat=outcome.is_repeat)


@app.post(
    "/merchant/sub-orders/<sub_order_id>/cancellation",
    middlewares=allow(app, Action.CANCEL_SUB_ORDER),
    summary="Cancel what cannot be delivered",
)
def cancel_sub_order(
    sub_order_id: SubOrderId, body: CancellationBody, idempotency_key: IdempotencyKey
) -> Response[SubOrderForMerchant]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    order_id, _, number = sub_order_id.partition("-")
    wanted = Cancellation(body.reason, _units(body), int(number))
    outcome = cancellation.cancel(shop(), order_id, wanted, caller=caller, now=now(), request=request)
    sub_order = outcome.whole.sub_orders[int(number) - 1]
    language = language_of(app.current_event.headers)
    view = merchant_view(outcome.whole, sub_order, now=now(), language=language)
    return answer(view, is_repeat=outcome.is_repeat)


@app.post(
    "/orders/<order_id>/refunds/<refund_id>/retry",
    middlewares=allow(app, Action.RETRY_REFUND),
    summary="Try a refused refund again",
)
def retry_refund(
    order_id: OrderId, refund_id: RefundId, body: RetryBody, idempotency_key: IdempotencyKey
) -> Response[RefundView]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = refunds.retry_refund(shop(), order_id, refund_id, caller=caller, now=now(), request=request)
    return _refund(outcome, refund_id)


@app.post(
    "/orders/<order_id>/refunds/<refund_id>/payout",
    middlewares=allow(app, Action.PAY_REFUND_OTHERWISE),
    summary="A refused refund was paid by bank",
)
def pay_refund_otherwise(
    order_id: OrderId, refund_id: RefundId, body: PayoutBody, idempotency_key: IdempotencyKey
) -> Response[RefundView]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = refunds.pay_otherwise(
        shop(), order_id, refund_id, transfer=body.transfer, caller=caller, now=now(), request=request
    )
    return _refund(outcome, refund_id)


@app.post(
    "/orders/<order_id>/refunds",
    middlewares=allow(app, Action.REFUND_AMOUNT),
    summary="Give back an amount, for no goods; or, if it is large, ask for a second person",
)
def refund_amount(
    order_id: OrderId, body: RefundBody, idempotency_key: IdempotencyKey
) -> Response[RefundView | EntryView]:
    caller = caller_of(app)
    given = favours.give(
        shop(),
        order_id,
        amount_minor=body.amount,
        sub_order=body.sub_order,
        reason=body.reason,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    if isinstance(given, Acted):  # Nothing is given before somebody else says so.
        waiting = entry_view(given.entry, language_of(app.current_event.headers))
        return answer(waiting, status=202, is_repeat=given.is_repeat)
    made = given.whole.rows[given.about]
    assert isinstance(made, Refund)
    view = refund_view(given.whole, made, language_of(app.current_event.headers))
    return answer(view, status=201, is_repeat=given.is_repeat)


def _refund(outcome: Outcome, refund_id: str) -> Response[RefundView]:
    refund = next(r for r in outcome.whole.refunds if r.refund_id == refund_id)
    view = refund_view(outcome.whole, refund, language_of(app.current_event.headers))
    return answer(view, is_repeat=outcome.is_repeat)


def _units(body: CancellationBody) -> dict[int, int] | None:
    if body.lines is None:
        return None
    units = {unit.line: unit.quantity for unit in body.lines}
    if len(units) < len(body.lines):
        raise Invalid("a line is named twice")
    return units


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
