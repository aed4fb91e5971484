"""May the buyer ask for this? Everything that stands in the way, at once, each with its reason (RULES 9.1-9.3).

What counts is the policy that was pinned on the line when it was bought. A window begins when the goods are received;
before that nothing is too late. Units that another case is about cannot be asked for twice.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.aftersale.return_policy import (
    BUILT_IN,
    GOODS_BACK,
    QUALITY_REASONS,
    SENDS_GOODS,
    CaseKind,
    Reason,
    ReturnPolicy,
    window_ends,
)
from shared.aftersale.worth import paid_for
from shared.lifecycle import CaseState, ParcelState, SubOrderState
from shared.model import AfterSale, Line, Parcel, SubOrder, WholeOrder
from shared.ordering.checks import Problem
from shared.splitting.whereabouts import ON_ITS_WAY

SHIPPED = (SubOrderState.AWAITING_RECEIPT, SubOrderState.DELIVERED, SubOrderState.COMPLETED)
WITH_THE_BUYER = (ParcelState.DELIVERED, ParcelState.RECEIVED)
NOTHING_CAME = (Reason.NOT_RECEIVED, Reason.MISSING_GOODS)  # What did not come cannot be sent back.


class Asked(NamedTuple):
    """What a buyer asks for: units of one sub-order, by line number."""

    sub_order: int
    kind: CaseKind
    reason: Reason
    units: Mapping[int, int]
    asked_minor: int = 0  # Only for a reduction: how much.
    swap: str = ""  # Only for an exchange: for which SKU; empty: the same again.
    evidence: tuple[str, ...] = ()


def policy_of(whole: WholeOrder, line: Line) -> ReturnPolicy:
    """The return policy that was pinned on *line*; what was pinned on none is as the built-in one says."""
    stored = whole.snapshot.returns.get(line.return_policy)
    return BUILT_IN if stored is None else ReturnPolicy.of(stored)


def problems_of(whole: WholeOrder, asked: Asked, *, now: int) -> Iterator[Problem]:
    """Why *asked* cannot be asked for. The sub-order is the caller's, and exists."""
    sub_order = whole.sub_orders[asked.sub_order - 1]
    lines = {line.number: line for line in whole.lines_of(sub_order)}
    if sub_order.state not in SHIPPED:
        yield Problem("case_too_early", "/sub_order", {"state": sub_order.state})
        return
    known = [(index, lines[n]) for index, n in enumerate(asked.units) if n in lines]
    for index, number in enumerate(asked.units):
        if number not in lines:
            yield Problem("line_not_bought", f"/lines/{index}/line", {"line": number})
    for index, line in known:
        yield from _line_problems(whole, sub_order, line, asked, index, now)
    yield from _request_problems(whole, sub_order, asked, [line for _, line in known])


def _line_problems(
    whole: WholeOrder, sub_order: SubOrder, line: Line, asked: Asked, index: int, now: int
) -> Iterator[Problem]:
    at, policy = f"/lines/{index}", policy_of(whole, line)
    left = len_of(available(whole, line, kind=asked.kind))
    if asked.units[line.number] > left:
        yield Problem("more_than_bought", f"{at}/quantity", {"line": line.number, "left": left})
    if asked.kind not in policy.kinds:
        yield Problem("kind_not_offered", f"{at}/line", {"line": line.number, "offered": list(policy.kinds)})
    is_excluded = not policy.is_returnable and asked.reason is Reason.NO_REASON
    if is_excluded and asked.kind is not CaseKind.PRICE_REDUCTION:
        yield Problem("not_returnable", f"{at}/line", {"line": line.number, "exclusion": policy.exclusion})
    ended_at = window_of(sub_order, policy, asked.reason)
    if ended_at is not None and now >= ended_at:
        details = {"line": line.number, "days": policy.window_of(asked.reason), "ended_at": ended_at}
        yield Problem("window_over", f"{at}/line", details)
    if asked.reason in policy.evidence_for and not asked.evidence:
        yield Problem("evidence_missing", "/evidence", {"line": line.number})


def _request_problems(
    whole: WholeOrder, sub_order: SubOrder, asked: Asked, lines: list[Line]
) -> Iterator[Problem]:
    if asked.reason in NOTHING_CAME and asked.kind in GOODS_BACK:
        yield Problem("reason_does_not_fit", "/reason", {"kind": asked.kind})
    if asked.reason is Reason.NOT_RECEIVED and sub_order.state is SubOrderState.COMPLETED:
        yield Problem("reason_does_not_fit", "/reason", {"state": sub_order.state})
    if asked.kind is CaseKind.PRICE_REDUCTION:
        units = {line.number: asked.units[line.number] for line in lines}
        most = paid_for(whole, units)
        if not 0 < asked.asked_minor < most:
            yield Problem("reduction_too_large", "/amount", {"maximum": max(most - 1, 0)})
    elif asked.asked_minor:
        yield Problem("reason_does_not_fit", "/amount", {"kind": asked.kind})
    if asked.swap and (asked.kind is not CaseKind.EXCHANGE or len(lines) > 1):
        yield Problem("reason_does_not_fit", "/swap", {"kind": asked.kind})


def window_of(sub_order: SubOrder, policy: ReturnPolicy, reason: str) -> int | None:
    """When it is too late; None: the goods have not been received, so the window has not begun."""
    if sub_order.completed_at is None:
        return None
    return window_ends(sub_order.completed_at, policy.window_of(reason))


class Source(NamedTuple):
    """Units of one line that left in one parcel, and may be asked for."""

    parcel: Parcel
    line: int
    units: int


def available(whole: WholeOrder, line: Line, *, kind: CaseKind) -> list[Source]:
    """Where the units of *line* are that a case of this *kind* can be about; the buyer's own before those on their way.

    What was refunded, exchanged, or is asked for already is not among them.
    """
    states = WITH_THE_BUYER if kind in GOODS_BACK else (*WITH_THE_BUYER, *ON_ITS_WAY)
    sub_order = whole.sub_orders[line.sub_order - 1]
    found = []
    for parcel in sorted(whole.parcels_of(sub_order), key=lambda p: (p.state in ON_ITS_WAY, p.number)):
        units = parcel.contents.get(str(line.number), 0) - asked_for(whole, parcel, line.number)
        if parcel.state in states and units > 0:
            found.append(Source(parcel, line.number, units))
    return found


def asked_for(whole: WholeOrder, parcel: Parcel, line: int) -> int:
    """Units of *line* in *parcel* that an open case is about. What a case took from its buyer is in no parcel."""
    return sum(
        case.sources.get(str(parcel.number), {}).get(str(line), 0)
        for case in whole.cases
        if holds_units(case)
    )


def holds_units(case: AfterSale) -> bool:
    """Whether nobody else may ask for its units: it is open, and they are in their parcels still."""
    return case.is_open and case.state is not CaseState.REPLACING


def len_of(sources: list[Source]) -> int:
    return sum(source.units for source in sources)


def is_quality(reason: str) -> bool:
    return reason in QUALITY_REASONS


def may_send(kind: str) -> bool:
    return kind in SENDS_GOODS
