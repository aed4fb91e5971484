"""What we hold, owe and promise in each state: written by hand, apart from the tables.

``tests/test_conservation.py`` compares the two. What the world is like in each state stands in ``HOLDS``, which facts
are true of a world in ``FACTS``; what an event does to the world by itself, and what an effect sets in motion, in
``tests.conservation_events``. The fields of a world are explained in ``tests.conservation_world``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

from shared.lifecycle import Fact
from tests.conservation_world import FLAG, MOST, NOTHING, World


def in_doubt(world: World) -> dict[str, object]:
    """Paid, and waiting for people: nothing of it is cut, or about to be."""
    units = {"reserved": world.reserved, "escrow": world.reserved, "owed": world.owed}
    return {**units, "doubt": True, "lenient": world.lenient}


def only(world: World, **facts: object) -> bool:
    """Whether *world* is as *facts* say, and beyond that empty."""
    return world == replace(World(exists=True), **facts)


def is_refund(world: World, *, clearing: int = 0, **facts: object) -> bool:
    """*world* is one of a refund, given or owed, frozen or not; what went instead of it is missing at the provider."""
    known = {name: getattr(world, name) for name in ("gift", "back", "frozen", "strange")}
    return only(world, clearing=clearing - world.strange, **known, **facts)


HOLDS: dict[str, dict[str, Callable[[World], bool]]] = {
    "order": {
        "start": lambda w: w == NOTHING,
        "placing": lambda w: only(w, holding=True),
        "pending_payment": lambda w: only(w, reserved=1, invited=True, living=w.living),
        "closing": lambda w: w.living > 0 and only(w, reserved=1, living=w.living, asked=True),
        # Whoever paid has a claim to goods; who else might still pay must be stopped.
        "paid": lambda w: only(w, reserved=1, escrow=1, cut=True, living=w.living, asked=w.living > 0),
        # It may have died of a payment, for goods that were gone: who else might still pay must be stopped too.
        "cancelled": lambda w: only(w, living=w.living, asked=w.living > 0),
    },
    "sub_order": {
        "start": lambda w: w == NOTHING,
        "awaiting_payment": lambda w: w.reserved > 0
        and only(w, reserved=w.reserved, doubt=w.doubt, lenient=w.lenient),
        "under_review": lambda w: w.reserved > 0 and only(w, **in_doubt(w)),
        "escalated": lambda w: w.reserved > 0 and only(w, late=True, **in_doubt(w)),
        # Whoever is in nobody's doubt is cut, or about to be.
        "awaiting_shipment": lambda w: w.reserved > 0
        and w.escrow == w.reserved + w.on_the_way
        and not w.received
        and not w.doubt
        and w.cut != w.cutting,
        "awaiting_receipt": lambda w: not w.reserved and w.on_the_way == w.escrow > 0 and not w.received,
        "completed": lambda w: not w.reserved and not w.on_the_way and w.received == w.escrow == w.due > 0,
        "cancelled": lambda w: only(w, owed=w.owed, cut=w.cut, lenient=w.lenient, over=True),
    },
    "payment": {
        "start": lambda w: w == NOTHING,
        "open": lambda w: w.page == "open" and w.escrow == 0 and w.clearing == w.strange + w.held,
        "failed": lambda w: w.page == "refused" and w.escrow == 0 and w.clearing == w.strange + w.held,
        "closed": lambda w: w.page == "closed" and w.escrow == w.held == 0 and w.clearing == w.strange,
        "succeeded": lambda w: w.escrow == 1 and w.held == 0 and w.clearing == 1 + w.strange,
    },
    "refund": {
        "start": lambda w: w == NOTHING,
        # Whoever is not frozen is being asked.
        "requested": lambda w: (w.asked or w.frozen) and is_refund(w, owed=1, clearing=1, asked=w.asked),
        "submitted": lambda w: is_refund(w, owed=1, clearing=1, asked=True, answer="accepted"),
        "succeeded": lambda w: is_refund(w, answer="sent") or is_refund(w, clearing=1, answer="by_bank"),
        "needs_action": lambda w: is_refund(w, owed=1, clearing=1, answer="refused"),
        "failed": lambda w: w.gift and is_refund(w, escrow=1, clearing=1, answer="refused"),
        "covered": lambda w: is_refund(w, answer=w.answer, over=True),
    },
    "dispute": {
        "start": lambda w: w == NOTHING,
        "pending": lambda w: only(w, taken=w.taken, waiting=w.taken, frozen=True),
        "won": lambda w: only(w, taken=w.taken, waiting=w.taken, answer="won"),
        # What was taken is borne; what comes back after all waits for people.
        "lost": lambda w: only(w, taken=w.taken, borne=w.borne, waiting=w.taken - w.borne, answer="lost"),
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
        "waiting": lambda w: only(w, escrow=1, frozen=w.frozen),
        "settled": lambda w: only(w, due=1),
    },
    "transfer": {
        "start": lambda w: w == NOTHING,
        "waiting": lambda w: w.left > 0 and only(w, left=w.left, moved=w.moved, asked=True),
        "done": lambda w: w.moved > 0 and only(w, moved=w.moved),
        "dropped": lambda w: w.left > 0 and only(w, left=w.left, moved=w.moved, over=True),
    },
}


def frozen(world: World) -> set[Fact]:
    return {Fact.DISPUTED} if world.frozen else set()


FACTS: dict[str, Callable[[World], set[Fact]]] = {
    "order": lambda w: {Fact.PAYMENT_OPEN} if w.living else set(),
    "sub_order": lambda w: (
        {Fact.NOTHING_LEFT}
        if not w.reserved and not w.on_the_way
        else {Fact.EVERYTHING_SHIPPED}
        if not w.reserved
        else set()
    )
    | ({Fact.REVIEW_NEEDED} if w.doubt else set())
    | ({Fact.DEFAULT_APPROVES} if w.lenient else set())
    | frozen(w),
    "refund": lambda w: frozen(w)
    | ({Fact.NOT_OWED} if w.gift else set())
    | ({Fact.ALREADY_BACK} if w.back else set()),
    "settlement": lambda w: frozen(w),
    "parcel": lambda w: set() if w.reserved else {Fact.NOTHING_LEFT},
    "transfer": lambda w: set() if w.left else {Fact.EVERYTHING_MOVED},
}


SOME = range(MOST + 1)


def _orders() -> Iterator[World]:
    yield World(exists=True, holding=True)
    for living, reserved, escrow, invited, cut, asked in product(SOME, (0, 1), (0, 1), FLAG, FLAG, FLAG):
        known = {"living": living, "reserved": reserved, "escrow": escrow}
        yield World(exists=True, invited=invited, cut=cut, asked=asked, **known)


def _sub_orders() -> Iterator[World]:
    for reserved, way, got, escrow, owed in product(SOME, repeat=5):
        for cut, over in product(FLAG, FLAG):
            if cut or not (way or got):
                known = {"reserved": reserved, "on_the_way": way, "received": got, "escrow": escrow}
                yield World(exists=True, owed=owed, due=got, cut=cut, over=over, **known)
                if way and not reserved:
                    yield World(exists=True, owed=owed, due=got, cut=cut, frozen=True, **known)
                if not (cut or over):
                    yield World(exists=True, owed=owed, due=got, cutting=True, **known)
    for reserved, owed, late, lenient, is_paid in product(SOME, SOME, FLAG, FLAG, FLAG):
        known = {"reserved": reserved, "escrow": reserved * is_paid, "owed": owed}
        yield World(exists=True, doubt=True, late=late, lenient=lenient, **known)


def _payments() -> Iterator[World]:
    for page, escrow, strange, held in product(("open", "refused", "closed"), (0, 1), range(3), (0, 1)):
        money = {"escrow": escrow, "strange": strange, "held": held, "clearing": escrow + strange + held}
        yield World(exists=True, page=page, **money)


def _refunds() -> Iterator[World]:
    answers = ("", "accepted", "refused", "sent", "by_bank")
    for answer, owed, strange, escrow, clearing in product(answers, (0, 1), (0, 1), (0, 1), (-1, 0, 1)):
        money = {"owed": owed, "strange": strange, "escrow": escrow, "clearing": clearing}
        for asked, is_frozen, gift, back, over in product(FLAG, repeat=5):
            facts = {"asked": asked, "frozen": is_frozen, "gift": gift, "back": back, "over": over}
            yield World(exists=True, answer=answer, **facts, **money)


def _disputes() -> Iterator[World]:
    for answer, taken, waiting, borne in product(("", "won", "lost"), (0, 1), (-1, 0, 1), (0, 1)):
        for is_frozen in FLAG:
            money = {"taken": taken, "waiting": waiting, "borne": borne}
            yield World(exists=True, answer=answer, frozen=is_frozen, **money)


def _parcels() -> Iterator[World]:
    for reserved, way, got in product(SOME, repeat=3):
        yield World(exists=True, reserved=reserved, on_the_way=way, received=got)


def _settlements() -> Iterator[World]:
    for escrow, due, is_frozen in product((0, 1), (0, 1), FLAG):
        yield World(exists=True, escrow=escrow, due=due, frozen=is_frozen)


def _transfers() -> Iterator[World]:
    for left, moved, asked, over in product(SOME, SOME, FLAG, FLAG):
        yield World(exists=True, left=left, moved=moved, asked=asked, over=over)


SMALL = {
    "transfer": _transfers,
    "order": _orders,
    "sub_order": _sub_orders,
    "payment": _payments,
    "refund": _refunds,
    "dispute": _disputes,
    "parcel": _parcels,
    "settlement": _settlements,
}


def small_worlds(machine: str) -> dict[str, tuple[World, ...]]:
    """Every small world (at most three units or tries, two strange payments) under the states it is like."""
    worlds = (NOTHING, *SMALL[machine]())
    return {state: tuple(filter(is_like, worlds)) for state, is_like in HOLDS[machine].items()}


PLACES = {machine: small_worlds(machine) for machine in HOLDS}
