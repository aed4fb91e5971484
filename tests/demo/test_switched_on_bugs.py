"""A shop with a defect in its prices, wallets or payments is told apart from one without, by what it leaves behind."""

import pytest

import shared.ordering.giving_up
import shared.ordering.points
import shared.ordering.quote
import shared.ordering.reductions
import shared.ordering.wallet
import shared.payment.disputes
import shared.payment.found
import shared.payment.giving_back
import shared.payment.refunds
from local.demo.extras import scenes_of
from local.demo.invariants import violations
from local.demo.invoices import Book
from local.demo.run import played, season_of
from local.demo.scene import Scenes
from tests.demo.conftest import GOLD


def rounded_down(unit_price_minor, rate_pct):
    return unit_price_minor * rate_pct // 100


def to_the_last_line(total, weights):
    """Everything that is over goes to the last line: it adds up, and is not what MONEY says."""
    whole = sum(weights) or 1
    parts = [total * weight // whole for weight in weights]
    return (*parts[:-1], parts[-1] + total - sum(parts))


def forgotten(*_, **__):
    """Nothing comes back."""


BUGS = [
    (shared.ordering.quote, "member_price", rounded_down, "somebody else comes to the same price"),
    (shared.ordering.reductions, "allocate", to_the_last_line, "somebody else comes to the same price"),
    (shared.ordering.wallet, "unlock", forgotten, "coupons are where orders hold them"),
    (shared.ordering.wallet, "give_back", forgotten, "points are where orders hold them"),
]


@pytest.fixture
def gold(small_book):
    return Book(tuple(sale for sale in small_book.sales if sale.number == GOLD), (), {})


@pytest.mark.parametrize(("module", "name", "bug", "says"), BUGS, ids=[f"{name}" for _, name, _, _ in BUGS])
def test_a_switched_on_bug_is_noticed(module, name, bug, says, gold, template, monkeypatch):
    monkeypatch.setattr(module, name, bug)
    scenes = scenes_of(gold, season_of(gold))
    again = tuple(extra for extra in scenes.extras if extra.sale.number.startswith("X-again"))

    with played(gold, template, real_socket=False, scenes=Scenes(scenes.goods, again)) as play:
        found = violations(play.cloud)

    assert any(f" {says}: " in violation for violation in found)


MONEY_BUGS = [
    (shared.payment.refunds, "note_taken", forgotten, "favour-refused", "refunds stay within captures"),
    (shared.payment.giving_back, "put_back", forgotten, "favour-refused", "refunds stay within captures"),
    (shared.payment.found, "note_taken", forgotten, "by-hand-stripe", "refunds stay within captures"),
    (shared.payment.disputes, "note_taken", forgotten, "chargeback-lost", "refunds stay within captures"),
]


@pytest.mark.parametrize(
    ("module", "name", "bug", "scene", "says"), MONEY_BUGS, ids=[f"{bug[3]}-{bug[1]}" for bug in MONEY_BUGS]
)
def test_a_switched_on_bug_in_payments_is_noticed(
    module, name, bug, scene, says, gold, template, monkeypatch
):
    monkeypatch.setattr(module, name, bug)
    scenes = scenes_of(gold, season_of(gold))
    chosen = tuple(extra for extra in scenes.extras if extra.sale.number == f"X-money-{scene}")

    with played(gold, template, real_socket=False, scenes=Scenes(scenes.goods, chosen)) as play:
        found = violations(play.cloud)

    assert any(f" {says}: " in violation for violation in found), found
