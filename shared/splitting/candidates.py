"""Which parcels can a group have at all? All of them, where that is a number one can look at.

A parcel's contents are one whole number: a field of bits for each of the goods, and above each field a guard bit that
stays free. Then one subtraction tells whether contents are part of others (``fits``), whatever the number of goods.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.splitting.choices import Choices, Option
from shared.splitting.groups import Group
from shared.splitting.work import Work

# Packed contents, grams, cm3, worth, the depots that hold it, those of them that hold all of its goods, its goods.
_Entry = tuple[int, int, int, int, int, int, int]
UNITS_PER_PARCEL = 6  # Of work, for one that is looked at.
_COUNTS_MAX = 1 << 12  # More units of one SKU are never looked at one by one.


class Fields(NamedTuple):
    """Where the goods' units stand in a packed number."""

    ones: tuple[int, ...]  # One unit of each of the goods.
    masks: tuple[int, ...]
    guards: int


class Candidates(NamedTuple):
    """Contents grow from contents: each is its parent and one unit more. Number 0 is the empty parcel."""

    fields: Fields
    packed: list[int]
    growth: list[tuple[int, list[int]]]  # From 1 on: the place of the goods of which one came to each parent.
    options: list[tuple[Option, ...]]  # Those that are not worse in every plan.


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


def alone_of(candidates: Candidates) -> Iterator[tuple[int, int, int]]:
    """(place of the goods, units, number) of the candidates with nothing else in them: the first of their growth."""
    number, last, count = 1, -1, 0
    for place, parents in candidates.growth:
        count = count + 1 if place == last else 1
        yield place, count, number
        number, last = number + len(parents), place


def candidates_of(group: Group, work: Work) -> Candidates | None:
    """Every parcel of *group* that a warehouse can send. None when they are more than *work* allows to look at."""
    if max(group.quantities) > _COUNTS_MAX:
        return None
    fields, choices = fields_of(group), Choices(group)
    everywhere = (1 << len(group.depots)) - 1
    entries = [(0, 0, 0, 0, everywhere, everywhere, 0)]
    options: list[tuple[Option, ...]] = [()]
    growth: list[tuple[int, list[int]]] = []
    most = work.left // UNITS_PER_PARCEL
    for place, quantity in enumerate(group.quantities):
        grown: Sequence[int] = range(len(entries))
        for count in range(1, quantity + 1):
            start = len(entries)
            parents = _grow(group, choices, fields, entries, options, grown, place, count)
            if not parents:
                break
            if not work.spend(UNITS_PER_PARCEL * len(parents) + len(grown)):
                return None
            growth.append((place, parents))
            grown = range(start, len(entries))
        to_come = len(group.quantities) - place - 1
        if len(entries) * 4**to_come > most * 3**to_come:
            return (
                None  # Each of the goods makes at least a third more of them, as a rule nearly twice as many.
            )
    return Candidates(fields, [entry[0] for entry in entries], growth, options)


def _grow(
    group: Group,
    choices: Choices,
    fields: Fields,
    entries: list[_Entry],
    options: list[tuple[Option, ...]],
    parents: Sequence[int],
    place: int,
    count: int,
) -> list[int]:
    """Add a unit, the *count*-th of its goods, to each of *parents* that may have it. To which it was added."""
    one, grams, cm3, worth = fields.ones[place], group.grams[place], group.cm3[place], group.worth[place]
    conflict, bit, cap = group.conflicts[place], 1 << place, group.cap
    holding, holding_all = choices.holding(place, count), choices.holding_all(place)
    of = choices.of
    grown = []
    for parent in parents:
        packed, weight, volume, value, where, freely, sorts = entries[parent]
        where &= holding
        if where and not sorts & conflict and value + worth <= cap:
            freely &= holding_all
            found = of(where, freely, weight + grams, volume + cm3)
            if found:
                entries.append(
                    (packed + one, weight + grams, volume + cm3, value + worth, where, freely, sorts | bit)
                )
                options.append(found)
                grown.append(parent)
    return grown
