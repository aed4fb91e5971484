"""The machine carries out what the lifecycle tables say: all of it, in order, and nothing else."""

import copy
import json

import pytest

from infra.check_asl import complaints_about, definition_in
from shared.lifecycle import MACHINES

ROWS = [rule for machine in MACHINES.values() for rule in machine.rules]

# Stated again, independently of shared.lifecycle: which rows start a clock that rings by itself.
ROWS_THAT_ARM = {
    "order.start.order_placed",
    "order.start.order_received",
    "order.start.sub_orders_separated",
    "order.placing.order_placed",
    "order.pending_payment.cancel_requested.payment_open",
    "order.pending_payment.payment_timed_out.payment_open",
    "order.closing.closing_timed_out",
    # Everything has arrived, and whatever happened last to what was still missing.
    "sub_order.awaiting_receipt.parcel_delivered.everything_delivered",
    "sub_order.awaiting_receipt.return_received.everything_delivered",
    "sub_order.awaiting_shipment.goods_cancelled.everything_delivered",
    "sub_order.awaiting_shipment.goods_missing.everything_delivered",
    "sub_order.intercepting.goods_missing.everything_delivered",
    "sub_order.intercepting.intercept_accepted.everything_delivered",
    "sub_order.awaiting_receipt.parcel_lost.everything_delivered",
    "sub_order.awaiting_receipt.case_refunded.everything_delivered",
    "sub_order.delivered.receipt_timed_out.disputed",  # What waits for a dispute, or a case, looks again.
    "sub_order.delivered.receipt_timed_out.case_open",
    "sub_order.delivered.receipt_extended",  # The buyer wants more time.
    "refund.start.refund_requested",
    "refund.requested.refund_accepted",
    "refund.requested.refund_overdue",
    "refund.requested.refund_overdue.disputed",
    "refund.submitted.refund_overdue",
    "refund.needs_action.refund_retried",
    "transfer.start.transfer_planned",
    "transfer.waiting.transfer_overdue",
    # A warehouse's system that does not answer is asked again.
    "parcel.start.parcel_planned.at_wms",
    "parcel.pushing.push_overdue",
    "parcel.pushing.push_overdue.late",
    "parcel.pushing.intercept_requested",
    "parcel.at_warehouse.intercept_requested",
    "parcel.intercepting.intercept_overdue",
    "parcel.intercepting.intercept_overdue.late",
}
# What takes a day or more, and mostly does not happen, has no schedule: the sweep finds it when it is due.
ROWS_THAT_ARE_SWEPT = {
    "sub_order.awaiting_payment.payment_succeeded",
    "sub_order.under_review.review_overdue",
    "sub_order.awaiting_shipment.shipment_overdue",
    "parcel.awaiting_shipment.parcels_shipped",
    "parcel.in_transit.parcel_silent",
    "parcel.pushing.parcel_progressed",
    "parcel.at_warehouse.warehouse_silent",
    "parcel.returned.return_received.units_missing",
    "parcel.troubled.attention_overdue",
    "refund.requested.refund_failed",
    "dispute.start.dispute_opened",
    "sub_order.start.replacement_ordered",
    "after_sale.start.case_requested",
    "after_sale.requested.case_approved.goods_back",
    "after_sale.awaiting_return.return_sent",
    "after_sale.inspecting.goods_inspected.deducted",
    "after_sale.disputed.ruling_overdue",
}
FUNCTION_OF = {
    "judge_case": "Judging",
    "push_parcel": "Fulfilment",
    "ask_warehouse": "Fulfilment",
    "intercept_parcel": "Fulfilment",
    "expect_return": "Fulfilment",
    "follow_parcel": "Fulfilment",
    "ask_carrier": "Fulfilment",
    "close_payments": "Payments",
    "submit_refund": "Payments",
    "split_order": "Splitting",
    "move_stock": "Stock",
}
MACHINE_SECONDS = 240
NAME_LENGTH_MAX = 80  # A state's name in Step Functions.


@pytest.fixture(scope="module")
def asl(dev):
    return definition_in(dev.template)


@pytest.fixture(scope="module")
def branches(asl):
    return asl["States"]["Each step"]["ItemProcessor"]["States"]


