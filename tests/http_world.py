"""A small shop on the laptop cloud, driven through HTTP as its users drive it.

One world per test: ``world.reset()`` puts a fresh shop on the same cloud. Everything a person or a provider does
is a method; commands repeat themselves under the same key while the answer is a 5xx, as clients are told to.
"""

import json
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local.clock import StandingClock
from local.cloud import Cloud
from local.gateway import Response
from local.synthesis import fresh_template
from local.worlds import World as Snapshot
from shared.context import ID_PATTERN
from shared.goods import Sku
from shared.instants import rfc3339
from shared.outside import outside
from shared.settings import Settings
from shared.store.goods import GoodsStore
from shared.store.shelves import ShelfStore

OPENED_AT = 1_795_300_000
DAY = 86_400
SWEPT = 120  # So much later the sweep has found what has no schedule of its own.
MERCHANTS = ("m-tea", "m-toys")
SHELF = {  # sku: (merchant, price, {warehouse: units})
    "TEA": ("m-tea", 1999, {"W1": 20, "W2": 20}),
    "POT": ("m-tea", 12901, {"W1": 2, "W2": 3}),
    "KITE": ("m-toys", 333, {"W1": 10}),
}
ADDRESS = {
    "name": "Li Lei",
    "phone": "+86 10 1234 5678",
    "country": "CN",
    "city": "Beijing",
    "street": "Lane 1",
}
ATTEMPTS_MAX = 6
PUBLISHED_AT_ONCE = 40


