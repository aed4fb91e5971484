"""Of a part of which nothing is kept: does its freight go back, or has its merchant earned it?

Earned, if everything that came back did so because the buyer did not want it. One parcel, or one case, that was not the
buyer's doing is enough, whichever ended last; what was sent out again counts with what it makes good.
"""

from collections.abc import Iterator

from shared.aftersale.return_policy import CaseKind, Reason
from shared.lifecycle import CaseState, ParcelState
from shared.model import AfterSale, SubOrder, WholeOrder

THE_BUYERS = (Reason.NO_REASON, Reason.OTHER)  # Reasons of a case.
NOT_THE_BUYERS = ("damaged", "wrong_goods", "not_as_described")  # Reasons of a refused delivery.
BACK = (ParcelState.CAME_BACK, ParcelState.INCOMPLETE, ParcelState.WRITTEN_OFF)
HAS_TAKEN = (CaseState.COMPLETED, CaseState.REPLACING)


def is_freight_earned(whole: WholeOrder, sub_order: SubOrder, case: int | None = None) -> bool:
    """Whether the merchant keeps it. *case*: the one that is about to end."""
    found = list(_wishes(whole, sub_order, case))
    return bool(found) and all(found)


def _wishes(whole: WholeOrder, sub_order: SubOrder, ending: int | None) -> Iterator[bool]:
    """Of everything that came back, or was paid back: was it the buyer's wish?"""
    root = sub_order.replaces or sub_order.number
    family = {s.number for s in whole.sub_orders if root in (s.number, s.replaces)}
    cases = [case for case in whole.cases if case.sub_order in family and _counts(case, ending)]
    yield from (case.reason in THE_BUYERS for case in cases)
    for parcel in whole.parcels:
        if parcel.sub_order in family and parcel.state in BACK and not parcel.is_given_up:
            yield bool(parcel.refused) and parcel.refused not in NOT_THE_BUYERS


def _counts(case: AfterSale, ending: int | None) -> bool:
    return case.kind != CaseKind.COMPENSATION and (case.state in HAS_TAKEN or case.number == ending)
