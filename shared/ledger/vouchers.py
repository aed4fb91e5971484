"""The vouchers of the order's life. Every movement of money is one, in the transaction that moves the state.

    account                     normal side   holds
    clearing:<provider>         debit         what a provider owes us or has already paid out to us
    escrow:<sub-order>          credit        the buyer's money, held until receipt and beyond
    refund:<refund>             credit        promised to the buyer, not yet sent
    held:<attempt>              credit        what came in part, until it pays the order or goes back
    quarantine:<order>          credit        money that people must judge
    elsewhere:<provider>        debit         what a provider says came into an account that is not ours
    chargeback:<order>          debit         taken by the payer's bank, until the dispute has ended
    claim:<sub-order>           debit         given back after its merchant was paid: the merchant owes it
    claim:<order>               debit         given back, and nobody holds it any more: people must look
    pool:compensation           debit         paid by the platform before a dispute was decided, until it is recovered
    points                      credit        what points are worth that buyers got instead of money, less those
                                              that the platform paid to merchants for
    bank                        debit         our own bank account
    merchant:<merchant>         credit        owed to the merchant
    reserve:<merchant>          credit        kept back of what is owed to it, for a while
    payout:<merchant>           credit        on its way to the merchant's bank
    commission                  credit        what the platform has earned
    commission_due:<merchant>   debit         commission that the merchant's next statement takes
    coupon:platform             debit         the platform's part of coupons, paid to merchants
    fees:<provider>             debit         what a provider kept for its work, as its bills say

A debit is positive, a credit negative; each voucher adds up to nothing.
"""

from collections.abc import Collection, Iterable
from typing import TypedDict

from shared.changes import Entry, Voucher
from shared.ledger.contract import Contract
from shared.ledger.shares import Shares
from shared.model import (
    Dispute,
    Payment,
    Quarantined,
    Refund,
    RefundPart,
    Settlement,
    SubOrder,
    sub_order_id,
)
from shared.payment.facts import (
    DisputeFact,
    Fact,
    PaymentFact,
    RefundFact,
    movement_minor,
)
from shared.payment.totals import number_at


def captured(
    order_id: str, payment: Payment, sub_orders: Iterable[SubOrder], *, happened_at: int = 0
) -> Voucher:
    """The buyer paid the order: each merchant's part goes into escrow. What had come in part is in it."""
    kept = [Entry(escrow(order_id, s.number), -s.payable_minor) for s in sub_orders]
    received = _received(payment, payment.amount_minor)
    return Voucher("captured", payment.currency, (*received, *kept), **_of_payment(payment, happened_at))


def unclaimed(payment: Payment, refund: Refund, *, fresh_minor: int, happened_at: int = 0) -> Voucher:
    """Money came that pays for nothing, and goes back at once: the promise is written with its arrival.

    *fresh_minor* of it is new; the rest had come in part.
    """
    entries = (
        Entry(clearing(payment), fresh_minor),
        Entry(held(payment), refund.amount_minor - fresh_minor),
        Entry(owed(refund), -refund.amount_minor),
    )
    return Voucher("unclaimed", refund.currency, entries, **_of_payment(payment, happened_at))


def held_more(payment: Payment, amount_minor: int, *, happened_at: int = 0) -> Voucher:
    """So much more came in part; below zero: so much went back without a refund."""
    kind = "captured_in_part" if amount_minor > 0 else "reversed"
    entries = (Entry(clearing(payment), amount_minor), Entry(held(payment), -amount_minor))
    return Voucher(kind, payment.currency, entries, **_of_payment(payment, happened_at))


def quarantined(order_id: str, payment: Payment, fact: PaymentFact) -> Voucher:
    """Money that is not ours to judge; of another account, it is not even with us."""
    amount, currency = fact.money
    source = clearing(payment) if fact.is_our_account else f"elsewhere:{payment.provider}"
    entries = (Entry(source, amount), Entry(f"quarantine:{order_id}", -amount))
    return Voucher("quarantined", currency, entries, **_of_payment(payment, fact.occurred_at or 0))


def quarantine_sent_back(order_id: str, payment: Payment, kept: Quarantined, *, number: str = "") -> Voucher:
    """People have sent it back at the provider, under *number*: the mirror of ``quarantined``."""
    source = clearing(payment) if kept.is_our_account else f"elsewhere:{payment.provider}"
    entries = (Entry(f"quarantine:{order_id}", kept.amount_minor), Entry(source, -kept.amount_minor))
    return Voucher("quarantine_sent_back", kept.currency, entries, document=_refund_named(payment, number))


