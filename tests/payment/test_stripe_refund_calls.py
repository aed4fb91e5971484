from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unavailable
from shared.money import Money
from shared.payment.facts import RefundOutcome
from tests.payment.stripe_script import (
    LIST,
    NOT_UNDERSTOOD,
    SEND_BACK,
    SILENCE,
    Script,
    a_payment,
    a_refund_fact,
    listed,
    our_refund,
    refused,
)
from tests.payment.stripe_signer import (
    INTENT,
    NOW,
    ORDER,
    REFERENCE,
    REFUND,
    a_refund,
    a_stripe,
    without,
)

# ------------------------------------------------------------------ refund


def test_a_refund_is_asked_for_under_our_number():
    outside = Script(a_refund())

    fact = a_stripe().refund(outside, a_payment(), our_refund(), now=NOW)

    assert fact == a_refund_fact()
    assert outside.asked == [
        (
            SEND_BACK,
            {
                "payment_intent": INTENT,
                "amount": "6300",
                "metadata[refund_id]": REFUND,
                "metadata[reference]": REFERENCE,
            },
            {
                "authorization": "Bearer sk_live_ours",
                "stripe-version": "2026-10-28.endive",
                "content-type": "application/x-www-form-urlencoded",
                "idempotency-key": REFUND,
            },
        )
    ]


def test_a_second_round_bears_its_own_number():
    outside = Script(a_refund(metadata={"refund_id": f"{REFUND}x2", "reference": REFERENCE}))

    fact = a_stripe().refund(outside, a_payment(), our_refund(round=2), now=NOW)

    assert (fact.number, outside.asked[0][2]["idempotency-key"]) == (f"{REFUND}x2", f"{REFUND}x2")


@pytest.mark.parametrize(
    ("changes", "outcome", "failure"),
    [
        ({"status": "succeeded"}, RefundOutcome.SUCCEEDED, ""),
        ({"status": "pending", "pending_reason": "insufficient_funds"}, RefundOutcome.PENDING, ""),
        ({"status": "requires_action"}, RefundOutcome.PENDING, ""),
        (
            {"status": "failed", "failure_reason": "expired_or_canceled_card"},
            RefundOutcome.FAILED,
            "account_closed",
        ),
        ({"status": "canceled"}, RefundOutcome.FAILED, "unknown"),
    ],
)
def test_a_refund_stands_as_stripe_says(changes, outcome, failure):
    expected = a_refund_fact(outcome, failure)
    listing = listed(a_refund(**changes))

    assert a_stripe().refund(Script(a_refund(**changes)), a_payment(), our_refund(), now=NOW) == expected
    assert a_stripe().query_refund(Script(listing), a_payment(), our_refund(), now=NOW) == expected


def test_a_refund_that_is_not_new_is_looked_for_before_it_is_asked_for():
    known, unknown = Script(listed(a_refund())), Script(listed(), a_refund())
    old = our_refund(requested_at=NOW - 61)

    assert a_stripe().refund(known, a_payment(), old, now=NOW) == a_refund_fact()
    assert a_stripe().refund(unknown, a_payment(), old, now=NOW) == a_refund_fact()

    assert known.calls == [LIST]  # However long ago: no second refund, although its key may be forgotten.
    assert unknown.calls == [LIST, SEND_BACK]


def test_for_a_minute_the_key_alone_is_enough():
    outside = Script(a_refund())

    a_stripe().refund(outside, a_payment(), our_refund(requested_at=NOW - 60), now=NOW)

    assert outside.calls == [SEND_BACK]


@pytest.mark.parametrize(
    "answer", [name for name in NOT_UNDERSTOOD if not isinstance(NOT_UNDERSTOOD[name], dict)]
)
def test_an_unknown_outcome_is_looked_up_and_then_asked_for_again(answer):
    found, missing = (
        Script(NOT_UNDERSTOOD[answer], listed(a_refund())),
        Script(NOT_UNDERSTOOD[answer], listed()),
    )

    assert a_stripe().refund(found, a_payment(), our_refund(), now=NOW) == a_refund_fact()
    with pytest.raises(Unavailable):
        a_stripe().refund(missing, a_payment(), our_refund(), now=NOW)

    assert found.calls == missing.calls == [SEND_BACK, LIST]


def test_a_lookup_that_fails_leaves_everything_open():
    for answers in ([SILENCE, SILENCE], [refused("charge_already_refunded"), SILENCE]):
        outside = Script(*answers)

        with pytest.raises(Unavailable):
            a_stripe().refund(outside, a_payment(), our_refund(), now=NOW)

        assert outside.calls == [SEND_BACK, LIST]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (refused("charge_already_refunded"), "amount_refused"),
        (refused("amount_too_large", param="amount"), "amount_refused"),
        (refused(None, param="amount"), "amount_refused"),
        (refused("charge_disputed"), "not_allowed"),
        (refused("refund_disputed_payment"), "not_allowed"),
        (refused("charge_not_refundable"), "not_allowed"),
        (refused("balance_insufficient"), "balance_short"),
        (refused("balance_insufficient", param="amount"), "balance_short"),
        (refused("insufficient_funds", 402), "balance_short"),
        (refused("of_tomorrow"), "unknown"),
        (refused(None), "unknown"),
    ],
)
def test_a_definite_no_fails_the_refund_with_our_word(answer, failure):
    outside = Script(answer, listed())

    fact = a_stripe().refund(outside, a_payment(), our_refund(), now=NOW)

    assert fact == a_refund_fact(RefundOutcome.FAILED, failure)
    assert outside.calls == [SEND_BACK, LIST]


