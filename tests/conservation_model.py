"""What we hold, owe and promise in each state, and what each event moves: written by hand, apart from the tables.

``tests/test_conservation.py`` compares the two. What the world is like in each state stands in ``HOLDS``, what an
event does to the world by itself in ``EVENTS``, what an effect sets in motion in ``EFFECTS``, and which facts are
true of a world in ``FACTS``.

    reserved, on_the_way, received   units        asked     somebody outside is asked and has not answered
    escrow     the buyer's money, held            invited   the buyer may still pay
    owed       promised to the buyer              living    tries that may still bring money
    due        promised to the merchant           cut       the goods are cut into parcels
    clearing   what the provider holds for us     strange   of it, without a claim
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from shared.lifecycle import Fact

MOST = 3  # Units, or tries: two are few and many, three are some of many.


@dataclass(frozen=True)
class World:
    exists: bool = False
    reserved: int = 0
    on_the_way: int = 0
    received: int = 0
    escrow: int = 0
    owed: int = 0
    due: int = 0
    clearing: int = 0
    strange: int = 0  # Money we hold without a claim: owed back, or kept for people.
    living: int = 0
    invited: bool = False
    cut: bool = False
    asked: bool = False
    page: str = ""  # What the provider would say of a try: open, refused, closed.
    answer: str = ""  # What the provider said of a refund: accepted, refused, sent.
    over: bool = False


NOTHING = World()
Step = Callable[[World], Iterator[World]]


def only(world: World, **facts: object) -> bool:
    """Whether *world* is as *facts* say, and beyond that empty."""
    return world == replace(World(exists=True), **facts)


HOLDS: dict[str, dict[str, Callable[[World], bool]]] = {
    "order": {
        "start": lambda w: w == NOTHING,
        "pending_payment": lambda w: only(w, reserved=1, invited=True, living=w.living),
        "closing": lambda w: w.living > 0 and only(w, reserved=1, living=w.living, asked=True),
        # Whoever paid has a claim to goods; who else might still pay must be stopped.
        "paid": lambda w: only(w, reserved=1, escrow=1, cut=True, living=w.living, asked=w.living > 0),
        "cancelled": lambda w: only(w),
    },
    "sub_order": {
        "start": lambda w: w == NOTHING,
        "awaiting_payment": lambda w: w.reserved > 0 and only(w, reserved=w.reserved),
        "awaiting_shipment": lambda w: w.reserved > 0
        and w.escrow == w.reserved + w.on_the_way
        and not w.received,
        "awaiting_receipt": lambda w: not w.reserved and w.on_the_way == w.escrow > 0 and not w.received,
        "completed": lambda w: not w.reserved and not w.on_the_way and w.received == w.escrow == w.due > 0,
        "cancelled": lambda w: only(w, owed=w.owed, cut=w.cut, over=True),
    },
    "payment": {
        "start": lambda w: w == NOTHING,
        "open": lambda w: w.page == "open" and w.escrow == 0 and w.clearing == w.strange,
        "failed": lambda w: w.page == "refused" and w.escrow == 0 and w.clearing == w.strange,
        "closed": lambda w: w.page == "closed" and w.escrow == 0 and w.clearing == w.strange,
        "succeeded": lambda w: w.escrow == 1 and w.clearing == 1 + w.strange,
    },
    "refund": {
        "start": lambda w: w == NOTHING,
        "requested": lambda w: only(w, owed=1, clearing=1, asked=True),
        "submitted": lambda w: only(w, owed=1, clearing=1, asked=True, answer="accepted"),
        "succeeded": lambda w: only(w, answer="sent"),
        "needs_action": lambda w: only(w, owed=1, clearing=1, answer="refused"),
    },
    "parcel": {
        "start": lambda w: w == NOTHING,
        "awaiting_shipment": lambda w: w.reserved > 0 and only(w, reserved=w.reserved),
        "in_transit": lambda w: w.on_the_way > 0 and only(w, on_the_way=w.on_the_way),
        "received": lambda w: w.received > 0 and only(w, received=w.received),
        "cancelled": lambda w: only(w),
    },
    "settlement": {
        "start": lambda w: w == NOTHING,
        "waiting": lambda w: only(w, escrow=1),
        "settled": lambda w: only(w, due=1),
    },
}


def order_placed(w: World) -> Iterator[World]:
    yield World(exists=True, reserved=1, invited=True)


def payment_started(w: World) -> Iterator[World]:
    if w.invited:
        yield replace(w, living=w.living + 1)


def order_paid(w: World) -> Iterator[World]:
    """One of the living tries brought the money, or one that had been given up."""
    for living in {w.living, max(0, w.living - 1)}:
        yield replace(w, escrow=1, invited=False, living=living, asked=False)


def order_given_up(w: World) -> Iterator[World]:
    """Nobody shall pay any more. While somebody still might, the goods stay promised."""
    yield replace(w, invited=False, reserved=1 if w.living else 0)


def last_try_closed(w: World) -> Iterator[World]:
    if w.asked and w.living:
        yield replace(w, living=0, asked=False, reserved=0)


def no_answer(w: World) -> Iterator[World]:
    yield replace(w, asked=False)


def part_placed(w: World) -> Iterator[World]:
    for units in range(1, MOST + 1):
        yield World(exists=True, reserved=units)


def part_paid(w: World) -> Iterator[World]:
    yield replace(w, escrow=w.reserved)


def part_given_up(w: World) -> Iterator[World]:
    yield replace(w, reserved=0, over=True)


def goods_allocated(w: World) -> Iterator[World]:
    if not w.cut:
        yield replace(w, cut=True)


def parcels_shipped(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1) if w.cut else ():
        yield replace(w, reserved=w.reserved - units, on_the_way=w.on_the_way + units)


def goods_cancelled(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1):
        after = replace(w, reserved=w.reserved - units, escrow=w.escrow - units, owed=w.owed + units)
        yield replace(after, over=not after.reserved and not after.on_the_way)


def nothing_moves(w: World) -> Iterator[World]:
    yield w


def received(w: World) -> Iterator[World]:
    if not w.reserved:
        yield replace(w, on_the_way=0, received=w.on_the_way, due=w.on_the_way)


def page_opened(w: World) -> Iterator[World]:
    yield World(exists=True, page="open")


def page_paid(w: World) -> Iterator[World]:
    yield replace(w, escrow=1, clearing=w.clearing + 1)


def page_refused(w: World) -> Iterator[World]:
    yield replace(w, page="refused")


def page_closed(w: World) -> Iterator[World]:
    yield replace(w, page="closed")


def strange_money(w: World) -> Iterator[World]:
    yield replace(w, clearing=w.clearing + 1, strange=w.strange + 1)


def refund_promised(w: World) -> Iterator[World]:
    yield World(exists=True, owed=1, clearing=1)


def refund_accepted(w: World) -> Iterator[World]:
    yield replace(w, answer="accepted")


def refund_sent(w: World) -> Iterator[World]:
    yield World(exists=True, answer="sent")


def refund_refused(w: World) -> Iterator[World]:
    """Refused, or sent back by the payer's bank: we hold the money, and owe it."""
    yield World(exists=True, owed=1, clearing=1, answer="refused")


