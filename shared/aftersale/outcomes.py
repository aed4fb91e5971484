"""A yes to a case: what it leads to. Each way to a yes (decision, silence, alternative, inspection, ruling) comes here.

the goods must come back first   the buyer is told where to; nothing else happens yet
goods go out                     a sub-order at no price; if they are not to be had, the money goes back instead
the money goes back              units, or part of what was paid for units that are kept
"""

from collections.abc import Mapping
from typing import Any

from shared.aftersale.advances import less_advance, take_back
from shared.aftersale.coming_back import restock, take_from_parcels
from shared.aftersale.freight import is_freight_earned
from shared.aftersale.giving_up import give_up, refund_parts, settle_less
from shared.aftersale.replacing import Stocked, order_replacement, sendings
from shared.aftersale.return_policy import GOODS_BACK, SENDS_GOODS, CaseKind
from shared.aftersale.worth import root_of, worth_of
from shared.changes import Draft
from shared.engine import may
from shared.fulfilment.progress import facts_of
from shared.lifecycle import Actor, Event, Fact
from shared.model import AfterSale, RefundPart, SubOrder
from shared.money import allocate
from shared.splitting.shares import share_anew


def say_yes(draft: Draft, case: AfterSale, event: Event, goods: Stocked | None, **fields: Any) -> str:
    """Take *case* to where a yes leads. Returns the subject that it made: a refund, or the case itself."""
    if case.kind in GOODS_BACK and case.goes_back and not case.counted:
        draft.move(case, event, {Fact.GOODS_BACK}, **fields)
        return case.subject
    units = _units(case)
    if case.kind in SENDS_GOODS:
        sent = sendings(draft.whole, case, units, goods)
        if sent:
            return _send(draft, case, event, units, goods, fields)
    is_kept = case.kind == CaseKind.PRICE_REDUCTION
    about = reduce_price(draft, case) if is_kept else give_back(draft, case, units)
    refund = int(about.removeprefix("REFUND#")) if about else None
    draft.move(draft.whole.rows[case.subject], event, refund=refund, finished_at=draft.now, **fields)
    return about or case.subject


def _units(case: AfterSale) -> dict[int, int]:
    """What it is about: what was counted, once it was; else what was asked for."""
    if case.counted:
        return {int(n): count for n, graded in case.counted.items() if (count := sum(graded.values()))}
    return {int(number): count for number, count in case.units.items()}


def _send(
    draft: Draft,
    case: AfterSale,
    event: Event,
    units: Mapping[int, int],
    goods: Stocked | None,
    fields: dict[str, Any],
) -> str:
    """The old units leave their parcels and go back on the shelf; new ones, or the repaired ones, go out."""
    sent = sendings(draft.whole, case, units, goods)
    if case.counted and case.kind != CaseKind.REPAIR:
        restock(draft, case, case.counted)
    made = order_replacement(draft, case, sent, goods)
    take_from_parcels(draft, case, units)
    take_back(draft, case, 0)  # An advance was for money, and this is none.
    present = draft.whole.rows[case.subject]
    draft.move(present, event, {Fact.SENDS_GOODS}, replacement=made.number, **fields)
    return case.subject


def give_back(draft: Draft, case: AfterSale, units: Mapping[int, int]) -> str:
    """Refund *units* at the case's rates, and restock what was counted. Returns the refund's subject, or ""."""
    before = draft.whole
    if case.counted:
        restock(draft, case, case.counted)
    take_from_parcels(draft, case, units)
    rates = {int(number): rate for number, rate in case.rates.items()}
    own = draft.whole.sub_orders[case.sub_order - 1]
    parts = give_up(
        draft,
        own,
        units,
        event=Event.CASE_REFUNDED,
        counted_as="returned" if case.counted else "waived",
        keeps_freight=is_freight_earned(draft.whole, own, case.number),
        rates=rates,
        case=case.number,
    )
    parts, recovered = less_advance(draft, case, parts)
    return refund_parts(draft, before, parts, reason=case.reason, now=draft.now, recovered=recovered)


def reduce_price(draft: Draft, case: AfterSale) -> str:
    """Part of what was paid goes back, for units that are kept: borne by them, in proportion to their worth."""
    before = draft.whole
    lines = {line.number: line for line in before.lines}
    roots = [(root_of(before, lines[int(n)]), units) for n, units in case.units.items()]
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
