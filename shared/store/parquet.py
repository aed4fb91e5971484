"""Rows to Parquet and back, with DuckDB: built in, nothing is downloaded, nothing is fetched.

Only the archive needs it, and only its function has it (infra/layer.py), so nothing here is imported before its use.
Rows go through files, so that a thousand orders need no more memory than one.

    https://duckdb.org/docs/stable/data/parquet/overview
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KINDS = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
}  # As shared.archive.tables calls them.
SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "256MB",
    "threads": "1",
}
Columns = Mapping[str, Sequence[tuple[str, str]]]  # table -> (column, kind)


def write(folder: Path, rows: Iterable[tuple[str, Mapping[str, Any]]], columns: Columns) -> dict[str, Path]:
    """Write *rows*, (table, row), below the existing *folder*: one file for each table that has any.

    A column that a row does not have is null there. Raises ``KeyError`` for a column that its table does not have.
    """
    lines: dict[str, TextIO] = {}
    with ExitStack() as open_files:
        for table, row in rows:
            if table not in lines:
                path = folder / f"{table}.jsonl"
                lines[table] = open_files.enter_context(path.open("w", encoding="utf-8"))
            if unknown := row.keys() - {name for name, _ in columns[table]}:
                raise KeyError(f"{table} has no column {sorted(unknown)}")
            lines[table].write(json.dumps(row) + "\n")
    with _connection(folder) as connection:
        return {table: _copied(connection, folder, table, columns[table]) for table in lines}


def values(path: Path, column: str) -> tuple[Any, ...]:
    """One column of a file, in the order of its rows."""
    with _connection(path.parent) as connection:
        query = f'SELECT "{column}" FROM read_parquet($path)'  # noqa: S608  The name is ours.
        return tuple(row[0] for row in connection.execute(query, {"path": str(path)}).fetchall())


def _copied(
    connection: DuckDBPyConnection, folder: Path, table: str, columns: Sequence[tuple[str, str]]
) -> Path:
    source, target = folder / f"{table}.jsonl", folder / f"{table}.parquet"
    kinds = {name: KINDS[kind] for name, kind in columns}
    connection.execute(
        f"COPY (SELECT * FROM read_json({_quoted(source)}, format='newline_delimited', columns={kinds}))"  # noqa: S608  Ours.
        f" TO {_quoted(target)} (FORMAT parquet, COMPRESSION zstd)"
    )
    source.unlink()
    return target


def _connection(folder: Path) -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={**SETTINGS, "temp_directory": str(folder)})


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
