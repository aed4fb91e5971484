"""Two tables with a stream each, and a bucket whose objects can be locked: each mapping reads its own, and a world
that begins again has the objects that it had.
"""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError

from local.clock import StandingClock
from local.cloud import Cloud
from local.template import REGION, Template
from tests.local import small, stand_ins
from tests.local.stand_ins import ACT, CALLS


@pytest.fixture(scope="module")
def opened() -> Iterator[Cloud]:
    document = small.document()
    resources = document["Resources"]
    resources["Papers"] = json.loads(json.dumps(resources["Things"]))
    second = json.loads(json.dumps(resources["Mapping"]))
    second["Properties"] |= {
        "EventSourceArn": {"Fn::GetAtt": ["Papers", "StreamArn"]},
        "FunctionName": small.ref("Sweep"),
    }
    resources["SecondMapping"] = second
    resources["Bucket"] = {"Type": "AWS::S3::Bucket", "Properties": {"ObjectLockEnabled": True}}
    with Cloud(Template(document), clock=StandingClock(small.START)) as cloud:
        yield cloud


@pytest.fixture
def cloud(opened: Cloud) -> Cloud:
    stand_ins.forget()
    opened.reset()
    opened.sweeper = False
    return opened


def put(table: str, *names: str) -> None:
    for name in names:
        item = {"pk": {"S": "X"}, "sk": {"S": f"#EVENT#{name}"}}
        boto3.client("dynamodb", REGION).put_item(TableName=table, Item=item)


def seen(function: str) -> list[str]:
    records = [record for event in CALLS.get(function, []) for record in event["Records"]]
    return [record["dynamodb"]["Keys"]["sk"]["S"].removeprefix("#EVENT#") for record in records]


def bucket(cloud: Cloud) -> str:
    [name] = [resource.name for resource in cloud.resources if resource.type == "AWS::S3::Bucket"]
    return name


def test_each_mapping_reads_the_stream_of_its_own_table(cloud: Cloud) -> None:
    put("Things", "a", "b")
    put("Papers", "c")

    cloud.settle()
    put("Papers", "d")
    cloud.settle()

    assert (seen("relay"), seen("sweep")) == (["a", "b"], ["c", "d"])


def test_a_failure_of_one_keeps_the_other_waiting_for_nothing(cloud: Cloud) -> None:
    def fail(_event: object) -> None:
        raise ValueError("never")

    ACT["sweep"] = fail
    put("Papers", "c")
    put("Things", "a")

    cloud.settle()

    assert seen("relay") == ["a"]
    assert len(cloud.queue("LostRecords")) == 1


def test_after_a_reset_both_begin_at_the_end_of_their_emptied_streams(cloud: Cloud) -> None:
    put("Things", "a")
    put("Papers", "c")
    cloud.reset()
    put("Papers", "d")

    cloud.settle()

    assert (seen("relay"), seen("sweep")) == ([], ["d"])


def test_objects_are_those_of_the_world_that_begins_again(cloud: Cloud) -> None:
    client, name = boto3.client("s3", REGION), bucket(cloud)
    client.put_object(Bucket=name, Key="kept", Body=b"first")
    client.put_object(Bucket=name, Key="kept", Body=b"second")
    world = cloud.world()
    client.put_object(Bucket=name, Key="kept", Body=b"third")
    client.put_object(Bucket=name, Key="later", Body=b"x")

    cloud.begin_again(world)

    versions = client.list_object_versions(Bucket=name)["Versions"]
    assert [one["Key"] for one in versions] == ["kept", "kept"]
    assert client.get_object(Bucket=name, Key="kept")["Body"].read() == b"second"
    cloud.reset()
    assert "Versions" not in client.list_object_versions(Bucket=name)


def test_a_bucket_that_locks_is_made_so(cloud: Cloud) -> None:
    client, name = boto3.client("s3", REGION), bucket(cloud)

    lock = client.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    client.put_object(Bucket=name, Key="once", Body=b"first", IfNoneMatch="*")

    assert lock["ObjectLockEnabled"] == "Enabled"
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=name, Key="once", Body=b"second", IfNoneMatch="*")
