"""What got lost on its way to the buyer, or on its way back: looked for, written off, refunded."""

from shared.changes import Change
from shared.fulfilment.carriers.port import Status
from tests.builders import Trade, a_shipped_order
from tests.stories.parcel_tracking import DAY, a_returning_parcel, a_troubled_parcel, nothing_but_the_parcel
from tests.storybook import entries, moves, rows, story


def an_incomplete_parcel() -> Trade:
    """One of the two pots of parcel 3, which the buyer had refused, was not in it when it came back."""
    trade = a_returning_parcel()
    trade.count(3, {3: {"good": 1}})
    return trade.after(100)


@story(
    "parcel.returned.return_received.units_missing",
    to="incomplete",
    only="merchant warehouse",
    clock=DAY,
)
def one_of_two_was_not_in_it_and_stays_paid_for_in_the_parcel() -> Change:
    trade = a_returning_parcel()
    trade.track(3, Status.RETURNED)

    change = trade.count(3, {3: {"good": 1}})

    assert entries(change) == {"escrow 02": 5_000, "refund R01": -5_000}
    assert (moves(change), change.note) == ({"restock POT W3": 1}, {"counted": 1, "missing": 1})
    parcel = trade.row("PARCEL#03")
    assert (dict(parcel.contents), parcel.goods_minor, parcel.freight_minor) == ({"3": 1}, 5_000, 800)
    assert trade.world.units("POT", "W3") == (5, 0, 1)
    return change


@story(
    "parcel.in_transit.return_received.units_missing",
    to="incomplete",
    only="merchant warehouse",
    clock=DAY,
)
def an_empty_box_is_back_and_no_carrier_had_said_so() -> Change:
    trade = a_shipped_order()

    change = trade.count(3, {3: {"good": 0}})

    assert (moves(change), entries(change), trade.state("SUB#02")) == ({}, {}, "awaiting_receipt")
    return change


@story("parcel.troubled.return_received.units_missing", to="incomplete", only="merchant warehouse", clock=DAY)
def half_of_what_was_damaged_is_back() -> Change:
    trade = a_troubled_parcel()

    change = trade.count(3, {3: {"scrap": 1}}, caller=trade.warehouse(3))

    assert moves(change) == {"scrap POT W3": 1}
    return change


@story(
    "parcel.returning.return_received.units_missing", to="incomplete", only="merchant warehouse", clock=DAY
)
def half_of_what_was_refused_is_back_before_its_carrier_said_so() -> Change:
    trade = a_returning_parcel()

    change = trade.count(3, {3: {"good": 1}})

    assert trade.row("PARCEL#03").due_at == trade.now + DAY
    return change


@story("parcel.incomplete.attention_overdue", to="incomplete", only="clock", clock=DAY)
def people_look_for_what_is_missing_every_day() -> Change:
    trade = an_incomplete_parcel()

    change = trade.ring("PARCEL#03")

    nothing_but_the_parcel(change)
    return change


@story("parcel.incomplete.receipt_confirmed", to="received", only="buyer")
def the_buyer_has_what_was_missing() -> Change:
    trade = an_incomplete_parcel()

    change = trade.receive(2)

    assert (trade.state("SUB#02"), trade.row("SETTLE#02").amount_minor) == ("completed", 5_800)
    return change


@story("parcel.incomplete.parcel_lost", to="written_off", only="support operator")
def what_was_missing_is_lost_and_refunded_and_the_order_can_close() -> Change:
    trade = an_incomplete_parcel()

    change = trade.lose(3, reason="carrier_says_so")

    assert (moves(change), entries(change)) == (
        {"scrap POT W3": 1},
        {"escrow 02": 5_000, "refund R02": -5_000},
    )
    assert change.note == {"reason": "carrier_says_so", "lost": 1}
    parcel = trade.row("PARCEL#03")
    assert (dict(parcel.contents), parcel.goods_minor, parcel.due_at) == ({}, 0, None)
    return change


@story("parcel.troubled.parcel_lost", to="written_off", only="support operator")
def a_parcel_is_lost_on_its_way_to_the_buyer_who_is_refunded_with_the_freight() -> Change:
    trade = a_troubled_parcel()

    change = trade.lose(3)

    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert (trade.row("REFUND#01").reason, trade.whole.settlements) == ("lost", ())
    assert trade.world.units("POT", "W3") == (4, 0, 0)
    return change


@story("parcel.returning.parcel_lost", to="written_off", only="support operator")
def what_was_refused_never_comes_back() -> Change:
    trade = a_returning_parcel()

    change = trade.lose(3)

    assert rows(change)[:2] == [
        "PARCEL#03 parcel.returning.parcel_lost",
        "SUB#02 sub_order.awaiting_receipt.parcel_lost.nothing_left",
    ]
    return change


@story("parcel.returned.parcel_lost", to="written_off", only="support operator")
def it_is_at_its_sender_says_the_carrier_and_nobody_finds_it_there() -> Change:
    trade = a_returning_parcel()
    trade.track(3, Status.RETURNED)

    return trade.lose(3)
