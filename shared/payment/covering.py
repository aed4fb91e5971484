"""A refund that failed, of money that the payer has back another way: nobody is paid twice.

The provider's people had sent exactly this amount by hand, or the payer's bank had taken it in a dispute that was lost.
When that was booked, nobody knew that our own refund would fail, so it was borne by the order, or by nobody. It is not
any more: it was what we owed.
"""

from typing import NamedTuple

from shared.changes import Draft, Entry
from shared.lifecycle import DisputeState, RefundState
from shared.model import Dispute, Refund, WholeOrder
from shared.payment import giving_back
from shared.payment.found import BY_HAND
from shared.payment.giving_back import Taken


class Covering(NamedTuple):
    """What covers a refund: one that was found, or a dispute that was lost."""

    by: Refund | Dispute

    def no_longer_borne(self, draft: Draft, amount_minor: int) -> tuple[Entry, ...]:
        """Take *amount_minor* off who bore it. Returns the accounts against which it had been booked."""
        if isinstance(self.by, Refund):
            taken = Taken(self.by.parts, self.by.rest_minor)
            giving_back.put_back(draft, self.by.parts)
            draft.change(self.by, parts=(), rest_minor=0)
            return giving_back.sources(draft.whole, taken)
        draft.change(self.by, rest_minor=self.by.rest_minor - amount_minor)
        return giving_back.sources(draft.whole, Taken((), amount_minor))


def covering_of(whole: WholeOrder, refund: Refund) -> Covering | None:
    """What the payer has had back of *refund*'s money, whole."""
    found = [other for other in whole.refunds if _is_it(whole, other, refund)]
    lost = [
        dispute
        for dispute in whole.disputes
        if dispute.state is DisputeState.LOST
        and dispute.payment == refund.payment
        and dispute.rest_minor >= refund.amount_minor
    ]
    candidates: tuple[Refund | Dispute, ...] = (*found, *lost)
    return next((Covering(by) for by in candidates), None)


def _is_it(whole: WholeOrder, other: Refund, refund: Refund) -> bool:
    may_go = giving_back.may_be_put_back(whole, other.parts)
    is_found = other.reason == BY_HAND and other.state is RefundState.SUCCEEDED
    is_free = other.rest_minor + sum(part.amount_minor for part in other.parts) == other.amount_minor
    is_same_money = other.payment == refund.payment and other.transaction_id in ("", refund.transaction_id)
    is_exact = other.amount_minor == refund.amount_minor
    return is_found and is_free and is_same_money and is_exact and may_go
