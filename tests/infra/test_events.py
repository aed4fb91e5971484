"""How an accepted event gets around, and where it stays when it cannot."""

import json

import pytest

from shared.register.detectors import LISTENED


def mapping_of(stack, function):
    """The one event source mapping of a function."""
    mappings = stack.resources("AWS::Lambda::EventSourceMapping").values()
    [mapping] = [one for one in mappings if one["FunctionName"]["Ref"].startswith(function)]
    return mapping


def test_the_relay_sees_new_event_rows_only(stack):
    mapping = mapping_of(stack, "RelayFunction")

    [pattern] = [json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"]]

    assert mapping["EventSourceArn"]["Fn::GetAtt"][0].startswith("DataOrders")
    assert pattern == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "#EVENT#"}]}}},
    }


def test_one_bad_record_does_not_hold_up_its_shard(stack):
    mapping = mapping_of(stack, "RelayFunction")

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 10
    assert mapping["MaximumRecordAgeInSeconds"] == 900
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BatchSize"] == 100
    [queue] = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][:1]
    assert queue.startswith("EventsLostEvents")


def test_an_event_with_something_to_follow_starts_the_machine(stack):
    rule = stack.named("AWS::Events::Rule", "EventsAccepted")["Properties"]

    [target] = rule["Targets"]

    assert rule["EventPattern"] == {"source": ["ordercycle"], "detail": {"has_effects": [True]}}
    assert rule["EventBusName"]["Ref"].startswith("EventsBus")
    assert rule["State"] == "ENABLED"
    assert target["Arn"]["Ref"].startswith("LifecycleMachine")
    assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith("EventsLostStarts")
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3_600, "MaximumRetryAttempts": 20}


def test_the_machine_is_given_what_it_reads_and_not_what_was_ordered(stack):
    rule = stack.named("AWS::Events::Rule", "EventsAccepted")["Properties"]

    [target] = rule["Targets"]

    given = target["InputTransformer"]["InputPathsMap"]
    assert sorted(given.values()) == [
        "$.detail.key",
        "$.detail.order_id",
        "$.detail.steps",
        "$.detail.version",
    ]


def test_the_register_hears_of_trouble_and_its_end_and_of_nothing_else(stack):
    rule = stack.named("AWS::Events::Rule", "EventsAbnormal")["Properties"]

    [target] = rule["Targets"]

    told = rule["EventPattern"]["detail-type"]
    assert rule["EventPattern"] == {"source": ["ordercycle"], "detail-type": told}
    assert told == sorted(map(str, LISTENED))
    assert {"parcel_silent", "refund_overdue", "dispute_opened", "shipment_overdue"} <= set(told)
    assert {"order_placed", "goods_allocated", "payment_started"}.isdisjoint(told)
    assert len(json.dumps(rule["EventPattern"])) < 2048  # What EventBridge takes.
    assert target["Arn"]["Fn::GetAtt"][0].startswith("RegisterFunction")
    assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith("LostTroubles")
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3_600, "MaximumRetryAttempts": 20}


def test_only_its_rule_may_call_the_register(stack):
    allowed = [
        permission
        for permission in stack.resources("AWS::Lambda::Permission").values()
        if permission["Principal"] == "events.amazonaws.com"
    ]

    [permission] = allowed
    assert permission["FunctionName"]["Fn::GetAtt"][0].startswith("RegisterFunction")
    assert permission["SourceArn"]["Fn::GetAtt"][0].startswith("EventsAbnormal")


def test_the_bus_may_write_to_its_dead_letter_queue(stack):
    [policy] = [
        entry
        for entry in stack.resources("AWS::SQS::QueuePolicy").values()
        if entry["Queues"][0]["Ref"].startswith("EventsLostStarts")
    ]

    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]

    assert [(s["Principal"], s["Action"]) for s in allowed] == [
        ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    ]


@pytest.mark.parametrize(
    ("name", "rate", "lost"),
    [
        ("Sweep", "rate(1 minute)", "LostSweeps"),
        ("Poll", "rate(1 minute)", "LostPolls"),
        ("Keys", "rate(5 minutes)", "LostKeyChecks"),
        ("Closing", "rate(1 hour)", "LostClosings"),
        ("Reconcile", "rate(1 hour)", "LostReconciliations"),
        ("Archive", "rate(1 hour)", "LostArchivings"),
    ],
)
def test_what_comes_again_and_again_is_tried_once_each_time(stack, name, rate, lost):
    schedule = stack.named("AWS::Scheduler::Schedule", f"Schedules{name}")["Properties"]

    assert schedule["ScheduleExpression"] == rate
    assert schedule["State"] == "ENABLED"
    assert schedule["Target"]["Arn"]["Fn::GetAtt"][0].startswith(f"{name}Function")
    assert schedule["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    assert schedule["Target"]["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith(lost)


def test_nothing_else_comes_again_and_again(stack):
    schedules = [name[:-8] for name in stack.resources("AWS::Scheduler::Schedule")]

    assert sorted(schedules) == [
        "SchedulesArchive",
        "SchedulesClosing",
        "SchedulesKeys",
        "SchedulesPoll",
        "SchedulesReconcile",
        "SchedulesSweep",
    ]


def test_who_checks_the_keys_is_told_who_holds_them_the_payment_webhook_s_function_last(stack):
    [_, *told] = stack.named("AWS::Scheduler::Schedule", "SchedulesKeys")["Properties"]["Target"]["Input"][
        "Fn::Join"
    ]

    names = [part["Ref"][:-8] for part in told[0] if isinstance(part, dict)]

    assert names == [
        "FulfilmentFunction",
        "CarrierCallbackFunction",
        "WarehouseCallbackFunction",
        "ReconcileFunction",
        "OrderApiFunction",
        "PaymentsFunction",
        "PollFunction",
        "PaymentCallbackFunction",
    ]


def test_dead_letters_are_kept_for_two_weeks_and_travel_encrypted(stack):
    queues = stack.resources("AWS::SQS::Queue")

    assert sorted(name[:-8] for name in queues) == [
        "BooksLostPostings",
        "EventsLostEvents",
        "EventsLostStarts",
        "LostArchivings",
        "LostClocks",
        "LostClosings",
        "LostKeyChecks",
        "LostPolls",
        "LostReconciliations",
        "LostSweeps",
        "LostTroubles",
    ]
    assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {1_209_600}
    assert {queue["SqsManagedSseEnabled"] for queue in queues.values()} == {True}
    for policy in stack.resources("AWS::SQS::QueuePolicy").values():
        refused = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in refused] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_the_machine_logs_errors_without_what_people_ordered(stack):
    [machine] = stack.resources("AWS::StepFunctions::StateMachine").values()

    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
