"""How much may be tried before an answer must be there?

A clock would give another answer on another day. So work is counted in steps of the innermost loops, and a limit of
time is a number of steps: the same problem and limit give the same parcels on every machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager

UNITS_PER_MS = 4_500  # Measured where this was written (Python 3.11); calibrate anew when a loop is changed.


class Work:
    """A purse of steps. What is spent is gone."""

    def __init__(self, units: int) -> None:
        self.left = units

    def spend(self, units: int) -> bool:
        """Take *units*. False when they are not there any more."""
        self.left -= units
        return self.left >= 0

    @contextmanager
    def within(self, units: int) -> Iterator[None]:
        """Inside, only so many *units* are there. What is not spent of them is there again afterwards."""
        inside = max(0, min(units, self.left))
        outside = self.left - inside
        self.left = inside
        yield
        self.left += outside
