"""Somebody is told, and is told what to do."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RUNBOOKS = PROJECT / "docs" / "runbooks"
QUEUES = (
    *("LostEvents", "LostStarts", "LostClocks", "LostSweeps", "LostPolls", "LostKeyChecks"),
    "LostTroubles",
    *("LostPostings", "LostClosings", "LostReconciliations", "LostArchivings"),
)


def alarms_of(stack):
    return list(stack.resources("AWS::CloudWatch::Alarm").values())


def watching(stack, metric):
    return [alarm for alarm in alarms_of(stack) if alarm["MetricName"] == metric]


def test_every_alarm_names_a_runbook_that_exists(stack):
    for alarm in alarms_of(stack):
        [name] = re.findall(r"docs/runbooks/([a-z-]+)\.md$", alarm["AlarmDescription"])
        text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
        assert "**Means.**" in text
        assert "**Do.**" in text
        assert "**Over**" in text


def test_every_runbook_belongs_to_an_alarm(dev):
    named = {
        re.findall(r"docs/runbooks/([a-z-]+)\.md$", alarm["AlarmDescription"])[0] for alarm in alarms_of(dev)
    }

    assert {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"} == named


def test_every_alarm_reaches_the_topic_and_silence_is_a_good_sign(stack):
    [topic] = stack.resources("AWS::SNS::Topic")

    for alarm in alarms_of(stack):
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_cloudwatch_may_publish_to_the_topic_for_this_account_only(stack):
    [policy] = stack.resources("AWS::SNS::TopicPolicy").values()

    [allowed] = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_one_failure_of_any_function_rings(stack, metric):
    alarms = watching(stack, metric)
    watched = {alarm["Dimensions"][0]["Value"]["Ref"] for alarm in alarms}

    assert watched == set(stack.resources("AWS::Lambda::Function"))
    assert {(alarm["Threshold"], alarm["EvaluationPeriods"]) for alarm in alarms} == {(1, 1)}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_dead_letter_rings_after_five_minutes(stack, queue):
    [alarm] = [
        alarm
        for alarm in watching(stack, "ApproximateNumberOfMessagesVisible")
        if queue in alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
    ]

    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (1, 60, 5)
    assert alarm["Statistic"] == "Maximum"


def test_a_stream_that_lags_a_minute_rings(stack):
    alarms = {a["Dimensions"][0]["Value"]["Ref"][:-8]: a for a in watching(stack, "IteratorAge")}

    alarm = alarms["RelayFunction"]
    assert (alarm["Threshold"], alarm["Statistic"], alarm["EvaluationPeriods"]) == (60_000, "Maximum", 3)


def test_books_that_lag_five_minutes_ring_and_so_does_a_broken_chain(stack):
    alarms = {a["Dimensions"][0]["Value"]["Ref"][:-8]: a for a in watching(stack, "IteratorAge")}
    [broken] = watching(stack, "ChainBroken")

    lag = alarms["BookkeeperFunction"]
    assert (lag["Threshold"], lag["Statistic"], lag["EvaluationPeriods"]) == (300_000, "Maximum", 3)
    assert (broken["Namespace"], broken["Threshold"], broken["Statistic"]) == ("ordercycle", 1, "Sum")
    assert set(alarms) == {"RelayFunction", "BookkeeperFunction"}


def test_an_account_that_could_not_be_stated_rings(stack):
    [alarm] = watching(stack, "StatementFailed")

    assert (alarm["Namespace"], alarm["Threshold"], alarm["Statistic"]) == ("ordercycle", 1, "Sum")


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_an_execution_that_does_not_succeed_rings(stack, metric):
    [alarm] = watching(stack, metric)

    assert alarm["Namespace"] == "AWS/States"
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)


def test_rows_that_no_sweep_can_move_on_ring(stack):
    [alarm] = watching(stack, "SweepFailed")

    assert alarm["Namespace"] == "ordercycle"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "ordercycle"}]
    assert (alarm["Threshold"], alarm["Statistic"], alarm["EvaluationPeriods"]) == (1, "Sum", 3)


@pytest.mark.parametrize(
    ("metric", "threshold", "period", "periods"),
    [
        ("WebhookRefused", 20, 300, 1),
        ("WebhookParked", 5, 300, 1),
        ("WebhookQuarantined", 1, 60, 1),
        ("PaymentKeysUnusable", 1, 60, 1),
    ],
)
def test_money_that_is_not_where_it_should_be_rings(stack, metric, threshold, period, periods):
    [alarm] = watching(stack, metric)

    assert alarm["Namespace"] == "ordercycle"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "ordercycle"}]
    assert (alarm["Threshold"], alarm["Statistic"]) == (threshold, "Sum")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (period, periods)


@pytest.mark.parametrize(
    ("metric", "threshold", "period"),
    [
        ("TrackingRefused", 20, 300),
        ("WarehouseRefused", 20, 300),
        ("WarehouseMisfit", 1, 60),
        ("WarehouseSilent", 1, 60),
        ("ParcelNotFollowed", 5, 300),
        ("PartnerKeysUnusable", 1, 60),
    ],
)
def test_parcels_that_nobody_can_be_sure_of_ring(stack, metric, threshold, period):
    [alarm] = watching(stack, metric)

    assert alarm["Namespace"] == "ordercycle"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "ordercycle"}]
    assert (alarm["Threshold"], alarm["Statistic"]) == (threshold, "Sum")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (period, 1)


@pytest.mark.parametrize("metric", ["OldestDueSeconds", "OldestUnfinishedSeconds", "OldestAskSeconds"])
def test_what_is_five_minutes_late_for_three_minutes_rings(stack, metric):
    [alarm] = watching(stack, metric)

    assert (alarm["Namespace"], alarm["Statistic"]) == ("ordercycle", "Maximum")
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (300, 60, 3)


def test_an_entry_of_the_register_that_is_late_rings(stack):
    [alarm] = watching(stack, "RegisterOverdue")

    assert (alarm["Namespace"], alarm["Threshold"], alarm["Statistic"]) == ("ordercycle", 1, "Sum")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)


def test_answers_that_are_our_fault_ring(stack):
    [alarm] = watching(stack, "5xx")

    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert (alarm["Threshold"], alarm["Statistic"], alarm["Period"]) == (5, "Sum", 60)
