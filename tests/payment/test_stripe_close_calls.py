import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unavailable
from shared.outside import Answer
from shared.payment.facts import PaymentKind
from shared.payment.port import PayKind, PaymentRefused
from tests.payment.stripe_script import (
    CANCEL,
    CANCELED_INTENT,
    HOUR,
    MAKE,
    NOT_UNDERSTOOD,
    OPEN_INTENT,
    READ,
    SEARCH,
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
    REFERENCE,
    a_stripe,
    an_intent,
    waiting,
)

# ------------------------------------------------------------------ close


def test_a_canceled_payment_is_closed():
    outside = Script(CANCELED_INTENT)

    assert a_stripe().close(outside, a_payment(), now=NOW) is None
    assert outside.calls == [CANCEL]


def test_a_cancel_bears_no_key_so_that_a_not_now_is_not_replayed():
    outside = Script(CANCELED_INTENT)

    a_stripe().close(outside, a_payment(), now=NOW)

    assert "idempotency-key" not in outside.asked[0][2]


NOT_NOW = refused("payment_intent_unexpected_state")


@pytest.mark.parametrize(
    ("intent", "fact"),
    [
        (an_intent(), a_fact(PaymentKind.PAID, 17_100)),
        (CANCELED_INTENT, None),
        (CANCELED_INTENT | {"amount_received": 6_000}, a_fact(PaymentKind.PAID, 6_000)),
    ],
)
def test_when_it_cannot_be_canceled_its_state_tells_why(intent, fact):
    outside = Script(NOT_NOW, intent)

    assert a_stripe().close(outside, a_payment(), now=NOW) == fact
    assert outside.calls == [CANCEL, READ]


@pytest.mark.parametrize(
    "intent",
    [
        OPEN_INTENT,
        OPEN_INTENT | {"last_payment_error": {"code": "expired_card"}},
        OPEN_INTENT | {"status": "processing"},
        OPEN_INTENT | {"status": "requires_action"},
        OPEN_INTENT | {"status": "requires_capture"},
        OPEN_INTENT | {"status": "of_tomorrow"},
        OPEN_INTENT | {"status": None},
        waiting(11_100),
        {"id": INTENT},
        an_intent(id="pi_another"),
    ],
)
def test_what_is_still_open_is_not_closed(intent):
    for answers in ([NOT_NOW, intent], [intent]):
        with pytest.raises(Unavailable):
            a_stripe().close(Script(*answers), a_payment(), now=NOW)


@pytest.mark.parametrize("answer", NOT_UNDERSTOOD)
def test_whatever_is_not_a_clear_yes_is_unknown_and_asked_again(answer):
    first, second = Script(NOT_UNDERSTOOD[answer]), Script(NOT_NOW, NOT_UNDERSTOOD[answer])

    for outside in (first, second):
        with pytest.raises(Unavailable):
            a_stripe().close(outside, a_payment(), now=NOW)

    assert (first.calls, second.calls) == ([CANCEL], [CANCEL, READ])


def test_a_payment_without_a_known_id_is_found_and_then_closed():
    outside = Script(OPEN_INTENT, CANCELED_INTENT)

    assert a_stripe().close(outside, an_answerless_payment(), now=NOW) is None
    assert outside.calls == [MAKE, CANCEL]


def test_a_payment_that_stripe_refused_to_make_needs_no_closing():
    outside = Script(refused("amount_too_small"))

    assert a_stripe().close(outside, an_answerless_payment(), now=NOW) is None
    assert outside.calls == [MAKE]


@pytest.mark.parametrize("answer", NOT_UNDERSTOOD)
def test_a_payment_whose_number_cannot_be_learned_can_be_paid_by_nobody_and_is_closed(answer):
    said = NOT_UNDERSTOOD[answer]
    outside, unfound = Script(said, said), Script(said, listed())
    queried = Script(said, said)

    assert a_stripe().close(outside, an_answerless_payment(), now=NOW) is None
    assert a_stripe().close(unfound, an_answerless_payment(), now=NOW) is None
    with pytest.raises(Unavailable):  # To ask how it stands is another matter.
        a_stripe().query(queried, an_answerless_payment(), now=NOW)

    assert outside.calls == unfound.calls == queried.calls == [MAKE, SEARCH]


@pytest.mark.parametrize("answer", [*NOT_UNDERSTOOD, "two", "another's"])
def test_an_old_payment_whose_search_does_not_answer_is_closed_too_and_none_is_made(answer):
    searches = {"two": listed(OPEN_INTENT, OPEN_INTENT), "another's": listed(an_intent(livemode=False))}
    said = (NOT_UNDERSTOOD | searches)[answer]
    old = an_answerless_payment(started_at=NOW - 23 * HOUR)
    outside, queried = Script(said), Script(said)

    assert a_stripe().close(outside, old, now=NOW) is None
    with pytest.raises(Unavailable):
        a_stripe().query(queried, old, now=NOW)

    assert outside.calls == queried.calls == [SEARCH]


@pytest.mark.parametrize(
    ("answers", "fact"),
    [([CANCELED_INTENT], None), ([refused(), an_intent()], a_fact(PaymentKind.PAID, 17_100))],
)
def test_what_the_search_finds_after_a_replayed_failure_is_closed_there(answers, fact):
    outside = Script(NOT_UNDERSTOOD["an error of theirs"], listed(OPEN_INTENT), *answers)

    assert a_stripe().close(outside, an_answerless_payment(), now=NOW) == fact
    assert outside.calls == [MAKE, SEARCH, CANCEL, READ][: 2 + len(answers)]


@pytest.mark.parametrize("answer", NOT_UNDERSTOOD)
def test_a_payment_whose_number_was_learned_is_not_closed_before_stripe_says_so(answer):
    outside = Script(OPEN_INTENT, NOT_UNDERSTOOD[answer])

    with pytest.raises(Unavailable):
        a_stripe().close(outside, an_answerless_payment(), now=NOW)

    assert outside.calls == [MAKE, CANCEL]


# ------------------------------------------------------------------ whatever is answered


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({"a": None})


@given(
    st.dictionaries(st.sampled_from(sorted(OPEN_INTENT)), ODD, max_size=3),
    st.sampled_from([200, 400, 402, 500]),
)
def test_whatever_is_answered_is_an_answer_or_none(changes, status):
    said = Answer(
        status, json.dumps(OPEN_INTENT | changes | {"error": {"type": "card_error"} | changes}).encode()
    )
    stripe = a_stripe()

    with suppress(Unavailable, PaymentRefused):
        assert stripe.create(Script(said), an_answerless_payment(), now=NOW).kind is PayKind.CLIENT_SECRET
    with suppress(Unavailable):
        fact = stripe.query(Script(said), a_payment(), now=NOW)
        assert fact is None or fact.reference == REFERENCE
    with suppress(Unavailable):
        fact = stripe.close(Script(said, said), a_payment(), now=NOW)
        assert fact is None or fact.kind is PaymentKind.PAID


@given(st.binary(max_size=100), st.sampled_from([200, 400, 402]))
def test_whatever_bytes_are_answered_nothing_is_assumed(body, status):
    said = Answer(status, body)

    for ask in (a_stripe().query, a_stripe().close):
        with pytest.raises(Unavailable):
            ask(Script(said, said), a_payment(), now=NOW)
