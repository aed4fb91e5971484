"""Which books does a voucher go into? A merchant's, by day, and a provider's, by day: what statements and bills are
compared with.

    book                      key                                      day
    merchant:<m>#<CUR>        ACCOUNT#merchant:<m>#<CUR>#<yyyy-mm-dd>  when we booked it, UTC
    clearing:<provider>       ACCOUNT#clearing:<provider>#<day>        when it moved there, where the provider lives

A posting is the voucher with those entries alone that are the book's. Its sort key is the voucher's number, so entering
it twice changes nothing. A merchant's book has ``merchant:``, ``reserve:``, ``commission_due:`` and ``payout:`` of the
merchant, and ``claim:<sub-order>`` of what is his. Whose a sub-order is, the voucher says itself (``owners``): the
order may be in the archive when somebody adds the books up again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from shared.payment.bills.days import zone_of

OF_A_MERCHANT = ("merchant", "reserve", "commission_due", "payout")
CLEARING, CLAIM = "clearing", "claim"
CARRIED = (
    *("voucher_id", "kind", "at", "happened_at", "currency", "order_id", "document", "breakdown"),
    *("sub_order", "merchant_id"),
)
SUB_ORDER = re.compile(r"(?P<order>[^:]+)-(?P<number>[0-9]{2,})")
YEAR_9999 = 253_370_764_800  # Nothing later has a day.


class NotAVoucher(ValueError):
    """A row has a voucher's key, and is none: attributes are missing or of the wrong kind, or it does not balance."""


class Posting(NamedTuple):
    book: str
    day: str
    values: Mapping[str, Any]

    @property
    def pk(self) -> str:
        return f"ACCOUNT#{self.book}#{self.day}"

    @property
    def sk(self) -> str:
        return str(self.values["voucher_id"])


def checked(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *values*, the attributes of a voucher; raise ``NotAVoucher``."""
    for name in ("voucher_id", "kind", "currency"):
        if not isinstance(values.get(name), str) or not values[name]:
            raise NotAVoucher(f"{name} is missing or wrong")
    for name, default in (("at", None), ("happened_at", 0)):
        if not _is_moment(values.get(name, default)):
            raise NotAVoucher(f"{name} is missing or wrong")
    entries = values.get("entries")
    if not isinstance(values.get("owners", {}), Mapping):
        raise NotAVoucher("owners are wrong")
    if not isinstance(entries, tuple | list) or not entries or not all(map(_is_entry, entries)):
        raise NotAVoucher("entries are missing or wrong")
    if sum(amount for _, amount in entries):
        raise NotAVoucher("it does not balance")
    return values


def _is_moment(value: object) -> bool:
    return type(value) is int and 0 <= value < YEAR_9999


def _is_entry(entry: object) -> bool:
    match entry:
        case [str(), amount]:
            return type(amount) is int
    return False


def postings_of(values: Mapping[str, Any]) -> Iterator[Posting]:
    """The postings of one voucher. A claim of which it does not say whose it is, is in no book.

    >>> paid = {"voucher_id": "o-v3", "kind": "captured", "currency": "CNY", "at": 1_795_363_200, "order_id": "o",
    ...         "document": "payment:o01", "entries": (("clearing:alipay", 500), ("escrow:o-01", -500))}
    >>> [(one.pk, one.sk, one.values["entries"]) for one in postings_of(paid)]
    [('ACCOUNT#clearing:alipay#2026-11-23', 'o-v3', (('clearing:alipay', 500),))]
    """
    own = dict(owners_in(values))
    by_book: dict[str, list[tuple[str, int]]] = {}
    for account, amount in checked(values)["entries"]:
        if book := _book_of(account, values["currency"], own):
            by_book.setdefault(book, []).append((account, amount))
    carried = {name: values[name] for name in CARRIED if values.get(name) is not None}
    for book, entries in by_book.items():
        yield Posting(book, _day(book, values), carried | {"entries": tuple(entries)})


def owners_in(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(sub-order, merchant) of those that a voucher claims something of, as far as it says."""
    merchant = values.get("merchant_id")
    if merchant and not values.get("order_id"):  # A statement's: all that is in it is the merchant's.
        yield from ((sub_order, merchant) for sub_order in claimed_in(values))
    yield from values.get("owners", {}).items()


def claimed_in(values: Mapping[str, Any]) -> Iterator[str]:
    """The sub-orders of which a voucher moves what their merchants owe."""
    for account, _ in values["entries"]:
        kind, _, what = account.partition(":")
        if kind == CLAIM and SUB_ORDER.fullmatch(what):
            yield what


def unowned(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Those of ``claimed_in`` of which it does not say whose they are: for people."""
    own = dict(owners_in(values))
    return tuple(sub_order for sub_order in claimed_in(values) if sub_order not in own)


def merchant_books(postings: Iterable[Posting]) -> dict[str, str]:
    """The merchants' books among *postings*, each with the first day that it has a posting on."""
    books: dict[str, str] = {}
    for one in postings:
        if one.book.startswith("merchant:"):
            books[one.book] = min(one.day, books.get(one.book, one.day))
    return books


def _book_of(account: str, currency: str, owners: Mapping[str, str]) -> str | None:
    kind, _, what = account.partition(":")
    if not what:
        return None
    if kind in OF_A_MERCHANT:
        return f"merchant:{what}#{currency}"
    if kind == CLEARING:
        return account
    merchant = owners.get(what) if kind == CLAIM else None
    return f"merchant:{merchant}#{currency}" if merchant else None


def _day(book: str, values: Mapping[str, Any]) -> str:
    kind, _, provider = book.partition(":")
    zone: tzinfo = UTC
    moment: int = values["at"]
    if kind == CLEARING:
        zone, moment = zone_of(provider), values.get("happened_at") or moment
    return datetime.fromtimestamp(moment, zone).date().isoformat()
