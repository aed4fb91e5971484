"""A paid order of which in the end nothing is left: each unit goes back, by any of the ways there are, in any steps.

Cancelled, asked back from a warehouse, refused at the door, lost, refunded, returned in any grade, exchanged and
returned again; reduced before that, with favours and advances beside it, and refunds that fail and are tried again.
Drawn from a ``Random``, so that a seed is a whole life.

    for a fault     whatever happens is somebody else's doing: everything goes back, freight and all
    on a whim       the buyer thought better of it: what was sent out is paid for, inspections may take something off
"""

from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import NamedTuple

from shared.aftersale.cases import Decision
from shared.aftersale.coming_back import left_of
from shared.aftersale.eligibility import available
from shared.aftersale.return_policy import CaseKind
from shared.errors import OrderError
from shared.model import Line, UsedCoupon
from tests.any_cases import goes_on, on_sale
from tests.any_contracts import agree
from tests.any_goods import is_asked_back, is_cut
from tests.any_life import cancels_some, everybody_waits
from tests.any_money import is_given_something, is_retried
from tests.builders import T0, Trade, a_line, an_unpaid_order_of
from tests.special_orders import others_bring

DAY = 86_400
PLACES = ("W1", "W2")
NEVER = T0 + 10**8  # No coupon ends before that.
GRADES = ("good", "defect", "scrap")
STEPS, ROUNDS_MAX, WAITS_MAX = 90, 60, 40


class Why(NamedTuple):
    """Why goods go back in one life: at the door, and by a case."""

    is_fault: bool
    refusals: Sequence[str]
    reasons: Sequence[str]


FAULT = Why(True, ("damaged", "wrong_goods", "not_as_described"), ("quality", "damaged", "wrong_goods"))
WHIM = Why(False, ("changed_mind", "late", "other"), ("no_reason", "other"))


class Life(NamedTuple):
    trade: Trade
    draw: Random
    why: Why


def a_life(seed: int) -> Life:
    """From its payment until nothing of it is left, and nobody waits for anything."""
    draw = Random(seed)
    life = Life(a_paid_order_of_any_funders(draw), draw, draw.choice([FAULT, FAULT, WHIM]))
    for _ in range(draw.randint(0, STEPS)):
        act = draw.choices([act for _, act in ACTS], [weight for weight, _ in ACTS])[0]
        with suppress(OrderError):
            act(life)
    for _ in range(ROUNDS_MAX):
        if not _something_is_left(life.trade):
            break
        _goes_on_to_the_end(life)
    else:
        raise AssertionError((seed, "something is left"))
    for _ in range(WAITS_MAX):
        _money_is_sent(life)
        everybody_waits(life.trade)
    return life


def a_paid_order_of_any_funders(draw: Random) -> Trade:
    """Up to three lines of up to two merchants, at awkward prices, with points and the coupons of several funders."""
    merchants = draw.randint(1, 2)
    lines = [_line(draw, number, merchants) for number in range(1, draw.randint(merchants, 3) + 1)]
    coupons = [
        UsedCoupon(name, f"T-{name}", kind, off, share, NEVER)
        for name, kind, share in (("S-1", "shop", 100), ("P-1", "platform", 0), ("P-2", "platform", 37))
        if (off := -sum(amount for line in lines for step, amount in line.steps if step.endswith(name)))
    ]
    freight = [draw.choice([0, 1, draw.randint(2, 900)]) for _ in range(merchants)]
    numbers = {"coupon_comes_back": 1, "second_person_minor": 10**9}
    trade = an_unpaid_order_of(lines, freight, coupons=coupons, **numbers)
    agree(trade)
    for line in lines:
        others_bring(trade, line.sku, draw.choice(PLACES), draw.randint(0, 4))  # To be sent instead.
    trade.start_payment()
    trade.pay()
    if draw.random() < 0.8:
        is_cut(trade, draw)
    return trade


def _line(draw: Random, number: int, merchants: int) -> Line:
    sub_order = number if number <= merchants else draw.randint(1, merchants)
    lies = [(place, draw.randint(1, 3)) for place in draw.sample(PLACES, draw.randint(1, 2))]
    money = draw.choice([number == 1, draw.randint(1, 7), draw.randint(1, 9_999), 9_973])
    names = ("platform_coupon:P-1", "platform_coupon:P-2", *(("shop_coupon:S-1",) * (sub_order == 1)))
    off = {name: draw.choice([0, draw.randint(1, 97)]) for name in names}
    points = draw.choice([0, draw.randint(1, 50)])
    steps = {"list_price": money + points + sum(off.values())}
    steps |= {name: -amount for name, amount in (*off.items(), ("points", points)) if amount}
    return a_line(
        number,
        sum(units for _, units in lies),
        int(money),
        sub_order=sub_order,
        lies=lies,
        points=points,
        steps=tuple(steps.items()),
    )


