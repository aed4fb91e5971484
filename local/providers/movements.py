"""What moved money at a provider, when, and what the provider kept for it. A bill is a list of these.

    provider    for each payment     of a refund it gives back
    alipay      0.6 %                what it kept for that part
    wechatpay   0.6 %                what it kept for that part
    stripe      2.9 % + 30           nothing; a dispute costs 1,500 besides, won or lost

Fees are rounded half up to the smallest unit. Where they are given back, what is kept in the end is the rounded fee of
what is left, so that in whatever parts a payment goes back, nothing is kept of it then.
"""

from collections.abc import Sequence
from typing import NamedTuple

KINDS = ("payment", "payment_back", "refund", "refund_failure", "dispute", "dispute_reversal")


class Movement(NamedTuple):
    """*amount*: into the merchant's account above nothing, out of it below."""

    kind: str  # One of KINDS.
    amount: int
    at: float
    number: str = ""  # Of a refund, the merchant's; of a dispute, the provider's.
    provider_number: str = ""


class FeeRule(NamedTuple):
    """Rates in hundredths of a percent, the rest in the smallest unit of whatever currency."""

    basis_points: int
    fixed: int = 0
    dispute: int = 0
    gives_back: bool = False

    def of(self, amount: int) -> int:
        """Return what is kept for a payment of this much."""
        return (amount * self.basis_points * 2 + 10_000) // 20_000 + self.fixed if amount > 0 else 0


RULES = {
    "alipay": FeeRule(60, gives_back=True),
    "wechatpay": FeeRule(60, gives_back=True),
    "stripe": FeeRule(290, fixed=30, dispute=1_500),
}


def fees_of(movements: Sequence[Movement], rule: FeeRule) -> list[int]:
    """Return the fee of each movement of one trade, in their order; below nothing: given back."""
    found: list[int] = []
    left = 0
    for movement in movements:
        left += movement.amount
        if rule.gives_back:
            fee = rule.of(left) - sum(found)
        else:
            fee = rule.of(movement.amount) if movement.kind == "payment" else 0
        found.append(fee + (rule.dispute if movement.kind == "dispute" else 0))
    return found
