"""What buyers, reviewers and support read of payments, refunds and disputes."""

from functions.answers import DisputeView, FailureView, MoneyView, PaymentView, PayWithView, RefundView
from shared.instants import rfc3339
from shared.lifecycle import PaymentState, RefundState
from shared.model import Dispute, Payment, Refund, SubOrder, WholeOrder
from shared.payment.manners import REFUND_PROMISE_SECONDS
from shared.payment.port import PayKind, PayWith
from shared.payment_words import PAYMENT_FAILURES
from shared.words import STATES

GONE = (RefundState.SUCCEEDED, RefundState.COVERED)


def payment_view(
    payment: Payment, language: str, *, pay_with: PayWith | None = None, sandbox_url: str = ""
) -> PaymentView:
    page = f"{sandbox_url}/payments/{payment.reference}"
    is_sandbox_page = payment.state is PaymentState.OPEN and payment.provider == "sandbox" and sandbox_url
    is_page = pay_with is not None and pay_with.kind is PayKind.REDIRECT
    return PaymentView(
        reference=payment.reference,
        provider=payment.provider,
        state=payment.state,
        state_text=STATES[payment.state].spoken(language),
        amount=MoneyView(amount=payment.amount_minor, currency=payment.currency),
        pay_url=pay_with.value if pay_with and is_page else page if is_sandbox_page else None,
        pay_with=PayWithView(kind=pay_with.kind, value=pay_with.value) if pay_with else None,
        transaction_id=payment.transaction_id if payment.paid_at else None,
        paid_at=None if payment.paid_at is None else rfc3339(payment.paid_at),
        failure=failure_view(payment.failure, language),
    )


def refund_view(whole: WholeOrder, refund: Refund, language: str) -> RefundView:
    provider = whole.payments[refund.payment - 1].provider
    expected = refund.requested_at + REFUND_PROMISE_SECONDS[provider]
    is_under_way = refund.state in (RefundState.REQUESTED, RefundState.SUBMITTED)
    return RefundView(
        refund_id=refund.refund_id,
        provider=provider,
        state=refund.state,
        state_text=STATES[refund.state].spoken(language),
        amount=MoneyView(amount=refund.amount_minor, currency=refund.currency),
        reason=refund.reason,
        requested_at=rfc3339(refund.requested_at),
        expected_by=rfc3339(expected) if is_under_way else None,
        finished_at=None if refund.finished_at is None else rfc3339(refund.finished_at),
        failure=failure_view(refund.failure, language),
    )


def dispute_view(dispute: Dispute, language: str) -> DisputeView:
    return DisputeView(
        dispute=dispute.number,
        state=dispute.state,
        state_text=STATES[dispute.state].spoken(language),
        amount=MoneyView(amount=dispute.amount_minor, currency=dispute.currency),
        opened_at=rfc3339(dispute.opened_at),
    )


def failure_view(failure: str | None, language: str) -> FailureView | None:
    if not failure:
        return None
    words = PAYMENT_FAILURES[failure]
    return FailureView(
        code=failure,
        reason=words.title.spoken(language),
        next_steps=[words.next_steps.spoken(language)],
    )


def refunded_minor(whole: WholeOrder, sub_order: SubOrder | None = None) -> int:
    """What has gone back of what was paid, for the whole order or one part of it: refunded, or taken by the bank."""
    chosen = [s for s in whole.sub_orders if sub_order is None or s.number == sub_order.number]
    numbers = {s.number for s in chosen}
    parts = [(r, part) for r in whole.refunds for part in r.parts if part.sub_order in numbers]
    sent = sum(part.amount_minor for refund, part in parts if refund.state in GONE)
    promised = sum(part.other_minor for refund, part in parts if refund.state is not RefundState.FAILED)
    by_the_bank = sum(s.given_back_minor for s in chosen) - promised
    return sent + by_the_bank
