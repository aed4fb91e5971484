"""A bill as lines of text, one at a time, whatever it is packed in; and the few things that all bills write alike.

    chunks of bytes -> unpacked (zip, gzip, plain) -> lines -> text -> the provider's ``Bill`` -> BillRow | BadRow

Memory holds one line and one chunk, whatever the size. A zip archive names its files at its end, so it is laid down in
a temporary file first, as it came.
"""

import csv
import gzip
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from itertools import chain
from typing import NamedTuple, Protocol

from shared.money import AMOUNT_MAX
from shared.payment.bills.rows import SHOWN_MAX, BadRow, BillRow

CHUNK_BYTES = 64 * 1024
LINE_BYTES_MAX = 64 * 1024
UNPACKED_BYTES_MAX = 16 * 1024**3
FILES_MAX = 100  # In one archive.
SUM_MAX = 10**20  # Of as many amounts as a bill can hold.
ZIP, EMPTY_ZIP, GZIP = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"
SUMMARY = "汇总"  # In the name of the file with Alipay's sums by shop, which stands beside the bill.
_AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,6}))?", re.ASCII)
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_ARCHIVE_WRONG = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, UnicodeError, EOFError)


class Wrong(Exception):
    """A line, or the bill as a whole, is not what it must be: one of ``rows.BAD_ROWS``, and the text that is wrong."""

    def __init__(self, why: str, text: str = "") -> None:
        super().__init__(why)
        self.why, self.text = why, text


class Bill(Protocol):
    """What a provider's bill looks like. It is told its lines in turn, and then that there are no more."""

    encodings: Sequence[str]  # To be tried on the first line, the likeliest first.

    def begins(self, text: str) -> bool:
        """Whether a bill of this provider may begin with this line."""

    def line(self, number: int, text: str) -> BillRow | None:
        """What the line says; None: nothing of money. Raises ``Wrong``."""

    def end(self) -> None:
        """Look whether it was whole. Raises ``Wrong``."""


class _Broken(Exception):
    """The file cannot be read any further."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Line(NamedTuple):
    number: int
    content: bytes | None  # None: it was too long, and is skipped.


def read(chunks: Iterable[bytes], bill: Bill) -> Iterator[BillRow | BadRow]:
    """Every row of a bill, and every line that is none, in the order of the file."""
    number, encoding = 0, ""
    try:
        for number, content in lines(unpacked(chunks)):
            if content is not None and not content.strip():
                continue
            encoding = encoding or _encoding(content or b"", bill)
            if not encoding:
                yield BadRow(number, "not_a_bill")
                return
            try:
                row = bill.line(number, _text(content, encoding))
            except Wrong as wrong:
                yield BadRow(number, wrong.why, shown(wrong.text))
            else:
                if row is not None:
                    yield row
        if not encoding:
            raise Wrong("not_a_bill")  # There was nothing.
        bill.end()
    except (Wrong, _Broken) as wrong:
        yield BadRow(number, wrong.why)


def lines(chunks: Iterable[bytes]) -> Iterator[Line]:
    """Lines without their ends, numbered from 1. The last one may lack its end. Raises ``_Broken``."""
    number, rest, is_skipping, size = 1, b"", False, 0
    for chunk in chunks:
        size += len(chunk)
        if size > UNPACKED_BYTES_MAX:
            raise _Broken("archive_wrong")
        *whole, rest = (rest + chunk).split(b"\n")
        for content in whole:
            is_long = is_skipping or len(content) > LINE_BYTES_MAX
            yield Line(number, None if is_long else content.removesuffix(b"\r"))
            number, is_skipping = number + 1, False
        if len(rest) > LINE_BYTES_MAX:
            rest, is_skipping = b"", True
    if rest or is_skipping:
        yield Line(number, None if is_skipping else rest.removesuffix(b"\r"))


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of the file itself; of an archive, those of its bills, one after the other. Raises ``_Broken``."""
    stream, head = iter(chunks), b""
    for chunk in stream:
        head += chunk
        if len(head) >= len(ZIP):
            break
    whole = chain([head], stream)
    if head.startswith((ZIP, EMPTY_ZIP)):
        return _unzipped(whole)
    return _gunzipped(whole) if head.startswith(GZIP) else whole


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=_Stream(chunks)) as plain:
            while chunk := plain.read(CHUNK_BYTES):
                yield chunk
    except EOFError as cut:
        raise _Broken("truncated") from cut
    except (gzip.BadGzipFile, zlib.error) as wrong:
        raise _Broken("archive_wrong") from wrong


