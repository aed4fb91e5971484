"""Promises that the nine tables make, whatever their rows; and which clocks must run, stated apart from them.

Each test reads ``MACHINES`` when it runs, so that ``tests.mutants`` can run it on a table that is wrong.
"""

import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import lifecycle
from shared.engine import decide, is_final, mermaid, rules_from
from shared.errors import TransitionRefused
from shared.lifecycle import MACHINES, START, Actor, Effect, Event, Fact, Machine, Rule, clock_started_by
from shared.settings import Policy

TABLES = [
    *("order", "sub_order", "payment", "refund", "dispute"),
    *("parcel", "settlement", "transfer", "after_sale"),
]
STATE_NAME_MAX = 80  # Step Functions; the longest is "<row>: <effect>".

# Second statement of every clock: in this state, after this policy's seconds, this happens by itself.
CLOCKS = {
    ("order", "placing"): ("placing_timeout_seconds", "placing_timed_out"),
    ("order", "pending_payment"): ("payment_timeout_seconds", "payment_timed_out"),
    ("order", "closing"): ("closing_retry_seconds", "closing_timed_out"),
    ("sub_order", "under_review"): ("review_timeout_seconds", "review_overdue"),
    ("sub_order", "escalated"): ("escalation_timeout_seconds", "review_timed_out"),
    ("sub_order", "awaiting_shipment"): ("shipment_promise_seconds", "shipment_overdue"),
    ("sub_order", "intercepting"): ("shipment_promise_seconds", "shipment_overdue"),
    ("sub_order", "delivered"): ("receipt_after_delivery_seconds", "receipt_timed_out"),
    ("parcel", "pushing"): ("push_retry_seconds", "push_overdue"),
    ("parcel", "at_warehouse"): ("warehouse_silence_seconds", "warehouse_silent"),
    ("parcel", "intercepting"): ("intercept_retry_seconds", "intercept_overdue"),
    ("parcel", "in_transit"): ("silence_seconds", "parcel_silent"),
    ("parcel", "troubled"): ("parcel_attention_seconds", "attention_overdue"),
    ("parcel", "returning"): ("parcel_attention_seconds", "attention_overdue"),
    ("parcel", "returned"): ("parcel_attention_seconds", "attention_overdue"),
    ("parcel", "incomplete"): ("parcel_attention_seconds", "attention_overdue"),
    ("refund", "requested"): ("refund_retry_seconds", "refund_overdue"),
    ("refund", "submitted"): ("refund_answer_seconds", "refund_overdue"),
    ("refund", "needs_action"): ("refund_attention_seconds", "attention_overdue"),
    ("dispute", "pending"): ("dispute_attention_seconds", "attention_overdue"),
    ("settlement", "waiting"): ("settlement_delay_seconds", "settlement_due"),
    ("transfer", "waiting"): ("transfer_retry_seconds", "transfer_overdue"),
    ("after_sale", "requested"): ("case_decision_seconds", "case_unanswered"),
    ("after_sale", "refused"): ("case_answer_seconds", "case_expired"),
    ("after_sale", "awaiting_return"): ("case_waybill_seconds", "case_expired"),
    ("after_sale", "returning"): ("case_attention_seconds", "attention_overdue"),
    ("after_sale", "inspecting"): ("case_inspection_seconds", "inspection_overdue"),
    ("after_sale", "assessed"): ("case_answer_seconds", "assessment_unanswered"),
    ("after_sale", "disputed"): ("case_ruling_seconds", "ruling_overdue"),
    ("after_sale", "replacing"): ("case_attention_seconds", "attention_overdue"),
}
# Of these nobody arms a schedule, which would mostly be idle: the sweep finds what is due.
SWEPT = {
    ("sub_order", "under_review"),
    ("sub_order", "escalated"),
    ("sub_order", "awaiting_shipment"),
    ("sub_order", "intercepting"),
    ("refund", "needs_action"),
    ("dispute", "pending"),
    ("parcel", "in_transit"),
    ("parcel", "troubled"),
    ("parcel", "returning"),
    ("parcel", "returned"),
    ("parcel", "incomplete"),
    ("parcel", "at_warehouse"),
    ("settlement", "waiting"),
    ("after_sale", "requested"),
    ("after_sale", "refused"),
    ("after_sale", "awaiting_return"),
    ("after_sale", "returning"),
    ("after_sale", "inspecting"),
    ("after_sale", "assessed"),
    ("after_sale", "disputed"),
    ("after_sale", "replacing"),
}
# Seconds that start no clock: a longer clock for some orders, from when and how much longer a clock runs, what the
# buyer is told, a place in a list, and how often providers are asked (shared/store/asking.py).
NO_CLOCKS = {
    "receipt_timeout_seconds",
    "presale_payment_timeout_seconds",
    "delivery_promise_seconds",
    "perishable_boost_seconds",
    "payment_query_seconds",
    "payment_requery_seconds",
    "parked_seconds",
}
# Rows whose clock is not the one of their state: who waits for a dispute, or a case, looks again the next day, and a
# buyer who asks for it gets so much more time. Whom people have heard of is silent no longer.
OTHER_CLOCKS = {
    "sub_order.delivered.receipt_extended": "receipt_extension_seconds",
    "parcel.in_transit.parcel_moved": "silence_seconds",
    "sub_order.delivered.receipt_timed_out.disputed": "dispute_recheck_seconds",
    "sub_order.delivered.receipt_timed_out.case_open": "dispute_recheck_seconds",
    "refund.requested.refund_overdue.disputed": "dispute_recheck_seconds",
    "settlement.waiting.settlement_due.disputed": "dispute_recheck_seconds",
    "settlement.waiting.settlement_due.case_open": "dispute_recheck_seconds",
    "after_sale.requested.case_unanswered.disputed": "dispute_recheck_seconds",
    "after_sale.assessed.assessment_unanswered.disputed": "dispute_recheck_seconds",
}
# Who waits under somebody else's clock: the row that owns it sets it free.
UNDER_THE_CLOCK_OF = {
    ("sub_order", "awaiting_payment"): ("order", ("placing", "pending_payment", "closing")),
    ("payment", "open"): ("order", ("pending_payment", "closing")),
    ("payment", "failed"): ("order", ("pending_payment", "closing")),
    ("parcel", "awaiting_shipment"): ("sub_order", ("awaiting_shipment", "intercepting")),
    ("parcel", "delivered"): ("sub_order", ("awaiting_shipment", "intercepting", "delivered")),
    ("sub_order", "awaiting_receipt"): (
        "parcel",
        ("in_transit", "troubled", "returning", "returned", "incomplete"),
    ),
}
# What happens to a part, and means nothing to all of it unless its fact is true: then nobody tells it.
ONLY_UNDER_A_FACT = {("sub_order", "awaiting_receipt", "parcel_delivered")}
# Where nothing waits: the end, whatever messages may still arrive about it.
AT_REST = {
    ("order", "paid"),
    ("order", "cancelled"),
    ("sub_order", "completed"),
    ("sub_order", "cancelled"),
    ("sub_order", "closed"),
    ("sub_order", "separated"),
    ("payment", "succeeded"),
    ("payment", "closed"),
    ("refund", "succeeded"),
    ("refund", "failed"),
    ("refund", "covered"),
    ("dispute", "won"),
    ("dispute", "lost"),
    ("parcel", "received"),
    ("parcel", "cancelled"),
    ("parcel", "came_back"),
    ("parcel", "written_off"),
    ("settlement", "settled"),
    ("transfer", "done"),
    ("transfer", "dropped"),
    ("after_sale", "completed"),
    ("after_sale", "closed"),
}


