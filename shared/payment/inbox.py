"""Where every authentic fact goes, whoever brings it: a webhook, an answer to our question, a second try.

known order      booked there, once                                  applied, duplicate, no_effect, quarantined
unknown order    kept, tried again by us, and not acknowledged       parked
still unknown    booked as money that nobody knows, for people       quarantined

Another account's message about an order that is not ours is none of our business: refused, and nothing is kept.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.commands import Outcome, Shop
from shared.errors import NotFound, NotYetClear, SignatureInvalid, UnknownReference
from shared.ledger import vouchers
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.disputes import record_dispute
from shared.payment.facts import (
    DisputeFact,
    DisputeKind,
    Fact,
    PaymentFact,
    PaymentKind,
    RefundFact,
    RefundOutcome,
    booking_names,
    movement_minor,
    paid_name,
)
from shared.payment.port import Told
from shared.payment.receiving import record_payment
from shared.payment.refunds import record_refund
from shared.store.asking import QUARANTINED, Ask

TRY_AGAIN_SECONDS = 60
FOR_CLEARNESS_SECONDS = 600
QUARANTINES = (Event.PAYMENT_QUARANTINED, Event.REFUND_QUARANTINED)
# What several facts of one message came to, as one answer: the first of these.
WORST_FIRST = (Told.PARKED, Told.QUARANTINED, Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT)


def receive(shop: Shop, facts: Iterable[Fact], *, now: int) -> Told:
    """Book all that one message says. Raises ``Unavailable`` and ``Conflict``: it must be told again."""
    told = {_received(shop, fact, now) for fact in facts}
    return next((worst for worst in WORST_FIRST if worst in told), Told.NO_EFFECT)


def _received(shop: Shop, fact: Fact, now: int) -> Told:
    try:
        return _told(book(shop, fact, now=now))
    except (UnknownReference, NotYetClear, NotFound) as unknown:
        if isinstance(fact, PaymentFact) and not fact.is_our_account:
            raise SignatureInvalid("neither our account nor our order") from unknown
        if isinstance(unknown, NotFound) and _was_booked_by_an_order(shop, fact):
            return Told.DUPLICATE  # It has left for the archive since.
    name, amount = name_of(fact), fact.money.amount_minor
    kept = shop.asking.park(name, to_values(fact), amount, now=now, ask_at=now + TRY_AGAIN_SECONDS)
    return Told.QUARANTINED if kept is not None and kept.is_quarantined else Told.PARKED


def _was_booked_by_an_order(shop: Shop, fact: Fact) -> bool:
    """And not merely kept for people."""
    return any(shop.orders.booked(name) not in (None, QUARANTINED) for name in booking_names(fact))


def book(shop: Shop, fact: Fact, *, now: int) -> Outcome:
    """Book one fact on its order. Raises ``UnknownReference`` or ``NotFound``: no order of ours is meant."""
    match fact:
        case PaymentFact():
            return record_payment(shop, fact, now=now)
        case RefundFact():
            return record_refund(shop, fact, now=now)
        case DisputeFact():
            return record_dispute(shop, fact, now=now)


def _told(outcome: Outcome) -> Told:
    if outcome.is_repeat:
        return Told.DUPLICATE
    if outcome.change is None:
        return Told.NO_EFFECT
    return Told.QUARANTINED if outcome.change.event in QUARANTINES else Told.APPLIED


def try_again(shop: Shop, ask: Ask, *, now: int) -> Told:
    """A parked fact's hour has come: its order may be known by now, or it has waited long enough."""
    name = ask.pk.partition("#")[2]
    kept = shop.asking.parked(name)
    if kept is None or kept.is_quarantined:
        return Told.NO_EFFECT
    fact = from_values(kept.values)
    try:
        told = _told(book(shop, fact, now=now))
    except NotYetClear:  # Its order is known: it is never given up.
        shop.asking.ask_again(ask, now + FOR_CLEARNESS_SECONDS)
        return Told.PARKED
    except (UnknownReference, NotFound):
        return _wait_or_give_up(shop, ask, fact, now - kept.parked_at, now)
    shop.asking.unpark(name)
    return told


def _wait_or_give_up(shop: Shop, ask: Ask, fact: Fact, waited: int, now: int) -> Told:
    left = shop.settings.policy.parked_seconds - waited
    if left > 0:  # Given up in time for the provider's last attempt: WeChat Pay's is four minutes past a day.
        shop.asking.ask_again(ask, now + min(max(TRY_AGAIN_SECONDS, waited), left))
        return Told.PARKED
    name = name_of(fact)
    if not movement_minor(fact):  # No money moved: there is nothing to keep.
        shop.asking.unpark(name)
        return Told.NO_EFFECT
    from shared.register.rows import of_parked  # This happens once in a blue moon.

    voucher = vouchers.nobody_knows(fact, name)
    entry = of_parked(name, provider=fact.provider, now=now)
    shop.asking.quarantine(name, voucher, booking_names(fact), entry, now=now)
    return Told.QUARANTINED


def name_of(fact: Fact) -> str:
    """Under which name it is kept: the movement of money itself, or else the event.

    What is told as a sum so far is kept under one name, the largest: the smaller ones are in it.
    """
    match fact:
        case PaymentFact(kind=PaymentKind.PAID | PaymentKind.PART):
            return paid_name(fact.provider, fact.transaction_id)
        case PaymentFact(kind=PaymentKind.REVERSED):
            return f"{fact.provider}#reversed#{fact.transaction_id}"
        case RefundFact(is_total=True):
            return f"{fact.provider}#refunded-in-all#{fact.reference}"
        case RefundFact(outcome=RefundOutcome.FAILED):
            return f"{fact.provider}#refund-failed#{fact.number}"
    return booking_names(fact)[-1]


def to_values(fact: Fact) -> dict[str, Any]:
    """The fact as the table keeps it. It names no person."""
    values = {k: v for k, v in fact._asdict().items() if v is not None} | {"money": tuple(fact.money)}
    return {"type": type(fact).__name__, **values}


def from_values(values: Mapping[str, Any]) -> Fact:
    own = {name: value for name, value in values.items() if name != "type"}
    own["money"] = Money(*own["money"])
    match values["type"]:
        case "PaymentFact":
            return PaymentFact(**own | {"kind": PaymentKind(own["kind"])})
        case "RefundFact":
            return RefundFact(**own | {"outcome": RefundOutcome(own["outcome"])})
    return DisputeFact(**own | {"kind": DisputeKind(own["kind"])})
