"""What an order does to its buyer's wallet: coupons, points, and what is limited for each buyer.

    placed               lock      the coupons, the points; count what is limited
    paid                 use       both are gone for good, unless
    dies unpaid          unlock    everything is as before
    a part is separated  hand_over its coupons go with it
    units are cancelled  give_back their points, their counts; a coupon when every line it reduced is cancelled whole

Each happens in the transaction of its event, so it happens once. (RULES 3.2; PEERS pain 14.)
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from shared.changes import Draft
from shared.goods import Flag, Sku
from shared.model import Line, UsedCoupon, WholeOrder
from shared.money import worth_of_units
from shared.ordering.own import own_coupons, own_lines, reduced_by

CHINA = timedelta(hours=8)  # Customs count a person's year in Chinese time.


def lock(draft: Draft, skus: Mapping[str, Sku]) -> None:
    """The order is placed: nobody else may use what it counts on."""
    whole = draft.whole
    for coupon in whole.snapshot.coupons:
        draft.take_coupon("lock", coupon.coupon_id)
    draft.take_points("lock", whole.snapshot.points)
    for line in whole.lines:
        if Flag.LIMITED in line.flags:
            draft.count(f"sku:{line.sku}", line.quantity, skus[line.sku].limit_per_buyer)
        if Flag.CROSS_BORDER in line.flags:
            maximum = whole.snapshot.policy["cross_border_year_minor"]
            draft.count(cross_border_year(whole.order.placed_at), line.payable_minor, maximum)


def use(draft: Draft) -> None:
    for coupon in own_coupons(draft.whole):
        draft.take_coupon("use", coupon.coupon_id)
    draft.take_points("use", draft.whole.snapshot.points)


def unlock(draft: Draft) -> None:
    """The order dies unpaid."""
    for coupon in own_coupons(draft.whole):
        draft.take_coupon("unlock", coupon.coupon_id)
    draft.take_points("unlock", draft.whole.snapshot.points)
    for line in own_lines(draft.whole):
        _uncount(draft, line, before=0, after=line.quantity)


def hand_over(draft: Draft, coupons: Iterable[UsedCoupon], heir: str) -> None:
    """The goods that *coupons* reduced go on in the order *heir*: they stay locked, for that one. What is limited
    stays counted, whichever order it is in; points hold an order together, so they never leave one.
    """
    for coupon in coupons:
        draft.take_coupon("hand_over", coupon.coupon_id, heir)


def give_back(draft: Draft, before: WholeOrder, *, now: int) -> None:
    """Units of a paid order were cancelled, or came back: what was paid with beside money goes back, line by line."""
    points = 0
    for line in before.lines:
        was, now_is = gone_units(before, line), gone_units(draft.whole, line)
        points += worth_of_units(line.points, line.quantity, before=was, after=now_is)
        _uncount(draft, line, before=was, after=now_is)
    draft.take_points("give_back", points)
    for coupon in before.snapshot.coupons:
        is_over = _has_lost_its_purpose(draft.whole, coupon) and not _has_lost_its_purpose(before, coupon)
        if is_over and before.snapshot.policy["coupon_comes_back"] and now < coupon.ends_at:
            draft.take_coupon("give_back", coupon.coupon_id)


def gone_units(whole: WholeOrder, line: Line) -> int:
    sub_order = next(s for s in whole.sub_orders if s.number == line.sub_order)
    return sub_order.gone(line)


def cross_border_year(at: int) -> str:
    """The counter of a person's year at customs.

    >>> cross_border_year(1_798_732_800)  # 2026-12-31T16:00:00Z, the first of January in Shanghai
    'cross_border:2027'
    """
    return f"cross_border:{(datetime.fromtimestamp(at, UTC) + CHINA).year}"


def _uncount(draft: Draft, line: Line, *, before: int, after: int) -> None:
    if Flag.LIMITED in line.flags:
        draft.count(f"sku:{line.sku}", before - after)
    if Flag.CROSS_BORDER in line.flags:
        worth = worth_of_units(line.payable_minor, line.quantity, before=before, after=after)
        draft.count(cross_border_year(draft.whole.order.placed_at), -worth)


def _has_lost_its_purpose(whole: WholeOrder, coupon: UsedCoupon) -> bool:
    return all(gone_units(whole, line) == line.quantity for line in reduced_by(whole.lines, coupon))
