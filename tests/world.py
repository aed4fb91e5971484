"""A whole world in memory: one order, its stock, its ledger, and every promise that must hold after each change.

It stands in for the tables in tests of pure decisions: it believes nothing, applies a ``Change`` all or nothing
as the store would, and then checks the invariants itself, from its own record, never with the code under test.
"""

from collections import Counter
from itertools import pairwise

from shared.changes import Change, StockMove
from shared.model import Line, Parcel, Row, SubOrder, WholeOrder

FLOWS = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
}
COUNTERS = ("available", "reserved", "sold")


class RefusedByWorld(Exception):
    """The world is not as the change believes it to be; nothing was applied."""


class World:
    def __init__(self, whole: WholeOrder, stock: dict[tuple[str, str], int]) -> None:
        self.whole = whole  # As drafted: its version is 0 until the first change is applied.
        self.received = dict(stock)
        self.stock = {place: Counter(available=units) for place, units in stock.items()}
        self.accounts: Counter[tuple[str, str]] = Counter()  # (account, currency) -> debit minus credit
        self.changes: list[Change] = []
        self.booked: set[str] = set()
        self.states: dict[str, str] = {}  # what is stored: subject -> state

    @property
    def last(self) -> Change:
        return self.changes[-1]

    def apply(self, change: Change | None) -> Change:
        """Take *change* over, all or nothing, and check everything that must always hold."""
        assert change is not None, "there was something to decide"
        self._believe(change)
        moved = {place: Counter(levels) for place, levels in self.stock.items()}
        for move in change.stock:
            self._move(moved, move)
        self.stock = moved
        for entry in change.voucher.entries if change.voucher else ():
            self.accounts[entry.account, change.voucher.currency] += entry.amount_minor
        self.booked |= set(change.once)
        self.whole = change.applied_to(self.whole)
        self.states |= {write.row.subject: write.row.state for write in change.writes}
        self.states["ORDER"] = change.order.state
        self.changes.append(change)
        self.check()
        return change

    def offer(self, change: Change | None) -> Change | None:
        """Apply *change* unless the world has seen it, or there is nothing to do: what a second delivery meets."""
        if change is None or self.booked & set(change.once):
            return None
        return self.apply(change)

    def held(self, account: str, currency: str = "CNY") -> int:
        return self.accounts[account, currency]

    def units(self, sku: str, warehouse: str) -> tuple[int, int, int]:
        """(available, reserved, sold)"""
        levels = self.stock[sku, warehouse]
        return levels["available"], levels["reserved"], levels["sold"]

    def check(self) -> None:
        broken = [promise.__name__ for promise in PROMISES if not promise(self)]
        assert not broken, broken

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

    @staticmethod
    def _move(stock: dict[tuple[str, str], Counter[str]], move: StockMove) -> None:
        source, target = FLOWS[move.kind]
        levels = stock[move.sku, move.warehouse]
        if not 0 < move.quantity <= levels[source]:
            raise RefusedByWorld(f"{move} of {dict(levels)}")
        levels[source] -= move.quantity
        levels[target] += move.quantity


def no_unit_is_lost_or_invented(world: World) -> bool:
    return all(sum(levels.values()) == world.received[place] for place, levels in world.stock.items())


def no_counter_is_negative(world: World) -> bool:
    return all(levels[counter] >= 0 for levels in world.stock.values() for counter in COUNTERS)


def reserved_is_what_waits(world: World) -> bool:
    """Every reserved unit waits in a parcel, or in a promise that is not yet cut; and nothing else is reserved."""
    waiting = Counter({place: 0 for place in world.stock})
    for line in world.whole.lines:
        sub_order = _sub_order(world.whole, line.sub_order)
        for warehouse, units in _waiting(world.whole, sub_order, line).items():
            waiting[line.sku, warehouse] += units
    return all(levels["reserved"] == waiting[place] for place, levels in world.stock.items())


def every_unit_is_somewhere(world: World) -> bool:
    """Per line: what waits, what has left and what was cancelled add up to what was bought."""
    for line in world.whole.lines:
        sub_order = _sub_order(world.whole, line.sub_order)
        key = str(line.number)
        left = sum(
            p.contents.get(key, 0)
            for p in _parcels(world.whole, sub_order)
            if p.state in ("in_transit", "received")
        )
        waits = sum(_waiting(world.whole, sub_order, line).values())
        died_unpaid = sub_order.state == "cancelled" and world.whole.order.captured_minor == 0
        if not died_unpaid and left + waits + sub_order.cancelled.get(key, 0) != line.quantity:
            return False
    return True


def parcels_add_up_to_what_the_sub_order_keeps(world: World) -> bool:
    for sub_order in world.whole.sub_orders:
        parcels = _parcels(world.whole, sub_order)
        if sub_order.split_at is None:
            if parcels:
                return False
            continue
        goods = sub_order.goods_minor - sub_order.refunded_goods_minor
        freight = sub_order.freight_minor - sub_order.refunded_freight_minor
        if sum(p.goods_minor for p in parcels) != goods or sum(p.freight_minor for p in parcels) != freight:
            return False
        if any(min(p.goods_minor, p.freight_minor) < 0 for p in parcels):
            return False
    return True


def children_add_up_to_the_order(world: World) -> bool:
    order, subs = world.whole.order, world.whole.sub_orders
    return (
        sum(s.payable_minor for s in subs) == order.payable_minor == order.goods_minor + order.freight_minor
        and sum(s.goods_minor for s in subs) == order.goods_minor
        and sum(line.payable_minor for line in world.whole.lines) == order.goods_minor
    )


