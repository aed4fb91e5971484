"""Paid, and the goods that are taken at payment were gone: the order ends, and all of the money goes back by itself."""

from shared.changes import Change
from tests.builders import T0, Trade
from tests.special_orders import a_deferred_order, sold_out, told_paid
from tests.storybook import effects, entries, moves, rows, story

PAYABLE = 8_800  # 50.00 and 30.00 of goods, 8.00 of freight.


def nothing_but_the_money_back(trade: Trade, change: Change, number: int = 1) -> None:
    assert trade.whole.order.stage == "cancelled"
    assert (trade.whole.order.captured_minor, trade.whole.order.paid_at) == (0, None)
    assert trade.state("SUB#01") == "cancelled"
    assert trade.state(f"PAY#{number:02}") == "closed"
    assert moves(change) == {"release SKU-2 W1": 1}  # What was reserved; nothing of SKU-1 ever was.
    assert entries(change) == {"clearing:sandbox": PAYABLE, "refund R01": -PAYABLE}
    refund = trade.row("REFUND#01")
    assert (refund.reason, refund.amount_minor, refund.parts) == ("sold_out", PAYABLE, ())
    assert refund.transaction_id == change.once[-1].removeprefix("sandbox#paid#")


def others_paid_at_the_last_moment(tries: int) -> Trade:
    trade = a_deferred_order(tries)
    trade.ring("ORDER")
    return sold_out(trade)


@story(
    "order.pending_payment.payment_unfilled.payment_open",
    to="cancelled",
    only="provider",
    then="close_payments",
)
def a_second_try_pays_for_goods_that_are_gone_and_the_first_is_closed() -> Change:
    trade = sold_out(a_deferred_order(tries=2))

    change = told_paid(trade, 2)

    nothing_but_the_money_back(trade, change, 2)
    assert effects(change) == ["ORDER close_payments", "REFUND#01 submit_refund"]
    assert trade.state("PAY#01") == "open"
    trade.close(1)  # Which is over with it, and touches nothing of the dead order.
    assert (trade.whole.order.stage, trade.state("PAY#01")) == ("cancelled", "closed")
    return change


@story("order.pending_payment.payment_unfilled", to="cancelled", only="provider")
def goods_that_are_taken_at_payment_and_gone_are_paid_back_in_full() -> Change:
    trade = sold_out(a_deferred_order())

    change = told_paid(trade)

    nothing_but_the_money_back(trade, change)
    assert rows(change) == [
        "PAY#01 payment.open.payment_unfilled",
        "ORDER order.pending_payment.payment_unfilled",
        "SUB#01 sub_order.awaiting_payment.order_cancelled",
        "REFUND#01 refund.start.refund_requested",
    ]
    assert trade.world.units("SKU-1", "W2") == (1, 0, 0)
    return change


@story("order.closing.payment_unfilled.payment_open", to="cancelled", only="provider", then="close_payments")
def money_for_gone_goods_arrives_while_two_tries_are_being_closed() -> Change:
    trade = others_paid_at_the_last_moment(tries=2)

    change = told_paid(trade, 1)

    nothing_but_the_money_back(trade, change)
    assert trade.state("PAY#02") == "open"
    return change


@story("order.closing.payment_unfilled", to="cancelled", only="provider")
def the_provider_says_paid_when_asked_to_close_and_the_goods_are_gone() -> Change:
    trade = others_paid_at_the_last_moment(tries=1)

    change = told_paid(trade)

    nothing_but_the_money_back(trade, change)
    assert trade.now == T0 + 1800
    return change
