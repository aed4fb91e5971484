import pytest

from shared.errors import Malformed
from shared.money import AMOUNT_MAX
from tests.payment.stripe_signer import (
    DROPPED,
    INTENT,
    REFERENCE,
    a_dispute,
    a_refund,
    a_session,
    a_warning,
    an_intent,
    one,
    told,
    waiting,
    without,
)

# ------------------------------------------------------------------ accounts that are connected to ours


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("payment_intent.succeeded", an_intent()),
        ("payment_intent.partially_funded", waiting(11_100)),
        ("checkout.session.completed", a_session()),
    ],
)
def test_money_that_came_into_another_account_is_told_as_not_ours(name, carried):
    assert one(name, carried, account="acct_1032D82eZvKYlo2C").is_our_account is False
    assert one(name, carried, account=None).is_our_account is True


FAILED_INTENT = an_intent(status="requires_payment_method", amount_received=0, last_payment_error={})
CANCELED_INTENT = an_intent(status="canceled", amount_received=0)


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("payment_intent.payment_failed", FAILED_INTENT),
        ("payment_intent.canceled", CANCELED_INTENT),
        ("checkout.session.async_payment_failed", a_session(payment_status="unpaid")),
        ("refund.created", a_refund()),
        ("refund.failed", a_refund(status="failed")),
        ("charge.dispute.created", a_dispute()),
        ("charge.dispute.closed", a_dispute(status="lost")),
        ("radar.early_fraud_warning.created", a_warning()),
    ],
)
def test_what_else_happens_in_another_account_does_not_concern_us(name, carried):
    assert told(name, carried, account="acct_1032D82eZvKYlo2C") == ()
    assert len(told(name, carried)) == 1


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("payment_intent.payment_failed", FAILED_INTENT | {"metadata": {}}),
        ("payment_intent.canceled", CANCELED_INTENT | {"metadata": {}}),
    ],
)
def test_that_somebody_elses_payment_failed_does_not_concern_us(name, carried):
    assert told(name, carried) == ()


# ------------------------------------------------------------------ authentic, and not what the protocol says


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_received": "17100"},
        {"amount_received": 17100.0},
        {"amount_received": True},
        {"amount_received": None},
        {"amount_received": 0},
        {"amount_received": -17_100},
        {"amount_received": AMOUNT_MAX + 1},
        {"amount_received": DROPPED},
        {"currency": "USD"},
        {"currency": "us"},
        {"currency": "usdx"},
        {"currency": None},
        {"currency": "ｕｓｄ"},
        {"id": None},
        {"id": ""},
        {"id": "pi#1"},
        {"id": "pi_1\n"},
        {"id": "p" * 129},
        {"metadata": "reference"},
        {"metadata": [REFERENCE]},
        {"object": "charge"},
        {"object": DROPPED},
    ],
)
def test_a_payment_that_is_not_understood_is_refused(changes):
    with pytest.raises(Malformed):
        told("payment_intent.succeeded", without(an_intent(), **changes))


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("payment_intent.succeeded", a_session()),
        ("checkout.session.completed", an_intent()),
        ("refund.created", a_dispute()),
        ("charge.dispute.created", a_refund()),
        ("radar.early_fraud_warning.created", a_refund()),
        ("payment_intent.succeeded", None),
        ("payment_intent.succeeded", [an_intent()]),
        ("refund.created", a_refund(amount=0)),
        ("refund.created", a_refund(amount="6300")),
        ("refund.created", a_refund(payment_intent={"id": INTENT})),
        ("charge.dispute.created", a_dispute(amount=None)),
        ("charge.dispute.created", a_dispute(currency="EUR")),
        ("checkout.session.completed", a_session(amount_total=None)),
        ("payment_intent.partially_funded", waiting(11_100, next_action="wait")),
    ],
)
def test_an_event_that_carries_something_else_is_refused(name, carried):
    with pytest.raises(Malformed):
        told(name, carried)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": "evt 1"},
        {"id": 7},
        {"created": None},
        {"created": 1.5},
        {"data": None},
        {"data": []},
        {"type": None},
        {"type": 7},
        {"type": ["payment_intent.succeeded"]},
    ],
)
def test_an_event_without_its_own_members_is_refused(changes):
    with pytest.raises(Malformed):
        told("payment_intent.succeeded", an_intent(), **changes)
