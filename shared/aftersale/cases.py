"""After-sale cases: the buyer asks, the merchant decides, the buyer answers (售后, RULES 9).

request      checked against the policy that was pinned when the goods were bought; everything wrong is told at once
decision     yes, or no with a reason and alternatives; silence is a yes
answer       withdraw, accept an alternative or a deduction, enter the waybill; silence ends the case, or agrees
escalation   either side calls the platform (``shared.aftersale.disputes``)

Goods go back to the warehouse that they left, so a request whose goods left several makes a case for each.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from shared.aftersale.eligibility import Asked, available, policy_of, problems_of
from shared.aftersale.outcomes import say_yes
from shared.aftersale.replacing import Stocked, stocked, swap_of, swap_problems
from shared.aftersale.return_policy import GOODS_BACK, CaseKind, Reason, ReturnPolicy
from shared.changes import Caller, Change, Draft, Request
from shared.commands import RACES_MAX, Outcome, Shop, carry_out
from shared.errors import Conflict, Invalid, NotFound, OrderError
from shared.goods import Sku
from shared.lifecycle import CaseState, Event
from shared.model import AfterSale, WholeOrder
from shared.ordering.checks import Problem
from shared.payment.requests import refuse_while_disputed
from shared.policy import Action, require_case, require_order
from shared.store.writing import StockShort

CASES_MAX = 99  # Of one order: their numbers have two digits.
LINES_MAX = 20  # Of one request: what one transaction can restock, reserve and write.
ALTERNATIVES = (CaseKind.EXCHANGE, CaseKind.REPAIR, CaseKind.PRICE_REDUCTION, CaseKind.RESHIP)


class CaseRefused(OrderError):
    """The request was understood; these problems stand in its way, all of them."""

    status, code = 422, "after_sale_refused"


def request_case(
    shop: Shop, order_id: str, asked: Asked, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Open a case, or several. Raises ``NotFound``, ``CaseRefused``, ``PaymentDisputed``."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.REQUEST_AFTER_SALE, whole)
        if asked.sub_order not in {sub_order.number for sub_order in whole.sub_orders}:
            raise NotFound("no such sub-order")
        return decide_request(whole, asked, caller=caller, now=now, request=request, swap=swap)

    swap = swap_of(shop, asked.swap, caller.id)
    return carry_out(shop, order_id, decision, request)


def decide_request(
    whole: WholeOrder, asked: Asked, *, caller: Caller, now: int, request: Request, swap: Sku | None = None
) -> Change:
    """*swap*: what is for sale under the SKU that is asked for instead."""
    refuse_while_disputed(whole)
    problems = (*problems_of(whole, asked, now=now), *swap_problems(whole, asked, swap))
    if problems:
        raise CaseRefused("this cannot be asked for", problems=problems)
    draft = Draft(whole, event=Event.CASE_REQUESTED, caller=caller, now=now)
    parts = case_parts(whole, asked)
    if len(whole.cases) + len(parts) > CASES_MAX:
        raise CaseRefused("so many cases of one order: call the platform", problems=(_too_many(),))
    made = [open_case(draft, asked, sources) for sources in parts]
    about = ",".join(case.subject for case in made)
    return draft.finish(request=request, about=about, note={"kind": asked.kind, "reason": asked.reason})


def _too_many() -> Problem:
    return Problem("too_many_cases", "", {"maximum": CASES_MAX})


Sources = dict[str, dict[str, int]]


def case_parts(whole: WholeOrder, asked: Asked) -> list[Sources]:
    """Take the units out of parcels: one map (parcel -> line -> units) for each warehouse they go back to.

    What does not come back is one case, wherever it left.
    """
    lines = {line.number: line for line in whole.lines}
    found: dict[str, Sources] = {}
    for number, wanted in asked.units.items():
        missing = wanted
        for source in available(whole, lines[number], kind=asked.kind):
            taken = min(missing, source.units)
            missing -= taken
            if taken:
                place = source.parcel.warehouse if asked.kind in GOODS_BACK else ""
                found.setdefault(place, {}).setdefault(str(source.parcel.number), {})[str(number)] = taken
    return [found[place] for place in sorted(found)]


def open_case(draft: Draft, asked: Asked, sources: Sources) -> AfterSale:
    units: dict[str, int] = {}
    for contents in sources.values():
        for number, count in contents.items():
            units[number] = units.get(number, 0) + count
    lines = [line for line in draft.whole.lines if str(line.number) in units]
    policies = [policy_of(draft.whole, line) for line in lines]
    return draft.create(
        AfterSale(
            number=len(draft.whole.cases) + 1,
            sub_order=asked.sub_order,
            merchant_id=draft.whole.sub_orders[asked.sub_order - 1].merchant_id,
            kind=asked.kind,
            reason=asked.reason,
            state=CaseState.REQUESTED,
            opened_at=draft.now,
            units=units,
            sources=sources,
            asked_minor=asked.asked_minor,
            swap=asked.swap,
            payer=policies[0].payer_of(asked.reason),
            waits=_waits(policies),
            evidence=asked.evidence,
        ),
        Event.CASE_REQUESTED,
    )


def _waits(policies: list[ReturnPolicy]) -> Mapping[str, int]:
    """How long each side has: of several policies, what is best for the buyer."""
    return {
        CaseState.REQUESTED: min(policy.decision_seconds for policy in policies),
        CaseState.REFUSED: max(policy.answer_seconds for policy in policies),
        CaseState.AWAITING_RETURN: max(policy.waybill_seconds for policy in policies),
        CaseState.INSPECTING: min(policy.inspection_seconds for policy in policies),
        CaseState.ASSESSED: max(policy.answer_seconds for policy in policies),
    }


CaseDecision = Callable[[WholeOrder, AfterSale, Stocked | None], Change | None]


def act(
    shop: Shop,
    order_id: str,
    number: int,
    decision: CaseDecision,
    *,
    caller: Caller,
    action: Action | None,
    request: Request | None = None,
    kind: str = "",
) -> Outcome:
    """Run *decision* on a case that *caller* may act on; what it may send is read first. Raises ``Conflict``.

    *kind*: what the decision turns the case into.
    """

    def decide(whole: WholeOrder, goods: Stocked | None) -> Change | None:
        case = require_case(caller, action, whole, number) if action else _numbered(whole, number)
        return decision(whole, case, goods)

    for _ in range(RACES_MAX):
        whole = shop.orders.read(order_id)
        known = next((case for case in whole.cases if case.number == number and case.is_open), None)
        goods = stocked(shop, whole, replace(known, kind=kind or known.kind)) if known is not None else None
        try:
            return carry_out(shop, order_id, partial(decide, goods=goods), request)
        except StockShort:
            continue  # Somebody bought it since it was read.
    raise Conflict("others keep buying the same goods: repeat with the same key")


def _numbered(whole: WholeOrder, number: int) -> AfterSale:
    found = next((case for case in whole.cases if case.number == number), None)
    if found is None:
        raise NotFound("no such order")  # In the same words as for an order that does not exist.
    return found


class Decision(NamedTuple):
    """A merchant's: yes, or no with a reason and what it offers instead (kind -> amount, or 0)."""

    approves: bool
    refusal: str = ""
    offers: Mapping[str, int] = {}
    evidence: tuple[str, ...] = ()  # Verified: shared.aftersale.evidence.


