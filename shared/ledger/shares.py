"""Who gets what of a sub-order that is settled: its merchant, the platform, and who paid for the coupons.

Everything is reckoned from what is kept of the sub-order, as it stands, and from what was frozen when the order was
placed; never from what was booked before. So what a refund changes after settlement is the difference of two answers,
and all of them together add up to the last one (RULES 3.5, 11.2).

    cash that is kept          what the buyer paid, less what went back
    + coupons, platform's part the platform gave the discount, so it pays it
    + points                   the buyer paid with the platform's points: the platform pays what they are worth
    - commission withheld      what the contract takes at once
    - reserve                  what the contract keeps back for a while
    = payable                  to the merchant's account

Commission is a rate by category of what the goods brought in: cash, platform's coupons and points; not of freight, and
not of what is withheld for damage. Per line, whole minor units, rounded down: the odd one is the merchant's.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.ledger.contract import BPS, Contract, agreed_with
from shared.model import Line, SubOrder, WholeOrder
from shared.money import allocate, worth_of_units

LIST_PRICE = "list_price"
POINTS = "points"
COUPON_CLASSES = ("shop_coupon:", "platform_coupon:")
FULL_PCT = 100


class Shares(NamedTuple):
    """Minor units of the order's currency. All are what they are called: nothing here is below zero."""

    gross_minor: int = 0  # What is kept, at its list price: the sum of the next six.
    discounts_minor: int = 0  # Promotions and member prices, which the merchant bears,
    reduced_minor: int = 0  # and reductions of the price, for units that are kept;
    coupon_merchant_minor: int = 0  # the merchant's part of coupons,
    coupon_platform_minor: int = 0  # and the platform's, which it pays;
    points_minor: int = 0  # points, which the platform pays, too;
    goods_minor: int = 0  # and what the buyer paid for it.
    freight_minor: int = 0  # What the buyer paid for sending it.
    withheld_minor: int = 0  # Kept of units that came back worth less.
    given_back_minor: int = 0  # Went back for no goods.
    kept_minor: int = 0  # Cash: goods + freight + withheld - given back.
    commission_minor: int = 0
    commission_withheld_minor: int = 0  # Of it, taken at settlement; the rest is billed.
    reserve_minor: int = 0

    @property
    def payable_minor(self) -> int:
        """To the merchant's account at settlement."""
        came = self.kept_minor + self.coupon_platform_minor + self.points_minor
        return came - self.commission_withheld_minor - self.reserve_minor

    @property
    def billed_minor(self) -> int:
        """Commission that the next statement takes."""
        return self.commission_minor - self.commission_withheld_minor

    def named(self) -> dict[str, int]:
        """For the voucher, and the statement: what is not nothing, by name."""
        every = {name.removesuffix("_minor"): amount for name, amount in self._asdict().items()}
        every["payable"] = self.payable_minor
        return {name: amount for name, amount in every.items() if amount}


def shares_of(whole: WholeOrder, sub_order: SubOrder) -> Shares:
    """The shares of *sub_order*, as it stands, under the contract that its order keeps."""
    contract = agreed_with(whole.snapshot.contracts, sub_order.merchant_id)
    parts = list(_parts(whole, sub_order))
    kept = max(0, sub_order.kept_minor)
    goods = [part.cash for part in parts]
    # What went back for no goods is taken from what the goods brought in, as far as that reaches.
    taken = allocate(min(max(0, sub_order.given_back_minor), sum(goods)), goods) if any(goods) else ()
    own = (
        [part._replace(cash=part.cash - less) for part, less in zip(parts, taken, strict=True)]
        if taken
        else parts
    )
    commission = sum(part.brought_in * contract.rate_of(part.category) // BPS for part in own)
    withheld = commission * contract.withheld_at_settlement_pct // FULL_PCT
    platform, points = sum(p.coupon_platform for p in parts), sum(p.points for p in parts)
    return Shares(
        gross_minor=sum(sum(p[1:]) for p in parts),
        discounts_minor=sum(p.discounts for p in parts),
        reduced_minor=sum(p.reduced for p in parts),
        coupon_merchant_minor=sum(p.coupon_merchant for p in parts),
        coupon_platform_minor=platform,
        points_minor=points,
        goods_minor=sum(goods),
        freight_minor=sub_order.freight_minor - sub_order.refunded_freight_minor,
        withheld_minor=sub_order.withheld_minor,
        given_back_minor=sub_order.given_back_minor,
        kept_minor=kept,
        commission_minor=commission,
        commission_withheld_minor=withheld,
        reserve_minor=_reserve(contract, kept + platform + points - withheld),
    )


def moved(before: Shares, after: Shares, merchant_id: str) -> tuple[tuple[str, int], ...]:
    """Entries (account, debit > 0) for what a refund after settlement changes besides its cash, which is a claim: the
    platform takes back its part of coupons and points, and gives back its commission. The reserve stays as it is.
    """
    platform = before.coupon_platform_minor - after.coupon_platform_minor
    points = before.points_minor - after.points_minor
    withheld = before.commission_withheld_minor - after.commission_withheld_minor
    billed = before.billed_minor - after.billed_minor
    entries = (
        (f"merchant:{merchant_id}", platform + points - withheld),
        ("coupon:platform", -platform),
        (POINTS, -points),
        ("commission", withheld + billed),
        (f"commission_due:{merchant_id}", -billed),
    )
    return tuple((account, amount) for account, amount in entries if amount)


class _Part(NamedTuple):
    category: str
    discounts: int
    reduced: int
    coupon_merchant: int
    coupon_platform: int
    points: int
    cash: int

    @property
    def brought_in(self) -> int:
        return self.cash + self.coupon_platform + self.points


def _parts(whole: WholeOrder, sub_order: SubOrder) -> Iterator[_Part]:
    merchant_pct = {used.coupon_id: used.merchant_share_pct for used in whole.snapshot.coupons}
    for line in whole.lines_of(sub_order):
        if not line.replaces:
            yield _part(sub_order, line, merchant_pct)


def _part(sub_order: SubOrder, line: Line, merchant_pct: Mapping[str, int]) -> _Part:
    gone = sub_order.gone(line)

    def kept(amount_minor: int) -> int:
        """Each component by itself (RULES 3.5): what is not kept is what units that are gone were worth."""
        return amount_minor - worth_of_units(amount_minor, line.quantity, before=0, after=gone)

    discounts = by_merchant = by_platform = points = 0
    for name, amount in line.steps:
        coupon = next((name.removeprefix(kind) for kind in COUPON_CLASSES if name.startswith(kind)), None)
        if coupon is not None:
            off = kept(-amount)
            platform = off * (FULL_PCT - merchant_pct.get(coupon, FULL_PCT)) // FULL_PCT
            by_platform, by_merchant = by_platform + platform, by_merchant + off - platform
        elif name == POINTS:
            points += kept(-amount)
        elif name != LIST_PRICE:
            discounts += kept(-amount)
    paid = kept(line.payable_minor)
    reduced = min(paid, sub_order.reduced.get(str(line.number), 0))
    return _Part(line.category, discounts, reduced, by_merchant, by_platform, points, paid - reduced)


def _reserve(contract: Contract, owed_minor: int) -> int:
    return max(0, owed_minor) * contract.reserve_bps // BPS
