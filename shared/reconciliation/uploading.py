"""A bill that somebody brings: leave to upload exactly this file, and then to compare it.

Whoever may fetch no bill from a provider (an old one, a corrected one, one that came by mail) has it all the same.
"""

from base64 import b64encode
from typing import NamedTuple

from shared.commands import Shop
from shared.errors import NotFound, OrderError
from shared.payment.bills import NAMES
from shared.payment.bills.days import ready_at, span_of
from shared.reconciliation.report import BillFile
from shared.reconciliation.running import Reconciled, reconcile, store_of
from shared.store.presigning import Form, presigned_form
from shared.store.reconciliation import BillMissing, bill_key

UPLOAD_SECONDS = 900
BILL_BYTES_MAX = 5 * 1024**3  # One upload to S3.
COMPARED_AT_ONCE_BYTES_MAX = 4 * 1024**2  # Some 20,000 rows; whoever asks waits half a minute at most.


class DayNotOver(OrderError):
    """A bill is of a day that is over."""

    status, code = 409, "day_not_over"


class DifferenceUnknown(OrderError):
    """No such difference is open, on that day, with that provider."""

    status, code = 404, "difference_unknown"


class Offered(NamedTuple):
    form: Form | None  # None: it is here already.
    expires_at: int


def offer(shop: Shop, provider: str, day: str, *, sha256: str, size_bytes: int, now: int) -> Offered:
    """A form that takes this file, whose digest is *sha256* in hexadecimal digits, and no other one."""
    require_over(provider, day, now)
    if store_of(shop).size_of_bill(provider, day, sha256) is not None:
        return Offered(None, now)
    fields = {
        "key": bill_key(provider, day, sha256),
        "Content-Type": "application/octet-stream",
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": b64encode(bytes.fromhex(sha256)).decode(),
    }
    form = presigned_form(
        shop.outside.identity(),
        f"{shop.settings.books_url}/",
        shop.settings.books_bucket,
        fields,
        size_bytes=size_bytes,
        now=now,
        seconds=UPLOAD_SECONDS,
    )
    return Offered(form, now + UPLOAD_SECONDS)


def compare(shop: Shop, provider: str, day: str, *, sha256: str, by: str, now: int) -> Reconciled | None:
    """Compare now; *sha256*: with this uploaded bill, "" with the newest. None: it is large, the hourly run does it.

    Raises ``DayNotOver``, ``BillMissing``, ``Conflict``.
    """
    require_over(provider, day, now)
    store = store_of(shop)
    if sha256:
        size = store.size_of_bill(provider, day, sha256)
        if size is None:
            raise BillMissing("no such bill was uploaded", day=day)
        store.add_file(provider, day, BillFile(sha256, size, "uploaded", now))
    files = store.files_of(provider, day)
    if files and files[-1].size_bytes > COMPARED_AT_ONCE_BYTES_MAX:
        return None
    return reconcile(shop, provider, day, by=by, now=now)


def explain(shop: Shop, provider: str, day: str, name: str, *, reason: str, by: str, now: int) -> bool:
    """Say why the difference *name* is none; it stays in the reports. Again, in other words: the newest counts.
    False: the same person has said so before.

    Raises ``DifferenceUnknown``, ``Conflict``.
    """
    store = store_of(shop)
    known = next((one for one in store.remembered(provider, day, day) if one.id == name), None)
    if known is None or not known.is_open:
        raise DifferenceUnknown("no such difference is open")
    seen = known.seen
    is_new = (seen.explained_by, seen.reason) != (by, reason) or known.is_unexplained
    if is_new:
        store.explain(provider, known, by=by, reason=reason, now=now)
    return is_new


def require_over(provider: str, day: str, now: int) -> None:
    """Raises ``DayNotOver``, ``NotFound`` for a provider without bills, ``Malformed`` for what is no day."""
    if provider not in NAMES:
        raise NotFound("this provider sends no bills")
    if now < span_of(provider, day).until:
        raise DayNotOver("this day is not over", ready_at=ready_at(provider, day))
