"""HTTP for those who look at orders before anything is sent: what waits for them, and their verdict."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from functions.answers import OrderForReview, ReviewPage
from functions.http import IdempotencyKey, OrderId, Strict, allow, answer, api, caller_of, request_of, serve
from functions.problems import language_of
from functions.views import order_for_review
from functions.wiring import logger, metrics, now, shop
from shared.fulfilment.queue import review_queue
from shared.lifecycle import SubOrderState
from shared.model import SubOrder
from shared.ordering import review
from shared.ordering.review import Verdict
from shared.policy import Action

app = api()

Check = Literal["buyer", "payment_genuine", "special_needs"]


class VerdictBody(Strict):
    """An approval names everything on the checklist; a refusal names its reason."""

    decision: Literal["approved", "rejected"]
    checked: Annotated[list[Check], Field(max_length=3, default_factory=list)]
    reason: Annotated[str, Field(pattern=r"^[a-z_]{0,40}$", description="A code, never free text.")] = ""


@app.get(
    "/reviews",
    middlewares=allow(app, Action.READ_REVIEWS),
    summary="What waits for a review, most urgent first",
)
def read_reviews(
    queue: Annotated[str, Query(pattern=r"^(under_review|escalated)$")] = "under_review",
    cursor: Annotated[str, Query(pattern=r"^([0-9]{12}#[0-9A-Z]{26}-[0-9]{2})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> ReviewPage:
    found = shop().orders.queue(review_queue(SubOrderState(queue)), after=cursor, limit=limit)
    language = language_of(app.current_event.headers)
    actor = caller_of(app).actor
    views = []
    for order_id in dict.fromkeys(place.order_id for place in found):
        whole = shop().orders.read(order_id)
        if any(isinstance(row, SubOrder) and row.state == queue for row in whole.rows.values()):  # May lag.
            views.append(order_for_review(whole, actor, now=now(), language=language))
    following = found[-1].priority if len(found) == limit else None
    return ReviewPage(queue=queue, orders=views, next_cursor=following)


@app.post(
    "/reviews/<order_id>", middlewares=allow(app, Action.REVIEW_ORDER), summary="Let it go, or refund it"
)
def decide_review(
    order_id: OrderId, body: VerdictBody, idempotency_key: IdempotencyKey
) -> Response[OrderForReview]:
    caller = caller_of(app)
    verdict = Verdict(body.decision == "approved", frozenset(body.checked), body.reason)
    request = request_of(app, caller, idempotency_key)
    outcome = review.review(shop(), order_id, verdict, caller=caller, now=now(), request=request)
    language = language_of(app.current_event.headers)
    view = order_for_review(outcome.whole, caller.actor, now=now(), language=language)
    return answer(view, is_repeat=outcome.is_repeat)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
