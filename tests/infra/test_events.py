"""How an accepted event gets around, and where it stays when it cannot."""

import json


def test_the_relay_sees_new_event_rows_only(stack):
    [mapping] = stack.resources("AWS::Lambda::EventSourceMapping").values()

    [pattern] = [json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"]]

    assert mapping["FunctionName"]["Ref"].startswith("RelayFunction")
    assert mapping["EventSourceArn"]["Fn::GetAtt"][0].startswith("DataOrders")
    assert pattern == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "#EVENT#"}]}}},
    }


def test_one_bad_record_does_not_hold_up_its_shard(stack):
    [mapping] = stack.resources("AWS::Lambda::EventSourceMapping").values()

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 10
    assert mapping["MaximumRecordAgeInSeconds"] == 900
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BatchSize"] == 100
    [queue] = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][:1]
    assert queue.startswith("EventsLostEvents")


def test_an_event_with_something_to_follow_starts_the_machine(stack):
    [rule] = stack.resources("AWS::Events::Rule").values()

    [target] = rule["Targets"]

    assert rule["EventPattern"] == {"source": ["ordercycle"], "detail": {"has_effects": [True]}}
    assert rule["EventBusName"]["Ref"].startswith("EventsBus")
    assert rule["State"] == "ENABLED"
    assert target["Arn"]["Ref"].startswith("LifecycleMachine")
    assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith("EventsLostStarts")
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3_600, "MaximumRetryAttempts": 20}


def test_the_machine_is_given_what_it_reads_and_not_what_was_ordered(stack):
    [rule] = stack.resources("AWS::Events::Rule").values()

    [target] = rule["Targets"]

    given = target["InputTransformer"]["InputPathsMap"]
    assert sorted(given.values()) == [
        "$.detail.key",
        "$.detail.order_id",
        "$.detail.steps",
        "$.detail.version",
    ]


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


def test_the_sweep_comes_every_minute(stack):
    [sweep] = stack.resources("AWS::Scheduler::Schedule").values()

    assert sweep["ScheduleExpression"] == "rate(1 minute)"
    assert sweep["State"] == "ENABLED"
    assert sweep["Target"]["Arn"]["Fn::GetAtt"][0].startswith("SweepFunction")
    assert sweep["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_dead_letters_are_kept_for_two_weeks_and_travel_encrypted(stack):
    queues = stack.resources("AWS::SQS::Queue")

    assert sorted(name[:-8] for name in queues) == [
        "EventsLostEvents",
        "EventsLostStarts",
        "LostClocks",
        "LostSweeps",
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
