"""People who look at an order before anything is sent: presale, cross-border, large, of a risky member.

within hours     support opens its list, forgets to check everything and is told, approves or rejects
after a day      nobody decided: it stands on the operator's list, who approves
after two days   nobody decided at all: the platform's policy does, and refunds
"""

from typing import Any

from local.demo.client import Person
from local.demo.made_up import DAY, HOUR, Verdict
from local.demo.stage import OPERATOR, SUPPORT, Stage

EVERYTHING = ["buyer", "payment_genuine", "special_needs"]


def seconds_until(verdict: Verdict) -> int:
    """When the decision comes, counted from payment."""
    return {
        Verdict.APPROVED: 3 * HOUR,
        Verdict.REJECTED: 5 * HOUR,
        Verdict.APPROVED_LATE: DAY + 2 * HOUR,
        Verdict.NONE: 2 * DAY + HOUR,
    }[verdict]


def review(stage: Stage, order_id: str, verdict: Verdict) -> None:
    """Decide, as the one whose turn it is. Without a verdict the clock has decided already."""
    if verdict is Verdict.NONE:
        return
    is_late = verdict is Verdict.APPROVED_LATE
    who, queue = (OPERATOR, "escalated") if is_late else (SUPPORT, "under_review")
    listed = stage.client.get(who, f"/reviews?queue={queue}&limit=50")
    found = [order["order_id"] for order in listed["orders"]]
    assert order_id in found, f"who must look finds it in the list: {order_id} in {queue}, {len(found)} there"
    if verdict is Verdict.REJECTED:
        body: dict[str, Any] = {"decision": "rejected", "reason": "payment_doubtful"}
        _decide(stage, who, order_id, body)
        return
    hasty = {"decision": "approved", "checked": EVERYTHING[:1]}
    answer = stage.client.command(who, f"/reviews/{order_id}", hasty, key=f"{order_id}-hasty")
    assert answer.is_refusal, "an approval looks at everything"
    _decide(stage, who, order_id, {"decision": "approved", "checked": EVERYTHING})


def _decide(stage: Stage, who: Person, order_id: str, body: dict[str, Any]) -> None:
    answer = stage.client.command(who, f"/reviews/{order_id}", body, key=f"{order_id}-verdict")
    assert not answer.is_refusal, f"no verdict: {answer}"
