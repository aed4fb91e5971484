"""Goods: what is sold, where its units lie, and how they move.

Units lie in a *place*: a warehouse, and for a hot SKU one shard of its counters there. What an order holds of them is
frozen on its lines (``shared.model``); how they may move is ``shared.store.counters``'s.
"""

from enum import StrEnum, auto
from typing import NamedTuple


class Flag(StrEnum):
    """What is special about goods, on a SKU and frozen on the line that sold it."""

    DEFERRED = auto()  # Its stock is taken when the order is paid (付款减库存), not when it is placed.
    PRESALE = auto()  # Ships after a date.
    MADE_TO_ORDER = auto()
    CROSS_BORDER = auto()
    PERISHABLE = auto()
    FULL_PRICE = auto()  # No member price.
    LIMITED = auto()  # So many for each buyer, and no more.
    HAZARD = auto()  # Batteries, aerosols: apart from everything else, and not every service takes them.


class Sku(NamedTuple):
    sku: str
    name: str
    merchant_id: str
    unit_price_minor: int
    currency: str
    is_on_sale: bool
    weight_grams: int
    volume_cm3: int
    category: str
    spec: str = ""  # "red, 40 cm": what the buyer chose
    size_class: str = "small"  # "bulky" (大件) never shares a parcel with any other class.
    flags: tuple[str, ...] = ()  # of Flag
    limit_per_buyer: int = 0  # with Flag.LIMITED
    ships_at: int = 0  # with Flag.PRESALE
    hs_code: str = ""  # with Flag.CROSS_BORDER: the customs' number for such goods,
    origin: str = ""  # and where they were made, ISO 3166-1 alpha-2.


class Place(NamedTuple):
    """Where units lie: a warehouse, and for a hot SKU one shard of its counters (0: not sharded)."""

    warehouse: str
    shard: int = 0


class Held(NamedTuple):
    """Units of one line at one place, and the sales channel whose quota there they count against, if one does."""

    warehouse: str
    units: int
    shard: int = 0
    channel: str = ""

    @property
    def place(self) -> Place:
        return Place(self.warehouse, self.shard)


class StockMove(NamedTuple):
    """Units of one SKU at one place: ``reserve`` available ones, ``release`` or ``ship`` reserved ones."""

    kind: str
    sku: str
    warehouse: str
    quantity: int
    shard: int = 0
    channel: str = ""  # Whose quota at this place they count against, if it has one.
