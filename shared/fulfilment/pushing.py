"""Effects towards a warehouse's system: give it a parcel, ask one back, ask how it stands, tell it what comes back.

Safe to repeat.

push       no answer yet ─► asked again, same number     accepted ─► at the warehouse   refused ─► its merchant's list
ask        its books name what has left ─► booked        finished ─► what is not among it was not found
intercept  no answer yet ─► asked how it stands          stopped ─► cancelled, refunded  not ─► "already shipped"
"""

from functools import partial

from shared.commands import Shop, carry_out
from shared.errors import Invalid, Unavailable
from shared.fulfilment.messages import read_packages
from shared.fulfilment.progress import was_pushed
from shared.fulfilment.reports import (
    Package,
    Progress,
    decide_books,
    decide_intercepted,
    decide_progress,
    decide_push_refused,
)
from shared.fulfilment.shipping import freed_names
from shared.fulfilment.warehouse import PROGRESS, SHIPPED, Answered, Wms
from shared.lifecycle import Event, ParcelState
from shared.model import Parcel, WholeOrder

STOPPED = ("cancelled",)
NOT_STOPPED = (*SHIPPED, "cancellation_rejected")


def push_parcel(shop: Shop, order_id: str, subject: str, *, now: int) -> None:
    """Give the parcel to its warehouse's system. Raises ``Unavailable``: then it may have it, or not."""
    whole, parcel = _read(shop, order_id, subject)
    if parcel is None or parcel.state is not ParcelState.PUSHING:
        return
    answer = _wms(shop, parcel).push(shop.outside, whole, parcel, shop.orders.personal(order_id), now=now)
    if answer.status == "accepted":
        progress = Progress(parcel.number, "accepted")
        carry_out(shop, order_id, partial(decide_progress, progress=progress, now=now))
    else:
        decision = partial(decide_push_refused, number=parcel.number, reason=answer.reason, now=now)
        carry_out(shop, order_id, decision)


def ask_warehouse(shop: Shop, order_id: str, subject: str, *, now: int) -> bool:
    """Book what the warehouse's books say of a parcel that it has: its messages may have got lost.

    Says whether they could be booked. Raises ``Unavailable``.
    """
    whole, parcel = _read(shop, order_id, subject)
    if parcel is None or parcel.state is not ParcelState.AT_WAREHOUSE:
        return True
    answer = _wms(shop, parcel).query(shop.outside, whole, parcel, now=now)
    if answer.status in PROGRESS:
        progress = Progress(parcel.number, answer.status)
        carry_out(shop, order_id, partial(decide_progress, progress=progress, now=now))
    sent, is_final = _sent(answer), answer.status in SHIPPED
    decision = partial(decide_books, number=parcel.number, sent=sent, is_final=is_final, now=now)
    try:
        outcome = carry_out(shop, order_id, decision)
        while outcome.change is not None:  # What has left is booked so many packages at a time.
            outcome = carry_out(shop, order_id, decision)
        if outcome.is_repeat:  # Its own message came at the same moment, or a waybill number was another's.
            names = freed_names(shop, ((one.carrier, one.waybill) for one in sent))
            outcome = carry_out(shop, order_id, partial(decision, names=names))
    except Invalid:
        return False  # They name more than there was.
    return not outcome.is_repeat


def intercept_parcel(shop: Shop, order_id: str, subject: str, *, now: int) -> None:
    """Ask the parcel back, or, after a question without an answer, how it stands. Raises ``Unavailable``."""
    whole, parcel = _read(shop, order_id, subject)
    if parcel is None or parcel.state is not ParcelState.INTERCEPTING:
        return
    answer = _asked_back(shop, _wms(shop, parcel), whole, parcel, now)
    if answer.status == "pending":
        return  # It says so by a message, or when it is asked again.
    is_stopped = answer.status in ("accepted", *STOPPED)
    decision = partial(
        decide_intercepted,
        number=parcel.number,
        is_stopped=is_stopped,
        reason=answer.reason,
        now=now,
        sent=_sent(answer) if is_stopped else (),
    )
    while (change := carry_out(shop, order_id, decision).change) and change.event is Event.PARCELS_SHIPPED:
        pass  # What had left before it was stopped is booked first.


def _sent(answer: Answered) -> tuple[Package, ...]:
    """What the warehouse's books say that has left. Raises ``Unavailable``."""
    try:
        return read_packages(list(answer.sent or ()))
    except (Invalid, TypeError) as garbled:
        raise Unavailable("the warehouse's answer is not understood") from garbled


def _asked_back(shop: Shop, wms: Wms, whole: WholeOrder, parcel: Parcel, now: int) -> Answered:
    """The warehouse's answer. Asking for it comes first: it may have decided since it was last asked."""
    known = wms.query(shop.outside, whole, parcel, now=now)
    if known.status in STOPPED:
        return Answered("accepted", known.reason, known.sent)
    if known.status in NOT_STOPPED:
        return Answered("rejected", known.reason or "already_shipped")
    answer = wms.intercept(shop.outside, whole, parcel, now=now)
    if answer.status == "unknown":
        # Pushed and asked back at once: the push may still be on its way there, so not having it proves nothing yet.
        # Nor does it ever, once the system has said that it has the parcel: then it is the question that got lost.
        proves_nothing = parcel.progress in PROGRESS or _may_still_arrive(parcel, now)
        return Answered("pending") if proves_nothing else Answered("accepted")
    return answer._replace(sent=known.sent)


PUSH_ARRIVES_SECONDS = 120  # A function's call has ended by then, whichever way.


def _may_still_arrive(parcel: Parcel, now: int) -> bool:
    return parcel.asked_since is not None and now < parcel.asked_since + PUSH_ARRIVES_SECONDS


def expect_return(shop: Shop, order_id: str, subject: str, *, now: int) -> None:
    """Tell the warehouse's system what comes back; a merchant without one sees it in its own list."""
    whole, parcel = _read(shop, order_id, subject)
    if parcel is None or parcel.state not in (ParcelState.RETURNING, ParcelState.RETURNED):
        return
    wms = shop.wms(parcel.warehouse) if was_pushed(parcel) else None
    if wms is not None:
        wms.expect(shop.outside, whole, parcel, now=now)


def _read(shop: Shop, order_id: str, subject: str) -> tuple[WholeOrder, Parcel | None]:
    whole = shop.orders.read(order_id)
    row = whole.rows.get(subject)
    return whole, row if isinstance(row, Parcel) else None


def _wms(shop: Shop, parcel: Parcel) -> Wms:
    wms = shop.wms(parcel.warehouse)
    if wms is None:
        raise Unavailable("the keys of this warehouse's system are missing")
    return wms
