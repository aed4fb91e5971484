"""Alarms for deadlines, and the sweep that needs none.

A deadline is a row; its one-time schedule in this group is a hint that it is due. The lifecycle machine
creates it (infra.lifecycle), the scheduler calls ``clock``, and ``clock`` looks at the row again. Every
minute ``sweep`` looks for what no hint arrived for.
"""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.alarms import PERIOD, Alarms
from infra.dead_letters import DeadLetters
from infra.environment import SERVICE
from infra.function import Function
from infra.stage import Config

SWEEPS_BEFORE_RINGING = 3
LATE_SECONDS = 300  # A deadline, or an event's effects, that nobody carried out for so long.


def _told_by_sweep(name: str, statistic: str) -> cloudwatch.Metric:
    """functions/sweep.py counts it; the namespace and the dimension are those of infra.environment."""
    return cloudwatch.Metric(
        namespace=SERVICE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic=statistic,
        period=PERIOD,
    )


class Schedules(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        clock: Function,
        lost_clocks: DeadLetters,
        sweep: Function,
        lost_sweeps: DeadLetters,
        config: Config,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, id)
        self.clock, self.lost_clocks = clock, lost_clocks
        self.group = scheduler.ScheduleGroup(self, "Deadlines", removal_policy=config.removal_policy)
        self.clock_role = _caller_of(self, "ClockCaller", clock, lost_clocks)
        sweeper = _caller_of(self, "SweepCaller", sweep, lost_sweeps)
        scheduler.Schedule(
            self,
            "Sweep",
            description="Look for deadlines that passed unnoticed and effects that nobody finished.",
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(1)),
            target=targets.LambdaInvoke(
                sweep.handler,
                role=sweeper.without_policy_updates(),
                dead_letter_queue=lost_sweeps,
                retry_attempts=0,  # The next sweep is a minute away.
                max_event_age=Duration.minutes(1),
            ),
        )
        _watch(alarms)


def _caller_of(scope: Construct, id: str, function: Function, lost: DeadLetters) -> iam.Role:
    """What the scheduler turns into to call one function, and nothing else."""
    return iam.Role(
        scope,
        id,
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        ),
        inline_policies={
            "Allowed": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=["lambda:InvokeFunction"], resources=[function.handler.function_arn]
                    ),
                    iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[lost.queue_arn]),
                ]
            )
        },
    )


def _watch(alarms: Alarms) -> None:
    alarms.watch(
        "Sweep could not help",
        metric=_told_by_sweep("SweepFailed", "Sum"),
        periods=SWEEPS_BEFORE_RINGING,
        says="Sweep after sweep could not move some row on.",
        runbook="sweep-failures",
    )
    for what, name in (("Deadlines", "OldestDueSeconds"), ("Effects", "OldestUnfinishedSeconds")):
        alarms.watch(
            f"{what} are late",
            metric=_told_by_sweep(name, "Maximum"),
            threshold=LATE_SECONDS,
            periods=SWEEPS_BEFORE_RINGING,
            says=f"{what} are more than five minutes late, and stay so.",
            runbook="late-rows",
        )
