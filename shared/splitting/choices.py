"""From where are given contents best sent?

A depot that holds all units of all goods in a parcel can send it whatever else it sends. So of such depots only the
cheapest counts, and of the others those that are cheaper still. Sets of depots are bits.
"""

from shared.splitting.groups import DEARER_THAN_ALL, Group, Lane, cheapest

Option = tuple[int, int]  # Cost, depot.
Near = tuple[int, int, int, tuple[Lane, ...]]  # A depot's least cost, number and bit, and its lanes.


class Choices:
    """The depots of a group, asked again and again."""

    def __init__(self, group: Group) -> None:
        self._depots = group.depots
        self._near: dict[int, tuple[Near, ...]] = {}
        # For each of the goods, where so many of them lie; under 0, where all that are wanted do.
        self.held: list[dict[int, int]] = [{} for _ in group.quantities]
        for place, quantity in enumerate(group.quantities):
            self.held[place][0] = self.holding(place, quantity)

    def holding(self, place: int, count: int) -> int:
        """Where so many of the goods lie."""
        known = self.held[place]
        where = known.get(count)
        if where is None:
            where = known[count] = sum(
                1 << number for number, depot in enumerate(self._depots) if depot.stock[place] >= count
            )
        return where

    def holding_all(self, place: int) -> int:
        return self.held[place][0]

    def of(self, where: int, freely: int, grams: int, cm3: int) -> tuple[Option, ...]:
        """The cheapest first, among the depots *where* they lie and those of them that hold all, *freely*."""
        near = self._near.get(where)
        if near is None:
            near = self._near[where] = self._sorted(where)
        best, free = DEARER_THAN_ALL, -1
        bound: list[Option] = []
        for least, number, bit, lanes in near:
            if least >= best:
                break
            cost = cheapest(lanes, grams, cm3, best)
            if cost:
                if freely & bit:
                    best, free = cost, number
                else:
                    bound.append((cost, number))
        if not bound:
            return ((best, free),) if free >= 0 else ()
        bound.sort()
        if free < 0:
            return tuple(bound)
        return (*(option for option in bound if option[0] < best), (best, free))

    def _sorted(self, where: int) -> tuple[Near, ...]:
        """Those that may be cheap first. Lanes are never compared: numbers differ."""
        return tuple(
            sorted(
                (depot.least, number, 1 << number, depot.lanes)
                for number, depot in enumerate(self._depots)
                if where >> number & 1
            )
        )
