"""Any order, any life: whoever does whatever in whatever order, every promise of ``tests.promises`` holds at each step.

A failing seed tells its whole life again; ``tests.any_life`` says what a life is made of.
"""

from collections import Counter
from contextlib import suppress
from random import Random

import pytest

from shared.errors import OrderError
from shared.lifecycle import MACHINES
from tests.any_life import any_act, any_order, everybody_waits, is_moved

LIVES, STEPS, WAITS_MAX = 1_800, 70, 15


def lived(seed, steps=STEPS):
    """The order after its life. Whoever is refused has changed nothing; what is done is checked by the world."""
    draw = Random(seed)
    trade = any_order(draw)
    for _ in range(steps):
        act, before = any_act(draw), trade.whole
        with suppress(OrderError):
            act(trade, draw)
            continue
        assert trade.whole is before or act is is_moved, (seed, act)  # Which died after its first chunk.
    return trade


@pytest.fixture(scope="module")
def taken():
    """Every row that some life has taken, and how often. None of these lives has broken a promise."""
    lives = (lived(seed) for seed in range(LIVES))
    return Counter(step.rule.name for life in lives for change in life.world.changes for step in change.steps)


def test_every_promise_holds_whatever_happens(taken):
    assert sum(taken.values()) > 10 * LIVES


# What makes a second order; and what cases do, which have lives of their own: tests/aftersale/test_any_case.py.
ELSEWHERE = {"sub_orders_separated", "case_refunded", "replacement_ordered"}
TABLES = [machine for machine in MACHINES.values() if machine.name != "after_sale"]


@pytest.mark.parametrize("machine", TABLES, ids=lambda machine: machine.name)
def test_these_lives_take_every_row_there_is(taken, machine):
    here = [rule for rule in machine.rules if rule.event not in ELSEWHERE and rule.when != "case_open"]

    assert [rule.name for rule in here if not taken[rule.name]] == []


@pytest.mark.parametrize("seed", range(0, 10 * LIVES, 150))
def test_every_life_comes_to_rest_when_everybody_does_nothing_but_wait(seed):
    trade = lived(seed, steps=Random(seed).randint(0, 15))

    for _ in range(WAITS_MAX):
        everybody_waits(trade)

    world = trade.world
    assert [row.subject for row in trade.whole.rows.values() if row.due_at is not None] == []
    assert (world.total("reserved"), world.purse.points["locked"]) == (0, 0)
    assert "locked" not in world.purse.coupons.values()
    over = [account for account, _ in world.accounts if account.startswith(("escrow", "refund"))]
    assert [account for account in over if world.held(account)] == []
