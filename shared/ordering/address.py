"""The address turns out to be wrong: it is corrected while nobody has been told it (RULES 12).

Until goods are handed to a warehouse's system, or leave, the address is ours alone; afterwards others hold a copy of it
that nobody can call back. Where freight was agreed for, it stays: another country or region is another order.
"""

from collections.abc import Mapping

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import NotFound, OrderError, OrderRefused, TransitionRefused
from shared.lifecycle import Event, ParcelState, SubOrderState
from shared.model import WholeOrder
from shared.ordering.checks import Problem, address_problems
from shared.policy import Action, require_order

OURS_ALONE = (ParcelState.AWAITING_SHIPMENT, ParcelState.CANCELLED)
TO_BE_SENT = (
    SubOrderState.AWAITING_PAYMENT,
    SubOrderState.UNDER_REVIEW,
    SubOrderState.ESCALATED,
    SubOrderState.AWAITING_SHIPMENT,
    SubOrderState.INTERCEPTING,
)
DESTINATION = ("country", "region")
Address = Mapping[str, str | None]


class AddressHandedOver(OrderError):
    """A warehouse, or a carrier, has it already. ``parcels`` says which."""

    status, code = 409, "address_handed_over"


def correct_address(
    shop: Shop, order_id: str, address: Address, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Put *address* in the place of the one that the order has, whole.

    Raises ``NotFound``, ``TransitionRefused``, ``AddressHandedOver``, and ``OrderRefused`` with everything that is
    wrong with it.
    """
    countries = shop.settings.deliverable_countries
    present = {name: value for name, value in address.items() if value}

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.CORRECT_ADDRESS, whole)
        before = shop.orders.personal(order_id)
        if not before:
            raise NotFound("this order has no address any more")  # Its buyer is forgotten.
        problems = [*address_problems(address, countries), *_moved_away(before, present)]
        if problems:
            raise OrderRefused("this address cannot be used", problems=problems)
        return decide_correction(whole, before, present, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_correction(
    whole: WholeOrder,
    before: Mapping[str, str],
    address: Mapping[str, str],
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    """The history notes which fields changed, and never what they say."""
    if not any(sub_order.state in TO_BE_SENT for sub_order in whole.sub_orders):
        state, event = whole.order.stage, Event.ADDRESS_CORRECTED
        raise TransitionRefused("order", state, event, "nothing of it is still to be sent")
    gone = [parcel.number for parcel in whole.parcels if parcel.state not in OURS_ALONE]
    if gone:
        raise AddressHandedOver("the address was handed over with these parcels", parcels=gone)
    draft = Draft(whole, event=Event.ADDRESS_CORRECTED, caller=caller, now=now)
    draft.move(whole.order, Event.ADDRESS_CORRECTED)
    changed = sorted(name for name in {*before, *address} if before.get(name) != address.get(name))
    return draft.finish(request=request, personal=address, note={"changed": ",".join(changed)})


def _moved_away(before: Mapping[str, str], address: Mapping[str, str]) -> list[Problem]:
    moved = [name for name in DESTINATION if address.get(name, "") != before.get(name, "")]
    return [Problem("address_elsewhere", f"/{name}", {}) for name in moved]
