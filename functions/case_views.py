"""An after-sale case in words: what it is about, whose turn it is, until when, and what they may do."""

from typing import Any

from functions.answers import AllowedAction, Countdown, MoneyView
from functions.case_answers import CaseLineView, CasesView, CaseView, OfferView, SendBackView
from functions.parcel_views import seen_view
from shared.aftersale.coming_back import warehouse_of
from shared.aftersale.eligibility import policy_of
from shared.aftersale.inspection import UNAWAITED
from shared.aftersale.return_policy import GOODS_BACK, CaseKind
from shared.aftersale.worth import paid_for
from shared.case_rows import SENDING_BACK, case_id
from shared.case_words import CASE_NOT_NOW, DEMANDS, KINDS, NEXT, PAYERS, REASONS
from shared.engine import may
from shared.instants import rfc3339
from shared.lifecycle import AFTER_SALE, Actor, CaseState, Event, deadline_in
from shared.model import AfterSale, WholeOrder, sub_order_id
from shared.parcel_words import TRACKED
from shared.splitting.terms import Site
from shared.store.tracks import Track
from shared.words import ACTIONS, STATES

THE_PLATFORMS = {
    "rule": Event.CASE_RULED,
    "pay_in_advance": Event.ADVANCE_PAID,
    "correct_waybill": Event.RETURN_SENT,
}
ACTIONS_OF = {
    Actor.BUYER: {
        "withdraw": Event.CASE_WITHDRAWN,
        "accept_alternative": Event.ALTERNATIVE_ACCEPTED,
        "accept_assessment": Event.ASSESSMENT_ACCEPTED,
        "enter_waybill": Event.RETURN_SENT,
        "call_platform": Event.CASE_ESCALATED,
        "show_evidence": Event.EVIDENCE_SHOWN,
    },
    Actor.MERCHANT: {
        "approve": Event.CASE_APPROVED,
        "refuse": Event.CASE_REFUSED,
        "receive_return": Event.GOODS_ARRIVED,
        "inspect": Event.GOODS_INSPECTED,
        "call_platform": Event.CASE_ESCALATED,
        "show_evidence": Event.EVIDENCE_SHOWN,
    },
    Actor.SUPPORT: THE_PLATFORMS,
    Actor.OPERATOR: THE_PLATFORMS,
}


def case_view(
    whole: WholeOrder,
    case: AfterSale,
    actor: Actor,
    *,
    now: int,
    language: str,
    track: Track | None = None,
    site: Site | None = None,
) -> CaseView:
    """*track*: where what comes back was seen; *site*: where it goes. Either only if it was read."""
    order = whole.order

    def money(amount: int) -> MoneyView | None:
        return MoneyView(amount=amount, currency=order.currency) if amount else None

    units = {int(number): count for number, count in case.units.items()} if case.is_open else {}
    return CaseView(
        case_id=case_id(order.order_id, case.number),
        order_id=order.order_id,
        sub_order_id=sub_order_id(order.order_id, case.sub_order),
        merchant_id=case.merchant_id,
        **_in_words(case, language),
        opened_at=rfc3339(case.opened_at),
        finished_at=_moment(case.finished_at),
        lines=_lines(whole, case),
        asked=money(case.asked_minor),
        refundable=MoneyView(amount=paid_for(whole, units), currency=order.currency),
        **_refunded(whole, case),
        swap=case.swap or None,
        evidence=list(case.evidence),
        refusal=case.refusal or None,
        alternatives=[
            OfferView(kind=kind, text=KINDS[kind].spoken(language), amount=money(amount))
            for kind, amount in sorted(case.offers.items())
        ],
        send_back=_send_back(whole, case, track or Track(), site, language),
        ruling=case.ruling or None,
        replacement=sub_order_id(order.order_id, case.replacement) if case.replacement else None,
        points=case.points,
        countdowns=_countdowns(case, now),
        allowed_actions=_actions(case, actor, language),
    )


def _in_words(case: AfterSale, language: str) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "kind_text": KINDS[case.kind].spoken(language),
        "reason": case.reason,
        "reason_text": REASONS[case.reason].spoken(language),
        "state": case.state,
        "state_text": STATES[case.state].spoken(language),
        "next": NEXT[case.state].spoken(language),
    }


