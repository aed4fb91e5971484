"""HTTP for buyers: quote, order, pay, read, receive or refuse."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from functions.answers import (
    ConfirmationView,
    OrderForBuyer,
    OrderPage,
    PaymentView,
    QuoteView,
    Timeline,
)
from functions.http import (
    IdempotencyKey,
    OrderId,
    Strict,
    SubOrders,
    allow,
    answer,
    api,
    caller_of,
    request_of,
    serve,
)
from functions.money_views import payment_view
from functions.problems import language_of
from functions.return_views import SkuReturnPolicyView, sku_return_policy_view
from functions.views import (
    confirmation_view,
    order_for_buyer,
    order_summary,
    quote_view,
    timeline_entry,
)
from functions.wiring import logger, metrics, now, shop, this_moment
from shared.context import ID_PATTERN
from shared.errors import NotFound
from shared.fulfilment import receipt, returning
from shared.fulfilment.returning import REASONS, Refusal
from shared.lifecycle import Actor
from shared.model import WholeOrder
from shared.money import AMOUNT_MAX, Money
from shared.ordering import address, apart, checkout, returns, separation
from shared.ordering.checkout import Checkout
from shared.ordering.checks import Expected
from shared.ordering.quote import Wanted
from shared.payment import attempts
from shared.policy import Action, Scope, require_order, require_role

app = api()

SKU_PATTERN = r"^[0-9A-Za-z._ -]{1,40}$"
OPTIONAL_NAME = r"^[0-9A-Za-z._-]{0,40}$"
LINES_READ_MAX = 1000  # More than an order may have, so that it can be told how many it may.
CouponId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,40}$")]
Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="minor units")]
NO_CONTROLS = r"^[^\p{Cc}\p{Cf}]*$"  # Nothing invisible, nothing that turns text around.


class LineBody(Strict):
    sku: Annotated[str, Field(pattern=SKU_PATTERN)]
    quantity: Annotated[int, Field(ge=1, le=9999)]


class AddressBody(Strict):
    """Where to. What is missing is said together with every other problem of the order."""

    name: Annotated[str | None, Field(max_length=100, pattern=NO_CONTROLS)] = None
    phone: Annotated[str | None, Field(max_length=30, pattern=r"^[0-9+() -]*$")] = None
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")] = None
    region: Annotated[str | None, Field(max_length=100, pattern=NO_CONTROLS)] = None
    city: Annotated[str | None, Field(max_length=100, pattern=NO_CONTROLS)] = None
    street: Annotated[str | None, Field(max_length=200, pattern=NO_CONTROLS)] = None
    postcode: Annotated[str | None, Field(max_length=20, pattern=r"^[0-9A-Za-z -]*$")] = None


class MoneyBody(Strict):
    amount: Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="minor units")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class QuoteBody(Strict):
    """What the buyer wants, and with what. A quote may leave the address out; its freight is then a guess."""

    lines: Annotated[list[LineBody], Field(min_length=1, max_length=LINES_READ_MAX)]
    address: AddressBody | None = None
    coupons: Annotated[
        list[CouponId], Field(max_length=8, default_factory=list, description="Of the buyer's own wallet.")
    ]
    points: Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="How many to pay with.")] = 0
    channel: Annotated[str, Field(pattern=r"^[0-9a-z_-]{1,20}$", description="Sales channel (渠道).")] = "web"
    payment_method: Annotated[str, Field(pattern=r"^[0-9a-z_]{0,20}$")] = ""
    expected_payable: Annotated[
        MoneyBody | None, Field(description="The total that the buyer saw; another one is refused.")
    ] = None
    expected_lines: Annotated[
        list[Amount] | None,
        Field(max_length=LINES_READ_MAX, description="What each line cost, to be told which one changed."),
    ] = None
    expected_freight: Amount | None = None
    confirmed_exclusions: Annotated[
        list[Annotated[str, Field(pattern=SKU_PATTERN)]],
        Field(
            max_length=LINES_READ_MAX,
            default_factory=list,
            description="SKUs of which the buyer knows that they do not come back without a reason.",
        ),
    ]


class OrderBody(QuoteBody):
    address: AddressBody


class PaymentBody(Strict):
    """How to pay, and what: all of it, or some parts, which then are an order of their own."""

    provider: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")]
    sub_orders: SubOrders | None = None


class SeparationBody(Strict):
    sub_orders: SubOrders


class ReceiptBody(Strict):
    sub_order: Annotated[
        int | None, Field(ge=1, le=99, description="One part; all on their way if absent.")
    ] = None
    confirm: Annotated[
        str | None, Field(pattern=r"^v[0-9]{1,9}$", description="The token of the first answer.")
    ] = None


class ExtensionBody(Strict):
    sub_order: Annotated[int, Field(ge=1, le=99)]


class RefusalBody(Strict):
    """Parcels that come back unopened (拒收). What they hold is refunded when it was counted."""

    parcels: Annotated[list[Annotated[int, Field(ge=1, le=999)]], Field(min_length=1, max_length=60)]
    reason: Annotated[str, Field(pattern=f"^({'|'.join(REASONS)})$")]


@app.post("/quotes", middlewares=allow(app, Action.QUOTE), summary="What would this cost?")
def quote(body: QuoteBody) -> QuoteView:
    return quote_view(checkout.quote(shop(), this_moment(), caller_of(app), _checkout(body)))


@app.post("/orders", middlewares=allow(app, Action.PLACE_ORDER), summary="Place an order")
def place_order(body: OrderBody, idempotency_key: IdempotencyKey) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = checkout.place_order(shop(), this_moment(), caller, _checkout(body), request)
    return answer(_view(outcome.whole), status=201, is_repeat=outcome.is_repeat)


@app.get("/orders", middlewares=allow(app, Action.LIST_ORDERS), summary="My orders, newest first")
def list_orders(
    cursor: Annotated[str, Query(pattern=rf"^({ID_PATTERN})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> OrderPage:
    # A cursor is an order's number: it moves inside the caller's own list, whatever it says.
    orders = shop().orders.orders_of(caller_of(app).id, before=cursor, limit=limit)
    language = language_of(app.current_event.headers)
    following = orders[-1].order_id if len(orders) == limit else None
    return OrderPage(orders=[order_summary(order, language) for order in orders], next_cursor=following)


@app.get(
    "/skus/<sku>/return-policy",
    middlewares=allow(app, Action.READ_RETURN_POLICY),
    summary="What may come back of a product, until when, and who pays its way",
)
def read_return_policy(
    sku: Annotated[str, Path(pattern=SKU_PATTERN)],
    level: Annotated[
        str | None, Query(pattern=OPTIONAL_NAME, description="A member level; absent: the caller's own.")
    ] = None,
) -> SkuReturnPolicyView:
    return sku_return_policy_view(returns.published_policy(shop(), caller_of(app), sku, level=level))


@app.get("/orders/<order_id>", middlewares=allow(app, Action.READ_ORDER), summary="One order")
def read_order(order_id: OrderId) -> OrderForBuyer:
    whole, caller = _present(order_id, Action.READ_ORDER), caller_of(app)
    has_left = any(parcel.shipped_at is not None for parcel in whole.parcels)
    return order_for_buyer(
        whole,
        now=now(),
        language=language_of(app.current_event.headers),
        pay_base=shop().settings.sandbox_url,
        tracks=shop().tracks.of_order(order_id) if has_left else {},
        shows_cost=caller.actor is not Actor.BUYER,
    )


@app.get(
    "/orders/<order_id>/confirmation",
    middlewares=allow(app, Action.READ_CONFIRMATION),
    summary="The buyer's evidence of what was ordered",
)
def read_confirmation(order_id: OrderId) -> ConfirmationView:
    whole = _present(order_id, Action.READ_CONFIRMATION)
    return confirmation_view(whole, shop().orders.personal(order_id))


@app.get("/orders/<order_id>/timeline", middlewares=allow(app, Action.READ_TIMELINE), summary="What happened")
def read_timeline(
    order_id: OrderId,
    cursor: Annotated[int, Query(ge=0, le=99_999_999)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Timeline:
    _present(order_id, Action.READ_TIMELINE)
    events = shop().orders.events(order_id, after=cursor, limit=limit)
    following = str(events[-1]["version"]) if len(events) == limit else None
    return Timeline(
        order_id=order_id, events=[timeline_entry(event) for event in events], next_cursor=following
    )


@app.post("/orders/<order_id>/payments", middlewares=allow(app, Action.START_PAYMENT), summary="Start to pay")
def start_payment(
    order_id: OrderId, body: PaymentBody, idempotency_key: IdempotencyKey
) -> Response[PaymentView | OrderForBuyer]:
    """Answers the payment; where only some parts are paid, the order that they are now, with the payment in it."""
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    if body.sub_orders is None:
        started = attempts.start_payment(
            shop(), order_id, body.provider, caller=caller, now=now(), request=request
        )
    else:
        started = apart.pay_alone(
            shop(), this_moment(), order_id, body.sub_orders, body.provider, caller=caller, request=request
        )
    language = language_of(app.current_event.headers)
    view = payment_view(started.payment, language, pay_with=started.pay_with)
    if body.sub_orders is None:
        return answer(view, status=201, is_repeat=started.outcome.is_repeat)
    order = _view(started.outcome.whole)
    payments = [view if payment.reference == view.reference else payment for payment in order.payments]
    paid = order.model_copy(update={"payments": payments})
    return answer(paid, status=201, is_repeat=started.outcome.is_repeat)


@app.post(
    "/orders/<order_id>/address",
    middlewares=allow(app, Action.CORRECT_ADDRESS),
    summary="Correct the address, while nobody was told it",
)
def correct_address(
    order_id: OrderId, body: AddressBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = address.correct_address(
        shop(), order_id, body.model_dump(), caller=caller, now=now(), request=request
    )
    return answer(_view(outcome.whole), is_repeat=outcome.is_repeat)


@app.post(
    "/orders/<order_id>/separation",
    middlewares=allow(app, Action.SEPARATE_ORDER),
    summary="Make some merchants' parts an order of their own",
)
def separate_order(
    order_id: OrderId, body: SeparationBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = separation.separate(
        shop(), this_moment(), order_id, body.sub_orders, caller=caller, request=request
    )
    return answer(_view(outcome.whole), status=201, is_repeat=outcome.is_repeat)


@app.post("/orders/<order_id>/receipt", middlewares=allow(app, Action.CONFIRM_RECEIPT), summary="It arrived")
def confirm_receipt(
    order_id: OrderId, body: ReceiptBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    outcome = receipt.confirm_receipt(
        shop(),
        order_id,
        sub_order=body.sub_order,
        confirm=body.confirm,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    return answer(_view(outcome.whole), is_repeat=outcome.is_repeat)


@app.post(
    "/orders/<order_id>/receipt-extension",
    middlewares=allow(app, Action.EXTEND_RECEIPT),
    summary="More time to receive it, once",
)
def extend_receipt(
    order_id: OrderId, body: ExtensionBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    outcome = receipt.extend_receipt(
        shop(), order_id, sub_order=body.sub_order, caller=caller, now=now(), request=request
    )
    return answer(_view(outcome.whole), is_repeat=outcome.is_repeat)


@app.post(
    "/orders/<order_id>/refusal",
    middlewares=allow(app, Action.REFUSE_DELIVERY),
    summary="Do not take parcels that are on their way",
)
def refuse_delivery(
    order_id: OrderId, body: RefusalBody, idempotency_key: IdempotencyKey
) -> Response[OrderForBuyer]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    refusal = Refusal(tuple(body.parcels), body.reason)
    outcome = returning.refuse_delivery(shop(), order_id, refusal, caller=caller, now=now(), request=request)
    return answer(_view(outcome.whole), is_repeat=outcome.is_repeat)


def _checkout(body: QuoteBody) -> Checkout:
    seen = body.expected_payable
    lines = None if body.expected_lines is None else tuple(body.expected_lines)
    return Checkout(
        wanted=tuple(Wanted(line.sku, line.quantity) for line in body.lines),
        address=body.address.model_dump() if body.address else None,
        expected=Expected(Money(seen.amount, seen.currency), lines, body.expected_freight) if seen else None,
        coupons=tuple(body.coupons),
        points=body.points,
        channel=body.channel,
        payment_method=body.payment_method,
        confirmed_exclusions=tuple(body.confirmed_exclusions),
    )


def _view(whole: Any) -> OrderForBuyer:
    language = language_of(app.current_event.headers)
    return order_for_buyer(whole, now=now(), language=language, pay_base=shop().settings.sandbox_url)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)


def _present(order_id: str, action: Action) -> WholeOrder:
    """The order, if the caller may do *action* to it. Raises ``NotFound``; ``OrderArchived`` to whoever might, once."""
    caller = caller_of(app)
    try:
        whole = shop().orders.read(order_id)
    except NotFound:
        from shared.archive.moving import refuse_archived  # Nearly nobody asks for what has left.

        is_own = require_role(caller, action) is Scope.OWN
        refuse_archived(shop(), order_id, buyer_id=caller.id if is_own else None)
        raise
    require_order(caller, action, whole)
    return whole
