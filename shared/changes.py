"""What one accepted event changes. A use case drafts it, purely; the store writes it, all or nothing.

draft = Draft(whole, event=Event.X, caller=caller, now=now, policy=policy)
draft.move(row, Event.X, facts=..., field=...)     # asks the table, keeps the step
draft.take(StockMove(...)), draft.post(voucher)
return draft.finish()
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from shared.engine import NO_FACTS, decide
from shared.lifecycle import MACHINES, START, Actor, Event, Fact, Rule, clock_started_by
from shared.model import Line, Order, Row, WholeOrder, stage_of

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


class Write(NamedTuple):
    """A row as it shall be, and the state in which it was read; START: it must not exist yet."""

    row: Row
    was: str


class StockMove(NamedTuple):
    """Units of one SKU in one warehouse: ``reserve`` available ones, ``release`` or ``ship`` reserved ones."""

    kind: str
    sku: str
    warehouse: str
    quantity: int


class Entry(NamedTuple):
    account: str
    amount_minor: int  # debit > 0, credit < 0


class Voucher(NamedTuple):
    """A financial document: entries of one currency that add up to nothing. Append-only."""

    kind: str
    currency: str
    entries: tuple[Entry, ...]


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
    voucher: Voucher | None = None
    once: tuple[str, ...] = ()  # What may be booked only once, ever: provider events and transactions.
    request: Request | None = None
    about: str = ""  # The subject that the request made, for the answer to a repeated key.
    note: Mapping[str, str | int] = {}  # For the time line: reasons, numbers. Never personal data.
    lines: tuple[Line, ...] = ()  # Only when the order is new.
    personal: Mapping[str, str] | None = None  # Only when the order is new.

    @property
    def has_effects(self) -> bool:
        return any(step.rule.effects or step.due_at is not None for step in self.steps)

    def applied_to(self, whole: WholeOrder) -> WholeOrder:
        """The order as this change leaves it: what the store will hold, without reading it again."""
        return whole.with_rows([*(write.row for write in self.writes), self.order])


class Draft:
    """Collects one event's steps. It lives inside one function; only ``finish()`` leaves it."""

    def __init__(
        self, whole: WholeOrder, *, event: Event, caller: Caller, now: int, policy: Mapping[str, int]
    ) -> None:
        self.whole, self._event, self._caller, self._now, self._policy = whole, event, caller, now, policy
        self._steps: list[Step] = []
        self._was: dict[str, str] = {}
        self._read_state: str = whole.order.state
        self._stock: list[StockMove] = []
        self._voucher: Voucher | None = None
        self._once: list[str] = []

    def move(self, row: T, event: Event, facts: Collection[Fact] = NO_FACTS, **fields: Any) -> T:
        """Step *row* as its table says, or raise ``TransitionRefused``. Returns the row as it shall be."""
        return self._step(row, row.state, event, facts, fields)

    def create(self, row: T, event: Event) -> T:
        """Step *row* out of nothing. Its ``state`` must be the one the table names."""
        made = self._step(row, START, event, NO_FACTS, {})
        assert made.state == row.state, f"a new {row.machine} begins in {made.state}"
        return made

    def change(self, row: T, **fields: Any) -> T:
        """Change facts of *row* that are no state: totals, shares."""
        changed: T = replace(row, **fields)
        self._was.setdefault(row.subject, row.state)
        self.whole = self.whole.with_rows([changed])
        return changed

    def _step(
        self, row: T, source: str, event: Event, facts: Collection[Fact], fields: Mapping[str, Any]
    ) -> T:
        rule = decide(row.machine, source, event, self._caller.actor, facts)
        clock = clock_started_by(rule)
        due_at = self._now + self._policy[clock.policy] if clock else None
        keeps_clock = clock is None and rule.source == rule.target
        state = MACHINES[row.machine].states(rule.target)
        moved: T = replace(row, **{"state": state, "due_at": row.due_at if keeps_clock else due_at, **fields})
        self._was.setdefault(row.subject, source)
        self._steps.append(Step(rule, row.subject, due_at))
        self.whole = self.whole.with_rows([moved])
        return moved

    def take(self, *moves: StockMove) -> None:
        self._stock += (move for move in moves if move.quantity)

    def post(self, voucher: Voucher) -> None:
        assert sum(entry.amount_minor for entry in voucher.entries) == 0, "a voucher balances"
        assert self._voucher is None, "one event, one voucher"
        entries = tuple(entry for entry in voucher.entries if entry.amount_minor)
        self._voucher = voucher._replace(entries=entries) if entries else None

    def only_once(self, *names: str) -> None:
        self._once += names

    def finish(
        self,
        *,
        request: Request | None = None,
        about: str = "",
        note: Mapping[str, str | int] = {},  # Never written.
        lines: tuple[Line, ...] = (),
        personal: Mapping[str, str] | None = None,
    ) -> Change:
        before, rows = self._was.get("ORDER"), self.whole.rows
        read_version = 0 if before == START else self.whole.order.version
        order = replace(
            self.whole.order,
            version=read_version + 1,
            stage=stage_of(self.whole.order, self.whole.sub_orders),
        )
        return Change(
            order=order,
            read_version=read_version,
            read_state=self._read_state,
            event=self._event,
            caller=self._caller,
            at=self._now,
            steps=tuple(self._steps),
            writes=tuple(Write(rows[s], was) for s, was in self._was.items() if s != "ORDER"),
            stock=_merged(self._stock),
            voucher=self._voucher,
            once=tuple(self._once),
            request=request,
            about=about,
            note=note,
            lines=lines,
            personal=personal,
        )


def _merged(moves: list[StockMove]) -> tuple[StockMove, ...]:
    """One move per kind, SKU and warehouse: a transaction may touch an item only once."""
    total: dict[tuple[str, str, str], int] = {}
    for kind, sku, warehouse, quantity in moves:
        total[kind, sku, warehouse] = total.get((kind, sku, warehouse), 0) + quantity
    return tuple(StockMove(*key, quantity) for key, quantity in sorted(total.items()))
