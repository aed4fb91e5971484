"""Every way in which a bill, the ledger and the orders can disagree: its name, its weight, its owner, its page.

A difference has a *key* that stays the same from one look to the next, so that its age is known: the document, or
where there is none, the provider's own number, or the line.
"""

import re
from enum import StrEnum, auto
from hashlib import sha256
from typing import Any, NamedTuple

from shared.payment.bills.rows import BillRow
from shared.words import Words

KEY_CHARACTERS = re.compile(r"[0-9A-Za-z:._-]{1,120}")


class Weight(StrEnum):
    """How much it may mean: money is gone or not ours; books are wrong; or a file is odd."""

    HIGH = auto()
    MIDDLE = auto()
    LOW = auto()


class Kind(NamedTuple):
    weight: Weight
    owner: str
    words: Words


FINANCE, OPERATOR = "finance", "operator"
HIGH, MIDDLE, LOW = Weight.HIGH, Weight.MIDDLE, Weight.LOW
KINDS: dict[str, Kind] = {
    "missing_in_bill": Kind(
        HIGH, FINANCE, Words("We booked it; the bill does not have it", "我方已入账，账单无此笔")
    ),
    "missing_in_ledger": Kind(
        HIGH, OPERATOR, Words("The bill has it; we did not book it", "账单有此笔，我方未入账")
    ),
    "unknown_payment": Kind(
        HIGH, FINANCE, Words("The bill has a payment for no order of ours", "账单中的付款不属于任何订单")
    ),
    "refund_unknown": Kind(
        HIGH, FINANCE, Words("The bill has a refund that no order knows", "账单中的退款不属于任何订单")
    ),
    "dispute_unknown": Kind(
        HIGH, FINANCE, Words("The bill has a dispute that no order knows", "账单中的拒付不属于任何订单")
    ),
    "amount_differs": Kind(
        HIGH, FINANCE, Words("Bill and ledger have other amounts", "账单与账簿金额不一致")
    ),
    "currency_differs": Kind(
        HIGH, FINANCE, Words("Bill and ledger have other currencies", "账单与账簿币种不一致")
    ),
    "wrong_kind": Kind(
        HIGH, FINANCE, Words("The bill calls it another kind of movement", "账单的业务类型与账簿不一致")
    ),
    "doubled_in_bill": Kind(
        MIDDLE, FINANCE, Words("The bill has the same movement twice", "账单重复记录同一笔")
    ),
    "doubled_in_ledger": Kind(
        HIGH, OPERATOR, Words("We booked the same movement twice", "账簿重复记录同一笔")
    ),
    "order_disagrees": Kind(
        HIGH, OPERATOR, Words("Bill and ledger agree; the order says otherwise", "账单与账簿一致，订单不一致")
    ),
    "payout_unmatched": Kind(MIDDLE, FINANCE, Words("A payout came back from our bank", "提现被银行退回")),
    "bill_row_bad": Kind(MIDDLE, FINANCE, Words("A line of the bill cannot be read", "账单有无法读取的行")),
    "bill_totals_differ": Kind(
        MIDDLE, FINANCE, Words("The bill's totals are not its rows' sums", "账单合计与明细不符")
    ),
    "bill_late": Kind(
        MIDDLE, OPERATOR, Words("The bill is not there a day after it was due", "账单逾期一天仍未生成")
    ),
    "misdated": Kind(LOW, FINANCE, Words("A line of the bill is of another day", "账单中有其他日期的记录")),
    "fee_odd": Kind(LOW, FINANCE, Words("A fee is outside of anything agreed", "手续费超出约定范围")),
}
UNKNOWN = {"payment": "unknown_payment", "refund": "refund_unknown", "dispute": "dispute_unknown"}


class Difference(NamedTuple):
    """One thing that does not agree. Amounts are signed: into our account at the provider > 0; None: nothing there."""

    name: str  # of KINDS
    document: str = ""
    currency: str = ""
    bill_minor: int | None = None
    ledger_minor: int | None = None
    orders_minor: int | None = None
    provider_id: str = ""
    line: int = 0  # Of the bill; 0: none.
    voucher_id: str = ""
    order_id: str = ""
    why: str = ""  # A code that says more.
    at: int = 0  # When it moved, as far as anybody says.

    @property
    def key(self) -> str:
        """Short, printable, and the same at every look.

        >>> Difference("missing_in_bill", "payment:01").key, Difference("bill_row_bad", line=7).key
        ('payment:01', 'line-7')
        """
        told = self.document or self.provider_id or f"line-{self.line}"
        if self.name in BY_ROW and self.line:
            told = f"{told}:{self.line}" if told != f"line-{self.line}" else told
        return told if KEY_CHARACTERS.fullmatch(told) else sha256(told.encode()).hexdigest()

    @property
    def amount_minor(self) -> int:
        """How much money it is about: all of it where one book has nothing, or else what they differ by."""
        if self.bill_minor is None or self.ledger_minor is None or self.name == "currency_differs":
            return abs(self.bill_minor or self.ledger_minor or 0)
        told = [
            self.bill_minor,
            self.ledger_minor,
            *([] if self.orders_minor is None else [self.orders_minor]),
        ]
        return max(told) - min(told)


BY_ROW = ("doubled_in_bill", "wrong_kind", "misdated", "fee_odd")  # One document may have several.


def of_row(name: str, row: BillRow, **more: Any) -> Difference:
    """A difference that a row of the bill is."""
    told = Difference(
        name,
        document=row.document,
        currency=row.currency,
        bill_minor=row.amount_minor,
        provider_id=row.provider_id,
        line=row.line,
        at=row.at,
    )
    return told._replace(**more)


def playbook(name: str) -> str:
    """Where it is written what to do.

    >>> playbook("missing_in_bill")
    'docs/playbooks/differences/missing-in-bill.md'
    """
    return f"docs/playbooks/differences/{name.replace('_', '-')}.md"


FEE_BPS_MAX, FEE_FIXED_MAX = 600, 200  # Of a payment; dearer than any tariff of the three.


def is_fee_odd(row: BillRow) -> bool:
    """A payment's fee below zero, or above any tariff; another movement's that is more than the movement."""
    if row.kind == "payment":
        return not 0 <= row.fee_minor <= abs(row.amount_minor) * FEE_BPS_MAX // 10_000 + FEE_FIXED_MAX
    return abs(row.fee_minor) > max(abs(row.amount_minor), 5_000)