def _unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as laid_down:
        for chunk in chunks:
            laid_down.write(chunk)
        try:
            with zipfile.ZipFile(laid_down, metadata_encoding="gbk") as archive:
                for name in _bills_in(archive):
                    with archive.open(name) as plain:
                        while chunk := plain.read(CHUNK_BYTES):
                            yield chunk
                    yield b"\n"  # Where a file lacks its last line end.
        except _ARCHIVE_WRONG as wrong:
            raise _Broken("archive_wrong") from wrong


def _bills_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Its files, but those with Alipay's sums by shop. A locked one raises ``RuntimeError`` when it is opened."""
    files = [info for info in archive.infolist() if not info.is_dir() and SUMMARY not in info.filename]
    if not 0 < len(files) <= FILES_MAX:
        raise _Broken("archive_wrong")
    return files


class _Stream(io.RawIOBase):
    """Chunks as gzip wants them: something to read from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._rest = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def _encoding(content: bytes, bill: Bill) -> str:
    """In which encoding this first line begins a bill; empty: in none."""
    for encoding in bill.encodings:
        with suppress(Wrong):
            if bill.begins(_text(content, encoding)):
                return encoding
    return ""


def _text(content: bytes | None, encoding: str) -> str:
    if content is None:
        raise Wrong("line_too_long")
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as wrong:
        raise Wrong("unreadable") from wrong
    if _CONTROL.search(text):
        raise Wrong("unreadable")
    return text


# --- what all bills write alike ---


class Table:
    """The headings of a bill, and its rows by their names."""

    def __init__(self) -> None:
        self.is_begun, self._width, self._places = False, 0, dict[str, int]()

    def begin(self, headings: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
        """Find each needed column, whichever of its names it has. Raises ``Wrong``: one is missing, or there twice."""
        self.is_begun, self._width, self._places = True, len(headings), {}
        found: dict[str, int] = {}
        for column, names in columns.items():
            at = [place for place, heading in enumerate(headings) if heading in names]
            if len(at) != 1:
                raise Wrong("columns_missing", names[0])
            found[column] = at[0]
        self._places = found

    @property
    def is_lost(self) -> bool:
        """Its headings came, and were of no use. It was said there, and every row is passed over."""
        return self.is_begun and not self._places

    def row(self, cells: Sequence[str]) -> dict[str, str]:
        """The needed cells of a line. Raises ``Wrong``."""
        if not self.is_begun:
            raise Wrong("columns_missing")
        if len(cells) != self._width:
            raise Wrong("fields_differ", f"{len(cells)} of {self._width}")
        return {column: cells[place] for column, place in self._places.items()}


def fields(text: str) -> list[str]:
    """The fields of one line. Quoted ones must end in it: else one quote would swallow the rest of the bill.

    >>> fields('a,"b, c",')
    ['a', 'b, c', '']

    Raises ``Wrong``.
    """
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as wrong:
        raise Wrong("quotes_wrong") from wrong


def minor(text: str, decimals: int = 2, *, most: int = AMOUNT_MAX) -> int:
    """A decimal as whole minor units. Nothing may have a sign; what is finer than they are may be only zeros.

    >>> minor("88.8"), minor("-0.00"), minor("7.79000"), minor("500", 0)
    (8880, 0, 779, 500)

    Raises ``Wrong``, also for 0.001, 1e5, 1,000, full-width digits and more than *most*.
    """
    shape = _AMOUNT.fullmatch(text)
    fraction = (shape[3] or "") if shape else ""
    if shape is None or fraction[decimals:].strip("0"):
        raise Wrong("amount_wrong", text)
    amount = int(shape[2] + fraction[:decimals].ljust(decimals, "0"))
    if amount > most:
        raise Wrong("amount_wrong", text)
    return -amount if shape[1] else amount


def seconds(text: str, zone: tzinfo) -> int:
    """A time of this century in *zone* as seconds since 1970.

    >>> from datetime import UTC
    >>> seconds("2027-01-15 08:00:00", UTC)
    1800000000

    Raises ``Wrong``.
    """
    try:
        if _TIME.fullmatch(text):
            return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())
    except ValueError:
        pass
    raise Wrong("time_wrong", text)


def number(text: str, shape: re.Pattern[str]) -> str:
    """A number of ours or the provider's. Raises ``Wrong``."""
    if not shape.fullmatch(text):
        raise Wrong("number_wrong", text)
    return text


def shown(text: str) -> str:
    """What may be shown of a field that is wrong: its beginning, and nothing that could move a cursor.

    >>> shown("1e5"), shown("a\\u202eb"), len(shown("x" * 200))
    ('1e5', 'a?b', 80)
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text[:SHOWN_MAX])
