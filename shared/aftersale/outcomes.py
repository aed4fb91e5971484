"""A yes to a case: what it leads to. Each way to a yes (decision, silence, alternative, inspection, ruling) comes here.

the goods must come back first   the buyer is told where to; nothing else happens yet
goods go out                     a sub-order at no price; if they are not to be had, the money goes back instead
the money goes back              units, or part of what was paid for units that are kept
"""

from collections.abc import Mapping
from typing import Any

from shared.aftersale.advances import less_advance, take_back
from shared.aftersale.coming_back import left_of, restock, take_from_parcels
from shared.aftersale.freight import is_freight_earned
from shared.aftersale.giving_up import give_up, refund_parts, settle_less
from shared.aftersale.postage import make_good
from shared.aftersale.replacing import Sending, Stocked, handed_back, order_replacement, sendings
from shared.aftersale.return_policy import GOODS_BACK, SENDS_GOODS, CaseKind
from shared.aftersale.worth import root_of, worth_of
from shared.changes import Draft
from shared.engine import may
from shared.fulfilment.progress import facts_of
from shared.lifecycle import Actor, Event, Fact, SubOrderState
from shared.model import AfterSale, RefundPart, SubOrder, WholeOrder
from shared.money import allocate
from shared.splitting.shares import share_anew

DECIDED = (Event.CASE_RULED, Event.CASE_APPROVED)  # Then also for what was not in the parcel.


def say_yes(draft: Draft, case: AfterSale, event: Event, goods: Stocked | None, **fields: Any) -> str:
    """Take *case* to where a yes leads. Returns the subject that it made: a refund, or the case itself."""
    draft.require(case, event)
    units = _units(draft.whole, case, event)
    if case.kind in GOODS_BACK and case.goes_back and not case.counted and units:
        where = {Fact.GOODS_BACK} if case.sent_at is None else {Fact.GOODS_BACK, Fact.SENT_BACK}
        draft.move(case, event, where, **fields)
        return case.subject
    case = make_good(draft, case)
    if case.kind in SENDS_GOODS:
        sent = sendings(draft.whole, case, units, goods)
        if sent:
            return _send(draft, case, event, units, sent, goods, fields)
    is_kept = case.kind == CaseKind.PRICE_REDUCTION
    about = reduce_price(draft, case, units) if is_kept else give_back(draft, case, units)
    refund = int(about.removeprefix("REFUND#")) if about else None
    draft.move(draft.whole.rows[case.subject], event, refund=refund, finished_at=draft.now, **fields)
    return about or case.subject


def _units(whole: WholeOrder, case: AfterSale, event: Event) -> dict[int, int]:
    """What it is about: what was counted, once it was; what was asked for, if whoever bears it says so all the same.

    What was refunded another way meanwhile is not among them.
    """
    asked = {int(number): count for number, count in case.units.items()}
    wanted = _counted(case) if case.counted and event not in DECIDED else asked
    left = left_of(whole, case)
    return {number: units for number, count in wanted.items() if (units := min(count, left.get(number, 0)))}


def _counted(case: AfterSale) -> dict[int, int]:
    return {int(n): count for n, graded in case.counted.items() if (count := sum(graded.values()))}


def _send(
    draft: Draft,
    case: AfterSale,
    event: Event,
    units: Mapping[int, int],
    sent: list[Sending],
    goods: Stocked | None,
    fields: dict[str, Any],
) -> str:
    """The old units leave their parcels and go back on the shelf; new ones, or the repaired ones, go out."""
    if case.counted and not case.sends_its_own:
        restock(draft, case, case.counted)
    made = order_replacement(draft, case, sent, goods)
    take_from_parcels(draft, case, units)
    own = draft.whole.sub_orders[case.sub_order - 1]
    if own.state is SubOrderState.AWAITING_RECEIPT:  # Nothing of it may be on its way any more.
        own = draft.move(own, Event.CASE_REFUNDED, facts_of(draft.whole, own))
    share_anew(draft, own)  # What was paid for them, the others bear.
    take_back(draft, case)  # An advance was for money, and this is none.
    present = draft.whole.rows[case.subject]
    draft.move(present, event, {Fact.SENDS_GOODS}, replacement=made.number, **fields)
    return case.subject


