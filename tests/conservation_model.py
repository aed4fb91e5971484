"""What we hold, owe and promise in each state: written by hand, apart from the tables.

``tests/test_conservation.py`` compares the two. What the world is like in each state stands in ``HOLDS``, which facts
are true of a world in ``FACTS``; what an event does to the world by itself, and what an effect sets in motion, in
``tests.conservation_events``. The fields of a world are explained in ``tests.conservation_world``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

from shared.lifecycle import Fact
from tests.conservation_cases import CASE_HOLDS, case_facts, small_cases
from tests.conservation_world import FLAG, MOST, NOTHING, World


def in_doubt(world: World) -> dict[str, object]:
    """Paid, and waiting for people: nothing of it is cut, or about to be."""
    known = {name: getattr(world, name) for name in ("reserved", "freight", "owed", "lenient")}
    return {**known, "escrow": world.reserved + world.freight, "doubt": True}


def is_part(world: World) -> bool:
    """*world* is one of a living part: what the buyer pays is what is, or was, under way, and its freight."""
    goods = world.reserved + world.on_the_way + world.arrived + world.lost
    is_living = not (world.received or world.due or world.over or world.home or world.doubt)
    return is_living and world.escrow == goods + world.freight > 0


def only(world: World, **facts: object) -> bool:
    """Whether *world* is as *facts* say, and beyond that empty."""
    return world == replace(World(exists=True), **facts)


def is_refund(world: World, *, clearing: int = 0, **facts: object) -> bool:
    """*world* is one of a refund, given or owed, frozen or not; what went instead of it is missing at the provider."""
    known = {name: getattr(world, name) for name in ("gift", "back", "frozen", "strange", "unpromised")}
    return only(world, clearing=clearing - world.strange, **known, **facts)


def is_followed(world: World, **facts: object) -> bool:
    """*world* is a parcel that is somewhere, and whose carrier is to tell us where."""
    return world.on_the_way > 0 and only(world, on_the_way=world.on_the_way, followed=True, **facts)


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
        and only(w, reserved=w.reserved, freight=w.freight, doubt=w.doubt, lenient=w.lenient),
        "under_review": lambda w: w.reserved > 0 and only(w, **in_doubt(w)),
        "escalated": lambda w: w.reserved > 0 and only(w, late=True, **in_doubt(w)),
        # Whoever is in nobody's doubt is cut, or about to be.
        "awaiting_shipment": lambda w: w.reserved > 0
        and not w.stopping
        and is_part(w)
        and w.cut != w.cutting,
        "intercepting": lambda w: w.reserved >= w.stopping > 0 and is_part(w) and w.cut and not w.cutting,
        # What was lost on its way back is on no way any more, and has not arrived.
        "awaiting_receipt": lambda w: not w.reserved
        and not w.stopping
        and w.on_the_way + w.lost > 0
        and is_part(w),
        "delivered": lambda w: not (w.reserved or w.stopping or w.on_the_way or w.lost)
        and w.arrived > 0
        and is_part(w),
        "completed": lambda w: not (w.reserved or w.on_the_way or w.arrived)
        and w.received + w.lost > 0
        and w.received + w.lost + w.freight == w.escrow == w.due,
        "cancelled": lambda w: only(w, owed=w.owed, cut=w.cut, lenient=w.lenient, came=w.came, over=True),
        # All of it came back; what is earned is its freight, or nothing.
        "closed": lambda w: w.came > 0
        and only(
            w,
            owed=w.owed,
            came=w.came,
            freight=w.freight,
            escrow=w.freight,
            due=w.freight,
            cut=True,
            home=True,
            lenient=w.lenient,
            frozen=w.frozen,
            contested=w.contested,
        ),
        "separated": lambda w: only(w, moved_on=True),
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
        "succeeded": lambda w: is_refund(w, borne=int(w.unpromised), answer="sent")
        or is_refund(w, clearing=1, answer="by_bank"),
        "needs_action": lambda w: is_refund(w, owed=1, clearing=1, answer="refused"),
        # A favour stays with its part; what nobody had promised is nobody's loss any more.
        "failed": lambda w: (w.gift and is_refund(w, escrow=1, clearing=1, answer="refused"))
        or (w.unpromised and is_refund(w, clearing=1, answer="refused")),
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
        "pushing": lambda w: w.reserved > 0
        and only(w, reserved=w.reserved, system=True, asked=True, late=w.late),
        "at_warehouse": lambda w: w.reserved > 0
        and only(w, reserved=w.reserved, system=True, has=True, late=w.late),
        "intercepting": lambda w: w.reserved == w.stopping > 0
        and only(
            w, reserved=w.reserved, stopping=w.stopping, system=True, has=w.has, asked=True, late=w.late
        ),
        "in_transit": lambda w: is_followed(w),
        "troubled": lambda w: is_followed(w, trouble=True),
        "delivered": lambda w: w.arrived > 0 and only(w, arrived=w.arrived, followed=True),
        "returning": lambda w: is_followed(w, homeward=True, expected=True),
        "returned": lambda w: is_followed(w, home=True, expected=True),
        "received": lambda w: w.received > 0 and only(w, received=w.received),
        "came_back": lambda w: w.came > 0 and only(w, came=w.came),
        "incomplete": lambda w: w.lost > 0 and only(w, came=w.came, lost=w.lost),
        "written_off": lambda w: only(w, came=w.came, over=True),
        "cancelled": lambda w: only(w),
    },
    "settlement": {
        "start": lambda w: w == NOTHING,
        "waiting": lambda w: only(w, escrow=1, frozen=w.frozen, contested=w.contested),
        "settled": lambda w: only(w, due=1),
    },
    "transfer": {
        "start": lambda w: w == NOTHING,
        "waiting": lambda w: w.left > 0 and only(w, left=w.left, moved=w.moved, asked=True),
        "done": lambda w: w.moved > 0 and only(w, moved=w.moved),
        "dropped": lambda w: w.left > 0 and only(w, left=w.left, moved=w.moved, over=True),
    },
    "after_sale": CASE_HOLDS,
}


def frozen(world: World) -> set[Fact]:
    """Why nothing is decided by silence."""
    found = {Fact.DISPUTED: world.frozen, Fact.CASE_OPEN: world.contested}
    return {fact for fact, is_so in found.items() if is_so}


def part_facts(world: World) -> set[Fact]:
    """Of what never was cut, nothing can have left."""
    has_left = world.cut and not world.reserved
    found = {
        Fact.NOTHING_LEFT: not (
            world.reserved or world.on_the_way or world.arrived or world.lost or world.received
        ),
        Fact.STILL_ASKING: world.stopping > 0,
        Fact.EVERYTHING_SHIPPED: has_left,
        Fact.EVERYTHING_DELIVERED: has_left and not world.on_the_way and not world.lost,
        Fact.REVIEW_NEEDED: world.doubt,
        Fact.DEFAULT_APPROVES: world.lenient,
    }
    return {fact for fact, is_so in found.items() if is_so}


def is_nobodys(world: World) -> bool:
    """A refund that nobody is owed: a favour, if it was not given, or what was sent by hand beyond all promises."""
    return world.unpromised or (world.gift and not world.owed)


FACTS: dict[str, Callable[[World], set[Fact]]] = {
    "order": lambda w: {Fact.PAYMENT_OPEN} if w.living else set(),
    "sub_order": lambda w: part_facts(w) | frozen(w),
    "refund": lambda w: frozen(w)
    | ({Fact.NOT_OWED} if is_nobodys(w) else set())
    | ({Fact.ALREADY_BACK} if w.back else set()),
    "settlement": lambda w: frozen(w),
    "parcel": lambda w: (set() if w.reserved else {Fact.NOTHING_LEFT})
    | ({Fact.AT_WMS} if w.system else set())
    | ({Fact.MORE_TO_COME} if w.reserved else set())
    | ({Fact.LATE} if w.late else set())
    | ({Fact.UNITS_MISSING} if w.lost else set()),
    "transfer": lambda w: set() if w.left else {Fact.EVERYTHING_MOVED},
    "after_sale": lambda w: {Fact(fact) for fact in case_facts(w)},
}


SOME = range(MOST + 1)


def _orders() -> Iterator[World]:
    yield World(exists=True, holding=True)
    for living, reserved, escrow, invited, cut, asked in product(SOME, (0, 1), (0, 1), FLAG, FLAG, FLAG):
        known = {"living": living, "reserved": reserved, "escrow": escrow}
        yield World(exists=True, invited=invited, cut=cut, asked=asked, **known)


def _sub_orders() -> Iterator[World]:
    yield World(exists=True, moved_on=True)
    for freight, owed in product((0, 1), SOME):
        yield from _unpaid_or_in_doubt(freight, owed)
        for units in _spread(5):
            yield from _parts(units, freight, owed)
        for came, due, lenient, is_frozen in product(range(1, MOST + 1), (0, 1), FLAG, FLAG):
            known = {"came": came, "freight": due, "escrow": due, "due": due, "cut": True, "home": True}
            yield World(exists=True, owed=owed, lenient=lenient, frozen=is_frozen, **known)


def _spread(places: int) -> Iterator[tuple[int, ...]]:
    """So many units, at most as many as are some of many, in so many places."""
    return (units for units in product(SOME, repeat=places) if sum(units) <= MOST)


def _unpaid_or_in_doubt(freight: int, owed: int) -> Iterator[World]:
    for reserved, late, lenient, doubt, is_paid in product(SOME, FLAG, FLAG, FLAG, FLAG):
        escrow = (reserved + freight) * is_paid
        known = {"reserved": reserved, "freight": freight, "escrow": escrow, "owed": owed * is_paid}
        yield World(exists=True, doubt=doubt, late=late, lenient=lenient, **known)


def _parts(units: tuple[int, ...], freight: int, owed: int) -> Iterator[World]:
    """A living part, one that was received, and one that is over."""
    reserved, way, arrived, lost, came = units
    known = {"reserved": reserved, "on_the_way": way, "arrived": arrived, "lost": lost, "came": came}
    goods = reserved + way + arrived + lost
    for stopping in range(reserved + 1):
        world = World(
            exists=True, freight=freight, owed=owed, escrow=goods + freight, stopping=stopping, **known
        )
        yield replace(world, cut=True)
        if not reserved:
            yield replace(world, cut=True, frozen=True)
            yield replace(world, cut=True, contested=True)
        if goods == reserved and not (came or stopping):
            yield replace(world, cutting=True)
    if not reserved and not way:
        after = {"arrived": 0, "received": arrived, "escrow": arrived + lost + freight}
        yield replace(world, cut=True, due=arrived + lost + freight, **after)
    if not goods:
        yield from (
            World(exists=True, owed=owed, came=came, cut=cut, over=True) for cut in FLAG if cut or not came
        )


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
            if answer == "sent":
                yield World(exists=True, answer=answer, borne=1, unpromised=True, **facts, **money)


def _disputes() -> Iterator[World]:
    for answer, taken, waiting, borne in product(("", "won", "lost"), (0, 1), (-1, 0, 1), (0, 1)):
        for is_frozen in FLAG:
            money = {"taken": taken, "waiting": waiting, "borne": borne}
            yield World(exists=True, answer=answer, frozen=is_frozen, **money)


def _parcels() -> Iterator[World]:
    for units in range(MOST + 1):
        yield from (World(exists=True, received=units), World(exists=True, arrived=units, followed=True))
        for system, has, asked, stops in product(FLAG, FLAG, FLAG, FLAG):
            known = {"system": system, "has": has, "asked": asked, "stopping": units * stops}
            yield from (World(exists=True, reserved=units, late=late, **known) for late in FLAG)
        for trouble, homeward, home, expected in product(FLAG, repeat=4):
            facts = {"trouble": trouble, "homeward": homeward, "home": home, "expected": expected}
            yield World(exists=True, on_the_way=units, followed=True, **facts)
        yield from (World(exists=True, came=units, lost=lost) for lost in SOME)
        yield World(exists=True, came=units, over=True)


def _settlements() -> Iterator[World]:
    for escrow, due, is_frozen, is_open in product((0, 1), (0, 1), FLAG, FLAG):
        yield World(exists=True, escrow=escrow, due=due, frozen=is_frozen, contested=is_open)


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
    "after_sale": small_cases,
}


def small_worlds(machine: str) -> dict[str, tuple[World, ...]]:
    """Every small world (at most three units or tries, two strange payments) under the states it is like."""
    worlds = (NOTHING, *SMALL[machine]())
    return {state: tuple(filter(is_like, worlds)) for state, is_like in HOLDS[machine].items()}


PLACES = {machine: small_worlds(machine) for machine in HOLDS}
