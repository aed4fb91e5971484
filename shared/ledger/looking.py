"""What follows from the vouchers, and does it? Postings, the list of books, statements, events, and the accounts.

Rows of the ledger are looked at one by one, partition by partition as a scan brings them; then the orders' events. Each
row says what others must say, or is what another said; the two sides are compared when everything was seen.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum, auto
from hashlib import sha256
from typing import Any, NamedTuple

from shared.changes import Entry
from shared.ledger import postings, statements
from shared.ledger.accounts import BOOK as MERCHANT_BOOK
from shared.ledger.accounts import Account
from shared.ledger.balances import Balances, OrderFold
from shared.ledger.chain import Finding, canonical
from shared.ledger.postings import NotAVoucher, Posting
from shared.ledger.verifying import GRACE_SECONDS, Comparing, Different

ORDER, VOUCHER, ACCOUNT, MERCHANT = "ORDER#", "VOUCHER#", "ACCOUNT#", "MERCHANT#"
LINES, STATEMENT, EVENT, ARCHIVED, BOOKS = "LINES#", "STATEMENT#", "#EVENT#", "#ARCHIVED", "BOOKS"
STATED_SECONDS = (statements.LATE_DAYS + 1) * 86_400


class Wrong(StrEnum):
    """What may be wrong with what follows from vouchers. The words are those of the report."""

    UNREADABLE = auto()  # A row beside the vouchers holds what no row of ours holds.
    NO_VOUCHER = auto()  # A row has a voucher's key, and is none.
    CLAIM_OF_NOBODY = auto()  # It does not say whose the sub-order is.
    ACCOUNT_OVERDRAWN = auto()  # More was taken from it than came.
    UNEXPLAINED = auto()  # What we have is not what it is whose.
    VOUCHER_WITHOUT_EVENT = auto()  # No event of its order was written with it.
    VOUCHER_ID_TWICE = auto()  # Two vouchers of one number, in one book.
    POSTING_MISSING = auto()
    POSTING_DIFFERS = auto()  # It does not say what its voucher says.
    POSTING_INVENTED = auto()  # No voucher is behind it.
    BOOK_MISSING = auto()  # It has postings, and is not in the list of books.
    STATEMENT_OUT_OF_PLACE = auto()  # It does not continue the one before.
    STATEMENT_DIFFERS = auto()  # Its lines are not what its postings say, or do not add up.
    STATED_TWICE = auto()
    NEVER_STATED = auto()


class Sides(NamedTuple):
    """One comparison for each thing that is compared."""

    posted: Comparing  # What vouchers say of books, and what stands there.
    events: Comparing  # What orders' vouchers say of events, and what stands there.
    stated: Comparing  # What statements say of postings, and what these say.


class Look:
    """One look. It remembers accounts by kind, merchants' books, and one partition."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self.balances, self._fold = Balances(), OrderFold()
        self.findings: list[Finding] = []
        self.postings = 0
        self._expected_books: dict[str, str] = {}
        self._books: set[str] = set()
        self._pk = ""
        self._sums = Counter[int]()  # Of this merchant's statements' lines.
        self._last: tuple[int, int] = (0, 0)  # The statement before, and how it closed.

    def at(self, values: Mapping[str, Any]) -> None:
        """A row of the ledger; all rows of a partition come one after another."""
        pk, sk = values["pk"], values["sk"]
        if pk != self._pk:
            self._begin(pk)
        if sk.startswith(VOUCHER):
            self._voucher(pk, sk, values)
        elif pk.startswith(ACCOUNT):
            self._posting(pk, sk, values)
        elif pk == BOOKS:
            self._books.add(sk)
        elif pk.startswith(MERCHANT) and sk.startswith((LINES, STATEMENT)):
            read = self._lines if sk.startswith(LINES) else self._statement
            try:
                read(pk, sk, values)
            except (KeyError, TypeError, ValueError):
                self.unreadable(pk, sk)

    def event(self, values: Mapping[str, Any]) -> None:
        """An order's event; or the row that says that the order, with its events, is in the archive."""
        pk, sk = values["pk"], values["sk"]
        if sk == ARCHIVED:
            self._sides.events.excuse(pk)
        else:
            self._sides.events.found(pk, sk.removeprefix(EVENT), str(values["at"]))

    def results(self, *, now: int) -> Iterator[Finding]:
        """What is wrong, when everything was seen. What is newer than the grace is not missed yet."""
        self._begin("")
        yield from self.findings
        for currency, minor in self.balances.unexplained().items():
            yield Finding(Wrong.UNEXPLAINED, currency, str(minor))
        for one in self._sides.events.differing(unexpected=False):
            what = f"{one.pk} {VOUCHER}{one.sk}"
            yield Finding(Wrong.VOUCHER_WITHOUT_EVENT, what, "no event of its order was written with it")
        for pk, sk in self._sides.posted.repeated():
            yield Finding(Wrong.VOUCHER_ID_TWICE, f"{pk} {sk}")
        for one in self._sides.posted.differing():
            if one.at <= now - GRACE_SECONDS or (one.expected and one.found):
                yield Finding(_posting_flaw(one), f"{one.pk} {one.sk}", one.source)
        for book in sorted(self.unopened()):
            yield Finding(Wrong.BOOK_MISSING, book)
        yield from self._stated(now)

    def unopened(self) -> dict[str, str]:
        """Merchants' books that are not in the list, each with the day of its first posting."""
        return {book: day for book, day in self._expected_books.items() if book not in self._books}

    # --- vouchers ---

    def _begin(self, pk: str) -> None:
        over = self._fold.end()
        self.findings += (Finding(Wrong.ACCOUNT_OVERDRAWN, self._pk, what) for what in over)
        self._pk, self._last = pk, (0, 0)
        self._sums.clear()

    def _voucher(self, pk: str, sk: str, values: Mapping[str, Any]) -> None:
        what = f"{pk} {sk}"
        try:
            postings.checked(values)
        except NotAVoucher as wrong:
            self.findings.append(Finding(Wrong.NO_VOUCHER, what, str(wrong)))
            return
        self.balances.add(values)
        if pk.startswith(ORDER):
            self._fold.add(values)
            self._sides.events.expect(pk, sk.removeprefix(VOUCHER), str(values["at"]))
        if unowned := postings.unowned(values):
            self.findings.append(Finding(Wrong.CLAIM_OF_NOBODY, what, ", ".join(unowned)))
        found = tuple(postings.postings_of(values))
        for one in found:
            self._sides.posted.expect(one.pk, one.sk, _digest(one), values["at"], what)
        for book, day in postings.merchant_books(found).items():
            self._expected_books[book] = min(day, self._expected_books.get(book, day))

    def _posting(self, pk: str, sk: str, values: Mapping[str, Any]) -> None:
        self.postings += 1
        book, _, day = pk.removeprefix(ACCOUNT).rpartition("#")
        carried = {name: value for name, value in values.items() if name not in ("pk", "sk")}
        at = values.get("at", 0)
        self._sides.posted.found(pk, sk, _digest(Posting(book, day, carried)), at)
        if book.startswith(MERCHANT_BOOK) and (amount := _stated(book, values)):
            self._sides.stated.found(book, sk, amount, at)

    def unreadable(self, pk: str, sk: str) -> None:
        """A row that holds what no row of ours holds."""
        if pk != self._pk:
            self._begin(pk)
        kind = Wrong.NO_VOUCHER if sk.startswith(VOUCHER) else Wrong.UNREADABLE
        self.findings.append(Finding(kind, f"{pk} {sk}", "it cannot be read"))

    # --- statements ---

    def _lines(self, pk: str, sk: str, values: Mapping[str, Any]) -> None:
        number = int(sk.split("#")[1])
        book = f"merchant:{pk.removeprefix(MERCHANT)}"
        own: Counter[str] = Counter()
        for line in (statements.Line(*line) for line in values["lines"]):
            self._sums[number] += line.amount_minor
            if line.voucher_id:
                own[line.voucher_id] += line.amount_minor
        for voucher_id, amount in own.items():
            self._sides.stated.expect(book, voucher_id, str(amount), values["at"], f"statement {number}")

    def _statement(self, pk: str, sk: str, values: Mapping[str, Any]) -> None:
        what, number = f"{pk} {sk}", values["number"]
        before, closed = self._last
        opening, closing = values["opening_minor"], values["closing_minor"]
        if (number, opening) != (before + 1, closed):
            told = f"it opens with {opening}, and {before} closed with {closed}"
            self.findings.append(Finding(Wrong.STATEMENT_OUT_OF_PLACE, what, told))
        if closing - opening != self._sums[number]:
            told = f"its lines add up to {self._sums[number]}, not to {closing - opening}"
            self.findings.append(Finding(Wrong.STATEMENT_DIFFERS, what, told))
        self._last = number, closing

    def _stated(self, now: int) -> Iterator[Finding]:
        for book, voucher_id in self._sides.stated.repeated():
            yield Finding(Wrong.STATED_TWICE, f"{book} {voucher_id}")
        for one in self._sides.stated.differing():
            what = f"{one.pk} {one.sk}"
            if one.expected:
                told = f"{one.source} says {one.expected}, the posting {one.found or 'is not there'}"
                yield Finding(Wrong.STATEMENT_DIFFERS, what, told)
            elif one.at <= now - STATED_SECONDS:
                yield Finding(Wrong.NEVER_STATED, what, one.found)


def _digest(posting: Posting) -> str:
    return sha256(canonical({"pk": posting.pk, "sk": posting.sk, **posting.values})).hexdigest()


def _posting_flaw(one: Different) -> Wrong:
    if one.expected and one.found:
        return Wrong.POSTING_DIFFERS
    return Wrong.POSTING_MISSING if one.expected else Wrong.POSTING_INVENTED


def _stated(book: str, values: Mapping[str, Any]) -> str:
    """What a statement says of this posting, in all; "" when it says nothing of it."""
    try:
        posting = statements.Posting(
            voucher_id=values["voucher_id"],
            kind=values["kind"],
            at=values["at"],
            entries=tuple(Entry(*entry) for entry in values["entries"]),
            order_id=values.get("order_id", ""),
            sub_order=values.get("sub_order", 0),
            breakdown=values.get("breakdown", {}),
        )
        lines = statements.lines_of(Account.of_book(book), posting)
    except (KeyError, TypeError, ValueError):
        return ""  # It is not what its voucher says, and is named for that.
    return str(sum(line.amount_minor for line in lines)) if lines else ""