def say_no(draft: Draft, case: AfterSale, event: Event, **fields: Any) -> str:
    """Nothing goes back; goods that did are the buyer's still, and are sent to them again."""
    draft.require(case, event)
    sent = handed_back(draft.whole, case)
    if not sent:
        take_back(draft, case)
        draft.move(case, event, {Fact.REJECTED}, finished_at=draft.now, **fields)
        return case.subject
    units = {sending.line.number: sending.units for sending in sent}
    kept = draft.change(case, is_handed_back=True)
    return _send(draft, kept, event, units, sent, None, fields)


def give_back(draft: Draft, case: AfterSale, units: Mapping[int, int]) -> str:
    """Refund *units* at the case's rates, and restock what was counted. Returns the refund's subject, or ""."""
    before = draft.whole
    if case.counted:
        restock(draft, case, case.counted)
    take_from_parcels(draft, case, units)
    counted, rates = _counted(case), {int(number): rate for number, rate in case.rates.items()}
    back = {number: counted.get(number, 0) for number in units if counted.get(number)}
    away = {number: left for number, count in units.items() if (left := count - back.get(number, 0))}
    parts: list[RefundPart] = []
    for counted_as, some in (("returned", back), ("waived", away)):
        own = draft.whole.sub_orders[case.sub_order - 1]
        parts += (
            give_up(
                draft,
                own,
                some,
                event=Event.CASE_REFUNDED,
                counted_as=counted_as,
                keeps_freight=is_freight_earned(draft.whole, own, case.number),
                rates=rates,
                case=case.number,
            )
            if some
            else []
        )
    parts, recovered = less_advance(draft, case, parts)
    return refund_parts(draft, before, parts, reason=case.reason, now=draft.now, recovered=recovered)


def reduce_price(draft: Draft, case: AfterSale, units: Mapping[int, int]) -> str:
    """Part of what was paid goes back, for units that are kept: borne by them, in proportion to their worth."""
    before = draft.whole
    if not units:  # What was refunded another way has no price any more.
        take_back(draft, case)
        return ""
    lines = {line.number: line for line in before.lines}
    roots = [(root_of(before, lines[number]), count) for number, count in units.items()]
    worths = [_worth(before.sub_orders, line, units) for line, units in roots]
    amount = min(case.asked_minor, sum(worths))
    [number] = {line.sub_order for line, _ in roots}
    sub_order = before.sub_orders[number - 1]
    reduced = dict(sub_order.reduced)
    for (line, _), share in zip(roots, allocate(amount, worths) if any(worths) else (), strict=False):
        reduced[str(line.number)] = reduced.get(str(line.number), 0) + share
    covered = min(sub_order.given_back_minor, max(0, amount - sub_order.kept_minor))
    fields: dict[str, Any] = {
        "reduced": reduced,
        "refunded_goods_minor": sub_order.refunded_goods_minor + amount,
        "given_back_minor": sub_order.given_back_minor - covered,
    }
    if may("sub_order", sub_order.state, Event.CASE_REFUNDED, Actor.SYSTEM):
        after = draft.move(sub_order, Event.CASE_REFUNDED, facts_of(before, sub_order), **fields)
    else:
        after = draft.change(sub_order, **fields)
    share_anew(draft, after)
    settle_less(draft, after)
    part = RefundPart(number, amount, 0, -covered)
    parts, recovered = less_advance(draft, case, [part] if amount else [])
    return refund_parts(draft, before, parts, reason=case.reason, now=draft.now, recovered=recovered)


def _worth(sub_orders: tuple[SubOrder, ...], line: Any, units: int) -> int:
    sub_order = sub_orders[line.sub_order - 1]
    return worth_of(sub_order, line, min(units, line.quantity - sub_order.gone(line))).goods_minor
