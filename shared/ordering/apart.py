"""Pay, or cancel, only some merchants' parts of an unpaid order: first they become an order of their own.

    separation, under a key of its own  ->  payment or cancellation of the new order, under the caller's key

Two transactions, so the second may fail to come. Then there is one unpaid order more, which times out by itself, and
the repetition of the request finds it and goes on.
"""

from collections.abc import Sequence

from shared.aftersale import cancellation
from shared.aftersale.cancellation import Cancellation
from shared.changes import Caller, Request
from shared.commands import Outcome, Shop
from shared.context import Context
from shared.ordering.separation import NothingToSeparate, PaymentOpen, separate
from shared.payment import attempts
from shared.payment.attempts import Started
from shared.payment.closing import close_payments


def pay_alone(
    shop: Shop,
    context: Context,
    order_id: str,
    named: Sequence[str],
    provider: str,
    *,
    caller: Caller,
    request: Request,
) -> Started:
    """Start to pay the sub-orders that are *named*, and no others: in an order of their own, unless they are all.

    A page that is open for the whole order is closed before, as for every new try to pay. Raises what ``separate`` and
    ``start_payment`` raise; ``payment_open`` only when that page could not be closed.
    """
    shop.provider(provider)
    try:
        apart = _set_apart(shop, context, order_id, named, caller=caller, request=request)
    except PaymentOpen:
        close_payments(shop, order_id, context.now)
        apart = _set_apart(shop, context, order_id, named, caller=caller, request=request)
    return attempts.start_payment(shop, apart, provider, caller=caller, now=context.now, request=request)


def cancel_alone(
    shop: Shop,
    context: Context,
    order_id: str,
    named: Sequence[str],
    reason: str,
    *,
    caller: Caller,
    request: Request,
) -> Outcome:
    """Cancel the unpaid sub-orders that are *named*, and no others. Raises what ``separate`` and ``cancel`` raise."""
    apart = _set_apart(shop, context, order_id, named, caller=caller, request=request)
    wanted = Cancellation(reason)
    return cancellation.cancel(shop, apart, wanted, caller=caller, now=context.now, request=request)


def _set_apart(
    shop: Shop, context: Context, order_id: str, named: Sequence[str], *, caller: Caller, request: Request
) -> str:
    """The order that consists of *named* alone: this one, if they are all it has, or else a new one.

    It is separated under a key that no caller can choose, for no caller's key has a blank.
    """
    if (seen := shop.orders.seen(request)) is not None:
        return seen.order_id
    own_key = request._replace(key=f"{request.key} separation")
    try:
        made = separate(shop, context, order_id, named, caller=caller, request=own_key)
    except NothingToSeparate:
        return order_id
    return made.whole.order.order_id
