"""Draw up the statements of a day that is over: account by account, each tried by itself, as far as time reaches.

Statements of a day are drawn up once it is over in China. What of it an hour does not reach, the next one goes on with:
how far it came stands in the table. When every account was looked at, nothing more is looked at until the next day.

What has been stated is known by the statements themselves. So it does not matter who stops where, how many run at once,
or how late a posting comes, up to ``LATE_DAYS``: days are read from so long before the last day whose statements are
whole. What comes later is found when people name the day to read from (docs/runbooks/statements-failed.md).
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from shared.commands import Shop
from shared.errors import Conflict
from shared.ledger.accounts import Account
from shared.ledger.payouts import PayoutState
from shared.ledger.statements import (
    LATE_DAYS,
    POSTINGS_MAX,
    Posting,
    Statement,
    books_between,
    draw_up,
    end_of,
    last_day_over,
    lines_of,
)
from shared.store.payouts import PayoutStore
from shared.store.statements import Known, Progress, StatementStore

FIRST_DAYS = (
    31  # So far back the first closing of all reads, of an account that does not say since when it is.
)
RACES_MAX = 3


class Closing(NamedTuple):
    """What is to be done for *day*: accounts behind *after*, whose books are read from the day *since* on."""

    day: date
    since: date | None
    after: str = ""
    failed: int = 0
    is_by_hand: bool = False  # People have named *since*: also an account that has a statement of the day.

    def since_for(self, known: Known) -> date:
        """The first day, in China, whose postings may not have been stated."""
        if self.since is not None:
            return self.since
        first = date.fromisoformat(known.since) if known.since else self.day - timedelta(days=FIRST_DAYS)
        return first - timedelta(days=1)  # A day in China begins on the day before it, UTC.


def to_close(shop: Shop, now: int, *, since: date | None = None) -> Closing | None:
    """What is left to do; None: today there is nothing more. With *since*, every account, read from that day on."""
    day = last_day_over(now)
    if since is not None:
        return Closing(day, since, is_by_hand=True)
    after, failed, whole = "", 0, None
    for number, kept in enumerate(statements_of(shop).progress()):
        if number == 0 and kept.day >= day and kept.is_whole:
            return None
        if number == 0 and kept.day == day and not kept.is_done:  # Done, but for some: those once more.
            after, failed = kept.after, kept.failed
        if kept.is_whole:
            whole = kept.day - timedelta(days=LATE_DAYS)
            break
    return Closing(day, whole, after, failed)


def close(
    shop: Shop,
    closing: Closing,
    attempt: Callable[[Known], bool],
    *,
    now: int,
    may_go_on: Callable[[], bool],
) -> Progress:
    """*attempt* every account that is left, while it *may go on*, and keep how far that came; not if it is by hand.

    False from an attempt: that account was not stated, and has to be looked at again.
    """
    store, after, failed, is_done = statements_of(shop), closing.after, closing.failed, True
    for known in store.accounts(after=after):
        if not may_go_on():
            is_done = False
            break
        failed += not attempt(known)
        after = known.account.book
    progress = Progress(closing.day, now, after, is_done, failed)
    if not closing.is_by_hand:
        store.keep(progress)
    return progress


def state(
    shop: Shop, known: Known, closing: Closing, *, now: int, may_go_on: Callable[[], bool] = lambda: True
) -> tuple[Statement, ...]:
    """Draw up what statements there are to draw up of one account: mostly one, or none. Returns their heads.

    Raises ``Conflict`` when others keep being faster.
    """
    written: tuple[Statement, ...] = ()
    for _ in range(RACES_MAX):
        try:
            for head in _statements(shop, known, closing, now):
                written += (head,)
                if not may_go_on():
                    break
        except Conflict:
            continue
        return written
    raise Conflict("others keep stating this account")


def _statements(shop: Shop, known: Known, closing: Closing, now: int) -> Iterator[Statement]:
    """Write one statement after the other, each as it is asked for."""
    store, account = statements_of(shop), known.account
    last = store.latest(account)
    has_todays = last is not None and last.day >= closing.day.isoformat() and not last.is_full
    if has_todays and not closing.is_by_hand:
        return  # At most one a day: what came late is in tomorrow's.
    payouts = PayoutStore(shop.outside, shop.settings).since(account, last)
    postings = _not_listed(store, account, closing.since_for(known), closing.day)
    while True:
        batch = tuple(islice(postings, POSTINGS_MAX))
        drawn = draw_up(account, last, batch, payouts, day=closing.day, now=now)
        if drawn is None:
            return
        store.write(account, drawn)
        last, payouts = drawn.head, tuple(p for p in payouts if p.state is PayoutState.ASKED)
        yield last
        if not last.is_full:
            return


def _not_listed(store: StatementStore, account: Account, since: date, day: date) -> Iterator[Posting]:
    """Every posting that was booked from *since* to *day*, that says something, and that no statement lists."""
    listed = store.listed(account, since=end_of(since - timedelta(days=1)))
    until = end_of(day)
    for book in books_between(since, day):
        for posting in store.postings(account, book):
            is_new = posting.voucher_id not in listed and posting.at < until
            if is_new and lines_of(account, posting):
                yield posting


def statements_of(shop: Shop) -> StatementStore:
    return StatementStore(shop.outside, shop.settings)
