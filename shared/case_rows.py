"""An after-sale case as a row of its order (售后单). Part of ``shared.model``.

All amounts are minor units of the order's one currency, all times epoch seconds UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from shared.lifecycle import CaseState

Units = Mapping[str, int]  # line number -> units


@dataclass(frozen=True, kw_only=True)
class AfterSale:
    """What a buyer asks for after shipment. Its goods left one warehouse, and come back to it."""

    machine: ClassVar[str] = "after_sale"
    number: int
    sub_order: int
    merchant_id: str
    kind: str  # of shared.aftersale.return_policy.CaseKind; an alternative that is accepted changes it.
    reason: str  # of shared.aftersale.return_policy.Reason
    state: CaseState
    opened_at: int
    units: Units = field(default_factory=dict)  # What it is about.
    sources: Mapping[str, Units] = field(default_factory=dict)  # parcel number -> those of its units
    asked_minor: int = 0  # A reduction, or a compensation: how much.
    swap: str = ""  # An exchange for another SKU of the same price; empty: for the same.
    payer: str = "buyer"  # Who pays the way back.
    waits: Mapping[str, int] = field(default_factory=dict)  # state -> seconds, as the goods' policy says
    evidence: tuple[str, ...] = ()  # Of both sides; each lies in the private bucket.
    refusal: str = ""  # Why the merchant says no,
    offers: Mapping[str, int] = field(default_factory=dict)  # and instead of what: kind -> amount, or 0
    carrier: str | None = None
    waybill: str | None = None
    sent_at: int | None = None
    misnumbered: tuple[str, ...] = ()  # Names of waybills that were entered for it before, by mistake.
    tracked_at: int | None = (
        None  # When the last thing happened that its carrier told and that meant something.
    )
    counted: Mapping[str, Units] = field(default_factory=dict)  # line number -> condition -> units
    rates: Units = field(default_factory=dict)  # line number -> per cent of their worth that goes back
    goes_back: bool = True  # Ruled: the goods must come back first.
    advance_minor: int = 0  # Paid by the platform before anybody decided.
    advance_refund: int | None = None
    refund: int | None = None  # The refund that it ended with.
    freight_minor: int = 0  # What sending it back cost its buyer, they say.
    postage_minor: int = 0  # What of that was made good, in points.
    points: int = 0  # Given besides.
    is_handed_back: bool = False  # Ruled: what came back is the buyer's still, and goes to them again.
    replacement: int | None = None  # The sub-order that makes it good.
    ruling: str = ""
    finished_at: int | None = None
    due_at: int | None = None

    @property
    def subject(self) -> str:
        return f"CASE#{self.number:02}"

    @property
    def is_open(self) -> bool:
        return self.state not in OVER

    @property
    def sends_its_own(self) -> bool:
        """Whether what goes out is what came back: repaired, or not taken back."""
        return self.kind == "repair" or self.is_handed_back

    def showing(self, evidence: tuple[str, ...]) -> tuple[str, ...]:
        """Its evidence and this, each once."""
        return tuple(dict.fromkeys((*self.evidence, *evidence)))

    def unit_count(self, line: int) -> int:
        return self.units.get(str(line), 0)


def queue_of(case: AfterSale) -> str | None:
    """The work list that an open case stands in: its merchant's, or the platform's once it was called."""
    if not case.is_open:
        return None
    return DISPUTED_QUEUE if case.state is CaseState.DISPUTED else merchant_cases(case.merchant_id)


def merchant_cases(merchant_id: str) -> str:
    return f"case:merchant:{merchant_id}"


DISPUTED_QUEUE = "case:disputed"
OVER = (CaseState.COMPLETED, CaseState.CLOSED)
SENDING_BACK = (CaseState.AWAITING_RETURN, CaseState.RETURNING)  # Its buyer, to whoever counts.


def case_id(order_id: str, number: int) -> str:
    """A case's public number.

    >>> case_id("01HF7YAT000000000000000000", 2)
    '01HF7YAT000000000000000000-C02'
    """
    return f"{order_id}-C{number:02}"