# --- goods ---


def _cancels(life: Life) -> None:
    cancels_some(life.trade, life.draw)


def _asks_back(life: Life) -> None:
    is_asked_back(life.trade, life.draw)


def _is_cut(life: Life) -> None:
    is_cut(life.trade, life.draw)


def _moves(life: Life) -> None:
    """Some parcel goes one step further on its way to the buyer."""
    trade, draw = life.trade, life.draw
    states = ("pushing", "intercepting", "at_warehouse", "awaiting_shipment", "in_transit")
    if waiting := [parcel for parcel in trade.whole.parcels if parcel.state in states]:
        _one_step(trade, draw.choice(waiting), is_stopped=draw.random() < 0.6)


def _one_step(trade: Trade, parcel: object, *, is_stopped: bool) -> None:
    match parcel.state:
        case "pushing":
            trade.progress(parcel.number)
        case "intercepting":
            trade.answer_intercept(parcel.number, is_stopped=is_stopped)
        case "at_warehouse":
            trade.confirm(parcel.number)
        case "awaiting_shipment":
            trade.ship(parcel.sub_order, parcel.number)
        case "in_transit" | "troubled":
            trade.deliver(parcel.number)


def _receives(life: Life) -> None:
    if here := [part.number for part in life.trade.whole.sub_orders if part.state == "delivered"]:
        life.trade.receive(life.draw.choice(here))


def _refuses(life: Life) -> None:
    if parcel := _any_parcel(life, "in_transit"):
        life.trade.refuse(parcel.number, reason=life.draw.choice(life.why.refusals))


def _counts(life: Life) -> None:
    """All of it, or not quite, in any condition."""
    if parcel := _any_parcel(life, "returning", "returned"):
        units = {
            int(line): life.draw.choice([count, count, count - 1]) for line, count in parcel.contents.items()
        }
        life.trade.count(parcel.number, {line: _graded(life, count) for line, count in units.items()})


def _graded(life: Life, units: int) -> dict[str, int]:
    one, other = life.draw.sample(GRADES, 2)
    first = life.draw.randint(0, units)
    return {one: first, other: units - first}


def _loses(life: Life) -> None:
    """What is not found when it is counted; and for a fault, what is on its way to the buyer."""
    if parcel := _any_parcel(life, "incomplete", *(["in_transit"] * life.why.is_fault)):
        if parcel.state == "in_transit":
            life.trade.report(parcel.number, "exception")
        life.trade.lose(parcel.number)


def _any_parcel(life: Life, *states: str) -> object:
    found = [parcel for parcel in life.trade.whole.parcels if parcel.state in states and parcel.contents]
    return life.draw.choice(found) if found else None


# --- cases ---


def _asks(life: Life) -> None:
    trade, draw = life.trade, life.draw
    part = draw.choice(trade.whole.sub_orders)
    kind = draw.choice([kind for kind in CaseKind if kind is not CaseKind.COMPENSATION])
    units = {line.number: draw.randint(1, left) for line, left in _to_ask_for(trade, part.number, kind)}
    if units:
        amount = draw.randint(1, 500) if kind is CaseKind.PRICE_REDUCTION else 0
        reason = draw.choice(life.why.reasons)
        trade.ask(kind, units, sub_order=part.number, reason=reason, asked_minor=amount)


def _to_ask_for(trade: Trade, part: int, kind: str) -> list[tuple[Line, int]]:
    own = [line for line in trade.whole.lines if line.sub_order == part]
    left = [(line, sum(s.units for s in available(trade.whole, line, kind=kind))) for line in own]
    return [(line, units) for line, units in left if units]


