"""Every defect of moto is real, and none is left with our fixes.

When the first test fails, moto got better: delete the fix that it names from ``local/moto_fixes.py``.
"""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local import moto_fixes
from tests.local import defects

REGION = "eu-west-1"


@pytest.fixture
def fixed(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    moto_fixes.serve(defects.STAND_IN)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def client(fixed):
    with mock_aws():
        yield defects.table()


def test_moto_alone_shows_every_defect():
    command = [sys.executable, "-W", "ignore", str(Path(defects.__file__))]

    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert [name for name, there in json.loads(answer.stdout).items() if not there] == []


def test_with_the_fixes_none_is_left(fixed):
    assert [name for name, there in defects.found().items() if there] == []


def test_the_fixes_refuse_another_moto(monkeypatch):
    monkeypatch.setattr(moto_fixes._State, "applied", False)
    monkeypatch.setattr(moto_fixes, "version", lambda package: "5.2.6")

    with pytest.raises(RuntimeError, match=r"written for moto 5\.2\.5"):
        moto_fixes.apply()


def test_a_cancelled_transaction_leaves_no_trace_in_table_index_or_stream(client):
    put(client, "a", colour="red")
    impossible = {"ConditionCheck": {**defects.at("b"), "ConditionExpression": "attribute_exists(pk)"}}
    change = {"Update": repaint("a", "blue")}
    new = {
        "Put": {"TableName": "things", "Item": {"pk": {"S": "c"}, "sk": {"S": "1"}, "colour": {"S": "blue"}}}
    }

    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=[change, new, impossible])

    assert colours(client, "red") == ["a"]
    assert colours(client, "blue") == []
    assert "Item" not in client.get_item(**defects.at("c"))
    assert len(stream()) == 1


def test_a_cancelled_transaction_can_tell_what_was_there(client):
    put(client, "a", colour="red")
    check = {
        **defects.at("a"),
        "ConditionExpression": "colour = :v",
        **defects.values("blue"),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    with pytest.raises(ClientError) as cancelled:
        client.transact_write_items(
            TransactItems=[{"Update": repaint("b", "red")}, {"ConditionCheck": check}]
        )

    none, failed = cancelled.value.response["CancellationReasons"]
    assert none == {"Code": "None"}
    assert failed["Code"] == "ConditionalCheckFailed"
    assert failed["Item"] == {"pk": {"S": "a"}, "sk": {"S": "1"}, "colour": {"S": "red"}}


def test_a_token_used_for_something_else_is_refused(client):
    token = {"ClientRequestToken": "t-1"}
    client.transact_write_items(TransactItems=[{"Update": repaint("a", "red")}], **token)

    with pytest.raises(ClientError) as refused:
        client.transact_write_items(TransactItems=[{"Update": repaint("a", "blue")}], **token)

    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
    assert colours(client, "red") == ["a"]


def test_an_index_follows_puts_updates_and_deletes(client):
    put(client, "a", colour="red")
    put(client, "b", colour="red")
    put(client, "c")
    assert colours(client, "red") == ["a", "b"]

    client.update_item(**repaint("a", "blue"))
    client.delete_item(**defects.at("b"))
    client.update_item(**repaint("c", "red"))

    assert colours(client, "red") == ["c"]
    assert colours(client, "blue") == ["a"]


def test_an_item_that_loses_the_attribute_leaves_the_index(client):
    put(client, "a", colour="red")

    client.update_item(**defects.at("a"), UpdateExpression="REMOVE colour")

    assert colours(client, "red") == []


def test_pages_of_an_index_join_up_without_gap_or_repetition(client):
    for name in "edcba":
        put(client, name, colour="red")

    pages, start = [], {}
    while not pages or start:
        query = {"IndexName": "by_colour", "KeyConditionExpression": "colour = :v", **defects.values("red")}
        page = client.query(TableName="things", Limit=2, **query, **start)
        pages.append([item["pk"]["S"] for item in page["Items"]])
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else {}

    assert pages == [["a", "b"], ["c", "d"], ["e"]]


def test_a_query_of_a_partition_is_sorted_and_can_run_backwards(client):
    for sk in ("2", "10", "1"):
        client.put_item(TableName="things", Item={"pk": {"S": "a"}, "sk": {"S": sk}})
    query = {"TableName": "things", "KeyConditionExpression": "pk = :v", **defects.values("a")}

    forwards = [item["sk"]["S"] for item in client.query(**query)["Items"]]
    backwards = [item["sk"]["S"] for item in client.query(**query, ScanIndexForward=False)["Items"]]

    assert forwards == ["1", "10", "2"]
    assert backwards == ["2", "10", "1"]


def test_an_answer_gives_every_kind_of_value_back(client):
    item = {
        "pk": {"S": "a"},
        "sk": {"S": "1"},
        "n": {"N": "12"},
        "b": {"B": b"\x00\xff"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"M": {"x": {"S": "ü"}}}]},
        "s": {"SS": ["x", "y"]},
    }
    client.put_item(TableName="things", Item=item)

    assert client.get_item(**defects.at("a"))["Item"] == item
    assert client.query(TableName="things", KeyConditionExpression="pk = :v", **defects.values("a"))[
        "Items"
    ] == [item]


def put(client, pk, **more):
    attributes = {name: {"S": value} for name, value in more.items()}
    client.put_item(TableName="things", Item={"pk": {"S": pk}, "sk": {"S": "1"}, **attributes})


def repaint(pk, colour):
    return {**defects.at(pk), "UpdateExpression": "SET colour = :v", **defects.values(colour)}


def colours(client, colour):
    query = {"IndexName": "by_colour", "KeyConditionExpression": "colour = :v", **defects.values(colour)}
    return [item["pk"]["S"] for item in client.query(TableName="things", **query)["Items"]]


def stream():
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends["123456789012"][REGION].tables["things"].stream_shard.items
