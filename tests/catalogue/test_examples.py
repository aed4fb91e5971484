"""The tariffs and goods of the example files (``tests/local/test_importer.py`` says that they are imported)."""

import json
from pathlib import Path
from typing import Any

from shared.commands import Shop
from shared.goods import Flag
from shared.splitting.problem import Kind, Warehouse
from shared.splitting.tariff import parcel_price
from shared.splitting.terms import lane_of
from shared.store.shipping_items import SHIPPING_KEY, shipping_terms_of
from tests.catalogue.tables import published

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "catalogue"


def records_of(kind: str) -> list[Any]:
    lines = (EXAMPLES / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_examples_tariffs_cost_what_their_tables_say(shop: Shop) -> None:
    for kind in ("warehouse", "carrier_service", "separation"):
        published(shop, kind, *records_of(kind))
    item = shop.outside.aws("dynamodb", "get_item", TableName="catalogue", Key=SHIPPING_KEY)["Item"]
    terms = shipping_terms_of(item)

    def price(name: str, region: str, grams: int, cm3: int, *kinds: Kind) -> int:
        service = next(service for service in terms.services if service.service_id == name)
        lane = lane_of(service, ("CN", region))
        assert lane is not None
        site = terms.sites[service.warehouses[0]]
        warehouse = Warehouse(site.warehouse_id, site.handling_minor, (), {})
        return parcel_price(warehouse, service.on(lane), grams, cm3, kinds)

    assert price("sf-standard-east", "Zhejiang", 1_001, 1) == 1_300 + 200 + 150
    assert price("sf-standard-east", "Hubei", 500, 30_000) == 1_800 + 4 * 600 + 150  # 5 kg by its volume.
    assert price("sf-standard-east", "Tibet", 2_000, 1, Kind.HAZARD) == 2_600 + 2_100 + 800 + 150
    assert price("yto-economy", "Hubei", 10_000, 1) == 900 + 7 * 250 + 150
    assert price("yto-economy", "Hubei", 3_000, 1) == 500 + 2 * 100 + 150
    assert price("ems-small-packet", "Hubei", 1_234, 1, Kind.CROSS_BORDER) == 600 + 1_234 + 300
    assert price("ems-large-packet", "Hubei", 400, 1, Kind.CROSS_BORDER) == 2_600 + 300
    assert price("deppon-bulky", "Hubei", 46_000, 520_000, Kind.BULKY) == 10_600 + 27 * 140 + 2_500 + 150
    assert terms.sites["ningbo-bonded"].interface == "wms"
    assert len(terms.apart) == 11


def test_the_examples_goods_have_each_kind_that_a_service_may_refuse() -> None:
    skus = records_of("sku")

    assert {"bulky"} == {sku["size_class"] for sku in skus if "size_class" in sku}
    assert {Flag.HAZARD, Flag.CROSS_BORDER} <= {flag for sku in skus for flag in sku.get("flags", ())}
