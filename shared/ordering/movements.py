"""What moves when no order does: goods that come in, get lost or break, quotas, shards. Pure, from the rows as read.

A SKU's counters lie in its first row (0), or those of a hot one in rows 1..n, its *shards*. The first row of a hot SKU
keeps what is not for sale there: defects, and the name of every warehouse and quota, so that a checkout finds them.

    available ──lost──►           defect ──scrapped──►        units come into the first row of a plain SKU,
    available ──damaged──► defect ──mended──► available       or evenly into the shards of a hot one, as do
    ──received, found──► available                            the units that a channel's quota has left

A shard that is given up while orders hold units of it is *drained*: what is available moved elsewhere, but what those
orders release comes back there. The first row says up to which one, checkouts look there too, and the next ``spread``
fetches what came back.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from shared.changes import Request
from shared.context import Context, new_order_id
from shared.errors import NotFound, OrderError

AVAILABLE, RESERVED, SOLD, DEFECT, CHANNEL = "available", "reserved", "sold", "defect", "channel:"
COUNTERS = (AVAILABLE, RESERVED, SOLD)  # What every warehouse has in every row.
UNITS: dict[str, dict[str, int]] = {  # kind of movement -> which counters it moves, and in which direction
    "received": {AVAILABLE: 1},
    "found": {AVAILABLE: 1},
    "lost": {AVAILABLE: -1},
    "damaged": {AVAILABLE: -1, DEFECT: 1},
    "mended": {DEFECT: -1, AVAILABLE: 1},
    "scrapped": {DEFECT: -1},
}
QUOTA, SPREAD = "quota", "spread"
REPAIRED = "repaired"  # Moves nothing: counters are again what all other movements add up to.
SHARDS_MAX = 16
WAREHOUSES_MAX, CHANNELS_MAX = 16, 4  # Of a SKU, of each of them: an expression holds 4 KB.
UNITS_MAX = 10**9  # Of one SKU.
NO_QUOTA = 10**12  # Left of a quota that was lifted: what orders release still finds its counter.


class StockUnknown(NotFound):
    code = "stock_unknown"


class UnitsShort(OrderError):
    status, code = 409, "units_short"


class StockLimitReached(OrderError):
    status, code = 409, "stock_limit_reached"


class Movement(NamedTuple):
    """What was asked for. *quantity*: units; of a quota what is left, None to lift it; of a spread the shards."""

    kind: str
    sku: str
    warehouse: str = ""
    quantity: int | None = None
    channel: str = ""


class StockRow(NamedTuple):
    """Counters by warehouse. What is left of a channel's quota is the counter ``channel:<name>``."""

    levels: Mapping[str, Mapping[str, int]]
    moves: int | None = None  # How often it was moved; None: never yet.


class Stock(NamedTuple):
    """One SKU's stock, as it was read."""

    sku: str
    rows: Mapping[int, StockRow]  # Those that exist; 0 is the first one.
    shards: int = 0
    drained: int = 0  # Up to this row orders may still release units, though it is a shard no more.
    is_sold_out: bool = False

    @property
    def homes(self) -> tuple[int, ...]:
        """The rows that new units come into."""
        return homes(self.shards)

    def counter(self, shard: int, warehouse: str, name: str) -> int | None:
        row = self.rows.get(shard)
        return None if row is None else row.levels.get(warehouse, {}).get(name)

    def total(self, warehouse: str, name: str) -> int:
        return sum(self.counter(shard, warehouse, name) or 0 for shard in self.rows)

    @property
    def warehouses(self) -> tuple[str, ...]:
        return tuple(sorted({warehouse for row in self.rows.values() for warehouse in row.levels}))


class Part(NamedTuple):
    """One counter, more or fewer units of it. None more: it is to be there, and holds nothing."""

    warehouse: str
    shard: int
    counter: str
    units: int


