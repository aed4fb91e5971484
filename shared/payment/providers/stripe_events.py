"""Which facts an event of Stripe carries. The name of an event says where to look; its object says what is so.

Not looked at, because they say nothing of money that others do not: ``charge.refunded`` (``refund.*`` tell each
refund), ``payment_intent.processing``, ``.requires_action`` and ``.amount_capturable_updated``,
``charge.dispute.updated``, and every name that we do not know.

Events of accounts that are connected to ours carry ``account`` (Stripe Connect). Money that came in there is told, as
not ours; refunds and disputes there are not our money, and say nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from shared.errors import Malformed
from shared.payment.facts import DisputeKind, Fact, PaymentFact, PaymentKind
from shared.payment.providers.stripe_objects import (
    Object,
    Seen,
    count,
    dispute_fact,
    identity,
    member,
    payment_fact,
    refund_fact,
    session_fact,
    warning_fact,
)

Reader = Callable[[Object, Seen], Fact | None]
_BAD_NEWS = {PaymentKind.FAILED, PaymentKind.CLOSED}
_ENDS = {
    "won": DisputeKind.WON,
    "lost": DisputeKind.LOST,
    "warning_closed": DisputeKind.WON,  # An inquiry that never became a chargeback.
    "prevented": DisputeKind.WON,  # Nor did this; money that Stripe gave back for it is told by events of its own.
}


def facts_of(event: Mapping[str, Any]) -> tuple[Fact, ...]:
    """What *event* says of money. Raises ``Malformed`` when it cannot be an event of Stripe."""
    name = event.get("type")
    if not isinstance(name, str):
        raise Malformed("type is missing")
    if name not in _EVENTS:
        return ()
    carried, read = _EVENTS[name]
    is_our_account = event.get("account") in (None, "")
    seen = Seen(identity(event, "id"), is_our_account, count(event, "created"))
    fact = read(_object(event, carried), seen)
    if fact is None or not _concerns_us(fact, seen):
        return ()
    return (fact,)


def _object(event: Mapping[str, Any], name: str) -> Object:
    thing = member(member(event, "data"), "object")
    if thing.get("object") != name:
        raise Malformed(f"the event carries no {name}")
    return thing


def _concerns_us(fact: Fact, seen: Seen) -> bool:
    """Money that came is always told. That none came, only of attempts that bear a number of ours."""
    if not isinstance(fact, PaymentFact):
        return seen.is_our_account
    return fact.kind not in _BAD_NEWS or (seen.is_our_account and fact.reference != "")


def _attempt(intent: Object, seen: Seen, *, promised: Sequence[PaymentKind]) -> Fact | None:
    """What the name of the event promised, if its object says so, too."""
    fact = payment_fact(intent, seen)
    return fact if fact and fact.kind in promised else None


def _ended(dispute: Object, seen: Seen) -> Fact | None:
    status = dispute.get("status")
    kind = _ENDS.get(status) if isinstance(status, str) else None
    return dispute_fact(dispute, seen, kind=kind) if kind else None


def _intent(*promised: PaymentKind) -> tuple[str, Reader]:
    return "payment_intent", partial(_attempt, promised=promised)


def _session(kind: PaymentKind) -> tuple[str, Reader]:
    return "checkout.session", partial(session_fact, kind=kind)


def _dispute(kind: DisputeKind) -> tuple[str, Reader]:
    return "dispute", partial(dispute_fact, kind=kind)


_EVENTS: dict[str, tuple[str, Reader]] = {
    "payment_intent.succeeded": _intent(PaymentKind.PAID),
    "payment_intent.partially_funded": _intent(PaymentKind.PART),
    "payment_intent.payment_failed": _intent(PaymentKind.FAILED),
    "payment_intent.canceled": _intent(PaymentKind.CLOSED, PaymentKind.PAID),
    "checkout.session.completed": _session(PaymentKind.PAID),
    "checkout.session.async_payment_succeeded": _session(PaymentKind.PAID),
    "checkout.session.async_payment_failed": _session(PaymentKind.FAILED),
    "refund.created": ("refund", refund_fact),
    "refund.updated": ("refund", refund_fact),
    "refund.failed": ("refund", refund_fact),
    "charge.refund.updated": ("refund", refund_fact),
    "charge.dispute.created": _dispute(DisputeKind.OPENED),
    "charge.dispute.funds_withdrawn": _dispute(DisputeKind.WITHDRAWN),
    "charge.dispute.funds_reinstated": _dispute(DisputeKind.REINSTATED),
    "charge.dispute.closed": ("dispute", _ended),
    "radar.early_fraud_warning.created": ("radar.early_fraud_warning", warning_fact),
}
