"""What warehouses report of parcels, as events of the order. Pure decisions; told twice, they change nothing.

progress             the parcel is at the warehouse: accepted, being picked, packed
packages             goods have left, each package under its own waybill; a package that is only part of a parcel
                     becomes a parcel of its own
  and it is final    what was not among them was not found (short pick): written off, cancelled, refunded
stopped, or not      the answer to an intercept
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from shared.aftersale.cancellation import cancel_units
from shared.changes import Change, Draft
from shared.errors import Invalid
from shared.fulfilment.progress import REFUSED, facts_of
from shared.fulfilment.shipping import hand_over, refuse_used, step_shipped, take_out, waybill_name
from shared.fulfilment.warehouse import PROGRESS, caller_of
from shared.lifecycle import Event, Fact, ParcelState
from shared.model import Parcel, WholeOrder
from shared.splitting.shares import share_anew
from shared.splitting.whereabouts import gone_before

AT_IT = (ParcelState.PUSHING, ParcelState.AT_WAREHOUSE, ParcelState.INTERCEPTING)
PARCELS_OF_AN_ORDER_MAX = 999  # Their numbers have three digits, on the wire and in front of customs.
# Each becomes a parcel: what one transaction can still write beside everything else.
PACKAGES_AT_ONCE_MAX = 20
# What was in these when they left is not in them any more.
COUNTED = (ParcelState.CAME_BACK, ParcelState.INCOMPLETE, ParcelState.WRITTEN_OFF)
ONLY_PART = "warehouse:partial"  # The cut of a package that was sent ahead of the rest.


Names = Mapping[tuple[str, str], str]  # (carrier, waybill) -> under which name it is booked
NO_NAMES: Names = MappingProxyType({})


class Progress(NamedTuple):
    parcel: int
    said: str  # of PROGRESS


class Package(NamedTuple):
    carrier: str
    waybill: str
    contents: Mapping[str, int]  # line number -> units


class Confirmation(NamedTuple):
    """*names*: of numbers that had been another parcel's by mistake, how they are booked."""

    parcel: int
    packages: tuple[Package, ...]
    is_final: bool
    names: Names = NO_NAMES


def parcel_numbered(whole: WholeOrder, number: int) -> Parcel:
    return next(parcel for parcel in whole.parcels if parcel.number == number)


def decide_progress(
    whole: WholeOrder, *, progress: Progress, now: int, once: tuple[str, ...] = ()
) -> Change | None:
    """Only forward: a late "accepted" after "packed" says nothing. While it is asked back, nothing moves it."""
    parcel = parcel_numbered(whole, progress.parcel)
    if parcel.state not in (ParcelState.PUSHING, ParcelState.AT_WAREHOUSE):
        return None
    known = PROGRESS.index(parcel.progress) if parcel.progress in PROGRESS else -1
    if parcel.state is ParcelState.AT_WAREHOUSE and PROGRESS.index(progress.said) <= known:
        return None
    caller = caller_of(parcel.warehouse)
    draft = Draft(whole, event=Event.PARCEL_PROGRESSED, caller=caller, now=now)
    draft.only_once(*once)
    draft.move(parcel, Event.PARCEL_PROGRESSED, progress=progress.said)
    return draft.finish(about=parcel.subject, note={"progress": progress.said})


def decide_push_refused(whole: WholeOrder, *, number: int, reason: str, now: int) -> Change | None:
    """The warehouse will not have it: it stands on its merchant's own list, with the reason."""
    parcel = parcel_numbered(whole, number)
    if parcel.state is not ParcelState.PUSHING:
        return None
    draft = Draft(whole, event=Event.PUSH_REFUSED, caller=caller_of(parcel.warehouse), now=now)
    draft.move(parcel, Event.PUSH_REFUSED, progress=f"{REFUSED}{reason}")
    return draft.finish(about=parcel.subject, note={"reason": reason or "unknown"})


