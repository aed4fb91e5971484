"""Statements hour after hour: whatever comes late, twice at once or not at all, everything is stated once."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.changes import Caller, Entry, Request
from shared.commands import Shop
from shared.errors import Conflict, KeyReused, NotFound, OrderError
from shared.ledger import statements, stating, withdrawing
from shared.ledger.accounts import Account
from shared.ledger.payouts import Ending, PayoutState
from shared.ledger.statements import Posting, Statement
from shared.ledger.stating import close, state, statements_of, to_close
from shared.lifecycle import Actor
from shared.store.items import from_item, to_item
from shared.store.statements import Known
from tests.builders import SETTINGS, a_shop
from tests.ledger.plain_table import PlainTables

DAY = 86_400
MIDNIGHT = int(datetime(2026, 11, 1, 16, tzinfo=UTC).timestamp())  # 2 November begins in China.
TEA, TOYS = Account("m-tea", "CNY"), Account("m-toys", "CNY")
MERCHANT, OPERATOR = Caller(Actor.MERCHANT, "staff-1", "m-tea"), Caller(Actor.OPERATOR, "op-1")


class Books:
    """A ledger and its bookkeeper: what was booked when, and when the bookkeeper brought it."""

    def __init__(self) -> None:
        self.tables = PlainTables()
        self.shop: Shop = a_shop(self.tables)  # type: ignore[arg-type]
        self.vouchers: list[tuple[Entry, ...]] = []

    def book(self, posting: Posting, account: Account = TEA) -> None:
        day = datetime.fromtimestamp(posting.at, UTC).date().isoformat()
        keys = {"pk": f"ACCOUNT#{account.book}#{day}", "sk": posting.voucher_id}
        self.tables.put(SETTINGS.ledger_table, to_item(keys | posting._asdict()))
        known = {"pk": "BOOKS", "sk": account.book, "since": day}
        if (known["pk"], known["sk"]) not in self.tables.rows[SETTINGS.ledger_table]:
            self.tables.put(SETTINGS.ledger_table, to_item(known))
        self.vouchers.append(posting.entries)

    def close(self, now: int, **how: Any) -> list[Statement]:
        """One hour's run, to its end."""
        closing, written = to_close(self.shop, now, **how), list[Statement]()
        if closing is None:
            return []

        def attempt(known: Known) -> bool:
            written.extend(state(self.shop, known, closing, now=now))
            return True

        close(self.shop, closing, attempt, now=now, may_go_on=lambda: True)
        return written

    def heads(self, account: Account = TEA) -> list[Statement]:
        return list(statements_of(self.shop).page(account, before=0, limit=1000))[::-1]

    def listed(self, account: Account = TEA) -> Counter[str]:
        store = statements_of(self.shop)
        lines = [line for head in self.heads(account) for line in store.all_lines(account, head.number)]
        return Counter(line.voucher_id for line in lines if line.voucher_id)

    def balances(self) -> Counter[str]:
        """Every account, from all vouchers: those that were booked here, and those in the table."""
        sums = Counter[str]()
        rows = self.tables.rows[SETTINGS.ledger_table]
        own = [from_item(row)["entries"] for (_, sk), row in rows.items() if sk.startswith("VOUCHER#")]
        for entries in (*self.vouchers, *own):
            for account, amount in entries:
                sums[account] += amount
        return sums

    def withdraw(self, now: int, amount: int | None = None, key: str = "") -> Any:
        request = Request(MERCHANT, key or f"w-{now}", f"withdraw {amount}")
        return withdrawing.withdraw(self.shop, TEA, amount, caller=MERCHANT, now=now, request=request)

    def end(self, number: int, state: PayoutState, now: int, key: str = "") -> Any:
        detail = "TR-1" if state is PayoutState.PAID else "other"
        request = Request(OPERATOR, key or f"e-{now}", f"{number} {state}")
        ending = Ending(state, detail)
        return withdrawing.end(self.shop, TEA, number, ending, caller=OPERATOR, now=now, request=request)


@pytest.fixture
def books() -> Books:
    return Books()


def a_sale(number: int, at: int, owed: int = 1000) -> Posting:
    entries = (Entry("merchant:m-tea", -owed),)
    return Posting(f"O-v{number}", "settled", at, entries, "O", number, {"payable": owed})


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


