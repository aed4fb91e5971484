"""The buyer has sent the goods back, and enters the waybill number (RULES 9.4): booked for ever, and found by it.

a parcel's that was sent to the buyer, or somebody else's    refused, and support can find out whose it is
another number than before                                   takes its place, and the first is free again
that of another case's, to the same warehouse                both are in one parcel
"""

from typing import NamedTuple

from shared.aftersale.cases import act
from shared.aftersale.coming_back import warehouse_of
from shared.aftersale.replacing import Stocked
from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop
from shared.errors import Invalid
from shared.fulfilment.shipping import Waybill as Shipped
from shared.fulfilment.shipping import bearer, coming_back, freed_name, waybill_name
from shared.lifecycle import CaseState, Event
from shared.model import AfterSale, WholeOrder
from shared.policy import Action

NUMBERS_MAX = 5  # That turned out to be others, of one return.


class Waybill(NamedTuple):
    carrier: str
    number: str
    freight_minor: int = 0  # What it cost, says the buyer.


def send_back(
    shop: Shop, order_id: str, number: int, waybill: Waybill, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """The buyer has sent the goods; or people found that it is another number.

    Raises ``TransitionRefused``, ``Invalid`` for a number that is another's.
    """

    def decision(whole: WholeOrder, case: AfterSale, _goods: Stocked | None) -> Change | None:
        return decide_sending(whole, case, waybill, caller=caller, now=now, request=request, name=name)

    action, name = Action.SEND_GOODS_BACK, ""
    outcome = act(shop, order_id, number, decision, caller=caller, action=action, request=request)
    if _bears(outcome, number, waybill) or shop.orders.seen(request):
        return outcome
    if name := freed_name(shop, Shipped(0, waybill.carrier, waybill.number)) or "":
        outcome = act(shop, order_id, number, decision, caller=caller, action=action, request=request)
    if not _bears(outcome, number, waybill):
        raise Invalid(
            "this waybill number is another parcel's already: support can find out whose it is",
            at="/waybill",
            carrier=waybill.carrier,
            waybill=waybill.number,
        )
    return outcome


def _bears(outcome: Outcome, number: int, waybill: Waybill) -> bool:
    return _name_of(next(case for case in outcome.whole.cases if case.number == number)) == waybill_name(
        waybill.carrier, waybill.number
    )


def _name_of(case: AfterSale) -> str:
    return waybill_name(case.carrier, case.waybill) if case.carrier and case.waybill else ""


def decide_sending(
    whole: WholeOrder,
    case: AfterSale,
    waybill: Waybill,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
    name: str = "",
) -> Change | None:
    """None: it is known already. *name*: under which it is booked, where it had been another's by mistake.

    Two cases whose goods go back to one warehouse may share a parcel; nobody else's number is taken.
    """
    number, known = waybill.number.upper(), _name_of(case)
    entered = waybill_name(waybill.carrier, number)
    told = waybill.freight_minor in (0, case.freight_minor)
    if case.state is CaseState.RETURNING and known == entered and told:
        return None
    draft = Draft(whole, event=Event.RETURN_SENT, caller=caller, now=now)
    mistaken = known if known != entered else ""
    before = tuple(dict.fromkeys(filter(None, (*case.misnumbered, mistaken))))
    draft.move(
        case,
        Event.RETURN_SENT,
        carrier=waybill.carrier,
        waybill=number,
        sent_at=now,
        tracked_at=None,
        freight_minor=waybill.freight_minor or case.freight_minor,
        misnumbered=before,
    )
    if len(before) > NUMBERS_MAX:
        raise Invalid("so many numbers for one return: call the platform", at="/waybill", maximum=NUMBERS_MAX)
    if not _is_its_own(whole, case, waybill.carrier, number):
        draft.only_once(name or entered)
    note: dict[str, str | int] = {"case": case.number, "carrier": waybill.carrier}
    note["warehouse"] = warehouse_of(whole, case)
    return draft.finish(request=request, about=case.subject, note=note)


def _is_its_own(whole: WholeOrder, case: AfterSale, carrier: str, number: str) -> bool:
    """Whether the number is booked for this case, or for one that comes back with it.

    Raises ``Invalid`` for that of a parcel that was sent to the buyer, or that goes to another warehouse.
    """
    if bearer(whole, carrier, number) is not None:
        raise Invalid("this is the number of a parcel that was sent to you", at="/waybill")
    bearing = coming_back(whole, carrier, number)
    place = warehouse_of(whole, case)
    if any(warehouse_of(whole, one) != place for one in bearing):
        raise Invalid("this parcel goes to another warehouse: each needs its own", at="/waybill")
    return bool(bearing)
