"""The root of each day that is over: so far, and in this state, the chain of vouchers was.

A root is only written where the chain continues from the root before. Otherwise somebody changed history: nothing is
sealed, and people are called (docs/runbooks/chain-broken.md).
"""

from datetime import UTC, datetime
from typing import NamedTuple

from shared.commands import Shop
from shared.ledger.chain import CHAINS, Head, Root, days_to_seal, root_of
from shared.store.books import BookStore
from shared.store.roots import RootStore

DAYS_MAX = 31  # In one call; an hour later come the next.


class Sealing(NamedTuple):
    """The days that have got their root just now; and why there are no more, if history was changed."""

    days: tuple[str, ...] = ()
    broken: str = ""


def seal_days(shop: Shop, now: int) -> Sealing:
    """Write the roots that are missing. May run twice at once, late, and after days of not running.

    Raises ``Unavailable``; then the next hour does it.
    """
    books = BookStore(shop.outside, shop.settings.ledger_table)
    roots = RootStore(shop.outside, shop.settings.books_bucket)
    today = day_of(now)
    try:
        last = roots.last(today)
        first = _first_day(books) if last is None else last.day
        days = days_to_seal(first, last.day if last else None, today) if first else ()
        if not days:
            return Sealing()
        heads = {number: books.head(number) for number in range(CHAINS)}
        if last and (broken := _broken(books, last)):
            return Sealing(broken=broken)
    except ValueError as wrong:
        return Sealing(broken=f"the last root, or a link, cannot be read: {wrong}")
    return Sealing(_seal(roots, days[:DAYS_MAX], heads, last, now=now, lock_days=shop.settings.root_days))


def day_of(moment: int) -> str:
    """
    >>> day_of(1_795_300_200)
    '2026-11-21'
    """
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _seal(
    roots: RootStore,
    days: tuple[str, ...],
    heads: dict[int, Head],
    last: Root | None,
    *,
    now: int,
    lock_days: int,
) -> tuple[str, ...]:
    """Where another one was faster, its root may say more than ours: the next hour goes on from it."""
    sealed: list[str] = []
    for day in days:
        root = root_of(day, heads, last)
        if not roots.put(root, now=now, days=lock_days):
            break
        sealed, last = [*sealed, day], root
    return tuple(sealed)


def _first_day(books: BookStore) -> str:
    """The day of the first link of all; "" when nothing was ever chained."""
    first = [link.at for number in range(CHAINS) if (link := books.first_link(number))]
    return day_of(min(first)) if first else ""


def _broken(books: BookStore, last: Root) -> str:
    for number, (seq, hashed) in sorted(last.chains.items()):
        if not seq:
            continue
        link = books.link(number, seq)
        if link is None or link.hash != hashed:
            return f"link {seq} of chain {number} is not what it was on {last.day}"
    return ""
