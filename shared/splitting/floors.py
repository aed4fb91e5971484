"""What does a group cost at least, when there are too many candidates for a better answer?

Each unit costs no less than its grams at the best rate by the gram of any depot that holds it. So it is with its
volume. These are prices no parcel can beat, only not the highest ones.
"""

from fractions import Fraction

from shared.splitting.groups import Group, Lane


def floor_of(group: Group) -> int:
    """No plan of *group* costs less."""
    return max(
        _floor(group, group.grams, [min(map(_by_gram, depot.lanes)) for depot in group.depots]),
        _floor(group, group.cm3, [min(map(_by_cm3, depot.lanes)) for depot in group.depots]),
        min(depot.least for depot in group.depots),
    )


def _floor(group: Group, sizes: tuple[int, ...], rates: list[Fraction]) -> int:
    total = 0
    for place, size in enumerate(sizes):
        held = (rate for rate, depot in zip(rates, group.depots, strict=True) if depot.stock[place])
        total += group.quantities[place] * int(size * min(held))
    return total


def _by_gram(lane: Lane) -> Fraction:
    """The least cost of a gram in any parcel of *lane*: where a step ends, or its limit."""
    return min(Fraction(_cost(lane, grams), grams) for grams in _ends(lane, lane.max_grams))


def _by_cm3(lane: Lane) -> Fraction:
    """The least cost of a cubic centimetre: by the limit, or where volume is charged by what a gram of it costs."""
    cheapest = Fraction(lane.least, lane.max_cm3)
    if lane.divisor is None:
        return cheapest
    counted = -(-1000 * lane.max_cm3 // lane.divisor)
    by_gram = min(Fraction(_cost(lane, grams), grams) for grams in _ends(lane, counted))
    return max(cheapest, by_gram * Fraction(1000, lane.divisor))


def _ends(lane: Lane, limit: int) -> list[int]:
    """The weights up to *limit* at which a gram may be cheapest: the first and the last end of a step of each band."""
    ends = {limit}
    for over, upto, _, step, _ in lane.steps:
        last = min(upto, limit)
        if last > over:
            ends |= {min(over + step, last), over + (last - over) // step * step or last, last}
    return sorted(ends)


def _cost(lane: Lane, grams: int) -> int:
    for over, upto, base, step, step_cost in lane.steps:
        if grams <= upto:
            return base - step_cost * ((over - grams) // step)
    return lane.steps[-1][2]
