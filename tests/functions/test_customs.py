"""What support reads of customs, and what everybody reads of parcels: why there are several, what is in the way."""

from typing import Any

import pytest

from functions.parcel_views import told_to_buyers, why
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World

ABROAD = {"flags": ["cross_border"], "hs_code": "2202100010", "origin": "JP"}
BAND = {"over_g": 0, "upto_g": 30_000, "base_minor": 1_000, "step_g": 1_000, "step_minor": 100}
SERVICE = {
    "service_id": "sf-land",
    "name": "SF land",
    "carrier": "sf",
    "warehouses": ["W1"],
    "currency": "CNY",
    "max_weight_grams": 1_500,
    "max_volume_cm3": 100_000,
    "lanes": [{"to": ["CN"], "bands": [BAND], "transit_seconds": 172_800}],
}
SITE = {"warehouse_id": "W1", "name": "Hangzhou one", "country": "CN", "currency": "CNY"}


def approved(world: World, lines: dict[str, int]) -> str:
    order = world.placed_and_paid(lines)
    world.review(order)
    return order


def customs(world: World, order: str) -> Any:
    return world.read(f"/orders/{order}/customs", role="support", who="s-1")


def test_customs_is_told_each_cross_border_parcel_as_an_order_of_its_own(world: World) -> None:
    world.sells("SAKE", "m-tea", 12_000, {"W1": 9}, **ABROAD)
    order = approved(world, {"SAKE": 2, "TEA": 1})
    before = customs(world, order)
    parcels = [p for s in world.order(order)["sub_orders"] for p in s["parcels"]]
    number = next(p["parcel"] for p in parcels if "border:cross_border" in p["reasons"])
    body = {"parcels": [{"parcel": number, "carrier": "ems", "waybill": "EE123456789CN"}]}
    world.command(f"/merchant/sub-orders/{order}-01/shipment", body, role="merchant", who="m-tea")

    after = customs(world, order)

    [declared] = before["declarations"]
    [agreed] = after["declarations"]
    assert (declared["number"], declared["parcel"]) == (f"{order}-01-P{number:02}", number)
    assert declared["mismatches"] == ["waybill_missing"]
    assert declared["value"] == {"amount": 24_000, "currency": "CNY"}
    assert declared["paid"] == world.order(order)["paid"]
    assert declared["lines"] == [
        {
            "sku": "SAKE",
            "name": "A sake",
            "hs_code": "2202100010",
            "origin": "JP",
            "quantity": 2,
            "unit_value": {"amount": 12_000, "currency": "CNY"},
            "paid": {"amount": 24_000, "currency": "CNY"},
        }
    ]
    assert (agreed["carrier"], agreed["waybill"], agreed["mismatches"]) == ("ems", "EE123456789CN", [])
    assert agreed["payment_provider"] == "sandbox"
    assert agreed["payment_number"]


def test_an_order_without_anything_from_abroad_is_no_business_of_customs(world: World) -> None:
    order = world.placed_and_paid({"TEA": 1})

    assert customs(world, order) == {"order_id": order, "declarations": []}


def test_only_the_platform_reads_what_customs_is_told(world: World) -> None:
    order = world.placed_and_paid({"TEA": 1})

    with nothing_happens(world):
        for role in ("buyer", "merchant", "warehouse"):
            problem_of(world.send("GET", f"/orders/{order}/customs", role=role), 403, "forbidden")
        missing = world.send("GET", f"/orders/{'0' * 26}/customs", role="support")

    problem_of(missing, 404, "not_found")


# --- why there are several parcels ---


def test_a_buyer_reads_why_and_not_what_it_costs_us(world: World) -> None:
    world.publish("warehouse", SITE)
    world.publish("carrier_service", SERVICE)
    order = world.placed_and_paid({"TEA": 3})

    mine = world.order(order)["sub_orders"][0]["parcels"]
    merchants = world.read(f"/merchant/sub-orders/{order}-01", role="merchant", who="m-tea")["parcels"]
    platforms = world.read(f"/orders/{order}", role="operator", who="op-1")["sub_orders"][0]["parcels"]

    for parcels in (mine, merchants, platforms):
        parcels.sort(key=lambda parcel: parcel["weight_grams"])
    assert [parcel["contents"] for parcel in mine] == [{"1": 1}, {"1": 2}]
    assert {tuple(parcel["reasons"]) for parcel in mine} == {
        ("merchant:m-tea", "warehouse:W1", "weight:1500")
    }
    assert mine[0]["why"] == [
        "It holds the goods of one merchant.",
        "It is sent from warehouse W1, where these goods lie.",
        "Together with the others it would weigh more than 1500 g.",
    ]
    assert [parcel["cost"] for parcel in mine] == [None, None]
    assert [parcel["cost"]["amount"] for parcel in merchants] == [1_100, 1_200]
    assert [parcel["cost"] for parcel in platforms] == [parcel["cost"] for parcel in merchants]
    assert [(parcel["service"], parcel["weight_grams"]) for parcel in mine] == [
        ("sf-land", 700),
        ("sf-land", 1_400),
    ]


