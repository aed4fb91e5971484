"""A better plan: tear some parcels open, and put what was in them where it now adds least; again and again.

Ruin and recreate (Schrimpf and others, 2000). A plan that is a little worse is sometimes gone on from, ever more
seldom, so that the search gets out of hollows. Now and then a depot is given an empty parcel whose first gram is free:
what moves in together may pay for a parcel that no single one of the goods would. One that is paid for up to some
weight may also replace several others, which are then all torn open at once.
"""

from typing import NamedTuple

from shared.splitting.chance import Chance
from shared.splitting.groups import DEARER_THAN_ALL, cheapest
from shared.splitting.packing import Contents, Packing, Parcel, joined
from shared.splitting.work import Work

_UNITS_PER_TRY = 4  # Of work, for one parcel that is looked at,
_UNITS_PER_LOOK_UP = 3  # for a cost that is not known already,
_UNITS_PER_RUIN = 100  # and for each ruin besides;
_UNITS_PER_REPLACED = 20  # for one that may be replaced.
_PARCELS_PER_UNIT = 10  # So many are passed over for one.
_RUINED_MAX = 4
_OTHERS_MAX = 18  # Parcels, besides the ruined ones, that may take something up.
_NEAR_PERCENT = 50  # Where there are more parcels, so often only those of two depots are looked at.
_TAKEN_MAX = 10
_WHOLE_PERCENT = 30  # Of the ruined parcels so many are taken apart wholly.
_OPEN_PERCENT = 45  # So often an empty parcel is offered.
_PAID_PERCENT = 50  # Of these so many are paid for up to some weight, and not only to the first gram;
_FULL_PERCENT = 30  # of those, so many up to the limit,
_REPLACING_PERCENT = 60  # and so many replace whole parcels.
_PART_PERCENT = 30  # Units of one SKU are put into two places so often, even where one could take them all.
_BLIND = 50  # One of so many parcels is overlooked.
_HOPE = 2  # A plan that is worse by this part of an average parcel is not saved by sending parcels from elsewhere.
_WARMTH = 4  # At first a plan may be worse by this part of an average parcel.


class Offer(NamedTuple):
    """An empty parcel that is paid for up to some weight."""

    depot: int
    grams: int
    max_cm3: int
    cost: int
    replaces: bool  # Whole parcels are emptied to fill it.


