"""Chargebacks: what a bank takes, gives back and decides, in whichever order it is told."""

from shared.changes import Change
from tests.builders import T0, Trade, a_split_order
from tests.storybook import effects, entries, moves, rows, story


def told(trade: Trade, *kinds: str, amount: int | None = None) -> Change:
    """The provider posts these, one after the other. Returns what the last one changed."""
    return [trade.hear_dispute(trade.dispute(kind, amount)) for kind in kinds][-1]


def only_the_dispute_moved(trade: Trade, change: Change) -> None:
    assert [row.split(" ")[0] for row in rows(change)] == ["DISPUTE#01"]
    assert (effects(change), moves(change), trade.whole.refunds) == ([], {}, ())
    assert change.order.refund_reserved_minor == 0


@story("dispute.start.dispute_opened", to="pending", only="provider", clock=1_209_600)
def a_payer_asks_the_bank_for_the_money_and_the_order_freezes() -> Change:
    trade = a_split_order().after(7)

    change = told(trade, "opened")

    only_the_dispute_moved(trade, change)
    dispute = trade.row("DISPUTE#01")
    assert (dispute.dispute_id, dispute.amount_minor, dispute.opened_at) == ("dp_1", 17_100, T0 + 107)
    assert (dispute.payment, dispute.due_at, entries(change)) == (1, T0 + 107 + 1_209_600, {})
    assert trade.whole.is_disputed
    assert change.once == ("sandbox#event#evt_2", "sandbox#dispute#dp_1#opened")
    return change


@story("dispute.pending.dispute_withdrawn", to="pending", only="provider")
def the_provider_takes_the_money_out_of_our_account() -> Change:
    trade = a_split_order()

    change = told(trade, "opened", "withdrawn")

    only_the_dispute_moved(trade, change)
    assert entries(change) == {"chargeback ": 17_100, "clearing:sandbox": -17_100}
    assert (trade.row("DISPUTE#01").taken_minor, trade.row("PAY#01").refund_reserved_minor) == (
        17_100,
        17_100,
    )
    return change


@story("dispute.pending.dispute_reinstated", to="pending", only="provider")
def the_provider_gives_it_back_before_the_bank_has_decided() -> Change:
    trade = a_split_order()

    change = told(trade, "opened", "withdrawn", "reinstated")

    only_the_dispute_moved(trade, change)
    assert entries(change) == {"chargeback ": -17_100, "clearing:sandbox": 17_100}
    assert (trade.row("DISPUTE#01").taken_minor, trade.row("PAY#01").refund_reserved_minor) == (0, 0)
    return change


@story("dispute.pending.dispute_won", to="won", only="provider")
def the_bank_decides_for_us_and_everything_goes_on() -> Change:
    trade = a_split_order()
    told(trade, "opened", "withdrawn", "reinstated")

    change = told(trade.after(9), "won")

    only_the_dispute_moved(trade, change)
    assert (entries(change), trade.row("DISPUTE#01").finished_at) == ({}, T0 + 109)
    assert not trade.whole.is_disputed
    assert trade.world.held("clearing:sandbox") == 17_100
    return change


@story("dispute.pending.dispute_lost", to="lost", only="provider")
def the_bank_decides_against_us_and_the_parts_bear_it() -> Change:
    trade = a_split_order()
    told(trade, "opened", "withdrawn", amount=10_000)

    change = told(trade, "lost", amount=10_000)

    assert rows(change) == ["DISPUTE#01 dispute.pending.dispute_lost"]
    # In proportion to 63.00 and 108.00.
    assert entries(change) == {"escrow 01": 3_684, "escrow 02": 6_316, "chargeback ": -10_000}
    assert [s.given_back_minor for s in trade.whole.sub_orders] == [3_684, 6_316]
    assert (change.order.refund_reserved_minor, trade.row("DISPUTE#01").borne_minor) == (10_000, 10_000)
    return change


@story("dispute.pending.attention_overdue", to="pending", only="clock", clock=1_209_600)
def a_verdict_that_does_not_come_calls_people_every_two_weeks() -> Change:
    trade = a_split_order()
    told(trade, "opened", "withdrawn")

    trade.ring("DISPUTE#01")
    change = trade.ring("DISPUTE#01")

    only_the_dispute_moved(trade, change)
    assert entries(change) == {}
    assert trade.row("DISPUTE#01").due_at == T0 + 100 + 3 * 1_209_600
    return change


@story("dispute.won.dispute_withdrawn", to="won", only="provider")
def that_it_was_taken_is_told_after_it_was_won() -> Change:
    trade = a_split_order()

    change = told(trade, "opened", "won", "withdrawn")

    only_the_dispute_moved(trade, change)
    assert entries(change) == {"chargeback ": 17_100, "clearing:sandbox": -17_100}
    return change


@story("dispute.won.dispute_reinstated", to="won", only="provider")
def the_money_comes_back_after_it_was_won() -> Change:
    trade = a_split_order()

    change = told(trade, "opened", "withdrawn", "won", "reinstated")

    only_the_dispute_moved(trade, change)
    assert entries(change) == {"chargeback ": -17_100, "clearing:sandbox": 17_100}
    assert trade.world.held("clearing:sandbox") == 17_100
    return change


@story("dispute.lost.dispute_withdrawn", to="lost", only="provider")
def the_money_is_taken_after_it_was_lost() -> Change:
    trade = a_split_order()

    change = told(trade, "opened", "lost", "withdrawn", amount=10_000)

    assert rows(change) == ["DISPUTE#01 dispute.lost.dispute_withdrawn"]
    assert entries(change) == {"escrow 01": 3_684, "escrow 02": 6_316, "clearing:sandbox": -10_000}
    assert (change.order.refund_reserved_minor, trade.row("DISPUTE#01").borne_minor) == (10_000, 10_000)
    return change


@story("dispute.lost.dispute_reinstated", to="lost", only="provider")
def money_that_was_lost_comes_back_after_all_and_waits_for_people() -> Change:
    trade = a_split_order()

    change = told(trade, "opened", "withdrawn", "lost", "reinstated", amount=10_000)

    assert rows(change) == ["DISPUTE#01 dispute.lost.dispute_reinstated"]
    assert entries(change) == {"quarantine ": -10_000, "clearing:sandbox": 10_000}
    assert (change.order.refund_reserved_minor, trade.row("PAY#01").refund_reserved_minor) == (10_000, 0)
    return change