SENTENCES = {
    "merchant:m-tea": ("It holds the goods of one merchant.", "同一商家的商品单独成包。"),
    "border:cross_border": ("Goods that pass customs travel apart from others.", "跨境商品须单独报关发运。"),
    "border:domestic": (
        "Domestic goods travel apart from those that pass customs.",
        "境内商品与跨境商品分开发运。",
    ),
    "size:bulky": ("Bulky goods travel apart from small ones.", "大件商品单独发运。"),
    "size:small": ("Small goods travel apart from bulky ones.", "小件商品与大件商品分开发运。"),
    "hazard:hazard": ("Goods such as batteries or sprays travel apart.", "电池、喷雾等危险品单独发运。"),
    "hazard:harmless": (
        "These goods travel apart from batteries, sprays and the like.",
        "普通商品与危险品分开发运。",
    ),
    "warehouse:W1": (
        "It is sent from warehouse W1, where these goods lie.",
        "商品存放于仓库 W1，由该仓发出。",
    ),
    "warehouse:partial": ("The warehouse sent it ahead of the rest.", "仓库先行发出了部分商品。"),
    "category:food|soap": (
        "Goods of these kinds must not share a parcel: food, soap.",
        "以下类别的商品不能同包：food, soap。",
    ),
    "weight:2000": (
        "Together with the others it would weigh more than 2 kg.",
        "合并后将超过承运重量上限 2 kg。",
    ),
    "weight:1500": (
        "Together with the others it would weigh more than 1500 g.",
        "合并后将超过承运重量上限 1500 g。",
    ),
    "volume:180000": (
        "Together with the others it would be larger than 180000 cm3.",
        "合并后将超过承运体积上限 180000 cm3。",
    ),
    "tariff:1300<2600": ("Apart, these goods cost less to send than together.", "分开发运的运费更低。"),
    "customs_cap:500000": (
        "One parcel through customs may be worth at most 5000.00 CNY.",
        "单个跨境包裹的价值不得超过 5000.00 CNY。",
    ),
    "a code of an older release": ("", ""),
}


@pytest.mark.parametrize("cut", SENTENCES)
def test_every_reason_is_a_sentence_in_both_languages(cut: str) -> None:
    assert (why(cut, "CNY", "en"), why(cut, "CNY", "zh-CN")) == SENTENCES[cut]


def test_what_a_tariff_costs_us_is_told_to_no_buyer() -> None:
    assert told_to_buyers("tariff:1300<2600") == "tariff"
    assert told_to_buyers("weight:2000") == "weight:2000"


# --- what stands in the way ---


def test_goods_that_no_service_takes_are_looked_at_by_people_who_read_why(world: World) -> None:
    world.publish("warehouse", SITE)
    world.publish("carrier_service", SERVICE | {"max_weight_grams": 600})
    order = world.placed_and_paid({"TEA": 3})

    part = world.order(order)["sub_orders"][0]
    [review] = world.read("/reviews", role="support", who="s-1")["orders"]

    assert (part["state"], part["parcels"]) == ("under_review", [])
    assert part["obstacle"] == {
        "code": "no_service",
        "reason": "No carrier's service takes these goods",
        "next_steps": ["Publish a service that does, then approve; or reject and refund."],
        "skus": ["TEA"],
    }
    assert (review["order_id"], review["reasons"]) == (order, ["no_service"])
    assert review["sub_orders"][0]["obstacle"]["code"] == "no_service"


def test_approved_again_it_is_split_by_the_tariffs_of_then(world: World) -> None:
    world.publish("warehouse", SITE)
    world.publish("carrier_service", SERVICE | {"max_weight_grams": 600})
    order = world.placed_and_paid({"TEA": 3})
    world.publish("carrier_service", SERVICE)

    world.review(order)

    part = world.order(order)["sub_orders"][0]
    assert (part["state"], part["obstacle"]) == ("awaiting_shipment", None)
    assert sorted(parcel["contents"]["1"] for parcel in part["parcels"]) == [1, 2]
