"""The five tables on moto as the laptop cloud has it, with the keys and indexes of the product."""

import pytest
from moto import mock_aws

from local import moto_fixes
from shared.outside import Outside, aws_client
from shared.store.shelves import ShelfStore
from tests.builders import SETTINGS, SHELVES, SKUS, a_shop

STRING, NUMBER = "S", "N"
INDEXES = {
    "buyer": ("buyer", "order_id", STRING),
    "queue": ("queue", "priority", STRING),
    "due": ("shard", "due_at", NUMBER),
    "unfinished": ("shard", "unfinished_since", NUMBER),
}


@pytest.fixture
def outside(monkeypatch):
    """A door of its own, to a cloud of its own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws_client.cache_clear()
    moto_fixes.apply()
    with mock_aws():
        yield Outside()
    aws_client.cache_clear()


@pytest.fixture
def dynamodb(outside):
    client = aws_client("dynamodb")
    keys = [("pk", STRING), ("sk", STRING)]
    for table in (
        SETTINGS.stock_table,
        SETTINGS.ledger_table,
        SETTINGS.catalogue_table,
        SETTINGS.members_table,
    ):
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_schema("pk", "sk"),
            AttributeDefinitions=_attributes(keys),
        )
    named = {part: STRING for part, _, _ in INDEXES.values()} | {
        sort: kind for _, sort, kind in INDEXES.values()
    }
    client.create_table(
        TableName=SETTINGS.orders_table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_schema("pk", "sk"),
        AttributeDefinitions=_attributes([*keys, *named.items()]),
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": _schema(part, sort),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for name, (part, sort, _) in INDEXES.items()
        ],
    )
    return client


@pytest.fixture
def shop(dynamodb, outside):
    """A shop with the builders' goods on sale and on their shelves."""
    opened = a_shop(outside)
    for sku in SKUS.values():
        opened.goods.put_sku(sku)
    for (sku, warehouse), quantity in SHELVES.items():
        ShelfStore(outside, SETTINGS).receive(
            sku=sku, warehouse=warehouse, quantity=quantity, movement_id=f"first-{warehouse}", at=1
        )
    return opened


def _schema(partition, sort):
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _attributes(named):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in named]
