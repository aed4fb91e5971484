"""A platform in memory: many orders over shelves and wallets that they share, each order a ``World`` of its own.

It is what ``place_order`` and ``quote`` need of a ``Shop``, and refuses as the store refuses. Shelves tell what they
hold exactly; that a hot product's shards are guessed at first is the store's business (tests/store).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.changes import Change, Request
from shared.errors import KeyReused
from shared.goods import Place, Sku
from shared.model import WholeOrder
from shared.ordering.stock import Shelves
from shared.ordering.terms import Coupon, CouponState, Member, Terms
from shared.store.goods import Buying, Market
from shared.store.orders import Seen
from shared.store.writing import AlreadyDone, StockShort, WalletShort
from tests.builders import SETTINGS, SKUS, TERMS
from tests.purse import Purse, PurseShort
from tests.world import World

IN_WALLET = {"available": CouponState.AVAILABLE, "locked": CouponState.LOCKED, "spent": CouponState.USED}


class MemoryMarket:
    settings = SETTINGS

    def __init__(
        self,
        available: Mapping[str, Mapping[str, int]],
        skus: Mapping[str, Sku] = SKUS,
        *,
        terms: Terms = TERMS,
        member: Member | None = None,
        coupons: Iterable[Coupon] = (),
    ) -> None:
        self.skus, self.terms, self.member = skus, terms, member or Member("buyer-1")
        self.available = {sku: {Place(w): n for w, n in levels.items()} for sku, levels in available.items()}
        self.quotas: dict[tuple[str, str, str], int] = {}  # (SKU, warehouse, channel) -> units left
        self.coupons = {coupon.coupon_id: coupon for coupon in coupons}
        self.purse = Purse(coupons=self.coupons, points=self.member.points, counts=self.member.counts)
        self.worlds: dict[str, World] = {}
        self.keys: dict[tuple[Any, str], tuple[str, Seen]] = {}
        self.faster: list[
            Callable[[MemoryMarket], object]
        ] = []  # What others do between our read and our write.
        self.reads: list[Buying] = []

    @property
    def goods(self) -> "MemoryMarket":
        return self

    @property
    def orders(self) -> "MemoryMarket":
        return self

    def left(self, sku: str) -> int:
        return sum(self.available[sku].values())

    def read(self, what: Any) -> Any:
        return self.worlds[what].whole if isinstance(what, str) else self._market(what)

    def seen(self, request: Request) -> Seen | None:
        fingerprint, seen = self.keys.get((request.caller, request.key), (request.fingerprint, None))
        if fingerprint != request.fingerprint:
            raise KeyReused("this Idempotency-Key already stood for another request")
        return seen

    def write(self, change: Change) -> None:
        if self.faster:
            self.faster.pop(0)(self)
        assert change.request is not None
        if (seen := self.seen(change.request)) is not None:
            raise AlreadyDone(seen)
        short = [m.sku for m in change.stock if self.available[m.sku][Place(m.warehouse)] < m.quantity]
        if short:
            raise StockShort(tuple(short))
        try:
            self.purse = self.purse.after(change)
        except PurseShort as purse_short:
            raise WalletShort from purse_short
        for move in change.stock:
            self.available[move.sku][Place(move.warehouse)] -= move.quantity
            if move.channel:
                self.quotas[move.sku, move.warehouse, move.channel] -= move.quantity
        self.worlds[change.order.order_id] = _world(change)
        seen = Seen(change.order.order_id, "")
        self.keys[change.request.caller, change.request.key] = (change.request.fingerprint, seen)

    def _market(self, buying: Buying) -> Market:
        self.reads.append(buying)
        available, quotas = {}, {}
        for sku in [sku for sku in buying.skus if sku in self.available]:
            own = {w: left for (s, w, c), left in self.quotas.items() if (s, c) == (sku, buying.channel)}
            levels = self.available[sku].items()
            available[sku] = {place: min(units, own.get(place.warehouse, units)) for place, units in levels}
            quotas[sku] = frozenset(own)
        return Market(
            skus={sku: self.skus[sku] for sku in buying.skus if sku in self.skus},
            shelves=Shelves(available, quotas, buying.channel),
            terms=self.terms,
            member=self.member._replace(
                points=self.purse.points["available"], counts=dict(self.purse.counts)
            ),
            coupons={
                coupon_id: self.coupons[coupon_id]._replace(state=IN_WALLET[self.purse.coupons[coupon_id]])
                for coupon_id in buying.coupon_ids
                if coupon_id in self.coupons
            },
        )


def _world(change: Change) -> World:
    """The order alone, with exactly what it takes of shelves, quotas and wallet."""
    assert change.snapshot is not None
    stock = {(m.sku, m.warehouse, m.shard): m.quantity for m in change.stock}
    quotas = {(m.sku, m.warehouse, m.shard, m.channel): m.quantity for m in change.stock if m.channel}
    coupons = [move.coupon_id for move in change.wallet.coupons]
    points = change.wallet.points.points if change.wallet.points else 0
    empty = WholeOrder.of([change.order], change.lines, change.snapshot)
    world = World(empty, stock, quotas=quotas, purse=Purse(coupons=coupons, points=points))
    world.apply(change)
    return world