def decide_intercepted(
    whole: WholeOrder,
    *,
    number: int,
    is_stopped: bool,
    reason: str,
    now: int,
    once: tuple[str, ...] = (),
    sent: tuple[Package, ...] = (),
) -> Change | None:
    """The warehouse's answer: the parcel's units go back on the shelf and are refunded, or it goes on.

    *sent*: what its books say that has left. What we have not heard of is booked first, without *once*, for the answer
    has overtaken its message; then this is asked again.
    """
    parcel = parcel_numbered(whole, number)
    if parcel.state is not ParcelState.INTERCEPTING:
        return None
    unheard = tuple(package for package in sent if not is_known(whole, parcel, package))
    if is_stopped and unheard:
        told = Confirmation(number, unheard[:PACKAGES_AT_ONCE_MAX], is_final=False)
        return decide_confirmation(whole, confirmation=told, now=now)
    event = Event.INTERCEPT_ACCEPTED if is_stopped else Event.INTERCEPT_REJECTED
    draft = Draft(whole, event=event, caller=caller_of(parcel.warehouse), now=now)
    draft.only_once(*once)
    about = parcel.subject
    if is_stopped:
        about = stop(draft, parcel, now=now)
    else:
        draft.move(parcel, event)
        sub_order = draft.whole.sub_orders[parcel.sub_order - 1]
        facts = facts_of(draft.whole, sub_order) & {Fact.STILL_ASKING}
        draft.move(sub_order, event, facts)
    return draft.finish(about=about, note={"reason": reason} if reason else {})


def stop(draft: Draft, parcel: Parcel, *, now: int) -> str:
    """Its warehouse does not send *parcel*: back on the shelf, refunded. Returns the refund's subject."""
    event = Event.INTERCEPT_ACCEPTED
    take_out(draft, "release", parcel.warehouse, parcel.contents)
    draft.move(parcel, event)
    units = {int(line): count for line, count in parcel.contents.items()}
    return cancel_units(draft, units, event=event, reason=parcel.reason, now=now, parcel=parcel)


def decide_confirmation(
    whole: WholeOrder, *, confirmation: Confirmation, now: int, once: tuple[str, ...] = ()
) -> Change | None:
    """Goods have left. Raises ``Invalid`` for units that are not in the parcel, or a waybill that is another's."""
    parcel = parcel_numbered(whole, confirmation.parcel)
    packages = confirmation.packages
    if parcel.state not in AT_IT:
        if packages:
            raise Invalid("nothing of this parcel is at the warehouse any more", state=parcel.state)
        return None  # All of it had left with an earlier message.
    rest = _rest(parcel, packages)
    if not packages and not (confirmation.is_final and rest):
        return None
    refuse_used(whole, ((p.carrier, p.waybill) for p in packages), leaving_now=())
    missing = rest if confirmation.is_final else {}
    has_more_to_come = bool(rest) and not confirmation.is_final
    made = len(packages) if has_more_to_come else len(packages) - 1  # The last one is the parcel itself.
    if made > 0 and len(whole.parcels) + made > PARCELS_OF_AN_ORDER_MAX:
        raise Invalid("more packages than an order can have", maximum=PARCELS_OF_AN_ORDER_MAX)
    event = Event.PARCELS_SHIPPED if packages else Event.GOODS_MISSING
    draft = Draft(whole, event=event, caller=caller_of(parcel.warehouse), now=now)
    draft.only_once(*once)
    about = _lose(draft, parcel, missing, is_all=not packages, now=now) if missing else parcel.subject
    if packages:
        _send(draft, confirmation, rest if not confirmation.is_final else {}, now)
    note = {"packages": len(packages), "missing": sum(missing.values())}
    return draft.finish(about=about, note={name: count for name, count in note.items() if count})


def decide_books(
    whole: WholeOrder,
    *,
    number: int,
    sent: tuple[Package, ...],
    is_final: bool,
    now: int,
    names: Names = NO_NAMES,
) -> Change | None:
    """What the warehouse's books name, as if it had told us: some packages at a time, the last word last.

    *is_final*: it is finished with the parcel. None: there is nothing that we do not know.
    """
    parcel = parcel_numbered(whole, number)
    if parcel.state not in AT_IT:
        return None
    unheard = tuple(package for package in sent if not is_known(whole, parcel, package))
    first = unheard[:PACKAGES_AT_ONCE_MAX]
    told = Confirmation(number, first, is_final and len(first) == len(unheard), names)
    return decide_confirmation(whole, confirmation=told, now=now)


