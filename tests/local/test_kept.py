"""What is over is forgotten: what a laptop cloud keeps depends on what stands in its tables, not on how long it ran."""

import gc
import json
from collections import Counter
from datetime import UTC, datetime

import boto3

from local.targets import EXECUTIONS_KEPT
from local.template import REGION

CLOCK = "arn:aws:lambda:eu-west-1:123456789012:function:Clock"
ROW = {"TableName": "Things", "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}
NOISE = 3  # Of a kind: whatever the last round has not put away yet.


def test_a_cloud_that_runs_on_keeps_no_more(cloud):
    live(cloud, rounds=EXECUTIONS_KEPT + 5)
    before = kept()

    live(cloud, rounds=50)

    assert {kind: more for kind, more in (kept() - before).items() if more > NOISE} == {}
    assert cloud.counts["start_execution"] == cloud.counts["fire_schedule"] == EXECUTIONS_KEPT + 55


def live(cloud, rounds):
    """Write the same row over and over, read it, tell of it, and let a deadline pass."""
    cloud.sweeper = False
    tables, events, scheduler = (boto3.client(name, REGION) for name in ("dynamodb", "events", "scheduler"))
    values = {"ExpressionAttributeValues": {":v": {"N": "1"}}}
    told = {"EventBusName": "shop", "Source": "shop", "DetailType": "made"}
    for _ in range(rounds):
        tables.put_item(TableName="Things", Item={**ROW["Key"], "n": {"N": "0"}})
        tables.transact_write_items(
            TransactItems=[{"Update": {**ROW, "UpdateExpression": "ADD n :v", **values}}]
        )
        tables.query(
            TableName="Things",
            KeyConditionExpression="pk = :v",
            ExpressionAttributeValues={":v": {"S": "a"}},
        )
        events.put_events(Entries=[{**told, "Detail": json.dumps({"steps": [{"id": 1}]})}])
        arm(scheduler, cloud.clock.now() + 60)
        cloud.advance(60)


def arm(scheduler, at):
    scheduler.create_schedule(
        Name="deadline",
        GroupName="Deadlines",
        ScheduleExpression=f"at({datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": CLOCK, "RoleArn": "arn:aws:iam::123456789012:role/r", "Input": "{}"},
    )


def kept():
    """Count moto's objects by kind."""
    gc.collect()
    return Counter(kind for one in gc.get_objects() if (kind := str(type(one))).startswith("<class 'moto."))
