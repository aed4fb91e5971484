"""The tables that the catalogue writes, on moto as the laptop cloud has it."""

from collections.abc import Iterator
from dataclasses import fields

import pytest
from moto import mock_aws

from local import moto_fixes
from shared.commands import Shop
from shared.outside import Outside, aws_client
from shared.settings import Policy, Settings

SETTINGS = Settings(
    orders_table="orders",
    stock_table="stock",
    ledger_table="ledger",
    catalogue_table="catalogue",
    members_table="members",
    bus_name="bus",
    stage="test",
    sandbox_url="",
    sandbox_secret_arn="",
    deliverable_countries=frozenset({"CN", "DE"}),
    policy=Policy(**{field.name: 7 for field in fields(Policy)}),
)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """A door of its own, to a cloud of its own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws_client.cache_clear()
    moto_fixes.apply()
    with mock_aws():
        client = aws_client("dynamodb")
        for table in ("stock", "catalogue", "members"):
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            )
        yield Outside()
    aws_client.cache_clear()


@pytest.fixture
def shop(outside: Outside) -> Shop:
    return Shop.open(outside, SETTINGS)
