"""The payment group: what is paid or cancelled together."""

from shared.changes import Change
from tests.builders import (
    ADDRESS,
    ORDER_ID,
    T0,
    Trade,
    a_closing_order,
    a_shop_order,
    an_order_being_paid,
)
from tests.storybook import effects, entries, moves, rows, story

RESERVED = {"reserve CUP W1": 1, "reserve POT W3": 2, "reserve TEA W1": 2, "reserve TEA W2": 1}
RELEASED = {"release CUP W1": 1, "release POT W3": 2, "release TEA W1": 2, "release TEA W2": 1}
CAPTURED = {"clearing:sandbox": 17_100, "escrow 01": -6_300, "escrow 02": -10_800}


def goods_still_promised(trade: Trade, change: Change) -> None:
    assert change.stock == ()
    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_payment", "awaiting_payment"]
    assert trade.world.units("TEA", "W1") == (3, 2, 0)


def everything_given_up(trade: Trade, change: Change) -> None:
    assert moves(change) == RELEASED
    assert change.voucher is None
    assert [s.state for s in trade.whole.sub_orders] == ["cancelled", "cancelled"]
    assert trade.world.units("TEA", "W1") == (5, 0, 0)
    assert trade.whole.order.stage == "cancelled"
    assert [row.due_at for row in trade.whole.rows.values()] == [None] * len(trade.whole.rows)


def everything_paid(trade: Trade, change: Change) -> None:
    order = trade.whole.order
    assert entries(change) == CAPTURED
    assert change.voucher.kind == "captured"
    assert change.stock == ()
    assert (order.captured_minor, order.paid_at, order.due_at) == (17_100, trade.now, None)
    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_shipment", "awaiting_shipment"]
    assert [s.due_at for s in trade.whole.sub_orders] == [trade.now + 172_800] * 2
    assert order.stage == "awaiting_shipment"


@story("order.start.order_placed", to="pending_payment", only="buyer", clock=1800)
def an_order_is_placed_with_its_goods_promised_and_half_an_hour_to_pay() -> Change:
    trade = a_shop_order()

    change = trade.world.last
    assert rows(change) == [
        "ORDER order.start.order_placed",
        "SUB#01 sub_order.start.order_placed",
        "SUB#02 sub_order.start.order_placed",
    ]
    assert moves(change) == RESERVED
    assert (change.voucher, change.once, effects(change)) == (None, (), [])
    assert change.personal == ADDRESS
    assert "Li Lei" not in repr(change._replace(personal=None))
    order = trade.whole.order
    assert (order.order_id, order.version, order.due_at) == (ORDER_ID, 1, T0 + 1800)
    assert (order.goods_minor, order.freight_minor, order.payable_minor) == (15_500, 1_600, 17_100)
    return change


@story("order.pending_payment.payment_started", to="pending_payment", only="buyer")
def a_try_to_pay_does_not_win_more_time() -> Change:
    trade = a_shop_order().after(500)

    change = trade.start_payment()

    assert rows(change) == [
        "ORDER order.pending_payment.payment_started",
        "PAY#01 payment.start.payment_started",
    ]
    assert trade.whole.order.due_at == T0 + 1800
    goods_still_promised(trade, change)
    return change


@story(
    "order.pending_payment.payment_succeeded.payment_open",
    to="paid",
    only="provider",
    then="split_order close_payments",
)
def a_second_try_wins_and_the_first_is_closed() -> Change:
    trade = an_order_being_paid(tries=2).after(100)

    change = trade.pay(2)

    everything_paid(trade, change)
    assert effects(change) == ["ORDER split_order", "ORDER close_payments"]
    assert (trade.state("PAY#01"), trade.state("PAY#02")) == ("open", "succeeded")
    return change


@story("order.pending_payment.payment_succeeded", to="paid", only="provider", then="split_order")
def an_order_is_paid_and_its_goods_are_cut_into_parcels() -> Change:
    trade = an_order_being_paid().after(100)

    change = trade.pay(1)

    everything_paid(trade, change)
    assert rows(change) == [
        "PAY#01 payment.open.payment_succeeded",
        "ORDER order.pending_payment.payment_succeeded",
        "SUB#01 sub_order.awaiting_payment.payment_succeeded",
        "SUB#02 sub_order.awaiting_payment.payment_succeeded",
    ]
    assert effects(change) == ["ORDER split_order"]
    return change


