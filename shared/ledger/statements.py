"""What a merchant's account did since the statement before, line by line, in figures that add up (RULES 11.2).

    opening + every line = closing = what we owe the merchant        below zero: what the merchant owes, carried on

A statement lists postings (``shared.ledger.postings``) that no statement before it lists, and nets what stood beside
the account: a claim after a refund, commission that is billed, reserve whose time has come. Its own voucher, the only
entries that it makes, moves just that:

    claim:<sub-order>   -c        reserve:<m>     +r
    commission_due:<m>  -d        merchant:<m>    +c +d -r

Payouts are not taken from postings but from their own rows, which stand in the same partition as the statement: what
was asked for counts in the first statement that is drawn up afterwards, whatever the stream of vouchers does.

Days are days in China, where merchants, banks and tax offices count them: UTC+8, all the year round. A day's statement
has what was booked until its end; what the bookkeeper brings later is in a later one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

from shared.aftersale.return_policy import CHINA_SECONDS
from shared.changes import Entry, Voucher
from shared.ledger.accounts import Account
from shared.ledger.payouts import Payout, PayoutState
from shared.model import sub_order_id

POSTINGS_MAX = 1000  # In one statement: its lines and its voucher fit one transaction.
LATE_DAYS = 7  # So late a posting may come: a stream keeps a voucher for one, people repair in the others.
CHINA = timezone(timedelta(seconds=CHINA_SECONDS))
STATEMENT = "statement"  # The kind of its own voucher.
SETTLED = "settled"
COMMISSION_BILLED, RESERVE_RELEASED = "commission_billed", "reserve_released"
PAYOUT_ASKED, PAYOUT_FAILED = "payout_asked", "payout_failed"
NO_POSTINGS = {STATEMENT, PAYOUT_ASKED, "payout_paid", PAYOUT_FAILED}  # Their statement knows them without.
CLAIM = "claim:"
RESERVE_DAYS = "reserve_days"  # Of a settlement's breakdown: no amount.


class Posting(NamedTuple):
    """What one voucher did to the merchant's accounts. *at* is when we booked it, epoch seconds UTC."""

    voucher_id: str
    kind: str
    at: int
    entries: tuple[Entry, ...]
    order_id: str = ""
    sub_order: int = 0
    breakdown: Mapping[str, int] = {}  # Never written.


class Line(NamedTuple):
    """*amount_minor* is what it adds to the account; below zero: takes. *kind*: above, or of a claim its voucher's."""

    kind: str
    amount_minor: int
    at: int
    voucher_id: str = ""
    order_id: str = ""
    sub_order_id: str = ""
    reserve_minor: int = 0  # Kept back besides.
    breakdown: Mapping[str, int] = {}  # Of a settlement.
    payout: int = 0  # Its number.


class Statement(NamedTuple):
    """The head of one. *sums* adds up its lines by kind, *breakdown* its settlements, name by name."""

    number: int
    day: str  # The last one that it covers, YYYY-MM-DD.
    at: int
    opening_minor: int
    closing_minor: int
    sums: Mapping[str, int]
    breakdown: Mapping[str, int]
    postings: int
    lines: int
    reserves: Mapping[str, int]  # What is still kept back, by the day whose statement releases it.
    payouts_counted: int  # All up to this number have been taken off the account,
    payouts_waiting: tuple[int, ...]  # and these of them had no end then.

    @property
    def is_full(self) -> bool:
        """There may be more to state at once."""
        return self.postings == POSTINGS_MAX


class Drawn(NamedTuple):
    """A statement that is ready to be written. *voucher*: None, when nothing stood beside the account."""

    head: Statement
    lines: tuple[Line, ...]
    voucher: Voucher | None


def draw_up(
    account: Account,
    last: Statement | None,
    postings: Sequence[Posting],
    payouts: Sequence[Payout],
    *,
    day: date,
    now: int,
) -> Drawn | None:
    """The statement after *last*; None: there is nothing to state.

    *postings*: at most ``POSTINGS_MAX``, none of them listed before. *payouts*: all that *last* did not count, and
    those that it left waiting, as they stand.
    """
    assert len(postings) <= POSTINGS_MAX
    reserves, released = _reserves(account, last, postings, day)
    counted = last.payouts_counted if last else 0
    lines = (
        *_listed(account, postings),
        *((Line(RESERVE_RELEASED, released, now),) if released else ()),
        *_payout_lines(payouts, counted),
    )
    if not lines:
        return None
    opening = last.closing_minor if last else 0
    sums = _sums((line.kind, line.amount_minor) for line in lines)
    named = ((n, x) for line in lines for n, x in line.breakdown.items() if n != RESERVE_DAYS)
    head = Statement(
        number=last.number + 1 if last else 1,
        day=day.isoformat(),
        at=now,
        opening_minor=opening,
        closing_minor=opening + sum(line.amount_minor for line in lines),
        sums=sums,
        breakdown=_sums(named),
        postings=len(postings),
        lines=len(lines),
        reserves=reserves,
        payouts_counted=max([counted, *(payout.number for payout in payouts)]),
        payouts_waiting=tuple(sorted(p.number for p in payouts if p.state is PayoutState.ASKED)),
    )
    return Drawn(head, lines, _netting(account, postings, released))


