import pytest

from shared.engine import decide, is_final, may
from shared.errors import TransitionRefused
from shared.lifecycle import MACHINES, Actor, Event, Fact


def test_the_first_row_whose_fact_is_true_is_taken():
    paid = ("order", "pending_payment", Event.PAYMENT_SUCCEEDED, Actor.PROVIDER)

    assert decide(*paid).when is None
    assert decide(*paid, {Fact.PAYMENT_OPEN}).when is Fact.PAYMENT_OPEN
    assert decide(*paid, {Fact.NOTHING_LEFT}).when is None


def test_a_refusal_says_in_which_state_and_never_more_than_that():
    with pytest.raises(TransitionRefused) as refused:
        decide("order", "cancelled", Event.PAYMENT_STARTED, Actor.BUYER)

    assert refused.value.details == {"state": "cancelled", "event": "payment_started"}
    assert refused.value.reason == "payment_started refused for order in cancelled: no such transition"


def test_an_actor_that_may_not_is_told_so():
    with pytest.raises(TransitionRefused, match="buyer may not do this"):
        decide("order", "pending_payment", Event.PAYMENT_SUCCEEDED, Actor.BUYER)


def test_what_may_be_done_is_what_some_fact_would_allow():
    assert may("sub_order", "awaiting_shipment", Event.GOODS_CANCELLED, Actor.BUYER)
    assert not may("sub_order", "awaiting_shipment", Event.GOODS_CANCELLED, Actor.CLOCK)
    assert not may("sub_order", "awaiting_receipt", Event.GOODS_CANCELLED, Actor.BUYER)


def test_unknown_machines_and_states_are_bugs_or_refusals_but_never_a_row():
    with pytest.raises(KeyError):
        decide("invoice", "open", Event.ORDER_PLACED, Actor.BUYER)
    with pytest.raises(TransitionRefused):
        decide("order", "lost", Event.ORDER_PLACED, Actor.BUYER)


@pytest.mark.parametrize(
    ("machine", "ends"),
    [
        ("order", {"paid", "cancelled"}),
        ("sub_order", {"cancelled", "closed", "separated"}),  # Even what was received can come back.
        ("payment", {"succeeded"}),
        ("refund", {"failed", "covered"}),  # Even a refund that arrived can come back.
        ("dispute", {"won", "lost"}),
        ("parcel", {"received", "cancelled", "came_back", "written_off"}),
        ("settlement", {"settled"}),
        ("transfer", {"done", "dropped"}),
        ("after_sale", {"completed", "closed"}),
    ],
)
def test_where_nothing_leads_on(machine, ends):
    table = MACHINES[machine]

    assert {str(state) for state in table.states if is_final(table, state)} == ends
