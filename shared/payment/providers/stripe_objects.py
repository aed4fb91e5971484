"""What Stripe's objects say of money, whether an event carried them or an answer to a question of ours.

    payment_intent    one try to pay; ``status`` and ``amount_received`` decide, never the name of the event
    checkout.session  the same try, where Stripe's own page was used
    refund            money on its way back; may fail days after it succeeded, when a bank returns it
    dispute           a chargeback; its money moves when Stripe says so, not when it is opened

Read in the types of Stripe's Python SDK 16.1.0 and its API reference. Amounts are whole minor units, currencies are
written small. Whatever is not so is ``Malformed``; members that we do not need are not looked at.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.errors import Malformed
from shared.money import AMOUNT_MAX, Money
from shared.payment.facts import DisputeFact, DisputeKind, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.providers.stripe_failures import PAYMENT_FAILURES, REFUND_FAILURES, failure_of

NAME = "stripe"
DEPTH_MAX = 16  # An address of a bank transfer stands nine levels deep in its event.
NO_MONEY = Money(0, "XXX")  # ISO 4217's code where no currency is involved: a warning names no amount.
Object = Mapping[str, Any]
_ID = re.compile(r"[0-9A-Za-z_]{1,128}", re.ASCII)
_CURRENCY = re.compile(r"[a-z]{3}", re.ASCII)
_OUR_ATTEMPT = re.compile(r"[0-9A-Za-z]{6,64}", re.ASCII)
_OUR_REFUND = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}R[0-9]{2,4}(x[0-9]{1,4})?", re.ASCII)
_OUTCOMES = {
    "succeeded": RefundOutcome.SUCCEEDED,
    "pending": RefundOutcome.PENDING,
    "requires_action": RefundOutcome.PENDING,  # The payer must say where it should go.
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}


class Seen(NamedTuple):
    """Where an object was seen: in an event, or (as it stands here) in an answer to our own question."""

    event_id: str = ""
    is_our_account: bool = True
    occurred_at: int | None = None


ASKED = Seen()


def payment_fact(intent: Object, seen: Seen) -> PaymentFact | None:
    """How a try to pay stands. None: nothing was paid and nothing failed; all may still come."""
    kind, amount_minor = _standing(intent)
    if kind is None:
        return None
    failed = member(intent, "last_payment_error") if kind is PaymentKind.FAILED else {}
    return PaymentFact(
        provider=NAME,
        event_id=seen.event_id,
        reference=reference_of(intent),
        kind=kind,
        transaction_id=identity(intent, "id"),
        money=Money(amount_minor, currency(intent)),
        is_our_account=seen.is_our_account,
        failure=_why(failed) if kind is PaymentKind.FAILED else "",
        occurred_at=seen.occurred_at,
    )


def _standing(intent: Object) -> tuple[PaymentKind | None, int]:
    """The kind of fact, and its amount.

    A canceled intent takes no more money. What it had received by then is all that was captured: PAID, with that
    amount, which the order will not fit. FAILED names the amount that was tried; an amount of 0 says nothing came.
    """
    status = intent.get("status")
    if status == "succeeded":
        return PaymentKind.PAID, amount(intent, "amount_received")
    received = _received(intent)
    if status == "canceled":
        return (PaymentKind.PAID if received else PaymentKind.CLOSED), received
    if received:
        return PaymentKind.PART, received
    if status == "requires_payment_method" and intent.get("last_payment_error") is not None:
        return PaymentKind.FAILED, amount(intent, "amount")
    return None, 0


def _received(intent: Object) -> int:
    """What came so far. A bank transfer that was too small shows only in what is still to be transferred."""
    steps = member(member(intent, "next_action"), "display_bank_transfer_instructions")
    if intent.get("status") != "requires_action" or steps.get("amount_remaining") is None:
        return count(intent, "amount_received")
    whole, remaining = amount(intent, "amount"), count(steps, "amount_remaining")
    if remaining > whole:
        raise Malformed("more remains than was asked for")
    return whole - remaining


def session_fact(session: Object, seen: Seen, *, kind: PaymentKind) -> PaymentFact | None:
    """PAID only where the session says that it is paid. None for sessions that take no money by themselves."""
    is_paid = session.get("payment_status") == "paid"
    if session.get("payment_intent") is None or is_paid is not (kind is PaymentKind.PAID):
        return None
    return PaymentFact(
        provider=NAME,
        event_id=seen.event_id,
        reference=_our(_OUR_ATTEMPT, session.get("client_reference_id")) or reference_of(session),
        kind=kind,
        transaction_id=identity(session, "payment_intent"),
        money=Money(amount(session, "amount_total"), currency(session)),
        is_our_account=seen.is_our_account,
        failure="unknown" if kind is PaymentKind.FAILED else "",
        occurred_at=seen.occurred_at,
    )


def refund_fact(refund: Object, seen: Seen) -> RefundFact | None:
    """How a refund stands, by its status alone. None for a status that we do not know."""
    status = refund.get("status")
    outcome = _OUTCOMES.get(status) if isinstance(status, str) else None
    if outcome is None:
        return None
    is_failed = outcome is RefundOutcome.FAILED
    return RefundFact(
        provider=NAME,
        event_id=seen.event_id,
        number=refund_number(refund),
        outcome=outcome,
        money=Money(amount(refund, "amount"), currency(refund)),
        reference=reference_of(refund),
        transaction_id=payment_of(refund),
        failure=failure_of(REFUND_FAILURES, refund.get("failure_reason")) if is_failed else "",
        occurred_at=seen.occurred_at,
    )


def dispute_fact(dispute: Object, seen: Seen, *, kind: DisputeKind) -> DisputeFact:
    return DisputeFact(
        provider=NAME,
        event_id=seen.event_id,
        dispute_id=identity(dispute, "id"),
        kind=kind,
        money=Money(amount(dispute, "amount"), currency(dispute)),
        transaction_id=payment_of(dispute),
    )


def warning_fact(warning: Object, seen: Seen) -> DisputeFact:
    return DisputeFact(
        NAME,
        seen.event_id,
        identity(warning, "id"),
        DisputeKind.WARNED,
        NO_MONEY,
        transaction_id=payment_of(warning),
    )


def reference_of(thing: Object) -> str:
    """Our number of the attempt, which we left in the metadata; empty, where somebody else made the object."""
    return _our(_OUR_ATTEMPT, member(thing, "metadata").get("reference"))


def refund_number(refund: Object) -> str:
    """Our number of the refund, which we left in the metadata; Stripe's, of one that was made there by hand."""
    return _our(_OUR_REFUND, member(refund, "metadata").get("refund_id")) or identity(refund, "id")


def payment_of(thing: Object) -> str:
    """The PaymentIntent's id; empty for charges that were made without one, so not by us."""
    return "" if thing.get("payment_intent") is None else identity(thing, "payment_intent")


def member(thing: Object, name: str) -> Object:
    """An object inside *thing*; an empty one, where Stripe says null or nothing."""
    value = thing.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed(f"{name} is not an object")
    return value


def identity(thing: Object, name: str) -> str:
    value = thing.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Malformed(f"{name} is not an id")
    return value


def currency(thing: Object) -> str:
    value = thing.get("currency")
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise Malformed("currency is not a code")
    return value.upper()


def amount(thing: Object, name: str) -> int:
    value = count(thing, name)
    if value == 0:
        raise Malformed(f"{name} is nothing")
    return value


def count(thing: Object, name: str) -> int:
    value = thing.get(name)
    if type(value) is not int or not 0 <= value <= AMOUNT_MAX:
        raise Malformed(f"{name} is not a whole number")
    return value


def _our(pattern: re.Pattern[str], value: object) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def _why(failed: Object) -> str:
    return failure_of(PAYMENT_FAILURES, failed.get("decline_code"), failed.get("code"))
