"""Which parcels can a group have at all? All of them, where that is a number one can look at.

A parcel's contents are one whole number: a field of bits for each of the goods, and above each field a guard bit that
stays free. Then one subtraction tells whether contents are part of others (``fits``), whatever the number of goods.
"""

from typing import NamedTuple

from shared.splitting.groups import Depot, Group, cheapest
from shared.splitting.work import Work

UNITS_PER_PARCEL = 8  # Of work, for one that is looked at.


class Fields(NamedTuple):
    """Where the goods' units stand in a packed number."""

    ones: tuple[int, ...]  # One unit of each of the goods.
    masks: tuple[int, ...]
    guards: int


class Candidates(NamedTuple):
    """Contents grow from contents: each is its parent and one unit more. Number 0 is the empty parcel."""

    fields: Fields
    packed: list[int]
    growth: list[tuple[int, int]]  # Of number 1 and on: the parent, and the place of the goods that it got one of.
    options: list[tuple[tuple[int, int], ...]]  # (cost, depot): what is not worse in every plan.


def fields_of(group: Group) -> Fields:
    ones, masks, guards, shift = [], [], 0, 0
    for quantity in group.quantities:
        bits = quantity.bit_length()
        ones.append(1 << shift)
        masks.append(((1 << bits) - 1) << shift)
        guards |= 1 << (shift + bits)
        shift += bits + 1
    return Fields(tuple(ones), tuple(masks), guards)


def fits(part: int, whole: int, guards: int) -> bool:
    """Does *whole* hold at least as many of each of the goods as *part*?

    >>> fits(0b0_01_0_10, 0b0_10_0_10, 0b1_00_1_00), fits(0b0_01_0_10, 0b0_11_0_01, 0b1_00_1_00)
    (True, False)
    """
    return ((whole | guards) - part) & guards == guards


def pack(units: tuple[int, ...], fields: Fields) -> int:
    return sum(count * one for count, one in zip(units, fields.ones, strict=True))


def unpack(packed: int, fields: Fields) -> tuple[int, ...]:
    return tuple((packed & mask) // one for mask, one in zip(fields.masks, fields.ones, strict=True))


def candidates_of(group: Group, work: Work) -> Candidates | None:
    """Every parcel of *group* that a warehouse can send. None when they are more than *work* allows to look at."""
    fields = fields_of(group)
    everywhere = (1 << len(group.depots)) - 1
    entries = [(0, 0, 0, 0, everywhere, everywhere, 0)]
    growth: list[tuple[int, int]] = []
    options: list[tuple[tuple[int, int], ...]] = [()]
    choices = _Choices(group.depots)
    for place, quantity in enumerate(group.quantities):
        grams, cm3, worth = group.grams[place], group.cm3[place], group.worth[place]
        one, conflict, bit = fields.ones[place], group.conflicts[place], 1 << place
        holding = _holding(group.depots, place, quantity)
        for index in range(len(entries)):
            packed, weight, volume, value, where, freely, sorts = entries[index]
            if sorts & conflict:
                continue
            parent = index
            freely &= holding[quantity]
            for count in range(1, quantity + 1):
                packed, weight, volume, value = packed + one, weight + grams, volume + cm3, value + worth
                where &= holding[count]
                if not where or value > group.cap:
                    break
                found = choices.of(where, freely, weight, volume)
                if not found:
                    break
                entries.append((packed, weight, volume, value, where, freely, sorts | bit))
                options.append(found)
                growth.append((parent, place))
                parent = len(growth)
            if not work.spend(UNITS_PER_PARCEL * quantity):
                return None
    return Candidates(fields, [entry[0] for entry in entries], growth, options)


class _Choices:
    """From where contents are best sent.

    A depot that has all units of all goods in a parcel can send it whatever else it sends. So of such depots only the
    cheapest counts, and of the others those that are cheaper still.
    """

    def __init__(self, depots: tuple[Depot, ...]) -> None:
        self._depots = depots
        self._near: dict[int, tuple[tuple[int, int, Depot], ...]] = {}

    def of(self, where: int, freely: int, grams: int, cm3: int) -> tuple[tuple[int, int], ...]:
        """(cost, depot), the cheapest first, among the depots *where* (bits) they lie."""
        near = self._near.get(where)
        if near is None:
            near = self._near[where] = self._sorted(where)
        best, free = 0, -1
        bound: list[tuple[int, int]] = []
        for least, number, depot in near:
            if best and least >= best:
                break
            cost = cheapest(depot.lanes, grams, cm3)
            if not cost or (best and cost >= best):
                continue
            if freely >> number & 1:
                best, free = cost, number
            else:
                bound.append((cost, number))
        if not bound:
            return ((best, free),) if best else ()
        bound.sort()
        if not best:
            return tuple(bound)
        return (*(option for option in bound if option[0] < best), (best, free))

    def _sorted(self, where: int) -> tuple[tuple[int, int, Depot], ...]:
        return tuple(
            sorted(
                (depot.least, number, depot)
                for number, depot in enumerate(self._depots)
                if where >> number & 1
            )
        )


def _holding(depots: tuple[Depot, ...], place: int, quantity: int) -> list[int]:
    """For each count of units the depots (bits) that hold so many."""
    return [
        sum(1 << number for number, depot in enumerate(depots) if depot.stock[place] >= count)
        for count in range(quantity + 1)
    ]
