"""What a provider lets us do with the money of one payment: how often, how late, how fast (WeChat Pay
takes 50 refunds of one payment, a minute apart and never two at once, within a year).
"""

from shared.lifecycle import RefundState
from shared.model import Refund, WholeOrder
from shared.payment.port import Manners

DAY = 86_400
TURN_SECONDS = 3600
REFUND_PROMISE_SECONDS = {  # What a buyer is told (RULES 5.5): until the money has arrived, at the latest.
    "alipay": DAY,
    "wechatpay": 3 * DAY,  # Balance at once, bank cards up to three working days.
    "stripe": 10 * DAY,
    "sandbox": DAY,
}


def never(manners: Manners, whole: WholeOrder, refund: Refund, *, now: int) -> str:
    """Why the provider would never do it, as a failure's code; empty: it may. People then find another route."""
    payment = whole.payments[refund.payment - 1]
    if payment.refund_reserved_minor > payment.captured_minor:
        return "amount_refused"  # Somebody else took part of it: a bank, or the provider's people.
    paid_at = payment.paid_at or payment.started_at
    if manners.refund_days_max is not None and now - paid_at > manners.refund_days_max * DAY:
        return "too_late"
    used = sum(_accepted(other) for other in _others(whole, refund))
    if manners.refunds_max is not None and used >= manners.refunds_max:
        return "too_many_parts"
    return ""


def may_ask_now(manners: Manners, whole: WholeOrder, refund: Refund, *, now: int) -> bool:
    """Whether it is this refund's turn: first come, first asked, and not too soon after the last one.

    One that has had no answer for an hour holds up nobody any more.
    """
    if not manners.refund_gap_seconds:
        return True
    others = _others(whole, refund)
    earlier = [o for o in others if o.state is RefundState.REQUESTED and o.number < refund.number]
    if any(now - other.requested_at < TURN_SECONDS for other in earlier):
        return False
    moments = [o.submitted_at or o.finished_at or 0 for o in others]
    return all(now - moment >= manners.refund_gap_seconds for moment in moments)


def _others(whole: WholeOrder, refund: Refund) -> list[Refund]:
    return [o for o in whole.refunds if o.payment == refund.payment and o.number != refund.number]


def _accepted(refund: Refund) -> bool:
    return refund.state in (RefundState.SUBMITTED, RefundState.SUCCEEDED) and not refund.paid_otherwise
