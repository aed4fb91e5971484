"""The same for orders with coupons, points, reviews, goods taken at payment, shards, and very many products.

``make sweep`` strikes with every fault at every outside call. ``make test`` strikes each of these many scenarios at
every ninth call, and leaves out no fault by that; of the two losses it takes one for each scenario in turn.
"""

from collections.abc import Iterator

import pytest

from tests.http_world import World
from tests.sweep.faults import FAULTS, Fault, crash_after, crash_before, striking
from tests.sweep.scenario import Scenario
from tests.sweep.shopping import SHOPPING
from tests.sweep.sweeping import (
    IN_FULL,
    LOSSES,
    Case,
    Loss,
    ends_the_same_whatever_fails,
    prepared,
    run,
    the_sweeper_finds_what_is_lost,
)

STEP = 9
LONG = next(scenario for scenario in SHOPPING if scenario.name == "place a long order")
HELD_SECONDS_MAX = 5 * 60 + 30 * 60  # To be placed, and then to be paid.


@pytest.mark.parametrize("scenario", SHOPPING, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    start = SHOPPING.index(scenario)

    def cases(calls: int) -> Iterator[Case]:
        positions = range(start % STEP, calls, STEP)
        return ((n, FAULTS[(start + n) % len(FAULTS)], (start + n // STEP) % 2 == 0) for n in positions)

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", SHOPPING, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(world: World, scenario: Scenario, loss: Loss) -> None:
    if not IN_FULL and LOSSES.index(loss) != SHOPPING.index(scenario) % len(LOSSES):
        pytest.skip("the other loss is this scenario's turn; make sweep takes both")
    the_sweeper_finds_what_is_lost(world, scenario, loss)


@pytest.mark.parametrize("fault", [crash_before, crash_after], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("sweeper", [True, False], ids=["swept", "not swept"])
def test_wherever_the_placing_of_a_long_order_dies_nothing_stays_held(
    world: World, fault: Fault, sweeper: bool
) -> None:
    stage = prepared(world, LONG)
    calls = run(world, LONG, stage, None, fault, sweeper=sweeper)
    first = 2 * (2 * sweeper + (fault is crash_after))  # Each of the four variants begins at another call.
    positions = range(calls) if IN_FULL else range(first, calls, STEP)

    held = []
    for position in positions:
        world.begin_again(stage.scene, sweeper=sweeper)
        with striking(position, fault):
            LONG.act(world, stage.order_id)
            world.cloud.settle()
        world.cloud.advance(HELD_SECONDS_MAX)
        levels = [level for shelf in world.ending()["stock"].values() for level in shelf.values()]
        held += [(position, level) for level in levels if level["reserved"]]

    assert held == []
