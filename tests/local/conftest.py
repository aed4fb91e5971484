import pytest

from local.clock import StandingClock
from local.cloud import Cloud
from tests.local import small, stand_ins


@pytest.fixture(scope="module")
def opened():
    with Cloud(small.template(), clock=StandingClock(small.START)) as cloud:
        yield cloud


@pytest.fixture
def cloud(opened):
    """A small cloud, as new: its clock stands at ``small.START``."""
    stand_ins.forget()
    opened.reset()
    opened.sweeper, opened.settles = True, True
    opened.before.clear()
    return opened
