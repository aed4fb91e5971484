"""How much may be paid in points, and what are they worth? (MONEY 3, step 5; the numbers are the platform's policy.)

Points are whole and amounts are whole. Points that would buy nothing stay with the buyer.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.money import allocate
from shared.ordering.reductions import Lines, base_of, take_off

STEP = "points"
YUAN_MINOR = 100


class PaidInPoints(NamedTuple):
    lines: Lines
    points: tuple[int, ...]  # for each line
    most: int  # as many as these goods take


def with_points(lines: Lines, asked: int, policy: Mapping[str, int]) -> PaidInPoints:
    """*lines* after the points that the buyer wants to use, or as many of them as may be used for these goods."""
    per_yuan, everything = policy["points_per_yuan"], [True] * len(lines)
    payable = base_of(lines, everything) * min(policy["points_max_pct"], 100) // 100
    most = payable * per_yuan // YUAN_MINOR
    worth = worth_of(min(asked, most), per_yuan)
    paid = take_off(lines, everything, STEP, worth)
    shares = [dict(line.steps).get(STEP, 0) for line in paid]
    points = allocate(needed_for(worth, per_yuan), [-share for share in shares])
    return PaidInPoints(paid, points, most)


def worth_of(points: int, per_yuan: int) -> int:
    """What *points* buy, in whole minor units.

    >>> worth_of(500, 100), worth_of(3, 200), worth_of(3, 0)  # A shop without points says 0.
    (500, 1, 0)
    """
    return points * YUAN_MINOR // per_yuan if per_yuan else 0


def needed_for(amount_minor: int, per_yuan: int) -> int:
    """The fewest points that are worth *amount_minor*.

    >>> needed_for(500, 100), needed_for(1, 200), needed_for(33, 3)
    (500, 2, 1)
    """
    return -(-amount_minor * per_yuan // YUAN_MINOR)
