"""Goods arrive: the buyer says so, twice, or the clock does. Then the sub-order is complete, and the merchant's
settlement begins to wait.
"""

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.engine import decide
from shared.errors import ConfirmationRequired, NotFound
from shared.ledger.settlement import open_settlement
from shared.lifecycle import Event, ParcelState, SubOrderState
from shared.model import SubOrder, WholeOrder
from shared.policy import Action, require_order


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

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.CONFIRM_RECEIPT, whole)
        chosen = _chosen(whole, sub_order, caller)
        if confirm != f"v{whole.order.version}":
            raise ConfirmationRequired("confirm that the goods arrived", confirm=f"v{whole.order.version}")
        return decide_receipt(
            whole,
            chosen,
            event=Event.RECEIPT_CONFIRMED,
            caller=caller,
            now=now,
            request=request,
        )

    return carry_out(shop, order_id, decision, request)


def decide_receipt(
    whole: WholeOrder,
    sub_orders: tuple[SubOrder, ...],
    *,
    event: Event,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    """Complete *sub_orders*: their parcels are received, their settlements opened."""
    draft = Draft(whole, event=event, caller=caller, now=now)
    for sub_order in sub_orders:
        completed = draft.move(sub_order, event, completed_at=now)
        for parcel in whole.parcels_of(sub_order):
            if parcel.state is ParcelState.IN_TRANSIT:
                draft.move(parcel, event)
        open_settlement(draft, completed, currency=whole.order.currency, now=now)
    return draft.finish(request=request)


def _chosen(whole: WholeOrder, number: int | None, caller: Caller) -> tuple[SubOrder, ...]:
    """The sub-orders meant: the one named, or all on their way. Asks the table first, so that what may not be
    received at all is refused before anybody is asked to confirm it."""
    if number is None:
        on_their_way = [s for s in whole.sub_orders if s.state is SubOrderState.AWAITING_RECEIPT]
        chosen = tuple(on_their_way) or whole.sub_orders[:1]
    else:
        chosen = tuple(s for s in whole.sub_orders if s.number == number)
        if not chosen:
            raise NotFound("no such sub-order")
    for sub_order in chosen:
        decide("sub_order", sub_order.state, Event.RECEIPT_CONFIRMED, caller.actor)
    return chosen
