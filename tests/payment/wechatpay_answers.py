"""A payment and a refund at WeChat Pay, what we ask about them, and what is answered."""

from shared.lifecycle import PaymentState, RefundState
from shared.model import Payment, Refund, RefundPart
from shared.money import Money
from shared.payment.facts import PaymentFact, PaymentKind, RefundFact, RefundOutcome
from tests.payment.wechatpay_signer import APP_ID, MCHID, NOTIFY_URL, NOW, TRADE

REFERENCE, TRANSACTION = "01HF7YAT00000000000000000001", "1217752501201407033233368018"
REFUND_NUMBER = "01HF7YAT000000000000000000R01"
PAYMENT = Payment(
    number=1,
    provider="wechatpay",
    reference=REFERENCE,
    amount_minor=17_100,
    currency="CNY",
    state=PaymentState.OPEN,
    started_at=NOW - 600,
    expires_at=NOW + 1_200,
)
REFUND = Refund(
    number=1,
    refund_id=REFUND_NUMBER,
    payment=1,
    transaction_id=TRANSACTION,
    amount_minor=3_500,
    currency="CNY",
    reason="cancelled",
    state=RefundState.REQUESTED,
    requested_at=NOW,
    parts=(RefundPart(sub_order=1, goods_minor=3_500, freight_minor=0),),
)
NATIVE = "/v3/pay/transactions/native"
QUERY = f"/v3/pay/transactions/out-trade-no/{REFERENCE}?mchid={MCHID}"
CLOSE = f"/v3/pay/transactions/out-trade-no/{REFERENCE}/close"
REFUNDS = "/v3/refund/domestic/refunds"
ORDER = {
    "appid": APP_ID,
    "mchid": MCHID,
    "description": f"订单 {REFERENCE}",
    "out_trade_no": REFERENCE,
    "notify_url": NOTIFY_URL,
    "amount": {"total": 17_100, "currency": "CNY"},
    "time_expire": "2027-01-15T16:20:00+08:00",
}
REFUND_ORDER = {
    "transaction_id": TRANSACTION,
    "out_refund_no": REFUND_NUMBER,
    "notify_url": NOTIFY_URL,
    "amount": {"refund": 3_500, "total": 17_100, "currency": "CNY"},
}
OPEN = (200, {"out_trade_no": REFERENCE, "mchid": MCHID, "appid": APP_ID, "trade_state": "NOTPAY"})
PAYING = (200, OPEN[1] | {"trade_state": "USERPAYING"})
CLOSED = (200, OPEN[1] | {"trade_state": "CLOSED"})
BROKEN_OFF = (200, OPEN[1] | {"trade_state": "PAYERROR"})
PAID = (200, TRADE)
UNKNOWN = (404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"})
NO_REFUND = (404, {"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"})
REFUNDED = {
    "refund_id": "50000000382019052709732678859",
    "out_refund_no": REFUND_NUMBER,
    "transaction_id": TRANSACTION,
    "out_trade_no": REFERENCE,
    "channel": "ORIGINAL",
    "create_time": "2027-01-15T15:59:00+08:00",
    "status": "PROCESSING",
    "amount": {
        "total": 17_100,
        "refund": 3_500,
        "payer_total": 17_100,
        "payer_refund": 3_500,
        "currency": "CNY",
    },
}
PAID_FACT = PaymentFact(
    provider="wechatpay",
    event_id="",
    reference=REFERENCE,
    kind=PaymentKind.PAID,
    transaction_id=TRANSACTION,
    money=Money(17_100, "CNY"),
    is_our_account=True,
    occurred_at=1_799_999_970,
)
PENDING = RefundFact(
    provider="wechatpay",
    event_id="",
    number=REFUND_NUMBER,
    outcome=RefundOutcome.PENDING,
    money=Money(3_500, "CNY"),
    reference=REFERENCE,
    transaction_id=TRANSACTION,
)


def refusal(status, code):
    return (status, {"code": code, "message": "words for people: 13800138000"})
