"""A very long order: its goods are held chunk by chunk before anybody may pay, and given back when that fails."""

from shared.changes import Change
from shared.ordering.placing import move_stock
from tests.builders import ADDRESS, ORDER_ID, T0, Trade
from tests.memory import MemoryShop
from tests.special_orders import a_long_order, others_take
from tests.storybook import effects, rows, story

LINES, UNITS = 500, 1_000  # Two units of each; a chunk moves eighty of them.


def nobody_may_pay_and_everything_goes_back(trade: Trade, held_before: int) -> None:
    """Cancelled; what was held before is on its way back by a transfer, and nothing new is held."""
    assert trade.whole.order.stage == "cancelled"
    assert [s.state for s in trade.whole.sub_orders] == ["cancelled", "cancelled"]
    assert trade.state("MOVE#01") == "dropped"
    assert trade.world.total("reserved") == held_before
    move_stock(MemoryShop(trade.world), ORDER_ID, trade.now)
    assert trade.world.total("reserved") == 0
    assert (trade.whole.payments, trade.world.accounts) == ((), {})


@story("order.start.order_received", to="placing", only="buyer", clock=600)
def five_hundred_lines_are_received_before_anything_is_held() -> Change:
    trade = a_long_order(LINES)

    change = trade.world.last
    assert rows(change) == [
        "ORDER order.start.order_received",
        "SUB#01 sub_order.start.order_placed",
        "SUB#02 sub_order.start.order_placed",
        "MOVE#01 transfer.start.transfer_planned",
    ]
    assert (change.stock, change.confirmation, change.personal) == ((), None, ADDRESS)
    assert effects(change) == ["MOVE#01 move_stock"]
    assert (len(change.lines), len(trade.row("MOVE#01").moves)) == (500, 500)
    assert (trade.whole.order.stage, trade.whole.order.due_at) == ("placing", T0 + 600)
    assert trade.world.total("reserved") == 0
    return change


@story("order.placing.order_placed", to="pending_payment", only="system", clock=1800)
def with_the_last_chunk_the_order_is_placed_and_its_time_to_pay_begins() -> Change:
    trade = a_long_order(LINES).after(100)
    for _ in range(6):
        assert rows(trade.move_chunk()) == ["MOVE#01 transfer.waiting.stock_moved"]
        assert trade.whole.order.stage == "placing"

    change = trade.move_chunk()

    assert rows(change) == [
        "MOVE#01 transfer.waiting.stock_moved.everything_moved",
        "ORDER order.placing.order_placed",
    ]
    assert trade.whole.order.due_at == T0 + 100 + 1800  # Holding its goods does not eat up the buyer's time.
    assert trade.world.total("reserved") == UNITS
    assert change.confirmation["total"] == 51_600
    assert len(change.confirmation["lines"]) == 500
    assert change.confirmation["address"] == {"country": "CN"}
    return change


@story("order.placing.goods_short", to="cancelled", only="system")
def a_line_that_is_gone_everywhere_ends_the_order_and_gives_back_the_rest() -> Change:
    trade = a_long_order(LINES)
    for warehouse in ("W1", "W2"):
        others_take(trade, "SKU-77", warehouse, 4)  # One is left in each, and two are wanted: still enough.
    move_stock(MemoryShop(trade.world), ORDER_ID, T0)
    assert trade.whole.order.stage == "pending_payment"
    assert sorted(trade.whole.lines[76].allocation) == [("W1", 1, 0, ""), ("W2", 1, 0, "")]

    trade = a_long_order(LINES)
    trade.move_chunk()
    others_take(trade, "SKU-77", "W1", 5)
    others_take(trade, "SKU-77", "W2", 4)
    move_stock(MemoryShop(trade.world), ORDER_ID, T0)

    [change] = [c for c in trade.world.changes if c.event == "goods_short"]
    assert rows(change)[:4] == [
        "ORDER order.placing.goods_short",
        "SUB#01 sub_order.awaiting_payment.order_cancelled",
        "SUB#02 sub_order.awaiting_payment.order_cancelled",
        "MOVE#01 transfer.waiting.transfer_dropped",
    ]
    assert change.note == {"left of SKU-77": 1}
    nobody_may_pay_and_everything_goes_back(trade, held_before=0)
    return change


@story("order.placing.cancel_requested", to="cancelled", only="buyer")
def a_buyer_cancels_between_two_chunks() -> Change:
    trade = a_long_order(LINES)
    trade.move_chunk()
    trade.move_chunk()

    change = trade.cancel_unpaid()

    assert rows(change)[-2:] == [
        "MOVE#01 transfer.waiting.transfer_dropped",
        "MOVE#02 transfer.start.transfer_planned",
    ]
    assert change.stock == ()
    nobody_may_pay_and_everything_goes_back(trade, held_before=320)
    return change


@story("order.placing.placing_timed_out", to="cancelled", only="clock")
def goods_that_are_not_all_held_in_ten_minutes_are_given_back() -> Change:
    trade = a_long_order(LINES)
    trade.move_chunk()

    change = trade.ring("ORDER")

    assert (trade.now, change.caller.actor) == (T0 + 600, "clock")
    assert len(change.stock) == 80  # One chunk fits into the event itself.
    nobody_may_pay_and_everything_goes_back(trade, held_before=0)
    return change
