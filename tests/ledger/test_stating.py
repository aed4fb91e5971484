"""Statements hour after hour: whatever comes late, twice at once or not at all, everything is stated once."""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.changes import Entry
from shared.errors import NotFound, OrderError
from shared.ledger import statements, stating, withdrawing
from shared.ledger.accounts import Account
from shared.ledger.payouts import PayoutState
from shared.ledger.statements import Posting
from shared.ledger.stating import close, state, statements_of, to_close
from shared.store.statements import Known
from tests.builders import SETTINGS
from tests.ledger.plain_books import DAY, MIDNIGHT, TEA, TOYS, Books, a_sale


@pytest.fixture
def books() -> Books:
    return Books()


class Hours(NamedTuple):
    """Hours of one account's life: what is booked, how late it comes, and what else happens."""

    postings: tuple[tuple[int, int, int, tuple[int, int, int, int]], ...]
    closings: tuple[int, ...]  # Besides the one of each day's first hour,
    missed: frozenset[int]  # which these days have not,
    raced: frozenset[int]  # and which on these days two do at once.
    deeds: tuple[tuple[int, str, int], ...]


AMOUNTS = st.tuples(*[st.integers(-300, 900)] * 2, st.integers(0, 300), st.integers(-300, 300))
LIVES = st.builds(
    Hours,
    st.lists(
        st.tuples(st.integers(0, 240), st.integers(0, 143), st.integers(0, 5), AMOUNTS), max_size=25
    ).map(tuple),
    st.lists(st.integers(0, 400), max_size=12).map(tuple),
    st.frozensets(st.integers(0, 18), max_size=6),
    st.frozensets(st.integers(0, 18), max_size=9),
    st.lists(
        st.tuples(st.integers(0, 420), st.sampled_from(["ask", "paid", "failed"]), st.integers(100, 2000)),
        max_size=12,
    ).map(tuple),
)


def posted(number: int, at: int, days: int, amounts: tuple[int, int, int, int]) -> Posting:
    owed, claimed, reserve, due = amounts
    entries = (
        Entry("merchant:m-tea", -owed),
        Entry(f"claim:O-{number % 3:02}", claimed),
        Entry("reserve:m-tea", -reserve),
        Entry("commission_due:m-tea", due),
    )
    kept = tuple(entry for entry in entries if entry.amount_minor)
    return Posting(f"O-v{number:03}", "settled", at, kept, "O", 1, {"reserve_days": days})


def live(books: Books, hours: Hours) -> None:
    """Let everything happen in its hour; statements are drawn up in some hours, sometimes by two at once."""
    arrivals: dict[int, list[Posting]] = {}
    for number, (hour, late, days, amounts) in enumerate(hours.postings):
        posting = posted(number, MIDNIGHT + hour * 3600 + number, days, amounts)
        arrivals.setdefault(hour + late, []).append(posting)
    for hour in range(24 * 26):
        now = MIDNIGHT + hour * 3600 + 1800
        for posting in arrivals.get(hour, []):
            books.book(posting)
        day, is_first = hour // 24, hour % 24 == 0
        if is_first and day in hours.raced:
            books.tables.before_write = lambda now=now: books.close(now)  # type: ignore[misc]
        if hour in hours.closings or (is_first and day not in hours.missed):
            books.close(now)
        books.tables.before_write = None
        for _, deed, amount in (one for one in hours.deeds if one[0] == hour):
            try_to(books, deed, amount, now)


def try_to(books: Books, deed: str, amount: int, now: int) -> None:
    try:
        if deed == "ask":
            books.withdraw(now, amount, key=f"{now} {amount}")
            stands = withdrawing.standing(books.shop, TEA)
            assert stands.balance_minor >= 0, "more was promised than was there"
        else:
            books.end(amount % 3 + 1, PayoutState(deed), now, key=f"{now} {amount}")
    except OrderError:
        pass  # There was nothing to withdraw, or to end.


