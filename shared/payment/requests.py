"""Promise money back. The refund exists, with its number, before any provider hears of it."""

from shared.changes import Draft
from shared.lifecycle import Event, RefundState
from shared.model import Payment, Refund, RefundPart


def request_refund(
    draft: Draft,
    payment: Payment,
    *,
    amount_minor: int,
    reason: str,
    now: int,
    parts: tuple[RefundPart, ...] = (),
    transaction_id: str | None = None,
) -> Refund:
    """Add a refund of *payment*'s money to the draft. Without *parts* it never belonged to the order.

    What belongs to the order can never be promised twice: the caller reserves it on the order in the same
    transaction, and this refuses what would exceed the captured amount.
    """
    order = draft.whole.order
    if parts:
        assert order.refund_reserved_minor + amount_minor <= order.captured_minor, "more back than was paid"
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
        ),
        Event.REFUND_REQUESTED,
    )