def reachable(machine: Machine, start: str) -> set[str]:
    found, todo = {start}, [start]
    while todo:
        for rule in rules_from(machine, todo.pop()):
            if rule.target not in found:
                found.add(rule.target)
                todo.append(rule.target)
    return found


def all_rules() -> list[Rule]:
    return [rule for machine in MACHINES.values() for rule in machine.rules]


def test_there_is_at_most_one_row_for_a_state_an_event_and_a_fact():
    keys = [(rule.machine, rule.source, rule.event, rule.when) for rule in all_rules()]

    assert len(keys) == len(set(keys))


def test_a_row_with_a_fact_stands_before_the_one_without_which_catches_the_rest():
    for machine in MACHINES.values():
        for key in {(rule.source, rule.event) for rule in machine.rules}:
            facts = [rule.when for rule in machine.rules if (rule.source, rule.event) == key]

            is_meant_always = (machine.name, *map(str, key)) not in ONLY_UNDER_A_FACT
            assert (facts[-1] is None) == is_meant_always, (machine.name, key)
            assert None not in facts[:-1], (machine.name, key)


def test_rows_of_one_event_in_one_state_are_allowed_to_the_same_actors():
    # A fact decides where something goes, never who may do it: nobody learns a fact by being refused.
    for machine in MACHINES.values():
        allowed: dict[tuple[str, str], set[frozenset[Actor]]] = {}
        for rule in machine.rules:
            allowed.setdefault((rule.source, rule.event), set()).add(rule.actors)

        assert all(len(actors) == 1 for actors in allowed.values()), machine.name


