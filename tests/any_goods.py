"""What may happen to the goods of any order (``tests.any_life``): cut by tariffs, packed, sent, lost, come back."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from shared.changes import Change
from shared.clockwork import decide_expiry
from shared.fulfilment.carriers.port import Checkpoint, Status, Tracking
from shared.fulfilment.receipt import confirm_receipt
from shared.fulfilment.reports import (
    ONLY_PART,
    PROGRESS,
    Confirmation,
    Package,
    Progress,
    decide_books,
    decide_confirmation,
    decide_progress,
)
from shared.fulfilment.tracking import REPORTABLE, heard
from shared.splitting.parcels import split_order
from shared.splitting.problem import Band
from shared.splitting.terms import NOTHING_PUBLISHED, ShippingTerms
from tests.builders import BUYER, ORDER_ID, Trade, a_request
from tests.hands import sites_of
from tests.memory import MemoryShop
from tests.tariffs import a_service, sending

Act = Callable[[Trade, Random], object]
AT_IT = ("pushing", "at_warehouse", "intercepting")
UNDER_WAY = ("in_transit", "troubled", "delivered", "returning", "returned")
STEEP = (
    Band(0, 500, 500, 1, 0),
    Band(500, 30_000, 500, 100, 400),
)  # Two small parcels cost less than a large one.


def is_cut(trade: Trade, draw: Random) -> None:
    """By no tariffs, or by some; from warehouses with systems, or without; from wherever it is cheaper."""
    shop = MemoryShop(trade.world)
    shop.terms = draw.choices([NOTHING_PUBLISHED, _systems(draw), _tariffs(draw)], [4, 10, 3])[0]
    split_order(shop, ORDER_ID, trade.now)


def _systems(draw: Random) -> ShippingTerms:
    return ShippingTerms(1, (), frozenset(), sites_of(*draw.sample(["W1", "W2"], draw.randint(1, 2))))


def _tariffs(draw: Random) -> ShippingTerms:
    services = [
        a_service("FLAT", warehouses=("W1",)),
        a_service("STEEP", warehouses=tuple(draw.sample(["W1", "W2"], draw.randint(1, 2))), bands=STEEP),
    ]
    handling = {"W1": draw.choice([0, 300]), "W2": draw.choice([0, 300])}
    return sending(*services, handling=handling, systems=draw.sample(["W1", "W2"], draw.randint(0, 2))).terms


def _one(trade: Trade, draw: Random, *states: str) -> Any:
    found = _in(trade, *states)
    return draw.choice(found) if found else None


def _done(trade: Trade, change: Change | None) -> None:
    if change is not None:
        trade.world.apply(change)


def is_taken_in(trade: Trade, draw: Random) -> None:
    """A warehouse answers a push, or says how far it is, also twice and out of order."""
    if parcel := _one(trade, draw, *AT_IT):
        if parcel.state == "pushing" and draw.random() < 0.3:
            trade.refuse_push(parcel.number)
            return
        progress = Progress(parcel.number, draw.choice(PROGRESS))
        _done(trade, decide_progress(trade.whole, progress=progress, now=trade.now))


def is_sent(trade: Trade, draw: Random) -> None:
    """All of a parcel, or some of it, in one package or two; the last word, or not."""
    if parcel := _one(trade, draw, *AT_IT):
        packages: list[dict[str, int]] = [{}, {}]
        for line, units in parcel.contents.items():
            for _ in range(units if draw.random() < 0.6 else draw.randint(0, units)):
                chosen = draw.choices(packages, [5, 1])[0]
                chosen[line] = chosen.get(line, 0) + 1
        told = tuple(
            Package("sf", f"WB{len(trade.world.changes)}-{n}", contents)
            for n, contents in enumerate(packages)
            if contents
        )
        confirmation = Confirmation(parcel.number, told, is_final=draw.random() < 0.5)
        _done(trade, decide_confirmation(trade.whole, confirmation=confirmation, now=trade.now))


def is_not_found(trade: Trade, draw: Random) -> None:
    """What is to stop is looked for first."""
    if parcel := _one(trade, draw, "intercepting") or _one(trade, draw, *AT_IT):
        trade.find_nothing_more(parcel.number)


def is_asked_back(trade: Trade, draw: Random) -> None:
    """All of a merchant's part, or a whole parcel and whatever of its lines could be cancelled at once besides.

    Of a part that has left but for a parcel or two, these rather than others.
    """
    left = {parcel.sub_order for parcel in _in(trade, *UNDER_WAY)}
    late = [parcel for parcel in _in(trade, "pushing", "at_warehouse") if parcel.sub_order in left]
    if parcel := draw.choice(late) if late else _one(trade, draw, *AT_IT):
        if not late and draw.random() < 0.4:
            part = parcel.sub_order
            trade.cancel(sub_order=part, caller=trade.merchant(part))
            return
        free = {line.number: _free(trade, line.number) for line in trade.whole.lines}
        trade.cancel({int(n): units + free[int(n)] for n, units in parcel.contents.items()})


def _free(trade: Trade, number: int) -> int:
    held = [p for p in trade.whole.parcels if p.state == "awaiting_shipment"]
    return sum(parcel.contents.get(str(number), 0) for parcel in held)


def is_stopped_or_not(trade: Trade, draw: Random) -> None:
    if parcel := _one(trade, draw, "intercepting"):
        trade.answer_intercept(parcel.number, is_stopped=draw.random() < 0.6)


def is_seen(trade: Trade, draw: Random) -> None:
    """Its carrier tells of it, in any order, also of long ago; now and then anybody could have told it."""
    if parcel := _one(trade, draw, *UNDER_WAY, "received", "came_back", "incomplete", "written_off"):
        statuses = draw.choices(
            list(Status), [6 if s in ("delivered", "exception") else 1 for s in Status], k=2
        )
        times = sorted(draw.randint(parcel.shipped_at - 5_000, trade.now + 5) for _ in statuses)
        seen = tuple(Checkpoint(at, one, f"code {one}") for at, one in zip(times, statuses, strict=True))
        tracking = Tracking(parcel.carrier, parcel.waybill, seen, "kuaidi100", draw.random() < 0.5)
        heard(MemoryShop(trade.world), ORDER_ID, parcel, tracking, now=trade.now)


def is_delivered(trade: Trade, draw: Random) -> None:
    if parcel := _one(trade, draw, "in_transit", "troubled"):
        trade.deliver(parcel.number)


def is_reported(trade: Trade, draw: Random) -> None:
    """Somebody of the platform found out where it is."""
    if parcel := _one(trade, draw, *UNDER_WAY):
        trade.report(parcel.number, draw.choice(sorted(REPORTABLE)))


def is_refused(trade: Trade, draw: Random) -> None:
    if parcel := _one(trade, draw, "in_transit", "troubled"):
        trade.refuse(
            parcel.number, reason=draw.choice(["changed_mind", "damaged", "late", "not_as_described"])
        )


def is_counted(trade: Trade, draw: Random) -> None:
    """Some of it, or all, or nothing, in any condition; the rest is lost."""
    if parcel := _one(trade, draw, *("in_transit", "troubled", *["returning"] * 9, *["returned"] * 9)):
        counted = {
            int(line): {
                draw.choice(["good", "defect", "scrap"]): draw.choice([units, draw.randint(0, units)])
            }
            for line, units in parcel.contents.items()
        }
        trade.count(parcel.number, counted)


def is_looked_up(trade: Trade, draw: Random) -> None:
    """A warehouse's books name what has left, heard of or not, and perhaps that it is finished."""
    if parcel := _one(trade, draw, *AT_IT):
        line, units = draw.choice(sorted(parcel.contents.items()))
        fresh = Package("sf", f"WB{len(trade.world.changes)}", {line: draw.randint(1, units)})
        known = tuple(
            Package(p.carrier, p.waybill, p.contents) for p in _in(trade, *UNDER_WAY) if ONLY_PART in p.cuts
        )
        told = {"number": parcel.number, "sent": (*known, fresh), "is_final": draw.random() < 0.3}
        _done(trade, decide_books(trade.whole, now=trade.now, **told))


