"""Money that had gone back to the payer, and that the payer's bank sent back to us.

We owe it again, but never more than was owed before. Of a refund that the provider's people made by hand, only what
the order bore, or what had come in part, is anybody's; the rest was a claim, which is settled by what came back:

all of it was somebody's      owed again, whole
some of it was                so much is owed: a second try asks for no more
nothing of it was             nobody is owed it
it was kept for people        it is kept for them again
"""

from typing import Any

from shared.changes import Draft
from shared.ledger import vouchers
from shared.lifecycle import Event, Fact
from shared.model import Payment, Quarantined, Refund
from shared.payment.found import KEPT_ELSEWHERE, OUT_OF_QUARANTINE
from shared.payment.requests import note_taken


def bounce(draft: Draft, payment: Payment, refund: Refund, fields: dict[str, Any], *, at: int) -> None:
    """*refund* had succeeded and came back, whole. *fields*: what is noted on it besides. One voucher is posted."""
    order_id = draft.whole.order.order_id
    if refund.reason in (OUT_OF_QUARANTINE, KEPT_ELSEWHERE):
        is_ours = refund.reason == OUT_OF_QUARANTINE
        kept = Quarantined(refund.amount_minor, refund.currency, refund.transaction_id, is_ours)
        draft.move(refund, Event.REFUND_FAILED, {Fact.NOT_OWED}, finished_at=None, **fields)
        present = draft.whole.payments[payment.number - 1]
        draft.change(present, quarantined=(*present.quarantined, kept))
        again = vouchers.quarantined_again(order_id, payment, kept, number=refund.provider_refund_id)
        draft.post(again._replace(happened_at=at))
        return
    owed = refund.amount_minor - refund.rest_minor
    if owed:
        draft.move(refund, Event.REFUND_FAILED, amount_minor=owed, rest_minor=0, finished_at=None, **fields)
    else:
        draft.move(refund, Event.REFUND_FAILED, {Fact.NOT_OWED}, rest_minor=0, finished_at=None, **fields)
    draft.post(vouchers.refund_bounced(order_id, payment, refund, happened_at=at))
    note_taken(draft, payment, -refund.amount_minor)
