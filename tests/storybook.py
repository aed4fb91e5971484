"""How a story is told: one for every row of every table, with what must come of it written out in its heading.

    @story("order.closing.closing_timed_out", to="closing", only="clock", then="close_payments", clock=60)
    def a_provider_that_did_not_answer_is_asked_again() -> Change:
        ...

The heading says, apart from the table: where the row leads, who alone may cause it, which effects follow in which
order, and after how many seconds its clock rings (None: it starts no clock). The story runs the real decisions,
asserts the rest (stock, money, who else is touched) and returns the change in which the row was taken.
"""

from collections.abc import Callable
from typing import NamedTuple

from shared.changes import Change
from shared.engine import decide
from shared.errors import TransitionRefused
from shared.lifecycle import Actor, Event, Fact

Telling = Callable[[], Change]


class Story(NamedTuple):
    row: str
    to: str
    only: str  # Actors, apart by blanks.
    then: str
    clock: int | None
    tell: Telling

    @property
    def name(self) -> str:
        return self.tell.__name__


STORIES: list[Story] = []


def story(
    row: str, *, to: str, only: str, then: str = "", clock: int | None = None
) -> Callable[[Telling], Telling]:
    def noted(tell: Telling) -> Telling:
        STORIES.append(Story(row, to, only, then, clock, tell))
        return tell

    return noted


def check_story(told: Story) -> None:
    """Tell it, and see that it really took its row, with the ending that its heading says."""
    change = told.tell()
    taken = [step for step in change.steps if step.rule.name == told.row]
    assert taken, f"{told.name} took {rows(change)}"
    for step in taken:
        assert step.rule.target == told.to, told.name
        assert list(step.rule.effects) == told.then.split(), told.name
        assert step.due_at == (None if told.clock is None else change.at + told.clock), told.name
    check_who_may(told)


def check_who_may(told: Story) -> None:
    """The actors of the heading may cause it, and it is this row that they take; all others are refused."""
    machine, state, event, *fact = told.row.split(".")
    facts = {Fact(one) for one in fact}
    taken = {actor: _taken(machine, state, Event(event), actor, facts) for actor in Actor}
    allowed = set(told.only.split())
    assert allowed <= set(Actor), told.name
    assert taken == {actor: (told.row, told.to) if actor in allowed else None for actor in Actor}, told.name


def _taken(machine: str, state: str, event: Event, actor: Actor, facts: set[Fact]) -> tuple[str, str] | None:
    try:
        rule = decide(machine, state, event, actor, facts)
    except TransitionRefused:
        return None
    return rule.name, str(rule.target)


def rows(change: Change) -> list[str]:
    """Which rows were taken, by whom, in order: ``ORDER order.closing.payments_closed``."""
    return [f"{step.subject} {step.rule.name}" for step in change.steps]


def effects(change: Change) -> list[str]:
    """What follows, in order: ``ORDER split_order``."""
    return [f"{step.subject} {effect}" for step in change.steps for effect in step.rule.effects]


def moves(change: Change) -> dict[str, int]:
    """``{"release TEA W1": 2}``"""
    return {f"{move.kind} {move.sku} {move.warehouse}": move.quantity for move in change.stock}


def entries(change: Change) -> dict[str, int]:
    """``{"escrow 01": -6300}``: accounts without the order's number; debit positive. No voucher: nothing."""
    if change.voucher is None:
        return {}
    order_id = change.order.order_id
    return {
        e.account.replace(f":{order_id}-", " ").replace(f":{order_id}", " "): e.amount_minor
        for e in change.voucher.entries
    }
