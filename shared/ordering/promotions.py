"""What do promotions take off? Full reduction (满减), n for the price of m, percentage (MONEY 3, step 2).

They act one after the other, by priority and then by id. Each takes the lines of its scope that are in no promotion
yet; one that gives nothing leaves its lines to the next.
"""

from collections.abc import Callable, Iterable

from shared.ordering.reductions import Lines, Priced, base_of, is_covered, share_of, take_off
from shared.ordering.terms import Promotion, PromotionKind


def with_promotions(lines: Lines, promotions: Iterable[Promotion], *, currency: str, now: int) -> Lines:
    """*lines* after every promotion that runs *now* in this currency."""
    running = (p for p in promotions if p.starts_at <= now < p.ends_at and p.currency == currency)
    for promotion in sorted(running, key=lambda p: (p.priority, p.promotion_id)):
        counted = [not line.is_in_promotion and is_covered(line.sku, promotion.scope) for line in lines]
        own = [line for line, counts in zip(lines, counted, strict=True) if counts]
        base = base_of(lines, counted)
        off = min(OFF[promotion.kind](promotion, own, base), base)
        if off:
            lines = take_off(lines, counted, f"promotion:{promotion.promotion_id}", off)
            lines = tuple(
                line._replace(is_in_promotion=line.is_in_promotion or counts)
                for line, counts in zip(lines, counted, strict=True)
            )
    return lines


def _full_reduction(promotion: Promotion, own: list[Priced], base: int) -> int:
    """The highest tier that is reached, once; or as often as it is reached."""
    reached = [tier for tier in promotion.tiers if base >= tier.threshold_minor]
    if not reached:
        return 0
    highest = max(reached)
    times = base // highest.threshold_minor if promotion.repeat else 1
    return highest.off_minor * times


def _n_for_m(promotion: Promotion, own: list[Priced], base: int) -> int:
    """For every full set of n units, n - m are free: the cheapest of all.

    Nothing but the member price came before, so that all units of a line cost the same.
    """
    sets = sum(line.quantity for line in own) // promotion.n
    free = sets * (promotion.n - promotion.m)
    off = 0
    for line in sorted(own, key=lambda line: line.left_minor // line.quantity):
        units = min(free, line.quantity)
        off += units * (line.left_minor // line.quantity)
        free -= units
    return off


def _percentage(promotion: Promotion, own: list[Priced], base: int) -> int:
    if base < promotion.threshold_minor:
        return 0
    off = share_of(base, promotion.rate_pct)
    return min(off, promotion.max_off_minor) if promotion.max_off_minor else off


OFF: dict[PromotionKind, Callable[[Promotion, list[Priced], int], int]] = {
    PromotionKind.FULL_REDUCTION: _full_reduction,
    PromotionKind.N_FOR_M: _n_for_m,
    PromotionKind.PERCENTAGE: _percentage,
}
