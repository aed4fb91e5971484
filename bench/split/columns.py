"""Which parcels of one lane are worth their price, when each unit in them is worth so much?

All of them are found, none is guessed away: half-filled parcels are filled up item by item, and one is given up only
when nothing that could still be put in would make it good enough. What a parcel may still become is bounded by a
relaxation: for any worth s of a chargeable gram, items bring at most max(0, value - s * weight) each, and the tariff
takes at least the least of (price - s * grams) over the grams that are not yet exceeded.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.split.groups import Group, Lane, Whole, price_of

SCALE = 1_000_000  # Values of units are kept in millionths of a minor unit, as whole numbers.
CHUNK = 20_000
SLOPES = 6
NOTHING_KNOWN = -(10**15)
Real = NDArray[np.float64]


class Found(NamedTuple):
    parcels: Whole  # One a row: units of each item.
    prices: Whole
    surplus: Whole  # Price less the values of its units, in millionths.
    at_least: int  # No parcel's surplus is less: proven, also where the search was given up.
    is_complete: bool  # All parcels of at most the surplus that was asked for are here.


class _Partly(NamedTuple):
    """Half-filled parcels, one a row."""

    units: Whole
    value: Whole
    grams: Whole
    cm3: Whole
    worth: Whole
    sorts: Whole
    never: Whole

    def rows(self, chosen: Whole | NDArray[np.bool_]) -> "_Partly":
        return _Partly(*(column[chosen] for column in self))


class Search:
    """Parcels of *lane* whose surplus over *values* is at most *surplus_max*."""

    def __init__(self, group: Group, lane: Lane, values: Whole, *, rows_max: int, beam: int | None = None):
        self.group, self.lane, self.values = group, lane, values
        self.rows_left, self.beam = rows_max, beam
        weight = _weights(group, lane)
        order = np.argsort(-values / np.maximum(weight[len(weight) // 2], 1e-9), kind="stable")
        self.items = [int(item) for item in order if lane.most[item] > 0]
        self.rest = _from_behind((values * lane.most)[self.items].astype(np.float64))
        self.relaxations = list(self._relaxed(weight))
        self.given_up = np.inf

    def found(self, surplus_max: int) -> Found:
        parts = list(self._filled(_nothing(len(self.values)), 0, surplus_max))
        units = np.concatenate([part.units for part in parts]) if parts else self._none()
        prices = price_of(self.lane, units @ self.group.grams, units @ self.group.cm3)
        surplus = prices * SCALE - units @ self.values
        good = (surplus <= surplus_max) & units.any(axis=1)
        least = min([surplus_max + 1, *surplus[good].tolist()])
        at_least = int(max(min(least, np.floor(self.given_up)), NOTHING_KNOWN))
        is_complete = self.given_up == np.inf
        return Found(units[good], prices[good], surplus[good], at_least, is_complete)

    def _none(self) -> Whole:
        return np.zeros((0, len(self.values)), dtype=np.int64)

    def _filled(self, partly: _Partly, depth: int, surplus_max: int) -> Iterator[_Partly]:
        """Depth first by chunks, so that memory stays small."""
        if depth == len(self.items):
            yield partly
            return
        more = self._with(partly, self.items[depth])
        bound = self._bound(more, depth + 1, surplus_max)
        good = bound <= surplus_max + 1
        more, bound = more.rows(good), bound[good]
        if self.beam is not None and len(bound) > self.beam:
            more = more.rows(np.argpartition(bound, self.beam)[: self.beam])
            self.given_up = -np.inf
        elif self.rows_left < len(bound):
            self.given_up = min(self.given_up, float(bound.min(initial=np.inf)) - 1)
            return
        self.rows_left -= len(more.value)
        edges = [*range(0, len(more.value), CHUNK), len(more.value)]
        for first, end in pairwise(edges):
            yield from self._filled(more.rows(np.arange(first, end)), depth + 1, surplus_max)

    def _with(self, partly: _Partly, item: int) -> _Partly:
        """Each row with none, one, ... up to all units of *item* that still go in."""
        group, lane = self.group, self.lane
        room = np.minimum(
            _times(lane.max_grams - partly.grams, group.grams[item], lane.most[item]),
            _times(lane.max_cm3 - partly.cm3, group.cm3[item], lane.most[item]),
        )
        if group.cap is not None:
            room = np.minimum(room, _times(group.cap - partly.worth, group.worth[item], lane.most[item]))
        room[(partly.never & group.sort[item]) != 0] = 0
        row = np.repeat(np.arange(len(room)), room + 1)
        number = np.arange(len(row)) - np.repeat(np.cumsum(room + 1) - room - 1, room + 1)
        more = partly.rows(row)
        units = more.units.copy()
        units[:, item] = number
        some = number > 0
        return _Partly(
            units,
            more.value + number * self.values[item],
            more.grams + number * group.grams[item],
            more.cm3 + number * group.cm3[item],
            more.worth + number * group.worth[item],
            more.sorts | np.where(some, group.sort[item], 0),
            more.never | np.where(some, group.never_with[item], 0),
        )

    def _bound(self, partly: _Partly, depth: int, surplus_max: int) -> Real:
        """The least surplus that each row may still come to."""
        least = price_of(self.lane, partly.grams, partly.cm3) * SCALE - partly.value - self.rest[depth]
        best: Real = least.astype(np.float64)
        for by_grams, by_cm3, slope, tariff, gain in self.relaxations:
            open_ = np.flatnonzero(best <= surplus_max + 1)
            grams = by_grams * partly.grams[open_] + by_cm3 * partly.cm3[open_]
            index = np.minimum(np.ceil(grams - 1e-6).astype(np.int64), len(tariff) - 1)
            bound = tariff[index] + slope * grams - partly.value[open_] - gain[depth]
            best[open_] = np.maximum(best[open_], bound)
        return best

    def _relaxed(self, weights: Real) -> Iterator[tuple[float, float, float, Real, Real]]:
        """For some worths of a gram: the shares of weight and volume, the worth, the tariff's and the items' parts."""
        values, items = self.values.astype(np.float64), self.items
        most = self.lane.most.astype(np.float64)
        shares = _shares(self.lane)
        for (by_grams, by_cm3), weight in zip(shares, weights, strict=True):
            ratios = np.unique([values[item] / weight[item] for item in items if weight[item] > 0])
            if not len(ratios):
                continue
            for slope in np.quantile(ratios, np.linspace(0.1, 0.95, SLOPES)):
                prices = self.lane.price * float(SCALE) - slope * np.arange(len(self.lane.price))
                tariff = np.minimum.accumulate(prices[::-1])[::-1]
                gain = _from_behind(np.maximum(0.0, values[items] - slope * weight[items]) * most[items])
                yield by_grams, by_cm3, float(slope), tariff, gain


def maximal(group: Group, lane: Lane, parcels: Whole) -> NDArray[np.bool_]:
    """Which parcels take no further unit for the same price. Where too much may be sent, only these matter."""
    grams, cm3, worth = parcels @ group.grams, parcels @ group.cm3, parcels @ group.worth
    price = price_of(lane, grams, cm3)
    inside = parcels > 0
    keeps = np.ones(len(parcels), dtype=np.bool_)
    for item in range(len(group.skus)):
        fits = (parcels[:, item] < lane.most[item]) & (grams + group.grams[item] <= lane.max_grams)
        fits &= cm3 + group.cm3[item] <= lane.max_cm3
        if group.cap is not None:
            fits &= worth + group.worth[item] <= group.cap
        fits &= ~(inside @ ((group.never_with[item] & group.sort) != 0))
        same = price_of(
            lane, np.where(fits, grams + group.grams[item], 0), np.where(fits, cm3 + group.cm3[item], 0)
        )
        keeps &= ~(fits & (same == price))
    return keeps


def _weights(group: Group, lane: Lane) -> Real:
    return np.array([by_grams * group.grams + by_cm3 * group.cm3 for by_grams, by_cm3 in _shares(lane)])


def _shares(lane: Lane) -> list[tuple[float, float]]:
    """Sums of weight and volume that chargeable grams are never below, for any parcel that is allowed."""
    if lane.divisor is None:
        return [(1.0, 0.0)]
    return [(1 - share, share * 1000 / lane.divisor) for share in (0.0, 0.5, 1.0)]


def _from_behind(amounts: Real) -> Real:
    return np.append(np.cumsum(amounts[::-1])[::-1], 0.0)


def _times(room: Whole, each: int, most: int) -> Whole:
    return np.minimum(room // each, most) if each else np.full_like(room, most)


def _nothing(items: int) -> _Partly:
    zero = np.zeros(1, dtype=np.int64)
    return _Partly(np.zeros((1, items), dtype=np.int64), zero, zero, zero, zero, zero, zero)
