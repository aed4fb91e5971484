"""A shop with a defect in prices, wallets, payments or parcels is told apart from one without, by what it leaves."""

import pytest

import shared.aftersale.giving_up
import shared.aftersale.outcomes
import shared.changes
import shared.clockwork
import shared.fulfilment.reports
import shared.fulfilment.returning
import shared.fulfilment.tracking
import shared.model
import shared.ordering.giving_up
import shared.ordering.points
import shared.ordering.quote
import shared.ordering.reductions
import shared.ordering.wallet
import shared.payment.disputes
import shared.payment.found
import shared.payment.giving_back
import shared.payment.refunds
import shared.splitting.parcels
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


believe = shared.fulfilment.tracking.decide_tracking
problem_of = shared.splitting.parcels.problem_of
take_out = shared.fulfilment.reports.take_out
clock_begins = shared.changes.clock_begins
decide_expiry = shared.clockwork.decide_expiry


def believing_everybody(whole, number, *, tracking, now):
    return believe(whole, number, tracking=tracking._replace(is_proven=True), now=now)


def mixing_everything(*given):
    return problem_of(*given)._replace(apart=frozenset())


def without_a_customs_cap(*given):
    return problem_of(*given)._replace(customs_cap=None)


def packing_for_nothing(*given):
    problem = problem_of(*given)
    return problem._replace(warehouses=tuple(one._replace(handling=0) for one in problem.warehouses))


def finding_everything(draft, kind, warehouse, contents):
    """What was not found goes back for sale."""
    take_out(draft, "release" if kind == "miss" else kind, warehouse, contents)


def taking_receipt_for_granted(row, state, now, policy):
    """Ten hours after the delivery, whenever it was shipped."""
    is_delivered = isinstance(row, shared.model.SubOrder) and state == "delivered"
    return now - 14 * 3600 if is_delivered else clock_begins(row, state, now, policy)


def deaf_to_silence(whole, subject, *, now):
    return None if subject.startswith("PARCEL#") else decide_expiry(whole, subject, now=now)


SHIPPING_BUGS = [
    (shared.changes, "clock_begins", taking_receipt_for_granted, "patient", "receipt waits for delivery"),
    (shared.clockwork, "decide_expiry", deaf_to_silence, "01", "silence is found"),
    (shared.fulfilment.tracking, "decide_tracking", believing_everybody, "00", "delivered is proven"),
    (shared.splitting.parcels, "problem_of", mixing_everything, "mixed", "parcels may travel"),
    (shared.splitting.parcels, "problem_of", without_a_customs_cap, "customs", "parcels may travel"),
    (shared.splitting.parcels, "problem_of", packing_for_nothing, "heavy", "parcels cost what was published"),
    (shared.fulfilment.reports, "take_out", finding_everything, "07", "warehouses agree"),
    (shared.fulfilment.returning, "restock", forgotten, "by-hand-returned", "returns are counted"),
]


@pytest.mark.parametrize(
    ("module", "name", "bug", "scene", "says"),
    SHIPPING_BUGS,
    ids=[f"{bug[3]}-{bug[2].__name__}" for bug in SHIPPING_BUGS],
)
def test_a_switched_on_bug_in_shipping_is_noticed(
    module, name, bug, scene, says, gold, template, monkeypatch
):
    monkeypatch.setattr(module, name, bug)
    scenes = scenes_of(gold, season_of(gold))
    chosen = tuple(extra for extra in scenes.extras if extra.sale.number.startswith(f"X-ship-{scene}"))

    with played(gold, template, real_socket=False, scenes=Scenes(scenes.goods, chosen)) as play:
        found = violations(play.cloud)

    assert any(f" {says}: " in violation for violation in found), found


worth_of = shared.aftersale.giving_up.worth_of


def a_fen_in_the_buyers_favour(*given):
    return worth_of(*given)._replace(goods_minor=worth_of(*given).goods_minor + 1)


def paying_twice(draft, case, parts):
    """What the platform has paid in advance is refunded once more."""
    return parts, None


def impatient(row, state, now, policy):
    """A merchant has eight hours to decide."""
    is_asked = isinstance(row, shared.model.AfterSale) and state == "requested"
    return now - 40 * 3600 if is_asked else clock_begins(row, state, now, policy)


def never_open(whole, number):
    return False


OUTCOMES, GIVING_UP = shared.aftersale.outcomes, shared.aftersale.giving_up
RETURN_BUGS = [
    (OUTCOMES, "restock", forgotten, "all-of-it", "returns are counted"),
    (OUTCOMES, "take_from_parcels", forgotten, "all-of-it", "quantities add up"),
    (OUTCOMES, "less_advance", paying_twice, "advanced-and-right", "the pool bears what nobody owed"),
    (GIVING_UP, "worth_of", a_fen_in_the_buyers_favour, "silent-merchant", "cases give what goods are worth"),
    (shared.changes, "clock_begins", impatient, "silent-merchant", "silence takes its time"),
    (
        shared.model.WholeOrder,
        "has_open_case",
        never_open,
        "unreceived",
        "nothing ends while a case is open",
    ),
]


@pytest.mark.parametrize(
    ("module", "name", "bug", "scene", "says"), RETURN_BUGS, ids=[f"{bug[3]}-{bug[1]}" for bug in RETURN_BUGS]
)
def test_a_switched_on_bug_on_the_way_back_is_noticed(
    module, name, bug, scene, says, gold, template, monkeypatch
):
    monkeypatch.setattr(module, name, bug)
    scenes = scenes_of(gold, season_of(gold))
    chosen = tuple(extra for extra in scenes.extras if extra.sale.number == f"X-back-{scene}")

    with played(gold, template, real_socket=False, scenes=Scenes(scenes.goods, chosen)) as play:
        found = violations(play.cloud)

    assert any(f" {says}: " in violation for violation in found), found
