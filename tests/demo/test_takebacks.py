"""Which purchase a ``C`` invoice takes back: the latest that has enough, or several, or one that is made up."""

from collections import Counter

from local.demo.invoices import Article, Book, Cancellation, Sale, read_book
from local.demo.sample import SAMPLE
from local.demo.takebacks import DAY, Match, sales_for, taken_back

NOON = 1_300_000_000


def articles(**units):
    return tuple(Article(sku, sku, quantity, 100) for sku, quantity in units.items())


def sale(number, day, customer="c", **units):
    return Sale(number, NOON + day * DAY, customer, "GB", articles(**units))


def back(number, day, customer="c", **units):
    return Cancellation(number, NOON + day * DAY, customer, articles(**units), None)


def found(book):
    return [
        (one.number, one.sale, {a.sku: a.quantity for a in one.articles}, one.match)
        for one in taken_back(book)
    ]


def test_the_latest_purchase_with_all_of_it_and_enough_is_taken_back():
    sales = (sale("1", 0, A=5, B=5), sale("2", 1, A=5, B=5), sale("3", 2, A=1, B=5), sale("4", 9, A=9, B=9))
    book = Book(sales, (back("C5", 3, A=2, B=2),), {})

    assert found(book) == [("C5", "2", {"A": 2, "B": 2}, Match.ONE)]


def test_what_was_taken_back_is_not_there_for_the_next():
    sales = (sale("1", 0, A=5), sale("2", 1, A=3))
    book = Book(sales, (back("C3", 2, A=2), back("C4", 3, A=2)), {})

    assert [one[:2] for one in found(book)] == [("C3", "2"), ("C4", "1")]


def test_an_invoice_may_take_back_from_several_purchases():
    book = Book((sale("1", 0, A=5), sale("2", 1, B=5)), (back("C3", 2, A=1, B=2),), {})

    assert found(book) == [("C3", "1", {"A": 1}, Match.SEVERAL), ("C3-2", "2", {"B": 2}, Match.SEVERAL)]


def test_more_than_any_purchase_had_is_asked_of_the_latest_that_had_it():
    book = Book((sale("1", 0, A=2), sale("2", 1, A=3)), (back("C3", 2, A=4),), {})

    assert found(book) == [("C3", "2", {"A": 4}, Match.TOO_MANY)]


def test_what_its_customer_never_bought_is_bought_some_days_before():
    book = Book((sale("1", 0, A=5), sale("2", 1, "d", B=5)), (back("C3", 20, B=2),), {})

    assert found(book) == [("C3", "X-for-C3", {"B": 2}, Match.MADE_UP)]
    assert list(sales_for(book, taken_back(book))) == [sale("X-for-C3", 11, B=2)]


def test_who_is_unknown_has_bought_nothing():
    book = Book((sale("1", 0, "", A=5),), (back("C2", 1, "", A=1),), {})

    assert [one[-1] for one in found(book)] == [Match.MADE_UP]


def test_a_row_that_gives_nothing_back_is_left_out():
    book = Book((sale("1", 0, A=5),), (back("C2", 1, A=1, B=-1),), {})

    assert found(book) == [("C2", "1", {"A": 1}, Match.ONE)]


def test_the_sample_has_all_of_it_but_what_is_of_several_purchases():
    taken = taken_back(read_book(SAMPLE))

    assert Counter(one.match for one in taken) == {Match.ONE: 28, Match.TOO_MANY: 5, Match.MADE_UP: 7}
