"""What may be published: one model per kind, and what must hold between a record's fields (``faults``).

``shared.catalogue.reading`` is the way in. What a record means at checkout is said in ``shared.ordering.terms``;
``shared.catalogue.live`` takes it there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from shared.catalogue.contract_records import ContractRecord
from shared.catalogue.fields import (
    CATEGORY,
    MEMBER_ID,
    OPTIONAL_COUNTRY,
    OPTIONAL_HS_CODE,
    OPTIONAL_NAME,
    OPTIONAL_TEXT,
    SECONDS_MAX,
    SKU,
    WHOLE_MAX,
    Amount,
    Categories,
    Category,
    Country,
    Currency,
    Destination,
    Fault,
    Grams,
    Id,
    Merchant,
    Part,
    Rate,
    Share,
    Skus,
    Text,
    Time,
    repeated,
)
from shared.catalogue.return_records import ReturnPolicyRecord
from shared.catalogue.shipping_records import CarrierServiceRecord, SeparationRecord, WarehouseRecord
from shared.goods import Flag
from shared.money import AMOUNT_MAX
from shared.settings import Policy

Step = Literal["promotion", "shop", "platform", "points"]
AnyFlag = Literal[
    "deferred", "presale", "made_to_order", "cross_border", "perishable", "full_price", "limited", "hazard"
]


class SkuRecord(Part):
    KIND: ClassVar[str] = "sku"
    sku: Annotated[str, Field(pattern=SKU)]
    name: Text
    merchant_id: Id
    unit_price_minor: Annotated[int, Field(ge=1, le=AMOUNT_MAX, description="minor units")]
    currency: Currency
    is_on_sale: bool = True
    weight_grams: Grams
    volume_cm3: Annotated[int, Field(ge=0, le=100 * WHOLE_MAX)]
    category: Category
    spec: Annotated[str, Field(pattern=OPTIONAL_TEXT, max_length=200)] = ""
    size_class: Annotated[
        str, Field(pattern=CATEGORY, description="bulky (大件) never shares a parcel with any other class.")
    ] = "small"
    flags: Annotated[list[AnyFlag], Field(max_length=len(Flag))] = Field(default_factory=list)
    limit_per_buyer: Annotated[int, Field(ge=0, le=9999)] = 0
    ships_at: Time | None = None
    hs_code: Annotated[str, Field(pattern=OPTIONAL_HS_CODE, description="Of China's customs tariff.")] = ""
    origin: Annotated[str, Field(pattern=OPTIONAL_COUNTRY, description="The country where it was made.")] = ""

    @property
    def id(self) -> str:
        return self.sku

    def faults(self) -> Iterator[Fault]:
        yield from repeated("flags", self.flags)
        if (Flag.PRESALE in self.flags) != (self.ships_at is not None):
            yield Fault("ships_at", "belongs to the flag presale, and presale needs it")
        if (Flag.LIMITED in self.flags) != (self.limit_per_buyer > 0):
            yield Fault("limit_per_buyer", "belongs to the flag limited, and limited needs it")
        for name in ("hs_code", "origin"):
            if (Flag.CROSS_BORDER in self.flags) != bool(getattr(self, name)):
                yield Fault(name, "belongs to the flag cross_border, and cross_border needs it")


class ZonePart(Part):
    to: Annotated[list[Destination], Field(min_length=1, max_length=100)]
    first: Annotated[int, Field(ge=1, le=WHOLE_MAX)]
    first_fee_minor: Amount
    step: Annotated[int, Field(ge=1, le=WHOLE_MAX)]
    step_fee_minor: Amount


class FreightTemplateRecord(Part):
    KIND: ClassVar[str] = "freight_template"
    template_id: Id
    merchant_id: Merchant = ""
    currency: Currency
    by: Literal["weight", "piece"]
    zones: Annotated[list[ZonePart], Field(min_length=1, max_length=50)]
    free_over_minor: Amount | None = None
    is_retired: bool = False

    @property
    def id(self) -> str:
        return self.template_id

    def faults(self) -> Iterator[Fault]:
        yield from repeated("zones", [place for zone in self.zones for place in zone.to])


class TierPart(Part):
    threshold_minor: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    off_minor: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]


class PromotionRecord(Part):
    KIND: ClassVar[str] = "promotion"
    promotion_id: Id
    kind: Literal["full_reduction", "n_for_m", "percentage"]
    currency: Currency
    starts_at: Time
    ends_at: Annotated[Time, Field(description="exclusive")]
    merchant_id: Merchant = ""
    categories: Categories = Field(default_factory=list)
    skus: Skus = Field(default_factory=list)
    priority: Annotated[int, Field(ge=0, le=1000, description="Smaller first.")] = 0
    tiers: Annotated[list[TierPart], Field(max_length=20)] = Field(default_factory=list)
    repeat: bool = False
    n: Annotated[int, Field(ge=0, le=100)] = 0
    m: Annotated[int, Field(ge=0, le=100)] = 0
    rate_pct: Rate = 100
    threshold_minor: Amount = 0
    max_off_minor: Annotated[Amount, Field(description="0: no cap")] = 0
    merchant_share_pct: Share = 100
    is_retired: bool = False

    OWN_FIELDS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "full_reduction": ("tiers", "repeat"),
        "n_for_m": ("n", "m"),
        "percentage": ("rate_pct", "threshold_minor", "max_off_minor"),
    }

    @property
    def id(self) -> str:
        return self.promotion_id

    def faults(self) -> Iterator[Fault]:
        yield from _validity(self.starts_at, self.ends_at)
        yield from repeated("categories", self.categories)
        yield from repeated("skus", self.skus)
        for kind, names in self.OWN_FIELDS.items():
            strange = [name for name in names if getattr(self, name) != _default(self, name)]
            yield from (Fault(name, f"belongs to {kind} only") for name in strange if kind != self.kind)
        match self.kind:
            case "full_reduction":
                yield from self._tier_faults()
            case "n_for_m" if not self.n > self.m >= 1:
                yield Fault("n", "must be greater than m, and m at least 1")
            case "percentage" if self.rate_pct == 100:  # noqa: PLR2004  # Per cent.
                yield Fault("rate_pct", "must be 1 to 99")

    def _tier_faults(self) -> Iterator[Fault]:
        if not self.tiers:
            yield Fault("tiers", "must hold at least one tier")
        if self.repeat and len(self.tiers) > 1:
            yield Fault("repeat", "goes with one tier only")
        for number, tier in enumerate(self.tiers):
            if tier.off_minor > tier.threshold_minor:
                yield Fault(f"tiers/{number}/off_minor", "must not be more than the threshold")
            before = self.tiers[number - 1] if number else None
            if before and (
                tier.threshold_minor <= before.threshold_minor or tier.off_minor <= before.off_minor
            ):
                yield Fault(f"tiers/{number}", "must have more of both than the tier before it")


class CouponRecord(Part):
    KIND: ClassVar[str] = "coupon"
    template_id: Id
    kind: Literal["platform", "shop", "category", "item"]
    currency: Currency
    starts_at: Time
    ends_at: Annotated[Time, Field(description="exclusive")]
    merchant_id: Merchant = ""
    categories: Categories = Field(default_factory=list)
    skus: Skus = Field(default_factory=list)
    threshold_minor: Annotated[Amount, Field(description="0: none")] = 0
    off_minor: Annotated[Amount, Field(description="Either an amount off,")] = 0
    rate_pct: Annotated[Rate, Field(description="or a rate.")] = 100
    max_off_minor: Annotated[Amount, Field(description="Of a rate; 0: no cap")] = 0
    merchant_share_pct: Share = 0
    stackable_with: list[Step] = Field(default_factory=lambda: list(get_args(Step)))
    per_member_limit: Annotated[int, Field(ge=0, le=1000, description="0: no limit")] = 1
    total: Annotated[
        int | None, Field(ge=0, le=10**9, description="How many may be issued since it first had a total.")
    ] = None
    is_claimable: Annotated[bool, Field(description="By members themselves.")] = False
    claim_from: Time | None = None
    claim_until: Annotated[Time | None, Field(description="exclusive")] = None
    is_retired: bool = False

    @property
    def id(self) -> str:
        return self.template_id

    def faults(self) -> Iterator[Fault]:
        yield from _validity(self.starts_at, self.ends_at)
        for name in ("categories", "skus", "stackable_with"):
            yield from repeated(name, getattr(self, name))
        yield from self._scope_faults()
        if (self.off_minor > 0) == (self.rate_pct < 100):  # noqa: PLR2004  # Per cent.
            yield Fault("off_minor", "either off_minor or rate_pct must be given, and not both")
        if self.max_off_minor and self.off_minor:
            yield Fault("max_off_minor", "belongs to rate_pct only")
        if 0 < self.threshold_minor < self.off_minor:
            yield Fault("off_minor", "must not be more than the threshold")
        yield from self._claim_faults()

    def _scope_faults(self) -> Iterator[Fault]:
        needed = {"platform": None, "shop": "merchant_id", "category": "categories", "item": "skus"}[
            self.kind
        ]
        if needed and not getattr(self, needed):
            yield Fault(needed, f"is what a coupon of kind {self.kind} is for")
        allowed = {needed, "merchant_id"} if needed else set()
        for name in ("merchant_id", "categories", "skus"):
            if getattr(self, name) and name not in allowed:
                yield Fault(name, f"does not go with kind {self.kind}")

    def _claim_faults(self) -> Iterator[Fault]:
        if not self.is_claimable and (self.claim_from is not None or self.claim_until is not None):
            yield Fault("is_claimable", "must be true where there is a time to claim")
        if self.claims_end <= self.claims_begin or self.claims_end > self.ends_at:
            yield Fault("claim_until", "must be after claim_from, and not after ends_at")

    @property
    def claims_begin(self) -> int:
        return self.starts_at if self.claim_from is None else self.claim_from

    @property
    def claims_end(self) -> int:
        return self.ends_at if self.claim_until is None else self.claim_until


class MemberRecord(Part):
    """How the platform sees a buyer. Points and coupons are the wallet's, and nothing here touches them."""

    KIND: ClassVar[str] = "member"
    member_id: Annotated[str, Field(pattern=MEMBER_ID)]
    level: Annotated[str, Field(pattern=OPTIONAL_NAME)] = ""
    risk_score: Annotated[int, Field(ge=0, le=100)] = 0

    @property
    def id(self) -> str:
        return self.member_id

    def faults(self) -> Iterator[Fault]:
        yield from ()


