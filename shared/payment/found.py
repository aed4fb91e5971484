"""Money that went back without us: a refund that somebody made at the provider by hand, or a reversal.

It is booked as it is, and what it took can not be refunded once more. One of exactly the amount that waits for
people is taken for what it most likely is: they found the other way.
"""

from collections.abc import Sequence
from typing import Any

from shared.changes import Caller, Change, Draft, Entry
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, PaymentState, RefundState
from shared.model import Payment, Refund, WholeOrder
from shared.payment import giving_back
from shared.payment.giving_back import Taken
from shared.payment.requests import note_taken


def decide_found(
    whole: WholeOrder,
    payment: Payment,
    *,
    number: str,
    amount_minor: int,
    names: Sequence[str],
    now: int,
    reversed_minor: int | None = None,
) -> Change:
    """Book a refund that we did not ask for. *number* is the provider's; *names*: booked only once."""
    waiting = _waiting_for(whole, payment, amount_minor)
    event = Event.REFUND_SUCCEEDED if waiting else Event.REFUND_FOUND
    draft = Draft(whole, event=event, caller=Caller(Actor.PROVIDER, payment.provider), now=now)
    draft.only_once(*names)
    note_taken(draft, payment, amount_minor)
    if reversed_minor is not None:
        draft.change(draft.whole.payments[payment.number - 1], reversed_minor=reversed_minor)
    if waiting:
        settled: dict[str, Any] = {"found": number, "round": waiting.round + 1}
        refund = draft.move(waiting, event, finished_at=now, failure=None, **settled)
        draft.post(vouchers.refunded(payment, refund))
    else:
        is_ours = payment.state is PaymentState.SUCCEEDED
        held = 0 if is_ours else max(0, min(payment.held_minor, amount_minor))
        taken = giving_back.take(draft, amount_minor) if is_ours else Taken((), amount_minor - held)
        draft.change(draft.whole.payments[payment.number - 1], held_minor=payment.held_minor - held)
        refund = draft.create(
            _refund(whole, payment, taken, number=number, amount_minor=amount_minor, now=now), event
        )
        sources = (Entry(vouchers.held(payment), held), *giving_back.sources(whole, taken))
        draft.post(vouchers.found(payment, refund, sources))
    note: dict[str, str | int] = {"number": number, "amount": amount_minor, "currency": payment.currency}
    return draft.finish(about=refund.subject, note=note)


def _waiting_for(whole: WholeOrder, payment: Payment, amount_minor: int) -> Refund | None:
    return next(
        (
            refund
            for refund in whole.refunds
            if refund.payment == payment.number
            and refund.state is RefundState.NEEDS_ACTION
            and refund.amount_minor == amount_minor
        ),
        None,
    )


def _refund(
    whole: WholeOrder, payment: Payment, taken: Taken, *, number: str, amount_minor: int, now: int
) -> Refund:
    count = len(whole.refunds) + 1
    return Refund(
        number=count,
        refund_id=f"{whole.order.order_id}R{count:02}",
        payment=payment.number,
        transaction_id=payment.transaction_id or "",
        amount_minor=amount_minor,
        currency=payment.currency,
        reason="made_at_provider",
        state=RefundState.SUCCEEDED,
        requested_at=now,
        finished_at=now,
        parts=taken.parts,
        found=number,
    )
