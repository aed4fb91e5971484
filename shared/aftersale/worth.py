"""What are units worth to their buyer now? What was paid for them, less what went back for them already.

    bought 3 for 1.00 (100 fen)      worth 33, 33, 34: running totals, so that all three are 1.00 exactly
    reduced by 0.30 for all three    each bears its part of that: 23, 23, 24

So whatever is reduced, returned, or paid back without a return, in whatever order, never more than was paid for the
line goes back, and all of it when nothing is left (RULES 3.5).
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.model import Line, SubOrder, WholeOrder
from shared.money import worth_of_units


class Worth(NamedTuple):
    """Minor units: what goes back for some units, and what they bear of what went back before."""

    goods_minor: int
    reduced_minor: int


def worth_of(sub_order: SubOrder, line: Line, units: int) -> Worth:
    """The next *units* of *line* that the buyer still pays for.

    >>> from shared.lifecycle import SubOrderState
    >>> line = Line(1, 1, "A", "a", "M", 3, 34, (), 100, 0, ())
    >>> own = SubOrder(number=1, merchant_id="M", state=SubOrderState.COMPLETED, goods_minor=100, freight_minor=0,
    ...                payable_minor=100, reduced={"1": 30})
    >>> worth_of(own, line, 1), worth_of(own, line, 3)
    (Worth(goods_minor=23, reduced_minor=10), Worth(goods_minor=70, reduced_minor=30))
    """
    gone, reduced = sub_order.gone(line), sub_order.reduced.get(str(line.number), 0)
    left = line.quantity - gone
    paid = worth_of_units(line.payable_minor, line.quantity, before=gone, after=gone + units)
    share = min(reduced - reduced * (left - units) // left, paid) if left else 0
    return Worth(paid - share, share)


def root_of(whole: WholeOrder, line: Line) -> Line:
    """The line that was paid for: units that make good others stand in for them."""
    if not line.replaces:
        return line
    return next(one for one in whole.lines if one.number == line.replaces)


def paid_for(whole: WholeOrder, units: Mapping[int, int]) -> int:
    """What goes back for *units* (line number -> units) if all of it does: minor units, without freight."""
    lines = {line.number: line for line in whole.lines}
    wanted: dict[int, int] = {}
    for number, count in units.items():
        root = root_of(whole, lines[number]).number
        wanted[root] = wanted.get(root, 0) + count
    total = 0
    for number, count in wanted.items():
        line = lines[number]
        sub_order = whole.sub_orders[line.sub_order - 1]
        kept = line.quantity - sub_order.gone(line)
        total += worth_of(sub_order, line, min(count, kept)).goods_minor
    return total
