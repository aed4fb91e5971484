"""Any order, shipped; any sequence of cases, cancels, refusals, favours, failures and time: every promise holds.

``World`` checks all of ``tests.promises`` after each step. A failing seed tells its whole life again.
"""

from collections import Counter
from contextlib import suppress
from random import Random

import pytest

from shared.errors import OrderError
from shared.lifecycle import MACHINES
from tests.any_cases import CASE_ACTS, is_bought
from tests.any_goods import GOODS_ACTS, arrives, is_cut, is_delivered, is_refused
from tests.any_life import any_order, cancels_some, everybody_waits, is_moved, rings, ships
from tests.any_money import MONEY_ACTS, is_disputed, is_refunded, is_retried
from tests.any_shares import shares_of
from tests.promises_money import gone_units

LIVES, STEPS, WAITS_MAX = 650, 75, 60
ACTS = (
    *((2 * weight, act) for weight, act in CASE_ACTS),
    *((1, act) for _, act in GOODS_ACTS),
    *((1, act) for _, act in MONEY_ACTS),
    (3, ships),
    (3, cancels_some),
    (3, is_delivered),
    (1, is_refused),
    (3, arrives),
    (3, is_cut),
    (3, is_moved),
    (3, rings),
    (16, is_refunded),
    (10, is_retried),
    (4, is_disputed),
)


def lived(seed):
    """The order after its life. Whoever is refused has changed nothing; what is done is checked by the world."""
    draw = Random(seed)
    trade = any_order(draw)
    is_bought(trade, draw)
    acts, weights = [act for _, act in ACTS], [weight for weight, _ in ACTS]
    for _ in range(STEPS):
        act, before = draw.choices(acts, weights)[0], trade.whole
        with suppress(OrderError):
            act(trade, draw)
            continue
        assert trade.whole is before or act is is_moved, (seed, act)
    return trade


@pytest.fixture(scope="module")
def lives():
    return [lived(seed) for seed in range(LIVES)]


def test_no_line_and_no_payment_gives_back_more_than_was_paid(lives):
    for trade in lives:
        for line in trade.whole.lines:
            own = trade.whole.sub_orders[line.sub_order - 1]
            back = line.payable_minor * gone_units(trade.whole, line) // line.quantity
            assert 0 <= back + own.reduced.get(str(line.number), 0) <= line.payable_minor
        asked_for = Counter()
        for refund in (one for one in trade.whole.refunds if one.state != "failed"):  # Promised no more.
            asked_for[refund.payment] += sum(part.amount_minor for part in refund.parts)
        for payment in trade.whole.payments:
            assert asked_for[payment.number] <= max(0, payment.captured_minor)


OF_CASES = ("case_refunded", "replacement_ordered")
PER_CENT_MIN = 3
GIVEN_BY_PEOPLE = "after_sale.start.compensation_given"


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda machine: machine.name)
def test_these_lives_take_every_row_that_a_case_can_take(lives, machine):
    taken = {step.rule.name for trade in lives for change in trade.world.changes for step in change.steps}
    of_cases = {
        rule.name
        for rule in machine.rules
        if rule.machine == "after_sale" or rule.event in OF_CASES or rule.when == "case_open"
    }

    assert of_cases - taken - {GIVEN_BY_PEOPLE} == set()


def test_every_grade_of_goods_came_back_and_some_order_was_paid_back_whole(lives):
    grades = Counter(move.kind for trade in lives for change in trade.world.changes for move in change.stock)
    whole = [t for t in lives if t.whole.order.captured_minor and not sum_kept(t) and t.whole.cases]

    assert min(grades[kind] for kind in ("restock", "restock_defect", "scrap", "rework")) > 20
    assert len(whole) > 20


def test_these_lives_go_every_way_often_enough_to_prove_something(lives):
    assert {name: share for name, share in shares_of(lives).items() if share < PER_CENT_MIN} == {}


def sum_kept(trade):
    return sum(s.kept_minor for s in trade.whole.sub_orders)


@pytest.mark.parametrize("seed", range(0, 10 * LIVES, 97))
def test_every_case_comes_to_rest_and_the_money_is_where_it_belongs(seed):
    trade = lived(seed)
    for _ in range(WAITS_MAX):
        everybody_waits(trade)

    world, order = trade.world, trade.whole.order
    assert [row.subject for row in trade.whole.rows.values() if row.due_at is not None] == []
    assert [case.number for case in trade.whole.cases if case.is_open] == []
    assert (world.total("reserved"), world.purse.points["locked"]) == (0, 0)
    waits = [account for account, _ in world.accounts if account.startswith(("escrow", "refund"))]
    assert [account for account in waits if world.held(account)] == []
    if order.state == "paid":
        promised = sum(
            part.amount_minor for r in trade.whole.refunds if r.state != "failed" for part in r.parts
        )
        borne = sum(dispute.borne_minor for dispute in trade.whole.disputes)
        assert promised + borne + sum_kept(trade) == order.captured_minor
