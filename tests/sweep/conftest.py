"""One laptop cloud per module: each scenario begins in a fresh shop."""

from collections.abc import Iterator

import pytest

from tests.http_world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()
