"""What a buyer brings along: level, points and coupons, and which of them go into an order.

before the first order    the operator publishes the member's level, gives points and issues coupons;
                          the member claims others, and may be too late
before every order        the buyer looks into the wallet and picks: one coupon for each shop, one of the
                          platform's; or, carelessly, all of them
"""

from typing import Any, NamedTuple

from local.demo import made_up
from local.demo.client import Person
from local.demo.invoices import Sale
from local.demo.stage import OPERATOR, Stage


class Brought(NamedTuple):
    coupons: tuple[str, ...] = ()
    points: int = 0


def brought(stage: Stage, sale: Sale) -> Brought:
    """What the buyer of *sale* would use for it. Guests have nothing."""
    if not sale.customer:
        return Brought()
    if sale.customer not in stage.members:
        stage.members.add(sale.customer)
        _sign_up(stage, sale.customer)
    if not _has_a_wallet(sale.customer):
        return Brought()
    wallet = stage.client.get(Person(made_up.buyer_of(sale), "buyer"), "/wallet?limit=100")
    if made_up.uses_everything(sale.number):
        picked = [coupon for coupon in wallet["coupons"] if coupon["state"] in ("available", "expired")]
    else:
        picked = _one_of_each([coupon for coupon in wallet["coupons"] if coupon["state"] == "available"])
    points = made_up.points_wanted(sale.number, wallet["points"]["available"])
    return Brought(tuple(coupon["coupon_id"] for coupon in picked), points)


def _one_of_each(coupons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest coupon for each shop, and the newest for the whole platform."""
    places = {coupon["good_for"]["merchant_id"]: coupon for coupon in reversed(coupons)}
    return [places[merchant] for merchant in sorted(places)]


def _has_a_wallet(customer: str) -> bool:
    return bool(made_up.points_of(customer) or made_up.claimed_by(customer) or made_up.issued_to(customer))


def _sign_up(stage: Stage, customer: str) -> None:
    member = f"buyer-{customer}"
    level, risk = made_up.level_of(customer), made_up.risk_of(customer)
    if level or risk:
        stage.publish("member", [{"member_id": member, "level": level, "risk_score": risk}])
    if points := made_up.points_of(customer):
        body: dict[str, Any] = {"points": points, "reason": "campaign"}
        _given(stage, member, "points", body, key=f"{member}-points")
    for template in made_up.issued_to(customer):
        _given(stage, member, "coupons", {"template": template}, key=f"{member}-{template}")
    for template in made_up.claimed_by(customer):  # May be refused: all gone, or too late.
        claim = {"template": template}
        stage.client.command(Person(member, "buyer"), "/wallet/coupons", claim, key=f"claim-{template}")


def _given(stage: Stage, member: str, what: str, body: dict[str, Any], *, key: str) -> None:
    answer = stage.client.command(OPERATOR, f"/operator/members/{member}/{what}", body, key=key)
    assert not answer.is_refusal, f"not given: {answer}"
