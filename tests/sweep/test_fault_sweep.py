"""Every command, every outside call, every fault; the sweeper on and off. Then redelivery, healing and time.

In the end everything must be as if nothing had happened: the same states, the same stock, the same money, no
invariant broken, nothing unfinished. ``make sweep`` runs all of it; ``make test`` every fault at every call once,
the sweeper on for half of them.
"""

import os
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import pytest

from local.demo.invariants import violations
from local.worlds import World as Snapshot
from tests.http_world import DAY, World
from tests.sweep.faults import FAULTS, Fault, crash_after, crash_before, striking
from tests.sweep.scenario import Scenario
from tests.sweep.scenarios import SCENARIOS

DEAD_LETTERS = (
    "34 "  # The invariant that queues of dead letters are empty: what we lose on purpose lies there.
)
IN_FULL = os.environ.get("ORDERCYCLE_SWEEP") == "full"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def come_to_rest(world: World) -> None:
    """Whatever is still to be delivered is delivered; then every clock runs out."""
    world.cloud.settle()
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)


class Stage(NamedTuple):
    """A scenario before its command, to begin from as often as one likes."""

    order_id: str
    scene: Snapshot


def prepared(world: World, scenario: Scenario) -> Stage:
    world.reset(sweeper=False)
    order_id = scenario.before(world)
    return Stage(order_id, world.snapshot())


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


def cases(scenario: Scenario, calls: int) -> Iterator[tuple[int, Fault, bool]]:
    everything = product(range(calls), FAULTS, (True, False))
    if IN_FULL:
        return iter(everything)
    start = SCENARIOS.index(scenario)  # Each scenario begins elsewhere, so that all pairs of kinds are met.
    return ((n, FAULTS[(start + n) % len(FAULTS)], (start + n) % 2 == 0) for n in range(calls))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    stage = prepared(world, scenario)
    calls = run(world, scenario, stage, None, FAULTS[0], sweeper=False)
    ending = world.ending()
    assert violations(world.cloud) == []
    assert calls > 0

    different = []
    for position, fault, sweeper in cases(scenario, calls):
        run(world, scenario, stage, position, fault, sweeper=sweeper)
        broken = violations(world.cloud)
        if broken or world.ending() != ending:
            different.append((position, fault.__name__, sweeper, broken or "ends differently"))

    assert different == []


LONG = next(scenario for scenario in SCENARIOS if scenario.name == "place a long order")
HELD_SECONDS_MAX = 5 * 60 + 30 * 60  # To be placed, and then to be paid.


@pytest.mark.parametrize("fault", [crash_before, crash_after], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("sweeper", [True, False], ids=["swept", "not swept"])
def test_wherever_the_placing_of_a_long_order_dies_nothing_stays_held(
    world: World, fault: Fault, sweeper: bool
) -> None:
    stage = prepared(world, LONG)
    calls = run(world, LONG, stage, None, fault, sweeper=sweeper)
    step = 1 if IN_FULL else 4  # Each of the four variants begins at another call, so that together they meet all.

    held = []
    for position in range((2 * sweeper + (fault is crash_after)) % step, calls, step):
        world.begin_again(stage.scene, sweeper=sweeper)
        with striking(position, fault):
            LONG.act(world, stage.order_id)
            world.cloud.settle()
        world.cloud.advance(HELD_SECONDS_MAX)
        levels = [level for shelf in world.ending()["stock"].values() for level in shelf.values()]
        held += [(position, level) for level in levels if level["reserved"]]

    assert held == []


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


@pytest.mark.parametrize("loss", [no_execution_starts, no_schedule_is_left], ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(
    world: World, scenario: Scenario, loss: Callable[[World, Callable[[], object]], None]
) -> None:
    stage = prepared(world, scenario)
    run(world, scenario, stage, None, FAULTS[0], sweeper=True)
    ending = world.ending()

    world.begin_again(stage.scene)
    loss(world, lambda: scenario.act(world, stage.order_id))
    come_to_rest(world)

    assert world.ending() == ending
    assert [broken for broken in violations(world.cloud) if not broken.startswith(DEAD_LETTERS)] == []
