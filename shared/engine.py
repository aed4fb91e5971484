"""Ask the tables: is this allowed, what follows, what may this actor do next, how does it look?

The engine is the only guard of states. Nobody assigns a state: ``decide`` names the row, ``shared.changes``
collects the steps, the store writes them under the condition that the rows are still as they were read.
"""

from collections.abc import Collection, Iterator

from shared.errors import TransitionRefused
from shared.lifecycle import MACHINES, START, Actor, Event, Fact, Machine, Rule

NO_FACTS: frozenset[Fact] = frozenset()


def decide(machine: str, state: str, event: Event, actor: Actor, facts: Collection[Fact] = NO_FACTS) -> Rule:
    """Return the row for *event* in *state*, or raise ``TransitionRefused``.

    >>> decide("order", "pending_payment", Event.PAYMENT_TIMED_OUT, Actor.CLOCK).target
    <OrderState.CANCELLED: 'cancelled'>
    >>> decide("order", "pending_payment", Event.PAYMENT_TIMED_OUT, Actor.CLOCK, {Fact.PAYMENT_OPEN}).target
    <OrderState.CLOSING: 'closing'>
    """
    for rule in rules_from(MACHINES[machine], state):
        if rule.event is event and (rule.when is None or rule.when in facts):
            if actor not in rule.actors:
                raise TransitionRefused(machine, state, event, f"{actor} may not do this")
            return rule
    raise TransitionRefused(machine, state, event, "no such transition")


def may(machine: str, state: str, event: Event, actor: Actor) -> bool:
    """Return whether *actor* can cause *event* in *state*, whatever the facts turn out to be."""
    return any(r.event is event and actor in r.actors for r in rules_from(MACHINES[machine], state))


def rules_from(machine: Machine, state: str) -> Iterator[Rule]:
    return (rule for rule in machine.rules if rule.source == state)


def is_final(machine: Machine, state: str) -> bool:
    """Return whether nothing leads out of *state* any more."""
    return all(rule.target == state for rule in rules_from(machine, state))


def mermaid(machine: Machine) -> str:
    """Draw the table as a Mermaid state diagram, for docs/lifecycle.md."""

    def shown(state: str) -> str:
        return "[*]" if state == START else state

    edges: dict[tuple[str, str], list[str]] = {}
    for rule in machine.rules:
        label = f"{rule.event} ({rule.when})" if rule.when else str(rule.event)
        edges.setdefault((rule.source, rule.target), []).append(label)
    lines = [f"    {shown(a)} --> {shown(b)}: {'<br/>'.join(labels)}" for (a, b), labels in edges.items()]
    finals = [f"    {state} --> [*]" for state in machine.states if is_final(machine, state)]
    return "\n".join(["stateDiagram-v2", *lines, *finals])
