"""How a scenario is played with a fault, and with what the platform loses; and what must be true in the end.

In the end everything must be as if nothing had happened: the same states, the same stock, the same money, the same
wallets, no invariant broken, nothing unfinished.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import NamedTuple

from local.demo.invariants import violations
from local.worlds import World as Snapshot
from tests.http_world import DAY, World
from tests.sweep.faults import FAULTS, Fault, striking
from tests.sweep.scenario import Scenario

DEAD_LETTERS = (
    "34 "  # The invariant that queues of dead letters are empty: what we lose on purpose lies there.
)
NOT_ASKED = "14 what is open is asked about"
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
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)


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
    return [broken for broken in violations(world.cloud) if sweeper or not broken.startswith(NOT_ASKED)]


def every_case(calls: int) -> Iterator[Case]:
    return product(range(calls), FAULTS, (True, False))


def ends_the_same_whatever_fails(
    world: World, scenario: Scenario, cases: Callable[[int], Iterable[Case]]
) -> None:
    """*cases* says for so many outside calls of the command which faults strike where."""
    stage = prepared(world, scenario)
    calls = run(world, scenario, stage, None, FAULTS[0], sweeper=scenario.is_polled)
    ending = world.ending()
    assert broken_in(world, sweeper=scenario.is_polled) == []
    assert calls > 0

    different = []
    for position, fault, sweeper in every_case(calls) if IN_FULL else cases(calls):
        is_swept = sweeper or scenario.is_polled
        run(world, scenario, stage, position, fault, sweeper=is_swept)
        broken = broken_in(world, sweeper=is_swept)
        if broken or world.ending() != ending:
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
    ending = world.ending()

    world.begin_again(stage.scene)
    loss(world, lambda: scenario.act(world, stage.order_id))
    come_to_rest(world)

    assert world.ending() == ending
    assert [broken for broken in violations(world.cloud) if not broken.startswith(DEAD_LETTERS)] == []
