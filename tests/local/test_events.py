"""From the bus to the machine: at least once, with tries and a dead-letter queue."""

import json

import boto3
import pytest

from local.cloud import Cloud
from local.lambdas import Crash
from local.template import REGION
from tests.local import small
from tests.local.stand_ins import ACT, CALLS


def announce(*steps, source="shop"):
    entry = {
        "EventBusName": "shop",
        "Source": source,
        "DetailType": "thing_made",
        "Detail": json.dumps({"steps": list(steps)}),
    }
    return boto3.client("events", REGION).put_events(Entries=[entry])


def test_an_event_starts_one_execution_that_does_each_step(cloud):
    announce({"id": 1}, {"id": 2})
    assert CALLS == {}  # PutEvents only takes it.

    cloud.settle()

    assert CALLS["effect"] == [{"id": 1}, {"id": 2}]
    assert cloud.counts["start_execution"] == 1
    assert cloud.targets.failed_executions == []


def test_an_event_that_no_rule_matches_starts_nothing(cloud):
    announce({"id": 1}, source="elsewhere")

    cloud.settle()

    assert CALLS == {}


def test_a_failing_effect_is_tried_again_without_waiting(cloud):
    answers = iter([ValueError("not yet"), ValueError("not yet")])

    def act(_):
        if error := next(answers, None):
            raise error

    ACT["effect"] = act
    announce({"id": 1})

    cloud.settle()

    assert CALLS["effect"] == [{"id": 1}] * 3
    assert cloud.targets.failed_executions == []


def test_a_failed_execution_is_seen_and_not_started_again(cloud):
    def act(_):
        raise ValueError("never")

    ACT["effect"] = act
    announce({"id": 1})

    cloud.settle()

    [execution] = cloud.targets.failed_executions
    assert (execution.status, execution.error) == ("FAILED", "ValueError")
    assert CALLS["effect"] == [{"id": 1}] * 3
    assert cloud.queue("LostStarts") == ()


def test_a_process_that_dies_in_a_task_is_an_error_that_retriers_see(cloud):
    deaths = iter([Crash()])

    def act(_):
        if death := next(deaths, None):
            raise death

    ACT["effect"] = act
    announce({"id": 1})

    cloud.settle()

    assert CALLS["effect"] == [{"id": 1}] * 2
    assert cloud.targets.failed_executions == []


@pytest.mark.parametrize(("failures", "executions", "lost"), [(3, 1, 0), (4, 0, 1)])
def test_a_start_that_fails_is_tried_three_more_times_and_then_lost_to_the_queue(
    cloud, failures, executions, lost
):
    left = iter(range(failures))

    def refuse(kind, _):
        if kind == "start_execution" and next(left, None) is not None:
            raise RuntimeError("throttled")

    cloud.before.append(refuse)
    announce({"id": 1})

    cloud.settle()

    assert len(CALLS.get("effect", [])) == executions
    assert len(cloud.queue("LostStarts")) == lost


def test_only_one_cloud_runs_at_a_time(cloud):
    with pytest.raises(RuntimeError, match="another cloud is open"):
        Cloud(small.template())

    announce({"id": 1})
    cloud.settle()
    assert CALLS["effect"] == [{"id": 1}]


def test_the_machine_sees_the_time_of_the_virtual_clock(cloud):
    seen = []
    cloud.advance(60)
    deliver = cloud.targets.send
    cloud.targets.send = lambda target, event: (seen.append(event["time"]), deliver(target, event))
    announce({"id": 1})

    cloud.settle()
    del cloud.targets.send

    assert seen == ["2027-01-15T08:01:00Z"]
