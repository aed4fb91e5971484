"""What may be published about returns: which goods may come back, until when, and who pays their way (RULES 9.1, 9.2).

``shared.catalogue.records`` holds the list of all kinds; what a policy means is said in
``shared.aftersale.return_policy``. Which goods go by it is narrowed by merchant, categories and member levels; two
policies that would hold for the same goods in the same way are refused (``shared.catalogue.misfits``).
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from shared.aftersale.return_policy import DAY, ReturnPolicy
from shared.catalogue.fields import OPTIONAL_CODE, Amount, Categories, Fault, Id, Merchant, Part, repeated

Kind = Literal["refund_only", "return_refund", "exchange", "repair", "price_reduction", "reship"]
AnyReason = Literal[
    "no_reason",
    "quality",
    "wrong_goods",
    "missing_goods",
    "not_as_described",
    "damaged",
    "not_received",
    "other",
]
AnyPayer = Literal["buyer", "merchant", "platform"]
USUAL = ReturnPolicy._field_defaults
WINDOW_DAYS_MAX = 365
SECONDS_MIN, SECONDS_MAX = 3600, 90 * DAY
LEVELS_MAX = 20  # As many as the platform may have.
KINDS_MAX = 6
REASONS_MAX = 7

Days = Annotated[int, Field(ge=0, le=WINDOW_DAYS_MAX, description="From the day after receipt.")]
Seconds = Annotated[int, Field(ge=SECONDS_MIN, le=SECONDS_MAX)]


def _usual(name: str) -> Any:
    """What the built-in policy says, as a record would: a list of plain text."""
    return [str(value) for value in USUAL[name]]


class ReturnPolicyRecord(Part):
    KIND: ClassVar[str] = "return_policy"
    policy_id: Id
    merchant_id: Merchant = ""
    categories: Categories = Field(default_factory=list)
    levels: Annotated[
        list[Id], Field(max_length=LEVELS_MAX, description="Member levels; empty: whoever buys.")
    ] = Field(default_factory=list)
    is_returnable: Annotated[
        bool, Field(description="false: only what is bad, wrong, missing or damaged comes back.")
    ] = True
    exclusion: Annotated[
        str,
        Field(
            pattern=OPTIONAL_CODE,
            description="Why not: intimate_wear, food, custom_made, opened_digital, ...; buyers confirm it.",
        ),
    ] = ""
    window_days: Days = USUAL["window_days"]
    quality_window_days: Days = USUAL["quality_window_days"]
    kinds: Annotated[
        list[Kind], Field(min_length=1, max_length=KINDS_MAX, description="What a buyer may ask for.")
    ] = Field(default_factory=lambda: _usual("kinds"))
    evidence_for: Annotated[
        list[AnyReason], Field(max_length=REASONS_MAX, description="These need a photo or a video.")
    ] = Field(default_factory=lambda: _usual("evidence_for"))
    freight_payer: Annotated[
        dict[AnyReason, AnyPayer],
        Field(description="Who pays the way back; usually the buyer for no_reason, else the merchant."),
    ] = Field(default_factory=dict)
    freight_max_minor: Annotated[
        Amount, Field(description="Merchant and platform pay the way back up to so much.")
    ] = USUAL["freight_max_minor"]
    decision_seconds: Annotated[
        Seconds, Field(description="The merchant's, to decide; then it is approved.")
    ] = USUAL["decision_seconds"]
    waybill_seconds: Annotated[
        Seconds, Field(description="The buyer's, to send it; then the case is over.")
    ] = USUAL["waybill_seconds"]
    inspection_seconds: Annotated[
        Seconds, Field(description="Of whoever received it; then the platform decides.")
    ] = USUAL["inspection_seconds"]
    answer_seconds: Annotated[Seconds, Field(description="The buyer's, after a refusal or a deduction.")] = (
        USUAL["answer_seconds"]
    )
    refund_promise_seconds: Annotated[Seconds, Field(description="Told to the buyer.")] = USUAL[
        "refund_promise_seconds"
    ]
    auto_approve_minor: Annotated[
        Amount,
        Field(description="Up to so much of a no-reason return or a reduction needs no merchant; 0: none."),
    ] = USUAL["auto_approve_minor"]
    is_retired: bool = False

    @property
    def id(self) -> str:
        return self.policy_id

    def faults(self) -> Iterator[Fault]:
        for name in ("categories", "levels", "kinds", "evidence_for"):
            yield from repeated(name, getattr(self, name))
        if self.is_returnable == bool(self.exclusion):
            yield Fault("exclusion", "belongs to is_returnable false, and is_returnable false needs it")
        if self.quality_window_days < self.window_days:
            yield Fault("quality_window_days", "must not be less than window_days")
