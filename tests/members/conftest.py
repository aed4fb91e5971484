"""The two tables that wallets are written to, on moto as the laptop cloud has it."""

import pytest
from moto import mock_aws

from local import moto_fixes
from shared.outside import Outside, aws_client
from shared.store.members import MemberStore
from tests.members.wallets import SETTINGS


@pytest.fixture
def outside(monkeypatch):
    """A door of its own, to a cloud of its own, where nobody waits."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(Outside, "wait_before_attempt", lambda self, number: None)
    aws_client.cache_clear()
    moto_fixes.apply()
    with mock_aws():
        yield Outside()
    aws_client.cache_clear()


@pytest.fixture
def store(outside):
    for table in (SETTINGS.members_table, SETTINGS.catalogue_table):
        aws_client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
    return MemberStore(outside, SETTINGS)
