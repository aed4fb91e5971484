"""The product itself on the laptop cloud: the synthesised template, from quote to settlement."""

import json

import pytest
from botocore.exceptions import ClientError

from local.clock import StandingClock
from local.cloud import Cloud
from local.run import ADDRESS, LINES, PAYABLE_MINOR
from local.seed import seed
from local.synthesis import fresh_template
from tests.local import small

HOUR, DAY = 3600, 86_400
META = {"HTTPStatusCode": 400, "RequestId": "r"}


@pytest.fixture(scope="module")
def opened():
    with Cloud(fresh_template(), clock=StandingClock(small.START)) as cloud:
        yield cloud


@pytest.fixture
def shop(opened):
    """The product with the seeded catalogue and nothing else; sweeper off, so that no loss is hidden."""
    opened.reset()
    opened.before.clear()
    opened.sweeper = False
    seed(opened)
    opened.settle()
    return opened


class Caller:
    """Somebody with a token, who never uses an idempotency key twice."""

    def __init__(self, cloud, subject, role, merchant_id=None):
        self._cloud, self._person = cloud, (subject, role, merchant_id)
        self._keys = iter(f"{subject}-{number}" for number in range(1000))

    def get(self, path):
        return self._answer("GET", path, b"")

    def post(self, path, body):
        return self._answer("POST", path, (body if isinstance(body, str) else json.dumps(body)).encode())

    def _answer(self, method, path, body):
        headers = {
            "authorization": f"Bearer {self._cloud.token(*self._person)}",
            "content-type": "application/json",
            "idempotency-key": next(self._keys),
        }
        response = self._cloud.http(method, path, headers, body)
        assert response.status in (200, 201), response.body
        return response.json()


def test_an_order_lives_from_quote_to_settlement(shop):
    buyer = Caller(shop, "b-1", "buyer")
    assert buyer.post("/quotes", LINES)["payable"] == {"amount": PAYABLE_MINOR, "currency": "CNY"}
    order = buyer.post("/orders", f"{LINES[:-1]}, {ADDRESS}}}")
    order_id = order["order_id"]

    payment = buyer.post(f"/orders/{order_id}/payments", {"provider": "sandbox"})
    pay = json.dumps({"amount": PAYABLE_MINOR, "currency": "CNY"}).encode()
    assert shop.http("POST", f"/_sandbox/payments/{payment['reference']}", {}, pay).status == 200
    paid = buyer.get(f"/orders/{order_id}")
    assert (paid["state"], paid["paid"]["amount"]) == ("awaiting_shipment", PAYABLE_MINOR)
    assert [len(sub_order["parcels"]) for sub_order in paid["sub_orders"]] == [1, 1]

    for number, merchant_id in enumerate(("m-tea", "m-lamps"), start=1):
        merchant = Caller(shop, merchant_id, "merchant", merchant_id)
        [waiting] = merchant.get("/merchant/orders")["sub_orders"]
        parcels = [{"parcel": number, "carrier": "sf", "waybill": f"SF100{number}"}]
        merchant.post(f"/merchant/sub-orders/{waiting['sub_order_id']}/shipment", {"parcels": parcels})
        assert merchant.get("/merchant/orders")["sub_orders"] == []

    shop.advance(2 * DAY)
    assert buyer.get(f"/orders/{order_id}")["state"] == "awaiting_receipt"
    shop.advance(2 * HOUR)  # The tracker pushes that both were delivered, and is asked whether that is true.
    assert buyer.get(f"/orders/{order_id}")["state"] == "delivered"
    shop.advance(8 * DAY - 2 * HOUR - 1)
    assert buyer.get(f"/orders/{order_id}")["state"] == "delivered"
    shop.advance(1)
    assert buyer.get(f"/orders/{order_id}")["state"] == "completed"
    shop.sweeper = True  # What a merchant is owed is no matter of minutes: it has no schedule of its own.
    shop.advance(16 * DAY + 120)
    assert [row["state"] for row in shop.items("ORDERS_TABLE") if row["sk"].startswith("SETTLE#")] == [
        "settled"
    ] * 2

    assert unfinished(shop) == []
    assert_nothing_was_lost(shop)


