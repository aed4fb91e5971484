"""What would this cost? Named price steps per line, freight per sub-order, everything adds up.

    list price -> member price -> promotions -> shop coupons -> platform coupon -> points = goods; + freight

(RULES 3, MONEY 3.) Each step works on what the step before left, and is kept on every line that it changed; the
spread is frozen with the order, and later only read. What a step does is the business of its module:

    member price   here                   coupons   shared.ordering.coupons    freight   shared.ordering.freight
    promotions     shared.ordering.promotions       points    shared.ordering.points
    spreading any of them over lines                shared.ordering.reductions
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.aftersale.return_policy import ReturnPolicy
from shared.goods import Flag, Held, Sku
from shared.lifecycle import SubOrderState
from shared.model import Line, SubOrder, UsedCoupon
from shared.ordering.coupons import Redeemed, with_coupons
from shared.ordering.freight import Steps, freight_steps
from shared.ordering.points import with_points
from shared.ordering.promotions import with_promotions
from shared.ordering.reductions import Lines, Priced
from shared.ordering.terms import Coupon, Member, Terms

SMALL = "small"  # The usual size class, which is not stored.


class Wanted(NamedTuple):
    sku: str
    quantity: int


class Basket(NamedTuple):
    """Everything that a price depends on."""

    wanted: tuple[Wanted, ...]
    skus: Mapping[str, Sku]
    allocation: Mapping[str, tuple[Held, ...]]  # by SKU; may lack some
    terms: Terms
    member: Member
    now: int
    coupons: tuple[Coupon, ...] = ()  # The buyer named them; they are theirs, valid, and go together.
    points: int = 0  # As many as the buyer wants to use.
    destination: tuple[str, str] = ("", "")  # (country, region), or "" while nobody has said where to


class Quote(NamedTuple):
    currency: str
    lines: tuple[Line, ...]
    sub_orders: tuple[SubOrder, ...]
    coupons: tuple[UsedCoupon, ...] = ()  # Every one of the basket; it took off 0 if it did not apply.
    points: int = 0  # used
    points_max: int = 0  # As many as these goods take.
    unreachable: tuple[str, ...] = ()  # Merchants whose freight template does not go there.
    coupon_bases: tuple[int, ...] = ()  # What each coupon was measured against, as *coupons* are ordered.
    returns: Mapping[
        str, ReturnPolicy
    ] = {}  # By id; what is not in it is the built-in one (shared.ordering.returns).

    @property
    def goods_minor(self) -> int:
        return sum(sub_order.goods_minor for sub_order in self.sub_orders)

    @property
    def freight_minor(self) -> int:
        return sum(sub_order.freight_minor for sub_order in self.sub_orders)

    @property
    def payable_minor(self) -> int:
        return self.goods_minor + self.freight_minor


def price(basket: Basket) -> Quote:
    """Price what is wanted, cut by merchant. Every SKU must be known, and all of one currency."""
    [currency] = {basket.skus[want.sku].currency for want in basket.wanted}
    terms = basket.terms
    listed = tuple(_listed(basket, want) for want in basket.wanted)
    promoted = with_promotions(listed, terms.promotions, currency=currency, now=basket.now)
    before_points, redeemed = with_coupons(promoted, basket.coupons)
    paid = with_points(before_points, basket.points, terms.policy)
    merchants = tuple(dict.fromkeys(line.sku.merchant_id for line in listed))
    freight = {merchant: _freight(basket, before_points, merchant, currency) for merchant in merchants}
    lines = tuple(
        _line(number, line, merchants, points, basket.allocation.get(line.sku.sku, ()))
        for number, (line, points) in enumerate(zip(paid.lines, paid.points, strict=True), 1)
    )
    return Quote(
        currency=currency,
        lines=lines,
        sub_orders=tuple(
            _sub_order(basket, number, merchant, lines, freight[merchant] or ())
            for number, merchant in enumerate(merchants, 1)
        ),
        coupons=tuple(_used(coupon, redeemed[coupon.coupon_id]) for coupon in basket.coupons),
        coupon_bases=tuple(redeemed[coupon.coupon_id].base_minor for coupon in basket.coupons),
        points=sum(paid.points),
        points_max=paid.most,
        unreachable=tuple(merchant for merchant in merchants if freight[merchant] is None),
    )


def member_price(unit_price_minor: int, rate_pct: int) -> int:
    """One unit at a member's rate, half a fen rounded up.

    >>> member_price(999, 95), member_price(1_010, 95), member_price(1_009, 95)
    (949, 960, 959)
    """
    return (unit_price_minor * rate_pct + 50) // 100


def _listed(basket: Basket, want: Wanted) -> Priced:
    """A line at its list price, and then at what one unit costs this member."""
    sku = basket.skus[want.sku]
    line = Priced(sku, want.quantity, (("list_price", sku.unit_price_minor * want.quantity),))
    if Flag.FULL_PRICE in sku.flags:
        return line
    less = (
        member_price(sku.unit_price_minor, basket.terms.level_of(basket.member).rate_pct)
        - sku.unit_price_minor
    )
    return line.after("member_price", less * want.quantity)


def _freight(basket: Basket, lines: Lines, merchant_id: str, currency: str) -> Steps | None:
    own = tuple(line for line in lines if line.sku.merchant_id == merchant_id)
    terms, member = basket.terms, basket.member
    return freight_steps(own, terms, member, currency=currency, destination=basket.destination)


def _used(coupon: Coupon, redeemed: Redeemed) -> UsedCoupon:
    return UsedCoupon(
        coupon_id=coupon.coupon_id,
        template_id=coupon.template_id,
        kind=coupon.kind,
        off_minor=redeemed.off_minor,
        merchant_share_pct=coupon.merchant_share_pct,
        ends_at=coupon.ends_at,
    )


def _line(
    number: int, line: Priced, merchants: tuple[str, ...], points: int, allocation: tuple[Held, ...]
) -> Line:
    sku = line.sku
    return Line(
        number=number,
        sub_order=merchants.index(sku.merchant_id) + 1,
        sku=sku.sku,
        name=sku.name,
        merchant_id=sku.merchant_id,
        quantity=line.quantity,
        unit_price_minor=sku.unit_price_minor,
        steps=line.steps,
        payable_minor=line.left_minor,
        weight_grams=sku.weight_grams,
        allocation=allocation,
        points=points,
        category=sku.category,
        spec=sku.spec,
        flags=sku.flags,
        volume_cm3=sku.volume_cm3,
        size_class=sku.size_class if sku.size_class != SMALL else "",
        hs_code=sku.hs_code,
        origin=sku.origin,
    )


def _sub_order(
    basket: Basket, number: int, merchant_id: str, lines: tuple[Line, ...], freight: Steps
) -> SubOrder:
    own = [line for line in lines if line.sub_order == number]
    goods, fee = sum(line.payable_minor for line in own), sum(amount for _, amount in freight)
    presale = [basket.skus[line.sku].ships_at for line in own if Flag.PRESALE in line.flags]
    return SubOrder(
        number=number,
        merchant_id=merchant_id,
        state=SubOrderState.AWAITING_PAYMENT,
        goods_minor=goods,
        freight_minor=fee,
        payable_minor=goods + fee,
        boost_seconds=_boost(basket, own),
        ships_at=max(presale, default=None),
        freight_steps=freight,
    )


def _boost(basket: Basket, lines: list[Line]) -> int:
    """So much earlier in every work list: the buyer's level, and goods that do not keep (RULES 2.6)."""
    boost = basket.terms.level_of(basket.member).boost_seconds
    if any(Flag.PERISHABLE in line.flags for line in lines):
        boost += basket.terms.policy["perishable_boost_seconds"]
    return boost