def nobody_answers(trade: Trade, draw: Random) -> None:
    """A warehouse does not say what it was asked, for minutes or for days."""
    if parcel := _one(trade, draw, *["intercepting"] * 5, "pushing", "at_warehouse"):
        trade.now = max(trade.now, parcel.due_at) + draw.choice([0, 90_000, 300_000])
        trade.world.apply(decide_expiry(trade.whole, parcel.subject, now=trade.now))


def is_found_out(trade: Trade, draw: Random) -> None:
    """People are sure that a parcel is lost, or that its warehouse does not send it."""
    if draw.random() < 0.7 and (lost := _one(trade, draw, "troubled", "returning", "returned", "incomplete")):
        trade.lose(lost.number)
    elif kept := _one(trade, draw, *AT_IT):
        trade.recall(kept.number)


def arrives(trade: Trade, draw: Random) -> None:
    """The buyer says so."""
    here = [s.number for s in trade.whole.sub_orders if s.state in ("awaiting_receipt", "delivered")]
    if here:
        confirm_receipt(
            MemoryShop(trade.world),
            ORDER_ID,
            sub_order=draw.choice(here),
            confirm=f"v{trade.whole.order.version}",
            caller=BUYER,
            now=trade.now,
            request=a_request(f"receive-{trade.new_number()}"),
        )


def is_given_time(trade: Trade, draw: Random) -> None:
    here = [s.number for s in trade.whole.sub_orders if s.state == "delivered"]
    if here:
        trade.extend(draw.choice(here))


def _in(trade: Trade, *states: str) -> list[Any]:
    return [parcel for parcel in trade.whole.parcels if parcel.state in states]


def goods_come_to_rest(trade: Trade) -> None:
    """Warehouses send what they have, carriers deliver, what comes back is counted, what got lost is written off."""
    for parcel in _in(trade, "pushing"):
        trade.progress(parcel.number)
    for parcel in _in(trade, "intercepting"):
        trade.answer_intercept(parcel.number, is_stopped=True)
    for parcel in _in(trade, "at_warehouse"):
        trade.confirm(parcel.number)
    for parcel in _in(trade, "awaiting_shipment"):
        trade.ship(parcel.sub_order, parcel.number)
    for parcel in _in(trade, "in_transit", "troubled"):
        trade.report(parcel.number, "delivered")
    for parcel in _in(trade, "returning", "returned"):
        trade.count(parcel.number)
    for parcel in _in(trade, "incomplete"):
        trade.lose(parcel.number)


GOODS_ACTS: Sequence[tuple[int, Act]] = (
    (20, is_cut),
    (10, is_taken_in),
    (10, is_sent),
    (4, is_not_found),
    (10, is_asked_back),
    (5, is_stopped_or_not),
    (18, is_seen),
    (8, is_delivered),
    (5, is_reported),
    (3, is_refused),
    (6, is_counted),
    (4, is_looked_up),
    (4, nobody_answers),
    (4, is_found_out),
    (5, arrives),
    (2, is_given_time),
)
