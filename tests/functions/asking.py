"""The routes of after-sale cases with a good body each, bodies that are wrong, and cases as far as each is needed."""

from typing import Any

from tests.functions.routes import ROUTES, Route
from tests.http_world import World

CASE = "/after-sales/{order}-C01"
MERCHANTS_CASE = f"/merchant{CASE}"
DISPUTE = "/support/disputes/{order}-C01"
LINE = {"line": 1, "quantity": 1}
WANTED = {"sub_order": 1, "kind": "return_refund", "reason": "no_reason", "lines": [LINE]}
SENT = {"carrier": "sf", "waybill": "SF-BACK-0001"}
CORRECTED = {"carrier": "sf", "waybill": "SF-BACK-0002"}
COUNTED = {"lines": [{"line": 1, "good": 1}]}
REFUSED = {"approve": False, "reason": "worn", "alternatives": [{"kind": "repair"}]}
RULED = {"rate_pct": 100, "goods_back": False, "freight_payer": "merchant", "reason": "photos_show_it"}

ASK = Route("/orders/{order}/after-sales", WANTED)
WITHDRAW = Route(f"{CASE}/withdrawal", {})
ACCEPT = Route(f"{CASE}/acceptance", {"kind": "repair"})
SEND_BACK = Route(f"{CASE}/waybill", SENT)
CALL = Route(f"{CASE}/escalation", {"reason": "no_agreement"})
DECIDE = Route(f"{MERCHANTS_CASE}/decision", REFUSED, "merchant", "m-tea")
TAKE_IN = Route(f"{MERCHANTS_CASE}/receipt", {}, "merchant", "m-tea")
INSPECT = Route(f"{MERCHANTS_CASE}/inspection", COUNTED, "merchant", "m-tea")
RULE = Route(f"{DISPUTE}/ruling", RULED, "support", "s-1")
ADVANCE = Route(f"{DISPUTE}/advance", {"amount": 100}, "support", "s-1")
CONVERT = Route("/orders/{order}/cancellation/conversion", {"sub_order": 1})
CASE_ROUTES = (ASK, WITHDRAW, ACCEPT, SEND_BACK, CALL, DECIDE, TAKE_IN, INSPECT, RULE, ADVANCE, CONVERT)
EVERY_ROUTE = (*ROUTES, *CASE_ROUTES)

NO_AMOUNT: tuple[object, ...] = (-1, 1.0, "1", True, None, 10**15)
NO_CODE: tuple[object, ...] = (None, 1, "", "Worn", "a b", "x" * 41, "worn\n", "坏")


def _line(**fields: object) -> dict[str, Any]:
    return WANTED | {"lines": [LINE | fields]}


def _found(**fields: object) -> dict[str, Any]:
    return {"lines": [{"line": 1, "good": 1} | fields]}


def _offer(**fields: object) -> dict[str, Any]:
    return REFUSED | {"alternatives": [{"kind": "repair"} | fields]}


