"""Alipay's bill of trades (业务明细), as ``alipay.data.dataservice.bill.downloadurl.query`` hands it out.

    <seller>0156_<day>.csv.zip: <...>_业务明细.csv, and beside it <...>_业务明细(汇总).csv, which is not read
    GBK; lines that begin with # frame the list, and tell its totals; numbers end with a tab, against spreadsheets

    #支付宝业务明细查询
    #账号：[20880001000000010156]
    #起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]
    #-----------------------------------------业务明细列表----------------------------------------
    支付宝交易号,商户订单号,业务类型, ... ,完成时间, ... ,商家实收（元）, ... ,退款批次号/请求号,服务费（元）, ...
    ...
    #-----------------------------------------业务明细列表结束------------------------------------
    #交易合计：2笔，商家实收共36.80元，商家优惠共0.00元
    #退款合计：1笔，商家实收退款共-35.80元，商家优惠退款共0.00元

What reached us is 商家实收: of 订单金额, what the merchant himself did not give away. It is negative for a refund, and
服务费 (the fee) is negative where Alipay keeps it. Times are Beijing's. Sources: open.alipay.com, and public readers of
such files. A bill that was saved anew as UTF-8 is read as well.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, timezone

from shared.payment.bills.reading import SUM_MAX, Table, Wrong, fields, minor, number, seconds
from shared.payment.bills.reading import read as read_lines
from shared.payment.bills.rows import BadRow, BillRow, RowKind

NAME, CURRENCY = "alipay", "CNY"
BEIJING = timezone(timedelta(hours=8))
COLUMNS = {
    "trade": ("支付宝交易号",),
    "reference": ("商户订单号",),
    "kind": ("业务类型",),
    "at": ("完成时间",),
    "amount": ("商家实收",),
    "request": ("退款批次号/请求号",),
    "fee": ("服务费",),
}
FIRST = "#支付宝业务明细"
KINDS = {"交易": RowKind.PAYMENT, "退款": RowKind.REFUND}
_TOTALS = {
    RowKind.PAYMENT: re.compile(r"#+交易合计：([0-9]{1,12})笔，商家实收共(-?[0-9.]{1,24})元"),
    RowKind.REFUND: re.compile(r"#+退款合计：([0-9]{1,12})笔，商家实收退款共(-?[0-9.]{1,24})元"),
}
_TRADE = re.compile(r"[0-9]{16,64}", re.ASCII)
_NUMBER = re.compile(r"[!-~]{1,64}", re.ASCII)


def read(chunks: Iterable[bytes]) -> Iterator[BillRow | BadRow]:
    """Its rows, and the lines that are none."""
    return read_lines(chunks, _Bill())


class _Bill:
    encodings: Sequence[str] = ("utf-8", "gb18030")

    def __init__(self) -> None:
        self._table, self._is_row = Table(), False  # What follows the lines of # at the top are the headings.
        self._read = dict.fromkeys(_TOTALS, (0, 0))  # Count and sum,
        self._told = dict.fromkeys(_TOTALS, (0, 0))  # and as the bill tells them,
        self._is_told: set[RowKind] = set()  # if it does.

    def begins(self, text: str) -> bool:
        return text.startswith(FIRST) or COLUMNS["trade"][0] in _headings(text)

    def line(self, line: int, text: str) -> BillRow | None:
        if text.startswith("#"):
            self._note(text)
            return None
        if not self._is_row:
            self._is_row = True
            self._table.begin(_headings(text), COLUMNS)
            return None
        if self._table.is_lost:
            return None
        cells = self._table.row([cell.strip(" \t") for cell in fields(text)])
        row = _row(line, cells)
        count, total = self._read[row.kind]
        self._read[row.kind] = (count + 1, total + row.amount_minor)
        return row

    def end(self) -> None:
        if self._table.is_lost:
            return
        if not self._table.is_begun:
            raise Wrong("columns_missing")
        if len(self._is_told) < len(_TOTALS):
            raise Wrong("totals_missing")
        if self._read != self._told:
            raise Wrong("totals_differ")

    def _note(self, text: str) -> None:
        """A total, perhaps. Of several files in one archive each has headings and totals of its own."""
        self._is_row = self._is_row and not text.startswith(FIRST)
        for kind, pattern in _TOTALS.items():
            if told := pattern.match(text):
                count, total = self._told[kind]
                self._told[kind] = (count + int(told[1]), total + minor(told[2], most=SUM_MAX))
                self._is_told.add(kind)


def _row(line: int, cells: dict[str, str]) -> BillRow:
    kind = KINDS.get(cells["kind"])
    if kind is None:
        raise Wrong("kind_unknown", cells["kind"])
    amount = minor(cells["amount"])
    if (amount < 0) if kind is RowKind.PAYMENT else (amount > 0):
        raise Wrong("sign_wrong", cells["amount"])
    trade, document = number(cells["trade"], _TRADE), f"payment:{number(cells['reference'], _NUMBER)}"
    provider_id = trade
    if kind is RowKind.REFUND:
        request = number(cells["request"], _NUMBER)
        document, provider_id = f"refund:{request}", f"{trade}:{request}"
    return BillRow(
        provider=NAME,
        line=line,
        kind=kind,
        document=document,
        provider_id=provider_id,
        amount_minor=amount,
        fee_minor=-minor(cells["fee"]),
        currency=CURRENCY,
        at=seconds(cells["at"], BEIJING),
    )


def _headings(text: str) -> list[str]:
    """What the columns are called without their unit: 商家实收, of 商家实收（元） and of 商家实收(元)."""
    return [cell.strip(" \t").removesuffix("（元）").removesuffix("(元)") for cell in fields(text)]
