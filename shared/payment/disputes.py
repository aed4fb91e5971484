"""Chargebacks: the payer's bank takes the money back, or threatens to. Booked as the provider tells it.

open    refunds, settlement and auto-confirm of the order wait (RULES 10.4)
won     what was taken comes back; everything goes on
lost    what was taken is gone: out of refunds that were promised and not yet sent, so that nobody is paid twice,
        then out of what the sub-orders hold, then as claims on their merchants

Opening, taking, giving back and the verdict may be told in any order: each is booked once, and the sums decide.
"""

from typing import Any, NamedTuple

from shared.changes import Caller, Change, Draft, Entry, Voucher
from shared.commands import Outcome, Shop, carry_out
from shared.errors import UnknownReference
from shared.ledger import vouchers
from shared.lifecycle import Actor, DisputeState, Event, PaymentState, RefundState
from shared.model import Dispute, Payment, Refund, RefundPart, WholeOrder
from shared.payment import giving_back
from shared.payment.facts import DisputeFact, DisputeKind, booking_names
from shared.payment.finding import order_of, payment_of
from shared.payment.giving_back import Taken
from shared.payment.living import LIVING
from shared.payment.requests import note_taken

EVENTS = {
    DisputeKind.OPENED: Event.DISPUTE_OPENED,
    DisputeKind.WITHDRAWN: Event.DISPUTE_WITHDRAWN,
    DisputeKind.REINSTATED: Event.DISPUTE_REINSTATED,
    DisputeKind.WON: Event.DISPUTE_WON,
    DisputeKind.LOST: Event.DISPUTE_LOST,
    DisputeKind.WARNED: Event.FRAUD_WARNED,
}
AT_ONCE_MAX = 8  # Refunds in one transaction.
COVERED = (RefundState.REQUESTED, RefundState.NEEDS_ACTION)


class Moved(NamedTuple):
    """How the provider's account changed, and what that leaves on the dispute."""

    amount_minor: int  # Taken; below zero: given back.
    fields: dict[str, Any]


def record_dispute(shop: Shop, fact: DisputeFact, *, now: int) -> Outcome:
    """Book what a provider says of a dispute, once. Raises ``UnknownReference``."""
    order_id = order_of(shop.orders, fact)
    return carry_out(shop, order_id, lambda whole: decide_dispute(whole, fact, now=now))


def decide_dispute(whole: WholeOrder, fact: DisputeFact, *, now: int) -> Change | None:
    payment = payment_of(whole, fact)
    event = EVENTS[fact.kind]
    draft = Draft(whole, event=event, caller=Caller(Actor.PROVIDER, fact.provider), now=now)
    draft.only_once(*booking_names(fact))
    note: dict[str, str | int] = {
        "dispute": fact.dispute_id,
        "amount": fact.money.amount_minor,
        "currency": fact.money.currency,
    }
    if fact.kind is DisputeKind.WARNED:
        if payment.state is not PaymentState.SUCCEEDED:
            return None
        draft.move(payment, event)
        return draft.finish(about=payment.subject, note=note)
    known = next((d for d in whole.disputes if d.dispute_id == fact.dispute_id), None)
    if known is None and payment.state in LIVING and not payment.captured_minor:
        raise UnknownReference("of this payment no money has come in yet: its own message is late")
    if known is not None and known.currency != fact.money.currency:
        raise UnknownReference("not the currency that this dispute has")
    if known is not None and fact.kind is DisputeKind.OPENED:
        return None
    if known is not None and known.state is not DisputeState.PENDING and _is_verdict(fact):
        return None
    dispute = known or draft.create(_new(whole, payment, fact, now), Event.DISPUTE_OPENED)
    if fact.kind is not DisputeKind.OPENED:
        _go_on(draft, payment, dispute, fact, now)
    return draft.finish(about=dispute.subject, note=note)


def _is_verdict(fact: DisputeFact) -> bool:
    return fact.kind in (DisputeKind.WON, DisputeKind.LOST)


def _new(whole: WholeOrder, payment: Payment, fact: DisputeFact, now: int) -> Dispute:
    return Dispute(
        number=len(whole.disputes) + 1,
        dispute_id=fact.dispute_id,
        payment=payment.number,
        amount_minor=fact.money.amount_minor,
        currency=fact.money.currency,
        state=DisputeState.PENDING,
        opened_at=now,
    )


