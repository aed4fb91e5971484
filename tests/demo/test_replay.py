"""Everything twice, and events out of order, comes to the same as once; and where it does not, it is said."""

import pytest

import shared.payment.receiving
import shared.store.orders
import shared.store.writing
from local.demo import made_up
from local.demo.client import NotTheSame
from local.demo.extras import scenes_of
from local.demo.invoices import Book
from local.demo.replay import differences
from local.demo.run import played, season_of
from local.demo.scene import Scenes
from tests.demo.conftest import LATE, TAKEN_BACK


@pytest.fixture
def two_orders(small_book):
    chosen = (LATE, TAKEN_BACK)
    return Book(
        tuple(sale for sale in small_book.sales if sale.number in chosen),
        tuple(c for c in small_book.cancellations if c.sale in chosen),
        {},
    )


def quiet(_):
    """Hear of nothing."""


def test_twice_and_out_of_order_comes_to_the_same_as_once(two_orders, template):
    """With every fourth made-up order, so at each provider in turn; ``make replay`` plays all of them."""
    scenes = scenes_of(two_orders, season_of(two_orders))
    fewer = scenes._replace(extras=scenes.extras[::4])

    assert differences(two_orders, template, fewer, once=quiet, twice=quiet) == []


def test_what_befalls_an_order_is_drawn_from_its_invoice_alone(two_orders, template, monkeypatch):
    """The shop's own numbers are new in every run: what is drawn from them happens in one run and not in the next."""
    digest, drawn = made_up.sha256, []
    monkeypatch.setattr(made_up, "sha256", lambda text: (drawn.append(text.decode()), digest(text))[1])

    with played(two_orders, template, real_socket=False, scenes=Scenes()) as play:
        numbers = [record.order_id for record in play.stage.records.values()]

    assert f"ordercycle demo carrier {TAKEN_BACK} 1" in drawn
    assert [about for about in drawn if any(number in about for number in numbers)] == []


def test_money_that_is_booked_whenever_it_is_announced_is_noticed(small_book, template, monkeypatch):
    monkeypatch.setattr(shared.payment.receiving, "booking_names", lambda fact: ())

    simple = (TAKEN_BACK,)  # Where nothing else goes wrong.
    paid = Book(tuple(sale for sale in small_book.sales if sale.number in simple), (), {})

    found = differences(paid, template, Scenes(), once=quiet, twice=quiet)

    assert any(" was booked " in difference for difference in found)


def test_a_shop_that_forgets_its_keys_is_noticed(two_orders, template, monkeypatch):
    key_of = shared.store.orders.request_key
    numbers = iter(range(1000))
    forgetful = lambda caller, key: key_of(caller, f"{key}-{next(numbers)}")  # noqa: E731
    monkeypatch.setattr(shared.store.orders, "request_key", forgetful)
    monkeypatch.setattr(shared.store.writing, "request_key", forgetful)

    with pytest.raises(NotTheSame):
        differences(two_orders, template, Scenes(), once=quiet, twice=quiet)
