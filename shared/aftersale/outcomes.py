"""A yes to a case: what it leads to. Each way to a yes (decision, silence, alternative, inspection, ruling) comes here.

the goods must come back first   the buyer is told where to; nothing else happens yet
goods go out                     a sub-order at no price; if they are not to be had, the money goes back instead
the money goes back              units, or part of what was paid for units that are kept
"""

from collections.abc import Mapping
from typing import Any

from shared.aftersale.advances import root_sub_order, take_back
from shared.aftersale.coming_back import restock, take_from_parcels
from shared.aftersale.giving_up import give_up, refund_parts, settle_less
from shared.aftersale.replacing import Stocked, order_replacement, sendings
from shared.aftersale.return_policy import GOODS_BACK, SENDS_GOODS, CaseKind, Reason
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
    parts = give_up(
        draft,
        draft.whole.sub_orders[case.sub_order - 1],
        units,
        event=Event.CASE_REFUNDED,
        counted_as="returned" if case.counted else "waived",
        keeps_freight=case.reason == Reason.NO_REASON,
        rates=rates,
        case=case.number,
    )
    parts, recovered = _less_advance(draft, case, parts)
    return refund_parts(draft, before, parts, reason=case.reason, now=draft.now, recovered=recovered)


def _less_advance(
    draft: Draft, case: AfterSale, parts: list[RefundPart]
) -> tuple[list[RefundPart], RefundPart | None]:
    """What the platform has paid in advance is not refunded again: the merchant's part makes the pool whole.

    It counts as given back of the sub-order; what of it was due counts for the goods now.
    """
    if not case.advance_minor:
        return parts, None
    covered = min(case.advance_minor, sum(-part.other_minor for part in parts))  # Counts for them already.
    left, used = [], covered
    for part in parts:
        less = min(case.advance_minor - used, part.amount_minor)
        used += less
        left.append(part._replace(other_minor=part.other_minor - less))
    root = root_sub_order(draft.whole, case)
    after = draft.change(root, given_back_minor=root.given_back_minor - used + covered)
    settle_less(draft, after)
    take_back(draft, case, used)
    recovered = RefundPart(root.number, 0, 0, used) if used else None
    return [part for part in left if part.amount_minor], recovered


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
    fields: dict[str, Any] = {
        "reduced": reduced,
        "refunded_goods_minor": sub_order.refunded_goods_minor + amount,
    }
    if may("sub_order", sub_order.state, Event.CASE_REFUNDED, Actor.SYSTEM):
        after = draft.move(sub_order, Event.CASE_REFUNDED, facts_of(before, sub_order), **fields)
    else:
        after = draft.change(sub_order, **fields)
    share_anew(draft, after)
    settle_less(draft, after)
    part = RefundPart(number, amount, 0)
    return refund_parts(draft, before, [part] if amount else [], reason=case.reason, now=draft.now)


def _worth(sub_orders: tuple[SubOrder, ...], line: Any, units: int) -> int:
    sub_order = sub_orders[line.sub_order - 1]
    return worth_of(sub_order, line, min(units, line.quantity - sub_order.gone(line))).goods_minor
