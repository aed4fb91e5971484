"""What follows an accepted event: one short Express execution, generated from ``shared.lifecycle``.

    Each step ─► Which row? ──row──► arm its clock* ─► effect ─► effect ─► Done      * unless the sweep finds it
                     └──any other──► No such row (fails)
    then Finished: remove ``unfinished_since`` from the EVENT row

The machine never decides whether an event is allowed and never waits for one: when it runs, the transition
is in DynamoDB. Express runs at least once and cannot be started again by hand, so every effect may be
repeated, and what says "done" is the row: an execution that fails simply leaves it, and the sweep announces
it again.
"""

from aws_cdk import Aws, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.alarms import PERIOD, Alarms
from infra.function import Function
from infra.schedules import Schedules
from infra.stage import Config
from shared.lifecycle import MACHINES, Effect, Rule, clock_started_by

MACHINE_SECONDS_MAX = 240  # Express allows 300; ours ends first, with a name that the alarm knows.
EFFECT_SECONDS_MAX = 20  # More than the function's own limit, so that the function says why.
CALL_SECONDS_MAX = 5
STEPS_AT_ONCE_MAX = 10

RETRIES = 3
# Both names of a time-out, because States.TaskFailed matches every error of a task but States.Timeout.
WORTH_RETRYING = ["States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout"]
# The clock is armed already; or its time has passed, which the sweep sees before anybody could arm it.
NOTHING_TO_ARM = ["Scheduler.ConflictException", "Scheduler.ValidationException"]
# Read "Resource": "*" as AWS does: log delivery belongs to the account and not to one log.
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


