"""Providers' bills: when there is one, how it is fetched, and how each provider's is read.

days        which moments a bill covers, and when it is ready
rows        the one shape of what all bills say
reading     from bytes to lines; and ``alipay``, ``wechatpay``, ``stripe``: from lines to rows
fetching    from the provider to a file; and ``<provider>_fetching``
"""

from collections.abc import Iterable, Iterator

from shared.errors import NotFound
from shared.payment.bills.rows import BadRow, BillRow

NAMES = ("alipay", "wechatpay", "stripe")


def read_bill(provider: str, chunks: Iterable[bytes]) -> Iterator[BillRow | BadRow]:
    """Its rows, and the lines that are none, in the order of the file. Raises ``NotFound``: it sends no bills."""
    match provider:
        case "alipay":
            from shared.payment.bills.alipay import read
        case "wechatpay":
            from shared.payment.bills.wechatpay import read
        case "stripe":
            from shared.payment.bills.stripe import read
        case _:
            raise NotFound("this provider sends no bills")
    return read(chunks)
