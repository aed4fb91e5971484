import pytest

from shared.errors import Malformed
from shared.money import Money
from shared.payment.facts import (
    PaymentFact,
    PaymentKind,
)
from tests.payment.stripe_signer import (
    DROPPED,
    INTENT,
    NOW,
    REFERENCE,
    a_session,
    an_intent,
    one,
    told,
    waiting,
    without,
)

# ------------------------------------------------------------------ attempts


def test_a_payment_is_read():
    assert one("payment_intent.succeeded", an_intent()) == PaymentFact(
        provider="stripe",
        event_id="evt_1",
        reference=REFERENCE,
        kind=PaymentKind.PAID,
        transaction_id=INTENT,
        money=Money(17_100, "USD"),
        is_our_account=True,
        failure="",
        occurred_at=NOW - 5,
    )


def test_what_counts_is_what_was_received_and_not_what_was_asked():
    fact = one("payment_intent.succeeded", an_intent(amount=17_100, amount_received=17_099))

    assert fact.money == Money(17_099, "USD")


@pytest.mark.parametrize(
    ("written_as", "read_as"), [("jpy", "JPY"), ("krw", "KRW"), ("kwd", "KWD"), ("cny", "CNY")]
)
def test_amounts_are_minor_units_of_any_currency_as_they_stand(written_as, read_as):
    fact = one("payment_intent.succeeded", an_intent(currency=written_as, amount_received=500))

    assert fact.money == Money(500, read_as)


@pytest.mark.parametrize(
    "status",
    [
        "processing",
        "requires_action",
        "requires_capture",
        "requires_confirmation",
        "requires_payment_method",
        "new",
    ],
)
def test_a_payment_is_not_made_because_an_event_is_called_so(status):
    assert told("payment_intent.succeeded", an_intent(status=status, amount_received=0)) == ()
    assert told("payment_intent.succeeded", an_intent(status=status, amount_received=17_100)) == ()


@pytest.mark.parametrize(
    "name",
    [
        "payment_intent.amount_capturable_updated",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.created",
        "charge.succeeded",
        "charge.refunded",
        "charge.dispute.updated",
        "customer.created",
        "payout.paid",
        "PAYMENT_INTENT.SUCCEEDED",
        "",
    ],
)
def test_other_events_say_nothing_whatever_they_carry(name):
    assert told(name, an_intent()) == ()
    assert told(name, None) == ()
    assert told(name, an_intent(), data=7, id=None, created="x") == ()


