"""Fetch Alipay's bill of trades: ask the gateway for its address, which is good for 30 seconds, and get the zip there.

    alipay.data.dataservice.bill.downloadurl.query {"bill_type": "trade", "bill_date": "2026-11-21"}
    -> {"code": "10000", "bill_download_url": "http://dwbillcenter.alipay.com/downloadBillFile.resource?..."}

Alipay says ``isp.bill_not_exist`` when nothing moved, and also when the bill is late; which of them it does not say. So
for a day after the bill is due it is taken as late. Sources: open.alipay.com, and codes that were seen in production.
"""

from http import HTTPStatus

from shared.errors import Unavailable
from shared.outside import Outside, Sink
from shared.payment.bills.days import ready_at
from shared.payment.bills.fetching import BILL_BYTES_MAX, SECONDS, Fetched, own_address
from shared.payment.keys import AlipayKeys
from shared.payment.providers.alipay_gateway import REFUSED, ask

METHOD = "alipay.data.dataservice.bill.downloadurl.query"
NOT_THERE = ("isp.bill_not_exist", "BILL_NOT_EXIST")
LATE_SECONDS = 86_400
HOSTS = "alipay.com"
# What an archive begins with, and what its last record begins with.
FIRST, LAST = b"PK\x03\x04", b"PK\x05\x06"
TAIL_BYTES = 1_024


def fetch(outside: Outside, keys: AlipayKeys, gateway: str, day: str, sink: Sink, *, now: int) -> Fetched:
    """Write the zip into *sink*. Raises ``Unavailable``, ``TooLarge``."""
    node = ask(outside, keys, gateway, METHOD, {"bill_type": "trade", "bill_date": day}, now=now)
    if node["code"] == REFUSED:
        if node.get("sub_code") not in NOT_THERE:
            raise Unavailable("the provider did not give the bill")
        return Fetched.NOT_YET if now < ready_at("alipay", day) + LATE_SECONDS else Fetched.NONE
    address, ends = own_address(node.get("bill_download_url"), gateway, HOSTS), _Ends(sink)
    answer = outside.download(address, headers={}, seconds=SECONDS, bytes_max=BILL_BYTES_MAX, sink=ends)
    if answer.status != HTTPStatus.OK or not ends.are_of_an_archive:
        raise Unavailable("the provider's bill is no archive")
    return Fetched.READY


class _Ends:
    """Writes on, and keeps both ends: an error page comes with 200 too, and no digest tells what is cut off."""

    def __init__(self, sink: Sink) -> None:
        self._head, self._tail, self._sink = b"", b"", sink

    def write(self, chunk: bytes, /) -> object:
        if len(self._head) < len(FIRST):
            self._head += chunk[: len(FIRST)]
        self._tail = (self._tail + chunk[-TAIL_BYTES:])[-TAIL_BYTES:]
        return self._sink.write(chunk)

    @property
    def are_of_an_archive(self) -> bool:
        return self._head.startswith(FIRST) and LAST in self._tail
