"""What each event and each effect does to the world, written by hand, apart from the tables.

The fields of a world are explained in ``tests.conservation_world``; money that is paid, refunded, disputed and settled
has its events in ``tests.conservation_money``, goods under way in ``tests.conservation_goods``, an after-sale case in
``tests.conservation_cases``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.conservation_cases import CASE_EFFECTS, CASE_EVENTS
from tests.conservation_goods import GOODS_EVENTS
from tests.conservation_money import MONEY_EVENTS, no_answer, submit_refund
from tests.conservation_world import MOST, NOTHING, NothingToDo, Step, World


def order_received(w: World) -> Iterator[World]:
    yield World(exists=True, holding=True)


def order_placed(w: World) -> Iterator[World]:
    if w == NOTHING or w.holding:
        yield World(exists=True, reserved=1, invited=True)


def order_not_placed(w: World) -> Iterator[World]:
    """Whatever was held goes back, by moves of its own."""
    if w.holding:
        yield replace(w, holding=False)


def address_corrected(w: World) -> Iterator[World]:
    """Neither goods nor money hear of it."""
    if w.invited or w.escrow:
        yield w


def payment_started(w: World) -> Iterator[World]:
    if w.invited:
        yield replace(w, living=w.living + 1)


def order_paid(w: World) -> Iterator[World]:
    """One of the living tries brought the money, or one that had been given up."""
    for living in {w.living, max(0, w.living - 1)}:
        yield replace(w, escrow=1, invited=False, living=living, asked=False)


def order_unfilled(w: World) -> Iterator[World]:
    """One of the tries brought money for goods that were gone: it belongs to no order, and goes back by itself."""
    for living in {w.living, max(0, w.living - 1)}:
        yield replace(w, reserved=0, invited=False, living=living, asked=False)


def order_given_up(w: World) -> Iterator[World]:
    """Nobody shall pay any more. While somebody still might, the goods stay promised."""
    yield replace(w, invited=False, holding=False, reserved=1 if w.living else 0)


def order_separated(w: World) -> Iterator[World]:
    """Some of it becomes an order of its own, with what was promised; the rest waits for its money as before."""
    yield World(exists=True, reserved=1, invited=True) if w == NOTHING else w


def last_try_closed(w: World) -> Iterator[World]:
    if w.asked and w.living:
        yield replace(w, living=0, asked=False, reserved=0)


def transfer_planned(w: World) -> Iterator[World]:
    for moves in range(1, MOST + 1):
        yield World(exists=True, left=moves)


def stock_moved(w: World) -> Iterator[World]:
    """Whoever moves goes on until nothing is left."""
    for moves in range(1, w.left + 1):
        yield replace(w, left=w.left - moves, moved=w.moved + moves, asked=w.asked and moves < w.left)


def transfer_dropped(w: World) -> Iterator[World]:
    yield replace(w, asked=False, over=True)


EVENTS: dict[str, dict[str, Step]] = {
    "order": {
        "order_received": order_received,
        "order_placed": order_placed,
        "goods_short": order_not_placed,
        "placing_timed_out": order_not_placed,
        "payment_unfilled": order_unfilled,
        "payment_started": payment_started,
        "address_corrected": address_corrected,
        "payment_succeeded": order_paid,
        "cancel_requested": order_given_up,
        "payment_timed_out": order_given_up,
        "sub_orders_separated": order_separated,
        "payments_closed": last_try_closed,
        "closing_timed_out": no_answer,
    },
    **GOODS_EVENTS,
    **MONEY_EVENTS,
    **CASE_EVENTS,
    "transfer": {
        "transfer_planned": transfer_planned,
        "stock_moved": stock_moved,
        "transfer_dropped": transfer_dropped,
        "transfer_overdue": no_answer,
    },
}


def close_payments(w: World) -> World:
    if not w.living or w.asked or w.invited:
        raise NothingToDo("nobody may pay any more, or nobody is unwelcome yet")
    return replace(w, asked=True)


def split_order(w: World) -> World:
    if not w.escrow or w.cut:
        raise NothingToDo("goods are cut once, when they are paid")
    return replace(w, cut=True)


def split_part(w: World) -> World:
    if not w.escrow or w.cut or w.cutting or w.doubt:
        raise NothingToDo("what people let go is cut then, and nothing before")
    return replace(w, cutting=True)


def move_stock(w: World) -> World:
    if not w.left or w.asked:
        raise NothingToDo("there is nothing to move, or it is being moved")
    return replace(w, asked=True)


def push_parcel(w: World) -> World:
    if not w.system or w.has or w.stopping or w.asked:
        raise NothingToDo("no system is to have it, or it has it, or it is being told")
    return replace(w, asked=True)


def ask_warehouse(w: World) -> World:
    if not w.doubtful or not w.has:
        raise NothingToDo("nobody doubts what its warehouse did, or no warehouse has it")
    return replace(w, doubtful=False)


def intercept_parcel(w: World) -> World:
    if not w.stopping or w.asked:
        raise NothingToDo("nobody shall stop it, or somebody is being asked")
    return replace(w, asked=True)


def follow_parcel(w: World) -> World:
    if not w.on_the_way or w.followed:
        raise NothingToDo("it is nowhere, or its carrier tells us already")
    return replace(w, followed=True)


def ask_carrier(w: World) -> World:
    if not w.doubtful or not w.on_the_way:
        raise NothingToDo("nobody doubts where it is")
    return replace(w, doubtful=False)


def expect_return(w: World) -> World:
    if not (w.homeward or w.home) or w.expected:
        raise NothingToDo("it does not come back, or its sender knows")
    return replace(w, expected=True)


EFFECTS: dict[str, dict[str, Callable[[World], World]]] = {
    "order": {"close_payments": close_payments, "split_order": split_order},
    "sub_order": {"split_order": split_part},
    "refund": {"submit_refund": submit_refund},
    "after_sale": CASE_EFFECTS,
    "transfer": {"move_stock": move_stock},
    "parcel": {
        "push_parcel": push_parcel,
        "ask_warehouse": ask_warehouse,
        "intercept_parcel": intercept_parcel,
        "follow_parcel": follow_parcel,
        "ask_carrier": ask_carrier,
        "expect_return": expect_return,
    },
}
