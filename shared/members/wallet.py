"""Coupons issued and claimed, points granted: into a wallet, at most as much as the template and the rules allow.

    issue_coupons   an operator gives a member coupons of a template
    claim_coupon    a member takes one, while the template lets members claim
    grant_points    an operator gives points, or takes some that are free to use

What an order then does to them is ``shared.ordering.wallet``'s business. (RULES 3.2)
"""

from collections.abc import Callable
from enum import StrEnum, auto
from hashlib import sha256
from typing import NamedTuple

from shared.changes import Request
from shared.context import Context, new_order_id
from shared.errors import Conflict, NotFound, OrderError
from shared.instants import rfc3339
from shared.ordering.terms import Coupon
from shared.store.members import (
    ISSUED_MAX,
    POINTS_MAX,
    AlreadyWritten,
    Grant,
    MemberStore,
    Wallet,
    WalletChange,
    Written,
)
from shared.store.terms_items import CouponTemplate

RACES_MAX = 4


class CouponUnknown(NotFound):
    code = "coupon_unknown"


class CouponLimitReached(OrderError):
    status, code = 409, "coupon_limit_reached"


class CouponsGone(OrderError):
    status, code = 409, "coupons_gone"


class ClaimClosed(OrderError):
    status, code = 409, "claim_closed"


class PointsShort(OrderError):
    status, code = 409, "points_short"


class PointsLimitReached(OrderError):
    status, code = 409, "points_limit_reached"


class GrantReason(StrEnum):
    GOODWILL = auto()
    CAMPAIGN = auto()
    CORRECTION = auto()
    MIGRATION = auto()  # From a shop that the member used before.


class Issued(NamedTuple):
    coupons: tuple[Coupon, ...]
    is_repeat: bool


class Granted(NamedTuple):
    grant: Grant
    wallet: Wallet
    is_repeat: bool


def issue_coupons(
    store: MemberStore, member_id: str, template_id: str, *, count: int, now: int, request: Request
) -> Issued:
    """Give *member_id* *count* coupons of the template, once per *request*. Raises what ``issue`` raises."""

    def decide() -> WalletChange:
        template = issue(store.template(template_id), store.read(member_id), count=count, now=now)
        return _issuing(template, member_id, count=count, now=now, request=request)

    written, is_repeat = _carry_out(store, decide, request)
    return Issued(store.coupons(written.member_id, written.made), is_repeat)


def claim_coupon(store: MemberStore, template_id: str, *, now: int, request: Request) -> Issued:
    """Give the caller one coupon of the template, once per *request*. Raises what ``claim`` raises."""
    member_id = request.caller.id

    def decide() -> WalletChange:
        template = claim(store.template(template_id), store.read(member_id), now=now)
        return _issuing(template, member_id, count=1, now=now, request=request)

    written, is_repeat = _carry_out(store, decide, request)
    return Issued(store.coupons(written.member_id, written.made), is_repeat)


def grant_points(
    store: MemberStore, member_id: str, points: int, reason: GrantReason, *, now: int, request: Request
) -> Granted:
    """Add *points* (below zero: take them), once per *request*. Raises what ``require_room_for`` raises."""

    def decide() -> WalletChange:
        require_room_for(points, store.read(member_id))
        grant = Grant(_number("P", now, request), points, reason, now, request.caller.id)
        return WalletChange(member_id, request, now, grant=grant)

    written, is_repeat = _carry_out(store, decide, request)
    [movement_id] = written.made
    return Granted(store.grant(written.member_id, movement_id), store.read(written.member_id), is_repeat)


def claim(template: CouponTemplate | None, wallet: Wallet, *, now: int) -> CouponTemplate:
    """The template, if the member may take one coupon of it now. Raises what ``issue`` raises.

    One that only operators issue does not exist for members.
    """
    if template is None or not template.is_claimable:
        raise CouponUnknown("no such coupon")
    if not template.claim_from <= now < template.claim_until:
        opens, closes = rfc3339(template.claim_from), rfc3339(template.claim_until)
        raise ClaimClosed("this coupon cannot be claimed now", claimable_from=opens, claimable_until=closes)
    return issue(template, wallet, count=1, now=now)


def issue(template: CouponTemplate | None, wallet: Wallet, *, count: int, now: int) -> CouponTemplate:
    """The template, if *count* coupons of it may be added to the wallet now.

    Raises ``CouponUnknown``, ``ClaimClosed`` (retired, or worth nothing any more), ``CouponLimitReached`` or
    ``CouponsGone``. All or none: there is no half of what was asked for.
    """
    if template is None:
        raise CouponUnknown("no such coupon")
    if template.is_retired or now >= template.terms.ends_at:
        raise ClaimClosed("this coupon is not given out any more")
    limit, held = template.per_member_limit or ISSUED_MAX, wallet.issued.get(template.template_id, 0)
    if held + count > limit:
        raise CouponLimitReached("so many for each member, and no more", limit=limit, had=held, wanted=count)
    if template.left is not None and template.left < count:
        raise CouponsGone("all of these coupons are given out", left=template.left, wanted=count)
    return template


def require_room_for(points: int, wallet: Wallet) -> None:
    """Raise ``PointsShort`` when fewer are free to be taken, ``PointsLimitReached`` when it would be too many."""
    if wallet.member.points + points < 0:
        raise PointsShort("fewer points are free", available=wallet.member.points, wanted=-points)
    if wallet.member.points + points > POINTS_MAX:
        raise PointsLimitReached(f"a member may hold {POINTS_MAX} points", limit=POINTS_MAX, wanted=points)


def _issuing(
    template: CouponTemplate, member_id: str, *, count: int, now: int, request: Request
) -> WalletChange:
    numbers = (_number("C", now, request, which) for which in range(count))
    coupons = tuple(template.issued(number) for number in numbers)
    return WalletChange(member_id, request, now, template=template, coupons=coupons)


def _number(kind: str, now: int, request: Request, which: int = 0) -> str:
    """A number like an order's, so that it sorts by time. What is chance there comes from the request here:
    a command and its repetition in the same second want to write the same rows, and only one of them can.
    """
    told = f"{request.caller.actor}\n{request.caller.id}\n{request.key}\n{which}"
    digest = sha256(told.encode()).digest()
    return kind + new_order_id(Context(now, lambda size: digest[:size]))[1:]


def _carry_out(
    store: MemberStore, decide: Callable[[], WalletChange], request: Request
) -> tuple[Written, bool]:
    """Decide and write until nobody was faster. Returns what was written, and whether that was done before.

    A refused request may be the second delivery of one that was carried out: its key is looked up first.
    """
    for _ in range(RACES_MAX):
        try:
            change = decide()
        except OrderError:
            seen = store.written(request)
            if seen is None:
                raise
            return seen, True
        try:
            store.write(change)
        except AlreadyWritten as before:
            return before.written, True
        except Conflict:
            continue
        return Written(change.member_id, change.made), False
    raise Conflict("others keep changing this: repeat with the same key")
