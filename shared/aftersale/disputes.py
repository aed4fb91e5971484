"""Somebody calls the platform: a simple pattern is ruled at once, anything else by support within a day (RULES 10.2).

    the tracking says lost, or sent back       the money goes back, nothing else comes
    it was never handed to the carrier         the same
    the merchant gives in                      as it was asked for (a decision that is still open to the merchant)
    anything else                              support's queue; its ruling refunds all, part or nothing

While a case is open, auto-confirm and settlement wait, so what is ruled can be paid.
"""

from typing import NamedTuple

from shared.aftersale.cases import act, check_one_way
from shared.aftersale.eligibility import policy_of
from shared.aftersale.outcomes import say_no, say_yes
from shared.aftersale.replacing import Stocked
from shared.aftersale.return_policy import FULL_RATE, GOODS_BACK, CaseKind, Reason
from shared.aftersale.worth import paid_for
from shared.changes import SYSTEM, Caller, Change, Draft, Request
from shared.commands import Outcome, Shop
from shared.errors import Invalid
from shared.fulfilment.carriers.port import Status
from shared.lifecycle import CaseState, Event, ParcelState
from shared.model import AfterSale, Parcel, WholeOrder
from shared.payment.requests import refuse_while_disputed
from shared.policy import Action
from shared.store.tracks import Track

LOST = (Status.LOST, Status.RETURNED)
EVIDENCE_MAX = 60  # Of one case, from both sides: an item of the order.