def _listed(account: Account, postings: Iterable[Posting]) -> list[Line]:
    """In the order in which they were booked."""
    found = (line for posting in postings for line in lines_of(account, posting))
    return sorted(found, key=lambda line: (line.at, line.voucher_id, line.kind, line.sub_order_id))


def lines_of(account: Account, posting: Posting) -> tuple[Line, ...]:
    """What *posting* means to the merchant. None: it is a statement's own, or a payout's."""
    if posting.kind in NO_POSTINGS:
        return ()
    sums = _sums(posting.entries)
    about = Line(posting.kind, 0, posting.at, posting.voucher_id, posting.order_id)
    if posting.sub_order:
        about = about._replace(sub_order_id=sub_order_id(posting.order_id, posting.sub_order))
    owed, kept = -sums.pop(account.owed, 0), -sums.pop(account.reserve, 0)
    due = sums.pop(account.commission_due, 0)
    found = list[Line]()
    if owed or kept or posting.kind == SETTLED:
        found.append(about._replace(amount_minor=owed, reserve_minor=kept, breakdown=posting.breakdown))
    if due:
        found.append(about._replace(kind=COMMISSION_BILLED, amount_minor=-due))
    for name, amount in sorted(sums.items()):
        if name.startswith(CLAIM):
            found.append(about._replace(amount_minor=-amount, sub_order_id=name.removeprefix(CLAIM)))
    return tuple(found)


def _netting(account: Account, postings: Iterable[Posting], released_minor: int) -> Voucher | None:
    """Everything that *postings* left beside the account is moved into it, and what is released of the reserve."""
    beside = Counter[str]({account.reserve: -released_minor})
    for posting in postings:
        if posting.kind not in NO_POSTINGS:
            for name, amount in posting.entries:
                if name == account.commission_due or name.startswith(CLAIM):
                    beside[name] += amount
    closed = [Entry(name, -amount) for name, amount in sorted(beside.items()) if amount]
    if not closed:
        return None
    into = Entry(account.owed, -sum(entry.amount_minor for entry in closed))
    entries = (*closed, into) if into.amount_minor else tuple(closed)
    return Voucher(STATEMENT, account.currency, entries, merchant_id=account.merchant_id)


def _reserves(
    account: Account, last: Statement | None, postings: Iterable[Posting], day: date
) -> tuple[dict[str, int], int]:
    """What stays kept back after *day*, by the day of its release; and what is released now, in whole days."""
    kept = Counter[str](last.reserves if last else {})
    for posting in postings:
        if posting.kind not in NO_POSTINGS:
            until = day_of(posting.at) + timedelta(days=posting.breakdown.get(RESERVE_DAYS, 0))
            kept[until.isoformat()] -= _sums(posting.entries).get(account.reserve, 0)
    due = sum(amount for until, amount in kept.items() if until <= day.isoformat())
    rest = {until: amount for until, amount in sorted(kept.items()) if until > day.isoformat() and amount}
    return rest, due


def _payout_lines(payouts: Iterable[Payout], counted: int) -> Iterator[Line]:
    for payout in sorted(payouts):
        if payout.number > counted:
            yield Line(PAYOUT_ASKED, -payout.amount_minor, payout.asked_at, payout=payout.number)
        if payout.state is PayoutState.FAILED:
            yield Line(PAYOUT_FAILED, payout.amount_minor, payout.ended_at, payout=payout.number)


def _sums(named: Iterable[tuple[str, int]]) -> dict[str, int]:
    """What has a sum at all, by name; also when it is 0."""
    sums = Counter[str]()
    for name, amount in named:
        sums[name] += amount
    return dict(sorted(sums.items()))


def day_of(moment: int) -> date:
    """
    >>> day_of(1_795_190_399).isoformat(), day_of(1_795_190_400).isoformat()
    ('2026-11-20', '2026-11-21')
    """
    return datetime.fromtimestamp(moment, CHINA).date()


def last_day_over(now: int) -> date:
    """The day that statements are drawn up for at *now*."""
    return day_of(now) - timedelta(days=1)


def end_of(day: date) -> int:
    """The first moment after *day*."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1)
    return int(midnight.timestamp())


def books_between(first: date, last: date) -> tuple[str, ...]:
    """The days, as the bookkeeper counts them (UTC), that have what was booked from *first* to *last*, in China.

    >>> books_between(date(2026, 11, 21), date(2026, 11, 22))
    ('2026-11-20', '2026-11-21', '2026-11-22')
    """
    start = datetime.fromtimestamp(end_of(first - timedelta(days=1)), UTC).date()
    end = datetime.fromtimestamp(end_of(last) - 1, UTC).date()
    return tuple((start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1))
