"""What may happen after shipment to any order (``tests.any_life``): asked for, refused, sent back, judged, ruled.

As in the use cases, nothing is decided while a bank may take the money; what is sent again comes off the shelves.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from shared.aftersale.cases import Decision
from shared.aftersale.coming_back import left_of
from shared.aftersale.eligibility import available
from shared.aftersale.replacing import Stocked
from shared.aftersale.return_policy import GOODS_BACK, CaseKind, Reason
from shared.errors import OrderError
from shared.fulfilment.carriers.port import Status
from shared.goods import Sku
from shared.ordering.placing import move_stock
from shared.payment.receiving import record_payment
from shared.payment.requests import refuse_while_disputed
from tests.any_goods import is_cut
from tests.any_money import is_disputed
from tests.builders import BUYER, ORDER_ID, Trade
from tests.case_hands import BUYS
from tests.memory import MemoryShop
from tests.special_orders import others_bring

Act = Callable[[Trade, Random], object]
KINDS = [kind for kind in CaseKind if kind is not CaseKind.COMPENSATION]
OFFERS = ["exchange", "repair", "reship", "price_reduction"]
WEARY = ("requested", "refused", "awaiting_return", "returning", "inspecting", "assessed")
GRADES = ["good", "good", "defect", "scrap"]


def is_bought(trade: Trade, draw: Random) -> None:
    """An order is paid, and most of it sent, delivered, received."""
    for prepare in (_is_paid, _is_seen_by_people, _is_sent, _has_arrived):
        with suppress(OrderError):
            prepare(trade, draw)


def _is_paid(trade: Trade, _draw: Random) -> None:
    move_stock(MemoryShop(trade.world), ORDER_ID, trade.now)
    if trade.whole.order.state == "pending_payment":
        trade.start_payment()
        record_payment(MemoryShop(trade.world), trade.notice(len(trade.whole.payments)), now=trade.now)


def _is_seen_by_people(trade: Trade, _draw: Random) -> None:
    if any(part.state == "under_review" for part in trade.whole.sub_orders):
        trade.review()


def _is_sent(trade: Trade, draw: Random) -> None:
    is_cut(trade, draw)
    for parcel in trade.whole.parcels:
        if parcel.state == "pushing":
            trade.progress(parcel.number)
    for parcel in trade.whole.parcels:
        if parcel.state == "at_warehouse" and draw.random() < 0.9:
            trade.confirm(parcel.number)
        elif parcel.state == "awaiting_shipment" and draw.random() < 0.9:
            trade.ship(parcel.sub_order, parcel.number)


def _has_arrived(trade: Trade, draw: Random) -> None:
    for parcel in trade.whole.parcels:
        if parcel.state == "in_transit" and draw.random() < 0.8:
            trade.deliver(parcel.number)
    for part in trade.whole.sub_orders:
        if part.state == "delivered" and draw.random() < 0.6:
            trade.receive(part.number)


def _one(trade: Trade, draw: Random, *states: str) -> Any:
    found = [case for case in trade.whole.cases if case.state in states]
    return draw.choice(found) if found else None


def on_sale(trade: Trade) -> Stocked:
    """Everything that was ever bought here, as it lies on the shelves now."""
    bought = {line.sku: line for line in trade.whole.lines if not line.replaces}
    return trade.on_the_shelves(
        {
            sku: Sku(sku, line.name, line.merchant_id, line.unit_price_minor, "CNY", True, 100, 500, "x")
            for sku, line in bought.items()
        }
    )


def is_asked_for(trade: Trade, draw: Random) -> None:
    """Anything of one part: mostly what there is, now and then more than that."""
    part = draw.choice(trade.whole.sub_orders)
    kind = draw.choice(KINDS)
    units = {}
    for line in trade.whole.lines_of(part):
        left = sum(source.units for source in available(trade.whole, line, kind=kind))
        if left and draw.random() < 0.7:
            units[line.number] = draw.choice([left, draw.randint(1, left), left + draw.randint(0, 1)])
    if units:
        amount = draw.randint(1, 3_000) if kind is CaseKind.PRICE_REDUCTION else 0
        came_not = (Reason.NOT_RECEIVED, Reason.MISSING_GOODS)
        fits = [one for one in Reason if kind not in GOODS_BACK or one not in came_not]
        reason = draw.choices([draw.choice(fits), draw.choice(list(Reason))], [9, 1])[0]
        known = len(trade.whole.cases)
        trade.ask(kind, units, sub_order=part.number, reason=reason, asked_minor=amount)
        made = [case.unit_count(line) for case in trade.whole.cases[known:] for line in units]
        assert sum(made) == sum(units.values()), "asked for more than there is, and not told so"


def is_decided(trade: Trade, draw: Random) -> None:
    """Its merchant says yes or no; also while the platform is looking."""
    if case := _one(trade, draw, "requested", "requested", "disputed"):
        refuse_while_disputed(trade.whole)
        if case.state == "disputed" or draw.random() < 0.6:
            trade.decide(case.number, Decision(True), on_sale(trade))
            return
        kinds = draw.sample(OFFERS, 2)
        offers = {kind: draw.randint(1, 900) if kind == "price_reduction" else 0 for kind in kinds}
        trade.refuse_case(case.number, **offers)


def is_answered(trade: Trade, draw: Random) -> None:
    """The buyer takes an alternative, or what the inspection says."""
    if case := _one(trade, draw, "refused", "assessed"):
        refuse_while_disputed(trade.whole)
        kind = draw.choice(sorted(case.offers)) if case.state == "refused" else ""
        trade.accept(case.number, kind, on_sale(trade))


def is_withdrawn(trade: Trade, draw: Random) -> None:
    if case := _one(trade, draw, "requested", "refused", "awaiting_return", "disputed"):
        trade.withdraw(case.number)


def is_escalated(trade: Trade, draw: Random) -> None:
    if case := _one(trade, draw, *WEARY):
        trade.call_platform(case.number, draw.choice([BUYER, trade.seller(case.number)]))


def is_sent_back(trade: Trade, draw: Random) -> None:
    if case := _one(trade, draw, "awaiting_return", "awaiting_return", "returning"):
        number = f"BACK-{case.number}-{len(trade.world.changes)}"
        trade.send_back(case.number, number, draw.choice([0, 0, 1, 1_200, 9_999]))


def is_sighted(trade: Trade, draw: Random) -> None:
    """Its carrier, or somebody who says so, tells of what comes back."""
    if case := _one(trade, draw, "returning"):
        told = draw.choice([Status.DELIVERED, Status.DELIVERED, Status.EXCEPTION, Status.LOST])
        trade.now += 1
        trade.sight(case.number, told, is_proven=draw.random() < 0.5)


def is_there(trade: Trade, draw: Random) -> None:
    late = ("disputed", "replacing", "completed", "closed")
    if case := _one(trade, draw, "awaiting_return", "returning") or _one(trade, draw, *late):
        trade.arrive(case.number)


def is_shown_more(trade: Trade, draw: Random) -> None:
    if case := _one(trade, draw, "requested", "disputed"):
        shown = f"photo-{len(trade.world.changes)}"
        trade.show_evidence(case.number, shown, caller=draw.choice([BUYS, trade.seller(case.number)]))


def is_inspected(trade: Trade, draw: Random) -> None:
    """All of it or some, or an empty box, in any condition, at any rate."""
    if case := _one(trade, draw, "inspecting", "inspecting", "returning", "awaiting_return", "disputed"):
        refuse_while_disputed(trade.whole)
        counted: dict[int, dict[str, int]] = {}
        for line, units in case.units.items():
            found = units if draw.random() < 0.8 else draw.randint(0, units)
            first = draw.randint(0, found)
            one, other = draw.sample(["good", "defect", "scrap"], 2)
            counted[int(line)] = {one: first, other: found - first}
        _is_not_believed(trade, case)
        rates = {int(line): draw.randint(0, 100) for line in case.units if draw.random() < 0.2}
        trade.inspect(case.number, counted, rates=rates, goods=on_sale(trade))


def _is_not_believed(trade: Trade, case: Any) -> None:
    """Nobody counts more than was sent."""
    try:
        trade.inspect(case.number, {int(line): {"good": units + 1} for line, units in case.units.items()})
    except OrderError:
        return
    raise AssertionError("more came back than was sent")


def is_ruled(trade: Trade, draw: Random) -> None:
    """By people, of anything; or by the rules, of what is plain."""
    if case := _one(trade, draw, "disputed"):
        refuse_while_disputed(trade.whole)
        rate = draw.choice([0, 100, 100, draw.randint(1, 99)])
        goods = on_sale(trade) if draw.random() < 0.5 else None
        trade.rule(case.number, rate, goods_back=draw.random() < 0.4, goods=goods)


def is_judged(trade: Trade, draw: Random) -> None:
    if case := _one(trade, draw, "requested", "disputed"):
        trade.judge(case.number)


def is_paid_in_advance(trade: Trade, draw: Random) -> None:
    if case := _one(trade, draw, "disputed"):
        refuse_while_disputed(trade.whole)
        trade.advance(case.number, draw.randint(1, 4_000))


def rings_for_a_case(trade: Trade, draw: Random) -> None:
    waiting = [case.number for case in trade.whole.cases if case.due_at is not None]
    if waiting:
        trade.ring_case(draw.choice(waiting), on_sale(trade))


def more_comes_in(trade: Trade, draw: Random) -> None:
    """New goods: what is sent again is there, or is not."""
    sku, warehouse, shard = draw.choice(sorted(trade.world.stock))
    others_bring(trade, sku, warehouse, draw.randint(1, 3), shard)


def goes_on(trade: Trade, draw: Random) -> None:
    """What is sent again is a step further: cut, taken in, sent, delivered, received."""
    again = [part for part in trade.whole.sub_orders if part.replaces and part.state != "completed"]
    if not again:
        return
    part = draw.choice(again)
    if part.split_at is None:
        is_cut(trade, draw)
    elif part.state == "delivered":
        trade.receive(part.number)
    for parcel in trade.whole.parcels_of(part):
        match parcel.state:
            case "pushing":
                trade.progress(parcel.number)
            case "at_warehouse":
                trade.confirm(parcel.number)
            case "awaiting_shipment":
                trade.ship(part.number, parcel.number)
            case "in_transit":
                trade.deliver(parcel.number)


def cases_come_to_rest(trade: Trade) -> None:
    """What is on its way back arrives and is counted; what is disputed the platform rules."""
    for case in trade.whole.cases:
        if case.state in ("returning", "inspecting"):
            left = left_of(trade.whole, case)  # What got lost meanwhile does not come back.
            trade.inspect(
                case.number, {line: {"good": count} for line, count in left.items()}, goods=on_sale(trade)
            )
        elif case.state == "disputed":
            trade.rule(case.number, (0, 50, 100)[case.number % 3])


NEXT: dict[str, Sequence[tuple[int, Act]]] = {
    "requested": (
        (8, is_decided),
        (1, is_withdrawn),
        (3, is_escalated),
        (1, is_judged),
        (1, is_shown_more),
        (2, rings_for_a_case),
    ),
    "refused": ((6, is_answered), (1, is_withdrawn), (3, is_escalated), (1, rings_for_a_case)),
    "awaiting_return": (
        *((4, is_sent_back), (3, is_there), (4, is_inspected), (1, is_withdrawn)),
        *((1, is_escalated), (1, rings_for_a_case)),
    ),
    "returning": ((5, is_sighted), (2, is_there), (1, is_sent_back), (4, is_inspected), (2, is_escalated)),
    "inspecting": ((8, is_inspected), (2, is_escalated), (2, rings_for_a_case)),
    "assessed": ((3, is_answered), (2, is_escalated), (4, rings_for_a_case), (2, is_disputed)),
    "disputed": (
        *((3, is_decided), (7, is_ruled), (1, is_judged), (5, is_paid_in_advance), (1, is_withdrawn)),
        *((1, is_shown_more), (2, is_there), (2, is_inspected)),
    ),
    "replacing": ((12, goes_on), (1, rings_for_a_case), (1, is_there)),
}


def goes_further(trade: Trade, draw: Random) -> None:
    """Whoever has the word in one of the open cases does what they may."""
    if case := _one(trade, draw, *NEXT):
        chosen = NEXT[case.state]
        draw.choices([act for _, act in chosen], [weight for weight, _ in chosen])[0](trade, draw)


CASE_ACTS: Sequence[tuple[int, Act]] = (
    *((14, is_asked_for), (40, goes_further), (4, more_comes_in)),
    (1, is_there),
)
