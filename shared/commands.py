"""How every command runs: read, decide, write; and what happens when somebody else was faster.

A *decision* is a pure function from the order as it stands to the change it wants, or None when there is
nothing to do. It may refuse. Because a refused or repeated request may be the second delivery of one that was
carried out, its key is looked up before a refusal is believed; also for an order that does not exist, so that a
used key does not tell it from somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from shared.changes import Change, Request
from shared.errors import Conflict, Invalid, OrderError, StockDiffers, WalletDiffers
from shared.model import WholeOrder
from shared.outside import Outside
from shared.payment.keys import Keyring
from shared.settings import Settings
from shared.store.asking import AskingStore
from shared.store.goods import GoodsStore
from shared.store.orders import OrderStore, Seen
from shared.store.tracks import TrackStore
from shared.store.writing import AlreadyBooked, AlreadyDone, StockShort, WalletShort, apply

if TYPE_CHECKING:
    from shared.fulfilment.carriers.port import Tracker
    from shared.fulfilment.partner_keys import PartnerKeys
    from shared.fulfilment.warehouse import Wms
    from shared.payment.port import Provider

RACES_MAX = 4

Decision = Callable[[WholeOrder], Change | None]


class Outcome(NamedTuple):
    whole: WholeOrder
    about: str = ""  # The subject that the command made, if it made one.
    is_repeat: bool = False
    change: Change | None = None


class Shop(NamedTuple):
    """What a use case needs of the world: the stores, the door they share, and the keys of those we deal with."""

    outside: Outside
    settings: Settings
    orders: OrderStore
    goods: GoodsStore
    asking: AskingStore
    tracks: TrackStore
    keyring: Callable[[], Keyring]
    partners: Callable[[], PartnerKeys]

    @classmethod
    def open(
        cls,
        outside: Outside,
        settings: Settings,
        keyring: Callable[[], Keyring] = Keyring,
        partners: Callable[[], PartnerKeys] | None = None,
    ) -> Shop:
        """*keyring* and *partners* are asked when they are first needed: most functions never read a key."""
        return cls(
            outside,
            settings,
            OrderStore(outside, settings),
            GoodsStore(outside, settings),
            AskingStore(outside, settings),
            TrackStore(outside, settings),
            keyring,
            partners or _nobody,
        )

    def provider(self, name: str) -> Provider:
        """The payment provider of this name. Raises ``Invalid`` when it is unknown, or off."""
        from shared.payment.providers import open_provider

        found = open_provider(name, self.settings, self.keyring())
        if found is None:
            raise Invalid("this payment provider is not available here", at="/provider")
        return found

    def tracker(self, name: str = "") -> Tracker | None:
        """The tracker of this name, or the one that follows our parcels; None: it is unknown, or off."""
        from shared.fulfilment.carriers import open_tracker

        return open_tracker(name or self.partners().tracker, self.settings, self.partners())

    def wms(self, warehouse: str) -> Wms | None:
        """The system of this warehouse; None: we have no keys of it."""
        from shared.fulfilment.warehouse import Wms

        keys = self.partners().warehouses.get(warehouse)
        return None if keys is None else Wms(warehouse, keys)

    def write(self, change: Change) -> None:
        apply(self.outside, self.settings, change)


def _nobody() -> PartnerKeys:
    from shared.fulfilment.partner_keys import PartnerKeys

    return PartnerKeys()


def carry_out(shop: Shop, order_id: str, decision: Decision, request: Request | None = None) -> Outcome:
    """Run *decision* on the order and write what it wants, once per *request*.

    Raises what the decision raises, ``NotFound``, ``KeyReused``, and ``Conflict`` when others kept being faster;
    ``StockShort`` when units that it reserves were sold meanwhile, ``StockDiffers`` or ``WalletDiffers`` when a counter
    does not hold what the order holds.
    """
    for _ in range(RACES_MAX):
        try:
            whole = shop.orders.read(order_id)
            change = decision(whole)
        except OrderError:
            seen = shop.orders.seen(request) if request else None
            if seen is None:
                raise
            return _as_then(shop, seen)
        if change is None:  # Nothing is to be done; perhaps because the first delivery of this has done it.
            seen = shop.orders.seen(request) if request else None
            return _as_then(shop, seen) if seen else Outcome(whole)
        try:
            shop.write(change)
        except AlreadyDone as done:
            return _as_then(shop, done.seen)
        except AlreadyBooked:
            return Outcome(shop.orders.read(order_id), is_repeat=True)
        except Conflict:
            continue
        except StockShort as short:
            raise _stock_differs(change, short) from short
        except WalletShort as short:
            raise WalletDiffers("people must look first: nothing was changed") from short
        return Outcome(change.applied_to(whole), change.about, change=change)
    raise Conflict("others keep changing this order: repeat with the same key")


def _stock_differs(change: Change, short: StockShort) -> Exception:
    """*short* itself where units were to be reserved: others bought them, and whoever reserves looks elsewhere.

    What the order holds, or had, nobody else may have taken: then our books are wrong.
    """
    if any(move.kind == "reserve" and move.sku in short.skus for move in change.stock):
        return short
    return StockDiffers("people must look first: nothing was changed", skus=sorted(set(short.skus)))


def _as_then(shop: Shop, seen: Seen) -> Outcome:
    return Outcome(shop.orders.read(seen.order_id), seen.about, is_repeat=True)
