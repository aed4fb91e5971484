"""A folder of the archive as tables to ask: one view for each of ``shared.archive.tables``.

Files of an older release lack columns, those of a newer one have more: what is not there is null, what nobody knows is
left out. A table that has no file yet is empty.
"""

from pathlib import Path

import duckdb

from shared.archive.tables import PARTITION, TABLES, Column
from shared.store.parquet import KINDS, SETTINGS

DAY = "DATE"


class NoArchive(Exception):
    """There is nothing to read. The words are for people."""


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection whose views are the archive below *folder*. Raises ``NoArchive``."""
    root = folder / "archive" if (folder / "archive" / "orders").is_dir() else folder
    if not any((root / "orders").glob(f"{PARTITION}=*/*.parquet")):
        raise NoArchive(f"{folder} holds no orders/{PARTITION}=.../*.parquet")
    connection = duckdb.connect(config={**SETTINGS, "memory_limit": "2GB", "threads": "2"})
    for table, columns in TABLES.items():
        files = sorted(str(path) for path in (root / table).glob(f"{PARTITION}=*/*.parquet"))
        try:
            _view(connection, table, columns, files)
        except duckdb.Error as unreadable:
            raise NoArchive(f"{table} cannot be read: {unreadable}") from unreadable
    return connection


def _view(
    connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[Column, ...], files: list[str]
) -> None:
    wanted = {column.name: KINDS[column.kind] for column in columns} | {PARTITION: DAY}
    there: set[str] = set()
    if files:
        found = connection.read_parquet(files, hive_partitioning=True, union_by_name=True)
        found.create_view(f"{table}_files")
        there = set(found.columns)
    chosen = ", ".join(
        f"CAST({_quoted(name) if name in there else 'NULL'} AS {kind}) AS {_quoted(name)}"
        for name, kind in wanted.items()
    )
    source = f"FROM {table}_files" if files else "WHERE false"
    connection.execute(f'CREATE VIEW "{table}" AS SELECT {chosen} {source}')


def _quoted(name: str) -> str:
    return f'"{name}"'
