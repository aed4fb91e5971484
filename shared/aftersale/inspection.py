"""The goods are back: whoever holds them counts and grades them, and that decides (RULES 9.4).

good      back on the shelf        defect    kept apart        scrap     written off

Each unit that was counted goes back to the buyer at a rate (100 per cent, unless the inspection says why not); what was
not in the parcel is not refunded. Anything less than all of it the buyer may contest.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.aftersale.cases import act
from shared.aftersale.coming_back import CONDITIONS, left_of
from shared.aftersale.outcomes import say_yes
from shared.aftersale.replacing import Stocked
from shared.aftersale.return_policy import FULL_RATE, GOODS_BACK
from shared.case_rows import SENDING_BACK
from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop
from shared.errors import Invalid, NotFound, TransitionRefused
from shared.lifecycle import CaseState, Event, Fact
from shared.model import AfterSale, WholeOrder
from shared.payment.requests import refuse_while_disputed
from shared.policy import Action

UNAWAITED = (CaseState.REPLACING, CaseState.COMPLETED, CaseState.CLOSED)


class Inspection(NamedTuple):
    """What was found: by line number, units by grade; and of their worth so many per cent (absent: all)."""

    counted: Mapping[int, Mapping[str, int]]
    rates: Mapping[int, int] = {}
    note: str = ""  # Why less than all of it: a code.


def goods_arrived(
    shop: Shop, order_id: str, number: int, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """A merchant has the parcel, and has not opened it yet."""

    def decision(whole: WholeOrder, case: AfterSale, _goods: Stocked | None) -> Change:
        return decide_arrival(whole, case, caller=caller, now=now, request=request)

    action = Action.DECIDE_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_arrival(
    whole: WholeOrder,
    case: AfterSale,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
    once: tuple[str, ...] = (),
) -> Change:
    draft = Draft(whole, event=Event.GOODS_ARRIVED, caller=caller, now=now)
    draft.only_once(*once)
    if case.counted or not case.units:
        raise TransitionRefused(
            case.machine, case.state, Event.GOODS_ARRIVED, "no goods can come for it any more"
        )
    goes_back = case.goes_back and case.state is not CaseState.DISPUTED  # There, nobody can send them.
    draft.move(case, Event.GOODS_ARRIVED, goes_back=goes_back)
    note: dict[str, str | int] = {"case": case.number}
    if is_unawaited(case):
        note["code"] = case.state
    return draft.finish(request=request, about=case.subject, note=note)


def is_unawaited(case: AfterSale) -> bool:
    """Whether goods that come for it are nobody's to count: it is over, or went on, without them."""
    return not case.counted and case.state in UNAWAITED


def inspect_goods(
    shop: Shop, order_id: str, number: int, found: Inspection, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """A merchant inspects. Raises ``NotFound``, ``Invalid``, ``TransitionRefused``."""

    def decision(whole: WholeOrder, case: AfterSale, goods: Stocked | None) -> Change:
        refuse_while_disputed(whole)
        return decide_inspection(whole, case, found, goods, caller=caller, now=now, request=request)

    action = Action.DECIDE_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_inspection(
    whole: WholeOrder,
    case: AfterSale,
    found: Inspection,
    goods: Stocked | None,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
    once: tuple[str, ...] = (),
) -> Change:
    """Note what was found, and go on with it: refund, replace, or let the buyer say what they think of less."""
    draft = Draft(whole, event=Event.GOODS_INSPECTED, caller=caller, now=now)
    draft.only_once(*once)
    if case.state in SENDING_BACK or (case.state is CaseState.DISPUTED and case.goes_back):
        case = draft.move(case, Event.GOODS_ARRIVED)
    check_uncounted(case)
    counted = _checked(case, found, left_of(whole, case))
    rates = {str(line): rate for line, rate in found.rates.items() if rate < FULL_RATE}
    judged = draft.change(case, counted=counted, rates=_harsher(case.rates, rates))
    if _is_less(case, counted, rates):
        draft.move(judged, Event.GOODS_INSPECTED, {Fact.DEDUCTED}, ruling=found.note)
        about = case.subject
    else:
        about = say_yes(draft, judged, Event.GOODS_INSPECTED, goods)
    units = sum(sum(graded.values()) for graded in counted.values())
    return draft.finish(request=request, about=about, note={"case": case.number, "counted": units})


def check_uncounted(case: AfterSale) -> None:
    """Raise ``TransitionRefused`` for what was counted before, or is about no goods that come back."""
    if case.counted or case.kind not in GOODS_BACK:
        raise TransitionRefused(
            case.machine, case.state, Event.GOODS_INSPECTED, "nothing is to be counted for it"
        )


def _checked(case: AfterSale, found: Inspection, left: Mapping[int, int]) -> dict[str, dict[str, int]]:
    """What was found, without nothings. Raises ``NotFound``, ``Invalid``: never more than was sent."""
    if unknown := [line for line in (*found.counted, *found.rates) if str(line) not in case.units]:
        raise NotFound("no such line in this case", lines=sorted(set(unknown)))
    counted: dict[str, dict[str, int]] = {line: {} for line in case.units}  # An empty box is counted too.
    for line, graded in found.counted.items():
        if wrong := [grade for grade in graded if grade not in CONDITIONS]:
            raise Invalid("no such grade", at="/lines", grades=sorted(CONDITIONS), wrong=wrong)
        if any(units < 0 for units in graded.values()):
            raise Invalid("units are counted from nothing upwards", at="/lines")
        sent = min(case.unit_count(line), left.get(line, 0))
        if sum(graded.values()) > sent:
            raise Invalid("more came back than was sent", line=line, sent=sent)
        counted[str(line)] = {grade: units for grade, units in graded.items() if units}
    if any(not 0 <= rate <= FULL_RATE for rate in found.rates.values()):
        raise Invalid("a rate is a whole number of per cent, 0 to 100", at="/lines")
    return counted


def _is_less(case: AfterSale, counted: Mapping[str, Mapping[str, int]], rates: Mapping[str, int]) -> bool:
    """Whether the buyer gets less than was asked for, and nobody has ruled so."""
    all_there = all(sum(counted.get(line, {}).values()) == units for line, units in case.units.items())
    return not all_there or any(rate < case.rates.get(line, FULL_RATE) for line, rate in rates.items())


def _harsher(ruled: Mapping[str, int], found: Mapping[str, int]) -> dict[str, int]:
    return {line: min(ruled.get(line, FULL_RATE), found.get(line, FULL_RATE)) for line in (*ruled, *found)}
