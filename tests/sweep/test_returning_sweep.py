"""The same for the way back: cases, disputes, advances, what is sent again; and what people do about abnormal orders.

``make sweep`` strikes with every fault at every outside call. ``make test`` strikes each scenario once, each at another
call and with another fault, but of those that take days every other one; to every seventh a mishap happens instead.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.http_world import World
from tests.sweep.disputing import DISPUTING
from tests.sweep.faults import FAULTS
from tests.sweep.registering import REGISTERING
from tests.sweep.returning import RETURNING
from tests.sweep.scenario import Scenario
from tests.sweep.sweeping import (
    IN_FULL,
    LOSSES,
    Case,
    Loss,
    ends_the_same_whatever_fails,
    the_sweeper_finds_what_is_lost,
)

WAY_BACK = (*RETURNING, *DISPUTING, *REGISTERING)
SEVENTH = 7


def every_command_comes_twice(world: World, play: Callable[[], object]) -> None:
    world.sends_twice = True
    play()
    world.sends_twice = False


MISHAPS: tuple[Loss, ...] = (*LOSSES, every_command_comes_twice)


def turn_of(scenario: Scenario) -> int:
    return WAY_BACK.index(scenario)


@pytest.mark.parametrize("scenario", WAY_BACK, ids=lambda scenario: scenario.name)
def test_no_fault_changes_how_it_ends(world: World, scenario: Scenario) -> None:
    turn = turn_of(scenario)
    if not IN_FULL and (turn % SEVENTH == 1 or (scenario.is_polled and turn % 2)):
        pytest.skip("it is not this scenario's turn; make sweep plays all of them")

    def cases(calls: int) -> Iterator[Case]:
        yield 7 * turn % calls, FAULTS[turn % len(FAULTS)], False  # The sweeper is on where it is needed.

    ends_the_same_whatever_fails(world, scenario, cases)


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
@pytest.mark.parametrize("scenario", WAY_BACK, ids=lambda scenario: scenario.name)
def test_what_is_lost_or_told_twice_changes_nothing(world: World, scenario: Scenario, mishap: Loss) -> None:
    turn = turn_of(scenario)
    if not IN_FULL and (turn % SEVENTH != 1 or MISHAPS.index(mishap) != turn % len(MISHAPS)):
        pytest.skip("it is not this scenario's turn; make sweep plays all of them")
    the_sweeper_finds_what_is_lost(world, scenario, mishap)
