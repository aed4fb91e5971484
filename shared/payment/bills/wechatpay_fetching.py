"""Get WeChat Pay's bill of trades from the address that it told, and compare it with the digest that it told.

    GET /v3/bill/tradebill?bill_date=2026-11-21&bill_type=ALL
    -> {"download_url": "https://api.mch.weixin.qq.com/v3/billdownload/file?token=...",
        "hash_type": "SHA1", "hash_value": "<hex>"}

The question and the download are signed by us; the answer is signed, the file is not: its digest stands in the answer.
SHA-1 is WeChat Pay's choice: it finds accidents, and the TLS of the download guards against more. Without
``tar_type=GZIP`` the file comes plain. Source: pay.weixin.qq.com, bills of API v3.
"""

import hashlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from shared.errors import Unavailable
from shared.outside import Outside, Sink
from shared.payment.bills.fetching import BILL_BYTES_MAX, SECONDS, Fetched, own_address

PATH = "/v3/bill/tradebill"
FILES = "/v3/billdownload/"
LATE, NOTHING_MOVED = "STATEMENT_CREATING", "NO_STATEMENT_EXIST"
Signed = Callable[[str], Mapping[str, str]]  # The headers that sign a GET of this path, its query included.


def question(day: str) -> str:
    """The path that asks for the address of the bill of *day*."""
    return f"{PATH}?bill_date={day}&bill_type=ALL"


def fetch(
    outside: Outside, host: str, status: int, said: Mapping[str, Any], signed: Signed, sink: Sink
) -> Fetched:
    """Write the file that the answer *said* names into *sink*. Raises ``Unavailable``, ``TooLarge``."""
    if status != HTTPStatus.OK:
        if said.get("code") == LATE:
            return Fetched.NOT_YET
        if said.get("code") == NOTHING_MOVED:
            return Fetched.NONE
        raise Unavailable(f"the provider answered {status}")
    address = own_address(said.get("download_url"), host)
    path = address.removeprefix(host)
    if not path.startswith(FILES) or said.get("hash_type") != "SHA1":
        raise Unavailable("the provider's answer is not understood")
    digest = _Digest(sink)
    answer = outside.download(
        address, headers=signed(path), seconds=SECONDS, bytes_max=BILL_BYTES_MAX, sink=digest
    )
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the provider answered {answer.status}")
    if digest.hex != str(said.get("hash_value")).lower():
        raise Unavailable("the provider's bill came mangled")
    return Fetched.READY


class _Digest:
    """Writes on, and sums up what it writes."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._sum = sink, hashlib.sha1(usedforsecurity=False)

    def write(self, chunk: bytes, /) -> object:
        self._sum.update(chunk)
        return self._sink.write(chunk)

    @property
    def hex(self) -> str:
        return self._sum.hexdigest()
