"""Every route of the API as a door: an order that is ready for it, and who gets what there."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from local.tokens import signed
from tests.functions import bills, settling
from tests.functions.asking import CORRECTED, KITE, RULED, asked, disputed, refused, sent_back
from tests.functions.parcels import SITE
from tests.functions.wallets import on_offer
from tests.http_world import ADDRESS, DAY, SWEPT, World
from tests.starts import paid, placed, refused_refund, shipped, under_review
from tests.uploads import post, told_of

MISSING = "0" * 26
UNITS, AT_ODDS = [{"line": 1, "quantity": 1}], {"reason": "no_agreement"}
PARCEL = {"parcels": [{"parcel": 3, "carrier": "sf", "waybill": "SF-0003"}]}
LINES = {"lines": [{"sku": "TEA", "quantity": 1}]}


class Who(NamedTuple):
    """A token's claims: one of the people who may knock."""

    subject: str
    groups: object
    merchant_id: str | None = None


PEOPLE = {
    "buyer": Who("b-1", ["buyer"]),
    "other buyer": Who("b-2", ["buyer"]),
    "merchant": Who("staff-1", ["merchant"], "m-toys"),
    "other merchant": Who("staff-2", ["merchant"], "m-tea"),
    "merchant without a shop": Who("staff-3", ["merchant"]),
    "buyer who names a shop": Who("b-3", ["buyer"], "m-toys"),
    "merchant named like the buyer": Who("b-1", ["merchant"], "m-none"),
    "warehouse": Who("w-1", ["warehouse"]),
    "support": Who("s-1", ["support"]),
    "operator": Who("op-1", ["operator"]),
    "two roles": Who("b-1", ["buyer", "merchant"], "m-toys"),
    "the same role twice": Who("b-1", ["buyer", "buyer"]),
    "no role": Who("b-1", []),
    "no groups": Who("b-1", None),
    "a role of ours": Who("b-1", ["clock"]),
    "the provider's role": Who("b-1", ["provider"]),
    "the system's role": Who("b-1", ["system"]),
    "an unknown role": Who("b-1", ["admin"]),
    "a role in capitals": Who("b-1", ["BUYER"]),
    "nobody": Who("", ["buyer"]),
}
NO_SINGLE_ROLE = {
    "two roles",
    "the same role twice",
    "no role",
    "no groups",
    "a role of ours",
    "the provider's role",
    "the system's role",
    "an unknown role",
    "a role in capitals",
    "nobody",
}


def nothing(_world: World) -> str:
    return MISSING


def a_warehouse(world: World) -> str:
    world.command("/operator/catalogue/warehouse", RECORDS, role="operator", who="op-1")
    return "W1"


def on_its_way_back(world: World) -> str:
    order_id = shipped(world)
    world.command(f"/orders/{order_id}/refusal", {"parcels": [1, 3], "reason": "late"})
    return order_id


def pushed(world: World) -> str:
    """Parcel 1 is with W1's system."""
    world.cloud.agree_with_partners(warehouses=("W1",), tracker="kuaidi100")
    world.publish("warehouse", {"warehouse_id": "W1", "interface": "wms", **SITE})
    return paid(world)


def delivered(world: World) -> str:
    order_id = shipped(world)
    for parcel in (1, 2, 3):
        body = {"said": "delivered", "reason": "telephone"}
        world.command(f"/orders/{order_id}/parcels/{parcel}/report", body, role="support", who="s-1")
    return order_id


def photographed(world: World) -> str:
    """A kite came torn: its buyer shows a photo of it in a case. Returns the order's number."""
    order_id = delivered(world)
    offer = world.command(f"/orders/{order_id}/evidence", told_of())
    assert post(world.cloud, offer["upload"]).status == 204
    case = {"sub_order": 2, "kind": "refund_only", "reason": "damaged", "lines": [{"line": 3, "quantity": 1}]}
    world.command(f"/orders/{order_id}/after-sales", case | {"evidence": [offer["evidence_id"]]})
    return order_id


