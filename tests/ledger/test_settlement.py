"""When a merchant is owed: after the delay of the contract and the after-sale window of all goods that are kept."""

from dataclasses import replace

import pytest

from shared.aftersale.return_policy import ReturnPolicy
from shared.changes import Draft
from shared.ledger.settlement import open_settlement, window_of_all
from shared.lifecycle import Event
from shared.store.items import item_to_row, row_to_item
from tests.builders import BUYER, ORDER_ID, T0, a_completed_order, a_shipped_order

DAY = 86_400
MIDNIGHT = T0 + 28_800  # The end of 15 January in China, the day on which the builders' order is received.


def with_policies(trade, *policies):
    """The order, its lines under these policies, the rest under the built-in one."""
    whole = trade.whole
    named = [policy.policy_id for policy in policies]
    lines = tuple(
        line._replace(return_policy=name)
        for line, name in zip(whole.lines, [*named, *[""] * len(whole.lines)], strict=False)
    )
    returns = {policy.policy_id: policy.stored() for policy in policies}
    return replace(whole, lines=lines, snapshot=whole.snapshot._replace(returns=returns))


def days(policy_id, days_, quality):
    return ReturnPolicy(policy_id, window_days=days_, quality_window_days=quality)


def received(whole, number=1, now=T0 + 2_100):
    """The settlement of a sub-order that is received now."""
    sub_order = replace(whole.sub_orders[number - 1], completed_at=now)
    draft = Draft(whole.with_rows([sub_order]), event=Event.RECEIPT_CONFIRMED, caller=BUYER, now=now)
    open_settlement(draft, sub_order, currency="CNY", now=now)
    return draft.whole.settlements[0]


@pytest.mark.parametrize(
    ("tea", "cup", "window_days"),
    [
        ((3, 5), (4, 6), 6),
        ((9, 9), (4, 6), 9),
        ((0, 0), (0, 20), 20),
        ((365, 365), (0, 0), 365),
    ],
)
def test_the_longest_window_of_its_lines_counts(tea, cup, window_days):
    whole = with_policies(a_shipped_order(), days("tea", *tea), days("cup", *cup))

    settlement = received(whole)

    assert settlement.window_ends_at == MIDNIGHT + window_days * DAY
    assert settlement.due_at == max(MIDNIGHT + window_days * DAY, T0 + 2_100 + 7 * DAY)


@pytest.mark.parametrize(
    ("quality_days", "due_at"),
    [
        (6, T0 + 2_100 + 7 * DAY),  # The contract's delay is longer than the window,
        (7, MIDNIGHT + 7 * DAY),  # or shorter.
    ],
)
def test_the_later_of_delay_and_window_counts(quality_days, due_at):
    short = days("short", 0, quality_days)

    assert received(with_policies(a_shipped_order(), short, short)).due_at == due_at


def test_goods_without_a_policy_of_their_own_wait_for_the_fifteen_days_of_what_is_bad():
    assert a_completed_order().row("SETTLE#02").due_at == MIDNIGHT + 15 * DAY
    assert received(with_policies(a_shipped_order(), days("tea", 0, 1))).due_at == MIDNIGHT + 15 * DAY


@pytest.mark.parametrize("how", ["cancelled", "returned", "waived"])
def test_goods_that_are_gone_keep_nobody_waiting(how):
    whole = with_policies(a_completed_order(), days("tea", 30, 30), days("cup", 0, 2))
    tea_gone = replace(whole.sub_orders[0], **{how: {"1": 3}})
    tea_left = replace(whole.sub_orders[0], **{how: {"1": 2}})
    all_gone = replace(tea_gone, waived={"2": 1} | dict(tea_gone.waived))

    assert window_of_all(whole, tea_gone) == MIDNIGHT + 2 * DAY
    assert window_of_all(whole, tea_left) == MIDNIGHT + 30 * DAY
    assert window_of_all(whole, all_gone) is None


def test_what_was_never_received_has_no_window():
    whole = a_shipped_order().whole

    assert window_of_all(whole, whole.sub_orders[0]) is None


def test_a_settlement_that_waited_for_a_bank_is_looked_at_a_day_later_not_after_another_window():
    trade = a_completed_order()
    trade.hear_dispute(trade.dispute("opened"))

    trade.ring("SETTLE#01")

    assert trade.row("SETTLE#01").due_at == MIDNIGHT + 16 * DAY


def test_a_settlement_is_read_as_it_was_written_and_an_older_one_has_no_window():
    settlement = a_completed_order().row("SETTLE#01")
    item = row_to_item(ORDER_ID, settlement)

    assert item_to_row(item) == settlement
    del item["window_ends_at"]
    assert item_to_row(item) == replace(settlement, window_ends_at=None)
