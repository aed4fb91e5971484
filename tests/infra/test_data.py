"""What the tables promise, and what production does not let anybody do to them."""

import pytest

TABLE = "AWS::DynamoDB::GlobalTable"
STRING, NUMBER = "S", "N"


def keys(schema, table):
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]}
    return [(entry["AttributeName"], types[entry["AttributeName"]], entry["KeyType"]) for entry in schema]


@pytest.mark.parametrize("name", ["DataOrders", "DataStock", "DataLedger", "DataCatalogue", "DataMembers"])
def test_every_table_has_the_same_two_keys(dev, name):
    table = dev.named(TABLE, name)["Properties"]

    assert keys(table["KeySchema"], table) == [("pk", STRING, "HASH"), ("sk", STRING, "RANGE")]
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_only_orders_has_indexes_and_no_index_but_these_five(dev):
    indexes = {
        name[:-8]: [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])]
        for name, table in dev.resources(TABLE).items()
    }

    assert indexes == {
        "DataOrders": ["buyer", "queue", "due", "unfinished", "asking"],
        "DataStock": [],
        "DataLedger": [],
        "DataCatalogue": [],
        "DataMembers": [],
    }


@pytest.mark.parametrize(
    ("index", "partition", "sort"),
    [
        ("buyer", ("buyer", STRING), ("order_id", STRING)),
        ("queue", ("queue", STRING), ("priority", STRING)),
        ("due", ("shard", STRING), ("due_at", NUMBER)),
        ("unfinished", ("shard", STRING), ("unfinished_since", NUMBER)),
        ("asking", ("ask_shard", STRING), ("ask_at", NUMBER)),
    ],
)
def test_an_index_of_orders_has_its_keys_and_carries_nothing_else(dev, index, partition, sort):
    orders = dev.named(TABLE, "DataOrders")["Properties"]

    [found] = [entry for entry in orders["GlobalSecondaryIndexes"] if entry["IndexName"] == index]

    assert keys(found["KeySchema"], orders) == [(*partition, "HASH"), (*sort, "RANGE")]
    assert found["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_orders_streams_both_images_and_lets_old_keys_expire(dev):
    orders = dev.named(TABLE, "DataOrders")["Properties"]

    assert orders["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert orders["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("name", ["DataStock", "DataCatalogue", "DataMembers"])
def test_the_keys_of_operators_and_members_expire_too(dev, name):
    expiry = dev.named(TABLE, name)["Properties"]["TimeToLiveSpecification"]

    assert expiry == {"AttributeName": "expires_at", "Enabled": True}


def test_nothing_else_expires(dev):
    assert "TimeToLiveSpecification" not in dev.named(TABLE, "DataLedger")["Properties"]


def test_no_table_can_be_used_without_a_limit(stack):
    limit = {"dev": 1_000, "prod": 10_000}[stack.stage]

    for table in stack.resources(TABLE).values():
        [replica] = table["Replicas"]
        assert table["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": limit}
        assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": limit}


def test_every_table_is_encrypted_with_our_key_and_can_be_restored(stack):
    [key] = stack.resources("AWS::KMS::Key")

    for table in stack.resources(TABLE).values():
        [replica] = table["Replicas"]
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        assert replica["SSESpecification"] == {"KMSMasterKeyId": {"Fn::GetAtt": [key, "Arn"]}}
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_key_is_rotated_and_used_through_dynamodb_and_s3_only(stack):
    [key] = stack.resources("AWS::KMS::Key").values()

    [through] = [s for s in key["KeyPolicy"]["Statement"] if s.get("Sid") == "ThroughTheirServicesOnly"]

    assert key["EnableKeyRotation"] is True
    assert through["Condition"]["StringEquals"]["kms:CallerAccount"] == {"Ref": "AWS::AccountId"}
    assert through["Condition"]["StringEquals"]["kms:ViaService"] == [
        {"Fn::Join": ["", [f"{service}.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]}
        for service in ("dynamodb", "s3")
    ]
    assert not [action for action in through["Action"] if action.endswith("*")]


def test_nobody_can_edit_or_delete_a_voucher(stack):
    [replica] = stack.named(TABLE, "DataLedger")["Properties"]["Replicas"]

    [denied] = replica["ResourcePolicy"]["PolicyDocument"]["Statement"]

    assert denied["Effect"] == "Deny"
    assert denied["Principal"] == {"AWS": "*"}
    assert denied["Resource"] == "*"
    assert "Condition" not in denied
    assert sorted(denied["Action"]) == [
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLUpdate",
        "dynamodb:UpdateItem",
    ]


KEPT_TYPES = (
    TABLE,
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::Cognito::UserPool",
    "AWS::Logs::LogGroup",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::Secret",
)


@pytest.mark.parametrize("type", KEPT_TYPES)
def test_production_keeps_what_a_deleted_stack_would_take_along(prod, type):
    kept = [entry for entry in prod.template["Resources"].values() if entry["Type"] == type]

    assert kept
    assert {entry["DeletionPolicy"] for entry in kept} == {"Retain"}
    assert {entry["UpdateReplacePolicy"] for entry in kept} == {"Retain"}


@pytest.mark.parametrize("type", KEPT_TYPES)
def test_a_stage_for_trying_things_leaves_nothing_behind(dev, type):
    gone = [entry for entry in dev.template["Resources"].values() if entry["Type"] == type]

    assert gone
    assert {entry["DeletionPolicy"] for entry in gone} == {"Delete"}


@pytest.mark.parametrize(("stage", "is_protected"), [("dev", False), ("prod", True)])
def test_production_refuses_to_delete_tables_and_users(stacks, stage, is_protected):
    tables = stacks[stage].resources(TABLE).values()
    [users] = stacks[stage].resources("AWS::Cognito::UserPool").values()

    assert [table["Replicas"][0]["DeletionProtectionEnabled"] for table in tables] == [is_protected] * 5
    assert users["DeletionProtection"] == ("ACTIVE" if is_protected else "INACTIVE")
