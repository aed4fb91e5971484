"""What a provider says of money, in our words. Pure values: adapters make them, decisions read them.

A fact says how things stand at the provider, never what has changed since the last message: messages are lost,
doubled and overtake each other, so only what they say may count, not when they came.

    PaymentFact   one try to pay: paid, captured in part, reversed, failed, closed
    RefundFact    money on its way back, asked for by us or made at the provider by hand
    DisputeFact   the payer's bank takes the money back, or threatens to (chargeback)
"""

from enum import StrEnum, auto
from typing import NamedTuple

from shared.money import Money


class PaymentKind(StrEnum):
    PAID = auto()  # Final: nothing more can come. ``money`` is what was captured in all.
    PART = auto()  # ``money`` was captured so far; more may come.
    REVERSED = auto()  # ``money`` of what was captured went back to the payer so far, without a refund.
    FAILED = auto()  # This try was refused; the payer may repair it on the same page.
    CLOSED = auto()  # Nothing was paid, and nothing can be paid any more.


class PaymentFact(NamedTuple):
    """Of one try to pay. *event_id* is empty when we asked ourselves.

    *transaction_id* is the provider's number: of the payment for Alipay and WeChat Pay, of the PaymentIntent for
    Stripe. Empty where there is none yet. *is_our_account*: app, seller, merchant are those of our keys.
    """

    provider: str
    event_id: str
    reference: str  # Our number of the attempt; empty when the message names only its transaction.
    kind: PaymentKind
    transaction_id: str
    money: Money
    is_our_account: bool
    failure: str = ""  # One of FAILURES, when it failed.
    occurred_at: int | None = None


class RefundOutcome(StrEnum):
    SUCCEEDED = auto()
    PENDING = auto()  # Accepted: it will be done, or fail.
    FAILED = auto()  # For good, under this number. The money stays with us.


class RefundFact(NamedTuple):
    """Of one refund. *number* is ours, or, of a refund that was made at the provider by hand, the provider's."""

    provider: str
    event_id: str
    number: str
    outcome: RefundOutcome
    money: Money
    reference: str = ""  # Our number of the attempt, where the message names it.
    transaction_id: str = ""
    failure: str = ""  # One of FAILURES, when it failed.
    occurred_at: int | None = None
    is_total: bool = (
        False  # ``money`` is the sum of all refunds of this payment so far (Alipay's refund_fee).
    )


class DisputeKind(StrEnum):
    WARNED = auto()  # Early fraud warning: nobody has disputed anything yet.
    OPENED = auto()
    WITHDRAWN = auto()  # The provider took ``money`` out of our account.
    REINSTATED = auto()  # And gave it back.
    WON = auto()
    LOST = auto()


class DisputeFact(NamedTuple):
    """Of one dispute at the provider. One payment may have several."""

    provider: str
    event_id: str
    dispute_id: str
    kind: DisputeKind
    money: Money
    reference: str = ""
    transaction_id: str = ""


Fact = PaymentFact | RefundFact | DisputeFact

FAILURES = frozenset(
    {
        "insufficient_balance",
        "wrong_password",
        "card_declined",
        "card_expired",
        "card_invalid",
        "authentication_failed",
        "limit_exceeded",
        "suspected_fraud",
        "closed_by_payer",
        "account_closed",  # A refund: where it should go exists no more.
        "balance_short",  # A refund: our account at the provider is empty.
        "too_late",  # A refund: the provider's time for it is over.
        "too_many_parts",  # A refund: the provider's count for one payment is used up.
        "amount_refused",  # The provider says that so much cannot be moved.
        "not_allowed",  # The provider refused for a reason of its own.
        "unknown",
    }
)


def booking_names(fact: Fact) -> tuple[str, ...]:
    """Under which names this may be booked only once: the event, and the movement of money itself."""
    event = (f"{fact.provider}#event#{fact.event_id}",) if fact.event_id else ()
    match fact:
        case PaymentFact(kind=PaymentKind.PAID):
            return (*event, paid_name(fact.provider, fact.transaction_id))
        case RefundFact(outcome=RefundOutcome.SUCCEEDED):
            # Once: told late, it must not undo that the bank sent it back.
            return (*event, f"{fact.provider}#refunded#{fact.number}")
        case DisputeFact():
            return (*event, f"{fact.provider}#dispute#{fact.dispute_id}#{fact.kind}")
    return event


def paid_name(provider: str, transaction_id: str) -> str:
    """Where a payment was booked; the row names its order."""
    return f"{provider}#paid#{transaction_id}"


def movement_minor(fact: Fact) -> int:
    """What *fact* says came into our account at the provider; below zero: what left it; 0: nothing moved."""
    amount = fact.money.amount_minor
    match fact:
        case PaymentFact(kind=PaymentKind.PAID | PaymentKind.PART) | DisputeFact(kind=DisputeKind.REINSTATED):
            return amount
        case (
            PaymentFact(kind=PaymentKind.REVERSED)
            | RefundFact(outcome=RefundOutcome.SUCCEEDED)
            | DisputeFact(kind=DisputeKind.WITHDRAWN)
        ):
            return -amount
    return 0