def refund_begun_again(w: World) -> Iterator[World]:
    yield replace(w, answer="", asked=False)


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


def settlement_opened(w: World) -> Iterator[World]:
    yield World(exists=True, escrow=1)


def settlement_due(w: World) -> Iterator[World]:
    yield replace(w, escrow=0, due=w.escrow)


EVENTS: dict[str, dict[str, Step]] = {
    "order": {
        "order_placed": order_placed,
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
        "goods_allocated": goods_allocated,
        "parcels_shipped": parcels_shipped,
        "goods_cancelled": goods_cancelled,
        "shipment_overdue": nothing_moves,
        "receipt_confirmed": received,
        "receipt_timed_out": received,
    },
    "payment": {
        "payment_started": page_opened,
        "payment_succeeded": page_paid,
        "payment_failed": page_refused,
        "payment_closed": page_closed,
        "payment_unclaimed": strange_money,
        "payment_quarantined": strange_money,
    },
    "refund": {
        "refund_requested": refund_promised,
        "refund_accepted": refund_accepted,
        "refund_succeeded": refund_sent,
        "refund_failed": refund_refused,
        "refund_overdue": no_answer,
        "refund_retried": refund_begun_again,
        "attention_overdue": nothing_moves,
    },
    "parcel": {
        "parcel_planned": parcel_planned,
        "parcels_shipped": parcel_left,
        "goods_cancelled": parcel_emptied,
        "receipt_confirmed": parcel_arrived,
        "receipt_timed_out": parcel_arrived,
    },
    "settlement": {"settlement_opened": settlement_opened, "settlement_due": settlement_due},
}


