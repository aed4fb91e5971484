"""A warehouse's system tells of what came back for an after-sale case: that it is there, and what it is worth.

    return.arrived     the goods are there; told late, after they were inspected, it says nothing
    either of them     of a case that does not wait for goods: it is noted, and people see to them
    return.received    counted and graded: what was asked for goes on, or the buyer is told what is taken off

What an exchange sends is read before it is decided. A case of another warehouse's goods is answered like one that does
not exist; what is counted is counted once.
"""

from functools import partial

from shared.aftersale.cases import act
from shared.aftersale.coming_back import warehouse_of
from shared.aftersale.inspection import decide_arrival, decide_inspection, is_unawaited
from shared.aftersale.replacing import Stocked
from shared.case_rows import SENDING_BACK
from shared.changes import Change
from shared.commands import Outcome, Shop
from shared.errors import Conflict, Invalid, NotFound, OrderError
from shared.fulfilment.messages import Arrived, Inspected, Told
from shared.fulfilment.warehouse import Place, caller_of
from shared.lifecycle import CaseState
from shared.model import AfterSale, WholeOrder
from shared.payment.requests import refuse_while_disputed

NOT_YET = (CaseState.REQUESTED, CaseState.REFUSED)  # Nobody has said that they shall come back.


def hear_of_case(
    shop: Shop, warehouse: str, place: Place, said: Arrived | Inspected, *, mark: str, now: int
) -> Told:
    """Book what *warehouse* says of a case.

    Raises ``NotFound``, ``Invalid``, ``TransitionRefused`` and ``PaymentDisputed`` where it does not fit; ``Conflict``
    where it must come again.
    """
    decision = partial(_decided, warehouse=warehouse, place=place, said=said, mark=mark, now=now)
    try:
        caller = caller_of(warehouse)
        outcome = act(shop, place.order_id, said.case, decision, caller=caller, action=None)
    except Conflict:
        raise
    except OrderError:  # It may be the second delivery of one that was booked: then it does not fit any more.
        if shop.orders.booked(mark) == place.order_id:
            return Told.DUPLICATE
        raise
    return _told(shop, place, mark, outcome)


def _decided(
    whole: WholeOrder,
    case: AfterSale,
    goods: Stocked | None,
    *,
    warehouse: str,
    place: Place,
    said: Arrived | Inspected,
    mark: str,
    now: int,
) -> Change | None:
    _check_place(whole, case, place, warehouse)
    caller = caller_of(warehouse)
    if isinstance(said, Inspected) and not is_unawaited(case):
        refuse_while_disputed(whole)
        return decide_inspection(whole, case, said.found, goods, caller=caller, now=now, once=(mark,))
    if case.state in (*SENDING_BACK, *NOT_YET, CaseState.DISPUTED) or is_unawaited(case):
        return decide_arrival(whole, case, caller=caller, now=now, once=(mark,))
    return None


def _check_place(whole: WholeOrder, case: AfterSale, place: Place, warehouse: str) -> None:
    """Raise ``NotFound``, in one form, unless the case's goods left *warehouse* in the parcel that is named."""
    named = (p for p in whole.parcels if (p.number, p.sub_order) == (place.parcel, place.sub_order))
    parcel = next(named, None)
    is_its = parcel is not None and str(parcel.number) in case.sources
    if not is_its or warehouse_of(whole, case) != warehouse:
        raise NotFound("no such order")


def _told(shop: Shop, place: Place, mark: str, outcome: Outcome) -> Told:
    if outcome.change is not None:
        return Told.APPLIED
    booked_in = shop.orders.booked(mark)
    if booked_in is None:
        return Told.NO_EFFECT
    if booked_in == place.order_id:
        return Told.DUPLICATE
    fault = {"at": "/event_id", "in": "body", "reason": "stood for a message about another order"}
    raise Invalid("the message does not fit", fields=[fault])
