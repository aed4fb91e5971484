"""Alipay (支付宝), open platform, RSA2: pay on a page, told by form posts. Its protocol: open.alipay.com.

    alipay_form      a post, read strictly, and its signature
    alipay_trade     what a trade's fields say, as facts
    alipay_gateway   questions and their signed answers

A page is opened by sending the buyer's browser to a signed address; no call of ours opens it. Until she comes, Alipay
has no trade under our number, and says so also of one whose page she may still open. So every page carries the time
after which Alipay refuses it, and money that comes after our close is sent back like every late payment.
"""

from http import HTTPStatus
from typing import Any

from shared.errors import Malformed, Unavailable
from shared.model import Payment, Refund
from shared.money import Money
from shared.outside import Outside, Sink
from shared.payment.bills.fetching import Fetched
from shared.payment.facts import Fact, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.keys import AlipayKeys
from shared.payment.port import (
    IS_SUCCESS,
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
from shared.payment.providers.alipay_form import authentic_fields
from shared.payment.providers.alipay_gateway import REFUSED, ask, signed_request
from shared.payment.providers.alipay_trade import (
    CLOSED,
    CURRENCY,
    NAME,
    PAID,
    WAITING,
    beijing,
    facts_of,
    fen,
    identifier,
    seconds,
    total_of,
    yuan,
)

TOTAL_MAX_MINOR = 10_000_000_000  # Alipay opens no page for more than a hundred million yuan.
NO_TRADE = "ACQ.TRADE_NOT_EXIST"
NOT_WAITING = ("ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS")
REFUND_FAILURES = {  # A sub_code that is missing here does not say that no money moved.
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": "balance_short",
    "ACQ.BUYER_NOT_EXIST": "account_closed",
    "ACQ.BUYER_ERROR": "account_closed",
    "ACQ.CUSTOMER_VALIDATE_ERROR": "account_closed",
    "ACQ.NOT_ALLOW_PARTIAL_REFUND": "not_allowed",
    "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND": "not_allowed",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": "amount_refused",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "amount_refused",
    "ACQ.REFUND_FEE_ERROR": "amount_refused",
    "ACQ.TRADE_HAS_FINISHED": "too_late",
    "ACQ.TRADE_NOT_ALLOW_REFUND": "not_allowed",
    "ACQ.REASON_TRADE_BEEN_FREEZEN": "not_allowed",
    "ACQ.TRADE_STATUS_ERROR": "not_allowed",
    NO_TRADE: "not_allowed",
}


class Alipay:
    """A ``shared.payment.port.Provider`` of one app and one seller."""

    name = NAME
    # Twelve months, and three seconds between two refunds of one trade, says the page of alipay.trade.refund.
    manners = Manners(refund_gap_seconds=3, refund_days_max=365)

    def __init__(self, keys: AlipayKeys, gateway: str, notify_url: str) -> None:
        self._keys = keys
        self._gateway = gateway
        self._notify_url = notify_url

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        return Notice(NAME, authentic_fields(self._keys, headers, raw_body), now)

    def interpret(self, notice: Notice) -> tuple[Fact, ...]:
        return facts_of(notice.message, self._keys)

    def acknowledge(self, outcome: Told) -> Reply:
        """Alipay reads seven letters, and sends again whatever else it reads."""
        if outcome in IS_SUCCESS:
            return Reply(HTTPStatus.OK, "text/plain", "success")
        return Reply(STATUS[outcome], "text/plain", "failure")

    def create(self, outside: Outside, payment: Payment, *, now: int) -> PayWith:
        """The address of the page. Its subject holds no text of a stranger: notices sign it unescaped."""
        if payment.currency != CURRENCY:
            raise PaymentRefused("not_allowed")
        if not 0 < payment.amount_minor <= TOTAL_MAX_MINOR:
            raise PaymentRefused("amount_refused")
        content = {
            "out_trade_no": payment.reference,
            "total_amount": yuan(payment.amount_minor),
            "subject": f"Order {payment.reference}",
            "product_code": "FAST_INSTANT_TRADE_PAY",
        }
        if payment.expires_at is not None:
            content["time_expire"] = beijing(payment.expires_at)
        request = signed_request(
            self._keys, "alipay.trade.page.pay", content, now=now, notify_url=self._notify_url
        )
        return PayWith(PayKind.REDIRECT, f"{self._gateway}?{request}")

    def query(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        """A trade that is closed may have been paid and refunded in full, by hand: Alipay does not say which. Told as
        closed: no goods leave for it, nothing goes back twice, and where we booked it as paid, it changes nothing.
        """
        answer = self._ask(outside, "alipay.trade.query", payment, now=now)
        if _is_missing(answer) or answer.get("trade_status") == WAITING:
            return None
        if answer.get("trade_status") == CLOSED:
            money = Money(payment.amount_minor, payment.currency)
            return PaymentFact(
                NAME, "", payment.reference, PaymentKind.CLOSED, "", money, is_our_account=True
            )
        if answer.get("trade_status") not in PAID:
            raise Unavailable("the provider's answer is not understood")
        return _paid_fact(answer)

    def close(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        """Asked first, and again when Alipay will not close it: only an unpaid trade can be closed."""
        found = self.query(outside, payment, now=now)
        if found is None:
            answer = self._ask(outside, "alipay.trade.close", payment, now=now)
            if answer["code"] != REFUSED or answer.get("sub_code") == NO_TRADE:
                return None
            if answer.get("sub_code") not in NOT_WAITING:
                raise Unavailable("the provider could not close the trade")
            found = self.query(outside, payment, now=now)
            if found is None:
                raise Unavailable("the provider neither closes the trade nor says that it is paid")
        return found if found.kind is PaymentKind.PAID else None

    def refund(self, outside: Outside, payment: Payment, refund: Refund, *, now: int) -> RefundFact:
        """Only ``fund_change`` Y says that this call moved money; after N and after a refusal, which may follow a first
        call whose answer was lost, the refund itself is asked for.
        """
        if refund.currency != CURRENCY:
            return _refund_fact(payment, refund, RefundOutcome.FAILED, failure="not_allowed")
        content = {
            "out_request_no": refund.provider_refund_id,
            "refund_amount": yuan(refund.amount_minor),
        }
        answer = self._ask(outside, "alipay.trade.refund", payment, content, now=now)
        is_refused = answer["code"] == REFUSED
        failure = REFUND_FAILURES.get(str(answer.get("sub_code"))) if is_refused else None
        if is_refused and failure is None:
            raise Unavailable("the provider does not say whether it refunds")
        if not is_refused and answer.get("fund_change") == "Y":
            return _refund_fact(payment, refund, RefundOutcome.SUCCEEDED)
        found = self.query_refund(outside, payment, refund, now=now)
        if found is not None:
            return found
        if failure is not None:
            return _refund_fact(payment, refund, RefundOutcome.FAILED, failure=failure)
        return _refund_fact(payment, refund, RefundOutcome.PENDING)

    def query_refund(
        self, outside: Outside, payment: Payment, refund: Refund, *, now: int
    ) -> RefundFact | None:
        """Alipay shows a refund some ten seconds after it was made. Without a status there is none, or it failed: then
        it is sent again under the same number. What a payer's bank sends back Alipay puts into the payer's balance
        (``deposit_back_info.dback_status`` F), so that is no failure.
        """
        content = {"out_request_no": refund.provider_refund_id}
        answer = self._ask(outside, "alipay.trade.fastpay.refund.query", payment, content, now=now)
        if _is_missing(answer) or not answer.get("refund_status"):
            return None
        _check_refund(answer, refund)
        return _refund_fact(payment, refund, RefundOutcome.SUCCEEDED)

    def fetch_bill(self, outside: Outside, day: str, sink: Sink, *, now: int) -> Fetched:
        from shared.payment.bills import alipay_fetching

        return alipay_fetching.fetch(outside, self._keys, self._gateway, day, sink, now=now)

    def _ask(
        self,
        outside: Outside,
        method: str,
        payment: Payment,
        content: dict[str, Any] | None = None,
        *,
        now: int,
    ) -> dict[str, Any]:
        """Ask about our number. An answer that worked, about another trade, is none."""
        about = {"out_trade_no": payment.reference, **(content or {})}
        answer = ask(outside, self._keys, self._gateway, method, about, now=now)
        if answer["code"] != REFUSED and answer.get("out_trade_no", payment.reference) != payment.reference:
            raise Unavailable("the provider answered about another trade")
        return answer


def _is_missing(answer: dict[str, Any]) -> bool:
    """Whether Alipay has no such trade; any other refusal to tell raises ``Unavailable``."""
    is_refused: bool = answer["code"] == REFUSED
    if is_refused and answer.get("sub_code") != NO_TRADE:
        raise Unavailable("the provider could not answer")
    return is_refused


def _paid_fact(answer: dict[str, Any]) -> PaymentFact:
    try:
        return PaymentFact(
            provider=NAME,
            event_id="",
            reference=identifier(answer, "out_trade_no"),
            kind=PaymentKind.PAID,
            transaction_id=identifier(answer, "trade_no"),
            money=total_of(answer),
            is_our_account=True,  # Asked with our key, Alipay shows no others.
            occurred_at=seconds(answer.get("send_pay_date")),
        )
    except Malformed as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled


def _check_refund(answer: dict[str, Any], refund: Refund) -> None:
    """That it is this refund, done, and of this amount."""
    told = (answer.get("out_request_no"), answer.get("refund_status"))
    try:
        is_amount = fen(answer.get("refund_amount")) == refund.amount_minor
    except Malformed:
        is_amount = False
    if told != (refund.provider_refund_id, "REFUND_SUCCESS") or not is_amount:
        raise Unavailable("the provider's answer is not understood")


def _refund_fact(
    payment: Payment, refund: Refund, outcome: RefundOutcome, *, failure: str = ""
) -> RefundFact:
    return RefundFact(
        provider=NAME,
        event_id="",
        number=refund.provider_refund_id,
        outcome=outcome,
        money=Money(refund.amount_minor, refund.currency),
        reference=payment.reference,
        transaction_id=refund.transaction_id,
        failure=failure,
    )