class Ruin:
    """Changes a packing for the better."""

    def __init__(self, packing: Packing, chance: Chance, work: Work) -> None:
        self._packing, self._chance, self._work = packing, chance, work
        group = packing.group
        self._where = [
            tuple(number for number, depot in enumerate(group.depots) if depot.stock[place])
            for place in range(len(group.quantities))
        ]
        self._leasts: dict[tuple[int, int], int] = {}
        self._hope = self._spare = (
            0  # What a plan may cost too much before it is settled, and what is left of that.
        )
        self._cost_of_chosen = 0
        self._offered, self._paid = -1, 0  # The parcel that is offered, and what of its cost does not count.
        self._now: list[Parcel] = []  # The parcels that are being worked on,
        self._is_fresh: list[bool] = []  # which of them are not in the packing,
        self._gone: list[Parcel] = []  # and those of the packing that they are made of.

    def improve(self, units: int) -> None:
        """Spend so many units of work, and leave the best plan that was seen."""
        packing, work = self._packing, self._work
        cost = best_cost = packing.cost
        best = list(packing.parcels)
        first = work.left
        warmth = cost // (len(best) * _WARMTH)
        self._hope = cost // (len(best) * _HOPE)
        while work.left > 0 and (used := first - work.left) < units:
            allowed = cost + self._chance.below(warmth * (units - used) // units + 1)
            cost = self._try(cost, allowed)
            if cost < best_cost:
                best, best_cost = list(packing.parcels), cost
        if cost != best_cost:
            for parcel in packing.parcels:
                packing.release(parcel)
            packing.parcels = []
            for parcel in best:
                packing.add(parcel)

    def _try(self, cost: int, allowed: int) -> int:
        """One ruin and recreation, undone if it costs more than *allowed*. The cost afterwards."""
        packing = self._packing
        beside = len(packing.parcels) // _PARCELS_PER_UNIT + _UNITS_PER_LOOK_UP * packing.looked_up
        self._work.spend(_UNITS_PER_RUIN + beside)
        packing.looked_up = 0
        offer = self._offer() if self._chance.below(100) < _OPEN_PERCENT else None
        untouched, removed = self._ruin(offer)
        before = cost - self._cost_of_chosen
        self._spare = allowed + self._hope - before - self._cost_now()
        if self._recreate(removed):
            self._settle()
            after = before + self._cost_now()
            if after <= allowed:
                packing.parcels = untouched + self._now
                return after
        for parcel, is_fresh in zip(self._now, self._is_fresh, strict=True):
            if is_fresh:
                packing.release(parcel)
        for parcel in self._gone:
            packing.hold(parcel)
        return cost

    def _cost_now(self) -> int:
        return sum(parcel.cost for parcel in self._now if parcel.contents)

    def _ruin(self, offer: Offer | None) -> tuple[list[Parcel], dict[int, int]]:
        """Tear some parcels open. The parcels that are not worked on, and what was taken out."""
        chance = self._chance
        untouched, near = self._neighbours()
        replaced = self._replaced_by(offer, near) if offer and offer.replaces else []
        torn = replaced or _drawn(chance, _RUINED_MAX, near)
        others = _drawn(chance, _OTHERS_MAX, near) if len(near) > _OTHERS_MAX else near
        if others is not near:
            untouched += near
        self._cost_of_chosen = sum(parcel.cost for parcel in torn) + sum(parcel.cost for parcel in others)
        self._now, self._is_fresh, self._gone = list(others), [False] * len(others), []
        removed: dict[int, int] = {}
        wanted = 2 + chance.below(_TAKEN_MAX)
        for parcel in torn:
            if replaced or wanted > 0:
                taken = parcel.contents if replaced else self._taken(parcel, wanted)
                wanted -= len(taken)
                self._gone.append(parcel)
                self._open(parcel, taken)
                for place, count in taken.items():
                    removed[place] = removed.get(place, 0) + count
            else:
                self._now.append(parcel)
                self._is_fresh.append(False)
        self._put_up(offer)
        return untouched, removed

    def _replaced_by(self, offer: Offer, near: list[Parcel]) -> list[Parcel]:
        """Take out of *near* what would fill the offered parcel: the dearest for their size, more or less."""
        chance, group = self._chance, self._packing.group
        stock = group.depots[offer.depot].stock
        seen: list[tuple[int, int]] = []
        for number, parcel in enumerate(near):
            held = sum(
                min(count, stock[place]) * group.grams[place] for place, count in parcel.contents.items()
            )
            if held * 2 > parcel.grams:
                size = 1 + max(parcel.grams * offer.max_cm3, parcel.cm3 * offer.grams)
                seen.append((parcel.cost * (64 + chance.below(128)) // size, number))
        self._work.spend(_UNITS_PER_REPLACED * len(near))
        grams = cm3 = 0
        numbers: set[int] = set()
        for _, number in sorted(seen, key=lambda one: (-one[0], one[1])):
            if grams > offer.grams or cm3 > offer.max_cm3:
                break
            numbers.add(number)
            grams += near[number].grams
            cm3 += near[number].cm3
        found = [near[number] for number in sorted(numbers)]
        near[:] = [parcel for number, parcel in enumerate(near) if number not in numbers]
        return found

    def _neighbours(self) -> tuple[list[Parcel], list[Parcel]]:
        """All parcels, or of many sometimes only those of two depots, as the second; the others as the first."""
        parcels, chance = self._packing.parcels, self._chance
        if len(parcels) <= _RUINED_MAX + _OTHERS_MAX or chance.below(100) >= _NEAR_PERCENT:
            return [], list(parcels)
        depots = [parcels[chance.below(len(parcels))].depot for _ in range(2)]
        far = [parcel for parcel in parcels if parcel.depot not in depots]
        return far, [parcel for parcel in parcels if parcel.depot in depots]

    def _open(self, parcel: Parcel, taken: Contents) -> None:
        """Leave of *parcel* what is not taken, if that is anything."""
        group, left = self._packing.group, self._packing.left[parcel.depot]
        rest = dict(parcel.contents)
        grams, cm3, worth, sorts = parcel.grams, parcel.cm3, parcel.worth, parcel.sorts
        for place, count in taken.items():
            left[place] += count
            grams -= count * group.grams[place]
            cm3 -= count * group.cm3[place]
            worth -= count * group.worth[place]
            if rest[place] == count:
                del rest[place]
                sorts &= ~(1 << place)
            else:
                rest[place] -= count
        if rest:
            cost = self._packing.cost_from(parcel.depot, grams, cm3)
            self._now.append(Parcel(rest, parcel.depot, cost, grams, cm3, worth, sorts))
            self._is_fresh.append(True)

    def _taken(self, parcel: Parcel, wanted: int) -> Contents:
        """All that is in *parcel*, or some units of some of it."""
        chance = self._chance
        if chance.below(100) < _WHOLE_PERCENT:
            return parcel.contents
        taken = {}
        for place, count in chance.some(1 + chance.below(wanted), list(parcel.contents.items())):
            taken[place] = count if count == 1 or chance.below(3) else 1 + chance.below(count)
        return taken

    def _recreate(self, removed: dict[int, int]) -> bool:
        """Put everything somewhere. False when something found no place, or it costs too much."""
        chance, group = self._chance, self._packing.group
        order = list(removed)
        sizes = (group.grams, group.cm3)
        manner = chance.below(len(sizes) + 2)
        if manner < len(sizes):
            size = sizes[manner]
            order.sort(key=lambda place: (-removed[place] * size[place], place))
        elif manner == len(sizes):
            order.sort(key=lambda place: (len(self._where[place]), -group.grams[place], place))
        else:
            order = chance.some(len(order), order)
        for place in order:
            rest = removed[place]
            while rest:
                part = rest if rest == 1 or chance.below(100) >= _PART_PERCENT else 1 + chance.below(rest)
                put = self._put(place, part)
                if not put or self._spare < 0:
                    return False
                rest -= put
        return True

    def _offer(self) -> Offer:
        chance, depots = self._chance, self._packing.group.depots
        depot = chance.below(len(depots))
        lane = depots[depot].lanes[chance.below(len(depots[depot].lanes))]
        grams = chance.below(lane.max_grams) if chance.below(100) < _PAID_PERCENT else 0
        if grams and chance.below(100) < _FULL_PERCENT:
            grams = lane.max_grams
        replaces = grams > 0 and chance.below(100) < _REPLACING_PERCENT
        return Offer(depot, grams, lane.max_cm3, cheapest((lane,), grams, 0), replaces)

    def _put_up(self, offer: Offer | None) -> None:
        """Let the offered parcel be one of those that may take something up."""
        self._offered = -1
        if offer:
            self._paid = offer.cost
            self._offered = len(self._now)
            self._now.append(Parcel({}, offer.depot, offer.cost, 0, 0, 0, 0))
            self._is_fresh.append(True)

    def _put(self, place: int, count: int) -> int:
        """Put units of one of the goods where each adds least. How many were put."""
        at, added, put, cost = self._best_place(place, count)
        self._work.spend(_UNITS_PER_TRY * (len(self._now) + 2))
        if put < count or added > self._least_alone(place, count):
            alone = self._alone(place, count)
            if alone and (not put or alone.cost * put < added * alone.contents[place]):
                self._now.append(alone)
                self._is_fresh.append(True)
                self._packing.hold(alone)
                self._spare -= alone.cost
                return alone.contents[place]
        if put:
            self._spare -= added if self._now[at].contents else cost
            self._fill(at, place, put, cost)
        return put

    def _best_place(self, place: int, count: int) -> tuple[int, int, int, int]:
        """The parcel that takes units most cheaply: its number, what they add, how many, its cost then."""
        packing, group = self._packing, self._packing.group
        costs, left = packing.costs, packing.left
        grams, cm3, worth, apart = (
            group.grams[place],
            group.cm3[place],
            group.worth[place],
            group.conflicts[place],
        )
        blind = self._chance.below(_BLIND)
        best_at, best_added, best_count, best_cost = -1, 0, 0, 0
        for at, parcel in enumerate(self._now):
            depot = parcel.depot
            held = left[depot][place]
            fitting = held if held < count else count
            if worth and fitting * worth > group.cap - parcel.worth:
                fitting = (group.cap - parcel.worth) // worth
            if fitting <= 0 or parcel.sorts & apart or at == blind:
                continue
            size = (parcel.grams + fitting * grams, parcel.cm3 + fitting * cm3)
            cost = costs[depot].get(size)
            if cost is None:
                cost = packing.cost_from(depot, *size)
            while not cost and fitting > 1:
                fitting >>= 1
                cost = packing.cost_from(depot, parcel.grams + fitting * grams, parcel.cm3 + fitting * cm3)
            if at == self._offered and 0 < cost < self._paid:
                cost = self._paid
            added = cost - parcel.cost
            if cost and (not best_count or added * best_count < best_added * fitting):
                best_at, best_added, best_count, best_cost = at, added, fitting, cost
        return best_at, best_added, best_count, best_cost

    def _least_alone(self, place: int, count: int) -> int:
        """What a parcel of its own costs at least."""
        known = self._leasts.get((place, count))
        if known is None:
            options = self._packing.options_of({place: count})
            known = self._leasts[place, count] = options[0][0] if options else DEARER_THAN_ALL
        return known

    def _alone(self, place: int, count: int) -> Parcel | None:
        while count:
            found = self._packing.cheapest_of({place: count})
            if found:
                return found
            count >>= 1
        return None

    def _fill(self, at: int, place: int, count: int, cost: int) -> None:
        group, parcel = self._packing.group, self._now[at]
        if not self._is_fresh[at]:
            self._is_fresh[at] = True
            self._gone.append(parcel)
        self._packing.left[parcel.depot][place] -= count
        self._now[at] = Parcel(
            joined(parcel.contents, {place: count}),
            parcel.depot,
            cost,
            parcel.grams + count * group.grams[place],
            parcel.cm3 + count * group.cm3[place],
            parcel.worth + count * group.worth[place],
            parcel.sorts | 1 << place,
        )

    def _settle(self) -> None:
        """Send each changed parcel from where it is now cheapest, and forget those that stayed empty."""
        packing = self._packing
        settled: list[Parcel] = []
        marks: list[bool] = []
        for parcel, is_fresh in zip(self._now, self._is_fresh, strict=True):
            if not parcel.contents:
                continue
            if is_fresh:
                packing.release(parcel)
                found = packing.cheapest_of(parcel.contents)
                settled.append(found if found and found.cost < parcel.cost else parcel)
                packing.hold(settled[-1])
            else:
                settled.append(parcel)
            marks.append(is_fresh)
        self._now, self._is_fresh = settled, marks


def _drawn(chance: Chance, count: int, parcels: list[Parcel]) -> list[Parcel]:
    """Take so many out of *parcels*."""
    drawn = []
    for _ in range(min(count, len(parcels))):
        place = chance.below(len(parcels))
        drawn.append(parcels[place])
        parcels[place] = parcels[-1]
        parcels.pop()
    return drawn
