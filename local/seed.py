"""A small catalogue to try things with: three merchants, two warehouses (one with a system that parcels are pushed
to), carriers' tariffs, freight, promotions, a coupon to claim.

Published as an operator would publish it, and received as a warehouse would receive it.
"""

import json
import os
from pathlib import Path

from local.cloud import Cloud
from shared.catalogue.publish import RECORDS_MAX, publish
from shared.changes import Caller, Request
from shared.commands import Shop
from shared.lifecycle import Actor
from shared.outside import outside
from shared.settings import Settings
from shared.store.shelves import ShelfStore

CATALOGUE = Path(__file__).with_name("seed.json")
OPERATOR = Caller(Actor.OPERATOR, "seed")


def seed(cloud: Cloud) -> tuple[str, ...]:
    """Publish ``seed.json`` in *cloud* and put its stock on the shelves. Returns what is for sale."""
    settings, now = Settings.read(os.environ), int(cloud.clock.now())
    shop, shelves = Shop.open(outside, settings), ShelfStore(outside, settings)
    content = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    for kind, rows in content["records"].items():
        for start in range(0, len(rows), RECORDS_MAX):
            request = Request(OPERATOR, f"seed-{kind}-{start}", "")
            publish(shop, kind, rows[start : start + RECORDS_MAX], caller=OPERATOR, now=now, request=request)
    for sku, levels in content["stock"].items():
        for warehouse, quantity in levels.items():
            movement = f"seed-{warehouse}"
            shelves.receive(sku=sku, warehouse=warehouse, quantity=quantity, movement_id=movement, at=now)
    return tuple(content["stock"])
