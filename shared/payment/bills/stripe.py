"""Stripe's balance transactions as its own report has them: "itemised balance change from activity", as CSV.

    UTF-8, quoted where a text needs it, one line for each balance transaction, no totals. Amounts are decimals of their
    currency, with the sign of our balance; net = gross - fee. Times are UTC's

    balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,...
    txn_1,2026-11-21 10:00:00,cny,88.00,2.85,85.15,charge,ch_1,...

``shared.payment.bills.stripe_fetching`` writes the same columns from ``GET /v1/balance_transactions``, so that a file
from the dashboard and a fetched one are read alike. For the first, choose the columns of FURTHER too: without the
metadata a row does not say which payment of ours it is. Source: docs.stripe.com, reports and reporting categories.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC

from shared.payment.bills.reading import Table, Wrong, fields, minor, number, seconds
from shared.payment.bills.reading import read as read_lines
from shared.payment.bills.rows import BadRow, BillRow, RowKind

NAME = "stripe"
FIRST = "balance_transaction_id"
NEEDED = (FIRST, "created_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id")
REFERENCE, REFUND_ID = "payment_metadata[reference]", "refund_metadata[refund_id]"
FURTHER = ("payment_intent_id", REFERENCE, REFUND_ID)
COLUMNS = NEEDED + FURTHER
KINDS = {  # By reporting_category; what is not here is OTHER.
    "charge": RowKind.PAYMENT,
    "charge_failure": RowKind.PAYMENT,
    "partial_capture_reversal": RowKind.PAYMENT,
    "refund": RowKind.REFUND,
    "refund_failure": RowKind.REFUND,
    "dispute": RowKind.DISPUTE,
    "dispute_reversal": RowKind.DISPUTE_REVERSAL,
    "fee": RowKind.FEE,
    "payout": RowKind.PAYOUT,
    "payout_reversal": RowKind.PAYOUT,
}
MOVEMENTS = {RowKind.PAYMENT, RowKind.REFUND, RowKind.DISPUTE, RowKind.DISPUTE_REVERSAL}
SIGNS = {  # Of what it does to our balance. A fee may come back.
    "charge": 1,
    "charge_failure": -1,
    "partial_capture_reversal": -1,
    "refund": -1,
    "refund_failure": 1,
    "dispute": -1,
    "dispute_reversal": 1,
    "payout_reversal": 1,
}
DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"), 0),
    **dict.fromkeys(("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}  # Else 2, also of ISK and UGX, whose amounts Stripe writes so for old times' sake.
_CURRENCY = re.compile(r"[a-z]{3}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z_]{1,128}", re.ASCII)
_CATEGORY = re.compile(r"[a-z_]{1,64}", re.ASCII)
_NUMBER = re.compile(r"[!-~]{1,64}", re.ASCII)


def read(chunks: Iterable[bytes]) -> Iterator[BillRow | BadRow]:
    """Its rows, and the lines that are none. Nothing in the file says whether it is whole."""
    return read_lines(chunks, _Bill())


def decimals_of(currency: str) -> int:
    """How many decimals Stripe's amounts in *currency* have."""
    return DECIMALS.get(currency, 2)


class _Bill:
    encodings: Sequence[str] = ("utf-8",)

    def __init__(self) -> None:
        self._table = Table()

    def begins(self, text: str) -> bool:
        return FIRST in fields(text)

    def line(self, line: int, text: str) -> BillRow | None:
        cells = fields(text)
        if FIRST in cells:
            needed = [*NEEDED, *(name for name in FURTHER if name in cells)]
            self._table.begin(cells, {name: (name,) for name in needed})
            return None
        if self._table.is_lost:
            return None
        return _row(line, dict.fromkeys(FURTHER, "") | self._table.row(cells))

    def end(self) -> None:
        """Nothing in it says whether it is whole."""


def _row(line: int, told: dict[str, str]) -> BillRow:
    category, currency = told["reporting_category"], told["currency"]
    if not _CATEGORY.fullmatch(category):
        raise Wrong("kind_unknown", category)
    if not _CURRENCY.fullmatch(currency):
        raise Wrong("currency_wrong", currency)
    decimals = decimals_of(currency.upper())
    gross, fee, net = (minor(told[name], decimals) for name in ("gross", "fee", "net"))
    if gross - fee != net:
        raise Wrong("amount_wrong", f"{told['gross']} - {told['fee']} = {told['net']}")
    if gross * SIGNS.get(category, 0) < 0:
        raise Wrong("sign_wrong", told["gross"])
    kind = KINDS.get(category, RowKind.OTHER)
    number(told[FIRST], _ID)
    if kind in MOVEMENTS:
        number(told["source_id"], _ID)
    return BillRow(
        provider=NAME,
        line=line,
        kind=kind,
        document=_document(kind, told),
        provider_id=_provider_id(category, told),
        amount_minor=gross,
        fee_minor=fee,
        currency=currency.upper(),
        at=seconds(told["created_utc"], UTC),
    )


def _document(kind: RowKind, told: dict[str, str]) -> str:
    match kind:
        case RowKind.PAYMENT if _NUMBER.fullmatch(told[REFERENCE]):
            return f"payment:{told[REFERENCE]}"
        case RowKind.REFUND:
            ours = told[REFUND_ID]
            return f"refund:{ours if _NUMBER.fullmatch(ours) else told['source_id']}"
        case RowKind.DISPUTE | RowKind.DISPUTE_REVERSAL:
            return f"dispute:{told['source_id']}"
    return ""


def _provider_id(category: str, told: dict[str, str]) -> str:
    """A payment's and a refund's own; what comes back of these, and everything else, is known to the bill alone."""
    if category == "charge":
        intent = told["payment_intent_id"]
        return intent if _ID.fullmatch(intent) else told["source_id"]
    return told["source_id"] if category == "refund" else told[FIRST]
