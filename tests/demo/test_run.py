"""Seven real invoices and what comes of them, each told by its history."""

from bench.cost_meter import Line
from local.demo.money_checks import balances
from tests.demo.conftest import (
    LATE,
    NEVER,
    PARTLY_CANCELLED,
    RECEIPT_BY_CLOCK,
    STRAY,
    TWO_MERCHANTS,
    WRONG_AMOUNT,
    WRONG_CURRENCY,
)


def history(whole):
    return [event["event"] for event in whole.of("#EVENT")]


def test_an_order_of_two_merchants_is_shipped_and_settled_in_two_parts(order_of):
    whole = order_of(TWO_MERCHANTS)

    assert whole.order["stage"] == "completed"
    assert len(whole.of("SUB")) == len({sub_order["merchant_id"] for sub_order in whole.of("SUB")}) == 2
    assert [entry["state"] for entry in whole.of("SETTLE")] == ["settled", "settled"]


def test_a_silent_buyer_s_receipt_comes_by_the_clock(order_of):
    assert history(order_of(RECEIPT_BY_CLOCK))[-2:] == ["receipt_timed_out", "settlement_due"]


def test_cancelled_units_are_refunded_and_the_rest_is_shipped(order_of):
    whole = order_of(PARTLY_CANCELLED)

    assert whole.order["stage"] == "completed"
    assert [refund["state"] for refund in whole.of("REFUND")] == ["succeeded"]
    assert sum(sum(sub["cancelled"].values()) for sub in whole.of("SUB")) == 3


def test_late_money_goes_back_and_the_order_stays_cancelled(order_of):
    whole = order_of(LATE)

    assert whole.order["stage"] == "cancelled"
    assert "payment_unclaimed" in history(whole)
    assert [refund["state"] for refund in whole.of("REFUND")] == ["succeeded"]


def test_an_order_that_nobody_pays_is_closed_and_cancelled(order_of):
    assert history(order_of(NEVER)) == [
        "order_placed",
        "payment_started",
        "payment_timed_out",
        "payments_closed",
    ]


def test_a_wrong_amount_goes_back_and_the_second_page_pays(order_of):
    whole = order_of(WRONG_AMOUNT)

    assert whole.order["stage"] == "completed"
    assert [payment["state"] for payment in whole.of("PAY")] == ["closed", "succeeded"]
    assert whole.of("REFUND")[0]["amount_minor"] == whole.order["payable_minor"] - 1


def test_a_wrong_currency_is_kept_for_people(order_of, world):
    whole = order_of(WRONG_CURRENCY)

    assert whole.order["stage"] == "cancelled"
    assert balances(world, "quarantine:") == {"EUR": -whole.order["payable_minor"]}


def test_an_order_costs_what_its_invoice_said(play):
    for record in play.stage.records.values():
        assert record.ordered_goods_minor == record.sale.goods_minor


def test_a_cancellation_of_what_was_never_bought_is_refused(play, small_book):
    assert STRAY in {cancellation.number for cancellation in small_book.cancellations}
    assert play.stage.strays_refused == 1
    assert play.stage.client.refusals["404 not_found"] == 1


def test_the_meter_counts_one_start_for_each_event_with_effects(play, world):
    with_effects = sum(event["effects"] for whole in world.orders.values() for event in whole.of("#EVENT"))

    assert play.meter.calls["states", "start_execution"] == with_effects
    assert (
        play.meter.bill.quantities[Line("states.express_request", "Express executions", True)] == with_effects
    )
