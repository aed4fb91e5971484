"""MADE UP: what the shop's operator publishes, besides articles. Records as ``POST /operator/catalogue`` takes them.

Promotions of all three kinds, coupons of all four, freight by country and weight or piece, two levels of membership,
the platform's own numbers; what parcels cost the platform is in ``tariffs``. Half-way through the data the operator
changes some of it, so that orders of two versions of the terms live side by side. What is in euros is there to be left
alone: everything is sold in yuan.
"""

from typing import Any, NamedTuple

from local.demo import tariffs
from local.demo.invoices import CURRENCY
from local.demo.measures import CONFECTIONERY
from local.demo.tariffs import HIGHLANDS
from shared.instants import rfc3339

Record = dict[str, Any]
Records = tuple[Record, ...]

EURO = "EUR"
DAY = 86_400
FAR = 10 * 365 * DAY
NEIGHBOURS = [
    "AT",
    "BE",
    "CH",
    "CZ",
    "DE",
    "DK",
    "ES",
    "FI",
    "FR",
    "GR",
    "IE",
    "IT",
    "JE",
    "NL",
    "NO",
    "PL",
    "PT",
    "SE",
]
LEVELS = {
    "gold": {"rate_pct": 95, "boost_seconds": 3600},
    "vip": {"rate_pct": 92, "is_freight_free": True, "boost_seconds": 6 * 3600},
}
METHODS: Record = {"card": {}, "balance": {"max_minor": 25_000}, "instalments": {"not_for": ["party"]}}
REVIEW_FROM_MINOR = 150_000  # About one order in thirty.


class Season(NamedTuple):
    """The days of the invoices."""

    opening: int
    closing: int

    def part(self, tenths: int) -> int:
        """The moment after so many tenths of it."""
        return self.opening + (self.closing - self.opening) * tenths // 10


def platform(season: Season) -> dict[str, Records]:
    """Everything that holds for all shops, by kind, as it stands on the first day."""
    return {
        "policy": (_policy(points_max_pct=50),),
        "warehouse": tariffs.warehouses(),
        "separation": tariffs.separation(),
        "freight_template": FREIGHT,
        "promotion": promotions(season),
        "coupon": coupons(season),
        "return_policy": RETURNS,
        "contract": CONTRACTS,
    }


def revision(season: Season) -> dict[str, Records]:
    """What changes half-way: fewer points, a better promotion, one that ends early."""
    kitchen, party, *_ = promotions(season)
    better = kitchen | {"tiers": [_tier(6_000, 400), _tier(20_000, 1_500)]}
    return {
        "policy": (_policy(points_max_pct=30),),
        "promotion": (better, party | {"is_retired": True}),
        "contract": (CONTRACTS[0] | {"commission_bps": 450},),
    }


def _policy(*, points_max_pct: int) -> Record:
    numbers = {
        "points_per_yuan": 100,
        "points_max_pct": points_max_pct,
        "review_amount_minor": REVIEW_FROM_MINOR,
        "review_risk_score": 80,
        "review_default_approves": 0,
        "coupon_comes_back": 1,
        "archive_after_days": 3_650,  # Ten months are played, and every order is looked at in the end.
    }
    return {"policy_id": "platform", "numbers": numbers, "levels": LEVELS, "payment_methods": METHODS}


def _zone(to: list[str], first: int, first_fee: int, step: int, step_fee: int) -> Record:
    return {"to": to, "first": first, "first_fee_minor": first_fee, "step": step, "step_fee_minor": step_fee}


FREIGHT: Records = (
    {
        "template_id": "post",
        "currency": CURRENCY,
        "by": "weight",
        "zones": [
            _zone([f"GB/{HIGHLANDS}"], 1_000, 690, 10_000, 140),
            _zone(["GB"], 2_000, 395, 10_000, 95),
            _zone(NEIGHBOURS, 2_000, 995, 5_000, 180),
            _zone(["*"], 1_000, 1_595, 2_500, 260),
        ],
        "free_over_minor": 40_000,
    },
    {  # A garden shop that sends by the piece, and to no far country.
        "template_id": "garden-pallet",
        "merchant_id": "m-garden",
        "currency": CURRENCY,
        "by": "piece",
        "zones": [
            _zone(["GB"], 10, 450, 10, 150),
            _zone(["IE", "JE", "FR", "BE", "NL", "DE"], 10, 900, 5, 300),
        ],
    },
    {
        "template_id": "post-euro",
        "currency": EURO,
        "by": "weight",
        "zones": [_zone(["*"], 1_000, 100_000, 1_000, 100_000)],
    },
)