class NothingToDo(Exception):
    """An effect was asked for that has nothing to act on, or is under way already."""


def close_payments(w: World) -> World:
    if not w.living or w.asked or w.invited:
        raise NothingToDo("nobody may pay any more, or nobody is unwelcome yet")
    return replace(w, asked=True)


def split_order(w: World) -> World:
    if not w.escrow or w.cut:
        raise NothingToDo("goods are cut once, when they are paid")
    return replace(w, cut=True)


def submit_refund(w: World) -> World:
    if not w.owed or w.asked or w.answer == "refused":
        raise NothingToDo("there is nothing to send, or it is being sent")
    return replace(w, asked=True)


EFFECTS: dict[str, dict[str, Callable[[World], World]]] = {
    "order": {"close_payments": close_payments, "split_order": split_order},
    "refund": {"submit_refund": submit_refund},
}
FACTS: dict[str, Callable[[World], set[Fact]]] = {
    "order": lambda w: {Fact.PAYMENT_OPEN} if w.living else set(),
    "sub_order": lambda w: (
        {Fact.NOTHING_LEFT}
        if not w.reserved and not w.on_the_way
        else {Fact.EVERYTHING_SHIPPED}
        if not w.reserved
        else set()
    ),
    "parcel": lambda w: set() if w.reserved else {Fact.NOTHING_LEFT},
}


SOME, FLAG = range(MOST + 1), (False, True)


def _orders() -> Iterator[World]:
    for living, reserved, escrow, invited, cut, asked in product(SOME, (0, 1), (0, 1), FLAG, FLAG, FLAG):
        known = {"living": living, "reserved": reserved, "escrow": escrow}
        yield World(exists=True, invited=invited, cut=cut, asked=asked, **known)


def _sub_orders() -> Iterator[World]:
    for reserved, way, got, escrow, owed in product(SOME, repeat=5):
        for cut, over in product(FLAG, FLAG):
            if cut or not (way or got):
                known = {"reserved": reserved, "on_the_way": way, "received": got, "escrow": escrow}
                yield World(exists=True, owed=owed, due=got, cut=cut, over=over, **known)


def _payments() -> Iterator[World]:
    for page, escrow, strange in product(("open", "refused", "closed"), (0, 1), range(3)):
        yield World(exists=True, page=page, escrow=escrow, strange=strange, clearing=escrow + strange)


def _refunds() -> Iterator[World]:
    for answer, owed, asked in product(("", "accepted", "refused", "sent"), (0, 1), FLAG):
        yield World(exists=True, answer=answer, owed=owed, clearing=owed, asked=asked)


def _parcels() -> Iterator[World]:
    for reserved, way, got in product(SOME, repeat=3):
        yield World(exists=True, reserved=reserved, on_the_way=way, received=got)


def _settlements() -> Iterator[World]:
    for escrow, due in product((0, 1), (0, 1)):
        yield World(exists=True, escrow=escrow, due=due)


SMALL = {
    "order": _orders,
    "sub_order": _sub_orders,
    "payment": _payments,
    "refund": _refunds,
    "parcel": _parcels,
    "settlement": _settlements,
}


def small_worlds(machine: str) -> dict[str, tuple[World, ...]]:
    """Every small world (at most three units or tries, two strange payments) under the states it is like."""
    worlds = (NOTHING, *SMALL[machine]())
    return {state: tuple(filter(is_like, worlds)) for state, is_like in HOLDS[machine].items()}


PLACES = {machine: small_worlds(machine) for machine in HOLDS}
