"""WeChat Pay, API v3, for a merchant of its own: native payments (a QR code), in yuan.

    wechatpay        what the product asks: the webhook's three steps, and six questions
    wechatpay_wire   how messages are signed and sealed, both ways
    wechatpay_facts  what they say of money

A number names one thing for ever at WeChat Pay: to ask again under the same one is to ask the same. So whatever it
refuses, it is asked once more whether it knows the number, before the refusal is believed: the first of two equal
requests may have been carried out, and its answer lost.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NamedTuple

from shared.errors import Malformed, SignatureInvalid, TooLarge, Unavailable
from shared.model import Payment, Refund
from shared.money import Money
from shared.outside import Outside, Sink
from shared.payment.bills.fetching import Fetched
from shared.payment.facts import Fact, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.keys import WechatPayKeys
from shared.payment.port import (
    BODY_BYTES_MAX,
    IS_SUCCESS,
    SECONDS,
    STATUS,
    Headers,
    Manners,
    Notice,
    PayKind,
    PaymentRefused,
    PayWith,
    Reply,
    Told,
)
from shared.payment.providers.wechatpay_facts import (
    CURRENCY,
    NAME,
    id_of,
    read_refund,
    read_refund_notice,
    read_trade,
)
from shared.payment.providers.wechatpay_wire import authorization, check_signature, open_resource
from shared.strict_json import read_object

BEIJING = timezone(timedelta(hours=8))
TRADES, NATIVE, REFUNDS = (
    "/v3/pay/transactions/out-trade-no",
    "/v3/pay/transactions/native",
    "/v3/refund/domestic/refunds",
)
UNKNOWN_THERE = {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"}
CLOSED_THERE, PAID_THERE = {"ORDER_CLOSED", "ORDERCLOSED"}, {"ORDERPAID", "ORDER_PAID"}
PAYMENT_REFUSALS = {  # What is not here (busy, our signature, the unknown) proves nothing.
    "PARAM_ERROR": "not_allowed",
    "INVALID_REQUEST": "not_allowed",
    "ORDER_CLOSED": "not_allowed",
    "OUT_TRADE_NO_USED": "not_allowed",
    "ORDERPAID": "not_allowed",
    "ORDER_PAID": "not_allowed",
    "RULE_LIMIT": "limit_exceeded",
    "TRADE_ERROR": "not_allowed",
    "ACCOUNT_ERROR": "not_allowed",
    "NO_AUTH": "not_allowed",
    "APPID_MCHID_NOT_MATCH": "not_allowed",
    "MCH_NOT_EXISTS": "not_allowed",
}
REFUND_REFUSALS = {
    "NOT_ENOUGH": "balance_short",
    "PARAM_ERROR": "amount_refused",
    "INVALID_REQUEST": "amount_refused",  # Above what was paid, or another amount under this number.
    "USER_ACCOUNT_ABNORMAL": "account_closed",
    "RESOURCE_NOT_EXISTS": "not_allowed",  # No payment of this number was ever made.
    "NO_AUTH": "not_allowed",
}
_TRADE_NUMBER = re.compile(r"[0-9A-Za-z_-]{6,32}", re.ASCII)
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_-]{6,64}", re.ASCII)
_CODE_URL = re.compile(r"[!-~]{1,512}", re.ASCII)


class Answered(NamedTuple):
    """What WeChat Pay, and nobody else, answered just now."""

    status: int
    said: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Why it refused; empty when it did not, or does not know itself."""
        is_refusal = HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return str(self.said.get("code", "")) if is_refusal else ""


class Standing(NamedTuple):
    """How a payment stands at WeChat Pay."""

    is_known: bool
    fact: PaymentFact | None = None  # None while nothing is final.

    @property
    def is_paid(self) -> bool:
        return self.fact is not None and self.fact.kind is PaymentKind.PAID

    @property
    def is_over(self) -> bool:
        """Nothing was paid, and nothing can be."""
        return not self.is_known or (self.fact is not None and self.fact.kind is PaymentKind.CLOSED)