class Lifecycle(Construct):
    """One branch per row of the tables, one task per effect of the row. No task tokens, no waits."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        orders: dynamodb.TableV2,
        carried_out_by: dict[Effect, Function],
        schedules: Schedules,
        config: Config,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, id)
        self._carried_out_by, self._schedules = carried_out_by, schedules
        self.role = self._role_of_the_machine(orders)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_chainable(self._each_step().next(self._finished(orders))),
            timeout=Duration.seconds(MACHINE_SECONDS_MAX),
            role=self.role.without_policy_updates(),
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Log", retention=config.log_retention, removal_policy=config.removal_policy
                ),
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,  # Logs are not the place for people's orders.
            ),
        )
        self._watch(alarms)

    def _each_step(self) -> sfn.Map:
        """One event may step several rows; what follows each of them follows on its own."""
        each_step = sfn.Map(
            self,
            "Each step",
            items_path="$.detail.steps",
            item_selector={
                "order_id": sfn.JsonPath.string_at("$.detail.order_id"),
                "version": sfn.JsonPath.number_at("$.detail.version"),
                "step": sfn.JsonPath.object_at("$$.Map.Item.Value"),
                # What a schedule tells the clock; it is turned into text below.
                "hint": {
                    "order_id": sfn.JsonPath.string_at("$.detail.order_id"),
                    "subject": sfn.JsonPath.string_at("$$.Map.Item.Value.subject"),
                },
            },
            max_concurrency=STEPS_AT_ONCE_MAX,
            result_path=sfn.JsonPath.DISCARD,  # What comes next needs the event, not these answers.
        )
        each_step.item_processor(self._which_row())
        return each_step

    def _which_row(self) -> sfn.Choice:
        which = sfn.Choice(self, "Which row?")
        done = sfn.Pass(self, "Done")
        for machine in MACHINES.values():
            for rule in machine.rules:
                which.when(sfn.Condition.string_equals("$.step.row", rule.name), self._branch(rule, done))
        # Only an event of a newer release comes here, while a release is rolled out. Its row stays
        # unfinished and is announced again.
        return which.otherwise(sfn.Fail(self, "No such row", error="NoSuchRow"))

    def _branch(self, rule: Rule, done: sfn.IChainable) -> sfn.IChainable:
        """Put the row's tasks before *done*, the last one first, for each must know its successor."""
        branch = done
        for effect in reversed(rule.effects):
            branch = self._carry_out(rule, effect).next(branch)
        clock = clock_started_by(rule)
        if clock and not clock.is_swept:
            arm = self._arm(rule)
            arm.add_catch(branch, errors=NOTHING_TO_ARM, result_path=sfn.JsonPath.DISCARD)
            branch = arm.next(branch)
        return branch

    def _carry_out(self, rule: Rule, effect: Effect) -> sfn.TaskStateBase:
        task = tasks.LambdaInvoke(
            self,
            f"{rule.name}: {effect}",
            lambda_function=self._carried_out_by[effect].handler,
            payload=sfn.TaskInput.from_object(
                {
                    "step": effect.value,
                    "order_id": sfn.JsonPath.string_at("$.order_id"),
                    "version": sfn.JsonPath.number_at("$.version"),
                    "subject": sfn.JsonPath.string_at("$.step.subject"),
                }
            ),
            result_path=sfn.JsonPath.DISCARD,
            task_timeout=sfn.Timeout.duration(Duration.seconds(EFFECT_SECONDS_MAX)),
            retry_on_service_exceptions=False,  # One retrier, ours, instead of two in a row.
        )
        return _retried(task)

    def _arm(self, rule: Rule) -> sfn.TaskStateBase:
        """Create the one-time schedule of the state that the row leads to; its name makes it one."""
        schedules = self._schedules
        task = tasks.CallAwsService(
            self,
            f"{rule.name}: arm",
            service="scheduler",
            action="createSchedule",
            iam_resources=["*"],  # Said and not used: the machine's role is written out below.
            parameters={
                "Name": sfn.JsonPath.string_at("$.step.clock.name"),
                "GroupName": schedules.group.schedule_group_name,
                "ScheduleExpression": sfn.JsonPath.format(
                    "at({})", sfn.JsonPath.string_at("$.step.clock.at")
                ),
                "ScheduleExpressionTimezone": "UTC",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "ActionAfterCompletion": "DELETE",
                "Target": {
                    "Arn": schedules.clock.handler.function_arn,
                    "RoleArn": schedules.clock_role.role_arn,
                    "Input": sfn.JsonPath.json_to_string(sfn.JsonPath.object_at("$.hint")),
                    "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 900},
                    "DeadLetterConfig": {"Arn": schedules.lost_clocks.queue_arn},
                },
            },
            result_path=sfn.JsonPath.DISCARD,
            task_timeout=sfn.Timeout.duration(Duration.seconds(CALL_SECONDS_MAX)),
        )
        task.add_retry(errors=NOTHING_TO_ARM, max_attempts=0)  # First, or the catcher waits for all retries.
        return _retried(task)

    def _finished(self, orders: dynamodb.TableV2) -> sfn.TaskStateBase:
        def from_event(path: str) -> tasks.DynamoAttributeValue:
            return tasks.DynamoAttributeValue.from_string(sfn.JsonPath.string_at(path))

        task = tasks.DynamoUpdateItem(
            self,
            "Finished",
            table=orders,
            key={"pk": from_event("$.detail.key.pk"), "sk": from_event("$.detail.key.sk")},
            update_expression="REMOVE unfinished_since",
            condition_expression="attribute_exists(pk)",  # UpdateItem would make a row that nobody wrote.
            result_path=sfn.JsonPath.DISCARD,
            task_timeout=sfn.Timeout.duration(Duration.seconds(CALL_SECONDS_MAX)),
        )
        return _retried(task)

    def _role_of_the_machine(self, orders: dynamodb.TableV2) -> iam.Role:
        def allow(*actions: str, to: list[str]) -> iam.PolicyStatement:
            return iam.PolicyStatement(actions=list(actions), resources=to)

        functions = {function.handler.function_arn for function in self._carried_out_by.values()}
        hand_over = allow("iam:PassRole", to=[self._schedules.clock_role.role_arn])
        hand_over.add_condition("StringEquals", {"iam:PassedToService": "scheduler.amazonaws.com"})
        statements = [
            allow("lambda:InvokeFunction", to=sorted(functions)),
            allow("dynamodb:UpdateItem", to=[orders.table_arn]),
            # A clock's name is made when it is armed, so no narrower resource can be written down.
            allow("scheduler:CreateSchedule", to=[f"{_schedules_of(self._schedules)}/*"]),
            hand_over,
            allow(*LOG_DELIVERY, to=["*"]),
        ]
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            inline_policies={"Allowed": iam.PolicyDocument(statements=statements)},
        )

    def _watch(self, alarms: Alarms) -> None:
        for name, metric in {
            "Lifecycle failed": self.machine.metric_failed(period=PERIOD),
            "Lifecycle timed out": self.machine.metric_timed_out(period=PERIOD),
        }.items():
            alarms.watch(
                name,
                metric=metric,
                says="The effects of an accepted event were not all carried out; its row stays unfinished.",
                runbook="executions-failed",
            )


def _retried(task: sfn.TaskStateBase) -> sfn.TaskStateBase:
    """All attempts of one row's tasks together stay below the machine's limit."""
    return task.add_retry(
        errors=WORTH_RETRYING,
        interval=Duration.seconds(1),
        max_attempts=RETRIES,
        backoff_rate=2,
        max_delay=Duration.seconds(10),
        jitter_strategy=sfn.JitterType.FULL,
    )


def _schedules_of(schedules: Schedules) -> str:
    where = f"{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    return f"arn:{where}:schedule/{schedules.group.schedule_group_name}"
