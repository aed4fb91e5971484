"""The vouchers of the order's life. Every movement of money is one, in the transaction that moves the state.

    account                     normal side   holds
    clearing:<provider>         debit         what a provider owes us or has already paid out to us
    escrow:<sub-order>          credit        the buyer's money, held until receipt and beyond
    refund:<refund>             credit        promised to the buyer, not yet sent
    quarantine:<order>          credit        money that people must judge
    merchant:<merchant>         credit        owed to the merchant

A debit is positive, a credit negative; each voucher adds up to nothing.
"""

from collections.abc import Iterable

from shared.changes import Entry, Voucher
from shared.model import (
    Payment,
    Refund,
    Settlement,
    SubOrder,
    sub_order_id,
)


def captured(order_id: str, payment: Payment, sub_orders: Iterable[SubOrder]) -> Voucher:
    """The buyer paid the order: each merchant's part goes into escrow."""
    held = [Entry(escrow(order_id, s.number), -s.payable_minor) for s in sub_orders]
    received = Entry(clearing(payment), payment.amount_minor)
    return Voucher("captured", payment.currency, (received, *held))


def unclaimed(payment: Payment, refund: Refund) -> Voucher:
    """Money came that pays for nothing, and goes back at once: the promise is written with its arrival."""
    entries = (Entry(clearing(payment), refund.amount_minor), Entry(owed(refund), -refund.amount_minor))
    return Voucher("unclaimed", refund.currency, entries)


def quarantined(order_id: str, payment: Payment, amount_minor: int, currency: str) -> Voucher:
    entries = (
        Entry(clearing(payment), amount_minor),
        Entry(f"quarantine:{order_id}", -amount_minor),
    )
    return Voucher("quarantined", currency, entries)


def refund_requested(order_id: str, refund: Refund) -> Voucher:
    """Out of escrow, promised to the buyer."""
    released = [
        Entry(escrow(order_id, part.sub_order), part.goods_minor + part.freight_minor)
        for part in refund.parts
    ]
    return Voucher(
        "refund_requested", refund.currency, (*released, Entry(owed(refund), -refund.amount_minor))
    )


def refunded(payment: Payment, refund: Refund) -> Voucher:
    """The provider sent it."""
    entries = (Entry(owed(refund), refund.amount_minor), Entry(clearing(payment), -refund.amount_minor))
    return Voucher("refunded", refund.currency, entries)


def refund_bounced(payment: Payment, refund: Refund) -> Voucher:
    """The payer's bank sent it back: we owe it again. The mirror of ``refunded``; nothing is edited."""
    forth = refunded(payment, refund)
    back = tuple(Entry(entry.account, -entry.amount_minor) for entry in forth.entries)
    return Voucher("refund_bounced", refund.currency, back)


def settled(order_id: str, settlement: Settlement) -> Voucher:
    """Escrow ends: what is left of the sub-order is owed to its merchant."""
    entries = (
        Entry(escrow(order_id, settlement.number), settlement.amount_minor),
        Entry(f"merchant:{settlement.merchant_id}", -settlement.amount_minor),
    )
    return Voucher("settled", settlement.currency, entries)


def clearing(payment: Payment) -> str:
    return f"clearing:{payment.provider}"


def escrow(order_id: str, number: int) -> str:
    return f"escrow:{sub_order_id(order_id, number)}"


def owed(refund: Refund) -> str:
    return f"refund:{refund.refund_id}"