def test_every_row_belongs_to_its_table_and_names_known_states_events_actors_and_effects():
    for machine in MACHINES.values():
        for rule in machine.rules:
            assert rule.machine == machine.name
            assert rule.source in {START, *machine.states}
            assert rule.target in set(machine.states)
            assert rule.event in Event
            assert rule.actors
            assert all(actor in Actor for actor in rule.actors)
            assert len(set(rule.effects)) == len(rule.effects)
            assert all(effect in Effect for effect in rule.effects)
            assert rule.when is None or rule.when in Fact


def test_every_state_is_reachable():
    for machine in MACHINES.values():
        assert reachable(machine, START) == {START, *machine.states}, machine.name


def test_every_state_can_come_to_rest():
    for machine in MACHINES.values():
        for state in machine.states:
            assert any((machine.name, end) in AT_REST for end in reachable(machine, state)), state


def test_most_things_are_created_in_one_way():
    two_ways = {
        "order": ["order_placed", "order_received", "sub_orders_separated"],
        "sub_order": ["order_placed", "replacement_ordered", "sub_orders_separated"],
        "refund": ["refund_requested", "refund_found"],
        "parcel": ["parcel_planned", "parcels_shipped"],
        "after_sale": ["case_requested", "compensation_given"],
    }
    for machine in MACHINES.values():
        ways = list(dict.fromkeys(str(rule.event) for rule in rules_from(machine, START)))
        assert ways == two_ways.get(machine.name, ways[:1])
        assert all(rule.target != START for rule in machine.rules)


def test_whoever_waits_has_a_clock_or_waits_under_one_and_nobody_else_has():
    states = {(machine.name, str(state)) for machine in MACHINES.values() for state in machine.states}
    kinds = (set(CLOCKS), set(UNDER_THE_CLOCK_OF), AT_REST)

    assert set().union(*kinds) == states
    assert sum(map(len, kinds)) == len(states)
    assert {
        (m.name, str(d.state)): (d.policy, str(d.event)) for m in MACHINES.values() for d in m.deadlines
    } == CLOCKS
    assert sum(len(machine.deadlines) for machine in MACHINES.values()) == len(CLOCKS)


def test_rare_clocks_are_swept_and_all_others_have_a_schedule():
    swept = {(m.name, str(d.state)) for m in MACHINES.values() for d in m.deadlines if d.is_swept}

    assert swept == SWEPT


def test_whoever_waits_under_anothers_clock_waits_where_that_clock_runs():
    for owner, states in UNDER_THE_CLOCK_OF.values():
        assert all((owner, state) in CLOCKS for state in states)


def test_the_clock_may_do_what_its_deadline_says_whatever_the_facts():
    for (machine, state), (_, event) in CLOCKS.items():
        for facts in (set(), *({fact} for fact in Fact)):
            assert decide(machine, state, Event(event), Actor.CLOCK, facts).machine == machine


def test_the_clock_does_nothing_but_what_a_deadline_says_and_what_follows_from_it():
    follows = {
        "order_cancelled",
        "receipt_timed_out",
        "settlement_opened",
        "refund_requested",  # Of what nobody reviewed in time.
        "transfer_planned",  # For what goes back and does not fit.
        "transfer_dropped",
        "case_refunded",  # Of what nobody decided, or contested, in time.
        "replacement_ordered",
        "replacement_received",  # With the receipt of what was sent.
        "replacement_failed",
    }
    rung = {event for _, event in CLOCKS.values()}
    by_clock = {str(rule.event) for rule in all_rules() if Actor.CLOCK in rule.actors}

    assert by_clock == rung | follows


def test_every_policy_that_a_clock_names_is_a_setting_and_every_setting_in_seconds_is_a_clock():
    named = {deadline.policy for machine in MACHINES.values() for deadline in machine.deadlines}
    named |= {rule.wait for rule in all_rules() if rule.wait}

    assert named | NO_CLOCKS == {field.name for field in fields(Policy) if field.name.endswith("_seconds")}
    assert not named & NO_CLOCKS


