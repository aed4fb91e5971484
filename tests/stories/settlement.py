"""What the merchant is owed for one sub-order: once, after the after-sale window, and only for what was kept."""

from shared.changes import Change
from tests.builders import T0, a_completed_order, a_shipped_order, a_split_order
from tests.storybook import effects, entries, moves, rows, story

WINDOW_ENDS = (
    T0 + 1_324_800
)  # 2027-01-30T16:00Z: in China the fifteenth day after the day of receipt is over.


@story(
    "settlement.start.settlement_opened",
    to="waiting",
    only="buyer merchant warehouse clock system support operator",
    clock=1_324_700,
)
def a_merchant_is_owed_what_the_buyer_kept() -> Change:
    trade = a_split_order()
    trade.cancel({2: 1})
    trade.ship(1, 1, 2)

    change = trade.receive(1)

    settlement = trade.row("SETTLE#01")
    assert (settlement.merchant_id, settlement.amount_minor, settlement.currency) == ("m-tea", 3_800, "CNY")
    assert (settlement.opened_at, settlement.due_at) == (T0 + 100, WINDOW_ENDS)
    assert entries(change) == {}
    return change


@story("settlement.waiting.settlement_due", to="settled", only="clock")
def when_nothing_can_come_back_any_more_escrow_ends_and_the_merchant_is_owed() -> Change:
    trade = a_completed_order()

    change = trade.ring("SETTLE#01")

    assert rows(change) == ["SETTLE#01 settlement.waiting.settlement_due"]
    assert entries(change) == {"escrow 01": 6_300, "merchant:m-tea": -6_300}
    assert (change.voucher.kind, moves(change)) == ("settled", {})
    assert trade.row("SETTLE#01").settled_at == WINDOW_ENDS
    assert trade.state("SETTLE#02") == "waiting"
    assert a_shipped_order().whole.settlements == ()
    return change


@story("settlement.waiting.settlement_due.disputed", to="waiting", only="clock", clock=86_400)
def no_merchant_is_owed_what_a_bank_may_still_take() -> Change:
    trade = a_completed_order()
    trade.hear_dispute(trade.dispute("opened"))

    change = trade.ring("SETTLE#01")

    assert rows(change) == ["SETTLE#01 settlement.waiting.settlement_due.disputed"]
    assert (entries(change), effects(change)) == ({}, [])
    assert trade.row("SETTLE#01").settled_at is None
    trade.hear_dispute(trade.dispute("won"))
    assert entries(trade.ring("SETTLE#01")) == {"escrow 01": 6_300, "merchant:m-tea": -6_300}
    return change


@story("settlement.waiting.settlement_due.case_open", to="waiting", only="clock", clock=86_400)
def no_merchant_is_owed_what_a_case_is_about() -> Change:
    trade = a_completed_order()
    trade.ask("return_refund", {1: 1})
    trade.now = WINDOW_ENDS - 100_000
    trade.ring_case(1)  # Nobody had decided: the buyer has seven days to send it.
    trade.hear_dispute(trade.dispute("opened"))
    assert rows(trade.ring("SETTLE#01")) == ["SETTLE#01 settlement.waiting.settlement_due.disputed"]
    trade.hear_dispute(trade.dispute("won"))

    change = trade.ring("SETTLE#01")

    assert rows(change) == ["SETTLE#01 settlement.waiting.settlement_due.case_open"]
    assert (entries(change), effects(change)) == ({}, [])
    trade.inspect(1)
    assert entries(trade.ring("SETTLE#01")) == {"escrow 01": 5_300, "merchant:m-tea": -5_300}
    assert trade.now == WINDOW_ENDS + 2 * 86_400
    return change
