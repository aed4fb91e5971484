"""Why Stripe said no, in our words. A code that is not in the table is ``unknown``; its text never passes.

Codes: the error codes of Stripe's Python SDK 16.1.0, and the decline codes of Stripe's documentation. It asks not to
tell a payer that a card was reported lost or stolen or looks fraudulent: those are declined like any other.
"""

from collections.abc import Mapping

PAYMENT_FAILURES = {
    "insufficient_funds": "insufficient_balance",
    "incorrect_pin": "wrong_password",
    "invalid_pin": "wrong_password",
    "pin_try_exceeded": "wrong_password",
    "expired_card": "card_expired",
    "expired_payment_method": "card_expired",
    "incorrect_address": "card_invalid",
    "incorrect_cvc": "card_invalid",
    "incorrect_number": "card_invalid",
    "incorrect_postal_code": "card_invalid",
    "incorrect_zip": "card_invalid",
    "invalid_account": "card_invalid",
    "invalid_cvc": "card_invalid",
    "invalid_expiry_month": "card_invalid",
    "invalid_expiry_year": "card_invalid",
    "invalid_number": "card_invalid",
    "new_account_information_available": "card_invalid",
    "postal_code_invalid": "card_invalid",
    "authentication_failure": "authentication_failed",
    "authentication_not_handled": "authentication_failed",
    "authentication_required": "authentication_failed",
    "mobile_device_authentication_required": "authentication_failed",
    "offline_pin_required": "authentication_failed",
    "online_or_offline_pin_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
    "card_decline_rate_limit_exceeded": "limit_exceeded",
    "card_velocity_exceeded": "limit_exceeded",
    "charge_exceeds_source_limit": "limit_exceeded",
    "charge_exceeds_transaction_limit": "limit_exceeded",
    "withdrawal_count_limit_exceeded": "limit_exceeded",
    "call_issuer": "card_declined",
    "card_declined": "card_declined",
    "card_not_supported": "card_declined",
    "currency_not_supported": "card_declined",
    "do_not_honor": "card_declined",
    "do_not_try_again": "card_declined",
    "fraudulent": "card_declined",
    "generic_decline": "card_declined",
    "lost_card": "card_declined",
    "merchant_blacklist": "card_declined",
    "no_action_taken": "card_declined",
    "not_permitted": "card_declined",
    "pickup_card": "card_declined",
    "restricted_card": "card_declined",
    "revocation_of_all_authorizations": "card_declined",
    "revocation_of_authorization": "card_declined",
    "security_violation": "card_declined",
    "service_not_allowed": "card_declined",
    "stolen_card": "card_declined",
    "stop_payment_order": "card_declined",
    "transaction_not_allowed": "card_declined",
    "try_again_later": "card_declined",
    "payment_method_customer_decline": "closed_by_payer",
    "amount_too_large": "amount_refused",
    "amount_too_small": "amount_refused",
    "invalid_amount": "amount_refused",
    "invalid_charge_amount": "amount_refused",
    "payment_method_currency_mismatch": "not_allowed",
    "payment_method_not_available": "not_allowed",
    "payment_method_provider_decline": "not_allowed",
    "payment_method_restricted": "not_allowed",
}
REFUND_FAILURES = {
    "amount_too_large": "amount_refused",
    "amount_too_small": "amount_refused",
    "charge_already_refunded": "amount_refused",
    "invalid_charge_amount": "amount_refused",
    "balance_insufficient": "balance_short",
    "insufficient_funds": "balance_short",
    "expired_or_canceled_card": "account_closed",
    "lost_or_stolen_card": "account_closed",
    "charge_disputed": "not_allowed",
    "charge_for_pending_refund_disputed": "not_allowed",
    "charge_not_refundable": "not_allowed",
    "declined": "not_allowed",
    "merchant_request": "not_allowed",
    "refund_disputed_payment": "not_allowed",
}


def failure_of(table: Mapping[str, str], *codes: object) -> str:
    """The first of *codes* that the table knows. The finer code is asked first.

    >>> failure_of(PAYMENT_FAILURES, None, "expired_card"), failure_of(PAYMENT_FAILURES, "of tomorrow")
    ('card_expired', 'unknown')
    """
    known = (table[code] for code in codes if isinstance(code, str) and code in table)
    return next(known, "unknown")
