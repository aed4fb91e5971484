"""Bills as the three providers write them, written apart from the product and from the laptop's simulators."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

BEIJING = timezone(timedelta(hours=8))
AT = 1_800_000_000  # 2027-01-15 16:00:00 in Beijing, 08:00:00 UTC
REFERENCE, REQUEST = "01J0000000000000000000000P01", "01J00000000000000000000000R01"
TRADE, TRANSACTION = "2027011522001400000000000001", "4200002701202701150000000001"
WECHAT_REFUND = "50300027012027011500000000001"


class Move(NamedTuple):
    """Minor units, signed as on our account; the fee is what the provider keeps."""

    amount: int = 8_800
    fee: int = 53
    at: int = AT
    reference: str = REFERENCE
    number: str = ""  # Of a refund.
    provider_number: str = TRADE


PAYMENT = Move()
REFUND = Move(amount=-3_000, fee=-18, at=AT + 60, number=REQUEST)


def decimal(minor, places=2):
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


def beijing(at):
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


# --- Alipay ---

ALIPAY_HEADINGS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ALIPAY_LINE = "#-----------------------------------------业务明细列表"


def alipay_row(move=PAYMENT, **changed):
    """One line. *changed*: kind, amount, fee, at, trade, reference, request as texts."""
    told = {
        "trade": move.provider_number,
        "reference": move.reference,
        "kind": "退款" if move.number else "交易",
        "at": beijing(move.at),
        "amount": decimal(move.amount),
        "request": move.number,
        "fee": decimal(-move.fee) if move.fee else "0.00",
        **changed,
    }
    cells = [f"{told['trade']}\t", f"{told['reference']}\t", told["kind"], "茶", told["at"], told["at"]]
    cells += ["\t", "\t", "\t", "\t", "*丽(li***@example.com)", "0.00", told["amount"]]
    cells += ["0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00"]
    return ",".join([*cells, f"{told['request']}\t", told["fee"], "0.00", "谢谢"])


def alipay_totals(moves):
    paid = [move.amount for move in moves if not move.number]
    back = [move.amount for move in moves if move.number]
    return (
        f"#交易合计：{len(paid)}笔，商家实收共{decimal(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{decimal(sum(back))}元，商家优惠退款共0.00元",
    )


def alipay_text(rows, totals, headings=ALIPAY_HEADINGS):
    """Five lines, then the rows from line 6 on, then what ends a bill."""
    whole = [
        "#支付宝业务明细查询",
        "#账号：[20880001000000010156]",
        "#起始日期：[2027年01月15日 00:00:00]   终止日期：[2027年01月16日 00:00:00]",
        f"{ALIPAY_LINE}----------------------------------------",
        headings,
        *rows,
        f"{ALIPAY_LINE}结束------------------------------------",
        *totals,
        "#导出时间：[2027年01月16日 05:46:49]",
    ]
    return "".join(f"{line}\r\n" for line in whole)


def alipay_csv(*moves):
    return alipay_text([alipay_row(move) for move in moves], alipay_totals(moves)).encode("gbk")


def zipped(**files):
    """An archive; names as Alipay writes them, in GBK without saying so."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


# --- WeChat Pay ---

WECHAT_HEADINGS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"
    "申请退款金额,费率备注"
)
WECHAT_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
WECHAT_PAYMENT = PAYMENT._replace(provider_number=TRANSACTION)
WECHAT_REFUNDED = REFUND._replace(provider_number=WECHAT_REFUND)


def wechat_row(move=WECHAT_PAYMENT, **changed):
    """One line. *changed*: at, transaction, reference, state, currency, amount, ... as texts."""
    is_refund = bool(move.number)
    told = {
        "at": beijing(move.at),
        "transaction": TRANSACTION if is_refund else move.provider_number,
        "reference": move.reference,
        "state": "REFUND" if is_refund else "SUCCESS",
        "currency": "CNY",
        "amount": "0.00" if is_refund else decimal(move.amount),
        "refund": move.provider_number if is_refund else "0",
        "number": move.number or "0",
        "refunded": decimal(-move.amount) if is_refund else "0.00",
        "refund_state": "SUCCESS" if is_refund else "",
        "fee": f"{decimal(move.fee)}000",
        **changed,
    }
    cells = [told["at"], "wx0000000000000001", "1600000001", "0", "", told["transaction"], told["reference"]]
    cells += [
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "NATIVE",
        told["state"],
        "OTHERS",
        told["currency"],
        told["amount"],
    ]
    cells += ["0.00", told["refund"], told["number"], told["refunded"], "0.00", "", told["refund_state"]]
    cells += ['茶 "绿"', "", told["fee"], "0.60%", told["amount"], told["refunded"], ""]
    return ",".join(f"`{cell}" for cell in cells)


def wechat_totals(moves):
    paid = sum(move.amount for move in moves if not move.number)
    back = -sum(move.amount for move in moves if move.number)
    fees = f"{decimal(sum(move.fee for move in moves))}000"
    cells = [str(len(moves)), decimal(paid), decimal(back), "0.00", fees, decimal(paid), decimal(back)]
    return ",".join(f"`{cell}" for cell in cells)


def wechat_text(rows, totals, headings=WECHAT_HEADINGS):
    """The rows from line 2 on."""
    return "".join(f"{line}\r\n" for line in (headings, *rows, WECHAT_TOTALS, totals))


def wechat_csv(*moves):
    return wechat_text([wechat_row(move) for move in moves], wechat_totals(moves)).encode()


# --- Stripe ---

STRIPE_HEADINGS = (
    "balance_transaction_id",
    "created_utc",
    "available_on_utc",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "description",
    "payment_intent_id",
    "payment_metadata[reference]",
    "refund_metadata[refund_id]",
)
CHARGE = {
    "balance_transaction_id": "txn_1",
    "created_utc": "2027-01-15 08:00:00",
    "available_on_utc": "2027-01-17 08:00:00",
    "currency": "eur",
    "gross": "88.00",
    "fee": "2.85",
    "net": "85.15",
    "reporting_category": "charge",
    "source_id": "ch_1",
    "description": 'Tea, "green"',
    "payment_intent_id": "pi_1",
    "payment_metadata[reference]": REFERENCE,
    "refund_metadata[refund_id]": "",
}


def stripe_csv(*changes, headings=STRIPE_HEADINGS):
    """A charge for each of *changes*, with what it changes; from line 2 on."""
    whole = io.StringIO()
    lines = csv.writer(whole, lineterminator="\n")
    lines.writerow(headings)
    lines.writerows([{**CHARGE, **changed}[name] for name in headings] for changed in changes)
    return whole.getvalue().encode()


def stripe_utc(at):
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
