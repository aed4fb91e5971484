"""The rows of an order that hold money: tries to pay, refunds, disputes, settlements. Part of ``shared.model``.

All amounts are minor units of the order's one currency, all times epoch seconds UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from shared.lifecycle import DisputeState, PaymentState, RefundState, SettlementState


class Quarantined(NamedTuple):
    """Money in another currency, or another account."""

    amount_minor: int
    currency: str
    transaction_id: str
    is_our_account: bool


@dataclass(frozen=True, kw_only=True)
class Payment:
    machine: ClassVar[str] = "payment"
    number: int
    provider: str
    reference: str  # Our number at the provider, chosen before the provider hears of it.
    amount_minor: int
    currency: str
    state: PaymentState
    started_at: int
    transaction_id: str | None = None
    paid_at: int | None = None
    failure: str | None = None  # One of shared.payment.facts.FAILURES
    due_at: int | None = None
    expires_at: int | None = None  # The provider is told to close the page then.
    captured_minor: int = 0  # Everything that came in under this number, less what was reversed.
    refund_reserved_minor: int = 0  # Asked back from this money or taken from it, done or not.
    held_minor: int = 0  # Of that, what came in part, until it pays the order or goes back.
    part_minor: int = 0  # So much the provider has told us as parts of a payment that is not final.
    told_minor: int = 0  # The most that the provider said was captured,
    reversed_minor: int = 0  # and reversed: what is told late says nothing new.
    ask_at: int | None = None  # Sparse index: when we ask the provider, in case its message got lost.
    quarantined: tuple["Quarantined", ...] = ()  # What came under this number and is kept for people.

    @property
    def subject(self) -> str:
        return f"PAY#{self.number:02}"


class RefundPart(NamedTuple):
    sub_order: int
    goods_minor: int
    freight_minor: int
    other_minor: int = 0  # For no goods; below zero: given back earlier, and now counted for these goods.

    @property
    def amount_minor(self) -> int:
        return self.goods_minor + self.freight_minor + self.other_minor


@dataclass(frozen=True, kw_only=True)
class Refund:
    machine: ClassVar[str] = "refund"
    number: int
    refund_id: str
    payment: int  # number of the attempt whose money goes back
    transaction_id: str
    amount_minor: int
    currency: str
    reason: str
    state: RefundState
    requested_at: int
    parts: tuple[RefundPart, ...] = ()  # Empty: the money never paid for anything (late, doubled, wrong).
    round: int = 1  # A new number at the provider only after a final failure.
    finished_at: int | None = None
    due_at: int | None = None
    found: str = ""  # The provider's number of a refund that was made there, and not by us,
    found_before: tuple[str, ...] = ()  # and of those that came back, and were begun again.
    failed_at: Mapping[str, int] = field(
        default_factory=dict
    )  # By number: when the provider says that it failed.
    is_owed: bool = True  # False: a favour, whose promise can be taken back.
    submitted_at: int | None = None
    failure: str | None = None  # One of shared.payment.facts.FAILURES
    paid_otherwise: str = ""  # The number of the bank transfer that people made instead.
    rest_minor: int = 0  # Of one that was found: what nobody of the order bears.
    sent_minor: int = 0  # What went out of it in all; more than stayed out, if the payer's bank sent it back.
    ask_at: int | None = None  # Sparse index: when we ask the provider how it went.

    @property
    def subject(self) -> str:
        return f"REFUND#{self.number:02}"

    @property
    def provider_refund_id(self) -> str:
        return self.numbers_used[-1]

    @property
    def numbers_used(self) -> tuple[str, ...]:
        """The numbers under which the provider was asked: one a round. The last may be the provider's own."""
        own = (self.refund_id, *(f"{self.refund_id}x{n}" for n in range(2, self.round + 1)))
        return (*self.found_before, *own[:-1], self.found) if self.found else (*self.found_before, *own)


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A chargeback. While it is open, refunds, settlement and auto-confirm wait (RULES 10.4)."""

    machine: ClassVar[str] = "dispute"
    number: int
    dispute_id: str  # The provider's.
    payment: int
    amount_minor: int
    currency: str
    state: DisputeState
    opened_at: int
    withdrawn_minor: int = 0  # Taken out of our account at the provider,
    reinstated_minor: int = 0  # and given back.
    borne_minor: int = 0  # Of a lost one, what the sub-orders bear,
    rest_minor: int = 0  # and what nobody does.
    finished_at: int | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"DISPUTE#{self.number:02}"

    @property
    def taken_minor(self) -> int:
        return self.withdrawn_minor - self.reinstated_minor


@dataclass(frozen=True, kw_only=True)
class Settlement:
    machine: ClassVar[str] = "settlement"
    number: int  # of the sub-order
    merchant_id: str
    amount_minor: int
    currency: str
    state: SettlementState
    opened_at: int
    window_ends_at: int | None = (
        None  # The after-sale window of its goods: it is not due before. None: no goods left.
    )
    payable_from: int | None = None  # The day that the merchant's contract names (T+n); None: it names none.
    settled_at: int | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"SETTLE#{self.number:02}"
