"""The cheapest plan of one group, as far as the work that may be done on it reaches."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.splitting.bounds import options_of, prices_of
from shared.splitting.candidates import candidates_of, unpack
from shared.splitting.chance import Chance
from shared.splitting.choices import Choices
from shared.splitting.exact import Found, Ground, Search, fewest, ground_of, least_of_more
from shared.splitting.filling import Filling
from shared.splitting.floors import floor_of
from shared.splitting.groups import DEARER_THAN_ALL, Group
from shared.splitting.mending import mend
from shared.splitting.packing import Contents, Packing
from shared.splitting.ruin import Ruin
from shared.splitting.starts import Joining, singles
from shared.splitting.work import UNITS_PER_MS, Work

_GOODS_MAX = 24  # Of more goods nobody looks at all candidates.
# Units of work for a search with proof, and then to find a plan otherwise below which to search again. A search that
# does not end soon starts anew with a better plan, and the last one has the rest.
_TURNS = ((20_000, 4_000), (60_000, 8_000), (100_000, 40_000))

_PATIENT = 500 * UNITS_PER_MS  # With less, most of it is kept for plans: an unfinished proof is worth little.
_FILLED_MAX = 6  # Plans of full parcels, made
_FILLED_PART = 3, 16  # of such a part of the work;
_TRIED, _TRIED_PART = 3, (1, 2)  # so many of the first plans are made better, in such a part of what is left,
_TRIED_PARCELS_MAX = 100  # unless they have more parcels: then all of it is for the best one.


class Sent(NamedTuple):
    """A parcel: units of the group's goods, by their place, from a depot of the group."""

    contents: Contents
    depot: int


class Solution(NamedTuple):
    parcels: tuple[Sent, ...]
    cost: int
    bound: int  # No plan costs less.


def solved(group: Group, work: Work) -> Solution:
    """A plan of *group*, proven the cheapest if *work* allows."""
    ground = _ground_of(group, work)
    if ground is None:
        return _Attempt(group).better(work, work.left, floor_of(group))
    known = _known_of(group, ground, work)
    if known.bound == known.cost:
        return known
    attempt = _Attempt(group)
    search = _search_of(group, ground, known.cost, work)
    if search is None:
        other = attempt.better(work, work.left, max(known.bound, floor_of(group)))
        return min(other, known._replace(bound=other.bound), key=lambda solution: solution.cost)
    known = known._replace(bound=min(known.cost, max(known.bound, search.bound)))
    for search_units, ruin_units in _turns(work.left):
        with work.within(search_units):
            outcome = search.below(known.cost, known.bound, work)
        if outcome.best:
            known = _found(outcome.best, ground, outcome.bound)
        known = known._replace(bound=min(known.cost, outcome.bound))
        if known.bound == known.cost:
            break
        other = attempt.better(work, ruin_units, known.bound)
        known = min(known, other, key=lambda solution: solution.cost)
    return known


def _turns(units: int) -> tuple[tuple[int, int], ...]:
    """Units of work for each search, and for the plans after it."""
    if units < _PATIENT // 2:
        return (_TURNS[0][0], units // 3), (units // 3, units)
    return (*_TURNS, (units // 2, units))


class _Attempt:
    """A plan that is made better, and gone on with when there is more work to spend."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._packing: Packing | None = None
        self._chance = Chance(_mixed((*group.quantities, *group.grams, *group.cm3)))

    def better(self, work: Work, units: int, bound: int) -> Solution:
        """The plan after so many units more; nothing is known to cost less than *bound*."""
        with work.within(units):
            packing = self._packing = self._packing or self._begun(work)
            Ruin(packing, self._chance, work).improve(work.left * 3 // 4)
            mend(packing, self._chance, work)
        parcels = tuple(Sent(parcel.contents, parcel.depot) for parcel in packing.parcels)
        return Solution(parcels, packing.cost, min(bound, packing.cost))

    def _begun(self, work: Work) -> Packing:
        """The best of a few plans that begin in different ways, and were made better for a while."""
        plans = sorted(self._first_plans(work), key=lambda packing: packing.cost)[:_TRIED]
        if len(plans[0].parcels) <= _TRIED_PARCELS_MAX:
            units = work.left * _TRIED_PART[0] // _TRIED_PART[1] // len(plans)
            for packing in plans:
                Ruin(packing, self._chance, work).improve(units)
        return min(plans, key=lambda packing: packing.cost)

    def _first_plans(self, work: Work) -> list[Packing]:
        choices = Choices(self._group)
        packing = singles(self._group, choices)
        filling = Filling(packing, choices, self._chance, work)
        Joining(packing, self._chance, 0, work).join()
        plans = [packing]
        with work.within(work.left * _FILLED_PART[0] // _FILLED_PART[1]):
            while len(plans) <= _FILLED_MAX:
                filled = filling.plan()
                if filled is None:
                    break
                Joining(filled, self._chance, 0, work).join()
                plans.append(filled)
        return plans


def _ground_of(group: Group, work: Work) -> Ground | None:
    """All that there is to choose from. None where *work* does not suffice to look at it."""
    if len(group.goods) > _GOODS_MAX:
        return None
    with work.within(work.left // (3 if work.left >= _PATIENT else 5)):
        candidates = candidates_of(group, work)
    return ground_of(group, candidates) if candidates else None


def _known_of(group: Group, ground: Ground, work: Work) -> Solution:
    """The cheapest plan of few parcels, if there is one, and what those of more cost at least."""
    bound, few = least_of_more(group), fewest(ground, work)
    if few is None:
        return Solution((), DEARER_THAN_ALL, bound)
    return _found(few, ground, min(bound, few.cost))


def _search_of(group: Group, ground: Ground, ceiling: int, work: Work) -> Search | None:
    options = options_of(ground.candidates)
    with work.within(work.left * 2 // 3 if work.left >= _PATIENT else work.left // 2):
        prices = prices_of(group, ground.candidates, options, ceiling, work)
    return Search(group, ground, options, prices) if prices else None


def _found(found: Found, ground: Ground, bound: int) -> Solution:
    parcels = []
    for number, depot in found.parcels:
        units = unpack(ground.candidates.packed[number], ground.candidates.fields)
        parcels.append(Sent({place: count for place, count in enumerate(units) if count}, depot))
    return Solution(tuple(parcels), found.cost, bound)


def _mixed(numbers: Iterable[int]) -> int:
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number) % (1 << 61)
    return seed
