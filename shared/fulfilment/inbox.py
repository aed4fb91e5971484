"""What becomes of a warehouse's message: booked once, on the order that it is about, whoever else has told of it.

    applied     the order has changed         duplicate   this event was booked before
    no_effect   it says what was known        refused     nothing was written; it may come again

A parcel of another warehouse is answered like one that does not exist. A final confirmation that leaves units out says
that they were not found, unless it has overtaken an earlier message: the warehouse is asked what it has sent before
anything is written off. So it is when it says that it has stopped a parcel, before anything is released and refunded.
"""

from functools import partial

from shared.changes import Change
from shared.commands import Outcome, Shop, carry_out
from shared.engine import decide
from shared.errors import Invalid, Malformed, NotFound, NotYetClear, OrderError, Unavailable
from shared.fulfilment.case_inbox import hear_of_case
from shared.fulfilment.messages import Arrived, Inspected, Message, Stopped, Told, read_packages
from shared.fulfilment.reports import (
    AT_IT,
    NO_NAMES,
    PACKAGES_AT_ONCE_MAX,
    Confirmation,
    Names,
    Package,
    Progress,
    decide_confirmation,
    decide_intercepted,
    decide_progress,
    is_known,
)
from shared.fulfilment.returning import Counted, decide_return
from shared.fulfilment.shipping import freed_names
from shared.fulfilment.warehouse import SECONDS, SHIPPED, Place, caller_of, fulfilment_id, signature
from shared.lifecycle import Event, ParcelState
from shared.model import Parcel, WholeOrder
from shared.strict_json import read_object

OK = 200


class _LeavesOut(Exception):
    """A final confirmation names fewer units than the parcel holds, or it was stopped: is that all that was sent?"""

    def __init__(self, whole: WholeOrder, parcel: Parcel) -> None:
        super().__init__("ask the warehouse")
        self.whole, self.parcel = whole, parcel


def receive(shop: Shop, warehouse: str, message: Message, *, now: int) -> Told:
    """Book what an authentic *message* of *warehouse* says.

    Raises ``NotFound``, ``Invalid`` and ``TransitionRefused`` where it does not fit the parcel; ``Conflict``,
    ``Unavailable`` and ``NotYetClear`` where it must come again.
    """
    if isinstance(message.said, Arrived | Inspected):
        return hear_of_case(
            shop, warehouse, message.place, message.said, mark=_mark(warehouse, message), now=now
        )
    try:
        return _booked(shop, warehouse, message, sent=None, now=now)
    except _LeavesOut as short:
        is_over = not isinstance(message.said, Stopped)
        sent = _asked(shop, warehouse, short.whole, short.parcel, is_over=is_over, now=now)
        return _booked(shop, warehouse, message, sent=sent, now=now)


def _booked(
    shop: Shop, warehouse: str, message: Message, *, sent: tuple[Package, ...] | None, now: int
) -> Told:
    mark = _mark(warehouse, message)
    decision = partial(_decided, warehouse=warehouse, message=message, sent=sent, mark=mark, now=now)
    try:
        outcome = carry_out(shop, message.place.order_id, decision)
        if outcome.is_repeat and shop.orders.booked(mark) is None:
            # Another message told of one of these packages, just now: what is left of this one? Or it bears a number
            # that had been another parcel's, by mistake.
            decision = partial(decision, names=_freed(shop, message, sent or ()))
            outcome = carry_out(shop, message.place.order_id, decision)
        while outcome.change is not None and mark not in outcome.change.once:
            outcome = carry_out(
                shop, message.place.order_id, decision
            )  # What had left before is booked: now this.
    except Unavailable:
        raise
    except OrderError:  # It may be the second delivery of one that was booked: then it does not fit any more.
        if shop.orders.booked(mark) == message.place.order_id:
            return Told.DUPLICATE
        raise
    return _told(shop, message, mark, outcome)


def _mark(warehouse: str, message: Message) -> str:
    """Under which name a message is booked: once, ever."""
    return f"wms:{warehouse}:{message.event_id}"


def _freed(shop: Shop, message: Message, sent: tuple[Package, ...]) -> Names:
    said = message.said.packages if isinstance(message.said, Confirmation) else ()
    return freed_names(shop, ((one.carrier, one.waybill) for one in (*said, *sent)))


