"""What members and operators read of a wallet: coupons with their state in words, and what each is good for."""

from pydantic import BaseModel

from functions.answers import MoneyView
from shared.instants import rfc3339
from shared.members.wallet import Granted
from shared.ordering.terms import Coupon, CouponState
from shared.store.members import Wallet
from shared.words import COUPON_KINDS, COUPON_STATES


class CouponScopeView(BaseModel):
    """Which goods it is for. An empty field does not narrow."""

    merchant_id: str
    categories: list[str]
    skus: list[str]


class CouponView(BaseModel):
    coupon_id: str
    template_id: str
    kind: str
    kind_text: str
    state: str
    state_text: str
    order_id: str | None = None  # Which order holds or used it.
    valid_from: str
    valid_until: str  # exclusive
    threshold: MoneyView
    off: MoneyView | None = None  # Either an amount off,
    pay_pct: int | None = None  # or a rate: 90 means "pays 90 %",
    max_off: MoneyView | None = None  # with a cap, if it has one.
    good_for: CouponScopeView
    stackable_with: list[str]


class IssuedView(BaseModel):
    member_id: str
    coupons: list[CouponView]


class PointsView(BaseModel):
    available: int
    locked: int  # by orders that are not paid yet


class MemberPointsView(PointsView):
    spent: int


class WalletView(BaseModel):
    member_id: str
    level: str
    points: PointsView
    coupons: list[CouponView]
    next_cursor: str | None = None


class MemberView(BaseModel):
    """As operators see a member: nothing here is a name or an address."""

    member_id: str
    level: str
    risk_score: int
    points: MemberPointsView
    counts: dict[str, int]
    issued: dict[str, int]
    coupons: list[CouponView]
    next_cursor: str | None = None


class GrantView(BaseModel):
    member_id: str
    movement_id: str
    granted: int
    reason: str
    at: str
    points: MemberPointsView  # As they are now.


def coupon_view(coupon: Coupon, *, now: int, language: str) -> CouponView:
    state, scope = state_of(coupon, now), coupon.scope
    return CouponView(
        coupon_id=coupon.coupon_id,
        template_id=coupon.template_id,
        kind=coupon.kind,
        kind_text=COUPON_KINDS[coupon.kind].spoken(language),
        state=state,
        state_text=COUPON_STATES[state].spoken(language),
        order_id=coupon.order_id or None,
        valid_from=rfc3339(coupon.starts_at),
        valid_until=rfc3339(coupon.ends_at),
        threshold=MoneyView(amount=coupon.threshold_minor, currency=coupon.currency),
        off=_amount(coupon.off_minor, coupon.currency),
        pay_pct=None if coupon.off_minor else coupon.rate_pct,
        max_off=_amount(coupon.max_off_minor, coupon.currency),
        good_for=CouponScopeView(
            merchant_id=scope.merchant_id, categories=list(scope.categories), skus=list(scope.skus)
        ),
        stackable_with=list(coupon.stackable_with),
    )


def state_of(coupon: Coupon, now: int) -> str:
    """Its state as its owner reads it: what cannot be used now is not called available."""
    if coupon.state is not CouponState.AVAILABLE:
        return coupon.state
    if now >= coupon.ends_at:
        return "expired"
    return coupon.state if now >= coupon.starts_at else "not_yet_valid"


def wallet_view(wallet: Wallet, coupons: list[CouponView], next_cursor: str | None) -> WalletView:
    """A member's own. Their risk score is not for them to read."""
    points = PointsView(available=wallet.member.points, locked=wallet.points_locked)
    return WalletView(
        member_id=wallet.member.member_id,
        level=wallet.member.level,
        points=points,
        coupons=coupons,
        next_cursor=next_cursor,
    )


def member_view(wallet: Wallet, coupons: list[CouponView], next_cursor: str | None) -> MemberView:
    return MemberView(
        member_id=wallet.member.member_id,
        level=wallet.member.level,
        risk_score=wallet.member.risk_score,
        points=_points(wallet),
        counts=dict(wallet.member.counts),
        issued=dict(wallet.issued),
        coupons=coupons,
        next_cursor=next_cursor,
    )


def grant_view(granted: Granted) -> GrantView:
    grant = granted.grant
    return GrantView(
        member_id=granted.wallet.member.member_id,
        movement_id=grant.movement_id,
        granted=grant.points,
        reason=grant.reason,
        at=rfc3339(grant.at),
        points=_points(granted.wallet),
    )


def _points(wallet: Wallet) -> MemberPointsView:
    return MemberPointsView(
        available=wallet.member.points, locked=wallet.points_locked, spent=wallet.points_spent
    )


def _amount(minor: int, currency: str) -> MoneyView | None:
    return MoneyView(amount=minor, currency=currency) if minor else None