def escalate(
    shop: Shop,
    order_id: str,
    number: int,
    reason: str,
    *,
    evidence: tuple[str, ...] = (),
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """Either side calls the platform, and shows verified *evidence*. Raises ``NotFound``, ``TransitionRefused``."""

    def decision(whole: WholeOrder, case: AfterSale, _goods: Stocked | None) -> Change:
        return decide_escalation(
            whole, case, reason, evidence=evidence, caller=caller, now=now, request=request
        )

    action = Action.ESCALATE_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_escalation(
    whole: WholeOrder,
    case: AfterSale,
    reason: str,
    *,
    evidence: tuple[str, ...] = (),
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    draft = Draft(whole, event=Event.CASE_ESCALATED, caller=caller, now=now)
    is_back = case.state is CaseState.INSPECTING
    goes_back = case.goes_back and not is_back  # What is there already nobody can send.
    draft.move(case, Event.CASE_ESCALATED, evidence=case.showing(evidence), goes_back=goes_back)
    note: dict[str, str | int] = {"case": case.number, "reason": reason}
    return draft.finish(request=request, about=case.subject, note=note)


def show_evidence(
    shop: Shop,
    order_id: str,
    number: int,
    evidence: tuple[str, ...],
    *,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """A side shows more, verified, while somebody else decides. Raises ``NotFound``, ``TransitionRefused``."""

    def decision(whole: WholeOrder, case: AfterSale, _goods: Stocked | None) -> Change:
        return decide_showing(whole, case, evidence, caller=caller, now=now, request=request)

    return act(shop, order_id, number, decision, caller=caller, action=Action.SHOW_EVIDENCE, request=request)


def decide_showing(
    whole: WholeOrder,
    case: AfterSale,
    evidence: tuple[str, ...],
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    shown = case.showing(evidence)
    if len(shown) > EVIDENCE_MAX:
        raise Invalid("so much has been shown of this case", at="/evidence", maximum=EVIDENCE_MAX)
    draft = Draft(whole, event=Event.EVIDENCE_SHOWN, caller=caller, now=now)
    draft.move(case, Event.EVIDENCE_SHOWN, evidence=shown)
    added = len(shown) - len(case.evidence)
    return draft.finish(request=request, about=case.subject, note={"case": case.number, "files": added})


class Ruling(NamedTuple):
    """What the platform decides: so much of it goes back, and whether the goods come back first."""

    rate_pct: int  # 0: nothing; the merchant is right.
    goods_back: bool
    payer: str  # of the way back: shared.aftersale.return_policy.Payer
    reason: str  # A code, told to both sides.
    as_asked: bool = False  # An exchange or a repair stays one; otherwise it is money.
    evidence: tuple[str, ...] = ()  # Verified: shared.aftersale.evidence.


def rule(
    shop: Shop, order_id: str, number: int, ruling: Ruling, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Support rules. Raises ``NotFound``, ``TransitionRefused``, ``Invalid``, ``PaymentDisputed``."""

    def decision(whole: WholeOrder, case: AfterSale, goods: Stocked | None) -> Change:
        refuse_while_disputed(whole)
        return decide_ruling(whole, case, ruling, goods, caller=caller, now=now, request=request)

    action = Action.RULE_AFTER_SALE
    return act(shop, order_id, number, decision, caller=caller, action=action, request=request)


def decide_ruling(
    whole: WholeOrder,
    case: AfterSale,
    ruling: Ruling,
    goods: Stocked | None,
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    event = Event.CASE_RULED
    if not 0 <= ruling.rate_pct <= FULL_RATE:
        raise Invalid("a rate is a whole number of per cent, 0 to 100", at="/rate_pct")
    draft = Draft(whole, event=event, caller=caller, now=now)
    case = draft.change(case, evidence=case.showing(ruling.evidence))
    if not ruling.rate_pct:
        about = say_no(draft, case, event, ruling=ruling.reason)
        return draft.finish(request=request, about=about, note={"case": case.number, "rate": 0})
    if ruling.goods_back:
        check_one_way(whole, case, at="/goods_back")
    changed = draft.change(case, **_ruled(case, ruling))
    about = say_yes(draft, changed, event, goods, ruling=ruling.reason)
    return draft.finish(request=request, about=about, note={"case": case.number, "rate": ruling.rate_pct})


def _ruled(case: AfterSale, ruling: Ruling) -> dict[str, object]:
    """The case as it is ruled: what it is about now, at which rate, by whose expense."""
    is_repaired = ruling.as_asked and case.kind == CaseKind.REPAIR  # Nothing is repaired that stays away.
    goes_back = case.goes_back and (ruling.goods_back or is_repaired)
    fields: dict[str, object] = {"payer": ruling.payer, "goes_back": goes_back}
    if case.kind == CaseKind.PRICE_REDUCTION:
        return fields | {"asked_minor": max(1, case.asked_minor * ruling.rate_pct // 100)}
    if not ruling.as_asked:
        fields["kind"] = CaseKind.RETURN_REFUND if ruling.goods_back or case.counted else CaseKind.REFUND_ONLY
    rates = {line: ruling.rate_pct for line in case.units} if ruling.rate_pct < FULL_RATE else {}
    return fields | {"rates": rates}


def judge(shop: Shop, order_id: str, subject: str, *, now: int) -> None:
    """Effect: decide what needs nobody: a small return of whom the policy trusts, a pattern that is plain."""
    whole = shop.orders.read(order_id)
    case = whole.rows.get(subject)
    if not isinstance(case, AfterSale) or case.state not in (CaseState.REQUESTED, CaseState.DISPUTED):
        return
    tracks = {}
    if case.state is CaseState.DISPUTED and case.reason == Reason.NOT_RECEIVED:
        tracks = {int(number): shop.tracks.read(order_id, int(number)) for number in case.sources}

    def decision(present: WholeOrder, same: AfterSale, goods: Stocked | None) -> Change | None:
        return decide_judgement(present, same, tracks, goods, now=now)

    act(shop, order_id, case.number, decision, caller=SYSTEM, action=None)


def decide_judgement(
    whole: WholeOrder, case: AfterSale, tracks: dict[int, Track], goods: Stocked | None, *, now: int
) -> Change | None:
    """The change that the policy, or a plain pattern, asks for; None: people decide."""
    if whole.is_disputed:
        return None
    if case.state is CaseState.REQUESTED and _is_trusted(whole, case):
        draft = Draft(whole, event=Event.CASE_APPROVED, caller=SYSTEM, now=now)
        about = say_yes(draft, case, Event.CASE_APPROVED, goods)
        return draft.finish(about=about, note={"case": case.number, "rule": "policy"})
    pattern = _pattern(whole, case, tracks, now) if case.state is CaseState.DISPUTED else ""
    if not pattern:
        return None
    ruling = Ruling(100, goods_back=False, payer="merchant", reason=pattern)
    return decide_ruling(whole, case, ruling, goods, caller=SYSTEM, now=now)


def _is_trusted(whole: WholeOrder, case: AfterSale) -> bool:
    """Whether the policy needs no merchant for it: up to so much, goods back first or a reduction."""
    lines = [line for line in whole.lines if case.unit_count(line.number)]
    most = min((policy_of(whole, line).auto_approve_minor for line in lines), default=0)
    if case.kind == CaseKind.PRICE_REDUCTION:
        return case.asked_minor <= most
    return case.kind in GOODS_BACK and paid_for(whole, {int(n): c for n, c in case.units.items()}) <= most


def _pattern(whole: WholeOrder, case: AfterSale, tracks: dict[int, Track], now: int) -> str:
    """The rule that fits every parcel of the case, or ``""``."""
    if case.reason != Reason.NOT_RECEIVED:
        return ""
    patience = whole.snapshot.policy["silence_seconds"]
    parcels = [parcel for parcel in whole.parcels if str(parcel.number) in case.sources]
    found = {_told(parcel, tracks.get(parcel.number, Track()), now, patience) for parcel in parcels}
    return found.pop() if len(found) == 1 else ""


def _told(parcel: Parcel, track: Track, now: int, patience: int) -> str:
    if parcel.state in (ParcelState.RETURNING, ParcelState.RETURNED, ParcelState.CAME_BACK):
        return "tracking_says_returned"
    latest = track.latest
    if latest is not None and latest.status in LOST:
        return "tracking_says_lost"
    if latest is None and parcel.shipped_at is not None and parcel.shipped_at + patience <= now:
        return "never_handed_over"
    return ""
