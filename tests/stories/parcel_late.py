"""Warehouses that do not answer, or do not say that they sent what they have: asked, and after long people look."""

from shared.changes import Change
from tests.builders import POT_MERCHANT, T0, Trade, a_pushed_order, an_order_at_its_warehouses
from tests.storybook import effects, entries, moves, rows, story

HOUR, DAY = 3_600, 86_400


def asked_until(trade: Trade, ring_is_late: int) -> Change:
    """Ring the clock of parcel 3 until so many seconds after the first question."""
    asked_since = trade.row("PARCEL#03").asked_since
    change = trade.ring("PARCEL#03")
    while trade.now < asked_since + ring_is_late:
        change = trade.ring("PARCEL#03")
    return change


@story(
    "parcel.pushing.push_overdue.late",
    to="pushing",
    only="clock",
    then="push_parcel",
    clock=6 * HOUR,
)
def a_warehouse_has_not_answered_for_a_day_so_people_hear_of_it() -> Change:
    trade = a_pushed_order()

    change = asked_until(trade, DAY)

    assert rows(change) == ["PARCEL#03 parcel.pushing.push_overdue.late"]
    before = [r for one in trade.world.changes[:-1] for r in rows(one) if "push_overdue" in r]
    assert set(before) == {"PARCEL#03 parcel.pushing.push_overdue"}
    return change


@story("parcel.pushing.parcel_recalled", to="awaiting_shipment", only="support operator")
def people_take_a_parcel_from_a_warehouse_that_never_answers() -> Change:
    trade = a_pushed_order()

    change = trade.recall(3, reason="keys_lost")

    parcel = trade.row("PARCEL#03")
    assert (parcel.progress, parcel.due_at, change.note) == (
        "refused:keys_lost",
        None,
        {"reason": "keys_lost"},
    )
    assert (moves(change), entries(change)) == ({}, {})
    trade.ship(2, 3)  # Its merchant sends it.
    assert trade.state("SUB#02") == "awaiting_receipt"
    return change


@story("parcel.at_warehouse.parcel_recalled", to="awaiting_shipment", only="support operator")
def people_found_that_a_warehouse_lost_its_books_so_its_merchant_sends_or_cancels() -> Change:
    trade = an_order_at_its_warehouses()
    trade.confirm(3, {3: 1}, is_final=False)

    change = trade.recall(3)

    assert dict(trade.row("PARCEL#03").contents) == {"3": 1}
    trade.cancel(sub_order=2, units={3: 1}, caller=POT_MERCHANT)
    assert (trade.state("PARCEL#03"), trade.state("SUB#02")) == ("cancelled", "awaiting_receipt")
    return change


@story(
    "parcel.at_warehouse.warehouse_silent",
    to="at_warehouse",
    only="clock",
    then="ask_warehouse",
    clock=6 * HOUR,
)
def a_warehouse_that_has_a_parcel_is_asked_what_it_has_sent() -> Change:
    trade = an_order_at_its_warehouses()

    change = trade.ring("PARCEL#03")

    assert rows(change) == ["PARCEL#03 parcel.at_warehouse.warehouse_silent"]
    assert (moves(change), entries(change), effects(change)) == ({}, {}, ["PARCEL#03 ask_warehouse"])
    return change


@story(
    "parcel.at_warehouse.warehouse_silent.late",
    to="at_warehouse",
    only="clock",
    then="ask_warehouse",
    clock=52_795,  # A quarter of the time since it was pushed, 211,181 s ago.
)
def after_the_promised_day_people_hear_of_it_too_and_it_is_asked_less_often() -> Change:
    trade = an_order_at_its_warehouses()

    change = asked_until(trade, 2 * DAY)

    first, *_, last = [one for one in trade.world.changes if one.event == "warehouse_silent"]
    assert (first.at, last.at) == (T0 + 200 + 6 * HOUR, trade.now)
    return change


@story(
    "parcel.intercepting.intercept_overdue.late",
    to="intercepting",
    only="clock",
    then="intercept_parcel",
    clock=6 * HOUR,
)
def a_warehouse_has_not_said_for_a_day_whether_it_could_stop_so_people_find_out() -> Change:
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)

    change = asked_until(trade, DAY)

    assert rows(change) == ["PARCEL#03 parcel.intercepting.intercept_overdue.late"]
    assert trade.state("SUB#02") == "intercepting"
    trade.recall(3)  # It will not send it: then it was stopped.
    assert (trade.state("PARCEL#03"), trade.state("SUB#02")) == ("cancelled", "cancelled")
    assert [r.amount_minor for r in trade.whole.refunds] == [10_800]
    return change
