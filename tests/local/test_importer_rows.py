"""How a file is read: every bad row by the line that an editor shows, and the good ones around it taken."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.importer.rows import Row, rows_of
from tests.local.importer_files import CSV, CSV_FILES, JSONL_FILES, POT, TEA, lines


def read(
    folder: Path, content: bytes, *, suffix: str = ".csv", kind: str = "sku", **defaults: str
) -> list[Row]:
    file = folder / f"file{suffix}"
    file.write_bytes(content)
    return list(rows_of(file, kind, defaults))


def told(rows: list[Row]) -> Iterator[str]:
    """What a person reads: the ids of good rows, and line, place and reason of bad ones."""
    for row in rows:
        if row.record is not None:
            yield f"{row.line} {row.record['sku']}"
        for fault in row.faults:
            yield f"{row.line} {fault.at}: {fault.reason}"


@pytest.mark.parametrize("name", CSV_FILES)
def test_a_csv_file_is_told_row_by_row(tmp_path: Path, name: str) -> None:
    content, rows = CSV_FILES[name]

    assert list(told(read(tmp_path, content))) == rows


@pytest.mark.parametrize("name", JSONL_FILES)
def test_a_jsonl_file_is_told_row_by_row(tmp_path: Path, name: str) -> None:
    content, rows = JSONL_FILES[name]

    assert list(told(read(tmp_path, content, suffix=".jsonl"))) == rows


def test_a_quote_that_swallows_the_file_is_told_before_it_fills_the_memory(tmp_path: Path) -> None:
    turned_around = b'x","' + b"y" * 1000 + b"\n"  # Every line closes a cell and opens the next one.

    rows = read(tmp_path, CSV + b'\n"' + turned_around * 1000)

    assert rows[0].faults[0].reason == "belongs to a row of more than 262144 bytes: is a quote missing?"
    assert all(row.record is None for row in rows)


def test_a_currency_can_be_given_for_all_rows_that_do_not_say_theirs(tmp_path: Path) -> None:
    without = b"sku,name,merchant_id,unit_price_minor,weight_grams,volume_cm3,category"
    some = CSV + b"\n" + TEA.replace(b"CNY", b"") + b"\n" + POT.replace(b"CNY", b"GBP") + b"\n"

    [tea, pot] = read(tmp_path, some, currency="EUR")
    [lamp] = read(tmp_path, without + b"\nLAMP,Lamp,m,5,1,1,lamps\n", currency="EUR")

    assert [row.record and row.record["currency"] for row in (tea, pot, lamp)] == ["EUR", "GBP", "EUR"]


def test_lists_and_parts_are_written_in_cells(tmp_path: Path) -> None:
    header = b"promotion_id,kind,currency,starts_at,ends_at,categories,tiers,repeat,rate_pct"
    dates = b"2026-11-11T00:00:00+08:00,2026-11-12T00:00:00+08:00"
    tiers = b'"[{""threshold_minor"": 20000, ""off_minor"": 5000}]"'
    rows = read(
        tmp_path,
        lines(
            header,
            b"a,full_reduction,CNY," + dates + b",tea; toys," + tiers + b",TRUE,",
            b"b,full_reduction,CNY," + dates + b",tea;,{},FALSE,",
            b"c,full_reduction,CNY," + dates + b',,"[], ""x"": 1",,',
            b"d,full_reduction,CNY," + dates + b',,"[{""off_minor"": 1, ""off_minor"": 2}]",,',
            b"e,full_reduction,CNY," + dates + b",,[NaN],,",
            b"f,full_reduction,CNY," + dates + b",,[,,",
        ),
        kind="promotion",
    )

    assert rows[0].record is not None
    assert rows[0].record["categories"] == ["tea", "toys"]
    assert rows[0].record["tiers"] == [{"threshold_minor": 20000, "off_minor": 5000}]
    assert rows[0].record["repeat"] is True
    assert [(row.line, fault.at, fault.reason) for row in rows[1:] for fault in row.faults] == [
        (3, "categories/1", "must be 1 to 40 small letters, digits, '_' or '-'"),
        (3, "tiers", "must be a list"),
        (4, "tiers", "must be one JSON value"),
        (5, "tiers", "must be JSON: a key stands twice in one object"),
        (6, "tiers", "must be JSON: NaN and Infinity are not JSON"),
        (7, "tiers", "must be JSON: it is not JSON (line 1, column 11)"),
    ]


def test_how_far_the_file_was_read_is_known_at_every_row(tmp_path: Path) -> None:
    rows = read(tmp_path, lines(CSV, TEA, POT))

    assert [row.bytes_read for row in rows] == [len(CSV) + len(TEA) + 2, len(lines(CSV, TEA, POT))]


def test_a_file_is_never_held_in_memory_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    with file.open("wb") as stream:
        stream.write(CSV + b"\n")
        stream.writelines(b"S%06d,%s,m,5,CNY,1,1,tea\n" % (number, b"x" * 190) for number in range(20_000))

    tracemalloc.start()
    count = sum(1 for _ in rows_of(file, "sku", {}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 2**20 < file.stat().st_size / 4
