import pytest

from shared.errors import ConfirmationRequired, Forbidden, NotFound, TransitionRefused
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.receipt import AlreadyExtended, ParcelsReturning, confirm_receipt, extend_receipt
from shared.fulfilment.tracking import decide_tracking
from tests.builders import (
    BUYER,
    ORDER_ID,
    T0,
    TEA_MERCHANT,
    Caller,
    a_completed_order,
    a_delivered_order,
    a_request,
    a_shipped_order,
    a_shop_order,
    a_split_order,
)
from tests.memory import MemoryShop


def received(trade, *, sub_order=None, confirm=None, caller=BUYER, key="r-1", shop=None):
    return confirm_receipt(
        shop or MemoryShop(trade.world),
        ORDER_ID,
        sub_order=sub_order,
        confirm=confirm,
        caller=caller,
        now=trade.now,
        request=a_request(key, caller),
    )


def refused(trade, error, **how):
    before = trade.whole
    with pytest.raises(error) as caught:
        received(trade, **how)
    assert trade.whole is before
    return caught.value


def test_a_buyer_is_asked_twice_because_money_is_released_here():
    trade = a_shipped_order()
    asked = refused(trade, ConfirmationRequired)
    assert asked.details == {"confirm": "v6"}

    received(trade, confirm="v6")

    assert [s.state for s in trade.whole.sub_orders] == ["completed", "completed"]


@pytest.mark.parametrize("confirm", ["v5", "v7", "6", "", "yes"])
def test_what_was_confirmed_of_another_version_is_not_confirmed(confirm):
    assert refused(a_shipped_order(), ConfirmationRequired, confirm=confirm).details == {"confirm": "v6"}


def test_one_part_is_received_and_the_other_goes_on():
    trade = a_shipped_order()

    received(trade, sub_order=2, confirm="v6")

    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_receipt", "completed"]


def test_all_means_all_that_are_on_their_way():
    trade = a_split_order()
    trade.ship(2, 3)

    received(trade, confirm="v5")

    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_shipment", "completed"]


@pytest.mark.parametrize("world", [a_shop_order, a_split_order, a_completed_order])
def test_what_is_not_on_its_way_is_refused_before_anybody_is_asked_to_confirm(world):
    refused(world(), TransitionRefused)
    refused(world(), TransitionRefused, sub_order=1)


def test_a_part_that_does_not_exist_is_not_found():
    refused(a_shipped_order(), NotFound, sub_order=3)


def test_only_the_buyer_confirms():
    refused(a_shipped_order(), Forbidden, caller=TEA_MERCHANT)
    refused(a_shipped_order(), NotFound, caller=Caller(BUYER.actor, "buyer-2"))


def test_the_same_key_confirms_once_and_answers_alike():
    trade = a_shipped_order()
    shop = MemoryShop(trade.world)
    first = received(trade, confirm="v6", shop=shop)

    again = received(trade, confirm="v6", shop=shop)

    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert len(trade.whole.settlements) == 2


# --- the clock: it runs while everything has arrived ---

SHIPPED_AT, DAY = T0 + 1_100, 86_400


@pytest.mark.parametrize(
    ("delivered_after", "received_after"),
    [
        (DAY, 10 * DAY),  # Ten days after shipment,
        (9 * DAY, 10 * DAY),
        (9 * DAY + 1, 10 * DAY + 1),  # and never before a day after delivery was reported.
        (30 * DAY, 31 * DAY),
    ],
)
def test_receipt_is_taken_for_granted_ten_days_after_shipment_and_a_day_after_delivery(
    delivered_after, received_after
):
    trade = a_shipped_order().after(delivered_after)

    trade.track(3, Status.DELIVERED)

    assert trade.row("SUB#02").due_at == SHIPPED_AT + received_after
    trade.ring("SUB#02")
    assert trade.state("SUB#02") == "completed"


