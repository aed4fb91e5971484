"""Members' wallets: what they hold, who gave it to them, and under which key that was asked for.

Members  MEMBER#<id>       MEMBER       counters: points, points_locked, points_spent, "issued:<template>"
         MEMBER#<id>       COUPON#<id>  one coupon with its own copy of the terms: {.., issued_at, issued_by}
         MEMBER#<id>       POINTS#<id>  one grant, never edited: {points, reason, at, by}
         KEY#<role>#<who>  KEY#<key>    what a caller's Idempotency-Key stood for (expires): {member_id, made}

One change is one transaction. What a failed condition means is read from the write that failed:

    the key row exists          ``AlreadyWritten``  the same request was here before: answer like then
    anything else               ``Conflict``        limit, budget, terms or balance moved: read again, decide again

A template without a budget is read and not written: its coupons are issued under the terms as they were read. One
with a budget is one row that every claim writes, so its claims queue up there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.changes import Request
from shared.errors import Conflict, KeyReused
from shared.ordering.terms import Coupon, Member
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, to_item
from shared.store.orders import request_key
from shared.store.reading import batch_get
from shared.store.terms_items import (
    CouponTemplate,
    coupon_item,
    coupon_key,
    coupon_of,
    coupon_template_key,
    coupon_template_of,
    member_key,
    member_of,
)
from shared.store.transactions import transact
from shared.store.writing import KEY_SECONDS

ISSUED = "issued:"
COUPON, POINTS = "COUPON#", "POINTS#"
ISSUED_MAX = 1_000  # Coupons of one template to one member, where the template sets no limit of its own.
POINTS_MAX = 10**12  # What one member may hold.


class Wallet(NamedTuple):
    """A member with all their counters, as they stand."""

    member: Member
    points_locked: int = 0  # by orders that are not paid yet
    points_spent: int = 0
    issued: Mapping[str, int] = {}  # By template. Read only.


class Grant(NamedTuple):
    """Points that an operator gave (or, below zero, took)."""

    movement_id: str
    points: int
    reason: str
    at: int
    by: str


class WalletChange(NamedTuple):
    """What one accepted request does to one wallet: coupons of one template, or a grant of points."""

    member_id: str
    request: Request
    at: int
    template: CouponTemplate | None = None
    coupons: tuple[Coupon, ...] = ()
    grant: Grant | None = None

    @property
    def made(self) -> tuple[str, ...]:
        """The numbers of what it adds."""
        return tuple(c.coupon_id for c in self.coupons) + ((self.grant.movement_id,) if self.grant else ())


class Written(NamedTuple):
    """What a key stood for."""

    member_id: str
    made: tuple[str, ...]


class AlreadyWritten(Exception):
    """The request's key was used before, by the same request."""

    def __init__(self, written: Written) -> None:
        super().__init__("this request was carried out before")
        self.written = written


class MemberStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def read(self, member_id: str) -> Wallet:
        """The member's counters, consistently. Who was never heard of has an empty wallet."""
        item = self._get(self._settings.members_table, member_key(member_id))
        values = from_item(item) if item else {}
        issued = {n.removeprefix(ISSUED): count for n, count in values.items() if n.startswith(ISSUED)}
        locked, spent = values.get("points_locked", 0), values.get("points_spent", 0)
        return Wallet(member_of(item, member_id), locked, spent, issued)

    def template(self, template_id: str) -> CouponTemplate | None:
        item = self._get(self._settings.catalogue_table, coupon_template_key(template_id))
        return coupon_template_of(item) if item else None

    def coupons_of(self, member_id: str, *, before: str, limit: int) -> tuple[Coupon, ...]:
        """The member's coupons, newest first, older than the number *before* (empty: from the newest)."""
        answer = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._settings.members_table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": member_key(member_id)["pk"],
                ":first": {"S": COUPON},
                ":last": {"S": COUPON + (before or "~")},
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit + 1,  # BETWEEN also finds *before* itself.
        )
        found = (coupon_of(item) for item in answer["Items"])
        return tuple(coupon for coupon in found if coupon.coupon_id != before)[:limit]

    def coupons(self, member_id: str, coupon_ids: tuple[str, ...]) -> tuple[Coupon, ...]:
        """Those of the member's coupons, in this order, as they stand now. Unknown ones are left out."""
        keys = [coupon_key(member_id, coupon_id) for coupon_id in coupon_ids]
        wanted = {self._settings.members_table: {"Keys": keys, "ConsistentRead": True}}
        found = {c.coupon_id: c for c in (coupon_of(item) for _, item in batch_get(self._outside, wanted))}
        return tuple(found[coupon_id] for coupon_id in coupon_ids if coupon_id in found)

    def grant(self, member_id: str, movement_id: str) -> Grant:
        """A grant that is known to have been made."""
        item = self._get(self._settings.members_table, _grant_key(member_id, movement_id))
        assert item is not None, "a grant is never deleted"
        values = from_item(item)
        return Grant(movement_id, values["points"], values["reason"], values["at"], values["by"])

    def written(self, request: Request) -> Written | None:
        """What this key stood for, if it was used. Raises ``KeyReused`` when it was another request."""
        item = self._get(self._settings.members_table, request_key(request.caller, request.key))
        return _written_in(item, request) if item else None

    def write(self, change: WalletChange) -> None:
        """Write *change*, all of it or nothing. Raises as the module says; ``Unavailable`` when throttled."""
        reasons = transact(self._outside, tuple(writes_of(self._settings, change)))
        if not reasons:
            return
        if reasons[0] is not None:
            raise AlreadyWritten(_written_in(reasons[0]["Item"], change.request))
        raise Conflict("the wallet changed meanwhile")

    def _get(self, table: str, key: Item) -> Item | None:
        found: Item | None = self._outside.aws(
            "dynamodb", "get_item", TableName=table, Key=key, ConsistentRead=True
        ).get("Item")
        return found


