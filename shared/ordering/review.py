"""Manual review (审核): after payment, before anything is sent. Why, who decides, and what if nobody does (RULES 2.5).

The whole order is looked at once: a decision holds for all of its parts that wait for one.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.aftersale.cancellation import cancel_units
from shared.changes import CLOCK, Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.engine import decide
from shared.errors import Invalid
from shared.fulfilment.queue import merchant_queue, place_in_queue, review_queue
from shared.goods import Flag
from shared.lifecycle import Event, Fact, SubOrderState
from shared.model import SubOrder, WholeOrder
from shared.ordering.quote import Quote
from shared.ordering.terms import Member
from shared.policy import Action, require_order

SPECIAL = (Flag.PRESALE, Flag.MADE_TO_ORDER, Flag.CROSS_BORDER)
CHECKLIST = ("buyer", "payment_genuine", "special_needs")
WAITING = (SubOrderState.UNDER_REVIEW, SubOrderState.ESCALATED)


class Verdict(NamedTuple):
    """What a reviewer decided. An approval has looked at everything; *reason* is a code, never free text."""

    is_approved: bool
    checked: frozenset[str]
    reason: str = ""


def reasons_to_look(quoted: Quote, member: Member, policy: Mapping[str, int]) -> tuple[str, ...]:
    """Why people must see this order first; empty: they need not."""
    flags = {flag for line in quoted.lines for flag in line.flags}
    reasons = [str(flag) for flag in SPECIAL if flag in flags]
    if quoted.payable_minor >= policy["review_amount_minor"]:
        reasons.append("large_amount")
    if member.risk_score > policy["review_risk_score"]:
        reasons.append("risk_score")
    return tuple(reasons)


def review(
    shop: Shop, order_id: str, verdict: Verdict, *, caller: Caller, now: int, request: Request
) -> Outcome:
    """Let the order go, or cancel and refund it. Raises ``Invalid`` for an approval that skipped a check."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.REVIEW_ORDER, whole)
        return decide_review(whole, verdict, caller=caller, now=now, request=request)

    return carry_out(shop, order_id, decision, request)


def decide_review(
    whole: WholeOrder, verdict: Verdict, *, caller: Caller, now: int, request: Request | None = None
) -> Change:
    event = Event.REVIEW_APPROVED if verdict.is_approved else Event.REVIEW_REJECTED
    waiting = waiting_for_review(whole)
    for sub_order in waiting or whole.sub_orders[:1]:
        decide("sub_order", sub_order.state, event, caller.actor)
    if missing := [name for name in CHECKLIST if verdict.is_approved and name not in verdict.checked]:
        raise Invalid("an approval has looked at everything", at="/checked", missing=missing)
    draft = Draft(whole, event=event, caller=caller, now=now)
    note = {"reviewer": caller.id, "checked": " ".join(sorted(verdict.checked)), "reason": verdict.reason}
    about = approve(draft, event) if verdict.is_approved else reject(draft, event, verdict.reason, now)
    return draft.finish(request=request, about=about, note={k: v for k, v in note.items() if v})


def decide_overdue(whole: WholeOrder, event: Event, now: int) -> Change:
    """Nobody decided in time: first it is escalated, then its policy decides."""
    draft = Draft(whole, event=event, caller=CLOCK, now=now)
    if event is Event.REVIEW_OVERDUE:
        for sub_order in whole.sub_orders:
            if sub_order.state is SubOrderState.UNDER_REVIEW:
                draft.move(sub_order, event, queue=review_queue(SubOrderState.ESCALATED))
        return draft.finish()
    has_obstacle = any(s.obstacle for s in waiting_for_review(whole))
    if whole.snapshot.policy["review_default_approves"] and not has_obstacle:
        return draft.finish(about=approve(draft, event, {Fact.DEFAULT_APPROVES}))
    return draft.finish(about=reject(draft, event, "not_reviewed_in_time", now))


def approve(draft: Draft, event: Event, facts: set[Fact] = frozenset()) -> str:  # type: ignore[assignment]
    """Every part that waits for its review goes to its merchant's list, where it would have stood."""
    order = draft.whole.order
    assert order.paid_at is not None, "reviewed after payment"
    for sub_order in waiting_for_review(draft.whole):
        queue = merchant_queue(sub_order.merchant_id)
        place = place_in_queue(queue, order.order_id, sub_order, order.paid_at)
        draft.move(
            sub_order, event, facts, obstacle="", **place
        )  # It is split again, by the tariffs of then.
    return ""


def reject(draft: Draft, event: Event, reason: str, now: int) -> str:
    """Every part that waits for its review is cancelled and refunded. Returns the refund's subject."""
    units = {
        line.number: line.quantity - sub_order.cancelled.get(str(line.number), 0)
        for sub_order in waiting_for_review(draft.whole)
        for line in draft.whole.lines_of(sub_order)
    }
    living = {number: count for number, count in units.items() if count}
    return cancel_units(draft, living, event=event, reason=reason or "review_rejected", now=now)


def waiting_for_review(whole: WholeOrder) -> tuple[SubOrder, ...]:
    return tuple(s for s in whole.sub_orders if s.state in WAITING)
