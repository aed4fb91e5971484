"""Hot products for tests of the store: their rows are written past the product's own code."""

from shared.outside import aws_client
from shared.store.items import to_item
from tests.builders import SETTINGS
from tests.ordering.baskets import a_sku


def level(available, **channels):
    return {"available": available, "reserved": 0, "sold": 0} | ({"channels": channels} if channels else {})


def a_row(sku, shard=0, **values):
    key = {"pk": f"SKU#{sku}#{shard}" if shard else f"SKU#{sku}", "sk": "STOCK", "sku": sku}
    own = {"shard": shard} if shard else {"offer": a_sku(sku, "m-tea", 100)._asdict()}
    return to_item(key | own | values)


def put_hot(sku, *units, first=0, warehouse="W1", **values):
    """A product whose shard n holds ``units[n - 1]`` in one warehouse; its first row holds *first*."""
    rows = [a_row(sku, 0, warehouses={warehouse: level(first)}, shards=len(units), **values)]
    rows += [a_row(sku, n, warehouses={warehouse: level(count)}) for n, count in enumerate(units, 1)]
    for row in rows:
        aws_client("dynamodb").put_item(TableName=SETTINGS.stock_table, Item=row)
