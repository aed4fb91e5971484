"""Named worlds with something special: coupons and points, goods taken at payment, hot goods, reviews, 500 lines.

Like those of ``tests.builders`` they are made by the real pure decisions, and every promise is checked at each step.
The rich order is priced by the quote engine. Freight is 8.00 for each merchant, on top of what is left in money:

    line  sku   merchant  units  each    shop coupon   platform coupon   points        in money
    1     TEA   m-tea     3      10.00         -3.27             -5.38    269: -2.69      18.66
    2     CUP   m-tea     1      25.00         -2.73             -4.48    224: -2.24      15.55
    3     POT   m-pot     2      50.00             -            -20.14   1007: -10.07     69.79
    all                         155.00         -6.00            -30.00   1500: -15.00    104.00
"""

from collections.abc import Sequence
from typing import Any

from shared.changes import Change
from shared.goods import Held, Sku
from shared.model import UsedCoupon
from shared.ordering.quote import Basket, price
from shared.ordering.terms import Coupon, CouponKind, CouponState, Member, Scope
from shared.payment.receiving import record_payment
from tests.builders import (
    ALLOCATION,
    MEMBER,
    SHELVES,
    SKUS,
    T0,
    TERMS,
    WANTED,
    Trade,
    a_line,
    an_order_of,
    an_unpaid_order_of,
    placed,
)
from tests.memory import MemoryShop
from tests.purse import Purse

COUPONS_END = T0 + 1_000_000
SHOP_COUPON = Coupon(
    "C-SHOP",
    "T-SHOP",
    CouponKind.SHOP,
    CouponState.AVAILABLE,
    "CNY",
    T0 - 1,
    COUPONS_END,
    Scope(merchant_id="m-tea"),
    off_minor=600,
)
PLATFORM_COUPON = Coupon(
    "C-ALL", "T-ALL", CouponKind.PLATFORM, CouponState.AVAILABLE, "CNY", T0 - 1, COUPONS_END, off_minor=3_000
)
LONG = 500  # lines


def others_take(trade: Trade, sku: str, warehouse: str, units: int, shard: int = 0) -> None:
    """Other buyers were faster: those units are theirs, and count no more here."""
    trade.world.received[sku, warehouse, shard] -= units
    trade.world.stock[sku, warehouse, shard]["available"] -= units


def others_bring(trade: Trade, sku: str, warehouse: str, units: int, shard: int = 0) -> None:
    """Somebody else's order was cancelled: so many more are there."""
    at = (sku, warehouse, shard)
    trade.world.received[at] = trade.world.received.get(at, 0) + units
    trade.world.stock.setdefault(at, type(trade.world.purse.points)())["available"] += units


def others_bought(trade: Trade, units: int) -> None:
    """From every shelf others bought so many units before."""
    for (sku, warehouse, shard), levels in trade.world.stock.items():
        trade.world.received[sku, warehouse, shard] += units
        trade.world.sold_before[sku, warehouse] += units
        levels["sold"] += units


def told_paid(trade: Trade, number: int = 1) -> Change:
    """The provider says paid, and the use case does what it takes: it looks elsewhere when goods are short."""
    outcome = record_payment(MemoryShop(trade.world), trade.notice(number), now=trade.now)
    assert outcome.change is not None
    return outcome.change


# --- coupons, points, limits ---


def a_rich_order(*, policy: dict[str, int] | None = None, **counts: int) -> Trade:
    """Placed: a shop coupon, a platform coupon, 15.00 in points. *counts*: what the buyer bought before."""
    coupons = (SHOP_COUPON, PLATFORM_COUPON)
    member = Member("buyer-1", points=2_000)
    basket = Basket(WANTED, SKUS, ALLOCATION, TERMS, member, T0, coupons, points=1_500)
    purse = Purse(coupons=[coupon.coupon_id for coupon in coupons], points=2_000, counts=counts)
    return placed(price(basket), SHELVES, member=member, purse=purse, **(policy or {}))


def a_paid_rich_order(**how: Any) -> Trade:
    trade = a_rich_order(**how)
    trade.start_payment()
    trade.pay()
    return trade


def a_used_coupon(coupon_id: str, off_minor: int, ends_at: int = COUPONS_END) -> UsedCoupon:
    return UsedCoupon(coupon_id, f"T-{coupon_id}", "platform", off_minor, 0, ends_at)


