"""Terms, coupons and members as items, and back. A checkout reads these, so nothing here needs pydantic.

Catalogue  TERMS              CURRENT      {version, policy?, countries?, levels?, payment_methods?,
                                            promotions: {id: ..}, freight: {id: ..}, returns: {id: ..},
                                            contracts: {id: ..}}
           COUPON#<template>  CURRENT      {version, terms: {a coupon's}, per_member_limit, is_claimable,
                                            claim_from, claim_until, left?: how many may still be issued, is_retired}
Members    MEMBER#<id>        MEMBER       {level?, risk_score?, points?, points_locked?, points_spent?,
                                            "count:<name>"?: n, "issued:<template>"?: n}
           MEMBER#<id>        COUPON#<id>  {a coupon's fields}

Fields are stored by name and left out where they have their default, so a later release may add one; the default of
one that is stored may never change. ``points`` are those free to use; locking and spending moves them to the other
two counters.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, TypeVar

from shared.aftersale.return_policy import ReturnPolicy
from shared.ledger.contract import Contract
from shared.ordering.terms import (
    Coupon,
    CouponKind,
    CouponState,
    FreightTemplate,
    Level,
    Member,
    PaymentMethod,
    Promotion,
    PromotionKind,
    Scope,
    Terms,
    Tier,
    Zone,
)
from shared.settings import Settings
from shared.store.items import Item, from_item, to_item

COUNT = "count:"
TERMS_KEY: Item = {"pk": {"S": "TERMS"}, "sk": {"S": "CURRENT"}}
T = TypeVar("T")
READ_AS: dict[str, Callable[[Any], Any]] = {
    "state": CouponState,
    "scope": lambda values: _made(Scope, values),
    "tiers": lambda rows: tuple(_made(Tier, row) for row in rows),
    "zones": lambda rows: tuple(_made(Zone, row) for row in rows),
}


class CouponTemplate(NamedTuple):
    """What coupons are issued from. *terms* is the coupon that a member gets, still without its number."""

    template_id: str
    version: int
    terms: Coupon
    per_member_limit: int  # 0: no limit
    is_claimable: bool  # By a member; otherwise operators alone issue it.
    claim_from: int
    claim_until: int  # exclusive
    left: int | None = None  # None: without end
    is_retired: bool = False

    def issued(self, coupon_id: str) -> Coupon:
        """The coupon *coupon_id* with these terms, as they are now and will stay."""
        return self.terms._replace(coupon_id=coupon_id)


def terms_of(item: Mapping[str, Any] | None, settings: Settings) -> Terms:
    """The published terms; what was not published yet is as the settings say. *item* is ``TERMS_KEY``'s."""
    values = from_item(item) if item else {}
    levels, methods = values.get("levels", {}), values.get("payment_methods", {})
    return Terms(
        version=values.get("version", 0),
        policy=asdict(settings.policy) | values.get("policy", {}),
        countries=frozenset(values.get("countries") or settings.deliverable_countries),
        promotions=tuple(promotion_of(v) for v in values.get("promotions", {}).values()),
        freight=tuple(_made(FreightTemplate, v) for v in values.get("freight", {}).values()),
        returns=tuple(_made(ReturnPolicy, v) for v in values.get("returns", {}).values()),
        contracts=tuple(Contract.of(v) for v in values.get("contracts", {}).values()),
        levels={name: _made(Level, level) for name, level in levels.items()},
        payment_methods={name: _made(PaymentMethod, method) for name, method in methods.items()},
    )


def promotion_of(values: Mapping[str, Any]) -> Promotion:
    return _made(Promotion, {**values, "kind": PromotionKind(values["kind"])})


def coupon_of(item: Mapping[str, Any]) -> Coupon:
    """One coupon of a member's wallet."""
    return _coupon(from_item(item))


def coupon_item(member_id: str, coupon: Coupon) -> Item:
    """The coupon as it stands in the member's wallet, key and all."""
    return coupon_key(member_id, coupon.coupon_id) | to_item(named(coupon))


def coupon_template_of(item: Mapping[str, Any]) -> CouponTemplate:
    values = from_item(item)
    return _made(CouponTemplate, {**values, "terms": _coupon(values["terms"])})


def coupon_template_item(template: CouponTemplate) -> Item:
    """The template as members claim from it, key and all."""
    return coupon_template_key(template.template_id) | to_item(named(template))


def member_of(item: Mapping[str, Any] | None, member_id: str) -> Member:
    """The member, or somebody of no level and without points."""
    values = from_item(item) if item else {}
    counts = {name.removeprefix(COUNT): n for name, n in values.items() if name.startswith(COUNT)}
    return _made(Member, {**values, "member_id": member_id, "counts": counts})


def member_key(member_id: str) -> Item:
    return {"pk": {"S": f"MEMBER#{member_id}"}, "sk": {"S": "MEMBER"}}


def coupon_key(member_id: str, coupon_id: str) -> Item:
    return {"pk": {"S": f"MEMBER#{member_id}"}, "sk": {"S": f"COUPON#{coupon_id}"}}


def coupon_template_key(template_id: str) -> Item:
    return {"pk": {"S": f"COUPON#{template_id}"}, "sk": {"S": "CURRENT"}}


def named(value: Any) -> dict[str, Any]:
    """A NamedTuple's fields by name, without those that have their default; what is inside likewise.

    >>> named(Level(rate_pct=95)), named(Scope(skus=("TEA",)))
    ({'rate_pct': 95}, {'skus': ('TEA',)})
    """
    defaults = value._field_defaults
    fields = value._asdict().items()
    return {name: _plain(part) for name, part in fields if name not in defaults or part != defaults[name]}


def _plain(part: Any) -> Any:
    if hasattr(part, "_fields"):
        return named(part)
    return tuple(_plain(one) for one in part) if isinstance(part, tuple) else part


def _coupon(values: Mapping[str, Any]) -> Coupon:
    return _made(Coupon, {**values, "kind": CouponKind(values["kind"])})


def _made(kind: type[T], values: Mapping[str, Any]) -> T:
    """A *kind* of the fields it knows; what is stored beside them is others' business."""
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]  # A NamedTuple: no base to name it by.
    known = {name: values[name] for name in fields if name in values}
    return kind(**{name: READ_AS[name](value) if name in READ_AS else value for name, value in known.items()})
