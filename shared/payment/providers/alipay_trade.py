"""What Alipay says of a trade, in our words: its notices, its amounts in yuan, its times in Beijing (open.alipay.com).

trade_status     without refund_fee     with refund_fee (or closed with gmt_refund)
WAIT_BUYER_PAY   nothing                nothing
TRADE_SUCCESS    paid                   paid, and so much of it has gone back in all
TRADE_FINISHED   paid                   paid, and so much of it has gone back in all
TRADE_CLOSED     closed, unpaid         paid, and all of it has gone back
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from shared.errors import Malformed
from shared.money import Money
from shared.payment.facts import Fact, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.keys import AlipayKeys

NAME = "alipay"
CURRENCY = "CNY"
PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
CLOSED = "TRADE_CLOSED"
WAITING = "WAIT_BUYER_PAY"
BEIJING = timezone(timedelta(hours=8))
_AMOUNT = re.compile(
    r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?", re.ASCII
)  # So never more than money.AMOUNT_MAX.
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_NOTIFY_ID = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?", re.ASCII)


def facts_of(message: Mapping[str, Any], keys: AlipayKeys) -> tuple[Fact, ...]:
    """What a notice says. A refund comes with its payment, in case it overtook the payment's own notice.

    Raises ``Malformed``.
    """
    status = message.get("trade_status")
    if status not in (*PAID, CLOSED):
        return ()
    payment = _payment(message, keys)
    given_back_minor = _given_back(message, payment.money.amount_minor)
    if not given_back_minor:
        is_paid = status in PAID
        return (payment if is_paid else payment._replace(kind=PaymentKind.CLOSED),)
    if not payment.is_our_account:
        return (payment,)  # Somebody else's refund: whatever its number says, it is not our money.
    return (payment, _refund(message, payment, given_back_minor))


def _payment(message: Mapping[str, Any], keys: AlipayKeys) -> PaymentFact:
    account = (message.get("app_id"), message.get("seller_id"))
    return PaymentFact(
        provider=NAME,
        event_id=_matching(message, "notify_id", _NOTIFY_ID),
        reference=identifier(message, "out_trade_no"),
        kind=PaymentKind.PAID,
        transaction_id=identifier(message, "trade_no"),
        money=total_of(message),
        is_our_account=account == (keys.app_id, keys.seller_id),
        occurred_at=seconds(message.get("gmt_payment")),
    )


def _refund(message: Mapping[str, Any], payment: PaymentFact, given_back_minor: int) -> RefundFact:
    """All refunds of the trade so far: how much the last one was, a notice does not say.

    Its number is ``out_biz_no``; where that is missing or no number, the trade and the sum name it.
    """
    given = message.get("out_biz_no")
    is_number = isinstance(given, str) and _ID.fullmatch(given)
    return RefundFact(
        provider=NAME,
        event_id=f"{payment.event_id}.refund",  # The other fact of this notice is booked under its bare id.
        number=str(given) if is_number else f"{payment.transaction_id}-{given_back_minor}",
        outcome=RefundOutcome.SUCCEEDED,
        money=payment.money._replace(amount_minor=given_back_minor),
        reference=payment.reference,
        transaction_id=payment.transaction_id,
        occurred_at=seconds(message.get("gmt_refund")),
        is_total=True,
    )


def _given_back(message: Mapping[str, Any], total_minor: int) -> int:
    """``refund_fee`` is the sum of all refunds of the trade. A closed trade that was refunded, was so in full."""
    told = message.get("refund_fee")
    given_back_minor = fen(told) if told else 0
    if given_back_minor > total_minor:
        raise Malformed("more was refunded than paid")
    if not given_back_minor and message["trade_status"] == CLOSED and message.get("gmt_refund"):
        return total_minor
    return given_back_minor


def total_of(trade: Mapping[str, Any]) -> Money:
    """What the trade is about: not ``receipt_amount``, nor ``buyer_pay_amount``, which coupons make less.

    We open trades in yuan alone; one that names another currency is told as such, so that it fits no order.
    """
    amount_minor = fen(trade.get("total_amount"))
    currency = trade.get("trans_currency") or CURRENCY
    if not amount_minor or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise Malformed("total_amount is nothing, or its currency is no code")
    return Money(amount_minor, currency)


def fen(text: object) -> int:
    """An amount in yuan as fen. Raises ``Malformed``.

    >>> fen("88.88"), fen("5"), fen("0.10"), fen("0.1")
    (8888, 500, 10, 10)
    """
    shape = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if shape is None:
        raise Malformed("an amount is not in yuan and fen")
    return int(shape[1]) * 100 + int((shape[2] or "").ljust(2, "0"))


def yuan(amount_minor: int) -> str:
    """An amount in fen as Alipay writes it.

    >>> yuan(8888), yuan(10), yuan(500)
    ('88.88', '0.10', '5.00')
    """
    return f"{amount_minor // 100}.{amount_minor % 100:02}"


def seconds(text: object) -> int | None:
    """A time of Alipay's, which is Beijing's and does not say so; None, where there is none to read: money counts
    without it.

    >>> seconds("2027-01-15 16:00:00"), seconds("soon")
    (1800000000, None)
    """
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(f"{text}+08:00").timestamp())
    except ValueError:
        return None


def beijing(at: int) -> str:
    """A time as Alipay writes it.

    >>> beijing(1_800_000_000)
    '2027-01-15 16:00:00'
    """
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def identifier(message: Mapping[str, Any], name: str) -> str:
    """The field *name*, which is a number of ours or Alipay's. Raises ``Malformed``."""
    return _matching(message, name, _ID)


def _matching(message: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Malformed(f"{name} is not an id")
    return value
