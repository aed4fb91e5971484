"""How a scenario is played with a fault, and with what the platform loses; and what must be true in the end.

In the end everything must be as if nothing had happened: the same states, the same stock, the same money, the same
wallets, no invariant broken, nothing unfinished.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, NamedTuple

from local.demo.invariants import violations
from local.demo.order_checks import machine_of
from local.worlds import World as Snapshot
from shared.lifecycle import MACHINES
from tests.http_world import DAY, World
from tests.sweep.faults import FAULTS, Fault, striking
from tests.sweep.scenario import Scenario

DEAD_LETTERS = (
    "34 "  # The invariant that queues of dead letters are empty: what we lose on purpose lies there.
)
BY_SWEEP = (  # Nobody else asks, or notices.
    "14 what is open is asked about",
    "30 silence is found",
    "RULES 12 entries are somebody's",
    "30 nothing is stuck",
)
MISSED = re.compile(r"1, 31 no deadline is missed: \S+ (?P<subject>\S+) is (?P<state>\w+), due .*")
SWEPT = {  # Clocks that have no schedule: nobody but the sweeper finds them.
    (name, clock.state) for name, table in MACHINES.items() for clock in table.deadlines if clock.is_swept
}
IN_FULL = os.environ.get("ORDERCYCLE_SWEEP") == "full"
Case = tuple[int, Fault, bool]  # At which outside call, which fault, and whether the sweeper is on.
Loss = Callable[[World, Callable[[], object]], None]


class Stage(NamedTuple):
    """A scenario before its command, to begin from as often as one likes."""

    order_id: str
    scene: Snapshot


def prepared(world: World, scenario: Scenario) -> Stage:
    world.reset(sweeper=False)
    order_id = scenario.before(world)
    return Stage(order_id, world.snapshot())


def come_to_rest(world: World) -> None:
    """Whatever is still to be delivered is delivered; then every clock runs out."""
    world.cloud.settle()
    for seconds in (60, 90, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)


def ending_of(world: World) -> dict[str, Any]:
    """How everything ended, also in the books of the warehouses' systems, in the register, and in the bucket."""
    everything = world.rows()
    rows = [row for row in everything if row["sk"].startswith(("PARCEL#", "REFUND#"))]
    cases = [row for row in everything if row["sk"].startswith("CASE#")]
    register = (row for row in everything if row["pk"].startswith("REGISTER#"))
    # What is only late because of a fault stands there too, until it goes on by itself.
    entries = [row for row in register if row["state"] == "open" or row.get("action")]
    return world.ending() | {
        "cases": sorted(_case(row) for row in cases),
        "entries": sorted(_entry(row) for row in entries),
        "evidence": sorted(world.cloud.neighbours.snapshot()["evidence"].items()),
        "parcels": sorted(_parcel(row) for row in rows if row["sk"].startswith("PARCEL#")),
        "refunds": sorted(int(row["amount_minor"]) for row in rows if row["sk"].startswith("REFUND#")),
        "warehouses": world.cloud.neighbours.warehouses.books(),
    }


def _parcel(row: dict[str, Any]) -> tuple[str, str, tuple[tuple[str, int], ...]]:
    """Without numbers: which of two packages is told of first is nobody's promise."""
    contents = sorted((line, int(units)) for line, units in row["contents"].items())
    return row["state"], row["warehouse"], tuple(contents)


def _case(row: dict[str, Any]) -> tuple[str, ...]:
    names = ("sk", "state", "kind", "refund", "replacement", "ruling", "waybill", "advance_minor", "points")
    return tuple(str(row.get(name)) for name in (*names, "counted", "rates", "evidence"))


def _entry(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("kind", "subject", "state", "owner", "action"))


def run(
    world: World, scenario: Scenario, stage: Stage, position: int | None, fault: Fault, *, sweeper: bool
) -> int:
    """Play one scenario with one fault. Returns how many outside calls the command made."""
    world.begin_again(stage.scene, sweeper=sweeper)
    with striking(position, fault) as struck:
        scenario.act(world, stage.order_id)
        world.cloud.settle()
    come_to_rest(world)
    return len(struck.calls)


def broken_in(world: World, *, sweeper: bool) -> list[str]:
    """What does not fit. Without the sweeper nothing that comes every minute comes: nobody asks, either."""
    found = violations(world.cloud)
    if not sweeper:
        found = [one for one in found if not one.startswith(BY_SWEEP) and not _is_for_the_sweeper(one)]
    return found + ([] if _is_stock_clean(world) else ["the drift check finds that stock has drifted"])


def _is_for_the_sweeper(broken: str) -> bool:
    missed = MISSED.fullmatch(broken)
    return missed is not None and (machine_of(missed["subject"]), missed["state"]) in SWEPT


def _is_stock_clean(world: World) -> bool:
    told = world.send("POST", "/operator/stock/drift-check", {}, role="operator", who="op-1").json()
    return told["is_clean"] is True and told["differing"] == 0


def every_case(calls: int) -> Iterator[Case]:
    return product(range(calls), FAULTS, (True, False))


def ends_the_same_whatever_fails(
    world: World, scenario: Scenario, cases: Callable[[int], Iterable[Case]]
) -> None:
    """*cases* says for so many outside calls of the command which faults strike where."""
    stage = prepared(world, scenario)
    endings: dict[bool, dict[str, Any]] = {}  # With the sweeper, and without.

    def without_a_fault(*, sweeper: bool) -> int:
        calls = run(world, scenario, stage, None, FAULTS[0], sweeper=sweeper)
        endings[sweeper] = ending_of(world)
        assert broken_in(world, sweeper=sweeper) == []
        return calls

    calls = without_a_fault(sweeper=scenario.is_polled)
    assert calls > 0

    different = []
    for position, fault, sweeper in every_case(calls) if IN_FULL else cases(calls):
        is_swept = sweeper or scenario.is_polled
        if is_swept not in endings:
            without_a_fault(sweeper=is_swept)
        run(world, scenario, stage, position, fault, sweeper=is_swept)
        broken = broken_in(world, sweeper=is_swept)
        if broken or ending_of(world) != endings[is_swept]:
            different.append((position, fault.__name__, sweeper, broken or "ends differently"))

    assert different == []


def no_execution_starts(world: World, play: Callable[[], object]) -> None:
    def lose(kind: str, _name: str) -> None:
        if kind == "start_execution":
            raise ConnectionError("the machine could not be started")

    world.cloud.before.append(lose)
    try:
        play()
        world.cloud.settle()
    finally:
        world.cloud.before.remove(lose)


def no_schedule_is_left(world: World, play: Callable[[], object]) -> None:
    play()
    world.cloud.settle()
    world.cloud.schedules.clear()


LOSSES: tuple[Loss, ...] = (no_execution_starts, no_schedule_is_left)


def the_sweeper_finds_what_is_lost(world: World, scenario: Scenario, loss: Loss) -> None:
    stage = prepared(world, scenario)
    run(world, scenario, stage, None, FAULTS[0], sweeper=True)
    ending = ending_of(world)

    world.begin_again(stage.scene)
    loss(world, lambda: scenario.act(world, stage.order_id))
    come_to_rest(world)

    assert ending_of(world) == ending
    assert [broken for broken in violations(world.cloud) if not broken.startswith(DEAD_LETTERS)] == []
