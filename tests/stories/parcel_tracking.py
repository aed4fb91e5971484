"""Parcels with their carriers: where they are, trouble, delivery, and the way back."""

from shared.changes import Change
from shared.fulfilment.carriers.port import Status
from tests.builders import T0, Trade, a_delivered_order, a_shipped_order
from tests.storybook import effects, entries, moves, rows, story

DAY = 86_400


def a_troubled_parcel() -> Trade:
    """Parcel 3 is damaged, says its carrier, a day after it left."""
    trade = a_shipped_order().after(DAY)
    trade.track(3, Status.EXCEPTION)
    return trade.after(100)


def a_returning_parcel() -> Trade:
    """The buyer has refused parcel 3."""
    trade = a_shipped_order().after(DAY)
    trade.refuse(3)
    return trade.after(100)


def nothing_but_the_parcel(change: Change) -> None:
    assert len(change.steps) == 1
    assert (moves(change), entries(change)) == ({}, {})


@story("parcel.in_transit.delivery_claimed", to="in_transit", only="carrier", then="ask_carrier")
def a_delivery_that_anybody_could_have_told_of_is_asked_about() -> Change:
    trade = a_shipped_order().after(DAY)

    change = trade.track(3, Status.DELIVERED, is_proven=False)

    parcel = trade.row("PARCEL#03")
    assert (parcel.claimed_at, parcel.delivered_at, parcel.tracked_at) == (T0 + 1100 + DAY, None, None)
    assert parcel.due_at == T0 + 1100 + 172_800  # Its silence is reckoned as before.
    nothing_but_the_parcel(change)
    trade.track(3, Status.DELIVERED)  # The carrier says the same to us.
    assert trade.state("SUB#02") == "delivered"
    return change


@story("parcel.in_transit.parcel_delivered", to="delivered", only="carrier support operator")
def a_parcel_has_arrived() -> Change:
    trade = a_shipped_order().after(DAY)

    change = trade.track(1, Status.DELIVERED)

    parcel = trade.row("PARCEL#01")
    assert (parcel.delivered_at, parcel.tracked_at, parcel.due_at) == (T0 + 1100 + DAY,) * 2 + (None,)
    assert change.note == {"tracker": "kuaidi100", "code": "code-delivered"}
    nothing_but_the_parcel(change)
    return change


@story("parcel.in_transit.parcel_troubled", to="troubled", only="carrier support operator", clock=DAY)
def a_parcel_is_damaged_says_its_carrier() -> Change:
    trade = a_shipped_order().after(DAY)

    change = trade.track(3, Status.EXCEPTION)

    assert trade.row("PARCEL#03").trouble == "code-exception"
    nothing_but_the_parcel(change)
    return change


@story(
    "parcel.in_transit.parcel_returning",
    to="returning",
    only="buyer carrier support operator",
    then="expect_return",
    clock=DAY,
)
def a_buyer_does_not_take_a_parcel_and_its_warehouse_is_told_what_comes_back() -> Change:
    trade = a_shipped_order().after(DAY)

    change = trade.refuse(3, reason="late")

    assert (trade.row("PARCEL#03").refused, trade.state("SUB#02")) == ("late", "awaiting_receipt")
    assert change.note == {"reason": "late", "parcels": 1}
    nothing_but_the_parcel(change)
    return change


@story(
    "parcel.in_transit.parcel_returned",
    to="returned",
    only="carrier support operator",
    then="expect_return",
    clock=DAY,
)
def a_parcel_is_back_at_its_sender_before_anybody_said_that_it_turned_round() -> Change:
    trade = a_shipped_order().after(DAY)

    change = trade.track(3, Status.RETURNED)

    nothing_but_the_parcel(change)
    return change


@story("parcel.in_transit.parcel_silent", to="in_transit", only="clock", then="ask_carrier", clock=172_800)
def nobody_has_seen_it_for_two_days_so_its_carrier_is_asked() -> Change:
    trade = a_shipped_order()

    trade.ring("PARCEL#03")
    change = trade.ring("PARCEL#03")

    assert rows(change) == ["PARCEL#03 parcel.in_transit.parcel_silent"]
    assert trade.now == T0 + 1100 + 2 * 172_800
    return change


