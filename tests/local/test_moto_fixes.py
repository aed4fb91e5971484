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
from tests.local import defects, things
from tests.local.things import at, partition, put, stream, values

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fixed(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", things.REGION)
    moto_fixes.serve(defects.STAND_IN)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def client(fixed):
    with mock_aws():
        yield things.table()


def test_moto_alone_shows_every_defect():
    command = [sys.executable, "-W", "ignore", "-m", "tests.local.defects"]

    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=ROOT)

    assert [name for name, there in json.loads(answer.stdout).items() if not there] == []


def test_with_the_fixes_none_is_left(fixed):
    assert [name for name, there in defects.found().items() if there] == []


def test_the_fixes_refuse_another_moto(monkeypatch):
    monkeypatch.setattr(moto_fixes._State, "applied", False)
    monkeypatch.setattr(moto_fixes, "version", lambda package: "5.2.6")

    with pytest.raises(RuntimeError, match=r"written for moto 5\.2\.5"):
        moto_fixes.apply()


def test_a_cancelled_transaction_leaves_no_trace_in_table_index_or_stream(client):
    put(client, "a", colour={"S": "red"})
    impossible = {"ConditionCheck": {**at("b"), "ConditionExpression": "attribute_exists(pk)"}}
    change = {"Update": repaint("a", "blue")}
    new = {
        "Put": {"TableName": "things", "Item": {"pk": {"S": "c"}, "sk": {"S": "1"}, "colour": {"S": "blue"}}}
    }

    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=[change, new, impossible])

    assert colours(client, "red") == ["a"]
    assert colours(client, "blue") == []
    assert "Item" not in client.get_item(**at("c"))
    assert len(stream()) == 1


def test_a_cancelled_transaction_can_tell_what_was_there(client):
    put(client, "a", colour={"S": "red"})
    check = {
        **at("a"),
        "ConditionExpression": "colour = :v",
        **values("blue"),
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
    put(client, "a", colour={"S": "red"})
    put(client, "b", colour={"S": "red"})
    put(client, "c")
    assert colours(client, "red") == ["a", "b"]

    client.update_item(**repaint("a", "blue"))
    client.delete_item(**at("b"))
    client.update_item(**repaint("c", "red"))

    assert colours(client, "red") == ["c"]
    assert colours(client, "blue") == ["a"]


def test_an_item_that_loses_the_attribute_leaves_the_index(client):
    put(client, "a", colour={"S": "red"})

    client.update_item(**at("a"), UpdateExpression="REMOVE colour")

    assert colours(client, "red") == []


def test_pages_of_an_index_join_up_without_gap_or_repetition(client):
    for name in "edcba":
        put(client, name, colour={"S": "red"})

    pages, start = [], {}
    while not pages or start:
        query = {"IndexName": "by_colour", "KeyConditionExpression": "colour = :v", **values("red")}
        page = client.query(TableName="things", Limit=2, **query, **start)
        pages.append([item["pk"]["S"] for item in page["Items"]])
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else {}

    assert pages == [["a", "b"], ["c", "d"], ["e"]]


def test_a_query_of_a_partition_is_sorted_and_can_run_backwards(client):
    for sk in ("2", "10", "1"):
        client.put_item(TableName="things", Item={"pk": {"S": "a"}, "sk": {"S": sk}})
    query = {"TableName": "things", "KeyConditionExpression": "pk = :v", **values("a")}

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
        "l": {"L": [{"N": "1"}, {"M": {"x": {"S": "ü"}, "b": {"B": b"\xfe"}}}, {"L": []}]},
        "s": {"SS": ["x", "y"]},
        "bs": {"BS": [b"\x00", b"\xff"]},
    }
    client.put_item(TableName="things", Item=item)

    assert client.get_item(**at("a"))["Item"] == item
    assert client.query(**partition("a"))["Items"] == [item]
    [of_all] = client.batch_get_item(RequestItems={"things": {"Keys": [at("a")["Key"]]}})["Responses"][
        "things"
    ]
    assert of_all == item
    assert stream()[-1].record["dynamodb"]["NewImage"]["l"] == item["l"]


def test_an_answer_is_a_copy(client):
    put(client, "a", l={"L": [{"M": {"x": {"N": "1"}}}]})
    before = client.query(**partition("a"))["Items"]

    client.update_item(**at("a"), UpdateExpression="SET l[0].x = :v", **values("2"))

    assert before[0]["l"] == {"L": [{"M": {"x": {"N": "1"}}}]}
    assert client.query(**partition("a"))["Items"][0]["l"] == {"L": [{"M": {"x": {"S": "2"}}}]}
    assert stream()[-1].record["dynamodb"]["OldImage"]["l"] == before[0]["l"]


def test_a_page_ends_at_a_megabyte_also_when_its_items_have_grown(client):
    rows = [{"pk": {"S": "a"}, "sk": {"S": str(number)}} for number in range(3)]
    for row in rows:
        client.put_item(TableName="things", Item=row)
    assert len(client.query(**partition("a"))["Items"]) == 3

    for row in rows:
        client.update_item(
            TableName="things", Key=row, UpdateExpression="SET big = :v", **values("x" * 400_000)
        )
    page = client.query(**partition("a"))

    assert (len(page["Items"]), page["LastEvaluatedKey"]) == (2, rows[1])


def test_an_item_of_more_than_400_kilobytes_is_refused(client):
    with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
        put(client, "a", half={"S": "x" * 202_500}, other={"S": "x" * 202_500})

    assert "Item" not in client.get_item(**at("a"))


def test_one_expression_serves_different_updates(client):
    for pk, colour in (("a", "red"), ("b", "blue")):
        client.update_item(**repaint(pk, colour))

    assert (colours(client, "red"), colours(client, "blue")) == (["a"], ["b"])


def repaint(pk, colour):
    return {**at(pk), "UpdateExpression": "SET colour = :v", **values(colour)}


def colours(client, colour):
    query = {"IndexName": "by_colour", "KeyConditionExpression": "colour = :v", **values(colour)}
    return [item["pk"]["S"] for item in client.query(TableName="things", **query)["Items"]]
