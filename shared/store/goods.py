"""SKUs for sale, and how many of them lie where."""

from collections.abc import Iterator
from typing import Any

from shared.model import Goods, Sku
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, to_item
from shared.store.reading import batch_get

KEYS_PER_CALL = 100  # BatchGetItem


class GoodsStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def read(self, skus: tuple[str, ...]) -> Goods:
        """Facts and stock of *skus*: one BatchGetItem for every fifty of them. Unknown ones are left out."""
        catalogue, stock = self._settings.catalogue_table, self._settings.stock_table
        keys = [(catalogue, {"pk": {"S": f"SKU#{sku}"}, "sk": {"S": "SKU"}}) for sku in skus]
        keys += [(stock, {"pk": {"S": f"SKU#{sku}"}, "sk": {"S": "STOCK"}}) for sku in skus]
        goods = Goods({}, {})
        for start in range(0, len(keys), KEYS_PER_CALL):
            for table, item in self._batch(keys[start : start + KEYS_PER_CALL]):
                values = from_item(item)
                if table == catalogue:
                    goods.skus[values["sku"]] = _sku(values)
                else:
                    levels = values["warehouses"].items()
                    goods.available[values["sku"]] = {w: level["available"] for w, level in levels}
        return goods

    def _batch(self, keys: list[tuple[str, Item]]) -> Iterator[tuple[str, Item]]:
        wanted: dict[str, Any] = {}
        for table, key in keys:
            wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
        return batch_get(self._outside, wanted)

    def put_sku(self, sku: Sku) -> None:
        """Offer *sku*, or change how it is offered. Orders already placed keep what they were shown."""
        item = {"pk": f"SKU#{sku.sku}", "sk": "SKU", **sku._asdict()}
        self._outside.aws(
            "dynamodb", "put_item", TableName=self._settings.catalogue_table, Item=to_item(item)
        )

    def receive(self, *, sku: str, warehouse: str, quantity: int, movement_id: str, at: int) -> None:
        """Put *quantity* units on the shelf of a new SKU and warehouse, and note it, once per *movement_id*.

        Raises ``ClientError`` (TransactionCanceledException) when the movement was noted before, or when this
        warehouse has stock of it already: what is there is moved by orders, and by nothing else yet.
        """
        table = self._settings.stock_table
        level = {"available": quantity, "reserved": 0, "sold": 0}
        key = to_item({"pk": f"SKU#{sku}", "sk": "STOCK"})
        note = {"sku": sku, "warehouse": warehouse, "kind": "received", "quantity": quantity, "at": at}
        movement = to_item({"pk": f"SKU#{sku}", "sk": f"MOVE#{movement_id}"} | note)
        is_known = "Item" in self._outside.aws("dynamodb", "get_item", TableName=table, Key=key)
        self._outside.aws(
            "dynamodb",
            "transact_write_items",
            TransactItems=[
                {"Update": self._new_level(table, key, warehouse, level)}
                if is_known
                else {"Put": self._new_stock(table, key, sku, warehouse, level)},
                {
                    "Put": {
                        "TableName": table,
                        "Item": movement,
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
            ],
        )

    def _new_stock(
        self, table: str, key: Item, sku: str, warehouse: str, level: dict[str, int]
    ) -> dict[str, Any]:
        item = key | to_item({"sku": sku, "warehouses": {warehouse: level}})
        return {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}

    def _new_level(self, table: str, key: Item, warehouse: str, level: dict[str, int]) -> dict[str, Any]:
        return {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "SET warehouses.#w = :level",
            "ConditionExpression": "attribute_not_exists(warehouses.#w)",
            "ExpressionAttributeNames": {"#w": warehouse},
            "ExpressionAttributeValues": to_item({":level": level}),
        }


def _sku(values: dict[str, Any]) -> Sku:
    return Sku(*(values[name] for name in Sku._fields))
