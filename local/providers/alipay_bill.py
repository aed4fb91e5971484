"""Alipay's bill of trades: its address, which is good for 30 seconds, and the zip with two GBK files behind it."""

import io
import zipfile
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from local.forms import Malformed
from local.providers import keys
from local.providers.alipay_wire import beijing, business, yuan
from local.providers.bills import BEIJING, Line, lines_of, span_of
from local.providers.books import HOUR
from local.providers.house import House
from local.providers.wire import Reply, Request

METHOD = "alipay.data.dataservice.bill.downloadurl.query"
FILE = "/downloadBillFile.resource"
READY_AFTER, GOOD_SECONDS = 9 * HOUR, 30
HEADINGS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ACCOUNT = f"{keys.SELLER_ID}0156"


def address(house: House, asked: dict[str, Any], host: str) -> dict[str, str]:
    """Answer the call for a bill's address. Raises ``GatewayRefusal``."""
    day = asked.get("bill_date", "")
    try:
        _, end = span_of(house.name, str(day))
    except Malformed as wrong:
        raise business("isv.invalid_arguments", "入参不合法") from wrong
    if asked.get("bill_type") not in ("trade", "signcustomer") or house.now() < end:
        raise business("isv.invalid_arguments", "入参不合法")
    if house.now() < end + READY_AFTER or asked["bill_type"] != "trade" or not lines_of(house, day):
        raise business("isp.bill_not_exist", "账单不存在")
    number = f"{house.books.next_number('file'):032x}"
    house.kept.setdefault("files", {})[number] = (day, house.now() + GOOD_SECONDS)
    query = {
        "bizType": "trade",
        "userId": ACCOUNT,
        "fileType": "csv.zip",
        "bizDates": day.replace("-", ""),
        "downloadFileName": f"{ACCOUNT}_{day.replace('-', '')}.csv.zip",
        "fileId": number,
    }
    return {"bill_download_url": f"http://{host}/_alipay{FILE}?{urlencode(query)}"}


def file(house: House, request: Request) -> Reply:
    """Hand out the zip, as long as its address is good. Who has the address needs no signature."""
    [number] = parse_qs(request.query).get("fileId", [""])
    day, good_until = house.kept.get("files", {}).get(number, ("", 0.0))
    if request.method != "GET" or house.now() >= good_until:
        return Reply(200, "<html><body>下载链接已失效</body></html>".encode(), {"content-type": "text/html"})
    return Reply(200, archive(lines_of(house, day), day, house.now()), {"content-type": "application/zip"})


def archive(lines: list[Line], day: str, now: float) -> bytes:
    """Return the zip: the bill itself, and the sums of the shops."""
    stem, whole = f"{ACCOUNT}_{day.replace('-', '')}_业务明细", io.BytesIO()
    files = {f"{stem}.csv": _details(lines, day, now), f"{stem}(汇总).csv": _summary(lines, day)}
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content.encode("gb18030"))
    return whole.getvalue()


def _details(lines: list[Line], day: str, now: float) -> str:
    paid = [line.amount for line in lines if line.kind == "payment"]
    refunded = [line.amount for line in lines if line.kind != "payment"]
    exported = datetime.fromtimestamp(now, BEIJING).strftime("%Y年%m月%d日 %H:%M:%S")
    told = [
        "#支付宝业务明细查询",
        *_frame(day),
        f"#{'-' * 41}业务明细列表{'-' * 40}",
        HEADINGS,
        *(_row(line) for line in lines),
        f"#{'-' * 41}业务明细列表结束{'-' * 36}",
        f"#交易合计：{len(paid)}笔，商家实收共{_signed(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(refunded)}笔，商家实收退款共{_signed(sum(refunded))}元，商家优惠退款共0.00元",
        f"#导出时间：[{exported}]",
    ]
    return "\r\n".join(told) + "\r\n"


def _frame(day: str) -> list[str]:
    begin, end = (datetime.fromtimestamp(at, BEIJING) for at in span_of("alipay", day))
    form = "%Y年%m月%d日 00:00:00"
    return [f"#账号：[{ACCOUNT}]", f"#起始日期：[{begin.strftime(form)}]   终止日期：[{end.strftime(form)}]"]


def _row(line: Line) -> str:
    amount, is_refund = _signed(line.amount), line.kind != "payment"
    cells = [
        f"{line.transaction_id}\t",
        f"{line.reference}\t",
        "退款" if is_refund else "交易",
        f"Order {line.reference}",
        beijing(line.at),
        beijing(line.at),
        *(("\t",) * 4),
        "*丽(buy***@example.com)",
        amount,
        amount,
        *(("0.00",) * 5),
        "",
        *(("0.00",) * 2),
        f"{line.number}\t" if is_refund else "\t",
        _signed(-line.fee),
        "0.00",
        "",
    ]
    return ",".join(cells)


def _summary(lines: list[Line], day: str) -> str:
    net = sum(line.amount - line.fee for line in lines)
    told = [
        "#支付宝业务汇总查询",
        *_frame(day),
        f"#{'-' * 41}业务汇总列表{'-' * 40}",
        "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）,分润（元）,实收净额（元）",
        f"合计,,{len(lines)},0,0.00,0.00,0.00,0.00,{_signed(net)}",
        f"#{'-' * 40}业务汇总列表结束{'-' * 37}",
    ]
    return "\r\n".join(told) + "\r\n"


def _signed(amount: int) -> str:
    return f"-{yuan(-amount)}" if amount < 0 else yuan(amount)