@story(
    "order.pending_payment.cancel_requested.payment_open",
    to="closing",
    only="buyer",
    then="close_payments",
    clock=60,
)
def a_buyer_who_cancels_while_a_payment_is_open_waits_for_the_provider() -> Change:
    trade = an_order_being_paid()

    change = trade.cancel_unpaid()

    assert rows(change) == ["ORDER order.pending_payment.cancel_requested.payment_open"]
    assert trade.whole.order.due_at == T0 + 60
    goods_still_promised(trade, change)
    return change


@story("order.pending_payment.cancel_requested", to="cancelled", only="buyer")
def a_buyer_cancels_before_trying_to_pay_and_the_goods_are_free_at_once() -> Change:
    trade = a_shop_order()

    change = trade.cancel_unpaid()

    everything_given_up(trade, change)
    assert rows(change) == [
        "ORDER order.pending_payment.cancel_requested",
        "SUB#01 sub_order.awaiting_payment.order_cancelled",
        "SUB#02 sub_order.awaiting_payment.order_cancelled",
    ]
    return change


@story(
    "order.pending_payment.payment_timed_out.payment_open",
    to="closing",
    only="clock",
    then="close_payments",
    clock=60,
)
def time_to_pay_is_over_and_the_provider_is_asked_before_anything_is_released() -> Change:
    trade = an_order_being_paid()
    trade.fail(1)  # Refused so far; the buyer may still repair it there.

    change = trade.ring("ORDER")

    assert trade.now == T0 + 1800
    assert trade.whole.order.due_at == T0 + 1860
    goods_still_promised(trade, change)
    return change


@story("order.pending_payment.payment_timed_out", to="cancelled", only="clock")
def time_to_pay_is_over_and_nobody_tried() -> Change:
    trade = a_shop_order()

    change = trade.ring("ORDER")

    assert trade.now == T0 + 1800
    everything_given_up(trade, change)
    return change


@story(
    "order.closing.payment_succeeded.payment_open",
    to="paid",
    only="provider",
    then="split_order close_payments",
)
def money_arrives_while_two_tries_are_being_closed() -> Change:
    trade = a_closing_order(tries=2)

    change = trade.pay(1)

    everything_paid(trade, change)
    assert trade.state("PAY#02") == "open"
    return change


@story("order.closing.payment_succeeded", to="paid", only="provider", then="split_order")
def the_provider_says_paid_when_asked_to_close() -> Change:
    trade = a_closing_order()

    change = trade.pay(1, event_id="")  # Its answer to our question, not a webhook.

    everything_paid(trade, change)
    assert change.once == ("sandbox#paid#tx_1",)
    return change


@story("order.closing.payments_closed", to="cancelled", only="provider")
def the_last_try_is_closed_and_the_order_dies() -> Change:
    trade = a_closing_order(tries=2)
    first = trade.close(1)
    assert (rows(first), trade.whole.order.state) == (["PAY#01 payment.open.payment_closed"], "closing")
    goods_still_promised(trade, first)

    change = trade.close(2)

    everything_given_up(trade, change)
    assert rows(change) == [
        "PAY#02 payment.open.payment_closed",
        "ORDER order.closing.payments_closed",
        "SUB#01 sub_order.awaiting_payment.order_cancelled",
        "SUB#02 sub_order.awaiting_payment.order_cancelled",
    ]
    return change


@story("order.closing.closing_timed_out", to="closing", only="clock", then="close_payments", clock=60)
def a_provider_that_did_not_answer_is_asked_again_every_minute() -> Change:
    trade = a_closing_order()

    trade.ring("ORDER")
    change = trade.ring("ORDER")

    assert trade.now == T0 + 1800 + 120
    assert trade.whole.order.due_at == T0 + 1800 + 180
    goods_still_promised(trade, change)
    return change
