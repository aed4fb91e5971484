"""The check of the books: the ledger read once from end to end, and everything that follows from it compared with it.

    roots ─► every row of the ledger ─► the links ─► the orders' events ─► what differs, by name

    vouchers    against the chain, its links and its roots         shared.ledger.verifying
    postings    against the vouchers that they come from           shared.ledger.looking
    statements  against the postings that they list, and the statement before
    vouchers    against the events that they were written with
    balances    folded from vouchers alone                         shared.ledger.balances

Memory is bounded: rows are compared in temporary files (shared.store.comparing), and accounts are added up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from shared.errors import OrderError
from shared.ledger import postings
from shared.ledger.balances import Balances, Line
from shared.ledger.chain import CHAINS, Finding, Item, name_of
from shared.ledger.looking import Look, Sides, Wrong
from shared.ledger.postings import NotAVoucher
from shared.ledger.sealing import day_of
from shared.ledger.verifying import Verification
from shared.outside import Outside
from shared.store.books import VOUCHER, BookStore
from shared.store.comparing import Comparison
from shared.store.items import from_item
from shared.store.roots import RootStore

FINDINGS_MAX = 1_000  # Kept; all are counted.
REPAIRS_AT_ONCE = 100
DAY_SECONDS = 86_400
SEAL_SECONDS = 3 * 3600  # So long after midnight a day must have its root.
ALL: dict[str, Any] = {}
VOUCHERS = {
    "FilterExpression": "begins_with(sk, :voucher)",
    "ExpressionAttributeValues": {":voucher": {"S": VOUCHER}},
}
EVENTS = {
    "FilterExpression": "begins_with(sk, :event) OR sk = :archived",
    "ExpressionAttributeValues": {":event": {"S": "#EVENT#"}, ":archived": {"S": "#ARCHIVED"}},
    "ProjectionExpression": "pk, sk, #at",
    "ExpressionAttributeNames": {"#at": "at"},
}
COMMAND = "python -m local.books --tables LEDGER ORDERS --bucket BOOKS"
Told = Callable[[int], None]


class BooksTooLarge(OrderError):
    """More pages than one request has time for."""

    status, code = 409, "books_too_large"


class BooksReport(NamedTuple):
    vouchers: int
    chained: int  # Names in the links.
    links: int
    roots: int
    postings: int
    balances: tuple[Line, ...]
    findings: tuple[Finding, ...]
    found: int  # May be more than *findings* are.
    repaired: int = 0  # Vouchers that had to be entered once more.

    @property
    def is_clean(self) -> bool:
        return not self.found


class BooksAudit:
    def __init__(
        self,
        outside: Outside,
        *,
        ledger_table: str,
        orders_table: str,
        bucket: str,
        pages_max: int | None = None,
        roots_max: int | None = None,
        told: Told = lambda _: None,
    ) -> None:
        """*pages_max*, *roots_max*: so many pages of a megabyte, and so many of the newest roots, are read at most;
        None: all there are. *told* hears how many rows were read, page by page.
        """
        self._outside, self._ledger, self._orders = outside, ledger_table, orders_table
        self._store, self._roots = BookStore(outside, ledger_table), RootStore(outside, bucket)
        self._pages_max, self._pages, self._roots_max, self._told = pages_max, 0, roots_max, told

    def balances(self) -> tuple[Line, ...]:
        """All accounts, from vouchers alone. Raises ``BooksTooLarge``."""
        self._pages, sums = 0, Balances()
        for item in self._scan(self._ledger, VOUCHERS):
            try:
                sums.add(postings.checked(from_item(item)))
            except (NotAVoucher, TypeError):
                continue  # The check names it.
        return sums.lines()

    def check(self, *, now: int, repair: bool = False) -> BooksReport:
        """Compare everything. With *repair*, enter what a stream has lost once more: it only adds.

        Raises ``BooksTooLarge``, ``Unavailable``.
        """
        self._pages = 0
        with ExitStack() as stack:
            chained, *others = (stack.enter_context(Comparison()) for _ in range(1 + len(Sides._fields)))
            sides = Sides(*others)
            look, verification = Look(sides), self._verification(chained, now)
            self._read(look, verification)
            found, kept = 0, list[Finding]()
            for finding in self._findings(look, verification, now):
                found += 1
                kept += [finding][: FINDINGS_MAX - len(kept)]
            lost = _lost(look, chained, sides) if repair else ()
            if repair:
                self._repair(lost, look, now)
        return BooksReport(
            vouchers=verification.vouchers,
            chained=verification.chained,
            links=verification.links,
            roots=len(verification.roots),
            postings=look.postings,
            balances=look.balances.lines(),
            findings=tuple(kept),
            found=found,
            repaired=len(lost),
        )

    def _verification(self, chained: Comparison, now: int) -> Verification:
        sealed = tuple(self._roots.sealed(newest=self._roots_max))
        due, first = day_of(now - SEAL_SECONDS - DAY_SECONDS), self._first_day()
        are_all = self._roots_max is None or len(sealed) < self._roots_max
        is_due = bool(first) and first <= due
        return Verification(sealed, due=due if is_due else "", compare=chained, are_all=are_all)

    def _first_day(self) -> str:
        days = []
        for number in range(CHAINS):
            try:
                link = self._store.first_link(number)
            except ValueError:
                continue  # Following it names it.
            days += [day_of(link.at)] if link else []
        return min(days, default="")

    def _read(self, look: Look, verification: Verification) -> None:
        """Vouchers before links and before events: what was there then, must be in these."""
        for item in self._scan(self._ledger, ALL):
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if sk.startswith(VOUCHER):
                verification.saw(item)
            try:
                values = from_item(item)
            except (TypeError, ValueError):
                look.unreadable(pk, sk)
                continue
            look.at(values)
        for number in range(CHAINS):
            for link in self._store.links(number):
                verification.follow(link)
        for item in self._scan(self._orders, EVENTS):
            look.event(from_item(item))

    def _findings(self, look: Look, verification: Verification, now: int) -> Iterator[Finding]:
        yield from verification.findings(now=now, again=self._store.voucher)
        yield from look.results(now=now)

    def _repair(self, lost: Sequence[tuple[str, str]], look: Look, now: int) -> None:
        for start in range(0, len(lost), REPAIRS_AT_ONCE):
            keys = lost[start : start + REPAIRS_AT_ONCE]
            items = [item for pk, sk in keys if (item := self._store.voucher(pk, sk))]
            for item in items:
                self._store.post(item)
            self._store.chain(map(name_of, items), now=now)
        for book, day in sorted(look.unopened().items()):
            self._store.open_book(book, day)

    def _scan(self, table: str, query: Mapping[str, Any]) -> Iterator[Item]:
        """Every item that *query* lets through, partition by partition. One page at a time."""
        request: dict[str, Any] = {"TableName": table, "ConsistentRead": True, **query}
        while True:
            self._pages += 1
            if self._pages_max is not None and self._pages > self._pages_max:
                raise BooksTooLarge(f"more than one request can read: run {COMMAND}", command=COMMAND)
            page = self._outside.aws("dynamodb", "scan", **request)
            self._told(page["ScannedCount"])
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _lost(look: Look, chained: Comparison, sides: Sides) -> tuple[tuple[str, str], ...]:
    """The vouchers that no link names, or that lack a posting; none that no event explains, for it was not lost."""
    lost = {f"{one.pk} {one.sk}" for one in chained.differing() if not one.expected}
    lost |= {one.source for one in sides.posted.differing(unexpected=False) if not one.found}
    lost -= {f"{one.pk} {VOUCHER}{one.sk}" for one in sides.events.differing(unexpected=False)}
    lost -= {one.what for one in look.findings if one.flaw == Wrong.NO_VOUCHER}
    keys = (what.rpartition(" ") for what in sorted(lost))
    return tuple((pk, sk) for pk, _, sk in keys)
