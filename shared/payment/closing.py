"""Close what may still be paid. Stock is released only when every provider has said that nothing more can come.

closed    that try is over; with the last one a closing order is cancelled and its goods released
paid      the notice that never reached us: booked like any other
unknown   ``Unavailable``; the effect is repeated, and the order's clock asks again
"""

from functools import partial

from shared.changes import Caller, Change, Draft
from shared.commands import Shop, carry_out
from shared.errors import Unavailable
from shared.lifecycle import Actor
from shared.model import Payment, WholeOrder
from shared.payment.living import LIVING
from shared.payment.receiving import closing_event, end, record_payment


def close_payments(shop: Shop, order_id: str, now: int) -> None:
    """Effect: ask the provider of every living try to close it. Safe to repeat; does nothing when all are over."""
    silent: Unavailable | None = None
    for payment in shop.orders.read(order_id).payments:
        if payment.state in LIVING:
            try:
                close_payment(shop, order_id, payment, now)
            except Unavailable as unknown:  # The next one has its own provider.
                silent = unknown
    if silent is not None:
        raise silent


def close_payment(shop: Shop, order_id: str, payment: Payment, now: int) -> None:
    """Close one try at its provider, and book what it says of it. Raises ``Unavailable``."""
    fact = shop.provider(payment.provider).close(shop.outside, payment, now=now)
    if fact is not None:
        record_payment(shop, fact, now=now)
    carry_out(shop, order_id, partial(decide_closed, number=payment.number, now=now))


def decide_closed(whole: WholeOrder, *, number: int, now: int) -> Change | None:
    """That try can bring no more money. The last one closed ends a closing order."""
    payment = whole.payments[number - 1]
    if payment.state not in LIVING:
        return None
    event = closing_event(whole, payment)
    draft = Draft(whole, event=event, caller=Caller(Actor.PROVIDER, payment.provider), now=now)
    end(draft, payment, event, now)
    return draft.finish(about=payment.subject)
