"""What the merchant is owed for one sub-order: once, after the after-sale window, and only for what was kept."""

from shared.changes import Change
from tests.builders import T0, a_completed_order, a_shipped_order, a_split_order
from tests.storybook import effects, entries, moves, rows, story


@story(
    "settlement.start.settlement_opened",
    to="waiting",
    only="buyer clock merchant warehouse support operator",
    clock=604_800,
)
def a_merchant_is_owed_what_the_buyer_kept() -> Change:
    trade = a_split_order()
    trade.cancel({2: 1})
    trade.ship(1, 1, 2)

    change = trade.receive(1)

    settlement = trade.row("SETTLE#01")
    assert (settlement.merchant_id, settlement.amount_minor, settlement.currency) == ("m-tea", 3_800, "CNY")
    assert (settlement.opened_at, settlement.due_at) == (T0 + 100, T0 + 100 + 604_800)
    assert entries(change) == {}
    return change


@story("settlement.waiting.settlement_due", to="settled", only="clock")
def a_week_after_receipt_escrow_ends_and_the_merchant_is_owed() -> Change:
    trade = a_completed_order()

    change = trade.ring("SETTLE#01")

    assert rows(change) == ["SETTLE#01 settlement.waiting.settlement_due"]
    assert entries(change) == {"escrow 01": 6_300, "merchant:m-tea": -6_300}
    assert (change.voucher.kind, moves(change)) == ("settled", {})
    assert trade.row("SETTLE#01").settled_at == T0 + 2100 + 604_800
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
