"""Stock that one transaction cannot hold: planned as a row of its own, and moved chunk by chunk."""

from shared.changes import Change
from shared.lifecycle import Actor
from tests.builders import T0, Caller
from tests.special_orders import a_long_order, a_long_paid_order, move_all
from tests.storybook import effects, moves, rows, story


@story(
    "transfer.start.transfer_planned",
    to="waiting",
    only="buyer merchant warehouse provider clock system support operator",
    then="move_stock",
    clock=240,
)
def what_ships_at_once_and_does_not_fit_is_planned_and_shipped_in_chunks() -> Change:
    trade = a_long_paid_order()
    trade.split()

    change = trade.ship(1, 1, caller=Caller(Actor.MERCHANT, "user-1", "m-1"))

    assert rows(change)[-1] == "MOVE#02 transfer.start.transfer_planned"
    transfer = trade.row("MOVE#02")
    assert (transfer.kind, transfer.moved, len(transfer.moves), transfer.due_at) == ("ship", 0, 250, T0 + 240)
    assert (change.stock, trade.world.total("sold"), trade.state("PARCEL#01")) == ((), 0, "in_transit")
    assert effects(change) == ["PARCEL#01 follow_parcel", "MOVE#02 move_stock"]
    made = move_all(trade)
    assert [len(one.stock) for one in made] == [80, 80, 80, 10]
    assert (trade.world.total("sold"), trade.world.total("reserved")) == (500, 500)
    return change


@story("transfer.waiting.stock_moved.everything_moved", to="done", only="system")
def the_last_chunk_ends_the_transfer_and_its_clock() -> Change:
    trade = a_long_paid_order()
    trade.cancel()

    *before, change = move_all(trade)

    assert [len(one.stock) for one in (*before, change)] == [80] * 6 + [20]
    assert rows(change) == ["MOVE#02 transfer.waiting.stock_moved.everything_moved"]
    transfer = trade.row("MOVE#02")
    assert (transfer.moved, transfer.due_at, change.about) == (500, None, "MOVE#02")
    assert (change.confirmation, trade.world.total("reserved")) == (None, 0)
    return change


@story("transfer.waiting.stock_moved", to="waiting", only="system")
def one_chunk_moves_eighty_rows_and_leaves_the_clock_running() -> Change:
    trade = a_long_order().after(30)

    change = trade.move_chunk()

    assert len(moves(change)) == 80
    assert set(moves(change).values()) == {2}
    assert change.note == {"moved": 80}
    transfer = trade.row("MOVE#01")
    assert (transfer.moved, transfer.due_at, trade.world.total("reserved")) == (80, T0 + 240, 160)
    return change


@story("transfer.waiting.transfer_dropped", to="dropped", only="buyer clock system")
def what_was_not_held_yet_shall_not_be_held_any_more() -> Change:
    trade = a_long_order()
    trade.move_chunk()

    change = trade.cancel_unpaid()

    transfer = trade.row("MOVE#01")
    assert (transfer.moved, len(transfer.moves), transfer.due_at) == (80, 500, None)
    assert set(moves(change)) == {
        name.replace("reserve", "release") for name in moves(trade.world.changes[1])
    }
    assert trade.world.total("reserved") == 0
    assert move_all(trade) == []
    return change


@story("transfer.waiting.transfer_overdue", to="waiting", only="clock", then="move_stock", clock=240)
def whoever_stopped_moving_is_asked_to_go_on_every_four_minutes() -> Change:
    trade = a_long_order()

    trade.ring("MOVE#01")
    change = trade.ring("MOVE#01")

    assert rows(change) == ["MOVE#01 transfer.waiting.transfer_overdue"]
    assert (change.stock, change.about) == ((), "MOVE#01")
    assert trade.row("MOVE#01").due_at == T0 + 3 * 240
    assert trade.whole.order.due_at == T0 + 600
    return change
