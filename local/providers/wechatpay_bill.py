"""WeChat Pay's bill of trades: its address with a digest, and the CSV with backticks behind it."""

import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qs

from local.forms import Malformed
from local.providers import keys
from local.providers.alipay_wire import yuan
from local.providers.bills import Line, lines_of, span_of
from local.providers.books import HOUR, MINUTE
from local.providers.house import House
from local.providers.wechatpay_told import payer_total
from local.providers.wechatpay_wire import ApiRefusal, rfc3339
from local.providers.wire import Reply, Request

READY_AFTER, GOOD_SECONDS = 10 * HOUR, 5 * MINUTE
HEADINGS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"
    "申请退款金额,费率备注"
)
TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def address(house: House, asked: Mapping[str, list[str]], host: str) -> dict[str, str]:
    """Answer the call for a bill's address. Raises ``ApiRefusal``."""
    [day], [kind] = asked.get("bill_date", [""]), asked.get("bill_type", ["ALL"])
    try:
        _, end = span_of(house.name, day)
    except Malformed as wrong:
        raise ApiRefusal(400, "PARAM_ERROR", "bill_date") from wrong
    if kind != "ALL" or "tar_type" in asked:
        raise ApiRefusal(400, "PARAM_ERROR", "here is bill_type ALL alone, and no tar_type")
    if house.now() < end:
        raise ApiRefusal(400, "INVALID_REQUEST", "账单日期错误")
    if house.now() < end + READY_AFTER:
        raise ApiRefusal(400, "STATEMENT_CREATING", "账单生成中")
    lines = lines_of(house, day)
    if not lines:
        raise ApiRefusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    token = f"{house.books.next_number('file'):032x}"
    house.kept.setdefault("files", {})[token] = (day, house.now() + GOOD_SECONDS)
    return {
        "download_url": f"http://{host}/_wechatpay/v3/billdownload/file?token={token}",
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(text(house, lines)).hexdigest(),  # noqa: S324  # WeChat Pay's choice.
    }


def file(house: House, request: Request) -> Reply:
    """Hand out the CSV. Raises ``ApiRefusal``."""
    [token] = parse_qs(request.query).get("token", [""])
    day, good_until = house.kept.get("files", {}).get(token, ("", 0.0))
    if house.now() >= good_until:
        raise ApiRefusal(400, "INVALID_REQUEST", "请重新获取账单地址")
    return Reply(200, text(house, lines_of(house, day)), {"content-type": "text/plain"})


def text(house: House, lines: list[Line]) -> bytes:
    """Return the CSV."""
    paid = sum(line.amount for line in lines if line.kind == "payment")
    back = -sum(line.amount for line in lines if line.kind != "payment")
    fees = sum(line.fee for line in lines)
    totals = [str(len(lines)), yuan(paid), yuan(back), "0.00", _fee(fees), yuan(paid), yuan(back)]
    told = [HEADINGS, *(_ticked(_row(house, line)) for line in lines), TOTALS, _ticked(totals)]
    return ("\r\n".join(told) + "\r\n").encode()


def _row(house: House, line: Line) -> list[str]:
    is_payment, trade = line.kind == "payment", house.books.by_transaction(line.transaction_id)
    coupons = trade.captured - payer_total(trade) if trade and is_payment else 0
    paid, back = (line.amount, 0) if is_payment else (0, -line.amount)
    return [
        rfc3339(line.at)[:19].replace("T", " "),
        keys.WECHAT_APP_ID,
        keys.MCHID,
        "0",
        "",
        line.transaction_id,
        line.reference,
        "oSimulatedPayer00000000000000",
        "NATIVE",
        "SUCCESS" if is_payment else "REFUND",
        "OTHERS",
        line.currency,
        yuan(paid),
        yuan(max(0, coupons)),
        "0" if is_payment else line.provider_number,
        "0" if is_payment else line.number,
        yuan(back),
        "0.00",
        "" if is_payment else "ORIGINAL",
        "" if is_payment else "SUCCESS",
        f"订单 {line.reference}",
        "",
        _fee(line.fee),
        "0.60%",
        yuan(paid),
        yuan(back),
        "",
    ]


def _ticked(cells: list[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells)


def _fee(amount: int) -> str:
    """Fen as yuan with five decimals, as WeChat Pay writes fees."""
    return f"{'-' if amount < 0 else ''}{yuan(abs(amount))}000"
