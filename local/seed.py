"""A small catalogue to try things with: three merchants, two warehouses."""

import json
import os
from pathlib import Path
from typing import Any

from local.cloud import Cloud
from shared.model import Sku
from shared.outside import outside
from shared.settings import Settings
from shared.store.goods import GoodsStore

CATALOGUE = Path(__file__).with_name("seed.json")


def seed(cloud: Cloud) -> tuple[Sku, ...]:
    """Put the catalogue of ``seed.json`` on sale in *cloud* and its stock on the shelves."""
    store = GoodsStore(outside, Settings.read(os.environ))
    content = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    skus = []
    for entry in content["skus"]:
        sku = _sku(entry, content["currency"])
        store.put_sku(sku)
        for warehouse, quantity in entry["stock"].items():
            store.receive(
                sku=sku.sku,
                warehouse=warehouse,
                quantity=quantity,
                movement_id=f"seed-{warehouse}",
                at=int(cloud.clock.now()),
            )
        skus.append(sku)
    return tuple(skus)


def _sku(entry: dict[str, Any], currency: str) -> Sku:
    known = {name: entry[name] for name in Sku._fields if name in entry}
    return Sku(**known, currency=currency, is_on_sale=True)
