"""Withdrawals and payouts while others withdraw, end and state at the same moment."""

from collections.abc import Iterable
from typing import Any

import pytest

from shared.errors import Conflict, KeyReused, OrderError
from shared.ledger import withdrawing
from shared.ledger.payouts import PayoutState
from shared.ledger.stating import statements_of
from tests.ledger.plain_books import DAY, MIDNIGHT, TEA, TOYS, Books, a_sale, with_a_thousand


@pytest.fixture
def books() -> Books:
    return Books()


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
