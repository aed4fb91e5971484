"""A coupon on offer, and wallets as the tables hold them."""

import os
from typing import Any

from shared.ordering.terms import Coupon, CouponKind, CouponState, Scope
from shared.outside import outside
from shared.settings import Settings
from shared.store.terms_items import CouponTemplate, coupon_template_item
from tests.http_world import DAY, OPENED_AT, World

LIMIT = 3


def on_offer(world: World, **fields: Any) -> str:
    """HELLO: 5.00 off from 30.00 of tea on, for a month; three for each member. Returns some member's number."""
    terms = Coupon(
        coupon_id="",
        template_id="HELLO",
        kind=CouponKind.SHOP,
        state=CouponState.AVAILABLE,
        currency="CNY",
        starts_at=OPENED_AT,
        ends_at=OPENED_AT + 30 * DAY,
        scope=Scope(merchant_id="m-tea"),
        threshold_minor=3_000,
        off_minor=500,
    )
    values: dict[str, Any] = {
        "template_id": "HELLO",
        "version": 1,
        "terms": terms._replace(**fields.pop("terms", {})),
        "per_member_limit": LIMIT,
        "is_claimable": True,
        "claim_from": OPENED_AT,
        "claim_until": OPENED_AT + 7 * DAY,
    }
    item = coupon_template_item(CouponTemplate(**{**values, **fields}))
    outside.aws("dynamodb", "put_item", TableName=Settings.read(os.environ).catalogue_table, Item=item)
    world.cloud.settle()
    return "m-1"


def wallet_rows(world: World, member_id: str) -> list[dict[str, Any]]:
    return [row for row in world.rows("MEMBERS_TABLE") if row["pk"] == f"MEMBER#{member_id}"]