def everything_adds_up(books: Books, hours: Hours) -> None:
    wanted = {f"O-v{n:03}" for n, (_, _, _, amounts) in enumerate(hours.postings)}
    listings: Counter[str] = Counter()
    heads, store = books.heads(), statements_of(books.shop)
    closing = 0
    for number, head in enumerate(heads, 1):
        lines = list(store.all_lines(TEA, head.number))
        listings.update({line.voucher_id for line in lines if line.voucher_id})
        assert (head.number, head.opening_minor, head.lines) == (number, closing, len(lines))
        closing += sum(line.amount_minor for line in lines)
        assert closing == head.closing_minor == head.opening_minor + sum(head.sums.values())
    assert listings == dict.fromkeys(wanted, 1)
    assert [head.day for head in heads] == sorted(head.day for head in heads)
    balances = books.balances()
    stands = withdrawing.standing(books.shop, TEA) if wanted else None
    assert -balances["merchant:m-tea"] == (stands.balance_minor if stands else 0)
    asked = sum(payout.amount_minor for payout in stands.waiting) if stands else 0
    assert -balances["payout:m-tea"] == asked
    beside = {name: n for name, n in balances.items() if n and name.startswith(("claim", "comm", "reserve"))}
    assert beside == {}


@settings(max_examples=60)
@given(LIVES, st.sampled_from([1000, 3]))
def test_everything_is_stated_once_and_the_account_is_what_the_statements_say(hours, at_once):
    """Lateness up to six days, missed hours, two at once, payouts in between, statements of few postings."""
    books = Books()
    with pytest.MonkeyPatch.context() as patched:
        for module in (statements, stating):
            patched.setattr(module, "POSTINGS_MAX", at_once)

        live(books, hours)

    everything_adds_up(books, hours)


def test_a_day_is_stated_once_it_is_over_and_not_before(books):
    books.book(a_sale(1, MIDNIGHT + 100))
    books.book(a_sale(2, MIDNIGHT + DAY - 1))
    books.book(a_sale(3, MIDNIGHT + DAY))

    before, after = books.close(MIDNIGHT + DAY - 1), books.close(MIDNIGHT + DAY)

    assert before == []
    assert [(head.day, head.postings) for head in after] == [("2026-11-02", 2)]
    assert set(books.listed()) == {"O-v1", "O-v2"}


def test_there_is_one_statement_a_day_and_what_comes_late_is_in_the_next(books):
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)
    books.book(a_sale(2, MIDNIGHT + 5))

    again = [books.close(MIDNIGHT + DAY + hour * 3600) for hour in range(1, 24)]
    [late] = books.close(MIDNIGHT + 2 * DAY)

    assert again == [[]] * 23
    assert (late.day, late.postings) == ("2026-11-03", 1)


def test_a_day_that_was_looked_at_is_not_looked_at_again(books):
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)

    assert to_close(books.shop, MIDNIGHT + DAY + 3600) is None
    assert to_close(books.shop, MIDNIGHT + 2 * DAY) is not None


def test_more_than_a_thousand_postings_are_several_statements_at_once(books):
    for number in range(2005):
        books.book(a_sale(number, MIDNIGHT + number, owed=1))

    heads = books.close(MIDNIGHT + DAY)

    assert [(head.number, head.postings, head.closing_minor) for head in heads] == [
        (1, 1000, 1000),
        (2, 1000, 2000),
        (3, 5, 2005),
    ]
    assert {head.day for head in heads} == {"2026-11-02"}
    assert set(books.listed().values()) == {1}
    assert len(books.listed()) == 2005


def test_whoever_dies_between_two_statements_of_a_day_has_the_rest_stated_an_hour_later(books, monkeypatch):
    monkeypatch.setattr(statements, "POSTINGS_MAX", 2)
    monkeypatch.setattr(stating, "POSTINGS_MAX", 2)
    for number in range(3):
        books.book(a_sale(number, MIDNIGHT + number))
    closing = to_close(books.shop, MIDNIGHT + DAY)
    known = next(statements_of(books.shop).accounts())

    first = state(books.shop, known, closing, now=MIDNIGHT + DAY, may_go_on=lambda: False)
    second = books.close(MIDNIGHT + DAY + 3600)

    assert [[head.postings for head in heads] for heads in (first, second)] == [[2], [1]]
    assert books.listed() == {"O-v0": 1, "O-v1": 1, "O-v2": 1}


def test_who_waits_for_the_bank_is_still_followed_after_several_statements_at_once(books, monkeypatch):
    books.book(a_sale(0, MIDNIGHT))
    books.close(MIDNIGHT + DAY)
    books.withdraw(MIDNIGHT + DAY + 60)
    monkeypatch.setattr(statements, "POSTINGS_MAX", 2)
    monkeypatch.setattr(stating, "POSTINGS_MAX", 2)
    for number in range(1, 6):
        books.book(a_sale(number, MIDNIGHT + DAY + number))

    heads = books.close(MIDNIGHT + 2 * DAY)
    books.end(1, PayoutState.FAILED, MIDNIGHT + 2 * DAY + 60)

    assert [head.payouts_waiting for head in heads] == [(1,), (1,), (1,)]
    assert withdrawing.standing(books.shop, TEA).balance_minor == 6000