def writes_of(settings: Settings, change: WalletChange) -> Iterator[dict[str, Any]]:
    """The transaction's writes, the key first."""
    table = settings.members_table
    yield _key_put(table, change)
    if change.template is not None:
        yield _issued_update(table, change, change.template)
        if change.template.left is not None:
            yield _budget_update(settings.catalogue_table, len(change.coupons), change.template)
    issued = to_item({"issued_at": change.at, "issued_by": change.request.caller.id})
    for coupon in change.coupons:
        yield _put_new(table, coupon_item(change.member_id, coupon) | issued)
    if change.grant is not None:
        yield _points_update(table, change.member_id, change.grant.points)
        yield _put_new(table, _grant_item(change.member_id, change.grant))


def _key_put(table: str, change: WalletChange) -> dict[str, Any]:
    values = {
        "fingerprint": change.request.fingerprint,
        "member_id": change.member_id,
        "made": change.made,
        "expires_at": change.at + KEY_SECONDS,
    }
    write = _put_new(table, request_key(change.request.caller, change.request.key) | to_item(values))
    write["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return write


def _issued_update(table: str, change: WalletChange, template: CouponTemplate) -> dict[str, Any]:
    """Count what the member got of this template. The condition is on the count now: never over the limit."""
    count = len(change.coupons)
    return {
        "Update": {
            "TableName": table,
            "Key": member_key(change.member_id),
            "UpdateExpression": "SET #issued = if_not_exists(#issued, :none) + :count",
            "ConditionExpression": "attribute_not_exists(#issued) OR #issued <= :most",
            "ExpressionAttributeNames": {"#issued": ISSUED + template.template_id},
            "ExpressionAttributeValues": to_item(
                {":none": 0, ":count": count, ":most": (template.per_member_limit or ISSUED_MAX) - count}
            ),
        }
    }


def _budget_update(table: str, count: int, template: CouponTemplate) -> dict[str, Any]:
    """Take from what may still be issued, under the very terms that were read."""
    return {
        "Update": {
            "TableName": table,
            "Key": coupon_template_key(template.template_id),
            "UpdateExpression": "SET #left = #left - :count",
            "ConditionExpression": "version = :read AND #left >= :count",
            "ExpressionAttributeNames": {"#left": "left"},
            "ExpressionAttributeValues": to_item({":read": template.version, ":count": count}),
        }
    }


def _points_update(table: str, member_id: str, points: int) -> dict[str, Any]:
    """Give points, at most so many in all; or take some that are there, free to use."""
    if points > 0:
        sum_now, believed = (
            "if_not_exists(#points, :none)",
            "attribute_not_exists(#points) OR #points <= :bound",
        )
        values = {":points": points, ":bound": POINTS_MAX - points, ":none": 0}
    else:
        sum_now, believed = "#points", "#points >= :bound"
        values = {":points": points, ":bound": -points}
    return {
        "Update": {
            "TableName": table,
            "Key": member_key(member_id),
            "UpdateExpression": f"SET #points = {sum_now} + :points",
            "ConditionExpression": believed,
            "ExpressionAttributeNames": {"#points": "points"},
            "ExpressionAttributeValues": to_item(values),
        }
    }


def _grant_key(member_id: str, movement_id: str) -> Item:
    return {"pk": member_key(member_id)["pk"], "sk": {"S": POINTS + movement_id}}


def _grant_item(member_id: str, grant: Grant) -> Item:
    values = grant._asdict() | {"member_id": member_id}
    return _grant_key(member_id, grant.movement_id) | to_item(values)


def _put_new(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Put": {"TableName": table, "Item": dict(item), "ConditionExpression": "attribute_not_exists(pk)"}
    }


def _written_in(item: Mapping[str, Any], request: Request) -> Written:
    stored = from_item(item)
    if stored["fingerprint"] != request.fingerprint:
        raise KeyReused("this Idempotency-Key already stood for another request")
    return Written(stored["member_id"], stored["made"])
