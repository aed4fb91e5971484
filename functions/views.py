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
    ParcelView,
    PriceStepView,
    QuotedPart,
    QuoteView,
    ShippingOrder,
    SubOrderForMerchant,
    SubOrderView,
    TimelineEntry,
)
from functions.money_views import dispute_view, payment_view, refund_view, refunded_minor
from shared.aftersale.cancellation import cancellable_units
from shared.engine import may
from shared.instants import rfc3339
from shared.lifecycle import MACHINES, Actor, Event, ParcelState, SubOrderState, deadline_in
from shared.model import (
    Line,
    Order,
    Parcel,
    SubOrder,
    UsedCoupon,
    WholeOrder,
    sub_order_id,
)
from shared.ordering.confirmation import confirmation, promise
from shared.ordering.own import own_coupons
from shared.ordering.quote import Quote
from shared.ordering.review import CHECKLIST, waiting_for_review
from shared.ordering.separation import is_separable
from shared.payment.attempts import ATTEMPTS_MAX
from shared.words import ACTIONS, NOT_NOW, STATES

PHONE_DIGITS_SHOWN = 4


def order_for_buyer(whole: WholeOrder, *, now: int, language: str, pay_base: str = "") -> OrderForBuyer:
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
        sub_orders=[sub_order_view(whole, s, language) for s in whole.sub_orders],
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


def sub_order_view(whole: WholeOrder, sub_order: SubOrder, language: str) -> SubOrderView:
    return SubOrderView(**_sub_order_facts(whole, sub_order, language))


def _sub_order_facts(whole: WholeOrder, sub_order: SubOrder, language: str) -> dict[str, Any]:
    order = whole.order

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
        "lines": [
            line_view(
                line,
                order.currency,
                cancelled=sub_order.cancelled.get(str(line.number), 0),
                cancellable=cancellable_units(whole, line),
            )
            for line in whole.lines_of(sub_order)
        ],
        "parcels": [parcel_view(p, order.currency, language) for p in whole.parcels_of(sub_order)],
    }


def line_view(line: Line, currency: str, *, cancelled: int = 0, cancellable: int = 0) -> LineView:
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
        cancellable=cancellable,
    )


def parcel_view(parcel: Parcel, currency: str, language: str) -> ParcelView:
    return ParcelView(
        parcel=parcel.number,
        state=parcel.state,
        state_text=STATES[parcel.state].spoken(language),
        warehouse=parcel.warehouse,
        reasons=list(parcel.cuts),
        contents=dict(parcel.contents),
        goods=MoneyView(amount=parcel.goods_minor, currency=currency),
        freight=MoneyView(amount=parcel.freight_minor, currency=currency),
        carrier=parcel.carrier,
        waybill=parcel.waybill,
        shipped_at=None if parcel.shipped_at is None else rfc3339(parcel.shipped_at),
    )


def quote_view(quoted: Quote) -> QuoteView:
    def money(amount: int) -> MoneyView:
        return MoneyView(amount=amount, currency=quoted.currency)

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
        lines=[line_view(line, quoted.currency) for line in quoted.lines],
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
    has_parcels = any(p.state is ParcelState.AWAITING_SHIPMENT for p in whole.parcels_of(sub_order))
    can_ship = has_parcels and may("sub_order", sub_order.state, Event.PARCELS_SHIPPED, Actor.MERCHANT)
    may_cancel = may("sub_order", sub_order.state, Event.GOODS_CANCELLED, Actor.MERCHANT)
    can_cancel = may_cancel and not whole.is_disputed
    paid_at = whole.order.paid_at
    return SubOrderForMerchant(
        **_sub_order_facts(whole, sub_order, language),
        order_id=whole.order.order_id,
        paid_at=None if paid_at is None else rfc3339(paid_at),
        country=whole.order.country,
        countdowns=[c for c in countdowns(whole, now) if c.about == sub_order.subject],
        allowed_actions=[
            _action("ship", can_ship, sub_order.state, language),
            _action("cancel", can_cancel, sub_order.state, language),
        ],
    )


def order_for_review(whole: WholeOrder, actor: Actor, *, now: int, language: str) -> OrderForReview:
    order = whole.order
    waiting = waiting_for_review(whole) or whole.sub_orders[:1]
    return OrderForReview(
        **order_summary(order, language).model_dump(),
        buyer_id=order.buyer_id,
        level=whole.snapshot.level,
        reasons=list(whole.snapshot.review),
        paid=MoneyView(amount=order.captured_minor, currency=order.currency),
        payment_method=whole.snapshot.payment_method,
        country=order.country,
        checklist=list(CHECKLIST),
        sub_orders=[sub_order_view(whole, s, language) for s in whole.sub_orders],
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
    has_units = any(cancellable_units(whole, line) for line in whole.lines)
    allowed = {
        "pay": has_tries_left and may("order", order.state, Event.PAYMENT_STARTED, Actor.BUYER),
        "cancel": unpaid_cancel or (has_units and not whole.is_disputed),
        "separate": is_separable(whole, now),
        "confirm_receipt": _any_may(subs, Event.RECEIPT_CONFIRMED),
    }
    return [_action(name, is_allowed, order.stage, language) for name, is_allowed in allowed.items()]


def _any_may(sub_orders: Iterable[SubOrder], event: Event) -> bool:
    return any(may("sub_order", s.state, event, Actor.BUYER) for s in sub_orders)


def _action(name: str, is_allowed: bool, state: str, language: str) -> AllowedAction:
    reason = NOT_NOW.spoken(language).format(state=STATES[state].spoken(language))
    return AllowedAction(
        action=name,
        text=ACTIONS[name].spoken(language),
        allowed=is_allowed,
        reason=None if is_allowed else reason,
    )
