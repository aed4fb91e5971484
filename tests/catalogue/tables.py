"""What stands in the tables, read past the product's own code; and a short way to publish."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from shared.catalogue.publish import CatalogueRefused, Published, publish
from shared.changes import Caller, Request
from shared.commands import Shop
from shared.lifecycle import Actor
from shared.outside import aws_client
from tests.catalogue.samples import POLICY, WAREHOUSE

READ = TypeDeserializer().deserialize
OPERATOR = Caller(Actor.OPERATOR, "op-1")
NOW = 1_795_000_000
ORDER = (
    "policy",
    "warehouse",
    "freight_template",
    "promotion",
    "coupon",
    "sku",
    "member",
    "carrier_service",
    "separation",
    "return_policy",
    "contract",
)
EARLIER = {"policy": POLICY | {"countries": ["DE"]}, "warehouse": WAREHOUSE | {"region": "Jiangsu"}}
NUMBERS = count()


def items(table: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every item of a table, by its keys."""
    found = aws_client("dynamodb").scan(TableName=table)
    assert "LastEvaluatedKey" not in found
    plain = [{name: READ(value) for name, value in item.items()} for item in found["Items"]]
    return {(item["pk"], item["sk"]): item for item in plain}


def rows_of(refused: pytest.ExceptionInfo[CatalogueRefused]) -> list[dict[str, Any]]:
    """The bad rows that a refusal tells of."""
    return list(refused.value.details["rows"])


def everything() -> dict[str, Any]:
    return {table: items(table) for table in ("catalogue", "stock", "members")}


def published(
    shop: Shop,
    kind: str,
    *rows: Mapping[str, Any],
    key: str = "",
    now: int = NOW,
    dry_run: bool = False,
    fingerprint: str = "f",
    caller: Caller = OPERATOR,
) -> Published:
    """Publish *rows* under *key*, or under a new one."""
    request = Request(caller, key or f"new-{next(NUMBERS)}", fingerprint)
    return publish(shop, kind, rows, caller=caller, now=now, request=request, dry_run=dry_run)


def published_earlier(shop: Shop) -> None:
    """What members and carrier services must fit: a policy and a warehouse, each the first version of its record."""
    for kind, record in EARLIER.items():
        published(shop, kind, record)
