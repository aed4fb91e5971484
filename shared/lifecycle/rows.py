"""What a row is, and what a clock; and the short names that the tables are written with."""

from enum import StrEnum
from typing import NamedTuple

from shared.lifecycle.vocabulary import Actor, Effect, Event, Fact


class Rule(NamedTuple):
    source: str
    event: Event
    target: str
    actors: frozenset[Actor]
    effects: tuple[Effect, ...] = ()
    when: Fact | None = None  # Rows are tried in order: one with a fact stands before the one without.
    machine: str = ""
    wait: str = ""  # The clock that this row starts runs so long, and not as long as its deadline says.

    @property
    def name(self) -> str:
        """The row's name on the bus, in the history and in the state machine."""
        fact = f".{self.when}" if self.when else ""
        return f"{self.machine}.{self.source}.{self.event}{fact}"


class Deadline(NamedTuple):
    state: str
    policy: str  # The number of seconds: a field of shared.settings.Policy.
    event: Event
    is_swept: bool = (
        False  # Rare, and no matter of seconds: found by the sweep, without a schedule that mostly is idle.
    )


class Machine(NamedTuple):
    name: str
    states: type[StrEnum]
    rules: tuple[Rule, ...]
    deadlines: tuple[Deadline, ...] = ()


def by(*actors: Actor) -> frozenset[Actor]:
    return frozenset(actors)


def machine(
    name: str, states: type[StrEnum], rules: tuple[Rule, ...], deadlines: tuple[Deadline, ...] = ()
) -> Machine:
    return Machine(name, states, tuple(rule._replace(machine=name) for rule in rules), deadlines)


E, A, F = Event, Actor, Effect
LOOK_AGAIN = "dispute_recheck_seconds"
SWEPT = True
PEOPLE = (A.SUPPORT, A.OPERATOR)
WHOEVER = (A.BUYER, A.MERCHANT, A.WAREHOUSE, A.CLOCK, A.SYSTEM, *PEOPLE)  # Whoever ends a case.
