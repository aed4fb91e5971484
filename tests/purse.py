"""A buyer's wallet in memory: coupons, points, and what is limited for each buyer; what moves where is stated by hand.

``Purse`` believes nothing: what a change wants to move must be there, and whoever locked a coupon keeps it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from shared.changes import Change
from shared.wallet_moves import Count, CouponMove, PointsMove

STEPS = {  # from, to: the same for a coupon and for points
    "lock": ("available", "locked"),
    "use": ("locked", "spent"),
    "unlock": ("locked", "available"),
    "give_back": ("spent", "available"),
}


class PurseShort(Exception):
    """A coupon, points or room under a limit are not there; nothing was applied."""


class Purse:
    def __init__(
        self, *, coupons: Iterable[str] = (), points: int = 0, counts: Mapping[str, int] | None = None
    ) -> None:
        self.coupons = dict.fromkeys(coupons, "available")
        self.holders: dict[str, str] = {}  # coupon -> the order that locked or spent it
        self.points = Counter(available=points)
        self.granted = points
        self.counts = Counter(counts or {})
        self.counted_before = Counter(counts or {})

    def after(self, change: Change) -> "Purse":
        """A copy as *change* leaves it. Raises ``PurseShort``."""
        copy = Purse()
        copy.coupons, copy.holders = dict(self.coupons), dict(self.holders)
        copy.points, copy.granted = Counter(self.points), self.granted
        copy.counts, copy.counted_before = Counter(self.counts), self.counted_before
        named = [move.coupon_id for move in change.wallet.coupons]
        if len(set(named)) < len(named):
            raise PurseShort("one coupon is moved twice at once")
        for move in change.wallet.coupons:
            copy._move_coupon(move, change.order.order_id)
        if change.wallet.points is not None:
            if change.wallet.points.points or not change.wallet.points.granted:
                copy._move_points(change.wallet.points)
            copy.points["available"] += change.wallet.points.granted
            copy.granted += change.wallet.points.granted
        for count in change.wallet.counts:
            copy._count(count)
        return copy

    def _move_coupon(self, move: CouponMove, order_id: str) -> None:
        source, target = STEPS[move.kind]
        if self.coupons.get(move.coupon_id) != source:
            raise PurseShort(f"{move} of a coupon that is {self.coupons.get(move.coupon_id)}")
        if source != "available" and self.holders[move.coupon_id] != order_id:
            raise PurseShort(f"{move} of a coupon that another order holds")
        self.coupons[move.coupon_id] = target
        self.holders |= {move.coupon_id: order_id}

    def _move_points(self, move: PointsMove) -> None:
        source, target = STEPS[move.kind]
        if not 0 < move.points <= self.points[source]:
            raise PurseShort(f"{move} of {dict(self.points)}")
        self.points[source] -= move.points
        self.points[target] += move.points

    def _count(self, count: Count) -> None:
        after = self.counts[count.name] + count.amount
        if after < 0 or (count.maximum is not None and after > count.maximum):
            raise PurseShort(f"{count} of {self.counts[count.name]}")
        self.counts[count.name] = after
