"""Two sides of rows, of any size and in any order, compared by key: which are only on one, and which differ.

They lie in a database of SQLite that has no name: it is in memory while it is small, in a temporary file when it grows,
and gone when it is closed. https://sqlite.org/inmemorydb.html#temp_db
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from shared.ledger.verifying import Different

if TYPE_CHECKING:
    from sqlite3 import Connection

ROWS_AT_ONCE = 10_000
CACHE_KIBIBYTES = 65_536
TABLES = (
    "CREATE TABLE expected (pk TEXT, sk TEXT, digest TEXT, at INT, source TEXT)",
    "CREATE TABLE found (pk TEXT, sk TEXT, digest TEXT, at INT, source TEXT)",
    "CREATE TABLE excused (pk TEXT PRIMARY KEY) WITHOUT ROWID",
)
INDEXES = (  # After the rows: sorted once, not kept sorted. The digest is in them, so that rows are not looked up.
    "CREATE INDEX expected_key ON expected (pk, sk, digest, at)",
    "CREATE INDEX found_key ON found (pk, sk, digest, at)",
)
EDITED = (
    "SELECT DISTINCT e.pk, e.sk, e.digest, f.digest, f.at, e.source FROM expected e JOIN found f USING (pk, sk)"
    " WHERE e.digest <> f.digest"
)
MISSING = (
    "SELECT DISTINCT e.pk, e.sk, e.digest, '', e.at, e.source FROM expected e LEFT JOIN found f USING (pk, sk)"
    " WHERE f.pk IS NULL AND e.pk NOT IN (SELECT pk FROM excused)"
)
UNEXPECTED = (
    "SELECT f.pk, f.sk, '', f.digest, f.at, f.source FROM found f LEFT JOIN expected e USING (pk, sk)"
    " WHERE e.pk IS NULL"
)
REPEATED = "SELECT pk, sk FROM expected GROUP BY pk, sk HAVING COUNT(*) > 1"


class Comparison:
    """Close it, or use it in a ``with`` statement."""

    def __init__(self) -> None:
        import sqlite3  # Those who compare nothing do without.

        self._db: Connection = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIBIBYTES}"):
            self._db.execute(f"PRAGMA {pragma}")
        for table in TABLES:
            self._db.execute(table)
        self._db.execute("BEGIN")
        self._waiting: dict[str, list[tuple[Any, ...]]] = {"expected": [], "found": []}
        self._is_indexed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def expect(self, pk: str, sk: str, digest: str, at: int = 0, source: str = "") -> None:
        self._add("expected", (pk, sk, digest, at, source))

    def found(self, pk: str, sk: str, digest: str, at: int = 0) -> None:
        self._add("found", (pk, sk, digest, at, ""))

    def excuse(self, pk: str) -> None:
        """What is expected under *pk* need not be found."""
        self._db.execute("INSERT OR IGNORE INTO excused VALUES (?)", (pk,))

    def differing(self, *, unexpected: bool = True) -> Iterator[Different]:
        """Those that differ, those that are not found, and, if they are asked for, those that nobody expects."""
        self._index()
        for query in (EDITED, MISSING, *((UNEXPECTED,) if unexpected else ())):
            for row in self._db.execute(query):
                yield Different(*row)

    def repeated(self) -> Iterator[tuple[str, str]]:
        """What is expected more than once."""
        self._index()
        yield from self._db.execute(REPEATED)

    def _index(self) -> None:
        for side in self._waiting:
            self._write(side)
        if not self._is_indexed:
            for index in INDEXES:
                self._db.execute(index)
            self._is_indexed = True

    def _add(self, side: str, row: tuple[Any, ...]) -> None:
        rows = self._waiting[side]
        rows.append(row)
        if len(rows) == ROWS_AT_ONCE:
            self._write(side)

    def _write(self, side: str) -> None:
        self._db.executemany(f"INSERT INTO {side} VALUES (?, ?, ?, ?, ?)", self._waiting[side])  # noqa: S608  # Our own.
        self._waiting[side].clear()
