"""Every command, every outside call, every fault; the sweeper on and off. Then redelivery, healing and time.

``make sweep`` runs all of it; ``make test`` strikes at every second call, with each fault in turn, the sweeper on for
half of them.
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


@pytest.mark.parametrize("scenario", LIVES, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    start = LIVES.index(scenario)  # Each scenario begins elsewhere, so that all pairs of kinds are met.

    def cases(calls: int) -> Iterator[Case]:
        positions = range(start % 2, calls, 2)
        return ((n, FAULTS[(start + n // 2) % len(FAULTS)], (start + n // 2) % 2 == 0) for n in positions)

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", LIVES, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(world: World, scenario: Scenario, loss: Loss) -> None:
    the_sweeper_finds_what_is_lost(world, scenario, loss)
