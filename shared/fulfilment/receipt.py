"""Goods arrive: the buyer says so, twice, or the clock does. Then the sub-order is complete, and the merchant's
settlement begins to wait.

The clock runs only while everything is reported as delivered (``shared.fulfilment.tracking``), and once the buyer may
have more time.
"""

from functools import partial

from shared.changes import ACTIONS_MAX, Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.engine import decide
from shared.errors import ConfirmationRequired, NotFound, OrderError
from shared.fulfilment.returning import is_coming_back
from shared.ledger.settlement import open_settlement
from shared.lifecycle import CaseState, Event, ParcelState, SubOrderState
from shared.model import Parcel, SubOrder, WholeOrder
from shared.policy import Action, require_order


class ParcelsReturning(OrderError):
    """Part of it is on its way back: it cannot have been received. What is still to come is decided first."""

    status, code = 409, "parcels_returning"


class CaseStillOpen(OrderError):
    """What a case is about is not received while it is open: withdraw it, or wait for its end."""

    status, code = 409, "case_open"


class AlreadyExtended(OrderError):
    status, code = 409, "already_extended"


def confirm_receipt(
    shop: Shop,
    order_id: str,
    *,
    sub_order: int | None,
    confirm: str | None,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """Complete one sub-order, or all that are on their way.

    Asked without the token of the present version it raises ``ConfirmationRequired``, which carries it: money
    is released here, so a stray click must not.
    """

    def decision(whole: WholeOrder, told: str | None) -> Change:
        require_order(caller, Action.CONFIRM_RECEIPT, whole)
        chosen = _chosen(whole, sub_order, caller)
        _refuse_returning(whole, chosen)
        _refuse_with_case(whole, chosen)
        if told != f"v{whole.order.version}":
            raise ConfirmationRequired("confirm that the goods arrived", confirm=f"v{whole.order.version}")
        return decide_receipt(
            whole,
            chosen,
            event=Event.RECEIPT_CONFIRMED,
            caller=caller,
            now=now,
            request=request,
        )

    outcome = carry_out(shop, order_id, partial(decision, told=confirm), request)
    while is_unfinished(outcome):
        told = f"v{outcome.whole.order.version}"
        outcome = carry_out(shop, order_id, partial(decision, told=told), request)
    return outcome


def decide_receipt(
    whole: WholeOrder,
    sub_orders: tuple[SubOrder, ...],
    *,
    event: Event,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    """Complete *sub_orders*: their parcels are received, their settlements opened.

    Of more parcels than one transaction writes, some are received first, and nothing else happens yet: then this is
    to be decided again (``is_unfinished``). Those with a clock come last, so that what was begun is not forgotten.
    """
    draft = Draft(whole, event=event, caller=caller, now=now)
    parcels = [p for s in sub_orders for p in whole.parcels_of(s) if p.state in ON_THEIR_WAY]
    if len(parcels) + 2 * len(sub_orders) + BESIDE > ACTIONS_MAX:
        first = sorted(parcels, key=_has_clock)[:-1][:RECEIVED_FIRST_MAX]
        for parcel in first:
            draft.move(parcel, event)
        return draft.finish(note={"parcels": len(first), "of": len(parcels)})
    for sub_order in sub_orders:
        completed = draft.move(sub_order, event, completed_at=now)
        for parcel in parcels:
            if parcel.sub_order == sub_order.number:
                draft.move(parcel, event)
        if completed.replaces is None:
            open_settlement(draft, completed, currency=whole.order.currency, now=now)
        else:
            _close_case(draft, completed)
    return draft.finish(request=request)


def _close_case(draft: Draft, sub_order: SubOrder) -> None:
    """What was sent at no price has arrived: the case that asked for it is over."""
    case = next((c for c in draft.whole.cases if c.number == sub_order.case), None)
    if case is not None and case.state is CaseState.REPLACING:
        draft.move(case, Event.REPLACEMENT_RECEIVED, finished_at=draft.now)


RECEIVABLE = (SubOrderState.AWAITING_RECEIPT, SubOrderState.DELIVERED)
ON_THEIR_WAY = (
    ParcelState.IN_TRANSIT,
    ParcelState.TROUBLED,
    ParcelState.DELIVERED,
    ParcelState.INCOMPLETE,  # The buyer has what was missing.
)
BESIDE = 3  # The order, its event, the key. A sub-order is two more: its row, and its settlement.
RECEIVED_FIRST_MAX = 90


def is_unfinished(outcome: Outcome) -> bool:
    """Whether only some of the parcels were received so far."""
    events = (Event.RECEIPT_CONFIRMED, Event.RECEIPT_TIMED_OUT)
    steps = outcome.change.steps if outcome.change and outcome.change.event in events else ()
    return bool(steps) and all(step.rule.machine == "parcel" for step in steps)


def _has_clock(parcel: Parcel) -> bool:
    return parcel.due_at is not None


def extend_receipt(
    shop: Shop, order_id: str, *, sub_order: int, caller: Caller, now: int, request: Request
) -> Outcome:
    """Give the buyer more time before receipt is taken for granted, once. Raises ``AlreadyExtended``."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.EXTEND_RECEIPT, whole)
        return decide_extension(whole, sub_order, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_extension(whole: WholeOrder, number: int, *, caller: Caller, now: int, request: Request) -> Change:
    sub_order = next((s for s in whole.sub_orders if s.number == number), None)
    if sub_order is None:
        raise NotFound("no such sub-order")
    decide("sub_order", sub_order.state, Event.RECEIPT_EXTENDED, caller.actor)
    if sub_order.extended:
        raise AlreadyExtended("the receipt deadline can be extended once")
    assert sub_order.due_at is not None, "what is delivered has a receipt deadline"
    seconds = whole.snapshot.policy["receipt_extension_seconds"]
    draft = Draft(whole, event=Event.RECEIPT_EXTENDED, caller=caller, now=now)
    draft.move(sub_order, Event.RECEIPT_EXTENDED, extended=seconds, due_at=sub_order.due_at + seconds)
    return draft.finish(request=request, about=sub_order.subject, note={"seconds": seconds})


def _refuse_with_case(whole: WholeOrder, chosen: tuple[SubOrder, ...]) -> None:
    open_cases = [
        case.number for s in chosen for case in whole.cases if case.sub_order == s.number and case.is_open
    ]
    if open_cases:
        raise CaseStillOpen("an after-sale case of it is open", cases=open_cases)


def _refuse_returning(whole: WholeOrder, chosen: tuple[SubOrder, ...]) -> None:
    back = [p.number for s in chosen for p in whole.parcels_of(s) if is_coming_back(p)]
    if back:
        raise ParcelsReturning("some of it is on its way back", parcels=back)


def _chosen(whole: WholeOrder, number: int | None, caller: Caller) -> tuple[SubOrder, ...]:
    """The sub-orders meant: the one named, or all on their way. Asks the table first, so that what may not be
    received at all is refused before anybody is asked to confirm it."""
    if number is None:
        on_their_way = [s for s in whole.sub_orders if s.state in RECEIVABLE]
        chosen = tuple(on_their_way) or whole.sub_orders[:1]
    else:
        chosen = tuple(s for s in whole.sub_orders if s.number == number)
        if not chosen:
            raise NotFound("no such sub-order")
    for sub_order in chosen:
        decide("sub_order", sub_order.state, Event.RECEIPT_CONFIRMED, caller.actor)
    return chosen
