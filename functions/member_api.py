"""HTTP for members' wallets: buyers look and claim, operators issue coupons and grant points."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from functions.http import IdempotencyKey, Strict, allow, answer, api, caller_of, request_of, serve
from functions.problems import language_of
from functions.wallet_views import (
    CouponView,
    GrantView,
    IssuedView,
    MemberView,
    WalletView,
    coupon_view,
    grant_view,
    member_view,
    wallet_view,
)
from functions.wiring import logger, metrics, now, shop
from shared.catalogue.fields import MEMBER_ID, NAME
from shared.context import ID_PATTERN
from shared.members import wallet
from shared.members.wallet import GrantReason
from shared.ordering.terms import Coupon
from shared.policy import Action
from shared.store.members import MemberStore

app = api()

GRANT_POINTS_MAX = 10**9
COUPONS_AT_ONCE_MAX = 10
MEMBER = "/operator/members/<member_id>"

MemberId = Annotated[str, Path(pattern=MEMBER_ID)]
Cursor = Annotated[str, Query(pattern=rf"^({ID_PATTERN})?$")]
Limit = Annotated[int, Query(ge=1, le=100)]


def _not_nothing(points: int) -> int:
    if points == 0:
        raise PydanticCustomError("nothing", "must not be 0")
    return points


class ClaimBody(Strict):
    template: Annotated[str, Field(pattern=NAME)]


class IssueBody(ClaimBody):
    count: Annotated[int, Field(ge=1, le=COUPONS_AT_ONCE_MAX)] = 1


class GrantBody(Strict):
    points: Annotated[
        int,
        Field(ge=-GRANT_POINTS_MAX, le=GRANT_POINTS_MAX, description="Below zero: taken. Never zero."),
        AfterValidator(_not_nothing),
    ]
    reason: Annotated[str, Field(pattern=rf"^({'|'.join(GrantReason)})$")]


@app.get("/wallet", middlewares=allow(app, Action.READ_WALLET), summary="My points and coupons")
def read_wallet(cursor: Cursor = "", limit: Limit = 20) -> WalletView:
    # The wallet is the caller's own by its token; a cursor only moves inside it.
    member_id = caller_of(app).id
    found = members().coupons_of(member_id, before=cursor, limit=limit)
    return wallet_view(members().read(member_id), _views(found), _following(found, limit))


@app.post("/wallet/coupons", middlewares=allow(app, Action.CLAIM_COUPON), summary="Claim a coupon")
def claim_coupon(body: ClaimBody, idempotency_key: IdempotencyKey) -> Response[CouponView]:
    request = request_of(app, caller_of(app), idempotency_key)
    issued = wallet.claim_coupon(members(), body.template, now=now(), request=request)
    [view] = _views(issued.coupons)
    return answer(view, status=201, is_repeat=issued.is_repeat)


@app.post(f"{MEMBER}/coupons", middlewares=allow(app, Action.ISSUE_COUPON), summary="Give a member coupons")
def issue_coupons(
    member_id: MemberId, body: IssueBody, idempotency_key: IdempotencyKey
) -> Response[IssuedView]:
    request = request_of(app, caller_of(app), idempotency_key)
    issued = wallet.issue_coupons(
        members(), member_id, body.template, count=body.count, now=now(), request=request
    )
    view = IssuedView(member_id=member_id, coupons=_views(issued.coupons))
    return answer(view, status=201, is_repeat=issued.is_repeat)


@app.post(f"{MEMBER}/points", middlewares=allow(app, Action.GRANT_POINTS), summary="Give or take points")
def grant_points(
    member_id: MemberId, body: GrantBody, idempotency_key: IdempotencyKey
) -> Response[GrantView]:
    request = request_of(app, caller_of(app), idempotency_key)
    granted = wallet.grant_points(
        members(), member_id, body.points, GrantReason(body.reason), now=now(), request=request
    )
    return answer(grant_view(granted), status=201, is_repeat=granted.is_repeat)


@app.get(MEMBER, middlewares=allow(app, Action.READ_MEMBER), summary="A member, with points and coupons")
def read_member(member_id: MemberId, cursor: Cursor = "", limit: Limit = 20) -> MemberView:
    found = members().coupons_of(member_id, before=cursor, limit=limit)
    return member_view(members().read(member_id), _views(found), _following(found, limit))


def members() -> MemberStore:
    opened = shop()
    return MemberStore(opened.outside, opened.settings)


def _views(coupons: tuple[Coupon, ...]) -> list[CouponView]:
    language = language_of(app.current_event.headers)
    return [coupon_view(coupon, now=now(), language=language) for coupon in coupons]


def _following(coupons: tuple[Coupon, ...], limit: int) -> str | None:
    return coupons[-1].coupon_id if len(coupons) == limit else None


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
