"""What each role reads of an order. One model per role: a buyer sees the order, a merchant only its part."""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.answers import (
    AddressForMerchant,
    AllowedAction,
    ConfirmationView,
    Countdown,
    CouponUsedView,
    LineView,
    MoneyView,
    OrderForBuyer,
    OrderForReview,
    OrderSummary,
    PriceStepView,
    QuotedPart,
    QuoteView,
    ReturnTermsView,
    ShippingOrder,
    SubOrderForMerchant,
    SubOrderView,
    TimelineEntry,
)
from functions.money_views import dispute_view, payment_view, refund_view, refunded_minor
from functions.parcel_views import Tracks, obstacle_view, parcel_view
from functions.return_views import exclusion_views, return_terms_view
from shared.aftersale.cancellation import ASKABLE, cancellable_units
from shared.aftersale.eligibility import policy_of
from shared.engine import may
from shared.fulfilment.receipt import RECEIVABLE
from shared.fulfilment.returning import is_coming_back
from shared.instants import rfc3339
from shared.lifecycle import MACHINES, Actor, Event, ParcelState, SubOrderState, deadline_in
from shared.model import (
    Line,
    Order,
    SubOrder,
    UsedCoupon,
    WholeOrder,
    sub_order_id,
)
from shared.ordering.confirmation import confirmation, promise
from shared.ordering.own import own_coupons
from shared.ordering.quote import Quote
from shared.ordering.returns import exclusions, policy_in
from shared.ordering.review import CHECKLIST, waiting_for_review
from shared.ordering.separation import is_separable
from shared.parcel_words import NEXT
from shared.payment.attempts import ATTEMPTS_MAX
from shared.words import ACTIONS, NOT_NOW, STATES

PHONE_DIGITS_SHOWN = 4


def order_for_buyer(
    whole: WholeOrder,
    *,
    now: int,
    language: str,
    pay_base: str = "",
    tracks: Tracks | None = None,
    shows_cost: bool = False,
) -> OrderForBuyer:
    order = whole.order

    def money(amount: int) -> MoneyView:
        return MoneyView(amount=amount, currency=order.currency)

    return OrderForBuyer(
        **order_summary(order, language).model_dump(),
        version=order.version,
        separated_from=order.separated_from,
        channel=whole.snapshot.channel,
        terms_version=whole.snapshot.terms_version,
        payment_method=whole.snapshot.payment_method,
        coupons=coupon_views(own_coupons(whole), order.currency),
        points=whole.snapshot.points,
        review=list(whole.snapshot.review),
        goods=money(order.goods_minor),
        freight=money(order.freight_minor),
        paid=money(order.captured_minor),
        refunded=money(refunded_minor(whole)),
        refunding=money(order.refund_reserved_minor - refunded_minor(whole)),
        sub_orders=[
            SubOrderView(**_facts(whole, s, language, now=now, tracks=tracks, shows_cost=shows_cost))
            for s in whole.sub_orders
        ],
        payments=[payment_view(p, language, sandbox_url=pay_base) for p in whole.payments],
        refunds=[refund_view(whole, r, language) for r in whole.refunds],
        disputes=[dispute_view(d, language) for d in whole.disputes],
        countdowns=countdowns(whole, now),
        allowed_actions=buyer_actions(whole, now, language),
    )


def order_summary(order: Order, language: str) -> OrderSummary:
    return OrderSummary(
        order_id=order.order_id,
        state=order.stage,
        state_text=STATES[order.stage].spoken(language),
        placed_at=rfc3339(order.placed_at),
        payable=MoneyView(amount=order.payable_minor, currency=order.currency),
    )


def _facts(
    whole: WholeOrder,
    sub_order: SubOrder,
    language: str,
    *,
    now: int,
    tracks: Tracks | None = None,
    shows_cost: bool,
) -> dict[str, Any]:
    """What every role reads of a sub-order."""
    order, state = whole.order, sub_order.state

    def money(amount: int) -> MoneyView:
        return MoneyView(amount=amount, currency=order.currency)

    return {
        "sub_order_id": sub_order_id(order.order_id, sub_order.number),
        "merchant_id": sub_order.merchant_id,
        "state": sub_order.state,
        "state_text": STATES[sub_order.state].spoken(language),
        "goods": money(sub_order.goods_minor),
        "freight": money(sub_order.freight_minor),
        "freight_steps": step_views(sub_order.freight_steps, order.currency),
        "payable": money(sub_order.payable_minor),
        "refunded": money(refunded_minor(whole, sub_order)),
        "refunding": money(sub_order.payable_minor - sub_order.kept_minor - refunded_minor(whole, sub_order)),
        "ship_by": rfc3339(promise(whole, sub_order).ship_by),
        "deliver_by": rfc3339(promise(whole, sub_order).deliver_by),
        "next": NEXT[state].spoken(language) if state in NEXT else None,
        "obstacle": obstacle_view(sub_order, language),
        "lines": _lines(whole, sub_order),
        "parcels": [
            parcel_view(whole, p, now=now, language=language, tracks=tracks, shows_cost=shows_cost)
            for p in whole.parcels_of(sub_order)
        ],
    }


