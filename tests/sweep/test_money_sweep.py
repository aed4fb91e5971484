"""The same for real providers, refunds by amount, chargebacks, and what is found without being told.

``make sweep`` strikes with every fault at every outside call; ``make test`` strikes each scenario at every seventh
call, and takes one of the two losses for each scenario in turn.
"""

from collections.abc import Iterator

import pytest

from tests.http_world import World
from tests.sweep.faults import FAULTS
from tests.sweep.paying import PAYING
from tests.sweep.scenario import Scenario
from tests.sweep.sweeping import (
    IN_FULL,
    LOSSES,
    Case,
    Loss,
    ends_the_same_whatever_fails,
    the_sweeper_finds_what_is_lost,
)

STEP = 7


@pytest.mark.parametrize("scenario", PAYING, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    start = PAYING.index(scenario)

    def cases(calls: int) -> Iterator[Case]:
        positions = range(start % min(STEP, calls), calls, STEP)
        return ((n, FAULTS[(start + n) % len(FAULTS)], (start + n // STEP) % 2 == 0) for n in positions)

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("scenario", PAYING, ids=lambda scenario: scenario.name)
def test_what_the_platform_loses_the_sweeper_finds(world: World, scenario: Scenario, loss: Loss) -> None:
    if not IN_FULL and LOSSES.index(loss) != PAYING.index(scenario) % len(LOSSES):
        pytest.skip("the other loss is this scenario's turn; make sweep takes both")
    the_sweeper_finds_what_is_lost(world, scenario, loss)
