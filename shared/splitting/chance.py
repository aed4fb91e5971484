"""Chance that is the same everywhere: the same seed gives the same numbers on every machine and version of Python."""

from collections.abc import Sequence
from typing import TypeVar

_One = TypeVar("_One")
_MASK = (1 << 64) - 1


class Chance:
    """Numbers that look random (a linear congruential generator with the constants of Knuth's MMIX)."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E3779B97F4A7C15 + 1) & _MASK

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, but not, *limit*.

        >>> chance = Chance(1)
        >>> [chance.below(10) for _ in range(8)]
        [5, 0, 7, 7, 6, 3, 4, 7]
        """
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (self._state >> 32) * limit >> 32

    def some(self, count: int, among: Sequence[_One]) -> list[_One]:
        """*count* different ones, or all if there are no more."""
        rest = list(among)
        taken = []
        for _ in range(min(count, len(rest))):
            place = self.below(len(rest))
            taken.append(rest[place])
            rest[place] = rest[-1]
            rest.pop()
        return taken
