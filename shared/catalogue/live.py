"""What a published record means to a checkout: the values of ``shared.ordering.terms`` and ``shared.model``."""

from shared.aftersale.return_policy import ReturnPolicy
from shared.catalogue.contract_records import ContractRecord
from shared.catalogue.records import (
    CouponRecord,
    FreightTemplateRecord,
    MemberRecord,
    PolicyRecord,
    PromotionRecord,
    SkuRecord,
    ZonePart,
)
from shared.catalogue.return_records import ReturnPolicyRecord
from shared.catalogue.shipping_records import (
    CarrierServiceRecord,
    LanePart,
    SeparationRecord,
    WarehouseRecord,
)
from shared.goods import Sku
from shared.ledger.contract import Contract
from shared.ordering.terms import (
    Coupon,
    CouponKind,
    CouponState,
    FreightTemplate,
    Level,
    PaymentMethod,
    Promotion,
    PromotionKind,
    Scope,
    Tier,
    Zone,
)
from shared.splitting.problem import Kind
from shared.splitting.terms import CarrierService, Lane
from shared.store.terms_items import CouponTemplate


def sku_of(record: SkuRecord) -> Sku:
    return Sku(
        sku=record.sku,
        name=record.name,
        merchant_id=record.merchant_id,
        unit_price_minor=record.unit_price_minor,
        currency=record.currency,
        is_on_sale=record.is_on_sale,
        weight_grams=record.weight_grams,
        volume_cm3=record.volume_cm3,
        category=record.category,
        spec=record.spec,
        size_class=record.size_class,
        flags=tuple(record.flags),
        limit_per_buyer=record.limit_per_buyer,
        ships_at=record.ships_at or 0,
        hs_code=record.hs_code,
        origin=record.origin,
    )


def freight_of(record: FreightTemplateRecord) -> FreightTemplate:
    return FreightTemplate(
        template_id=record.template_id,
        merchant_id=record.merchant_id,
        currency=record.currency,
        by=record.by,
        zones=tuple(_zone(zone) for zone in record.zones),
        free_over_minor=record.free_over_minor,
    )


def _zone(zone: ZonePart) -> Zone:
    return Zone(tuple(zone.to), zone.first, zone.first_fee_minor, zone.step, zone.step_fee_minor)


def promotion_of(record: PromotionRecord) -> Promotion:
    return Promotion(
        promotion_id=record.promotion_id,
        kind=PromotionKind(record.kind),
        currency=record.currency,
        starts_at=record.starts_at,
        ends_at=record.ends_at,
        scope=_scope(record),
        priority=record.priority,
        tiers=tuple(Tier(tier.threshold_minor, tier.off_minor) for tier in record.tiers),
        repeat=record.repeat,
        n=record.n,
        m=record.m,
        rate_pct=record.rate_pct,
        threshold_minor=record.threshold_minor,
        max_off_minor=record.max_off_minor,
        merchant_share_pct=record.merchant_share_pct,
    )


def template_of(record: CouponRecord, version: int) -> CouponTemplate:
    terms = Coupon(
        coupon_id="",
        template_id=record.template_id,
        kind=CouponKind(record.kind),
        state=CouponState.AVAILABLE,
        currency=record.currency,
        starts_at=record.starts_at,
        ends_at=record.ends_at,
        scope=_scope(record),
        threshold_minor=record.threshold_minor,
        off_minor=record.off_minor,
        rate_pct=record.rate_pct,
        max_off_minor=record.max_off_minor,
        merchant_share_pct=record.merchant_share_pct,
        stackable_with=tuple(record.stackable_with),
    )
    return CouponTemplate(
        template_id=record.template_id,
        version=version,
        terms=terms,
        per_member_limit=record.per_member_limit,
        is_claimable=record.is_claimable,
        claim_from=record.claims_begin,
        claim_until=record.claims_end,
        is_retired=record.is_retired,
    )


def levels_of(record: PolicyRecord) -> dict[str, Level]:
    return {
        name: Level(level.rate_pct, level.is_freight_free, level.boost_seconds)
        for name, level in record.levels.items()
    }


def payment_methods_of(record: PolicyRecord) -> dict[str, PaymentMethod]:
    return {
        name: PaymentMethod(method.max_minor, tuple(method.not_for))
        for name, method in record.payment_methods.items()
    }


def warehouse_values(record: WarehouseRecord) -> dict[str, str | int]:
    """Where it is, what packing costs there, and who is told of parcels."""
    return record.model_dump(exclude={"is_retired"})


def service_of(record: CarrierServiceRecord) -> CarrierService:
    return CarrierService(
        service_id=record.service_id,
        name=record.name,
        carrier=record.carrier,
        warehouses=tuple(record.warehouses),
        currency=record.currency,
        max_grams=record.max_weight_grams,
        max_cm3=record.max_volume_cm3,
        volumetric_divisor=record.volumetric_divisor,
        refuses=frozenset(Kind(kind) for kind in record.refuses),
        surcharges={Kind(kind): amount for kind, amount in record.surcharges.items()},
        lanes=tuple(_lane(lane) for lane in record.lanes),
    )


def _lane(lane: LanePart) -> Lane:
    return Lane(tuple(lane.to), tuple(band.band for band in lane.bands), lane.transit_seconds)


def pairs_of(record: SeparationRecord) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(pair) for pair in record.apart)


def return_policy_of(record: ReturnPolicyRecord) -> ReturnPolicy:
    """The policy without its version, which publishing gives it."""
    return ReturnPolicy.of(record.model_dump(exclude={"is_retired"}))


def contract_of(record: ContractRecord) -> Contract:
    """The contract without its version, which publishing gives it."""
    return Contract.of(record.model_dump(exclude={"is_retired"}))


def member_values(record: MemberRecord) -> dict[str, str | int]:
    return record.model_dump(exclude={"member_id"})


def _scope(record: PromotionRecord | CouponRecord) -> Scope:
    return Scope(record.merchant_id, tuple(record.categories), tuple(record.skus))
