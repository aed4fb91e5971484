"""Alipay as it looks from outside: its gateway, the life of a trade there, and its notices.

WAIT_BUYER_PAY -> TRADE_SUCCESS -> TRADE_FINISHED (after the time for refunds)
      |                |
      +--------------> TRADE_CLOSED (never paid in time, or all of it refunded)
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

from local.providers import alipay_bill, keys
from local.providers.alipay_wire import (
    GatewayRefusal,
    answered,
    beijing,
    business,
    check,
    content,
    fen,
    moment,
    needed,
    parameters,
    sealed,
    yuan,
)
from local.providers.books import DAY, HOUR, MINUTE, Refund, Trade
from local.providers.deliveries import Letter
from local.providers.house import House, Payment
from local.providers.wire import Reply, Request

REFUND_DAYS = 365
REFUND_QUERY_SECONDS = 10  # So long a refund is not yet found by a query.
NUMBER, REFUND_NUMBER = r"[0-9A-Za-z_]{1,64}", r"[0-9A-Za-z_\-]{1,64}"
NOTIFY_PATH = "/webhooks/payments/alipay"
PAGE = "alipay.trade.page.pay"
REFUSED_FOR = {
    "account_closed": "ACQ.BUYER_NOT_EXIST",
    "balance_short": "ACQ.SELLER_BALANCE_NOT_ENOUGH",
    "not_allowed": "ACQ.TRADE_NOT_ALLOW_REFUND",
}


class Alipay:
    """The provider. Everything it remembers lies in its *house*."""

    name = "alipay"
    currency = "CNY"
    notify_path = NOTIFY_PATH
    send_again_after = (4 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 15 * HOUR)
    wrong_members: Mapping[str, type] = {"app_id": str, "seller_id": str}
    operations: Mapping[str, str] = {
        PAGE: "create",
        "alipay.trade.query": "query",
        "alipay.trade.close": "close",
        "alipay.trade.refund": "refund",
        "alipay.trade.fastpay.refund.query": "refund_query",
        alipay_bill.METHOD: "bill",
    }

    def __init__(self, house: House) -> None:
        self.house = house
        self._calls: dict[str, Callable[[dict[str, Any], dict[str, str]], dict[str, Any]]] = {
            PAGE: self._open,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            alipay_bill.METHOD: lambda asked, common: alipay_bill.address(self.house, asked, common["host"]),
        }

    # --- its gateway ---

    def operation(self, request: Request) -> str:
        """Return which of the operations is asked for, or an empty text."""
        if request.path == alipay_bill.FILE:
            return "bill"
        try:
            return self.operations.get(parameters(request).get("method", ""), "")
        except GatewayRefusal:
            return ""

    def serve(self, request: Request, fault: str) -> Reply:
        """Answer a call of the gateway."""
        if request.path == alipay_bill.FILE:
            return Reply(502) if fault.startswith("500") else alipay_bill.file(self.house, request)
        if request.path != "/gateway.do" or request.method not in ("GET", "POST"):
            return Reply(404, b"", {"content-type": "text/html"})
        method, is_signed = "", fault != "unsigned"
        try:
            asked = parameters(request)
            method = asked.get("method", "")
            check(asked, self.house.now())
            node = self._done({**asked, "host": request.host}, fault)
        except GatewayRefusal as refusal:
            if method == PAGE:
                return _page(400, f"Alipay refuses: {refusal}")
            # Nobody can be answered signed whose app is not known.
            return answered(method, refusal.node, is_signed=is_signed and "app-id" not in str(refusal))
        if method == PAGE:
            return _page(200, _how_to_pay(node))
        return answered(method, {"code": "10000", "msg": "Success", **node}, is_signed=is_signed)

    def _done(self, asked: dict[str, str], fault: str) -> dict[str, Any]:
        call = self._calls.get(asked["method"])
        if call is None:
            raise GatewayRefusal("40002", "isv.invalid-method")
        node = {} if fault == "500" else call(content(asked), asked)
        if fault in ("500", "500_done"):
            raise GatewayRefusal("20000", "isp.unknow-error", "系统繁忙")
        return node

    def _open(self, asked: dict[str, Any], common: dict[str, str]) -> dict[str, Any]:
        reference, amount = needed(asked, "out_trade_no", NUMBER), fen(asked, "total_amount")
        subject = needed(asked, "subject", r"[^/=&]{1,256}")
        if asked.get("product_code") != "FAST_INSTANT_TRADE_PAY":
            raise business("ACQ.INVALID_PARAMETER", "product_code")
        expiry = asked.get("time_expire")
        expires_at = moment(expiry, "isv.invalid-parameter") if expiry else self.house.now() + 15 * DAY
        trade = self._trade(reference)
        if trade is None:
            if expires_at <= self.house.now():
                raise business("ACQ.INVALID_PARAMETER", "time_expire")
            path = _path_of(common.get("notify_url", "")) or NOTIFY_PATH
            trade = self.open(reference, amount, "CNY", path)
            trade.expires_at = expires_at
            trade.attributes["subject"] = subject
            self.house.later(expires_at - self.house.now(), "expire", trade.transaction_id)
        if trade.amount != amount:
            raise business("ACQ.CONTEXT_INCONSISTENT")
        if trade.state == "paid":
            raise business("ACQ.TRADE_HAS_SUCCESS")
        if trade.state == "closed":
            raise business("ACQ.TRADE_HAS_CLOSE")
        return {"out_trade_no": reference, "total_amount": yuan(amount)}

    def _query(self, asked: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        trade = self._named(asked)
        node = {
            "trade_no": trade.transaction_id,
            "out_trade_no": trade.reference,
            "buyer_logon_id": "buy***@example.com",
            "trade_status": _status(trade),
            "total_amount": yuan(trade.amount),
            "buyer_user_id": "2088000200000002",
            "invoice_amount": "0.00",
            "point_amount": "0.00",
            "receipt_amount": yuan(trade.captured) if trade.captured else "0.00",
            "buyer_pay_amount": yuan(_paid_by_payer(trade)) if trade.captured else "0.00",
        }
        return node | ({"send_pay_date": beijing(trade.paid_at)} if trade.paid_at else {})

    def _close(self, asked: dict[str, Any], common: dict[str, str]) -> dict[str, Any]:
        trade = self._named(asked)
        if trade.state != "open":
            raise business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        trade.close(self.house.now())
        if path := _path_of(common.get("notify_url", "")):
            self._announce(trade, {"gmt_close": beijing(self.house.now())}, path=path)
        return {"trade_no": trade.transaction_id, "out_trade_no": trade.reference}

    def _refund(self, asked: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        trade, amount = self._named(asked), fen(asked, "refund_amount")
        number = trade.reference
        if "out_request_no" in asked or amount != trade.captured:
            number = needed(asked, "out_request_no", REFUND_NUMBER)
        known = trade.refunds.get(number)
        if known is not None and known.amount != amount:
            raise business("ACQ.DISCORDANT_REPEAT_REQUEST")
        if known is not None and known.status == "failed":
            raise business(REFUSED_FOR[known.reason])
        if known is None:
            self._check_refund(trade, number, amount)
            refund = self.house.begin_refund(trade, self._new_refund(number, amount))
            if refund.status == "succeeded":
                self._announce_refund(trade, refund)
        moves = known is None and trade.refunds[number].status == "succeeded"
        return {
            "trade_no": trade.transaction_id,
            "out_trade_no": trade.reference,
            "buyer_logon_id": "buy***@example.com",
            "fund_change": "Y" if moves else "N",
            "refund_fee": yuan(trade.refunded()),
            "send_back_fee": yuan(amount if moves else 0),
            "buyer_user_id": "2088000200000002",
            "gmt_refund_pay": beijing(self.house.now()),
        }

    def _check_refund(self, trade: Trade, number: str, amount: int) -> None:
        if trade.is_finished:
            raise business("ACQ.TRADE_HAS_FINISHED")
        if not trade.captured or _status(trade) == "TRADE_CLOSED":
            raise business("ACQ.TRADE_STATUS_ERROR")
        if amount > trade.refundable():
            raise business("ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效")
        if self.house.refuses_once(trade, number):
            raise GatewayRefusal("20000", "ACQ.SYSTEM_ERROR", "接口返回错误")
        if trade.refund_mode == "fail_for_good":
            raise business(REFUSED_FOR[trade.refund_reason])

    def _query_refund(self, asked: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        trade, number = self._named(asked), needed(asked, "out_request_no", REFUND_NUMBER)
        refund, options = trade.refunds.get(number), asked.get("query_options", [])
        if refund is None or refund.status == "failed":
            return {}
        node: dict[str, Any] = {
            "trade_no": trade.transaction_id,
            "out_trade_no": trade.reference,
            "out_request_no": number,
            "total_amount": yuan(trade.amount),
            "refund_amount": yuan(refund.amount),
        }
        now = self.house.now()
        if refund.status != "succeeded" or now < (refund.settled_at or now) + REFUND_QUERY_SECONDS:
            return node
        node["refund_status"] = "REFUND_SUCCESS"
        if "gmt_refund_pay" in options:
            node["gmt_refund_pay"] = beijing(refund.settled_at or now)
        if "deposit_back_info" in options:
            state = "F" if refund.has_bounced else "S"
            node["deposit_back_info"] = {"has_deposit_back": "true", "dback_status": state}
        return node

    def _named(self, asked: dict[str, Any]) -> Trade:
        # The documentation says so: where both numbers are given, trade_no counts.
        if "trade_no" in asked:
            trade = self.house.books.by_transaction(needed(asked, "trade_no", NUMBER))
        else:
            trade = self._trade(needed(asked, "out_trade_no", NUMBER))
        if trade is None:
            raise business("ACQ.TRADE_NOT_EXIST", "交易不存在")
        return trade

    def _trade(self, reference: str) -> Trade | None:
        return self.house.books.by_reference(reference)

    # --- what happens there ---

    def open(self, reference: str, amount: int, currency: str, path: str = NOTIFY_PATH) -> Trade:
        """Begin a trade."""
        trade = Trade(reference, self._new_number(), amount, currency, self.house.now(), path)
        return self.house.books.add(trade)

    def pay(self, trade: Trade, payment: Payment) -> list[str]:
        """Let the payer try. Alipay tells of successes alone. Return the events' ids."""
        if payment.outcome != "succeeded":
            trade.state = "paying" if payment.outcome == "paying" else trade.state
            return []
        if payment.wrong:
            return [self._announce_wrong(trade, payment)]
        trade.amount = payment.amount
        trade.payer_total, trade.is_finished = payment.payer_total, payment.is_finished
        trade.capture(payment.amount, self.house.now())
        if not trade.is_finished:
            self.house.later(REFUND_DAYS * DAY, "finish", trade.transaction_id)
        return [self._announce(trade, {}, delays=payment.delays)]

    def finish(self, trade: Trade) -> list[str]:
        """Let the time for refunds be over now."""
        if trade.is_finished or _status(trade) != "TRADE_SUCCESS":
            return []
        trade.is_finished = True
        return [self._announce(trade, {})]

    def happen(self, what: str, about: Any) -> None:
        """Let something happen whose time has come."""
        if what == "refund":
            self._settle_refund(about)
            return
        trade = self.house.books.by_transaction(about)
        if trade is not None and what == "finish":
            self.finish(trade)
        if trade is not None and what == "expire" and trade.state == "open":
            trade.close(self.house.now())
            self._announce(trade, {"gmt_close": beijing(self.house.now())})

    def _settle_refund(self, about: tuple[str, str, str]) -> None:
        transaction_id, number, status = about
        trade = self.house.books.by_transaction(transaction_id)
        if trade is not None and trade.refunds[number].status == "succeeded" and status == "failed":
            # Alipay's documentation: the card did not take it, so the payer's balance has it. It stays refunded.
            trade.refunds[number].has_bounced = True
        elif (settled := self.house.settle_refund(about)) and settled[1].status == "succeeded":
            self._announce_refund(*settled)

    def refund_by_hand(self, trade: Trade, amount: int, delays: list[int]) -> Refund:
        """Refund at the merchant's desk of Alipay, without us."""
        number = f"HAND{self.house.books.next_number('hand'):012}"
        refund = self.house.begin_refund(trade, self._new_refund(number, amount), is_by_hand=True)
        self._announce_refund(trade, refund, delays)
        return refund

    def _new_refund(self, number: str, amount: int) -> Refund:
        return Refund(number, "", amount, "pending", self.house.now())

    def _new_number(self) -> str:
        day = beijing(self.house.now())[:10].replace("-", "")
        return f"{day}2200100{self.house.books.next_number('trade'):013}"

    # --- its notices ---

    def _announce_refund(self, trade: Trade, refund: Refund, delays: list[int] | None = None) -> None:
        about = {
            "out_biz_no": refund.number,
            "refund_fee": yuan(trade.refunded()),  # Of the whole trade so far.
            "gmt_refund": f"{beijing(self.house.now())}.000",
        }
        self._announce(trade, about, delays=[0] if delays is None else delays)

    def _announce_wrong(self, trade: Trade, payment: Payment) -> str:
        elsewhere = self.house.books.elsewhere
        elsewhere[trade.reference] = elsewhere.get(trade.reference, 0) + payment.amount
        other = {
            "trade_no": self._new_number(),
            "total_amount": yuan(payment.amount),
            "trade_status": "TRADE_SUCCESS",
            "gmt_payment": beijing(self.house.now()),
        }
        return self._announce(trade, {**other, **payment.wrong}, delays=payment.delays)

    def _announce(self, trade: Trade, about: Mapping[str, str], **how: Any) -> str:
        number = self.house.books.next_number("notice")
        notify_id = f"{beijing(self.house.now())[:10].replace('-', '')}00222{number:021}"
        fields = {
            "notify_type": "trade_status_sync",
            "notify_id": notify_id,
            "app_id": keys.APP_ID,
            "auth_app_id": keys.APP_ID,
            "seller_id": keys.SELLER_ID,
            "buyer_id": "2088000200000002",
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": trade.transaction_id,
            "out_trade_no": trade.reference,
            "trade_status": _status(trade),
            "total_amount": yuan(trade.amount),
            "subject": trade.attributes.get("subject", "订单 & 订单"),
            "gmt_create": beijing(trade.created_at),
        }
        if trade.paid_at:
            fields |= {
                "gmt_payment": beijing(trade.paid_at),
                "receipt_amount": yuan(trade.captured),
                "buyer_pay_amount": yuan(_paid_by_payer(trade)),
                "invoice_amount": yuan(trade.captured),
                "point_amount": "0.00",
                "fund_bill_list": f'[{{"amount":"{yuan(trade.captured)}","fundChannel":"ALIPAYACCOUNT"}}]',
            }
        fields |= about
        return self.house.announce(trade, notify_id, fields["trade_status"], fields, **how)

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return a notice as it is sent now: the same notify_id, a new notify_time."""
        return sealed({**letter.content, "notify_time": beijing(self.house.now())})

    def is_received(self, status: int, body: bytes) -> bool:
        """Only the word success, alone, ends the sending."""
        return status == 200 and body == b"success"


def _status(trade: Trade) -> str:
    if trade.state in ("open", "paying"):
        return "WAIT_BUYER_PAY"
    if trade.state == "closed" or trade.refunded() == trade.captured:
        return "TRADE_CLOSED"
    return "TRADE_FINISHED" if trade.is_finished else "TRADE_SUCCESS"


def _paid_by_payer(trade: Trade) -> int:
    return trade.captured if trade.payer_total is None else trade.payer_total


def _path_of(notify_url: str) -> str:
    return urlsplit(notify_url).path


def _page(status: int, text: str) -> Reply:
    body = f'<!doctype html><meta charset="utf-8"><title>Alipay, simulated</title><p>{escape(text)}</p>\n'
    return Reply(status, body.encode(), {"content-type": "text/html; charset=utf-8"})


def _how_to_pay(node: Mapping[str, str]) -> str:
    reference = node["out_trade_no"]
    return f"Pay {node['total_amount']} yuan with POST /_providers/alipay/payments/{reference}/pay and {{}}."