def a_limited_order(bought_before: int = 1) -> Trade:
    """Placed: three of a product of which each buyer may have five, and two of one that crosses a border."""
    skus = {
        "TEA": SKUS["TEA"]._replace(flags=("limited",), limit_per_buyer=5),
        "POT": SKUS["POT"]._replace(flags=("cross_border",)),
    }
    wanted = tuple(want for want in WANTED if want.sku in skus)
    quoted = price(Basket(wanted, skus, ALLOCATION, TERMS, MEMBER, T0))
    purse = Purse(counts={"sku:TEA": bought_before, "cross_border:2027": 50_000})
    return placed(quoted, SHELVES, skus=skus, purse=purse)


# --- goods that are taken when the order is paid ---


def a_deferred_order(tries: int = 1) -> Trade:
    """Being paid: two of SKU-1 are taken at payment (W1: 2, where 3 lie, and 5 lie in W2), one of SKU-2 is reserved."""
    lines = (a_line(1, 2, 5_000, flags=("deferred",)), a_line(2, 1, 3_000))
    stock = {("SKU-1", "W1"): 3, ("SKU-1", "W2"): 5, ("SKU-2", "W1"): 1}
    trade = an_unpaid_order_of(lines, [800], stock=stock)
    for _ in range(tries):
        trade.start_payment()
    return trade


def sold_out(trade: Trade) -> Trade:
    """Others take all of the deferred goods before the money comes."""
    others_take(trade, "SKU-1", "W1", 3)
    others_take(trade, "SKU-1", "W2", 4)
    return trade


# --- what people must see first ---


def an_order_under_review(**numbers: int) -> Trade:
    """Paid 100 s after it was placed, two merchants' parts. Line 1 is made to order, so people must look at both."""
    lines = (
        a_line(1, 2, 5_000, flags=("made_to_order",)),
        a_line(2, 3, 1_000),
        a_line(3, 1, 9_000, sub_order=2),
    )
    trade = an_unpaid_order_of(lines, [800, 500], **numbers).after(100)
    trade.start_payment()
    trade.pay()
    return trade


def an_escalated_order(**numbers: int) -> Trade:
    """Nobody decided in time, about neither part."""
    trade = an_order_under_review(**numbers)
    trade.ring("SUB#01")
    return trade


# --- goods whose counters lie in shards ---


def a_hot_order(*, lies: Sequence[tuple[Any, ...]], payable_minor: int = 9_000, **how: Any) -> Trade:
    """Paid: one line of hot goods, held at these places: (warehouse, units, shard)."""
    line = a_line(1, sum(place[1] for place in lies), payable_minor, lies=lies)
    return an_order_of([line], [0], **how)


# --- more lines than one transaction holds ---


def a_long_order(count: int = LONG, *, per_line: int = 2, merchants: int = 2) -> Trade:
    """Received: its goods are not held yet. Lines take turns between the merchants; SKU-n lies in W1, and in W2 too."""
    lines = tuple(
        a_line(n, per_line, 100, sub_order=1 + n % merchants if n > merchants else n)
        for n in range(1, count + 1)
    )
    stock = {(line.sku, warehouse): 5 for line in lines for warehouse in ("W1", "W2")}
    return an_unpaid_order_of(lines, [800] * merchants, stock=stock)


def move_all(trade: Trade) -> list[Change]:
    """Chunk by chunk, until nothing waits any more."""
    made = []
    while any(transfer.state == "waiting" for transfer in trade.whole.transfers):
        made.append(trade.move_chunk())
    return made


def a_long_placed_order(count: int = LONG, **how: Any) -> Trade:
    trade = a_long_order(count, **how)
    move_all(trade)
    return trade


def a_long_paid_order(count: int = LONG, **how: Any) -> Trade:
    trade = a_long_placed_order(count, **how)
    trade.start_payment()
    trade.pay()
    return trade


def a_sku(sku: str, merchant: str = "m-1", unit_price_minor: int = 100, **fields: Any) -> Sku:
    made = Sku(sku, sku.lower(), merchant, unit_price_minor, "CNY", True, 1, 1, "general")
    return made._replace(**fields)


def lying(*places: tuple[Any, ...]) -> tuple[Held, ...]:
    return tuple(Held(*place) for place in places)
