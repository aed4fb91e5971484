"""Every route that takes a body, with a good one."""

from typing import Any, NamedTuple

from tests.http_world import ADDRESS, World
from tests.uploads import told_of

LINES = [{"sku": "TEA", "quantity": 1}]


class Route(NamedTuple):
    path: str
    body: dict[str, Any]
    role: str = "buyer"
    who: str = "b-1"


PLACE = Route("/orders", {"lines": LINES, "address": ADDRESS})
QUOTE = Route("/quotes", {"lines": LINES})
PAY = Route("/orders/{order}/payments", {"provider": "sandbox"})
CANCEL = Route("/orders/{order}/cancellation", {"reason": "too_slow", "lines": [{"line": 1, "quantity": 1}]})
RECEIVE = Route("/orders/{order}/receipt", {"sub_order": 1, "confirm": "v1"})
EXTEND = Route("/orders/{order}/receipt-extension", {"sub_order": 1})
REFUSE = Route("/orders/{order}/refusal", {"parcels": [1], "reason": "late"})
REPORT = Route("/orders/{order}/parcels/1/report", {"said": "lost", "reason": "telephone"}, "support", "s-1")
RECALL = Route("/orders/{order}/parcels/1/recall", {"reason": "telephone"}, "support", "s-1")
LOSE = Route("/orders/{order}/parcels/1/loss", {"reason": "telephone"}, "support", "s-1")
SEPARATE = Route("/orders/{order}/separation", {"sub_orders": ["{order}-01"]})
SHOW = Route("/orders/{order}/evidence", told_of())
MERCHANT_SHOW = Route("/merchant/sub-orders/{order}-01/evidence", told_of(), "merchant", "m-tea")
CORRECT = Route("/orders/{order}/address", ADDRESS)
ASSIGN = Route("/register/{order}-0000000000/assignment", {"assignee": "s-2"}, "support", "s-1")
CLOSING = {"action": "no_action_needed", "note": "found"}
CLOSE = Route("/register/{order}-0000000000/resolution", CLOSING, "support", "s-1")
MERCHANT_CLOSE = Route("/merchant/register/{order}-0000000000/resolution", CLOSING, "merchant", "m-tea")
RETRY = Route("/orders/{order}/refunds/{order}R01/retry", {}, "operator", "op-1")
GIVE = Route("/orders/{order}/refunds", {"amount": 100, "reason": "goodwill"}, "support", "s-1")
PAYOUT = Route("/orders/{order}/refunds/{order}R01/payout", {"transfer": "TR-2026-1"}, "operator", "op-1")
SHIP = Route(
    "/merchant/sub-orders/{order}-01/shipment",
    {"parcels": [{"parcel": 1, "carrier": "sf", "waybill": "SF-0001"}]},
    "merchant",
    "m-tea",
)
COUNT = Route(
    "/merchant/sub-orders/{order}-01/returns",
    {"parcel": 1, "lines": [{"line": 1, "good": 1, "defect": 0, "scrap": 0}]},
    "merchant",
    "m-tea",
)
MERCHANT_CANCEL = Route(
    "/merchant/sub-orders/{order}-01/cancellation", {"reason": "out_of_stock"}, "merchant", "m-tea"
)
REVIEW = Route(
    "/reviews/{order}",
    {"decision": "approved", "checked": ["buyer", "payment_genuine", "special_needs"]},
    "support",
    "s-1",
)
BRING_A_BILL = Route(
    "/operator/bills",
    {"provider": "alipay", "day": "2026-11-20", "bytes": 3, "sha256": "ab" * 32},
    "operator",
    "op-1",
)
COMPARE = Route("/operator/reconciliations", {"provider": "alipay", "day": "2026-11-20"}, "operator", "op-1")
EXPLAIN = Route(
    "/operator/reconciliations/2026-11-20/alipay/explanations",
    {"difference": "bill_row_bad#line-7", "reason": "known_to_finance"},
    "operator",
    "op-1",
)
CHECK_BOOKS = Route("/operator/books/check", {"repair": True}, "operator", "op-1")
CLAIM = Route("/wallet/coupons", {"template": "HELLO"})
ISSUE = Route("/operator/members/b-1/coupons", {"template": "HELLO", "count": 2}, "operator", "op-1")
GRANT = Route("/operator/members/b-1/points", {"points": 5, "reason": "goodwill"}, "operator", "op-1")
PUBLISH = Route("/operator/catalogue/member", {"records": [{"member_id": "b-9"}]}, "operator", "op-1")
TEA = {"sku": "TEA"}
UNITS = TEA | {"warehouse": "W1", "kind": "found", "quantity": 3}
MOVE = Route("/operator/stock/movements", UNITS, "operator", "op-1")
LIMIT = Route(
    "/operator/stock/quotas", TEA | {"warehouse": "W1", "channel": "web", "units": 9}, "operator", "op-1"
)
SPREAD = Route("/operator/stock/shards", TEA | {"shards": 2}, "operator", "op-1")
CHECK = Route("/operator/stock/drift-check", {"repair": True}, "operator", "op-1")
WITHDRAW = Route("/merchant/withdrawals", {"amount": {"amount": 100, "currency": "CNY"}}, "merchant", "m-tea")
PAID = {"outcome": "paid", "bank_reference": "TR-1"}
END_PAYOUT = Route("/operator/payouts/m-tea/CNY/1/outcome", PAID, "operator", "op-1")
ROUTES = (
    *(PLACE, QUOTE, PAY, SEPARATE, CANCEL, RECEIVE, EXTEND, REFUSE, RETRY, GIVE, PAYOUT),
    *(SHIP, COUNT, MERCHANT_CANCEL, REPORT, RECALL, LOSE, REVIEW, SHOW, MERCHANT_SHOW),
    *(CORRECT, ASSIGN, CLOSE, MERCHANT_CLOSE),
    *(CLAIM, ISSUE, GRANT, PUBLISH),
    *(MOVE, LIMIT, SPREAD, CHECK),
    *(WITHDRAW, END_PAYOUT, BRING_A_BILL, COMPARE, EXPLAIN, CHECK_BOOKS),
)


def send(world: World, route: Route, order: str, **what: Any) -> Any:
    """Send a body to the route, about *order*, as whom it is meant for."""
    return world.send("POST", route.path.format(order=order), role=route.role, who=route.who, **what)
