"""The draft: what one event changes, collected and handed over whole."""

from dataclasses import replace

import pytest

from shared.changes import CLOCK, SYSTEM, Caller, Change, Draft, Entry, Voucher, stock_rows
from shared.errors import TransitionRefused
from shared.goods import StockMove
from shared.lifecycle import Actor, Event
from shared.store.writing import actions_of
from shared.wallet_moves import Count, CouponMove, PointsMove, WalletMoves
from tests.builders import (
    BUYER,
    SETTINGS,
    T0,
    a_closing_order,
    a_paid_order,
    a_request,
    a_shop_order,
    a_split_order,
    an_order_being_paid,
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


def test_one_shelf_is_one_shelf_for_each_shard_channel_and_kind():
    draft = a_draft(a_shop_order().whole)
    moves = [
        StockMove("release", "A", "W1", 1),
        StockMove("release", "A", "W1", 1, 2),
        StockMove("release", "A", "W1", 1, 2, "tmall"),
        StockMove("ship", "A", "W1", 1),
    ]
    draft.take(*moves, *moves)

    assert draft.finish().stock == tuple(move._replace(quantity=2) for move in moves)


def test_a_release_from_a_shard_touches_the_first_row_too_for_its_flag():
    moves = [StockMove(kind, "A", "W1", 1, 3) for kind in ("reserve", "ship", "release")]

    assert [stock_rows([move]) for move in moves] == [{("A", 3)}, {("A", 3)}, {("A", 3), ("A", 0)}]


def test_a_wallet_is_moved_by_what_was_collected():
    draft = a_draft(a_shop_order().whole)
    draft.take_coupon("lock", "C-1")
    draft.take_coupon("lock", "C-2")
    draft.take_points("lock", 5)
    draft.count("sku:B", 1, 9)
    draft.count("sku:A", 2, 7)
    draft.count("sku:B", 3, 9)

    assert draft.finish().wallet == WalletMoves(
        (CouponMove("lock", "C-1"), CouponMove("lock", "C-2")),
        PointsMove("lock", 5),
        (Count("sku:A", 2, 7), Count("sku:B", 4, 9)),
    )


def test_a_wallet_of_nothing_is_not_moved():
    draft = a_draft(a_shop_order().whole)
    draft.take_points("lock", 0)
    draft.count("sku:A", 0)

    assert draft.finish().wallet.is_empty


def test_one_event_moves_points_once():
    draft = a_draft(a_shop_order().whole)
    draft.take_points("lock", 5)

    with pytest.raises(AssertionError, match="one move of points"):
        draft.take_points("use", 5)


@pytest.mark.parametrize(("ships_at", "begins"), [(None, T0 + 7), (T0 + 6, T0 + 7), (T0 + 500, T0 + 500)])
def test_the_clock_of_goods_that_ship_after_a_date_begins_at_that_date(ships_at, begins):
    whole = an_order_being_paid().whole
    draft = a_draft(whole, PROVIDER)

    moved = draft.move(replace(whole.sub_orders[0], ships_at=ships_at), Event.PAYMENT_SUCCEEDED)

    assert moved.due_at == begins + 172_800


@pytest.mark.parametrize(("rows", "is_at_once"), [(96, True), (97, False)])
def test_what_releases_or_ships_more_than_fits_becomes_a_transfer(rows, is_at_once):
    # Beside stock: order, event, key, and one row of the order that changes.
    draft = a_draft(a_paid_order().whole)
    draft.change(draft.whole.sub_orders[0], refunded_goods_minor=5)
    moves = tuple(StockMove("ship", f"SKU-{n:03}", "W1", 1) for n in range(rows))
    draft.take(*moves)

    change = draft.finish(request=a_request())

    assert change.stock == (moves if is_at_once else ())
    planned = [write.row for write in change.writes if write.row.machine == "transfer"]
    assert [(t.number, t.kind, t.state, t.moves, t.moved) for t in planned] == (
        [] if is_at_once else [(1, "ship", "waiting", moves, 0)]
    )
    assert len(tuple(actions_of(SETTINGS, change))) == (100 if is_at_once else 5)


def test_everything_else_that_is_written_leaves_less_room_for_stock():
    def room(make):
        for rows in range(100, 0, -1):
            draft = a_draft(a_paid_order().whole)
            request = make(draft)
            draft.take(*(StockMove("ship", f"SKU-{n:03}", "W1", 1) for n in range(rows)))
            if draft.finish(request=request).stock:
                return rows
        return 0

    def voucher(draft):
        draft.post(Voucher("v", "CNY", (Entry("a", 1), Entry("b", -1))))

    assert room(lambda draft: None) == 98
    assert room(lambda draft: a_request()) == 97
    assert room(lambda draft: draft.only_once("a", "b")) == 96
    assert room(voucher) == 97
    assert room(lambda draft: draft.take_points("use", 1)) == 97
    assert room(lambda draft: draft.take_coupon("use", "C")) == 97
    assert room(lambda draft: draft.relocate(draft.whole.lines)) == 97


def test_lines_are_written_again_only_where_goods_lie_elsewhere():
    whole = a_paid_order().whole
    draft = a_draft(whole)
    moved = (whole.lines[0]._replace(allocation=()), *whole.lines[1:])
    assert a_draft(whole).finish().lines == ()

    draft.relocate(moved)
    change = draft.finish()

    assert (change.lines, change.snapshot) == (moved, whole.snapshot)
    assert change.applied_to(whole).lines == moved


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