def contested(world: World) -> str:
    """The platform was called, and both sides have uploaded something that they have not shown yet."""
    order_id = photographed(world)
    mine = world.command(f"/orders/{order_id}/evidence", told_of(b"torn"))
    path = f"/merchant/sub-orders/{order_id}-02/evidence"
    theirs = world.command(path, told_of(b"packed"), role="merchant", who="m-toys")
    assert post(world.cloud, mine["upload"], b"torn").status == 204
    assert post(world.cloud, theirs["upload"], b"packed").status == 204
    world.command(f"/after-sales/{order_id}-C01/escalation", AT_ODDS)
    return order_id


def in_the_register(world: World) -> str:
    """The kites were not shipped in time: their merchant's entry, by its own number."""
    order_id = paid(world)
    world.cloud.advance(2 * DAY + SWEPT)
    found = world.read("/merchant/register", role="merchant", who="m-toys")["entries"]
    return next(entry["entry_id"] for entry in found if entry["order_id"] == order_id)


def stated(world: World) -> str:
    """The toy shop has its first statement, and may withdraw. Returns the statement's number."""
    settling.stated(world, "m-toys")
    return "1"


def withdrawn(world: World) -> str:
    """And it has. Returns the withdrawal's number."""
    number = stated(world)
    world.command("/merchant/withdrawals", {}, **settling.TOY_SHOP)
    return number


def of_kite(far: Callable[[World, str], str]) -> Callable[[World], str]:
    """An order whose kite came, and a case of it as *far* as that."""
    return lambda world: far(world, shipped(world))


class Door(NamedTuple):
    """One route on an order that is ready for it, and who gets what there. Who is not named is denied."""

    arrange: Callable[[World], str]
    body: dict[str, Any] | None
    status: int  # for whom it is meant
    open_to: tuple[str, ...]
    hidden_from: tuple[str, ...] = ()  # the role may, but not to this order


