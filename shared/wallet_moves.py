"""What an event takes out of a buyer's wallet, or puts back: coupons, points, and what is limited for each buyer."""

from typing import NamedTuple


class CouponMove(NamedTuple):
    """One coupon: ``lock`` it for an unpaid order, ``use`` it, ``unlock`` it, or ``give_back`` a used one.

    ``hand_over``: a locked one goes with its goods to another order, its *heir*.
    """

    kind: str
    coupon_id: str
    heir: str = ""


class PointsMove(NamedTuple):
    """Points of the buyer: lock, use, unlock, give_back; and those that are *granted* besides."""

    kind: str
    points: int
    granted: int = 0


class Count(NamedTuple):
    """What is limited for each buyer, more or less of it: ``sku:<sku>`` units, ``cross_border:<year>`` amount."""

    name: str
    amount: int  # Negative: given back.
    maximum: int | None  # None: giving back needs no room.


class WalletMoves(NamedTuple):
    """What an event takes out of the buyer's wallet, or puts back."""

    coupons: tuple[CouponMove, ...] = ()
    points: PointsMove | None = None
    counts: tuple[Count, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.coupons or self.points or self.counts)