def test_a_refund_is_not_failed_because_it_was_made_before():
    outside = Script(refused("charge_already_refunded"), listed(a_refund()))

    assert a_stripe().refund(outside, a_payment(), our_refund(), now=NOW) == a_refund_fact()


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 6_301},
        {"amount": 0},
        {"amount": "6300"},
        {"currency": "eur"},
        {"payment_intent": "pi_another"},
        {"payment_intent": None},
        {"metadata": {"refund_id": f"{REFUND}x2"}},
        {"metadata": {}},
        {"object": "charge"},
        {"status": "of_tomorrow"},
        {"status": None},
    ],
)
def test_an_answer_about_another_refund_is_no_answer(changes):
    outside = Script(a_refund(**changes))

    with pytest.raises(Unavailable):
        a_stripe().refund(outside, a_payment(), our_refund(), now=NOW)

    assert outside.calls == [SEND_BACK]


# ------------------------------------------------------------------ query_refund


def test_refunds_are_listed_by_payment_and_found_by_our_number():
    another = a_refund(id="re_0", metadata={"refund_id": f"{ORDER}R02"})
    by_hand = a_refund(id="re_hand", metadata=None)
    outside = Script(listed(another, by_hand, a_refund()))

    assert a_stripe().query_refund(outside, a_payment(), our_refund(), now=NOW) == a_refund_fact()
    assert outside.asked == [
        (
            LIST,
            {"payment_intent": INTENT, "limit": "100"},
            {"authorization": "Bearer sk_live_ours", "stripe-version": "2026-10-28.endive"},
        )
    ]


def test_a_refund_that_stripe_does_not_list_has_never_been_asked_for():
    another = a_refund(id="re_0", metadata={"refund_id": f"{ORDER}R02"})

    assert a_stripe().query_refund(Script(listed(another)), a_payment(), our_refund(), now=NOW) is None
    assert a_stripe().query_refund(Script(listed()), a_payment(), our_refund(), now=NOW) is None


def test_a_refund_made_by_hand_is_found_by_the_number_of_stripe():
    by_hand = a_refund(id="re_hand", metadata={})

    fact = a_stripe().query_refund(Script(listed(by_hand)), a_payment(), our_refund(found="re_hand"), now=NOW)

    assert (fact.number, fact.outcome, fact.reference) == ("re_hand", RefundOutcome.SUCCEEDED, "")


def test_further_pages_are_read_from_where_the_last_one_ended():
    first = [a_refund(id=f"re_{n}", metadata={}) for n in range(100)]
    outside = Script(listed(*first, has_more=True), listed(a_refund()))

    assert a_stripe().query_refund(outside, a_payment(), our_refund(), now=NOW) == a_refund_fact()
    assert [fields for _, fields, _ in outside.asked] == [
        {"payment_intent": INTENT, "limit": "100"},
        {"payment_intent": INTENT, "limit": "100", "starting_after": "re_99"},
    ]


def test_a_list_without_end_is_not_followed_for_ever():
    page = listed(a_refund(id="re_0", metadata={}), has_more=True)
    outside = Script(*[page] * 11)

    with pytest.raises(Unavailable):
        a_stripe().query_refund(outside, a_payment(), our_refund(), now=NOW)

    assert len(outside.calls) == 10


@pytest.mark.parametrize(
    "answer",
    [
        *(answer for answer in NOT_UNDERSTOOD.values()),
        {"data": "none"},
        {"data": []},
        listed(has_more=True),
        listed(has_more=None),
        listed(has_more="false"),
        {"data": [7]},
        listed({"id": None}),
        listed(a_refund(amount=6_301)),
        listed(a_refund(payment_intent="pi_another")),
        listed(a_refund(status="of_tomorrow")),
        listed(without(a_refund(id=7), metadata={}), has_more=True),
        refused("parameter_missing"),
    ],
)
def test_a_list_that_is_not_understood_is_asked_for_again(answer):
    with pytest.raises(Unavailable):
        a_stripe().query_refund(Script(answer), a_payment(), our_refund(), now=NOW)


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({"a": None})


@given(st.dictionaries(st.sampled_from(sorted(a_refund())), ODD, max_size=3))
def test_whatever_is_answered_only_our_own_refund_is_taken_for_it(changes):
    stripe, said = a_stripe(), a_refund(**changes)

    with suppress(Unavailable):
        assert stripe.refund(Script(said, listed(said)), a_payment(), our_refund(), now=NOW).number == REFUND
    with suppress(Unavailable):
        fact = stripe.query_refund(Script(listed(said)), a_payment(), our_refund(), now=NOW)
        assert fact is None or (fact.number, fact.money) == (REFUND, Money(6_300, "USD"))
