"""Very long orders: their stock moves in chunks, whoever interferes between two of them, and it all ends even."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.changes import ACTIONS_MAX, MOVES_PER_CHUNK, Draft, chunk_of, stock_rows
from shared.errors import Conflict, TransitionRefused
from shared.goods import Place, StockMove
from shared.lifecycle import Event, TransferState
from shared.model import Transfer
from shared.ordering.placing import decide_chunk, move_stock, next_transfer, relocated
from shared.ordering.stock import Shelves
from shared.store.writing import actions_of
from tests.builders import (
    BUYER,
    ORDER_ID,
    SETTINGS,
    T0,
    Caller,
    a_line,
    a_shop_order,
    an_order_of,
    an_unpaid_order_of,
)
from tests.memory import MemoryShop
from tests.special_orders import (
    a_long_order,
    a_long_paid_order,
    a_long_placed_order,
    move_all,
    others_take,
)
from tests.storybook import moves


def moved(trade):
    move_stock(MemoryShop(trade.world), ORDER_ID, trade.now)
    return trade


def stands(trade):
    """(stage of the order, units reserved, units sold)"""
    return trade.whole.order.stage, trade.world.total("reserved"), trade.world.total("sold")


def merchant(number):
    return Caller(BUYER.actor.MERCHANT, f"user-{number}", f"m-{number}")


def test_five_hundred_lines_are_held_in_seven_chunks_and_every_one_fits_a_transaction():
    trade = a_long_order()

    made = move_all(trade)

    assert [len(change.stock) for change in made] == [80] * 6 + [20]
    assert stands(trade) == ("pending_payment", 1_000, 0)
    for change in (trade.world.changes[0], *made):
        assert len(tuple(actions_of(SETTINGS, change))) <= ACTIONS_MAX


def test_the_effect_holds_everything_and_repeated_does_nothing_more():
    trade = moved(a_long_order())
    count = len(trade.world.changes)

    moved(trade)

    assert stands(trade) == ("pending_payment", 1_000, 0)
    assert len(trade.world.changes) == count


def test_an_order_of_ordinary_size_has_nothing_to_move():
    trade = a_shop_order()

    assert next_transfer(trade.whole) is None
    assert decide_chunk(trade.whole, now=T0, address={}) is None


def test_the_effect_that_was_cut_off_goes_on_where_it_stopped():
    trade = a_long_order()
    for _ in range(3):
        trade.move_chunk()

    moved(trade)

    assert stands(trade) == ("pending_payment", 1_000, 0)
    assert len(trade.world.changes) == 1 + 7


@pytest.mark.parametrize("chunks", range(7))
def test_pain_06_time_is_over_after_any_number_of_chunks_and_everything_is_free_again(chunks):
    trade = a_long_order()
    for _ in range(chunks):
        trade.move_chunk()

    trade.ring("ORDER")
    moved(trade)

    assert stands(trade) == ("cancelled", 0, 0)
    assert trade.world.total("available") == 5_000
    assert moved(trade).world.total("available") == 5_000


@pytest.mark.parametrize("chunks", range(7))
def test_a_buyer_who_cancels_between_any_two_chunks_gets_everything_back(chunks):
    trade = a_long_order()
    for _ in range(chunks):
        trade.move_chunk()

    trade.cancel_unpaid()
    moved(trade)

    assert stands(trade) == ("cancelled", 0, 0)


@pytest.mark.parametrize("line", [1, 80, 81, 300, 500])
def test_goods_that_are_gone_in_whatever_chunk_end_the_order(line):
    trade = a_long_order()
    for warehouse in ("W1", "W2"):
        others_take(trade, f"SKU-{line}", warehouse, 5)

    moved(trade)

    assert stands(trade) == ("cancelled", 0, 0)
    [short] = [change for change in trade.world.changes if change.event == "goods_short"]
    assert short.note == {f"left of SKU-{line}": 0}
    assert (trade.whole.refunds, short.caller.actor) == ((), "system")


def test_many_short_goods_are_named_and_ten_are_enough():
    trade = a_long_order()
    for line in range(100, 141):
        for warehouse in ("W1", "W2"):
            others_take(trade, f"SKU-{line}", warehouse, 5)

    moved(trade)

    [short] = [change for change in trade.world.changes if change.event == "goods_short"]
    assert len(short.note) == 10


def test_goods_that_are_short_where_they_were_sourced_are_held_elsewhere_and_the_line_says_so():
    trade = a_long_order()
    others_take(trade, "SKU-7", "W1", 4)
    others_take(trade, "SKU-8", "W1", 5)

    moved(trade)

    assert stands(trade) == ("pending_payment", 1_000, 0)
    assert trade.whole.lines[6].allocation == (("W2", 2, 0, ""),)
    assert trade.whole.lines[7].allocation == (("W2", 2, 0, ""),)
    assert trade.world.units("SKU-8", "W2") == (3, 2, 0)
    trade.start_payment()
    trade.pay()
    trade.split()
    assert {parcel.warehouse for parcel in trade.whole.parcels} == {"W1", "W2"}


def test_what_is_held_already_stays_where_it_is_when_the_rest_is_found_elsewhere():
    lines = [a_line(n, 2, 100, lies=[("W1", 1), ("W2", 1)]) for n in range(1, 101)]
    stock = {(line.sku, warehouse): 1 for line in lines for warehouse in ("W1", "W2", "W3")}
    trade = an_unpaid_order_of(lines, [0], stock=stock)
    while len(trade.row("MOVE#01").moves) - trade.row("MOVE#01").moved > 40:
        trade.move_chunk()
    held = {(move.sku, move.warehouse) for move in trade.row("MOVE#01").moves[: trade.row("MOVE#01").moved]}
    sku, warehouse = next(
        (m.sku, m.warehouse) for m in trade.row("MOVE#01").moves[trade.row("MOVE#01").moved :]
    )
    others_take(trade, sku, warehouse, 1)

    moved(trade)

    line = next(line for line in trade.whole.lines if line.sku == sku)
    assert {(sku, one.warehouse) for one in line.allocation} >= {at for at in held if at[0] == sku}
    assert (sum(one.units for one in line.allocation), ("W3", 1, 0, "") in line.allocation) == (2, True)
    assert stands(trade) == ("pending_payment", 200, 0)


def test_relocating_looks_only_at_what_was_short_and_not_held():
    trade = a_long_order(120)
    trade.move_chunk()
    [transfer] = trade.whole.transfers
    gone = transfer.moves[80].sku

    whole, changed, short = relocated(trade.whole, transfer, Shelves({gone: {}}))

    assert short == {gone: 0}
    assert changed.moves[:80] == transfer.moves[:80]
    assert [move for move in changed.moves[80:] if move.sku != gone] == [
        move for move in transfer.moves[80:] if move.sku != gone
    ]
    assert [line.sku for line in whole.lines if line not in trade.whole.lines] == [gone]


def test_goods_that_others_keep_buying_are_tried_four_times_and_then_later_again():
    trade = a_long_order()
    shop = MemoryShop(trade.world)
    shop.shelves = lambda skus, channel: Shelves(
        {sku: {Place("W1"): 9} for sku in skus}
    )  # Which is not true.
    others_take(trade, "SKU-1", "W1", 5)

    with pytest.raises(Conflict):
        move_stock(shop, ORDER_ID, T0)

    assert (trade.whole.order.stage, trade.state("MOVE#01")) == ("placing", "waiting")
    moved(trade)  # Its clock asks again; now what the shelves say is true.
    assert stands(trade) == ("pending_payment", 1_000, 0)


def test_nobody_pays_what_is_still_being_placed():
    with pytest.raises(TransitionRefused):
        a_long_order().start_payment()


def test_a_long_order_is_paid_in_one_transaction_without_any_stock():
    trade = a_long_placed_order()
    trade.start_payment()

    change = trade.pay()

    assert (change.stock, len(trade.whole.transfers)) == ((), 1)
    assert (
        len(tuple(actions_of(SETTINGS, change))) == 8
    )  # order, event, payment, two parts, two marks, voucher
    assert stands(trade) == ("awaiting_shipment", 1_000, 0)


def test_a_long_order_that_is_not_paid_in_time_gives_back_everything_in_chunks():
    trade = a_long_placed_order()

    change = trade.ring("ORDER")
    assert (change.stock, trade.row("MOVE#02").kind, trade.world.total("reserved")) == ((), "release", 1_000)
    moved(trade)

    assert stands(trade) == ("cancelled", 0, 0)


def test_two_merchants_of_a_long_order_ship_and_each_has_a_transfer_of_its_own():
    trade = a_long_paid_order()
    trade.split()
    trade.ship(1, 1, caller=merchant(1))
    trade.move_chunk()

    trade.ship(2, 2, caller=merchant(2))
    moved(trade)

    assert [(t.kind, t.state) for t in trade.whole.transfers] == [
        ("reserve", "done"),
        ("ship", "done"),
        ("ship", "done"),
    ]
    assert stands(trade) == ("awaiting_receipt", 0, 1_000)


def test_one_merchant_ships_while_what_another_cancelled_is_still_going_back():
    trade = a_long_paid_order()
    trade.split()
    trade.cancel(sub_order=2, caller=merchant(2))
    trade.move_chunk()

    trade.ship(1, 1, caller=merchant(1))
    moved(trade)

    assert stands(trade) == ("awaiting_receipt", 0, 500)
    assert trade.world.total("available") == 4_500


def test_a_few_lines_of_a_long_order_are_cancelled_at_once_like_those_of_any_other():
    trade = a_long_paid_order()
    trade.split()

    change = trade.cancel({1: 1, 2: 2})

    assert moves(change) == {"release SKU-1 W1": 1, "release SKU-2 W1": 2}
    assert len(trade.whole.transfers) == 1


def test_ninety_one_deferred_lines_are_taken_with_the_payment_and_never_by_a_transfer():
    # The most that are not held when they are placed; their payment is one transaction too.
    lines = [a_line(n, 1, 100, flags=("deferred",)) for n in range(1, 92)]
    trade = an_order_of(lines, [0])

    paying = trade.world.last

    assert (len(paying.stock), trade.whole.transfers) == (91, ())
    assert len(tuple(actions_of(SETTINGS, paying))) == 98


def test_what_fits_no_transaction_is_never_promised_by_a_transfer_that_could_fail():
    draft = Draft(a_shop_order().whole, event=Event.PAYMENT_SUCCEEDED, caller=BUYER, now=T0)
    draft.take(*(StockMove("reserve", f"SKU-{n}", "W1", 1) for n in range(99)))

    with pytest.raises(AssertionError, match="what fits no transaction is not promised"):
        draft.finish()


stock_moves = st.lists(
    st.builds(
        StockMove,
        st.sampled_from(["reserve", "release", "ship"]),
        st.sampled_from([f"SKU-{n}" for n in range(120)]),
        st.just("W1"),
        st.integers(1, 3),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=200,
)


@given(stock_moves)
@settings(max_examples=60, deadline=None)
def test_chunk_after_chunk_moves_everything_once_and_none_touches_too_many_rows(planned):
    done, transfer = [], Transfer(number=1, kind="ship", state=TransferState.WAITING, moves=tuple(planned))
    while transfer.moved < len(planned):
        chunk = chunk_of(transfer)
        assert chunk
        assert len(stock_rows(chunk)) <= MOVES_PER_CHUNK
        following = transfer.moves[transfer.moved : transfer.moved + len(chunk) + 1]
        assert following == chunk or len(stock_rows(following)) > MOVES_PER_CHUNK
        done += chunk
        transfer = Transfer(
            number=1, kind="ship", state=TransferState.WAITING, moves=tuple(planned), moved=len(done)
        )

    assert done == planned


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_happens_to_a_long_order_between_chunks_nothing_stays_reserved_for_nobody(data):
    trade = a_long_order(100)
    acts = ["chunk", "chunk", "cancel", "time out", "others buy"]
    while trade.whole.order.stage == "placing":
        match data.draw(st.sampled_from(acts)):
            case "chunk":
                move_one_if_it_is_there(trade)
            case "cancel":
                trade.cancel_unpaid()
            case "time out":
                trade.ring("ORDER")
            case "others buy":
                line, warehouse = data.draw(st.integers(1, 100)), data.draw(st.sampled_from(["W1", "W2"]))
                left = trade.world.units(f"SKU-{line}", warehouse)[0]
                others_take(trade, f"SKU-{line}", warehouse, left)
    moved(trade)

    stage, reserved, sold = stands(trade)
    assert (stage, reserved, sold) in (("pending_payment", 200, 0), ("cancelled", 0, 0))


def move_one_if_it_is_there(trade):
    """One chunk, as the effect moves it: looking elsewhere when something is short."""
    shop = MemoryShop(trade.world)
    written = shop.write

    def write(change):
        written(change)
        raise StopAfterOne

    shop.write = write
    with pytest.raises(StopAfterOne):
        move_stock(shop, ORDER_ID, trade.now)


class StopAfterOne(Exception):
    """The effect's process died after its first chunk."""
