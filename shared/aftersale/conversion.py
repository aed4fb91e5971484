"""Too late to cancel: one click turns the wish into the way back that is still open (RULES 8).

on its way      the delivery is refused (拒收): it turns round, and is refunded when it was counted
arrived         a return is asked for, without a reason, under the policy of the goods
at a warehouse  nothing yet: it has said that it cannot stop, so it will be on its way soon
"""

from shared.aftersale.cases import CASES_MAX, CaseRefused, case_parts, open_case
from shared.aftersale.eligibility import Asked, available, len_of, problems_of
from shared.aftersale.return_policy import CaseKind, Reason
from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import NotFound, OrderError
from shared.fulfilment.progress import follow
from shared.lifecycle import Event
from shared.model import Parcel, SubOrder, WholeOrder
from shared.payment.requests import refuse_while_disputed
from shared.policy import Action, require_order
from shared.splitting.whereabouts import ON_ITS_WAY, STILL_HERE

REFUSED = "changed_mind"


class NothingToConvert(OrderError):
    """Nothing of it can be refused or sent back now. ``parcels`` are still at a warehouse: they leave first."""

    status, code = 409, "nothing_to_convert"


def convert(
    shop: Shop, order_id: str, *, sub_order: int | None, caller: Caller, now: int, request: Request
) -> Outcome:
    """Refuse, or send back, what could not be cancelled: of one sub-order, or of all. Raises ``NotFound``,
    ``NothingToConvert``, ``CaseRefused``, ``PaymentDisputed``.
    """

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.CANCEL_ORDER, whole)
        if sub_order is not None and sub_order > len(whole.sub_orders):
            raise NotFound("no such sub-order")
        return decide_conversion(whole, sub_order, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_conversion(
    whole: WholeOrder, number: int | None, *, caller: Caller, now: int, request: Request | None = None
) -> Change:
    refuse_while_disputed(whole)
    chosen = [s for s in whole.sub_orders if number in (None, s.number)]
    parcels = [parcel for s in chosen for parcel in whole.parcels_of(s)]
    refused = [parcel for parcel in parcels if parcel.state in ON_ITS_WAY and parcel.contents]
    asked = [one for s in chosen if (one := _return_of(whole, s)) is not None]
    if not refused and not asked:
        waiting = [parcel.number for parcel in parcels if parcel.state in STILL_HERE]
        raise NothingToConvert("nothing of it can be refused or sent back now", parcels=waiting)
    event = Event.PARCEL_RETURNING if refused else Event.CASE_REQUESTED
    draft = Draft(whole, event=event, caller=caller, now=now)
    _refuse(draft, refused)
    for one in asked:
        _ask(draft, one, now)
    return draft.finish(request=request, note={"refused": len(refused), "returns": len(asked)})


def _return_of(whole: WholeOrder, sub_order: SubOrder) -> Asked | None:
    """What of *sub_order* the buyer has, and may send back."""
    kind = CaseKind.RETURN_REFUND
    units = {line.number: len_of(available(whole, line, kind=kind)) for line in whole.lines_of(sub_order)}
    had = {line: count for line, count in units.items() if count}
    return Asked(sub_order.number, kind, Reason.NO_REASON, had) if had else None


def _refuse(draft: Draft, parcels: list[Parcel]) -> None:
    for parcel in parcels:
        draft.move(parcel, Event.PARCEL_RETURNING, refused=REFUSED)
        follow(draft, parcel.sub_order, Event.PARCEL_RETURNING)


def _ask(draft: Draft, asked: Asked, now: int) -> None:
    problems = tuple(problems_of(draft.whole, asked, now=now))
    if problems:
        raise CaseRefused("this cannot be asked for", problems=problems)
    parts = case_parts(draft.whole, asked)
    assert len(draft.whole.cases) + len(parts) <= CASES_MAX, "an order has few sub-orders"
    for sources in parts:
        open_case(draft, asked, sources)
