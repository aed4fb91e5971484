"""An after-sale case as its parties drive it over HTTP: the buyer's, the merchant's and the platform's hands.

The order is of tea at 19.99 with 8.00 freight, out of W1, unless a test says otherwise.
"""

from collections.abc import Mapping
from typing import Any

from local.gateway import Response
from tests.functions.showing import offered, received
from tests.http_world import World
from tests.uploads import post

TEA, FREIGHT = 1999, 800
NO = {"approve": False, "reason": "worn"}


class Claim:
    """One case. Each method is a command that must be accepted; ``tries`` sends it once and returns the answer."""

    def __init__(self, world: World, case_id: str, merchant: str = "m-tea") -> None:
        self.world, self.case_id, self.seller = world, case_id, merchant

    @property
    def order(self) -> str:
        return self.case_id.partition("-")[0]

    def read(self, **who: Any) -> Any:
        return self.world.read(f"/after-sales/{self.case_id}", **who)

    @property
    def state(self) -> str:
        return str(self.read()["state"])

    def buyer(self, what: str, body: Mapping[str, Any] | None = None) -> Any:
        return self.world.command(f"/after-sales/{self.case_id}/{what}", body or {})

    def merchant(self, what: str, body: Mapping[str, Any] | None = None) -> Any:
        path = f"/merchant/after-sales/{self.case_id}/{what}"
        return self.world.command(path, body or {}, role="merchant", who=self.seller)

    def support(self, what: str, body: Mapping[str, Any]) -> Any:
        path = f"/support/disputes/{self.case_id}/{what}"
        return self.world.command(path, body, role="support", who="s-1")

    def tries(self, door: str, what: str, body: Mapping[str, Any] | None = None, **who: Any) -> Response:
        return self.world.send("POST", f"{door}/{self.case_id}/{what}", body or {}, **who)

    # --- turns that many stories take ---

    def approve(self) -> Any:
        return self.merchant("decision", {"approve": True})

    def refuse(self, kind: str = "repair", amount: int = 0) -> Any:
        return self.merchant("decision", NO | {"alternatives": [{"kind": kind, "amount": amount}]})

    def send_back(self, waybill: str = "SF-BACK-0001") -> Any:
        return self.buyer("waybill", {"carrier": "sf", "waybill": waybill})

    def inspect(self, line: int = 1, *, rate_pct: int = 100, **graded: int) -> Any:
        found = {"line": line, "rate_pct": rate_pct, **graded}
        return self.merchant("inspection", {"lines": [found], "reason": "worn" if rate_pct < 100 else ""})

    def call_platform(self) -> Any:
        return self.buyer("escalation", {"reason": "no_agreement"})

    def rule(self, rate_pct: int = 100, *, goods_back: bool = False, **more: Any) -> Any:
        ruling = {"rate_pct": rate_pct, "goods_back": goods_back, "freight_payer": "merchant"}
        return self.support("ruling", ruling | {"reason": "photos_show_it"} | more)


def request(world: World, order: str, kind: str, units: int = 1, **more: Any) -> dict[str, Any]:
    """The body of a request for units of line 1, with a photo where a reason needs one."""
    body: dict[str, Any] = {"sub_order": 1, "kind": kind, "reason": "no_reason"}
    body |= {"lines": [{"line": 1, "quantity": units}]} | more
    if body["reason"] not in ("no_reason", "not_received") and "evidence" not in more:
        body["evidence"] = [photo(world, order)]
    return body


def photo(world: World, order: str) -> str:
    """A photo that the buyer has shown; the same file a second time is the same one."""
    offer = offered(world, order)
    if offer["upload"] is not None:
        assert post(world.cloud, offer["upload"]).status == 204
    return str(offer["evidence_id"])


def claim(world: World, order: str, kind: str, units: int = 1, **more: Any) -> Claim:
    made = world.command(f"/orders/{order}/after-sales", request(world, order, kind, units, **more))
    [case] = made["cases"]
    return Claim(world, case["case_id"])


def on_its_way(world: World, lines: dict[str, int] | None = None, **more: Any) -> str:
    order = world.placed_and_paid(lines or {"TEA": 3}, **more)
    world.ship_all(order)
    return order


def returning(world: World, units: int = 1, kind: str = "return_refund", **more: Any) -> Claim:
    """Received, asked for, approved, and on its way back."""
    asked = claim(world, received(world), kind, units, **more)
    asked.approve()
    asked.send_back()
    return asked


def refunded(world: World, order: str) -> list[tuple[str, int, str]]:
    found = world.order(order)["refunds"]
    return [(refund["state"], refund["amount"]["amount"], refund["reason"]) for refund in found]


def parts(world: World, order: str) -> list[str]:
    return [part["state"] for part in world.order(order)["sub_orders"]]


def shelf(world: World, sku: str = "TEA", warehouse: str = "W1") -> dict[str, int]:
    levels: dict[str, int] = world.stock(sku)[warehouse]
    return {name: units for name, units in levels.items() if units}