def test_of_two_that_draw_up_the_same_statement_one_is_written(books):
    books.book(a_sale(1, MIDNIGHT))
    books.tables.before_write = lambda: books.close(MIDNIGHT + DAY)

    written = books.close(MIDNIGHT + DAY)

    assert written == []
    assert [head.postings for head in books.heads()] == [1]
    assert books.listed() == {"O-v1": 1}


def test_who_dies_while_writing_has_written_nothing(books):
    books.book(a_sale(1, MIDNIGHT))
    before = dict(books.tables.rows[SETTINGS.ledger_table])

    def die() -> None:
        raise KeyboardInterrupt

    books.tables.before_write = die
    with pytest.raises(KeyboardInterrupt):
        books.close(MIDNIGHT + DAY)
    assert books.tables.rows[SETTINGS.ledger_table] == before
    [head] = books.close(MIDNIGHT + DAY + 3600)

    assert (head.number, head.closing_minor) == (1, 1000)


def test_an_hour_goes_on_where_the_one_before_had_to_stop(books):
    for number in range(5):
        books.book(a_sale(1, MIDNIGHT), Account(f"m-{number}", "CNY"))
    seen: list[str] = []

    def attempt(known: Known) -> bool:
        seen.append(known.account.merchant_id)
        return True

    for hour, enough in enumerate((2, 4, 9)):
        closing = to_close(books.shop, MIDNIGHT + DAY + hour * 3600)
        close(
            books.shop,
            closing,
            attempt,
            now=MIDNIGHT + DAY + hour * 3600,
            may_go_on=lambda enough=enough: len(seen) < enough,
        )

    assert seen == ["m-0", "m-1", "m-2", "m-3", "m-4"]
    assert to_close(books.shop, MIDNIGHT + DAY + 3 * 3600) is None


def test_one_account_in_trouble_is_met_again_and_its_books_are_read_from_where_they_were_whole(books):
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)

    def fail(known: Known) -> bool:
        return False

    for day in range(2, 30):
        now = MIDNIGHT + day * DAY
        close(books.shop, to_close(books.shop, now), fail, now=now, may_go_on=lambda: True)
        again = to_close(books.shop, now + 3600)
        assert (again.after, again.failed) == ("", 0)

    assert again.since == date(2026, 11, 2) - timedelta(days=7)


def test_what_comes_seven_days_late_is_stated_all_the_same(books):
    books.book(a_sale(1, MIDNIGHT + DAY))
    for day in range(1, 9):
        books.close(MIDNIGHT + day * DAY)
    books.book(a_sale(2, MIDNIGHT + 60))  # Of the first day of all; eight days are closed.

    [found] = books.close(MIDNIGHT + 9 * DAY)

    assert (found.number, found.day, found.postings) == (2, "2026-11-10", 1)


def test_what_is_older_than_a_week_is_found_when_people_name_the_day(books):
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)
    for day in range(2, 40):
        books.close(MIDNIGHT + day * DAY)
    books.book(a_sale(2, MIDNIGHT + 60))
    books.book(a_sale(3, MIDNIGHT + 39 * DAY + 60))
    now = MIDNIGHT + 40 * DAY

    [todays] = books.close(now)
    [found] = books.close(now + 60, since=date(2026, 11, 1))

    assert (todays.number, todays.postings) == (2, 1)
    assert (found.number, found.postings, found.day) == (3, 1, todays.day)
    assert books.listed() == {"O-v1": 1, "O-v2": 1, "O-v3": 1}
    assert books.close(now + 120, since=date(2026, 11, 1)) == []


def test_the_first_closing_of_all_reads_from_the_accounts_first_day(books):
    books.book(a_sale(1, MIDNIGHT))

    [head] = books.close(MIDNIGHT + 200 * DAY)

    assert head.postings == 1


def test_accounts_are_apart_by_merchant_and_currency(books):
    euros = Account("m-tea", "EUR")
    books.book(a_sale(1, MIDNIGHT))
    books.book(a_sale(2, MIDNIGHT, owed=70), euros)
    books.close(MIDNIGHT + DAY)

    assert [stands.balance_minor for stands in withdrawing.standings(books.shop, "m-tea")] == [1000, 70]
    assert withdrawing.standings(books.shop, "m-te") == ()
    with pytest.raises(NotFound):
        withdrawing.standing(books.shop, TOYS)
