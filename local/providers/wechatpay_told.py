"""WeChat Pay's orders and refunds as its answers and its notices show them."""

from typing import Any

from local.providers import keys
from local.providers.books import Refund, Trade
from local.providers.wechatpay_wire import rfc3339

STATES = {"open": "NOTPAY", "paying": "USERPAYING", "closed": "CLOSED", "paid": "SUCCESS"}


def order(trade: Trade) -> dict[str, Any]:
    """Return an order: what a query is answered, and what a notice says."""
    state = "REFUND" if trade.refunds else STATES[trade.state]
    about = {
        "appid": keys.WECHAT_APP_ID,
        "mchid": keys.MCHID,
        "out_trade_no": trade.reference,
        "trade_type": "NATIVE",
        "trade_state": state,
        "trade_state_desc": state,
        "attach": "",
        "amount": {"total": trade.amount, "currency": trade.currency},
        "payer": {},
    }
    return about | (_paid(trade) if trade.paid_at else {})


def _paid(trade: Trade) -> dict[str, Any]:
    amount = {
        "total": trade.captured,
        "payer_total": payer_total(trade),
        "currency": trade.currency,
        "payer_currency": trade.currency,
    }
    return {
        "transaction_id": trade.transaction_id,
        "success_time": rfc3339(trade.paid_at or 0),
        "bank_type": "OTHERS",
        "payer": {"openid": "oSimulatedPayer00000000000000"},
        "amount": amount,
    }


def payer_total(trade: Trade) -> int:
    """Return what the payer paid: less than the total, where a coupon of WeChat Pay paid the rest."""
    return trade.captured if trade.payer_total is None else trade.payer_total


def refund_status(made: Refund) -> str:
    """Return a refund's state in WeChat Pay's words."""
    if made.status == "failed":
        return "CLOSED" if made.reason == "not_allowed" else "ABNORMAL"
    return {"pending": "PROCESSING", "succeeded": "SUCCESS"}[made.status]


def refund(trade: Trade, made: Refund) -> dict[str, Any]:
    """Return a refund as the API answers it."""
    about = {
        "refund_id": made.provider_number,
        "out_refund_no": made.number,
        "transaction_id": trade.transaction_id,
        "out_trade_no": trade.reference,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(made.requested_at),
        "status": refund_status(made),
        "funds_account": "UNSETTLED",
        "amount": {
            "total": trade.amount,
            "refund": made.amount,
            "from": [],
            "payer_total": payer_total(trade),
            "payer_refund": made.amount,
            "settlement_refund": made.amount,
            "settlement_total": trade.amount,
            "discount_refund": 0,
            "currency": trade.currency,
        },
    }
    is_done = made.status == "succeeded" and made.settled_at is not None
    return about | ({"success_time": rfc3339(made.settled_at or 0)} if is_done else {})


def refund_notice(trade: Trade, made: Refund) -> dict[str, Any]:
    """Return what a notice says of a refund: no currency, and no appid."""
    status = refund_status(made)
    about = {
        "mchid": keys.MCHID,
        "out_trade_no": trade.reference,
        "transaction_id": trade.transaction_id,
        "out_refund_no": made.number,
        "refund_id": made.provider_number,
        "refund_status": status,
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": trade.amount,
            "refund": made.amount,
            "payer_total": payer_total(trade),
            "payer_refund": made.amount,
        },
    }
    if made.settled_at and status == "SUCCESS":
        about["success_time"] = rfc3339(made.settled_at)
    return about