def test_what_lies_at_a_warehouse_with_a_system_is_packed_and_sent_by_it(shop):
    buyer = Caller(shop, "b-1", "buyer")
    wanted = '{"lines": [{"sku": "TEA-JASMINE-100", "quantity": 2}], '
    order = buyer.post("/orders", f"{wanted}{ADDRESS}}}")
    payment = buyer.post(f"/orders/{order['order_id']}/payments", {"provider": "sandbox"})
    pay = json.dumps(order["payable"]).encode()
    shop.http("POST", f"/_sandbox/payments/{payment['reference']}", {}, pay)

    [sub_order] = buyer.get(f"/orders/{order['order_id']}")["sub_orders"]
    [pushed] = sub_order["parcels"]
    shop.advance(1800)
    [sub_order] = buyer.get(f"/orders/{order['order_id']}")["sub_orders"]
    [sent] = sub_order["parcels"]

    assert (pushed["warehouse"], pushed["state"]) == ("chengdu", "at_warehouse")
    assert (sent["state"], sent["carrier"], sent["waybill"][:3]) == ("in_transit", "yto", "YTO")
    books = json.loads(shop.http("GET", "/_warehouses/books").body)
    assert books["chengdu"]["units"]["TEA-JASMINE-100"]["shipped"] == 2
    assert_nothing_was_lost(shop)


def test_an_order_that_nobody_pays_is_cancelled_after_half_an_hour(shop):
    buyer = Caller(shop, "b-1", "buyer")
    order_id = buyer.post("/orders", f"{LINES[:-1]}, {ADDRESS}}}")["order_id"]
    payment = buyer.post(f"/orders/{order_id}/payments", {"provider": "sandbox"})

    shop.advance(1799)
    assert buyer.get(f"/orders/{order_id}")["state"] == "pending_payment"
    shop.advance(1)

    assert buyer.get(f"/orders/{order_id}")["state"] == "cancelled"
    assert shop.sandbox.books()["references"][payment["reference"]]["closed"] is True
    assert [row["warehouses"] for row in stock(shop)] == [row["warehouses"] for row in seeded_stock(shop)]
    assert_nothing_was_lost(shop)


def test_a_world_can_be_begun_again_and_again(shop):
    buyer = Caller(shop, "b-1", "buyer")
    order_id = buyer.post("/orders", f"{LINES[:-1]}, {ADDRESS}}}")["order_id"]
    payment = buyer.post(f"/orders/{order_id}/payments", {"provider": "sandbox"})
    pay = json.dumps({"amount": PAYABLE_MINOR, "currency": "CNY"}).encode()
    shop.advance(600)
    ordered = shop.world()

    ends = []
    for is_paid in (False, True, False):
        shop.begin_again(ordered)
        assert shop.clock.now() == small.START + 600
        if is_paid:
            shop.http("POST", f"/_sandbox/payments/{payment['reference']}", {}, pay)
        shop.advance(1200)
        ends.append((buyer.get(f"/orders/{order_id}")["state"], shop.sandbox.books()["totals"]))

    paid = {"CNY": {"captured": PAYABLE_MINOR, "refunded": 0}}
    assert ends == [("cancelled", {}), ("awaiting_shipment", paid), ("cancelled", {})]
    assert_nothing_was_lost(shop)


def test_a_deadline_that_could_not_be_armed_is_caught_by_the_sweeper(shop):
    def refuse(kind, name):
        if (kind, name) == ("task", "scheduler:create_schedule"):
            raise ClientError(
                {"Error": {"Code": "ThrottlingException", "Message": ""}, "ResponseMetadata": META}, "x"
            )

    shop.before.append(refuse)
    buyer = Caller(shop, "b-1", "buyer")
    order_id = buyer.post("/orders", f"{LINES[:-1]}, {ADDRESS}}}")["order_id"]
    assert [execution.status for execution in shop.targets.failed_executions] == ["FAILED"]
    assert unfinished(shop) == ["#EVENT#00000001"]
    shop.before.clear()

    shop.advance(1800)
    assert buyer.get(f"/orders/{order_id}")["state"] == "pending_payment"
    shop.sweeper = True
    shop.advance(120)

    assert buyer.get(f"/orders/{order_id}")["state"] == "cancelled"
    assert unfinished(shop) == []


def test_the_printed_commands_are_true(shop):
    from local.run import instructions

    text = instructions(shop, "http://127.0.0.1:8787")

    assert f'"amount": {PAYABLE_MINOR}' in text
    assert "export MERCHANT_TEA=ey" in text
    assert json.loads(LINES)["lines"][0]["sku"] in {row["sku"] for row in stock(shop)}


def unfinished(shop):
    return [row["sk"] for row in shop.items("ORDERS_TABLE") if "unfinished_since" in row]


def stock(shop):
    return [row for row in shop.items("STOCK_TABLE") if row["sk"] == "STOCK"]


def seeded_stock(shop):
    shop.reset()
    seed(shop)
    return stock(shop)


def assert_nothing_was_lost(shop):
    queues = [resource.name for resource in shop.resources if resource.type == "AWS::SQS::Queue"]
    assert {name: shop.queue(name) for name in queues if shop.queue(name)} == {}
    assert shop.targets.lost == []
    assert shop.targets.failed_executions == []
