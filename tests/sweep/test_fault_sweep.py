"""Every command, every outside call, every fault; the sweeper on and off. Then redelivery, healing and time.

``make sweep`` runs all of it; ``make test`` strikes at every second call, or at so many of more, with each fault in
turn, the sweeper on for half of them.
"""

from collections.abc import Iterator

import pytest

from tests.http_world import World
from tests.sweep.faults import FAULTS
from tests.sweep.scenario import Scenario
from tests.sweep.scenarios import LIVES
from tests.sweep.sweeping import (
    LOSSES,
    Case,
    Loss,
    ends_the_same_whatever_fails,
    the_sweeper_finds_what_is_lost,
)

STRIKES = 12  # Or twice that.


@pytest.mark.parametrize("scenario", LIVES, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    start = LIVES.index(scenario)  # Each scenario begins elsewhere, so that all pairs of kinds are met.

    def cases(calls: int) -> Iterator[Case]:
        step = max(2, calls // STRIKES)
        positions = range(start % step, calls, step)
        struck = ((start + turn, position) for turn, position in enumerate(positions))
        return ((position, FAULTS[turn % len(FAULTS)], turn % 2 == 0) for turn, position in struck)

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", LIVES, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(world: World, scenario: Scenario, loss: Loss) -> None:
    the_sweeper_finds_what_is_lost(world, scenario, loss)
