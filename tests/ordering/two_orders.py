"""One order that became two: each lives on in a ``World`` of its own, with its own share of shelves and wallet.

What leaves takes its reserved units, its coupons and its counts with it, moved here by hand: the product writes none
of them but the coupons' holder. From then on both worlds check every promise, the old one for what is left of it.
"""

from collections import Counter
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from shared.changes import Change
from shared.model import Line, SubOrder, WholeOrder
from shared.ordering.quote import Basket, price
from shared.ordering.separation import (
    decide_separation,
    refuse_to_separate,
)
from shared.ordering.terms import Coupon, Member, Promotion, PromotionKind, Scope, Tier
from shared.wallet_moves import WalletMoves
from tests.builders import (
    ADDRESS,
    ALLOCATION,
    BUYER,
    MEMBER,
    SHELVES,
    SKUS,
    T0,
    TERMS,
    WANTED,
    Trade,
    a_line,
    an_unpaid_order_of,
    placed,
)
from tests.promises import PROMISES
from tests.purse import Purse
from tests.special_orders import SHOP_COUPON
from tests.world import World

NEW_ID = "01MCC5S0000G40R40M30E20918"


class Two(NamedTuple):
    """The *old* order without what left, the *new* one, and the one transaction that made two of them."""

    old: Trade
    new: Trade
    change: Change

    @property
    def made(self) -> Change:
        assert self.change.beside is not None
        return self.change.beside


class WhatIsLeft(World):
    """Its promises are about what has not left."""

    def check(self) -> None:
        seen = copy(self)
        seen.whole, seen.placed = left_of(self.whole), without(self.placed, left_numbers(self.whole))
        broken = [promise.__name__ for promise in PROMISES if not promise(seen)]
        assert not broken, broken


def separated(trade: Trade, *numbers: int, new_id: str = NEW_ID) -> Two:
    """*numbers* of *trade* become an order of their own, now."""
    chosen = frozenset(numbers)
    refuse_to_separate(trade.whole, chosen, actor=BUYER.actor, now=trade.now)
    change = decide_separation(trade.whole, chosen, new_id, ADDRESS, caller=BUYER, now=trade.now)
    made = change.beside
    assert made is not None
    assert made.snapshot is not None
    old, new = trade.world, World(WholeOrder.of([made.order], made.lines, made.snapshot), {})
    old.__class__ = WhatIsLeft
    for line in made.lines:
        _goods_go(old, new, line)
    _wallet_goes(old, new, change, made.lines)
    old.apply(change._replace(wallet=WalletMoves(), beside=None))
    new.apply(made)
    other = Trade(new)
    other.now = trade.now
    return Two(trade, other, change)


def left_of(whole: WholeOrder) -> WholeOrder:
    return without(whole, left_numbers(whole))


def left_numbers(whole: WholeOrder) -> frozenset[int]:
    rows = whole.rows.values()
    return frozenset(r.number for r in rows if isinstance(r, SubOrder) and r.state == "separated")


def without(whole: WholeOrder, numbers: frozenset[int]) -> WholeOrder:
    """*whole* as if these sub-orders had never been in it."""
    rows = [r for r in whole.rows.values() if not (isinstance(r, SubOrder) and r.number in numbers)]
    lines = tuple(line for line in whole.lines if line.sub_order not in numbers)
    gone = {name for ln in whole.lines if ln.sub_order in numbers for name, _ in ln.steps}
    kept = tuple(c for c in whole.snapshot.coupons if f"shop_coupon:{c.coupon_id}" not in gone)
    return WholeOrder.of(rows, lines, whole.snapshot._replace(coupons=kept))


def _goods_go(old: World, new: World, line: Line) -> None:
    """What *line* holds counts for the new order; of goods that payment takes, as many free ones."""
    counter = "available" if line.is_deferred else "reserved"
    for held in line.allocation:
        at = (line.sku, held.warehouse, held.shard)
        old.stock[at][counter] -= held.units
        old.received[at] -= held.units
        new.stock[at] = Counter({counter: held.units})
        new.received[at] = held.units
        if held.channel and not line.is_deferred:
            quota = (*at, held.channel)
            old.counted[quota] -= held.units
            old.given_quotas[quota] -= held.units
            new.counted[quota] = new.given_quotas[quota] = held.units
            new.quotas[quota] = 0


def _wallet_goes(old: World, new: World, change: Change, lines: tuple[Line, ...]) -> None:
    new.purse = Purse()
    for move in change.wallet.coupons:
        assert move.kind == "hand_over"
        assert (old.purse.coupons[move.coupon_id], old.purse.holders[move.coupon_id]) == (
            "locked",
            change.order.order_id,
        )
        new.purse.coupons[move.coupon_id] = old.purse.coupons.pop(move.coupon_id)
        new.purse.holders[move.coupon_id] = move.heir
        del old.purse.holders[move.coupon_id]
    for line in lines:
        counts = {"limited": (f"sku:{line.sku}", line.quantity)}
        counts["cross_border"] = ("cross_border:2027", line.payable_minor)
        for name, number in (counts[flag] for flag in counts if flag in line.flags):
            old.purse.counts[name] -= number
            new.purse.counts[name] += number


# --- orders that several merchants' goods are in ---


POT_COUPON = SHOP_COUPON._replace(coupon_id="C-POT", scope=Scope(merchant_id="m-pot"), off_minor=1_000)


def priced(
    *,
    coupons: Sequence[Coupon] = (),
    points: int = 0,
    promotions: Sequence[Promotion] = (),
    member: Member = MEMBER,
    **numbers: int,
) -> Trade:
    """The builders' basket: 55.00 of m-tea and 100.00 of m-pot, and 8.00 for each to send it."""
    terms = TERMS._replace(promotions=tuple(promotions))
    basket = Basket(WANTED, SKUS, ALLOCATION, terms, member, T0, tuple(coupons), points=points)
    purse = Purse(coupons=[coupon.coupon_id for coupon in coupons], points=2_000)
    return placed(price(basket), SHELVES, purse=purse, **numbers)


def with_shop_coupons() -> Trade:
    """6.00 off the tea and the cup, 10.00 off the pots."""
    return priced(coupons=(SHOP_COUPON, POT_COUPON))


def a_promotion(scope: Scope = Scope()) -> Promotion:  # noqa: B008  # A value.
    """10.00 off from 50.00 on."""
    return Promotion(
        "P1",
        PromotionKind.FULL_REDUCTION,
        currency="CNY",
        starts_at=T0 - 1,
        ends_at=T0 + 1,
        scope=scope,
        tiers=(Tier(5_000, 1_000),),
    )


def three_merchants(*payable: int, freight: int = 0) -> Trade:
    lines = [a_line(n, 1, amount, sub_order=n) for n, amount in enumerate(payable, 1)]
    return an_unpaid_order_of(lines, [freight] * len(payable))
