"""The short way to moto gives the answers of the long way, word by word, and leaves the same behind."""

import datetime
import json

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from moto import mock_aws

from local import moto_calls, moto_fixes
from tests.local import defects, things
from tests.local.things import at, counted, partition, stream, values

ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}
OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
RED = {"pk": {"S": "a"}, "sk": {"S": "1"}, "colour": {"S": "red"}}
ROW = RED | {
    "n": {"N": "7"},
    "l": {"L": [{"M": {"x": {"NULL": True}, "B": {"BOOL": False}}}, {"L": []}]},
    "s": {"SS": ["x", "y"]},
}
BYTES = {"pk": {"S": "b"}, "sk": {"S": "1"}, "b": {"B": b"\x00\xff"}}
PUT = {"TableName": "things", "Item": RED}
PAINT = at("a") | {"UpdateExpression": "SET colour = :v"} | values("blue")
CALLS = {
    "an item is put, read and taken away": [
        ("put_item", PUT | {"Item": ROW}),
        ("get_item", at("a")),
        ("delete_item", at("a") | {"ReturnValues": "ALL_OLD"}),
        ("get_item", at("a")),
    ],
    "what is binary": [
        ("put_item", PUT | {"Item": BYTES}),
        ("get_item", at("b")),
        ("query", partition("b")),
    ],
    "an item is changed": [
        ("update_item", PAINT | {"ReturnValues": "ALL_NEW"}),
        ("update_item", PAINT | {"ReturnValues": "UPDATED_OLD"} | values("red")),
    ],
    "pages of a query": [
        ("put_item", PUT),
        ("put_item", PUT | {"Item": RED | {"sk": {"S": "2"}}}),
        ("query", partition("a") | {"Limit": 1}),
        ("query", partition("a") | {"Limit": 1, "ExclusiveStartKey": at("a")["Key"]}),
        (
            "query",
            partition("a") | {"ProjectionExpression": "#c", "ExpressionAttributeNames": {"#c": "colour"}},
        ),
        ("query", partition("nobody")),
        ("scan", {"TableName": "things", "Limit": 1}),
        ("scan", {"TableName": "things", "FilterExpression": "colour = :v", **values("red")}),
    ],
    "several items at once": [
        ("put_item", PUT | {"Item": ROW}),
        ("batch_get_item", {"RequestItems": {"things": {"Keys": [at("a")["Key"], at("z")["Key"]]}}}),
        ("transact_get_items", {"TransactItems": [{"Get": at("a")}, {"Get": at("z")}]}),
    ],
    "a transaction": [
        ("transact_write_items", {"TransactItems": [{"Put": PUT}], "ClientRequestToken": "t"}),
        ("transact_write_items", {"TransactItems": [{"Put": PUT}], "ClientRequestToken": "t"}),
        ("transact_write_items", {"TransactItems": [{"Update": PAINT}], "ClientRequestToken": "t"}),
        ("query", partition("a")),
    ],
    "a transaction that is cancelled": [
        ("put_item", PUT),
        (
            "transact_write_items",
            {"TransactItems": [{"Delete": at("z")}, {"Put": PUT | ABSENT | OLD}, {"Update": PAINT | ABSENT}]},
        ),
    ],
    "a condition that fails": [
        ("put_item", PUT),
        ("put_item", PUT | ABSENT),
        ("put_item", PUT | ABSENT | OLD),
        ("update_item", PAINT | ABSENT | OLD),
    ],
    "what AWS refuses": [
        ("get_item", at("a") | {"TableName": "nowhere"}),
        ("get_item", {"TableName": "things", "Key": {"pk": {"S": "a"}}}),
        ("query", {"TableName": "things", "KeyConditionExpression": "shard = :v", **values("a")}),
        ("update_item", PAINT | {"UpdateExpression": "SET colour"}),
        ("transact_write_items", {"TransactItems": [{"Update": PAINT}, {"Delete": at("a")}]}),
        ("put_item", PUT | {"Item": RED | {"colour": {"S": ""}}}),
    ],
}
SCHEDULE = {
    "Name": "a.schedule_1",
    "GroupName": "default",
    "ScheduleExpression": "at(2026-01-02T03:04:05)",
    "StartDate": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "ActionAfterCompletion": "DELETE",
    "Target": {
        "Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "RoleArn": defects.ROLE,
        "Input": "{}",
    },
}
SECRETS = [
    ("put_secret_value", {"SecretId": "s", "SecretString": "new"}),
    ("get_secret_value", {"SecretId": "s"}),
    ("describe_secret", {"SecretId": "s"}),
    ("get_secret_value", {"SecretId": "another"}),
]


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", things.REGION)
    moto_fixes.serve(defects.STAND_IN)


@pytest.fixture(params=["short", "long"])
def either(request, monkeypatch):
    """Each way, by its name."""
    if request.param == "long":
        monkeypatch.setattr(moto_calls, "SHORT", {})
    return request.param


def answers(client, calls):
    """What *client* is answered, call by call, without what names the request."""
    return [answered(client, operation, request) for operation, request in calls]


def answered(client, operation, request):
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as refused:
        answer = refused.response
    return {
        name: value["HTTPStatusCode"] if name == "ResponseMetadata" else value
        for name, value in answer.items()
        if name
        not in ("VersionId", "VersionIdsToStages", "CreatedDate", "LastChangedDate", "LastAccessedDate")
    }