def quarantined_again(order_id: str, payment: Payment, kept: Quarantined, *, number: str = "") -> Voucher:
    """People had sent it back, and the payer's bank would not have it: the mirror of ``quarantine_sent_back``."""
    forth = quarantine_sent_back(order_id, payment, kept)
    back = tuple(Entry(entry.account, -entry.amount_minor) for entry in forth.entries)
    return Voucher("quarantined", kept.currency, back, document=_refund_named(payment, number))


def covered(refund: Refund, sources: Iterable[Entry]) -> Voucher:
    """The payer has this money back another way: what that was booked against is not to be borne any more."""
    back = (Entry(entry.account, -entry.amount_minor) for entry in sources)
    return Voucher("refund_covered", refund.currency, (Entry(owed(refund), refund.amount_minor), *back))


def reinstated_late(order_id: str, payment: Payment, dispute: Dispute, amount_minor: int) -> Voucher:
    """A lost dispute's money came back after all: whose it is, people must say."""
    entries = (Entry(clearing(payment), amount_minor), Entry(f"quarantine:{order_id}", -amount_minor))
    return Voucher("quarantined", dispute.currency, entries, document=f"dispute:{dispute.dispute_id}")


def nobody_knows(fact: Fact, name: str) -> Voucher:
    """Money moved under a number that no order of ours has, for as long as we waited for one."""
    came = movement_minor(fact)
    entries = (Entry(f"clearing:{fact.provider}", came), Entry(f"quarantine:{name}", -came))
    return Voucher(
        "quarantined",
        fact.money.currency,
        entries,
        document=document_of(fact),
        happened_at=getattr(fact, "occurred_at", None) or 0,
    )


def refund_requested(order_id: str, refund: Refund, settled: Collection[int] = ()) -> Voucher:
    """Out of escrow, promised to the buyer; of the sub-orders that are *settled*, a claim on their merchants."""
    released = [
        Entry((claim if p.sub_order in settled else escrow)(order_id, p.sub_order), p.amount_minor)
        for p in refund.parts
    ]
    return promised(refund, released)


def recovery(order_id: str, part: RefundPart, settled: Collection[int]) -> tuple[Entry, ...]:
    """What the pool had paid in advance comes back to it: out of escrow, or as a claim on the merchant."""
    source = (claim if part.sub_order in settled else escrow)(order_id, part.sub_order)
    return (Entry(source, part.amount_minor), Entry(POOL, -part.amount_minor))


def paid_in_advance(refund: Refund) -> Voucher:
    """Out of the platform's own pool, before anybody has decided."""
    return promised(refund, [Entry(POOL, refund.amount_minor)])


def promised(refund: Refund, sources: Iterable[Entry]) -> Voucher:
    entries = (*sources, Entry(owed(refund), -refund.amount_minor))
    return Voucher("refund_requested", refund.currency, entries)


def promise_taken_back(refund: Refund, sources: Iterable[Entry]) -> Voucher:
    """It was a favour, and it could not be given: the mirror of ``promised``."""
    back = (Entry(entry.account, -entry.amount_minor) for entry in sources)
    return Voucher("refund_failed", refund.currency, (Entry(owed(refund), refund.amount_minor), *back))


def found(payment: Payment, refund: Refund, sources: Iterable[Entry]) -> Voucher:
    """The provider's people sent it, and nobody had promised it."""
    entries = (*sources, Entry(clearing(payment), -refund.amount_minor))
    return Voucher(
        "refund_found", refund.currency, entries, **_of_refund(payment, refund, refund.finished_at or 0)
    )


def refund_quarantined(
    order_id: str, payment: Payment, refund: Refund, amount_minor: int, *, happened_at: int = 0
) -> Voucher:
    """It went, but not as much as we asked for: people must say what it was."""
    entries = (Entry(f"quarantine:{order_id}", amount_minor), Entry(clearing(payment), -amount_minor))
    return Voucher("quarantined", payment.currency, entries, **_of_refund(payment, refund, happened_at))


def paid_otherwise(refund: Refund) -> Voucher:
    """The provider could not send it; our bank did."""
    entries = (Entry(owed(refund), refund.amount_minor), Entry("bank", -refund.amount_minor))
    return Voucher("refund_paid_otherwise", refund.currency, entries)


def dispute_moved(order_id: str, payment: Payment, dispute: Dispute, amount_minor: int) -> Voucher:
    """The provider took so much for a dispute; below zero: gave it back."""
    kind = "dispute_withdrawn" if amount_minor > 0 else "dispute_reinstated"
    entries = (Entry(chargeback(order_id), amount_minor), Entry(clearing(payment), -amount_minor))
    return Voucher(kind, dispute.currency, entries, document=f"dispute:{dispute.dispute_id}")