WRONG_CASES: list[tuple[Route, object, str]] = [
    *((ASK, WANTED | {"kind": value}, "/kind") for value in ("gift", "compensation", "", None, 1)),
    *((ASK, WANTED | {"reason": value}, "/reason") for value in ("bored", "", None, ["quality"])),
    *((ASK, WANTED | {"sub_order": value}, "/sub_order") for value in (0, 100, "1", None)),
    *((ASK, WANTED | {"lines": value}, "/lines") for value in (None, [], LINE, [LINE] * 21)),
    *((ASK, _line(quantity=value), "/lines/0/quantity") for value in (0, -1, 10_000, 1.0, "1", True)),
    *((ASK, _line(line=value), "/lines/0/line") for value in (0, 1000, "1", None)),
    *((ASK, WANTED | {"amount": value}, "/amount") for value in NO_AMOUNT),
    *((ASK, WANTED | {"swap": value}, "/swap") for value in (1, None, "x" * 41, "TEA#", "茶", "TEA\n")),
    *((ASK, WANTED | {"evidence": value}, "/evidence") for value in (None, "x", ["0" * 26] * 10)),
    *((ASK, WANTED | {"evidence": [value]}, "/evidence/0") for value in (1, "", "http://evil.test/x.jpg")),
    (ASK, WANTED | {"buyer_id": "b-2"}, "/buyer_id"),
    (WITHDRAW, {"reason": "x"}, "/reason"),
    *((ACCEPT, {"kind": value}, "/kind") for value in ("refund_only", "gift", None, 1)),
    *((SEND_BACK, SENT | {"carrier": value}, "/carrier") for value in (None, "", "SF", "s f", "x" * 31)),
    *(
        (SEND_BACK, SENT | {"waybill": v}, "/waybill")
        for v in (None, 1, "SF1", "x" * 41, "SF 1234", "单号1234")
    ),
    *((CALL, {"reason": value}, "/reason") for value in NO_CODE),
    *((DECIDE, REFUSED | {"approve": value}, "/approve") for value in (None, "no", 0, 1)),
    *((DECIDE, REFUSED | {"reason": value}, "/reason") for value in NO_CODE if value != ""),
    (DECIDE, REFUSED | {"alternatives": [{"kind": "repair"}] * 5}, "/alternatives"),
    *((DECIDE, _offer(kind=value), "/alternatives/0/kind") for value in ("refund_only", "gift", None)),
    *((DECIDE, _offer(amount=value), "/alternatives/0/amount") for value in NO_AMOUNT),
    (TAKE_IN, {"lines": []}, "/lines"),
    *((INSPECT, {"lines": value}, "/lines") for value in (None, [], LINE)),
    *((INSPECT, _found(**{grade: -1}), f"/lines/0/{grade}") for grade in ("good", "defect", "scrap")),
    *((INSPECT, _found(rate_pct=value), "/lines/0/rate_pct") for value in (-1, 101, 1.5, "100", None)),
    (INSPECT, _found(broken=1), "/lines/0/broken"),
    *((RULE, RULED | {"rate_pct": value}, "/rate_pct") for value in (-1, 101, 99.5, "100", None)),
    *((RULE, RULED | {"goods_back": value}, "/goods_back") for value in (None, "no", 0)),
    *((RULE, RULED | {"freight_payer": value}, "/freight_payer") for value in ("carrier", "", None)),
    *((RULE, RULED | {"reason": value}, "/reason") for value in NO_CODE),
    *((ADVANCE, {"amount": value}, "/amount") for value in (*NO_AMOUNT, 0)),
    *((CONVERT, {"sub_order": value}, "/sub_order") for value in (0, 100, "1", 1.0)),
    (CONVERT, {"lines": []}, "/lines"),
]


# --- cases, as far as each is needed: of the kite of ``tests.starts.shipped``, line 3 of sub-order 2 ---

KITE = {"sub_order": 2, "kind": "return_refund", "reason": "no_reason", "lines": [{"line": 3, "quantity": 1}]}


def delivered(world: World, order_id: str) -> str:
    world.arrive(order_id)
    return order_id


def asked(world: World, order_id: str) -> str:
    """Its buyer has the kite, and asks to send it back."""
    world.command(f"/orders/{delivered(world, order_id)}/after-sales", KITE)
    return order_id


def decided(world: World, order_id: str, body: dict[str, Any]) -> str:
    path = f"/merchant/after-sales/{asked(world, order_id)}-C01/decision"
    world.command(path, body, role="merchant", who="m-toys")
    return order_id


def approved(world: World, order_id: str) -> str:
    return decided(world, order_id, {"approve": True})


def refused(world: World, order_id: str) -> str:
    return decided(world, order_id, REFUSED)


def sent_back(world: World, order_id: str) -> str:
    world.command(f"/after-sales/{approved(world, order_id)}-C01/waybill", SENT)
    return order_id


def disputed(world: World, order_id: str) -> str:
    world.command(f"/after-sales/{refused(world, order_id)}-C01/escalation", {"reason": "no_agreement"})
    return order_id