def left_behind():
    return [
        (record["eventName"], record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage"))
        for record in (entry.record for entry in stream())
    ]


@pytest.mark.parametrize("story", CALLS)
def test_both_ways_answer_the_same_and_leave_the_same_behind(story, monkeypatch):
    with mock_aws():
        short = answers(things.table(), CALLS[story]), left_behind()
    monkeypatch.setattr(moto_calls, "SHORT", {})
    with mock_aws():
        long = answers(things.table(), CALLS[story]), left_behind()

    assert short == long
    assert any(200 in answer.values() for answer in short[0]) == (story != "what AWS refuses")


def test_an_event_reaches_the_bus_either_way(either, monkeypatch):
    delivered = []
    monkeypatch.setattr(moto_fixes._State.cloud, "deliver", lambda rule, event: delivered.append(event))
    with mock_aws():
        events = boto3.client("events", things.REGION)
        events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"], "detail": {"n": [1]}}))
        entries = [
            {"Source": source, "DetailType": "t", "Detail": json.dumps({"n": n, "text": "ü"})}
            for source, n in (("shop", 1), ("shop", 2), ("nobody", 1))
        ]

        answer = events.put_events(Entries=[*entries, {"Source": "shop", "DetailType": "t", "Detail": "{"}])

    assert answer["FailedEntryCount"] == 1
    assert [sorted(entry) for entry in answer["Entries"]] == [["EventId"]] * 3 + [
        ["ErrorCode", "ErrorMessage"]
    ]
    [event] = delivered
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "t", {"n": 1, "text": "ü"})
    assert event["id"] == answer["Entries"][0]["EventId"]


def test_a_schedule_is_armed_either_way_and_once(either):
    with mock_aws():
        client = boto3.client("scheduler", things.REGION)
        arn = client.create_schedule(**SCHEDULE)["ScheduleArn"]
        with pytest.raises(client.exceptions.ConflictException):
            client.create_schedule(**SCHEDULE)
        [found] = client.list_schedules()["Schedules"]
        kept = client.get_schedule(Name=found["Name"])
    kept["Target"].pop("RetryPolicy")

    assert (kept["Arn"], kept["StartDate"]) == (arn, SCHEDULE["StartDate"])
    assert {name: kept[name] for name in ("ScheduleExpression", "Target", "ActionAfterCompletion")} == {
        name: SCHEDULE[name] for name in ("ScheduleExpression", "Target", "ActionAfterCompletion")
    }


def test_secrets_are_told_the_same_either_way(monkeypatch):
    told = []
    for _ in range(2):
        with mock_aws():
            client = boto3.client("secretsmanager", things.REGION)
            arn = client.create_secret(Name="s", SecretString="old")["ARN"]
            told.append(json.dumps(answers(client, SECRETS)).replace(arn, "<arn>"))
        monkeypatch.setattr(moto_calls, "SHORT", {})

    assert told[0] == told[1]
    assert '"SecretString": "new"' in told[0]
    assert "ResourceNotFoundException" in told[0]


def test_nothing_is_signed_on_the_short_way():
    with mock_aws():
        client = things.table()
        with counted(SigV4Auth, "add_auth") as signed:
            client.put_item(**PUT)
            client.get_item(**at("a"))
            with pytest.raises(ClientError):
                client.put_item(**PUT, **ABSENT)
            assert signed == []
            client.describe_table(TableName="things")
            assert signed == ["add_auth"]


def test_what_botocore_refuses_never_arrives():
    with mock_aws():
        client = things.table()
        with pytest.raises(ParamValidationError):
            client.put_item(TableName="things", Item={"pk": {"S": 1}, "sk": {"S": "1"}})

        assert client.query(**partition("a"))["Items"] == []


def test_a_resource_of_boto3_is_answered_in_its_own_way():
    with mock_aws():
        things.table()
        table = boto3.resource("dynamodb", things.REGION).Table("things")
        table.put_item(Item={"pk": "a", "sk": "1", "n": 7})

        assert table.get_item(Key={"pk": "a", "sk": "1"})["Item"] == {"pk": "a", "sk": "1", "n": 7}


def test_changing_what_was_sent_or_answered_changes_nothing(either):
    with mock_aws():
        client, item = things.table(), {**RED, "l": {"L": [{"S": "x"}]}}
        client.put_item(TableName="things", Item=item)
        item["l"]["L"].append({"S": "sent"})
        client.get_item(**at("a"))["Item"]["l"]["L"].append({"S": "answered"})

        assert client.get_item(**at("a"))["Item"]["l"] == {"L": [{"S": "x"}]}


def test_a_client_of_another_address_and_one_outside_of_moto_go_their_own_way(monkeypatch):
    sent = []
    monkeypatch.setattr(BaseClient, "_make_request", lambda *request: sent.append(request) or unanswered())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    elsewhere = boto3.client("dynamodb", things.REGION, endpoint_url="http://127.0.0.1:9")
    with mock_aws(), pytest.raises(EndpointConnectionError):
        elsewhere.get_item(**at("a"))
    with pytest.raises(EndpointConnectionError):
        boto3.client("dynamodb", things.REGION).get_item(**at("a"))

    assert len(sent) == 2


def unanswered():
    raise EndpointConnectionError(endpoint_url="nowhere")