def _goes_on(life: Life) -> None:
    """Some open case: yes, no with an alternative, the platform, an inspection of any grade."""
    trade, draw = life.trade, life.draw
    if not (waiting := [case for case in trade.whole.cases if case.is_open]):
        return
    case = draw.choice(waiting)
    match case.state:
        case "requested" if draw.random() < 0.3:
            trade.refuse_case(case.number, exchange=0, price_reduction=draw.randint(1, 90))
        case "refused" if draw.random() < 0.5:
            trade.accept(case.number, draw.choice(sorted(case.offers)), on_sale(trade))
        case "awaiting_return" if draw.random() < 0.5:
            number, paid = f"BACK-{case.number}-{len(trade.world.changes)}", draw.choice([0, 1, 1_200, 9_999])
            trade.send_back(case.number, number, paid)
        case "requested" if draw.random() < 0.3:
            trade.call_platform(case.number)
        case "disputed" if draw.random() < 0.5:
            trade.advance(case.number, draw.randint(1, 2_000))
        case "replacing":
            goes_on(trade, draw)
        case "awaiting_return" | "returning" | "inspecting":
            _inspects(life, case)
        case _:
            _says_yes(life, case)


def _inspects(life: Life, case: object) -> None:
    """Everything is there; on a whim not always as it was sent out."""
    units = left_of(life.trade.whole, case)
    counted = {line: _graded(life, count) for line, count in units.items()}
    worn = {
        line: life.draw.randint(0, 99) for line in units if not life.why.is_fault and life.draw.random() < 0.3
    }
    life.trade.inspect(case.number, counted, rates=worn, goods=on_sale(life.trade))


def _says_yes(life: Life, case: object) -> None:
    """Whoever has the word in *case* says what brings the buyer's money back, or the goods."""
    trade = life.trade
    match case.state:
        case "requested":
            trade.decide(case.number, Decision(True), on_sale(trade))
        case "refused":
            trade.call_platform(case.number)
        case "assessed":
            trade.accept(case.number, "")
        case "disputed":
            trade.rule(case.number, 100, goods_back=life.draw.random() < 0.3)
        case "awaiting_return" | "returning" | "inspecting":
            _inspects(life, case)
        case "replacing":
            goes_on(trade, life.draw)


# --- money ---


def _is_sent(life: Life) -> None:
    """A provider sends a refund, or refuses it."""
    if waiting := [r for r in life.trade.whole.refunds if r.state in ("requested", "submitted")]:
        told = life.draw.choice(["succeeded", "failed", "failed"])
        life.trade.refund_says(told, life.draw.choice(waiting).number)


def _is_retried(life: Life) -> None:
    is_retried(life.trade, life.draw)


def _is_given(life: Life) -> None:
    """A favour, which may be all that is kept: also what its merchant has earned."""
    if life.why.is_fault:
        is_given_something(life.trade, life.draw)


def _money_is_sent(life: Life) -> None:
    """Every refund that waits: sent, or refused and tried again, or paid by bank."""
    for _ in range(len(life.trade.whole.refunds)):
        _is_sent(life)
        with suppress(OrderError):  # What the pool has paid besides the payment does not hold.
            is_retried(life.trade, life.draw)


# --- until nothing is left ---


def _something_is_left(trade: Trade) -> bool:
    is_kept = any(
        part.gone(line) < line.quantity
        for part in trade.whole.sub_orders
        for line in trade.whole.lines_of(part)
    )
    return is_kept or any(case.is_open for case in trade.whole.cases)


def _goes_on_to_the_end(life: Life) -> None:
    trade = life.trade
    is_cut(trade, life.draw)
    for parcel in trade.whole.parcels:
        state = trade.row(parcel.subject).state
        if state in ("returning", "returned"):
            trade.count(parcel.number)
        elif state == "incomplete":
            trade.lose(parcel.number)
        else:
            with suppress(OrderError):  # A merchant does not ship while a warehouse is asked to stop.
                _one_step(trade, trade.row(parcel.subject), is_stopped=True)
    for case in trade.whole.cases:
        if trade.case(case.number).is_open:
            with suppress(OrderError):
                _says_yes(life, trade.case(case.number))
    for part in trade.whole.sub_orders:
        kind = life.draw.choice([CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND])
        left = {line.number: units for line, units in _to_ask_for(trade, part.number, kind)}
        with suppress(OrderError):
            if left:
                trade.ask(kind, left, sub_order=part.number, reason=life.draw.choice(life.why.reasons))


ACTS = (
    (3, _cancels),
    (2, _asks_back),
    (2, _is_cut),
    (18, _moves),
    (3, _receives),
    (1, _refuses),
    (3, _counts),
    (1, _loses),
    (12, _asks),
    (16, _goes_on),
    (3, _is_sent),
    (3, _is_retried),
    (1, _is_given),
)