class LevelPart(Part):
    rate_pct: Rate = 100
    is_freight_free: bool = False
    boost_seconds: Annotated[int, Field(ge=0, le=SECONDS_MAX)] = 0


class PaymentMethodPart(Part):
    max_minor: Annotated[Amount, Field(description="0: no limit")] = 0
    not_for: Categories = Field(default_factory=list)


class PolicyRecord(Part):
    """There is one, of the platform. What it does not name is as the settings say."""

    KIND: ClassVar[str] = "policy"
    policy_id: Literal["platform"] = "platform"
    numbers: Annotated[dict[str, int], Field(max_length=100)] = Field(default_factory=dict)
    countries: Annotated[list[Country] | None, Field(min_length=1, max_length=300)] = None
    levels: Annotated[dict[Id, LevelPart], Field(max_length=20)] = Field(default_factory=dict)
    payment_methods: Annotated[dict[Id, PaymentMethodPart], Field(max_length=20)] = Field(
        default_factory=dict
    )

    @property
    def id(self) -> str:
        return self.policy_id

    def faults(self) -> Iterator[Fault]:
        yield from repeated("countries", self.countries or [])
        for name, number in self.numbers.items():
            if name not in BOUNDS:
                yield Fault(f"numbers/{name}", "is no number of the policy")
            elif not BOUNDS[name][0] <= number <= BOUNDS[name][1]:
                low, high = BOUNDS[name]
                yield Fault(f"numbers/{name}", f"must be {low} to {high}")


