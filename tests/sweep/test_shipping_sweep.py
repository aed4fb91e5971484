"""The same for everything between payment and receipt: splits, warehouses' systems, carriers, and what comes back.

``make sweep`` strikes with every fault at every outside call; ``make test`` strikes each scenario twice, each at other
calls and with other faults. The sweeper is on for every third scenario, and for another third one of the two losses is
played.
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

STRIKES = 2
THIRD = 3


@pytest.mark.parametrize("scenario", SHIPPING, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    start = SHIPPING.index(scenario)

    def cases(calls: int) -> Iterator[Case]:
        step = max(1, calls // STRIKES)
        for turn, position in enumerate(range((7 * start) % step, calls, step), 2 * start):
            yield position, FAULTS[turn % len(FAULTS)], start % THIRD == 0

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", SHIPPING, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(world: World, scenario: Scenario, loss: Loss) -> None:
    turn = SHIPPING.index(scenario)
    if not IN_FULL and (turn % THIRD != 1 or LOSSES.index(loss) != turn % len(LOSSES)):
        pytest.skip("it is not this scenario's turn; make sweep plays all of them")
    the_sweeper_finds_what_is_lost(world, scenario, loss)
