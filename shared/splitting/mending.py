"""A better plan: take a few parcels of it, and send what is in them in the very cheapest way.

What lies in one, two or three parcels is a group of its own, small enough for a search with proof (exact.py). Where
it is not, some of the goods that lie together are tied into bundles, which are then sent as they are.
"""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from shared.splitting.bounds import options_of, prices_of
from shared.splitting.candidates import candidates_of, unpack
from shared.splitting.chance import Chance
from shared.splitting.exact import Found, Ground, Search, fewest, ground_of, least_of_more
from shared.splitting.groups import Depot, Group
from shared.splitting.packing import Contents, Packing, Parcel
from shared.splitting.work import Work

_UNITS_MAX = 16_000  # Of work, for one search.
_UNITS_BESIDE = 400
_CANDIDATES_MAX = 400  # So many or fewer without bundles, or their goods are tied.


class Bundle(NamedTuple):
    """Units that are sent together, and how many times over."""

    contents: tuple[tuple[int, int], ...]
    times: int


def mend(packing: Packing, chance: Chance, work: Work) -> None:
    """Mend single parcels, pairs and then threes, until nothing is left to try or *work* is spent."""
    settled: dict[
        tuple[int, ...], list[Parcel]
    ] = {}  # By identity: a parcel that has changed is another one.
    for size in (1, 2, 3):
        fruitless = 0
        while work.left > 0 and len(packing.parcels) >= size and fruitless < 40 * size:
            numbers = chance.some(size, range(len(packing.parcels)))
            parcels = [packing.parcels[number] for number in numbers]
            key = tuple(sorted(map(id, parcels)))  # Equal ones may be the same, more than once.
            if key in settled:
                fruitless += 1
                work.spend(20)
            elif mended(packing, parcels, chance, work):
                fruitless = 0
            else:
                settled[key] = parcels


def mended(packing: Packing, parcels: Sequence[Parcel], chance: Chance, work: Work) -> bool:
    """Send what is in *parcels* more cheaply, if there is a way that is found. Was there?"""
    most = sum(parcel.cost for parcel in parcels)
    for parcel in parcels:
        packing.release(parcel)
    bundles = _bundles_of(packing.group, parcels, chance)
    with work.within(_UNITS_MAX):
        found = _sent_best(packing, bundles, most, work)
    work.spend(_UNITS_BESIDE)
    new: list[Parcel] = []
    for depot, contents in found:
        sent = packing.parcel_from(depot, contents)
        if sent is None:
            break  # Two bundles hold some of the same goods, of which there are too few.
        packing.hold(sent)
        new.append(sent)
    else:
        if new and sum(parcel.cost for parcel in new) < most:
            gone = list(map(id, parcels))
            kept: list[Parcel] = []
            for parcel in packing.parcels:
                if id(parcel) in gone:
                    gone.remove(id(parcel))
                else:
                    kept.append(parcel)
            packing.parcels = kept + new
            return True
    for parcel in new:
        packing.release(parcel)
    for parcel in parcels:
        packing.hold(parcel)
    return False


def _sent_best(
    packing: Packing, bundles: Sequence[Bundle], most: int, work: Work
) -> list[tuple[int, Contents]]:
    """The cheapest parcels of *bundles* below the cost of *most*: their depots and contents. None if none are found."""
    group, depots = _group_of(packing, bundles)
    candidates = candidates_of(group, work)
    if candidates is None:
        return []
    best = _best_below(group, ground_of(group, candidates), most, work)
    if best is None:
        return []
    sent: list[tuple[int, Contents]] = []
    for number, depot in best.parcels:
        contents: dict[int, int] = {}
        for bundle, times in zip(bundles, unpack(candidates.packed[number], candidates.fields), strict=True):
            for place, count in bundle.contents if times else ():
                contents[place] = contents.get(place, 0) + count * times
        sent.append((depots[depot], contents))
    return sent


def _best_below(group: Group, ground: Ground, most: int, work: Work) -> Found | None:
    few = fewest(ground, work)
    if few is None or few.cost >= most:
        few = None
    ceiling = few.cost if few else most
    if least_of_more(group) >= ceiling:
        return few
    options = options_of(ground.candidates)
    prices = prices_of(group, ground.candidates, options, ceiling, work)
    if prices is None or prices.bound >= ceiling:
        return few
    return Search(group, ground, options, prices).below(ceiling, prices.bound, work).best or few


def _bundles_of(group: Group, parcels: Sequence[Parcel], chance: Chance) -> list[Bundle]:
    """Each unit for itself where these are few; or else the goods of a parcel, tied at random until they are few."""
    whole: dict[int, int] = {}
    for parcel in parcels:
        for place, count in parcel.contents.items():
            whole[place] = whole.get(place, 0) + count
    if prod(count + 1 for count in whole.values()) <= _CANDIDATES_MAX:
        return [Bundle(((place, 1),), count) for place, count in whole.items()]
    tied = [[[each] for each in parcel.contents.items()] for parcel in parcels]
    while sum(map(len, tied)) >= _CANDIDATES_MAX.bit_length():
        longest = max(tied, key=len)
        if len(longest) == 1:
            break
        one, other = chance.some(2, longest)
        longest.remove(one)
        other += one
    return [Bundle(tuple(each), 1) for several in tied for each in several]


def _group_of(packing: Packing, bundles: Sequence[Bundle]) -> tuple[Group, list[int]]:
    """The bundles as a group of their own, from what the depots have left; and which depots these are."""
    group = packing.group
    sorts = [sum(1 << place for place, _ in bundle.contents) for bundle in bundles]
    depots: list[Depot] = []
    numbers: list[int] = []
    for number, depot in enumerate(group.depots):
        left = packing.left[number]
        stock = tuple(
            min(bundle.times, *(left[place] // count for place, count in bundle.contents))
            for bundle in bundles
        )
        if any(stock):
            depots.append(depot._replace(stock=stock))
            numbers.append(number)
    return (
        Group(
            goods=(),
            quantities=tuple(bundle.times for bundle in bundles),
            grams=_sums(bundles, group.grams),
            cm3=_sums(bundles, group.cm3),
            worth=_sums(bundles, group.worth),
            cap=group.cap,
            conflicts=tuple(_apart(group, bundle, sorts) for bundle in bundles),
            depots=tuple(depots),
        ),
        numbers,
    )


def _sums(bundles: Sequence[Bundle], sizes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sum(sizes[place] * count for place, count in bundle.contents) for bundle in bundles)


def _apart(group: Group, bundle: Bundle, sorts: Sequence[int]) -> int:
    """The bundles (bits) that hold something that is kept apart from something in *bundle*."""
    conflict = 0
    for place, _ in bundle.contents:
        conflict |= group.conflicts[place]
    return sum(1 << number for number, held in enumerate(sorts) if held & conflict)
