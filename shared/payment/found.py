"""Money that went back without us: a refund that somebody made at the provider by hand, or a reversal.

It is booked as it is, and what it took can not be refunded once more. It is taken for what it most likely is:

money that is kept for people        they have sent it back: no longer kept
one of ours that waits for people    they found the other way: exactly its amount
whatever else                        borne by the order (``giving_back``), or by nobody: a claim
"""

from typing import Any, NamedTuple

from shared.changes import Caller, Change, Draft, Entry
from shared.errors import UnknownReference
from shared.ledger import vouchers
from shared.lifecycle import Actor, Event, PaymentState, RefundState
from shared.model import Payment, Quarantined, Refund, WholeOrder
from shared.money import Money
from shared.payment import giving_back
from shared.payment.giving_back import Taken
from shared.payment.requests import note_taken


class Found(NamedTuple):
    """*number* is the provider's; *names*: booked only once; *transaction_id* is empty where nobody says."""

    number: str
    money: Money
    names: tuple[str, ...]
    transaction_id: str = ""
    reversed_minor: int | None = None  # A reversal: the sum so far.
    settles: Refund | None = None  # One of ours, by its number.
    occurred_at: int | None = None  # As the provider says; what failed later has come back.


def decide_found(whole: WholeOrder, payment: Payment, found: Found, *, now: int) -> Change:
    """Book a refund that we did not ask for. Raises ``UnknownReference``: in this currency nothing came in."""
    kept = _kept_for_people(payment, found)
    if kept is None and found.money.currency != payment.currency:
        raise UnknownReference("in this currency nothing came in")
    waiting = found.settles or _waiting_for(whole, payment, found)
    event = Event.REFUND_SUCCEEDED if waiting and not kept else Event.REFUND_FOUND
    draft = Draft(whole, event=event, caller=Caller(Actor.PROVIDER, payment.provider), now=now)
    draft.only_once(*found.names)
    if kept is not None:
        refund = _give_up_kept(draft, payment, found, kept, now)
    elif waiting is not None:
        refund = _settle(draft, payment, waiting, found, now)
    else:
        refund = _bear(draft, payment, found, now)
    amount, currency = found.money
    note: dict[str, str | int] = {"number": found.number, "amount": amount, "currency": currency}
    return draft.finish(about=refund.subject, note=note)


def _kept_for_people(payment: Payment, found: Found) -> Quarantined | None:
    own = (q for q in payment.quarantined if Money(q.amount_minor, q.currency) == found.money)
    return next((q for q in own if found.transaction_id in ("", q.transaction_id)), None)


def _give_up_kept(draft: Draft, payment: Payment, found: Found, kept: Quarantined, now: int) -> Refund:
    left = list(payment.quarantined)
    left.remove(kept)
    draft.change(draft.whole.payments[payment.number - 1], quarantined=tuple(left))
    reason = OUT_OF_QUARANTINE if kept.is_our_account else KEPT_ELSEWHERE
    own = found._replace(transaction_id=kept.transaction_id)
    made = _refund(draft.whole, payment, own, taken=Taken((), 0), reason=reason, now=now)
    refund = draft.create(made, Event.REFUND_FOUND)
    order_id = draft.whole.order.order_id
    sent = vouchers.quarantine_sent_back(order_id, payment, kept, number=found.number)
    draft.post(sent._replace(happened_at=found.occurred_at or now))
    return refund


def _settle(draft: Draft, payment: Payment, waiting: Refund, found: Found, now: int) -> Refund:
    """From now on it is known by the number under which it went: its own would be another refund."""
    if waiting.state is RefundState.NEEDS_ACTION:
        _note(draft, payment, found)
    numbers = begun_again(waiting) | {"found": found.number}
    settled = numbers | {"sent_minor": waiting.sent_minor + waiting.amount_minor, "ask_at": None}
    finished_at = min(now, found.occurred_at or now)
    refund = draft.move(waiting, Event.REFUND_SUCCEEDED, finished_at=finished_at, failure=None, **settled)
    draft.post(vouchers.refunded(payment, refund, happened_at=finished_at))
    return refund


def begun_again(refund: Refund) -> dict[str, Any]:
    """The fields of *refund* under its next number of ours. What the provider called it before is remembered."""
    before = (*refund.found_before, refund.found) if refund.found else refund.found_before
    return {"round": refund.round + 1, "found": "", "found_before": before}


def _bear(draft: Draft, payment: Payment, found: Found, now: int) -> Refund:
    whole, amount = draft.whole, found.money.amount_minor
    _note(draft, payment, found)
    is_paid = payment.state is PaymentState.SUCCEEDED
    is_ours = is_paid and found.transaction_id in ("", payment.transaction_id)
    held = 0 if is_paid else max(0, min(payment.held_minor, amount))
    taken = giving_back.take(draft, amount) if is_ours else Taken((), amount - held)
    draft.change(draft.whole.payments[payment.number - 1], held_minor=payment.held_minor - held)
    refund = draft.create(
        _refund(whole, payment, found, taken=taken, reason=BY_HAND, now=now),
        Event.REFUND_FOUND,
    )
    sources = (Entry(vouchers.held(payment), held), *giving_back.sources(whole, taken))
    draft.post(vouchers.found(payment, refund, sources))
    return refund


def _note(draft: Draft, payment: Payment, found: Found) -> None:
    note_taken(draft, payment, found.money.amount_minor)
    if found.reversed_minor is not None:
        draft.change(draft.whole.payments[payment.number - 1], reversed_minor=found.reversed_minor)


def _waiting_for(whole: WholeOrder, payment: Payment, found: Found) -> Refund | None:
    return next(
        (
            refund
            for refund in whole.refunds
            if refund.payment == payment.number
            and refund.state is RefundState.NEEDS_ACTION
            and refund.amount_minor == found.money.amount_minor
            and found.transaction_id in ("", refund.transaction_id)
        ),
        None,
    )


BY_HAND = "made_at_provider"
OUT_OF_QUARANTINE = "quarantine_sent_back"  # It never was the order's money,
KEPT_ELSEWHERE = "quarantine_sent_back_elsewhere"  # nor in an account of ours.


def _refund(
    whole: WholeOrder, payment: Payment, found: Found, *, taken: Taken, reason: str, now: int
) -> Refund:
    count = len(whole.refunds) + 1
    return Refund(
        number=count,
        refund_id=f"{whole.order.order_id}R{count:02}",
        payment=payment.number,
        transaction_id=found.transaction_id or payment.transaction_id or "",
        amount_minor=found.money.amount_minor,
        currency=found.money.currency,
        reason=reason,
        state=RefundState.SUCCEEDED,
        requested_at=now,
        finished_at=min(now, found.occurred_at or now),
        parts=taken.parts,
        rest_minor=taken.rest_minor,
        found=found.number,
        sent_minor=found.money.amount_minor,
    )