@pytest.mark.parametrize(
    ("metadata", "reference"),
    [
        ({"reference": REFERENCE}, REFERENCE),
        ({"reference": "a" * 64}, "a" * 64),
        ({"reference": "a" * 65}, ""),
        ({"reference": "short"}, ""),
        ({"reference": "a#bcdefg"}, ""),
        ({"reference": REFERENCE + "\n"}, ""),
        ({"reference": "０１２３４５６７"}, ""),
        ({"reference": 7}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_only_what_can_be_our_number_is_taken_for_it_and_the_money_is_told_without_it(metadata, reference):
    fact = one("payment_intent.succeeded", an_intent(metadata=metadata))

    assert (fact.reference, fact.transaction_id, fact.money) == (reference, INTENT, Money(17_100, "USD"))


@pytest.mark.parametrize(
    ("decline_code", "code", "failure"),
    [
        ("insufficient_funds", "card_declined", "insufficient_balance"),
        ("generic_decline", "card_declined", "card_declined"),
        ("lost_card", "card_declined", "card_declined"),
        ("stolen_card", "card_declined", "card_declined"),
        ("fraudulent", "card_declined", "card_declined"),
        ("of_tomorrow", "card_declined", "card_declined"),
        (None, "expired_card", "card_expired"),
        (None, "incorrect_cvc", "card_invalid"),
        (None, "payment_intent_authentication_failure", "authentication_failed"),
        ("authentication_required", "authentication_required", "authentication_failed"),
        ("card_velocity_exceeded", "card_declined", "limit_exceeded"),
        ("invalid_pin", "card_declined", "wrong_password"),
        (None, "payment_method_customer_decline", "closed_by_payer"),
        (None, "payment_method_provider_decline", "not_allowed"),
        (None, "processing_error", "unknown"),
        (None, "Li Lei has no money", "unknown"),
        (None, None, "unknown"),
        (["insufficient_funds"], {"code": 1}, "unknown"),
    ],
)
def test_a_refused_payment_is_read_with_our_word_for_its_reason(decline_code, code, failure):
    error = {"decline_code": decline_code, "code": code, "message": "Li Lei has no money"}
    intent = an_intent(status="requires_payment_method", amount_received=0, last_payment_error=error)

    fact = one("payment_intent.payment_failed", intent)

    assert (fact.kind, fact.failure, fact.money) == (PaymentKind.FAILED, failure, Money(17_100, "USD"))
    assert (fact.reference, fact.transaction_id) == (REFERENCE, INTENT)


@pytest.mark.parametrize("status", ["succeeded", "processing", "requires_action"])
def test_a_payment_did_not_fail_because_an_event_is_called_so(status):
    received = 17_100 if status == "succeeded" else 0
    error = {"code": "expired_card"}

    assert told("payment_intent.payment_failed", an_intent(status=status, amount_received=received)) == ()
    late = an_intent(status=status, amount_received=received, last_payment_error=error)
    assert told("payment_intent.payment_failed", late) == ()


def test_a_canceled_payment_that_received_nothing_is_closed():
    fact = one("payment_intent.canceled", an_intent(status="canceled", amount_received=0))

    assert (fact.kind, fact.money, fact.failure) == (PaymentKind.CLOSED, Money(0, "USD"), "")


def test_instructions_left_over_from_a_transfer_do_not_count_once_it_is_canceled():
    fact = one("payment_intent.canceled", waiting(11_100, status="canceled"))

    assert (fact.kind, fact.money) == (PaymentKind.CLOSED, Money(0, "USD"))


def test_what_a_canceled_payment_had_received_is_all_that_came():
    fact = one("payment_intent.canceled", an_intent(status="canceled", amount_received=6_000))

    assert (fact.kind, fact.money) == (PaymentKind.PAID, Money(6_000, "USD"))


@pytest.mark.parametrize("status", ["succeeded", "processing", "requires_payment_method"])
def test_a_payment_is_not_closed_because_an_event_is_called_so(status):
    received = 17_100 if status == "succeeded" else 0

    facts = told("payment_intent.canceled", an_intent(status=status, amount_received=received))

    assert [fact.kind for fact in facts] == ([PaymentKind.PAID] if status == "succeeded" else [])


@pytest.mark.parametrize(
    ("intent", "came"),
    [
        (waiting(11_100), 6_000),
        (waiting(17_099), 1),
        (waiting(0), 17_100),
        (waiting(None, amount_received=6_000), 6_000),
        (an_intent(status="requires_capture", amount_received=6_000), 6_000),
        (an_intent(status="processing", amount_received=17_100), 17_100),
    ],
)
def test_part_of_the_money_is_told_as_part(intent, came):
    fact = one("payment_intent.partially_funded", intent)

    assert (fact.kind, fact.money) == (PaymentKind.PART, Money(came, "USD"))


def test_a_transfer_of_which_nothing_came_yet_is_no_part():
    assert told("payment_intent.partially_funded", waiting(17_100)) == ()
    assert told("payment_intent.partially_funded", waiting(None)) == ()


def test_more_cannot_remain_than_was_asked():
    with pytest.raises(Malformed):
        told("payment_intent.partially_funded", waiting(17_101))


# ------------------------------------------------------------------ Stripe's own page


@pytest.mark.parametrize("name", ["checkout.session.completed", "checkout.session.async_payment_succeeded"])
def test_a_paid_session_is_the_payment_of_its_intent(name):
    fact = one(name, a_session())

    assert fact == PaymentFact(
        "stripe", "evt_1", REFERENCE, PaymentKind.PAID, INTENT, Money(17_100, "USD"), True, "", NOW - 5
    )


def test_the_reference_of_a_session_may_stand_in_its_metadata():
    session = a_session(client_reference_id=None, metadata={"reference": REFERENCE})

    assert one("checkout.session.completed", session).reference == REFERENCE


@pytest.mark.parametrize("status", ["unpaid", "no_payment_required", "PAID", None, DROPPED, True])
def test_a_session_that_is_over_is_not_yet_paid(status):
    session = without(a_session(), payment_status=status)

    assert told("checkout.session.completed", session) == ()
    assert told("checkout.session.async_payment_succeeded", session) == ()


def test_a_session_whose_payment_failed_later_is_told():
    fact = one("checkout.session.async_payment_failed", a_session(payment_status="unpaid"))

    assert (fact.kind, fact.failure, fact.transaction_id) == (PaymentKind.FAILED, "unknown", INTENT)


def test_a_paid_session_did_not_fail_because_an_event_is_called_so():
    assert told("checkout.session.async_payment_failed", a_session()) == ()


def test_a_session_without_a_payment_says_nothing():
    assert told("checkout.session.completed", a_session(payment_intent=None, amount_total=None)) == ()
