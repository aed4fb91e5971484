"""A try whose money comes in parts, or goes again; what its provider numbers beforehand, or warns of afterwards."""

from shared.changes import Change
from tests.builders import Trade, a_closing_order, a_paid_order, an_order_being_paid
from tests.storybook import effects, entries, moves, rows, story


def a_refused_try() -> Trade:
    trade = an_order_being_paid()
    trade.fail(1)
    return trade


def nothing_but_the_try(trade: Trade, change: Change, state: str = "pending_payment") -> None:
    assert [row.split(" ")[0] for row in rows(change)] == ["PAY#01"]
    assert (effects(change), moves(change), trade.whole.refunds) == ([], {}, ())
    assert (trade.whole.order.state, trade.whole.order.captured_minor) == (state, 0)


def sums(trade: Trade) -> tuple[int, int]:
    """(what is here of the try, what of it is held)"""
    payment = trade.row("PAY#01")
    return payment.captured_minor, payment.held_minor


@story("payment.open.payment_prepared", to="open", only="provider")
def the_provider_numbers_a_payment_before_anybody_pays() -> Change:
    trade = an_order_being_paid()

    change = trade.prepare(1, "pi_1")

    nothing_but_the_try(trade, change)
    assert (trade.row("PAY#01").transaction_id, entries(change), change.once) == ("pi_1", {}, ())
    return change


@story("payment.open.payment_part_captured", to="open", only="provider")
def what_came_in_part_is_held_and_pays_nothing_yet() -> Change:
    trade = an_order_being_paid()
    trade.tell("part", 6_000)

    change = trade.tell("part", 10_000)

    nothing_but_the_try(trade, change)
    assert sums(trade) == (10_000, 10_000)
    assert entries(change) == {"clearing:sandbox": 4_000, "held 01": -4_000}
    return change


@story("payment.failed.payment_part_captured", to="failed", only="provider")
def a_refused_try_brings_a_part_after_all() -> Change:
    trade = a_refused_try()

    change = trade.tell("part", 6_000)

    nothing_but_the_try(trade, change)
    assert (sums(trade), trade.world.held("clearing:sandbox")) == ((6_000, 6_000), 6_000)
    return change


@story("payment.open.payment_reversed", to="open", only="provider")
def of_what_came_in_part_some_goes_again() -> Change:
    trade = an_order_being_paid()
    trade.tell("part", 10_000)

    change = trade.tell("reversed", 4_000)

    nothing_but_the_try(trade, change)
    assert sums(trade) == (6_000, 6_000)
    assert entries(change) == {"clearing:sandbox": -4_000, "held 01": 4_000}
    return change


@story("payment.failed.payment_reversed", to="failed", only="provider")
def what_a_refused_try_had_brought_goes_again() -> Change:
    trade = an_order_being_paid()
    trade.tell("part", 10_000)
    trade.fail(1)

    change = trade.tell("reversed", 10_000)

    nothing_but_the_try(trade, change)
    assert (sums(trade), trade.world.held("clearing:sandbox")) == ((0, 0), 0)
    return change


@story("payment.closed.payment_reversed", to="closed", only="provider")
def of_money_that_came_too_late_some_goes_again_before_we_have_sent_it_back() -> Change:
    trade = a_closing_order()
    trade.close(1)
    trade.tell("part", 10_000)  # It goes back as refund 1, all of it.

    change = trade.tell("reversed", 4_000)

    assert rows(change) == ["PAY#01 payment.closed.payment_reversed"]
    assert entries(change) == {"clearing:sandbox": -4_000, "held 01": 4_000}
    assert (sums(trade), trade.row("PAY#01").refund_reserved_minor) == ((6_000, -4_000), 10_000)
    return change


@story("payment.succeeded.fraud_warned", to="succeeded", only="provider")
def the_cards_issuer_warns_and_nothing_moves() -> Change:
    trade = a_paid_order()

    change = trade.hear_dispute(trade.dispute("warned", 0))

    assert rows(change) == ["PAY#01 payment.succeeded.fraud_warned"]
    assert (effects(change), moves(change), entries(change), trade.whole.disputes) == ([], {}, {}, ())
    assert change.note == {"dispute": "dp_1", "amount": 0, "currency": "CNY"}
    return change
