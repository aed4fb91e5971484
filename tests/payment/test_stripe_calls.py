import pytest

from shared.errors import Unavailable
from shared.outside import Answer
from shared.payment.facts import FAILURES, PaymentKind
from shared.payment.port import PayKind, PaymentRefused, PayWith
from tests.payment.stripe_script import (
    CANCELED_INTENT,
    HOUR,
    MAKE,
    NOT_UNDERSTOOD,
    OPEN_INTENT,
    READ,
    SEARCH,
    SILENCE,
    Script,
    a_fact,
    a_payment,
    an_answerless_payment,
    listed,
    refused,
)
from tests.payment.stripe_signer import (
    INTENT,
    NOW,
    ORDER,
    REFERENCE,
    TEST,
    a_stripe,
    an_intent,
    waiting,
)

# ------------------------------------------------------------------ create


def test_a_payment_is_opened_under_our_reference():
    outside = Script(OPEN_INTENT)

    pay_with = a_stripe().create(outside, an_answerless_payment(), now=NOW)

    assert pay_with == PayWith(PayKind.CLIENT_SECRET, f"{INTENT}_secret_YrKJUKribcBjcG8HVhfZluoGH", INTENT)
    assert outside.asked == [
        (
            MAKE,
            {
                "amount": "17100",
                "currency": "usd",
                "automatic_payment_methods[enabled]": "true",
                "description": f"Payment {REFERENCE}",
                "metadata[reference]": REFERENCE,
            },
            {
                "authorization": "Bearer sk_live_ours",
                "stripe-version": "2026-10-28.endive",
                "content-type": "application/x-www-form-urlencoded",
                "idempotency-key": REFERENCE,
            },
        )
    ]


def test_the_version_is_the_one_of_the_sdk_that_we_are_held_against():
    from stripe._api_version import _ApiVersion

    outside = Script(OPEN_INTENT)
    a_stripe().create(outside, an_answerless_payment(), now=NOW)

    assert outside.asked[0][2]["stripe-version"] == _ApiVersion.CURRENT


def test_a_repeat_asks_for_the_same_under_the_same_key():
    first, second = Script(OPEN_INTENT), Script(OPEN_INTENT)

    a_stripe().create(first, an_answerless_payment(), now=NOW)
    a_stripe().create(second, an_answerless_payment(), now=NOW + 22 * HOUR)

    assert first.asked == second.asked


def test_yen_are_not_multiplied():
    outside = Script(
        an_intent(amount=500, currency="jpy", status="requires_payment_method", amount_received=0)
    )

    a_stripe().create(outside, a_payment(amount_minor=500, currency="JPY"), now=NOW)

    assert (outside.asked[0][1]["amount"], outside.asked[0][1]["currency"]) == ("500", "jpy")


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_a_currency_whose_units_differ_at_stripe_is_refused_before_anything_is_sent(currency):
    outside, payment = Script(), an_answerless_payment(currency=currency)

    with pytest.raises(PaymentRefused) as no:
        a_stripe().create(outside, payment, now=NOW)

    assert no.value.failure == "not_allowed"
    assert a_stripe().query(outside, payment, now=NOW).kind is PaymentKind.CLOSED
    assert a_stripe().close(outside, payment, now=NOW) is None
    assert outside.calls == []


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (refused("amount_too_small", param="amount"), "amount_refused"),
        (refused("amount_too_large"), "amount_refused"),
        (refused("parameter_invalid_integer", param="amount"), "amount_refused"),
        (refused("payment_method_not_available"), "not_allowed"),
        (
            refused("card_declined", 402, type="card_error", decline_code="insufficient_funds"),
            "insufficient_balance",
        ),
        (refused("card_declined", 402, type="card_error"), "card_declined"),
        (refused("of_tomorrow"), "unknown"),
        (refused("Li Lei has no money"), "unknown"),
        (refused(None), "unknown"),
        (refused({"a": 1}), "unknown"),
    ],
)
def test_a_payment_that_stripe_will_not_open_is_refused_with_our_word(answer, failure):
    outside = Script(answer)

    with pytest.raises(PaymentRefused) as no:
        a_stripe().create(outside, an_answerless_payment(), now=NOW)

    assert (no.value.failure, no.value.status) == (failure, 409)
    assert failure in FAILURES
    assert "Li Lei" not in str(no.value)