def never_more_back_than_was_paid(world: World) -> bool:
    order = world.whole.order
    parts = [part for refund in world.whole.refunds for part in refund.parts]
    promised = sum(part.goods_minor + part.freight_minor for part in parts)
    return (
        promised == order.refund_reserved_minor <= order.captured_minor
        and order.captured_minor in (0, order.payable_minor)
        and all(refund.amount_minor > 0 for refund in world.whole.refunds)
        and all(_keeps_its_own(sub_order, parts) for sub_order in world.whole.sub_orders)
    )


def escrow_is_what_is_paid_and_neither_refunded_nor_settled(world: World) -> bool:
    order = world.whole.order
    for sub_order in world.whole.sub_orders:
        is_paid = order.captured_minor > 0
        kept = sub_order.payable_minor - sub_order.refunded_goods_minor - sub_order.refunded_freight_minor
        is_settled = world.states.get(f"SETTLE#{sub_order.number:02}") == "settled"
        expected = -kept if is_paid and not is_settled else 0
        account = f"escrow:{order.order_id}-{sub_order.number:02}"
        if world.held(account, order.currency) != expected:
            return False
    return True


def what_we_owe_the_buyer_is_what_has_not_been_sent(world: World) -> bool:
    return all(
        world.held(f"refund:{refund.refund_id}", refund.currency)
        == (0 if refund.state == "succeeded" else -refund.amount_minor)
        for refund in world.whole.refunds
    )


def the_books_balance(world: World) -> bool:
    currencies = {currency for _, currency in world.accounts}
    return all(
        sum(amount for (_, currency), amount in world.accounts.items() if currency == one) == 0
        for one in currencies
    ) and all(sum(e.amount_minor for e in c.voucher.entries) == 0 for c in world.changes if c.voucher)


def the_version_is_the_number_of_events(world: World) -> bool:
    versions = [change.order.version for change in world.changes]
    return world.whole.order.version == len(world.changes) and all(b == a + 1 for a, b in pairwise(versions))


def the_stage_is_the_fold_of_the_children(world: World) -> bool:
    order, subs = world.whole.order, {s.state for s in world.whole.sub_orders}
    if order.state != "paid":
        return order.stage == order.state
    slowest = next(
        s for s in ("awaiting_shipment", "awaiting_receipt", "completed", "cancelled") if s in subs
    )
    return order.stage == slowest


def siblings_are_all_paid_or_all_not(world: World) -> bool:
    is_paid = world.whole.order.state == "paid"
    return all((s.state == "awaiting_payment") <= (not is_paid) for s in world.whole.sub_orders) and (
        is_paid == (world.whole.order.captured_minor > 0) == (world.whole.order.paid_at is not None)
    )


def every_step_of_a_row_begins_where_the_last_one_ended(world: World) -> bool:
    at: dict[str, str] = {}
    for change in world.changes:
        for step in change.steps:
            if at.get(step.subject, "start") != step.rule.source:
                return False
            at[step.subject] = step.rule.target
    return at == world.states


def whoever_is_over_has_no_clock(world: World) -> bool:
    final = {"paid", "completed", "cancelled", "settled", "received", "succeeded", "in_transit", "closed"}
    return all(row.due_at is None for row in world.whole.rows.values() if row.state in final)


PROMISES = (
    no_unit_is_lost_or_invented,
    no_counter_is_negative,
    reserved_is_what_waits,
    every_unit_is_somewhere,
    parcels_add_up_to_what_the_sub_order_keeps,
    children_add_up_to_the_order,
    never_more_back_than_was_paid,
    escrow_is_what_is_paid_and_neither_refunded_nor_settled,
    what_we_owe_the_buyer_is_what_has_not_been_sent,
    the_books_balance,
    the_version_is_the_number_of_events,
    the_stage_is_the_fold_of_the_children,
    siblings_are_all_paid_or_all_not,
    every_step_of_a_row_begins_where_the_last_one_ended,
    whoever_is_over_has_no_clock,
)


def row_of(world: World, subject: str) -> Row:
    return world.whole.rows[subject]


def _sub_order(whole: WholeOrder, number: int) -> SubOrder:
    row = whole.rows[f"SUB#{number:02}"]
    assert isinstance(row, SubOrder)
    return row


def _parcels(whole: WholeOrder, sub_order: SubOrder) -> list[Parcel]:
    return [r for r in whole.rows.values() if isinstance(r, Parcel) and r.sub_order == sub_order.number]


def _waiting(whole: WholeOrder, sub_order: SubOrder, line: Line) -> Counter[str]:
    """Warehouse -> units of *line* that still lie there for this order."""
    waiting: Counter[str] = Counter()
    if sub_order.state == "cancelled":
        return waiting
    if sub_order.split_at is not None:
        for parcel in _parcels(whole, sub_order):
            if parcel.state == "awaiting_shipment":
                waiting[parcel.warehouse] += parcel.contents.get(str(line.number), 0)
        return waiting
    gone = sub_order.cancelled.get(str(line.number), 0)
    for warehouse, units in reversed(line.allocation):
        taken = min(gone, units)
        gone -= taken
        waiting[warehouse] += units - taken
    return waiting


def _keeps_its_own(sub_order: SubOrder, parts: list) -> bool:
    """No sub-order gives back more than was paid for it, and its row says what its refunds say."""
    goods = sum(part.goods_minor for part in parts if part.sub_order == sub_order.number)
    freight = sum(part.freight_minor for part in parts if part.sub_order == sub_order.number)
    return (goods, freight) == (sub_order.refunded_goods_minor, sub_order.refunded_freight_minor) and (
        goods <= sub_order.goods_minor and freight <= sub_order.freight_minor
    )
