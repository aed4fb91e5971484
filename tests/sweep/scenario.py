"""One command of the sweep."""

from collections.abc import Callable
from typing import NamedTuple

from tests.http_world import World


class Scenario(NamedTuple):
    name: str
    before: Callable[[World], str]  # returns the order's number, or nothing yet
    act: Callable[[World, str], object]
    is_polled: bool = (
        False  # Its end is found by what comes every minute: there is none with the sweeper off.
    )
