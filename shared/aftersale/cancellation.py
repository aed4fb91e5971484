"""Cancel before shipment: unpaid as a whole, paid as a whole or line by line, always to the cent.

Unpaid: nothing is released before every provider has closed what may still be paid. Paid: the units that have
not left go back on the shelf, their frozen share goes back to the buyer; freight goes back when nothing of the
sub-order ever ships.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, NotFound, OrderError
from shared.fulfilment.queue import NO_QUEUE
from shared.fulfilment.shipping import everything_shipped
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
from shared.splitting.parcels import leaving, left_by_warehouse
from shared.splitting.shares import shared_out


class AlreadyShipped(OrderError):
    """Part of what shall be cancelled has left. What can still be cancelled is listed."""

    status, code = 409, "already_shipped"


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
    units = _units_meant(whole, cancellation)
    draft = Draft(whole, event=Event.GOODS_CANCELLED, caller=caller, now=now)
    about = cancel_units(draft, units, event=Event.GOODS_CANCELLED, reason=cancellation.reason, now=now)
    return draft.finish(request=request, about=about, note={"reason": cancellation.reason})


def cancel_units(draft: Draft, units: Mapping[int, int], *, event: Event, reason: str, now: int) -> str:
    """Take *units* (by line number) out of a paid order: shelf, parcels, money, points and state.

    *event* is what happens to each sub-order that loses some. Returns the subject of the refund, "" if none is due.
    """
    whole = draft.whole
    parts = []
    for sub_order in whole.sub_orders:
        own = {n: units[n] for line in whole.lines_of(sub_order) if (n := line.number) in units}
        if own:
            parts.append(_cancel_units(draft, sub_order, own, event))
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
    """How many units of *line* have neither left nor been cancelled."""
    sub_order = next(s for s in whole.sub_orders if s.number == line.sub_order)
    if sub_order.state not in CANCELLABLE:
        return 0
    gone = sub_order.cancelled.get(str(line.number), 0) + sum(
        parcel.contents.get(str(line.number), 0)
        for parcel in whole.parcels_of(sub_order)
        if parcel.state in (ParcelState.IN_TRANSIT, ParcelState.RECEIVED)
    )
    return line.quantity - gone


def _units_meant(whole: WholeOrder, cancellation: Cancellation) -> dict[int, int]:
    """Which units to cancel. "Everything" means all of it: if part has left, that is said, not skipped."""
    scope = [line for line in whole.lines if cancellation.sub_order in (None, line.sub_order)]
    free = {line.number: cancellable_units(whole, line) for line in scope}
    listed = [{"line": number, "quantity": units} for number, units in free.items() if units]
    if cancellation.units is None:
        if _has_shipped(whole, scope):
            raise AlreadyShipped("part of it has left (订单已经出库)", cancellable=listed)
        meant = {number: units for number, units in free.items() if units}
        if not meant:
            raise AlreadyShipped("nothing is left to cancel", cancellable=[])
        return meant
    if unknown := [number for number in cancellation.units if number not in free]:
        raise NotFound("no such line", lines=unknown)
    if not cancellation.units or min(cancellation.units.values()) < 1:
        raise Invalid("name at least one unit")
    for number, units in cancellation.units.items():
        if units > free[number]:
            raise AlreadyShipped("fewer units are left to cancel", cancellable=listed)
    return dict(cancellation.units)


def _has_shipped(whole: WholeOrder, scope: list[Line]) -> bool:
    numbers = {line.sub_order for line in scope}
    left = (SubOrderState.AWAITING_RECEIPT, SubOrderState.COMPLETED)
    return any(s.number in numbers and s.state in left for s in whole.sub_orders) or any(
        p.sub_order in numbers and p.state in (ParcelState.IN_TRANSIT, ParcelState.RECEIVED)
        for p in whole.parcels
    )


def _cancel_units(draft: Draft, sub_order: SubOrder, units: Mapping[int, int], event: Event) -> RefundPart:
    """Cancel *units* of one sub-order in the draft. Returns what goes back for them.

    What was given back before for no goods, and is not there any more, counts for these goods now.
    """
    lines = draft.whole.lines_of(sub_order)
    goods = sum(_worth(line, sub_order, units[line.number]) for line in lines if line.number in units)
    cancelled = dict(sub_order.cancelled)
    for number, count in units.items():
        cancelled[str(number)] = cancelled.get(str(number), 0) + count
    nothing_left = all(cancelled.get(str(line.number), 0) == line.quantity for line in lines)
    freight = sub_order.freight_minor if nothing_left else 0
    _take_out(draft, sub_order, units)
    covered = min(sub_order.given_back_minor, max(0, goods + freight - sub_order.kept_minor))
    shipped = everything_shipped(draft.whole, sub_order)
    facts = {Fact.NOTHING_LEFT} if nothing_left else {Fact.EVERYTHING_SHIPPED} if shipped else set[Fact]()
    changed = draft.move(
        sub_order,
        event,
        facts,
        cancelled=cancelled,
        refunded_goods_minor=sub_order.refunded_goods_minor + goods,
        refunded_freight_minor=sub_order.refunded_freight_minor + freight,
        given_back_minor=sub_order.given_back_minor - covered,
        **(NO_QUEUE if facts else {}),
    )
    for parcel in shared_out(changed, lines, draft.whole.parcels_of(changed)):
        draft.change(parcel, goods_minor=parcel.goods_minor, freight_minor=parcel.freight_minor)
    return RefundPart(sub_order.number, goods, freight, -covered)


def _worth(line: Line, sub_order: SubOrder, units: int) -> int:
    before = sub_order.cancelled.get(str(line.number), 0)
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
        before = sub_order.cancelled.get(str(line.number), 0)
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
