"""The cheapest plan of one group, as far as the work that may be done on it reaches."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.splitting.bounds import Options, Prices, options_of, prices_of
from shared.splitting.candidates import Candidates, candidates_of, unpack
from shared.splitting.chance import Chance
from shared.splitting.choices import Choices
from shared.splitting.exact import Found, search
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
_TURNS = ((20_000, 4_000), (60_000, 40_000))

_PATIENT = 500 * UNITS_PER_MS  # With less, most of it is kept for plans: an unfinished proof is worth little.


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
    for search_units, ruin_units in (*_TURNS, (work.left // 2, work.left)):
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


class _Attempt:
    """A plan that is made better, and gone on with when there is more work to spend."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._packing: Packing | None = None
        self._chance = Chance(_mixed((*group.quantities, *group.grams, *group.cm3)))

    def better(self, work: Work, units: int, bound: int) -> Solution:
        """The plan after so many units more; nothing is known to cost less than *bound*."""
        with work.within(units):
            if self._packing is None:
                self._packing = singles(self._group, Choices(self._group))
                Joining(self._packing, self._chance, 0, work).join()
            packing = self._packing
            Ruin(packing, self._chance, work).improve(work.left * 3 // 4)
            mend(packing, self._chance, work)
        parcels = tuple(Sent(parcel.contents, parcel.depot) for parcel in packing.parcels)
        return Solution(parcels, packing.cost, min(bound, packing.cost))


def _proof_of(group: Group, work: Work) -> _Proof | None:
    if len(group.goods) > _GOODS_MAX:
        return None
    is_patient = work.left >= _PATIENT
    with work.within(work.left // (3 if is_patient else 8)):
        candidates = candidates_of(group, work)
    if candidates is None:
        return None
    options = options_of(candidates)
    with work.within(work.left * 2 // 3 if is_patient else work.left // 4):
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
