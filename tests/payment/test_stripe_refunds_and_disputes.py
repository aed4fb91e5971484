import pytest

from shared.money import Money
from shared.payment.facts import (
    DisputeFact,
    DisputeKind,
    RefundFact,
    RefundOutcome,
)
from tests.payment.stripe_signer import (
    INTENT,
    NOW,
    ORDER,
    REFERENCE,
    REFUND,
    a_dispute,
    a_refund,
    a_warning,
    one,
    told,
)

# ------------------------------------------------------------------ refunds


@pytest.mark.parametrize(
    "name", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("succeeded", RefundOutcome.SUCCEEDED),
        ("pending", RefundOutcome.PENDING),
        ("requires_action", RefundOutcome.PENDING),
        ("failed", RefundOutcome.FAILED),
        ("canceled", RefundOutcome.FAILED),
    ],
)
def test_a_refund_is_read_by_its_status_and_not_by_the_name_of_the_event(name, status, outcome):
    fact = one(name, a_refund(status=status))

    assert fact == RefundFact(
        provider="stripe",
        event_id="evt_1",
        number=REFUND,
        outcome=outcome,
        money=Money(6_300, "USD"),
        reference=REFERENCE,
        transaction_id=INTENT,
        failure="unknown" if outcome is RefundOutcome.FAILED else "",
        occurred_at=NOW - 5,
    )


@pytest.mark.parametrize("status", ["of_tomorrow", None, 1, ["succeeded"]])
def test_a_refund_in_an_unknown_state_says_nothing(status):
    assert told("refund.updated", a_refund(status=status)) == ()


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("lost_or_stolen_card", "account_closed"),
        ("expired_or_canceled_card", "account_closed"),
        ("charge_for_pending_refund_disputed", "not_allowed"),
        ("insufficient_funds", "balance_short"),
        ("declined", "not_allowed"),
        ("merchant_request", "not_allowed"),
        ("unknown", "unknown"),
        ("Li Lei moved", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_refund_that_the_bank_returned_is_failed_with_our_word_for_its_reason(reason, failure):
    fact = one("refund.failed", a_refund(status="failed", failure_reason=reason))

    assert (fact.outcome, fact.failure) == (RefundOutcome.FAILED, failure)


@pytest.mark.parametrize("number", [f"{ORDER}R01", f"{ORDER}R100", f"{ORDER}R02x2", f"{ORDER}R02x13"])
def test_our_numbers_of_refunds_are_taken_as_they_are(number):
    assert one("refund.created", a_refund(metadata={"refund_id": number})).number == number


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        None,
        {"refund_id": "R01"},
        {"refund_id": f"{ORDER}01"},
        {"refund_id": f"{REFUND}\n"},
        {"refund_id": 1},
    ],
)
def test_a_refund_that_was_made_by_hand_bears_the_number_of_stripe(metadata):
    fact = one("refund.created", a_refund(metadata=metadata))

    assert (fact.number, fact.reference, fact.transaction_id) == ("re_1Nispe2eZvKYlo2Cd31jOCgZ", "", INTENT)


def test_a_refund_of_a_charge_without_an_intent_names_no_payment():
    assert one("refund.created", a_refund(payment_intent=None, metadata={})).transaction_id == ""


# ------------------------------------------------------------------ disputes


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("charge.dispute.created", "needs_response", DisputeKind.OPENED),
        ("charge.dispute.created", "warning_needs_response", DisputeKind.OPENED),
        ("charge.dispute.funds_withdrawn", "needs_response", DisputeKind.WITHDRAWN),
        ("charge.dispute.funds_reinstated", "won", DisputeKind.REINSTATED),
        ("charge.dispute.closed", "won", DisputeKind.WON),
        ("charge.dispute.closed", "lost", DisputeKind.LOST),
        ("charge.dispute.closed", "warning_closed", DisputeKind.WON),
        ("charge.dispute.closed", "prevented", DisputeKind.WON),
    ],
)
def test_a_dispute_is_read(name, status, kind):
    fact = one(name, a_dispute(status=status))

    assert fact == DisputeFact(
        provider="stripe",
        event_id="evt_1",
        dispute_id="dp_1MtJUT2eZvKYlo2CNaw2HvEv",
        kind=kind,
        money=Money(17_100, "USD"),
        reference="",
        transaction_id=INTENT,
    )


@pytest.mark.parametrize("status", ["under_review", "needs_response", "of_tomorrow", None])
def test_a_dispute_is_not_over_because_an_event_is_called_so(status):
    assert told("charge.dispute.closed", a_dispute(status=status)) == ()


def test_an_early_warning_names_no_amount():
    fact = one("radar.early_fraud_warning.created", a_warning())

    assert (fact.kind, fact.dispute_id) == (DisputeKind.WARNED, "issfr_1Mtn2F")
    assert (fact.money, fact.transaction_id) == (Money(0, "XXX"), INTENT)