BUYERS = ("other buyer", "buyer who names a shop")
MERCHANTS = ("other merchant", "merchant without a shop", "merchant named like the buyer")
ORDER_READERS = ("buyer", "support", "operator")
REVIEWERS = ("support", "operator")
PARTIES, STRANGERS = ("buyer", "merchant", *REVIEWERS), (*BUYERS, *MERCHANTS)
SHOWN = "/after-sales/{case_id}/evidence/{evidence_id}"
SKU_READERS = ("buyer", *BUYERS, "merchant", *MERCHANTS, *REVIEWERS)
PAYOUT_OUTCOME = "/operator/payouts/{merchant_id}/{currency}/{number}/outcome"
REPORT = "/operator/reconciliations/{day}/{provider}"
ENTRY, CLOSING = "/register/{entry_id}", {"action": "no_action_needed", "note": "will_come"}
PLACE, TRY = LINES | {"address": ADDRESS}, {"provider": "sandbox"}
MORE_TO_SHOW = {"evidence": ["{evidence_id}"]}
CANCEL = {"reason": "other", "lines": UNITS}
CASE, MERCHANTS_CASE = "/after-sales/{case_id}", "/merchant/after-sales/{case_id}"
DISPUTE, KITE_COUNTED = "/support/disputes/{case_id}", {"lines": [{"line": 3, "good": 1}]}
PART, REFUND = "/merchant/sub-orders/{sub_order_id}", "/orders/{order_id}/refunds/{refund_id}"
CLAIM, POINTS, MEMBER = (
    {"template": "HELLO"},
    {"points": 5, "reason": "goodwill"},
    "/operator/members/{member_id}",
)
RECORDS = {
    "records": [{"warehouse_id": "W1", "name": "Hangzhou one", "country": "CN", "currency": "CNY"}],
}
ALONE, REFUSAL = {"sub_orders": ["{sub_order_id}"]}, {"parcels": [1], "reason": "late"}
MORE, LOST = {"sub_order": 1}, {"said": "lost", "reason": "telephone"}
SURE = {"reason": "telephone"}
BACK = {"parcel": 3, "lines": [{"line": 3, "good": 1}]}
PAYOUT, FAVOUR = {"transfer": "TR-2026-1"}, {"amount": 100, "reason": "goodwill"}
SORRY = {"order_id": "{order_id}", "sub_order": 1, "amount": 100, "reason": "goodwill"}
VERDICT = {"decision": "approved", "checked": ["buyer", "payment_genuine", "special_needs"]}
FOUND = {"sku": "TEA", "warehouse": "W1", "kind": "found", "quantity": 1}
LIMIT = {"sku": "TEA", "warehouse": "W1", "channel": "web", "units": 9}
# fmt: off
DOORS = {
    "POST /quotes":                         Door(nothing, LINES, 200, ("buyer", *BUYERS)),
    "POST /orders":                         Door(nothing, PLACE, 201, ("buyer", *BUYERS)),
    "GET /orders":                          Door(placed, None, 200, ("buyer", *BUYERS)),
    "GET /orders/{order_id}":               Door(placed, None, 200, ORDER_READERS, BUYERS),
    "GET /orders/{order_id}/confirmation":  Door(placed, None, 200, ("buyer",), BUYERS),
    "GET /orders/{order_id}/timeline":      Door(placed, None, 200, ORDER_READERS, BUYERS),
    "POST /orders/{order_id}/payments":     Door(placed, TRY, 201, ("buyer",), BUYERS),
    "POST /orders/{order_id}/separation":   Door(placed, ALONE, 201, ("buyer",), BUYERS),
    "POST /orders/{order_id}/cancellation": Door(paid, CANCEL, 200, ("buyer",), BUYERS),
    "POST /orders/{order_id}/receipt":      Door(shipped, {}, 409, ("buyer",), BUYERS),  # to be confirmed
    "POST /orders/{order_id}/receipt-extension": Door(delivered, MORE, 200, ("buyer",), BUYERS),
    "POST /orders/{order_id}/refusal":      Door(shipped, REFUSAL, 200, ("buyer",), BUYERS),
    "GET /orders/{order_id}/customs":       Door(paid, None, 200, REVIEWERS),
    "POST /orders/{order_id}/parcels/{parcel}/report": Door(shipped, LOST, 200, REVIEWERS),
    "POST /orders/{order_id}/parcels/{parcel}/recall": Door(pushed, SURE, 200, REVIEWERS),
    "POST /orders/{order_id}/parcels/{parcel}/loss": Door(on_its_way_back, SURE, 200, REVIEWERS),
    "POST /orders/{order_id}/cancellation/conversion": Door(shipped, {}, 200, ("buyer",), BUYERS),
    "POST /orders/{order_id}/after-sales":  Door(delivered, KITE, 201, ("buyer",), BUYERS),
    f"GET {CASE}":                          Door(of_kite(asked), None, 200, PARTIES, STRANGERS),
    f"POST {CASE}/withdrawal":              Door(of_kite(asked), {}, 200, ("buyer",), BUYERS),
    f"POST {CASE}/acceptance":              Door(of_kite(refused), {"kind": "repair"}, 200, ("buyer",), BUYERS),
    f"POST {CASE}/waybill":                 Door(of_kite(sent_back), CORRECTED, 200, ORDER_READERS, BUYERS),
    f"POST {CASE}/evidence":                Door(contested, MORE_TO_SHOW, 200, ("buyer", "merchant"), STRANGERS),
    f"POST {CASE}/escalation":              Door(of_kite(asked), AT_ODDS, 200, ("buyer", "merchant"), STRANGERS),
    "GET /merchant/after-sales":            Door(of_kite(asked), None, 200, ("merchant", *MERCHANTS)),
    f"POST {MERCHANTS_CASE}/decision":      Door(of_kite(asked), {"approve": True}, 200, ("merchant",), MERCHANTS),
    f"POST {MERCHANTS_CASE}/receipt":       Door(of_kite(sent_back), {}, 200, ("merchant",), MERCHANTS),
    f"POST {MERCHANTS_CASE}/inspection":    Door(of_kite(sent_back), KITE_COUNTED, 200, ("merchant",), MERCHANTS),
    "POST /support/after-sales":            Door(paid, SORRY, 201, REVIEWERS),
    "GET /support/disputes":                Door(of_kite(disputed), None, 200, REVIEWERS),
    f"POST {DISPUTE}/ruling":               Door(of_kite(disputed), RULED, 200, REVIEWERS),
    f"POST {DISPUTE}/advance":              Door(of_kite(disputed), {"amount": 100}, 200, REVIEWERS),
    "POST /orders/{order_id}/evidence":     Door(paid, told_of(), 201, ("buyer",), BUYERS),
    f"POST {PART}/evidence":                Door(paid, told_of(), 201, ("merchant",), MERCHANTS),
    f"GET {SHOWN}":                         Door(photographed, None, 200, PARTIES, STRANGERS),
    f"POST {REFUND}/retry":                 Door(refused_refund, {}, 200, ("operator",)),
    f"POST {REFUND}/payout":                Door(refused_refund, PAYOUT, 200, ("operator",)),
    "POST /orders/{order_id}/refunds":      Door(paid, FAVOUR, 201, ("support", "operator")),
    "GET /merchant/orders":                 Door(paid, None, 200, ("merchant", *MERCHANTS)),
    f"GET {PART}":                          Door(paid, None, 200, ("merchant",), MERCHANTS),
    f"POST {PART}/shipment":                Door(paid, PARCEL, 200, ("merchant",), MERCHANTS),
    f"POST {PART}/returns":                 Door(on_its_way_back, BACK, 200, ("merchant",), MERCHANTS),
    f"POST {PART}/cancellation":            Door(paid, {"reason": "other"}, 200, ("merchant",), MERCHANTS),
    "POST /orders/{order_id}/address":      Door(paid, ADDRESS, 200, ORDER_READERS, BUYERS),
    "GET /register":                        Door(in_the_register, None, 200, REVIEWERS),
    f"GET {ENTRY}":                         Door(in_the_register, None, 200, REVIEWERS),
    f"POST {ENTRY}/assignment":             Door(in_the_register, {"assignee": "s-2"}, 200, REVIEWERS),
    f"POST {ENTRY}/resolution":             Door(in_the_register, CLOSING, 200, REVIEWERS),
    "GET /merchant/register":               Door(in_the_register, None, 200, ("merchant", *MERCHANTS)),
    f"POST /merchant{ENTRY}/resolution":    Door(in_the_register, CLOSING, 200, ("merchant",), MERCHANTS),
    "GET /merchant/statements":             Door(stated, None, 200, ("merchant", *MERCHANTS)),
    "GET /merchant/statements/{number}":    Door(stated, None, 200, ("merchant",), MERCHANTS),
    "GET /merchant/balance":                Door(stated, None, 200, ("merchant", *MERCHANTS)),
    "POST /merchant/withdrawals":           Door(stated, {}, 201, ("merchant",), MERCHANTS),
    "GET /merchant/withdrawals":            Door(withdrawn, None, 200, ("merchant", *MERCHANTS)),
    "GET /operator/payouts":                Door(withdrawn, None, 200, ("operator",)),
    f"POST {PAYOUT_OUTCOME}":               Door(withdrawn, settling.PAID, 200, ("operator",)),
    "GET /reviews":                         Door(under_review, None, 200, REVIEWERS),
    "POST /reviews/{order_id}":             Door(under_review, VERDICT, 200, REVIEWERS),
    "GET /skus/{sku}/return-policy":        Door(lambda _: "TEA", None, 200, SKU_READERS),
    "GET /wallet":                          Door(nothing, None, 200, ("buyer", *BUYERS)),
    "POST /wallet/coupons":                 Door(on_offer, CLAIM, 201, ("buyer", *BUYERS)),
    f"GET {MEMBER}":                        Door(nothing, None, 200, ("operator",)),
    f"POST {MEMBER}/coupons":               Door(on_offer, CLAIM, 201, ("operator",)),
    f"POST {MEMBER}/points":                Door(nothing, POINTS, 201, ("operator",)),
    "POST /operator/catalogue/{kind}":      Door(nothing, RECORDS, 200, ("operator",)),
    "GET /operator/catalogue/{kind}":       Door(nothing, None, 200, ("operator",)),
    "GET /operator/catalogue/{kind}/{id}":  Door(a_warehouse, None, 200, ("operator",)),
    "GET /operator/stock/{sku}":            Door(lambda _: "TEA", None, 200, ("operator",)),
    "POST /operator/stock/movements":       Door(nothing, FOUND, 201, ("operator",)),
    "POST /operator/stock/quotas":          Door(nothing, LIMIT, 201, ("operator",)),
    "POST /operator/stock/shards":          Door(nothing, {"sku": "TEA", "shards": 2}, 201, ("operator",)),
    "POST /operator/stock/drift-check":     Door(nothing, {"repair": True}, 200, ("operator",)),
    "GET /operator/books/balances":         Door(nothing, None, 200, ("operator",)),
    "POST /operator/books/check":           Door(nothing, {"repair": True}, 200, ("operator",)),
    "GET /operator/reconciliations":        Door(bills.compared, None, 200, ("operator",)),
    f"GET {REPORT}":                        Door(bills.compared, None, 200, ("operator",)),
    f"POST {REPORT}/explanations":          Door(bills.compared, bills.FOREIGN, 200, ("operator",)),
    "POST /operator/reconciliations":       Door(bills.brought, bills.COMPARED, 200, ("operator",)),
    "POST /operator/bills":                 Door(nothing, bills.TOLD, 200, ("operator",)),
}
# fmt: on


