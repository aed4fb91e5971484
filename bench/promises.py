"""What must hold after a crowd, whatever conflicted and got lost: stated here, apart from the product."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from bench.crowd import BOUGHT, CANCELLED, SOLD_OUT, Report, Told


class Found(NamedTuple):
    """What stands in the tables about one SKU, read past the product's own code."""

    orders: dict[str, str]  # number of each order that waits for its payment -> buyer
    levels: tuple[dict[str, int], ...]  # available, reserved, sold of every row of the SKU


def told_by(reports: Sequence[Report]) -> tuple[Told, ...]:
    return tuple(chain.from_iterable(report.told for report in reports))


def broken_promises(
    reports: Sequence[Report], tables: Found, *, units: int, before: Sequence[Told] = ()
) -> list[str]:
    """What does not hold. *before*: who has had one of the *units* since before this crowd came."""
    told = told_by(reports)
    answers = Counter(one.answer for one in told)
    kept = {one.order_id: one.buyer for one in (*before, *told) if one.answer == BOUGHT}
    counters = Counter[str]()
    for level in tables.levels:
        counters.update(level)
    promises = {
        f"everybody buys, or is told that it is sold out: {dict(answers)}": answers.keys() <= ENDINGS,
        "whoever was told that he bought one has that order, and no other": tables.orders == kept,
        "nobody has two orders": len(set(tables.orders.values())) == len(tables.orders),
        f"of {units}, {len(kept)} are reserved and the others available: {dict(counters)}": (
            counters == Counter(available=units - len(kept), reserved=len(kept))
        ),
        "no counter is below zero": all(value >= 0 for level in tables.levels for value in level.values()),
        "no unit is taken twice for a repeated request": (
            sum(len(report.reserved) for report in reports) == answers[BOUGHT] + answers[CANCELLED]
        ),
        "no unit is put back twice for a repeated request": (
            sum(len(report.released) for report in reports) == answers[CANCELLED]
        ),
        "nobody is told that it is sold out while a unit is left": (
            not told_too_early(reports, units - len(before))
        ),
    }
    return [promise for promise, holds in promises.items() if not holds]


ENDINGS = {BOUGHT, CANCELLED, SOLD_OUT}


def unsold(reports: Sequence[Report], free: int) -> Iterator[str]:
    """One more promise, for a crowd that is larger than what is *free*, and of which nobody cancels."""
    sold = sum(one.answer == BOUGHT for one in told_by(reports))
    if sold != free:
        yield f"exactly {free} are sold, not {sold}"


def told_too_early(reports: Sequence[Report], free: int) -> list[Told]:
    """Who was told that it is sold out while some of the *free* units were left.

    The answer is true when nothing was left at some moment between question and answer. That is proven when what was
    read for it was empty; and it is refuted when all the while fewer orders had been sent than there were units,
    counting those that a carried out cancellation had put back.
    """
    sent = sorted(began for report in reports for began, _ in report.reserved)
    back = sorted(ended for report in reports for _, ended in report.released)

    def may_be_empty(one: Told) -> bool:
        moments = (one.began, *(moment for moment in sent if one.began < moment <= one.answered))
        return any(free - bisect_right(sent, at) + bisect_right(back, at) <= 0 for at in moments)

    refused = [one for one in told_by(reports) if one.answer == SOLD_OUT]
    return [one for one in refused if not (one.is_proven and may_be_empty(one))]