class Plan(NamedTuple):
    """What a movement does to the rows as they were read. The first row is touched by all of them."""

    parts: tuple[Part, ...]
    shards: int
    drained: int
    is_exact: (
        bool  # It holds only for the rows exactly as they were read; otherwise orders may go on meanwhile.
    )

    @property
    def rows(self) -> tuple[int, ...]:
        return tuple(sorted({0, *(part.shard for part in self.parts)}))


def homes(shards: int) -> tuple[int, ...]:
    return tuple(range(1, shards + 1)) or (0,)


def movement_id(now: int, request: Request) -> str:
    """The number of what *request* moves: repeated in the same second, it wants to write the same row."""
    return numbered(now, f"{request.caller.actor}\n{request.caller.id}\n{request.key}")


def numbered(now: int, told: str) -> str:
    """A number that sorts by time. What is chance in others of its kind comes from what it is *told*."""
    digest = sha256(told.encode()).digest()
    return new_order_id(Context(now, lambda size: digest[:size]))


def planned(movement: Movement, stock: Stock) -> Plan:
    """What *movement* does. Raises ``StockUnknown``, ``UnitsShort`` or ``StockLimitReached``."""
    if movement.kind == QUOTA:
        return _quota(movement, stock)
    if movement.kind == SPREAD:
        return _spread(movement, stock)
    parts = tuple(_needed(_units(movement, stock), stock))
    return Plan(parts, stock.shards, stock.drained, is_exact=False)


def _units(movement: Movement, stock: Stock) -> Iterator[Part]:
    directions, units = UNITS[movement.kind], movement.quantity
    assert units, "so many units, one at least"
    if directions.get(AVAILABLE) == 1:
        _require_room(movement.warehouse, units, stock)
        yield from _given(movement.warehouse, AVAILABLE, units, stock)
    elif AVAILABLE in directions:
        yield from _taken(movement.warehouse, units, stock)
    if DEFECT in directions:
        if directions[DEFECT] < 0:
            _require(units, stock.counter(0, movement.warehouse, DEFECT) or 0, stock)
        yield Part(movement.warehouse, 0, DEFECT, directions[DEFECT] * units)


def _given(warehouse: str, counter: str, units: int, stock: Stock) -> Iterator[Part]:
    """*units* more, evenly, the first rows one more than the last; and the warehouse known in every row."""
    shares = dict(zip(stock.homes, evenly(units, len(stock.homes)), strict=True))
    for shard in (0, *stock.homes) if stock.shards else stock.homes:
        yield Part(warehouse, shard, counter, shares.get(shard, 0))


def _taken(warehouse: str, units: int, stock: Stock) -> Iterator[Part]:
    """*units* fewer, from the fullest rows first: a sale goes on wherever something is left."""
    held = {shard: stock.counter(shard, warehouse, AVAILABLE) or 0 for shard in stock.rows}
    _require(units, sum(held.values()), stock)
    for shard in sorted(held, key=lambda shard: (-held[shard], shard)):
        taken = min(units, held[shard])
        units -= taken
        if taken:
            yield Part(warehouse, shard, AVAILABLE, -taken)


def _quota(movement: Movement, stock: Stock) -> Plan:
    """The channel may sell so many more there, evenly over the shards; or as many as there are."""
    counter, warehouse = CHANNEL + movement.channel, movement.warehouse
    _require_room(warehouse, 0, stock, channel=movement.channel)
    is_new = all(stock.counter(shard, warehouse, counter) is None for shard in stock.rows)
    if movement.quantity is None and is_new:
        return Plan((), stock.shards, stock.drained, is_exact=True)
    left = NO_QUOTA if movement.quantity is None else movement.quantity
    shares = dict(zip(stock.homes, evenly(left, len(stock.homes)), strict=True))
    known = (shard for shard, row in stock.rows.items() if warehouse in row.levels)
    parts = (
        Part(
            warehouse, shard, counter, shares.get(shard, 0) - (stock.counter(shard, warehouse, counter) or 0)
        )
        for shard in sorted({0, *stock.homes, *known})
    )
    return Plan(tuple(_needed(parts, stock)), stock.shards, stock.drained, is_exact=True)


