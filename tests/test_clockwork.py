"""A deadline came, or so somebody says: early, late, twice, left over, or about nothing."""

from itertools import pairwise

import pytest

from shared.clockwork import decide_expiry, expire
from shared.errors import NotFound
from shared.fulfilment.carriers.port import Status
from shared.payment.refunds import retry_refund
from tests.builders import (
    OPERATOR,
    ORDER_ID,
    T0,
    a_closing_order,
    a_completed_order,
    a_delivered_order,
    a_paid_order,
    a_pushed_order,
    a_request,
    a_shipped_order,
    a_shop_order,
    a_split_order,
    an_order_at_its_warehouses,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.memory import MemoryShop
from tests.special_orders import a_long_order, a_long_placed_order, an_escalated_order, an_order_under_review
from tests.storybook import rows


def an_incomplete_parcel():
    """Nothing was in parcel 3 when it came back, a day after it had left."""
    trade = a_shipped_order().after(86_400)
    trade.count(3, {3: {"good": 0}})
    return trade


def a_submitted_refund():
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    return trade


def a_refused_refund():
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    return trade


def a_disputed_order():
    trade = a_split_order()
    trade.hear_dispute(trade.dispute("opened"))
    return trade


def an_order_asked_back():
    trade = an_order_at_its_warehouses()
    trade.cancel()
    return trade


def a_parcel_that_is(status):
    trade = a_shipped_order()
    trade.track(3, status)
    return trade


WAITING = {  # world, subject, when it is due, what happens then
    "order": (a_shop_order, "ORDER", T0 + 1800, "ORDER order.pending_payment.payment_timed_out"),
    "being paid": (
        an_order_being_paid,
        "ORDER",
        T0 + 1800,
        "ORDER order.pending_payment.payment_timed_out.payment_open",
    ),
    "placing": (a_long_order, "ORDER", T0 + 600, "ORDER order.placing.placing_timed_out"),
    "transfer": (a_long_order, "MOVE#01", T0 + 240, "MOVE#01 transfer.waiting.transfer_overdue"),
    "review": (
        an_order_under_review,
        "SUB#02",
        T0 + 80_100,
        "SUB#01 sub_order.under_review.review_overdue",  # The whole order is looked at once.
    ),
    "escalation": (
        an_escalated_order,
        "SUB#01",
        T0 + 170_100,
        "SUB#01 sub_order.escalated.review_timed_out",
    ),
    "closing": (a_closing_order, "ORDER", T0 + 1860, "ORDER order.closing.closing_timed_out"),
    "shipment": (
        a_split_order,
        "SUB#02",
        T0 + 172_900,
        "SUB#02 sub_order.awaiting_shipment.shipment_overdue",
    ),
    "asked back": (
        an_order_asked_back,
        "SUB#01",
        T0 + 173_000,
        "SUB#01 sub_order.intercepting.shipment_overdue",
    ),
    "push": (a_pushed_order, "PARCEL#01", T0 + 400, "PARCEL#01 parcel.pushing.push_overdue"),
    "intercept": (
        an_order_asked_back,
        "PARCEL#01",
        T0 + 260,
        "PARCEL#01 parcel.intercepting.intercept_overdue",
    ),
    "warehouse": (
        an_order_at_its_warehouses,
        "PARCEL#01",
        T0 + 21_800,
        "PARCEL#01 parcel.at_warehouse.warehouse_silent",
    ),
    "silence": (a_shipped_order, "PARCEL#01", T0 + 173_900, "PARCEL#01 parcel.in_transit.parcel_silent"),
    "trouble": (
        lambda: a_parcel_that_is(Status.EXCEPTION),
        "PARCEL#03",
        T0 + 87_500,
        "PARCEL#03 parcel.troubled.attention_overdue",
    ),
    "way back": (
        lambda: a_parcel_that_is(Status.RETURNING),
        "PARCEL#03",
        T0 + 87_500,
        "PARCEL#03 parcel.returning.attention_overdue",
    ),
    "back": (
        lambda: a_parcel_that_is(Status.RETURNED),
        "PARCEL#03",
        T0 + 87_500,
        "PARCEL#03 parcel.returned.attention_overdue",
    ),
    "missing": (
        an_incomplete_parcel,
        "PARCEL#03",
        T0 + 1_100 + 2 * 86_400,
        "PARCEL#03 parcel.incomplete.attention_overdue",
    ),
    "receipt": (
        a_delivered_order,
        "SUB#01",
        T0 + 865_100,
        "SUB#01 sub_order.delivered.receipt_timed_out",
    ),
    "refund": (an_order_with_a_refund, "REFUND#01", T0 + 400, "REFUND#01 refund.requested.refund_overdue"),
    "pending refund": (
        a_submitted_refund,
        "REFUND#01",
        T0 + 86_500,
        "REFUND#01 refund.submitted.refund_overdue",
    ),
    "refused refund": (
        a_refused_refund,
        "REFUND#01",
        T0 + 86_500,
        "REFUND#01 refund.needs_action.attention_overdue",
    ),
    "dispute": (
        a_disputed_order,
        "DISPUTE#01",
        T0 + 1_209_700,
        "DISPUTE#01 dispute.pending.attention_overdue",
    ),
    "settlement": (
        a_completed_order,
        "SETTLE#02",
        T0 + 1_324_800,
        "SETTLE#02 settlement.waiting.settlement_due",
    ),
}


def rung(trade, subject, now):
    return expire(MemoryShop(trade.world), ORDER_ID, subject, now)


@pytest.mark.parametrize("who", WAITING)
@pytest.mark.parametrize("late", [0, 1, 59, 3600, 30 * 86_400])
def test_when_the_time_has_come_it_happens_however_late(who, late):
    world, subject, due_at, row = WAITING[who]
    trade = world()

    outcome = rung(trade, subject, due_at + late)

    assert rows(outcome.change)[0] in (row, f"{row}.late")  # A month later people hear of it, too.
    assert (outcome.change.at, outcome.change.caller.actor) == (due_at + late, "clock")


@pytest.mark.parametrize("who", WAITING)
@pytest.mark.parametrize("early", [1, 59])
def test_a_schedule_that_fires_early_changes_nothing(who, early):
    world, subject, due_at, _ = WAITING[who]
    trade = world()
    before = trade.whole

    assert rung(trade, subject, due_at - early).change is None
    assert trade.whole is before


@pytest.mark.parametrize("who", WAITING)
def test_a_schedule_that_fires_twice_acts_once(who):
    world, subject, due_at, _ = WAITING[who]
    trade = world()

    first, again = rung(trade, subject, due_at), rung(trade, subject, due_at)

    assert first.change is not None
    assert again.change is None


@pytest.mark.parametrize(
    ("world", "subject"),
    [
        (a_paid_order, "ORDER"),  # Left over from the time it was payable.
        (a_shipped_order, "SUB#01"),  # Nothing of it has arrived.
        (a_delivered_order, "PARCEL#01"),
        (a_completed_order, "SUB#01"),
        (a_split_order, "PAY#01"),
        (a_shop_order, "SUB#01"),
        (a_shop_order, "REFUND#01"),  # It does not exist.
        (a_shop_order, "nonsense"),
        (a_long_placed_order, "MOVE#01"),  # All of it was moved.
        (an_escalated_order, "ORDER"),
    ],
)
def test_a_schedule_left_over_or_about_nothing_changes_nothing(world, subject):
    whole = world().whole

    assert decide_expiry(whole, subject, now=T0 + 10**9) is None


def test_a_schedule_of_an_earlier_wait_does_not_cut_the_present_one_short():
    trade = a_split_order()
    trade.ship(2, 3)  # Now it is with its carrier, and the merchant's two days count no more.

    assert rung(trade, "SUB#02", T0 + 100 + 172_800).change is None
    assert trade.state("SUB#02") == "awaiting_receipt"


def test_an_order_we_do_not_know_is_not_there():
    with pytest.raises(NotFound):
        expire(MemoryShop(a_shop_order().world), "01MCC5RM000000000000000000", "ORDER", T0)


def test_a_refund_without_an_answer_is_asked_for_ever_less_often_and_at_least_every_six_hours():
    trade, waits = an_order_with_a_refund(), []
    for _ in range(40):
        before = trade.now
        trade.ring("REFUND#01")
        waits.append(trade.now - before)

    assert waits[:8] == [300, 300, 300, 300, 300, 375, 468, 585]
    assert waits[-1] == 6 * 3600
    assert all(one <= other for one, other in pairwise(waits))


def test_a_provider_that_does_not_close_is_asked_ever_less_often_too():
    trade, waits = a_closing_order(), []
    for _ in range(60):
        before = trade.now
        trade.ring("ORDER")
        waits.append(trade.now - before)

    assert (waits[0], waits[4], waits[-1]) == (60, 60, 6 * 3600)
    assert trade.whole.order.state == "closing"


def test_a_refund_that_is_tried_again_does_not_wait_as_long_as_the_old_one():
    trade = a_refused_refund().after(30 * 86_400)
    request = a_request("retry", OPERATOR)

    retry_refund(
        MemoryShop(trade.world), ORDER_ID, f"{ORDER_ID}R01", caller=OPERATOR, now=trade.now, request=request
    )

    assert trade.row("REFUND#01").due_at == trade.now + 300
