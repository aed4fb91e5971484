"""What stands in the tables, read past the product's own code."""

from dataclasses import replace

from boto3.dynamodb.types import TypeDeserializer

from shared.outside import aws_client
from tests.builders import SETTINGS

READ = TypeDeserializer().deserialize


def items(table):
    """Every item of a table, by its keys."""
    found = aws_client("dynamodb").scan(TableName=table)
    assert "LastEvaluatedKey" not in found
    plain = [{name: READ(value) for name, value in item.items()} for item in found["Items"]]
    return {(item["pk"], item["sk"]): item for item in plain}


def everything():
    """All five tables: to see that a refusal changed nothing at all."""
    tables = (
        SETTINGS.orders_table,
        SETTINGS.stock_table,
        SETTINGS.ledger_table,
        SETTINGS.catalogue_table,
        SETTINGS.members_table,
    )
    return {table: items(table) for table in tables}


def units(sku, warehouse, shard=0):
    """(available, reserved, sold)"""
    row = f"SKU#{sku}#{shard}" if shard else f"SKU#{sku}"
    level = items(SETTINGS.stock_table)[row, "STOCK"]["warehouses"][warehouse]
    return int(level["available"]), int(level["reserved"]), int(level["sold"])


def sort_keys(order_id):
    return sorted(sk for pk, sk in items(SETTINGS.orders_table) if pk == f"ORDER#{order_id}")


def for_another_order(change, last):
    """The same change, for an order whose number ends in *last*, under a key of its own."""
    order_id = change.order.order_id[:-1] + last
    request = change.request._replace(key=f"key-{last}")
    return change._replace(order=replace(change.order, order_id=order_id), request=request)