def _spread(movement: Movement, stock: Stock) -> Plan:
    """What is available, and what quotas have left, evenly over so many shards, or back into the first row.

    What is reserved or sold stays where it is.
    """
    shards = movement.quantity
    assert shards is not None, "over so many shards"
    if not stock.rows:
        raise StockUnknown("nothing was ever received of this product")
    held = (k for k, row in stock.rows.items() for level in row.levels.values() if level.get(RESERVED))
    drained = max(held, default=0)
    parts = (part for warehouse in stock.warehouses for part in _spread_in(warehouse, shards, stock))
    return Plan(tuple(_needed(parts, stock)), shards, drained if drained > shards else 0, is_exact=True)


def _spread_in(warehouse: str, shards: int, stock: Stock) -> Iterator[Part]:
    rows = sorted({0, *homes(shards), *stock.rows})
    names = {name for row in stock.rows.values() for name in row.levels.get(warehouse, {})}
    for counter in (AVAILABLE, *sorted(name for name in names if name.startswith(CHANNEL))):
        total = stock.total(warehouse, counter)
        shares = dict(zip(homes(shards), evenly(total, len(homes(shards))), strict=True))
        for shard in rows:
            now = stock.counter(shard, warehouse, counter)
            if now is not None or shard in (0, *homes(shards)):
                yield Part(warehouse, shard, counter, shares.get(shard, 0) - (now or 0))


def evenly(total: int, count: int) -> tuple[int, ...]:
    """*total* in *count* shares; what does not divide goes one each to the first.

    >>> evenly(11, 4)
    (3, 3, 3, 2)
    """
    share, over = divmod(total, count)
    return tuple(share + (index < over) for index in range(count))


def _needed(parts: Iterable[Part], stock: Stock) -> Iterator[Part]:
    """Those that change something: units, or a counter that is not there yet."""
    return (p for p in parts if p.units or stock.counter(p.shard, p.warehouse, p.counter) is None)


def _require(units: int, there: int, stock: Stock) -> None:
    if not stock.rows:
        raise StockUnknown("nothing was ever received of this product")
    if there < units:
        raise UnitsShort("fewer units are there", available=there, wanted=units)


def _require_room(warehouse: str, units: int, stock: Stock, channel: str = "") -> None:
    """Refuse what would make a row, or an update of it, too large."""
    if channel and not stock.rows:
        raise StockUnknown("nothing was ever received of this product")
    if warehouse not in stock.warehouses and len(stock.warehouses) >= WAREHOUSES_MAX:
        raise StockLimitReached("a product lies in so many warehouses", limit=WAREHOUSES_MAX)
    if sum(stock.total(one, AVAILABLE) for one in stock.warehouses) + units > UNITS_MAX:
        raise StockLimitReached("a product has so many units", limit=UNITS_MAX)
    levels = (row.levels.get(warehouse, {}) for row in stock.rows.values())
    channels = {name for level in levels for name in level if name.startswith(CHANNEL)}
    if channel and CHANNEL + channel not in channels and len(channels) >= CHANNELS_MAX:
        raise StockLimitReached("a warehouse has quotas for so many channels", limit=CHANNELS_MAX)


def counters_of(level: Mapping[str, Any]) -> dict[str, int]:
    """A warehouse's counters as they are stored, quotas among them.

    >>> counters_of({"available": 2, "channels": {"web": 1}})
    {'available': 2, 'channel:web': 1}
    """
    plain = {name: units for name, units in level.items() if name != "channels"}
    return plain | {CHANNEL + name: left for name, left in level.get("channels", {}).items()}


def quota_of(left: int) -> int | None:
    """What a channel may still sell, or None when its quota was lifted.

    >>> quota_of(7), quota_of(NO_QUOTA - 7)
    (7, None)
    """
    return left if left <= UNITS_MAX else None
