"""HTTP for support and operators: what customs is told of an order, and what people found out about a parcel."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from functions.answers import CustomsView, OrderForBuyer
from functions.case_answers import CaseView
from functions.case_views import case_view
from functions.http import IdempotencyKey, OrderId, Strict, allow, answer, api, caller_of, request_of, serve
from functions.parcel_views import customs_view
from functions.problems import language_of
from functions.views import order_for_buyer
from functions.wiring import logger, metrics, now, shop
from shared.aftersale.compensation import compensate
from shared.commands import Outcome
from shared.context import ID_PATTERN
from shared.fulfilment import lost, tracking
from shared.fulfilment.customs import declarations
from shared.fulfilment.tracking import REPORTABLE
from shared.model import AfterSale
from shared.money import AMOUNT_MAX
from shared.policy import Action, require_order

app = api()

ParcelNumber = Annotated[str, Path(pattern=r"^[1-9][0-9]{0,2}$")]


class ReportBody(Strict):
    """Where a parcel is, as its carrier said on the telephone, or wrote."""

    said: Annotated[str, Field(pattern=f"^({'|'.join(REPORTABLE)})$")]
    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="A code, never free text.")]


class FoundBody(Strict):
    """Why people are sure of it."""

    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="A code, never free text.")]


@app.get(
    "/orders/<order_id>/customs",
    middlewares=allow(app, Action.READ_CUSTOMS),
    summary="What customs is told of its parcels, and what does not agree",
)
def read_customs(order_id: OrderId) -> CustomsView:
    whole = shop().orders.read(order_id)
    require_order(caller_of(app), Action.READ_CUSTOMS, whole)
    return customs_view(whole, declarations(whole, shop().orders.personal(order_id)))


@app.post(
    "/orders/<order_id>/parcels/<parcel>/report",
    middlewares=allow(app, Action.REPORT_PARCEL),
    summary="Say where a parcel is",
)
def report_parcel(
    order_id: OrderId, parcel: ParcelNumber, body: ReportBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    outcome = tracking.report(
        shop(),
        order_id,
        int(parcel),
        body.said,
        reason=body.reason,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    return _answer(outcome)


@app.post(
    "/orders/<order_id>/parcels/<parcel>/recall",
    middlewares=allow(app, Action.RECALL_PARCEL),
    summary="Say that its warehouse will not send a parcel: its merchant shall, or it is stopped",
)
def recall_parcel(
    order_id: OrderId, parcel: ParcelNumber, body: FoundBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    found = lost.recall_parcel(
        shop(), order_id, int(parcel), reason=body.reason, caller=caller, now=now(), request=request
    )
    return _answer(found)


@app.post(
    "/orders/<order_id>/parcels/<parcel>/loss",
    middlewares=allow(app, Action.WRITE_OFF_PARCEL),
    summary="Write off what is lost for good, and refund it",
)
def write_off_parcel(
    order_id: OrderId, parcel: ParcelNumber, body: FoundBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    found = lost.write_off_parcel(
        shop(), order_id, int(parcel), reason=body.reason, caller=caller, now=now(), request=request
    )
    return _answer(found)


def _answer(outcome: Outcome) -> Response[OrderForBuyer]:
    language = language_of(app.current_event.headers)
    view = order_for_buyer(outcome.whole, now=now(), language=language, shows_cost=True)
    return answer(view, is_repeat=outcome.is_repeat)


class CompensationBody(Strict):
    """What no return can make good: so much, in points, from the platform."""

    order_id: Annotated[str, Field(pattern=rf"^{ID_PATTERN}$")]
    sub_order: Annotated[int, Field(ge=1, le=99)]
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX, description="minor units")]
    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="A code, never free text.")]


@app.post(
    "/support/after-sales",
    middlewares=allow(app, Action.COMPENSATE),
    summary="Compensate a buyer, in points",
)
def give_compensation(body: CompensationBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    caller = caller_of(app)
    outcome = compensate(
        shop(),
        body.order_id,
        body.sub_order,
        body.amount,
        reason=body.reason,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    case = outcome.whole.rows[outcome.about]
    assert isinstance(case, AfterSale)
    language = language_of(app.current_event.headers)
    view = case_view(outcome.whole, case, caller.actor, now=now(), language=language)
    return answer(view, status=201, is_repeat=outcome.is_repeat)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
