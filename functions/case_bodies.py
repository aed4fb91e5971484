"""What callers send about after-sale cases. Amounts are minor units of the order's currency."""

from typing import Annotated

from pydantic import Field

from functions.case_views import KNOWN_KINDS
from functions.http import Strict
from shared.aftersale import cases
from shared.aftersale.cases import LINES_MAX
from shared.aftersale.return_policy import Payer, Reason
from shared.context import ID_PATTERN
from shared.money import AMOUNT_MAX

Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="A code, never free text.")]
LineNumber = Annotated[int, Field(ge=1, le=999)]
Units = Annotated[int, Field(ge=1, le=9999)]
Found = Annotated[int, Field(ge=0, le=9999)]
Rate = Annotated[int, Field(ge=0, le=100, description="Per cent of their worth.")]


EvidenceIds = Annotated[
    list[Annotated[str, Field(pattern=rf"^{ID_PATTERN}$")]],
    Field(
        max_length=9, default_factory=list, description="Uploaded before: POST /orders/{order_id}/evidence."
    ),
]


class AskedLine(Strict):
    line: LineNumber
    quantity: Units


class RequestBody(Strict):
    """What a buyer asks for, for units of one merchant's part."""

    sub_order: Annotated[int, Field(ge=1, le=99)]
    kind: Annotated[str, Field(pattern=f"^({'|'.join(KNOWN_KINDS)})$")]
    reason: Annotated[str, Field(pattern=f"^({'|'.join(Reason)})$")]
    lines: Annotated[list[AskedLine], Field(min_length=1, max_length=LINES_MAX)]
    amount: Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="Of a reduction: minor units.")] = 0
    swap: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z._ -]{0,40}$", description="An exchange for this SKU instead.")
    ] = ""
    evidence: EvidenceIds


class WaybillBody(Strict):
    carrier: Annotated[str, Field(pattern=r"^[0-9a-z_-]{1,30}$")]
    waybill: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{4,40}$")]
    freight: Annotated[
        int,
        Field(
            ge=0,
            le=AMOUNT_MAX,
            description="What sending it cost: made good in points where another pays, up to the policy's most.",
        ),
    ] = 0


class AcceptanceBody(Strict):
    """Which alternative; left out to agree with what the inspection takes off."""

    kind: Annotated[str, Field(pattern=f"^({'|'.join(cases.ALTERNATIVES)})?$")] = ""


class NothingBody(Strict):
    pass


class EscalationBody(Strict):
    reason: Code
    evidence: EvidenceIds


class OfferBody(Strict):
    kind: Annotated[str, Field(pattern=f"^({'|'.join(cases.ALTERNATIVES)})$")]
    amount: Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="Of a reduction: minor units.")] = 0


class DecisionBody(Strict):
    """Yes; or no, with a reason and at least one alternative."""

    approve: bool
    reason: Annotated[str, Field(pattern=r"^[a-z_]{0,40}$")] = ""
    alternatives: Annotated[list[OfferBody], Field(max_length=len(cases.ALTERNATIVES), default_factory=list)]
    evidence: EvidenceIds


class InspectedLine(Strict):
    line: LineNumber
    good: Found = 0
    defect: Found = 0
    scrap: Found = 0
    rate_pct: Rate = 100


class InspectionBody(Strict):
    """What was in the parcel, by grade. What is not named was not in it."""

    lines: Annotated[list[InspectedLine], Field(min_length=1, max_length=LINES_MAX)]
    reason: Annotated[str, Field(pattern=r"^[a-z_]{0,40}$", description="Why not all of it goes back.")] = ""


class AdvanceBody(Strict):
    """What the platform pays the buyer before anybody has decided: at most what the case is about."""

    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX, description="minor units of the order's currency")]


class RulingBody(Strict):
    rate_pct: Rate
    goods_back: bool
    freight_payer: Annotated[str, Field(pattern=f"^({'|'.join(Payer)})$")]
    reason: Code
    as_asked: Annotated[bool, Field(description="An exchange or a repair stays one.")] = False
    evidence: EvidenceIds


class EvidenceBody(Strict):
    """More of it, uploaded before: POST /orders/{order_id}/evidence, or of a merchant POST
    /merchant/sub-orders/{sub_order_id}/evidence."""

    evidence: Annotated[
        list[Annotated[str, Field(pattern=rf"^{ID_PATTERN}$")]], Field(min_length=1, max_length=9)
    ]
