"""What of an order is still its own? All that it was placed with, but for the parts that were separated from it.

A separated part goes on in another order (``shared.ordering.separation``), which pays it, holds its goods and its
coupons. Its lines stay where they were placed, as history, and count for nothing there.
"""

from collections.abc import Iterable

from shared.lifecycle import SubOrderState
from shared.model import Line, SubOrder, UsedCoupon, WholeOrder


def own_sub_orders(whole: WholeOrder) -> tuple[SubOrder, ...]:
    return tuple(s for s in whole.sub_orders if s.state is not SubOrderState.SEPARATED)


def own_lines(whole: WholeOrder) -> tuple[Line, ...]:
    own = {sub_order.number for sub_order in own_sub_orders(whole)}
    return tuple(line for line in whole.lines if line.sub_order in own)


def own_coupons(whole: WholeOrder) -> tuple[UsedCoupon, ...]:
    """Those of its coupons that did not leave with the lines that they reduced."""
    own = {sub_order.number for sub_order in own_sub_orders(whole)}
    left = [line for line in whole.lines if line.sub_order not in own]
    return tuple(coupon for coupon in whole.snapshot.coupons if not reduced_by(left, coupon))


def reduced_by(lines: Iterable[Line], coupon: UsedCoupon) -> tuple[Line, ...]:
    """Those of *lines* that *coupon* made cheaper: each says so in the steps of its price."""
    ending = f"_coupon:{coupon.coupon_id}"
    return tuple(line for line in lines if any(name.endswith(ending) for name, _ in line.steps))
