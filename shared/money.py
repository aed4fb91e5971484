"""Amounts are whole minor units (fen, cents, pence) of one currency. There are no floats here.

``allocate`` spreads an amount so that the parts add up; ``worth_of_units`` gives back part of a line so that
any sequence of partial refunds adds up to what was paid. Both are exact in integers.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, Self

from shared.errors import CurrencyMismatch

AMOUNT_MAX = 10**12  # Minor units. Larger than any order; small enough for every number format on the way.


class Money(NamedTuple):
    """An amount as it crosses a border of the system: a request, an answer, a provider's message."""

    amount_minor: int
    currency: str  # ISO 4217

    def plus(self, other: Self) -> Self:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
        return self._replace(amount_minor=self.amount_minor + other.amount_minor)


def allocate(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split *total_minor* in proportion to *weights* so that the parts add up exactly.

    Largest remainder first (Hamilton), ties to the earlier weight, so that the same order always splits the
    same way: a refund computed next year must agree with the receipt printed today. A negative total mirrors
    its positive part by part. A weight of 0 gets 0, unless all are 0: then every weight counts as 1.

    >>> allocate(1000, (1, 1, 1)), allocate(-1000, (1, 1, 1)), allocate(95, (10, 0, 20))
    ((334, 333, 333), (-334, -333, -333), (32, 0, 63))

    Raises ``ValueError`` for a negative weight, or for something to split over nothing.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    if not weights:
        if total_minor:
            raise ValueError("there is nothing to split over")
        return ()
    weights = weights if any(weights) else (1,) * len(weights)
    sign, amount, whole = (-1 if total_minor < 0 else 1), abs(total_minor), sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % whole))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return tuple(sign * part for part in parts)


def worth_of_units(total_minor: int, quantity: int, *, before: int, after: int) -> int:
    """What goes back when the returned units of a line go from *before* to *after*.

    *total_minor* was paid for *quantity* units. The difference of two running totals, so that all units back
    is the total exactly, in whatever steps.

    >>> [worth_of_units(100, 7, before=k, after=k + 1) for k in range(7)]
    [14, 14, 14, 15, 14, 14, 15]
    """
    assert 0 <= before <= after <= quantity, "more units back than were bought"
    return total_minor * after // quantity - total_minor * before // quantity


def running_shares(total_minor: int, units: Sequence[int]) -> tuple[int, ...]:
    """Spread *total_minor* over groups of equal units, group after group, so that it adds up.

    >>> running_shares(100, (2, 3, 2))
    (28, 43, 29)
    """
    whole = sum(units)
    if whole == 0:
        return (0,) * len(units)
    ends = tuple(accumulate(units))
    return tuple(
        worth_of_units(total_minor, whole, before=end - count, after=end)
        for end, count in zip(ends, units, strict=True)
    )