CONTRACTS: Records = (  # One of each model; the rest go by the first one.
    {
        "contract_id": "everybody",
        "model": "mixed",
        "withheld_pct": 60,
        "delay_days": 1,
        "counts_working_days": True,
        "commission_bps": 500,
        "commission_by_category": {CONFECTIONERY: 250},
        "reserve_bps": 500,
        "reserve_days": 10,
    },
    {
        "contract_id": "paper",
        "merchant_id": "m-paper",
        "model": "after",
        "delay_days": 3,
        "commission_bps": 333,
    },
    {
        "contract_id": "toys",
        "merchant_id": "m-toys",
        "commission_bps": 780,
    },
)


RETURNS: Records = (  # What nobody names here is as the platform has it: seven days, for bad goods fifteen.
    {
        "policy_id": "sweets",
        "categories": [CONFECTIONERY],
        "is_returnable": False,
        "exclusion": "food",
    },
    {
        "policy_id": "garden",
        "merchant_id": "m-garden",
        "window_days": 10,
        "quality_window_days": 20,
        "freight_payer": {"no_reason": "merchant"},
    },
    {"policy_id": "at-once", "levels": ["gold", "vip"], "auto_approve_minor": 3_000},
)


def promotions(season: Season) -> Records:
    always = {"starts_at": rfc3339(season.opening), "ends_at": rfc3339(season.closing + FAR)}
    sale = {"starts_at": rfc3339(season.part(2)), "ends_at": rfc3339(season.part(4))}
    return (
        _promotion(
            "kitchen-tiers",
            always,
            kind="full_reduction",
            categories=["kitchen"],
            tiers=[_tier(5_000, 250), _tier(15_000, 1_000), _tier(40_000, 3_200)],
            merchant_share_pct=50,
        ),
        _promotion("party-12-for-11", always, kind="n_for_m", categories=["party"], n=12, m=11),
        _promotion(
            "decoration-5pct",
            always,
            kind="percentage",
            categories=["decoration"],
            rate_pct=95,
            threshold_minor=4_000,
            max_off_minor=1_200,
            merchant_share_pct=0,
        ),
        _promotion(
            "clear-the-shelves",
            sale,
            kind="full_reduction",
            merchant_id="m-homeware",
            priority=5,
            tiers=[_tier(10_000, 333)],
            repeat=True,
            merchant_share_pct=80,
        ),
        _promotion("euro-everything", always, kind="percentage", rate_pct=1) | {"currency": EURO},
    )


def _promotion(name: str, validity: Record, **fields: Any) -> Record:
    return {"promotion_id": name, "currency": CURRENCY, **validity, **fields}


def _tier(threshold_minor: int, off_minor: int) -> Record:
    return {"threshold_minor": threshold_minor, "off_minor": off_minor}


def coupons(season: Season) -> Records:
    always = {"starts_at": rfc3339(season.opening), "ends_at": rfc3339(season.closing + FAR)}
    early = {"starts_at": rfc3339(season.opening), "ends_at": rfc3339(season.part(3))}
    return (
        _coupon(
            "welcome", always, "platform", off_minor=500, threshold_minor=3_000, is_claimable=True, total=60
        ),
        _coupon(
            "homeware-10pct",
            always,
            "shop",
            merchant_id="m-homeware",
            rate_pct=90,
            max_off_minor=1_500,
            threshold_minor=5_000,
            merchant_share_pct=100,
            is_claimable=True,
        ),
        _coupon(
            "kitchen-week",
            always,
            "category",
            categories=["kitchen"],
            off_minor=300,
            threshold_minor=1_500,
            merchant_share_pct=50,
        ),
        _coupon("heart-holder", always, "item", skus=["85123A", "22423"], rate_pct=80),
        _coupon("alone", always, "platform", off_minor=900, stackable_with=[]),
        _coupon("early-bird", early, "platform", off_minor=700, is_claimable=True),
        _coupon("euro-welcome", always, "platform", off_minor=500) | {"currency": EURO},
    )


def _coupon(name: str, validity: Record, kind: str, **fields: Any) -> Record:
    return {
        "template_id": name,
        "kind": kind,
        "currency": CURRENCY,
        "per_member_limit": 2,
        **validity,
        **fields,
    }
