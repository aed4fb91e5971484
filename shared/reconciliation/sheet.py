"""The bill's rows and the ledger's postings side by side, however many: in a private file of SQLite, not in memory.

A row is *free* until it is *paired*, or known to be *doubled*. The sheet pairs what is equal by itself; what is left
over is few, and is looked at one by one (``shared.reconciliation.matching``).
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from shared.payment.bills.days import day_of
from shared.payment.bills.rows import BadRow, BillRow, RowKind
from shared.reconciliation.said import Posting

AT_ONCE = 5_000
MOVEMENTS = (
    RowKind.PAYMENT,
    RowKind.REFUND,
    RowKind.DISPUTE,
    RowKind.DISPUTE_REVERSAL,
)  # Both sides have them.

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16384;  -- KiB
CREATE TABLE bill (day, line, kind, document, provider_id, amount, fee, currency, at, is_own, is_movement, state,
                   PRIMARY KEY (day, line)) WITHOUT ROWID;
CREATE TABLE ledger (voucher PRIMARY KEY, kind, document, amount, currency, at, order_id, is_dated, is_own, state)
    WITHOUT ROWID;
CREATE TABLE bad (number INTEGER PRIMARY KEY, line, why, shown);
CREATE TABLE pair (day, line, voucher);
CREATE VIEW row AS SELECT line, kind, document, provider_id, amount, fee, currency, at, * FROM bill ORDER BY day, line;
CREATE VIEW posting AS SELECT voucher, kind, document, amount, currency, at, order_id, is_dated, * FROM ledger
    ORDER BY is_own DESC, at, voucher;
"""
INDEXES = """
CREATE INDEX bill_by_number ON bill (kind, provider_id, day, line);
CREATE INDEX bill_by_document ON bill (document, currency, amount, at);
CREATE INDEX ledger_by_document ON ledger (document, currency, amount, at);
ANALYZE;
"""
PAIRING = """
-- The same movement, told again: on another line, or in the bill of the day before.
UPDATE bill SET state = 'doubled' WHERE provider_id <> '' AND EXISTS (
    SELECT 1 FROM bill AS first WHERE first.kind = bill.kind AND first.provider_id = bill.provider_id
    AND (first.day, first.line) < (bill.day, bill.line));
-- The first of equal ones with the first, the second with the second.
INSERT INTO pair SELECT b.day, b.line, l.voucher FROM
    (SELECT *, row_number() OVER (PARTITION BY document, currency, amount ORDER BY at, day, line) AS place
     FROM bill WHERE state = 'free' AND is_movement AND document <> '') AS b
JOIN
    (SELECT *, row_number() OVER (PARTITION BY document, currency, amount ORDER BY at, voucher) AS place
     FROM ledger WHERE state = 'free' AND document <> '') AS l
ON b.document = l.document AND b.currency = l.currency AND b.amount = l.amount AND b.place = l.place;
UPDATE bill SET state = 'paired' WHERE (day, line) IN (SELECT day, line FROM pair);
UPDATE ledger SET state = 'paired' WHERE voucher IN (SELECT voucher FROM pair);
-- What nobody of ours asked for we know by the provider's own number: refunds that its people made by hand.
INSERT INTO pair SELECT b.day, b.line, min(l.voucher) FROM bill AS b JOIN ledger AS l
ON l.document = b.kind || ':' || b.provider_id AND l.currency = b.currency AND l.amount = b.amount
WHERE b.state = 'free' AND b.is_movement AND b.provider_id <> '' AND l.state = 'free' GROUP BY b.day, b.line;
UPDATE bill SET state = 'paired' WHERE (day, line) IN (SELECT day, line FROM pair);
UPDATE ledger SET state = 'paired' WHERE voucher IN (SELECT voucher FROM pair);
"""
LEFT_OVER = """
SELECT document FROM bill WHERE state = 'free' AND is_own AND is_movement AND document > :after
UNION SELECT document FROM ledger WHERE state = 'free' AND is_own AND document > :after
ORDER BY document LIMIT :at_once
"""
AGREED = """
SELECT document, currency, sum(amount), max(kind LIKE 'quarantine%') FROM ledger
WHERE document IN (SELECT DISTINCT document FROM bill WHERE state = 'paired' AND is_own AND document > :after
                   ORDER BY document LIMIT :at_once)
GROUP BY document, currency ORDER BY document
"""
BILL_SUMS = """
SELECT kind, currency, count(*), sum(amount), sum(fee) FROM bill WHERE is_own
GROUP BY kind, currency ORDER BY kind, currency
"""
# What is ours, and what is the provider's own; of fees and payouts nobody has another book to compare with.
SUMS_TO_POST = """
SELECT kind, currency, count(*), sum(amount), sum(fee) FROM bill
WHERE is_own AND (state = 'paired' OR (state = 'free' AND kind IN ('fee', 'payout')))
GROUP BY kind, currency ORDER BY kind, currency
"""
# Of the day: what has a row in its bill, and what was booked on it and is in no bill beside it.
LEDGER_SUMS = """
SELECT substr(document, 1, instr(document || ':', ':') - 1) AS what, currency, count(*), sum(amount) FROM ledger
WHERE (is_own OR (document <> '' AND document IN (SELECT document FROM bill WHERE is_own)))
AND voucher NOT IN (SELECT voucher FROM pair WHERE day <> ?)
GROUP BY what, currency ORDER BY what, currency
"""


