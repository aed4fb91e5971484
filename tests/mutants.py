"""Does anybody notice when a table is wrong? ``python -m tests.mutants`` (``make mutants``).

Every single-point mutant of the tables is installed in turn, and the three independent statements are asked
in this process: the structure (tests/test_lifecycle.py), the balance (tests/test_conservation.py), the stories
(tests/stories). A mutant that none of them notices is a survivor, and is listed. Below 95 % the exit code is 1.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

from shared import lifecycle
from shared.lifecycle import MACHINES, Actor, Deadline, Effect, Fact, Machine, Rule
from tests import stories
from tests.storybook import STORIES, Story, check_story
from tests.test_conservation import check_row, check_table
from tests.test_lifecycle import CHECKS

PASS_PERCENT = 95
POLICIES = tuple(dict.fromkeys(d.policy for machine in MACHINES.values() for d in machine.deadlines))
assert stories.__all__  # Imported for what it registers.


class Mutant(NamedTuple):
    kind: str
    row: str  # which row, or which state's deadline
    change: str
    machine: Machine

    def __str__(self) -> str:
        return f"{self.kind}: {self.row}: {self.change}"


def mutants() -> Iterator[Mutant]:
    """Every one, in a fixed order."""
    for machine in MACHINES.values():
        for index, rule in enumerate(machine.rules):
            for kind, change, others in _mutated_rows(machine, index, rule):
                rules = (*machine.rules[:index], *others, *machine.rules[index + 1 :])
                yield Mutant(kind, rule.name, change, machine._replace(rules=rules))
        yield from _swapped(machine)
        for index, deadline in enumerate(machine.deadlines):
            for kind, change, others in _mutated_deadlines(machine, deadline):
                deadlines = (*machine.deadlines[:index], *others, *machine.deadlines[index + 1 :])
                name = f"{machine.name}.{deadline.state}"
                yield Mutant(kind, name, change, machine._replace(deadlines=deadlines))


def _mutated_rows(machine: Machine, index: int, rule: Rule) -> Iterator[tuple[str, str, tuple[Rule, ...]]]:
    yield "row deleted", "", ()
    for state in machine.states:
        if state != rule.target:
            yield "target", f"-> {state}", (rule._replace(target=state),)
    for effects in _other_effects(rule.effects):
        yield "effects", f"-> {', '.join(effects) or 'none'}", (rule._replace(effects=effects),)
    for actor in Actor:
        actors = rule.actors ^ {actor}
        sign = "-" if actor in rule.actors else "+"
        yield "actors", f"{sign} {actor}", (rule._replace(actors=actors),)
    if rule.wait:
        yield "wait", f"- {rule.wait}", (rule._replace(wait=""),)
    for when in (None, *Fact):
        if when != rule.when:
            yield "fact", f"-> {when}", (rule._replace(when=when),)


def _other_effects(effects: tuple[Effect, ...]) -> Iterator[tuple[Effect, ...]]:
    yield from (tuple(e for e in effects if e is not gone) for gone in effects)
    yield from ((*effects, more) for more in Effect if more not in effects)
    if len(effects) > 1:
        yield tuple(reversed(effects))


def _swapped(machine: Machine) -> Iterator[Mutant]:
    """Two rows of one state and event change places: then a fact may be asked too late."""
    for (i, one), (j, other) in pairwise(enumerate(machine.rules)):
        if (one.source, one.event) == (other.source, other.event):
            rules = list(machine.rules)
            rules[i], rules[j] = other, one
            yield Mutant("order of rows", one.name, f"<-> {other.name}", machine._replace(rules=tuple(rules)))


def _mutated_deadlines(
    machine: Machine, deadline: Deadline
) -> Iterator[tuple[str, str, tuple[Deadline, ...]]]:
    yield "deadline deleted", "", ()
    yield (
        "deadline swept",
        f"-> {not deadline.is_swept}",
        (deadline._replace(is_swept=not deadline.is_swept),),
    )
    for event in dict.fromkeys(rule.event for rule in machine.rules):
        if event is not deadline.event:
            yield "deadline's event", f"-> {event}", (deadline._replace(event=event),)
    for policy in POLICIES:
        if policy != deadline.policy:
            yield "deadline's policy", f"-> {policy}", (deadline._replace(policy=policy),)
    for state in machine.states:
        if state != deadline.state:
            yield "deadline's state", f"-> {state}", (deadline._replace(state=state),)


@contextmanager
def installed(machine: Machine) -> Iterator[None]:
    """Put *machine* where everybody looks for it, for a while."""
    name = machine.name
    before = MACHINES[name]
    MACHINES[name] = machine
    setattr(lifecycle, name.upper(), machine)
    try:
        yield
    finally:
        MACHINES[name] = before
        setattr(lifecycle, name.upper(), before)


def structure() -> None:
    for check in CHECKS:
        check()


def every_story_has_its_row() -> None:
    rows = [rule.name for machine in MACHINES.values() for rule in machine.rules]
    assert Counter(rows) == Counter(told.row for told in STORIES)


def told(row: str) -> Callable[[], None]:
    """All stories, those of the mutated row and its table first."""

    def nearness(one: Story) -> tuple[bool, bool]:
        return one.row != row, one.row.split(".")[0] != row.split(".")[0]

    def tell() -> None:
        every_story_has_its_row()
        for one in sorted(STORIES, key=nearness):
            check_story(one)

    return tell


def balance_of(row: str) -> Callable[[], None]:
    """The balance of *row* and of whatever else its state does on its event: a mutant of one row touches no other."""

    def check() -> None:
        for machine in MACHINES.values():
            for rule in machine.rules:
                if row.split(".")[:3] == [machine.name, rule.source, rule.event]:
                    check_row(rule)

    return check


def noticed_by(mutant: Mutant) -> tuple[str, ...]:
    """Which statements notice: each is asked, so that the table of the README can say what each is worth."""
    with installed(mutant.machine):
        return tuple(name for name, check in _statements(mutant).items() if _fails(check))


def is_noticed(mutant: Mutant) -> bool:
    """Whether any statement notices: the cheapest is asked first, and the first that does is enough."""
    with installed(mutant.machine):
        return any(_fails(check) for check in _statements(mutant).values())


def _statements(mutant: Mutant) -> dict[str, Callable[[], None]]:
    return {"structure": structure, "balance": balance_of(mutant.row), "stories": told(mutant.row)}


def _fails(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:  # noqa: BLE001, RUF100  # However it dies, it has noticed.
        return True
    return False


def run(chosen: Iterable[Mutant]) -> list[tuple[Mutant, tuple[str, ...]]]:
    """Ask every statement about every mutant. First of all, about none: a suite that is red notices nothing."""
    structure()
    check_table()
    told("")()
    return [(mutant, noticed_by(mutant)) for mutant in chosen]


def main() -> int:
    from rich.console import Console
    from rich.progress import track

    console = Console()
    found = run(track(list(mutants()), description="mutants", console=console, transient=True))
    survivors = [mutant for mutant, by in found if not by]
    _report(found, console)
    for mutant in survivors:
        console.print(f"survived  {mutant}", highlight=False)
    killed = len(found) - len(survivors)
    console.print(f"{killed} of {len(found)} killed ({100 * killed / len(found):.1f} %)", highlight=False)
    return 0 if 100 * killed >= PASS_PERCENT * len(found) else 1


def _report(found: list[tuple[Mutant, tuple[str, ...]]], console: object) -> None:
    from rich.table import Table

    table = Table("kind", "mutants", "killed", "structure", "balance", "stories")
    kinds = dict.fromkeys(mutant.kind for mutant, _ in found)
    for kind in (*kinds, ""):
        by = [by for mutant, by in found if kind in ("", mutant.kind)]
        counts = [sum(name in one for one in by) for name in ("structure", "balance", "stories")]
        cells = [len(by), sum(map(bool, by)), *counts]
        table.add_row(kind or "all", *map(str, cells))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
