"""What each event of a merchant's part, and of its parcels, does to the world, by hand, apart from the tables.

The fields of a world are explained in ``tests.conservation_world``. A unit of goods is paid with a unit of money.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from tests.conservation_money import nothing_moves
from tests.conservation_world import FLAG, MOST, NOTHING, Step, World

# --- a merchant's part ---


def part_placed(w: World) -> Iterator[World]:
    for units, freight, doubt, lenient in product(range(1, MOST + 1), (0, 1), FLAG, FLAG):
        yield World(exists=True, reserved=units, freight=freight, doubt=doubt, lenient=lenient)


def part_moved_on(w: World) -> Iterator[World]:
    """Unpaid: into an order of its own, with everything that was promised."""
    if w == NOTHING:
        yield from part_placed(w)
    else:
        yield World(exists=True, moved_on=True)


def part_paid(w: World) -> Iterator[World]:
    """What nobody doubts is about to be cut."""
    yield replace(w, escrow=w.reserved + w.freight, cutting=not w.doubt)


def people_looked_and_approved(w: World) -> Iterator[World]:
    """Now it is about to be cut, or so the effect must see to it."""
    yield replace(w, doubt=False, late=False)


def people_looked_and_rejected(w: World) -> Iterator[World]:
    money = {"escrow": 0, "freight": 0, "owed": w.owed + w.escrow}
    yield replace(w, reserved=0, doubt=False, late=False, over=True, **money)


def nobody_looked(w: World) -> Iterator[World]:
    yield replace(w, late=True)


def nobody_looked_at_all(w: World) -> Iterator[World]:
    yield from people_looked_and_approved(w) if w.lenient else people_looked_and_rejected(w)


def part_given_up(w: World) -> Iterator[World]:
    yield replace(w, reserved=0, freight=0, doubt=False, over=True)


def goods_allocated(w: World) -> Iterator[World]:
    if not w.cut:
        yield replace(w, cut=True, cutting=False)


def split_refused(w: World) -> Iterator[World]:
    """Somebody must look at it, and silence is no consent to what cannot be sent."""
    if w.cutting:
        yield replace(w, cutting=False, doubt=True, lenient=False)


def parcels_shipped(w: World) -> Iterator[World]:
    """Some of what is reserved leaves; of what was to stop, some may be among it."""
    for units, stopped in product(range(1, w.reserved + 1), range(w.stopping + 1)) if w.cut else ():
        after = replace(w, reserved=w.reserved - units, on_the_way=w.on_the_way + units, stopping=stopped)
        if stopped <= after.reserved and w.stopping - stopped <= units:
            yield after


def gone(w: World, units: int) -> World:
    """So many units are paid back, and the freight with the last of all."""
    after = replace(w, reserved=w.reserved - units, escrow=w.escrow - units, owed=w.owed + units)
    if after.reserved or after.on_the_way or after.arrived or after.lost:
        return after
    money = {"freight": 0, "escrow": after.escrow - w.freight, "owed": after.owed + w.freight}
    return replace(after, over=True, cutting=False, doubt=False, late=False, **money)


def goods_cancelled(w: World) -> Iterator[World]:
    """What nobody was asked to stop, nobody need be asked about."""
    for units in range(1, w.reserved - w.stopping + 1):
        yield gone(w, units)


def goods_missing(w: World) -> Iterator[World]:
    """Whether it was to stop or not: it is not there."""
    for units, stopped in product(range(1, w.reserved + 1), range(w.stopping + 1)) if w.cut else ():
        if stopped <= w.reserved - units and w.stopping - stopped <= units:
            yield gone(replace(w, stopping=stopped), units)


def part_asked_back(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1) if w.cut else ():
        yield replace(w, stopping=units)


def part_stopped(w: World) -> Iterator[World]:
    for units in range(1, w.stopping + 1):
        yield gone(replace(w, stopping=w.stopping - units), units)


def part_not_stopped(w: World) -> Iterator[World]:
    for units in range(1, w.stopping + 1):
        yield replace(w, stopping=w.stopping - units)


def last_arrived(w: World) -> Iterator[World]:
    """What arrives before the last means nothing to the whole part; nor does the last, where something got lost."""
    if w.cut and not w.reserved and w.on_the_way and not w.lost:
        yield replace(w, on_the_way=0, arrived=w.arrived + w.on_the_way)


def not_arrived_after_all(w: World) -> Iterator[World]:
    for units in range(1, w.arrived + 1):
        yield replace(w, arrived=w.arrived - units, on_the_way=w.on_the_way + units)


def part_came_back(w: World) -> Iterator[World]:
    """A parcel is counted; what is missing of it is lost, and paid for."""
    for units in range(1, w.on_the_way + 1):
        for counted in range(units + 1):
            left = replace(w, on_the_way=w.on_the_way - units, lost=w.lost + units - counted)
            yield from paid_back(left, counted)


def part_written_off(w: World) -> Iterator[World]:
    """What got lost, on its way or on its way back, is refunded like what came back."""
    for lost, way in product(range(w.lost + 1), range(w.on_the_way + 1)):
        if lost + way:
            yield from paid_back(replace(w, lost=w.lost - lost, on_the_way=w.on_the_way - way), lost + way)


def paid_back(w: World, units: int) -> Iterator[World]:
    """*units* are refunded, that are nowhere in *w* any more. With the last of all the freight is earned, or not."""
    after = replace(w, came=w.came + units, escrow=w.escrow - units, owed=w.owed + units)
    if after.reserved or after.on_the_way or after.arrived or after.lost or after.received:
        yield after
        return
    yield replace(after, due=w.freight, home=True)
    yield replace(after, freight=0, escrow=0, owed=after.owed + w.freight, home=True)


def part_paid_by_case(w: World) -> Iterator[World]:
    """Part of what was paid, for goods that are kept: no unit moves. Or units, wherever they are by now."""
    yield w
    for way, arrived, got in product(range(w.on_the_way + 1), range(w.arrived + 1), range(w.received + 1)):
        if units := way + arrived + got:
            left = {"on_the_way": w.on_the_way - way, "arrived": w.arrived - arrived}
            for after in paid_back(replace(w, received=w.received - got, **left), units):
                yield replace(after, due=min(after.due, after.escrow))


def part_sent_again(w: World) -> Iterator[World]:
    """At no price: what was paid for the units that it makes good is what the buyer pays for it."""
    for units in range(1, MOST + 1) if w == NOTHING else ():
        yield World(exists=True, reserved=units, escrow=units)


def received(w: World) -> Iterator[World]:
    if not w.reserved and not w.contested:
        units = w.on_the_way + w.arrived
        yield replace(w, on_the_way=0, arrived=0, received=units, due=w.escrow)


def received_in_silence(w: World) -> Iterator[World]:
    """Silence says nothing while a bank may still decide that the money goes back, or a case is open."""
    yield from nothing_moves(w) if w.frozen or w.contested else received(w)


# --- a parcel ---


def parcel_planned(w: World) -> Iterator[World]:
    for units, system in product(range(1, MOST + 1), FLAG):
        yield World(exists=True, reserved=units, system=system)


def parcel_emptied(w: World) -> Iterator[World]:
    for units in range(1, w.reserved + 1) if not w.system else ():
        yield replace(w, reserved=w.reserved - units)


def parcel_told_of(w: World) -> Iterator[World]:
    """The warehouse says that it has it, or how far it is: nobody need be told any more."""
    if w.system and not w.stopping:
        yield replace(w, has=True, asked=False, late=w.late and w.has)


def push_refused(w: World) -> Iterator[World]:
    if w.system and not w.has:
        yield replace(w, system=False, asked=False, late=False)


def parcel_recalled(w: World) -> Iterator[World]:
    """Whether its warehouse said that it has it or not: nobody waits for that any more."""
    if w.system and not w.stopping:
        yield replace(w, system=False, has=False, asked=False, late=False)


def still_no_answer(w: World) -> Iterator[World]:
    """Nobody answers; after long, that is late."""
    for late in FLAG:
        yield replace(w, asked=False, late=late)


def warehouse_silent(w: World) -> Iterator[World]:
    """Somebody must ask what has become of it; after long, it is late."""
    for late in FLAG:
        yield replace(w, doubtful=True, late=late)


def parcel_left(w: World) -> Iterator[World]:
    """All of it leaves, or a part that is a parcel of its own; who sends some of it has it."""
    if w == NOTHING:
        yield from (World(exists=True, on_the_way=units) for units in range(1, MOST + 1))
        return
    for left in range(w.reserved) if w.system else (0,):
        sent = w.reserved - left
        if left and w.stopping:
            yield replace(w, reserved=left, stopping=left, has=True)
        elif left:
            yield replace(w, reserved=left, has=True, asked=False, late=w.late and w.has)
        else:
            yield World(exists=True, on_the_way=sent)


def parcel_not_found(w: World) -> Iterator[World]:
    if w.system:
        yield World(exists=True)


def parcel_asked_back(w: World) -> Iterator[World]:
    if w.system and not w.stopping:
        yield replace(w, stopping=w.reserved, asked=False, late=False)


def parcel_stopped(w: World) -> Iterator[World]:
    if w.stopping:
        yield World(exists=True)


def parcel_not_stopped(w: World) -> Iterator[World]:
    """A warehouse that could not stop it has it."""
    if w.stopping:
        yield replace(w, stopping=0, asked=False, has=True, late=False)


def somebody_should_ask(w: World) -> Iterator[World]:
    yield replace(w, doubtful=True)


def whereabouts(w: World, **facts: object) -> World:
    """*w* with its units on the way, and *facts*, and no other news."""
    news: dict[str, object] = {"trouble": False, "homeward": False, "home": False}
    return replace(w, on_the_way=w.on_the_way + w.arrived, arrived=0, **news | facts)


def parcel_arrived(w: World) -> Iterator[World]:
    after = whereabouts(w, expected=False)
    yield replace(after, on_the_way=0, arrived=after.on_the_way)


def parcel_troubled(w: World) -> Iterator[World]:
    yield whereabouts(w, trouble=True)


def parcel_moved(w: World) -> Iterator[World]:
    yield whereabouts(w)


def parcel_turned_round(w: World) -> Iterator[World]:
    yield whereabouts(w, homeward=True)


def parcel_is_home(w: World) -> Iterator[World]:
    yield whereabouts(w, home=True)


def parcel_counted(w: World) -> Iterator[World]:
    for counted in range(w.on_the_way + 1):
        yield World(exists=True, came=counted, lost=w.on_the_way - counted)


def parcel_received(w: World) -> Iterator[World]:
    """Also what was missing, if its buyer says so."""
    yield World(exists=True, received=w.on_the_way + w.arrived + w.lost)


def parcel_paid_by_case(w: World) -> Iterator[World]:
    """All that was in it: nobody waits for it any more, and its carrier need not tell."""
    yield World(exists=True, came=w.came, over=True)


def parcel_lost(w: World) -> Iterator[World]:
    """Whatever is still in it is nobody's any more."""
    if w.on_the_way + w.lost:
        yield World(exists=True, came=w.came, over=True)