@story("parcel.troubled.delivery_claimed", to="troubled", only="carrier", then="ask_carrier")
def trouble_is_not_over_because_anybody_says_delivered() -> Change:
    trade = a_troubled_parcel()

    change = trade.track(3, Status.DELIVERED, is_proven=False)

    assert trade.row("PARCEL#03").claimed_at == trade.now
    nothing_but_the_parcel(change)
    return change


@story("parcel.troubled.parcel_moved", to="in_transit", only="carrier support operator", clock=172_800)
def it_goes_on_after_trouble() -> Change:
    trade = a_troubled_parcel()

    change = trade.track(3, Status.IN_TRANSIT)

    assert (trade.row("PARCEL#03").trouble, trade.row("PARCEL#03").tracked_at) == ("", trade.now)
    nothing_but_the_parcel(change)
    return change


@story("parcel.troubled.parcel_delivered", to="delivered", only="carrier support operator")
def it_arrives_after_trouble() -> Change:
    trade = a_troubled_parcel()

    change = trade.track(3, Status.DELIVERED)

    assert (trade.row("PARCEL#03").trouble, trade.state("SUB#02")) == ("", "delivered")
    return change


@story(
    "parcel.troubled.parcel_returning",
    to="returning",
    only="buyer carrier support operator",
    then="expect_return",
    clock=DAY,
)
def a_damaged_parcel_is_not_taken() -> Change:
    trade = a_troubled_parcel()

    change = trade.refuse(3, reason="damaged")

    assert trade.row("PARCEL#03").refused == "damaged"
    return change


@story(
    "parcel.troubled.parcel_returned",
    to="returned",
    only="carrier support operator",
    then="expect_return",
    clock=DAY,
)
def people_found_that_it_is_back_at_its_sender() -> Change:
    trade = a_troubled_parcel()

    change = trade.report(3, "returned", reason="sender_has_it")

    assert (change.caller.id, change.note) == ("support-1", {"reason": "sender_has_it"})
    return change


@story("parcel.troubled.attention_overdue", to="troubled", only="clock", clock=DAY)
def people_look_at_a_parcel_in_trouble_every_day() -> Change:
    trade = a_troubled_parcel()

    change = trade.ring("PARCEL#03")

    assert effects(change) == []
    nothing_but_the_parcel(change)
    return change


@story("parcel.delivered.parcel_troubled", to="troubled", only="carrier support operator", clock=DAY)
def a_delivered_parcel_was_not_delivered_after_all() -> Change:
    trade = a_delivered_order().after(50)

    change = trade.track(3, Status.EXCEPTION)

    assert trade.row("PARCEL#03").delivered_at == T0 + 1100 + DAY + 3  # What was told stays told.
    return change


@story(
    "parcel.delivered.parcel_returning",
    to="returning",
    only="carrier support operator",
    then="expect_return",
    clock=DAY,
)
def a_delivered_parcel_goes_back() -> Change:
    return a_delivered_order().after(50).track(3, Status.RETURNING)


@story(
    "parcel.delivered.parcel_returned",
    to="returned",
    only="carrier support operator",
    then="expect_return",
    clock=DAY,
)
def a_delivered_parcel_is_back_at_its_sender() -> Change:
    return a_delivered_order().after(50).track(3, Status.RETURNED)


@story("parcel.returning.parcel_returned", to="returned", only="carrier support operator", clock=DAY)
def what_was_refused_is_back_and_its_warehouse_knows_already() -> Change:
    trade = a_returning_parcel()

    change = trade.track(3, Status.RETURNED)

    assert trade.row("PARCEL#03").refused == "changed_mind"
    nothing_but_the_parcel(change)
    return change


@story("parcel.returning.parcel_delivered", to="delivered", only="support operator")
def people_found_that_the_buyer_has_it_after_all() -> Change:
    trade = a_returning_parcel()

    change = trade.report(3, "delivered", reason="buyer_has_it")

    assert trade.state("SUB#02") == "delivered"
    return change


