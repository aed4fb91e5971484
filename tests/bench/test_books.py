"""Verifying is measured on books that are verified."""

import pytest

from bench import books


def test_rates_are_those_of_books_that_were_found_clean():
    verified = books.measure(1_000)

    assert verified.hashed > verified.whole > 0


def test_books_that_are_not_clean_are_not_measured():
    links = books._links(500)
    links[0]["names"]["L"].pop()

    with pytest.raises(books.BrokenChain, match="findings"):
        books.verify(500, links)
