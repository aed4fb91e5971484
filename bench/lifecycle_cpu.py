"""How much CPU of our own does a whole order take, with AWS answering from memory?

Created, paid, split, shipped, delivered, confirmed, settled: through the handlers as Lambda calls them, with the real
parsing, validation, rules, storage format and answers. Three lines of two merchants. Not in it: botocore (about a
millisecond a call), the network, and AWS.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

from bench.environment import ENVIRONMENT
from bench.memory_tables import SECRETS, TRACKER_SECRET, MemoryTables

LIVES, WARM_UP = 60, 10
BUDGET_MILLISECONDS = 30
PLACING_BUDGET = [("dynamodb", "batch_get_item"), ("dynamodb", "transact_write_items")]
START = 1_795_300_200
DAY = 86_400
SKUS = {"TEA": "m-tea", "CUP": "m-tea", "LAMP": "m-lamps"}
ADDRESS = {
    "name": "A Buyer",
    "phone": "+44 20 0000 0000",
    "country": "GB",
    "city": "Anytown",
    "street": "1 Example Street",
}


class Life(NamedTuple):
    milliseconds: float
    calls: int


class LifecycleCpu(NamedTuple):
    milliseconds: float  # Median over lives.
    calls: int
    placing_calls: list[tuple[str, str]]  # On the synchronous path of POST /orders.


class LambdaContext:
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-4000-8000-000000000000"


class Shop:
    """One process with every handler, warm, on a clock of its own."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables, self.now, self._keys = tables, START, 0

    def live(self) -> str:
        """Take one order from creation to settlement; return its number."""
        order = self._api("order_api", "POST", "/orders", self._order_form())
        order_id, payable = order["order_id"], order["payable"]
        page = self._api("order_api", "POST", f"/orders/{order_id}/payments", {"provider": "sandbox"})
        self._webhook(page["reference"], payable)
        self._invoke(
            "splitting", {"step": "split_order", "order_id": order_id, "version": 3, "subject": "ORDER"}
        )
        for number, merchant in enumerate(("m-tea", "m-lamps"), 1):
            target = f"/merchant/sub-orders/{order_id}-{number:02}/shipment"
            waybill = f"SF{self._keys:06}{number:02}"
            parcel = {"parcel": number, "carrier": "sf", "waybill": waybill}
            self._api("merchant_api", "POST", target, {"parcels": [parcel]}, merchant=merchant)
            self.now += DAY
            self._delivered(waybill)
        receipt = f"/orders/{order_id}/receipt"
        token = self._api("order_api", "POST", receipt, {})["confirm"]
        self._api("order_api", "POST", receipt, {"confirm": token})
        self.now += 16 * DAY
        for number in (1, 2):
            self._invoke("clock", {"order_id": order_id, "subject": f"SETTLE#{number:02}"})
        self._relay(order_id)
        return str(order_id)

    def place(self) -> list[tuple[str, str]]:
        """Place one order; return the calls that it took."""
        before = len(self._tables.calls)
        self._api("order_api", "POST", "/orders", self._order_form())
        return self._tables.calls[before:]

    def _order_form(self) -> dict[str, Any]:
        return {"lines": [{"sku": sku, "quantity": 1} for sku in SKUS], "address": ADDRESS}

    def _webhook(self, reference: str, payable: dict[str, Any]) -> None:
        data = {
            "reference": reference,
            "transaction_id": f"txn_{reference}",
            "account": "sandbox-ordercycle",
            "amount": payable,
        }
        message = {"id": f"evt_{reference}", "type": "payment.succeeded", "created": self.now, "data": data}
        body = json.dumps(message)
        signed = hmac.new(SECRETS["AWSCURRENT"].encode(), f"{self.now}.{body}".encode(), hashlib.sha256)
        headers = {"ordercycle-signature": f"t={self.now},v1={signed.hexdigest()}"}
        answer = self._invoke(
            "payment_callback", {"pathParameters": {"provider": "sandbox"}, "headers": headers, "body": body}
        )
        assert answer["statusCode"] == 200, answer

    def _delivered(self, waybill: str) -> None:
        """AfterShip tells that the parcel has arrived."""
        moment = datetime.fromtimestamp(self.now, UTC).isoformat()
        seen = {"tag": "Delivered", "subtag": "Delivered_001", "checkpoint_time": moment}
        told = {"tracking_number": waybill, "slug": "sf-express", "tag": "Delivered", "checkpoints": [seen]}
        body = json.dumps({"event": "tracking_update", "event_id": waybill, "ts": self.now, "msg": told})
        digest = hmac.digest(TRACKER_SECRET.encode(), body.encode(), "sha256")
        headers = {"aftership-hmac-sha256": base64.b64encode(digest).decode()}
        answer = self._invoke(
            "carrier_callback", {"pathParameters": {"carrier": "aftership"}, "headers": headers, "body": body}
        )
        assert answer["statusCode"] == 200, answer

    def _relay(self, order_id: str) -> None:
        """Announce each event by itself, as it happens when orders are few."""
        for row in self._tables.event_rows(order_id):
            change = {"Keys": {"sk": row["sk"]}, "NewImage": row, "SequenceNumber": "1"}
            answer = self._invoke("relay", {"Records": [{"eventName": "INSERT", "dynamodb": change}]})
            assert answer == {"batchItemFailures": []}, answer

    def _api(self, function: str, method: str, path: str, body: dict[str, Any], *, merchant: str = "") -> Any:
        self._keys += 1
        claims = {
            "sub": merchant or "buyer-1",
            "cognito:groups": "[merchant]" if merchant else "[buyer]",
            "custom:merchant_id": merchant,
        }
        answer = self._invoke(
            function,
            {
                "version": "2.0",
                "rawPath": path,
                "rawQueryString": "",
                "headers": {"content-type": "application/json", "idempotency-key": f"bench-{self._keys}"},
                "requestContext": {
                    "http": {"method": method, "path": path},
                    "stage": "$default",
                    "authorizer": {"jwt": {"claims": claims}},
                },
                "body": json.dumps(body),
                "isBase64Encoded": False,
            },
        )
        value = json.loads(answer["body"])
        assert answer["statusCode"] < 400 or value["code"] == "confirmation_required", value
        return value

    def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        import importlib

        return importlib.import_module(f"functions.{function}").handler(event, LambdaContext())


