"""What our own sides say of a provider's account: the ledger's postings, and the orders' rows, document by document."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from shared.context import ID_PATTERN
from shared.lifecycle import RefundState
from shared.model import Dispute, Payment, Refund, Row, WholeOrder
from shared.payment.bills.days import day_of
from shared.payment.bills.rows import BillRow, RowKind
from shared.payment.facts import DisputeKind, paid_name
from shared.payment.living import LIVING
from shared.payment.totals import number_at

PAYMENT = re.compile(rf"payment:({ID_PATTERN})([0-9]{{2}})")
REFUND = re.compile(rf"refund:({ID_PATTERN})R([0-9]{{2,4}})(x[0-9]{{1,3}})?")
JUDGED = (
    "quarantined",
    "quarantine_sent_back",
)  # Kinds of vouchers: people look at them anyway, in the register.
UNDER_WAY = (RefundState.REQUESTED, RefundState.SUBMITTED)

Sums = Mapping[tuple[str, str], int]  # (document, currency) -> minor units; into the provider's account > 0


class Posting(NamedTuple):
    """One movement of a provider's clearing account in our ledger."""

    voucher_id: str
    kind: str
    document: str
    amount_minor: int  # Into the account > 0.
    currency: str
    at: int  # The provider's time where it is known, else ours.
    order_id: str = ""
    is_dated: bool = True  # False: *at* is ours, for nobody knows the provider's time.

    @property
    def is_judged(self) -> bool:
        """People look at it anyway, in the register."""
        return self.kind in JUDGED

    def day(self, provider: str) -> str:
        return day_of(provider, self.at)


class Known(NamedTuple):
    """Everything that one order, or nobody's money of one number, says of one provider's account."""

    postings: tuple[Posting, ...] = ()
    orders: Mapping[tuple[str, str], int] = {}  # Never written.
    documents: frozenset[str] = frozenset()  # Every one that the order ever had,
    under_way: frozenset[str] = frozenset()  # and those that are asked for, or may come, and are not final.
    is_order: bool = False


class Records(Protocol):
    """Our own sides, as the match asks them. ``shared.store.reconciliation`` reads tables; tests hold a dict."""

    def said_of(self, documents: Iterable[str]) -> Sums:
        """What the rows of the orders say, at most 100 documents at once; without those that need the whole order."""

    def known(self, document: str, order_id: str, names: Iterable[str]) -> Known:
        """The whole order: of this number, or else the one that booked something under one of *names*, or nobody."""

    def is_elsewhere(self, posting: Posting) -> bool:
        """Whether the bill of another day than the one that is compared has this posting, or misses it."""


def posting_of(provider: str, values: Mapping[str, Any]) -> Posting | None:
    """The posting of *provider*'s clearing account in a voucher, or a row of the books; None: there is none."""
    account = f"clearing:{provider}"
    amount = sum(entry[1] for entry in values["entries"] if entry[0] == account)
    if not amount:
        return None
    return Posting(
        voucher_id=values["voucher_id"],
        kind=values["kind"],
        document=values.get("document", ""),
        amount_minor=amount,
        currency=values["currency"],
        at=values.get("happened_at") or values["at"],
        order_id=values.get("order_id", ""),
        is_dated=bool(values.get("happened_at")),
    )


def booked_under(row: BillRow) -> tuple[str, ...]:
    """Under which names this movement may have been booked (``shared.payment.facts.booking_names``)."""
    own = row.document.partition(":")[2]
    match row.kind:
        case RowKind.PAYMENT:
            return (paid_name(row.provider, row.provider_id),)
        case RowKind.REFUND:
            return (f"{row.provider}#refunded#{own}",)
        case RowKind.DISPUTE:
            return (f"{row.provider}#dispute#{own}#{DisputeKind.WITHDRAWN}",)
        case RowKind.DISPUTE_REVERSAL:
            return (f"{row.provider}#dispute#{own}#{DisputeKind.REINSTATED}",)
    return ()


def order_in(document: str) -> str:
    """The number of the order that *document* carries; "": it carries none.

    >>> order_in("payment:01MCC5RM000W3GE1R70W3GE1R701"), order_in("refund:re_1")
    ('01MCC5RM000W3GE1R70W3GE1R7', '')
    """
    found = PAYMENT.fullmatch(document) or REFUND.fullmatch(document)
    return found[1] if found else ""


def subject_of(document: str) -> tuple[str, str] | None:
    """The order and the one row of it that *document* is; None: the whole order must say.

    >>> subject_of("refund:01MCC5RM000W3GE1R70W3GE1R7R02x3")
    ('01MCC5RM000W3GE1R70W3GE1R7', 'REFUND#02')
    """
    if found := PAYMENT.fullmatch(document):
        return found[1], f"PAY#{found[2]}"
    if found := REFUND.fullmatch(document):
        return found[1], f"REFUND#{found[2]}"
    return None


def said_by(rows: Iterable[Row], provider: str) -> Sums:
    """What these rows say has moved at *provider*, by document."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        match row:
            case Payment():
                sums[f"payment:{row.reference}", row.currency] += row.captured_minor
            case Refund() if row.state is RefundState.SUCCEEDED and not row.paid_otherwise:
                sums[f"refund:{number_at(provider, row.provider_refund_id)}", row.currency] -= (
                    row.amount_minor
                )
            case Dispute():
                sums[f"dispute:{row.dispute_id}", row.currency] -= row.taken_minor
    return sums


def known_of(whole: WholeOrder, provider: str, postings: Iterable[Posting]) -> Known:
    """What *whole* says, of what goes through *provider*."""
    own = [payment for payment in whole.payments if payment.provider == provider]
    numbers = {payment.number for payment in own}
    refunds = [refund for refund in whole.refunds if refund.payment in numbers]
    disputes = [dispute for dispute in whole.disputes if dispute.payment in numbers]
    every = {
        *(f"payment:{payment.reference}" for payment in own),
        *(f"refund:{number_at(provider, number)}" for one in refunds for number in one.numbers_used),
        *(f"dispute:{dispute.dispute_id}" for dispute in disputes),
    }
    coming = {f"payment:{payment.reference}" for payment in own if payment.state in LIVING}
    going = {f"refund:{refund.provider_refund_id}" for refund in refunds if refund.state in UNDER_WAY}
    return Known(
        postings=tuple(postings),
        orders=said_by([*own, *refunds, *disputes], provider),
        documents=frozenset(every),
        under_way=frozenset(coming | going),
        is_order=True,
    )
