"""A file's lines as an editor counts them, each of bounded length, however bad the file is.

Bytes that are not UTF-8 come through as surrogates, so that the structure around them can still be read and the row
that holds them can be named.
"""

from typing import BinaryIO

LINE_BYTES_MAX = 64 * 1024
RECORD_BYTES_MAX = 256 * 1024  # A quoted CSV cell may go over many lines.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BadLine(Exception):
    """The line cannot be taken in. Reading may go on behind it."""


class Lines:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = RECORD_BYTES_MAX
        self.number = 0  # of the line that was read last
        self.bytes_read = 0

    def begin_record(self) -> int:
        """Give the next record its room, and return the number of the line in which it begins."""
        self._left = RECORD_BYTES_MAX
        return self.number + 1

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        """Return the next line. Raises ``BadLine`` when it is too long."""
        raw = self._readline(LINE_BYTES_MAX + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        self._left -= len(raw)
        if len(raw) > LINE_BYTES_MAX:
            while raw and not raw.endswith(b"\n"):
                raw = self._readline(LINE_BYTES_MAX)
            raise BadLine(f"is longer than {LINE_BYTES_MAX} bytes")
        if self._left < 0:
            raise BadLine(f"belongs to a row of more than {RECORD_BYTES_MAX} bytes: is a quote missing?")
        if self.number == 1:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
        return raw.decode("utf-8", errors="surrogateescape")

    def _readline(self, limit: int) -> bytes:
        raw = self._stream.readline(limit)
        self.bytes_read += len(raw)
        return raw


def is_utf8(text: str) -> bool:
    """Whether a text of ``Lines`` was UTF-8 in the file."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
