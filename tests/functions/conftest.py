"""One laptop cloud per module, a fresh shop per test."""

from collections.abc import Iterator

import pytest

from shared.outside import outside
from tests.functions.promising import promises_kept
from tests.http_world import World


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def world(opened: World) -> Iterator[World]:
    """A shop that has just opened, on a clock that stands still."""
    opened.cloud.settles = True
    opened.cloud.before.clear()
    opened.reset()
    yield opened
    outside.around.clear()


@pytest.fixture
def promised(world: World) -> Iterator[None]:
    """Whatever the tables take in this test keeps every promise of ``tests.promises``, change by change."""
    with promises_kept(world):
        yield