OF_ITS_OWN = {  # A number that its unit does not bound.
    "points_per_yuan": (1, WHOLE_MAX),
    "perishable_boost_seconds": (0, SECONDS_MAX),
    "review_risk_score": (0, 100),
    "review_default_approves": (0, 1),
    "coupon_comes_back": (0, 1),
    "split_before_payment": (0, 1),
    "wechatpay_freeze_days": (0, 366),
    "alipay_freeze_days": (0, 366),
    "freeze_warning_days": (1, 30),
}
DAYS_MAX = 3653
BY_UNIT = {"seconds": (1, SECONDS_MAX), "days": (1, DAYS_MAX), "minor": (0, AMOUNT_MAX), "pct": (0, 100)}
BOUNDS = {f.name: OF_ITS_OWN.get(f.name) or BY_UNIT[f.name.rpartition("_")[2]] for f in fields(Policy)}

Record = (
    SkuRecord
    | WarehouseRecord
    | FreightTemplateRecord
    | PromotionRecord
    | CouponRecord
    | MemberRecord
    | PolicyRecord
    | CarrierServiceRecord
    | SeparationRecord
    | ReturnPolicyRecord
    | ContractRecord
)
KINDS: dict[str, type[Record]] = {
    model.KIND: model
    for model in (
        SkuRecord,
        WarehouseRecord,
        FreightTemplateRecord,
        PromotionRecord,
        CouponRecord,
        MemberRecord,
        PolicyRecord,
        CarrierServiceRecord,
        SeparationRecord,
        ReturnPolicyRecord,
        ContractRecord,
    )
}
ID_FIELDS = {
    "sku": "sku",
    "warehouse": "warehouse_id",
    "freight_template": "template_id",
    "promotion": "promotion_id",
    "coupon": "template_id",
    "member": "member_id",
    "policy": "policy_id",
    "carrier_service": "service_id",
    "separation": "separation_id",
    "return_policy": "policy_id",
    "contract": "contract_id",
}


def _default(record: Part, name: str) -> Any:
    return type(record).model_fields[name].get_default(call_default_factory=True)


def _validity(starts_at: int, ends_at: int) -> Iterator[Fault]:
    if ends_at <= starts_at:
        yield Fault("ends_at", "must be after starts_at")
