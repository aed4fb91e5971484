"""Small steps downhill: shift a unit, or all units, of one of the goods to another parcel; let two change places.

Each parcel that changes is sent from where it is then cheapest.
"""

from shared.splitting.packing import Packing, Parcel, joined, without
from shared.splitting.work import Work

UNITS_PER_TRY = 24  # Of work, for one step that is looked at.
Pair = tuple[Parcel, Parcel]


def descend(packing: Packing, work: Work) -> None:
    """Go on until no such step between any two parcels saves anything."""
    settled: dict[tuple[int, int], Pair] = {}  # By identity: a parcel that has changed is another one.
    has_moved = True
    while has_moved and work.left > 0:
        has_moved = False
        first = 0
        while first < len(packing.parcels):
            if _improve_with_any(packing, first, settled, work):
                has_moved = True
            else:
                first += 1


def _improve_with_any(packing: Packing, first: int, settled: dict[tuple[int, int], Pair], work: Work) -> bool:
    one = packing.parcels[first]
    for second, other in enumerate(packing.parcels):
        if second == first or (id(one), id(other)) in settled:
            continue
        if work.left < 0:
            return False
        if _shift(packing, first, second, work) or (first < second and _swap(packing, first, second, work)):
            return True
        settled[id(one), id(other)] = (one, other)
    return False


def _shift(packing: Packing, first: int, second: int, work: Work) -> bool:
    one, other = packing.parcels[first], packing.parcels[second]
    for place, count in one.contents.items():
        for moved in {count, 1}:
            work.spend(UNITS_PER_TRY)
            rest = without(one.contents, place, moved)
            instead = [joined(other.contents, {place: moved}), *([rest] if rest else [])]
            if packing.replace((first, second), instead):
                return True
    return False


def _swap(packing: Packing, first: int, second: int, work: Work) -> bool:
    one, other = packing.parcels[first], packing.parcels[second]
    for place, count in one.contents.items():
        rest = without(one.contents, place, count)
        for there, several in other.contents.items():
            if there != place:
                work.spend(UNITS_PER_TRY)
                back = without(other.contents, there, several)
                instead = (joined(back, {place: count}), joined(rest, {there: several}))
                if packing.replace((first, second), instead):
                    return True
    return False
