"""WeChat Pay v3 as it looks from outside: native orders, refunds that take their time, encrypted notices.

order    NOTPAY -> USERPAYING -> SUCCESS -> REFUND           NOTPAY -> CLOSED
refund   PROCESSING -> SUCCESS | ABNORMAL | CLOSED           each end is told by a notice
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.providers import keys, wechatpay_bill
from local.providers import wechatpay_told as told
from local.providers.books import BOUNCE_SECONDS, DAY, PLANS, Later, Plan, Refund, Trade
from local.providers.deliveries import Letter
from local.providers.house import House, Payment
from local.providers.wechatpay_wire import (
    SIGNERS,
    SIGNS_WITH,
    ApiRefusal,
    answer,
    check,
    document,
    encrypted,
    member,
    moment,
    needed,
    rfc3339,
    signed_headers,
    whole,
)
from local.providers.wire import Reply, Request, compact

REFUND_PARTS, REFUND_DAYS, REFUND_GAP_SECONDS, REFUND_SECONDS = 50, 365, 60, 5
NUMBER = r"[0-9A-Za-z_\-|*]{6,32}"
REFUND_NUMBER = r"[0-9A-Za-z_\-|*@]{1,64}"
NOTIFY_PATH = "/webhooks/payments/wechatpay"
PLANS_HERE: Mapping[str, Plan] = {
    # Nothing is refunded at once here, and a refund that succeeded stays so: a bounce shows before.
    **dict.fromkeys(
        ("succeed", "answer_lost", "fail_once"), Plan("pending", Later(REFUND_SECONDS, "succeeded"))
    ),
    "pending": PLANS["pending"],
    "pending_then_failed": PLANS["pending_then_failed"],
    "bounce": Plan("pending", Later(BOUNCE_SECONDS, "failed")),
}
REFUSED_FOR = {
    "account_closed": (403, "USER_ACCOUNT_ABNORMAL", "用户账户异常"),
    "balance_short": (403, "NOT_ENOUGH", "基本账户余额不足"),
    "not_allowed": (400, "INVALID_REQUEST", "订单不允许退款"),
}


class WechatPay:
    """The provider. Everything it remembers lies in its *house*; ``kept["signs_with"]`` is its key of today."""

    name = "wechatpay"
    currency = "CNY"
    notify_path = NOTIFY_PATH
    wrong_members: Mapping[str, type] = {"app_id": str, "mchid": str}
    send_again_after = (15, 15, 30, 180, 600, 1200, *[1800] * 3, 3600, *[10_800] * 3, *[21_600] * 2)

    def __init__(self, house: House) -> None:
        self.house = house

    # --- its API ---

    def operation(self, request: Request) -> str:  # noqa: PLR0911  # One line an operation.
        """Return which of the operations is asked for, or an empty text."""
        match request.method, request.path.strip("/").split("/")[1:]:
            case "POST", ["pay", "transactions", "native"]:
                return "create"
            case "GET", ["pay", "transactions", *_]:
                return "query"
            case "POST", ["pay", "transactions", "out-trade-no", _, "close"]:
                return "close"
            case "POST", ["refund", "domestic", "refunds"]:
                return "refund"
            case "GET", ["refund", "domestic", "refunds", _]:
                return "refund_query"
            case "GET", ["bill" | "billdownload", *_]:
                return "bill"
        return ""

    def serve(self, request: Request, fault: str) -> Reply:
        """Answer a call, signed, also the empty 204 and every refusal."""
        try:
            check(request, self.house.now())
            reply = None if fault == "500" else self._done(request)
            if reply is None or fault == "500_done":
                raise ApiRefusal(500, "SYSTEM_ERROR", "系统异常，请稍后重试")
        except ApiRefusal as refusal:
            reply = answer(refusal.status, refusal.value)
        if fault == "unsigned" or reply.headers.get("content-type") == "text/plain":  # A bill bears none.
            return reply
        serial = self._serial(request.headers.get("wechatpay-serial"))
        return reply._replace(headers={**reply.headers, **self._signed(reply.body, serial)})

    def _done(self, request: Request) -> Reply:  # noqa: PLR0911  # One line a route.
        asked = parse_qs(request.query)
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v3", "pay", "transactions", "native"]:
                return self._create(document(request))
            case "GET", ["v3", "pay", "transactions", "out-trade-no", reference]:
                _check_merchant(asked.get("mchid", [""])[0])
                return answer(200, told.order(self._order(reference)))
            case "GET", ["v3", "pay", "transactions", "id", transaction_id]:
                _check_merchant(asked.get("mchid", [""])[0])
                return answer(200, told.order(_known(self.house.books.by_transaction(transaction_id))))
            case "POST", ["v3", "pay", "transactions", "out-trade-no", reference, "close"]:
                _check_merchant(document(request).get("mchid"))
                return self._close(self._order(reference))
            case "POST", ["v3", "refund", "domestic", "refunds"]:
                return answer(200, self._refund(document(request)))
            case "GET", ["v3", "refund", "domestic", "refunds", number]:
                found = self.house.books.refund_called(number)
                if found is None:
                    raise ApiRefusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
                return answer(200, told.refund(*found))
            case "GET", ["v3", "bill", "tradebill"]:
                return answer(200, wechatpay_bill.address(self.house, asked, request.host))
            case "GET", ["v3", "billdownload", "file"]:
                return wechatpay_bill.file(self.house, request)
        raise ApiRefusal(404, "RESOURCE_NOT_EXISTS", "there is no such address")

    def _create(self, form: dict[str, Any]) -> Reply:
        _check_merchant(form.get("mchid"))
        reference, money = needed(form, "out_trade_no", NUMBER), member(form, "amount")
        amount = whole(money, "total")
        if form.get("appid") != keys.WECHAT_APP_ID:
            raise ApiRefusal(400, "PARAM_ERROR", "appid is not bound to this mchid")
        if money.get("currency", "CNY") != "CNY":
            raise ApiRefusal(400, "PARAM_ERROR", "amount.currency")
        if not isinstance(form.get("description"), str) or not 1 <= len(form["description"]) <= 127:
            raise ApiRefusal(400, "PARAM_ERROR", "description")
        path = _notify_path(form.get("notify_url"))
        expires_at = moment(form["time_expire"]) if "time_expire" in form else self.house.now() + 7 * DAY
        trade = self.house.books.by_reference(reference)
        if trade is None:
            if expires_at <= self.house.now():
                raise ApiRefusal(400, "PARAM_ERROR", "time_expire is over")
            trade = self.open(reference, amount, "CNY", path)
            trade.expires_at = expires_at
        self._expire(trade)
        if trade.state == "paid":
            raise ApiRefusal(400, "ORDERPAID", "该订单已支付")
        if trade.state == "closed":
            raise ApiRefusal(400, "ORDER_CLOSED", "订单已关闭")
        if trade.amount != amount:
            raise ApiRefusal(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致")
        return answer(200, {"code_url": f"weixin://wxpay/bizpayurl?pr={reference}"})

    def _close(self, trade: Trade) -> Reply:
        match trade.state:
            case "paid":
                raise ApiRefusal(400, "ORDERPAID", "该订单已支付")
            case "paying":
                raise ApiRefusal(202, "USERPAYING", "用户支付中，需要输入密码")
            case "closed":
                raise ApiRefusal(400, "ORDER_CLOSED", "订单已关闭")
        trade.close(self.house.now())
        return answer(204, None)

    def _refund(self, form: dict[str, Any]) -> dict[str, Any]:
        number, money = needed(form, "out_refund_no", REFUND_NUMBER), member(form, "amount")
        amount, total = whole(money, "refund"), whole(money, "total")
        path = _notify_path(form["notify_url"]) if "notify_url" in form else NOTIFY_PATH
        if "transaction_id" in form:
            trade = self.house.books.by_transaction(needed(form, "transaction_id", r"\d{28}"))
        else:
            trade = self.house.books.by_reference(needed(form, "out_trade_no", NUMBER))
        if trade is None or not trade.paid_at:
            raise ApiRefusal(404, "RESOURCE_NOT_EXISTS", "订单不存在")
        found = self.house.books.refund_called(number)
        if found is not None:
            if found[0] is not trade or found[1].amount != amount:
                raise ApiRefusal(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
            return told.refund(*found)
        self._check_refund(trade, number, amount, total)
        refund = self._new_refund(number, amount)
        refund.attributes["path"] = path
        return told.refund(trade, self.house.begin_refund(trade, refund, PLANS_HERE))

    def _check_refund(self, trade: Trade, number: str, amount: int, total: int) -> None:
        now = self.house.now()
        if total != trade.amount or amount > trade.refundable():
            raise ApiRefusal(400, "INVALID_REQUEST", "退款金额大于订单金额或可退金额")
        if now > (trade.paid_at or 0) + REFUND_DAYS * DAY:
            raise ApiRefusal(400, "INVALID_REQUEST", "订单已超过一年，不能退款")
        if len(trade.refunds) >= REFUND_PARTS:
            raise ApiRefusal(400, "INVALID_REQUEST", "部分退款次数超过限制")
        if any(now < refund.requested_at + REFUND_GAP_SECONDS for refund in trade.refunds.values()):
            raise ApiRefusal(429, "FREQUENCY_LIMITED", "同一笔订单多次退款的请求需相隔1分钟")
        if self.house.refuses_once(trade, number):
            raise ApiRefusal(500, "SYSTEM_ERROR", "系统异常，请用相同参数重试")
        if trade.refund_mode == "fail_for_good":
            raise ApiRefusal(*REFUSED_FOR[trade.refund_reason])

    def _order(self, reference: str) -> Trade:
        trade = _known(self.house.books.by_reference(reference))
        self._expire(trade)
        return trade

    def _expire(self, trade: Trade) -> None:
        if trade.state == "open" and trade.expires_at and trade.expires_at <= self.house.now():
            trade.close(trade.expires_at)

    # --- what happens there ---

    def open(self, reference: str, amount: int, currency: str, path: str = NOTIFY_PATH) -> Trade:
        """Begin an order."""
        trade = Trade(reference, self._new_number("4200", "trade"), amount, currency, self.house.now(), path)
        return self.house.books.add(trade)

    def pay(self, trade: Trade, payment: Payment) -> list[str]:
        """Let the payer try. WeChat Pay tells of successes alone. Return the events' ids."""
        if payment.outcome != "succeeded":
            trade.state = "paying" if payment.outcome == "paying" else trade.state
            return []
        if payment.wrong:
            elsewhere = self.house.books.elsewhere
            elsewhere[trade.reference] = elsewhere.get(trade.reference, 0) + payment.amount
            number = self._new_number("4200", "trade")
            other = Trade(trade.reference, number, payment.amount, "CNY", self.house.now(), trade.notify_path)
        else:
            trade.amount = payment.amount
            other = trade
        other.currency, other.payer_total = payment.currency, payment.payer_total
        other.capture(payment.amount, self.house.now())
        about = {**told.order(other), **_renamed(payment.wrong)}
        return [self._announce(other, "TRANSACTION.SUCCESS", "transaction", about, delays=payment.delays)]

    def happen(self, what: str, about: Any) -> None:
        """Let something happen whose time has come."""
        if what == "refund" and (settled := self.house.settle_refund(about)):
            self._announce_refund(*settled, delays=[0])

    def refund_by_hand(self, trade: Trade, amount: int, delays: list[int]) -> Refund:
        """Refund at the merchant's desk of WeChat Pay, without us."""
        number = f"HAND{self.house.books.next_number('hand'):012}"
        refund = self.house.begin_refund(trade, self._new_refund(number, amount), is_by_hand=True)
        self._announce_refund(trade, refund, delays=delays)
        return refund

    def _new_refund(self, number: str, amount: int) -> Refund:
        return Refund(number, self._new_number("5030", "refund"), amount, "pending", self.house.now())

    def _new_number(self, prefix: str, kind: str) -> str:
        day = rfc3339(self.house.now())[:10].replace("-", "")
        return f"{prefix}{day}{self.house.books.next_number(kind):016}"

    # --- its notices ---

    def _announce_refund(self, trade: Trade, refund: Refund, delays: list[int]) -> None:
        about = told.refund_notice(trade, refund)
        path = refund.attributes.get("path", NOTIFY_PATH)
        self._announce(trade, f"REFUND.{about['refund_status']}", "refund", about, path=path, delays=delays)

    def _announce(self, trade: Trade, kind: str, original: str, plain: dict[str, Any], **how: Any) -> str:
        number = self.house.books.next_number("notice")
        event_id = f"EV-{rfc3339(self.house.now())[:10].replace('-', '')}{number:014}"
        notice = {
            "id": event_id,
            "create_time": rfc3339(self.house.now()),
            "resource_type": "encrypt-resource",
            "event_type": kind,
            "summary": "支付成功" if original == "transaction" else "退款",
            "resource": encrypted(plain, original=original, number=number),
        }
        return self.house.announce(trade, event_id, kind, notice, **how)

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return a notice as it is sent now: the same body, a new stamp, whichever key's turn it is."""
        body = compact(letter.content)
        headers = self._signed(body, self._serial(None))
        return {"content-type": "application/json", "user-agent": "Mozilla/4.0", **headers}, body

    def probe(self) -> tuple[str, dict[str, str], bytes]:
        """Return path, headers and body of a notice with a wrong signature, as it sends them on purpose."""
        body = compact({"id": "EV-probe", "resource_type": "encrypt-resource", "event_type": "PROBE"})
        headers = self._signed(body, self._serial(None))
        headers["wechatpay-signature"] = f"WECHATPAY/SIGNTEST/{headers['wechatpay-signature']}"
        return NOTIFY_PATH, {"content-type": "application/json", **headers}, body

    def is_received(self, status: int, body: bytes) -> bool:
        """200 or 204 ends the sending, whatever the body says."""
        return status in (200, 204)

    def _signed(self, body: bytes, serial: str) -> dict[str, str]:
        number = self.house.books.next_number("signature")
        return signed_headers(body, serial=serial, now=self.house.now(), number=number)

    def _serial(self, asked_for: str | None) -> str:
        """Return the key to sign with: the one that a request asks for; else today's, or both in turn."""
        if asked_for in SIGNERS:
            return asked_for
        turn = tuple(SIGNERS)
        serials = SIGNS_WITH.get(self.house.kept.get("signs_with", ""), turn)
        return serials[self.house.books.next_number("turn") % len(serials)]


def _known(trade: Trade | None) -> Trade:
    if trade is None:
        raise ApiRefusal(404, "ORDER_NOT_EXIST", "订单不存在")
    return trade


def _check_merchant(mchid: Any) -> None:
    if mchid != keys.MCHID:
        raise ApiRefusal(400, "PARAM_ERROR", "mchid")


def _notify_path(url: Any) -> str:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.scheme.startswith("http") or not parts.path or parts.query:
        raise ApiRefusal(400, "PARAM_ERROR", "notify_url must be an address without a query")
    return parts.path


def _renamed(wrong: Mapping[str, Any]) -> dict[str, Any]:
    return {"appid" if name == "app_id" else name: value for name, value in wrong.items()}
