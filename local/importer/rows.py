"""A file of records, row by row: each with its line, and either the record or everything that is wrong with it.

CSV      a header of the record's fields, then one row a record (``local.importer.cells``)
JSONL    one JSON object a line

Both are read as they come, never as a whole. Blank lines are passed over, and counted.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import IntegrityError, connect
from typing import Any, NamedTuple

from local.importer.cells import columns_of, required_of, values_of
from local.importer.lines import BadLine, Lines
from shared.catalogue.fields import Fault
from shared.catalogue.reading import as_published, read_record
from shared.catalogue.records import ID_FIELDS
from shared.errors import Malformed
from shared.strict_json import read_object

FORMATS = (".csv", ".jsonl")
SHOWN_CHARACTERS_MAX = 40
LONE_BREAK = "a carriage return stands alone"


class Row(NamedTuple):
    line: int
    record: Mapping[str, Any] | None  # As it is sent; None: it is bad.
    faults: tuple[Fault, ...] = ()
    bytes_read: int = 0  # Of the file, so far.


class Unread(NamedTuple):
    """A row before it is checked: values as the file spells them, or why there are none."""

    line: int
    values: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()


def rows_of(path: Path, kind: str, defaults: Mapping[str, str]) -> Iterator[Row]:
    """Every row of the file. *defaults* fill in fields that a row does not give."""
    with (
        path.open("rb") as stream,
        closing(connect("")) as seen,
    ):  # "": on disk when it grows, and nobody's else.
        seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, line INTEGER)")
        lines = Lines(stream)
        read = _from_csv if path.suffix == ".csv" else _from_jsonl
        is_empty = True
        for unread in read(lines, kind, defaults):
            is_empty = False
            row = _checked(unread, kind, defaults)
            yield _once(row, kind, seen)._replace(bytes_read=lines.bytes_read)
        if is_empty:
            yield _bad(1, Fault("", "holds no row"))


def _checked(unread: Unread, kind: str, defaults: Mapping[str, str]) -> Row:
    if unread.faults:
        return Row(unread.line, None, unread.faults)
    record = read_record(kind, {**defaults, **unread.values})
    return (
        Row(unread.line, None, record)
        if isinstance(record, tuple)
        else Row(unread.line, as_published(record))
    )


def _once(row: Row, kind: str, seen: Any) -> Row:
    """The row, unless an earlier one has the same id."""
    if row.record is None:
        return row
    name = ID_FIELDS[kind]
    try:
        seen.execute("INSERT INTO seen VALUES (?, ?)", (row.record[name], row.line))
    except IntegrityError:
        [[line]] = seen.execute("SELECT line FROM seen WHERE id = ?", (row.record[name],))
        return _bad(row.line, Fault(name, f"stands in line {line} already"))
    return row


def _from_jsonl(lines: Lines, kind: str, defaults: Mapping[str, str]) -> Iterator[Unread]:
    while True:
        line = lines.begin_record()
        try:
            text = next(lines)
        except StopIteration:
            return
        except BadLine as bad:
            yield Unread(line, {}, (Fault("", str(bad)),))
            continue
        if not text.strip():
            continue
        try:
            yield Unread(line, read_object(text.encode("utf-8", errors="surrogateescape")))
        except Malformed as bad:
            yield Unread(line, {}, (Fault("", bad.reason.removeprefix("the body ")),))


def _from_csv(lines: Lines, kind: str, defaults: Mapping[str, str]) -> Iterator[Unread]:
    header: Sequence[str] = ()
    for line, cells in _cells(lines):
        if isinstance(cells, Fault):
            yield Unread(line, {}, (cells,))
            if not header:
                return  # Nothing below can be understood.
        elif not header:
            header = cells
            if faults := tuple(_header_faults(header, kind, defaults)):
                yield Unread(line, {}, faults)
                return
        elif len(cells) != len(header):
            yield Unread(line, {}, (Fault("", f"has {len(cells)} cells under {len(header)} columns"),))
        else:
            values, faults = values_of(kind, dict(zip(header, cells, strict=True)))
            yield Unread(line, values, faults)


def _cells(lines: Lines) -> Iterator[tuple[int, list[str] | Fault]]:
    reader = csv.reader(lines, strict=True)
    while True:
        line = lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except BadLine as bad:
            yield lines.number, Fault("", str(bad))
        except csv.Error as bad:
            yield line, Fault("", f"is not CSV: {LONE_BREAK if 'new-line' in str(bad) else bad}")
        else:
            if cells:
                yield line, cells


def _header_faults(header: Sequence[str], kind: str, defaults: Mapping[str, str]) -> Iterator[Fault]:
    known = columns_of(kind)
    for name in dict.fromkeys(header):
        if name not in known:
            yield Fault("", f"names a column that is not known: {ascii(name)[:SHOWN_CHARACTERS_MAX]}")
        elif header.count(name) > 1:
            yield Fault("", f"names the column {name} twice")
    for name in sorted(required_of(kind) - set(header) - set(defaults)):
        yield Fault("", f"lacks the column {name}")


def _bad(line: int, fault: Fault) -> Row:
    return Row(line, None, (fault,))
