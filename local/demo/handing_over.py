"""Merchants hand parcels over, and buyers say that they have come."""

from collections.abc import Mapping
from typing import Any

from local.demo import made_up
from local.demo.buying import buyer
from local.demo.client import Person
from local.demo.happened import Kind
from local.demo.invoices import Sale
from local.demo.made_up import DAY
from local.demo.stage import Life, Stage

PARCEL_BY_PARCEL = 4  # One in four sub-orders of several parcels.


def ship(stage: Stage, sale: Sale, order: dict[str, Any]) -> Life:
    """Each merchant ships its part; some parcel by parcel, a day apart."""
    waiting = [s for s in read(stage, sale, order)["sub_orders"] if s["state"] == "awaiting_shipment"]
    later = []
    for sub_order in waiting:
        parcels = _waiting_parcels(stage, sub_order)
        if not parcels:
            continue  # Its warehouse has a system, which needs nobody.
        one_by_one = made_up.draw(f"one by one {sale.number}", PARCEL_BY_PARCEL) == 0
        hand_over(stage, sale, sub_order, parcels[:1] if one_by_one else parcels)
        if one_by_one and parcels[1:]:
            later.append((sub_order, parcels[1:]))
    if later:
        yield stage.now() + DAY
    for sub_order, parcels in later:
        hand_over(stage, sale, sub_order, parcels)


def _waiting_parcels(stage: Stage, sub_order: dict[str, Any]) -> list[dict[str, Any]]:
    """Look at the head of the merchant's work list, then at the sub-order itself: its address, and what waits."""
    if not any(p["state"] == "awaiting_shipment" for p in sub_order["parcels"]):
        return []
    merchant, number = merchant_of(sub_order), sub_order["sub_order_id"]
    assert stage.client.get(merchant, "/merchant/orders?limit=5")["sub_orders"], (
        "something waits, so the list shows it"
    )
    entry = stage.client.get(merchant, f"/merchant/sub-orders/{number}")
    assert entry["address"]["phone"].startswith("*"), "a merchant does not read a buyer's phone"
    return [p for p in entry["parcels"] if p["state"] == "awaiting_shipment"]


def hand_over(stage: Stage, sale: Sale, sub_order: dict[str, Any], parcels: list[dict[str, Any]]) -> None:
    number = sub_order["sub_order_id"]
    waybills = [
        {"parcel": p["parcel"], **made_up.waybill(sale.number, p["parcel"], stage.carrier_of(p["service"]))}
        for p in parcels
    ]
    body = {"parcels": waybills}
    key = f"ship-{number}-{parcels[0]['parcel']}"
    answer = stage.client.command(
        merchant_of(sub_order), f"/merchant/sub-orders/{number}/shipment", body, key=key
    )
    assert not answer.is_refusal, f"not shipped: {answer}"


def receive(stage: Stage, sale: Sale, order: Mapping[str, Any]) -> None:
    """The buyer says that the goods came. Or says nothing."""
    if not made_up.says_it_came(sale.number):
        return
    if read(stage, sale, order)["state"] in ("awaiting_receipt", "delivered"):
        confirm(stage, sale, order["order_id"], sale.number)


def confirm(stage: Stage, sale: Sale, order_id: str, name: str, sub_order: int | None = None) -> None:
    """The buyer says it twice, because money is released by it: of all, or of one part."""
    target, key = f"/orders/{order_id}/receipt", f"{name}-receipt"
    body = {} if sub_order is None else {"sub_order": sub_order}
    asked = stage.client.command(buyer(sale), target, body, key=key)
    assert asked.value["code"] == "confirmation_required", f"not asked to confirm: {asked}"
    answer = stage.client.command(buyer(sale), target, body | {"confirm": asked.value["confirm"]}, key=key)
    assert not answer.is_refusal, f"not received: {answer}"


def extend(stage: Stage, sale: Sale, order: dict[str, Any]) -> None:
    """The buyer wants more time to look at what came: once, and not twice."""
    seen = read(stage, sale, order)
    arrived = [n for n, sub_order in enumerate(seen["sub_orders"], 1) if sub_order["state"] == "delivered"]
    for number in arrived[:1]:
        target, key = f"/orders/{order['order_id']}/receipt-extension", f"{sale.number}-extension"
        answer = stage.client.command(buyer(sale), target, {"sub_order": number}, key=key)
        assert not answer.is_refusal, f"not extended: {answer}"
        again = stage.client.command(buyer(sale), target, {"sub_order": number}, key=f"{key}-again")
        assert again.value["code"] == "already_extended", f"extended twice: {again}"
        stage.note(Kind.EXTENDED, order["order_id"], seen["payable"]["amount"], f"SUB#{number:02}")


def read(stage: Stage, sale: Sale, order: Mapping[str, Any]) -> Any:
    return stage.client.get(buyer(sale), f"/orders/{order['order_id']}")


def merchant_of(sub_order: Mapping[str, Any]) -> Person:
    merchant = sub_order["merchant_id"]
    return Person(f"{merchant}-clerk", "merchant", merchant)