class WechatPay:
    """*host* is where the API lives, as ``https://api.mch.weixin.qq.com``. A *notify_url* has no query."""

    name = NAME
    manners = Manners(refunds_max=50, refund_gap_seconds=60, refund_days_max=365)

    def __init__(self, keys: WechatPayKeys, host: str, notify_url: str) -> None:
        assert "?" not in notify_url, "WeChat Pay takes no query in the address of a webhook"
        self.keys, self.host, self.notify_url = keys, host, notify_url

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge
        check_signature(self.keys, headers, raw_body, now)
        envelope = read_object(raw_body)
        if envelope.get("resource_type") != "encrypt-resource":
            raise Malformed("the resource is not encrypted as agreed")
        resource = open_resource(self.keys, envelope.get("resource"))
        return Notice(NAME, {**envelope, "resource": resource}, now)

    def interpret(self, notice: Notice) -> tuple[Fact, ...]:
        """By what the resource says; the event's name only tells a payment from a refund."""
        event_type, resource = notice.message.get("event_type"), notice.message["resource"]
        event_id = id_of(notice.message, "id")
        if not isinstance(event_type, str):
            raise Malformed("event_type is missing")
        if event_type.startswith("TRANSACTION."):
            fact = read_trade(self.keys, resource, event_id)
            return (fact,) if fact else ()
        if event_type.startswith("REFUND."):
            return read_refund_notice(self.keys, resource, event_id)
        return ()

    def acknowledge(self, outcome: Told) -> Reply:
        """WeChat Pay reads the status alone, and repeats for a day after anything but 200 or 204."""
        if outcome in IS_SUCCESS:
            return Reply(HTTPStatus.OK, "application/json", '{"code":"SUCCESS","message":"OK"}')
        return Reply(STATUS[outcome], "application/json", '{"code":"FAIL","message":"FAIL"}')

    def create(self, outside: Outside, payment: Payment, *, now: int) -> PayWith:
        if payment.currency != CURRENCY:
            raise PaymentRefused("not_allowed")
        answered = self._ask(outside, "POST", NATIVE, self._order(payment), about=payment.reference, now=now)
        code_url = answered.said.get("code_url")
        if answered.status == HTTPStatus.OK and isinstance(code_url, str) and _CODE_URL.fullmatch(code_url):
            return PayWith(PayKind.QR_CODE, code_url)
        failure = PAYMENT_REFUSALS.get(answered.code)
        if failure is None:
            raise _not_understood(answered)
        if self._standing(outside, payment, now=now).is_over:
            raise PaymentRefused(failure)
        raise Unavailable("the provider refused what it had taken before")  # It may be open, or paid: ask.

    def query(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        return self._standing(outside, payment, now=now).fact

    def close(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        """A payment that WeChat Pay does not know was never created: an order that it takes later than five
        minutes after it was signed does not exist either.
        """
        standing = self._standing(outside, payment, now=now)
        if standing.is_over:
            return None
        if standing.is_paid:
            return standing.fact
        path = f"{TRADES}/{_trade_number(payment)}/close"
        body = {"mchid": self.keys.mchid}
        answered = self._ask(outside, "POST", path, body, about=payment.reference, now=now)
        if answered.status == HTTPStatus.NO_CONTENT or answered.code in CLOSED_THERE | UNKNOWN_THERE:
            return None
        if answered.code in PAID_THERE:
            standing = self._standing(outside, payment, step="again", now=now)
            if standing.is_paid:
                return standing.fact
        raise _not_understood(answered)

    def refund(self, outside: Outside, payment: Payment, refund: Refund, *, now: int) -> RefundFact:
        money = Money(refund.amount_minor, refund.currency)
        number = refund.provider_refund_id
        refused = RefundFact(NAME, "", number, RefundOutcome.FAILED, money, reference=payment.reference)
        if refund.currency != CURRENCY:
            return refused._replace(failure="not_allowed")
        body = self._refund_order(payment, refund)
        answered = self._ask(outside, "POST", REFUNDS, body, about=number, now=now)
        if answered.status == HTTPStatus.OK:
            return _refund_fact(answered, payment, refund)
        failure = REFUND_REFUSALS.get(answered.code)
        if failure is None:
            raise _not_understood(answered)
        known = self.query_refund(outside, payment, refund, now=now)
        return known or refused._replace(failure=failure)

    def query_refund(
        self, outside: Outside, payment: Payment, refund: Refund, *, now: int
    ) -> RefundFact | None:
        number = refund.provider_refund_id
        assert _REFUND_NUMBER.fullmatch(number), "a refund's number is one of ours"
        answered = self._ask(outside, "GET", f"{REFUNDS}/{number}", None, about=number, now=now)
        if answered.status == HTTPStatus.NOT_FOUND and answered.code in UNKNOWN_THERE:
            return None
        return _refund_fact(answered, payment, refund)

    def fetch_bill(self, outside: Outside, day: str, sink: Sink, *, now: int) -> Fetched:
        from shared.payment.bills import wechatpay_fetching

        path = wechatpay_fetching.question(day)
        answered = self._ask(outside, "GET", path, None, about=day, now=now)

        def signed(path: str) -> Mapping[str, str]:
            return self._headers("GET", path, b"", about=day, now=now)

        return wechatpay_fetching.fetch(outside, self.host, *answered, signed, sink)

    def _order(self, payment: Payment) -> dict[str, Any]:
        """The same words every time: the same number with others is refused."""
        order = {
            "appid": self.keys.app_id,
            "mchid": self.keys.mchid,
            "description": f"订单 {payment.reference}",
            "out_trade_no": _trade_number(payment),
            "notify_url": self.notify_url,
            "amount": {"total": payment.amount_minor, "currency": CURRENCY},
        }
        return order | ({"time_expire": _beijing(payment.expires_at)} if payment.expires_at else {})

    def _refund_order(self, payment: Payment, refund: Refund) -> dict[str, Any]:
        """Out of the very money that was booked, of which WeChat Pay wants to hear the whole amount again."""
        booked = {"transaction_id": refund.transaction_id}
        # Of this transaction: money without a claim goes back whole, and came under a transaction of its own.
        total = payment.amount_minor if refund.parts else refund.amount_minor
        return (booked if refund.transaction_id else {"out_trade_no": _trade_number(payment)}) | {
            "out_refund_no": refund.provider_refund_id,
            "notify_url": self.notify_url,
            "amount": {"refund": refund.amount_minor, "total": total, "currency": CURRENCY},
        }

    def _standing(self, outside: Outside, payment: Payment, *, now: int, step: str = "") -> Standing:
        path = f"{TRADES}/{_trade_number(payment)}?mchid={self.keys.mchid}"
        about = f"{payment.reference}{step}"
        answered = self._ask(outside, "GET", path, None, about=about, now=now)
        if answered.status == HTTPStatus.NOT_FOUND and answered.code in UNKNOWN_THERE:
            return Standing(is_known=False)
        if answered.status != HTTPStatus.OK or answered.said.get("out_trade_no") != payment.reference:
            raise _not_understood(answered)
        try:
            return Standing(is_known=True, fact=read_trade(self.keys, answered.said))
        except Malformed as garbled:
            raise Unavailable("the provider's answer is not understood") from garbled

    def _ask(
        self,
        outside: Outside,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        about: str,
        now: int,
    ) -> Answered:
        """Send one signed request. Raises ``Unavailable`` unless its answer, even an empty one, is signed too."""
        raw = json.dumps(body).encode() if body is not None else b""
        headers = self._headers(method, path, raw, about=about, now=now)
        answer = outside.http(method, self.host + path, headers=headers, body=raw, seconds=SECONDS)
        try:
            check_signature(self.keys, tuple(answer.headers.items()), answer.body, now)
            return Answered(answer.status, read_object(answer.body) if answer.body else {})
        except (SignatureInvalid, Malformed) as garbled:
            raise Unavailable("the provider's answer is not understood") from garbled

    def _headers(self, method: str, path: str, raw: bytes, *, about: str, now: int) -> dict[str, str]:
        """The nonce is made of what is asked and when, instead of by chance: WeChat Pay wants it to differ from
        request to request, and it guards nothing, for nobody else can sign, and to repeat changes nothing.
        """
        nonce = sha256(f"{method} {path} {about} {now}".encode()).hexdigest()[:32].upper()
        headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "Ordercycle",  # WeChat Pay refuses who has no name.
            "authorization": authorization(self.keys, method, path, raw, nonce=nonce, now=now),
        }
        if self.keys.public_key_id:  # Else it would sign its answer with a certificate.
            headers["wechatpay-serial"] = self.keys.public_key_id
        return headers


def _not_understood(answered: Answered) -> Unavailable:
    return Unavailable(f"the provider answered {answered.status}")


def _refund_fact(answered: Answered, payment: Payment, refund: Refund) -> RefundFact:
    """What was answered, if it is about the payment, the number and the amount that were asked for."""
    if answered.status != HTTPStatus.OK:
        raise _not_understood(answered)
    try:
        fact = read_refund(answered.said)
    except Malformed as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled
    asked = (payment.reference, refund.provider_refund_id, Money(refund.amount_minor, refund.currency))
    if (fact.reference, fact.number, fact.money) != asked:
        raise _not_understood(answered)
    return fact


def _trade_number(payment: Payment) -> str:
    assert _TRADE_NUMBER.fullmatch(payment.reference), "a payment's number is one of ours"
    return payment.reference


def _beijing(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING).isoformat()