@pytest.mark.parametrize("answer", NOT_UNDERSTOOD)
def test_a_payment_whose_opening_is_unknown_is_asked_for_again(answer):
    outside = Script(NOT_UNDERSTOOD[answer])

    with pytest.raises(Unavailable):
        a_stripe().create(outside, an_answerless_payment(), now=NOW)

    assert outside.calls == [MAKE]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 17_101},
        {"amount": "17100"},
        {"currency": "eur"},
        {"currency": "USD"},
        {"livemode": False},
        {"object": "setup_intent"},
        {"metadata": {}},
        {"metadata": {"reference": f"{ORDER}02"}},
        {"id": None},
        {"id": "pi 1"},
        {"client_secret": None},
        {"client_secret": "a b"},
    ],
)
def test_an_answer_about_another_payment_is_no_answer(changes):
    with pytest.raises(Unavailable):
        a_stripe().create(Script(OPEN_INTENT | changes), an_answerless_payment(), now=NOW)


def test_the_test_account_opens_payments_of_test_mode():
    outside = Script(OPEN_INTENT | {"livemode": False})

    a_stripe(TEST).create(outside, an_answerless_payment(), now=NOW)

    assert outside.asked[0][2]["authorization"] == "Bearer sk_test_ours"


def test_when_the_key_may_be_forgotten_what_was_made_is_looked_for_before():
    old = an_answerless_payment(started_at=NOW - 23 * HOUR)
    found, made = Script(listed(OPEN_INTENT)), Script(listed(), OPEN_INTENT)

    assert a_stripe().create(found, old, now=NOW).transaction_id == INTENT
    assert a_stripe().create(made, old, now=NOW).transaction_id == INTENT

    assert found.calls == [SEARCH]
    assert made.calls == [SEARCH, MAKE]
    assert found.asked[0][1] == {"query": f"metadata['reference']:'{REFERENCE}'", "limit": "10"}


# ------------------------------------------------------------------ query


@pytest.mark.parametrize(
    ("intent", "fact"),
    [
        (an_intent(), a_fact(PaymentKind.PAID, 17_100)),
        (an_intent(amount=99, amount_received=99), a_fact(PaymentKind.PAID, 99)),
        (CANCELED_INTENT, a_fact(PaymentKind.CLOSED, 0)),
        (CANCELED_INTENT | {"amount_received": 6_000}, a_fact(PaymentKind.PAID, 6_000)),
        (waiting(11_100), a_fact(PaymentKind.PART, 6_000)),
        (waiting(17_100), None),
        (OPEN_INTENT, None),
        (
            OPEN_INTENT | {"last_payment_error": {"code": "expired_card", "message": "Li Lei"}},
            a_fact(PaymentKind.FAILED, 17_100, failure="card_expired"),
        ),
        (OPEN_INTENT | {"status": "processing"}, None),
        (OPEN_INTENT | {"status": "requires_action"}, None),
        (OPEN_INTENT | {"status": "requires_capture"}, None),
        (OPEN_INTENT | {"status": "requires_confirmation"}, None),
        (OPEN_INTENT | {"status": "of_tomorrow"}, None),
    ],
)
def test_a_payment_stands_as_its_intent_says(intent, fact):
    outside = Script(intent)

    assert a_stripe().query(outside, a_payment(), now=NOW) == fact

    own = {"authorization": "Bearer sk_live_ours", "stripe-version": "2026-10-28.endive"}
    assert outside.asked == [(READ, {}, own)]