class World:
    def __init__(self) -> None:
        self.cloud = Cloud(fresh_template(), clock=StandingClock(OPENED_AT))
        self.sends_twice = False  # Every command is delivered twice.
        self._keys = 0
        self._stock()

    def reset(self, *, sweeper: bool = True) -> None:
        self.cloud.reset()
        self.cloud.sweeper = sweeper
        self.sends_twice = False
        self._keys = 0
        self._stock()

    def snapshot(self) -> Snapshot:
        """Everything as it is now, to begin from again: for shops that take long to stock."""
        return self.cloud.world()

    def begin_again(self, snapshot: Snapshot, *, sweeper: bool = True) -> None:
        self.cloud.begin_again(snapshot)
        self.cloud.sweeper = sweeper
        self.sends_twice = False

    def close(self) -> None:
        self.cloud.close()

    # --- what people do ---

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: str = "buyer",
        who: str = "b-1",
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Response:
        """One request, sent once. *key* "": a new one; None: none."""
        merchant = who if role == "merchant" else None
        told = {"authorization": f"Bearer {self.cloud.token(who, role, merchant)}"}
        if method == "POST":
            told["content-type"] = "application/json"
        if key is not None:
            told["idempotency-key"] = key or self.new_key()
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return self.cloud.http(method, path, told | dict(headers or {}), content)

    def command(self, path: str, body: object, **who: Any) -> Any:
        """A command as a good client sends it: again under the same key while the answer is a 5xx."""
        key = self.new_key()
        for _ in range(ATTEMPTS_MAX):
            answer = self.send("POST", path, body, key=key, **who)
            if answer.status < 500:
                break
        if self.sends_twice:
            again = self.send("POST", path, body, key=key, **who)
            assert again.status == answer.status, (again.status, again.body)
        assert answer.status in (200, 201), (path, answer.status, answer.body)
        return answer.json()

    def new_key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    def place(self, lines: Mapping[str, int] | None = None, *, who: str = "b-1", **more: Any) -> str:
        """Order *lines* (SKU: units; default: of both merchants). Returns the order's number."""
        return str(self.command("/orders", order_of(lines, **more), who=who)["order_id"])

    def start(self, order_id: str, who: str = "b-1", *, provider: str = "sandbox") -> Any:
        return self.command(f"/orders/{order_id}/payments", {"provider": provider}, who=who)

    def pay(self, payment: Mapping[str, Any], **how: Any) -> None:
        """The buyer pays at the sandbox, which tells us as *how* says."""
        form = {"amount": payment["amount"]["amount"], "currency": payment["amount"]["currency"], **how}
        if self.sends_twice:
            form.setdefault("deliver", "twice")
        answer = self.cloud.http(
            "POST", f"/_sandbox/payments/{payment['reference']}", {}, json.dumps(form).encode()
        )
        assert answer.status == 200, answer.body

    def desk(self, path: str, form: Mapping[str, Any] | None = None) -> Any:
        """What people, banks and bad luck do at Alipay, WeChat Pay and Stripe (``local.providers``)."""
        answer = self.cloud.http("POST", f"/_providers/{path}", {}, json.dumps(form or {}).encode())
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json()

    def desk_books(self, provider: str) -> Any:
        """What the provider believes."""
        answer = self.cloud.http("GET", f"/_providers/{provider}/books")
        assert answer.status == 200, answer.body
        return answer.json()

    def at_provider(self, payment: Mapping[str, Any], what: str, **form: Any) -> Any:
        """*what* happens to this try to pay at its provider: pay, refund, refund-mode, chargeback, ..."""
        return self.desk(f"{payment['provider']}/payments/{payment['reference']}/{what}", form)

    def opens(self, order_id: str, provider: str, who: str = "b-1") -> Any:
        """The buyer starts to pay at a real provider, and looks at its page, or its code."""
        payment = self.start(order_id, who, provider=provider)
        if payment["pay_with"]["kind"] == "redirect":
            page = self.cloud.http("GET", payment["pay_with"]["value"].removeprefix(self.cloud.url))
            assert page.status == 200, page.body
        return payment

    def refund_mode(self, payment: Mapping[str, Any], mode: str) -> None:
        path = f"/_sandbox/payments/{payment['reference']}/refund-mode"
        assert self.cloud.http("POST", path, {}, json.dumps({"mode": mode}).encode()).status == 200

    def placed_and_paid(self, lines: Mapping[str, int] | None = None, **more: Any) -> str:
        order_id = self.place(lines, **more)
        self.pay(self.start(order_id, more.get("who", "b-1")))
        return order_id

    def cancel(self, order_id: str, lines: Mapping[int, int] | None = None, who: str = "b-1") -> Any:
        body: dict[str, Any] = {"reason": "changed_mind"}
        if lines is not None:
            body["lines"] = [{"line": n, "quantity": q} for n, q in lines.items()]
        return self.command(f"/orders/{order_id}/cancellation", body, who=who)

    def ship(self, order_id: str, number: int, parcels: int | None = None) -> Any:
        """The merchant ships the waiting parcels of a sub-order, or the first *parcels* of them."""
        sub_order = self.order(order_id)["sub_orders"][number - 1]
        waiting = [p["parcel"] for p in sub_order["parcels"] if p["state"] == "awaiting_shipment"][:parcels]
        parcels_of = f"SF-{order_id[-8:]}"  # Every parcel has a number of its own.
        body = {
            "parcels": [{"parcel": p, "carrier": "sf", "waybill": f"{parcels_of}-{p:04}"} for p in waiting]
        }
        path = f"/merchant/sub-orders/{sub_order['sub_order_id']}/shipment"
        return self.command(path, body, role="merchant", who=sub_order["merchant_id"])

    def ship_all(self, order_id: str) -> None:
        for number, sub_order in enumerate(self.order(order_id)["sub_orders"], 1):
            if sub_order["state"] == "awaiting_shipment":
                self.ship(order_id, number)

    def arrive(self, order_id: str) -> None:
        """Support finds out that everything on its way has been delivered."""
        for sub_order in self.order(order_id)["sub_orders"]:
            for parcel in sub_order["parcels"]:
                if parcel["state"] == "in_transit":
                    path = f"/orders/{order_id}/parcels/{parcel['parcel']}/report"
                    body = {"said": "delivered", "reason": "asked_the_carrier"}
                    self.command(path, body, role="support", who="s-1")

    def receive(self, order_id: str) -> Any:
        path = f"/orders/{order_id}/receipt"
        for _ in range(ATTEMPTS_MAX):
            asked = self.send("POST", path, {})
            if asked.status < 500:
                break
        assert asked.status == 409, asked.body
        return self.command(path, {"confirm": asked.json()["confirm"]})

    def review(self, order_id: str, decision: str = "approved", *, role: str = "support", **more: Any) -> Any:
        checked = ["buyer", "payment_genuine", "special_needs"] if decision == "approved" else []
        body = {"decision": decision, "checked": checked, **more}
        return self.command(f"/reviews/{order_id}", body, role=role, who="r-1")

    def order(self, order_id: str, who: str = "b-1") -> Any:
        return self.read(f"/orders/{order_id}", who=who)

    def read(self, path: str, **who: Any) -> Any:
        for _ in range(ATTEMPTS_MAX):
            answer = self.send("GET", path, **who)
            if answer.status < 500:
                break
        assert answer.status == 200, answer.body
        return answer.json()

    # --- what the operator does ---

    def publish(self, kind: str, *records: Mapping[str, Any]) -> None:
        self.command(f"/operator/catalogue/{kind}", {"records": list(records)}, role="operator", who="op-1")

    def sells(self, sku: str, merchant: str, price: int, levels: Mapping[str, int], **more: Any) -> None:
        """Put a new SKU on sale, and units of it on the shelves."""
        if "cross_border" in more.get("flags", ()):
            more = {"hs_code": "3303000000", "origin": "FR"} | more
        self.publish("sku", offer(sku, merchant, price) | more)
        self.receives(sku, levels)

    def sells_many(self, count: int, levels: Mapping[str, int], merchant: str = "m-many") -> dict[str, int]:
        """Put so many SKUs on sale, for 1.00 each. Returns an order of one unit of each."""
        skus = [f"{merchant}-{number:03}" for number in range(1, count + 1)]
        for start in range(0, count, PUBLISHED_AT_ONCE):
            self.publish(
                "sku", *(offer(sku, merchant, 100) for sku in skus[start : start + PUBLISHED_AT_ONCE])
            )
        for sku in skus:
            self.receives(sku, levels)
        return dict.fromkeys(skus, 1)

    def receives(self, sku: str, levels: Mapping[str, int]) -> None:
        shelves = ShelfStore(outside, Settings.read(os.environ))
        for warehouse, units in levels.items():
            shelves.receive(
                sku=sku, warehouse=warehouse, quantity=units, movement_id=f"in-{warehouse}", at=OPENED_AT
            )

    def gives_coupon(self, template: str, who: str = "b-1", **terms: Any) -> str:
        """Publish a coupon, for everything and a year unless *terms* say otherwise; returns *who*'s own one."""
        validity = {"starts_at": rfc3339(OPENED_AT - DAY), "ends_at": rfc3339(OPENED_AT + 365 * DAY)}
        usual = {"template_id": template, "kind": "platform", "currency": "CNY", "off_minor": 500}
        if "rate_pct" in terms:
            del usual["off_minor"]
        self.publish("coupon", {**usual, **validity, **terms})
        issued = self.command(
            f"/operator/members/{who}/coupons", {"template": template}, role="operator", who="op-1"
        )
        return str(issued["coupons"][0]["coupon_id"])

    def gives_points(self, points: int, who: str = "b-1") -> None:
        body = {"points": points, "reason": "goodwill"}
        self.command(f"/operator/members/{who}/points", body, role="operator", who="op-1")

    def wallet(self, who: str = "b-1") -> dict[str, Any]:
        """What *who* has: points available, locked and spent, counts, and each template's coupon's state."""
        seen = self.read(f"/operator/members/{who}", role="operator", who="op-1")
        coupons = {coupon["template_id"]: coupon["state"] for coupon in seen["coupons"]}
        return {"points": tuple(seen["points"].values()), "counts": seen["counts"], "coupons": coupons}

    # --- what an onlooker sees ---

    def rows(self, table: str = "ORDERS_TABLE") -> list[dict[str, Any]]:
        return list(self.cloud.items(table))

    def vouchers(self) -> list[dict[str, Any]]:
        """The ledger itself, without the books that follow from it."""
        return [row for row in self.rows("LEDGER_TABLE") if row["sk"].startswith("VOUCHER#")]

    def everything(self) -> list[str]:
        """Every table, to compare before and after: what was refused wrote nothing."""
        tables = ("ORDERS_TABLE", "STOCK_TABLE", "LEDGER_TABLE", "CATALOGUE_TABLE", "MEMBERS_TABLE")
        return sorted(f"{table} {sorted(item.items())}" for table in tables for item in self.rows(table))

    def stock(self, sku: str) -> dict[str, dict[str, Any]]:
        """The counters of a SKU, or of one shard of it (``"HOT#3"``), by warehouse."""
        found: dict[str, dict[str, Any]] = self._shelves()[f"SKU#{sku}"]
        return found

    def _shelves(self) -> dict[str, Any]:
        rows = [row for row in self.rows("STOCK_TABLE") if row["sk"] == "STOCK"]
        return {
            row["pk"]: whole_numbers(row["warehouses"]) for row in sorted(rows, key=lambda row: row["pk"])
        }

    def wallets(self) -> dict[str, Any]:
        """Every member's counters, and how many coupons of each template are in which state."""
        found: dict[str, Any] = {}
        for row in self.rows("MEMBERS_TABLE"):
            if row["sk"] == "MEMBER":
                counters = {name: int(n) for name, n in row.items() if isinstance(n, Decimal) and n}
                found.setdefault(row["pk"], []).extend(sorted(counters.items()))
            if row["sk"].startswith("COUPON#"):
                found.setdefault(row["pk"], []).append((row["template_id"], row.get("state", "available")))
        return {pk: sorted(map(str, held)) for pk, held in sorted(found.items())}

    def accounts(self) -> dict[str, int]:
        """Every account's balance, the order's number taken out, so that two runs compare. Without fees: the bill
        that tells of them comes whenever a day is over.
        """
        total: dict[str, int] = {}
        for voucher in (each for each in self.vouchers() if not each["pk"].startswith("BILL#")):
            for account, amount in voucher["entries"]:
                name = account.replace(voucher.get("order_id", "no order"), "<order>")
                if (
                    "order_id" not in voucher and "merchant_id" in voucher
                ):  # A statement's, of several orders.
                    name = re.sub(ID_PATTERN, "<order>", account)
                total[name] = total.get(name, 0) + int(amount)
        return {name: amount for name, amount in sorted(total.items()) if amount}

    def ending(self) -> dict[str, Any]:
        """How everything ended, without numbers and times: states, stock, wallets and money."""
        kinds = ("ORDER", "SUB#", "PAY#", "REFUND#", "DISPUTE#", "PARCEL#", "SETTLE#", "MOVE#")
        rows = [row for row in self.rows() if row["sk"].startswith(kinds)]
        return {
            "states": sorted((row["sk"], row["state"]) for row in rows),
            "stock": self._shelves(),
            "wallets": self.wallets(),
            "accounts": self.accounts(),
        }

    def _stock(self) -> None:
        goods = GoodsStore(outside, Settings.read(os.environ))
        for sku, (merchant, price, levels) in SHELF.items():
            goods.put_sku(Sku(sku, f"A {sku.lower()}", merchant, price, "CNY", True, 700, 6840, "general"))
            self.receives(sku, levels)
        self.cloud.settle()


def offer(sku: str, merchant: str, price: int) -> dict[str, Any]:
    """An ordinary SKU, as the operator publishes it."""
    money = {"unit_price_minor": price, "currency": "CNY"}
    parcel = {"weight_grams": 700, "volume_cm3": 6840, "category": "general"}
    return {"sku": sku, "name": f"A {sku.lower()}", "merchant_id": merchant, **money, **parcel}


def order_of(lines: Mapping[str, int] | None = None, **more: Any) -> dict[str, Any]:
    """The body of an order of *lines* (SKU: units; default: of both merchants)."""
    wanted = lines or {"TEA": 3, "POT": 4, "KITE": 1}
    return {"lines": [{"sku": s, "quantity": q} for s, q in wanted.items()], "address": ADDRESS, **more}


def whole_numbers(value: Any) -> Any:
    """What boto3 reads as Decimal, as the int that it is."""
    if isinstance(value, dict):
        return {name: whole_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [whole_numbers(part) for part in value]
    return int(value) if isinstance(value, Decimal) else value
