"""What only a bill tells: fees that the provider kept, and payouts to our bank. One voucher for each revision of it.

    clearing:<provider>   -fees          fees:<provider>   +fees
    clearing:<provider>   -paid out      bank              +paid out

Only rows that are ours count; foreign, altered and repeated ones are reported, never posted. A voucher posts what the
bill says now, less what was posted of it so far: the same bill again posts nothing, a corrected one the change.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.changes import Entry, Voucher
from shared.payment.bills.days import span_of
from shared.payment.bills.rows import RowKind
from shared.reconciliation.sheet import Sums

KIND = "bill"


class Told(NamedTuple):
    """What a bill tells of itself, in one currency. Minor units; given back below zero."""

    fees_minor: int = 0
    paid_out_minor: int = 0


def told_by(sums: Iterable[Sums]) -> dict[str, Told]:
    """Fees and payouts by currency. A fee of its own is a row's amount, another is kept out of a row's amount."""
    told: dict[str, Told] = {}
    for one in sums:
        so_far = told.get(one.currency, Told())
        own_fee = -one.amount_minor if one.kind == RowKind.FEE else 0
        paid_out = -one.amount_minor if one.kind == RowKind.PAYOUT else 0
        told[one.currency] = Told(
            so_far.fees_minor + one.fee_minor + own_fee, so_far.paid_out_minor + paid_out
        )
    return told


def posted_by(provider: str, vouchers: Iterable[Mapping[str, Any]]) -> dict[str, Told]:
    """What the vouchers of one bill have posted so far. *vouchers*: as they are stored."""
    fees, paid_out = Counter[str](), Counter[str]()
    for voucher in vouchers:
        for account, amount in voucher["entries"]:
            fees[voucher["currency"]] += amount if account == fees_of(provider) else 0
            paid_out[voucher["currency"]] += amount if account == "bank" else 0
    return {currency: Told(fees[currency], paid_out[currency]) for currency in fees}


def vouchers_for(
    provider: str, day: str, told: Mapping[str, Told], posted: Mapping[str, Told]
) -> tuple[Voucher, ...]:
    """What is still to be posted, one voucher a currency; none, when nothing is.

    >>> [due] = vouchers_for("stripe", "2026-11-21", {"USD": Told(320, 5000)}, {"USD": Told(300, 5000)})
    >>> due.entries
    (Entry(account='fees:stripe', amount_minor=20), Entry(account='clearing:stripe', amount_minor=-20))
    """
    due = []
    for currency in sorted({*told, *posted}):
        now, so_far = told.get(currency, Told()), posted.get(currency, Told())
        fees, paid_out = now.fees_minor - so_far.fees_minor, now.paid_out_minor - so_far.paid_out_minor
        entries = (
            Entry(fees_of(provider), fees),
            Entry("bank", paid_out),
            Entry(f"clearing:{provider}", -fees - paid_out),
        )
        kept = tuple(entry for entry in entries if entry.amount_minor)
        if kept:
            due.append(Voucher(KIND, currency, kept, happened_at=span_of(provider, day).since))
    return tuple(due)


def fees_of(provider: str) -> str:
    return f"fees:{provider}"
