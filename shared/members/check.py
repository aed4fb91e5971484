"""Does a wallet add up? What must hold for every member at any moment, since each change is one transaction.

points + points_locked + points_spent   is what was granted, and none of them is negative
a coupon's state                        is one there is; an order is named by those locked and used, and by no other
"issued:<template>"                     counts the coupons of that template
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.ordering.terms import CouponState
from shared.store.members import COUPON, ISSUED, POINTS

Values = Mapping[str, Any]
COUNTERS = ("points", "points_locked", "points_spent")


def wrong_in_wallet(items: Iterable[Values]) -> tuple[str, ...]:
    """Readable sentences about one member's items (all with the same pk), none when all is well."""
    rows = {str(item["sk"]): item for item in items}
    member = rows.get("MEMBER", {})
    coupons = [row for sk, row in rows.items() if sk.startswith(COUPON)]
    grants = [row for sk, row in rows.items() if sk.startswith(POINTS)]
    return (*_points(member, grants), *_states(coupons), *_counts(member, coupons))


def _points(member: Values, grants: list[Values]) -> Iterator[str]:
    has = {name: int(member.get(name, 0)) for name in COUNTERS}
    yield from (f"{name} is {number}" for name, number in has.items() if number < 0)
    granted = sum(int(grant["points"]) for grant in grants)
    if sum(has.values()) != granted:
        yield f"{granted} points were granted, and {sum(has.values())} are accounted for"


def _states(coupons: list[Values]) -> Iterator[str]:
    for coupon in coupons:
        number, state, order = coupon["coupon_id"], coupon["state"], coupon.get("order_id", "")
        if state not in set(CouponState):
            yield f"coupon {number} is {state}, which is no state"
        elif bool(order) is (state == CouponState.AVAILABLE):
            yield f"coupon {number} is {state} and names {order or 'no order'}"


def _counts(member: Values, coupons: list[Values]) -> Iterator[str]:
    held = Counter(str(coupon["template_id"]) for coupon in coupons)
    counted = {n.removeprefix(ISSUED): int(count) for n, count in member.items() if n.startswith(ISSUED)}
    for template in sorted(held.keys() | counted.keys()):
        if held[template] != counted.get(template, 0):
            yield f"{counted.get(template, 0)} of {template} were counted, and {held[template]} are there"
