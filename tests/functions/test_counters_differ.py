"""A shelf or a wallet that does not hold what an order holds, over HTTP: told as such, logged, nothing written."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.wiring import logger
from tests.functions.parcels import Partners, confirmed, fulfilment, message, package, partners, post
from tests.functions.provider import event, tell
from tests.http_world import World


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is logged as an error: (what, details)."""
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(logger, "error", lambda message, **details: told.append((message, details)))
    return told


def emptied(world: World, sku: str) -> None:
    """Somebody's hand has set what is reserved of *sku* to nothing."""
    table = boto3.resource("dynamodb").Table(os.environ["STOCK_TABLE"])
    for warehouse in world.stock(sku):
        names = {"#w": warehouse}
        told = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": {":none": 0}}
        key = {"pk": f"SKU#{sku}", "sk": "STOCK"}
        table.update_item(Key=key, UpdateExpression="SET warehouses.#w.reserved = :none", **told)


@pytest.mark.parametrize(("language", "title"), [("en", "Our books of stock"), ("zh", "库存账目")])
def test_a_buyer_who_cancels_is_told_that_the_books_differ(
    world: World, errors: list[tuple[str, dict[str, Any]]], language: str, title: str
) -> None:
    order = world.placed_and_paid({"POT": 2})
    emptied(world, "POT")
    before = world.everything()

    path, headers = f"/orders/{order}/cancellation", {"accept-language": language}
    answer = world.send("POST", path, {"reason": "changed_mind"}, headers=headers)

    problem = answer.json()
    assert (answer.status, problem["code"], problem["skus"]) == (409, "stock_differs", ["POT"])
    assert problem["title"].startswith(title)
    assert world.everything() == before
    assert errors == [("counters differ", {"code": "stock_differs", "skus": ["POT"]})]


def test_a_buyer_whose_coupon_is_gone_is_told_that_the_wallet_differs(
    world: World, errors: list[tuple[str, dict[str, Any]]]
) -> None:
    world.gives_points(500)
    order = world.place({"POT": 1}, points=500)
    table = boto3.resource("dynamodb").Table(os.environ["MEMBERS_TABLE"])
    [member] = [row for row in world.rows("MEMBERS_TABLE") if row["sk"] == "MEMBER"]
    table.put_item(Item=member | {"points_locked": 0})
    before = world.everything()

    answer = world.send("POST", f"/orders/{order}/cancellation", {"reason": "changed_mind"})

    assert (answer.status, answer.json()["code"]) == (409, "wallet_differs")
    assert world.everything() == before
    assert [what for what, _ in errors] == ["counters differ"]


def test_a_merchant_who_ships_is_told_that_the_books_differ(world: World) -> None:
    order = world.placed_and_paid({"POT": 2})
    emptied(world, "POT")
    [parcel] = world.order(order)["sub_orders"][0]["parcels"]
    waybills = {"parcels": [{"parcel": parcel["parcel"], "carrier": "sf", "waybill": "SF0000000001"}]}

    path = f"/merchant/sub-orders/{order}-01/shipment"
    answer = world.send("POST", path, waybills, role="merchant", who="m-tea")

    assert (answer.status, answer.json()["code"]) == (409, "stock_differs"), answer.body


def test_a_provider_is_asked_to_tell_it_again_and_its_money_is_booked_once_the_books_are_right(
    world: World, errors: list[tuple[str, dict[str, Any]]]
) -> None:
    world.gives_points(500)
    order = world.place({"POT": 1}, points=500)
    payment = world.start(order)
    [member] = [row for row in world.rows("MEMBERS_TABLE") if row["sk"] == "MEMBER"]
    table = boto3.resource("dynamodb").Table(os.environ["MEMBERS_TABLE"])
    table.put_item(Item=member | {"points_locked": 0})
    paid = event(reference=payment["reference"], amount=payment["amount"]["amount"])

    assert tell(world, paid) == (503, "busy")
    assert [what for what, _ in errors] == ["counters differ"]

    table.put_item(Item=member)
    assert tell(world, paid) == (200, "applied")


def test_a_warehouse_is_asked_to_tell_it_again(
    world: World, wms: Partners, errors: list[tuple[str, dict[str, Any]]]
) -> None:
    order = world.placed_and_paid({"POT": 2})
    emptied(world, "POT")

    sent = confirmed(fulfilment(order), package("SF0000000007", {1: 2}), final=True, number=1)
    answer = post(world, message(world, sent))

    assert (answer.status, answer.json()["code"]) == (503, "stock_differs"), answer.body
    assert errors == [("counters differ", {"code": "stock_differs", "skus": ["POT"]})]
