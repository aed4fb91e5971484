"""What prices and promises are made of: promotions, coupons, freight, member levels, policy numbers.

These are values as a checkout reads them. How they are published and kept, version after version, is the
catalogue's business (``shared.catalogue``); what they do to a price is ``shared.ordering.quote``'s. All amounts
are minor units, all times epoch seconds, all percentages whole: ``rate_pct`` 90 means "pays 90 %".
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import NamedTuple

from shared.aftersale.return_policy import ReturnPolicy
from shared.ledger.contract import Contract

EVERYWHERE = "*"


class PromotionKind(StrEnum):
    FULL_REDUCTION = auto()  # 满减: so much off from so much on
    N_FOR_M = auto()  # n units for the price of m, the cheapest ones free
    PERCENTAGE = auto()


class CouponKind(StrEnum):
    PLATFORM = auto()
    SHOP = auto()
    CATEGORY = auto()
    ITEM = auto()


class CouponState(StrEnum):
    AVAILABLE = auto()
    LOCKED = auto()  # by an order that is not paid yet
    USED = auto()


class Scope(NamedTuple):
    """Which lines count. An empty field does not narrow."""

    merchant_id: str = ""
    categories: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()


class Tier(NamedTuple):
    threshold_minor: int
    off_minor: int


class Promotion(NamedTuple):
    promotion_id: str
    kind: PromotionKind
    currency: str
    starts_at: int
    ends_at: int  # exclusive
    scope: Scope = Scope()
    priority: int = 0  # Smaller first, then by id: a line is in at most one promotion.
    tiers: tuple[Tier, ...] = ()  # full_reduction
    repeat: bool = False  # full_reduction with one tier: once for every time its threshold is reached
    n: int = 0  # n_for_m
    m: int = 0
    rate_pct: int = 100  # percentage
    threshold_minor: int = 0  # percentage
    max_off_minor: int = 0  # percentage; 0: no cap
    merchant_share_pct: int = 100  # Who pays for it: the merchant so much, the platform the rest.


class Coupon(NamedTuple):
    """One coupon in one member's wallet: its terms were copied when it was issued."""

    coupon_id: str
    template_id: str
    kind: CouponKind
    state: CouponState
    currency: str
    starts_at: int
    ends_at: int  # exclusive
    scope: Scope = Scope()
    threshold_minor: int = 0
    off_minor: int = 0  # Either a fixed amount,
    rate_pct: int = 100  # or a rate, at most max_off_minor (0: no cap).
    max_off_minor: int = 0
    merchant_share_pct: int = 0
    stackable_with: tuple[str, ...] = ("promotion", "shop", "platform", "points")
    order_id: str = ""  # The order that locked or used it.

    @property
    def is_platform_wide(self) -> bool:
        """Taken off after the shops' coupons; at most one. Every other coupon belongs to one shop."""
        return not self.scope.merchant_id


class Zone(NamedTuple):
    """A tariff: *first_fee* up to *first*, then *step_fee* for each further *step* begun (grams or pieces)."""

    to: tuple[str, ...]  # "CN/Zhejiang", "CN", or "*" for everywhere else
    first: int
    first_fee_minor: int
    step: int
    step_fee_minor: int


class FreightTemplate(NamedTuple):
    template_id: str
    merchant_id: str  # "": for every merchant without one of its own
    currency: str
    by: str  # "weight" or "piece"
    zones: tuple[Zone, ...]
    free_over_minor: int | None = None  # The shop's goods after coupons, before points.


class Level(NamedTuple):
    """What a member of this level gets."""

    rate_pct: int = 100
    is_freight_free: bool = False
    boost_seconds: int = 0  # So much earlier in every work list.


class Member(NamedTuple):
    """A buyer as the shop knows them. Who was never heard of is a member of no level, without points."""

    member_id: str
    level: str = ""
    points: int = 0  # Free to use: neither locked nor spent.
    risk_score: int = 0  # 0 to 100
    counts: Mapping[
        str, int
    ] = {}  # What is limited: "sku:<sku>" units, "cross_border:<year>" amount. Read only.


class PaymentMethod(NamedTuple):
    max_minor: int = 0  # 0: no limit
    not_for: tuple[str, ...] = ()  # categories


class Terms(NamedTuple):
    """Everything platform-wide that a price or a promise depends on, in one version."""

    version: int
    policy: Mapping[str, int]  # shared.settings.Policy, as published
    countries: frozenset[str]  # ISO 3166-1 alpha-2
    promotions: tuple[Promotion, ...] = ()
    freight: tuple[FreightTemplate, ...] = ()
    levels: Mapping[str, Level] = {}
    payment_methods: Mapping[str, PaymentMethod] = {}  # Empty: whatever the platform is connected to.
    returns: tuple[
        ReturnPolicy, ...
    ] = ()  # What was published; shared.aftersale.return_policy.policy_for chooses.
    contracts: tuple[Contract, ...] = ()  # What was published; shared.ledger.contract.contract_for chooses.

    def level_of(self, member: Member) -> Level:
        return self.levels.get(member.level, Level())

    def freight_of(self, merchant_id: str, currency: str) -> FreightTemplate | None:
        """The merchant's own template, or the platform's, in this currency."""
        own = {t.merchant_id: t for t in self.freight if t.currency == currency}
        return own.get(merchant_id, own.get(""))
