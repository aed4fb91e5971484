"""What Stripe sends, made and signed by ourselves: events with the members that real ones have, and more than we read.

Signed with hmac alone; ``test_stripe`` holds these signatures against Stripe's own SDK and against OpenSSL.
"""

import hmac
import json
from typing import Any

from shared.payment.facts import Fact
from shared.payment.keys import StripeKeys
from shared.payment.providers.stripe import Stripe

DROPPED: Any = object()
NOW = 1_800_000_000
ORDER = "01HF7YAT00ABCDEFGHJKMNPQRS"
REFERENCE = f"{ORDER}01"
REFUND = f"{ORDER}R01"
INTENT = "pi_3MtwBwLkdIwHu7ix28a3tqPa"
SECRET = "whsec_live0Xk2mT7dQvR9zLw4nB1c"
OLD_SECRET = "whsec_old00P8sYh3JfGq6tVe5uN2a"
HOST = "https://stripe.invalid"
LIVE = StripeKeys(secret_key="sk_live_ours", webhook_secrets=(SECRET, OLD_SECRET), livemode=True)
TEST = StripeKeys(secret_key="sk_test_ours", webhook_secrets=(SECRET, OLD_SECRET), livemode=False)


def a_stripe(keys: StripeKeys = LIVE) -> Stripe:
    return Stripe(keys, HOST)


def digest(body: bytes, *, at: int | str = NOW, secret: str = SECRET, hash_name: str = "sha256") -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hash_name).hexdigest()


def header(body: bytes, *, at: int | str = NOW, secret: str = SECRET) -> str:
    return f"t={at},v1={digest(body, at=at, secret=secret)}"


def signed(body: bytes, *, at: int = NOW, secret: str = SECRET) -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("Stripe-Signature", header(body, at=at, secret=secret))]


def an_intent(**changes: Any) -> dict[str, Any]:
    """A PaymentIntent that was paid: 171.00."""
    return {
        "id": INTENT,
        "object": "payment_intent",
        "amount": 17_100,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 17_100,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "client_secret": f"{INTENT}_secret_YrKJUKribcBjcG8HVhfZluoGH",
        "created": NOW - 60,
        "currency": "usd",
        "last_payment_error": None,
        "livemode": True,
        "metadata": {"reference": REFERENCE},
        "next_action": None,
        "payment_method_options": {"card": {"installments": {"plan": {"interval": "month"}}}},
        "status": "succeeded",
    } | changes


def waiting(amount_remaining: int | None, **changes: Any) -> dict[str, Any]:
    """A PaymentIntent that waits for a bank transfer: as deep as events of Stripe get."""
    address = {"iban": {"account_holder_address": {"country": "DE", "lines": [["1", "2"]]}}}
    steps = {"amount_remaining": amount_remaining, "currency": "usd", "financial_addresses": [address]}
    action = {"type": "display_bank_transfer_instructions", "display_bank_transfer_instructions": steps}
    return an_intent(status="requires_action", amount_received=0, next_action=action) | changes


def a_session(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cs_live_a1B2",
        "object": "checkout.session",
        "amount_total": 17_100,
        "client_reference_id": REFERENCE,
        "currency": "usd",
        "livemode": True,
        "metadata": {},
        "mode": "payment",
        "payment_intent": INTENT,
        "payment_status": "paid",
        "status": "complete",
    } | changes


def a_refund(**changes: Any) -> dict[str, Any]:
    """A refund of ours that was done: 63.00."""
    return {
        "id": "re_1Nispe2eZvKYlo2Cd31jOCgZ",
        "object": "refund",
        "amount": 6_300,
        "charge": "ch_1NirD82eZvKYlo2CIvbtLWuY",
        "created": NOW - 30,
        "currency": "usd",
        "destination_details": {"card": {"reference": "123", "type": "refund"}, "type": "card"},
        "metadata": {"refund_id": REFUND, "reference": REFERENCE},
        "payment_intent": INTENT,
        "reason": None,
        "status": "succeeded",
    } | changes


def a_dispute(**changes: Any) -> dict[str, Any]:
    return {
        "id": "dp_1MtJUT2eZvKYlo2CNaw2HvEv",
        "object": "dispute",
        "amount": 17_100,
        "balance_transactions": [],
        "charge": "ch_1NirD82eZvKYlo2CIvbtLWuY",
        "currency": "usd",
        "is_charge_refundable": False,
        "livemode": True,
        "metadata": {},
        "payment_intent": INTENT,
        "reason": "fraudulent",
        "status": "needs_response",
    } | changes


def a_warning(**changes: Any) -> dict[str, Any]:
    return {
        "id": "issfr_1Mtn2F",
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": "ch_1NirD82eZvKYlo2CIvbtLWuY",
        "created": NOW,
        "fraud_type": "made_with_stolen_card",
        "livemode": True,
        "payment_intent": INTENT,
    } | changes


def an_event(name: str, carried: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": NOW - 5,
        "data": {"object": carried},
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
    } | changes


def without(thing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """*thing* with members changed, or dropped."""
    return {name: value for name, value in (thing | changes).items() if value is not DROPPED}


def written(message: Any) -> bytes:
    """As Stripe writes it: indented, and not in the order of the alphabet."""
    return json.dumps(message, indent=2).encode()


PAID = written(an_event("payment_intent.succeeded", an_intent()))


def told(name: str, carried: Any, **changes: Any) -> tuple[Fact, ...]:
    """What an authentic event says; through the door, as it really comes."""
    body = written(an_event(name, carried, **changes))
    stripe = a_stripe()
    return stripe.interpret(stripe.verify(signed(body), body, NOW))


def one(name: str, carried: Any, **changes: Any) -> Any:
    """The one fact that an event says."""
    (fact,) = told(name, carried, **changes)
    return fact
