"""Stock, money and promises are conserved along every row: double entry for a lifecycle.

The tables say where a row goes; ``tests.conservation_model`` says, by hand, what the world is like in each state, and
``tests.conservation_events`` what each event does to it. Every small world that a state allows is put through every
event: the row that the table takes must end in a state that describes what the world has become. A test derived from
the table alone cannot know that the table is wrong.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from shared.engine import decide
from shared.lifecycle import MACHINES, Rule
from tests.conservation_events import EFFECTS, EVENTS
from tests.conservation_model import FACTS, HOLDS, PLACES
from tests.conservation_world import World


def outcomes(rule: Rule) -> Iterator[tuple[World, World]]:
    """(before, after and its effects) of every small world in which the table takes exactly this row."""
    happen = EVENTS[rule.machine].get(rule.event)
    assert happen is not None, f"{rule.event} cannot happen to a {rule.machine}"
    facts_of = FACTS.get(rule.machine, lambda _world: set())
    actor = sorted(rule.actors)[0]
    for before in PLACES[rule.machine][rule.source]:
        for moved in happen(before):
            if decide(rule.machine, rule.source, rule.event, actor, facts_of(moved)) == rule:
                yield before, carried_out(rule, moved)


def carried_out(rule: Rule, world: World) -> World:
    for effect in rule.effects:
        act = EFFECTS.get(rule.machine, {}).get(effect)
        assert act is not None, f"a {rule.machine} cannot {effect}"
        world = act(world)
    return world


def check_row(rule: Rule) -> None:
    """The row is taken in some world, and in each it ends in a state that describes what has become of it."""
    ends = list(outcomes(rule))
    assert ends, f"{rule.name}: no world in which this row is taken"
    for before, after in ends:
        assert HOLDS[rule.machine][rule.target](after), f"{rule.name}: {before} became {after}"


def check_table() -> None:
    for machine in MACHINES.values():
        for rule in machine.rules:
            check_row(rule)


@pytest.mark.parametrize("rule", [r for m in MACHINES.values() for r in m.rules], ids=lambda rule: rule.name)
def test_a_row_accounts_for_what_it_changes(rule):
    check_row(rule)


@pytest.mark.parametrize("machine", sorted(HOLDS))
def test_every_state_holds_something_that_no_other_state_of_its_table_holds(machine):
    places = PLACES[machine]

    assert set(places) == {"start", *MACHINES[machine].states}
    assert all(places.values())
    for one, other in product(places, places):
        if one != other and "succeeded" not in (one, other):
            assert not set(places[one]) & set(places[other]), (one, other)


def test_money_that_came_is_not_told_from_its_page_but_from_what_is_captured():
    # A try succeeds open, refused or closed: only the money tells.
    assert not set(PLACES["payment"]["succeeded"]) & set(PLACES["payment"]["open"])
    assert {world.page for world in PLACES["payment"]["succeeded"]} == {"open", "refused", "closed"}


@pytest.mark.parametrize(("machine", "event"), [(m, e) for m, events in EVENTS.items() for e in events])
def test_every_event_that_can_happen_has_a_row_somewhere(machine, event):
    assert any(rule.event == event for rule in MACHINES[machine].rules)


@pytest.mark.parametrize("machine", sorted(HOLDS))
def test_whoever_holds_goods_can_go_on(machine):
    # Who could end with goods reserved would keep them for ever. A paid order lives on in its sub-orders.
    keeps = {state for state, worlds in PLACES[machine].items() if any(w.reserved for w in worlds)}
    goes_on = {rule.source for rule in MACHINES[machine].rules if rule.target != rule.source}

    assert keeps - goes_on == ({"paid"} if machine == "order" else set())


@pytest.mark.parametrize(
    ("row", "target"),
    [
        ("order.pending_payment.cancel_requested.payment_open", "cancelled"),  # Goods released too early.
        ("order.closing.payment_succeeded", "cancelled"),  # Money without goods.
        ("sub_order.awaiting_shipment.goods_cancelled", "cancelled"),  # Part of it still lies there.
        ("refund.succeeded.refund_failed", "succeeded"),  # It came back: we owe it again.
        ("refund.succeeded.refund_failed.not_owed", "needs_action"),  # Nobody had promised it.
        ("payment.closed.payment_unclaimed", "succeeded"),  # Strange money pays for nothing.
        ("order.placing.order_placed", "cancelled"),  # Goods held for nobody.
        ("order.closing.payment_unfilled", "paid"),  # Goods sold that were gone.
        ("sub_order.awaiting_payment.payment_succeeded.review_needed", "awaiting_shipment"),  # Nobody looked.
        ("sub_order.escalated.review_timed_out", "awaiting_shipment"),  # Silence is no consent.
        ("transfer.waiting.stock_moved", "done"),  # Some of it was forgotten.
        ("payment.open.payment_part_captured", "succeeded"),  # A part pays nothing.
        ("payment.open.payment_unfilled", "open"),  # Who paid for nothing shall not pay again.
        ("refund.requested.refund_quarantined", "succeeded"),  # Something else went.
        ("refund.requested.refund_failed.not_owed", "needs_action"),  # Nobody is owed a favour.
        ("refund.requested.refund_failed", "failed"),  # What is owed is not taken back.
        ("refund.needs_action.dispute_lost", "succeeded"),  # The bank sent it, not we.
        ("refund.needs_action.refund_paid_otherwise", "covered"),  # We sent it, not a bank.
        ("dispute.pending.dispute_lost", "won"),
        ("dispute.lost.dispute_withdrawn", "pending"),  # A verdict stands.
        ("settlement.waiting.settlement_due.disputed", "settled"),  # A bank may take it back.
        ("sub_order.delivered.receipt_timed_out.disputed", "completed"),
        ("sub_order.awaiting_shipment.split_refused", "cancelled"),  # Nothing is dropped.
        (
            "sub_order.intercepting.intercept_accepted.still_asking",
            "awaiting_shipment",
        ),  # Somebody may yet stop.
        ("sub_order.awaiting_receipt.return_received", "closed"),  # The rest is on its way.
        ("sub_order.awaiting_receipt.return_received.nothing_left", "cancelled"),  # It left, and came back.
        ("sub_order.delivered.parcel_troubled", "delivered"),  # The receipt clock must stop.
        ("parcel.pushing.push_refused", "pushing"),  # Nobody would send it.
        ("parcel.intercepting.parcels_shipped", "cancelled"),  # It has left.
        ("parcel.returning.parcel_returned", "came_back"),  # Nobody has counted it.
        ("parcel.returned.return_received.units_missing", "came_back"),  # Some of it is nowhere.
        ("parcel.incomplete.parcel_lost", "came_back"),  # It never did.
        ("parcel.at_warehouse.parcel_recalled", "pushing"),  # Nobody would send it.
        ("sub_order.awaiting_receipt.parcel_lost", "closed"),  # The rest is on its way.
        ("sub_order.delivered.receipt_timed_out.case_open", "completed"),  # The money may yet go back.
        ("sub_order.awaiting_receipt.case_refunded", "closed"),  # The rest is on its way.
        ("sub_order.delivered.case_refunded", "completed"),  # The buyer has not said so.
        ("sub_order.completed.case_refunded.nothing_left", "completed"),  # Nobody has any of it.
        ("sub_order.start.replacement_ordered", "awaiting_payment"),  # It costs nothing.
        ("parcel.in_transit.case_refunded", "came_back"),  # It never did.
        ("settlement.waiting.settlement_due.case_open", "settled"),
        ("after_sale.requested.case_approved.goods_back", "completed"),  # The goods come first.
        ("after_sale.requested.case_approved.sends_goods", "completed"),  # They have not arrived.
        ("after_sale.requested.case_unanswered.disputed", "completed"),  # A bank may take the money.
        ("after_sale.requested.case_refused", "closed"),  # The buyer may call the platform.
        ("after_sale.returning.goods_arrived", "completed"),  # Nobody has looked at it.
        ("after_sale.inspecting.goods_inspected.deducted", "completed"),  # The buyer may contest that.
        ("after_sale.inspecting.inspection_overdue", "completed"),  # Nobody has counted it.
        ("after_sale.assessed.assessment_accepted", "closed"),  # Something goes back.
        ("after_sale.disputed.case_ruled.rejected", "completed"),  # Nothing goes back.
        ("after_sale.disputed.advance_paid", "completed"),  # Nobody has decided.
        ("after_sale.replacing.replacement_failed", "closed"),  # The money goes back instead.
    ],
)
def test_the_balance_notices_a_wrong_target(row, target):
    rule = next(r for m in MACHINES.values() for r in m.rules if r.name == row)
    state = MACHINES[rule.machine].states(target)

    wrong = [HOLDS[rule.machine][state](after) for _, after in outcomes(rule)]

    assert wrong
    assert not any(wrong)