def dispute_lost(order_id: str, currency: str, sources: Iterable[Entry]) -> Voucher:
    """What was taken is gone: out of what was promised back already, out of escrow, out of claims."""
    sources = tuple(sources)
    lost = sum(entry.amount_minor for entry in sources)
    return Voucher("dispute_lost", currency, (*sources, Entry(chargeback(order_id), -lost)))


def refunded(payment: Payment, refund: Refund, *, happened_at: int = 0) -> Voucher:
    """The provider sent it."""
    entries = (Entry(owed(refund), refund.amount_minor), Entry(clearing(payment), -refund.amount_minor))
    return Voucher("refunded", refund.currency, entries, **_of_refund(payment, refund, happened_at))


def refund_bounced(order_id: str, payment: Payment, refund: Refund, *, happened_at: int = 0) -> Voucher:
    """The payer's bank sent it back: we owe it again, but for what was a claim, and is none any more."""
    entries = (
        Entry(clearing(payment), refund.amount_minor),
        Entry(owed(refund), refund.rest_minor - refund.amount_minor),
        Entry(f"claim:{order_id}", -refund.rest_minor),
    )
    return Voucher("refund_bounced", refund.currency, entries, **_of_refund(payment, refund, happened_at))


def settled(order_id: str, settlement: Settlement, shares: Shares, contract: Contract) -> Voucher:
    """Escrow ends: what is left of the sub-order goes to its merchant, with what the platform pays for its coupons and
    points, and without the platform's commission and the reserve.
    """
    merchant = settlement.merchant_id
    entries = (
        Entry(escrow(order_id, settlement.number), settlement.amount_minor),
        Entry("coupon:platform", shares.coupon_platform_minor),
        Entry(POINTS, shares.points_minor),
        Entry(f"commission_due:{merchant}", shares.billed_minor),
        Entry("commission", -shares.commission_minor),
        Entry(f"reserve:{merchant}", -shares.reserve_minor),
        Entry(f"merchant:{merchant}", -shares.payable_minor),
    )
    days = {"reserve_days": contract.reserve_days} if shares.reserve_minor else {}
    return Voucher(
        "settled",
        settlement.currency,
        entries,
        breakdown=shares.named() | days,
        sub_order=settlement.number,
        merchant_id=merchant,
    )


def document_of(fact: Fact) -> str:
    """What a provider's bill knows *fact* by.

    >>> from shared.money import Money
    >>> from shared.payment.facts import DisputeKind
    >>> document_of(DisputeFact("stripe", "", "dp_1", DisputeKind.OPENED, Money(100, "CNY")))
    'dispute:dp_1'
    """
    match fact:
        case PaymentFact():
            return f"payment:{fact.reference}"
        case RefundFact():
            return f"refund:{fact.number}"
        case DisputeFact():
            return f"dispute:{fact.dispute_id}"


class _Document(TypedDict):
    document: str
    happened_at: int


def _of_payment(payment: Payment, happened_at: int) -> _Document:
    return {"document": f"payment:{payment.reference}", "happened_at": happened_at}


def _of_refund(payment: Payment, refund: Refund, happened_at: int) -> _Document:
    number = number_at(payment.provider, refund.found) if refund.found else refund.provider_refund_id
    return {"document": f"refund:{number}", "happened_at": happened_at}


def _refund_named(payment: Payment, number: str) -> str:
    return f"refund:{number_at(payment.provider, number)}" if number else ""


def _received(payment: Payment, amount_minor: int) -> tuple[Entry, ...]:
    """*amount_minor* has come in all; of that, what the attempt holds had come before."""
    fresh = Entry(clearing(payment), amount_minor - payment.held_minor)
    return (fresh, Entry(held(payment), payment.held_minor))


POINTS = "points"  # A credit: what the points that we gave instead of money are worth.
POOL = "pool:compensation"  # A debit: paid for others, and not recovered yet.


def clearing(payment: Payment) -> str:
    return f"clearing:{payment.provider}"


def escrow(order_id: str, number: int) -> str:
    return f"escrow:{sub_order_id(order_id, number)}"


def chargeback(order_id: str) -> str:
    return f"chargeback:{order_id}"


def held(payment: Payment) -> str:
    return f"held:{payment.reference}"


def claim(order_id: str, number: int) -> str:
    return f"claim:{sub_order_id(order_id, number)}"


def owed(refund: Refund) -> str:
    return f"refund:{refund.refund_id}"
