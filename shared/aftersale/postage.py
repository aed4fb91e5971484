"""Who pays the way back (RULES 9.2): what sending the goods cost their buyer is made good where another bears it.

Once, when the goods have been counted, and up to what the goods' policy says. In points, like every compensation: the
payment's money belongs to goods. The platform's pool bears it, or its merchant: then it is a claim on them.
"""

from shared.aftersale.compensation import points_worth
from shared.aftersale.eligibility import policy_of
from shared.aftersale.return_policy import Payer
from shared.changes import Draft, Entry, Voucher
from shared.ledger.vouchers import POINTS, POOL, claim
from shared.model import AfterSale, WholeOrder


def make_good(draft: Draft, case: AfterSale) -> AfterSale:
    """Give the buyer of *case* the postage that another bears."""
    amount = due(draft.whole, case)
    if not amount:
        return case
    points = points_worth(amount, draft.whole.snapshot.policy["points_per_yuan"])
    draft.grant_points(points)
    order = draft.whole.order
    payer = POOL if case.payer == Payer.PLATFORM else claim(order.order_id, case.sub_order)
    draft.post_besides(Voucher("postage", order.currency, (Entry(payer, amount), Entry(POINTS, -amount))))
    return draft.change(case, postage_minor=amount, points=points)


def due(whole: WholeOrder, case: AfterSale) -> int:
    """Minor units: what the buyer says they paid, at most what the best of the policies pays; of goods that came."""
    came = any(sum(graded.values()) for graded in case.counted.values())
    if case.payer == Payer.BUYER or case.is_handed_back or not came:
        return 0
    lines = [line for line in whole.lines if case.unit_count(line.number)]
    return min(case.freight_minor, max(policy_of(whole, line).freight_max_minor for line in lines))
