"""What do coupons take off, and which of them go together? (MONEY 3, steps 3 and 4; RULES 3.2.)

A coupon whose scope names a merchant belongs to that shop: at most one for each shop. Every other one is
platform-wide: at most one for an order, taken off after the shops'.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from shared.ordering.reductions import Lines, base_of, is_covered, share_of, take_off
from shared.ordering.terms import Coupon


class Redeemed(NamedTuple):
    base_minor: int  # What the lines that it counts cost when its turn came.
    off_minor: int  # 0: its threshold is not reached, or nothing is left to take it off.


def with_coupons(lines: Lines, coupons: Sequence[Coupon]) -> tuple[Lines, dict[str, Redeemed]]:
    """*lines* after all *coupons*, and what became of each. ``shared.ordering.checks`` found them valid."""
    redeemed = {}
    for coupon in sorted(coupons, key=lambda coupon: coupon.is_platform_wide):
        counted = [
            is_covered(line.sku, coupon.scope) and not (line.is_in_promotion and _is_for_full_price(coupon))
            for line in lines
        ]
        base = base_of(lines, counted)
        off = _off(coupon, base)
        lines = take_off(lines, counted, f"{class_of(coupon)}_coupon:{coupon.coupon_id}", off)
        redeemed[coupon.coupon_id] = Redeemed(base, off)
    return lines, redeemed


def class_of(coupon: Coupon) -> str:
    """``shop`` or ``platform``: how other coupons' ``stackable_with`` name it."""
    return "platform" if coupon.is_platform_wide else "shop"


def clashes(coupons: Iterable[Coupon]) -> Iterator[tuple[Coupon, Coupon]]:
    """Every two that do not go together: two for one place, or one of which tolerates no such other."""
    for one, other in combinations(coupons, 2):
        has_same_place = one.scope.merchant_id == other.scope.merchant_id
        if has_same_place or not (_tolerates(one, other) and _tolerates(other, one)):
            yield one, other


def _off(coupon: Coupon, base: int) -> int:
    if base < coupon.threshold_minor:
        return 0
    if coupon.off_minor:
        return min(coupon.off_minor, base)
    off = share_of(base, coupon.rate_pct)
    return min(off, coupon.max_off_minor) if coupon.max_off_minor else off


def _is_for_full_price(coupon: Coupon) -> bool:
    return "promotion" not in coupon.stackable_with


def _tolerates(one: Coupon, other: Coupon) -> bool:
    return class_of(other) in one.stackable_with
