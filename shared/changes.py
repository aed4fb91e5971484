"""What one accepted event changes. A use case drafts it, purely; the store writes it, all or nothing.

draft = Draft(whole, event=Event.X, caller=caller, now=now)
draft.move(row, Event.X, facts=..., field=...)     # asks the table, keeps the step
draft.take(StockMove(...)), draft.post(voucher)
return draft.finish()
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from shared.engine import NO_FACTS, decide, may
from shared.errors import TransitionRefused
from shared.goods import StockMove
from shared.ledger.shares import moved as shares_moved
from shared.ledger.shares import shares_of
from shared.lifecycle import (
    MACHINES,
    START,
    Actor,
    Deadline,
    Event,
    Fact,
    OrderState,
    Rule,
    SettlementState,
    TransferState,
    clock_started_by,
)
from shared.model import (
    AfterSale,
    Line,
    Order,
    Row,
    Snapshot,
    Transfer,
    WholeOrder,
    stage_of,
    sub_order_id,
)
from shared.waiting import clock_begins, patience
from shared.wallet_moves import Count, CouponMove, PointsMove, WalletMoves

T = TypeVar("T", bound=Row)


class Caller(NamedTuple):
    """Who asks, proven: a token's subject, a webhook's verified account, our own clock."""

    actor: Actor
    id: str
    merchant_id: str = ""


CLOCK = Caller(Actor.CLOCK, "deadline")
SYSTEM = Caller(Actor.SYSTEM, "effects")


class Request(NamedTuple):
    """A command under a key that its caller chose. The same key never stands for two requests."""

    caller: Caller
    key: str
    fingerprint: str  # of method, path and body


class Step(NamedTuple):
    """One row of a table, taken by one row of the order."""

    rule: Rule
    subject: str
    due_at: int | None  # Set when the step starts a clock.

    @property
    def schedule_at(self) -> int | None:
        """When a schedule is to ring. None: there is no clock, or the sweep finds what is due."""
        clock = clock_started_by(self.rule)
        return None if clock is None or clock.is_swept else self.due_at


class Write(NamedTuple):
    """A row as it shall be, and the state in which it was read; START: it must not exist yet."""

    row: Row
    was: str


class Entry(NamedTuple):
    account: str
    amount_minor: int  # debit > 0, credit < 0


class Voucher(NamedTuple):
    """A financial document: entries of one currency that add up to nothing. Append-only.

    *document* is what a provider's bill knows the movement by, where a clearing account moves: ``payment:<reference>``,
    ``refund:<number at the provider>``, ``dispute:<number at the provider>``. *happened_at*: when it moved there, if
    that is known. *breakdown*: how a settlement was reckoned (``shared.ledger.shares``), of *sub_order*.
    """

    kind: str
    currency: str
    entries: tuple[Entry, ...]
    document: str = ""
    happened_at: int = 0
    breakdown: Mapping[str, int] = {}  # Never written.
    sub_order: int = 0
    merchant_id: str = ""
    owners: Mapping[str, str] = {}  # Whose each sub-order is that it claims something of, by public number.


class Change(NamedTuple):
    """Everything one transaction writes. *order* is the order as it shall be, one version further."""

    order: Order
    read_version: int  # 0: there was nothing
    read_state: str
    event: Event
    caller: Caller
    at: int
    steps: tuple[Step, ...]
    writes: tuple[Write, ...]
    stock: tuple[StockMove, ...] = ()
    wallet: WalletMoves = WalletMoves()
    voucher: Voucher | None = None
    once: tuple[str, ...] = ()  # What may be booked only once, ever: provider events and transactions.
    request: Request | None = None
    about: str = ""  # The subject that the request made, for the answer to a repeated key.
    note: Mapping[str, str | int] = {}  # For the time line: reasons, numbers. Never personal data.
    lines: tuple[Line, ...] = ()  # Only when the order is new, or its goods were found elsewhere.
    snapshot: Snapshot | None = None  # With the lines.
    personal: Mapping[str, str] | None = None  # When the order is new, or its address is corrected.
    confirmation: Mapping[str, Any] | None = None  # What was agreed, for the buyer: only when it is placed.
    beside: "Change | None" = None  # Of the order that a part of this one becomes, in the same transaction.

    @property
    def has_effects(self) -> bool:
        return any(step.rule.effects or step.schedule_at is not None for step in self.steps)

    def applied_to(self, whole: WholeOrder) -> WholeOrder:
        """The order as this change leaves it: what the store will hold, without reading it again."""
        after = whole.with_rows([*(write.row for write in self.writes), self.order])
        return replace(after, lines=self.lines or whole.lines)


class Draft:
    """Collects one event's steps. It lives inside one function; only ``finish()`` leaves it."""

    def __init__(self, whole: WholeOrder, *, event: Event, caller: Caller, now: int) -> None:
        self.whole, self._event, self._caller, self._now = whole, event, caller, now
        self._read = whole  # As it is stored: what this event changes is seen beside it.
        self._steps: list[Step] = []
        self._was: dict[str, str] = {}
        self._read_state: str = whole.order.state
        self._stock: list[StockMove] = []
        self._coupons: list[CouponMove] = []
        self._points: PointsMove | None = None
        self._counts: list[Count] = []
        self._lines: tuple[Line, ...] = ()
        self._voucher: Voucher | None = None
        self._besides: Voucher | None = None
        self._once: list[str] = []

    @property
    def now(self) -> int:
        return self._now

    def move(self, row: T, event: Event, facts: Collection[Fact] = NO_FACTS, **fields: Any) -> T:
        """Step *row* as its table says, or raise ``TransitionRefused``. Returns the row as it shall be."""
        return self._step(row, row.state, event, facts, fields)

    def require(self, row: Row, event: Event) -> None:
        """Raise ``TransitionRefused`` unless *event* can happen to *row*: before anything is reckoned for it."""
        if not may(row.machine, row.state, event, self._caller.actor):
            raise TransitionRefused(row.machine, row.state, event, "no such transition")

    def create(self, row: T, event: Event, facts: Collection[Fact] = NO_FACTS) -> T:
        """Step *row* out of nothing. Its ``state`` must be the one the table names."""
        made = self._step(row, START, event, facts, {})
        assert made.state == row.state, f"a new {row.machine} begins in {made.state}"
        return made

    def change(self, row: T, **fields: Any) -> T:
        """Change facts of *row* that are no state: totals, shares."""
        changed: T = replace(row, **fields)
        self._was.setdefault(row.subject, row.state)
        self.whole = self.whole.with_rows([changed])
        return changed

    def writes(self, row: Row) -> bool:
        """Whether this event changes *row* already."""
        return row.subject in self._was

    def _step(
        self, row: T, source: str, event: Event, facts: Collection[Fact], fields: Mapping[str, Any]
    ) -> T:
        rule = decide(row.machine, source, event, self._caller.actor, facts)
        clock = clock_started_by(rule)
        begins = clock_begins(row, rule.target, self._now, self.whole.snapshot.policy)
        due_at = begins + self._wait(row, rule, clock) if clock else None
        keeps_clock = clock is None and rule.source == rule.target
        state = MACHINES[row.machine].states(rule.target)
        moved: T = replace(row, **{"state": state, "due_at": row.due_at if keeps_clock else due_at, **fields})
        if isinstance(moved, Order) and state is OrderState.CLOSING and moved.closing_since is None:
            moved = replace(moved, closing_since=self._now)
        self._was.setdefault(row.subject, source)
        self._steps.append(Step(rule, row.subject, moved.due_at if clock else None))
        self.whole = self.whole.with_rows([moved])
        return moved

    def _wait(self, row: Row, rule: Rule, clock: Deadline) -> int:
        if isinstance(row, AfterSale) and not rule.wait and rule.target in row.waits:
            return row.waits[rule.target]
        return patience(row, rule.target, self._now, self.whole.snapshot.policy[clock.policy])

    def take(self, *moves: StockMove) -> None:
        self._stock += (move for move in moves if move.quantity)

    def take_coupon(self, kind: str, coupon_id: str, heir: str = "") -> None:
        self._coupons.append(CouponMove(kind, coupon_id, heir))

    def take_points(self, kind: str, points: int) -> None:
        granted = self._points.granted if self._points else 0
        assert self._points is None or not self._points.points, "one event, one move of points"
        self._points = PointsMove(kind, points, granted) if points or granted else None

    def grant_points(self, points: int) -> None:
        """Give the buyer points that were nobody's before: instead of money."""
        own = self._points or PointsMove("give_back", 0)
        self._points = own._replace(granted=own.granted + points) if points else self._points

    def count(self, name: str, amount: int, maximum: int | None = None) -> None:
        if amount:
            self._counts.append(Count(name, amount, maximum))

    def relocate(self, lines: tuple[Line, ...]) -> None:
        """The same goods, held elsewhere: only the allocation of *lines* differs from what was placed."""
        self._lines = lines
        self.whole = replace(self.whole, lines=lines)

    def add_lines(self, lines: tuple[Line, ...]) -> None:
        """Goods that nobody ordered: they make others good, at no price."""
        self.relocate((*self.whole.lines, *lines))

    def post(self, voucher: Voucher) -> None:
        assert sum(entry.amount_minor for entry in voucher.entries) == 0, "a voucher balances"
        assert self._voucher is None, "one event, one voucher"
        entries = tuple(entry for entry in voucher.entries if entry.amount_minor)
        self._voucher = voucher._replace(entries=entries) if entries else None

    def post_besides(self, voucher: Voucher) -> None:
        """Post what goes with whatever this event posts: in the same voucher, or in this one if there is none."""
        assert self._besides is None, "one event, one voucher"
        self._besides = voucher

    def _whole_voucher(self) -> Voucher | None:
        """One event, one voucher: what was posted, what goes with it, and what it changes of settled shares."""
        own = [voucher for voucher in (self._voucher, self._besides) if voucher is not None]
        entries = tuple(entry for voucher in own for entry in voucher.entries) + tuple(self._clawed_back())
        if not entries:
            return None
        first = own[0] if own else Voucher("clawed_back", self.whole.order.currency, ())
        return first._replace(entries=entries, owners=self._owners(entries))

    def _owners(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Whoever reads a claim later, to put it into its merchant's book, may not have the order any more."""
        order_id, claimed = self.whole.order.order_id, {entry.account for entry in entries}
        owned = {sub_order_id(order_id, s.number): s.merchant_id for s in self.whole.sub_orders}
        return {name: merchant for name, merchant in owned.items() if f"claim:{name}" in claimed}

    def _clawed_back(self) -> Iterator[Entry]:
        """A part was settled before this event changed it: everybody's share is another now (RULES 11.2)."""
        for settlement in self._read.settlements:
            subject = f"SUB#{settlement.number:02}"
            if settlement.state is not SettlementState.SETTLED or subject not in self._was:
                continue
            before, after = (
                shares_of(whole, whole.sub_orders[settlement.number - 1])
                for whole in (self._read, self.whole)
            )
            moves = shares_moved(before, after, settlement.merchant_id)
            yield from (Entry(account, amount) for account, amount in moves)

    def only_once(self, *names: str) -> None:
        self._once += names

    def finish(
        self,
        *,
        request: Request | None = None,
        about: str = "",
        note: Mapping[str, str | int] = {},  # Never written.
        personal: Mapping[str, str] | None = None,
        confirmation: Mapping[str, Any] | None = None,
    ) -> Change:
        is_new = self._was.get("ORDER") == START
        stock = self._at_once_or_in_chunks(_merged(self._stock), has_key=request is not None)
        rows = self.whole.rows
        read_version = 0 if is_new else self.whole.order.version
        order = replace(
            self.whole.order,
            version=read_version + 1,
            stage=stage_of(self.whole.order, self.whole.sub_orders),
        )
        lines = self.whole.lines if is_new else self._lines
        return Change(
            order=order,
            read_version=read_version,
            read_state=self._read_state,
            event=self._event,
            caller=self._caller,
            at=self._now,
            steps=tuple(self._steps),
            writes=tuple(Write(rows[s], was) for s, was in self._was.items() if s != "ORDER"),
            stock=stock,
            wallet=WalletMoves(tuple(self._coupons), self._points, _counted(self._counts)),
            voucher=self._whole_voucher(),
            once=tuple(self._once),
            request=request,
            about=about,
            note=note,
            lines=lines,
            snapshot=self.whole.snapshot if lines else None,
            personal=personal,
            confirmation=confirmation,
        )

    def _at_once_or_in_chunks(self, moves: tuple[StockMove, ...], *, has_key: bool) -> tuple[StockMove, ...]:
        """What moves in this transaction. What releases or ships more than it has room for becomes a transfer,
        whose moves cannot fail, for the units are reserved. To reserve too much at once is the checkout's to avoid.
        """
        if len(stock_rows(moves)) + self._actions_beside_stock(has_key=has_key) <= ACTIONS_MAX:
            return moves
        assert all(move.kind != "reserve" for move in moves), "what fits no transaction is not promised"
        self.transfer(moves)
        return ()

    def _actions_beside_stock(self, *, has_key: bool) -> int:
        """The order, its event, and whatever else this transaction writes; one item for lines that lie elsewhere."""
        rows = len(self._was.keys() - {"ORDER"})
        wallet = len(self._coupons) + bool(self._points or self._counts)
        return (
            2
            + rows
            + len(self._once)
            + wallet
            + bool(self._voucher or self._besides)
            + bool(self._lines)
            + has_key
        )

    def transfer(self, moves: tuple[StockMove, ...]) -> Transfer:
        """Plan *moves* as a row of their own, to be carried out chunk by chunk."""
        number = len(self.whole.transfers) + 1
        planned = Transfer(number=number, kind=moves[0].kind, state=TransferState.WAITING, moves=moves)
        return self.create(planned, Event.TRANSFER_PLANNED)


ACTIONS_MAX = 100  # TransactWriteItems
MOVES_PER_CHUNK = 80  # Stock rows in one transaction of a transfer; the rest are the order's own.


def stock_rows(moves: Iterable[StockMove]) -> frozenset[tuple[str, int]]:
    """The stock rows (SKU, shard) that *moves* touch: a release also takes the sold-out flag off the first one."""
    own = {(move.sku, move.shard) for move in moves}
    return frozenset(own | {(move.sku, 0) for move in moves if move.kind in ("release", "restock")})


def chunk_of(transfer: Transfer) -> tuple[StockMove, ...]:
    """The moves that come next: as many as touch ``MOVES_PER_CHUNK`` stock rows."""
    left = transfer.moves[transfer.moved :]
    rows: set[tuple[str, int]] = set()
    for end, move in enumerate(left):
        rows |= stock_rows([move])
        if len(rows) > MOVES_PER_CHUNK:
            return left[:end]
    return left


def _merged(moves: list[StockMove]) -> tuple[StockMove, ...]:
    """One move per kind, SKU, place and channel: a transaction may touch an item only once."""
    total: dict[StockMove, int] = {}
    for move in moves:
        total[move._replace(quantity=0)] = total.get(move._replace(quantity=0), 0) + move.quantity
    return tuple(move._replace(quantity=quantity) for move, quantity in sorted(total.items()))


def _counted(counts: list[Count]) -> tuple[Count, ...]:
    total: dict[str, Count] = {}
    for one in counts:
        known = total.get(one.name)
        total[one.name] = one if known is None else known._replace(amount=known.amount + one.amount)
    return tuple(total[name] for name in sorted(total))