def decide_case(
    shop: Shop, order_id: str, number: int, decided: Decision, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """The merchant decides. Raises ``NotFound``, ``TransitionRefused``, ``Invalid``, ``PaymentDisputed``."""

    def decision(whole: WholeOrder, case: AfterSale, goods: Stocked | None) -> Change:
        refuse_while_disputed(whole)
        return decide_decision(whole, case, decided, goods, caller=caller, now=now, request=request)

    action = Action.DECIDE_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_decision(
    whole: WholeOrder,
    case: AfterSale,
    decided: Decision,
    goods: Stocked | None = None,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    event = Event.CASE_APPROVED if decided.approves else Event.CASE_REFUSED
    draft = Draft(whole, event=event, caller=caller, now=now)
    rates = {} if case.state is CaseState.DISPUTED else case.rates  # Giving in, nothing is taken off.
    case = draft.change(case, evidence=case.showing(decided.evidence), rates=rates)
    if decided.approves:
        about = say_yes(draft, case, event, goods)
    else:
        check_offers(case, decided)
        if any(kind in GOODS_BACK for kind in decided.offers):
            check_one_way(whole, case, at="/alternatives")
        draft.move(case, event, refusal=decided.refusal, offers=dict(decided.offers))
        about = case.subject
    return draft.finish(request=request, about=about, note=_noted(case, decided.refusal))


def check_offers(case: AfterSale, decided: Decision) -> None:
    """A no needs a reason, and something instead (RULES 9.3). Raises ``Invalid``."""
    if not decided.refusal:
        raise Invalid("a refusal names its reason", at="/reason")
    if not decided.offers:
        raise Invalid("a refusal offers an alternative", at="/alternatives", kinds=list(ALTERNATIVES))
    for kind, amount in decided.offers.items():
        if kind not in ALTERNATIVES or kind == case.kind != CaseKind.PRICE_REDUCTION:
            raise Invalid("this is no alternative", at="/alternatives", kinds=list(ALTERNATIVES))
        if (kind == CaseKind.PRICE_REDUCTION) != (amount > 0):
            raise Invalid("a price reduction, and only that, has an amount", at="/alternatives")
        if kind in GOODS_BACK and case.reason in (Reason.NOT_RECEIVED, Reason.MISSING_GOODS):
            raise Invalid("what did not come cannot be sent back", at="/alternatives")


def check_one_way(whole: WholeOrder, case: AfterSale, *, at: str) -> None:
    """Goods of several warehouses, asked about without sending them back, have no one way back. Raises ``Invalid``."""
    places = sorted({parcel.warehouse for parcel in whole.parcels if str(parcel.number) in case.sources})
    if len(places) > 1:
        raise Invalid("goods of several warehouses cannot go back in one parcel", at=at, warehouses=places)


def accept(
    shop: Shop, order_id: str, number: int, kind: str, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """The buyer agrees: to an alternative (its *kind*), or to what the inspection says (``""``)."""

    def decision(whole: WholeOrder, case: AfterSale, goods: Stocked | None) -> Change:
        refuse_while_disputed(whole)
        if case.state is CaseState.ASSESSED:
            return decide_agreed(whole, case, Event.ASSESSMENT_ACCEPTED, caller, now, request)
        return decide_alternative(whole, case, kind, goods, caller=caller, now=now, request=request)

    action = Action.ANSWER_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request, kind=kind)


def decide_alternative(
    whole: WholeOrder,
    case: AfterSale,
    kind: str,
    goods: Stocked | None = None,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    """Go on with what the merchant offered instead. Raises ``Invalid`` for what was not."""
    event = Event.ALTERNATIVE_ACCEPTED
    draft = Draft(whole, event=event, caller=caller, now=now)
    if case.state is CaseState.REFUSED and kind not in case.offers:
        raise Invalid("this was not offered", at="/kind", offered=sorted(case.offers))
    changed = draft.change(case, kind=kind or case.kind, asked_minor=case.offers.get(kind, 0))
    about = say_yes(draft, changed, event, goods)
    return draft.finish(request=request, about=about, note=_noted(case, kind))


def decide_agreed(
    whole: WholeOrder, case: AfterSale, event: Event, caller: Caller, now: int, request: Request | None = None
) -> Change:
    """What the inspection said is what goes back: nothing is sent any more."""
    draft = Draft(whole, event=event, caller=caller, now=now)
    changed = draft.change(case, kind=CaseKind.RETURN_REFUND)
    about = say_yes(draft, changed, event, None)
    return draft.finish(request=request, about=about, note=_noted(case, ""))


def withdraw(
    shop: Shop, order_id: str, number: int, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """The buyer does not want it any more. Raises ``TransitionRefused``, ``Invalid``: not once the goods are back."""

    def decision(whole: WholeOrder, case: AfterSale, _goods: Stocked | None) -> Change:
        return decide_withdrawal(whole, case, caller=caller, now=now, request=request)

    action = Action.ANSWER_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_withdrawal(
    whole: WholeOrder, case: AfterSale, *, caller: Caller, now: int, request: Request | None = None
) -> Change:
    if case.counted or case.advance_minor:
        raise Invalid("goods or money have moved for it: agree with the inspection, or wait for the ruling")
    draft = Draft(whole, event=Event.CASE_WITHDRAWN, caller=caller, now=now)
    draft.move(case, Event.CASE_WITHDRAWN, finished_at=now)
    return draft.finish(request=request, about=case.subject, note=_noted(case, ""))


def _noted(case: AfterSale, reason: str) -> dict[str, str | int]:
    return {"case": case.number, **({"reason": reason} if reason else {})}