def test_entering_a_state_starts_its_clock_and_staying_leaves_the_running_one_alone():
    for rule in all_rules():
        policy, event = CLOCKS.get((rule.machine, str(rule.target)), (None, None))
        is_its_own = str(rule.event) == event or rule.name in OTHER_CLOCKS
        starts = policy is not None and (rule.source != rule.target or is_its_own)
        clock = clock_started_by(rule)

        expected = OTHER_CLOCKS.get(rule.name, policy) if starts else None
        assert (clock.policy if clock else None) == expected, rule.name
        assert rule.wait == OTHER_CLOCKS.get(rule.name, ""), rule.name


def test_names_are_unique_and_fit_a_state_machine():
    names = [rule.name for rule in all_rules()]
    states = [f"{rule.name}: {step}" for rule in all_rules() for step in ("arm", *rule.effects)]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+(\.[a-z_]+)?", name) for name in names)
    assert max(map(len, states)) <= STATE_NAME_MAX


def test_the_tables_are_the_modules_own():
    assert list(MACHINES) == TABLES
    assert all(getattr(lifecycle, name.upper()) is machine for name, machine in MACHINES.items())
    assert all(machine.name == name for name, machine in MACHINES.items())


def test_every_event_effect_fact_and_actor_is_used():
    rules = all_rules()

    assert {rule.event for rule in rules} == set(Event)
    assert {effect for rule in rules for effect in rule.effects} == set(Effect)
    assert {rule.when for rule in rules} == {None, *Fact}
    assert {actor for rule in rules for actor in rule.actors} == set(Actor)


@pytest.mark.parametrize("name", TABLES)
def test_the_diagram_shows_every_row_once_and_every_end(name):
    machine = MACHINES[name]
    lines = mermaid(machine).splitlines()
    edge = re.compile(r"    (\[\*\]|[a-z_]+) --> (\[\*\]|[a-z_]+)(?:: ([a-z_ ()<>/br]+))?")
    edges = [edge.fullmatch(line) for line in lines[1:]]

    assert lines[0] == "stateDiagram-v2"
    assert all(edges)
    shown = [
        (found[1].replace("[*]", "start"), found[2], label)
        for found in edges
        if found[3]
        for label in found[3].split("<br/>")
    ]
    labels = [
        (r.source, r.target, f"{r.event} ({r.when})" if r.when else str(r.event)) for r in machine.rules
    ]
    assert sorted(shown) == sorted(labels)
    ends = {found[1] for found in edges if found[2] == "[*]"}
    assert ends == {state for state in machine.states if is_final(machine, state)}


moves = st.tuples(st.sampled_from(Event), st.sampled_from(Actor), st.sets(st.sampled_from(Fact)))


@given(st.sampled_from(sorted(MACHINES)), st.lists(moves, max_size=40))
def test_no_sequence_of_events_leaves_an_end_or_the_table(name, steps):
    machine, state = MACHINES[name], START
    for event, actor, facts in steps:
        before = state
        try:
            rule = decide(name, state, event, actor, facts)
        except TransitionRefused:
            continue
        state = rule.target
        assert rule.source == before
        assert rule.event is event
        assert actor in rule.actors
        assert rule.when is None or rule.when in facts
        assert state in set(machine.states)
        assert not is_final(machine, before) or before in (state, START)


CHECKS = (
    test_there_is_at_most_one_row_for_a_state_an_event_and_a_fact,
    test_a_row_with_a_fact_stands_before_the_one_without_which_catches_the_rest,
    test_rows_of_one_event_in_one_state_are_allowed_to_the_same_actors,
    test_every_row_belongs_to_its_table_and_names_known_states_events_actors_and_effects,
    test_every_state_is_reachable,
    test_every_state_can_come_to_rest,
    test_most_things_are_created_in_one_way,
    test_whoever_waits_has_a_clock_or_waits_under_one_and_nobody_else_has,
    test_rare_clocks_are_swept_and_all_others_have_a_schedule,
    test_the_clock_may_do_what_its_deadline_says_whatever_the_facts,
    test_the_clock_does_nothing_but_what_a_deadline_says_and_what_follows_from_it,
    test_every_policy_that_a_clock_names_is_a_setting_and_every_setting_in_seconds_is_a_clock,
    test_entering_a_state_starts_its_clock_and_staying_leaves_the_running_one_alone,
    test_names_are_unique_and_fit_a_state_machine,
    test_every_event_effect_fact_and_actor_is_used,
)