def knock(world: World, door: str, who: str, order: str) -> Any:
    method, _, path = door.partition(" ")
    numbers = {"order_id": order, "refund_id": f"{order}R01", "sub_order_id": f"{order}-02"}
    numbers |= {"case_id": f"{order}-C01", "evidence_id": shown_of(world, order, who)}
    numbers["entry_id"] = order if "-" in order else f"{order}-0000000000"
    numbers |= {"merchant_id": "m-toys", "currency": "CNY", "number": order.lstrip("0") or "99"}
    numbers |= {"day": order if order == bills.DAY else "2026-11-19", "provider": "stripe"}
    target = path.format(**numbers, member_id=order, kind="warehouse", id=order, sku=order, parcel=1)
    told = {"authorization": f"Bearer {token(world, who)}"}
    text = json.dumps(DOORS[door].body).replace("{sub_order_id}", numbers["sub_order_id"])
    text = text.replace("{order_id}", order).replace("{evidence_id}", numbers["evidence_id"])
    return world.send(method, target, json.loads(text), headers=told)


def shown_of(world: World, order: str, who: str) -> str:
    """The number of what *who* has uploaded for the order, or else another; of one that does not exist, any number."""
    uploaded = [
        row for row in world.rows() if row["pk"] == f"ORDER#{order}" and row["sk"].startswith("#EVIDENCE#")
    ]
    own = [row for row in uploaded if row["party"].startswith(f"{who}:")]
    return next((str(row["evidence_id"]) for row in own or uploaded), MISSING)


def token(world: World, who: str) -> str:
    person = PEOPLE[who]
    now = int(world.cloud.clock.now())
    claims: dict[str, Any] = {
        "sub": person.subject,
        "iss": world.cloud.issuer.issuer,
        "aud": world.cloud.issuer.audience,
        "iat": now,
        "exp": now + 3600,
    }
    if person.groups is not None:
        claims["cognito:groups"] = person.groups
    if person.merchant_id is not None:
        claims["custom:merchant_id"] = person.merchant_id
    return signed(claims)
