"""The buyer gets units no more: what that does to the money, the points and the state of their sub-order.

    cancelled   before they left            event of the table: GOODS_CANCELLED, INTERCEPT_ACCEPTED, GOODS_MISSING, ...
    returned    they left, and came back    RETURN_RECEIVED, CASE_REFUNDED
    waived      they left, and stay away    CASE_REFUNDED

Every way back ends here, so no two of them can give the same money. Units that were sent at no price, to make others
good, stand in for those: what was paid goes back for the units they replace.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from shared.aftersale.freight import is_freight_earned
from shared.aftersale.worth import worth_of
from shared.changes import Draft, Voucher
from shared.engine import rules_from
from shared.fulfilment.progress import facts_of
from shared.fulfilment.queue import NO_QUEUE
from shared.ledger import vouchers
from shared.ledger.settlement import open_settlement
from shared.lifecycle import MACHINES, CaseState, Event, Fact, SettlementState, SubOrderState
from shared.model import Line, RefundPart, SubOrder, WholeOrder
from shared.ordering import wallet
from shared.payment.giving_back import is_settled
from shared.payment.requests import request_refund
from shared.splitting.shares import share_anew

LISTED = (
    SubOrderState.UNDER_REVIEW,
    SubOrderState.ESCALATED,
    SubOrderState.AWAITING_SHIPMENT,
    SubOrderState.INTERCEPTING,
)
GONE_FOR_GOOD = (SubOrderState.CANCELLED, SubOrderState.CLOSED)


class Terms(NamedTuple):
    """How units are given up."""

    event: Event  # What happens to the sub-order.
    counted_as: str  # "cancelled", "returned" or "waived"
    facts: frozenset[Fact] = frozenset()
    keeps_freight: bool = False  # Also when nothing is left.
    rates: Mapping[int, int] = {}  # line number -> per cent of their worth that goes back; absent: all of it
    case: int | None = None  # The case that gives them up: it is not told of its own end.


def give_up(
    draft: Draft,
    sub_order: SubOrder,
    units: Mapping[int, int],
    *,
    event: Event,
    counted_as: str,
    **terms: Any,
) -> list[RefundPart]:
    """Give up *units* (by line number) of one sub-order, and of the one that it makes good, if it does.

    Where they lie, and in which parcel, the caller has seen to. Returns what goes back for them.
    """
    how = Terms(event, counted_as, **terms)
    parts = [_give_up_units(draft, sub_order, units, how)]
    if sub_order.replaces is not None:
        _tell_case(draft, draft.whole.sub_orders[sub_order.number - 1], how.case)
        _give_up_between(draft, sub_order, units, how)
        parts += _give_up_roots(draft, sub_order, units, how)
    return [part for part in parts if part.amount_minor or part.other_minor]


def _give_up_roots(
    draft: Draft, sub_order: SubOrder, units: Mapping[int, int], how: Terms
) -> list[RefundPart]:
    """What was paid for the units that these stood in for."""
    replacing = {line.number: line.replaces for line in draft.whole.lines_of(sub_order)}
    counted = _counted_beyond(how)
    rates = {replacing[number]: rate for number, rate in how.rates.items()}
    if counted == "returned" and _was_handed_back(draft.whole, sub_order):
        rates = dict.fromkeys(replacing.values(), 0)
    roots: dict[int, int] = {}
    for number, count in units.items():
        roots[replacing[number]] = roots.get(replacing[number], 0) + count
    assert sub_order.replaces is not None
    root = draft.whole.sub_orders[sub_order.replaces - 1]
    keeps = is_freight_earned(draft.whole, root, how.case)
    terms = Terms(Event.CASE_REFUNDED, counted, keeps_freight=keeps, rates=rates, case=how.case)
    return [_give_up_units(draft, root, roots, terms)]


def _give_up_between(draft: Draft, sub_order: SubOrder, units: Mapping[int, int], how: Terms) -> None:
    """What was sent at no price, and then made good itself, has less left of it too: nothing was paid for that."""
    replacing = {line.number: line.replaces for line in draft.whole.lines_of(sub_order)}
    sent = next(case for case in draft.whole.cases if case.number == sub_order.case)
    part = draft.whole.sub_orders[sent.sub_order - 1]
    while part.replaces is not None:
        own = {line.replaces: line.number for line in draft.whole.lines_of(part)}
        given_up = {own[replacing[number]]: count for number, count in units.items()}
        _give_up_units(draft, part, given_up, Terms(Event.CASE_REFUNDED, _counted_beyond(how)))
        _tell_case(draft, draft.whole.sub_orders[part.number - 1], how.case)
        sent = next(case for case in draft.whole.cases if case.number == part.case)
        part = draft.whole.sub_orders[sent.sub_order - 1]


def _counted_beyond(how: Terms) -> str:
    """Of units that others stood in for: what those that stood in for them came to."""
    return how.counted_as if how.counted_as == "returned" else "waived"


def _was_handed_back(whole: WholeOrder, sub_order: SubOrder) -> bool:
    """Whether these are the buyer's own, which nobody had to take back: to refuse them wins nothing."""
    return any(case.number == sub_order.case and case.is_handed_back for case in whole.cases)