def test_a_day_counts_from_when_delivery_was_told_and_not_from_when_it_was():
    trade = a_shipped_order().after(20 * DAY)

    trade.world.apply(  # Told five days late.
        decide_tracking(
            trade.whole,
            3,
            tracking=trade.tracking(3, trade.seen(Status.DELIVERED, SHIPPED_AT + 15 * DAY)),
            now=trade.now,
        )
    )

    assert trade.row("SUB#02").due_at == SHIPPED_AT + 21 * DAY
    assert trade.row("PARCEL#03").delivered_at == SHIPPED_AT + 15 * DAY


def test_the_ten_days_run_from_the_last_parcel():
    trade = a_split_order()
    trade.ship(1, 1)
    trade.after(5 * DAY).ship(1, 2)

    trade.deliver(1, 2)

    assert trade.row("SUB#01").due_at == trade.row("PARCEL#02").shipped_at + 10 * DAY


def test_nothing_is_received_by_itself_while_nobody_knows_where_it_is():
    trade = a_shipped_order()

    assert [s.due_at for s in trade.whole.sub_orders] == [None, None]


@pytest.mark.parametrize("status", [Status.EXCEPTION, Status.LOST, Status.RETURNING, Status.RETURNED])
def test_trouble_stops_the_clock(status):
    trade = a_delivered_order().after(DAY)

    trade.track(2, status)

    assert (trade.state("SUB#01"), trade.row("SUB#01").due_at) == ("awaiting_receipt", None)
    assert trade.row("SUB#02").due_at == SHIPPED_AT + 10 * DAY


# --- three days more, once ---


def extended(trade, *, sub_order=1, caller=BUYER, key="e-1", shop=None):
    shop, request = shop or MemoryShop(trade.world), a_request(key, caller)
    return extend_receipt(shop, ORDER_ID, sub_order=sub_order, caller=caller, now=trade.now, request=request)


def not_extended(trade, error, **how):
    before = trade.whole
    with pytest.raises(error):
        extended(trade, **how)
    assert trade.whole is before


def test_a_buyer_gets_more_time_once():
    trade = a_delivered_order()

    extended(trade)

    assert trade.row("SUB#01").due_at == SHIPPED_AT + 13 * DAY
    not_extended(trade, AlreadyExtended, key="e-2")


def test_more_time_is_kept_when_trouble_comes_and_goes():
    trade = a_delivered_order()
    extended(trade)
    trade.after(60).track(1, Status.EXCEPTION)

    trade.after(60).track(1, Status.DELIVERED)

    assert trade.row("SUB#01").due_at == SHIPPED_AT + 13 * DAY


def test_the_same_key_extends_once_and_answers_alike():
    trade = a_delivered_order()
    shop = MemoryShop(trade.world)
    extended(trade, shop=shop)

    assert extended(trade, shop=shop).is_repeat


@pytest.mark.parametrize("world", [a_split_order, a_shipped_order, a_completed_order])
def test_only_a_clock_that_runs_is_extended(world):
    not_extended(world(), TransitionRefused)


def test_nobody_else_extends_it():
    not_extended(a_delivered_order(), Forbidden, caller=TEA_MERCHANT)
    not_extended(a_delivered_order(), NotFound, caller=Caller(BUYER.actor, "buyer-2"))
    not_extended(a_delivered_order(), NotFound, sub_order=3)


def test_what_is_on_its_way_back_was_not_received():
    trade = a_shipped_order()
    trade.refuse(2)

    error = refused(trade, ParcelsReturning, sub_order=1, confirm="v7")

    assert (error.details, error.status) == ({"parcels": [2]}, 409)
    received(trade, sub_order=2, confirm="v7")
    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_receipt", "completed"]


def test_what_came_back_is_no_reason_to_wait():
    trade = a_shipped_order()
    trade.refuse(2)
    trade.count(2)

    received(trade, sub_order=1, confirm="v8")

    assert [p.state for p in trade.whole.parcels] == ["received", "came_back", "in_transit"]
    assert trade.row("SETTLE#01").amount_minor == 5_300
