"""A whole world in memory: one order, its stock, its ledger, its buyer's wallet, and every promise that must hold.

It stands in for the tables in tests of pure decisions: it believes nothing, applies a ``Change`` all or nothing
as the store would, and then checks the promises (``tests.promises``) itself, from its own record, never with the
code under test.
"""

from collections import Counter
from collections.abc import Mapping

from shared.changes import Change, StockMove
from shared.model import Row, WholeOrder
from tests.promises import PROMISES
from tests.promises_lines import Lines
from tests.promises_money import gone_units
from tests.purse import Purse, PurseShort

FLOWS = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
    "miss": ("reserved", "missing"),
    "restock": ("sold", "available"),
    "restock_defect": ("sold", "defect"),
    "scrap": ("sold", "scrapped"),
    "rework": ("sold", "reserved"),
}
COUNTED = ("reserve", "release")  # under a channel's quota: what ships stays counted, whatever becomes of it
Shelf = tuple[str, str, int]  # SKU, warehouse, shard
Quota = tuple[str, str, int, str]  # and sales channel


class RefusedByWorld(Exception):
    """The world is not as the change believes it to be; nothing was applied."""


class WalletRefused(RefusedByWorld):
    """The buyer's wallet does not hold what was to be moved."""


class ShelfShort(RefusedByWorld):
    """Some shelves, or the channel's quotas there, hold less than was to be moved."""

    def __init__(self, skus: tuple[str, ...]) -> None:
        super().__init__(f"too little of {skus}")
        self.skus = skus


class World:
    """*stock*: units received by (SKU, warehouse) or (SKU, warehouse, shard); *quotas*: units by shelf and channel."""

    def __init__(
        self,
        whole: WholeOrder,
        stock: Mapping[tuple[str, str] | Shelf, int],
        *,
        purse: Purse | None = None,
        quotas: Mapping[Quota, int] | None = None,
    ) -> None:
        self.whole = whole  # As drafted: its version is 0 until the first change is applied.
        self.before = whole  # As it was when the last change was applied.
        self.placed = whole
        self.received = {shelf(*at): units for at, units in stock.items()}
        self.stock = {at: Counter(available=units) for at, units in self.received.items()}
        self.sold_before: Counter[tuple[str, str]] = Counter()  # by other orders: (SKU, warehouse) -> units
        self.given_quotas = dict(quotas or {})
        self.quotas = Counter(self.given_quotas)  # what is left of each
        self.counted: Counter[Quota] = Counter()  # what is reserved or sold under each
        self.purse = purse or Purse()
        self.accounts: Counter[tuple[str, str]] = Counter()  # (account, currency) -> debit minus credit
        self.changes: list[Change] = []
        self.booked: set[str] = set()
        self.kept_for_people: set[str] = set()  # Of what is booked: not by an order.
        self.states: dict[str, str] = {}  # what is stored: subject -> state
        self.lines = Lines()
        self.told: dict[
            str, Mapping[int, Mapping[str, int]]
        ] = {}  # Parcel, or case -> what somebody counted in it
        self.rates: dict[str, Mapping[int, int]] = {}  # Case -> line -> per cent that somebody said goes back
        self.gone_whole_at: dict[int, int] = {}  # line -> when its last unit was cancelled, or came back

    @property
    def last(self) -> Change:
        return self.changes[-1]

    def apply(self, change: Change | None) -> Change:
        """Take *change* over, all or nothing, and check everything that must always hold."""
        assert change is not None, "there was something to decide"
        self._believe(change)
        moved = {at: Counter(levels) for at, levels in self.stock.items()}
        quotas, counted = Counter(self.quotas), Counter(self.counted)
        if short := [m.sku for m in change.stock if not _moved(moved, m, quotas, counted)]:
            raise ShelfShort(tuple(dict.fromkeys(short)))
        try:
            self.purse = self.purse.after(change)
        except PurseShort as short_purse:
            raise WalletRefused(str(short_purse)) from short_purse
        self.stock, self.quotas, self.counted = moved, quotas, counted
        self._note(change)
        self.check()
        return change

    def offer(self, change: Change | None) -> Change | None:
        """Apply *change* unless the world has seen it, or there is nothing to do: what a second delivery meets."""
        if change is None or self.booked & set(change.once):
            return None
        return self.apply(change)

    def held(self, account: str, currency: str = "CNY") -> int:
        return self.accounts[account, currency]

    def units(self, sku: str, warehouse: str, shard: int = 0) -> tuple[int, int, int]:
        """(available, reserved, sold)"""
        levels = self.stock[sku, warehouse, shard]
        return levels["available"], levels["reserved"], levels["sold"]

    def total(self, counter: str) -> int:
        """Units of all goods on all shelves."""
        return sum(levels[counter] for levels in self.stock.values())

    def check(self) -> None:
        broken = [promise.__name__ for promise in PROMISES if not promise(self)]
        assert not broken, broken

    def _note(self, change: Change) -> None:
        for entry in change.voucher.entries if change.voucher else ():
            self.accounts[entry.account, change.voucher.currency] += entry.amount_minor
        self.booked |= set(change.once)
        self.before, self.whole = self.whole, change.applied_to(self.whole)
        self.lines.note(self.before, self.whole, change, self.rates)
        self.states |= {write.row.subject: write.row.state for write in change.writes}
        self.states["ORDER"] = change.order.state
        self.changes.append(change)
        for line in self.whole.lines:
            if gone_units(self.whole, line) == line.quantity:
                self.gone_whole_at.setdefault(line.number, change.at)

    def _believe(self, change: Change) -> None:
        if change.read_version != len(self.changes):
            raise RefusedByWorld("the order changed meanwhile")
        if self.changes and change.read_state != self.states["ORDER"]:
            raise RefusedByWorld("the order is in another state")
        if stale := [
            w.row.subject for w in change.writes if w.was != self.states.get(w.row.subject, "start")
        ]:
            raise RefusedByWorld(f"{stale} are not as they were read")
        if again := self.booked & set(change.once):
            raise RefusedByWorld(f"{again} were booked before")
        if len(set(change.once)) < len(change.once):
            raise RefusedByWorld("one name is booked twice at once")


def shelf(sku: str, warehouse: str, shard: int = 0) -> Shelf:
    return sku, warehouse, shard


def row_of(world: World, subject: str) -> Row:
    return world.whole.rows[subject]


def _moved(
    stock: Mapping[Shelf, Counter[str]], move: StockMove, quotas: Counter[Quota], counted: Counter[Quota]
) -> bool:
    """Make *move*, or say that it cannot be made: on a shelf that is not there, with too little on it or in a quota."""
    source, target = FLOWS[move.kind]
    levels = stock.get(shelf(move.sku, move.warehouse, move.shard), Counter())
    quota = (move.sku, move.warehouse, move.shard, move.channel)
    if not 0 < move.quantity <= levels[source]:
        return False
    if move.channel and quota not in quotas:
        return False
    levels[source] -= move.quantity
    levels[target] += move.quantity
    if move.channel and move.kind in COUNTED:
        taken = move.quantity if move.kind == "reserve" else -move.quantity
        quotas[quota] -= taken
        counted[quota] += taken
    return quotas[quota] >= 0