def _tell_case(draft: Draft, sub_order: SubOrder, ending: int | None) -> None:
    """Nothing is left of what a case had sent: it ends with the money instead."""
    case = next((c for c in draft.whole.cases if c.number == sub_order.case and c.number != ending), None)
    if case is not None and case.state is CaseState.REPLACING and sub_order.state in GONE_FOR_GOOD:
        draft.move(case, Event.REPLACEMENT_FAILED, finished_at=draft.now)


def _give_up_units(draft: Draft, sub_order: SubOrder, units: Mapping[int, int], how: Terms) -> RefundPart:
    """Amounts and state. What was given back before for no goods, and is not there any more, counts for these now."""
    lines = draft.whole.lines_of(sub_order)
    goods, withheld, reduced = _goods_of(sub_order, lines, units, how)
    gone = dict(getattr(sub_order, how.counted_as))
    for number, count in units.items():
        gone[str(number)] = gone.get(str(number), 0) + count
    counted: dict[str, Any] = {how.counted_as: gone}
    after = replace(sub_order, **counted)
    nothing_left = all(after.gone(line) == line.quantity for line in lines)
    freight = 0
    if nothing_left and not how.keeps_freight:
        freight = sub_order.freight_minor - sub_order.refunded_freight_minor
    covered = min(sub_order.given_back_minor, max(0, goods + freight - sub_order.kept_minor))
    fields = counted | {
        "reduced": reduced,
        "withheld_minor": sub_order.withheld_minor + withheld,
        "refunded_goods_minor": sub_order.refunded_goods_minor + goods,
        "refunded_freight_minor": sub_order.refunded_freight_minor + freight,
        "given_back_minor": sub_order.given_back_minor - covered,
    }
    so_far = how.facts | facts_of(draft.whole, after)
    changed = _stepped(draft, sub_order, how.event, so_far, fields)
    share_anew(draft, changed)
    settle_less(draft, changed)
    return RefundPart(sub_order.number, goods, freight, -covered)


def _goods_of(
    sub_order: SubOrder, lines: tuple[Line, ...], units: Mapping[int, int], how: Terms
) -> tuple[int, int, dict[str, int]]:
    """What goes back for *units*, what of their worth does not, and what each line bears of earlier reductions."""
    total, withheld, reduced = 0, 0, dict(sub_order.reduced)
    for line in lines:
        if line.number not in units:
            continue
        worth = worth_of(sub_order, line, units[line.number])
        back = worth.goods_minor * how.rates.get(line.number, 100) // 100
        total, withheld = total + back, withheld + worth.goods_minor - back
        if worth.reduced_minor:
            reduced[str(line.number)] -= worth.reduced_minor
    return total, withheld, {number: amount for number, amount in reduced.items() if amount}


def _stepped(
    draft: Draft, sub_order: SubOrder, event: Event, facts: Collection[Fact], fields: dict[str, Any]
) -> SubOrder:
    """Step *sub_order*, which stands in a work list only while it waits for shipment."""
    if not _can_step(sub_order, event):
        return draft.change(sub_order, **fields)
    moved = draft.move(sub_order, event, facts, **fields)
    if moved.queue and moved.state not in LISTED:
        moved = draft.change(moved, **NO_QUEUE)
    return moved


def _can_step(sub_order: SubOrder, event: Event) -> bool:
    """Whether *event* means anything to the sub-order itself: goods may come back, or be lost, while others wait."""
    if event not in (Event.RETURN_RECEIVED, Event.CASE_REFUNDED, Event.PARCEL_LOST):
        return True
    return any(rule.event is event for rule in rules_from(MACHINES["sub_order"], sub_order.state))


def settle_less(draft: Draft, sub_order: SubOrder) -> None:
    """Its merchant is owed what is kept of it, no more; what was closed with something kept is owed now."""
    whole = draft.whole
    own = next((s for s in whole.settlements if s.number == sub_order.number), None)
    if own is None:
        if sub_order.state is SubOrderState.CLOSED and sub_order.kept_minor:
            open_settlement(draft, sub_order, currency=whole.order.currency, now=draft.now)
    elif own.state is SettlementState.WAITING and own.amount_minor != sub_order.kept_minor:
        draft.change(own, amount_minor=sub_order.kept_minor)


def refund_parts(
    draft: Draft,
    whole: WholeOrder,
    parts: list[RefundPart],
    *,
    reason: str,
    now: int,
    recovered: RefundPart | None = None,
) -> str:
    """Promise back what *parts* say, and what was paid with beside money. *whole*: the order before they were taken.

    Out of escrow; of a sub-order that is settled, as a claim on its merchant. *recovered*: so much of it the platform's
    pool had paid already, and has back now. Returns the refund's subject, or "".
    """
    wallet.give_back(draft, whole, now=now)
    amount = sum(part.amount_minor for part in parts)
    settled = frozenset(part.sub_order for part in parts if is_settled(whole, part.sub_order))
    back = vouchers.recovery(whole.order.order_id, recovered, settled) if recovered else ()
    if not amount:
        if back:
            draft.post(Voucher("advance_recovered", whole.order.currency, back))
        return ""
    payment = whole.winning_payment()
    assert payment is not None, "a paid order has a winning payment"
    draft.change(draft.whole.order, refund_reserved_minor=whole.order.refund_reserved_minor + amount)
    refund = request_refund(draft, payment, amount_minor=amount, reason=reason, parts=tuple(parts), now=now)
    promise = vouchers.refund_requested(whole.order.order_id, refund, settled)
    draft.post(promise._replace(entries=(*promise.entries, *back)))
    return refund.subject