def _go_on(draft: Draft, payment: Payment, dispute: Dispute, fact: DisputeFact, now: int) -> None:
    event = EVENTS[fact.kind]
    order_id = draft.whole.order.order_id
    if _is_verdict(fact):
        decided = draft.move(dispute, event, finished_at=now)
        if fact.kind is DisputeKind.LOST and decided.taken_minor > 0:
            sources = _lose(draft, payment, decided, decided.taken_minor)
            draft.post(vouchers.dispute_lost(order_id, dispute.currency, sources))
        if fact.kind is DisputeKind.WON and not draft.whole.is_disputed:
            _go_on_refunding(draft)
        return
    moved = _moved(dispute, fact)
    changed = draft.move(dispute, event, **moved.fields)
    if dispute.currency == payment.currency:
        note_taken(draft, payment, moved.amount_minor)
    lost = max(0, changed.taken_minor) - max(0, dispute.taken_minor)
    if dispute.state is DisputeState.LOST and lost > 0:
        waiting = Entry(vouchers.chargeback(order_id), moved.amount_minor - lost)
        entries = (*_lose(draft, payment, changed, lost), waiting)
        entries = (*entries, Entry(vouchers.clearing(payment), -moved.amount_minor))
        lost_now = Voucher("dispute_lost", dispute.currency, entries)
        draft.post(lost_now._replace(document=f"dispute:{dispute.dispute_id}"))
    elif dispute.state is DisputeState.LOST and moved.amount_minor < 0:
        draft.post(vouchers.reinstated_late(order_id, payment, dispute, -moved.amount_minor))
    else:
        draft.post(vouchers.dispute_moved(order_id, payment, dispute, moved.amount_minor))


def _moved(dispute: Dispute, fact: DisputeFact) -> Moved:
    amount = fact.money.amount_minor
    if fact.kind is DisputeKind.WITHDRAWN:
        return Moved(amount, {"withdrawn_minor": dispute.withdrawn_minor + amount})
    return Moved(-amount, {"reinstated_minor": dispute.reinstated_minor + amount})


def _go_on_refunding(draft: Draft) -> None:
    """What waited for the verdict waits no longer."""
    waiting = [refund for refund in draft.whole.refunds if refund.state is RefundState.REQUESTED]
    for refund in waiting[:AT_ONCE_MAX]:  # The others' clocks see to them.
        draft.move(refund, Event.DISPUTE_WON)


def _lose(draft: Draft, payment: Payment, dispute: Dispute, amount_minor: int) -> tuple[Entry, ...]:
    """Whose money it was. The accounts and amounts add up to *amount_minor*; in another currency, people must look."""
    before, left = draft.whole, amount_minor
    entries: list[Entry] = []
    is_known = dispute.currency == payment.currency
    promised = [r for r in before.refunds if r.payment == payment.number and r.state in COVERED]
    for refund in promised[:AT_ONCE_MAX] if is_known else ():
        covered = min(left, refund.amount_minor)
        if covered:
            _cover(draft, payment, refund, covered)
            entries.append(Entry(vouchers.owed(refund), covered))
            left -= covered
    is_ours = is_known and payment.state is PaymentState.SUCCEEDED
    shrunk = draft.whole.disputes[dispute.number - 1]
    taken = giving_back.take(draft, left) if is_ours else Taken((), left)
    borne = sum(part.other_minor for part in taken.parts)
    draft.change(
        shrunk,
        borne_minor=shrunk.borne_minor + borne + _of_the_order(before, draft),
        rest_minor=shrunk.rest_minor + taken.rest_minor,
    )
    return (*entries, *giving_back.sources(before, taken))


def _cover(draft: Draft, payment: Payment, refund: Refund, amount_minor: int) -> None:
    """The bank gave the payer so much of what we had promised: all of it, or the rest goes under a new number."""
    if refund.state is RefundState.REQUESTED:
        note_taken(draft, payment, -amount_minor)
    if amount_minor == refund.amount_minor:
        draft.move(refund, Event.DISPUTE_LOST, ask_at=None)
        return
    left, parts = amount_minor, list[RefundPart]()
    for part in refund.parts:
        share = min(left, part.amount_minor)
        left -= share
        parts.append(part._replace(other_minor=part.other_minor - share))
    smaller = refund.amount_minor - amount_minor
    draft.change(refund, amount_minor=smaller, parts=tuple(parts), round=refund.round + 1)


def _of_the_order(before: WholeOrder, draft: Draft) -> int:
    """By how much the promises of the order became smaller: the bank bears it now, and the sums stay."""
    return _promised(before) - _promised(draft.whole)


def _promised(whole: WholeOrder) -> int:
    return sum(part.amount_minor for refund in whole.refunds for part in refund.parts)
