"""What every provider's bill says, row by row, in one shape; and what is wrong with a line that says nothing.

    the provider's file -> shared.payment.bills.<provider>.read -> BillRow | BadRow, in the order of the file

A bill comes from outside: it can have any size, and anything can stand in it. A reader holds one line at a time, tells
of every line that it cannot trust, and reads on.
"""

from enum import StrEnum, auto
from typing import NamedTuple

SHOWN_MAX = 80


class RowKind(StrEnum):
    """Which movement of money on our account at the provider a row tells of."""

    PAYMENT = auto()
    REFUND = auto()
    DISPUTE = auto()  # A bank took a payment back.
    DISPUTE_REVERSAL = auto()  # ... and gave it again.
    FEE = auto()  # The provider's own, that belongs to no movement.
    PAYOUT = auto()  # To our bank account; above nothing: bounced back from there.
    OTHER = auto()


class BillRow(NamedTuple):
    """One movement. Money in whole minor units of *currency*; a fee is no part of the amount.

    *document* says which movement of ours it is, as the ledger's vouchers say it::

        "payment:<our reference>"             a try to pay; below nothing: it was taken back
        "refund:<number we asked under>"      a refund; above nothing: it failed later, and the money came back.
                                              One that was made by hand: the provider's number
        "dispute:<provider's id>"             both kinds of a dispute
        ""                                    we have no name for it

    *provider_id* is the number under which notices and answers know the movement, where there is one: Alipay's
    trade_no, and "<trade_no>:<request number>" of a refund; WeChat Pay's transaction_id and refund_id; Stripe's
    PaymentIntent and refund. Else, as for whatever comes back at Stripe, the bill's own number of the row. Two rows of
    one kind with the same provider_id are one movement, told twice.
    """

    provider: str
    line: int  # In the file, from 1; headings and blank lines count, and files of one archive are counted on.
    kind: RowKind
    document: str
    provider_id: str
    amount_minor: int  # Into our account > 0, out of it < 0.
    fee_minor: int  # What the provider kept for it; < 0: given back.
    currency: str  # ISO 4217
    at: int  # Seconds since 1970: the provider's time.


class BadRow(NamedTuple):
    """A line that is not trusted. *shown* has at most 80 characters, and nothing about a buyer."""

    line: int  # 0: the file as a whole.
    why: str  # One of BAD_ROWS.
    shown: str = ""


BAD_ROWS = {
    "not_a_bill": "the file is not a bill of this provider: another file, or an error page",
    "columns_missing": "a column that is needed is not in the headings, or stands there twice",
    "unreadable": "the line is not in the bill's encoding, or has a character that no bill has",
    "line_too_long": "the line is longer than any line of a bill",
    "fields_differ": "the line has more or fewer fields than the headings",
    "quotes_wrong": "a quoted field does not end where its line ends",
    "amount_wrong": "an amount is not a plain decimal of this currency, is too large, or does not add up",
    "sign_wrong": "an amount has a sign that this kind of movement cannot have",
    "currency_wrong": "the currency is not three letters",
    "time_wrong": "the time is no time, or not of this century",
    "kind_unknown": "the kind of movement is none that we know",
    "number_wrong": "a number of ours or of the provider's is missing, or is none",
    "totals_differ": "the bill's own totals are not the sums of its rows",
    "totals_missing": "the bill breaks off before its totals",
    "truncated": "the file breaks off inside its archive",
    "archive_wrong": "the archive is broken or locked, holds no bill, or unpacks to too much",
}


class BillTotals(NamedTuple):
    """Sums over the rows of a bill, in one currency."""

    currency: str
    rows: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0  # As a positive number.
    disputed_minor: int = 0  # Taken back by banks, less what they gave again.
    paid_out_minor: int = 0
    other_minor: int = 0
    fees_minor: int = 0

    def plus(self, row: BillRow) -> "BillTotals":
        """The sums with one more row of the same currency."""
        name, sign = _COLUMNS[row.kind]
        sums = self._replace(rows=self.rows + 1, fees_minor=self.fees_minor + row.fee_minor)
        return sums._replace(**{name: getattr(sums, name) + sign * row.amount_minor})

    @property
    def net_minor(self) -> int:
        """By how much our account at the provider grew."""
        taken = self.refunded_minor + self.disputed_minor + self.paid_out_minor + self.fees_minor
        return self.paid_minor + self.other_minor - taken


_COLUMNS = {
    RowKind.PAYMENT: ("paid_minor", 1),
    RowKind.REFUND: ("refunded_minor", -1),
    RowKind.DISPUTE: ("disputed_minor", -1),
    RowKind.DISPUTE_REVERSAL: ("disputed_minor", -1),
    RowKind.FEE: ("fees_minor", -1),
    RowKind.PAYOUT: ("paid_out_minor", -1),
    RowKind.OTHER: ("other_minor", 1),
}