@pytest.fixture(scope="module")
def task_states(asl, branches):
    states = {**asl["States"], **branches}
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def tasks_of(branches, row):
    """The names of the tasks from the row's branch to Done."""
    [state] = [c["Next"] for c in branches["Which row?"]["Choices"] if c["StringEquals"] == row]
    tasks = []
    while state != "Done":
        tasks.append(state)
        state = branches[state]["Next"]
    return tasks


def worst_case_seconds(task):
    """Every attempt runs to its limit, and every wait between them is the longest it can be."""
    retrier = task["Retry"][-1]
    waits = [
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n, retrier["MaxDelaySeconds"])
        for n in range(retrier["MaxAttempts"])
    ]
    return task["TimeoutSeconds"] * (retrier["MaxAttempts"] + 1) + sum(waits)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_arms_its_clock_and_carries_out_its_effects_in_order(branches, row):
    arm = [f"{row.name}: arm"] if row.name in ROWS_THAT_ARM else []

    assert tasks_of(branches, row.name) == arm + [f"{row.name}: {effect}" for effect in row.effects]


def test_every_row_that_arms_is_a_row_and_so_is_every_one_that_is_swept():
    assert {row.name for row in ROWS} >= ROWS_THAT_ARM | ROWS_THAT_ARE_SWEPT


@pytest.mark.parametrize("row", sorted(ROWS_THAT_ARE_SWEPT))
def test_what_the_sweep_finds_arms_no_schedule(branches, row):
    assert f"{row}: arm" not in branches


def test_nothing_but_the_tables_has_a_branch(branches):
    choices = branches["Which row?"]["Choices"]

    assert [choice["StringEquals"] for choice in choices] == [row.name for row in ROWS]
    assert {choice["Variable"] for choice in choices} == {"$.step.row"}
    assert {name.split(": ")[0] for name in branches if ": " in name} <= {row.name for row in ROWS}


def test_a_row_of_another_release_fails_and_is_not_taken_for_done(branches):
    unknown = branches["Which row?"]["Default"]

    assert branches[unknown] == {"Type": "Fail", "Error": "NoSuchRow"}


def test_each_effect_is_carried_out_by_its_function_and_told_all_it_needs(branches):
    effects = {name: state for name, state in branches.items() if "lambda" in state.get("Resource", "")}

    assert {name.split(": ")[1] for name in effects} == set(FUNCTION_OF)
    for name, state in effects.items():
        effect = name.split(": ")[1]
        assert state["Resource"] == "arn:aws:states:::lambda:invoke"
        assert state["Parameters"]["FunctionName"].startswith(f"{FUNCTION_OF[effect]}Function")
        assert state["Parameters"]["Payload"] == {
            "step": effect,
            "order_id.$": "$.order_id",
            "version.$": "$.version",
            "subject.$": "$.step.subject",
        }