def test_what_is_older_than_a_week_is_found_when_people_name_the_day(books):
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)
    for day in range(2, 40):
        books.close(MIDNIGHT + day * DAY)
    books.book(a_sale(2, MIDNIGHT + 60))
    now = MIDNIGHT + 40 * DAY

    assert books.close(now) == []
    [found] = books.close(now + 60, since=date(2026, 11, 1))

    assert (found.number, found.postings) == (2, 1)
    assert books.listed() == {"O-v1": 1, "O-v2": 1}


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


def with_a_thousand(books: Books) -> int:
    """A thousand may be withdrawn; returns the time."""
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)
    return MIDNIGHT + DAY + 60


def test_two_withdrawals_at_once_never_take_more_than_there_is(books):
    now = with_a_thousand(books)
    books.tables.before_write = lambda: books.withdraw(now, 700, key="other")

    with pytest.raises(OrderError) as refused:
        books.withdraw(now, 600)

    assert (refused.value.code, refused.value.details) == ("withdrawal_too_large", {"withdrawable": 300})
    assert books.withdraw(now, 300, key="rest").payout.number == 2
    assert withdrawing.standing(books.shop, TEA).balance_minor == 0


def test_a_withdrawal_and_a_statement_at_once_are_right_in_either_order(books):
    now = with_a_thousand(books)
    books.book(a_sale(2, now, owed=50))
    midnight = MIDNIGHT + 2 * DAY
    books.tables.before_write = lambda: books.withdraw(midnight, 400, key="other")

    [head] = books.close(midnight)

    assert (head.closing_minor, head.payouts_counted) == (1050, 0)
    assert withdrawing.standing(books.shop, TEA).balance_minor == 650
    [later] = books.close(midnight + DAY)
    assert (later.closing_minor, later.payouts_counted) == (650, 1)


def test_the_same_key_answers_the_same_and_another_request_under_it_is_refused(books):
    now = with_a_thousand(books)
    first = books.withdraw(now, 1000, key="k")

    again = books.withdraw(now + 9, 1000, key="k")
    with pytest.raises(KeyReused):
        books.withdraw(now + 9, 100, key="k")

    assert again == (*first[:2], True)
    assert len(withdrawing.standing(books.shop, TEA).payouts) == 1


def test_two_operators_end_a_payout_and_one_of_them_is_told(books):
    now = with_a_thousand(books)
    books.withdraw(now)
    books.tables.before_write = lambda: books.end(1, PayoutState.PAID, now + 9, key="other")

    with pytest.raises(OrderError) as refused:
        books.end(1, PayoutState.FAILED, now + 9)

    assert (refused.value.code, refused.value.details) == ("payout_ended", {"state": "paid"})
    assert books.balances()["bank"] == -1000


def test_others_who_are_always_faster_end_in_a_refusal(books):
    now = with_a_thousand(books)
    keys = iter(range(99))

    def rival() -> None:
        books.withdraw(now, 100, key=f"rival-{next(keys)}")
        books.tables.before_write = rival

    books.tables.before_write = rival
    with pytest.raises(Conflict):
        books.withdraw(now, 100)


def numbers(payouts: Iterable[Any]) -> list[int]:
    return [payout.number for payout in payouts]


def test_pages_of_payouts_and_statements_follow_each_other(books):
    now = with_a_thousand(books)
    for number in range(10):
        books.withdraw(now + number, 100)
    for day in range(2, 12):
        books.book(a_sale(day, MIDNIGHT + day * DAY - 60, owed=1))
        books.close(MIDNIGHT + day * DAY)
    payouts, store = withdrawing.payouts_of(books.shop), statements_of(books.shop)

    assert numbers(payouts.page(TEA, before=0, limit=4)) == [10, 9, 8, 7]
    assert numbers(payouts.page(TEA, before=7, limit=4)) == [6, 5, 4, 3]
    assert numbers(payouts.page(TEA, before=3, limit=4)) == [2, 1]
    assert numbers(payouts.page(TEA, before=1, limit=4)) == []
    assert numbers(store.page(TEA, before=0, limit=4)) == [11, 10, 9, 8]
    assert numbers(store.page(TEA, before=3, limit=4)) == [2, 1]
    assert numbers(store.page(TEA, before=1, limit=4)) == []
    assert numbers(store.page(TOYS, before=0, limit=4)) == []
