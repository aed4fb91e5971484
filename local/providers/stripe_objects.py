"""Stripe's objects as its API and its events show them: PaymentIntent, Charge, Refund, Dispute."""

from typing import Any

from local.providers.books import Dispute, Refund, Trade

STATUS = {"paying": "processing", "paid": "succeeded", "closed": "canceled"}
FAILED_FOR = {
    "account_closed": "expired_or_canceled_card",
    "balance_short": "insufficient_funds",
    "not_allowed": "declined",
}
CODES = (
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "processing_error",
)  # Told without a decline code.
DISPUTE_STATUS = {"open": "needs_response", "won": "won", "lost": "lost"}


def status_of(trade: Trade) -> str:
    """Return the status of a PaymentIntent."""
    if trade.state == "open" and trade.captured:
        return "requires_action"  # A bank transfer that came in part.
    return STATUS.get(trade.state, "requires_payment_method")


def intent(trade: Trade) -> dict[str, Any]:
    """Return a PaymentIntent."""
    status = status_of(trade)
    return {
        "id": trade.transaction_id,
        "object": "payment_intent",
        "amount": trade.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": trade.captured if status == "succeeded" else 0,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": int(trade.closed_at) if trade.closed_at else None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{trade.transaction_id}_secret_simulated",
        "confirmation_method": "automatic",
        "created": int(trade.created_at),
        "currency": trade.currency.lower(),
        "customer": None,
        "description": trade.attributes.get("description"),
        "last_payment_error": _error(trade),
        "latest_charge": trade.attributes["charge"] if trade.captured or trade.failure else None,
        "livemode": trade.attributes.get("livemode", True),
        "metadata": trade.attributes.get("metadata", {}),
        "next_action": _next_action(trade) if status == "requires_action" else None,
        "payment_method": "pm_simulated" if trade.captured else None,
        "payment_method_types": ["card"],
        "processing": None,
        "status": status,
    }


def _next_action(trade: Trade) -> dict[str, Any]:
    told = {
        "amount_remaining": trade.amount - trade.captured,
        "currency": trade.currency.lower(),
        "financial_addresses": [],
        "hosted_instructions_url": None,
        "reference": trade.reference[:12],
        "type": "us_bank_transfer",
    }
    return {"type": "display_bank_transfer_instructions", "display_bank_transfer_instructions": told}


def _error(trade: Trade) -> dict[str, Any] | None:
    if not trade.failure:
        return None
    is_code = trade.failure in CODES
    method = {"id": "pm_simulated", "object": "payment_method", "card": _card(), "type": "card"}
    return {
        "charge": trade.attributes["charge"],
        "code": trade.failure if is_code else "card_declined",
        **({} if is_code else {"decline_code": trade.failure}),
        "message": "Your card was declined.",
        "payment_method": method,
        "type": "card_error",
    }


def _card() -> dict[str, Any]:
    return {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "IE",
        "exp_month": 12,
        "exp_year": 2034,
        "funding": "credit",
        "last4": "4242",
        "networks": {"available": ["visa"], "preferred": None},
        "three_d_secure": None,
    }


def charge(trade: Trade) -> dict[str, Any]:
    """Return the charge of a payment that was made."""
    refunded = trade.refunded("succeeded", "pending")
    return {
        "id": trade.attributes["charge"],
        "object": "charge",
        "amount": trade.captured,
        "amount_captured": trade.captured,
        "amount_refunded": refunded,
        "captured": True,
        "created": int(trade.paid_at or trade.created_at),
        "currency": trade.currency.lower(),
        "disputed": bool(trade.disputes),
        "livemode": trade.attributes.get("livemode", True),
        "metadata": trade.attributes.get("metadata", {}),
        "outcome": {"network_status": "approved_by_network", "risk_level": "normal", "type": "authorized"},
        "paid": True,
        "payment_intent": trade.transaction_id,
        "payment_method_details": {"card": _card(), "type": "card"},
        "refunded": refunded >= trade.captured > 0,
        "status": "succeeded",
    }


def refund(trade: Trade, made: Refund) -> dict[str, Any]:
    """Return a refund."""
    failed = {
        "failure_balance_transaction": f"txn_{made.provider_number[3:]}f",
        "failure_reason": FAILED_FOR.get(made.reason, "unknown"),
    }
    return {
        "id": made.provider_number,
        "object": "refund",
        "amount": made.amount,
        "balance_transaction": f"txn_{made.provider_number[3:]}r",
        "charge": trade.attributes["charge"],
        "created": int(made.requested_at),
        "currency": trade.currency.lower(),
        "destination_details": {"card": {"reference": "1234567890", "type": "refund"}, "type": "card"},
        "metadata": made.attributes.get("metadata", {}),
        "payment_intent": trade.transaction_id,
        "reason": made.attributes.get("reason"),
        "receipt_number": None,
        "status": made.status,
        **(failed if made.status == "failed" else {}),
    }


def dispute(trade: Trade, opened: Dispute) -> dict[str, Any]:
    """Return a dispute."""
    moves = [
        {"id": f"txn_{opened.dispute_id[3:]}{sign}", "object": "balance_transaction", "amount": amount}
        for sign, amount in (("w", -opened.withdrawn), ("v", opened.reinstated))
        if amount
    ]
    return {
        "id": opened.dispute_id,
        "object": "dispute",
        "amount": opened.amount,
        "balance_transactions": moves,
        "charge": trade.attributes["charge"],
        "created": int(opened.opened_at),
        "currency": trade.currency.lower(),
        "evidence_details": {"due_by": int(opened.opened_at) + 7 * 86_400, "has_evidence": False},
        "is_charge_refundable": False,
        "livemode": trade.attributes.get("livemode", True),
        "metadata": {},
        "payment_intent": trade.transaction_id,
        "reason": "fraudulent",
        "status": DISPUTE_STATUS[opened.status],
    }


def fraud_warning(trade: Trade, number: int) -> dict[str, Any]:
    """Return an early fraud warning: the payer's bank suspects, and nobody has disputed anything yet."""
    return {
        "id": f"issfr_{number:024}",
        "object": "radar.early_fraud_warning",
        "actionable": not trade.disputes,
        "charge": trade.attributes["charge"],
        "created": int(trade.paid_at or 0),
        "fraud_type": "made_with_stolen_card",
        "livemode": trade.attributes.get("livemode", True),
        "payment_intent": trade.transaction_id,
    }