@pytest.mark.parametrize("answer", [*NOT_UNDERSTOOD, "refused"])
def test_a_question_without_a_clear_answer_is_asked_again(answer):
    outside = Script(NOT_UNDERSTOOD.get(answer, refused("payment_intent_unexpected_state")))

    with pytest.raises(Unavailable):
        a_stripe().query(outside, a_payment(), now=NOW)

    assert outside.calls == [READ]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "pi_another"},
        {"metadata": {"reference": f"{ORDER}02"}},
        {"livemode": False},
        {"object": "charge"},
        {"amount_received": "17100"},
        {"amount_received": 0},
        {"currency": "USD"},
    ],
)
def test_an_answer_about_another_intent_is_no_answer(changes):
    with pytest.raises(Unavailable):
        a_stripe().query(Script(an_intent(**changes)), a_payment(), now=NOW)


def test_a_lost_id_is_learned_by_making_it_again_and_its_state_is_read_anew():
    outside = Script(OPEN_INTENT, an_intent())  # Stripe replays what it said when the payment was made.

    fact = a_stripe().query(outside, an_answerless_payment(), now=NOW)

    assert fact == a_fact(PaymentKind.PAID, 17_100)
    assert outside.calls == [MAKE, READ]
    assert outside.asked[0][2]["idempotency-key"] == REFERENCE


def test_a_payment_that_stripe_refused_to_make_is_closed():
    fact = a_stripe().query(Script(refused("amount_too_small")), an_answerless_payment(), now=NOW)

    assert fact == a_fact(PaymentKind.CLOSED, 0, transaction_id="", failure="amount_refused")


@pytest.mark.parametrize("answer", [Answer(500, b"{}"), SILENCE])
def test_when_a_failure_is_replayed_the_search_may_still_find_it(answer):
    found = Script(answer, listed(OPEN_INTENT), an_intent())
    missing = Script(answer, listed())

    assert a_stripe().query(found, an_answerless_payment(), now=NOW) == a_fact(PaymentKind.PAID, 17_100)
    with pytest.raises(Unavailable):  # The search lags: what it does not find may be there.
        a_stripe().query(missing, an_answerless_payment(), now=NOW)

    assert found.calls == [MAKE, SEARCH, READ]
    assert missing.calls == [MAKE, SEARCH]


def test_the_key_is_used_until_23_hours_and_the_search_from_then_on():
    key, search = Script(OPEN_INTENT, an_intent()), Script(listed(OPEN_INTENT), an_intent())

    a_stripe().query(key, an_answerless_payment(started_at=NOW - 23 * HOUR + 1), now=NOW)
    a_stripe().query(search, an_answerless_payment(started_at=NOW - 23 * HOUR), now=NOW)

    assert (key.calls, search.calls) == ([MAKE, READ], [SEARCH, READ])


def test_what_the_search_does_not_find_after_a_day_was_never_made():
    old = an_answerless_payment(started_at=NOW - 24 * HOUR)
    queried, closed = Script(listed()), Script(listed())

    assert a_stripe().query(queried, old, now=NOW) is None
    assert a_stripe().close(closed, old, now=NOW) is None

    assert (queried.calls, closed.calls) == ([SEARCH], [SEARCH])


@pytest.mark.parametrize(
    "answer",
    [
        listed(OPEN_INTENT, OPEN_INTENT),
        listed(OPEN_INTENT | {"metadata": {"reference": REFERENCE.lower()}}),
        listed(OPEN_INTENT | {"livemode": False}),
        listed(7),
        {"data": None},
        {},
        refused("parameter_invalid_empty"),
        Answer(404, b"{}"),
    ],
)
def test_a_search_that_finds_something_else_is_no_answer(answer):
    old = an_answerless_payment(started_at=NOW - 24 * HOUR)
    queried, created = Script(answer), Script(answer)

    with pytest.raises(Unavailable):
        a_stripe().query(queried, old, now=NOW)
    with pytest.raises(Unavailable):  # To make another would perhaps be a second one.
        a_stripe().create(created, old, now=NOW)

    assert (queried.calls, created.calls) == ([SEARCH], [SEARCH])
