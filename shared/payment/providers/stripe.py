"""Stripe. The buyer pays in Stripe's own script, with the client secret of a PaymentIntent that we make.

Messages are signed ``Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>...]``: HMAC-SHA256 over ``t`` + "." + the raw
body, with the whole text of an endpoint's secret, ``whsec_`` included. While a secret is rolled there is one ``v1``
for each. Other schemes are not looked at: test mode adds a ``v0`` that means nothing.

Stripe promises that a call under the same ``Idempotency-Key`` is answered as it was the first time, for 24 hours, and
after an error with the same error. So

    create   under our reference. Replayed, it tells the id once more, never how things stand: that is read anew
    close    without a key: to cancel twice does no harm, and a replayed "not now" would do
    refund   under our number; unless it is the first attempt, the refunds that exist are looked through before

A PaymentIntent has no expiry of its own: ``payment.expires_at`` cannot be passed, closing is up to us.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from shared.errors import Malformed, SignatureInvalid, TooLarge, Unavailable
from shared.model import Payment, Refund
from shared.money import Money
from shared.outside import Outside, Sink
from shared.payment.bills.fetching import Fetched
from shared.payment.facts import Fact, PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.keys import StripeKeys
from shared.payment.port import (
    BODY_BYTES_MAX,
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
from shared.payment.providers.stripe_calls import Connection, Refused
from shared.payment.providers.stripe_events import facts_of
from shared.payment.providers.stripe_failures import PAYMENT_FAILURES, REFUND_FAILURES
from shared.payment.providers.stripe_objects import (
    ASKED,
    DEPTH_MAX,
    NAME,
    Object,
    amount,
    currency,
    identity,
    payment_fact,
    payment_of,
    reference_of,
    refund_fact,
    refund_number,
)
from shared.strict_json import read_object

HEADER = "stripe-signature"
HEADER_LENGTH_MAX = 2_048
SIGNATURES_MAX = 8
TOLERANCE_SECONDS = 300  # Both ways. Stripe's SDK looks into the past only.
KEY_SECONDS = 23 * 3_600  # So long an Idempotency-Key surely counts; Stripe may forget it after 24 hours.
FIRST_ATTEMPT_SECONDS = 60  # A refund that is older may have been asked for before.
PAGE, PAGES_MAX = 100, 10  # Refunds of one payment.
TWO_DECIMALS_HERE = {
    "ISK",
    "UGX",
}  # ISO 4217 gives them none, Stripe's amounts have two: a hundredth would be paid.
_ELEMENT = re.compile(r"([a-z][a-z0-9]{0,15})=([0-9A-Za-z+/=_-]{1,256})", re.ASCII)
_STAMP = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ACCEPTED = Reply(200, "application/json", '{"received":true}')
_NOT_ACCEPTED = '{"title":"not accepted"}'


class Stripe:
    """*host*: the address before ``/v1``, such as ``https://api.stripe.com``."""

    name = NAME
    manners = Manners()

    def __init__(self, keys: StripeKeys, host: str) -> None:
        self.keys = keys
        self._connection = Connection(keys.secret_key, host)

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge
        stamp, candidates = _signed(headers)
        message = stamp.encode() + b"." + raw_body
        expected = [
            hmac.new(secret.encode(), message, sha256).hexdigest()
            for secret in self.keys.webhook_secrets
            if secret.strip()
        ]
        is_genuine = any([hmac.compare_digest(one, other) for one in candidates for other in expected])
        if not is_genuine or abs(now - int(stamp)) > TOLERANCE_SECONDS:
            raise SignatureInvalid
        return self.notice_from_bus(read_object(raw_body, depth_max=DEPTH_MAX), now)

    def notice_from_bus(self, detail: Mapping[str, Any], now: int) -> Notice:
        """An event that came through Amazon EventBridge, as its ``detail``: unsigned, its partner bus is the proof.

        Money of test mode is no money: an event of the other mode is refused like one that is not genuine.
        """
        if detail.get("object") != "event":
            raise Malformed("this is no event")
        if detail.get("livemode") is not self.keys.livemode:
            raise SignatureInvalid
        return Notice(NAME, detail, now)

    def interpret(self, notice: Notice) -> tuple[Fact, ...]:
        return facts_of(notice.message)

    def acknowledge(self, outcome: Told) -> Reply:
        """Any 2xx will do for Stripe; after anything else it sends again, for three days."""
        if outcome in IS_SUCCESS:
            return _ACCEPTED
        return Reply(STATUS[outcome], "application/problem+json", _NOT_ACCEPTED)

    def create(self, outside: Outside, payment: Payment, *, now: int) -> PayWith:
        try:
            intent = self._made_before(outside, payment, now) or self._make(outside, payment)
        except Refused as refused:
            raise PaymentRefused(refused.failure(PAYMENT_FAILURES)) from refused
        with _understood():
            if _money(intent) != Money(payment.amount_minor, payment.currency):
                raise Malformed("another amount than ours")
            secret = identity(intent, "client_secret")
            return PayWith(PayKind.CLIENT_SECRET, secret, transaction_id=identity(intent, "id"))

    def query(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        try:
            intent_id = self._id_of(outside, payment, now)
        except Refused as refused:
            return _never_made(payment, refused)
        if intent_id is None:
            return None
        intent = self._checked(
            self._connection.get(outside, f"payment_intents/{intent_id}"), payment, intent_id
        )
        with _understood():
            return payment_fact(intent, ASKED)

    def close(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        """A PaymentIntent whose number never reached us can be paid by nobody: its secret is handed out only after
        the number is stored (``shared.payment.attempts``). Stripe replays a failed creation for 24 hours, and an
        order must not hang on it for so long.
        """
        try:
            intent_id = self._id_of(outside, payment, now)
        except (Refused, Unavailable):
            return None
        if intent_id is None:
            return None
        at = f"payment_intents/{intent_id}"
        try:
            answer = self._connection.post(outside, f"{at}/cancel")
        except Refused:  # Canceled before, paid, or not now: then its state tells which.
            answer = self._connection.get(outside, at)
        intent = self._checked(answer, payment, intent_id)
        with _understood():
            fact = payment_fact(intent, ASKED)
        if fact is None or fact.kind not in (PaymentKind.PAID, PaymentKind.CLOSED):
            raise Unavailable("the provider has not closed the payment")
        return fact if fact.kind is PaymentKind.PAID else None

    def refund(self, outside: Outside, payment: Payment, refund: Refund, *, now: int) -> RefundFact:
        if now - refund.requested_at > FIRST_ATTEMPT_SECONDS:
            found = self.query_refund(outside, payment, refund, now=now)
            if found is not None:
                return found
        number = refund.provider_refund_id
        fields = {
            "payment_intent": refund.transaction_id,
            "amount": str(refund.amount_minor),
            "metadata[refund_id]": number,
            "metadata[reference]": payment.reference,
        }
        try:
            made = self._connection.post(outside, "refunds", fields, key=number)
        except (Refused, Unavailable) as refused:  # Perhaps it was made before, and only its answer was lost.
            found = self.query_refund(outside, payment, refund, now=now)
            if found is None and isinstance(refused, Refused):
                return _refund_refused(payment, refund, refused)
            if found is None:
                raise
            return found
        return self._told_of_refund(made, refund)

    def query_refund(
        self, outside: Outside, payment: Payment, refund: Refund, *, now: int
    ) -> RefundFact | None:
        for listed in self._refunds_of(outside, refund.transaction_id):
            with _understood():
                is_ours = refund_number(listed) == refund.provider_refund_id
            if is_ours:
                return self._told_of_refund(listed, refund)
        return None

    def fetch_bill(self, outside: Outside, day: str, sink: Sink, *, now: int) -> Fetched:
        from shared.payment.bills import stripe_fetching

        return stripe_fetching.fetch(outside, self._connection, day, sink)

    def _id_of(self, outside: Outside, payment: Payment, now: int) -> str | None:
        """The PaymentIntent of *payment*; None: there is none. Raises ``Refused`` when Stripe would not make one.

        As long as its key counts, a lost id is learned by making it once more, and nobody has its secret if it was
        not made before. When Stripe replays a failure instead, only the search can still find it.
        """
        if payment.transaction_id:
            return payment.transaction_id
        found = self._made_before(outside, payment, now)
        if _is_key_known(payment, now):
            try:
                found = self._make(outside, payment)
            except Unavailable:
                found = self._search(outside, payment)
                if found is None:
                    raise
        with _understood():
            return identity(found, "id") if found else None

    def _made_before(self, outside: Outside, payment: Payment, now: int) -> Object | None:
        """What was made so long ago that its key may be forgotten: to ask again would make a second one."""
        return None if _is_key_known(payment, now) else self._search(outside, payment)

    def _make(self, outside: Outside, payment: Payment) -> Object:
        if payment.currency in TWO_DECIMALS_HERE:
            raise Refused({"code": "payment_method_currency_mismatch"})
        fields = {
            "amount": str(payment.amount_minor),
            "currency": payment.currency.lower(),
            "automatic_payment_methods[enabled]": "true",
            "description": f"Payment {payment.reference}",
            "metadata[reference]": payment.reference,
        }
        made = self._connection.post(outside, "payment_intents", fields, key=payment.reference)
        return self._checked(made, payment)

    def _search(self, outside: Outside, payment: Payment) -> Object | None:
        """Find by our reference. The index may lag an hour behind, so a miss is no proof for younger payments."""
        query = {"query": f"metadata['reference']:'{payment.reference}'", "limit": "10"}
        found = _page(self._connection.get(outside, "payment_intents/search", query))
        if len(found) > 1:
            raise Unavailable("the provider has several payments under one reference")
        return self._checked(found[0], payment) if found else None

    def _checked(self, intent: Object, payment: Payment, intent_id: str | None = None) -> Object:
        """*intent*, if it is the one of *payment*. Its amount is not looked at: what came is told as it came."""
        with _understood():
            is_right = (
                intent.get("object") == "payment_intent"
                and intent.get("livemode") is self.keys.livemode
                and reference_of(intent) == payment.reference
                and identity(intent, "id") == (intent_id or intent.get("id"))
            )
        if not is_right:
            raise Unavailable("the provider answered about something else")
        return intent

    def _refunds_of(self, outside: Outside, intent_id: str) -> Iterator[Object]:
        query = {"payment_intent": intent_id, "limit": str(PAGE)}
        for _ in range(PAGES_MAX):
            answer = self._connection.get(outside, "refunds", query)
            page = _page(answer)
            yield from page
            if answer.get("has_more") is False:
                return
            if answer.get("has_more") is not True or not page:
                raise Unavailable("the provider's answer is not understood")
            with _understood():
                query["starting_after"] = identity(page[-1], "id")
        raise Unavailable("the provider lists more refunds than we read")

    def _told_of_refund(self, answer: Object, refund: Refund) -> RefundFact:
        with _understood():
            fact = refund_fact(answer, ASKED)
            is_right = (
                answer.get("object") == "refund"
                and refund_number(answer) == refund.provider_refund_id
                and payment_of(answer) == refund.transaction_id
                and _money(answer) == Money(refund.amount_minor, refund.currency)
            )
        if fact is None or not is_right:
            raise Unavailable("the provider answered about something else")
        return fact


def _signed(headers: Headers) -> tuple[str, list[str]]:
    """The stamp and the signatures of the one header, taken strictly: no blanks, one ``t``, one to eight ``v1``."""
    values = [value for name, value in headers if name.lower() == HEADER]
    if len(values) != 1 or len(values[0]) > HEADER_LENGTH_MAX:
        raise SignatureInvalid
    elements = [_ELEMENT.fullmatch(text) for text in values[0].split(",")]
    pairs = [element.groups() for element in elements if element is not None]
    stamps = [value for scheme, value in pairs if scheme == "t"]
    signatures = [value for scheme, value in pairs if scheme == "v1"]
    is_right = (
        len(pairs) == len(elements)
        and len(stamps) == 1
        and 1 <= len(signatures) <= SIGNATURES_MAX
        and _STAMP.fullmatch(stamps[0]) is not None
        and all(_SIGNATURE.fullmatch(signature) for signature in signatures)
    )
    if not is_right:
        raise SignatureInvalid
    return stamps[0], signatures


@contextmanager
def _understood() -> Iterator[None]:
    """What an answer says and we cannot read leaves everything open."""
    try:
        yield
    except Malformed as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled


def _page(answer: Object) -> list[Object]:
    listed = answer.get("data")
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise Unavailable("the provider's answer is not understood")
    return listed


def _money(thing: Object) -> Money:
    return Money(amount(thing, "amount"), currency(thing))


def _is_key_known(payment: Payment, now: int) -> bool:
    return now - payment.started_at < KEY_SECONDS


def _never_made(payment: Payment, refused: Refused) -> PaymentFact:
    """Stripe would not make this try to pay, and refuses it still: nothing can be paid under its number."""
    return PaymentFact(
        provider=NAME,
        event_id="",
        reference=payment.reference,
        kind=PaymentKind.CLOSED,
        transaction_id="",
        money=Money(0, payment.currency),
        is_our_account=True,
        failure=refused.failure(PAYMENT_FAILURES),
    )


def _refund_refused(payment: Payment, refund: Refund, refused: Refused) -> RefundFact:
    return RefundFact(
        provider=NAME,
        event_id="",
        number=refund.provider_refund_id,
        outcome=RefundOutcome.FAILED,
        money=Money(refund.amount_minor, refund.currency),
        reference=payment.reference,
        transaction_id=refund.transaction_id,
        failure=refused.failure(REFUND_FAILURES),
    )
