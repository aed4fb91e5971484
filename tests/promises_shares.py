"""What every world must hold of settled parts: each account has what contract and steps say, by a second arithmetic.

The product floors what is gone; here what is kept is rounded up. Reserves are kept where the merchant's money is, so
both are looked at together.
"""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.model import Line, SubOrder, WholeOrder

if TYPE_CHECKING:
    from tests.world import World

ACCOUNTS = ("coupon:platform", "commission", "commission_due", "merchant")


class Share(NamedTuple):
    cash: int
    platform: int
    points: int
    rate: int  # basis points

    @property
    def brought_in(self) -> int:
        return self.cash + self.platform + self.points


def what_is_settled_is_shared_as_contracts_and_coupons_say(world: "World") -> bool:
    whole, expected, slack = world.whole, Counter[str](), 0
    for settlement in whole.settlements:
        if settlement.state != "settled":
            continue
        sub_order = whole.sub_orders[settlement.number - 1]
        terms = whole.snapshot.contracts.get(sub_order.merchant_id, {})
        shares = [_share(whole, sub_order, line, terms) for line in whole.lines_of(sub_order)]
        commission, is_exact = _commission(shares, sub_order.given_back_minor)
        slack += 0 if is_exact else 2 * len(shares)
        model = terms.get("model", "before")
        pct = {"before": 100, "after": 0, "mixed": terms.get("withheld_pct", 100)}[model]
        withheld = commission * pct // 100
        platform = sum(share.platform for share in shares)
        points = sum(share.points for share in shares)
        expected["coupon:platform"] += platform
        expected["commission"] -= commission
        expected["commission_due"] += commission - withheld
        expected["merchant"] -= settlement.amount_minor + platform + points - withheld
    held = Counter[str]()
    for (account, _), amount in world.accounts.items():
        kind = account.partition(":")[0]
        name = "merchant" if kind == "reserve" else kind if kind in ACCOUNTS else account
        held[name] += amount
    return all(abs(held[account] - expected[account]) <= slack for account in ACCOUNTS)


def _share(whole: WholeOrder, sub_order: SubOrder, line: Line, terms: Mapping[str, Any]) -> Share:
    left = line.quantity - sub_order.gone(line)
    merchants = {coupon.coupon_id: coupon.merchant_share_pct for coupon in whole.snapshot.coupons}

    def kept(amount: int) -> int:
        return -(-amount * left // line.quantity)

    platform = sum(
        kept(-amount) * (100 - merchants.get(name.partition(":")[2], 100)) // 100
        for name, amount in line.steps
        if name.startswith(("shop_coupon:", "platform_coupon:"))
    )
    points = sum(kept(-amount) for name, amount in line.steps if name == "points")
    cash = max(0, kept(line.payable_minor) - sub_order.reduced.get(str(line.number), 0))
    rate = terms.get("commission_by_category", {}).get(line.category, terms.get("commission_bps", 0))
    return Share(cash, platform, points, rate)


def _commission(shares: list[Share], given_back: int) -> tuple[int, bool]:
    """(the commission, is it exact): of what went back for no goods, which line bears which fen is left open here."""
    cash = sum(share.cash for share in shares)
    less = Fraction(min(max(0, given_back), cash), cash) if cash else Fraction(0)
    if not less:
        return sum(share.brought_in * share.rate // 10_000 for share in shares), True
    return int(sum((share.brought_in - share.cash * less) * share.rate / 10_000 for share in shares)), False