@contextmanager
def opened() -> Iterator[tuple[Shop, MemoryTables]]:
    """Wire the product to memory, with its own environment, and put everything back."""
    with patch.dict(os.environ, ENVIRONMENT), redirect_stdout(StringIO()):
        import functions.wiring
        from shared.outside import outside
        from shared.settings import settings

        wiring = functions.wiring
        caches = (settings, wiring.shop, wiring.keyring, wiring.partners)
        tables = MemoryTables()
        shop = Shop(tables)
        for cached in caches:
            cached.cache_clear()
        outside.around.append(tables.around)
        try:
            with patch.object(functions.wiring, "clock", lambda: shop.now):
                _stock_up()
                yield shop, tables
        finally:
            outside.around.remove(tables.around)
            for cached in caches:
                cached.cache_clear()


def _stock_up() -> None:
    from functions.wiring import shop
    from shared.goods import Sku
    from shared.store.shelves import ShelfStore

    shelves = ShelfStore(shop().outside, shop().settings)
    for sku, merchant in SKUS.items():
        shop().goods.put_sku(Sku(sku, sku.title(), merchant, 1999, "GBP", True, 500, 1000, "things"))
        shelves.receive(sku=sku, warehouse="leeds", quantity=10_000, movement_id="opening", at=START)


def measure(lives: int = LIVES) -> LifecycleCpu:
    """Let orders live one after the other, each counted by itself."""
    with opened() as (shop, tables):
        for _ in range(WARM_UP):
            shop.live()
        found = [_timed(shop, tables) for _ in range(lives)]
        placing = shop.place()
    return LifecycleCpu(median(life.milliseconds for life in found), found[-1].calls, placing)


def _timed(shop: Shop, tables: MemoryTables) -> Life:
    calls, started = len(tables.calls), time.process_time()
    shop.live()
    return Life((time.process_time() - started) * 1000, len(tables.calls) - calls)
