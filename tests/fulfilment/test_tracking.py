"""Where parcels are: forward only, whatever is told in whichever order, and money hangs on nobody's bare word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import Forbidden, Invalid, NotFound, TransitionRefused
from shared.fulfilment.carriers.port import Checkpoint, Status, Told, Tracking
from shared.fulfilment.tracking import decide_tracking, receive, report
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    SUPPORT,
    T0,
    TEA_MERCHANT,
    a_completed_order,
    a_request,
    a_shipped_order,
    a_split_order,
)
from tests.memory import MemoryShop

SHIPPED_AT, DAY = T0 + 1_100, 86_400
# Second statement: in this state (rows), what a proven checkpoint (columns) that is news makes of the parcel.
TURNS = {
    "delivered": ("in_transit troubled", "delivered"),
    "exception": ("in_transit delivered", "troubled"),
    "lost": ("in_transit delivered", "troubled"),
    "cancelled": ("in_transit delivered", "troubled"),
    "refused": ("in_transit troubled delivered", "returning"),
    "returning": ("in_transit troubled delivered", "returning"),
    "returned": ("in_transit troubled delivered returning", "returned"),
    "info_received": ("troubled", "in_transit"),
    "picked_up": ("troubled", "in_transit"),
    "in_transit": ("troubled", "in_transit"),
    "customs": ("troubled", "in_transit"),
    "out_for_delivery": ("troubled", "in_transit"),
    "available_for_pickup": ("troubled", "in_transit"),
    "attempt_failed": ("troubled", "in_transit"),
    "unknown": ("", ""),
    "expired": ("", ""),
}


def a_parcel(state):
    """Parcel 3 in this state, a day after it was shipped."""
    trade = a_shipped_order().after(DAY)
    match state:
        case "troubled":
            trade.track(3, Status.EXCEPTION)
        case "delivered":
            trade.track(3, Status.DELIVERED)
        case "returning":
            trade.track(3, Status.RETURNING)
        case "returned":
            trade.track(3, Status.RETURNED)
        case "received":
            trade.receive(2)
        case "came_back":
            trade.count(3)
    assert trade.state("PARCEL#03") == state
    return trade.after(60)


STATES = ("in_transit", "troubled", "delivered", "returning", "returned", "received", "came_back")


def told(
    trade, *checkpoints, shop=None, is_proven=True, carrier="sf", waybill="SF000003", source="kuaidi100"
):
    tracking = Tracking(carrier, waybill, checkpoints, source, is_proven)
    return receive(shop or MemoryShop(trade.world), [tracking], now=trade.now)


@pytest.mark.parametrize("status", sorted(Status))
@pytest.mark.parametrize("state", STATES)
def test_every_status_in_every_state(state, status):
    trade = a_parcel(state)
    count = len(trade.world.changes)
    states, target = TURNS[status]
    moves_it = state in states.split()

    outcome = told(trade, trade.seen(status))

    assert trade.state("PARCEL#03") == (target if moves_it else state)
    assert outcome is (Told.APPLIED if moves_it else Told.NO_EFFECT)
    assert len(trade.world.changes) == count + moves_it


def test_every_status_is_in_the_table():
    assert set(TURNS) == set(map(str, Status))


def test_told_twice_changes_nothing():
    trade = a_parcel("in_transit")
    shop, seen = MemoryShop(trade.world), trade.seen(Status.DELIVERED)
    told(trade, seen, shop=shop)
    before = trade.whole

    assert told(trade, seen, shop=shop) is Told.DUPLICATE
    assert trade.whole is before


def test_what_is_no_news_moves_nothing_but_is_kept_for_the_buyer():
    trade = a_parcel("delivered")
    shop = MemoryShop(trade.world)

    assert told(trade, trade.seen(Status.EXCEPTION, SHIPPED_AT + 50), shop=shop) is Told.NO_EFFECT
    assert trade.state("PARCEL#03") == "delivered"
    assert [one.status for one in shop.tracks.kept[3].checkpoints] == ["exception"]


WAY = [
    (100, Status.PICKED_UP),
    (200, Status.EXCEPTION),
    (300, Status.IN_TRANSIT),
    (400, Status.EXCEPTION),
    (500, Status.DELIVERED),
]


@given(st.permutations(WAY), st.lists(st.integers(1, 5), max_size=3))
@settings(max_examples=60)
def test_in_whichever_order_and_pieces_it_is_told_it_ends_where_the_last_thing_left_it(told_in, cuts):
    trade = a_parcel("in_transit")
    shop = MemoryShop(trade.world)
    seen = [Checkpoint(SHIPPED_AT + at, status, f"c{at}") for at, status in told_in]
    for end in [*sorted(cuts), len(seen)]:  # Trackers tell all that they know again, oldest first.
        told(trade, *sorted(seen[:end], key=lambda one: one.at), shop=shop)

    assert trade.state("PARCEL#03") == "delivered"
    assert trade.row("PARCEL#03").delivered_at == SHIPPED_AT + 500
    assert [one.at - SHIPPED_AT for one in shop.tracks.kept[3].checkpoints] == [100, 200, 300, 400, 500]


def test_of_two_things_at_one_moment_the_later_told_counts():
    trade = a_parcel("in_transit")

    told(trade, trade.seen(Status.EXCEPTION, code="a"), trade.seen(Status.DELIVERED, code="b"))

    assert trade.state("PARCEL#03") == "delivered"


def test_trouble_that_was_over_before_we_heard_of_it_is_no_trouble():
    trade = a_parcel("in_transit")

    assert (
        told(trade, trade.seen(Status.EXCEPTION, trade.now - 5), trade.seen(Status.IN_TRANSIT))
        is Told.NO_EFFECT
    )
    assert trade.state("PARCEL#03") == "in_transit"


def test_a_delivery_that_nobody_proved_is_asked_about_once():
    trade = a_parcel("in_transit")
    shop, seen = MemoryShop(trade.world), trade.seen(Status.DELIVERED)

    assert told(trade, seen, is_proven=False, shop=shop) is Told.APPLIED
    assert [str(e) for s in trade.world.last.steps for e in s.rule.effects] == ["ask_carrier"]
    assert (trade.state("PARCEL#03"), trade.state("SUB#02")) == ("in_transit", "awaiting_receipt")
    assert told(trade, seen, is_proven=False, shop=shop) is Told.DUPLICATE
    assert told(trade, seen, is_proven=True, shop=shop) is Told.APPLIED
    assert (trade.state("PARCEL#03"), trade.state("SUB#02")) == ("delivered", "delivered")


def test_history_of_who_had_the_number_before_is_not_ours():
    trade = a_parcel("in_transit")
    shop = MemoryShop(trade.world)
    old = trade.seen(Status.DELIVERED, SHIPPED_AT - 3 * DAY - 1)

    assert told(trade, old, shop=shop) is Told.DUPLICATE  # Nothing of it is believable, so nothing is new.
    assert (trade.state("PARCEL#03"), shop.tracks.kept) == ("in_transit", {})
    told(trade, trade.seen(Status.DELIVERED, SHIPPED_AT - 3 * DAY))  # Scanned before the merchant said so.
    assert trade.state("PARCEL#03") == "delivered"


@pytest.mark.parametrize(("ahead", "state"), [(DAY, "delivered"), (DAY + 1, "in_transit")])
def test_what_has_not_happened_yet_is_not_believed(ahead, state):
    trade = a_parcel("in_transit")

    told(trade, trade.seen(Status.DELIVERED, trade.now + ahead))

    assert trade.state("PARCEL#03") == state


@pytest.mark.parametrize(("carrier", "waybill"), [("sf", "SF000009"), ("zto", "SF000003")])
def test_a_waybill_that_we_do_not_know_yet_may_be_told_again(carrier, waybill):
    trade = a_parcel("in_transit")
    before = trade.whole

    assert told(trade, trade.seen(Status.DELIVERED), carrier=carrier, waybill=waybill) is Told.UNKNOWN_WAYBILL
    assert trade.whole is before


def test_the_worst_of_several_parcels_is_what_is_told():
    trade = a_parcel("in_transit")
    seen = (trade.seen(Status.DELIVERED),)
    known, other = Tracking("sf", "SF000003", seen, "x", True), Tracking("sf", "SF9", seen, "x", True)

    assert receive(MemoryShop(trade.world), [known, other], now=trade.now) is Told.UNKNOWN_WAYBILL
    assert trade.state("PARCEL#03") == "delivered"
    assert receive(MemoryShop(trade.world), [], now=trade.now) is Told.NO_EFFECT


def test_one_parcel_of_two_is_no_delivery_of_all():
    trade = a_shipped_order().after(DAY)

    trade.deliver(1)

    assert (trade.state("PARCEL#01"), trade.state("SUB#01"), trade.row("SUB#01").due_at) == (
        "delivered",
        "awaiting_receipt",
        None,
    )


def test_delivery_says_nothing_of_parcels_that_have_not_left():
    trade = a_split_order()
    trade.ship(1, 1)

    trade.deliver(1)

    assert (trade.state("SUB#01"), trade.row("SUB#01").queue) == (
        "awaiting_shipment",
        "merchant:m-tea:awaiting_shipment",
    )


# --- people of the platform ---


def reported(trade, said="delivered", *, parcel=3, caller=SUPPORT, key="r-1", shop=None):
    return report(
        shop or MemoryShop(trade.world),
        ORDER_ID,
        parcel,
        said,
        reason="called_carrier",
        caller=caller,
        now=trade.now,
        request=a_request(key, caller),
    )


@pytest.mark.parametrize(
    ("state", "said", "after"),
    [
        ("in_transit", "delivered", "delivered"),
        ("in_transit", "exception", "troubled"),
        ("in_transit", "lost", "troubled"),
        ("in_transit", "returning", "returning"),
        ("in_transit", "returned", "returned"),
        ("troubled", "in_transit", "in_transit"),
        ("troubled", "delivered", "delivered"),
        ("returning", "delivered", "delivered"),  # A parcel on its way back has two ends.
        ("delivered", "lost", "troubled"),
    ],
)
@pytest.mark.parametrize("caller", [SUPPORT, OPERATOR])
def test_people_say_where_it_is(state, said, after, caller):
    trade = a_parcel(state)
    shop = MemoryShop(trade.world)

    reported(trade, said, caller=caller, shop=shop)

    assert trade.state("PARCEL#03") == after
    assert [(one.at, one.code) for one in shop.tracks.kept[3].checkpoints] == [
        (trade.now, "reported:called_carrier")
    ]
    assert shop.tracks.kept[3].source == "people"


def refused(trade, error, **how):
    before, shop = trade.whole, MemoryShop(trade.world)
    with pytest.raises(error):
        reported(trade, shop=shop, **how)
    assert trade.whole is before
    assert shop.tracks.kept == {}


def test_what_cannot_be_is_refused():
    refused(a_parcel("delivered"), TransitionRefused)
    refused(a_parcel("received"), TransitionRefused)
    refused(a_parcel("delivered"), TransitionRefused, said="in_transit")
    refused(a_parcel("in_transit"), NotFound, parcel=9)
    refused(a_split_order(), Invalid)


@pytest.mark.parametrize("caller", [BUYER, TEA_MERCHANT])
def test_buyers_and_merchants_do_not_say_where_a_parcel_is(caller):
    refused(a_parcel("in_transit"), Forbidden, caller=caller)


def test_what_was_reported_under_a_key_is_reported_once():
    trade = a_parcel("in_transit")
    shop = MemoryShop(trade.world)
    reported(trade, "exception", shop=shop)

    assert reported(trade, "exception", shop=shop).is_repeat
    assert len(shop.tracks.kept[3].checkpoints) == 1


def test_a_carrier_that_is_right_later_overrules_people():
    trade = a_parcel("in_transit")
    reported(trade, "lost")

    told(trade.after(10), trade.seen(Status.DELIVERED))

    assert trade.state("SUB#02") == "delivered"


def test_a_completed_order_is_moved_by_nobody():
    trade = a_completed_order().after(100)
    seen = trade.tracking(3, trade.seen(Status.LOST))

    assert decide_tracking(trade.whole, 3, tracking=seen, now=trade.now) is None
