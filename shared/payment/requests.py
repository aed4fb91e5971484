"""Promise money back. The refund exists, with its number, before any provider hears of it.

Two limits are kept by the same transaction that writes the refund. Out of the order: what belongs to it is never
promised twice. Out of the payment: never more is asked back of one try to pay than came in under it.
"""

from shared.changes import Draft
from shared.errors import OrderError
from shared.lifecycle import DisputeState, Event, RefundState
from shared.model import Payment, Refund, RefundPart, WholeOrder


class RefundTooLarge(OrderError):
    """More than what is left of the payment. ``refundable`` says how much that is, in minor units."""

    status, code = 422, "refund_too_large"


class PaymentDisputed(OrderError):
    """The payer's bank is asked to take this money back: until that has ended, nothing is refunded."""

    status, code = 409, "payment_disputed"


class SecondPersonNeeded(OrderError):
    """A favour of this size is given by one person and decided on by another, who is an operator."""

    status, code = 409, "second_person_needed"


def refuse_large_favour(whole: WholeOrder, amount_minor: int) -> None:
    """Raise ``SecondPersonNeeded`` when it, with the favours that were given before, comes to the limit: no large one
    is given in small pieces.
    """
    before = sum(r.amount_minor for r in whole.refunds if not r.is_owed and r.state is not RefundState.FAILED)
    if before + amount_minor >= whole.snapshot.policy["second_person_minor"]:
        raise SecondPersonNeeded("favours of this size need a second person")


def refuse_while_disputed(whole: WholeOrder) -> None:
    if whole.is_disputed:
        raise PaymentDisputed("the payer's bank is asked to take this money back")


def request_refund(
    draft: Draft,
    payment: Payment,
    *,
    amount_minor: int,
    reason: str,
    now: int,
    parts: tuple[RefundPart, ...] = (),
    transaction_id: str | None = None,
    is_owed: bool = True,
) -> Refund:
    """Add a refund of *payment*'s money to the draft. Without *parts* it never belonged to the order.

    What belongs to the order the caller has reserved on the order in the same draft. What is owed is promised however
    little the provider may have left of this payment: then it will need people, and not hold up a cancellation. A
    favour raises ``RefundTooLarge`` instead.
    """
    order = draft.whole.order
    assert order.refund_reserved_minor <= order.captured_minor, "more back than was paid"
    if is_owed:
        note_taken(draft, payment, amount_minor)
    else:
        reserve(draft, payment, amount_minor)
    number = len(draft.whole.refunds) + 1
    return draft.create(
        Refund(
            number=number,
            refund_id=f"{order.order_id}R{number:02}",
            payment=payment.number,
            transaction_id=transaction_id or payment.transaction_id or "",
            amount_minor=amount_minor,
            currency=payment.currency,
            reason=reason,
            state=RefundState.REQUESTED,
            requested_at=now,
            parts=parts,
            is_owed=is_owed,
        ),
        Event.REFUND_REQUESTED,
    )


def reserve(draft: Draft, payment: Payment, amount_minor: int) -> None:
    """Take *amount_minor* of what came in under *payment*. Raises ``RefundTooLarge``.

    What a dispute took that is not lost comes back, or covers what is promised here: it is no limit.
    """
    present = _present(draft, payment)
    open_minor = sum(
        d.taken_minor
        for d in draft.whole.disputes
        if d.payment == payment.number and d.currency == payment.currency and d.state is not DisputeState.LOST
    )
    left = present.captured_minor - present.refund_reserved_minor + open_minor
    if amount_minor > left:
        raise RefundTooLarge("so much is not left of this payment", refundable=max(left, 0))
    draft.change(present, refund_reserved_minor=present.refund_reserved_minor + amount_minor)


def note_taken(draft: Draft, payment: Payment, amount_minor: int) -> None:
    """Somebody else took it, or below zero gave it back: a fact, which no limit of ours can refuse."""
    present = _present(draft, payment)
    draft.change(present, refund_reserved_minor=present.refund_reserved_minor + amount_minor)


def _present(draft: Draft, payment: Payment) -> Payment:
    """*payment* as the draft has it by now."""
    present = draft.whole.rows[payment.subject]
    assert isinstance(present, Payment)
    return present