def _refunded(whole: WholeOrder, case: AfterSale) -> dict[str, Any]:
    """What became of the money, once a refund was promised."""
    if case.refund is None:
        return {"refund": None, "refund_state": None, "refund_by": None}
    refund = whole.refunds[case.refund - 1]
    return {
        "refund": MoneyView(amount=refund.amount_minor, currency=refund.currency),
        "refund_state": refund.state,
        "refund_by": rfc3339(refund.requested_at + _promise(whole, case)),
    }


def is_allowed(case: AfterSale, event: Event, actor: Actor) -> bool:
    """Whether it is worth showing: goods that nobody waits for may be told of all the same, and what comes unannounced
    is counted at once.
    """
    if event is Event.GOODS_INSPECTED and case.state in SENDING_BACK:
        event = Event.GOODS_ARRIVED
    if event is Event.GOODS_ARRIVED and (case.state in UNAWAITED or case.counted):
        return False
    if event is Event.GOODS_INSPECTED and (case.counted or case.kind not in GOODS_BACK):
        return False
    return may("after_sale", case.state, event, actor)


def cases_view(
    whole: WholeOrder, cases: list[AfterSale], actor: Actor, *, now: int, language: str
) -> CasesView:
    return CasesView(cases=[case_view(whole, case, actor, now=now, language=language) for case in cases])


def _lines(whole: WholeOrder, case: AfterSale) -> list[CaseLineView]:
    return [
        CaseLineView(
            line=line.number,
            sku=line.sku,
            name=line.name,
            quantity=case.unit_count(line.number),
            counted=dict(case.counted.get(str(line.number), {})),
            rate_pct=case.rates.get(str(line.number), 100),
        )
        for line in whole.lines
        if case.unit_count(line.number)
    ]


def _send_back(
    whole: WholeOrder, case: AfterSale, track: Track, site: Site | None, language: str
) -> SendBackView | None:
    """Where to, once it is approved that the goods come back."""
    if case.kind not in GOODS_BACK or case.state in (
        CaseState.REQUESTED,
        CaseState.REFUSED,
        CaseState.CLOSED,
    ):
        return None
    latest = track.latest
    is_due = case.state is CaseState.AWAITING_RETURN and case.due_at is not None
    return SendBackView(
        warehouse=warehouse_of(whole, case),
        address=(site.return_address or None) if site else None,
        country=site.country if site else None,
        region=(site.region or None) if site else None,
        demands=[words.spoken(language) for words in DEMANDS.values()],
        send_by=_moment(case.due_at) if is_due else None,
        carrier=case.carrier,
        waybill=case.waybill,
        sent_at=_moment(case.sent_at),
        tracking=latest.status if latest else None,
        tracking_text=TRACKED[latest.status].spoken(language) if latest else None,
        track=[seen_view(one, language) for one in track.checkpoints],
        who_pays=case.payer,
        who_pays_text=PAYERS[case.payer].spoken(language),
        freight=MoneyView(amount=case.freight_minor, currency=whole.order.currency)
        if case.freight_minor
        else None,
    )


def _promise(whole: WholeOrder, case: AfterSale) -> int:
    """Seconds until the money shall have arrived, as the goods' policy promises."""
    lines = [line for line in whole.lines if case.unit_count(line.number)]
    return max((policy_of(whole, line).refund_promise_seconds for line in lines), default=0)


def _countdowns(case: AfterSale, now: int) -> list[Countdown]:
    deadline = deadline_in(AFTER_SALE, case.state)
    if deadline is None or case.due_at is None:
        return []
    left = max(0, case.due_at - now)
    return [Countdown(about=case.subject, event=deadline.event, at=rfc3339(case.due_at), seconds=left)]


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)


def _actions(case: AfterSale, actor: Actor, language: str) -> list[AllowedAction]:
    refused = CASE_NOT_NOW.spoken(language).format(state=STATES[case.state].spoken(language))
    allowed = {name: is_allowed(case, event, actor) for name, event in ACTIONS_OF[actor].items()}
    return [
        AllowedAction(
            action=name,
            text=ACTIONS[name].spoken(language),
            allowed=may_now,
            reason=None if may_now else refused,
        )
        for name, may_now in allowed.items()
    ]


KNOWN_KINDS = tuple(kind for kind in CaseKind if kind is not CaseKind.COMPENSATION)
