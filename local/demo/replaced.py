"""Goods go out instead: the same again, others, or those that were repaired. They are a part of the order like any
other, at no price; their merchant sends them, and their buyer says that they came, or leaves it to the clock."""

from collections.abc import Mapping
from typing import Any

from local.demo import made_up, travelling
from local.demo.buying import buyer
from local.demo.handing_over import confirm, hand_over, merchant_of
from local.demo.made_up import DAY, HOUR
from local.demo.plays import Way
from local.demo.walked import Walk


def sent_instead(way: Walk, case: Mapping[str, Any]) -> int:
    """Look how it stands, and do the next thing."""
    order = way.stage.client.get(buyer(way.sale), f"/orders/{way.order_id}")
    [own] = [s for s in order["sub_orders"] if s["sub_order_id"] == case["replacement"]]
    waiting = [parcel for parcel in own["parcels"] if parcel["state"] == "awaiting_shipment"]
    if way.claim.fails and way.first("fails"):
        return _fails(way, own)
    if waiting:
        hand_over(way.stage, way.sale, own, waiting)
    for sub_order, parcel in travelling.under_way({"sub_orders": [own]}):
        name = f"travels {parcel['parcel']}"
        if way.first(name) and not travelling.depart(way.stage, parcel, Way.DELIVERED):
            odd = travelling.Odd(sub_order, parcel, Way.SILENT)
            travelling.report(way.stage, way.order_id, odd, "delivered", "found_at_neighbours")
    if own["state"] == "delivered" and made_up.says_it_came(way.name) and way.first("received"):
        confirm(way.stage, way.sale, way.order_id, way.name, int(own["sub_order_id"].rpartition("-")[2]))
        return HOUR
    return DAY


def _fails(way: Walk, own: Mapping[str, Any]) -> int:
    """The merchant cannot send it after all: the money goes back."""
    target = f"/merchant/sub-orders/{own['sub_order_id']}/cancellation"
    body = {"reason": "out_of_stock"}
    way.must(way.stage.client.command(merchant_of(own), target, body, key=f"{way.name}-fails"))
    return 12 * HOUR
