"""Close what may still be paid. Stock is released only when every provider has said that nothing more can come.

closed    that try is over; with the last one a closing order is cancelled and its goods released
paid      the notice that never reached us: booked like any other
unknown   ``Unavailable``; the effect is repeated, and the order's clock asks again
"""

from functools import partial

from shared.changes import Caller, Change, Draft
from shared.commands import Shop, carry_out
from shared.lifecycle import Actor, Event, OrderState
from shared.model import Payment, WholeOrder
from shared.ordering.giving_up import abandon
from shared.payment.attempts import record_notice
from shared.payment.living import LIVING, payment_facts
from shared.payment.providers import sandbox


def close_payments(shop: Shop, order_id: str, now: int) -> None:
    """Effect: ask the provider of every living try to close it. Safe to repeat; does nothing when all are over."""
    for payment in shop.orders.read(order_id).payments:
        if payment.state not in LIVING:
            continue
        notice = sandbox.close(shop.outside, shop.settings.sandbox_url, payment)
        if notice is not None:
            record_notice(shop, notice, now=now)
        carry_out(shop, order_id, partial(decide_closed, number=payment.number, now=now))


def decide_closed(whole: WholeOrder, *, number: int, now: int) -> Change | None:
    """That try can bring no more money. The last one closed ends a closing order."""
    payment = whole.payments[number - 1]
    if payment.state not in LIVING:
        return None
    return _closed(whole, payment, now=now)


def _closed(whole: WholeOrder, payment: Payment, *, now: int) -> Change:
    caller = Caller(Actor.PROVIDER, payment.provider)
    is_last = not payment_facts(whole, besides=payment)
    ends_order = is_last and whole.order.state is OrderState.CLOSING
    event = Event.PAYMENTS_CLOSED if ends_order else Event.PAYMENT_CLOSED
    draft = Draft(whole, event=event, caller=caller, now=now)
    draft.move(payment, Event.PAYMENT_CLOSED)
    if ends_order:
        abandon(draft, Event.PAYMENTS_CLOSED)
    return draft.finish(about=payment.subject)