def test_a_clock_is_armed_by_the_scheduler_itself_for_one_time(branches):
    arm = branches["order.start.order_placed: arm"]["Parameters"]

    assert branches["order.start.order_placed: arm"]["Resource"].endswith("aws-sdk:scheduler:createSchedule")
    assert arm["Name.$"] == "$.step.clock.name"
    assert arm["GroupName"].startswith("Ordercycledev-Schedules-Deadlines")
    assert arm["ScheduleExpression.$"] == "States.Format('at({})', $.step.clock.at)"
    assert arm["ScheduleExpressionTimezone"] == "UTC"
    assert arm["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert arm["ActionAfterCompletion"] == "DELETE"
    assert arm["Target"]["Arn"].startswith("ClockFunction")
    assert arm["Target"]["RoleArn"].startswith("SchedulesClockCaller")
    assert arm["Target"]["DeadLetterConfig"]["Arn"].startswith("LostClocks")
    assert arm["Target"]["Input.$"] == "States.JsonToString($.hint)"


def test_a_clock_that_is_armed_already_or_due_already_is_no_failure(branches):
    arms = {name: state for name, state in branches.items() if name.endswith(": arm")}

    for state in arms.values():
        [catcher] = state["Catch"]
        assert catcher["ErrorEquals"] == ["Scheduler.ConflictException", "Scheduler.ValidationException"]
        assert catcher["Next"] == state["Next"]  # The effects follow all the same.
        assert catcher["ResultPath"] is None
        # It is not tried again first: a retrier with States.TaskFailed would take it otherwise.
        assert state["Retry"][0] == {"ErrorEquals": catcher["ErrorEquals"], "MaxAttempts": 0}


def test_each_step_of_an_event_is_taken_with_what_its_branch_reads(asl):
    each = asl["States"]["Each step"]

    assert each["Type"] == "Map"
    assert each["ItemsPath"] == "$.detail.steps"
    assert each["ItemSelector"] == {
        "order_id.$": "$.detail.order_id",
        "version.$": "$.detail.version",
        "step.$": "$$.Map.Item.Value",
        "hint": {"order_id.$": "$.detail.order_id", "subject.$": "$$.Map.Item.Value.subject"},
    }
    assert each["ItemProcessor"]["StartAt"] == "Which row?"


def test_after_all_steps_the_event_is_marked_finished_and_no_row_is_invented(asl):
    finished = asl["States"]["Finished"]

    assert asl["StartAt"] == "Each step"
    assert asl["States"]["Each step"]["Next"] == "Finished"
    assert asl["States"]["Each step"]["ResultPath"] is None  # Finished reads the event.
    assert finished["End"] is True
    assert finished["Resource"] == "arn:aws:states:::dynamodb:updateItem"
    assert finished["Parameters"]["TableName"].startswith("DataOrders")
    assert finished["Parameters"]["Key"] == {
        "pk": {"S.$": "$.detail.key.pk"},
        "sk": {"S.$": "$.detail.key.sk"},
    }
    assert finished["Parameters"]["UpdateExpression"] == "REMOVE unfinished_since"
    assert finished["Parameters"]["ConditionExpression"] == "attribute_exists(pk)"


def test_nothing_waits(dev, asl, branches, task_states):
    [machine] = dev.resources("AWS::StepFunctions::StateMachine").values()

    assert machine["StateMachineType"] == "EXPRESS"
    assert {state["Type"] for state in asl["States"].values()} == {"Map", "Task"}
    assert {state["Type"] for state in branches.values()} == {"Choice", "Task", "Pass", "Fail"}
    assert not [
        n for n, s in task_states.items() if "waitForTaskToken" in s["Resource"] or ".sync" in s["Resource"]
    ]


def test_every_task_and_the_machine_have_a_time_limit(asl, task_states):
    assert asl["TimeoutSeconds"] == MACHINE_SECONDS
    assert all(0 < state["TimeoutSeconds"] <= 20 for state in task_states.values())
    assert not [name for name, state in task_states.items() if "HeartbeatSeconds" in state]


def test_an_effect_has_more_time_than_its_function_which_then_can_say_why(dev, branches):
    functions = dev.functions()

    for name, state in branches.items():
        effect = name.split(": ")[-1]
        if effect in FUNCTION_OF:
            assert functions[FUNCTION_OF[effect].lower()]["Timeout"] < state["TimeoutSeconds"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_all_attempts_of_one_row_fit_into_the_machine_s_limit(asl, branches, row):
    tasks = [branches[name] for name in tasks_of(branches, row.name)] + [asl["States"]["Finished"]]

    assert sum(map(worst_case_seconds, tasks)) < MACHINE_SECONDS


def test_both_time_outs_are_retried_a_limited_number_of_times(task_states):
    for state in task_states.values():
        retrier = state["Retry"][-1]
        assert retrier["ErrorEquals"] == ["States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout"]
        assert retrier["MaxAttempts"] == 3
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["MaxDelaySeconds"] == 10


def test_states_all_stands_alone_and_last_wherever_it_stands(task_states):
    for state in task_states.values():
        for handlers in (state.get("Retry", []), state.get("Catch", [])):
            for position, handler in enumerate(handlers):
                if "States.ALL" in handler["ErrorEquals"]:
                    assert handler["ErrorEquals"] == ["States.ALL"]
                    assert position == len(handlers) - 1


def test_names_of_states_are_short_enough(branches, asl):
    assert max(map(len, [*branches, *asl["States"]])) <= NAME_LENGTH_MAX


def test_the_definition_is_well_below_its_limit_of_a_megabyte(asl):
    assert len(json.dumps(asl)) < 200_000


def test_the_validator_has_nothing_to_say(asl):
    assert complaints_about(asl) == ""


def test_the_validator_would_notice_a_missing_state(asl):
    broken = copy.deepcopy(asl)

    del broken["States"]["Each step"]["ItemProcessor"]["States"]["Done"]

    assert "Missing" in complaints_about(broken)
