"""Cancel before shipment: unpaid as a whole, paid as a whole or line by line, always to the cent.

Unpaid: nothing is released before every provider has closed what may still be paid. Paid: the units that have
not left go back on the shelf, their frozen share goes back to the buyer; freight goes back when nothing of the
sub-order ever ships.

What is at a warehouse's system is asked back first (拦截): only whole parcels, and the warehouse's answer decides
(``shared.fulfilment.warehouse``). Nothing of it is released or refunded before that.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, NotFound, OrderError
from shared.fulfilment.progress import facts_of
from shared.fulfilment.queue import NO_QUEUE
from shared.ledger import vouchers
from shared.lifecycle import Event, Fact, OrderState, ParcelState, SubOrderState
from shared.model import (
    Line,
    Parcel,
    RefundPart,
    SubOrder,
    WholeOrder,
)
from shared.money import worth_of_units
from shared.ordering import wallet
from shared.ordering.giving_up import decide_unpaid
from shared.payment.requests import refuse_while_disputed, request_refund
from shared.policy import Action, require_order, require_sub_order
from shared.splitting.shares import share_anew
from shared.splitting.whereabouts import leaving, left_by_warehouse


class AlreadyShipped(OrderError):
    """Part of what shall be cancelled has left. What can still be cancelled is listed."""

    status, code = 409, "already_shipped"


class AtWarehouse(OrderError):
    """A warehouse is packing these units: only its whole parcels can be asked back, and only once."""

    status, code = 409, "at_warehouse"


class Cancellation(NamedTuple):
    reason: str
    units: Mapping[int, int] | None = None  # line number -> units; None: everything
    sub_order: int | None = None  # only this merchant's part


def cancel(
    shop: Shop, order_id: str, cancellation: Cancellation, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Cancel what *caller* asks for. Raises ``NotFound``, ``AlreadyShipped``, ``TransitionRefused``, ``Invalid``."""

    def decision(whole: WholeOrder) -> Change:
        if cancellation.sub_order is None:
            require_order(caller, Action.CANCEL_ORDER, whole)
        else:
            require_sub_order(caller, Action.CANCEL_SUB_ORDER, whole, cancellation.sub_order)
        if whole.order.state is OrderState.PAID:
            return decide_paid(whole, cancellation, caller=caller, now=now, request=request)
        if cancellation.units is not None:
            raise Invalid("an unpaid order is cancelled as a whole: place a new one with what you want")
        event = Event.CANCEL_REQUESTED
        return decide_unpaid(whole, event, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_paid(
    whole: WholeOrder, cancellation: Cancellation, *, caller: Caller, now: int, request: Request
) -> Change:
    """Take units out of a paid order: shelf, parcels, money and state in one event. Raises ``PaymentDisputed``."""
    refuse_while_disputed(whole)
    units, asked_back = _meant(whole, cancellation)
    event = Event.INTERCEPT_REQUESTED if asked_back else Event.GOODS_CANCELLED
    draft = Draft(whole, event=event, caller=caller, now=now)
    about = ""
    if units:
        about = cancel_units(draft, units, event=Event.GOODS_CANCELLED, reason=cancellation.reason, now=now)
    for parcel in asked_back:
        present = draft.whole.rows[parcel.subject]  # Its share of the money may be another by now.
        draft.move(present, Event.INTERCEPT_REQUESTED, reason=cancellation.reason, asked_since=now)
    for number in sorted({parcel.sub_order for parcel in asked_back}):
        draft.move(draft.whole.sub_orders[number - 1], Event.INTERCEPT_REQUESTED)
    note: dict[str, str | int] = {"reason": cancellation.reason}
    if asked_back:
        note["asked_back"] = len(asked_back)
    return draft.finish(request=request, about=about, note=note)


def cancel_units(
    draft: Draft,
    units: Mapping[int, int],
    *,
    event: Event,
    reason: str,
    now: int,
    parcel: Parcel | None = None,
    facts: frozenset[Fact] = frozenset(),
) -> str:
    """Take *units* (by line number) out of a paid order: shelf, parcels, money, points and state.

    *event* is what happens to each sub-order that loses some. With *parcel* they are that parcel's, and the caller has
    moved it and their stock. Returns the subject of the refund, "" if none is due.
    """
    whole = draft.whole
    parts = []
    for sub_order in whole.sub_orders:
        own = {n: units[n] for line in whole.lines_of(sub_order) if (n := line.number) in units}
        if own:
            if parcel is None:
                _take_out(draft, sub_order, own)
            parts.append(
                give_up_units(draft, sub_order, own, event=event, counted_as="cancelled", facts=facts)
            )
    return refund_parts(draft, whole, parts, reason=reason, now=now)


def refund_parts(draft: Draft, whole: WholeOrder, parts: list[RefundPart], *, reason: str, now: int) -> str:
    """Promise back what *parts* say, and what was paid with beside money. *whole*: the order before they were taken."""
    wallet.give_back(draft, whole, now=now)
    amount = sum(part.amount_minor for part in parts)
    if not amount:
        return ""
    payment = whole.winning_payment()
    assert payment is not None, "a paid order has a winning payment"
    draft.change(draft.whole.order, refund_reserved_minor=whole.order.refund_reserved_minor + amount)
    refund = request_refund(draft, payment, amount_minor=amount, reason=reason, parts=tuple(parts), now=now)
    draft.post(vouchers.refund_requested(whole.order.order_id, refund))
    return refund.subject


CANCELLABLE = (SubOrderState.UNDER_REVIEW, SubOrderState.ESCALATED, SubOrderState.AWAITING_SHIPMENT)


def cancellable_units(whole: WholeOrder, line: Line) -> int:
    """How many units of *line* can be cancelled at once: neither gone, nor on their way, nor at a warehouse."""
    sub_order = next(s for s in whole.sub_orders if s.number == line.sub_order)
    if sub_order.state not in CANCELLABLE:
        return 0
    bound = sum(
        parcel.contents.get(str(line.number), 0)
        for parcel in whole.parcels_of(sub_order)
        if parcel.state not in (ParcelState.AWAITING_SHIPMENT, ParcelState.CANCELLED)
    )
    return line.quantity - sub_order.gone(line) - bound


LISTED = (*CANCELLABLE, SubOrderState.INTERCEPTING)
ASKABLE = (ParcelState.PUSHING, ParcelState.AT_WAREHOUSE)


def _meant(whole: WholeOrder, cancellation: Cancellation) -> tuple[dict[int, int], tuple[Parcel, ...]]:
    """Which units to cancel at once, and which parcels to ask back.

    "Everything" means all of it: if part has left, that is said, not skipped.
    """
    scope = [line for line in whole.lines if cancellation.sub_order in (None, line.sub_order)]
    free = {line.number: cancellable_units(whole, line) for line in scope}
    askable = tuple(
        p for p in whole.parcels if p.state in ASKABLE and _is_in(whole, p, cancellation.sub_order)
    )
    listed = [{"line": number, "quantity": units} for number, units in free.items() if units]
    if cancellation.units is None:
        if _has_shipped(whole, scope):
            raise AlreadyShipped("part of it has left (订单已经出库)", cancellable=listed)
        meant = {number: units for number, units in free.items() if units}
        if not meant and not askable:
            raise _nothing_left(whole, scope)
        return meant, askable
    if unknown := [number for number in cancellation.units if number not in free]:
        raise NotFound("no such line", lines=unknown)
    if not cancellation.units or min(cancellation.units.values()) < 1:
        raise Invalid("name at least one unit")
    return _named(whole, cancellation.units, free, askable)


def _named(
    whole: WholeOrder, units: Mapping[int, int], free: Mapping[int, int], askable: tuple[Parcel, ...]
) -> tuple[dict[int, int], tuple[Parcel, ...]]:
    """Free units first; what is left must be whole parcels that a warehouse has not sent yet."""
    at_once = {number: min(count, free[number]) for number, count in units.items() if free[number]}
    missing = {number: count - at_once.get(number, 0) for number, count in units.items()}
    asked_back = []
    for parcel in askable:
        if all(missing.get(int(number), 0) >= count for number, count in parcel.contents.items()):
            asked_back.append(parcel)
            for number, count in parcel.contents.items():
                missing[int(number)] -= count
    if any(missing.values()):
        listed = [{"line": number, "quantity": count} for number, count in free.items() if count]
        bound = [parcel.number for parcel in askable if any(missing.get(int(n)) for n in parcel.contents)]
        if bound:
            raise AtWarehouse("a warehouse is packing them", parcels=bound, cancellable=listed)
        raise AlreadyShipped("fewer units are left to cancel", cancellable=listed)
    return at_once, tuple(asked_back)


def _is_in(whole: WholeOrder, parcel: Parcel, sub_order: int | None) -> bool:
    """Whether *parcel* can be asked back with what is cancelled: its sub-order waits, and is meant."""
    own = whole.sub_orders[parcel.sub_order - 1]
    return sub_order in (None, own.number) and own.state is SubOrderState.AWAITING_SHIPMENT


def _nothing_left(whole: WholeOrder, scope: list[Line]) -> OrderError:
    numbers = {line.sub_order for line in scope}
    asked = [
        p.number for p in whole.parcels if p.sub_order in numbers and p.state is ParcelState.INTERCEPTING
    ]
    if asked:
        return AtWarehouse("the warehouse has been asked already", parcels=asked, cancellable=[])
    return AlreadyShipped("nothing is left to cancel", cancellable=[])


LEFT = (
    SubOrderState.AWAITING_RECEIPT,
    SubOrderState.DELIVERED,
    SubOrderState.COMPLETED,
    SubOrderState.CLOSED,
)
NOT_LEFT = (
    ParcelState.AWAITING_SHIPMENT,
    ParcelState.PUSHING,
    ParcelState.AT_WAREHOUSE,
    ParcelState.INTERCEPTING,
    ParcelState.CANCELLED,
)


def _has_shipped(whole: WholeOrder, scope: list[Line]) -> bool:
    numbers = {line.sub_order for line in scope}
    return any(s.number in numbers and s.state in LEFT for s in whole.sub_orders) or any(
        p.sub_order in numbers and p.state not in NOT_LEFT for p in whole.parcels
    )


def give_up_units(
    draft: Draft,
    sub_order: SubOrder,
    units: Mapping[int, int],
    *,
    event: Event,
    counted_as: str,
    facts: frozenset[Fact] = frozenset(),
    keeps_freight: bool = False,
) -> RefundPart:
    """The buyer gets *units* of one sub-order no more: amounts and state. Returns what goes back for them.

    They are counted as ``cancelled`` or ``returned``. What was given back before for no goods, and is not there any
    more, counts for these goods now. Where they lie, and in which parcel, the caller has seen to.
    """
    lines = draft.whole.lines_of(sub_order)
    goods = sum(_worth(line, sub_order, units[line.number]) for line in lines if line.number in units)
    gone = dict(getattr(sub_order, counted_as))
    for number, count in units.items():
        gone[str(number)] = gone.get(str(number), 0) + count
    after = (
        replace(sub_order, cancelled=gone) if counted_as == "cancelled" else replace(sub_order, returned=gone)
    )
    nothing_left = all(after.gone(line) == line.quantity for line in lines)
    freight = 0
    if nothing_left and not keeps_freight:
        freight = sub_order.freight_minor - sub_order.refunded_freight_minor
    covered = min(sub_order.given_back_minor, max(0, goods + freight - sub_order.kept_minor))
    fields = {
        counted_as: gone,
        "refunded_goods_minor": sub_order.refunded_goods_minor + goods,
        "refunded_freight_minor": sub_order.refunded_freight_minor + freight,
        "given_back_minor": sub_order.given_back_minor - covered,
    }
    so_far = facts | facts_of(draft.whole, after)
    changed = _stepped(draft, sub_order, event, so_far, fields)
    share_anew(draft, changed)
    return RefundPart(sub_order.number, goods, freight, -covered)


def _stepped(
    draft: Draft, sub_order: SubOrder, event: Event, facts: frozenset[Fact], fields: dict[str, Any]
) -> SubOrder:
    """Step *sub_order*, which stands in a work list only while it waits for shipment."""
    if not can_step(sub_order, event):
        return draft.change(sub_order, **fields)
    moved = draft.move(sub_order, event, facts, **fields)
    if moved.queue and moved.state not in LISTED:
        moved = draft.change(moved, **NO_QUEUE)
    return moved


def can_step(sub_order: SubOrder, event: Event) -> bool:
    """Whether *event* means anything to the sub-order itself. What comes back, or is lost, may be so while other
    parcels wait."""
    is_of_a_parcel = event in (Event.RETURN_RECEIVED, Event.PARCEL_LOST)
    return not is_of_a_parcel or sub_order.state is SubOrderState.AWAITING_RECEIPT


def _worth(line: Line, sub_order: SubOrder, units: int) -> int:
    before = sub_order.gone(line)
    return worth_of_units(line.payable_minor, line.quantity, before=before, after=before + units)


def _take_out(draft: Draft, sub_order: SubOrder, units: Mapping[int, int]) -> None:
    """Put *units* back on the shelf: out of waiting parcels, the last first, or off the unsplit promise."""
    missing = dict(units)
    for parcel in reversed(draft.whole.parcels_of(sub_order)):
        if parcel.state is ParcelState.AWAITING_SHIPMENT:
            _take_from_parcel(draft, parcel, missing)
    if sub_order.split_at is not None:
        return
    for line in draft.whole.lines_of(sub_order):
        before = sub_order.gone(line)
        kept = left_by_warehouse(line, before + missing.get(line.number, 0))
        for warehouse, units_held in left_by_warehouse(line, before).items():
            gone = units_held - kept.get(warehouse, 0)
            draft.take(*leaving(draft.whole, "release", line, warehouse, gone))


def _take_from_parcel(draft: Draft, parcel: Parcel, missing: dict[int, int]) -> None:
    contents = dict(parcel.contents)
    lines = {line.number: line for line in draft.whole.lines}
    for number in [n for n in missing if str(n) in contents]:
        taken = min(missing[number], contents[str(number)])
        missing[number] -= taken
        contents[str(number)] -= taken
        draft.take(*leaving(draft.whole, "release", lines[number], parcel.warehouse, taken))
    contents = {number: units for number, units in contents.items() if units}
    if contents != parcel.contents:
        facts = () if contents else {Fact.NOTHING_LEFT}
        draft.move(parcel, Event.GOODS_CANCELLED, facts, contents=contents)
