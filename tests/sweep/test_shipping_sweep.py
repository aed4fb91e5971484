"""The same for everything between payment and receipt: splits, warehouses' systems, carriers, and what comes back.

``make sweep`` strikes with every fault at every outside call; ``make test`` strikes each scenario a few times, each at
other calls and with other faults, and takes one of the two losses for each scenario in turn.
"""

from collections.abc import Iterator

import pytest

from tests.http_world import World
from tests.sweep.faults import FAULTS
from tests.sweep.scenario import Scenario
from tests.sweep.shipping import SHIPPING
from tests.sweep.sweeping import (
    IN_FULL,
    LOSSES,
    Case,
    Loss,
    ends_the_same_whatever_fails,
    the_sweeper_finds_what_is_lost,
)

STRIKES = 4


@pytest.mark.parametrize("scenario", SHIPPING, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    start = SHIPPING.index(scenario)

    def cases(calls: int) -> Iterator[Case]:
        step = max(1, calls // STRIKES)
        for turn, position in enumerate(range(start % step, calls, step), start):
            yield position, FAULTS[turn % len(FAULTS)], turn % 2 == 0

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", SHIPPING, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(world: World, scenario: Scenario, loss: Loss) -> None:
    if not IN_FULL and LOSSES.index(loss) != SHIPPING.index(scenario) % len(LOSSES):
        pytest.skip("the other loss is this scenario's turn; make sweep takes both")
    the_sweeper_finds_what_is_lost(world, scenario, loss)
