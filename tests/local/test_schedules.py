"""Schedules on the virtual clock: when they fire, in which order, and what a failure costs."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from local.schedules import rate_seconds
from local.template import REGION, TemplateError
from tests.local import small
from tests.local.stand_ins import ACT, CALLS

CLOCK = "arn:aws:lambda:eu-west-1:123456789012:function:Clock"
ROLE = "arn:aws:iam::123456789012:role/r"
LOST = "arn:aws:sqs:eu-west-1:123456789012:LostSchedules"


def arm(name, after, *, group="Deadlines", keeps=False, **target):
    when = datetime.fromtimestamp(small.START + after, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    boto3.client("scheduler", REGION).create_schedule(
        Name=name,
        GroupName=group,
        ScheduleExpression=f"at({when})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="NONE" if keeps else "DELETE",
        Target={
            "Arn": CLOCK,
            "RoleArn": "arn:aws:iam::123456789012:role/r",
            "Input": json.dumps({"name": name}),
            **target,
        },
    )


def armed():
    return [s["Name"] for s in boto3.client("scheduler", REGION).list_schedules()["Schedules"]]


def fired():
    return [event["name"] for event in CALLS.get("clock", [])]


def test_schedules_fire_in_the_order_of_their_times_each_at_its_own(cloud):
    moments = []
    ACT["clock"] = lambda event: moments.append((event["name"], cloud.clock.now() - small.START))
    arm("late", 300)
    arm("early", 60)
    arm("other_group", 120, group="default")

    cloud.advance(300)

    assert moments == [("early", 60), ("other_group", 120), ("late", 300)]
    assert cloud.clock.now() == small.START + 300
    assert armed() == []


def test_nothing_fires_a_second_too_early(cloud):
    arm("a", 60)

    cloud.advance(59)
    assert fired() == []

    cloud.advance(1)
    assert fired() == ["a"]


def test_what_a_firing_arms_fires_in_the_same_advance(cloud):
    def act(event):
        if event["name"] == "first":
            arm("second", 90)

    ACT["clock"] = act
    arm("first", 60)

    cloud.advance(100)

    assert fired() == ["first", "second"]


def test_a_schedule_for_a_moment_gone_by_fires_at_once(cloud):
    arm("a", -60)

    cloud.settle()

    assert fired() == ["a"]


def test_a_deleted_schedule_does_not_fire(cloud):
    arm("a", 60)
    boto3.client("scheduler", REGION).delete_schedule(Name="a", GroupName="Deadlines")

    cloud.advance(120)

    assert fired() == []


def test_a_schedule_that_keeps_itself_stays_and_fires_once(cloud):
    arm("a", 60, keeps=True)

    cloud.advance(120)
    cloud.advance(120)

    assert fired() == ["a"]
    assert armed() == ["a"]


def test_arming_a_name_twice_is_a_conflict(cloud):
    arm("a", 60)

    with pytest.raises(ClientError, match="ConflictException"):
        arm("a", 90)


def test_a_failing_function_is_tried_twice_more_and_then_its_event_is_kept(cloud):
    def act(_):
        raise ValueError("broken")

    ACT["clock"] = act
    arm("a", 60)

    cloud.advance(60)

    assert fired() == ["a", "a", "a"]
    assert cloud.queue("LostClocks") == ({"name": "a"},)
    assert cloud.queue("LostSchedules") == ()  # The scheduler did its part: it got rid of the event.


def test_a_firing_that_nobody_takes_goes_to_the_schedules_queue(cloud):
    def throttled(kind, _):
        if kind == "invoke":
            raise RuntimeError("throttled")

    cloud.before.append(throttled)
    arm("a", 60, RetryPolicy={"MaximumRetryAttempts": 2}, DeadLetterConfig={"Arn": LOST})

    cloud.advance(59)
    cloud.sweeper = False
    cloud.advance(1)

    assert fired() == []
    assert cloud.queue("LostSchedules") == ({"name": "a"},)


def test_an_event_that_no_queue_takes_is_at_least_noted(cloud):
    def act(_):
        raise ValueError("broken")

    ACT["sweep"] = act

    cloud.advance(60)

    assert len(CALLS["sweep"]) == 3
    assert cloud.targets.lost == [{}]


def test_the_sweeper_runs_once_after_a_jump_however_long(cloud):
    seen = []
    ACT["clock"] = lambda _: seen.append("clock")
    ACT["sweep"] = lambda _: seen.append("sweep")
    arm("a", 3600)

    cloud.advance(10 * 86_400)

    assert seen == ["clock", "sweep"]


def test_the_sweeper_waits_for_its_period(cloud):
    cloud.advance(59)
    assert "sweep" not in CALLS

    cloud.advance(1)
    assert len(CALLS["sweep"]) == 1


def test_the_sweeper_can_be_switched_off(cloud):
    cloud.sweeper = False

    cloud.advance(86_400)

    assert CALLS == {}


def test_a_reset_disarms_everything_and_sets_the_clock_back(cloud):
    arm("a", 600)
    cloud.advance(60)

    cloud.reset()
    CALLS.clear()
    cloud.sweeper = False
    cloud.advance(3600)

    assert CALLS == {}
    assert cloud.clock.now() == small.START + 3600


@pytest.mark.parametrize(
    "expression", ["cron(0 * * * ? *)", "rate(0 minutes)", "rate(1 fortnight)", "at(tomorrow)"]
)
def test_other_expressions_are_refused(expression):
    with pytest.raises(TemplateError, match=r"neither at\(\.\.\.\) nor rate\(\.\.\.\)"):
        rate_seconds(expression)
