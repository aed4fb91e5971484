"""WeChat Pay's bill of trades, as ``GET /v3/bill/tradebill`` with ``bill_type=ALL`` hands it out.

    UTF-8; a line of headings, a line for each movement, a line of the totals' headings, a line of totals. Every field
    but a heading begins with a backtick, against spreadsheets. No field is quoted: a comma in a name of goods was
    replaced by WeChat Pay

    交易时间,公众账号ID, ... ,微信订单号,商户订单号, ... ,交易状态, ... ,应结订单金额, ... ,退款金额, ... ,手续费, ...
    `2026-11-21 10:00:00,`wx..., ... ,`4200...,`01J..., ... ,`SUCCESS, ... ,`88.00, ... ,`0.00, ... ,`0.53000, ...
    总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额
    `1,`88.00,`0.00,`0.00,`0.53000,`88.00,`0.00

    交易状态   what it is        amount             fee (手续费)
    SUCCESS    a payment         应结订单金额       kept
    REFUND     a refund          退款金额, > 0      given back, < 0
    REVOKED    a payment at a till, taken back at once: as a refund

What reaches us is 应结订单金额: of 订单金额, what coupons at our own cost did not pay; 退款金额 likewise. Columns are
found by their names: their order and number differ from merchant to merchant. A refund that failed (退款状态 FAIL)
moved nothing and is no row; whether it counts in the totals WeChat Pay does not say, so both are right. Of one that is
under way (PROCESSING) the money has left our account. Times are Beijing's; of a fee's five decimals three are 0.
Sources: pay.weixin.qq.com, bills of API v3, and public readers of such files.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, timezone
from typing import NamedTuple

from shared.payment.bills.reading import SUM_MAX, Table, Wrong, minor, number, seconds
from shared.payment.bills.reading import read as read_lines
from shared.payment.bills.rows import BadRow, BillRow, RowKind

NAME = "wechatpay"
BEIJING = timezone(timedelta(hours=8))
FIRST, FIRST_TOTAL = "交易时间", "总交易单数"
COLUMNS = {
    "at": (FIRST,),
    "transaction": ("微信订单号",),
    "reference": ("商户订单号",),
    "state": ("交易状态",),
    "currency": ("货币种类",),
    "amount": ("应结订单金额", "总金额"),  # The second names are those of before 2018.
    "refund": ("微信退款单号",),
    "number": ("商户退款单号",),
    "refunded": ("退款金额",),
    "refund_state": ("退款状态",),
    "fee": ("手续费",),
}
TOTALS = {
    "rows": (FIRST_TOTAL,),
    "paid": ("应结订单总金额", "总交易额"),
    "refunded": ("退款总金额", "总退款金额"),
    "fees": ("手续费总金额",),
}
KINDS = {"SUCCESS": RowKind.PAYMENT, "REFUND": RowKind.REFUND, "REVOKED": RowKind.REFUND}
REFUND_STATES = {"SUCCESS", "PROCESSING", "CHANGE", "FAIL"}
FAILED = "FAIL"
_ID = re.compile(r"[0-9]{16,64}", re.ASCII)
_NUMBER = re.compile(r"[!-~]{1,64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class _Sums(NamedTuple):
    rows: int = 0
    paid: int = 0
    refunded: int = 0
    fees: int = 0

    def plus(self, row: BillRow) -> "_Sums":
        is_payment = row.kind is RowKind.PAYMENT
        return _Sums(
            self.rows + 1,
            self.paid + (row.amount_minor if is_payment else 0),
            self.refunded - (0 if is_payment else row.amount_minor),
            self.fees + row.fee_minor,
        )


def read(chunks: Iterable[bytes]) -> Iterator[BillRow | BadRow]:
    """Its rows, and the lines that are none."""
    return read_lines(chunks, _Bill())


class _Bill:
    encodings: Sequence[str] = ("utf-8", "gb18030")

    def __init__(self) -> None:
        self._table, self._totals = Table(), Table()
        self._told: _Sums | None = None
        self._moved, self._all = _Sums(), _Sums()  # Without the refunds that failed, and with them.

    def begins(self, text: str) -> bool:
        return FIRST in _cells(text)

    def line(self, line: int, text: str) -> BillRow | None:
        cells = _cells(text)
        if not self._table.is_begun:
            self._table.begin(cells, COLUMNS)
        elif cells[0] == FIRST_TOTAL:
            self._totals.begin(cells, TOTALS)
        elif self._totals.is_begun and not self._totals.is_lost:
            self._told = _told(self._totals.row(cells), self._told)
        elif not self._table.is_lost:
            return self._counted(line, self._table.row(cells))
        return None

    def _counted(self, line: int, told: dict[str, str]) -> BillRow | None:
        row = _row(line, told)
        self._all = self._all.plus(row)
        if row.kind is RowKind.REFUND and told["refund_state"] == FAILED:
            return None
        self._moved = self._moved.plus(row)
        return row

    def end(self) -> None:
        if self._table.is_lost:
            return
        if self._told is None:
            raise Wrong("totals_missing")
        if self._told not in (self._moved, self._all):
            raise Wrong("totals_differ")


def _told(cells: dict[str, str], before: _Sums | None) -> _Sums:
    if before is not None:
        raise Wrong("fields_differ")  # After the totals nothing comes.
    rows = minor(cells["rows"], 0, most=SUM_MAX)  # Also told as 45.0.
    return _Sums(rows, *(minor(cells[name], most=SUM_MAX) for name in ("paid", "refunded", "fees")))


def _row(line: int, told: dict[str, str]) -> BillRow:
    kind = KINDS.get(told["state"])
    if kind is None:
        raise Wrong("kind_unknown", told["state"])
    if told["state"] == "REFUND" and told["refund_state"] not in REFUND_STATES:
        raise Wrong("kind_unknown", told["refund_state"])
    if not _CURRENCY.fullmatch(told["currency"]):
        raise Wrong("currency_wrong", told["currency"])
    is_payment = kind is RowKind.PAYMENT
    given = told["amount" if is_payment else "refunded"]
    amount, fee = minor(given), minor(told["fee"])
    if amount < 0 or (fee < 0 if is_payment else fee > 0):
        raise Wrong("sign_wrong", given if amount < 0 else told["fee"])
    reference, transaction = number(told["reference"], _NUMBER), number(told["transaction"], _ID)
    return BillRow(
        provider=NAME,
        line=line,
        kind=kind,
        document=f"payment:{reference}" if is_payment else f"refund:{number(told['number'], _NUMBER)}",
        provider_id=transaction if is_payment else number(told["refund"], _ID),
        amount_minor=amount if is_payment else -amount,
        fee_minor=fee,
        currency=told["currency"],
        at=seconds(told["at"], BEIJING),
    )


def _cells(text: str) -> list[str]:
    return [cell.strip(" \t").removeprefix("`") for cell in text.split(",")]
