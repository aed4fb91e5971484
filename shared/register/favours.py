"""Money for no goods above a limit needs two people (RELIABILITY 6): one asks, another one, an operator, decides.

    asked      nothing is given: an entry ``favour_waiting`` says how much, to whom, and who asked
    approved   the refund's own transaction takes the name SEEN#favour#<entry id>: given once, however often
    refused    the same name is taken by the refusal: what was refused cannot be given any more

The name decides; the entry follows it. A crash between the two leaves an entry open whose favour was given: approved
once more, it gives nothing and is closed.
"""

from typing import Any

from shared.changes import Caller, Change, Request
from shared.commands import Outcome, Shop, carry_out
from shared.errors import Forbidden, OrderError
from shared.lifecycle import Actor, Event
from shared.model import WholeOrder
from shared.payment import refunds
from shared.payment.requests import SecondPersonNeeded
from shared.policy import Action, require_order
from shared.register.acting import Acted, EntryClosed, act, register_of, require_open
from shared.register.rows import Entry, opened, short
from shared.store.writing import AlreadyBooked, AlreadyDone

FAVOUR = "favour_waiting"
APPROVE, REFUSE = "approve", "refuse"
REFUSED = "refused"  # What stands in the place of an order's number where the name was taken by a refusal.
ENTRY_SEPARATOR = "-"


def give(
    shop: Shop,
    order_id: str,
    *,
    amount_minor: int,
    sub_order: int | None,
    reason: str,
    caller: Caller,
    now: int,
    request: Request,
) -> Outcome | Acted:
    """Give a favour, or, above the limit, ask for a second person. Raises as ``refunds.refund_amount`` does."""
    wanted = {"amount": amount_minor, "sub_order": sub_order or 0, "reason": reason}
    try:
        outcome = refunds.refund_amount(
            shop,
            order_id,
            amount_minor=amount_minor,
            sub_order=sub_order,
            reason=reason,
            caller=caller,
            now=now,
            request=request,
        )
    except SecondPersonNeeded:
        return _ask(shop, order_id, wanted, caller=caller, now=now, request=request)
    if ENTRY_SEPARATOR in outcome.about:  # The key stood for a favour that waits, or waited.
        return Acted(register_of(shop).read(outcome.about), is_repeat=True)
    return outcome


def _ask(
    shop: Shop, order_id: str, wanted: dict[str, Any], *, caller: Caller, now: int, request: Request
) -> Acted:
    """Refused like the favour itself, if it could not be given; otherwise it waits. Once per request."""
    whole = shop.orders.read(order_id)
    decided = _favour(whole, wanted, caller=caller, now=now)
    told = wanted | {"currency": whole.order.currency, "asked_by": caller.id}
    if not wanted["sub_order"]:
        del told["sub_order"]
    name = f"{caller.actor}/{caller.id}/{request.key}"
    entry = opened(
        kind=FAVOUR,
        scope=order_id,
        order_id=order_id,
        subject=f"FAVOUR#{short(name, 10)}",
        version=decided.read_version,
        at=now,
        wanted=told,
    ).noted(now, "asked", caller.id, str(wanted["reason"]))
    try:
        register_of(shop).write(entry, request=request)
    except AlreadyDone as done:
        return Acted(register_of(shop).read(done.seen.about), is_repeat=True)
    return Acted(entry)


def _favour(whole: WholeOrder, wanted: dict[str, Any], *, caller: Caller, now: int) -> Change:
    require_order(caller, Action.REFUND_AMOUNT, whole)
    return refunds.decide_amount(
        whole,
        int(wanted["amount"]),
        sub_order=wanted.get("sub_order") or None,
        reason=str(wanted["reason"]),
        caller=caller,
        now=now,
    )


def decide(
    shop: Shop, entry: Entry, action: str, note: str, *, caller: Caller, now: int, request: Request
) -> Acted:
    """Approve or refuse. Raises ``Forbidden``, ``SecondPersonNeeded``, ``EntryClosed``, and what refuses a refund."""
    if caller.actor is not Actor.OPERATOR:
        raise Forbidden("operators decide on favours of this size")
    if caller.id == entry.wanted["asked_by"]:
        raise SecondPersonNeeded("who asked for a favour does not decide on it")
    if action == REFUSE:
        return _refuse(shop, entry, note, caller=caller, now=now, request=request)
    if entry.is_open:
        _give_once(shop, entry, caller=caller, now=now)

    def decision(present: Entry) -> Entry:
        require_open(present)
        return present.closed(now, by=caller.id, action=APPROVE, note=note)

    return act(shop, entry.entry_id, decision, request)


def _give_once(shop: Shop, entry: Entry, *, caller: Caller, now: int) -> None:
    """The refund itself. Once, whoever tries how often; never after a refusal."""
    token = _token(entry)

    def decision(whole: WholeOrder) -> Change:
        change = _favour(whole, dict(entry.wanted), caller=caller, now=now)
        note = {**change.note, "asked_by": str(entry.wanted["asked_by"]), "entry": entry.entry_id}
        return change._replace(once=(*change.once, token), note=note)

    if shop.orders.booked(token) is None:
        try:
            carry_out(shop, entry.order_id, decision)
        except OrderError:
            if shop.orders.booked(token) is None:  # Otherwise somebody was faster, and it is not there twice.
                raise
    if shop.orders.booked(token) == REFUSED:
        raise EntryClosed("this favour was refused", resolution=REFUSE)


def _refuse(shop: Shop, entry: Entry, note: str, *, caller: Caller, now: int, request: Request) -> Acted:
    register, token = register_of(shop), _token(entry)
    over = entry.closed(now, by=caller.id, action=REFUSE, note=note) if entry.is_open else None
    if over is None:
        return act(shop, entry.entry_id, _as_it_is, request)
    try:
        register.write(over, request=request, once=token, verdict=REFUSED)
    except AlreadyDone as done:
        return Acted(register.read(done.seen.about), is_repeat=True)
    except AlreadyBooked:
        given = register.read(entry.entry_id)
        if given.is_open:
            register.write(given.closed(now, resolved_by=Event.REFUND_REQUESTED))
        raise EntryClosed("this favour was given", resolution=APPROVE) from None
    return Acted(over)


def _as_it_is(entry: Entry) -> Entry:
    require_open(entry)
    return entry


def given_already(shop: Shop, entry: Entry) -> bool:
    """Whether the favour that *entry* waits for was given, and only the entry does not know."""
    return shop.orders.booked(_token(entry)) == entry.order_id


def _token(entry: Entry) -> str:
    return f"favour#{entry.entry_id}"
