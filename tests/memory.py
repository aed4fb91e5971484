"""A shop whose tables are one ``World``: use cases run on it whole, with their policy, keys and repeats.

It refuses as the store refuses (``shared.store.writing``), so that a use case meets the same exceptions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.changes import Change, Request, Voucher
from shared.errors import Conflict, Invalid, KeyReused, NotFound
from shared.fulfilment.partner_keys import PartnerKeys
from shared.goods import Place
from shared.model import Payment, Refund, WholeOrder
from shared.ordering.stock import Shelves
from shared.register.rows import Entry
from shared.splitting.terms import NOTHING_PUBLISHED, ShippingTerms
from shared.store.asking import PARKED, QUARANTINED, Ask, Parked
from shared.store.orders import Seen
from shared.store.writing import AlreadyBooked, AlreadyDone, StockShort, WalletShort
from tests.builders import SETTINGS
from tests.partners import MemoryTracks, ScriptedTracker, ScriptedWms
from tests.provider import ScriptedProvider
from tests.world import RefusedByWorld, ShelfShort, WalletRefused, World


class MemoryShop:
    """What ``shared.commands.carry_out`` and the use cases need of a ``Shop``."""

    settings = SETTINGS
    outside: Any = None  # Nothing here may call anything outside.

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys: dict[tuple[str, str, str], tuple[str, Seen]] = {}
        self.sandbox = ScriptedProvider()
        self.asking = MemoryAsking(world)
        self.tracks = MemoryTracks(world)
        self.terms = NOTHING_PUBLISHED  # What shipping costs.
        self.followers: dict[str, ScriptedTracker] = {}  # Trackers by name; the first follows our parcels.
        self.systems: dict[str, ScriptedWms] = {}  # Systems by warehouse.

    def tracker(self, name: str = "") -> "ScriptedTracker | None":
        return self.followers.get(name or next(iter(self.followers), ""))

    def wms(self, warehouse: str) -> "ScriptedWms | None":
        return self.systems.get(warehouse)

    def partners(self) -> PartnerKeys:
        return PartnerKeys(tracker=next(iter(self.followers), ""))

    def shipping_terms(self) -> ShippingTerms:
        return self.terms

    def provider(self, name: str) -> ScriptedProvider:
        if name != self.sandbox.name:
            raise Invalid("this payment provider is not available here", at="/provider")
        return self.sandbox

    @property
    def orders(self) -> "MemoryShop":
        return self

    @property
    def goods(self) -> "MemoryShop":
        return self

    def booked(self, name: str) -> str | None:
        if name in self.world.kept_for_people:
            return QUARANTINED
        return self.world.whole.order.order_id if name in self.world.booked else None

    def read(self, order_id: str) -> WholeOrder:
        if order_id != self.world.whole.order.order_id:
            raise NotFound("no such order")
        return self.world.whole

    def personal(self, order_id: str) -> dict[str, Any]:
        assert order_id == self.world.whole.order.order_id
        return dict(self.world.changes[0].personal or {})

    def shelves(self, skus: Iterable[str], channel: str) -> Shelves:
        """What lies where of *skus* now, as far as the channel's quotas let it be sold."""
        available: dict[str, dict[Place, int]] = {sku: {} for sku in skus}
        own = [(sku, w) for sku, w, _, c in self.world.quotas if c == channel]
        quotas = {sku: frozenset(w for s, w in own if s == sku) for sku in available}
        for (sku, warehouse, shard), levels in self.world.stock.items():
            if sku in available:
                left = self.world.quotas.get((sku, warehouse, shard, channel), levels["available"])
                available[sku][Place(warehouse, shard)] = min(left, levels["available"])
        return Shelves(available, quotas, channel)

    def seen(self, request: Request) -> Seen | None:
        found = self.keys.get(_key(request))
        if found is None:
            return None
        if found[0] != request.fingerprint:
            raise KeyReused("this Idempotency-Key already stood for another request")
        return found[1]

    def write(self, change: Change) -> None:
        request = change.request
        if request is not None and (seen := self.seen(request)) is not None:
            raise AlreadyDone(seen)
        if self.world.booked & set(change.once):
            raise AlreadyBooked
        try:
            self.world.apply(change)
        except ShelfShort as short:
            raise StockShort(short.skus) from short
        except WalletRefused as short:
            raise WalletShort from short
        except RefusedByWorld as refused:
            raise Conflict("the order changed meanwhile") from refused
        if request is not None:
            self.keys[_key(request)] = (request.fingerprint, Seen(change.order.order_id, change.about))


class MemoryAsking:
    """What is asked about, and what is parked: as ``shared.store.asking`` keeps it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept: dict[str, Parked] = {}
        self.hours: dict[str, int] = {}  # When a parked fact is tried again,
        self.amounts: dict[str, int] = {}  # and of how much it tells.
        self.vouchers: list[Voucher] = []  # Of what nobody knew,
        self.entries: list[Entry] = []  # and what the register is told of it.

    def due(self, now: int) -> Iterator[Ask]:
        """Every row of the order, and every parked fact, whose hour has come."""
        order_id = self.world.whole.order.order_id
        for subject, row in self.world.whole.rows.items():
            if isinstance(row, Payment | Refund) and row.ask_at is not None and row.ask_at <= now:
                yield Ask(f"ORDER#{order_id}", subject, row.ask_at)
        for name, hour in list(self.hours.items()):
            if hour <= now:
                yield Ask(f"{PARKED}#{name}", PARKED, hour)

    def ask_again(self, ask: Ask, at: int | None) -> None:
        if ask.is_parked:
            name = ask.pk.removeprefix(f"{PARKED}#")
            if self.hours.get(name) == ask.since and at is not None:
                self.hours[name] = at
            return
        row = self.world.whole.rows[ask.sk]
        assert isinstance(row, Payment | Refund)
        if row.ask_at == ask.since:
            self.world.whole = self.world.whole.with_rows([replace(row, ask_at=at)])

    def park(
        self, name: str, values: Mapping[str, Any], amount_minor: int, *, now: int, ask_at: int
    ) -> Parked | None:
        known = self.kept.get(name)
        if known is None or (not known.is_quarantined and self.amounts[name] < amount_minor):
            self.kept[name], self.hours[name] = Parked(name, values, now, False), ask_at
            self.amounts[name] = amount_minor
        return self.kept[name]

    def parked(self, name: str) -> Parked | None:
        return self.kept.get(name)

    def unpark(self, name: str) -> None:
        if name in self.kept and not self.kept[name].is_quarantined:
            self.kept.pop(name)
            self.hours.pop(name)

    def quarantine(
        self, name: str, voucher: Voucher, names: Sequence[str], entry: Entry, *, now: int
    ) -> None:
        assert not self.kept[name].is_quarantined
        assert not self.world.booked & set(names)
        self.world.booked |= set(names)
        self.world.kept_for_people |= set(names)
        self.kept[name] = self.kept[name]._replace(is_quarantined=True)
        self.hours.pop(name)
        self.vouchers.append(voucher)
        self.entries.append(entry)


def _key(request: Request) -> tuple[str, str, str]:
    return request.caller.actor, request.caller.id, request.key
