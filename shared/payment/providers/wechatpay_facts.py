"""What WeChat Pay says of money, in our words: of webhooks, once decrypted, and of answers.

    trade_state                    fact     REFUND is "was paid, and some of it may have gone back": what went
    SUCCESS, REFUND                PAID     back is told by refunds of their own
    CLOSED, REVOKED                CLOSED
    PAYERROR                       FAILED
    NOTPAY, USERPAYING, others     none     nothing is final

Amounts are fen, ``amount.total``: ``payer_total`` is lower where WeChat's own coupon pays a part.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.errors import Malformed
from shared.money import AMOUNT_MAX, Money
from shared.payment.facts import Fact, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.keys import WechatPayKeys

NAME, CURRENCY = "wechatpay", "CNY"
TRADES = {
    "SUCCESS": PaymentKind.PAID,
    "REFUND": PaymentKind.PAID,
    "CLOSED": PaymentKind.CLOSED,
    "REVOKED": PaymentKind.CLOSED,
    "PAYERROR": PaymentKind.FAILED,
}
REFUNDS = {  # ABNORMAL: the card that should get it is gone. The money lies with us until people act.
    "SUCCESS": (RefundOutcome.SUCCEEDED, ""),
    "PROCESSING": (RefundOutcome.PENDING, ""),
    "ABNORMAL": (RefundOutcome.FAILED, "account_closed"),
    "CLOSED": (RefundOutcome.FAILED, "not_allowed"),
}
OUR_REFUND = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}R[0-9]{2,4}(x[0-9]+)?", re.ASCII)
_ID = re.compile(
    r"[0-9A-Za-z_\-|*@]{1,64}", re.ASCII
)  # Of other programs under the same merchant number, too.
_STATE = re.compile(r"[A-Z_]{1,32}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}", re.ASCII)

Told = Mapping[str, Any]


def read_trade(keys: WechatPayKeys, trade: Told, event_id: str = "") -> PaymentFact | None:
    """How a payment stands; None while nothing is final. Raises ``Malformed``."""
    kind = TRADES.get(state_of(trade, "trade_state"))
    if kind is None:
        return None
    is_paid = kind is PaymentKind.PAID
    return PaymentFact(
        provider=NAME,
        event_id=event_id,
        reference=id_of(trade, "out_trade_no"),
        kind=kind,
        transaction_id=id_of(trade, "transaction_id") if is_paid else "",
        money=money_of(trade, "total") if is_paid else Money(0, CURRENCY),
        is_our_account=trade.get("mchid") == keys.mchid and trade.get("appid") == keys.app_id,
        failure="unknown" if kind is PaymentKind.FAILED else "",
        occurred_at=_time_of(trade, "success_time"),
    )


def read_refund_notice(keys: WechatPayKeys, told: Told, event_id: str) -> tuple[Fact, ...]:
    """The payment, for its own message may come later or never, and what of it went back. Raises ``Malformed``.

    The payment's fact has an event of its own, or it would use up the refund's. Refund messages name the merchant,
    not the app. A refund at another merchant is none of our money, whatever its number says.
    """
    outcome, failure = _outcome(state_of(told, "refund_status"))
    reference, transaction_id = id_of(told, "out_trade_no"), id_of(told, "transaction_id")
    is_ours = told.get("mchid") == keys.mchid and told.get("appid", keys.app_id) == keys.app_id
    paid = PaymentFact(
        provider=NAME,
        event_id=f"{event_id}/paid",
        reference=reference,
        kind=PaymentKind.PAID,
        transaction_id=transaction_id,
        money=money_of(told, "total"),
        is_our_account=is_ours,
    )
    refund = RefundFact(
        provider=NAME,
        event_id=event_id,
        number=_refund_number(told),
        outcome=outcome,
        money=money_of(told, "refund"),
        reference=reference,
        transaction_id=transaction_id,
        failure=failure,
        occurred_at=_time_of(told, "success_time"),
    )
    return (paid, refund) if is_ours else (paid,)


def read_refund(told: Told) -> RefundFact:
    """How a refund that we asked for stands, as an answer says it. Raises ``Malformed``."""
    outcome, failure = _outcome(state_of(told, "status"))
    return RefundFact(
        provider=NAME,
        event_id="",
        number=id_of(told, "out_refund_no"),
        outcome=outcome,
        money=money_of(told, "refund"),
        reference=id_of(told, "out_trade_no"),
        transaction_id=id_of(told, "transaction_id"),
        failure=failure,
        occurred_at=_time_of(told, "success_time"),
    )


def id_of(told: Told, name: str) -> str:
    return _text(told, name, _ID)


def state_of(told: Told, name: str) -> str:
    return _text(told, name, _STATE)


def money_of(told: Told, name: str) -> Money:
    """``amount[name]``; a message that names no currency means yuan, as refund messages do."""
    amount = told.get("amount")
    if not isinstance(amount, dict):
        raise Malformed("amount is missing")
    value, currency = amount.get(name), amount.get("currency", CURRENCY)
    if type(value) is not int or not 0 < value <= AMOUNT_MAX:
        raise Malformed("amount is not a number of fen")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise Malformed("currency is not a code")
    return Money(value, currency)


def _outcome(state: str) -> tuple[RefundOutcome, str]:
    if state not in REFUNDS:
        raise Malformed("the state of a refund is unknown")
    return REFUNDS[state]


def _refund_number(told: Told) -> str:
    """Ours, if it can be one; of a refund made by hand in WeChat's merchant platform, WeChat's."""
    number = told.get("out_refund_no")
    is_ours = isinstance(number, str) and OUR_REFUND.fullmatch(number)
    return str(number) if is_ours else id_of(told, "refund_id")


def _time_of(told: Told, name: str) -> int | None:
    """When it happened, if that can be read: for a time alone no money is turned away."""
    text = told.get(name)
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None


def _text(told: Told, name: str, shape: re.Pattern[str]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Malformed(f"{name} is missing or is none")
    return value