def _lines(whole: WholeOrder, sub_order: SubOrder) -> list[LineView]:
    received_at, lines = sub_order.completed_at, whole.lines_of(sub_order)
    returns = {
        line.return_policy: return_terms_view(
            policy_of(whole, line), whole.order.currency, received_at=received_at
        )
        for line in lines
    }
    return [
        line_view(
            line,
            whole.order.currency,
            cancelled=sub_order.cancelled.get(str(line.number), 0),
            returned=sub_order.returned.get(str(line.number), 0),
            cancellable=cancellable_units(whole, line),
            returns=returns[line.return_policy],
        )
        for line in lines
    ]


def line_view(
    line: Line,
    currency: str,
    *,
    returns: ReturnTermsView,
    cancelled: int = 0,
    returned: int = 0,
    cancellable: int = 0,
) -> LineView:
    def money(amount: int) -> MoneyView:
        return MoneyView(amount=amount, currency=currency)

    return LineView(
        line=line.number,
        sku=line.sku,
        name=line.name,
        spec=line.spec,
        flags=list(line.flags),
        quantity=line.quantity,
        unit_price=money(line.unit_price_minor),
        price_steps=step_views(line.steps, currency),
        payable=money(line.payable_minor),
        points=line.points,
        cancelled=cancelled,
        returned=returned,
        cancellable=cancellable,
        returns=returns,
    )


def quote_view(quoted: Quote) -> QuoteView:
    def money(amount: int) -> MoneyView:
        return MoneyView(amount=amount, currency=quoted.currency)

    with_policies = [(line, policy_in(quoted, line)) for line in quoted.lines]
    return QuoteView(
        goods=money(quoted.goods_minor),
        freight=money(quoted.freight_minor),
        payable=money(quoted.payable_minor),
        coupons=coupon_views(quoted.coupons, quoted.currency),
        points=quoted.points,
        points_max=quoted.points_max,
        sub_orders=[
            QuotedPart(
                merchant_id=s.merchant_id,
                goods=money(s.goods_minor),
                freight=money(s.freight_minor),
                freight_steps=step_views(s.freight_steps, quoted.currency),
            )
            for s in quoted.sub_orders
        ],
        to_confirm=exclusion_views(exclusions(with_policies)),
        lines=[
            line_view(line, quoted.currency, returns=return_terms_view(policy, quoted.currency))
            for line, policy in with_policies
        ],
    )


def step_views(steps: Iterable[tuple[str, int]], currency: str) -> list[PriceStepView]:
    return [
        PriceStepView(name=name, amount=MoneyView(amount=amount, currency=currency)) for name, amount in steps
    ]


def coupon_views(coupons: Iterable[UsedCoupon], currency: str) -> list[CouponUsedView]:
    return [
        CouponUsedView(
            coupon=coupon.coupon_id,
            kind=coupon.kind,
            off=MoneyView(amount=coupon.off_minor, currency=currency),
        )
        for coupon in coupons
    ]


def confirmation_view(whole: WholeOrder, personal: Mapping[str, str]) -> ConfirmationView:
    return ConfirmationView(**confirmation(whole, personal))


def merchant_view(whole: WholeOrder, sub_order: SubOrder, *, now: int, language: str) -> SubOrderForMerchant:
    parcels, state = whole.parcels_of(sub_order), sub_order.state
    has_parcels = any(p.state is ParcelState.AWAITING_SHIPMENT for p in parcels)
    can_ship = has_parcels and may("sub_order", state, Event.PARCELS_SHIPPED, Actor.MERCHANT)
    may_cancel = may("sub_order", state, Event.GOODS_CANCELLED, Actor.MERCHANT)
    can_cancel = may_cancel and not whole.is_disputed and _has_left_to_cancel(whole, (sub_order,))
    can_receive = any(may("parcel", p.state, Event.RETURN_RECEIVED, Actor.MERCHANT) for p in parcels)
    paid_at = whole.order.paid_at
    return SubOrderForMerchant(
        **_facts(whole, sub_order, language, now=now, shows_cost=True),
        order_id=whole.order.order_id,
        paid_at=None if paid_at is None else rfc3339(paid_at),
        country=whole.order.country,
        countdowns=[c for c in countdowns(whole, now) if c.about == sub_order.subject],
        allowed_actions=[
            _action("ship", can_ship, state, language),
            _action("cancel", can_cancel, state, language),
            _action("receive_return", can_receive, state, language),
        ],
    )


