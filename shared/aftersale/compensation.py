"""Compensation (补偿): people of the platform make good what no return can. A voucher without goods (RULES 9.5).

It is given in points, at what a point is worth under the order's own policy, rounded in the buyer's favour: a payment
can give back no more than came in under it, and what it holds belongs to goods. The platform's pool bears it.
"""

from shared.aftersale.return_policy import CaseKind, Reason
from shared.changes import Caller, Change, Draft, Entry, Request, Voucher
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Invalid, NotFound
from shared.ledger.vouchers import POINTS, POOL
from shared.lifecycle import CaseState, Event, OrderState
from shared.model import AfterSale, WholeOrder
from shared.payment.requests import SecondPersonNeeded
from shared.policy import Action, require_order

YUAN_MINOR = 100


def compensate(
    shop: Shop,
    order_id: str,
    sub_order: int,
    amount_minor: int,
    *,
    reason: str,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome:
    """Give the buyer *amount_minor* in points. Raises ``NotFound``, ``Invalid``, ``SecondPersonNeeded``."""

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.COMPENSATE, whole)
        if sub_order not in {own.number for own in whole.sub_orders}:
            raise NotFound("no such sub-order")
        return decide_compensation(
            whole, sub_order, amount_minor, reason=reason, caller=caller, now=now, request=request
        )

    return carry_out(shop, order_id, decision, request)


def decide_compensation(
    whole: WholeOrder,
    sub_order: int,
    amount_minor: int,
    *,
    reason: str,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    if whole.order.state is not OrderState.PAID:
        raise Invalid("only who paid is compensated")
    given = sum(case.asked_minor for case in whole.cases if case.kind == CaseKind.COMPENSATION)
    if given + amount_minor >= whole.snapshot.policy["second_person_minor"]:
        raise SecondPersonNeeded("compensations of this size need a second person")
    points = points_worth(amount_minor, whole.snapshot.policy["points_per_yuan"])
    draft = Draft(whole, event=Event.COMPENSATION_GIVEN, caller=caller, now=now)
    draft.grant_points(points)
    entries = (Entry(POOL, amount_minor), Entry(POINTS, -amount_minor))
    draft.post(Voucher("compensated", whole.order.currency, entries))
    made = draft.create(
        AfterSale(
            number=len(whole.cases) + 1,
            sub_order=sub_order,
            merchant_id=whole.sub_orders[sub_order - 1].merchant_id,
            kind=CaseKind.COMPENSATION,
            reason=Reason.OTHER,
            state=CaseState.COMPLETED,
            opened_at=now,
            asked_minor=amount_minor,
            payer="platform",
            points=points,
            ruling=reason,
            finished_at=now,
        ),
        Event.COMPENSATION_GIVEN,
    )
    return draft.finish(request=request, about=made.subject, note={"case": made.number, "points": points})


def points_worth(amount_minor: int, points_per_yuan: int) -> int:
    """As many points as are worth at least *amount_minor*.

    >>> points_worth(1_050, 100), points_worth(1_001, 10)
    (1050, 101)
    """
    return -(-amount_minor * points_per_yuan // YUAN_MINOR)
