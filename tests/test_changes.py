"""The draft: what one event changes, collected and handed over whole."""

from dataclasses import replace

import pytest

from shared.changes import CLOCK, SYSTEM, Caller, Change, Draft, StockMove
from shared.errors import TransitionRefused
from shared.lifecycle import Actor, Event
from tests.builders import (
    BUYER,
    T0,
    a_closing_order,
    a_paid_order,
    a_shop_order,
    a_split_order,
)

PROVIDER = Caller(Actor.PROVIDER, "sandbox")


def a_draft(whole, caller=BUYER, event=Event.CANCEL_REQUESTED):
    return Draft(whole, event=event, caller=caller, now=T0 + 7)


def test_a_step_that_enters_a_waiting_state_starts_its_clock():
    draft = a_draft(a_paid_order().whole, CLOCK)

    moved = draft.move(draft.whole.sub_orders[0], Event.SHIPMENT_OVERDUE)

    assert moved.due_at == T0 + 7 + 172_800
    assert draft.finish().steps[0].due_at == T0 + 7 + 172_800


def test_a_step_that_stays_leaves_the_running_clock_alone():
    whole = a_paid_order().whole
    before = whole.sub_orders[0].due_at
    draft = a_draft(whole, SYSTEM)

    moved = draft.move(whole.sub_orders[0], Event.GOODS_ALLOCATED, split_at=T0)

    assert (moved.due_at, draft.finish().steps[0].due_at) == (before, None)


def test_a_step_into_a_state_without_a_clock_stops_it():
    trade = a_shop_order()

    trade.cancel_unpaid()

    assert trade.whole.order.due_at is None


def test_a_row_that_is_refused_leaves_the_draft_as_it_was():
    whole = a_shop_order().whole
    draft = a_draft(whole, PROVIDER)

    with pytest.raises(TransitionRefused):
        draft.move(whole.order, Event.CANCEL_REQUESTED)

    assert draft.whole is whole
    assert draft.finish().steps == ()


def test_a_change_remembers_the_state_that_was_read_however_often_the_row_moved():
    draft = a_draft(a_split_order().whole)
    parcel = draft.whole.parcels[0]
    draft.change(draft.move(parcel, Event.GOODS_CANCELLED, contents={"1": 1}), goods_minor=1)

    [write] = draft.finish().writes

    assert (write.was, write.row.goods_minor) == ("awaiting_shipment", 1)


def test_facts_that_are_no_state_are_written_under_the_state_that_was_read():
    draft = a_draft(a_paid_order().whole)
    draft.change(draft.whole.sub_orders[0], refunded_goods_minor=5)
    draft.change(draft.whole.order, refund_reserved_minor=5)

    change = draft.finish()

    assert [(w.row.subject, w.was) for w in change.writes] == [("SUB#01", "awaiting_shipment")]
    assert (change.order.refund_reserved_minor, change.read_state, change.read_version) == (5, "paid", 3)


def test_every_event_is_one_version():
    trade = a_closing_order()

    change = trade.close()

    assert (change.read_version, change.order.version) == (3, 4)
    assert change.read_state == "closing"


def test_moves_of_one_shelf_are_one_move():
    draft = a_draft(a_shop_order().whole)
    draft.take(StockMove("release", "B", "W1", 1), StockMove("release", "A", "W2", 2))
    draft.take(StockMove("release", "B", "W1", 3), StockMove("release", "A", "W1", 0))

    assert draft.finish().stock == (StockMove("release", "A", "W2", 2), StockMove("release", "B", "W1", 4))


def test_a_new_row_begins_where_the_table_says():
    trade = a_split_order()
    draft = a_draft(trade.whole, SYSTEM)
    shipped = replace(trade.whole.parcels[0], state="in_transit")

    with pytest.raises(AssertionError, match="a new parcel begins in awaiting_shipment"):
        draft.create(shipped, Event.PARCEL_PLANNED)


@pytest.mark.parametrize(
    ("make", "has_effects"),
    [
        (lambda: a_shop_order().world.last, True),  # Its clock.
        (lambda: a_shop_order().start_payment(), False),
        (lambda: a_paid_order().world.last, True),
        (lambda: a_closing_order().close(), False),
    ],
)
def test_only_what_has_effects_or_clocks_is_announced_until_it_is_done(make, has_effects):
    change: Change = make()

    assert change.has_effects is has_effects