def _told(shop: Shop, message: Message, mark: str, outcome: Outcome) -> Told:
    if outcome.change is not None:
        return Told.APPLIED
    booked_in = shop.orders.booked(mark)
    if booked_in == message.place.order_id:
        return Told.DUPLICATE
    if booked_in is not None:
        raise _misfit("/event_id", "stood for a message about another order")
    if outcome.is_repeat:
        raise _misfit("/packages", "names a waybill number that is another parcel's")
    return Told.NO_EFFECT


def _misfit(at: str, reason: str) -> Invalid:
    return Invalid("the message does not fit", fields=[{"at": at, "in": "body", "reason": reason}])


def _decided(
    whole: WholeOrder,
    *,
    warehouse: str,
    message: Message,
    sent: tuple[Package, ...] | None,
    mark: str,
    now: int,
    names: Names = NO_NAMES,
) -> Change | None:
    parcel, said, once = _parcel(whole, message.place, warehouse), message.said, (mark,)
    if isinstance(said, Progress):
        return decide_progress(whole, progress=said, now=now, once=once)
    if isinstance(said, Stopped):
        if said.is_stopped and parcel.state is ParcelState.INTERCEPTING and sent is None:
            raise _LeavesOut(whole, parcel)  # It may have overtaken a message of what had left before.
        return decide_intercepted(
            whole,
            number=parcel.number,
            is_stopped=said.is_stopped,
            reason=said.reason,
            now=now,
            once=once,
            sent=sent or (),
        )
    if isinstance(said, Confirmation):
        fresh = _fresh(whole, parcel, said, sent)
        return fresh and decide_confirmation(
            whole, confirmation=fresh._replace(names=names), now=now, once=once
        )
    assert isinstance(said, Counted), "what is told of cases is heard elsewhere"
    caller = caller_of(warehouse)
    decide(
        "parcel", parcel.state, Event.RETURN_RECEIVED, caller.actor
    )  # What was counted is not counted again.
    return decide_return(whole, said, caller=caller, now=now, once=once)


def _parcel(whole: WholeOrder, place: Place, warehouse: str) -> Parcel:
    """The parcel that is meant. Raises ``NotFound``, in one form for whatever is not this warehouse's."""
    found = (p for p in whole.parcels if (p.number, p.sub_order) == (place.parcel, place.sub_order))
    parcel = next(found, None)
    if parcel is None or parcel.warehouse != warehouse:
        raise NotFound("no such order")
    return parcel


def _fresh(
    whole: WholeOrder, parcel: Parcel, said: Confirmation, sent: tuple[Package, ...] | None
) -> Confirmation | None:
    """What *said*, and the warehouse's books, tell of packages that we do not know yet; None: nothing.

    Raises ``_LeavesOut`` for a final one that leaves units out, as long as the books were not asked.
    """
    named = {(p.carrier, p.waybill) for p in said.packages}
    told = (*said.packages, *(p for p in sent or () if (p.carrier, p.waybill) not in named))
    packages = tuple(package for package in told if not is_known(whole, parcel, package))
    is_final = said.is_final and parcel.state in AT_IT
    if not packages and not is_final:
        return None
    if len(packages) > PACKAGES_AT_ONCE_MAX:
        raise NotYetClear("too many packages are missing: what was sent first comes first")
    units = sum(count for package in packages for count in package.contents.values())
    if is_final and units < sum(parcel.contents.values()) and sent is None:
        raise _LeavesOut(whole, parcel)
    return Confirmation(parcel.number, packages, said.is_final)


def _asked(
    shop: Shop, warehouse: str, whole: WholeOrder, parcel: Parcel, *, is_over: bool, now: int
) -> tuple[Package, ...]:
    """What the warehouse's books say that it has sent. Raises ``Unavailable``; ``NotYetClear``, where it shall be over
    and they do not say so.
    """
    keys, number = shop.partners().warehouses[warehouse], fulfilment_id(whole.order.order_id, parcel)
    headers = {"idempotency-key": number, "ordercycle-signature": signature(keys.secrets[0], b"", now)}
    url = f"{keys.url}/fulfillments/{number}"
    answer = shop.outside.http("GET", url, headers=headers, body=b"", seconds=SECONDS)
    try:
        document = read_object(answer.body)
        packages = read_packages(document.get("packages"))
    except (Malformed, Invalid) as garbled:
        raise Unavailable("the warehouse's answer is not understood") from garbled
    if answer.status != OK or (is_over and document.get("status") not in SHIPPED):
        raise NotYetClear("the warehouse's books do not say that it is finished")
    return packages
