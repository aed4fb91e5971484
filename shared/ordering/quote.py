"""What would this cost? Named price steps per line, freight per sub-order, everything adds up.

The simplest price for now: unit price times quantity, and a flat freight for each merchant's part. Each step
is kept on its line, so that a later step (member price, promotion, coupon, points) stands beside it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.lifecycle import SubOrderState
from shared.model import Line, Sku, SubOrder

LIST_PRICE = "list_price"


class Wanted(NamedTuple):
    sku: str
    quantity: int


class Quote(NamedTuple):
    currency: str
    lines: tuple[Line, ...]
    sub_orders: tuple[SubOrder, ...]

    @property
    def goods_minor(self) -> int:
        return sum(sub_order.goods_minor for sub_order in self.sub_orders)

    @property
    def freight_minor(self) -> int:
        return sum(sub_order.freight_minor for sub_order in self.sub_orders)

    @property
    def payable_minor(self) -> int:
        return self.goods_minor + self.freight_minor


def price(
    wanted: Sequence[Wanted],
    skus: Mapping[str, Sku],
    allocation: Mapping[str, tuple[tuple[str, int], ...]],
    *,
    flat_freight_minor: int,
) -> Quote:
    """Price what is *wanted*, cut by merchant. Every SKU must be known, and all of one currency."""
    merchants = tuple(dict.fromkeys(skus[want.sku].merchant_id for want in wanted))
    lines = tuple(
        _line(number, want, skus[want.sku], merchants, allocation.get(want.sku, ()))
        for number, want in enumerate(wanted, 1)
    )
    sub_orders = tuple(
        _sub_order(number, merchant_id, lines, flat_freight_minor)
        for number, merchant_id in enumerate(merchants, 1)
    )
    [currency] = {skus[want.sku].currency for want in wanted}
    return Quote(currency, lines, sub_orders)


def _line(
    number: int, want: Wanted, sku: Sku, merchants: tuple[str, ...], allocation: tuple[tuple[str, int], ...]
) -> Line:
    list_price = sku.unit_price_minor * want.quantity
    return Line(
        number=number,
        sub_order=merchants.index(sku.merchant_id) + 1,
        sku=sku.sku,
        name=sku.name,
        merchant_id=sku.merchant_id,
        quantity=want.quantity,
        unit_price_minor=sku.unit_price_minor,
        steps=((LIST_PRICE, list_price),),
        payable_minor=list_price,
        weight_grams=sku.weight_grams,
        allocation=allocation,
    )


def _sub_order(number: int, merchant_id: str, lines: tuple[Line, ...], flat_freight_minor: int) -> SubOrder:
    goods = sum(line.payable_minor for line in lines if line.sub_order == number)
    return SubOrder(
        number=number,
        merchant_id=merchant_id,
        state=SubOrderState.AWAITING_PAYMENT,
        goods_minor=goods,
        freight_minor=flat_freight_minor,
        payable_minor=goods + flat_freight_minor,
    )