GOODS_EVENTS: dict[str, dict[str, Step]] = {
    "sub_order": {
        "order_placed": part_placed,
        "sub_orders_separated": part_moved_on,
        "payment_succeeded": part_paid,
        "order_cancelled": part_given_up,
        "review_approved": people_looked_and_approved,
        "review_rejected": people_looked_and_rejected,
        "review_overdue": nobody_looked,
        "review_timed_out": nobody_looked_at_all,
        "goods_allocated": goods_allocated,
        "split_refused": split_refused,
        "parcels_shipped": parcels_shipped,
        "goods_cancelled": goods_cancelled,
        "goods_missing": goods_missing,
        "intercept_requested": part_asked_back,
        "intercept_accepted": part_stopped,
        "intercept_rejected": part_not_stopped,
        "shipment_overdue": nothing_moves,
        "parcel_delivered": last_arrived,
        "parcel_troubled": not_arrived_after_all,
        "parcel_returning": not_arrived_after_all,
        "parcel_returned": not_arrived_after_all,
        "return_received": part_came_back,
        "parcel_lost": part_written_off,
        "case_refunded": part_paid_by_case,
        "replacement_ordered": part_sent_again,
        "receipt_confirmed": received,
        "receipt_extended": nothing_moves,
        "receipt_timed_out": received_in_silence,
    },
    "parcel": {
        "parcel_planned": parcel_planned,
        "parcel_progressed": parcel_told_of,
        "push_refused": push_refused,
        "push_overdue": still_no_answer,
        "warehouse_silent": warehouse_silent,
        "parcel_recalled": parcel_recalled,
        "parcels_shipped": parcel_left,
        "goods_cancelled": parcel_emptied,
        "goods_missing": parcel_not_found,
        "intercept_requested": parcel_asked_back,
        "intercept_accepted": parcel_stopped,
        "intercept_rejected": parcel_not_stopped,
        "intercept_overdue": still_no_answer,
        "delivery_claimed": somebody_should_ask,
        "parcel_silent": somebody_should_ask,
        "parcel_delivered": parcel_arrived,
        "parcel_troubled": parcel_troubled,
        "parcel_moved": parcel_moved,
        "parcel_returning": parcel_turned_round,
        "parcel_returned": parcel_is_home,
        "attention_overdue": nothing_moves,
        "return_received": parcel_counted,
        "parcel_lost": parcel_lost,
        "case_refunded": parcel_paid_by_case,
        "receipt_confirmed": parcel_received,
        "receipt_timed_out": parcel_received,
    },
}