@story("parcel.returning.attention_overdue", to="returning", only="clock", clock=DAY)
def people_look_at_what_is_on_its_way_back_every_day() -> Change:
    return a_returning_parcel().ring("PARCEL#03")


@story("parcel.returned.attention_overdue", to="returned", only="clock", clock=DAY)
def people_look_at_what_is_back_and_not_counted_every_day() -> Change:
    trade = a_returning_parcel()
    trade.track(3, Status.RETURNED)

    return trade.ring("PARCEL#03")


@story("parcel.in_transit.return_received", to="came_back", only="merchant warehouse")
def goods_are_back_and_no_carrier_had_said_so() -> Change:
    trade = a_shipped_order()

    change = trade.count(3)

    assert (trade.row("REFUND#01").reason, trade.row("REFUND#01").amount_minor) == ("came_back", 10_800)
    assert trade.row("PARCEL#03").due_at is None
    return change


@story("parcel.troubled.return_received", to="came_back", only="merchant warehouse")
def what_was_damaged_is_back_and_written_off() -> Change:
    trade = a_troubled_parcel()

    change = trade.count(3, {3: {"scrap": 2}}, caller=trade.warehouse(3))

    assert moves(change) == {"scrap POT W3": 2}
    assert dict(trade.world.stock["POT", "W3", 0]) == {
        "available": 4,
        "reserved": 0,
        "sold": 0,
        "scrapped": 2,
    }
    return change


@story("parcel.returning.return_received", to="came_back", only="merchant warehouse")
def what_the_buyer_did_not_want_is_refunded_and_the_freight_is_earned() -> Change:
    trade = a_returning_parcel()

    change = trade.count(3)

    assert entries(change) == {"escrow 02": 10_000, "refund R01": -10_000}
    assert (trade.state("SUB#02"), trade.row("SETTLE#02").amount_minor) == ("closed", 800)
    assert change.note == {"counted": 2, "missing": 0}
    trade.ring("SETTLE#02")
    assert entries(trade.world.last) == {"escrow 02": 800, "merchant:m-pot": -800}
    return change


@story("parcel.returned.return_received", to="came_back", only="merchant warehouse")
def what_its_carrier_brought_back_is_counted() -> Change:
    trade = a_returning_parcel()
    trade.track(3, Status.RETURNED)

    change = trade.count(3, {3: {"good": 1, "defect": 1}})

    assert moves(change) == {"restock POT W3": 1, "restock_defect POT W3": 1}
    assert (dict(trade.row("PARCEL#03").contents), trade.row("PARCEL#03").due_at) == ({}, None)
    return change


@story(
    "parcel.in_transit.parcel_moved",
    to="in_transit",
    only="support operator",
    clock=172_800,
)
def people_know_that_a_silent_parcel_goes_on_and_its_silence_begins_again() -> Change:
    trade = a_shipped_order()
    trade.ring("PARCEL#03")
    trade.after(100)

    change = trade.report(3, "in_transit", reason="carrier_has_it")

    assert (trade.row("PARCEL#03").tracked_at, effects(change)) == (trade.now, [])
    nothing_but_the_parcel(change)
    return change


@story("parcel.troubled.receipt_confirmed", to="received", only="buyer")
def a_buyer_has_it_whatever_its_carrier_says() -> Change:
    trade = a_troubled_parcel()

    return trade.receive(2)


@story("parcel.delivered.receipt_confirmed", to="received", only="buyer")
def a_delivered_parcel_is_received_when_the_buyer_says_so() -> Change:
    trade = a_delivered_order()

    change = trade.receive(1, 2)

    assert [p.state for p in trade.whole.parcels] == ["received"] * 3
    return change


@story("parcel.delivered.receipt_timed_out", to="received", only="clock")
def delivered_parcels_of_a_silent_buyer_count_as_received() -> Change:
    trade = a_delivered_order()

    change = trade.ring("SUB#01")

    assert [p.state for p in trade.whole.parcels] == ["received", "received", "delivered"]
    return change