def is_known(whole: WholeOrder, parcel: Parcel, package: Package) -> bool:
    """Whether *package* left before: as the parcel itself, or as the part of it that was sent ahead."""
    return any(
        (known.carrier, known.waybill) == (package.carrier, package.waybill)
        and (known.contents == package.contents or known.state in COUNTED)
        for known in whole.parcels
        if known.number == parcel.number or (ONLY_PART in known.cuts and known.sub_order == parcel.sub_order)
    )


def _rest(parcel: Parcel, packages: tuple[Package, ...]) -> dict[str, int]:
    """What of *parcel* is in none of *packages*."""
    rest = dict(parcel.contents)
    for package in packages:
        if not package.contents or min(package.contents.values()) < 1:
            raise Invalid("a package holds at least one unit", waybill=package.waybill)
        for number, units in package.contents.items():
            if rest.get(number, 0) < units:
                raise Invalid(
                    "more units than there are in the parcel", line=int(number), left=rest.get(number, 0)
                )
            rest[number] -= units
    return {number: units for number, units in rest.items() if units}


def _lose(draft: Draft, parcel: Parcel, missing: Mapping[str, int], *, is_all: bool, now: int) -> str:
    """Units that the warehouse did not find: written off, cancelled and refunded. Returns the refund's subject."""
    take_out(draft, "miss", parcel.warehouse, missing)
    if is_all:
        draft.move(parcel, Event.GOODS_MISSING)
    else:
        kept = {n: units - missing.get(n, 0) for n, units in parcel.contents.items()}
        draft.change(parcel, contents={n: units for n, units in kept.items() if units})
    units = {int(number): count for number, count in missing.items()}
    event = Event.GOODS_MISSING
    return cancel_units(draft, units, event=event, reason="goods_missing", now=now, parcel=parcel)


def _send(draft: Draft, confirmation: Confirmation, rest: Mapping[str, int], now: int) -> None:
    """The last package of a parcel that is not split further is the parcel itself; every other one is a new parcel."""
    packages, names = confirmation.packages, confirmation.names
    parcel = parcel_numbered(draft.whole, confirmation.parcel)
    sent = {n: units - rest.get(n, 0) for n, units in parcel.contents.items() if units > rest.get(n, 0)}
    take_out(draft, "ship", parcel.warehouse, sent)
    ahead = packages if rest else packages[:-1]
    for package in ahead:
        parcel = _split_off(draft, parcel, package, _booked_as(package, names), now)
    if rest:
        progress = (
            parcel.progress or PROGRESS[0]
        )  # A system that sends some of it has it, whether it said so or not.
        draft.move(parcel, Event.PARCELS_SHIPPED, {Fact.MORE_TO_COME}, progress=progress)
    else:
        last = packages[-1]
        hand_over(draft, parcel, last.carrier, last.waybill, now=now, name=_booked_as(last, names))
    step_shipped(draft, parcel.sub_order, now=now)
    sub_order = draft.whole.sub_orders[parcel.sub_order - 1]
    share_anew(draft, sub_order)


def _booked_as(package: Package, names: Names) -> str:
    return names.get((package.carrier, package.waybill)) or waybill_name(package.carrier, package.waybill)


def _split_off(draft: Draft, parcel: Parcel, package: Package, name: str, now: int) -> Parcel:
    """Make *package* a parcel of its own. Returns *parcel* with what is left in it."""
    sent = replace(
        parcel,
        number=len(draft.whole.parcels) + 1,
        state=ParcelState.IN_TRANSIT,
        contents=dict(package.contents),
        goods_minor=0,
        freight_minor=0,
        cuts=(*parcel.cuts, ONLY_PART),
        cost_minor=0,  # What it was reckoned to cost stays with the parcel that was planned.
        grams=0,
        cm3=0,
        progress="packed",
        carrier=package.carrier,
        waybill=package.waybill.upper(),
        shipped_at=now,
        after=gone_before(draft.whole, parcel.warehouse, package.contents),
        due_at=None,
    )
    draft.create(sent, Event.PARCELS_SHIPPED)
    draft.only_once(name)
    left = {number: units - package.contents.get(number, 0) for number, units in parcel.contents.items()}
    return draft.change(parcel, contents={number: units for number, units in left.items() if units})
