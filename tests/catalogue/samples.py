"""One good record of every kind, as an operator writes it."""

from typing import Any

SKU: dict[str, Any] = {
    "sku": "TEA",
    "name": "Green tea, 龙井",
    "merchant_id": "m-tea",
    "unit_price_minor": 1999,
    "currency": "CNY",
    "weight_grams": 320,
    "volume_cm3": 1500,
    "category": "tea",
}
WAREHOUSE: dict[str, Any] = {
    "warehouse_id": "W1",
    "name": "Hangzhou one",
    "country": "CN",
    "region": "Zhejiang",
    "currency": "CNY",
    "handling_minor": 150,
}
FREIGHT: dict[str, Any] = {
    "template_id": "standard",
    "currency": "CNY",
    "by": "weight",
    "zones": [
        {"to": ["CN/Zhejiang"], "first": 1000, "first_fee_minor": 500, "step": 500, "step_fee_minor": 100},
        {"to": ["CN", "*"], "first": 1000, "first_fee_minor": 800, "step": 500, "step_fee_minor": 300},
    ],
    "free_over_minor": 9900,
}
PROMOTION: dict[str, Any] = {
    "promotion_id": "eleven",
    "kind": "full_reduction",
    "currency": "CNY",
    "starts_at": "2026-11-11T00:00:00+08:00",
    "ends_at": "2026-11-12T00:00:00+08:00",
    "categories": ["tea"],
    "tiers": [
        {"threshold_minor": 20000, "off_minor": 5000},
        {"threshold_minor": 30000, "off_minor": 8000},
    ],
}
N_FOR_M: dict[str, Any] = {
    "promotion_id": "three-for-two",
    "kind": "n_for_m",
    "currency": "CNY",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
    "skus": ["TEA", "POT"],
    "n": 3,
    "m": 2,
}
PERCENTAGE: dict[str, Any] = {
    "promotion_id": "tenth",
    "kind": "percentage",
    "currency": "CNY",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
    "merchant_id": "m-tea",
    "rate_pct": 90,
    "threshold_minor": 5000,
    "max_off_minor": 2000,
}
COUPON: dict[str, Any] = {
    "template_id": "tea-10",
    "kind": "shop",
    "currency": "CNY",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
    "merchant_id": "m-tea",
    "threshold_minor": 5000,
    "off_minor": 1000,
    "merchant_share_pct": 100,
    "per_member_limit": 2,
    "total": 100,
    "is_claimable": True,
    "claim_until": "2026-12-01T00:00:00Z",
}
MEMBER: dict[str, Any] = {"member_id": "buyer-1", "level": "gold", "risk_score": 12}
POLICY: dict[str, Any] = {
    "numbers": {"payment_timeout_seconds": 900, "points_max_pct": 30, "flat_freight_minor": 0},
    "countries": ["CN", "GB"],
    "levels": {"gold": {"rate_pct": 95, "boost_seconds": 3600}, "plain": {}},
    "payment_methods": {"sandbox": {"max_minor": 500000}, "balance": {"not_for": ["tea"]}},
}
BAND: dict[str, Any] = {"over_g": 0, "upto_g": 1000, "base_minor": 800, "step_g": 1000, "step_minor": 0}
FURTHER: dict[str, Any] = {
    "over_g": 1000,
    "upto_g": 30000,
    "base_minor": 800,
    "step_g": 1000,
    "step_minor": 200,
}
LANE: dict[str, Any] = {"to": ["CN/Zhejiang", "CN"], "bands": [BAND, FURTHER], "transit_seconds": 172800}
SERVICE: dict[str, Any] = {
    "service_id": "sf-standard",
    "name": "SF standard, 顺丰标快",
    "carrier": "sf",
    "warehouses": ["W1"],
    "currency": "CNY",
    "max_weight_grams": 30000,
    "max_volume_cm3": 180000,
    "volumetric_divisor": 6000,
    "refuses": ["cross_border"],
    "surcharges": {"bulky": 3000, "hazard": 500},
    "lanes": [
        LANE,
        {
            "to": ["*"],
            "bands": [BAND | {"upto_g": 30000, "base_minor": 12000, "step_g": 1, "step_minor": 3}],
            "transit_seconds": 604800,
        },
    ],
}
SEPARATION: dict[str, Any] = {"apart": [["fragile", "hard"], ["food", "chemical"]]}
RETURN_POLICY: dict[str, Any] = {
    "policy_id": "tea",
    "merchant_id": "m-tea",
    "categories": ["tea", "food"],
    "is_returnable": False,
    "exclusion": "food",
    "window_days": 3,
    "quality_window_days": 20,
    "kinds": ["refund_only", "price_reduction", "reship"],
    "evidence_for": ["quality", "damaged"],
    "freight_payer": {"no_reason": "platform", "quality": "buyer"},
    "freight_max_minor": 900,
    "decision_seconds": 86400,
    "waybill_seconds": 259200,
    "inspection_seconds": 3600,
    "answer_seconds": 7776000,
    "refund_promise_seconds": 86400,
    "auto_approve_minor": 5000,
}
CONTRACT: dict[str, Any] = {
    "contract_id": "tea-house",
    "merchant_id": "m-tea",
    "model": "mixed",
    "withheld_pct": 60,
    "delay_days": 3,
    "counts_working_days": True,
    "commission_bps": 500,
    "commission_by_category": {"tea": 250, "food": 0},
    "reserve_bps": 1000,
    "reserve_days": 30,
}
GOOD: dict[str, dict[str, Any]] = {
    "sku": SKU,
    "warehouse": WAREHOUSE,
    "freight_template": FREIGHT,
    "promotion": PROMOTION,
    "coupon": COUPON,
    "member": MEMBER,
    "policy": POLICY,
    "carrier_service": SERVICE,
    "separation": SEPARATION,
    "return_policy": RETURN_POLICY,
    "contract": CONTRACT,
}