def order_for_review(whole: WholeOrder, actor: Actor, *, now: int, language: str) -> OrderForReview:
    order = whole.order
    waiting = waiting_for_review(whole) or whole.sub_orders[:1]
    return OrderForReview(
        **order_summary(order, language).model_dump(),
        buyer_id=order.buyer_id,
        level=whole.snapshot.level,
        reasons=[*whole.snapshot.review, *(s.obstacle.partition(":")[0] for s in waiting if s.obstacle)],
        paid=MoneyView(amount=order.captured_minor, currency=order.currency),
        payment_method=whole.snapshot.payment_method,
        country=order.country,
        checklist=list(CHECKLIST),
        sub_orders=[
            SubOrderView(**_facts(whole, s, language, now=now, shows_cost=True)) for s in whole.sub_orders
        ],
        payments=[payment_view(p, language) for p in whole.payments],
        countdowns=countdowns(whole, now),
        allowed_actions=[
            _action(
                name, all(may("sub_order", s.state, event, actor) for s in waiting), order.stage, language
            )
            for name, event in {"approve": Event.REVIEW_APPROVED, "reject": Event.REVIEW_REJECTED}.items()
        ],
    )


def shipping_order(
    whole: WholeOrder, sub_order: SubOrder, personal: Mapping[str, str], *, now: int, language: str
) -> ShippingOrder:
    """The merchant's view with the address, which is shown only between payment and receipt."""
    view = merchant_view(whole, sub_order, now=now, language=language).model_dump()
    is_under_way = sub_order.state in (SubOrderState.AWAITING_SHIPMENT, SubOrderState.AWAITING_RECEIPT)
    if not is_under_way or not personal:  # An erased buyer has no address any more.
        return ShippingOrder(**view)
    phone = personal["phone"]
    shown = min(PHONE_DIGITS_SHOWN, len(phone) // 3)
    masked = "*" * (len(phone) - shown) + phone[len(phone) - shown :]
    return ShippingOrder(**view, address=AddressForMerchant(**{**personal, "phone": masked}))


def timeline_entry(event: dict[str, Any]) -> TimelineEntry:
    return TimelineEntry(
        version=event["version"],
        event=event["event"],
        actor=event["actor"],
        at=rfc3339(event["at"]),
        steps=[step["row"] for step in event["steps"]],
        note=event.get("note", {}),
    )


def countdowns(whole: WholeOrder, now: int) -> list[Countdown]:
    """Every clock that runs, and what it will do."""
    running = []
    for subject, row in sorted(whole.rows.items()):
        deadline = deadline_in(MACHINES[row.machine], row.state)
        if deadline is not None and row.due_at is not None:
            left = max(0, row.due_at - now)
            running.append(
                Countdown(about=subject, event=deadline.event, at=rfc3339(row.due_at), seconds=left)
            )
    return running


def buyer_actions(whole: WholeOrder, now: int, language: str) -> list[AllowedAction]:
    """Asked of the same tables and limits that decide: nothing is offered that would be refused."""
    order, subs = whole.order, whole.sub_orders
    has_tries_left = len(whole.payments) < ATTEMPTS_MAX
    unpaid_cancel = may("order", order.state, Event.CANCEL_REQUESTED, Actor.BUYER)
    has_units = _has_left_to_cancel(whole, subs)
    receivable = [s for s in subs if s.state in RECEIVABLE]
    allowed = {
        "pay": has_tries_left and may("order", order.state, Event.PAYMENT_STARTED, Actor.BUYER),
        "cancel": unpaid_cancel or (has_units and not whole.is_disputed),
        "separate": is_separable(whole, now),
        "confirm_receipt": any(not any(map(is_coming_back, whole.parcels_of(s))) for s in receivable),
        "extend_receipt": any(
            may("sub_order", s.state, Event.RECEIPT_EXTENDED, Actor.BUYER) and not s.extended for s in subs
        ),
        "refuse_delivery": any(
            may("parcel", p.state, Event.PARCEL_RETURNING, Actor.BUYER) for p in whole.parcels
        ),
    }
    return [_action(name, is_allowed, order.stage, language) for name, is_allowed in allowed.items()]


def _has_left_to_cancel(whole: WholeOrder, sub_orders: Iterable[SubOrder]) -> bool:
    """At once, or by asking a warehouse to stop."""
    return any(
        any(cancellable_units(whole, line) for line in whole.lines_of(s))
        or (
            s.state is SubOrderState.AWAITING_SHIPMENT
            and any(p.state in ASKABLE for p in whole.parcels_of(s))
        )
        for s in sub_orders
    )


def _action(name: str, is_allowed: bool, state: str, language: str) -> AllowedAction:
    reason = NOT_NOW.spoken(language).format(state=STATES[state].spoken(language))
    return AllowedAction(
        action=name,
        text=ACTIONS[name].spoken(language),
        allowed=is_allowed,
        reason=None if is_allowed else reason,
    )
