"""How is an amount taken off some lines? Spread by what they still cost, and kept on each under its own name.

Promotions, coupons and points all do it, one after the other (MONEY 3), and all of them do it here.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

from shared.goods import Sku
from shared.money import allocate
from shared.ordering.terms import Scope


class Priced(NamedTuple):
    """A line on its way through the steps of its price."""

    sku: Sku
    quantity: int
    steps: tuple[tuple[str, int], ...]  # list price first; what is taken off is negative
    is_in_promotion: bool = False  # Also when its share of the promotion came to nothing.

    @property
    def left_minor(self) -> int:
        """What the line costs after the steps so far."""
        return sum(amount for _, amount in self.steps)

    def after(self, name: str, amount_minor: int) -> Self:
        """The line with one step more. A step that changes nothing is not worth a name."""
        return self._replace(steps=(*self.steps, (name, amount_minor))) if amount_minor else self


Lines = tuple[Priced, ...]


def is_covered(sku: Sku, scope: Scope) -> bool:
    """Whether *scope* counts this product. An empty field of it does not narrow."""
    return (
        scope.merchant_id in ("", sku.merchant_id)
        and (not scope.categories or sku.category in scope.categories)
        and (not scope.skus or sku.sku in scope.skus)
    )


def base_of(lines: Lines, counted: Sequence[bool]) -> int:
    """What the counted lines cost together: thresholds are tested on it, no discount is larger than it."""
    return sum(line.left_minor for line, counts in zip(lines, counted, strict=True) if counts)


def share_of(base_minor: int, rate_pct: int) -> int:
    """What a rate takes off: "90" pays 90 %, and the odd fen is the buyer's to pay.

    >>> share_of(999, 90)
    99
    """
    return base_minor * (100 - rate_pct) // 100


def take_off(lines: Lines, counted: Sequence[bool], name: str, off_minor: int) -> Lines:
    """*lines* with *off_minor* spread over the counted ones. A line that costs nothing gets nothing.

    No line falls below zero: *off_minor* is at most what the counted lines cost, so no share is above its line.
    """
    assert 0 <= off_minor <= base_of(lines, counted), "a discount is never larger than its base"
    weights = [line.left_minor if counts else 0 for line, counts in zip(lines, counted, strict=True)]
    shares = allocate(off_minor, weights)
    return tuple(line.after(name, -share) for line, share in zip(lines, shares, strict=True))
