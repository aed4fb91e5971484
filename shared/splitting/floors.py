"""What does a group cost at least, when there are too many candidates for a better answer?

Each unit costs no less than its grams at the best rate by the gram of any depot that holds it. So it is with its
volume. These are prices no parcel can beat, only not the highest ones. Rates are whole numbers too, in parts of a cost
that are small enough, and rounded down.
"""

from shared.splitting.groups import Group, Lane

_BITS = 48  # A rate is counted in 2 ** -48 of a cost.


def floor_of(group: Group) -> int:
    """No plan of *group* costs less."""
    return max(
        _floor(group, group.grams, [min(map(_by_gram, depot.lanes)) for depot in group.depots]),
        _floor(group, group.cm3, [min(map(_by_cm3, depot.lanes)) for depot in group.depots]),
        min(depot.least for depot in group.depots),
    )


def _floor(group: Group, sizes: tuple[int, ...], rates: list[int]) -> int:
    total = 0
    for place, size in enumerate(sizes):
        held = (rate for rate, depot in zip(rates, group.depots, strict=True) if depot.stock[place])
        total += group.quantities[place] * size * min(held)
    return total >> _BITS


def _by_gram(lane: Lane) -> int:
    """The least rate of a gram in any parcel of *lane*."""
    return _least_rate(lane, lane.max_grams)


def _by_cm3(lane: Lane) -> int:
    """The least rate of a cubic centimetre: by the limit, or where volume is charged by what a gram of it costs."""
    cheapest = (lane.least << _BITS) // lane.max_cm3
    if lane.divisor is None:
        return cheapest
    counted = -(-1000 * lane.max_cm3 // lane.divisor)
    return max(cheapest, _least_rate(lane, counted) * 1000 // lane.divisor)


def _least_rate(lane: Lane, limit: int) -> int:
    """Within a band a gram is cheapest at the end of the first step or of the last, or at the limit."""
    rates = []
    for over, upto, base, step, step_cost in lane.steps:
        last = min(upto, limit)
        for end in (over + step, over + (last - over) // step * step, last):
            if over < end <= last:
                rates.append((base - step_cost * ((over - end) // step) << _BITS) // end)
    return min(rates)
