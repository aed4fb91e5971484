"""What each event and each effect does to the world, written by hand, apart from the tables.

The fields of a world are explained in ``tests.conservation_world``; money that is paid, refunded, disputed and settled
has its events in ``tests.conservation_money``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

from tests.conservation_money import MONEY_EVENTS, no_answer, nothing_moves, submit_refund
from tests.conservation_world import FLAG, MOST, NOTHING, NothingToDo, Step, World


def order_received(w: World) -> Iterator[World]:
    yield World(exists=True, holding=True)


def order_placed(w: World) -> Iterator[World]:
    if w == NOTHING or w.holding:
        yield World(exists=True, reserved=1, invited=True)


def order_not_placed(w: World) -> Iterator[World]:
    """Whatever was held goes back, by moves of its own."""
    if w.holding:
        yield replace(w, holding=False)


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


def last_try_closed(w: World) -> Iterator[World]:
    if w.asked and w.living:
        yield replace(w, living=0, asked=False, reserved=0)


def part_placed(w: World) -> Iterator[World]:
    for units, doubt, lenient in product(range(1, MOST + 1), FLAG, FLAG):
        yield World(exists=True, reserved=units, doubt=doubt, lenient=lenient)


def part_paid(w: World) -> Iterator[World]:
    """What nobody doubts is about to be cut."""
    yield replace(w, escrow=w.reserved, cutting=not w.doubt)


def people_looked_and_approved(w: World) -> Iterator[World]:
    yield replace(w, doubt=False, late=False)


def people_looked_and_rejected(w: World) -> Iterator[World]:
    yield replace(w, reserved=0, escrow=0, owed=w.owed + w.reserved, doubt=False, late=False, over=True)


def nobody_looked(w: World) -> Iterator[World]:
    yield replace(w, late=True)


def nobody_looked_at_all(w: World) -> Iterator[World]:
    yield from people_looked_and_approved(w) if w.lenient else people_looked_and_rejected(w)


def part_given_up(w: World) -> Iterator[World]:
    yield replace(w, reserved=0, doubt=False, over=True)


def goods_allocated(w: World) -> Iterator[World]:
    if not w.cut:
        yield replace(w, cut=True, cutting=False)


def parcels_shipped(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1) if w.cut else ():
        yield replace(w, reserved=w.reserved - units, on_the_way=w.on_the_way + units)


def goods_cancelled(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1):
        after = replace(w, reserved=w.reserved - units, escrow=w.escrow - units, owed=w.owed + units)
        is_over = not after.reserved and not after.on_the_way
        none_left = {"over": True, "cutting": False, "doubt": False, "late": False}
        yield replace(after, **none_left) if is_over else after


def received(w: World) -> Iterator[World]:
    if not w.reserved:
        yield replace(w, on_the_way=0, received=w.on_the_way, due=w.on_the_way)


def received_in_silence(w: World) -> Iterator[World]:
    """Silence says nothing while a bank may still decide that the money goes back."""
    yield from nothing_moves(w) if w.frozen else received(w)


def parcel_planned(w: World) -> Iterator[World]:
    for units in range(1, MOST + 1):
        yield World(exists=True, reserved=units)


def parcel_left(w: World) -> Iterator[World]:
    yield replace(w, reserved=0, on_the_way=w.reserved)


def parcel_emptied(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1):
        yield replace(w, reserved=w.reserved - units)


def parcel_arrived(w: World) -> Iterator[World]:
    yield replace(w, on_the_way=0, received=w.on_the_way)


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
        "payment_succeeded": order_paid,
        "cancel_requested": order_given_up,
        "payment_timed_out": order_given_up,
        "payments_closed": last_try_closed,
        "closing_timed_out": no_answer,
    },
    "sub_order": {
        "order_placed": part_placed,
        "payment_succeeded": part_paid,
        "order_cancelled": part_given_up,
        "review_approved": people_looked_and_approved,
        "review_rejected": people_looked_and_rejected,
        "review_overdue": nobody_looked,
        "review_timed_out": nobody_looked_at_all,
        "goods_allocated": goods_allocated,
        "parcels_shipped": parcels_shipped,
        "goods_cancelled": goods_cancelled,
        "shipment_overdue": nothing_moves,
        "receipt_confirmed": received,
        "receipt_timed_out": received_in_silence,
    },
    **MONEY_EVENTS,
    "parcel": {
        "parcel_planned": parcel_planned,
        "parcels_shipped": parcel_left,
        "goods_cancelled": parcel_emptied,
        "receipt_confirmed": parcel_arrived,
        "receipt_timed_out": parcel_arrived,
    },
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


EFFECTS: dict[str, dict[str, Callable[[World], World]]] = {
    "order": {"close_payments": close_payments, "split_order": split_order},
    "sub_order": {"split_order": split_part},
    "refund": {"submit_refund": submit_refund},
    "transfer": {"move_stock": move_stock},
}
