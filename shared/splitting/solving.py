"""The cheapest plan of one group, as far as the work that may be done on it reaches."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.splitting.bounds import Options, Prices, options_of, prices_of
from shared.splitting.candidates import Candidates, candidates_of, unpack
from shared.splitting.chance import Chance
from shared.splitting.choices import Choices
from shared.splitting.exact import Found, search
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


class _Proof(NamedTuple):
    """What a search with proof starts from."""

    candidates: Candidates
    options: Options
    prices: Prices


def solved(group: Group, work: Work) -> Solution:
    """A plan of *group*, proven the cheapest if *work* allows."""
    proof = _proof_of(group, work)
    attempt = _Attempt(group)
    if proof is None:
        return attempt.better(work, work.left, floor_of(group))
    known = Solution((), DEARER_THAN_ALL, proof.prices.bound)
    for search_units, ruin_units in _turns(work.left):
        with work.within(search_units):
            outcome = search(group, *proof, known.cost, known.bound, work)
        if outcome.best:
            known = _found(outcome.best, proof, outcome.bound)
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


def _proof_of(group: Group, work: Work) -> _Proof | None:
    if len(group.goods) > _GOODS_MAX:
        return None
    is_patient = work.left >= _PATIENT
    with work.within(work.left // (3 if is_patient else 5)):
        candidates = candidates_of(group, work)
    if candidates is None:
        return None
    options = options_of(candidates)
    with work.within(work.left * 2 // 3 if is_patient else work.left // 2):
        prices = prices_of(group, candidates, options, work)
    return _Proof(candidates, options, prices) if prices else None


def _found(found: Found, proof: _Proof, bound: int) -> Solution:
    parcels = []
    for number, depot in found.parcels:
        units = unpack(proof.candidates.packed[number], proof.candidates.fields)
        parcels.append(Sent({place: count for place, count in enumerate(units) if count}, depot))
    return Solution(tuple(parcels), found.cost, bound)


def _mixed(numbers: Iterable[int]) -> int:
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number) % (1 << 61)
    return seed