class Sums(NamedTuple):
    """Of one kind of movement and one currency."""

    kind: str
    currency: str
    rows: int
    amount_minor: int
    fee_minor: int = 0


class Agreed(NamedTuple):
    """A document that both sides have. *is_judged*: people look at it anyway, in the register."""

    document: str
    currency: str
    amount_minor: int  # Of all its postings on the sheet.
    is_judged: int


class Sheet:
    """Use it in a ``with`` statement: what it wrote is gone afterwards."""

    def __init__(self, provider: str, day: str) -> None:
        self.provider, self.day = provider, day
        self._db = sqlite3.connect("", isolation_level=None)  # "": a file of its own, without a name.
        self._db.executescript(TABLES)

    def __enter__(self) -> "Sheet":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # --- writing down ---

    def add_bill(self, told: Iterable[BillRow | BadRow], day: str) -> int:
        """Write down the bill of *day*, the sheet's own or one beside it. Returns how many rows it has."""
        count, is_own, told = 0, day == self.day, iter(told)
        while some := list(islice(told, AT_ONCE)):
            rows = [_columns(row, day, is_own=is_own) for row in some if isinstance(row, BillRow)]
            self._write("INSERT OR IGNORE INTO bill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'free')", rows)
            bad = [row for row in some if isinstance(row, BadRow) and is_own]
            self._write("INSERT INTO bad (line, why, shown) VALUES (?, ?, ?)", bad)
            count += len(rows)
        return count

    def add_ledger(self, postings: Iterable[Posting]) -> int:
        """Write down postings of the day, or of one beside it. Returns how many there were."""
        postings, count = iter(postings), 0
        while some := list(islice(postings, AT_ONCE)):
            rows = [(*one, day_of(self.provider, one.at) == self.day) for one in some]
            self._write("INSERT OR IGNORE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'free')", rows)
            count += len(some)
        return count

    def _write(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")

    # --- pairing ---

    def pair_equals(self) -> None:
        """Mark what the bill repeats, and pair what both sides have alike."""
        self._db.executescript(INDEXES)
        self._db.executescript(PAIRING)

    def pair(self, rows: Iterable[BillRow], postings: Iterable[Posting]) -> None:
        """These, rows of the day's bill and postings, belong together after all."""
        lines, vouchers = [(self.day, row.line) for row in rows], [(one.voucher_id,) for one in postings]
        self._db.executemany("UPDATE bill SET state = 'paired' WHERE day = ? AND line = ?", lines)
        self._db.executemany("UPDATE ledger SET state = 'paired' WHERE voucher = ?", vouchers)

    # --- rows of the day's bill ---

    def repeated(self) -> Iterator[BillRow]:
        """Those that were told before."""
        return self._rows("SELECT * FROM row WHERE is_own AND state = 'doubled'")

    def odd_kinds(self) -> Iterator[BillRow]:
        """Those of kinds that move nothing of ours."""
        return self._rows(
            "SELECT * FROM row WHERE is_own AND state = 'free' AND kind = 'other' AND amount <> 0"
        )

    def payouts(self) -> Iterator[BillRow]:
        return self._rows("SELECT * FROM row WHERE is_own AND state = 'free' AND kind = 'payout'")

    def agreed(self) -> Iterator[BillRow]:
        """Those that the ledger has."""
        return self._rows("SELECT * FROM row WHERE is_own AND state = 'paired'")

    def outside_of(self, begins: int, ends: int) -> Iterator[BillRow]:
        """Those from before *begins*, or not from before *ends*."""
        return self._rows("SELECT * FROM row WHERE is_own AND NOT (at >= ? AND at < ?)", begins, ends)

    def bad(self) -> Iterator[BadRow]:
        for told in self._db.execute("SELECT line, why, shown FROM bad ORDER BY number"):
            yield BadRow(*told)

    # --- document by document ---

    def documents_left(self) -> Iterator[str]:
        """Those of which the day has something left over on either side; "" first, whether or not there is any."""
        last = ""
        yield last
        while some := self._db.execute(LEFT_OVER, {"after": last, "at_once": AT_ONCE}).fetchall():
            yield from (document for (document,) in some)
            (last,) = some[-1]

    def documents_agreed(self) -> Iterator[Agreed]:
        """What bill and ledger have alike."""
        last = ""
        while some := self._db.execute(AGREED, {"after": last, "at_once": AT_ONCE}).fetchall():
            yield from (Agreed(*told) for told in some)
            last = some[-1][0]

    def left_of(self, document: str) -> tuple[list[BillRow], list[BillRow], list[Posting]]:
        """What is free of *document*: rows of the day's bill, of those beside it, and postings, the day's first."""
        query = "SELECT * FROM row WHERE state = 'free' AND is_movement AND document = ? AND is_own = ?"
        own, beside = list(self._rows(query, document, 1)), list(self._rows(query, document, 0))
        return (
            own,
            beside,
            self._postings("SELECT * FROM posting WHERE state = 'free' AND document = ?", document),
        )

    def posting_of(self, document: str) -> Posting:
        """One of the postings of a document that the ledger has."""
        return self._postings("SELECT * FROM posting WHERE document = ?", document)[0]

    def is_here(self, voucher_id: str) -> bool:
        return bool(self._postings("SELECT * FROM posting WHERE voucher = ?", voucher_id))

    # --- sums ---

    def sums_of_bill(self) -> tuple[Sums, ...]:
        return self._sums(BILL_SUMS)

    def sums_to_post(self) -> tuple[Sums, ...]:
        """Of what is ours beyond doubt: no foreign, altered or repeated row is in it."""
        return self._sums(SUMS_TO_POST)

    def sums_of_ledger(self) -> tuple[Sums, ...]:
        """Of what belongs to the day, by kind of document."""
        return self._sums(LEDGER_SUMS, self.day)

    def count_agreed(self) -> int:
        """Rows of the day's bill that the ledger has."""
        found = self._db.execute("SELECT count(*) FROM bill WHERE is_own AND state = 'paired'")
        return int(found.fetchone()[0])

    def _sums(self, query: str, *values: str) -> tuple[Sums, ...]:
        return tuple(Sums(*told) for told in self._db.execute(query, values))

    def _postings(self, query: str, *values: str) -> list[Posting]:
        found = (told[: len(Posting._fields)] for told in self._db.execute(query, values))
        return [Posting(*told)._replace(is_dated=bool(told[-1])) for told in found]

    def _rows(self, query: str, *values: str | int) -> Iterator[BillRow]:
        for line, kind, *told in self._db.execute(query, values):
            yield BillRow(self.provider, line, RowKind(kind), *told[: len(BillRow._fields) - 3])


def _columns(row: BillRow, day: str, *, is_own: bool) -> tuple[Any, ...]:
    return (day, row.line, row.kind.value, *row[3:], is_own, row.kind in MOVEMENTS)
