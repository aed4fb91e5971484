"""Alipay's gateway as tests play it: scripted answers, signed, behind a real ``Outside``."""

import json
from urllib.parse import parse_qsl

from shared.lifecycle import PaymentState, RefundState
from shared.model import Payment, Refund
from shared.outside import Answer, Outside
from shared.payment.providers.alipay import Alipay
from tests.payment.alipay_signer import REFERENCE, TRADE_NO, answer, our_keys

T0 = 1_800_000_000  # 2027-01-15 16:00:00 in Beijing
GATEWAY = "https://alipay.test/gateway.do"
QUERY, CLOSE = "alipay.trade.query", "alipay.trade.close"
REFUND, REFUND_QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
WORKED = {"code": "10000", "msg": "Success"}
TRADE = WORKED | {
    "out_trade_no": REFERENCE,
    "trade_no": TRADE_NO,
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "88.88",
    "buyer_pay_amount": "80.00",
    "receipt_amount": "80.00",
    "send_pay_date": "2027-01-15 16:00:20",
    "buyer_logon_id": 'a/"}b***@x.test',
}


def refused(sub_code):
    return {"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "Li Lei 的余额不足"}


NO_TRADE = refused("ACQ.TRADE_NOT_EXIST")


def a_payment(**changes):
    facts = {
        "number": 1,
        "provider": "alipay",
        "reference": REFERENCE,
        "amount_minor": 8888,
        "currency": "CNY",
        "state": PaymentState.OPEN,
        "started_at": T0,
        "expires_at": T0 + 1800,
    }
    return Payment(**{**facts, **changes})


def a_refund(**changes):
    facts = {
        "number": 1,
        "refund_id": "R1",
        "payment": 1,
        "transaction_id": TRADE_NO,
        "amount_minor": 3000,
        "currency": "CNY",
        "reason": "cancelled",
        "state": RefundState.REQUESTED,
        "requested_at": T0,
    }
    return Refund(**{**facts, **changes})


def the_adapter():
    return Alipay(our_keys(), GATEWAY, "https://shop.test/webhooks/payments/alipay")


class Gateway:
    """Alipay's address behind a real ``Outside``: gives the scripted answers in turn, and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)  # (method, node), an Answer, or an exception
        self.asked = []
        self.outside = Outside()
        self.outside.send = self._send

    def _send(self, method, request):
        assert (method, request["url"], request["seconds"]) == ("POST", GATEWAY, 4)
        assert request["headers"] == {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
        pairs = parse_qsl(request["body"].decode("ascii"), strict_parsing=True)
        fields = dict(pairs)
        assert len(fields) == len(pairs)
        self.asked.append(fields)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        if isinstance(given, Answer):
            return given
        api, node = given
        assert fields["method"] == api
        return Answer(200, answer(api, node))

    @property
    def questions(self):
        return [(fields["method"], json.loads(fields["biz_content"])) for fields in self.asked]
